// Evaluation, period by period: scorecards, payouts, listed metrics, alerts; and what must be said about the data.
#include <algorithm>
#include <numeric>

#include "grammar/source/diagnostics/run.hpp"
#include "interpreter/eval/run/alerts.hpp"
#include "interpreter/eval/run/coverage.hpp"
#include "interpreter/eval/run/evaluate.hpp"
#include "interpreter/eval/run/payout.hpp"
#include "interpreter/eval/run/plan.hpp"
#include "interpreter/eval/run/scorecard.hpp"

namespace kpi::eval {
namespace {

using source::DiagnosticId;
namespace ids = source::ids;
using source::Diagnostics;

class Runner {
 public:
  Runner(const model::Policy& policy_, const RunRequest& request_, Plan& plan_, const AggregateStore& store_,
         Diagnostics& diagnostics_)
      : policy(policy_),
        request(request_),
        plan(plan_),
        store(store_),
        diagnostics(diagnostics_),
        evaluator(policy_, store_, plan_.moments) {}

  Outcome run() {
    Outcome outcome;
    evaluator.coverage = request.coverage;
    outcome.as_of = store.as_of();
    for (std::uint32_t index = 0; index < policy.events.size(); ++index)
      outcome.events.push_back(store.events({index}));
    for (std::uint32_t index = 0; index < policy.entities.size(); ++index) {
      const std::uint64_t quarantined = store.quarantined({index});
      if (quarantined > 0) outcome.entities.push_back({{index}, store.rows({index}).size(), quarantined});
    }
    report_data(outcome);
    report_unapplied_clauses();
    for (const PlannedPeriod& planned : plan.periods) {
      outcome.periods.push_back(evaluate(planned));
      evaluator.clear();
    }
    if (request.coverage != nullptr) request.coverage->add(outcome);
    if (!request.entity_key.empty()) keep_only(outcome, request.entity_key);
    return outcome;
  }

 private:
  bool immature(Maturity maturity) const {
    if (maturity == kAlwaysMature) return false;
    if (request.is_test && !request.as_of) return false;
    const auto as_of = store.as_of();
    return !as_of || as_of->micros < maturity;
  }

  /// Row numbers in the order of their keys.
  std::vector<std::uint32_t> by_key(EntityId entity, std::vector<std::uint32_t> rows) {
    std::vector<std::uint32_t>& rank = key_rank[entity];
    const auto& all = store.rows(entity);
    if (rank.empty()) {
      std::vector<std::uint32_t> order(all.size());
      std::iota(order.begin(), order.end(), 0U);
      std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return all[a].key < all[b].key; });
      rank.resize(all.size());
      for (std::uint32_t at = 0; at < order.size(); ++at) rank[order[at]] = at;
    }
    std::sort(rows.begin(), rows.end(), [&](std::uint32_t a, std::uint32_t b) { return rank[a] < rank[b]; });
    return rows;
  }

  PeriodOutcome evaluate(const PlannedPeriod& planned) {
    PeriodOutcome outcome;
    outcome.period = planned.period;
    outcome.trial = planned.trial;
    outcome.prorated = planned.prorated;
    outcome.exclusions = store.exclusions(planned.window);
    for (model::ScorecardId id : planned.scorecards) outcome.scorecards.push_back(score(planned, id));
    for (model::PayoutId id : planned.payouts) outcome.payouts.push_back(pay(planned, id, outcome));
    for (const PlannedMetrics& listed : planned.metrics) list_metrics(planned, listed, outcome);
    AlertRun(evaluator, plan, planned, outcome).run();
    return outcome;
  }

  ScorecardMaturity maturity(const model::Scorecard& scorecard, MomentId moment) {
    ScorecardMaturity result;
    const EntityId entity = scorecard.entity;
    result.phases = immature(plan.needs.phases(entity, moment));
    for (const model::ScorecardRow& row : scorecard.rows) {
      result.metrics.push_back(immature(plan.needs.metric(row.metric, entity, moment)));
      auto& targets = result.targets.emplace_back();
      for (model::ExprId target : row.targets)
        targets.push_back(immature(plan.needs.expression(target, entity, moment)));
      targets.push_back(immature(plan.needs.expression(row.base, entity, moment)));
    }
    for (const model::Gate& gate : scorecard.gates) {
      result.gates.push_back(immature(plan.needs.expression(gate.requires_value, entity, moment)));
    }
    return result;
  }

  ScorecardResult score(const PlannedPeriod& planned, model::ScorecardId id) {
    const model::Scorecard& scorecard = policy.scorecards[id.index];
    const MomentId moment = plan.moment_of(planned, scorecard);
    Scorer scorer(evaluator, scorecard, moment, maturity(scorecard, moment));
    ScorecardResult result{id, {}};
    const auto rows = by_key(scorecard.entity, evaluator.population(scorecard.entity, moment));
    result.rows.reserve(rows.size());
    for (std::uint32_t row : rows) result.rows.push_back(scorer.score(row));
    return result;
  }

  PayoutResult pay(const PlannedPeriod& planned, model::PayoutId id, const PeriodOutcome& outcome) {
    const model::Payout& payout = policy.payouts[id.index];
    PayoutContext context{planned, plan.moment_of(planned, payout), false, nullptr, {}};
    Maturity ripe = plan.needs.payout(payout, context.moment);
    if (payout.scorecard.valid()) {
      ripe = std::max(ripe, plan.needs.scorecard(policy.scorecards[payout.scorecard.index], context.moment));
      for (const ScorecardResult& scorecard : outcome.scorecards) {
        if (scorecard.scorecard == payout.scorecard) context.scorecard = &scorecard;
      }
    } else {
      context.rows = by_key(payout.entity, evaluator.population(payout.entity, context.moment));
    }
    context.immature = immature(ripe);
    return PayoutRun(evaluator, payout, id, std::move(context), diagnostics).run();
  }

  void list_metrics(const PlannedPeriod& planned, const PlannedMetrics& listed, PeriodOutcome& outcome) {
    const MomentId moment = plan.moment_of(planned, listed.entity);
    const bool phases = policy.phases_of(listed.entity) != nullptr;
    std::vector<bool> provisional;
    for (model::MetricId metric : listed.metrics) {
      provisional.push_back(immature(plan.needs.metric(metric, listed.entity, moment)));
    }
    for (std::uint32_t row : by_key(listed.entity, evaluator.population(listed.entity, moment))) {
      const EntityRow& entity = store.rows(listed.entity)[row];
      if (!request.entity_key.empty() && entity.key != request.entity_key) continue;
      PeriodOutcome::EntityMetrics metrics{listed.entity, row, entity.key, entity.label, std::nullopt, {}};
      if (phases) {
        const Value phase = evaluator.phase(listed.entity, row, moment);
        if (phase.has_value()) metrics.phase = phase.as<value::PhaseRef>().phase;
      }
      metrics.values.reserve(listed.metrics.size());
      for (std::size_t at = 0; at < listed.metrics.size(); ++at) {
        const Subject subject{listed.entity, row, nullptr};
        metrics.values.push_back(
            {listed.metrics[at], evaluator.metric(listed.metrics[at], subject, moment), provisional[at]});
      }
      outcome.metrics.push_back(std::move(metrics));
    }
  }

  template <class Rows>
  static void keep_key(Rows& rows, const std::string& key) {
    std::erase_if(rows, [&](const auto& row) { return row.key != key; });
  }

  void keep_only(Outcome& outcome, const std::string& key) {
    bool known = false;
    for (std::uint32_t entity = 0; entity < policy.entities.size(); ++entity) {
      known = known || store.find({entity}, key).has_value();
    }
    if (!known) diagnostics.add_without_span(ids::no_such_entity_row).with("key", key);
    for (PeriodOutcome& period : outcome.periods) {
      for (ScorecardResult& scorecard : period.scorecards) keep_key(scorecard.rows, key);
      for (PayoutResult& payout : period.payouts) keep_key(payout.rows, key);
      keep_key(period.metrics, key);
      keep_key(period.alerts, key);
    }
  }

  void report_unapplied_clauses() {
    std::set<model::PayoutId> reported;
    for (const PlannedPeriod& planned : plan.periods) {
      for (model::PayoutId id : planned.payouts) {
        if (!reported.insert(id).second) continue;
        const model::Payout& payout = policy.payouts[id.index];
        const auto report = [&](bool declared, const char* clause) {
          if (!declared) return;
          diagnostics.add(ids::needs_recorded_runs, payout.named.span)
              .with("clause", clause)
              .with("payout", payout.named.name);
        };
        report(payout.cap_carry, "carry");
        report(payout.draw.valid(), "draw");
        report(payout.clawback.has_value(), "clawback");
      }
    }
  }

  void report_data(const Outcome& outcome) {
    if (request.is_test) return;
    for (const auto& [events, windows] : plan.needs.events_read()) {
      const EventsInfo& info = outcome.events[events.index];
      for (const PlannedPeriod& planned : plan.periods) {
        if (windows.contains(planned.window)) report_coverage(events, info, planned);
      }
      report_silence(events, info);
      if (info.without_time == 0) continue;
      diagnostics.add(ids::rows_without_time, policy.event(events).named.span)
          .with("rows", std::to_string(info.without_time))
          .with("events", policy.event(events).named.name);
    }
  }

  void report_coverage(EventsId events, const EventsInfo& info, const PlannedPeriod& planned) {
    const auto cover = store.coverage(model::SourceRef::of(events), planned.window);
    if (cover == AggregateStore::Cover::full) return;
    const bool none = cover == AggregateStore::Cover::none || !info.covered_from || !info.covered_to;
    auto& diagnostic = diagnostics.add(none ? ids::not_covered : ids::partly_covered, policy.event(events).named.span);
    diagnostic.with("events", policy.event(events).named.name).with("period", planned.period.to_string());
    if (none) return;
    diagnostic.with("from", std::max(*info.covered_from, planned.window.start).to_string())
        .with("to", Date{std::min(*info.covered_to, planned.window.end).days - 1}.to_string());
  }

  void report_silence(EventsId events, const EventsInfo& info) {
    for (const auto& span : info.silent) {
      const Date from = span.first, to = span.second;
      const bool matters = std::any_of(plan.periods.begin(), plan.periods.end(), [&](const PlannedPeriod& planned) {
        return from < planned.window.end && planned.window.start < to;
      });
      if (!matters) continue;
      diagnostics.add(ids::silent_source, policy.event(events).named.span)
          .with("events", policy.event(events).named.name)
          .with("from", from.to_string())
          .with("to", Date{to.days - 1}.to_string());
    }
  }

  const model::Policy& policy;
  const RunRequest& request;
  Plan& plan;
  const AggregateStore& store;
  Diagnostics& diagnostics;
  Evaluator evaluator;
  std::map<EntityId, std::vector<std::uint32_t>> key_rank;
};

}  // namespace

Outcome evaluate(const model::Policy& policy, const RunRequest& request, Plan& plan, const AggregateStore& store,
                 Diagnostics& diagnostics) {
  return Runner(policy, request, plan, store, diagnostics).run();
}

}  // namespace kpi::eval
