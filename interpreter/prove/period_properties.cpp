// What a phase, a minimum sample or a target made from the period before does to the same work.
#include <algorithm>

#include "interpreter/prove/decide.hpp"

namespace kpi::prove {

using Form = model::Attack::Form;

// ---- phases
// ----------------------------------------------------------------------------------------------------------

/// The phase whose condition the comparison stands in.
const model::Phase* Decider::phase_of(const Shape::Threshold& threshold) const {
  const model::Phases* phases = policy_.phases_of(shape_.builder.entity());
  if (phases == nullptr || threshold.span.end <= threshold.span.begin) return nullptr;
  for (const model::Phase& phase : phases->phases) {
    if (!phase.when.valid()) continue;
    const Span& when = policy_.expr(phase.when).span;
    const bool inside =
        when.source == threshold.span.source && when.begin <= threshold.span.begin && threshold.span.end <= when.end;
    if (inside) return &phase;
  }
  return nullptr;
}

/// The same work on both sides of the end of a phase. Where a fact of the entity decides (its age), nobody moves it,
/// but the two stores are shown all the same; where work decides, staying in the phase is within reach.
bool Decider::phase_boundary(Finding& finding, const Shape::Threshold& threshold, const std::optional<Jump>& jump,
                             const std::optional<State>& place) {
  const model::Phases& phases = *policy_.phases_of(shape_.builder.entity());
  const model::Phase& phase = *phase_of(threshold);
  const auto name_it = [&] {
    finding.property = Property::phase;
    finding.detail = phase.named.name;
    finding.detail_zh = zh(phase.named.name);
  };
  if (!jump) {
    name_it();
    finding.verdict = Verdict::proved;
    finding.sentence = {"the end of `" + phase.named.name + "` does not change pay for the same work",
                        "「" + zh(phase.named.name) + "」结束时，同样的工作报酬不变"};
    return true;
  }
  if (!place) return false;
  Graph& graph = shape_.graph;
  const auto [when_true, when_false] = shape_.decided(threshold.atom);
  std::vector<std::size_t> which;
  for (const bool truth : {true, false}) {
    std::vector<Number> values;
    for (std::uint32_t i = 0; i < phases.phases.size(); ++i) {
      const NodeId is = graph.substitute(shape_.builder.in_phase(i), {{threshold.atom, graph.truth(truth)}});
      std::vector<Number> inputs = place->inputs;
      inputs.resize(graph.inputs.size());
      graph.evaluate(graph.cone({is}), inputs, values);
      if (!values[is].is_zero()) which.push_back(i);
    }
  }
  if (which.size() != 2 || which[0] == which[1]) return false;
  std::vector<Number> values;
  graph.evaluate(graph.cone({when_true, when_false}), place->inputs, values);
  Number first = values[when_true], second = values[when_false];
  if (which[1] < which[0]) {
    std::swap(which[0], which[1]);
    std::swap(first, second);
  }
  name_it();
  const std::string a = phases.phases[which[0]].named.name, b = phases.phases[which[1]].named.name;
  finding.detail = a + " to " + b;
  finding.detail_zh = zh(a) + "到" + zh(b);
  finding.amount = jump->size;
  const std::string size = money(jump->size), more = first > second ? a : b, less = first > second ? b : a;
  finding.sentence = {
      "the same work can pay " + std::string(jump->exact ? "" : "at least ") + size + " more in `" + more +
          "` than in `" + less + "`",
      "同样的工作在「" + zh(more) + "」可比在「" + zh(less) + "」" + (jump->exact ? "" : "至少") + "多得 " + size};
  const bool shown = witness_beside(finding, threshold, *place);
  finding.amount = jump->size;
  if (threshold.kind == Jump::Kind::entity) {
    finding.verdict = Verdict::inadmissible;
    finding.sentence.en += "; nobody controls " + threshold.quantity;
    finding.sentence.zh += "；但 " + zh(threshold.quantity) + " 无人能控制";
    finding.cause.reset();
  } else if (jump->size <= options_.tolerance) {
    finding.verdict = jump->exact ? Verdict::proved : Verdict::unknown;
  } else if (!shown) {
    witness_of_jump(finding, threshold);
  }
  return true;
}

// ---- minimum samples
// -------------------------------------------------------------------------------------------------

/// Leaving out the row that completes a sample: then a metric has no value, and what stands in for it may pay more.
std::vector<Finding> Decider::samples() {
  std::vector<Finding> result;
  if (!target_.payout.valid()) return result;
  Graph& graph = shape_.graph;
  std::vector<std::pair<Span, model::EventsId>> asked;
  for (const auto& threshold : shape_.thresholds()) {
    if (threshold.kind != Jump::Kind::sample) continue;
    for (const std::uint32_t index : graph.inputs_of(threshold.atom)) {
      const Input input = graph.inputs[index];
      if (input.kind != Input::Kind::rows || !graph.groups[input.group].source.is_events()) continue;
      const model::EventsId id = graph.groups[input.group].source.events();
      const auto key = std::pair(threshold.span, id);
      const bool known = std::any_of(asked.begin(), asked.end(), [&](const auto& other) {
        return other.first == key.first && other.second == key.second;
      });
      if (known) continue;
      asked.push_back(key);
      const model::Events& events = policy_.events[id.index];
      const std::string at = threshold.at ? " " + place_of(threshold) : "";
      Finding finding = start(Property::sample, threshold.quantity + at, threshold.span);
      finding.detail_zh = zh(threshold.quantity) + at;
      finding.sentence = {"leaving out a row of `" + events.named.name + "` to stay below the sample never pays",
                          "少一行「" + zh(events.named.name) + "」以保持样本不足，不会多得"};
      // An order not taken, a session not held: that is always possible. Other rows are made by others.
      const bool own = events.role == "orders" || events.role == "sessions" || events.role == "ads";
      const bool free = events.collected == model::Collected::payee || events.collected == model::Collected::unknown;
      if (!own && !free) {
        finding.verdict = Verdict::inadmissible;
        finding.sentence = {"the payee cannot leave out rows of `" + events.named.name + "`",
                            "收款人无法漏掉「" + zh(events.named.name) + "」的行"};
        result.push_back(std::move(finding));
        continue;
      }
      model::Attack one;
      one.named.name = "the row that completes " + threshold.quantity + at;
      Form form;
      form.kind = Form::Kind::adds;
      form.events = id;
      one.forms.push_back(form);
      const AttackGraph encoded = AttackEncoder(shape_, one).encode();
      NodeId crosses = graph.truth(false);
      for (const auto& other : shape_.thresholds_of(encoded.before)) {
        if (other.kind != Jump::Kind::sample || !(other.span == threshold.span)) continue;
        const NodeId after = graph.substitute(other.atom, encoded.moved.front());
        crosses = graph.either(crosses, graph.either(graph.both(other.atom, graph.negate(after)),
                                                     graph.both(graph.negate(other.atom), after)));
      }
      Query query;
      query.objective =
          graph.multiply(graph.constant(Number(-1)), graph.subtract(encoded.amount_after, encoded.amount_before));
      query.tolerance = cent() * Number(encoded.periods) + options_.tolerance;
      query.require = encoded.require;
      query.require.push_back(crosses);
      query.attack = &encoded;
      if (const auto moved = deltas(graph, encoded.change).delta[encoded.before]; moved.lower)
        query.native_bound = -*moved.lower;
      decide(finding, query);
      if (finding.verdict == Verdict::refuted) {
        finding.sentence = {"leaving out the row of `" + events.named.name + "` that completes the sample pays " +
                                money(*finding.amount) + " (`after` is with it)",
                            "漏掉使样本达标的那一行「" + zh(events.named.name) + "」可多得 " + money(*finding.amount) +
                                "（「之后」为加上该行）"};
      }
      result.push_back(std::move(finding));
    }
  }
  return result;
}

// ---- ratchets
// --------------------------------------------------------------------------------------------------------

/// Work that is held back until the next period, where pay of that period looks back on this one (a target made from
/// it). The control is the same shift with what is looked back on left as it was: only what is gained beyond it comes
/// from the ratchet.
std::vector<Finding> Decider::ratchets() {
  std::vector<Finding> result;
  if (!target_.payout.valid()) return result;
  Graph& graph = shape_.graph;
  std::set<std::uint32_t> back;
  for (const std::uint32_t index : graph.inputs_of(shape_.value())) {
    const Input& input = graph.inputs[index];
    const bool rows = input.kind == Input::Kind::rows || input.kind == Input::Kind::total;
    if (rows && input.offset == 1 && !input.history && graph.groups[input.group].source.is_events())
      back.insert(graph.groups[input.group].source.index);
  }
  for (const std::uint32_t index : back) {
    const std::string& name = policy_.events[index].named.name;
    model::Attack hold;
    hold.named.name = "hold back " + name;
    Form form;
    form.kind = Form::Kind::moves;
    form.events = model::EventsId{index};
    form.most = 20;
    hold.forms.push_back(form);
    struct Asked {
      AttackGraph attack;
      NodeId frozen_pay = kNoNode, frozen_gain = kNoNode;
    };
    const auto encode = [&](bool any_mix) {
      Asked asked{AttackEncoder(shape_, hold).encode(false, std::nullopt, any_mix), kNoNode, kNoNode};
      const AttackGraph& of = asked.attack;
      if (of.periods != 2) return asked;
      std::map<NodeId, NodeId> frozen;
      for (const auto& [from, to] : of.moved.back()) {
        if (graph.inputs[graph[from].index].offset == 0) frozen.emplace(from, to);
      }
      asked.frozen_pay = graph.substitute(of.paid_before[1], frozen);
      asked.frozen_gain = graph.add(graph.subtract(of.paid_after[0], of.paid_before[0]),
                                    graph.subtract(asked.frozen_pay, of.paid_before[1]));
      return asked;
    };
    const Asked asked = encode(false);
    if (asked.attack.periods != 2) continue;
    Finding finding = start(Property::ratchet, name, span());
    finding.detail_zh = zh(name);
    finding.sentence = {
        "holding `" + name + "` back for the next period gains nothing from what that period is measured by",
        "把「" + zh(name) + "」压到下一期，不会因下一期的考核基准而多得"};
    const auto ask = [&](const Asked& of) {
      Query query;
      query.objective = graph.minimum(of.attack.gain, graph.subtract(of.attack.gain, of.frozen_gain));
      query.tolerance = cent() * Number(2) + options_.tolerance;
      query.require = of.attack.require;
      query.attack = &of.attack;
      decide(finding, query);
    };
    ask(asked);
    // Rows that are all alike find a witness; a proof is about every mix of rows.
    if (finding.verdict == Verdict::proved && asked.attack.alike) ask(encode(true));
    if (finding.verdict == Verdict::refuted) {
      finding.sentence = {"holding `" + name + "` back for the next period gains " + money(*finding.amount) +
                              " from what that period is measured by",
                          "把「" + zh(name) + "」压到下一期，因下一期的考核基准降低而多得 " + money(*finding.amount)};
      tell_control(finding, asked.attack, asked.frozen_pay, asked.frozen_gain);
    }
    result.push_back(std::move(finding));
  }
  return result;
}

/// The control on rows: the moved ones in the later period, and still in the earlier one.
void Decider::tell_control(Finding& finding, const AttackGraph& attack, NodeId frozen_pay, NodeId frozen_gain) {
  if (!last_state_) return;
  Graph& graph = shape_.graph;
  std::vector<Number> inputs = last_state_->inputs, values;
  inputs.resize(graph.inputs.size());
  graph.evaluate(graph.cone({frozen_pay, frozen_gain}), inputs, values);
  WorldMaker maker(shape_);
  const auto before = maker.make(inputs, &attack);
  const auto after = before ? maker.attacked(*before, inputs, attack, true) : std::nullopt;
  if (!after) return;
  World control = *before;
  for (const auto& [id, rows] : after->events) {
    const auto& old = before->events.at(id);
    for (std::size_t i = 0; i < rows.size() && i < old.size(); ++i) {
      if (old[i].offset != rows[i].offset) control.events[id].push_back(maker.another(model::EventsId{id}, rows[i]));
    }
  }
  const Paid paid = maker.pay(control, 0);
  if (!paid.amount || *paid.amount != values[frozen_pay]) return;
  const std::string gain = money(values[frozen_gain]);
  finding.notes.push_back({"control, replayed: with the period before left as it was, the same shift gains " + gain,
                           "对照（已重算）：上一期保持原样时，同样的挪动多得 " + gain});
}

}  // namespace kpi::prove
