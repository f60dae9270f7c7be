#include "interpreter/eval/scan_native.hpp"

#include "interpreter/eval/scan_pass.hpp"

namespace kpi::eval::scanning {

bool is_native(const model::Aggregate& aggregate) {
  return aggregate.type.kind == value::Kind::number && aggregate.type.unit.currency.is_native();
}

NativeAccumulator::NativeAccumulator(World& world, const model::Aggregate& aggregate,
                                     std::unique_ptr<Accumulator> inner)
    : Accumulator(world, aggregate),
      inner_(std::move(inner)),
      sources_(model::native_currencies(world.policy, aggregate.value)) {}

void NativeAccumulator::compile(Program& program) {
  inner_->compile(program);
  value = inner_->value;
  for (const model::NativeCurrency& source : sources_) {
    nodes_.push_back(source.fixed.is_none() ? program.compile_path(source.column) : -1);
  }
}

void NativeAccumulator::note(std::uint32_t cell, Code currency) {
  if (cell >= first_.size()) first_.resize(cell + std::size_t{1}, kNoCode);
  if (first_[cell] == kNoCode) first_[cell] = currency;
  if (first_[cell] != currency) more_[cell].insert(currency);
}

void NativeAccumulator::add_batch(Program& program, std::span<const std::uint32_t> targets, std::uint32_t cells) {
  inner_->add_batch(program, targets, cells);
  Vec values;
  const bool knows_absent = program.evaluate(value.node, values);
  const auto counts = [&](std::size_t row) {
    if (targets[row] == 0) return false;
    return knows_absent ? !values.is_absent(row) : program.simple(value.expr, row).has_value();
  };
  for (std::size_t at = 0; at < sources_.size(); ++at) {
    const model::NativeCurrency& source = sources_[at];
    const Code fixed = source.fixed.is_none() ? kNoCode : world_.pool.code(source.fixed.code());
    Vec codes;
    const bool is_fast = program.evaluate(nodes_[at], codes);
    for (std::size_t row = 0; row < targets.size(); ++row) {
      if (!counts(row)) continue;
      if (fixed != kNoCode) {
        note(targets[row], fixed);
      } else if (is_fast) {
        if (!codes.is_absent(row)) note(targets[row], codes.values[row]);
      } else {
        const Value code =
            program.evaluator().path_value(source.column, RowContext{&program.batch(), row, nullptr, {}});
        if (code.has_value()) note(targets[row], value_code(code, world_.pool));
      }
    }
  }
}

void NativeAccumulator::take_in(Accumulator& other, std::span<const std::uint32_t> places, std::uint32_t cells) {
  auto& from = static_cast<NativeAccumulator&>(other);
  inner_->take_in(*from.inner_, places, cells);
  for (std::uint32_t cell = 1; cell < from.first_.size(); ++cell) {
    if (from.first_[cell] != kNoCode) note(places[cell], from.first_[cell]);
  }
  for (const auto& [cell, codes] : from.more_) {
    for (const Code code : codes) note(places[cell], code);
  }
}

void NativeAccumulator::currencies(std::span<const std::uint32_t> cells, std::set<Code>& found) const {
  for (const std::uint32_t cell : cells) {
    if (cell < first_.size() && first_[cell] != kNoCode) found.insert(first_[cell]);
    if (const auto more = more_.find(cell); more != more_.end()) found.insert(more->second.begin(), more->second.end());
  }
}

}  // namespace kpi::eval::scanning
