// Repeated rows of events: by key, or by the whole row where there is no key. One pass collects hashes; only where two
// are equal does a second pass compare the rows themselves, so the answer is exact. The hashes are
// sorted, in temporary files where they do not fit into memory.
#include <algorithm>
#include <atomic>
#include <map>

#include "grammar/source/diagnostics/data.hpp"
#include "interpreter/eval/parallel.hpp"
#include "interpreter/eval/scan_resources.hpp"
#include "interpreter/eval/scan_schema.hpp"

namespace kpi::eval::scanning {

using source::DiagnosticId;
namespace ids = source::ids;

namespace {

/// Does the store itself keep these columns unique and not null?
bool is_unique_in_store(const TableSchema& schema, std::vector<std::string> columns) {
  std::sort(columns.begin(), columns.end());
  return std::any_of(schema.unique_keys.begin(), schema.unique_keys.end(), [&](std::vector<std::string> unique) {
    std::sort(unique.begin(), unique.end());
    return std::includes(columns.begin(), columns.end(), unique.begin(), unique.end());
  });
}

struct Repeats {
  std::uint64_t count = 0;
  std::uint64_t first = 0;
};

/// The identity of a row: hashes first, texts where hashes are equal.
class RowIdentity {
 public:
  /// `raw` are the key fields compared as they are stored, parallel to the pass's raw columns; empty for whole rows.
  RowIdentity(World& world, const model::Events& decl, EventsPass& pass, std::vector<FieldId> raw,
              std::vector<FieldId> typed)
      : world_(world), decl_(decl), pass_(pass), raw_(std::move(raw)), typed_(std::move(typed)) {}

  /// A required field of the key that is empty in this row. Those that are decoded were found out already.
  std::optional<FieldId> missing_key(const Batch& batch, std::size_t row) const {
    for (std::size_t index = 0; index < raw_.size(); ++index) {
      const bool empty = batch.columns[pass_.raw_column(index)].classes[row] == CellClass::null;
      if (empty && !decl_.fields[raw_[index].index].type.optional) return raw_[index];
    }
    return std::nullopt;
  }

  std::uint64_t hash(const Batch& batch, const Table& table, std::size_t row) const {
    std::uint64_t hash = 0;
    for (std::size_t index = 0; index < pass_.raw_columns.size(); ++index) {
      hash = mix(hash ^ hash_cell(batch, pass_.raw_column(index), row)) + index;
    }
    for (const FieldId field : typed_) {
      hash = mix(hash ^ static_cast<std::uint64_t>(cell_code(table.column(field), row, world_.pool)));
    }
    return hash;
  }

  std::string text(const Batch& batch, const Table& table, std::size_t row) const {
    std::string text;
    for (std::size_t index = 0; index < pass_.raw_columns.size(); ++index) {
      const std::size_t column = pass_.raw_column(index);
      if (decl_.key.empty()) text += static_cast<char>('0' + static_cast<int>(batch.columns[column].classes[row]));
      text += cell_text(batch, column, row) + '\x1f';
    }
    for (const FieldId field : typed_)
      text += value::to_string(cell_value(table.column(field), row, world_.pool)) + '\x1f';
    return text;
  }

 private:
  std::uint64_t hash_cell(const Batch& batch, std::size_t column, std::size_t row) const {
    const RawColumn& raw = batch.columns[column];
    const bool whole_row = decl_.key.empty();
    const std::uint64_t tag = whole_row ? static_cast<std::uint64_t>(raw.classes[row]) : 0;
    switch (raw.classes[row]) {
      case CellClass::null:
        return tag;
      case CellClass::integer:
        return mix(static_cast<std::uint64_t>(raw.bits[row]) + tag);
      case CellClass::real:
        return hash_bytes(cell_text(batch, column, row)) + tag;
      default:
        break;
    }
    const std::string_view text = batch.text(column, row);
    if (!whole_row) {  // "12" as text is the key 12
      if (const auto integer = canonical_integer(text)) return mix(static_cast<std::uint64_t>(*integer));
    }
    return hash_bytes(text) + tag;
  }

  World& world_;
  const model::Events& decl_;
  EventsPass& pass_;
  std::vector<FieldId> raw_, typed_;
};

/// Looks for repeated rows with several threads. True: there are none, and no row without key or with an error. False:
/// the rows have to be looked at in order to say anything.
bool is_unique_in_parts(World& world, Plan& plan, JoinSet& joins, EventsId events, const EventsPass& pass,
                        const std::vector<FieldId>& raw, const std::vector<FieldId>& typed) {
  if (!pass.can_be_shared()) return false;
  const auto table = world.data.parts(pass.schema().name, pass.columns());
  if (!table) return false;
  const unsigned threads = world.request.threads;
  struct Work {
    EventsState state;
    std::unique_ptr<EventsPass> pass;
    std::vector<std::unique_ptr<SortedEntries<std::uint64_t>>> hashes;  // by the part that one thread looks at
  };
  std::vector<Work> works(threads);
  for (Work& work : works) {
    work.pass = std::make_unique<EventsPass>(world, plan, events, &joins, &work.state);
    work.pass->reads = pass.reads;
    work.pass->raw_columns = pass.raw_columns;
    for (unsigned part = 0; part < threads; ++part) {
      work.hashes.push_back(std::make_unique<SortedEntries<std::uint64_t>>(world.budget, false));
    }
    if (!work.pass->open()) return false;
  }
  std::atomic<bool> stop = false;
  const auto read = [&](Work& work) {
    const RowIdentity identity(world, world.policy.events[events.index], *work.pass, raw, typed);
    const auto rows = table->scan();
    work.pass->run_part(
        *rows,
        [&](const Batch& batch, Table& decoded, std::vector<std::uint8_t>& active) {
          for (std::size_t row = 0; row < batch.rows; ++row) {
            if (active[row] == 0) continue;
            if (identity.missing_key(batch, row)) throw PartsFailed();
            const std::uint64_t hash = identity.hash(batch, decoded, row);
            work.hashes[(hash >> 32) % threads]->add(hash);
          }
        },
        stop);
  };
  world.errors.watch(true);
  try {
    in_parallel(threads, threads, 1, [&](unsigned, std::size_t index, std::size_t) {
      try {
        read(works[index]);
      } catch (...) {
        stop = true;
        throw;
      }
    });
  } catch (const PartsFailed&) {  // `stop` says so
  } catch (...) {
    world.errors.watch(false);
    throw;
  }
  const bool trouble = world.errors.trouble();
  world.errors.watch(false);
  if (stop || trouble) return false;
  in_parallel(threads, threads, 1, [&](unsigned, std::size_t part, std::size_t) {
    SortedEntries<std::uint64_t>& all = *works.front().hashes[part];
    for (std::size_t other = 1; other < works.size(); ++other) {
      all.take_in(*works[other].hashes[part], true, [](std::uint64_t hash) { return hash; });
    }
    all.finish();
    std::optional<std::uint64_t> before;
    all.visit_all([&](std::uint64_t hash) {
      if (before == hash) stop = true;
      before = hash;
    });
    works.front().hashes[part].reset();
  });
  return !stop;
}

}  // namespace

bool Resources::deduplicate(EventsId events) {
  const model::Events& decl = world_.policy.events[events.index];
  if (decl.duplicates == model::Duplicates::allow || !made_.insert("unique " + decl.named.name).second) return true;
  const auto schema = find_table(world_.data, decl.table, decl.named.name, decl.named.span, world_.errors);
  if (!schema) return false;
  EventsPass pass(world_, plan_, events, &joins);
  std::vector<std::string> key_columns;
  std::vector<FieldId> raw, typed;
  for (const FieldId field : decl.key) {
    const model::Field& part = decl.fields[field.index];
    const auto found = find_column(*schema, part.column.empty() ? part.named.name : part.column,
                                   !world_.data.missing_tables_are_empty(), decl.named.name + "." + part.named.name,
                                   part.named.span, world_.errors);
    if (!found) return world_.data.missing_tables_are_empty();
    key_columns.push_back(schema->columns[*found].name);
    const Rep rep = rep_of(part.type);
    if (rep == Rep::text || rep == Rep::entity || rep == Rep::event) {
      pass.raw_columns.push_back(key_columns.back());
      raw.push_back(field);
    } else {
      typed.push_back(field);
      pass.reads.fields.insert(field);
    }
  }
  if (decl.key.empty()) {
    for (const auto& column : schema->columns) pass.raw_columns.push_back(column.name);
    key_columns = pass.raw_columns;
  }
  if (is_unique_in_store(*schema, key_columns) || schema->columns.empty()) return true;
  if (!open(pass, events)) return false;
  if (is_unique_in_parts(world_, plan_, joins, events, pass, raw, typed)) return true;
  const RowIdentity identity(world_, decl, pass, raw, typed);

  tsl::robin_set<std::uint64_t> repeated;
  std::optional<SortedEntries<std::uint64_t>> hashes(std::in_place, world_.budget, false);
  BadRows without_key(world_, SourceRef::of(events));
  EventsState& state = world_.events[events.index];
  pass.run([&](const Batch& batch, Table& table, std::vector<std::uint8_t>& active) {
    for (std::size_t row = 0; row < batch.rows; ++row) {
      if (active[row] == 0) continue;
      if (const auto missing = identity.missing_key(batch, row)) {
        if (!state.dropped.try_emplace(batch.first_row + row, EventsState::Dropped::bad).second) continue;
        ++state.info.quarantined;
        without_key.add(batch.first_row + row,
                        BadCell{static_cast<std::uint32_t>(row), *missing, CellProblem::empty_required, ""});
        continue;
      }
      hashes->add(identity.hash(batch, table, row));
    }
  });
  without_key.report(*schema);
  hashes->finish();
  std::optional<std::uint64_t> before;
  hashes->visit_all([&](std::uint64_t hash) {
    if (before == hash) repeated.insert(hash);
    before = hash;
  });
  hashes.reset();
  if (repeated.empty()) return true;

  std::map<std::string, Repeats> rows;
  const bool keep_first = decl.duplicates == model::Duplicates::keep_first;
  std::vector<std::uint64_t> later;
  pass.run([&](const Batch& batch, Table& table, std::vector<std::uint8_t>& active) {
    for (std::size_t row = 0; row < batch.rows; ++row) {
      if (active[row] == 0 || !repeated.contains(identity.hash(batch, table, row))) continue;
      Repeats& repeats = rows[identity.text(batch, table, row)];
      if (repeats.count++ == 0) repeats.first = batch.first_row + row;
      if (repeats.count > 1) later.push_back(batch.first_row + row);
    }
  });
  for (const std::uint64_t row : later) state.dropped.try_emplace(row, EventsState::Dropped::repeated);
  if (keep_first) state.info.duplicates += later.size();
  if (keep_first) return true;
  if (world_.request.quarantine) {
    state.info.quarantined += later.size();
    return true;
  }
  for (const auto& [text, repeats] : rows) {
    if (repeats.count < 2) continue;
    auto* diagnostic =
        world_.errors.add_row_error(decl.key.empty() ? ids::data_duplicate_row : ids::data_duplicate_key);
    if (diagnostic == nullptr) continue;
    std::string key = text.substr(0, text.size() - 1);
    for (std::size_t at = 0; (at = key.find('\x1f', at)) != std::string::npos;) key.replace(at, 1, " / ");
    diagnostic->with("table", schema->name)
        .with("reader", decl.named.name)
        .with("count", std::to_string(repeats.count));
    diagnostic->with("key", shortened(key)).with("row", std::to_string(repeats.first + 1));
    diagnostic->location = world_.data.name();
  }
  return true;
}

}  // namespace kpi::eval::scanning
