#include "interpreter/eval/scan_ensure.hpp"

#include <algorithm>

#include "grammar/source/diagnostics/data.hpp"
#include "interpreter/eval/scan_cell.hpp"
#include "interpreter/model/dump.hpp"
#include "interpreter/model/walk.hpp"

namespace kpi::eval::scanning {

using source::DiagnosticId;
namespace ids = source::ids;

namespace {

void collect_aggregates(const Policy& policy, ExprId id, std::vector<model::AggregateId>& found) {
  const auto& node = policy.expr(id).node;
  if (const auto* aggregate = std::get_if<model::AggregateRef>(&node)) {
    if (std::find(found.begin(), found.end(), aggregate->aggregate) == found.end())
      found.push_back(aggregate->aggregate);
  }
  model::for_each_operand(node, [&](ExprId operand) { collect_aggregates(policy, operand, found); });
}

}  // namespace

std::optional<EventsId> EnsureCheck::events_of(const Policy& policy, const model::Ensure& ensure) {
  std::vector<model::AggregateId> found;
  collect_aggregates(policy, ensure.condition, found);
  if (found.empty() || !policy.aggregates[found.front().index].source.is_events()) return std::nullopt;
  return policy.aggregates[found.front().index].source.events();
}

EnsureCheck::EnsureCheck(World& world, const model::Ensure& ensure)
    : world_(world), ensure_(ensure), events_(*events_of(world.policy, ensure)) {
  std::vector<model::AggregateId> found;
  collect_aggregates(world.policy, ensure.condition, found);
  for (const auto id : found) {
    Part part;
    part.id = id;
    part.aggregate = &world.policy.aggregates[id.index];
    part.accumulator = make_accumulator(world, *part.aggregate);
    parts_.push_back(std::move(part));
  }
  path_ = group_path();
}

std::optional<FieldPath> EnsureCheck::group_path() const {
  if (!ensure_.each_source) return std::nullopt;
  const SourceRef own = SourceRef::of(events_);
  if (*ensure_.each_source == own) return ensure_.each;
  if (!ensure_.each_source->is_events()) {
    const FieldPath* path = world_.policy.events[events_.index].owner_paths.to(EntityId{ensure_.each_source->index});
    return path ? std::optional(*path) : std::nullopt;
  }
  const auto& fields = world_.policy.events[events_.index].fields;
  for (std::uint32_t index = 0; index < fields.size(); ++index) {
    if (fields[index].type.kind != value::Kind::event || fields[index].type.index != ensure_.each_source->index)
      continue;
    FieldPath path = ensure_.each;
    path.refs.insert(path.refs.begin(), FieldId{index});
    return path;
  }
  return std::nullopt;
}

void EnsureCheck::add_reads(Plan& plan, Reads& reads) const {
  const SourceRef source = SourceRef::of(events_);
  if (path_) plan.add_path(*path_, source, reads);
  for (const Part& part : parts_) {
    plan.add_expr(part.aggregate->value, {source}, 0, reads);
    plan.add_expr(part.aggregate->filter, {source}, 0, reads);
  }
}

void EnsureCheck::compile(Program& program) {
  for (Part& part : parts_) {
    part.accumulator->compile(program);
    if (part.aggregate->filter.valid()) part.filter = program.compile(part.aggregate->filter);
  }
}

void EnsureCheck::take(Program& program, const std::vector<std::uint8_t>& active) {
  const Table& table = program.batch();
  std::vector<std::uint32_t> cells(table.rows, 0);
  for (std::size_t row = 0; row < table.rows; ++row) {
    if (active[row] == 0) continue;
    Value group = true;
    if (path_) group = program.evaluator().path_value(*path_, RowContext{&table, row, nullptr, {}});
    if (!group.has_value()) continue;
    const auto [entry, is_new] =
        cells_.emplace(value_code(group, world_.pool), static_cast<std::uint32_t>(groups_.size() + 1));
    if (is_new) groups_.push_back(std::move(group));
    cells[row] = entry->second;
  }
  const auto size = static_cast<std::uint32_t>(groups_.size() + 1);
  std::vector<std::uint8_t> passes(table.rows, 1);
  for (Part& part : parts_) {
    part.counts.resize(size);
    part.targets.assign(table.rows, 0);
    if (part.aggregate->filter.valid()) program.truth(part.filter, passes.data());
    for (std::size_t row = 0; row < table.rows; ++row) {
      const bool fits = !part.aggregate->filter.valid() || passes[row] != 0;
      if (fits) ++part.counts[part.targets[row] = cells[row]];
    }
    part.accumulator->add_batch(program, part.targets, size);
  }
}

void EnsureCheck::take_in(const EnsureCheck& other) {
  std::vector<std::uint32_t> places(other.groups_.size() + 1, 0);
  for (const auto& [code, cell] : other.cells_) {
    const auto [entry, is_new] = cells_.emplace(code, static_cast<std::uint32_t>(groups_.size() + 1));
    if (is_new) groups_.push_back(other.groups_[cell - 1]);
    places[cell] = entry->second;
  }
  const auto cells = static_cast<std::uint32_t>(groups_.size() + 1);
  for (std::size_t index = 0; index < parts_.size(); ++index) {
    Part& part = parts_[index];
    const Part& theirs = other.parts_[index];
    part.counts.resize(cells);
    for (std::size_t cell = 0; cell < theirs.counts.size(); ++cell) part.counts[places[cell]] += theirs.counts[cell];
    part.accumulator->take_in(*theirs.accumulator, places, cells);
  }
}

std::string EnsureCheck::text_of(const Value& group) const {
  if (!group.is<value::EntityRef>()) return value::to_string(group);
  const auto ref = group.as<value::EntityRef>();
  if ((ref.entity & kEventBit) == 0) return world_.entities[ref.entity].keys[ref.row];
  const std::uint32_t events = ref.entity & ~kEventBit;
  const FieldId key = world_.policy.events[events].key.front();
  return value::to_string(cell_value(world_.kept[events].table.column(key), ref.row, world_.pool));
}

/// Amounts in their rows' own currencies that meet in one group.
void EnsureCheck::report_mixed_currencies() {
  for (std::uint32_t cell = 1; cell <= groups_.size(); ++cell) {
    std::set<Code> codes;
    for (const Part& part : parts_) part.accumulator->currencies(std::span(&cell, 1), codes);
    if (codes.size() < 2) continue;
    if (auto* diagnostic = world_.errors.add_row_error(ids::data_native_mixed)) {
      std::set<std::string> names;
      for (const Code code : codes) names.insert(world_.pool.text(code));
      std::string list;
      for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
      diagnostic->with("text", ensure_.label).with("currencies", list).with("key", "`" + shortened(text_of(groups_[cell - 1])) + "`");
      diagnostic->span = ensure_.span;
      diagnostic->has_span = true;
    }
  }
}

void EnsureCheck::finish() {
  for (Part& part : parts_) part.accumulator->finish();
  RowEvaluator evaluator(world_);
  std::uint32_t cell = 0;
  evaluator.aggregate = [&](model::AggregateId id, const RowContext&) {
    const auto part =
        std::find_if(parts_.begin(), parts_.end(), [&](const Part& candidate) { return candidate.id == id; });
    return part->accumulator->result(std::span(&cell, 1), part->counts);
  };
  report_mixed_currencies();
  const auto found = [&] {
    std::string text;
    for (const Part& part : parts_) {
      const Value value = part.accumulator->result(std::span(&cell, 1), part.counts);
      text += (text.empty() ? "`" : ", `") + model::aggregate_text(world_.policy, part.id) + "` = " +
              (value.has_value() ? model::constant_text(world_.policy, value, part.aggregate->type)
                                 : value::reason_text(value.reason()));
    }
    return text;
  };
  std::vector<std::pair<std::string, std::string>> failed;
  for (cell = 1; cell <= groups_.size(); ++cell) {
    if (!evaluator.is_true(ensure_.condition, RowContext{})) failed.emplace_back(text_of(groups_[cell - 1]), found());
  }
  std::sort(failed.begin(), failed.end());
  for (const auto& [group, values] : failed) {
    auto* diagnostic = world_.errors.add_row_error(path_ ? ids::data_ensure_failed : ids::data_ensure_failed_all);
    if (diagnostic == nullptr) continue;
    diagnostic->with("label", ensure_.label).with("group", "`" + shortened(group) + "`").with("found", values);
    diagnostic->span = ensure_.span;
    diagnostic->has_span = true;
  }
}

}  // namespace kpi::eval::scanning
