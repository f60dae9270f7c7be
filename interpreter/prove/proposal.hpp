// Proposed tests while they are being made: stores of rows with what the evaluator makes of them, as `test` blocks.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "interpreter/eval/outcome.hpp"
#include "interpreter/prove/boundary_tests.hpp"
#include "interpreter/prove/world.hpp"

namespace kpi::prove {

/// An amount, a duration or a number as the language writes it exactly.
std::string unit_text(const Number& number, const value::Unit& unit);

/// What the title of a test says, which the evaluator must confirm before the test is proposed.
struct Claim {
  std::string column;  // of `expect`; nothing is claimed where it is not listed
  std::string cell;
  model::ExclusionId exclusion;  // takes rows out, or none of them
  bool takes_out = false;
};

class Proposals {
 public:
  explicit Proposals(const model::Policy& policy) : result(policy), policy_(policy) {}

  /// A test over the world, unless one with the same rows was proposed before; `more` are further lines of `expect`.
  /// False when the policy cannot be evaluated over it, lists nothing, or makes something else of it than is claimed.
  bool add(Shape& shape, const std::string& title, const WorldMaker& maker, const World& world, const Claim& claim,
           const std::string& more = {});

  /// A test of an alert in the period of its shape; false when it does not behave as claimed.
  bool add_alert(Shape& shape, const std::string& title, const WorldMaker& maker, const World& world, bool fires);

  ProposedTests result;

 private:
  const model::Policy& policy_;
  std::set<std::string> stores_;
};

/// Tests on both sides of every exclusion: a row that is just taken out, and one that is just kept.
void propose_exclusions(const model::Policy& policy, source::Language language, const SourceText& source_text,
                        Proposals& proposals);

}  // namespace kpi::prove
