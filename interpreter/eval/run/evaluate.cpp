// Evaluation, period by period: scorecards, payouts, listed metrics, alerts; and what must be said about the data.
#include <algorithm>
#include <numeric>
#include <set>

#include "grammar/source/diagnostics/data.hpp"
#include "grammar/source/diagnostics/run.hpp"
#include "interpreter/eval/parallel.hpp"
#include "interpreter/eval/run/alerts.hpp"
#include "interpreter/eval/run/coverage.hpp"
#include "interpreter/eval/run/data_remarks.hpp"
#include "interpreter/eval/run/evaluate.hpp"
#include "interpreter/eval/run/no_such_row.hpp"
#include "interpreter/eval/run/payout.hpp"
#include "interpreter/eval/run/plan.hpp"
#include "interpreter/eval/run/scorecard.hpp"
#include "interpreter/model/dump.hpp"

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
    if (!request.is_test) report_data(policy, plan, store, diagnostics);
    report_unapplied_clauses();
    if (!request.entity_key.empty()) report_unknown_key();
    for (const PlannedPeriod& planned : plan.periods) {
      PeriodOutcome period = evaluate(planned);
      report_mixed_currencies();
      evaluator.clear();
      if (request.coverage != nullptr) request.coverage->add(outcome, period);
      if (!request.entity_key.empty()) keep_only(period);
      if (request.take_period) {
        request.take_period(outcome, store, period);
      } else {
        outcome.periods.push_back(std::move(period));
      }
    }
    return outcome;
  }

 private:
  /// Beyond the period itself, of which report_coverage speaks, days are read that the data covers in part.
  bool is_partial(const Reading& reading, const PlannedPeriod& planned) const {
    if (request.is_test) return false;
    return std::any_of(reading.events.begin(), reading.events.end(), [&](const auto& read) {
      return is_partial(read.first, read.second, planned.window);
    });
  }
  bool is_partial(EventsId events, Window window, Window period) const {
    if (period.start <= window.start && window.end <= period.end) return false;
    if (store.coverage(model::SourceRef::of(events), window) != AggregateStore::Cover::partial) return false;
    const EventsInfo& info = store.events(events);
    const bool before = window.start > kBeginning && window.start < *info.covered_from;
    return before || (window.end > *info.covered_to && window.end != period.end);
  }

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
      std::vector<std::string_view> keys;
      for (const EntityRow& row : all) keys.push_back(row.key);
      const std::vector<std::uint32_t> order = order_of_keys(policy.entity(entity), keys);
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
    if (plan.needs.compares_rows() || request.coverage != nullptr) {
      for (model::ScorecardId id : planned.scorecards) outcome.scorecards.push_back(score(planned, id));
      for (const PlannedMetrics& listed : planned.metrics) list_metrics(planned, listed, outcome);
    } else {
      evaluate_by_rows(planned, outcome);
    }
    for (model::PayoutId id : planned.payouts) outcome.payouts.push_back(pay(planned, id, outcome));
    AlertRun(evaluator, plan, planned, outcome).run();
    return outcome;
  }

  ScorecardMaturity maturity(const PlannedPeriod& planned, const model::Scorecard& scorecard, MomentId moment) {
    ScorecardMaturity result;
    const EntityId entity = scorecard.entity;
    result.phases = immature(plan.needs.phases(entity, moment).maturity);
    for (const model::ScorecardRow& row : scorecard.rows) {
      const Reading& metric = plan.needs.metric(row.metric, entity, moment);
      result.metrics.push_back(immature(metric.maturity));
      result.partial_metrics.push_back(is_partial(metric, planned));
      auto& targets = result.targets.emplace_back();
      auto& partial = result.partial_targets.emplace_back();
      const auto add = [&](model::ExprId expr) {
        const Reading reading = plan.needs.expression(expr, entity, moment);
        targets.push_back(immature(reading.maturity));
        partial.push_back(is_partial(reading, planned));
      };
      for (model::ExprId target : row.targets) add(target);
      add(row.base);
    }
    for (const model::Gate& gate : scorecard.gates) {
      result.gates.push_back(immature(plan.needs.expression(gate.requires_value, entity, moment).maturity));
    }
    return result;
  }

  ScorecardResult score(const PlannedPeriod& planned, model::ScorecardId id) {
    const model::Scorecard& scorecard = policy.scorecards[id.index];
    const MomentId moment = plan.moment_of(planned, scorecard);
    Scorer scorer(evaluator, scorecard, moment, maturity(planned, scorecard, moment));
    ScorecardResult result{id, {}};
    const auto rows = by_key(scorecard.entity, evaluator.population(scorecard.entity, moment));
    result.rows.reserve(rows.size());
    for (std::uint32_t row : rows) result.rows.push_back(scorer.score(row));
    return result;
  }

  /// Metrics that are listed for every row of an entity, and where the first of them goes.
  struct Listing {
    const PlannedMetrics* planned = nullptr;
    std::vector<bool> provisional, partial;
    std::size_t first = 0;
  };
  struct Scoring {
    std::size_t place = 0;  // in the outcome
    ScorecardMaturity maturity;
  };
  /// What is evaluated for the same rows at the same moment.
  struct Sweep {
    std::vector<std::uint32_t> rows;
    std::vector<Scoring> scorings;
    std::vector<Listing> listings;
  };

  Listing listing(const PlannedPeriod& planned, const PlannedMetrics& listed, MomentId moment) {
    Listing result{&listed, {}, {}, 0};
    for (model::MetricId metric : listed.metrics) {
      const Reading& reading = plan.needs.metric(metric, listed.entity, moment);
      result.provisional.push_back(immature(reading.maturity));
      result.partial.push_back(is_partial(reading, planned));
    }
    return result;
  }

  /// Scorecards and listed metrics where no row is compared with others: everything for one row, then for the next, so
  /// that little has to be remembered and threads can share the rows.
  void evaluate_by_rows(const PlannedPeriod& planned, PeriodOutcome& outcome) {
    std::map<std::pair<EntityId, MomentId>, Sweep> sweeps;
    const auto sweep_of = [&](EntityId entity, MomentId moment) -> Sweep& {
      const auto [place, added] = sweeps.try_emplace({entity, moment});
      if (added) place->second.rows = by_key(entity, evaluator.population(entity, moment));
      return place->second;
    };
    for (const model::ScorecardId id : planned.scorecards) {
      const model::Scorecard& scorecard = policy.scorecards[id.index];
      const MomentId moment = plan.moment_of(planned, scorecard);
      Sweep& sweep = sweep_of(scorecard.entity, moment);
      sweep.scorings.push_back({outcome.scorecards.size(), maturity(planned, scorecard, moment)});
      outcome.scorecards.push_back({id, std::vector<ScorecardRowResult>(sweep.rows.size())});
    }
    for (const PlannedMetrics& listed : planned.metrics) {
      const MomentId moment = plan.moment_of(planned, listed.entity);
      Sweep& sweep = sweep_of(listed.entity, moment);
      Listing& added = sweep.listings.emplace_back(listing(planned, listed, moment));
      added.first = outcome.metrics.size();
      outcome.metrics.resize(added.first + sweep.rows.size());
    }
    for (const auto& [key, sweep] : sweeps) run(sweep, key.second, outcome);
  }

  void run(const Sweep& sweep, MomentId moment, PeriodOutcome& outcome) {
    constexpr std::size_t kRows = 32;
    struct Worker {
      MomentTable moments;  // a copy, because evaluating may add moments
      std::unique_ptr<Evaluator> evaluator;
      std::vector<Scorer> scorers;  // one for each scoring
    };
    std::vector<Worker> workers(std::max(request.threads, 1U));
    in_parallel(request.threads, sweep.rows.size(), kRows, [&](unsigned thread, std::size_t first, std::size_t last) {
      Worker& worker = workers[thread];
      if (!worker.evaluator) {
        worker.moments = plan.moments;
        worker.evaluator = std::make_unique<Evaluator>(policy, store, worker.moments, Memory::one_row);
        for (const Scoring& scoring : sweep.scorings) {
          const model::ScorecardId id = outcome.scorecards[scoring.place].scorecard;
          worker.scorers.emplace_back(*worker.evaluator, policy.scorecards[id.index], moment, scoring.maturity);
        }
      }
      for (std::size_t at = first; at < last; ++at) {
        for (std::size_t index = 0; index < sweep.scorings.size(); ++index) {
          outcome.scorecards[sweep.scorings[index].place].rows[at] = worker.scorers[index].score(sweep.rows[at]);
        }
        for (const Listing& listed : sweep.listings) {
          outcome.metrics[listed.first + at] = listed_row(*worker.evaluator, listed, moment, sweep.rows[at]);
        }
      }
    });
    std::map<std::tuple<std::uint32_t, EntityId, std::uint32_t>, MixedCurrencies> mixed;  // in order, whoever found them
    for (const Worker& worker : workers) {
      if (!worker.evaluator) continue;
      for (MixedCurrencies& one : worker.evaluator->take_mixed()) mixed.emplace(std::tuple(one.expr.index, one.entity, one.row), std::move(one));
    }
    for (auto& [place, one] : mixed) mixed_currencies.push_back(std::move(one));
  }

  PayoutResult pay(const PlannedPeriod& planned, model::PayoutId id, const PeriodOutcome& outcome) {
    const model::Payout& payout = policy.payouts[id.index];
    PayoutContext context{.period = planned, .moment = plan.moment_of(planned, payout), .rows = {}};
    if (payout.scorecard.valid()) {
      for (const ScorecardResult& scorecard : outcome.scorecards) {
        if (scorecard.scorecard == payout.scorecard) context.scorecard = &scorecard;
      }
    } else {
      context.rows = by_key(payout.entity, evaluator.population(payout.entity, context.moment));
    }
    Reading reading = plan.needs.payout(payout, context.moment);
    context.immature = immature(reading.maturity);
    if (payout.scorecard.valid())
      reading.add(plan.needs.scorecard(policy.scorecards[payout.scorecard.index], context.moment));
    hold_back(reading, planned, context);
    return PayoutRun(evaluator, payout, id, std::move(context), diagnostics).run();
  }

  /// An amount is not to be paid while days of its period are still to come, or are missing where there usually are
  /// rows. Nothing tells a file that was cut off from a month that ended quietly but what is usual.
  void hold_back(const Reading& reading, const PlannedPeriod& planned, PayoutContext& context) const {
    const Date end = planned.window.end;
    if (request.as_of && policy.header.timezone->local_date(*request.as_of).days + 1 < end.days) {
      context.held_back = PendingWhy::period_not_over;
      return;
    }
    if (request.is_test || request.complete) return;
    constexpr std::int32_t kFewDays = 3;  // so few are not worth a word on every amount
    for (const auto& [events, window] : reading.events) {
      const EventsInfo& info = store.events(events);
      if (!info.covered_to || window.end > end) continue;
      Date data_end = *info.covered_to;
      bool is_silent = false;
      for (const auto& [from, to] : info.silent) {
        is_silent = to == *info.covered_to && from < window.end;
        if (is_silent) data_end = from;
      }
      if (!is_silent && data_end <= window.start) continue;  // all days are missing: no value
      const std::int32_t missing = window.end.days - std::max(data_end, window.start).days;
      if (missing <= kFewDays) continue;
      const bool is_noted = !is_silent && missing <= store.usual_gap();
      if (context.held_back != PendingWhy::none && is_noted >= context.is_noted) continue;
      context.held_back = PendingWhy::data_ends;
      context.is_noted = is_noted;
      context.data_to = Date{data_end.days - 1};
    }
  }

  PeriodOutcome::EntityMetrics listed_row(Evaluator& by, const Listing& listed, MomentId moment,
                                          std::uint32_t row) const {
    const EntityId of = listed.planned->entity;
    const EntityRow& entity = store.rows(of)[row];
    PeriodOutcome::EntityMetrics metrics{of, row, entity.key, entity.label, std::nullopt, {}};
    if (policy.phases_of(of) != nullptr) {
      const Value phase = by.phase(of, row, moment);
      if (phase.has_value()) metrics.phase = phase.as<value::PhaseRef>().phase;
    }
    metrics.values.reserve(listed.planned->metrics.size());
    for (std::size_t at = 0; at < listed.planned->metrics.size(); ++at) {
      const model::MetricId metric = listed.planned->metrics[at];
      MetricResult result{metric, by.metric(metric, {of, row, nullptr}, moment), listed.provisional[at],
                          false};
      result.partial = listed.partial[at] && result.value.has_value();
      const auto met = by.native_currencies(policy.metrics[metric.index].value, {{of, row, nullptr}, moment, nullptr});
      if (met.size() == 1) result.currency = *met.begin();
      metrics.values.push_back(std::move(result));
    }
    return metrics;
  }

  void list_metrics(const PlannedPeriod& planned, const PlannedMetrics& listed, PeriodOutcome& outcome) {
    const MomentId moment = plan.moment_of(planned, listed.entity);
    const Listing list = listing(planned, listed, moment);
    for (std::uint32_t row : by_key(listed.entity, evaluator.population(listed.entity, moment))) {
      if (!request.entity_key.empty() && store.rows(listed.entity)[row].key != request.entity_key) continue;
      outcome.metrics.push_back(listed_row(evaluator, list, moment, row));
    }
  }

  /// Adding or comparing amounts in their own currencies is as wrong as in a policy without `exchange`: it stops the run.
  void report_mixed_currencies() {
    constexpr std::size_t kListed = 20;
    for (MixedCurrencies& one : evaluator.take_mixed()) mixed_currencies.push_back(std::move(one));
    for (const MixedCurrencies& mixed : std::exchange(mixed_currencies, {})) {
      if (mixed_reported++ >= kListed) break;
      std::string list;
      for (const value::Currency currency : mixed.currencies) list += (list.empty() ? "" : ", ") + std::string(currency.code());
      diagnostics.add(ids::data_native_mixed, policy.expr(mixed.expr).span)
          .with("text", model::exact_text(policy, mixed.expr))
          .with("currencies", list)
          .with("key", policy.entity(mixed.entity).named.name + " `" + store.rows(mixed.entity)[mixed.row].key + "`");
    }
  }

  template <class Rows>
  static void keep_key(Rows& rows, const std::string& key) {
    std::erase_if(rows, [&](const auto& row) { return row.key != key; });
  }

  void report_unknown_key() {
    bool known = false;
    for (std::uint32_t entity = 0; entity < policy.entities.size(); ++entity) {
      known = known || store.find({entity}, request.entity_key).has_value();
    }
    if (!known) report_no_such_row(policy, store, request.entity_key, diagnostics);
  }

  void keep_only(PeriodOutcome& period) const {
    const std::string& key = request.entity_key;
    for (ScorecardResult& scorecard : period.scorecards) keep_key(scorecard.rows, key);
    for (PayoutResult& payout : period.payouts) keep_key(payout.rows, key);
    keep_key(period.metrics, key);
    keep_key(period.alerts, key);
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

  const model::Policy& policy;
  const RunRequest& request;
  Plan& plan;
  const AggregateStore& store;
  Diagnostics& diagnostics;
  Evaluator evaluator;
  std::vector<MixedCurrencies> mixed_currencies;  // found by other evaluators
  std::size_t mixed_reported = 0;
  std::map<EntityId, std::vector<std::uint32_t>> key_rank;
};

}  // namespace

Outcome evaluate(const model::Policy& policy, const RunRequest& request, Plan& plan, const AggregateStore& store,
                 Diagnostics& diagnostics) {
  return Runner(policy, request, plan, store, diagnostics).run();
}

}  // namespace kpi::eval
