// What rules know about the shape of pay only by proof. The lint asks at most once for each question, and only when
// everything else in a rule's condition holds.
#pragma once

#include <compare>
#include <optional>
#include <vector>

#include "interpreter/model/policy.hpp"
#include "interpreter/model/rule.hpp"
#include "interpreter/value/value.hpp"

namespace kpi::lint {

/// One question about a payout.
struct Asked {
  model::PayoutId payout;
  model::PropertyId property{};
  std::optional<model::MetricId> metric;
  friend auto operator<=>(const Asked&, const Asked&) = default;
};

class Proofs {
 public:
  virtual ~Proofs() = default;
  /// Works out what is going to be asked, with several threads where that helps. Answers do not depend on it.
  virtual void foresee(const std::vector<Asked>& questions) const { (void)questions; }
  /// The proved value of a property of a payout, as its type in rule_properties.def says (money in the policy's
  /// currency); NoValue when it is unknown, and then no rule fires on it.
  virtual value::Value ask(model::PropertyId property, model::PayoutId payout,
                           std::optional<model::MetricId> metric) const = 0;
};

}  // namespace kpi::lint
