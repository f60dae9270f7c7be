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
  NodeId before = kNoNode, after = kNoNode;                // sum of pay over the periods, before rounding
  NodeId amount_before = kNoNode, amount_after = kNoNode;  // as paid
  std::vector<NodeId> paid_before, paid_after;             // amount of each period, the earlier first
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
  void shift(std::uint32_t input, NodeId by, bool next_only = false);
  void touch(const Form& form, AttackGraph::Step& step);
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
  bool needs_two_periods() const;

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

/// Whether the payee can do it: `collected` decides for removes and changes.
bool is_admissible(const model::Policy& policy, const model::Attack& attack);

}  // namespace kpi::prove
