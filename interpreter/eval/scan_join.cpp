#include "interpreter/eval/scan_join.hpp"

#include <algorithm>
#include <numeric>

#include "interpreter/eval/scan_reduce.hpp"
#include "interpreter/model/walk.hpp"

namespace kpi::eval::scanning {

using model::AggregateFunction;
using value::BinaryOp;
using value::Instant;

unsigned depths_read(const Policy& policy, ExprId id) {
  const auto& node = policy.expr(id).node;
  if (const auto* field = std::get_if<model::RowField>(&node)) return 1U << field->depth;
  if (const auto* self = std::get_if<model::RowSelf>(&node)) return 1U << self->depth;
  if (std::holds_alternative<model::SubjectField>(node) || std::holds_alternative<model::SubjectSelf>(node)) return 1;
  unsigned depths = 0;
  if (const auto* aggregate = std::get_if<model::AggregateRef>(&node)) {
    // What a nested aggregate calls `this` is the row around it.
    const auto& inner = policy.aggregates[aggregate->aggregate.index];
    for (const ExprId part : {inner.value, inner.filter}) {
      if (part.valid()) depths |= depths_read(policy, part) >> 1;
    }
  }
  model::for_each_operand(node, [&](ExprId operand) { depths |= depths_read(policy, operand); });
  return depths;
}

// ---- splitting the filter ---------------------------------------------------------------------------------------------------

Join::Join(World& world, model::AggregateId id) : world_(world), aggregate_(world.policy.aggregates[id.index]) {
  value_ = aggregate_.value.valid() || (aggregate_.function != AggregateFunction::count && aggregate_.function != AggregateFunction::exists);
  if (aggregate_.filter.valid()) split(aggregate_.filter);
  chain_.resize(inner_keys_.size());
}

void Join::split(ExprId condition) {
  const auto* binary = std::get_if<model::BinaryExpr>(&world_.policy.expr(condition).node);
  if (binary != nullptr && binary->op == BinaryOp::logical_and) {
    split(binary->left);
    split(binary->right);
  } else {
    classify(condition);
  }
}

void Join::classify(ExprId condition) {
  const unsigned depths = depths_read(world_.policy, condition);
  if ((depths & 2) == 0) {
    inner_only_.push_back(condition);
  } else if ((depths & 1) == 0) {
    outer_only_.push_back(condition);
  } else {
    const auto* binary = std::get_if<model::BinaryExpr>(&world_.policy.expr(condition).node);
    if (binary != nullptr && binary->op == BinaryOp::eq && take_equality(*binary)) return;
    if (!take_bounds(condition)) rest_.push_back(condition);
  }
}

bool Join::take_equality(const model::BinaryExpr& binary) {
  const Policy& policy = world_.policy;
  if (policy.expr(binary.left).type.kind != policy.expr(binary.right).type.kind) return false;
  for (const auto& [inner, outer] : {std::pair(binary.left, binary.right), std::pair(binary.right, binary.left)}) {
    if (depths_read(policy, inner) != 1 || depths_read(policy, outer) != 2) continue;
    inner_keys_.push_back(inner);
    outer_keys_.push_back(outer);
    return true;
  }
  return false;
}

bool Join::same_expression(ExprId a, ExprId b) const {
  const auto* first = std::get_if<model::RowField>(&world_.policy.expr(a).node);
  const auto* second = std::get_if<model::RowField>(&world_.policy.expr(b).node);
  return first != nullptr && second != nullptr && first->depth == second->depth && first->path == second->path;
}

/// The one column by which buckets are sorted; a bound on another one is tried per candidate.
bool Join::take_range_column(ExprId column, ExprId against) {
  const Policy& policy = world_.policy;
  if (depths_read(policy, column) != 1 || (depths_read(policy, against) & 1) != 0) return false;
  const Rep rep = rep_of(policy.expr(column).type);
  if (rep != Rep::number && rep != Rep::date && rep != Rep::instant) return false;
  if (rep_of(policy.expr(against).type) != rep) return false;
  if (sort_expr_.valid()) return same_expression(sort_expr_, column);
  sort_expr_ = column;
  sort_rep_ = rep;
  return true;
}

bool Join::take_bounds(ExprId condition) {
  const auto& node = world_.policy.expr(condition).node;
  if (const auto* binary = std::get_if<model::BinaryExpr>(&node)) {
    const bool less = binary->op == BinaryOp::lt || binary->op == BinaryOp::le;
    const bool greater = binary->op == BinaryOp::gt || binary->op == BinaryOp::ge;
    if (!less && !greater) return false;
    const bool inclusive = binary->op == BinaryOp::le || binary->op == BinaryOp::ge;
    if (take_range_column(binary->left, binary->right)) {
      bounds_.push_back({binary->right, {}, 0, greater, inclusive});
      return true;
    }
    if (take_range_column(binary->right, binary->left)) {
      bounds_.push_back({binary->left, {}, 0, less, inclusive});
      return true;
    }
    return false;
  }
  if (const auto* within = std::get_if<model::WithinExpr>(&node)) {
    if ((depths_read(world_.policy, within->duration) & 1) != 0) return false;
    for (const auto& [inner, outer] : {std::pair(within->time, within->of), std::pair(within->of, within->time)}) {
      if (!take_range_column(inner, outer)) continue;
      bounds_.push_back({outer, within->duration, -1, true, true});
      bounds_.push_back({outer, within->duration, 1, false, true});
      return true;
    }
    return false;
  }
  const auto* in = std::get_if<model::InExpr>(&node);
  if (in == nullptr || in->negated) return false;
  const auto* range = std::get_if<model::RangeExpr>(&world_.policy.expr(in->collection).node);
  if (range == nullptr) return false;
  const ExprId first = range->lower.valid() ? range->lower : range->upper;
  if (!first.valid() || !take_range_column(in->item, first)) return false;
  if (range->lower.valid() && range->upper.valid() && !take_range_column(in->item, range->upper)) return false;
  if (range->lower.valid()) bounds_.push_back({range->lower, {}, 0, true, true});
  if (range->upper.valid()) bounds_.push_back({range->upper, {}, 0, false, range->includes_upper});
  return true;
}

// ---- building -----------------------------------------------------------------------------------------------------------------

void Join::compile(Program& program) {
  key_roots_.clear();
  filter_roots_.clear();
  for (const ExprId key : inner_keys_) key_roots_.push_back(program.compile(key));
  for (const ExprId filter : inner_only_) filter_roots_.push_back(program.compile(filter));
  if (sort_expr_.valid()) sort_root_ = program.compile(sort_expr_);
}

Join::BucketId Join::bucket_for(const std::vector<Code>& key) {
  if (key.empty()) {
    buckets_ = 1;
    return 0;
  }
  // Tuples of codes become one code by numbering pairs, step by step: exact, whatever the hash.
  std::int64_t code = key[0];
  for (std::size_t index = 1; index < key.size(); ++index) {
    auto& pairs = chain_[index];
    code = pairs.emplace(std::pair(code, key[index]), static_cast<std::int64_t>(pairs.size())).first->second;
  }
  const auto [entry, is_new] = single_.emplace(code, buckets_);
  if (is_new) ++buckets_;
  return entry->second;
}

std::optional<Join::BucketId> Join::find_bucket(const std::vector<Code>& key) const {
  if (key.empty()) return buckets_ == 0 ? std::nullopt : std::optional<BucketId>(0);
  std::int64_t code = key[0];
  for (std::size_t index = 1; index < key.size(); ++index) {
    const auto found = chain_[index].find(std::pair(code, key[index]));
    if (found == chain_[index].end()) return std::nullopt;
    code = found->second;
  }
  const auto found = single_.find(code);
  return found == single_.end() ? std::nullopt : std::optional(found->second);
}

void Join::add_rows(Program& program, const std::uint8_t* active) {
  const Table& batch = program.batch();
  std::vector<std::uint8_t> selected(active, active + batch.rows), passes(batch.rows);
  for (const auto& filter : filter_roots_) {
    program.truth(filter, passes.data());
    for (std::size_t row = 0; row < batch.rows; ++row) selected[row] &= passes[row];
  }
  std::vector<std::vector<Code>> codes(key_roots_.size(), std::vector<Code>(batch.rows));
  for (std::size_t key = 0; key < key_roots_.size(); ++key) {
    Vec vec;
    const bool fast = program.evaluate(key_roots_[key].node, vec);
    const bool number = rep_of(world_.policy.expr(key_roots_[key].expr).type) == Rep::number;
    for (std::size_t row = 0; row < batch.rows; ++row) {
      if (selected[row] == 0) continue;
      if (fast) {
        if (vec.is_absent(row)) selected[row] = 0;
        codes[key][row] = number ? number_code(vec.values[row], vec.scale, world_.pool) : vec.values[row];
      } else {
        const Value value = program.simple(key_roots_[key].expr, row);
        if (value.has_value()) codes[key][row] = value_code(value, world_.pool);
        if (!value.has_value()) selected[row] = 0;
      }
    }
  }
  Vec sort_vec;
  const bool fast_sort = sort_expr_.valid() && program.evaluate(sort_root_.node, sort_vec);
  std::vector<Code> key(key_roots_.size());
  std::vector<std::uint32_t> kept;
  for (std::size_t row = 0; row < batch.rows; ++row) {
    if (selected[row] == 0) continue;
    if (sort_expr_.valid()) {
      if (fast_sort && sort_vec.is_absent(row)) continue;
      const bool number = sort_rep_ == Rep::number;
      if (fast_sort) {
        if (number) sort_numbers_.push_back(Number::scaled(sort_vec.values[row], sort_vec.scale));
        if (!number) sort_values_.push_back(sort_vec.values[row]);
      } else {
        const Value value = program.simple(sort_expr_, row);
        if (!value.has_value()) continue;
        if (number) sort_numbers_.push_back(value.number());
        if (!number) sort_values_.push_back(value.is<Date>() ? value.as<Date>().days : value.as<Instant>().micros);
      }
    }
    for (std::size_t index = 0; index < key.size(); ++index) key[index] = codes[index][row];
    row_buckets_.push_back(bucket_for(key));
    kept.push_back(static_cast<std::uint32_t>(row));
  }
  if (!keeps_rows()) return;
  if (kept_.columns.empty()) kept_.reset(batch.source, batch.columns.size());
  for (std::size_t field = 0; field < batch.columns.size(); ++field) {
    if (batch.loaded[field] == 0) continue;
    kept_.loaded[field] = 1;
    kept_.columns[field].rep = batch.columns[field].rep;
    kept_.columns[field].target = batch.columns[field].target;
    kept_.columns[field].append(batch.columns[field], kept);
  }
  if (batch.source.is_events()) kept_.days.append(batch.days, kept);
  kept_.rows += kept.size();
}

void Join::finish() {
  const auto rows = static_cast<std::uint32_t>(row_buckets_.size());
  if (sort_rep_ == Rep::number && sort_expr_.valid()) {
    std::vector<Number> distinct = sort_numbers_;
    std::sort(distinct.begin(), distinct.end());
    distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
    for (const Number& number : sort_numbers_) {
      sort_values_.push_back(std::lower_bound(distinct.begin(), distinct.end(), number) - distinct.begin());
    }
    sort_numbers_ = std::move(distinct);
  }
  starts_.assign(buckets_ + 1, 0);
  for (const BucketId bucket : row_buckets_) ++starts_[bucket + 1];
  std::partial_sum(starts_.begin(), starts_.end(), starts_.begin());
  if (sort_values_.empty() && !keeps_rows()) {
    row_buckets_ = {};
    return;
  }
  std::vector<std::uint32_t> next(starts_.begin(), starts_.end() - 1);
  order_.resize(rows);
  for (std::uint32_t row = 0; row < rows; ++row) order_[next[row_buckets_[row]]++] = row;
  row_buckets_ = {};
  if (sort_values_.empty()) return;
  std::vector<std::int64_t> sorted(rows);
  for (BucketId bucket = 0; bucket < buckets_; ++bucket) {
    const auto begin = order_.begin() + starts_[bucket], end = order_.begin() + starts_[bucket + 1];
    std::sort(begin, end, [&](std::uint32_t a, std::uint32_t b) {
      return std::pair(sort_values_[a], a) < std::pair(sort_values_[b], b);
    });
  }
  for (std::uint32_t position = 0; position < rows; ++position) sorted[position] = sort_values_[order_[position]];
  sort_values_ = std::move(sorted);
  if (!keeps_rows()) order_ = {};
}

// ---- probing ------------------------------------------------------------------------------------------------------------------

bool Join::apply_bound(const Bound& bound, std::int64_t base, std::int64_t shift, Limits& limits) const {
  std::int64_t limit = 0;
  if (bound.sign < 0 ? __builtin_sub_overflow(base, shift, &limit) : __builtin_add_overflow(base, shift, &limit)) {
    return (bound.sign < 0) == bound.is_lower;  // beyond every time: no limit, or nothing fits
  }
  if (bound.is_lower) {
    if (!bound.inclusive && limit == std::numeric_limits<std::int64_t>::max()) return false;
    limits.low = std::max(limits.low, bound.inclusive ? limit : limit + 1);
  } else {
    if (!bound.inclusive && limit == std::numeric_limits<std::int64_t>::min()) return false;
    limits.high = std::min(limits.high, bound.inclusive ? limit : limit - 1);
  }
  return true;
}

bool Join::apply_number_bound(const Bound& bound, const Number& base, Limits& limits) const {
  const auto at_least = std::lower_bound(sort_numbers_.begin(), sort_numbers_.end(), base) - sort_numbers_.begin();
  const auto above = std::upper_bound(sort_numbers_.begin(), sort_numbers_.end(), base) - sort_numbers_.begin();
  if (bound.is_lower) limits.low = std::max<std::int64_t>(limits.low, bound.inclusive ? at_least : above);
  if (!bound.is_lower) limits.high = std::min<std::int64_t>(limits.high, (bound.inclusive ? above : at_least) - 1);
  return true;
}

Join::Range Join::range_of(BucketId bucket, const Limits& limits) const {
  const std::uint32_t begin = starts_[bucket], end = starts_[bucket + 1];
  if (bounds_.empty()) return {begin, end};
  if (limits.low > limits.high) return {begin, begin};
  const auto first = sort_values_.begin() + begin, last = sort_values_.begin() + end;
  const auto low = std::lower_bound(first, last, limits.low);
  const auto high = std::upper_bound(low, last, limits.high);
  return {static_cast<std::uint32_t>(low - sort_values_.begin()), static_cast<std::uint32_t>(high - sort_values_.begin())};
}

namespace {

/// A duration in the unit of the sorted column: microseconds, or whole days.
std::int64_t shift_of(const Number& seconds, Rep rep) {
  const Number exact = rep == Rep::date ? seconds / Number(86'400) : seconds * Number(1'000'000);
  const Number whole = exact.floor();
  if (const auto fits = whole.to_int64()) return *fits;
  return whole.sign() < 0 ? std::numeric_limits<std::int64_t>::min() + 1 : std::numeric_limits<std::int64_t>::max();
}

}  // namespace

void Join::probe(std::size_t rows, const std::uint8_t* active, const std::vector<Vec>& keys, const std::vector<Rep>& key_reps,
                 const std::vector<Vec>& bases, const std::vector<Vec>& durations, std::int64_t* result) const {
  std::vector<Code> key(keys.size());
  std::int64_t last_duration = -1, last_shift = 0;
  int last_scale = -1;
  for (std::size_t row = 0; row < rows; ++row) {
    result[row] = 0;
    if (active[row] == 0) continue;
    bool complete = true;
    for (std::size_t index = 0; index < keys.size(); ++index) {
      if (keys[index].is_absent(row)) complete = false;
      key[index] = key_reps[index] == Rep::number ? number_code(keys[index].values[row], keys[index].scale, world_.pool)
                                                  : keys[index].values[row];
    }
    if (!complete) continue;
    const auto bucket = find_bucket(key);
    if (!bucket) continue;
    Limits limits;
    for (std::size_t index = 0; complete && index < bounds_.size(); ++index) {
      const Bound& bound = bounds_[index];
      if (bases[index].is_absent(row) || durations[index].is_absent(row)) {
        complete = false;
      } else if (sort_rep_ == Rep::number) {
        complete = apply_number_bound(bound, Number::scaled(bases[index].values[row], bases[index].scale), limits);
      } else {
        std::int64_t shift = 0;
        if (bound.duration.valid()) {
          const Vec& duration = durations[index];
          if (duration.values[row] != last_duration || duration.scale != last_scale) {
            last_duration = duration.values[row];
            last_scale = duration.scale;
            last_shift = shift_of(Number::scaled(last_duration, last_scale), sort_rep_);
          }
          shift = last_shift;
        }
        complete = apply_bound(bound, bases[index].values[row], shift, limits);
      }
    }
    if (!complete) continue;
    const Range range = range_of(*bucket, limits);
    result[row] = range.end - range.begin;
  }
}

Value Join::probe(RowEvaluator& evaluator, const RowContext& row) const {
  const RowContext outer{row.table, 0, &row, {}};  // only depth 1 is read
  const Value nothing = reduce(aggregate_, {});
  std::vector<Code> key;
  for (const ExprId expr : outer_keys_) {
    const Value value = evaluator.evaluate(expr, outer);
    if (!value.has_value()) return nothing;
    key.push_back(value_code(value, world_.pool));
  }
  for (const ExprId condition : outer_only_) {
    if (!evaluator.is_true(condition, outer)) return nothing;
  }
  const auto bucket = find_bucket(key);
  if (!bucket) return nothing;
  Limits limits;
  for (const Bound& bound : bounds_) {
    const Value base = evaluator.evaluate(bound.base, outer);
    const Value duration = bound.duration.valid() ? evaluator.evaluate(bound.duration, outer) : Value(Number());
    if (!base.has_value() || !duration.has_value()) return nothing;
    const bool fits = sort_rep_ == Rep::number
                          ? apply_number_bound(bound, base.number(), limits)
                          : apply_bound(bound, base.is<Date>() ? base.as<Date>().days : base.as<Instant>().micros,
                                        shift_of(duration.number(), sort_rep_), limits);
    if (!fits) return nothing;
  }
  return aggregate_over(evaluator, row, range_of(*bucket, limits));
}

Value Join::aggregate_over(RowEvaluator& evaluator, const RowContext& row, Range range) const {
  if (!keeps_rows()) {
    const std::uint32_t count = range.end - range.begin;
    return is_count() ? Value(Number(static_cast<std::int64_t>(count))) : Value(count > 0);
  }
  std::vector<ReducedRow> rows;
  for (std::uint32_t position = range.begin; position < range.end; ++position) {
    const RowContext inner{&kept_, order_[position], &row, {}};
    const bool fits = std::all_of(rest_.begin(), rest_.end(), [&](ExprId condition) { return evaluator.is_true(condition, inner); });
    if (!fits) continue;
    if (aggregate_.function == AggregateFunction::exists && !aggregate_.value.valid()) return true;
    rows.push_back(reduced_row(evaluator, aggregate_, inner));
  }
  return reduce(aggregate_, std::move(rows));
}

Join& JoinSet::add(model::AggregateId id) {
  auto& join = joins_[id];
  if (!join) join = std::make_unique<Join>(world_, id);
  return *join;
}

Join* JoinSet::find(model::AggregateId id) const {
  const auto found = joins_.find(id);
  return found == joins_.end() ? nullptr : found->second.get();
}

}  // namespace kpi::eval::scanning
