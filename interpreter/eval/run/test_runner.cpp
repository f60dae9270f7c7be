#include "interpreter/eval/run/test_runner.hpp"

#include <algorithm>

#include "grammar/source/diagnostics/run.hpp"
#include "grammar/source/diagnostics/test.hpp"
#include "interpreter/eval/run/display.hpp"
#include "interpreter/eval/run/plan.hpp"

namespace kpi::eval {
namespace {

using model::Expectation;
using model::ExpectCell;
using source::Diagnostic;
using source::DiagnosticId;
namespace ids = source::ids;
using source::Diagnostics;
using value::Number;

/// What a column of `expect` found.
struct Found {
  bool present = false;  // the entity has such a result
  bool unscored = false;
  std::string word;  // phase, or status
  bool is_word = false;
  Value value;
  value::Unit unit;
  std::string reason;  // why there is no value, as the evaluation words it
};

std::string shown(const Value& value, const value::Unit& unit) {
  if (value.is<Number>() && unit == value::Unit::duration()) return exact_duration(value.number());
  std::string text = value::to_string(value);
  if (value.is<Number>() && !unit.is_plain()) text += " " + value::to_string(unit);
  return text;
}

std::string shown(const Found& found) {
  if (found.is_word) return found.word.empty() ? "none" : found.word;
  if (found.unscored) return "unscored";
  if (!found.value.has_value()) return "none";
  return shown(found.value, found.unit);
}

/// Empty when there is a value.
std::string reason_of(const Found& found) {
  if (found.unscored || (!found.is_word && !found.value.has_value())) {
    if (!found.reason.empty()) return found.reason;
    if (!found.is_word && !found.value.has_value()) return value::reason_text(found.value.reason());
  }
  return "";
}

std::string shown(const ExpectCell& cell) {
  switch (cell.kind) {
    case ExpectCell::Kind::any:
      return "-";
    case ExpectCell::Kind::none:
      return "none";
    case ExpectCell::Kind::unscored:
      return "unscored";
    case ExpectCell::Kind::phase:
      return cell.value.text();
    case ExpectCell::Kind::equal:
    case ExpectCell::Kind::tolerance:
      break;
  }
  const std::string text = shown(cell.value, cell.unit);
  if (cell.kind != ExpectCell::Kind::tolerance) return text;
  const bool duration = cell.unit == value::Unit::duration();
  return "~ " + text + " +- " + (duration ? exact_duration(cell.tolerance) : cell.tolerance.to_string());
}

/// A cell names the currency of an amount that is in its rows' own; a sum over no rows is 0 in every currency.
bool has_other_currency(const ExpectCell& cell, const Found& found) {
  const bool zero = found.value.is<Number>() && found.value.number().is_zero();
  return cell.unit.money != 0 && cell.value.is<Number>() && cell.unit.currency != found.unit.currency &&
         !cell.unit.currency.is_native() && !(found.unit.currency.is_native() && zero);
}

bool agrees(const ExpectCell& cell, const Found& found) {
  if (found.present && !found.is_word && found.unit.money != 0 && has_other_currency(cell, found)) return false;
  switch (cell.kind) {
    case ExpectCell::Kind::any:
      return true;
    case ExpectCell::Kind::none:
      return found.is_word ? found.word.empty() : !found.value.has_value();
    case ExpectCell::Kind::unscored:
      return found.unscored;
    case ExpectCell::Kind::phase:
      return found.is_word && found.word == cell.value.text();
    case ExpectCell::Kind::equal:
      if (found.is_word) return cell.value.is<std::string>() && found.word == cell.value.text();
      return found.value.has_value() && cell.value.has_value() && found.value == cell.value;
    case ExpectCell::Kind::tolerance:
      return found.value.has_value() && (found.value.number() - cell.value.number()).abs() <= cell.tolerance;
  }
  return false;
}

template <class Declarations>
std::optional<std::uint32_t> named(const Declarations& declarations, const std::string& name) {
  for (std::uint32_t index = 0; index < declarations.size(); ++index) {
    if (declarations[index].named.name == name) return index;
  }
  return std::nullopt;
}

class TestRun {
 public:
  TestRun(const model::Policy& policy_, const model::Test& test_, Coverage* coverage_, const RunRequest& how_)
      : policy(policy_), test(test_), coverage(coverage_), how(how_) {}

  std::vector<Diagnostic> check(const GivenFileReader& read_file) {
    Diagnostics found;
    MemorySource data = given_data(policy, test, read_file, found);
    if (!found.has_errors()) {
      request = run_request();
      result = run(policy, data, request, found);
      source = &data;
    }
    check_errors(found);
    if (!found.has_errors()) {
      for (const Expectation& expectation : test.expectations) check(expectation);
    }
    failures.sort_and_deduplicate();
    return failures.items();
  }

  /// Whether the test ran as if the policy were in force on other dates.
  bool outside_effective() const { return request.force != Force::declared; }

 private:
  /// A test that only expects an error may name no period; then the first month of the effective dates serves.
  value::Period period_of(const model::Test& of) const {
    if (of.period != value::Period{} || !policy.header.effective_from) return of.period;
    const auto month = value::Period::containing(*policy.header.effective_from, value::CalendarUnit::month);
    return month.start() < *policy.header.effective_from ? month.shift(1) : month;
  }

  RunRequest run_request() const {
    RunRequest wanted;
    wanted.periods = {period_of(test)};
    wanted.is_test = true;
    wanted.force = force();
    wanted.coverage = coverage;
    wanted.threads = how.threads;
    wanted.batch_rows = how.batch_rows;
    wanted.memory = how.memory;
    wanted.simple = how.simple;
    // The whole day counts as seen.
    if (test.as_of) {
      wanted.as_of = policy.header.timezone->start_of_day(Date{test.as_of->days + 1});
      wanted.as_of->micros -= 1;
    }
    for (const Expectation& expectation : test.expectations) {
      if (expectation.kind != Expectation::Kind::row) continue;
      for (const std::string& column : expectation.columns) {
        if (const auto metric = named(policy.metrics, column)) wanted.also.push_back({expectation.entity, {*metric}});
      }
    }
    return wanted;
  }

  bool expects_error(DiagnosticId id) const {
    return std::any_of(test.expectations.begin(), test.expectations.end(), [&](const Expectation& expectation) {
      return expectation.kind == Expectation::Kind::error && expectation.error_code == source::code(id);
    });
  }

  bool expects_trial() const {
    return std::any_of(test.expectations.begin(), test.expectations.end(), [](const Expectation& expectation) {
      for (std::size_t index = 0; index < expectation.cells.size(); ++index) {
        const Value& value = expectation.cells[index].value;
        const bool status = expectation.columns[index] == "status" && value.is<std::string>();
        if (status && value.text() == name(PayoutStatus::trial)) return true;
      }
      return false;
    });
  }

  /// A policy that is moved to other dates keeps its tests: outside the dates they run as if it were in force, at its
  /// start where a trial is expected. A test of the dates themselves expects the error.
  Force force() const {
    if (!is_refused(policy.header, period_of(test)) || expects_error(ids::period_outside_effective))
      return Force::declared;
    return expects_trial() ? Force::starting : Force::settled;
  }

  /// With `expect error` the run must fail with it; other errors are failures of the test.
  void check_errors(const Diagnostics& found) {
    std::vector<const Expectation*> wanted;
    for (const Expectation& expectation : test.expectations) {
      if (expectation.kind == Expectation::Kind::error) wanted.push_back(&expectation);
    }
    std::string codes;
    for (const Diagnostic& diagnostic : found.items()) {
      const std::string code = source::code(diagnostic.id);
      if (codes.find(code) == std::string::npos) codes += (codes.empty() ? "" : ", ") + code;
      const bool error = source::info(diagnostic.id).severity == source::Severity::error;
      const bool expected = std::any_of(wanted.begin(), wanted.end(), [&](const Expectation* expectation) {
        return expectation->error_code == code;
      });
      if (error && !expected) report(diagnostic);
    }
    for (const Expectation* expectation : wanted) {
      if (codes.find(expectation->error_code) != std::string::npos) continue;
      failures.add(ids::test_error_missing, expectation->span)
          .with("code", expectation->error_code)
          .with("found", codes.empty() ? "none" : codes);
    }
  }

  void report(const Diagnostic& diagnostic) {
    Diagnostic& failure = failures.add(diagnostic.id, diagnostic.span);
    failure = diagnostic;
    if (failure.has_span) return;
    failure.span = test.span;  // errors in the data have no place of their own in the policy
    failure.has_span = true;
  }

  void check(const Expectation& expectation) {
    switch (expectation.kind) {
      case Expectation::Kind::row:
        return check_row(expectation);
      case Expectation::Kind::excluded:
        return check_excluded(expectation);
      case Expectation::Kind::alert:
        return check_alert(expectation, true);
      case Expectation::Kind::no_alert:
        return check_alert(expectation, false);
      case Expectation::Kind::error:
        return;
    }
  }

  // ---- rows
  // ----------------------------------------------------------------------------------------------------------

  /// "host `h1`"; the company is only one.
  std::string whom(const Expectation& expectation) const {
    const std::string& entity = policy.entity(expectation.entity).named.name;
    return expectation.entity.index == 0 ? entity : entity + " `" + expectation.key + "`";
  }

  bool is_key(const Expectation& expectation, const std::string& key) const {
    return expectation.entity.index == 0 || key == expectation.key;
  }

  template <class Rows>
  const typename Rows::value_type* row_of(const Rows& rows, const Expectation& expectation) const {
    for (const auto& row : rows) {
      if (is_key(expectation, row.key)) return &row;
    }
    return nullptr;
  }

  const PeriodOutcome* outcome_of(const Expectation& expectation) const {
    const value::Period wanted = expectation.period.value_or(test.period);
    for (const PeriodOutcome& period : result.outcome.periods) {
      if (period.period == wanted) return &period;
    }
    return nullptr;
  }

  void check_row(const Expectation& expectation) {
    bool any = false;
    std::vector<std::optional<Found>> cells;
    for (const std::string& column : expectation.columns) {
      cells.push_back(find(expectation, column));
      any = any || (cells.back() && cells.back()->present);
    }
    if (!any && !expectation.columns.empty()) {
      failures.add(ids::test_row_missing, expectation.span)
          .with("whom", whom(expectation))
          .with("period", test.period.to_string());
      return;
    }
    for (std::size_t index = 0; index < expectation.cells.size(); ++index) {
      const ExpectCell& cell = expectation.cells[index];
      const std::string& column = expectation.columns[index];
      if (cell.kind == ExpectCell::Kind::any) continue;
      if (!cells[index] || !cells[index]->present) {
        failures.add(ids::test_column_missing, cell.span).with("column", column).with("whom", whom(expectation));
      } else if (!agrees(cell, *cells[index])) {
        const std::string reason = reason_of(*cells[index]);
        failures.add(reason.empty() ? ids::test_cell_differs : ids::test_cell_has_none, cell.span)
            .with("column", column)
            .with("whom", whom(expectation))
            .with("actual", shown(*cells[index]))
            .with("expected", shown(cell))
            .with("reason", reason);
      }
    }
  }

  std::optional<Found> find(const Expectation& expectation, const std::string& column) const {
    const PeriodOutcome* period = outcome_of(expectation);
    if (period == nullptr) return std::nullopt;
    if (column == "phase") return phase(*period, expectation);
    if (column == "score") return score(*period, expectation, std::nullopt);
    if (column == "status") return status(*period, expectation);
    if (const auto metric = named(policy.metrics, column)) return this->metric(*period, expectation, {*metric});
    if (const auto payout = named(policy.payouts, column)) return this->payout(*period, expectation, {*payout});
    if (const auto card = named(policy.scorecards, column))
      return score(*period, expectation, model::ScorecardId{*card});
    return std::nullopt;
  }

  const ScorecardRowResult* scored(const PeriodOutcome& period, const Expectation& expectation,
                                   std::optional<model::ScorecardId> wanted) const {
    for (const ScorecardResult& card : period.scorecards) {
      const bool right = policy.scorecards[card.scorecard.index].entity == expectation.entity;
      if (right && (!wanted || *wanted == card.scorecard)) return row_of(card.rows, expectation);
    }
    return nullptr;
  }

  const PeriodOutcome::EntityMetrics* listed(const PeriodOutcome& period, const Expectation& expectation) const {
    for (const auto& metrics : period.metrics) {
      if (metrics.entity == expectation.entity && is_key(expectation, metrics.key)) return &metrics;
    }
    return nullptr;
  }

  Found phase(const PeriodOutcome& period, const Expectation& expectation) const {
    Found found;
    found.is_word = true;
    std::optional<std::uint32_t> index;
    if (const auto* row = scored(period, expectation, std::nullopt)) {
      found.present = true;
      index = row->phase;
      found.unscored = !index;
    } else if (const auto* metrics = listed(period, expectation)) {
      found.present = true;
      index = metrics->phase;
    }
    const model::Phases* phases = policy.phases_of(expectation.entity);
    if (index && phases != nullptr) found.word = phases->phases[*index].named.name;
    return found;
  }

  Found score(const PeriodOutcome& period, const Expectation& expectation,
              std::optional<model::ScorecardId> card) const {
    Found found;
    const ScorecardRowResult* row = scored(period, expectation, card);
    if (row == nullptr) return found;
    found.present = true;
    found.unscored = row->status == RowStatus::unscored;
    found.reason = row->reason;
    found.value = row->score;
    return found;
  }

  Found status(const PeriodOutcome& period, const Expectation& expectation) const {
    Found found;
    found.is_word = true;
    if (const auto* row = scored(period, expectation, std::nullopt)) {
      found.present = true;
      found.unscored = row->status == RowStatus::unscored;
      found.reason = row->reason;
      found.word = found.unscored ? "unscored" : "scored";
    }
    // Payouts say more than the scorecard they come from, so `status` is that of the first payout, if there is one.
    for (const PayoutResult& payout : period.payouts) {
      if (policy.payouts[payout.payout.index].entity != expectation.entity) continue;
      if (const auto* row = row_of(payout.rows, expectation)) {
        found.present = true;
        found.unscored = row->status == PayoutStatus::unscored;
        found.reason = row->reason;
        found.word = name(row->status);
        break;
      }
    }
    return found;
  }

  Found metric(const PeriodOutcome& period, const Expectation& expectation, model::MetricId id) const {
    Found found;
    const auto* metrics = listed(period, expectation);
    if (metrics == nullptr) return found;
    for (const MetricResult& candidate : metrics->values) {
      if (candidate.metric != id) continue;
      found.present = true;
      found.value = candidate.value;
      if (const auto* ref = std::get_if<value::EntityRef>(&candidate.value.storage())) {
        found.value = result.store->rows(EntityId{ref->entity})[ref->row].key;  // expected by its key
      }
      found.unit = candidate.type(policy).unit;
    }
    return found;
  }

  Found payout(const PeriodOutcome& period, const Expectation& expectation, model::PayoutId id) const {
    Found found;
    for (const PayoutResult& candidate : period.payouts) {
      if (candidate.payout != id) continue;
      if (const auto* row = row_of(candidate.rows, expectation)) {
        found.present = true;
        found.unscored = row->status == PayoutStatus::unscored;
        found.reason = row->reason;
        found.value = row->amount;
        found.unit = value::Unit::of(policy.payouts[id.index].currency);
      }
    }
    return found;
  }

  // ---- exclusions and alerts
  // -------------------------------------------------------------------------------------------

  void check_excluded(const Expectation& expectation) {
    if (traced_rows.empty()) {
      ScanRequest scan = Plan(policy, request, traced).scan_request(request);
      for (std::uint32_t index = 0; index < policy.events.size(); ++index) scan.count_events.push_back({index});
      traced_rows = trace_rows(policy, *source, scan, EntityId{}, {}, {kBeginning, Date{-kBeginning.days}}, traced);
    }
    const TracedRow* row = nullptr;
    for (const TracedRow& candidate : traced_rows) {
      if (candidate.events == expectation.events && candidate.key == expectation.key) row = &candidate;
    }
    const auto name = [&](ExclusionId id) { return policy.exclusions[id.index].named.name; };
    if (row == nullptr) {
      failures.add(ids::test_row_unknown, expectation.span)
          .with("events", policy.event(expectation.events).named.name)
          .with("key", expectation.key);
      return;
    }
    const bool any = !expectation.exclusion.valid();
    if (any && !row->hits.empty()) return;
    if (std::find(row->hits.begin(), row->hits.end(), expectation.exclusion) != row->hits.end()) return;
    std::string others;
    for (ExclusionId hit : row->hits) others += (others.empty() ? "" : ", ") + name(hit);
    failures.add(ids::test_not_excluded, expectation.span)
        .with("events", policy.event(expectation.events).named.name)
        .with("key", expectation.key)
        .with("exclusion", any ? "exclude" : name(expectation.exclusion))
        .with("found", others.empty() ? "none" : others);
  }

  void check_alert(const Expectation& expectation, bool wanted) {
    std::string periods;
    bool fired = false;
    for (const PeriodOutcome& period : result.outcome.periods) {
      for (const AlertResult& alert : period.alerts) {
        if (alert.alert != expectation.alert || !is_key(expectation, alert.key)) continue;
        periods += (periods.empty() ? "" : ", ") + alert.period.to_string();
        fired = fired || !expectation.period || *expectation.period == alert.period;
      }
    }
    if (fired == wanted) return;
    failures.add(wanted ? ids::test_alert_missing : ids::test_alert_unexpected, expectation.span)
        .with("alert", policy.alerts[expectation.alert.index].named.name)
        .with("whom", whom(expectation))
        .with("found", periods.empty() ? "-" : periods);
  }

  const model::Policy& policy;
  const model::Test& test;
  Coverage* coverage;
  const RunRequest& how;
  RunRequest request;
  Run result;
  DataSource* source = nullptr;
  Diagnostics failures;
  Diagnostics traced;
  std::vector<TracedRow> traced_rows;
};

}  // namespace

std::size_t TestReport::passed() const {
  return static_cast<std::size_t>(
      std::count_if(tests.begin(), tests.end(), [](const TestResult& test) { return test.passed(); }));
}

TestResult run_test(const model::Policy& policy, const model::Test& test, const GivenFileReader& read_file,
                    Coverage* coverage, const RunRequest& how) {
  TestRun run(policy, test, coverage, how);
  std::vector<Diagnostic> failures = run.check(read_file);
  return {test.name, test.span, std::move(failures), run.outside_effective()};
}

TestReport run_tests(const model::Policy& policy, const GivenFileReader& read_file, Coverage* coverage,
                     const RunRequest& how) {
  TestReport report;
  for (const model::Test& test : policy.tests) {
    report.tests.push_back(run_test(policy, test, read_file, coverage, how));
  }
  return report;
}

}  // namespace kpi::eval
