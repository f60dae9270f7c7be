// Attacks in the graph: what a declared (or usual) attack does to the inputs of one or two periods, what it costs, and
// the rows that make it happen in a store.
#pragma once

#include "interpreter/model/attack.hpp"
#include "interpreter/prove/edits.hpp"
#include "interpreter/prove/reach.hpp"
#include "interpreter/prove/shape.hpp"

namespace kpi::prove {

/// Values before and after an attack, over the periods it touches. With one period, it is the analysed one (offset 0);
/// with two, the attack happens in the one before (offset 1) and its effects on the next are counted too.
struct AttackGraph {
  NodeId before = kNoNode, after = kNoNode;  // sum of pay over the periods, before rounding
  NodeId amount_before = kNoNode,
         amount_after = kNoNode;  // as paid, with what a cap carries on, less what is taken back
  /// With `clawback`: the first period's amount as the next one sees it; less than what was paid is taken back.
  NodeId recomputed = kNoNode;
  std::vector<NodeId> paid_before, paid_after;  // amount of each period, the earlier first
  NodeId cost = kNoNode;
  NodeId gain = kNoNode;  // amount_after - amount_before - cost
  NodeId gain_unrounded = kNoNode;
  std::vector<NodeId> require;
  std::vector<std::uint32_t> parameters;  // indices of its inputs
  /// All rows of a step pass a filter, or none does: good for a search, too narrow for a proof. See `encode`.
  bool alike = false;
  /// Values that are no sums stand still. Not required: a first search keeps to it, so that what it finds can be shown.
  std::vector<NodeId> still;
  std::int32_t periods = 1;

  /// What one form does with rows, to be played on a store.
  struct Step {
    model::Attack::Form::Kind kind;
    model::EventsId events;
    model::FieldId field;
    NodeId count;                               // rows (removes: units)
    std::map<std::uint32_t, NodeId> totals;     // by field: sum over these rows
    std::map<std::uint32_t, ExprId> fixed;      // adds: other values; changes: the new value
    std::map<std::uint32_t, value::Value> set;  // changes: the new value where the policy has no expression for it
    std::map<std::uint32_t, NodeId> raised;     // changes: the new sum over these rows
    std::set<std::uint32_t> next_period;        // of totals and fixed: only when the next period is evaluated
    bool earlier = false;                       // moves: from the later period into the earlier one
  };
  std::vector<Step> steps;
  /// Input nodes and what they are after the attack, for each evaluated period.
  std::vector<std::map<NodeId, NodeId>> moved;
  /// How much each input moves, from the ranges of the parameters: for direction analysis.
  Change change;
  /// Pay looks back further than the periods that are counted, so that effects of the attack are missing.
  bool beyond = false;
  Interval of_one_period;  // with `beyond`: how far the pay of any one period can move, however much later
};

/// Encodes an attack against the shape's value. The graph grows; names of parameters begin with the attack's name.
class AttackEncoder {
 public:
  /// `changed`: what the one form `changes` does to its field, instead of setting it to a value of the policy.
  AttackEncoder(Shape& shape, const model::Attack& attack, const FieldChange* changed = nullptr)
      : shape_(shape), graph_(shape.graph), attack_(attack), changed_(changed) {}
  /// `earlier`: what moves goes from the later period into the earlier one. `measured`: a field of added rows whose sum
  /// is wanted although pay may not read it. `any_mix`: some rows of a step may pass a filter that others fail; every
  /// such mix is covered, but not each of its states has rows that make it.
  AttackGraph encode(bool earlier = false, std::optional<std::uint32_t> measured = std::nullopt, bool any_mix = false);

 private:
  using Form = model::Attack::Form;
  NodeId parameter(const std::string& name, Interval range, std::optional<Number> grain, value::Unit unit);
  void encode_form(const Form& form, std::size_t index);
  void adds(const Form& form, AttackGraph::Step& step);
  void removes(const Form& form, AttackGraph::Step& step);
  void changes(const Form& form, AttackGraph::Step& step);
  void moves(const Form& form, AttackGraph::Step& step);
  void splits(const Form& form, AttackGraph::Step& step);
  NodeId total(AttackGraph::Step& step, model::EventsId events, std::uint32_t field, Interval per_row);
  NodeId referred(AttackGraph::Step& step, const Input& input);
  void shift(std::uint32_t input, NodeId by, bool next_only = false);
  void touch(const Form& form, AttackGraph::Step& step);
  bool is_behind(const Form& form, const Input& input) const;
  std::optional<AddedValue> added_value(const Form& form, AttackGraph::Step& step, std::uint32_t index);
  NodeId taken_part(const Group& group, NodeId whole);
  NodeId taken_part(const Group& group, const Input& input, AttackGraph::Step& step);
  NodeId part_of_rows(const Group& group, const AttackGraph::Step& step);
  bool turns(const Group& group, const std::function<bool(std::uint32_t)>& field);
  void turn_rows(std::uint32_t index, const Input& input, const Group& group, NodeId more);
  NodeId taken_part_named(const std::string& name);
  void mix(std::uint32_t index, const Input& input, const Turn& turned, const Form& form,
           const AttackGraph::Step& step);
  Interval moved_by_field(const Form& form, const Input& input) const;
  void move_what_goes_along(const Form& form);
  NodeId cost_of(AttackGraph::Step& step);
  std::optional<NodeId> linear(ExprId expr, AttackGraph::Step& step);
  template <class Visit>
  void for_each_input(model::EventsId events, std::int32_t offset, Visit visit);
  std::int32_t periods_needed() const;
  Interval of_one_period() const;

  Shape& shape_;
  Graph& graph_;
  const model::Attack& attack_;
  const FieldChange* changed_;
  std::optional<FieldChange> now_changing_;
  AttackGraph result_;
  std::string prefix_, direction_;
  std::optional<std::uint32_t> measured_;
  bool any_mix_ = false, earlier_ = false;
  std::int32_t now_ = 0;                                  // offset of the period in which the attack happens
  std::map<std::uint32_t, NodeId> deltas_, late_deltas_;  // by input: what is added (in the next evaluation only)
  std::map<std::uint32_t, Edited> touched_;               // by input: values that are not looked into
};

/// Whether the value that is analysed reads rows of these events, be it in sums or otherwise.
bool touches(const Shape& shape, model::EventsId events);
/// Whether rows of events, or of events that refer to them, enter an input.
bool reads_rows_of(const model::Policy& policy, const Graph& graph, const Input& input, model::EventsId events);
/// A value that is not taken apart, made of the metric as it is in the analysed period.
inline bool is_made_of(const Input& input, MetricId metric) {
  return input.reads.metrics.contains(metric.index) && !input.fixed_period;
}
/// A place among others (rank) follows the number by which it is given, which `moved` may change.
void follow_measure(Graph& graph, const Input& input, NodeId after, const std::map<NodeId, NodeId>& moved,
                    std::vector<NodeId>& require);
/// A value that is not looked into, after what it is made of changed: any in its range. What is certain about it goes
/// into `require`; `moved` are the inputs that moved so far.
NodeId moved_freely(Graph& graph, const Input& input, const std::string& suffix, const std::map<NodeId, NodeId>& moved,
                    std::vector<NodeId>& require);
/// The interval in which it moves. `delta` knows how far its measure moves.
Interval moves_freely(const Graph& graph, const Input& input, const Deltas& delta);

/// Whether what is refunded at any time of the next period is still taken back: the time of the clawback, counted from
/// the end of the period, covers the next one.
bool takes_back(const model::Payout& payout);

/// Whether the payee can do it: `collected` decides for removes and changes.
bool is_admissible(const model::Policy& policy, const model::Attack& attack);

}  // namespace kpi::prove
