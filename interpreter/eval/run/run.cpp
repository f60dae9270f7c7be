// The pipeline of a run: plan, scan, evaluate.
#include "interpreter/eval/run/evaluate.hpp"

namespace kpi::eval {

Run run(const model::Policy& policy, DataSource& data, const RunRequest& request, source::Diagnostics& diagnostics) {
  const std::size_t errors = diagnostics.error_count();
  Run result;
  Plan plan(policy, request, diagnostics);
  if (diagnostics.error_count() > errors) return result;
  result.store = scan(policy, data, plan.scan_request(request), diagnostics);
  if (diagnostics.error_count() > errors) return result;
  result.outcome = evaluate(policy, request, plan, *result.store, diagnostics);
  return result;
}

}  // namespace kpi::eval
