// The analyser's own form of a score or a payout: a graph of exact numbers and truth values over inputs (aggregates,
// fields of the entity), without rows, without missing values. Equal nodes are one node, operands come before the nodes
// that use them, and nothing loops, so that every analysis is one pass over a vector.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "interpreter/model/policy.hpp"
#include "interpreter/prove/reads.hpp"

namespace kpi::prove {

using source::Span;
using value::Number;

using NodeId = std::uint32_t;
constexpr NodeId kNoNode = 0xFFFF'FFFF;

/// Closed interval; a missing end is infinite.
struct Interval {
  std::optional<Number> lower, upper;
  static Interval exactly(const Number& value) { return {value, value}; }
  static Interval at_least(const Number& value) { return {value, std::nullopt}; }
  bool is_constant() const { return lower && upper && *lower == *upper; }
  bool contains(const Number& value) const { return (!lower || *lower <= value) && (!upper || value <= *upper); }
  bool is_empty() const { return lower && upper && *upper < *lower; }
  friend bool operator==(const Interval&, const Interval&) = default;
};
Interval operator+(const Interval& a, const Interval& b);
Interval operator-(const Interval& a, const Interval& b);
Interval operator*(const Interval& a, const Interval& b);
/// Of a quotient; everything when the divisor's interval holds zero inside (an end at zero counts as approached).
Interval operator/(const Interval& a, const Interval& b);
Interval hull(const Interval& a, const Interval& b);
Interval intersection(const Interval& a, const Interval& b);
Interval minimum(const Interval& a, const Interval& b);
Interval maximum(const Interval& a, const Interval& b);

enum class Op : std::uint8_t {
  // numbers
  constant,  // value
  input,     // index in Graph::inputs
  add,       // a + b
  multiply,  // a * b
  divide,    // a / b; 0 where b = 0 (what is undefined is said by truth values beside it)
  minimum,
  maximum,
  choose,  // if a then b else c
  curve,   // piecewise linear and continuous: index in Graph::lines
  round,   // to a multiple of `value` > 0, by `mode`
  // truth values
  truth,       // value: 0 or 1
  less,        // a < b
  less_equal,  // a <= b
  equal,       // a = b
  both,
  either,
  negate,
};
bool is_truth(Op op);

struct Node {
  Op op = Op::constant;
  value::Rounding mode = value::Rounding::half_even;
  NodeId a = kNoNode, b = kNoNode, c = kNoNode;
  std::uint32_t index = 0;
  Number value;
};

/// A continuous piecewise linear function: points ascending by `at`, and the slopes left of the first and right of the
/// last point.
struct PiecewiseLine {
  struct Point {
    Number at, value;
  };
  std::vector<Point> points;  // at least one
  Number slope_before, slope_after;
  std::vector<Number> inner;  // slopes between neighbouring points; empty: worked out at every call
  Number operator()(const Number& at) const;
  /// Slopes of all pieces, in order.
  std::vector<Number> slopes() const;
};

/// What an input stands for; `world.cpp` makes rows from it.
struct Input {
  enum class Kind : std::uint8_t {
    rows,       // number of rows of a group
    total,      // sum of a field over a group
    date,       // a date field of the entity, as days since 1970
    category,   // a text, reference or boolean field of the entity: an index into `members`; members.size(): another
    field,      // a numeric field of the entity
    days,       // active days
    choice,     // a free truth value (0 or 1): a condition that is not analysed further
    rate,       // policy currency for one unit of another currency
    metric,     // a metric as a whole, where it is looked at alone
    opaque,     // a value that is not analysed further (percentile, rank, …)
    parameter,  // of an attack
  };
  Kind kind = Kind::opaque;
  std::string key;   // equal keys are the same input
  std::string name;  // what reports call it, in the policy's own words
  value::Unit unit;
  Interval range;
  Interval per_row;             // total: what one row can add
  bool optional = false;        // total: rows may have none of it
  std::optional<Number> grain;  // only multiples of it occur
  std::uint32_t group = 0;      // rows, total: index in Graph::groups
  model::FieldPath path;        // total, date, category, field
  value::Currency currency;     // rate
  std::int32_t offset = 0;      // how many periods before the analysed one
  bool history = false;         // everything before the earliest period that is looked at
  /// opaque: how rows make it. latest: the sum of `path` over the last day of the group; distinct: so many different
  /// values of it in the group; level: every row of the group has this value (largest, median …); computed: the sum of
  /// `value` (a product of fields …) over the rows; by_others: nothing in the store of a witness, which holds one
  /// payee.
  enum class Made : std::uint8_t { no, latest, distinct, level, computed, by_others } made = Made::no;
  model::ExprId value;
  /// opaque, choice: the events whose rows decide it, and in which periods (offsets; `whole_history`: and before them).
  /// An edit of these rows makes it another value, of which `contract` says what is certain.
  EventsRead reads;
  std::optional<std::int32_t> last_offset;  // no value: any period
  bool whole_history = false;
  /// free: any value of the range. distinct, sum: a row more adds nothing or 1 (the value of a row); greatest, least: a
  /// row more never lowers (raises) it.
  enum class Contract : std::uint8_t { free, distinct, sum, greatest, least } contract = Contract::free;
  NodeId given = kNoNode;  // truth: it has a value; greatest and least hold between two of them
  /// opaque: the aggregate behind it, or (with `of_group`) the expression that is summed over the rows of the group.
  model::AggregateId aggregate;
  model::ExprId expr;
  bool of_group = false;
  std::vector<value::Value> members;  // category
  bool fixed_period = false;          // it looks at one period that is named; attacks are not looked at there
  /// A place among others (rank, percentile_rank), and the number by which it is given: `rises` 1 where more of that
  /// number never lowers the place, -1 where it never raises it.
  NodeId measure = kNoNode, measured = kNoNode;
  int rises = 0;
  Span span;
};

/// Rows that several aggregates look at together: one source, one filter, one set of exclusions, one period.
struct Group {
  model::SourceRef source;
  model::ExprId filter;
  std::vector<model::ExclusionId> including;
  model::FieldId at;
  std::int32_t offset = 0;
  bool history = false;
  std::string filter_text;
  std::uint32_t rows_input = 0;  // index in Graph::inputs
};

/// A place where what follows changes its slope without a jump: a point of a curve, a cap, a floor, a choice of `min`.
struct Kink {
  enum class Kind : std::uint8_t {
    curve,   // a point of the curve `name`
    points,  // full points of a `capped` row; `name` is its metric
    limit,   // `name`: a payout and its clause
    choice,  // `name`: the text of `min` or `max`
  };
  Kind kind = Kind::curve;
  NodeId left = kNoNode, right = kNoNode;  // equal there
  std::string name;
  std::optional<Number> at;  // the right side, where it is a constant
  value::Unit unit;
};

class Graph {
 public:
  std::vector<Node> nodes;
  std::vector<Input> inputs;
  std::vector<PiecewiseLine> lines;
  std::vector<Group> groups;
  std::vector<Span> spans;              // by node: where it comes from; may be empty
  std::vector<NodeId> facts;            // truth values that hold in every store; added by `fact`
  std::map<NodeId, std::string> names;  // what a node is called: metrics, score …
  std::map<NodeId, value::Unit> units;  // of the nodes that have a name
  std::vector<NodeId> definitions;      // atoms that only say whether there is a value (a divisor is not 0)
  std::vector<NodeId> samples;          // truth values of `needs`
  std::vector<Kink> kinks;              // in the order in which they were built; some more than once

  /// Adds a truth value that holds in every store. Facts of the form `a <= c * b` also narrow the intervals of `b - a`
  /// and `a / b`.
  void fact(NodeId holds);
  /// c of the facts `a <= c * b` and `c * b <= a`, where there is one (b is not negative).
  struct Ratio {
    std::optional<Number> least, most;
  };
  Ratio ratio(NodeId a, NodeId b) const;

  NodeId constant(const Number& value);
  NodeId truth(bool value);
  /// The node of an input with this key; added when it is new.
  NodeId input(const Input& input);
  NodeId add(NodeId a, NodeId b);
  NodeId subtract(NodeId a, NodeId b) { return add(a, multiply(constant(Number(-1)), b)); }
  NodeId multiply(NodeId a, NodeId b);
  NodeId divide(NodeId a, NodeId b);
  NodeId minimum(NodeId a, NodeId b);
  NodeId maximum(NodeId a, NodeId b);
  NodeId choose(NodeId condition, NodeId then_value, NodeId else_value);
  NodeId curve(const PiecewiseLine& line, NodeId at);
  NodeId round(NodeId a, const Number& unit, value::Rounding mode);
  NodeId less(NodeId a, NodeId b);
  NodeId less_equal(NodeId a, NodeId b);
  NodeId equal(NodeId a, NodeId b);
  NodeId both(NodeId a, NodeId b);
  NodeId either(NodeId a, NodeId b);
  NodeId negate(NodeId a);

  const Node& operator[](NodeId id) const { return nodes[id]; }
  bool is_constant(NodeId id) const { return nodes[id].op == Op::constant; }
  bool is_true(NodeId id) const { return nodes[id].op == Op::truth && !nodes[id].value.is_zero(); }
  bool is_false(NodeId id) const { return nodes[id].op == Op::truth && nodes[id].value.is_zero(); }
  /// The span is kept for the node unless it has one.
  NodeId at(NodeId id, Span span);
  bool has_span(NodeId id) const { return spans[id].end > spans[id].begin; }

  /// `root` with nodes replaced; what does not depend on them stays the same node.
  NodeId substitute(NodeId root, const std::map<NodeId, NodeId>& replacements);
  /// Nodes that `roots` depend on, themselves included, ascending.
  std::vector<NodeId> cone(const std::vector<NodeId>& roots) const;
  /// Indices of the inputs that `root` depends on.
  std::vector<std::uint32_t> inputs_of(NodeId root) const;
  /// All values (truth values: 0 or 1) of a cone for the given inputs; other entries are left as they are.
  void evaluate(const std::vector<NodeId>& cone, const std::vector<Number>& inputs, std::vector<Number>& values) const;
  /// One node, from the values of its operands.
  Number value_of(const Node& node, const std::vector<Number>& inputs, const std::vector<Number>& values) const;

 private:
  struct Key {
    Op op;
    value::Rounding mode;
    NodeId a, b, c;
    std::uint32_t index;
    Number value;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const;
  };
  NodeId make(Node node);
  /// What `a and b` is when one of them says all of it.
  std::optional<NodeId> absorbed(NodeId a, NodeId b, Op inner) const;
  /// The branches of a nest of choices whose leaves are all constants, at most kMaximumLeaves of them.
  bool has_constant_leaves(NodeId id, std::size_t& leaves) const;
  NodeId scale_leaves(NodeId tree, NodeId factor);

  std::unordered_map<Key, NodeId, KeyHash> known_;
  std::map<std::pair<NodeId, NodeId>, Ratio> ratios_;
  std::unordered_map<std::string, NodeId> inputs_by_key_;
};

/// The interval of one node when its operands have the intervals of `known`.
Interval interval_of(const Graph& graph, const Node& node, const std::vector<Interval>& known);
/// The interval of every node of the graph (truth values: within 0 … 1), from the ranges of the inputs. `known` narrows
/// or fixes nodes.
std::vector<Interval> intervals(const Graph& graph, const std::map<NodeId, Interval>& known = {});

}  // namespace kpi::prove
