// Aggregates over amounts in their own currencies: which currencies the rows of a cell had.
#pragma once

#include <map>
#include <set>

#include "interpreter/eval/scan_accumulate.hpp"
#include "interpreter/model/native.hpp"

namespace kpi::eval::scanning {

/// Is the result in the rows' own currency, so that rows of different currencies must not meet in it?
bool is_native(const model::Aggregate& aggregate);

/// An accumulator, and beside it the currencies of the rows that it takes.
class NativeAccumulator final : public Accumulator {
 public:
  NativeAccumulator(World& world, const model::Aggregate& aggregate, std::unique_ptr<Accumulator> inner);
  void compile(Program& program) override;
  void add_batch(Program& program, std::span<const std::uint32_t> targets, std::uint32_t cells) override;
  void take_in(Accumulator& other, std::span<const std::uint32_t> places, std::uint32_t cells) override;
  void finish() override { inner_->finish(); }
  Value result(std::span<const std::uint32_t> cells, const std::vector<std::int64_t>& counts) const override {
    return inner_->result(cells, counts);
  }
  void currencies(std::span<const std::uint32_t> cells, std::set<Code>& found) const override;

 private:
  static constexpr Code kNoCode = std::numeric_limits<Code>::min();
  void note(std::uint32_t cell, Code currency);

  std::unique_ptr<Accumulator> inner_;
  std::vector<model::NativeCurrency> sources_;
  std::vector<int> nodes_;                        // of the columns of `sources_`
  std::vector<Code> first_;                       // by cell
  std::map<std::uint32_t, std::set<Code>> more_;  // cells with several
};

}  // namespace kpi::eval::scanning
