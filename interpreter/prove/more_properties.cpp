// More questions about pay: what it may not depend on, and its share of sales.
#include <algorithm>

#include "interpreter/model/field_names.hpp"
#include "interpreter/prove/affected.hpp"
#include "interpreter/prove/decide.hpp"

namespace kpi::prove {

namespace {
const Number kZero;
}

/// Second states must keep to the facts and to the ranges of what moves.
void Decider::require_second(Query& query) {
  Graph& graph = shape_.graph;
  const std::vector<NodeId> facts = graph.facts;
  for (const NodeId fact : facts) {
    const NodeId still = graph.substitute(fact, query.second);
    if (still != fact) query.require.push_back(still);
  }
  for (const auto& [node, after] : query.second) {
    const Interval range = graph.inputs[graph[node].index].range;
    if (range.lower) query.require.push_back(graph.less_equal(graph.constant(*range.lower), after));
    if (range.upper) query.require.push_back(graph.less_equal(after, graph.constant(*range.upper)));
  }
}

/// Pay does not depend on what is personal about who is paid.
std::vector<Finding> Decider::independent() {
  std::vector<Finding> result;
  Graph& graph = shape_.graph;
  const EntityId id = shape_.builder.entity();
  const model::Entity& entity = policy_.entities[id.index];
  for (std::uint32_t field = 0; field < entity.fields.size(); ++field) {
    const model::Field& of = entity.fields[field];
    if (!of.personal || of.key || of.label || of.computed.valid()) continue;
    const std::string name = entity.named.name + "." + of.named.name;
    Finding finding = start(Property::independent, name, of.named.span);
    finding.sentence = {"pay does not depend on `" + name + "`", "报酬与 `" + name + "` 无关"};
    Query query;
    const auto read = graph.inputs_of(shape_.value());
    for (const std::uint32_t index : read) {
      const Input input = graph.inputs[index];
      if (!depends_on_person(policy_, graph, input, id, field)) continue;
      Input other = input;
      other.key += " of another";
      other.name += " of another";
      other.path = {};  // it is nothing that the first row holds
      query.second[graph.input(input)] = graph.input(other);
    }
    if (query.second.empty()) {
      finding.verdict = Verdict::proved;
      result.push_back(std::move(finding));
      continue;
    }
    const NodeId change = graph.subtract(graph.substitute(pay().amount, query.second), pay().amount);
    query.objective = graph.maximum(change, graph.multiply(graph.constant(Number(-1)), change));
    query.tolerance = cent();
    require_second(query);
    decide(finding, query);
    if (finding.verdict == Verdict::refuted) {
      finding.sentence = {"pay differs by " + money(*finding.amount) + " by `" + name + "` alone",
                          "仅 `" + name + "` 不同，报酬就相差 " + money(*finding.amount)};
    }
    result.push_back(std::move(finding));
  }
  return result;
}

/// What the orders that pay reads bring after refunds, whether pay reads these amounts or not; none when it reads no
/// orders, or when it is not known which of their fields is the amount.
NodeId Decider::kept_sales() {
  Graph& graph = shape_.graph;
  NodeId sales = kNoNode;
  for (const model::EventsId id : shape_.order_events()) {
    const model::Events& events = policy_.events[id.index];
    const auto taken = model::taken_amount(events);
    if (!taken || !(events.fields[taken->index].type.unit == shape_.unit())) return kNoNode;
    NodeId kept = shape_.builder.total_of(id, *taken);
    for (std::uint32_t field = 0; field < events.fields.size(); ++field) {
      const model::Field& of = events.fields[field];
      if (!model::is_refund_name(of.named.name) || !(of.type.unit == shape_.unit()) || of.computed.valid() ||
          field == taken->index)
        continue;
      kept = graph.subtract(kept, shape_.builder.total_of(id, model::FieldId{field}));
    }
    sales = sales == kNoNode ? kept : graph.add(sales, kept);
  }
  return sales;
}

std::optional<Number> Decider::assumed(std::string_view name) const {
  if (!target_.payout.valid()) return std::nullopt;
  for (const auto& assumption : policy_.payouts[target_.payout.index].assumptions) {
    if (assumption.name == name && assumption.value.is<Number>()) return assumption.value.number();
  }
  return std::nullopt;
}

/// `assume margin_share = 40%`: pay is never more than this share of the margin. The margin is the metric with the tag
/// `margin`, an amount of money; without one, `assume margin_rate = 30%` of what orders bring after refunds.
std::vector<Finding> Decider::share_of_margin() {
  std::vector<Finding> result;
  const auto share = assumed("margin_share");
  if (!share) return result;
  Graph& graph = shape_.graph;
  const std::string text = (*share * Number(100)).to_string() + "%";
  Finding finding = start(Property::budget, "margin " + text, span());
  finding.detail_zh = "毛利的 " + text;
  finding.sentence = {"pay is never more than " + text + " of the margin", "报酬不超过毛利的 " + text};
  NodeId margin = kNoNode;
  for (std::uint32_t index = 0; index < policy_.metrics.size() && margin == kNoNode; ++index) {
    const model::Metric& metric = policy_.metrics[index];
    const bool tagged = std::find(metric.tags.begin(), metric.tags.end(), "margin") != metric.tags.end();
    if (!tagged || !(metric.type.unit == shape_.unit())) continue;
    const Scalar value = shape_.builder.metric(MetricId{index}, Moment{});
    margin = graph.choose(value.defined, value.value, graph.constant(kZero));
    finding.sentence = {"pay is never more than " + text + " of `" + metric.named.name + "`",
                        "报酬不超过「" + zh(metric.named.name) + "」的 " + text};
  }
  const auto rate = assumed("margin_rate");
  if (margin == kNoNode && rate) {
    const NodeId sales = kept_sales();
    if (sales != kNoNode) margin = graph.multiply(graph.constant(*rate), sales);
  }
  if (margin == kNoNode) {
    finding.sentence = {"what the margin is is not known: tag a money metric `margin`, or say `assume margin_rate`",
                        "无法得知毛利：请给一个金额指标加上标签 `margin`，或写明 `assume margin_rate`"};
    result.push_back(std::move(finding));
    return result;
  }
  Query query;
  query.objective = graph.subtract(
      pay().amount, graph.multiply(graph.constant(*share), graph.maximum(graph.constant(kZero), margin)));
  query.tolerance = options_.tolerance + cent();
  if (const Interval range = intervals(graph)[query.objective]; range.upper) query.native_bound = range.upper;
  decide(finding, query);
  if (finding.verdict == Verdict::refuted) {
    finding.sentence.en = "pay can be " + money(*finding.amount) + " more than " + text + " of the margin";
    finding.sentence.zh = "报酬可能比毛利的 " + text + " 多 " + money(*finding.amount);
  }
  result.push_back(std::move(finding));
  return result;
}

/// `assume pay_share = 10%`: pay is never more than this share of what orders bring after refunds.
std::vector<Finding> Decider::share_of_sales() {
  std::vector<Finding> result;
  if (!target_.payout.valid()) return result;
  Graph& graph = shape_.graph;
  for (const auto& assumption : policy_.payouts[target_.payout.index].assumptions) {
    if (assumption.name != "pay_share" || !assumption.value.is<Number>()) continue;
    const Number share = assumption.value.number();
    const std::string text = (share * Number(100)).to_string() + "%";
    Finding finding = start(Property::budget, text, assumption.span);
    finding.sentence = {"pay is never more than " + text + " of the order amounts that are kept",
                        "报酬不超过订单留存金额的 " + text};
    const NodeId sales = kept_sales();
    if (sales == kNoNode) {
      finding.sentence = {"pay reads no orders, or their amount is not known, so that its share of sales is not known",
                          "报酬未读取订单，或不清楚哪个字段是订单金额，无法得知其占销售额的比例"};
      result.push_back(std::move(finding));
      continue;
    }
    Query query;
    query.objective = graph.subtract(
        pay().amount, graph.multiply(graph.constant(share), graph.maximum(graph.constant(kZero), sales)));
    query.tolerance = options_.tolerance + cent();
    if (const Interval range = intervals(graph)[query.objective]; range.upper) query.native_bound = range.upper;
    decide(finding, query);
    if (finding.verdict == Verdict::refuted) {
      finding.sentence = {
          "pay can be " + money(*finding.amount) + " more than " + text + " of the order amounts that are kept",
          "报酬可能比订单留存金额的 " + text + " 多 " + money(*finding.amount)};
    }
    result.push_back(std::move(finding));
  }
  return result;
}

}  // namespace kpi::prove
