// Rows that an exclusion just takes out, and rows that it just keeps: for each alternative of its condition a row that
// it is true of, with the other rows that it asks for (a member of staff, five more orders by the same buyer).
#include <algorithm>

#include "interpreter/model/dump.hpp"
#include "interpreter/model/walk.hpp"
#include "interpreter/prove/proposal.hpp"

namespace kpi::prove {
namespace {

using model::EventsId;
using model::ExclusionId;
using value::BinaryOp;
using value::Value;

constexpr std::size_t kEvaluations = 2'000;
constexpr std::uint64_t kSeeds = 3;     // states to add a row to before an exclusion is given up
constexpr std::int64_t kMostRows = 40;  // that an alternative may ask for
constexpr std::int64_t kMinute = 60 * value::kMicrosPerSecond;

/// A stored field of the row at this depth.
const model::RowField* field_of(const model::Policy& policy, ExprId id, int depth) {
  const auto* field = id.valid() ? std::get_if<model::RowField>(&policy.expr(id).node) : nullptr;
  const bool plain = field != nullptr && field->depth == depth && field->path.refs.empty() && field->path.field.valid();
  if (!plain || policy.fields(field->source)[field->path.field.index].computed.valid()) return nullptr;
  return field;
}

bool reads_outer_row(const model::Policy& policy, ExprId id) {
  bool found = false;
  model::walk(policy, id, [&](ExprId, const model::Expr& expr) {
    const auto* field = std::get_if<model::RowField>(&expr.node);
    const auto* self = std::get_if<model::RowSelf>(&expr.node);
    found = found || (field != nullptr && field->depth > 0) || (self != nullptr && self->depth > 0);
  });
  return found;
}

class ExclusionProposer {
 public:
  ExclusionProposer(const model::Policy& policy, source::Language language, const SourceText& source_text,
                    Proposals& proposals)
      : policy_(policy), chinese_(language == source::Language::zh), source_text_(source_text), proposals_(proposals) {
    for (std::uint32_t i = 0; i < policy.payouts.size(); ++i) targets_.push_back({PayoutId{i}, {}});
    for (std::uint32_t i = 0; i < policy.scorecards.size(); ++i) targets_.push_back({{}, ScorecardId{i}});
  }

  void look_at(ExclusionId id) {
    const model::Exclusion& exclusion = policy_.exclusions[id.index];
    for (std::size_t i = 0; i < exclusion.from.size(); ++i) {
      const auto alternatives = operands_of(policy_, exclusion.conditions[i], BinaryOp::logical_or);
      for (const ExprId alternative : alternatives) {
        const std::string text = exclusion.named.name + ", " + source_text_(policy_.expr(alternative).span);
        if (!propose(id, exclusion.from[i], alternative, alternatives, text))
          proposals_.result.without_store.push_back(text);
      }
    }
  }

 private:
  /// What an alternative asks of other rows.
  struct Other {
    const model::Aggregate* counted = nullptr;  // rows to be counted, or
    model::ColumnSet column;                    // a column that holds the value of
    model::FieldId value;                       // this field
    std::int64_t out = 0, kept = 0;             // so many of them
  };

  bool propose(ExclusionId id, EventsId events, ExprId alternative, const std::vector<ExprId>& alternatives,
               const std::string& text) {
    std::vector<Other> others;
    for (const ExprId part : operands_of(policy_, alternative, BinaryOp::logical_and)) {
      if (!asks(part, others)) return false;
    }
    // Somebody who reads these events, so that it shows what the row would have done.
    std::stable_sort(targets_.begin(), targets_.end(),
                     [&](const Target& a, const Target& b) { return reads(a, events) > reads(b, events); });
    for (const Target& target : targets_) {
      Shape shape(policy_, target);
      if (propose(shape, id, events, alternative, alternatives, others, text)) return true;
    }
    return false;
  }

  bool reads(const Target& target, EventsId events) {
    const auto key = std::tuple(target.payout.index, target.scorecard.index, events.index);
    const auto known = reads_.find(key);
    if (known != reads_.end()) return known->second;
    const Shape shape(policy_, target);
    const bool found = std::any_of(shape.graph.groups.begin(), shape.graph.groups.end(),
                                   [&](const Group& group) { return group.source == model::SourceRef::of(events); });
    return reads_.emplace(key, found).first->second;
  }

  bool propose(Shape& shape, ExclusionId id, EventsId events, ExprId alternative,
               const std::vector<ExprId>& alternatives, const std::vector<Other>& others, const std::string& text) {
    for (const bool paid : {true, false}) {
      Problem problem;
      problem.objective = paid ? shape.value() : shape.graph.constant(Number(0));
      if (paid) problem.enough = Number(0);
      problem.largest_rows = Number(3);
      for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
        Search search(shape.graph, problem, shape.anchor(), seed);
        const auto state = search.run(kEvaluations);
        if (!state) break;
        WorldMaker maker(shape);
        const auto base = maker.make(state->inputs);
        if (base && propose(shape, maker, *base, id, events, alternative, alternatives, others, text)) return true;
      }
    }
    return false;
  }

  bool propose(Shape& shape, WorldMaker& maker, const World& base, ExclusionId id, EventsId events, ExprId alternative,
               const std::vector<ExprId>& alternatives, const std::vector<Other>& others, const std::string& text) {
    World out = base;
    std::vector<ExprId> fails;
    for (const ExprId other : alternatives) {
      if (other != alternative) fails.push_back(other);
    }
    for (const ExprId other : maker.exclusions_of(events)) {
      if (other != condition_of(id, events)) fails.push_back(other);
    }
    const auto row = maker.one_row(out, events, Number(100), {alternative}, fails);
    if (!row) return false;
    World kept = out;
    out.events[events.index].push_back(*row);
    WorldMaker maker_of_kept = maker;
    WorldRow kept_row = *row;
    if (others.empty()) {
      // The row alone decides: the nearest one that is kept.
      const auto near = nearest(maker_of_kept, events, *row);
      if (!near) return false;
      kept_row = *near;
    }
    kept.events[events.index].push_back(kept_row);
    for (const Other& other : others) {
      if (!serve(maker, out, events, *row, other, other.out)) return false;
      if (!serve(maker_of_kept, kept, events, kept_row, other, other.kept)) return false;
    }
    const bool done = proposals_.add(shape, text + say(": takes a row out", "：排除一行"), maker, out,
                                     {{}, {}, id, true}, expect_excluded(id, events, *row));
    return proposals_.add(shape, text + say(": just keeps a row", "：刚好保留一行"), maker_of_kept, kept,
                          {{}, {}, id, false}) &&
           done;
  }

  ExprId condition_of(ExclusionId id, EventsId events) const {
    const model::Exclusion& exclusion = policy_.exclusions[id.index];
    for (std::size_t i = 0; i < exclusion.from.size(); ++i) {
      if (exclusion.from[i] == events) return exclusion.conditions[i];
    }
    return {};
  }

  std::string expect_excluded(ExclusionId id, EventsId events, const WorldRow& row) const {
    const model::Events& of = policy_.events[events.index];
    if (of.key.size() != 1) return {};
    const auto key = row.fields.find(of.key[0].index);
    if (key == row.fields.end()) return {};
    const std::string text = key->second.is<std::string>() ? key->second.text() : value::to_string(key->second);
    return "  expect excluded " + of.named.name + " " + model::text_literal(text) + " by " +
           policy_.exclusions[id.index].named.name + "\n";
  }

  /// The excluded row changed in as little as possible so that nothing excludes it.
  std::optional<WorldRow> nearest(WorldMaker& maker, EventsId events, const WorldRow& row) const {
    std::vector<ExprId> holds;
    const model::Events& of = policy_.events[events.index];
    if (of.where.valid()) holds.push_back(of.where);
    auto near = maker.fitting(model::SourceRef::of(events), row, holds, maker.exclusions_of(events), {});
    if (!near) return std::nullopt;
    // Another text than the one that excludes: that of any other row says more than one made up beside it.
    for (std::uint32_t field = 0; field < of.fields.size(); ++field) {
      const auto found = near->fields.find(field);
      const bool text = found != near->fields.end() && found->second.is<std::string>();
      if (!text || row.fields.at(field) == found->second) continue;
      WorldRow plain = *near;
      plain.fields[field] = std::string("another");
      if (maker.fitting(model::SourceRef::of(events), plain, holds, maker.exclusions_of(events), {})) return plain;
    }
    return near;
  }

  /// False when this part of a condition is not understood; nothing is added where the row alone decides.
  bool asks(ExprId part, std::vector<Other>& others) const {
    const model::Expr& expr = policy_.expr(part);
    if (const auto* in = std::get_if<model::InExpr>(&expr.node)) {
      const auto* column = std::get_if<model::ColumnSet>(&policy_.expr(in->collection).node);
      if (column == nullptr) return decides_alone(part);
      const auto* field = field_of(policy_, in->item, 0);
      if (field == nullptr || !column->path.refs.empty() || !column->path.field.valid()) return false;
      others.push_back({nullptr, *column, field->path.field, in->negated ? 0 : 1, in->negated ? 1 : 0});
      return true;
    }
    if (const auto* not_node = std::get_if<model::UnaryExpr>(&expr.node);
        not_node != nullptr && not_node->op == value::UnaryOp::logical_not) {
      const std::size_t before = others.size();
      if (!asks(not_node->operand, others)) return false;
      for (std::size_t i = before; i < others.size(); ++i) std::swap(others[i].out, others[i].kept);
      return true;
    }
    if (const auto* counted = aggregate_of(part)) {
      if (counted->function != model::AggregateFunction::exists) return false;
      others.push_back({counted, {}, {}, 1, 0});
      return true;
    }
    const auto* node = std::get_if<model::BinaryExpr>(&expr.node);
    if (node == nullptr) return decides_alone(part);
    const auto* left = aggregate_of(node->left);
    const auto* right = aggregate_of(node->right);
    if (left == nullptr && right == nullptr) return decides_alone(part);
    const model::Aggregate& counted = left != nullptr ? *left : *right;
    const Value limit = evaluate_row(policy_, left != nullptr ? node->right : node->left, {}, {});
    if (counted.function != model::AggregateFunction::count || !limit.is<Number>() || !limit.number().is_integer())
      return false;
    const auto turned = [](BinaryOp op) {
      switch (op) {
        case BinaryOp::lt:
          return BinaryOp::gt;
        case BinaryOp::le:
          return BinaryOp::ge;
        case BinaryOp::gt:
          return BinaryOp::lt;
        case BinaryOp::ge:
          return BinaryOp::le;
        default:
          return op;
      }
    };
    const BinaryOp op = left != nullptr ? node->op : turned(node->op);
    const std::int64_t n = limit.number().to_int64().value_or(kMostRows + 1);
    if (n < 0 || n >= kMostRows) return false;
    Other other{&counted, {}, {}, n, n};
    if (op == BinaryOp::gt) other.out = n + 1;
    if (op == BinaryOp::ge) other.kept = n - 1;
    if (op == BinaryOp::lt) other.out = n - 1;
    if (op == BinaryOp::le || op == BinaryOp::eq) other.kept = n + 1;
    if (op == BinaryOp::ne) other.out = n + 1;
    if (other.out < 0 || other.kept < 0) return false;
    others.push_back(other);
    return true;
  }

  const model::Aggregate* aggregate_of(ExprId id) const {
    const auto* node = std::get_if<model::AggregateRef>(&policy_.expr(id).node);
    return node == nullptr ? nullptr : &policy_.aggregates[node->aggregate.index];
  }

  /// A condition over the row's own fields; one over times, other rows or what references lead to is not known.
  bool decides_alone(ExprId id) const {
    bool known = true;
    model::walk(policy_, id, [&](ExprId of, const model::Expr& expr) {
      if (std::holds_alternative<model::RowField>(expr.node)) {
        const auto& field = std::get<model::RowField>(expr.node);
        known = known && field.depth == 0 && field.path.refs.empty() && field.path.field.valid();
      }
      known = known && !std::holds_alternative<model::AggregateRef>(expr.node) &&
              !std::holds_alternative<model::WithinExpr>(expr.node) &&
              !std::holds_alternative<model::ColumnSet>(expr.node);
      (void)of;
    });
    return known;
  }

  /// So many rows of what the condition asks for.
  bool serve(WorldMaker& maker, World& world, EventsId events, const WorldRow& row, const Other& other,
             std::int64_t wanted) {
    if (other.counted == nullptr) {
      const auto value = row.fields.find(other.value.index);
      if (value == row.fields.end()) return false;
      for (std::int64_t i = 0; i < wanted; ++i) {
        if (!add_with(maker, world, other.column.source, other.column.path.field, value->second)) return false;
      }
      return true;
    }
    const model::Aggregate& counted = *other.counted;
    if (!counted.source.is_events()) return false;
    const EventsId inner{counted.source.index};
    // A row counts itself, unless the condition asks for others.
    const bool itself = inner == events && !asks_for_others(counted.filter);
    for (std::int64_t i = itself ? 1 : 0; i < wanted; ++i) {
      const auto next = inner == events ? std::optional(maker.another(inner, row)) : counted_row(maker, world, counted);
      if (!next) return false;
      WorldRow made = *next;
      if (!match(made, row, counted.filter)) return false;
      world.events[inner.index].push_back(std::move(made));
    }
    return !itself || wanted > 0;
  }

  std::optional<WorldRow> counted_row(WorldMaker& maker, World& world, const model::Aggregate& counted) const {
    std::vector<ExprId> holds;
    for (const ExprId part : operands_of(policy_, counted.filter, BinaryOp::logical_and)) {
      if (!reads_outer_row(policy_, part)) holds.push_back(part);
    }
    return maker.one_row(world, EventsId{counted.source.index}, Number(100), holds, {});
  }

  bool add_with(WorldMaker& maker, World& world, model::SourceRef source, model::FieldId field, const Value& value) {
    if (!source.is_events()) return maker.add_entity(world, model::EntityId{source.index}, field, value);
    auto row = maker.one_row(world, EventsId{source.index}, Number(100), {}, {});
    if (!row) return false;
    row->fields[field.index] = value;
    world.events[source.index].push_back(std::move(*row));
    return true;
  }

  bool asks_for_others(ExprId filter) const {
    for (const ExprId part : operands_of(policy_, filter, BinaryOp::logical_and)) {
      const auto* node = std::get_if<model::BinaryExpr>(&policy_.expr(part).node);
      if (node != nullptr && node->op == BinaryOp::ne && reads_outer_row(policy_, part)) return true;
    }
    return false;
  }

  /// Fields of the counted row that the filter compares with the row that is judged.
  bool match(WorldRow& inner, const WorldRow& outer, ExprId filter) const {
    for (const ExprId part : operands_of(policy_, filter, BinaryOp::logical_and)) {
      if (!reads_outer_row(policy_, part)) continue;
      const model::Expr& expr = policy_.expr(part);
      // A field of the counted row beside what the other says.
      const model::RowField* field = nullptr;
      ExprId beside;
      std::int64_t later = 0;
      const auto take = [&](ExprId one, ExprId other, std::int64_t sign) {
        if (field != nullptr) return;
        field = field_of(policy_, one, 0);
        beside = other;
        later = sign;
      };
      if (const auto* node = std::get_if<model::BinaryExpr>(&expr.node)) {
        if (node->op == BinaryOp::ne) continue;  // another key
        const std::int64_t sign = node->op == BinaryOp::gt ? 1 : node->op == BinaryOp::lt ? -1 : 0;
        take(node->left, node->right, sign);
        take(node->right, node->left, -sign);
      } else if (const auto* within = std::get_if<model::WithinExpr>(&expr.node)) {
        take(within->time, within->of, 0);
        take(within->of, within->time, 0);
      } else if (const auto* in = std::get_if<model::InExpr>(&expr.node)) {
        const auto* range = std::get_if<model::RangeExpr>(&policy_.expr(in->collection).node);
        if (range != nullptr && range->lower.valid()) take(in->item, range->lower, 0);
      }
      if (field == nullptr) return false;
      Value wanted = evaluate_row(policy_, beside, inner, field->source, &outer);
      if (!wanted.has_value()) return false;
      if (later != 0) {
        if (!wanted.is<value::Instant>()) return false;
        wanted = value::Instant{wanted.as<value::Instant>().micros + later * kMinute};
      }
      inner.fields[field->path.field.index] = wanted;
    }
    return true;
  }

  std::string say(const char* english, const char* chinese) const { return chinese_ ? chinese : english; }

  const model::Policy& policy_;
  const bool chinese_;
  const SourceText& source_text_;
  Proposals& proposals_;
  std::vector<Target> targets_;
  std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>, bool> reads_;
};

}  // namespace

void propose_exclusions(const model::Policy& policy, source::Language language, const SourceText& source_text,
                        Proposals& proposals) {
  ExclusionProposer proposer(policy, language, source_text, proposals);
  for (std::uint32_t index = 0; index < policy.exclusions.size(); ++index) {
    if (!policy.exclusions[index].named.from_library) proposer.look_at(ExclusionId{index});
  }
}

}  // namespace kpi::prove
