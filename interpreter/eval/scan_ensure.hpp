// `ensure "…" sum(credits.share) = 1 for each credits.order`: a condition over aggregates, for each group of rows.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "interpreter/eval/scan_accumulate.hpp"
#include "interpreter/eval/scan_plan.hpp"

namespace kpi::eval::scanning {

class EnsureCheck {
 public:
  EnsureCheck(World& world, const model::Ensure& ensure);
  void add_reads(Plan& plan, Reads& reads) const;
  void compile(Program& program);
  /// All rows take part, also those that exclusions take out of metrics: what is checked is the data.
  void take(Program& program, const std::vector<std::uint8_t>& active);
  /// Takes in what another thread has found for the same `ensure`. Before finish().
  void take_in(const EnsureCheck& other);
  const model::Ensure& declaration() const { return ensure_; }
  /// Reports the groups for which the condition does not hold, in the order of their names.
  void finish();
  /// The events whose rows the condition's aggregates read; none when there are none.
  static std::optional<EventsId> events_of(const Policy& policy, const model::Ensure& ensure);

 private:
  struct Part {
    model::AggregateId id;
    const model::Aggregate* aggregate = nullptr;
    Program::Root filter;
    std::unique_ptr<Accumulator> accumulator;
    std::vector<std::int64_t> counts;
    std::vector<std::uint32_t> targets;
  };
  /// The path of the group from a row of the events.
  std::optional<FieldPath> group_path() const;
  std::string text_of(const Value& group) const;
  void report_mixed_currencies();

  World& world_;
  const model::Ensure& ensure_;
  EventsId events_;
  std::vector<Part> parts_;
  std::optional<FieldPath> path_;
  tsl::robin_map<Code, std::uint32_t, CodeHash> cells_;
  std::vector<Value> groups_;          // by cell - 1
};

}  // namespace kpi::eval::scanning
