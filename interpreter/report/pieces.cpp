#include "interpreter/report/pieces.hpp"

#include "interpreter/eval/parallel.hpp"

namespace kpi::report {

void Pieces::write(unsigned threads, const TextSink& sink) const {
  eval::texts_in_order(
      threads, made_by_.size(), [&](std::size_t number, std::string& text) { made_by_[number](text); }, sink);
}

}  // namespace kpi::report
