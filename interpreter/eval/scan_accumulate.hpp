// Accumulators: one per aggregate and grouping, an array over cells. Sums are integers per decimal scale; what does not
// fit into 64 bits goes to exact rationals beside them.
#pragma once

#include <memory>
#include <set>
#include <span>
#include <vector>

#include "interpreter/eval/scan_group.hpp"
#include "interpreter/eval/scan_reduce.hpp"

namespace kpi::eval::scanning {

class Accumulator {
 public:
  Accumulator(World& world, const model::Aggregate& aggregate) : world_(world), aggregate_(aggregate) {}
  virtual ~Accumulator() = default;
  /// The value expression, compiled; -1 and invalid where whole rows are counted.
  Program::Root value;
  virtual void compile(Program& program) {
    if (aggregate_.value.valid()) value = program.compile(aggregate_.value);
  }
  /// `targets[row]` is the row's cell, 0 for rows that do not count; cells are below `cells`.
  virtual void add_batch(Program& program, std::span<const std::uint32_t> targets, std::uint32_t cells) = 0;
  /// The same where few rows count: `selected` are those with a cell.
  virtual void add_selected(Program& program, std::span<const std::uint32_t> targets, std::span<const std::uint32_t> /*selected*/,
                            std::uint32_t cells) {
    add_batch(program, targets, cells);
  }
  /// Takes in what another thread has collected for the same aggregate, which may be gone there then; `places` are the
  /// cells here of the cells there, all below `cells`. Before finish().
  virtual void take_in(Accumulator& other, std::span<const std::uint32_t> places, std::uint32_t cells) = 0;
  virtual void finish() {}
  /// The aggregate over these cells together. `counts` are the rows per cell.
  virtual Value result(std::span<const std::uint32_t> cells, const std::vector<std::int64_t>& counts) const = 0;
  /// Adds the currencies, as codes of texts, of the rows in these cells, where amounts are in their rows' own currency.
  virtual void currencies(std::span<const std::uint32_t> /*cells*/, std::set<Code>& /*found*/) const {}

 protected:
  World& world_;
  const model::Aggregate& aggregate_;
};

std::unique_ptr<Accumulator> make_accumulator(World& world, const model::Aggregate& aggregate);

}  // namespace kpi::eval::scanning
