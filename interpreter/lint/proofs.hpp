// What rules know about the shape of pay only by proof. The lint asks at most once for each question, and only when
// everything else in a rule's condition holds.
#pragma once

#include <optional>

#include "interpreter/model/policy.hpp"
#include "interpreter/model/rule.hpp"
#include "interpreter/value/value.hpp"

namespace kpi::lint {

class Proofs {
 public:
  virtual ~Proofs() = default;
  /// The proved value of a property of a payout, as its type in rule_properties.def says (money in the policy's
  /// currency); NoValue when it is unknown, and then no rule fires on it.
  virtual value::Value ask(model::PropertyId property, model::PayoutId payout,
                           std::optional<model::MetricId> metric) const = 0;
};

}  // namespace kpi::lint
