// Evaluation, period by period: scorecards, payouts, listed metrics, alerts; and what must be said about the data.
#include <algorithm>
#include <numeric>
#include <set>

#include "grammar/source/diagnostics/data.hpp"
#include "grammar/source/diagnostics/run.hpp"
#include "interpreter/eval/parallel.hpp"
#include "interpreter/eval/run/alerts.hpp"
#include "interpreter/eval/run/coverage.hpp"
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
    report_data(outcome);
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

  /// Metrics that are listed for every row of an entity, and where the first of them goes.
  struct Listing {
    const PlannedMetrics* planned = nullptr;
    std::vector<bool> provisional;
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

  Listing listing(const PlannedMetrics& listed, MomentId moment) {
    Listing result{&listed, {}, 0};
    for (model::MetricId metric : listed.metrics) {
      result.provisional.push_back(immature(plan.needs.metric(metric, listed.entity, moment)));
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
      sweep.scorings.push_back({outcome.scorecards.size(), maturity(scorecard, moment)});
      outcome.scorecards.push_back({id, std::vector<ScorecardRowResult>(sweep.rows.size())});
    }
    for (const PlannedMetrics& listed : planned.metrics) {
      const MomentId moment = plan.moment_of(planned, listed.entity);
      Sweep& sweep = sweep_of(listed.entity, moment);
      Listing& added = sweep.listings.emplace_back(listing(listed, moment));
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
    PayoutContext context{planned, plan.moment_of(planned, payout), false, nullptr, {}};
    if (payout.scorecard.valid()) {
      for (const ScorecardResult& scorecard : outcome.scorecards) {
        if (scorecard.scorecard == payout.scorecard) context.scorecard = &scorecard;
      }
    } else {
      context.rows = by_key(payout.entity, evaluator.population(payout.entity, context.moment));
    }
    context.immature = immature(plan.needs.payout(payout, context.moment));
    return PayoutRun(evaluator, payout, id, std::move(context), diagnostics).run();
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
      MetricResult result{metric, by.metric(metric, {of, row, nullptr}, moment), listed.provisional[at]};
      const auto met = by.native_currencies(policy.metrics[metric.index].value, {{of, row, nullptr}, moment, nullptr});
      if (met.size() == 1) result.currency = *met.begin();
      metrics.values.push_back(std::move(result));
    }
    return metrics;
  }

  void list_metrics(const PlannedPeriod& planned, const PlannedMetrics& listed, PeriodOutcome& outcome) {
    const MomentId moment = plan.moment_of(planned, listed.entity);
    const Listing list = listing(listed, moment);
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

  void report_data(const Outcome& outcome) {
    if (request.is_test) return;
    for (const auto& [events, windows] : plan.needs.events_read()) {
      const EventsInfo& info = outcome.events[events.index];
      report_coverage(events, info, windows);
      report_silence(events, info);
      if (info.without_time == 0) continue;
      diagnostics.add(ids::rows_without_time, policy.event(events).named.span)
          .with("rows", std::to_string(info.without_time))
          .with("events", policy.event(events).named.name);
    }
  }

  /// One finding for a period says what is missing in its parts as well, and one for neighbouring periods without any
  /// data names them together.
  void report_coverage(EventsId events, const EventsInfo& info, const std::set<Window>& windows) {
    std::vector<const PlannedPeriod*> lacking;
    for (const PlannedPeriod& planned : plan.periods) {
      if (!windows.contains(planned.window)) continue;
      if (store.coverage(model::SourceRef::of(events), planned.window) != AggregateStore::Cover::full) {
        lacking.push_back(&planned);
      }
    }
    std::vector<const PlannedPeriod*> whole;
    for (const PlannedPeriod* planned : lacking) {
      const bool is_part = std::any_of(lacking.begin(), lacking.end(), [&](const PlannedPeriod* other) {
        return other->period.unit > planned->period.unit && other->period.start() <= planned->period.start() &&
               planned->period.end() <= other->period.end();
      });
      if (!is_part) whole.push_back(planned);
    }
    for (std::size_t first = 0, next = 0; first < whole.size(); first = next) {
      next = first + 1;
      const bool none = is_uncovered(events, info, *whole[first]);
      while (none && next < whole.size() && whole[next]->period == whole[next - 1]->period.shift(1) &&
             is_uncovered(events, info, *whole[next])) {
        ++next;
      }
      const Window window = whole[first]->window;
      const bool from_start = !none && *info.covered_from <= window.start;
      auto& diagnostic = diagnostics.add(none         ? ids::not_covered
                                         : from_start ? ids::partly_covered_at_end
                                                      : ids::partly_covered,
                                         policy.event(events).named.span);
      std::string period = whole[first]->period.to_string();
      if (next - first > 1) period += ".." + whole[next - 1]->period.to_string();
      diagnostic.with("events", policy.event(events).named.name).with("period", period);
      if (none) continue;
      diagnostic.with("from", std::max(*info.covered_from, window.start).to_string())
          .with("to", Date{std::min(*info.covered_to, window.end).days - 1}.to_string())
          .with("last", Date{window.end.days - 1}.to_string());
    }
  }

  bool is_uncovered(EventsId events, const EventsInfo& info, const PlannedPeriod& planned) const {
    return store.coverage(model::SourceRef::of(events), planned.window) == AggregateStore::Cover::none ||
           !info.covered_from || !info.covered_to;
  }

  // One remark a source: what is missing is found in one place.
  void report_silence(EventsId events, const EventsInfo& info) {
    constexpr std::size_t kMostShown = 3;
    std::string days;
    std::size_t shown = 0;
    for (const auto& span : info.silent) {
      const Date from = span.first, to = span.second;
      const bool matters = std::any_of(plan.periods.begin(), plan.periods.end(), [&](const PlannedPeriod& planned) {
        return from < planned.window.end && planned.window.start < to;
      });
      if (!matters || ++shown > kMostShown) continue;
      days += (days.empty() ? "" : ", ") + from.to_string() + ".." + Date{to.days - 1}.to_string();
    }
    if (shown == 0) return;
    diagnostics.add(ids::silent_source, policy.event(events).named.span)
        .with("events", policy.event(events).named.name)
        .with("days", shown > kMostShown ? days + ", …" : days);
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
