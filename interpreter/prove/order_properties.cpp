// Questions about one order: how far it moves pay, and whether a genuine one can lower it.
#include "interpreter/model/field_names.hpp"
#include "interpreter/prove/decide.hpp"

namespace kpi::prove {

using Form = model::Attack::Form;

namespace {
const Number kZero;
}

/// The field that says what an order is worth, in the currency of pay.
std::optional<std::uint32_t> Decider::order_amount(model::EventsId events) const {
  const auto& fields = policy_.events[events.index].fields;
  for (std::uint32_t i = 0; i < fields.size(); ++i) {
    if (fields[i].named.name == "amount" && fields[i].computed.valid() && fields[i].type.unit == shape_.unit())
      return i;
  }
  if (const auto taken = model::taken_amount(policy_.events[events.index]);
      taken && fields[taken->index].type.unit == shape_.unit())
    return taken->index;
  for (std::uint32_t i = 0; i < fields.size(); ++i) {
    const bool money = fields[i].type.kind == value::Kind::number && fields[i].type.unit == shape_.unit();
    if (money && !fields[i].type.optional && !fields[i].computed.valid()) return i;
  }
  return std::nullopt;
}

/// The sum of a field over the rows that are added; kNoNode where pay reads nothing of it.
NodeId Decider::added_amount(const AttackGraph& attack, std::uint32_t field) const {
  const auto& totals = attack.steps.front().totals;
  if (totals.contains(field)) return totals.at(field);
  for (const auto& [before, after] : attack.moved.front()) {
    const Input& input = shape_.graph.inputs[shape_.graph[before].index];
    if (input.made != Input::Made::computed || !shape_.graph.groups[input.group].filter_text.empty()) continue;
    const auto* of = std::get_if<model::RowField>(&policy_.expr(input.value).node);
    const bool itself = of != nullptr && of->path.field.index == field && of->path.refs.empty();
    const bool computed = policy_.events[attack.steps.front().events.index].fields[field].computed == input.value;
    if (!itself && !computed) continue;
    const Node& sum = shape_.graph[after];
    return sum.a == before ? sum.b : sum.a;
  }
  return kNoNode;
}

/// How much pay changes for one unit of `amount`, a sum over the added rows.
std::optional<Interval> Decider::rate_of(const AttackGraph& attack, NodeId amount) const {
  if (attack.periods != 1) return std::nullopt;
  const auto growth = growth_in(shape_.graph, attack.moved.front(), attack.change.inputs, amount);
  return growth ? rate_of_change(shape_.graph, attack.before, *growth) : std::nullopt;
}

std::optional<std::uint32_t> Decider::stored_amount(model::EventsId events) const {
  const auto field = order_amount(events);
  return field && !policy_.events[events.index].fields[*field].computed.valid() ? field : std::nullopt;
}

std::vector<Finding> Decider::orders() {
  std::vector<Finding> result;
  if (!target_.payout.valid()) return result;
  for (const model::EventsId events : shape_.order_events()) {
    model::Attack one;
    one.named.name = "one more order";
    Form form;
    form.kind = Form::Kind::adds;
    form.events = events;
    one.forms.push_back(form);
    const AttackGraph encoded = AttackEncoder(shape_, one).encode(false, stored_amount(events));
    Graph& graph = shape_.graph;
    const std::string& name = policy_.events[events.index].named.name;
    const Interval moved = deltas(graph, encoded.change).delta[encoded.before];
    const NodeId change = graph.subtract(encoded.amount_after, encoded.amount_before);
    const auto field = order_amount(events);
    const NodeId amount = field ? added_amount(encoded, *field) : kNoNode;
    if (amount != kNoNode) {
      Finding finding = start(Property::single_order, name, span());
      Query query;
      query.objective =
          graph.subtract(graph.maximum(change, graph.multiply(graph.constant(Number(-1)), change)), amount);
      query.tolerance = options_.tolerance + cent() * Number(encoded.periods);
      query.require = encoded.require;
      query.attack = &encoded;
      if (moved == Interval::exactly(kZero)) {
        query.native_bound = kZero;
      } else if (const auto rate = rate_of(encoded, amount);
                 rate && rate->lower && rate->upper && *rate->lower >= Number(-1) && *rate->upper <= Number(1)) {
        query.native_bound = kZero;
        query.native_layer = Layer::rates;
      }
      decide(finding, query);
      looks_further_back(finding, encoded);
      const bool bad = finding.verdict == Verdict::refuted;
      finding.sentence =
          bad ? Said{"one order moves pay by " + money(*finding.amount) + " more than its own amount",
                     "一个订单对报酬的影响比订单金额本身还多 " + money(*finding.amount)}
              : Said{"one order never moves pay by more than its own amount", "一个订单对报酬的影响不超过其自身金额"};
      result.push_back(std::move(finding));
    }
    Finding finding = start(Property::genuine_order, name, span());
    Query query;
    query.objective = graph.multiply(graph.constant(Number(-1)), change);
    query.tolerance = cent() * Number(encoded.periods);
    query.require = encoded.require;
    query.attack = &encoded;
    if (moved.lower) query.native_bound = -*moved.lower;
    decide(finding, query);
    if (!encoded.of_one_period.lower || encoded.of_one_period.lower->sign() < 0) looks_further_back(finding, encoded);
    const bool bad = finding.verdict == Verdict::refuted;
    finding.sentence = bad ? Said{"one more genuine order can lower pay by " + money(*finding.amount),
                                  "多一个真实订单反而可能使报酬减少 " + money(*finding.amount)}
                           : Said{"one more genuine order never lowers pay", "多一个真实订单不会使报酬减少"};
    result.push_back(std::move(finding));
  }
  return result;
}

}  // namespace kpi::prove
