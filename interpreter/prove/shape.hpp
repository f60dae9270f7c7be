// One payout or scorecard ready for questions: its graph, the places where it can jump, and the states that searching
// has found. Shared by the facts for lint rules and by the analyser.
#pragma once

#include "interpreter/prove/build.hpp"
#include "interpreter/prove/delta.hpp"
#include "interpreter/prove/facts.hpp"
#include "interpreter/prove/search.hpp"

namespace kpi::prove {

/// Evaluations that one question may take before it is given up.
struct Effort {
  std::size_t evaluations = 2'000;
  std::uint64_t seed = 1;
  bool quick = false;  // a size that is reached will do: the search settles, and does not ask whether it has a limit
};

/// The payout, scorecard or alert that is analysed: the first that is valid. The value of an alert is 1 when its
/// condition holds and 0 otherwise.
struct Target {
  PayoutId payout;
  ScorecardId scorecard;
  model::AlertId alert;
};

class Shape {
 public:
  Shape(const model::Policy& policy, Target target, bool cut_metrics = false);

  const model::Policy& policy;
  const Target target;
  Graph graph;
  value::Period period;
  Builder builder;
  PayGraph pay;

  /// The value that is analysed: pay before its last rounding, or the score.
  NodeId value() const { return pay.pay; }
  value::Unit unit() const;
  value::Date anchor() const { return period.start(); }

  /// A comparison whose outcome decides between different values.
  struct Threshold {
    NodeId atom;
    NodeId left, right;  // of the comparison
    Jump::Kind kind = Jump::Kind::performance;
    std::string quantity;
    std::optional<Number> at;
    std::string place;  // `at` in the words of the policy where it is a day or a text
    value::Unit unit;
    Span span;
    /// The atom is `quantity < at` (or `at < quantity`): true when truth means the lower side.
    bool true_is_below = true;
  };
  std::vector<Threshold> thresholds() { return thresholds_of(value()); }
  std::vector<Threshold> thresholds_of(NodeId root);
  /// What a node is called in the policy's words.
  std::string name_of(NodeId node) const;
  /// The day or text that a value of this node stands for; empty for other nodes.
  std::string place_of(NodeId quantity, const Number& at) const;

  /// The value with the atom decided one way: {as if true, as if false}.
  std::pair<NodeId, NodeId> decided(NodeId atom);
  /// The largest jump at a threshold; none when there is certainly none. `complete` becomes false when a jump is
  /// possible but none was found.
  std::optional<Jump> jump(const Threshold& threshold, const Effort& effort, bool& complete,
                           std::optional<State>* state = nullptr);
  /// A place where a rounded number inside a formula takes its next value, and pay moves by more than the tolerance.
  struct Step {
    Threshold threshold;
    Jump jump;
    State place;
  };
  /// One for each rounding; `complete` becomes false where a step is possible but none was found.
  std::vector<Step> rounding_steps(const Number& tolerance, const Effort& effort, bool& complete);
  /// Ranks that the value depends on: inputs that step when somebody else is passed.
  std::vector<std::uint32_t> places_among_others() const;
  Interval range() const { return intervals(graph)[value()]; }

  /// k more rows of events: what they add to the inputs. Filters are passed or not, as suits the one who adds.
  struct Addition {
    std::map<NodeId, NodeId> after;        // input nodes -> nodes after the addition
    std::map<NodeId, Interval> moved;      // of `after`, where it is neither a number of rows nor a sum: by how much
    NodeId count = kNoNode;                // how many
    std::map<std::string, NodeId> totals;  // added sum of each field, by path text
    std::vector<NodeId> require;
    std::vector<std::uint32_t> parameters;
  };
  Addition add_rows(model::EventsId events, std::int64_t least, std::int64_t most, const std::string& prefix);
  /// Events with the role `orders` that the value reads.
  std::vector<model::EventsId> order_events() const;
};

}  // namespace kpi::prove
