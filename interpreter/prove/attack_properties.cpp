// Whether attacks are worth it: those that are declared, and extra orders at their assumed cost.
#include <algorithm>

#include "interpreter/prove/decide.hpp"

namespace kpi::prove {

using Form = model::Attack::Form;

namespace {
const Number kZero;
}

/// Without a declared attack: extra orders at `assume fake_order_cost`.
std::vector<model::Attack> Decider::usual_attacks() const {
  std::vector<model::Attack> result;
  if (!target_.payout.valid()) return result;
  for (const auto& assumption : policy_.payouts[target_.payout.index].assumptions) {
    if (assumption.name != "fake_order_cost" || !assumption.value.is<Number>()) continue;
    for (const model::EventsId events : shape_.order_events()) {
      model::Attack attack;
      attack.named.name = "fake orders";
      attack.named.span = assumption.span;
      Form form;
      form.kind = Form::Kind::adds;
      form.events = events;
      form.most = 100;
      attack.forms.push_back(form);
      result.push_back(std::move(attack));
    }
  }
  return result;
}

void Decider::limit_amounts(model::Attack& attack, const Number& most) const {
  Form& form = attack.forms.front();
  const auto& fields = policy_.events[form.events.index].fields;
  for (std::uint32_t i = 0; i < fields.size(); ++i) {
    const bool money = fields[i].type.kind == value::Kind::number && fields[i].type.unit == shape_.unit();
    if (!money || fields[i].type.optional || fields[i].computed.valid()) continue;
    model::Attack::FieldValue value;
    value.field = model::FieldId{i};
    value.least = cent();
    value.most = most;
    form.values.push_back(value);
  }
}

std::vector<Finding> Decider::attacks() {
  std::vector<Finding> result;
  for (const model::Attack& declared : declared_) {
    if (!declared.is_active() || options_.without.contains(declared.named.name)) continue;
    const bool any = std::any_of(declared.forms.begin(), declared.forms.end(),
                                 [&](const Form& form) { return touches(shape_, form.events); });
    Finding finding = start(Property::attack, declared.named.name, declared.named.span);
    if (!any) {
      finding.verdict = Verdict::proved;
      finding.sentence = {"the attack `" + declared.named.name + "` changes nothing that is paid on",
                          "「" + zh(declared.named.name) + "」不影响任何计酬数据"};
      result.push_back(std::move(finding));
    } else if (!is_admissible(policy_, declared)) {
      finding.verdict = Verdict::inadmissible;
      finding.sentence = {"the payee does not control what `" + declared.named.name + "` would change",
                          "收款人无法控制「" + zh(declared.named.name) + "」所要改动的数据"};
      result.push_back(std::move(finding));
    } else {
      result.push_back(attack(declared, std::nullopt));
    }
  }
  for (model::Attack usual : usual_attacks()) {
    for (const auto& assumption : policy_.payouts[target_.payout.index].assumptions) {
      if (assumption.name != "fake_order_cost") continue;
      // Orders of an ordinary size tell the story best; a proof is about orders of any size.
      model::Attack ordinary = usual;
      limit_amounts(ordinary, Number(200));
      ordinary.named.name += " (ordinary)";  // parameters of its own
      Finding small = attack(ordinary, assumption.value.number(), true);
      if (small.verdict != Verdict::refuted) small = attack(usual, assumption.value.number());
      small.detail = usual.named.name;
      small.detail_zh = "虚假订单";
      result.push_back(std::move(small));
    }
  }
  return result;
}

/// Effects in later periods than those that were counted may go either way.
void Decider::looks_further_back(Finding& finding, const AttackGraph& attack) const {
  if (!attack.beyond || finding.verdict != Verdict::proved) return;
  finding.verdict = Verdict::unknown;
  finding.notes.push_back({"pay looks back over many periods: what happens in later ones than the next is not counted",
                           "报酬回看很多个期间：下一期之后的影响没有计入"});
}

Finding Decider::attack(const model::Attack& declared, std::optional<Number> each_cost, bool search_only) {
  Finding finding = start(Property::attack, declared.named.name, declared.named.span);
  Graph& graph = shape_.graph;
  const bool moves = std::any_of(declared.forms.begin(), declared.forms.end(),
                                 [](const Form& form) { return form.kind == Form::Kind::moves; });
  // Without a declaration it has no name of its own.
  const Said attack_name = each_cost ? Said{"faking orders", "虚假订单"}
                                     : Said{"`" + declared.named.name + "`", "「" + zh(declared.named.name) + "」"};
  finding.sentence = {attack_name.en + " is never worth it", attack_name.zh + "永远得不偿失"};
  for (const bool earlier : {false, true}) {
    if (earlier && !moves) break;
    AttackGraph encoded = AttackEncoder(shape_, declared).encode(earlier);
    const auto take_cost = [&](AttackGraph& of) {
      if (!each_cost) return;
      of.cost = graph.multiply(graph.constant(*each_cost), of.steps.front().count);
      of.gain = graph.subtract(graph.subtract(of.amount_after, of.amount_before), of.cost);
    };
    take_cost(encoded);
    const auto query_of = [&](const AttackGraph& of) {
      Query query;
      query.objective = of.gain;
      query.search_only = search_only;
      query.tolerance = cent() * Number(of.periods);
      query.require = of.require;
      query.attack = &of;
      const Interval cost = intervals(graph)[of.cost];
      const Interval moved = deltas(graph, of.change).delta[of.before];
      if (moved.upper && cost.lower) query.native_bound = *moved.upper - *cost.lower;
      return query;
    };
    Query query = query_of(encoded);
    // Row by row: if no single row gains more than it costs, no number of them does.
    bool row_by_row = false;
    if (declared.forms.size() == 1 && declared.forms.front().kind == Form::Kind::adds) {
      model::Attack single = declared;
      single.named.name += " (one)";
      single.forms.front().least = single.forms.front().most = 1;
      const AttackGraph one = AttackEncoder(shape_, single).encode();
      const Interval one_moved = deltas(graph, one.change).delta[one.before];
      const Interval one_cost = each_cost ? Interval::exactly(*each_cost) : intervals(graph)[one.cost];
      row_by_row = one_moved.upper && one_cost.lower && *one_moved.upper <= *one_cost.lower;
      if (row_by_row) query.native_bound = kZero;
    }
    // A share of the amounts as cost, against the share that pay can grow by.
    const bool only_adds = declared.forms.size() == 1 && declared.forms.front().kind == Form::Kind::adds;
    for (const auto& [field, total] : encoded.steps.front().totals) {
      if (!only_adds || (query.native_bound && *query.native_bound <= query.tolerance)) break;
      const Number share = least_multiple(graph, encoded.cost, total);
      if (share.sign() <= 0) continue;
      const auto rate = rate_of(encoded, total);
      if (!rate || !rate->upper || *rate->upper > share) continue;
      query.native_bound = kZero;
      query.native_layer = Layer::rates;
    }
    const Interval cost = intervals(graph)[encoded.cost];
    const bool only_lowers = encoded.of_one_period.upper && encoded.of_one_period.upper->sign() <= 0;
    if (encoded.beyond && only_lowers && cost.lower && cost.lower->sign() >= 0) query.native_bound = kZero;
    // With a cap that carries on, states that stay below it come first: what `kpi run` pays shows them.
    if (target_.payout.valid() && policy_.payouts[target_.payout.index].cap_carry) {
      Query below = query;
      NodeId paid = graph.constant(kZero);
      for (const NodeId amount : encoded.paid_after) paid = graph.add(paid, amount);
      for (const NodeId amount : encoded.paid_before) paid = graph.subtract(paid, amount);
      below.require.push_back(graph.equal(paid, graph.subtract(encoded.amount_after, encoded.amount_before)));
      decide(finding, below);
    }
    if (finding.verdict != Verdict::refuted) decide(finding, query);
    // Rows that are all alike find a witness; a proof is about every mix of rows.
    if (finding.verdict == Verdict::proved && encoded.alike && !row_by_row) {
      AttackGraph mixed = AttackEncoder(shape_, declared).encode(earlier, std::nullopt, true);
      take_cost(mixed);
      decide(finding, query_of(mixed));
    }
    if (!only_lowers) looks_further_back(finding, encoded);
    if (finding.verdict == Verdict::refuted) {
      finding.sentence = {attack_name.en + " gains " + money(*finding.amount) + " after its cost",
                          attack_name.zh + "扣除成本后获利 " + money(*finding.amount)};
      if (last_state_) ways(finding, query, *last_state_);
      advise_collected(finding, declared);
      return finding;
    }
    if (finding.verdict == Verdict::unknown) {
      if (target_.payout.valid() && policy_.payouts[target_.payout.index].cap_carry)
        finding.notes.push_back(
            {"what a cap carries on is counted as gained; what is gained by that alone has no "
             "witness, for `kpi run` carries nothing on",
             "超出上限而结转的部分计入收益；仅由结转产生的收益没有实例，因为 `kpi run` 不计算结转"});
      return finding;
    }
  }
  return finding;
}

}  // namespace kpi::prove
