#include "interpreter/eval/scan_events.hpp"

#include <algorithm>
#include <atomic>
#include <bit>

namespace kpi::eval::scanning {

using value::Instant;

namespace {

/// 1 or 0 by arithmetic: from a comparison the compiler would make a jump, and rows are not foreseeable.
inline std::uint32_t is_not_zero(std::uint32_t x) { return (x | (0U - x)) >> 31; }
inline std::uint64_t is_not_zero(std::uint64_t x) { return (x | (std::uint64_t{0} - x)) >> 63; }

}  // namespace

EventsScan::EventsScan(World& world, Plan& plan, Resources& resources, EventsId events, EventsState* state)
    : world_(world),
      plan_(plan),
      resources_(resources),
      events_(events),
      decl_(world.policy.events[events.index]),
      state_(state != nullptr ? *state : world.events[events.index]) {
  for (std::size_t index = 0; index < world.policy.exclusions.size(); ++index) {
    const auto& from = world.policy.exclusions[index].from;
    if (std::find(from.begin(), from.end(), events) != from.end()) own_exclusions_ |= std::uint64_t{1} << index;
  }
}

// ---- what the pass reads ------------------------------------------------------------------------------------------------------

Reads EventsScan::reads() {
  const SourceRef source = SourceRef::of(events_);
  Reads reads;
  plan_.add_time(events_, reads);
  if (only_times) return reads;
  for (const FieldId reference : plan_.excluded_references(events_)) plan_.add_field(reference, source, reads);
  for (const model::Exclusion& exclusion : world_.policy.exclusions) {
    for (std::size_t index = 0; index < exclusion.from.size(); ++index) {
      if (exclusion.from[index] == events_) plan_.add_expr(exclusion.conditions[index], {source, source}, 0, reads);
    }
  }
  for (const auto& [key, windows] : windows_) {
    const model::Aggregate& aggregate = world_.policy.aggregates[key.aggregate.index];
    plan_.add_expr(aggregate.value, {source}, 0, reads);
    plan_.add_expr(aggregate.filter, {source}, 0, reads);
    if (aggregate.at.valid()) plan_.add_field(aggregate.at, source, reads);
    if (aggregate.at.valid() && decl_.fields[aggregate.at.index].computed.valid()) reads.times.insert(aggregate.at);
    plan_.add_owner(key.entity, source, reads);
    const bool by_key = aggregate.function == model::AggregateFunction::first || aggregate.function == model::AggregateFunction::last;
    for (const FieldId key_field : decl_.key) {
      if (by_key) plan_.add_field(key_field, source, reads);
    }
  }
  for (const auto& [entity, windows] : presence_windows_) plan_.add_owner(entity, source, reads);
  for (const EntityId entity : discovered_) plan_.add_owner(entity, source, reads);
  for (const auto& ensure : ensures_) ensure->add_reads(plan_, reads);
  if (world_.kept[events_.index].needed && plan_.exclusions_of(events_) != 0) {
    for (const FieldId key : decl_.key) plan_.add_field(key, source, reads);
  }
  if (!reports_ || plan_.exclusions_of(events_) == 0) return reads;
  const bool lenient = world_.data.missing_tables_are_empty();  // a test need not give amounts that nothing uses
  for (std::uint32_t index = 0; index < decl_.fields.size() && !lenient; ++index) {
    const value::Type& type = decl_.fields[index].type;
    if (type.kind == value::Kind::number && type.unit.money == 1 && type.unit.time == 0) plan_.add_field(FieldId{index}, source, reads);
  }
  return reads;
}

// ---- compiling ----------------------------------------------------------------------------------------------------------------

Grouping* EventsScan::grouping_for(EntityId entity, const SlotSet& slots) {
  for (const auto& grouping : groupings_) {
    if (grouping->entity() == entity && grouping->slots() == slots) return grouping.get();
  }
  groupings_.push_back(std::make_unique<Grouping>(world_, entity, slots));
  return groupings_.back().get();
}

Lane& EventsScan::lane_for(Grouping* grouping, FieldId at, std::uint64_t excluded_by, Program::Root filter) {
  for (const auto& lane : lanes_) {
    const bool same_filter = filter.node >= 0 ? lane->filter.node == filter.node : lane->filter.expr == filter.expr;
    if (lane->grouping == grouping && lane->at == at && lane->excluded_by == excluded_by && same_filter) {
      return *lane;
    }
  }
  lanes_.push_back(std::make_unique<Lane>());
  Lane& lane = *lanes_.back();
  lane.grouping = grouping;
  lane.at = at;
  lane.excluded_by = excluded_by;
  lane.filter = filter;
  const auto set = std::find_if(cell_sets_.begin(), cell_sets_.end(),
                                [&](const CellSet& cells) { return cells.grouping == grouping && cells.at == at; });
  const auto number = static_cast<std::size_t>(set - cell_sets_.begin());
  if (set == cell_sets_.end()) cell_sets_.push_back({grouping, at, {}});
  const auto kept = std::find_if(kept_cells_.begin(), kept_cells_.end(), [&](const KeptCells& cells) {
    return cells.set == number && cells.excluded_by == excluded_by;
  });
  lane.kept = static_cast<std::size_t>(kept - kept_cells_.begin());
  if (kept == kept_cells_.end()) kept_cells_.push_back({number, excluded_by, {}});
  return lane;
}

void EventsScan::add_lanes(Program& program, const LaneKey& key, const std::vector<Window>& windows) {
  const model::Aggregate& aggregate = world_.policy.aggregates[key.aggregate.index];
  std::uint64_t excluded_by = ~std::uint64_t{0};
  for (const auto including : aggregate.including) excluded_by &= ~(std::uint64_t{1} << including.index);
  const Program::Root filter = aggregate.filter.valid() ? program.compile(aggregate.filter) : Program::Root{};
  Lane& lane = lane_for(grouping_for(key.entity, SlotSet(windows, key.by_day)), aggregate.at, excluded_by, filter);
  auto accumulator = make_accumulator(world_, aggregate);
  accumulator->compile(program);
  instances_[key] = {&lane, accumulator.get()};
  lane.accumulators.push_back(std::move(accumulator));
}

void EventsScan::compile(EventsPass& pass) {
  Program& program = pass.program();
  for (std::size_t index = 0; index < world_.policy.exclusions.size(); ++index) {
    const model::Exclusion& exclusion = world_.policy.exclusions[index];
    for (std::size_t from = 0; from < exclusion.from.size(); ++from) {
      if (exclusion.from[from] == events_) exclusions_.emplace_back(index, program.compile(exclusion.conditions[from]));
    }
  }
  for (const FieldId field : pass.reads.fields) {
    if (decl_.fields[field.index].type.kind == value::Kind::event) references_.push_back(field);
  }
  for (const auto& [key, windows] : windows_) add_lanes(program, key, windows);
  for (const auto& [entity, windows] : presence_windows_) {
    presence_lanes_[entity] = &lane_for(grouping_for(entity, SlotSet(windows, false)), {}, ~std::uint64_t{0}, {});
  }
  for (const auto& grouping : groupings_) owner_nodes_[grouping->entity()] = program.compile_owner(grouping->entity());
  for (const auto& ensure : ensures_) ensure->compile(program);
  if (!reports_) return;
  report_slots_ = std::make_unique<SlotSet>(report_windows_, false);
  for (std::uint32_t index = 0; index < decl_.fields.size(); ++index) {
    const model::Field& field = decl_.fields[index];
    if (field.type.kind != value::Kind::number || field.type.unit.money != 1 || field.type.unit.time != 0) continue;
    if (world_.data.missing_tables_are_empty() && !field.computed.valid() && !pass.reads.fields.contains(FieldId{index})) continue;
    const bool fixed = !field.computed.valid() && !field.currency.is_none() && !field.currency_field.valid();
    const value::Currency currency = fixed ? field.currency : world_.rates.currency();
    money_fields_.push_back({FieldId{index}, field.computed.valid() ? program.compile(field.computed).node : -1, field.computed,
                             world_.pool.code(currency.code()), {}, false,
                             plan_.exclusions_of(events_) != 0 || (!field.computed.valid() && pass.reads.fields.contains(FieldId{index}))});
  }
  excluded_.assign(world_.policy.exclusions.size(), std::vector<ExcludedRows>(report_slots_->count()));
}

bool EventsScan::run() {
  EventsPass pass(world_, plan_, events_, &resources_.joins);
  pass.reads = reads();
  pass.lenient = only_times;
  const bool is_unique = only_times || resources_.deduplicate(events_);
  const bool keeps_masks = !only_times && world_.kept[events_.index].needed && plan_.exclusions_of(events_) != 0;
  const bool is_kept = !keeps_masks || resources_.keep(events_);
  if (world_.request.quarantine && !only_times) {
    const auto& fields = resources_.always[events_];
    pass.reads.fields.insert(fields.begin(), fields.end());
  }
  // What fails has been reported; the table itself is looked at all the same, so that one run finds all mistakes.
  const bool is_prepared = resources_.prepare(events_, pass.reads);
  if (!is_unique && !world_.data.schema(decl_.table)) return false;
  if (!pass.open() || !is_unique || !is_kept || !is_prepared) return false;
  pass.only_days = only_days_ = needed_days(pass);
  if (!run_over_needed(pass) && !run_in_parts(pass)) {
    if (!only_times) compile(pass);
    pass.run([&](const Batch& batch, Table& table, std::vector<std::uint8_t>& active) { take(pass.program(), batch, table, active); });
  }
  for (const auto& grouping : groupings_) grouping->finish();
  for (const auto& lane : lanes_) {
    for (const auto& accumulator : lane->accumulators) accumulator->finish();
  }
  for (const auto& ensure : ensures_) ensure->finish();
  state_.scanned = !only_times;
  return true;
}

// ---- one batch ----------------------------------------------------------------------------------------------------------------

void EventsScan::take(Program& program, const Batch&, Table& table, std::vector<std::uint8_t>& active) {
  drop_unseen(table, active);
  note_times(table, active);
  if (only_times) return;
  find_exclusions(program, table, active);
  store_masks(table, active);
  if (reports_) report_excluded(program, table, active);
  if (reports_) find_unowned(program, table, active);
  for (const auto& ensure : ensures_) ensure->take(program, active);
  fill_lanes(program, table, active);
}

/// Rows that refer to a row later than as-of are not seen either.
void EventsScan::drop_unseen(const Table& table, std::vector<std::uint8_t>& active) const {
  if (!world_.request.as_of) return;
  for (const FieldId reference : references_) {
    const Column& column = table.column(reference);
    const KeptEvents& kept = world_.kept[column.target];
    for (std::size_t row = 0; row < table.rows; ++row) {
      if (column.is_absent(row) || active[row] == 0) continue;
      if (kept.unseen[static_cast<std::size_t>(column.values[row])] != 0) active[row] = 0;
    }
  }
}

void EventsScan::note_times(const Table& table, std::vector<std::uint8_t>& active) {
  const Column& times = table.column(decl_.time);
  std::int64_t first = std::numeric_limits<std::int64_t>::max(), last = std::numeric_limits<std::int64_t>::min();
  std::int64_t rows = 0, run = 0;
  std::int64_t run_day = std::numeric_limits<std::int64_t>::min();
  const auto end_run = [&] {
    if (run > 0) rows_per_day_[static_cast<std::int32_t>(run_day)] += static_cast<std::uint64_t>(run);
  };
  const std::int64_t* const values = times.values.data();
  const std::int64_t* const days = table.days.values.data();
  const std::uint8_t* const absent = times.any_absent ? times.absent.data() : nullptr;
  std::uint8_t* const seen = active.data();
  const std::int64_t first_day = only_days_ ? only_days_->start.days : std::numeric_limits<std::int64_t>::min();
  const std::int64_t end_day = only_days_ ? only_days_->end.days : std::numeric_limits<std::int64_t>::max();
  bool any = false;
  for (std::size_t row = 0, end = table.rows; row < end; ++row) {
    if (seen[row] == 0 || (absent != nullptr && absent[row] != 0)) continue;
    first = std::min(first, values[row]);
    last = std::max(last, values[row]);
    any = true;
    if (days[row] < first_day || days[row] >= end_day) continue;
    ++rows;
    if (days[row] != run_day) {
      end_run();
      run_day = days[row];
      run = 0;
    }
    ++run;
  }
  end_run();
  state_.info.rows += static_cast<std::uint64_t>(rows);
  if (only_days_) {  // from here on the others are not there
    for (std::size_t row = 0, end = table.rows; row < end; ++row) {
      const bool lacks = absent != nullptr && absent[row] != 0;
      if (lacks || days[row] < first_day || days[row] >= end_day) seen[row] = 0;
    }
  }
  if (!any) return;
  const value::TimeZone& zone = decl_.zone != nullptr ? *decl_.zone : world_.zone();
  const auto instant = [&](std::int64_t time) {
    return times.rep == Rep::instant ? Instant{time} : zone.start_of_day(Date{static_cast<std::int32_t>(time)});
  };
  EventsInfo& info = state_.info;
  info.first = info.first ? std::min(*info.first, instant(first)) : instant(first);
  info.last = info.last ? std::max(*info.last, instant(last)) : instant(last);
}

void EventsScan::find_exclusions(Program& program, const Table& table, const std::vector<std::uint8_t>& active) {
  masks_.assign(table.rows, 0);
  undecided_.clear();
  const auto note_undecided = [&](std::size_t row, unsigned shift) {
    if (active[row] == 0) return;
    if (undecided_.empty()) undecided_.assign(table.rows, 0);
    undecided_[row] |= std::uint64_t{1} << shift;
  };
  passes_.resize(table.rows);
  const std::size_t rows = table.rows;
  std::uint64_t* const masks = masks_.data();
  for (const auto& [index, condition] : exclusions_) {
    const auto shift = static_cast<unsigned>(index);
    Vec vec;
    if (program.evaluate(condition.node, vec)) {
      const std::int64_t* const truth = vec.values;
      if (vec.absent == nullptr) {
        for (std::size_t row = 0; row < rows; ++row) masks[row] |= static_cast<std::uint64_t>(truth[row]) << shift;
        continue;
      }
      for (std::size_t row = 0; row < rows; ++row) {
        if (vec.absent[row] == 0) {
          masks[row] |= static_cast<std::uint64_t>(truth[row]) << shift;
        } else {
          note_undecided(row, shift);
        }
      }
      continue;
    }
    for (std::size_t row = 0; row < rows; ++row) {
      if (active[row] == 0) continue;
      const Value holds = program.simple(condition.expr, row);
      if (!holds.has_value()) {
        note_undecided(row, shift);
      } else if (holds.boolean()) {
        masks[row] |= std::uint64_t{1} << shift;
      }
    }
  }
  for (const FieldId reference : references_) {
    const Column& column = table.column(reference);
    const KeptEvents& kept = world_.kept[column.target];
    if (kept.masks.empty()) continue;
    for (std::size_t row = 0; row < table.rows; ++row) {
      if (active[row] != 0 && !column.is_absent(row)) masks_[row] |= kept.masks[static_cast<std::size_t>(column.values[row])];
    }
  }
  const std::uint8_t* const seen = active.data();  // 0 or 1
  std::uint64_t excluded = 0;
  for (std::size_t row = 0; row < rows; ++row) excluded += is_not_zero(masks[row]) & seen[row];
  state_.info.excluded += excluded;
}

// The column of another time that an aggregate counts by; computed row by row when it is computed.
const Column& EventsScan::times_of(Program& program, const Table& table, FieldId at,
                                   const std::vector<std::uint8_t>& active) {
  const model::Field& field = decl_.fields[at.index];
  if (!field.computed.valid()) return table.column(at);
  const auto [found, inserted] = computed_times_.try_emplace(at);
  Column& times = found->second;
  if (!inserted) return times;
  times.rep = rep_of(field.type);
  times.clear(table.rows);
  for (std::size_t row = 0; row < table.rows; ++row) {
    const Value time = active[row] != 0 ? program.simple(field.computed, row) : Value{};
    if (!time.has_value()) {
      times.set_absent(row);
    } else {
      times.values[row] = times.rep == Rep::date ? time.as<Date>().days : time.as<Instant>().micros;
    }
  }
  return times;
}

/// Days that decide slots; a day before all others where there is none.
std::span<const std::int64_t> EventsScan::days_of(Program& program, const Table& table, FieldId at,
                                                  const std::vector<std::uint8_t>& active) {
  if (!at.valid()) return table.days.values;
  auto& days = days_[at];
  days.assign(table.rows, std::numeric_limits<std::int32_t>::min());
  const Column& times = times_of(program, table, at, active);
  const value::TimeZone& zone = decl_.zone != nullptr ? *decl_.zone : world_.zone();
  const auto& as_of = world_.request.as_of;
  for (std::size_t row = 0; row < table.rows; ++row) {
    if (times.is_absent(row)) continue;
    if (times.rep == Rep::date) {
      days[row] = times.values[row];
    } else if (!as_of || times.values[row] <= as_of->micros) {
      days[row] = zone.local_date(Instant{times.values[row]}).days;
    }
  }
  return days;
}

/// The row of the entity that each row belongs to.
Vec EventsScan::owners_of(Program& program, const Table& table, EntityId entity, const std::vector<std::uint8_t>& active) {
  Owners& owners = owners_[entity];
  if (entity.index == 0) {
    if (owners.rows.size() < table.rows) owners.rows.assign(table.rows, 0);
    return {owners.rows.data(), nullptr, 0};
  }
  Vec vec;
  if (program.evaluate(owner_nodes_[entity], vec)) return vec;
  owners.rows.assign(table.rows, 0);
  owners.absent.assign(table.rows, 1);
  for (std::size_t row = 0; row < table.rows; ++row) {
    if (active[row] == 0) continue;
    const auto owner = program.evaluator().owner(entity, table, row);
    if (!owner) continue;
    owners.rows[row] = *owner;
    owners.absent[row] = 0;
  }
  return {owners.rows.data(), owners.absent.data(), 0};
}

void EventsScan::fill_cell_set(CellSet& set, Program& program, const Table& table, const std::vector<std::uint8_t>& active) {
  Grouping& grouping = *set.grouping;
  const SlotSet& slots = grouping.slots();
  const std::span<const std::int64_t> days = days_of(program, table, set.at, active);
  const Vec owners = owners_of(program, table, grouping.entity(), active);
  set.cells.assign(table.rows, 0);
  if (!grouping.is_dense() || slots.table().empty()) {
    for (std::size_t row = 0; row < table.rows; ++row) {
      if (active[row] == 0 || owners.is_absent(row)) continue;
      const std::int32_t slot = slots.slot(static_cast<std::int32_t>(days[row]));
      if (slot != SlotSet::kOutside) set.cells[row] = grouping.cell(static_cast<std::uint32_t>(owners.values[row]), slot);
    }
    return;
  }
  const std::span<const std::int32_t> by_day = slots.table();
  const std::int64_t start = slots.table_start();
  const std::uint32_t row_stride = grouping.row_stride(), slot_stride = grouping.slot_stride();
  const std::uint8_t* const seen = active.data();
  std::uint32_t* const cells = set.cells.data();
  std::uint32_t most = 0;
  for (std::size_t row = 0, end = table.rows; row < end; ++row) {
    const auto offset = static_cast<std::uint64_t>(days[row] - start);
    const std::int32_t slot = offset < by_day.size() ? by_day[offset] : slots.slot(static_cast<std::int32_t>(days[row]));
    if (slot == SlotSet::kOutside || seen[row] == 0 || owners.is_absent(row)) continue;
    const std::uint32_t cell =
        static_cast<std::uint32_t>(owners.values[row]) * row_stride + static_cast<std::uint32_t>(slot) * slot_stride + 1;
    cells[row] = cell;
    most = std::max(most, cell);
  }
  grouping.use(most);
}

/// The cell of each row in each lane, before filters; `wanted_` are the rows that fall into any.
void EventsScan::fill_cells(Program& program, const Table& table, const std::vector<std::uint8_t>& active) {
  computed_times_.clear();
  wanted_.assign(table.rows, 0);
  for (CellSet& set : cell_sets_) fill_cell_set(set, program, table, active);
  for (KeptCells& kept : kept_cells_) {
    kept.cells.resize(table.rows);
    const std::uint32_t* const all = cell_sets_[kept.set].cells.data();
    std::uint32_t* const cells = kept.cells.data();
    const std::uint64_t* const masks = masks_.data();
    const std::uint64_t excluded_by = kept.excluded_by;
    const std::size_t rows = table.rows;
    for (std::size_t row = 0; row < rows; ++row) {
      const auto is_out = static_cast<std::uint32_t>(is_not_zero(masks[row] & excluded_by));
      cells[row] = all[row] & (is_out - 1);
    }
    std::uint8_t* const wanted = wanted_.data();
    for (std::size_t row = 0; row < rows; ++row) wanted[row] |= static_cast<std::uint8_t>(is_not_zero(cells[row]));
  }
  for (const auto& [at, days] : days_) {
    const Column& times = times_of(program, table, at, active);
    for (std::size_t row = 0; row < table.rows; ++row) {
      state_.info.without_time += active[row] != 0 && masks_[row] == 0 && times.is_absent(row) ? 1 : 0;
    }
  }
}

void EventsScan::fill_lanes(Program& program, const Table& table, const std::vector<std::uint8_t>& active) {
  if (lanes_.empty()) return;
  fill_cells(program, table, active);
  // Rows of other times: most batches of a table with years, when a month is asked for.
  if (std::find(wanted_.begin(), wanted_.end(), std::uint8_t{1}) == wanted_.end()) return;
  program.set_active(wanted_.data());
  for (const auto& lane : lanes_) {
    const std::vector<std::uint32_t>& kept = kept_cells_[lane->kept].cells;
    const std::uint32_t cells = lane->grouping->cells();
    if (lane->counts.size() < cells) lane->counts.resize(std::max<std::size_t>(cells, lane->counts.size() * 3 / 2));
    std::int64_t* const counts = lane->counts.data();
    if (!lane->filter.expr.valid()) {
      for (const std::uint32_t cell : kept) ++counts[cell];
      for (const auto& accumulator : lane->accumulators) accumulator->add_batch(program, kept, cells);
      continue;
    }
    program.truth(lane->filter, passes_.data());
    lane->targets.resize(table.rows);
    lane->selected.resize(table.rows);
    const std::uint8_t* const passes = passes_.data();
    const std::uint32_t* const from = kept.data();
    std::uint32_t* const targets = lane->targets.data();
    std::uint32_t* const chosen = lane->selected.data();
    std::size_t selected = 0;
    // Without branches, which nobody could foresee: truth is 0 or 1.
    for (std::size_t row = 0, end = table.rows; row < end; ++row) targets[row] = from[row] & (0U - passes[row]);
    for (std::size_t row = 0, end = table.rows; row < end; ++row) {
      chosen[selected] = static_cast<std::uint32_t>(row);
      selected += is_not_zero(targets[row]);
    }
    const std::span<const std::uint32_t> rows(chosen, selected);
    for (const std::uint32_t row : rows) ++counts[targets[row]];
    for (const auto& accumulator : lane->accumulators) accumulator->add_selected(program, lane->targets, rows, cells);
  }
}

// ---- results ------------------------------------------------------------------------------------------------------------------

const Instance* EventsScan::find(const LaneKey& key) const {
  const auto found = instances_.find(key);
  return found == instances_.end() ? nullptr : &found->second;
}

const Lane* EventsScan::presence(EntityId entity) const {
  const auto found = presence_lanes_.find(entity);
  return found == presence_lanes_.end() ? nullptr : found->second;
}

}  // namespace kpi::eval::scanning
