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

class Writer {
 public:
  Writer(const Policy& bound, Show& show, const Look& look) : policy_(bound), show_(show), look_(look) {}

  std::string write(const NextStep& step) {
    const std::string name = show_.label(named_subject(policy_, step));
    if (step.top) return "  " + s(words::best_step, name) + "\n";
    std::string out = "  " + head(step, name) + "\n";
    for (const Change& change : step.changes) out += "    " + text(change) + "\n";
    return out;
  }

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
    const std::string from = share && step.current.has_value() ? show_.percent(step.current.number(), 2)
                                                               : show_.value(step.current, step.type);
    const std::string to =
        share && step.wanted.has_value() ? show_.percent(step.wanted.number(), 2) : show_.value(step.wanted, step.type);
    return s(score ? words::next_points : words::next_curve, name, from, to, show_.value(step.value_now, output),
             show_.value(step.value_then, output));
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
        return s(words::not_solved, name);
      case Change::Verdict::reaches:
        break;
    }
    const auto shown = [&](const value::Value& value) {
      return change.metric.valid() ? show_.metric(change.metric, value) : show_.value(value, change.type);
    };
    std::string line = s(change.beyond ? words::change_beyond : words::change_to, name, shown(change.now),
                         shown(value::Value(enough(change))));
    if (change.score_then.has_value()) line += s(words::comma_score_then, show_.fixed(change.score_then.number(), 2));
    return line;
  }

  /// What is shown must suffice, so it is rounded away from today's value.
  value::Number enough(const Change& change) const {
    const bool up = !change.now.has_value() || !change.now.is<value::Number>() || change.needed >= change.now.number();
    return change.needed.round(places(change), up ? value::Rounding::ceiling : value::Rounding::floor);
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

std::string next_steps_text(const Policy& policy, const std::vector<NextStep>& steps, Show& show, const Look& look) {
  std::string out = paint(word(words::next_steps, look.language), Ink::bold, look) + "\n";
  Writer writer(policy, show, look);
  for (const NextStep& step : steps) out += writer.write(step);
  if (steps.empty()) out += "  " + std::string(word(words::no_next_steps, look.language)) + "\n";
  return out;
}

}  // namespace kpi::report
