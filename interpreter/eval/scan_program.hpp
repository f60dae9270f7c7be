// The fast evaluator: row-level expressions compiled once into one flat program per source, in which equal
// subexpressions are one node, and run over batches of typed columns. What does not compile, and any batch in which
// something overflows or is too wide, is left to the simple evaluator; both give the same values.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "interpreter/eval/scan_row.hpp"

namespace kpi::eval::scanning {

class Join;
class JoinSet;

/// A column of results. Numbers carry a scale; `absent` is null when every row has a value.
struct Vec {
  const std::int64_t* values = nullptr;
  const std::uint8_t* absent = nullptr;
  int scale = 0;
  bool is_absent(std::size_t row) const { return absent != nullptr && absent[row] != 0; }
};

class Program {
 public:
  /// An expression to be evaluated for each batch; `node` is -1 when it does not compile.
  struct Root {
    ExprId expr;
    int node = -1;
  };

  Program(World& world, SourceRef source, JoinSet* joins);
  ~Program();

  /// `batch_depth` is the depth at which the expression names the batch's row: 1 for what an inner expression asks of `this`.
  Root compile(ExprId expr, unsigned batch_depth = 0);
  /// The node of the row's owner, as row of that entity; -1 when there is none (company, or not compiled).
  int compile_owner(model::EntityId entity);
  /// The node of a field path from the batch's row; -1 when it cannot be compiled.
  int compile_path(const FieldPath& path);

  /// Starts a batch. Rows that are not active may have any result, and never fail.
  void begin(const Table& batch, const std::uint8_t* active);
  /// Narrows the active rows: what is evaluated from now on may be wrong elsewhere.
  void set_active(const std::uint8_t* active) { active_ = active; }
  /// The node's results, or false when this batch needs the simple evaluator.
  bool evaluate(int node, Vec& result);
  /// 1 where the expression is true, for active rows.
  void truth(const Root& root, std::uint8_t* result);
  /// One row by the simple evaluator.
  Value simple(ExprId expr, std::size_t row);
  RowEvaluator& evaluator() { return evaluator_; }
  const Table& batch() const { return *batch_; }
  World& world() { return world_; }

 private:
  enum class Op : std::uint8_t {
    field, day, gather, gather_day, constant, add, subtract, multiply, negate, absolute, minimum, maximum, rate, convert, time_minus_time,
    date_minus_date, time_plus, time_minus, equal, not_equal, less, less_equal, logical_and, logical_or, logical_not,
    is_none, is_present, or_else, choose, in_codes, code_function, join,
  };
  struct CodeFunction;
  struct Node {
    Op op = Op::constant;
    Rep rep = Rep::number;
    int a = -1, b = -1, c = -1;
    FieldId field;
    SourceRef source;
    std::int64_t constant = 0;
    int scale = 0;
    bool absent_constant = false;
    const CodeSet* set = nullptr;
    std::unique_ptr<CodeSet> own_set;
    std::unique_ptr<CodeFunction> function;
    const Join* join = nullptr;
    std::vector<int> operands;          // of joins: keys, then bounds
    value::Currency currency;
    enum class State : std::uint8_t { open, done, failed } state = State::open;
    Vec vec;
    std::vector<std::int64_t> values;
    std::vector<std::uint8_t> absent;
  };
  /// Rates of a currency by day, found by the code of its text.
  struct RateSeries {
    Code code = -1;
    std::optional<value::Currency> currency;
    bool is_own = false;
    std::span<const std::int64_t> by_day;
  };
  /// From where fields are read while compiling.
  struct Scope {
    int index = -1;                     // node of the row's index; -1: the batch
    SourceRef source;
    int day = -1;
    unsigned batch_depth = 0;
  };
  using Key = std::tuple<Op, int, int, int, std::int64_t, std::int64_t, const void*>;

  int add(Node node, std::int64_t aux1 = 0, std::int64_t aux2 = 0, const void* aux3 = nullptr);
  int binary(Op op, Rep rep, int a, int b);
  int unary(Op op, Rep rep, int a);
  Rep rep(int node) const { return nodes_[static_cast<std::size_t>(node)].rep; }
  bool is_constant(int node) const { return nodes_[static_cast<std::size_t>(node)].op == Op::constant; }

  // compiling (scan_program.cpp)
  int compile(ExprId expr, const Scope& scope);
  int compile_constant(const Value& value);
  int compile_field(FieldId field, const Scope& scope, bool native = false);
  int compile_path(const FieldPath& path, Scope scope, bool native = false);
  int compile_ref(FieldId field, Scope& scope);
  int compile_owner(model::EntityId entity, const Scope& scope);
  int compile_binary(const model::BinaryExpr& binary, const Scope& scope);
  int compile_comparison(value::BinaryOp op, int left, int right);
  int compile_arithmetic(const model::BinaryExpr& node, const Scope& scope);
  int compile_in(const model::InExpr& in, const Scope& scope);
  int compile_list(const std::vector<ExprId>& items, int item, const Scope& scope);
  int compile_values(const std::vector<Value>& items, int item);
  int compile_call(const model::CallExpr& call, const Scope& scope);
  int compile_within(const model::WithinExpr& within, const Scope& scope);
  int compile_join(model::AggregateId aggregate, const Scope& scope);
  int compile_division(int left, ExprId right);
  int time_difference(int left, int right);

  // running (scan_program_run.cpp)
  bool run(Node& node);
  bool run_field(Node& node);
  bool run_gather(Node& node, const Column& column);
  bool run_constant(Node& node);
  bool run_sum(Node& node);
  bool run_product(Node& node);
  bool run_negate(Node& node);
  bool run_choice_of_two(Node& node);
  bool run_rate(Node& node);
  std::int64_t rate_of(const RateSeries& series, std::int64_t day) const;
  const RateSeries& rate_series(Code code);
  bool run_convert(Node& node);
  bool run_times(Node& node);
  bool run_comparison(Node& node);
  bool run_logic(Node& node);
  bool run_presence(Node& node);
  bool run_or_else(Node& node);
  bool run_choose(Node& node);
  bool run_codes(Node& node);
  bool has_small_integers(const Vec& numbers) const;
  bool run_join(Node& node);
  bool align(int a, int b, Vec& left, Vec& right, int& scale);
  bool align_one(const Vec& vec, int scale, std::vector<std::int64_t>& storage, Vec& result);
  const Vec& vec(int node) const { return nodes_[static_cast<std::size_t>(node)].vec; }
  void finish(Node& node, int scale);
  void unite_absent(Node& node, const Vec& a, const Vec& b);

  World& world_;
  SourceRef source_;
  JoinSet* joins_;
  RowEvaluator evaluator_;
  std::vector<Node> nodes_;
  std::map<Key, int> known_;
  const Table* batch_ = nullptr;
  const std::uint8_t* active_ = nullptr;
  std::size_t rows_ = 0;
  std::vector<std::int64_t> left_storage_, right_storage_;
  std::array<RateSeries, 64> rate_series_ = {};
  std::vector<std::int64_t> own_rates_;   // the rate 1 by day
};

}  // namespace kpi::eval::scanning
