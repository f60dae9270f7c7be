// Answers of the prove layer as rules ask for them.
#pragma once

#include <memory>

#include "interpreter/lint/proofs.hpp"

namespace kpi::lint {

/// Nothing is computed before the first question, or before it is foreseen. The policy must outlive it and have no
/// errors.
class FactProofs final : public Proofs {
 public:
  explicit FactProofs(const model::Policy& policy);
  ~FactProofs() override;
  void foresee(const std::vector<Asked>& questions) const override;
  value::Value ask(model::PropertyId property, model::PayoutId payout,
                   std::optional<model::MetricId> metric) const override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kpi::lint
