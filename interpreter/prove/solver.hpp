// Questions for Z3, as SMT-LIB text. The solver is optional: its library is opened when it is first asked
// (`libz3.so.4`, Debian package libz3-4), else the program `z3` is started; without both, every answer is `absent`.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "interpreter/prove/ir.hpp"

namespace kpi::prove {

enum class Answer : std::uint8_t { unsat, sat, unknown, absent };

struct Solved {
  Answer answer = Answer::absent;
  std::map<std::uint32_t, Number> inputs;  // of sat: values of the inputs that the question mentions
};

class Solver {
 public:
  static bool available();
  /// What is used, for reports: `Z3 4.8.12`; empty when there is none.
  static std::string description();
  /// Runs a script that ends in (check-sat) and (get-value …). `budget` is Z3's own count of steps, so that answers do
  /// not depend on the machine.
  static Solved ask(const std::string& script, const std::vector<std::uint32_t>& inputs, std::uint64_t budget);
};

/// Whether the truth values can all hold in one state: the question as text.
struct Question {
  std::string script;
  std::vector<std::uint32_t> inputs;
  bool abstracted = false;  // quotients and products were replaced by free numbers with lemmas
};
/// `abstract`: linear arithmetic with lemmas about quotients (unsat is a proof, sat only a hint); otherwise exact.
Question question(const Graph& graph, const std::vector<NodeId>& truths, bool abstract,
                  const std::map<std::uint32_t, Number>& fixed = {});

}  // namespace kpi::prove
