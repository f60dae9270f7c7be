// Questions as SMT-LIB text. In the abstracted form every quotient and product is a free number, held by lemmas that
// are true of quotients and products; so `unsat` carries over to the exact question, and all that is left is linear.
#include <algorithm>
#include <set>

#include "interpreter/prove/solver.hpp"

namespace kpi::prove {
namespace {

constexpr std::size_t kMaximumPairs = 150;
constexpr std::size_t kMaximumConstants = 24;

std::string literal(const Number& number) {
  const Number n = number.numerator().abs(), d = number.denominator();
  std::string text = n.to_string() + ".0";
  if (d != Number(1)) text = "(/ " + text + " " + d.to_string() + ".0)";
  return number.sign() < 0 ? "(- " + text + ")" : text;
}

class Writer {
 public:
  Writer(const Graph& graph_, bool abstract_, const std::map<std::uint32_t, Number>& fixed_)
      : graph(graph_), abstract(abstract_), fixed(fixed_), known(intervals(graph_)) {}

  Question write(const std::vector<NodeId>& truths) {
    std::vector<NodeId> roots = truths;
    collect_facts(roots);
    cone = graph.cone(roots);
    out = "(set-option :smt.arith.solver 6)\n";
    for (const NodeId id : cone) define(id);
    for (const NodeId root : roots) line("(assert " + name(root) + ")");
    if (abstract) lemmas();
    Question result;
    for (const NodeId id : cone) {
      if (graph[id].op == Op::input && !fixed.contains(graph[id].index)) result.inputs.push_back(graph[id].index);
    }
    result.script = std::move(out);
    result.abstracted = abstract && !abstracted.empty();
    return result;
  }

 private:
  void line(const std::string& text) { out += text + "\n"; }
  static std::string n(NodeId id) { return "n" + std::to_string(id); }
  std::string name(NodeId id) const {
    const Node& node = graph[id];
    if (node.op == Op::constant) return literal(node.value);
    if (node.op == Op::truth) return node.value.is_zero() ? "false" : "true";
    if (node.op == Op::input) {
      const auto value = fixed.find(node.index);
      return value == fixed.end() ? "i" + std::to_string(node.index) : literal(value->second);
    }
    return n(id);
  }

  /// Facts about the inputs that the question depends on.
  void collect_facts(std::vector<NodeId>& roots) const {
    std::set<std::uint32_t> used;
    const auto mark = [&](NodeId id) {
      for (const std::uint32_t input : graph.inputs_of(id)) used.insert(input);
    };
    for (const NodeId root : roots) mark(root);
    std::vector<bool> taken(graph.facts.size());
    for (bool more = true; more;) {
      more = false;
      for (std::size_t i = 0; i < graph.facts.size(); ++i) {
        if (taken[i]) continue;
        const auto inputs = graph.inputs_of(graph.facts[i]);
        if (std::none_of(inputs.begin(), inputs.end(), [&](std::uint32_t input) { return used.contains(input); }))
          continue;
        taken[i] = more = true;
        roots.push_back(graph.facts[i]);
        mark(graph.facts[i]);
      }
    }
  }

  void function(NodeId id, const char* sort, const std::string& body) {
    line("(define-fun " + n(id) + " () " + sort + " " + body + ")");
  }

  void free_number(NodeId id) {
    line("(declare-const " + n(id) + " Real)");
    bounds(n(id), known[id]);
  }

  void bounds(const std::string& of, const Interval& range) {
    if (range.lower) line("(assert (>= " + of + " " + literal(*range.lower) + "))");
    if (range.upper) line("(assert (<= " + of + " " + literal(*range.upper) + "))");
  }

  void define(NodeId id) {
    const Node& node = graph[id];
    const auto binary = [&](const char* op) {
      return "(" + std::string(op) + " " + name(node.a) + " " + name(node.b) + ")";
    };
    switch (node.op) {
      case Op::constant:
      case Op::truth:
        break;
      case Op::input: {
        if (fixed.contains(node.index)) break;
        line("(declare-const " + name(id) + " Real)");
        bounds(name(id), graph.inputs[node.index].range);
        discrete(id);
        break;
      }
      case Op::add:
        function(id, "Real", binary("+"));
        break;
      case Op::multiply:
        if (graph.is_constant(node.a) || !abstract || is_fixed(node.a) || is_fixed(node.b)) {
          function(id, "Real", binary("*"));
        } else {
          free_number(id);
          abstracted.push_back(id);
          products.push_back(id);
        }
        break;
      case Op::divide:
        if (is_fixed(node.b)) {
          function(id, "Real", "(ite (= " + name(node.b) + " 0.0) 0.0 " + binary("/") + ")");
          break;
        }
        free_number(id);
        line("(assert (=> (= " + name(node.b) + " 0.0) (= " + n(id) + " 0.0)))");
        if (abstract) {
          abstracted.push_back(id);
          quotients.push_back(id);
        } else {
          line("(assert (=> (not (= " + name(node.b) + " 0.0)) (= (* " + n(id) + " " + name(node.b) + ") " +
               name(node.a) + ")))");
        }
        break;
      case Op::minimum:
        function(id, "Real", "(ite " + binary("<=") + " " + name(node.a) + " " + name(node.b) + ")");
        break;
      case Op::maximum:
        function(id, "Real", "(ite " + binary(">=") + " " + name(node.a) + " " + name(node.b) + ")");
        break;
      case Op::choose:
        function(id, is_truth(graph[node.b].op) ? "Bool" : "Real",
                 "(ite " + name(node.a) + " " + name(node.b) + " " + name(node.c) + ")");
        break;
      case Op::curve:
        function(id, "Real", pieces(graph.lines[node.index], name(node.a)));
        break;
      case Op::round:
        rounded(id, node);
        break;
      case Op::less:
        function(id, "Bool", binary("<"));
        break;
      case Op::less_equal:
        function(id, "Bool", binary("<="));
        break;
      case Op::equal:
        function(id, "Bool", binary("="));
        break;
      case Op::both:
        function(id, "Bool", binary("and"));
        break;
      case Op::either:
        function(id, "Bool", binary("or"));
        break;
      case Op::negate:
        function(id, "Bool", "(not " + name(node.a) + ")");
        break;
    }
  }

  /// Choices among a few whole values are said; whole numbers of rows are relaxed to reals, which only adds states.
  void discrete(NodeId id) {
    const Input& input = graph.inputs[graph[id].index];
    const bool few = (input.kind == Input::Kind::choice || input.kind == Input::Kind::category ||
                      input.kind == Input::Kind::parameter) &&
                     input.grain && *input.grain == Number(1) && input.range.lower && input.range.upper &&
                     *input.range.upper - *input.range.lower <= Number(8);
    if (few) {
      std::string any = "(assert (or";
      for (Number value = *input.range.lower; value <= *input.range.upper; value += Number(1)) {
        any += " (= " + name(id) + " " + literal(value) + ")";
      }
      line(any + "))");
    } else if (input.kind == Input::Kind::rows) {
      // Nothing lies between no row and one.
      line("(assert (or (= " + name(id) + " 0.0) (>= " + name(id) + " 1.0)))");
    }
  }

  bool is_fixed(NodeId id) const {
    if (graph.is_constant(id)) return true;
    if (fixed.empty()) return false;
    const auto inputs = graph.inputs_of(id);
    return std::all_of(inputs.begin(), inputs.end(), [&](std::uint32_t input) { return fixed.contains(input); });
  }

  static std::string linear_piece(const PiecewiseLine::Point& point, const Number& slope, const std::string& x) {
    return "(+ " + literal(point.value - slope * point.at) + " (* " + literal(slope) + " " + x + "))";
  }

  static std::string pieces(const PiecewiseLine& line, const std::string& x) {
    const auto slopes = line.slopes();
    std::string result = linear_piece(line.points.back(), slopes.back(), x);
    for (std::size_t i = line.points.size(); i-- > 0;) {
      result = "(ite (<= " + x + " " + literal(line.points[i].at) + ") " + linear_piece(line.points[i], slopes[i], x) +
               " " + result + ")";
    }
    return result;
  }

  /// The rounded value lies within half a unit (a whole one for the directed modes), and keeps the order.
  void rounded(NodeId id, const Node& node) {
    free_number(id);
    const bool half = node.mode == value::Rounding::half_even || node.mode == value::Rounding::half_up ||
                      node.mode == value::Rounding::half_down;
    const Number slack = half ? node.value / Number(2) : node.value;
    line("(assert (<= " + n(id) + " (+ " + name(node.a) + " " + literal(slack) + ")))");
    line("(assert (>= " + n(id) + " (- " + name(node.a) + " " + literal(slack) + ")))");
    for (const NodeId other : roundings) {
      if (graph[other].value != node.value || graph[other].mode != node.mode) continue;
      line("(assert (=> (<= " + name(graph[other].a) + " " + name(node.a) + ") (<= " + n(other) + " " + n(id) + ")))");
      line("(assert (=> (<= " + name(node.a) + " " + name(graph[other].a) + ") (<= " + n(id) + " " + n(other) + ")))");
    }
    roundings.push_back(id);
    abstracted.push_back(id);
  }

  // ---- lemmas ------------------------------------------------------------------------------------------------------

  /// Constants that a quotient is compared with on its way: there, `q < c` is the same as `p < c * d`.
  std::map<NodeId, std::set<Number>> constants() const {
    struct Linear {
      NodeId of;
      Number factor, offset;
    };
    std::map<NodeId, Linear> linear;
    std::map<NodeId, std::set<Number>> result;
    for (const NodeId q : quotients) {
      linear[q] = {q, Number(1), Number(0)};
      result[q] = {Number(0), Number(1)};
    }
    const auto meet = [&](NodeId id, const Number& constant) {
      const auto found = linear.find(id);
      if (found == linear.end() || found->second.factor.is_zero()) return;
      auto& set = result[found->second.of];
      if (set.size() < kMaximumConstants) set.insert((constant - found->second.offset) / found->second.factor);
    };
    for (const NodeId id : cone) {
      const Node& node = graph[id];
      if (node.op == Op::multiply && graph.is_constant(node.a) && linear.contains(node.b)) {
        Linear scaled = linear.at(node.b);
        scaled.factor *= graph[node.a].value;
        scaled.offset *= graph[node.a].value;
        linear[id] = scaled;
      } else if (node.op == Op::add && (graph.is_constant(node.a) || graph.is_constant(node.b))) {
        const NodeId constant = graph.is_constant(node.a) ? node.a : node.b;
        const NodeId other = constant == node.a ? node.b : node.a;
        if (linear.contains(other)) {
          Linear moved = linear.at(other);
          moved.offset += graph[constant].value;
          linear[id] = moved;
        }
      } else if (node.op == Op::curve) {
        for (const auto& point : graph.lines[node.index].points) meet(node.a, point.at);
      } else if (node.op == Op::less || node.op == Op::equal || node.op == Op::minimum || node.op == Op::maximum) {
        if (graph.is_constant(node.b)) meet(node.a, graph[node.b].value);
        if (graph.is_constant(node.a)) meet(node.b, graph[node.a].value);
      }
      // A clamped quotient still stands for it between the clamps.
      if ((node.op == Op::minimum || node.op == Op::maximum) &&
          (graph.is_constant(node.a) || graph.is_constant(node.b))) {
        const NodeId other = graph.is_constant(node.a) ? node.b : node.a;
        if (linear.contains(other)) linear[id] = linear.at(other);
      }
    }
    return result;
  }

  void lemmas() {
    const auto compared = constants();
    for (const NodeId q : quotients) {
      const std::string p = name(graph[q].a), d = name(graph[q].b);
      for (const Number& c : compared.at(q)) {
        const std::string scaled = "(* " + literal(c) + " " + d + ")";
        line("(assert (=> (> " + d + " 0.0) (and (= (< " + n(q) + " " + literal(c) + ") (< " + p + " " + scaled +
             ")) (= (<= " + n(q) + " " + literal(c) + ") (<= " + p + " " + scaled + ")))))");
      }
    }
    std::size_t pairs = 0;
    for (std::size_t i = 0; i < quotients.size(); ++i) {
      for (std::size_t j = 0; j < quotients.size() && pairs < kMaximumPairs; ++j) {
        if (i == j || !related(quotients[i], quotients[j])) continue;
        ++pairs;
        pair(quotients[i], quotients[j], compared.at(quotients[i]));
      }
    }
    for (const NodeId id : products) product(id);
    for (std::size_t i = 0; i < products.size(); ++i) {
      for (std::size_t j = 0; j < products.size() && pairs < kMaximumPairs; ++j) {
        if (i == j) continue;
        ++pairs;
        product_pair(products[i], products[j]);
      }
    }
  }

  /// Before and after: numerators or denominators share an input.
  bool related(NodeId a, NodeId b) const {
    const auto inputs_a = graph.inputs_of(a), inputs_b = graph.inputs_of(b);
    std::vector<std::uint32_t> common;
    std::set_intersection(inputs_a.begin(), inputs_a.end(), inputs_b.begin(), inputs_b.end(),
                          std::back_inserter(common));
    return 2 * common.size() >= std::min(inputs_a.size(), inputs_b.size());
  }

  void pair(NodeId x, NodeId y, const std::set<Number>& compared) {
    const std::string p = name(graph[x].a), d = name(graph[x].b), p2 = name(graph[y].a), d2 = name(graph[y].b);
    const std::string guard = "(> " + d + " 0.0) (> " + d2 + " 0.0)";
    const std::string below = "(<= " + n(x) + " " + n(y) + ")";
    line("(assert (=> (and " + guard + " (<= " + p + " " + p2 + ") (>= " + d + " " + d2 + ") (>= " + p2 + " 0.0)) " +
         below + "))");
    line("(assert (=> (and " + guard + " (<= " + p + " " + p2 + ") (<= " + d + " " + d2 + ") (<= " + p2 + " 0.0)) " +
         below + "))");
    line("(assert (=> (and " + guard + " (= " + d + " " + d2 + ") (<= " + p + " " + p2 + ")) " + below + "))");
    // (p + dp) / (d + dd) lies between p / d and dp / dd: what is added at a rate below c pulls down what lies above c.
    for (const Number& c : compared) {
      const std::string scaled = "(* " + literal(c) + " ";
      const std::string added = "(- " + p2 + " " + p + ")", weight = "(- " + d2 + " " + d + ")";
      line("(assert (=> (and " + guard + " (>= " + d2 + " " + d + ") (>= " + p + " " + scaled + d + ")) (<= " + added +
           " " + scaled + weight + "))) (<= " + n(y) + " " + n(x) + ")))");
      line("(assert (=> (and " + guard + " (>= " + d2 + " " + d + ") (<= " + p + " " + scaled + d + ")) (>= " + added +
           " " + scaled + weight + "))) (>= " + n(y) + " " + n(x) + ")))");
    }
  }

  /// McCormick's four inequalities, as far as the factors are bounded, and the signs.
  void product(NodeId id) {
    const NodeId a = graph[id].a, b = graph[id].b;
    const Interval& ia = known[a];
    const Interval& ib = known[b];
    const auto corner = [&](const Number& at_a, const Number& at_b, const char* op) {
      // a*b op at_b*a + at_a*b - at_a*at_b
      line("(assert (" + std::string(op) + " " + n(id) + " (+ (* " + literal(at_b) + " " + name(a) + ") (* " +
           literal(at_a) + " " + name(b) + ") " + literal(-(at_a * at_b)) + ")))");
    };
    if (ia.lower && ib.lower) corner(*ia.lower, *ib.lower, ">=");
    if (ia.upper && ib.upper) corner(*ia.upper, *ib.upper, ">=");
    if (ia.lower && ib.upper) corner(*ia.lower, *ib.upper, "<=");
    if (ia.upper && ib.lower) corner(*ia.upper, *ib.lower, "<=");
    line("(assert (=> (= " + name(a) + " 0.0) (= " + n(id) + " 0.0)))");
    line("(assert (=> (= " + name(b) + " 0.0) (= " + n(id) + " 0.0)))");
  }

  /// Factors that are not negative and grow make a product that grows.
  void product_pair(NodeId x, NodeId y) {
    for (const bool crossed : {false, true}) {
      const std::string a = name(graph[x].a), b = name(graph[x].b);
      const std::string a2 = name(crossed ? graph[y].b : graph[y].a), b2 = name(crossed ? graph[y].a : graph[y].b);
      line("(assert (=> (and (>= " + a + " 0.0) (>= " + b + " 0.0) (<= " + a + " " + a2 + ") (<= " + b + " " + b2 +
           ")) (<= " + n(x) + " " + n(y) + ")))");
    }
  }

  const Graph& graph;
  bool abstract;
  const std::map<std::uint32_t, Number>& fixed;
  std::vector<Interval> known;
  std::vector<NodeId> cone, abstracted, quotients, products, roundings;
  std::string out;
};

}  // namespace

Question question(const Graph& graph, const std::vector<NodeId>& truths, bool abstract,
                  const std::map<std::uint32_t, Number>& fixed) {
  return Writer(graph, abstract, fixed).write(truths);
}

}  // namespace kpi::prove
