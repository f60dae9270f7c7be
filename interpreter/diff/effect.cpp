#include "interpreter/diff/effect.hpp"

#include <algorithm>
#include <set>

namespace kpi::diff {
namespace {

using eval::PayoutRowResult;
using eval::PeriodOutcome;
using eval::ScorecardRowResult;
using value::Number;
using value::Value;

bool differ(const Value& a, const Value& b) {
  if (a.has_value() != b.has_value()) return true;
  return a.has_value() ? !(a == b) : false;
}

template <class Rows>
auto by_key(const Rows* rows) {
  std::map<std::string, const typename Rows::value_type*> result;
  if (rows != nullptr) {
    for (const auto& row : *rows) result.emplace(row.key, &row);
  }
  return result;
}

class Comparison {
 public:
  Comparison(const Side& before, const Side& after, const Diff& diff, const eval::Run& run_before,
             const eval::Run& run_after)
      : before_(before.policy), after_(after.policy), diff_(diff), run_before_(run_before), run_after_(run_after) {}

  Effect run() {
    for (std::size_t i = 0; i < run_after_.outcome.periods.size() && i < run_before_.outcome.periods.size(); ++i) {
      old_ = &run_before_.outcome.periods[i];
      new_ = &run_after_.outcome.periods[i];
      effect_.periods.push_back(new_->period);
      payouts();
      scorecards();
    }
    for (auto& [payout, working] : totals_) effect_.payouts.push_back(working.counted());
    std::stable_sort(effect_.people.begin(), effect_.people.end(), [](const PersonEffect& a, const PersonEffect& b) {
      return a.difference.abs() > b.difference.abs();
    });
    const auto size = [](const ScoreEffect& e) {
      if (!e.before.has_value() || !e.after.has_value()) return Number(1'000'000);
      return (e.after.number() - e.before.number()).abs();
    };
    std::stable_sort(effect_.scores.begin(), effect_.scores.end(),
                     [&](const ScoreEffect& a, const ScoreEffect& b) { return size(a) > size(b); });
    return std::move(effect_);
  }

 private:
  /// One person over all periods.
  struct Together {
    Number difference;
    bool touched = false, newly_without = false, newly_with = false, other_status = false;
  };
  struct Working {
    PayoutTotals totals;
    std::map<std::string, Together> people;

    PayoutTotals counted() const {
      PayoutTotals result = totals;
      result.people = people.size();
      for (const auto& [key, person] : people) {
        result.touched += person.touched ? 1 : 0;
        result.gain += person.difference.sign() > 0 ? 1 : 0;
        result.lose += person.difference.sign() < 0 ? 1 : 0;
        result.newly_without += person.newly_without ? 1 : 0;
        result.newly_with += person.newly_with ? 1 : 0;
        result.other_status += person.other_status ? 1 : 0;
      }
      return result;
    }
  };

  const eval::PayoutResult* result_of(const PeriodOutcome& period, std::optional<std::uint32_t> payout) const {
    if (!payout) return nullptr;
    for (const eval::PayoutResult& result : period.payouts) {
      if (result.payout.index == *payout) return &result;
    }
    return nullptr;
  }
  const eval::ScorecardResult* card_of(const PeriodOutcome& period, std::optional<std::uint32_t> card) const {
    if (!card) return nullptr;
    for (const eval::ScorecardResult& result : period.scorecards) {
      if (result.scorecard.index == *card) return &result;
    }
    return nullptr;
  }

  void payouts() {
    for (std::uint32_t i = 0; i < after_.payouts.size(); ++i) {
      const auto old_index = diff_.before_of(ElementKind::payout, i);
      if (old_index && before_.payouts[*old_index].currency != after_.payouts[i].currency) {
        // Amounts of two currencies have no difference: what was paid in one goes, what is paid in the other comes.
        payout(old_index, std::nullopt);
        payout(std::nullopt, i);
      } else {
        payout(old_index, i);
      }
    }
    for (std::uint32_t i = 0; i < before_.payouts.size(); ++i) {
      if (!diff_.after_of(ElementKind::payout, i)) payout(i, std::nullopt);
    }
  }

  void payout(std::optional<std::uint32_t> old_index, std::optional<std::uint32_t> new_index) {
    const eval::PayoutResult* old_result = result_of(*old_, old_index);
    const eval::PayoutResult* new_result = result_of(*new_, new_index);
    if (old_result == nullptr && new_result == nullptr) return;
    const model::Payout& declared = new_index ? after_.payouts[*new_index] : before_.payouts[*old_index];
    const auto old_rows = by_key(old_result ? &old_result->rows : nullptr);
    const auto new_rows = by_key(new_result ? &new_result->rows : nullptr);
    std::set<std::string> keys;
    for (const auto& [key, row] : old_rows) keys.insert(key);
    for (const auto& [key, row] : new_rows) keys.insert(key);
    Working& totals = totals_[{declared.named.name, std::string(declared.currency.code())}];
    totals.totals.payout = declared.named.name;
    totals.totals.currency = declared.currency;
    for (const std::string& key : keys) {
      const auto old_row = old_rows.find(key);
      const auto new_row = new_rows.find(key);
      const PayoutRowResult* was = old_row == old_rows.end() ? nullptr : old_row->second;
      const PayoutRowResult* is = new_row == new_rows.end() ? nullptr : new_row->second;
      person(old_index, new_index, declared, was, is, totals);
    }
  }

  void person(std::optional<std::uint32_t> old_index, std::optional<std::uint32_t> new_index,
              const model::Payout& declared, const PayoutRowResult* was, const PayoutRowResult* is, Working& working) {
    PersonEffect person;
    person.period = new_->period;
    if (old_index) person.payout_before = model::PayoutId{*old_index};
    if (new_index) person.payout_after = model::PayoutId{*new_index};
    person.payout = declared.named.name;
    person.currency = declared.currency;
    person.key = is ? is->key : was->key;
    person.label = is ? is->label : was->label;
    const auto side = [](const PayoutRowResult* row, bool& there, std::optional<Number>& amount,
                         eval::PayoutStatus& status, std::string& reason) {
      there = row != nullptr;
      if (row == nullptr) return;
      if (row->amount.has_value()) amount = row->amount.number();
      status = row->status;
      reason = row->reason;
    };
    side(was, person.is_before, person.before, person.status_before, person.reason_before);
    side(is, person.is_after, person.after, person.status_after, person.reason_after);
    const Number from = person.before.value_or(Number(0)), to = person.after.value_or(Number(0));
    person.difference = to - from;
    working.totals.before += from;
    working.totals.after += to;
    Together& together = working.people[person.key];
    together.difference += person.difference;
    const bool status_differs = was != nullptr && is != nullptr && was->status != is->status;
    if (person.difference.is_zero() && !status_differs && person.before.has_value() == person.after.has_value() &&
        (was == nullptr) == (is == nullptr))
      return;
    together.touched = true;
    together.newly_without = together.newly_without || (person.before && !person.after);
    together.newly_with = together.newly_with || (!person.before && person.after);
    together.other_status = together.other_status || (person.before && person.after && status_differs);
    const auto card = [](const model::Policy& policy, std::optional<std::uint32_t> payout) {
      std::optional<std::uint32_t> result;
      if (payout && policy.payouts[*payout].scorecard.valid()) result = policy.payouts[*payout].scorecard.index;
      return result;
    };
    const auto old_card = card(before_, old_index), new_card = card(after_, new_index);
    score_facts(row_of(card_of(*old_, old_card), person.key), row_of(card_of(*new_, new_card), person.key), old_card,
                new_card, person.facts);
    steps(was, is, person.facts);
    effect_.people.push_back(std::move(person));
  }

  static const ScorecardRowResult* row_of(const eval::ScorecardResult* card, const std::string& key) {
    if (card == nullptr) return nullptr;
    for (const ScorecardRowResult& row : card->rows) {
      if (row.key == key) return &row;
    }
    return nullptr;
  }

  void steps(const PayoutRowResult* was, const PayoutRowResult* is, std::vector<Fact>& facts) const {
    const value::Type plain = value::Type::number();
    const auto find = [](const PayoutRowResult* row, const eval::PayoutStep& wanted) -> const eval::PayoutStep* {
      if (row == nullptr) return nullptr;
      for (const eval::PayoutStep& step : row->steps) {
        if (step.step == wanted.step && step.name == wanted.name) return &step;
      }
      return nullptr;
    };
    // A step that does the same on both sides only hands on what an earlier one changed.
    const auto own = [](const PayoutRowResult* row, const eval::PayoutStep* step) -> std::optional<Number> {
      if (step == nullptr || !step->value.has_value()) return std::nullopt;
      Number before;
      for (const eval::PayoutStep& each : row->steps) {
        if (&each == step) return step->value.number() - before;
        before = each.value.number();
      }
      return std::nullopt;
    };
    const auto add = [&](const eval::PayoutStep& step, const eval::PayoutStep* old_step,
                         const eval::PayoutStep* new_step) {
      if (step.step == "rounding") return;
      const std::optional<Number> old_own = own(was, old_step), new_own = own(is, new_step);
      if (old_own == new_own || (old_own.value_or(Number(0)).is_zero() && new_own.value_or(Number(0)).is_zero()))
        return;
      Fact fact;
      fact.kind = Fact::Kind::step;
      fact.name = step.step;
      fact.penalty = step.step == "penalty" ? step.name : std::string();
      fact.before = old_step ? old_step->value : Value();
      fact.after = new_step ? new_step->value : Value();
      fact.type = plain;
      facts.push_back(std::move(fact));
    };
    if (is != nullptr) {
      for (const eval::PayoutStep& step : is->steps) add(step, find(was, step), &step);
    }
    if (was != nullptr) {
      for (const eval::PayoutStep& step : was->steps) {
        if (find(is, step) == nullptr) add(step, &step, nullptr);
      }
    }
  }

  std::string phase_name(const model::Policy& policy, std::optional<std::uint32_t> card,
                         const ScorecardRowResult& row) const {
    if (!card || !row.phase) return "";
    const model::Phases* phases = policy.phases_of(policy.scorecards[*card].entity);
    return phases && *row.phase < phases->phases.size() ? phases->phases[*row.phase].named.name : "";
  }

  void score_facts(const ScorecardRowResult* was, const ScorecardRowResult* is, std::optional<std::uint32_t> old_card,
                   std::optional<std::uint32_t> new_card, std::vector<Fact>& facts) const {
    if (was == nullptr || is == nullptr) return;
    const std::string old_phase = phase_name(before_, old_card, *was), new_phase = phase_name(after_, new_card, *is);
    if (was->phase && is->phase && !same_phase(old_card, new_card, *was->phase, *is->phase) && old_phase != new_phase)
      facts.push_back({Fact::Kind::phase, "", "", {}, {}, old_phase, new_phase, {}, {}, {}});
    std::set<std::size_t> seen;
    for (const eval::ScoreRowResult& row : is->metrics) {
      const auto old_metric = diff_.before_of(ElementKind::metric, row.metric.index);
      const auto found = std::find_if(was->metrics.begin(), was->metrics.end(), [&](const eval::ScoreRowResult& other) {
        return old_metric && other.metric.index == *old_metric;
      });
      const eval::ScoreRowResult* old_row = found == was->metrics.end() ? nullptr : &*found;
      if (old_row != nullptr) seen.insert(old_row->row);
      row_facts(old_row, &row, facts);
    }
    for (const eval::ScoreRowResult& row : was->metrics) {
      if (!seen.contains(row.row)) row_facts(&row, nullptr, facts);
    }
    gates(*was, *is, old_card, new_card, facts);
    if (differ(was->score, is->score))
      facts.push_back({Fact::Kind::score, "", "", was->score, is->score, "", "", value::Type::number(), {}, {}});
  }

  bool same_phase(std::optional<std::uint32_t> old_card, std::optional<std::uint32_t> new_card, std::uint32_t was,
                  std::uint32_t is) const {
    if (!old_card || !new_card) return false;
    const auto name_of = [](const model::Policy& policy, std::uint32_t card, std::uint32_t phase) -> std::string {
      const model::Phases* phases = policy.phases_of(policy.scorecards[card].entity);
      return phases && phase < phases->phases.size() ? phases->phases[phase].named.name : "";
    };
    const std::string before = name_of(before_, *old_card, was), after = name_of(after_, *new_card, is);
    if (before == after) return true;
    return std::any_of(diff_.renames.begin(), diff_.renames.end(), [&](const Rename& rename) {
      return rename.part == PartKind::phase && rename.before == before && rename.after == after;
    });
  }

  void row_facts(const eval::ScoreRowResult* was, const eval::ScoreRowResult* is, std::vector<Fact>& facts) const {
    const model::Metric& metric = is ? after_.metrics[is->metric.index] : before_.metrics[was->metric.index];
    const auto add = [&](Fact::Kind kind, const Value& before, const Value& after, const value::Type& type) {
      if (!differ(before, after)) return;
      Fact fact;
      fact.kind = kind;
      fact.name = metric.named.name;
      fact.before = before;
      fact.after = after;
      fact.type = type;
      if (was) fact.metric_before = was->metric;
      if (is) fact.metric_after = is->metric;
      facts.push_back(std::move(fact));
    };
    const eval::ScoreRowResult nothing;
    const eval::ScoreRowResult& a = was ? *was : nothing;
    const eval::ScoreRowResult& b = is ? *is : nothing;
    const value::Type plain = value::Type::number();
    if (was && is) add(Fact::Kind::actual, a.actual, b.actual, metric.type);
    if (was && is) add(Fact::Kind::target, a.target, b.target, metric.type);
    add(Fact::Kind::weight, was ? Value(a.effective_weight) : Value(), is ? Value(b.effective_weight) : Value(), plain);
    if (was && is) add(Fact::Kind::points, a.points, b.points, plain);
  }

  void gates(const ScorecardRowResult& was, const ScorecardRowResult& is, std::optional<std::uint32_t> old_card,
             std::optional<std::uint32_t> new_card, std::vector<Fact>& facts) const {
    if (!old_card || !new_card) return;
    const auto word = [](const eval::GateResult& gate) -> std::string {
      return !gate.passed ? "undecided" : *gate.passed ? "passed" : "failed";
    };
    std::map<std::string, std::string> old_gates, new_gates;
    for (const eval::GateResult& gate : was.gates)
      old_gates[before_.scorecards[*old_card].gates[gate.gate].named.name] = word(gate);
    for (const eval::GateResult& gate : is.gates)
      new_gates[after_.scorecards[*new_card].gates[gate.gate].named.name] = word(gate);
    std::map<std::string, std::pair<std::string, std::string>> all;
    for (const auto& [name, text] : old_gates) all[name].first = text;
    for (const auto& [name, text] : new_gates) all[name].second = text;
    for (const auto& [name, texts] : all) {
      // A gate that came or went matters when it is not passed.
      const bool quiet =
          (texts.first.empty() || texts.first == "passed") && (texts.second.empty() || texts.second == "passed");
      if (texts.first == texts.second || quiet) continue;
      facts.push_back({Fact::Kind::gate, name, "", {}, {}, texts.first, texts.second, {}, {}, {}});
    }
  }

  void scorecards() {
    for (std::uint32_t i = 0; i < after_.scorecards.size(); ++i) card(diff_.before_of(ElementKind::scorecard, i), i);
  }

  void card(std::optional<std::uint32_t> old_index, std::uint32_t new_index) {
    const auto old_rows = by_key(rows(card_of(*old_, old_index)));
    const auto new_rows = by_key(rows(card_of(*new_, new_index)));
    std::set<std::string> keys;
    for (const auto& [key, row] : old_rows) keys.insert(key);
    for (const auto& [key, row] : new_rows) keys.insert(key);
    for (const std::string& key : keys) {
      const auto old_row = old_rows.find(key);
      const auto new_row = new_rows.find(key);
      const ScorecardRowResult* was = old_row == old_rows.end() ? nullptr : old_row->second;
      const ScorecardRowResult* is = new_row == new_rows.end() ? nullptr : new_row->second;
      if (was && is && !differ(was->score, is->score)) continue;
      if (!was && !old_index) continue;  // a new scorecard: everybody is new in it
      ScoreEffect score;
      score.period = new_->period;
      score.scorecard = after_.scorecards[new_index].named.name;
      score.key = key;
      score.label = is ? is->label : was->label;
      score.is_before = was != nullptr;
      score.is_after = is != nullptr;
      if (was) score.before = was->score, score.reason_before = was->reason;
      if (is) score.after = is->score, score.reason_after = is->reason;
      score_facts(was, is, old_index, new_index, score.facts);
      effect_.scores.push_back(std::move(score));
    }
  }

  static const std::vector<ScorecardRowResult>* rows(const eval::ScorecardResult* card) {
    return card ? &card->rows : nullptr;
  }

  const model::Policy& before_;
  const model::Policy& after_;
  const Diff& diff_;
  const eval::Run& run_before_;
  const eval::Run& run_after_;
  const PeriodOutcome* old_ = nullptr;
  const PeriodOutcome* new_ = nullptr;
  Effect effect_;
  std::map<std::pair<std::string, std::string>, Working> totals_;  // by payout and currency
};

}  // namespace

Effect compare_runs(const Side& before, const Side& after, const Diff& diff, const eval::Run& run_before,
                    const eval::Run& run_after) {
  return Comparison(before, after, diff, run_before, run_after).run();
}

Amounts amounts_of(const model::Policy& policy, const eval::Run& run,
                   const std::map<std::string, std::string>& new_names) {
  Amounts result;
  for (const eval::PeriodOutcome& period : run.outcome.periods) {
    for (const eval::PayoutResult& payout : period.payouts) {
      std::string name = policy.payouts[payout.payout.index].named.name;
      if (const auto renamed = new_names.find(name); renamed != new_names.end()) name = renamed->second;
      for (const eval::PayoutRowResult& row : payout.rows) {
        if (row.amount.has_value()) result[{name, period.period.to_string(), row.key}] = row.amount.number();
      }
    }
  }
  return result;
}

void share_out(Effect& effect, std::vector<Unit> units, const Amounts& start, const std::vector<Amounts>& states) {
  const auto amount = [](const Amounts& amounts, const PersonEffect& person) {
    const auto found = amounts.find({person.payout, person.period.to_string(), person.key});
    return found == amounts.end() ? Number(0) : found->second;
  };
  std::vector<std::set<std::string>> people(units.size());
  for (PersonEffect& person : effect.people) {
    const Amounts* previous = &start;
    for (std::size_t i = 0; i < units.size(); ++i) {
      const Number difference = amount(states[i], person) - amount(*previous, person);
      previous = &states[i];
      if (difference.is_zero()) continue;
      person.causes.push_back({i, difference});
      units[i].amounts[std::string(person.currency.code())] += difference;
      people[i].insert(person.key);
    }
  }
  for (std::size_t i = 0; i < units.size(); ++i) units[i].people = people[i].size();
  effect.units = std::move(units);
}

}  // namespace kpi::diff
