#include "interpreter/prove/edits.hpp"

namespace kpi::prove {

bool is_touched(const Input& input, const Edit& edit) {
  if (input.kind != Input::Kind::opaque && input.kind != Input::Kind::choice) return false;
  if (!input.reads.events.contains(edit.events) || input.fixed_period) return false;
  if (edit.field && !input.reads.fields.contains({edit.events, *edit.field})) return false;
  if (edit.offset < input.offset) return false;  // it looks at earlier periods only
  return !input.last_offset || input.whole_history || edit.offset <= *input.last_offset;
}

Edited edited(Graph& graph, std::uint32_t index, const Edit& edit, const MakeParameter& parameter,
              const std::optional<AddedValue>& one) {
  const Input input = graph.inputs[index];
  const NodeId before = graph.input(input);
  const std::string name = input.name + " after";
  Edited result;
  const auto free = [&] {
    result.after = parameter(name, input.range, input.grain, input.unit);
    result.moved = input.range - input.range;
  };
  using Contract = Input::Contract;
  const Contract contract = edit.added == kNoNode ? Contract::free : input.contract;
  if (one && input.given != kNoNode) {
    NodeId beside = kNoNode;  // with other rows there
    if (contract == Contract::greatest || contract == Contract::least) {
      const bool up = contract == Contract::greatest;
      beside = up ? graph.maximum(before, one->value) : graph.minimum(before, one->value);
      result.moved = input.range - input.range;
      (up ? result.moved.lower : result.moved.upper) = Number(0);
    } else {
      free();
      beside = result.after;
    }
    result.after = graph.choose(one->passes, graph.choose(input.given, beside, one->value), before);
    return result;
  }
  switch (contract) {
    case Contract::free:
      free();
      break;
    case Contract::distinct: {
      const Interval rows = graph[edit.added].op == Op::constant ? Interval::exactly(graph[edit.added].value)
                                                                 : graph.inputs[graph[edit.added].index].range;
      const NodeId more = parameter(input.name + " more", {Number(0), rows.upper}, Number(1), input.unit);
      result.after = graph.add(before, more);
      result.moved = {Number(0), rows.upper};
      result.require.push_back(graph.less_equal(more, edit.added));
      break;
    }
    case Contract::sum: {
      const Interval rows = graph[edit.added].op == Op::constant ? Interval::exactly(graph[edit.added].value)
                                                                 : graph.inputs[graph[edit.added].index].range;
      const Interval row = hull(input.per_row, Interval::exactly(Number(0)));  // filters may leave it out
      result.moved = row * rows;
      const NodeId more = parameter(input.name + " more", result.moved, input.grain, input.unit);
      if (row.lower)
        result.require.push_back(graph.less_equal(graph.multiply(graph.constant(*row.lower), edit.added), more));
      if (row.upper)
        result.require.push_back(graph.less_equal(more, graph.multiply(graph.constant(*row.upper), edit.added)));
      result.after = graph.add(before, more);
      break;
    }
    case Contract::greatest:
    case Contract::least: {
      free();
      const bool up = contract == Contract::greatest;
      const NodeId kept = up ? graph.less_equal(before, result.after) : graph.less_equal(result.after, before);
      // Without a row before there is nothing that it could be compared with.
      const bool sure = input.given == kNoNode;
      result.require.push_back(sure ? kept : graph.either(graph.negate(input.given), kept));
      (up ? result.moved.lower : result.moved.upper) = Number(0);
      break;
    }
  }
  return result;
}

}  // namespace kpi::prove
