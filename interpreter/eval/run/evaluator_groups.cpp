// Functions over metrics: other windows, and other rows (total, share, rank, percentile_rank).
#include <algorithm>
#include <cassert>

#include "interpreter/eval/run/evaluator.hpp"
#include "interpreter/eval/run/needs.hpp"

namespace kpi::eval {

using model::ExprId;
using model::MetricFunction;
using value::NoValueReason;
using value::Number;

Value Evaluator::metric_call(const model::MetricCall& node, ExprId id, const Context& context) {
  switch (node.function) {
    case MetricFunction::previous:
    case MetricFunction::year_ago:
    case MetricFunction::at_period:
    case MetricFunction::rolling:
    case MetricFunction::to_date:
    case MetricFunction::lifetime: {
      Context moved = context;
      moved.moment = moments.transform(context.moment, id, node);
      return evaluate(node.operand, moved);
    }
    case MetricFunction::total:
      return total(node, id, context);
    case MetricFunction::share: {
      const Value own = evaluate(node.operand, context);
      if (!own.has_value()) return own;
      return value::apply(value::BinaryOp::divide, own, total(node, id, context), *policy.header.timezone);
    }
    case MetricFunction::rank:
    case MetricFunction::percentile_rank:
      return ranked(node, id, context);
  }
  assert(!"a function over metrics");
  return {};
}

Value Evaluator::total(const model::MetricCall& node, ExprId id, const Context& context) {
  auto [company, unknown] = company_totals_.try_emplace(id.index, false);
  if (unknown) company->second = totals_over_company(policy, node);
  if (company->second) {
    return evaluate(node.operand, {{EntityId{0}, 0, nullptr}, context.moment, nullptr});
  }
  const Subject& subject = context.subject;
  const Grouping& found = grouping(node, id, subject.entity, context.moment);
  const RowGroup* group = found.of_row[subject.row];
  if (group == nullptr) return found.reasons[subject.row];
  if (subject.group != nullptr) {
    const auto elsewhere = [&](std::uint32_t row) { return found.of_row[row] != group; };
    if (std::any_of(subject.group->rows.begin(), subject.group->rows.end(), elsewhere)) {
      return Value::none(NoValueReason::condition_unknown);
    }
  }
  const Context merged{{subject.entity, group->rows.front(), group}, context.moment, nullptr};
  auto& known = totals_[memo_key(id.index, subject.entity, context.moment)];
  if (auto place = known.find(group->id); place != known.end()) return place->second;
  Value result = evaluate(node.operand, merged);
  known.emplace(group->id, result);
  return result;
}

Value Evaluator::group_key(const model::MetricCall& node, EntityId entity, std::uint32_t row, MomentId moment) {
  std::string key;
  for (const model::GroupKey& group : node.groups) {
    Value part = true;
    if (group.kind == model::GroupKey::Kind::phase) part = phase(entity, row, moment);
    if (group.kind == model::GroupKey::Kind::field) part = field(entity, row, group.field);
    if (!part.has_value()) return part;
    key += identity_text(part);
  }
  return key;
}

const Evaluator::Grouping& Evaluator::grouping(const model::MetricCall& node, ExprId id, EntityId entity,
                                               MomentId moment) {
  auto [place, added] = groupings_.try_emplace(memo_key(id.index, entity, moment));
  Grouping& result = place->second;
  if (!added) return result;
  const auto count = static_cast<std::uint32_t>(store.rows(entity).size());
  result.of_row.resize(count);
  result.reasons.resize(count);
  std::unordered_map<std::string, RowGroup*> by_key;
  for (std::uint32_t row = 0; row < count; ++row) {
    const Value key = group_key(node, entity, row, moment);
    if (!key.has_value()) {
      result.reasons[row] = key;
      continue;
    }
    RowGroup*& group = by_key[key.text()];
    if (group == nullptr) group = &result.groups.emplace_back(RowGroup{next_group_++, {}});
    group->rows.push_back(row);
    result.of_row[row] = group;
  }
  return result;
}

std::vector<std::uint32_t> Evaluator::members(const model::MetricCall& call, ExprId id, EntityId entity,
                                              std::uint32_t row, MomentId moment) {
  const bool ranks = call.function == MetricFunction::rank || call.function == MetricFunction::percentile_rank;
  const Grouping& found = grouping(call, id, entity, moment);
  const RowGroup* group = found.of_row[row];
  if (group == nullptr) return {};
  if (!ranks) return group->rows;
  std::vector<std::uint32_t> result;
  for (std::uint32_t other : population(entity, moment)) {
    if (found.of_row[other] == group) result.push_back(other);
  }
  return result;
}

Value Evaluator::ranked(const model::MetricCall& node, ExprId id, const Context& context) {
  if (context.subject.group != nullptr) return Value::none(NoValueReason::not_ranked);
  const Ranking& found = ranking(node, id, context.subject.entity, context.moment);
  return node.function == MetricFunction::rank ? found.rank[context.subject.row]
                                               : found.percentile[context.subject.row];
}

bool Evaluator::lower_is_better(ExprId operand) const {
  const model::ExprNode& inner = policy.expr(operand).node;
  if (const auto* ref = std::get_if<model::MetricRef>(&inner)) return policy.metrics[ref->metric.index].lower_is_better;
  if (const auto* nested = std::get_if<model::MetricCall>(&inner)) return lower_is_better(nested->operand);
  return false;
}

const Evaluator::Ranking& Evaluator::ranking(const model::MetricCall& node, ExprId id, EntityId entity,
                                             MomentId moment) {
  const std::uint64_t key = memo_key(id.index, entity, moment);
  if (auto found = rankings_.find(key); found != rankings_.end()) return found->second;
  const Grouping& groups = grouping(node, id, entity, moment);
  Ranking result;
  result.rank.assign(groups.of_row.size(), Value::none(NoValueReason::not_ranked));
  result.percentile = result.rank;
  std::unordered_map<const RowGroup*, std::vector<std::pair<Value, std::uint32_t>>> members;
  for (std::uint32_t row : population(entity, moment)) {
    Value value = evaluate(node.operand, {{entity, row, nullptr}, moment, nullptr});
    if (groups.of_row[row] == nullptr || !value.has_value()) continue;
    members[groups.of_row[row]].emplace_back(std::move(value), row);
  }
  const bool lower = lower_is_better(node.operand);
  if (uses_native_) {
    for (const auto& [group, rows] : members) {
      std::set<value::Currency> met;
      for (const auto& [value, row] : rows) {
        auto own = native_currencies(node.operand, {{entity, row, nullptr}, moment, nullptr});
        if (own.size() == 1) met.merge(std::move(own));
      }
      note_mixed(id, {{entity, rows.front().second, nullptr}, moment, nullptr}, std::move(met));
    }
  }
  for (auto& [group, rows] : members) rank_members(rows, lower, result);
  return rankings_.emplace(key, std::move(result)).first->second;
}

/// Sorted best first; for each run of equal members rank = members before it + 1, and percentile rank =
/// (members with a smaller value + equal / 2) / n, whichever direction is better.
void Evaluator::rank_members(std::vector<std::pair<Value, std::uint32_t>>& members, bool lower, Ranking& result) const {
  std::sort(members.begin(), members.end(), [&](const auto& a, const auto& b) {
    const int order = value::compare(a.first, b.first);
    return lower ? order < 0 : order > 0;
  });
  const auto count = static_cast<std::int64_t>(members.size());
  for (std::size_t begin = 0; begin < members.size();) {
    std::size_t end = begin + 1;
    while (end < members.size() && value::compare(members[begin].first, members[end].first) == 0) ++end;
    const auto equal = static_cast<std::int64_t>(end - begin);
    const auto smaller = static_cast<std::int64_t>(lower ? begin : members.size() - end);
    for (std::size_t at = begin; at < end; ++at) {
      result.rank[members[at].second] = Number(static_cast<std::int64_t>(begin) + 1);
      result.percentile[members[at].second] = Number(2 * smaller + equal) / Number(2 * count);
    }
    begin = end;
  }
}

}  // namespace kpi::eval
