#include "interpreter/report/next_steps_text.hpp"

#include "interpreter/model/builtins.hpp"
#include "interpreter/report/visible.hpp"
#include "interpreter/report/words.hpp"

namespace kpi::report {
namespace {

using eval::Change;
using eval::NextStep;
using model::Policy;

const model::Named& named_subject(const Policy& policy, const NextStep& step) {
  if (step.kind == NextStep::Kind::payout_curve) {
    return step.curve.valid() ? policy.curves[step.curve.index].named : policy.payouts[step.payout.index].named;
  }
  const model::Scorecard& scorecard = policy.scorecards[step.scorecard.index];
  if (step.kind == NextStep::Kind::gate) return scorecard.gates[step.index].named;
  return policy.metrics[scorecard.rows[step.index].metric.index].named;
}

const model::Named& named_owner(const Policy& policy, const NextStep& step) {
  return step.kind == NextStep::Kind::payout_curve ? policy.payouts[step.payout.index].named
                                                   : policy.scorecards[step.scorecard.index].named;
}

constexpr Word no_step_ahead{
    {"{}: no step ahead; every further improvement is worth more", "{}：后面没有档位，继续改善仍会增加"}};
constexpr Word hidden_by_function{
    {"{}: not worked out, a function in the formula hides how it depends on it", "{}：公式中的函数使其影响无法求解"}};
constexpr Word below{{"below {}", "低于 {}"}};
constexpr Word change_from_none{{"{} to {}", "“{}”达到 {}"}};
constexpr Word change_above{{"{} from {} to above {}", "“{}”从 {} 变为高于 {}"}};
constexpr Word change_below{{"{} from {} to below {}", "“{}”从 {} 变为低于 {}"}};
constexpr Word points_from_none{
    {"{}: no value now ({}); at {} the points are {}", "{}：目前没有值（{}）；达到 {} 时得分为 {}"}};
constexpr Word curve_from_none{
    {"{}: no value now ({}); at {} its value is {}", "{}：目前没有值（{}）；达到 {} 时取值为 {}"}};

class Writer {
 public:
  Writer(const Policy& bound, Show& show, const Look& look) : policy_(bound), show_(show), look_(look) {}

  std::string write(const NextStep& step, const std::string& margin) {
    const std::string name = show_.label(named_subject(policy_, step));
    if (step.top) return margin + s(words::best_step, name) + "\n";
    if (step.endless) return margin + s(no_step_ahead, name) + "\n";
    std::string out = margin + head(step, name) + "\n";
    for (const Change& change : step.changes) out += margin + "  " + text(change) + "\n";
    return out;
  }

  /// The scorecard or payout that a step belongs to.
  std::string owner(const NextStep& step) const { return show_.label(named_owner(policy_, step)); }

 private:
  template <class... Arguments>
  std::string s(Word which, const Arguments&... arguments) const {
    return say(which, look_.language, arguments...);
  }

  std::string head(const NextStep& step, const std::string& name) {
    if (step.kind == NextStep::Kind::gate) return s(words::gate_would_hold, name);
    const bool score = step.kind == NextStep::Kind::score_row;
    const value::Type plain = value::Type::number();
    value::Type output = plain;
    if (!score && step.curve.valid()) output = policy_.curves[step.curve.index].output;
    const bool share = score && step.type.unit.is_plain() && step.type.kind == value::Kind::number && attains(step);
    const auto shown = [&](const value::Value& value) {
      return share && value.is<value::Number>() ? show_.percent(value.number(), 2) : show_.value(value, step.type);
    };
    const std::string to = step.wanted_beyond ? s(below, shown(step.wanted)) : shown(step.wanted);
    const std::string then = show_.value(step.value_then, output);
    if (!step.current.has_value())
      return s(score ? points_from_none : curve_from_none, name, shown(step.current), to, then);
    return s(score ? words::next_points : words::next_curve, name, shown(step.current), to,
             show_.value(step.value_now, output), then);
  }

  bool attains(const NextStep& step) const {
    return policy_.scorecards[step.scorecard.index].rows[step.index].attain != model::Attain::none;
  }

  std::string text(const Change& change) {
    const std::string name =
        change.metric.valid() ? show_.label(policy_.metrics[change.metric.index].named) : changed_name(policy_, change);
    switch (change.verdict) {
      case Change::Verdict::alone_not_enough:
        return s(words::alone_not_enough, name);
      case Change::Verdict::not_solved:
        return s(hidden_by_function, name);
      case Change::Verdict::reaches:
        break;
    }
    const auto shown = [&](const value::Value& value) {
      return change.metric.valid() ? show_.metric(change.metric, value) : show_.value(value, change.type);
    };
    const value::Number shown_need = enough(change);
    const std::string need = (shown_need == change.needed ? "" : "~") + shown(value::Value(shown_need));
    const bool up = is_up(change);
    std::string line =
        !change.now.has_value() && !change.beyond
            ? s(change_from_none, name, need)
            : s(change.beyond ? (up ? change_above : change_below) : words::change_to, name, shown(change.now), need);
    if (change.score_then.has_value()) line += s(words::comma_score_then, show_.fixed(change.score_then.number(), 2));
    return line;
  }

  static bool is_up(const Change& change) {
    return !change.now.is<value::Number>() || change.needed >= change.now.number();
  }

  /// What is shown must suffice, so it is rounded away from today's value.
  value::Number enough(const Change& change) const {
    return change.needed.round(places(change), is_up(change) ? value::Rounding::ceiling : value::Rounding::floor);
  }

  int places(const Change& change) const {
    using Kind = model::Metric::Show::Kind;
    if (change.metric.valid()) {
      const model::Metric::Show& wanted = policy_.metrics[change.metric.index].show;
      if (wanted.kind == Kind::percent) return wanted.places + 2;
      if (wanted.kind == Kind::decimals) return wanted.places;
    }
    const value::Unit unit = change.type.unit;
    if (unit.money == 1 && unit.time == 0) return unit.currency.minor_digits();
    return unit.money == 0 && unit.time == 1 ? 0 : 4;
  }

  const Policy& policy_;
  Show& show_;
  const Look& look_;
};

}  // namespace

std::string changed_name(const Policy& policy, const Change& change) {
  if (change.metric.valid()) return policy.metrics[change.metric.index].named.name;
  const model::Aggregate& aggregate = policy.aggregates[change.aggregate.index];
  const auto& source = aggregate.source;
  return std::string(model::name(aggregate.function)) + "(" +
         (source.is_events() ? policy.events[source.index].named.name : policy.entities[source.index].named.name) + ")";
}

std::string subject_name(const Policy& policy, const NextStep& step) { return named_subject(policy, step).name; }
std::string owner_name(const Policy& policy, const NextStep& step) { return named_owner(policy, step).name; }

std::string next_steps_text(const Policy& policy, const std::vector<NextStep>& steps, Show& show, const Look& look) {
  std::string out = paint(word(words::next_steps, look.language), Ink::bold, look) + "\n";
  Writer writer(policy, show, look);
  std::vector<std::string> owners;
  for (const NextStep& step : steps) {
    const std::string owner = writer.owner(step);
    if (owners.empty() || owners.back() != owner) owners.push_back(owner);
  }
  const bool named = owners.size() > 1;  // several scorecards and payouts: whose step is it?
  std::string last;
  for (const NextStep& step : steps) {
    const std::string owner = writer.owner(step);
    if (named && owner != last) out += "  " + owner + "\n";
    last = owner;
    out += writer.write(step, named ? "    " : "  ");
  }
  if (steps.empty()) out += "  " + std::string(word(words::no_next_steps, look.language)) + "\n";
  return out;
}

}  // namespace kpi::report
