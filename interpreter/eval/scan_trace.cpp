// The rows behind a result, for `explain` and `expect excluded`.
#include <algorithm>
#include <bit>
#include <iterator>
#include <tuple>

#include "interpreter/eval/scan_events.hpp"
#include "interpreter/eval/scan_needed.hpp"
#include "interpreter/eval/scan_schema.hpp"
#include "interpreter/eval/scan_store.hpp"

namespace kpi::eval {

namespace scanning {

namespace {

/// One more pass over the events of a store that has been scanned.
class Tracer {
 public:
  Tracer(World& world, Plan& plan, Resources& resources, EventsId events, std::optional<std::pair<EntityId, std::uint32_t>> owner,
         Window window, const std::vector<TraceSpan>& spans)
      : world_(world), plan_(plan), resources_(resources), events_(events), decl_(world.policy.events[events.index]), owner_(owner), window_(window) {
    for (std::size_t index = 0; index < spans.size(); ++index) {
      const model::Aggregate& aggregate = world.policy.aggregates[spans[index].aggregate.index];
      if (aggregate.source == SourceRef::of(events)) spans_.push_back({index, &aggregate, spans[index].window, {}});
    }
  }

  void run(std::vector<CountedRow>& out) {
    const SourceRef source = SourceRef::of(events_);
    EventsPass pass(world_, plan_, events_, &resources_.joins);
    pass.lenient = true;
    plan_.add_time(events_, pass.reads);
    for (std::uint32_t field = 0; field < decl_.fields.size(); ++field) {
      if (wanted(FieldId{field})) plan_.add_field(FieldId{field}, source, pass.reads);
    }
    for (const model::Exclusion& exclusion : world_.policy.exclusions) {
      for (std::size_t index = 0; index < exclusion.from.size(); ++index) {
        if (exclusion.from[index] == events_) plan_.add_expr(exclusion.conditions[index], {source, source}, 0, pass.reads);
      }
    }
    if (owner_) plan_.add_owner(owner_->first, source, pass.reads);
    for (const Span& span : spans_) plan_.add_expr(span.aggregate->filter, {source}, 0, pass.reads);
    if (!resources_.prepare(events_, pass.reads) || !pass.open()) return;
    std::vector<std::pair<std::size_t, Program::Root>> conditions;
    for (std::size_t index = 0; index < world_.policy.exclusions.size(); ++index) {
      const model::Exclusion& exclusion = world_.policy.exclusions[index];
      for (std::size_t from = 0; from < exclusion.from.size(); ++from) {
        if (exclusion.from[from] == events_) conditions.emplace_back(index, pass.program().compile(exclusion.conditions[from]));
      }
    }
    for (Span& span : spans_) {
      if (span.aggregate->filter.valid()) span.filter = pass.program().compile(span.aggregate->filter);
    }
    pass.program().evaluator().report_missing_rates = false;
    const auto take = [&](const Batch& batch, Table& table, std::vector<std::uint8_t>& active) {
      select(table, pass.program().evaluator(), active);
      for (std::size_t row = 0; row < table.rows; ++row) {
        if (active[row] != 0) out.push_back(traced(batch, table, row, pass.program(), conditions));
      }
    };
    const std::size_t before = out.size();
    try {
      const auto some = needed(pass);
      if (!some) return pass.run(take);
      pass.run_part(*some->rows->scan(), take, std::atomic<bool>(false));
    } catch (const PartsFailed&) {
      out.resize(before);
      pass.run(take);
    }
  }

  /// The keys of rows from a day on; nothing else is read but their times.
  static std::vector<std::string> keys_since(World& world, Plan& plan, Resources& resources, EventsId events, Date from) {
    Tracer tracer(world, plan, resources, events, std::nullopt, {from, Date{-kBeginning.days}}, {});
    EventsPass pass(world, plan, events, &resources.joins);
    pass.lenient = true;
    plan.add_time(events, pass.reads);
    for (const FieldId key : tracer.decl_.key) plan.add_field(key, SourceRef::of(events), pass.reads);
    std::vector<std::string> out;
    if (!resources.prepare(events, pass.reads) || !pass.open()) return out;
    pass.run([&](const Batch& batch, Table& table, std::vector<std::uint8_t>& active) {
      for (std::size_t row = 0; row < table.rows; ++row) {
        if (active[row] != 0 && contains(tracer.window_, table.days.values[row]))
          out.push_back(tracer.decl_.key.empty() ? std::to_string(batch.first_row + row + 1)
                                                 : tracer.key_of(batch, table, row, pass.program()));
      }
    });
    return out;
  }

 private:
  /// With ScanRequest::only_needed, through an index. Rows without a key are called by their position in the table.
  std::optional<NeededParts> needed(const EventsPass& pass) const {
    if (!world_.request.only_needed || world_.request.quarantine || decl_.key.empty()) return std::nullopt;
    Window days = window_;
    for (const Span& span : spans_) {
      if (span.aggregate->at.valid()) return std::nullopt;
      days = {std::min(days.start, span.window.start), std::max(days.end, span.window.end)};
    }
    if (days.start <= kBeginning) return std::nullopt;
    return needed_parts(world_, events_, pass, days);
  }

  /// In a test, columns that are left out and that nothing read stay out.
  bool wanted(FieldId field) const {
    const model::Field& decl = decl_.fields[field.index];
    if (decl.computed.valid()) return true;
    const auto schema = world_.data.schema(decl_.table);
    if (!schema) return false;
    source::Diagnostics nowhere;
    DataErrors ignored(nowhere);
    return find_column(*schema, decl.column.empty() ? decl.named.name : decl.column, false, "", {}, ignored).has_value();
  }

  struct Span {
    std::size_t index = 0;  // among those that were asked for
    const model::Aggregate* aggregate = nullptr;
    Window window;
    Program::Root filter;
  };

  static bool contains(Window window, std::int64_t day) { return day >= window.start.days && day < window.end.days; }

  /// The day that decides whether the span's aggregate reads the row; none where its time is absent or later than as-of.
  std::optional<std::int64_t> day_of(const Span& span, const Table& table, std::size_t row, RowEvaluator& evaluator) const {
    if (!span.aggregate->at.valid()) return table.days.values[row];
    const Value time = evaluator.field_value(table, row, span.aggregate->at, RowContext{&table, row, nullptr, {}});
    if (time.is<Date>()) return time.as<Date>().days;
    if (!time.is<value::Instant>()) return std::nullopt;
    const auto instant = time.as<value::Instant>();
    if (world_.request.as_of && instant > *world_.request.as_of) return std::nullopt;
    const value::TimeZone& zone = decl_.zone != nullptr ? *decl_.zone : world_.zone();
    return zone.local_date(instant).days;
  }

  bool reads(const Span& span, const Table& table, std::size_t row, RowEvaluator& evaluator) const {
    const auto day = day_of(span, table, row, evaluator);
    return day && contains(span.window, *day);
  }

  void select(const Table& table, RowEvaluator& evaluator, std::vector<std::uint8_t>& active) const {
    for (std::size_t row = 0; row < table.rows; ++row) {
      if (active[row] == 0) continue;
      if (owner_ && evaluator.owner(owner_->first, table, row) != owner_->second) active[row] = 0;
      if (active[row] == 0 || contains(window_, table.days.values[row])) continue;
      const bool is_read =
          std::any_of(spans_.begin(), spans_.end(), [&](const Span& span) { return reads(span, table, row, evaluator); });
      if (!is_read) active[row] = 0;
    }
  }

  bool counts(const Span& span, const Table& table, std::size_t row, std::uint64_t hits, Program& program) const {
    for (const ExclusionId including : span.aggregate->including) hits &= ~(std::uint64_t{1} << including.index);
    if (hits != 0 || !reads(span, table, row, program.evaluator())) return false;
    return !span.aggregate->filter.valid() || program.simple(span.filter.expr, row) == Value(true);
  }

  CountedRow traced(const Batch& batch, const Table& table, std::size_t row, Program& program,
                   const std::vector<std::pair<std::size_t, Program::Root>>& conditions) {
    CountedRow result;
    result.events = events_;
    result.time = value::Instant{event_micros(world_, decl_, table, row)};
    result.day = Date{static_cast<std::int32_t>(table.days.values[row])};
    std::uint64_t hits = 0;
    for (const auto& [index, condition] : conditions) {
      if (program.simple(condition.expr, row) == Value(true)) hits |= std::uint64_t{1} << index;
    }
    const RowContext context{&table, row, nullptr, {}};
    for (std::uint32_t field = 0; field < decl_.fields.size(); ++field) {
      const model::Field& decl = decl_.fields[field];
      if (!decl.computed.valid() && !table.has(FieldId{field})) continue;
      result.fields.emplace_back(FieldId{field}, program.evaluator().field_value(table, row, FieldId{field}, context));
      if (decl.type.kind != value::Kind::event || decl.computed.valid()) continue;
      const Column& reference = table.column(FieldId{field});
      const auto& masks = world_.kept[reference.target].masks;
      if (!reference.is_absent(row) && !masks.empty()) hits |= masks[static_cast<std::size_t>(reference.values[row])];
    }
    for (const Span& span : spans_) {
      if (counts(span, table, row, hits, program)) result.counted_by.push_back(span.index);
    }
    for (; hits != 0; hits &= hits - 1) result.hits.push_back(ExclusionId{static_cast<std::uint32_t>(std::countr_zero(hits))});
    result.key = key_of(batch, table, row, program);
    return result;
  }

  std::string key_of(const Batch& batch, const Table& table, std::size_t row, Program& program) const {
    std::string result;
    for (const FieldId key : decl_.key) {
      if (!table.has(key)) continue;
      if (!result.empty()) result += " / ";
      result += key_text(program.evaluator().field_value(table, row, key, RowContext{&table, row, nullptr, {}}));
    }
    return result.empty() ? "row " + std::to_string(batch.first_row + row + 1) : result;
  }

  /// A part of the row's key; one that refers to another row reads as that row's key.
  std::string key_text(const Value& part) const {
    if (!part.is<value::EntityRef>()) return value::to_string(part);
    const auto ref = part.as<value::EntityRef>();
    if ((ref.entity & kEventBit) == 0) return world_.entities[ref.entity].keys[ref.row];
    const std::uint32_t events = ref.entity & ~kEventBit;
    const FieldId key = world_.policy.events[events].key.front();
    return key_text(cell_value(world_.kept[events].table.column(key), ref.row, world_.pool));
  }

  World& world_;
  Plan& plan_;
  Resources& resources_;
  EventsId events_;
  const model::Events& decl_;
  std::optional<std::pair<EntityId, std::uint32_t>> owner_;
  Window window_;
  std::vector<Span> spans_;
};

}  // namespace

std::vector<CountedRow> Store::trace(EntityId entity, std::string_view key, Window window,
                                    const std::vector<TraceSpan>& spans) {
  std::vector<CountedRow> rows;
  std::optional<std::pair<EntityId, std::uint32_t>> owner;
  if (entity.valid() && entity.index != 0) {
    const auto row = find(entity, key);
    if (!row) return rows;
    owner = std::pair(entity, rows_[entity.index].order[*row]);
  }
  for (std::uint32_t index = 0; index < world_.policy.events.size(); ++index) {
    if (owner && !world_.policy.events[index].owner_paths.to(entity)) continue;
    if (!world_.data.schema(world_.policy.events[index].table)) continue;
    Tracer(world_, plan_, resources_, EventsId{index}, owner, window, spans).run(rows);
  }
  index_entities();  // the passes may have met further rows of distinct entities
  for (CountedRow& row : rows) {
    for (auto& [field, value] : row.fields) value = as_text_where_found(shown(std::move(value)));
  }
  std::stable_sort(rows.begin(), rows.end(), [](const CountedRow& a, const CountedRow& b) {
    return std::tie(a.time, a.events, a.key) < std::tie(b.time, b.events, b.key);
  });
  return rows;
}

/// The keys of rows from that day on, where one pass over key and time tells them.
void Store::name_isolated(IsolatedRows& rows) {
  world_.errors.mute(true);
  rows.keys = Tracer::keys_since(world_, plan_, resources_, rows.events, rows.first);
  world_.errors.mute(false);
}

/// Which rows of a distinct entity are known, and in which order, differs from scan to scan: outside this one a reference
/// to such a row is its key.
Value Store::as_text_where_found(Value value) const {
  const auto* ref = std::get_if<value::EntityRef>(&value.storage());
  if (ref == nullptr || (ref->entity & kEventBit) != 0 || !world_.entities[ref->entity].grows) return value;
  return rows_[ref->entity].rows[ref->row].key;
}

}  // namespace scanning

std::vector<CountedRow> trace_counted_rows(const model::Policy& policy, DataSource& data, const ScanRequest& request,
                                           EntityId entity, std::string_view key, Window window,
                                           const std::vector<TraceSpan>& spans, source::Diagnostics& diagnostics) {
  // The same scan as before finds exclusions through references; asked for nothing else, it reads little.
  ScanRequest all = request;
  all.needs.clear();
  all.presence.clear();
  all.report_windows.clear();
  all.count_events.clear();
  if (all.only_needed) {  // rows that a span reads may be of other days
    all.report_windows.push_back(window);
    for (const TraceSpan& span : spans) all.report_windows.push_back(span.window);
  }
  for (std::uint32_t index = 0; index < policy.events.size(); ++index) {
    const bool leads = !entity.valid() || entity.index == 0 || policy.events[index].owner_paths.to(entity);
    if (leads && data.schema(policy.events[index].table)) all.count_events.push_back(EventsId{index});
  }
  scanning::Store store(policy, data, all, diagnostics);
  store.tracing = true;
  store.traced_entity = entity;
  store.scan();
  if (diagnostics.has_errors()) return {};
  return store.trace(entity, key, window, spans);
}

std::vector<TracedRow> trace_rows(const model::Policy& policy, DataSource& data, const ScanRequest& request, EntityId entity,
                                  std::string_view key, Window window, source::Diagnostics& diagnostics) {
  std::vector<CountedRow> counted = trace_counted_rows(policy, data, request, entity, key, window, {}, diagnostics);
  return {std::make_move_iterator(counted.begin()), std::make_move_iterator(counted.end())};
}

}  // namespace kpi::eval
