// `count(sales where buyer_id = this.buyer_id and paid_at within 1 day of this.paid_at)` inside an exclusion, as a hash
// join. The filter's conjuncts are split into equalities between the inner row and `this` (hash key), those of the inner
// row alone (checked while building), bounds on one inner column (each bucket is sorted by it, so a probe is two binary
// searches whatever the bucket's size), those of `this` alone, and the rest, which is tried per candidate.
#pragma once

#include <memory>
#include <vector>

#include "interpreter/eval/scan_program.hpp"

namespace kpi::eval::scanning {

struct Bound {
  ExprId base;               // an expression of `this`
  ExprId duration;           // `within`: added or subtracted; invalid: none
  int sign = 0;              // of the duration
  bool is_lower = false;
  bool inclusive = true;
};

class Join {
 public:
  Join(World& world, model::AggregateId id);

  SourceRef inner() const { return aggregate_.source; }
  const std::vector<ExprId>& inner_keys() const { return inner_keys_; }
  const std::vector<ExprId>& outer_keys() const { return outer_keys_; }
  const std::vector<Bound>& bounds() const { return bounds_; }
  /// Can a batch be probed by vectors of keys and bounds alone?
  bool is_plain() const { return rest_.empty() && outer_only_.empty() && !value_; }
  Rep sort_rep() const { return sort_rep_; }
  bool is_count() const { return aggregate_.function == model::AggregateFunction::count; }
  /// Fields of inner rows that must be kept for the rest and for values.
  bool keeps_rows() const { return !rest_.empty() || value_; }

  // Building.
  void compile(Program& program);
  /// Takes the active rows of the program's batch.
  void add_rows(Program& program, const std::uint8_t* active);
  void finish();

  // Probing.
  /// The number of inner rows that match, for a plain join. Keys are codes; absent operands match nothing.
  void probe(std::size_t rows, const std::uint8_t* active, const std::vector<Vec>& keys, const std::vector<Rep>& key_reps,
             const std::vector<Vec>& bases, const std::vector<Vec>& durations, std::int64_t* result) const;
  /// The aggregate for one row by the simple evaluator.
  Value probe(RowEvaluator& evaluator, const RowContext& row) const;

 private:
  using BucketId = std::uint32_t;
  struct Range { std::uint32_t begin = 0, end = 0; };
  struct PairHash {
    std::size_t operator()(const std::pair<std::int64_t, std::int64_t>& pair) const {
      return mix(mix(static_cast<std::uint64_t>(pair.first)) ^ static_cast<std::uint64_t>(pair.second));
    }
  };
  struct Limits { std::int64_t low = std::numeric_limits<std::int64_t>::min(), high = std::numeric_limits<std::int64_t>::max(); };

  void split(ExprId condition);
  void classify(ExprId condition);
  bool take_equality(const model::BinaryExpr& binary);
  bool take_bounds(ExprId condition);
  bool take_range_column(ExprId column, ExprId against);
  bool same_expression(ExprId a, ExprId b) const;
  BucketId bucket_for(const std::vector<Code>& key);
  std::optional<BucketId> find_bucket(const std::vector<Code>& key) const;
  Range range_of(BucketId bucket, const Limits& limits) const;
  bool apply_bound(const Bound& bound, std::int64_t base, std::int64_t shift, Limits& limits) const;
  bool apply_number_bound(const Bound& bound, const Number& base, Limits& limits) const;
  Value aggregate_over(RowEvaluator& evaluator, const RowContext& row, Range range) const;

  World& world_;
  const model::Aggregate& aggregate_;
  std::vector<ExprId> inner_keys_, outer_keys_, inner_only_, outer_only_, rest_;
  ExprId sort_expr_;
  Rep sort_rep_ = Rep::instant;
  std::vector<Bound> bounds_;
  bool value_ = false;

  // Compiled for the pass over the inner source.
  std::vector<Program::Root> key_roots_, filter_roots_;
  Program::Root sort_root_;

  // Built.
  tsl::robin_map<Code, BucketId, CodeHash> single_;
  std::vector<tsl::robin_map<std::pair<std::int64_t, std::int64_t>, std::int64_t, PairHash>> chain_;
  BucketId buckets_ = 0;
  std::vector<BucketId> row_buckets_;
  std::vector<std::int64_t> sort_values_;
  std::vector<Number> sort_numbers_;     // when the sorted column holds numbers: values are ranks among them
  Table kept_;
  std::vector<std::uint32_t> starts_;    // by bucket; rows of a bucket are contiguous in order_
  std::vector<std::uint32_t> order_;     // position -> kept row, where rows are kept
};

/// All joins of a run, by the aggregate they compute.
class JoinSet {
 public:
  explicit JoinSet(World& world) : world_(world) {}
  Join& add(model::AggregateId id);
  Join* find(model::AggregateId id) const;
  const std::map<model::AggregateId, std::unique_ptr<Join>>& all() const { return joins_; }

 private:
  World& world_;
  std::map<model::AggregateId, std::unique_ptr<Join>> joins_;
};

/// Which rows an expression reads: bit 0 the innermost (depth 0), bit 1 `this`.
unsigned depths_read(const Policy& policy, ExprId expr);

}  // namespace kpi::eval::scanning
