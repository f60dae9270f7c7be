#include "interpreter/driver/program.hpp"

int main(int count, char** words) { return kpi::driver::run_program({words + 1, words + count}); }
