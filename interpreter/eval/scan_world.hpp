// What all parts of a scan share: the policy, the pool of texts, entity tables, rows kept for references, exchange rates.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include <tsl/robin_map.h>
#include <tsl/robin_set.h>

#include "interpreter/eval/scan.hpp"
#include "interpreter/eval/scan_column.hpp"
#include "interpreter/eval/scan_errors.hpp"
#include "interpreter/eval/scan_rates.hpp"
#include "interpreter/eval/scan_spill.hpp"

namespace kpi::eval::scanning {

using model::ExprId;
using model::FieldPath;
using model::Policy;

struct CodeHash {
  std::size_t operator()(Code code) const { return mix(static_cast<std::uint64_t>(code)); }
};

/// A set of codes. Small ones, the usual case with numeric ids, are bits as well.
class CodeSet {
 public:
  void insert(Code code) {
    const auto slot = static_cast<std::uint64_t>(code);
    if (slot < kDense) {
      if (slot / 64 + 1 >= bits_.size()) bits_.resize(std::min<std::uint64_t>(kDense / 64, std::max<std::uint64_t>(16, slot / 32)) + 1);
      bits_[slot / 64] |= std::uint64_t{1} << (slot % 64);
    } else {
      has_large_ = true;
    }
    codes_.insert(code);
  }
  bool contains(Code code) const {
    const auto slot = static_cast<std::uint64_t>(code);
    if (slot / 64 < bits_.size()) return (bits_[slot / 64] >> (slot % 64) & 1) != 0;
    return slot >= kDense && codes_.contains(code);
  }
  /// 1 where the set contains factor * values[row].
  void contains_each(const std::int64_t* values, std::int64_t factor, std::size_t rows, std::int64_t* result) const {
    const std::uint64_t* const bits = bits_.data();
    const std::uint64_t last = bits_.size() - 1;
    std::uint64_t used = 0;
    for (std::size_t row = 0; row < rows; ++row) {
      const auto slot = static_cast<std::uint64_t>(values[row]) * static_cast<std::uint64_t>(factor);
      used |= slot;
      result[row] = static_cast<std::int64_t>(bits[std::min(slot / 64, last)] >> (slot % 64) & 1);
    }
    if (used < kDense || !has_large_) return;
    for (std::size_t row = 0; row < rows; ++row) {
      const auto slot = static_cast<std::uint64_t>(values[row]) * static_cast<std::uint64_t>(factor);
      if (slot >= kDense) result[row] = codes_.contains(static_cast<Code>(slot)) ? 1 : 0;
    }
  }
  auto begin() const { return codes_.begin(); }
  auto end() const { return codes_.end(); }
  bool empty() const { return codes_.empty(); }
  std::size_t size() const { return codes_.size(); }

 private:
  static constexpr std::uint64_t kDense = 1 << 24;   // two megabytes at most
  std::vector<std::uint64_t> bits_ = {0};            // the last word has no bit
  bool has_large_ = false;
  tsl::robin_set<Code, CodeHash> codes_;
};
inline constexpr std::uint32_t kNoRow = 0xFFFF'FFFF;

/// Codes of keys to rows. Small integer keys, the usual case, are found in a plain array.
class KeyIndex {
 public:
  std::uint32_t find(Code code) const {
    const auto slot = static_cast<std::uint64_t>(code);
    if (slot < dense_.size()) return dense_[slot];
    const auto found = map_.find(code);
    return found == map_.end() ? kNoRow : found->second;
  }
  /// kNoRow, or the row, of the codes 0 up to its size.
  std::span<const std::uint32_t> small_codes() const { return dense_; }
  /// False when the key is there already.
  bool insert(Code code, std::uint32_t row);

 private:
  static constexpr std::uint64_t kDense = 1 << 20;
  std::vector<std::uint32_t> dense_;
  tsl::robin_map<Code, std::uint32_t, CodeHash> map_;
};

struct EntityTable {
  Table table;                        // amounts are native: in the currency in which they are stored
  KeyIndex index;                     // code of the key (of the joined key when it is composite)
  std::vector<std::string> keys;
  std::vector<std::optional<Date>> active_from, active_to;
  bool grows = false;                 // distinct entities: rows appear while sources are scanned
  bool unreadable = false;            // its table or one of its columns is missing: the error has been reported
  CodeSet bad_keys;                   // keys of rows with errors, which are not among the rows
  CodeSet left_out;                   // keys of rows that the entity's `where` leaves out
  std::uint64_t quarantined = 0;      // rows that --quarantine set aside
};

/// Rows of keyed events that others refer to.
struct KeptEvents {
  bool needed = false;
  bool built = false;
  std::vector<FieldId> fields;        // what is read through references
  Table table;
  KeyIndex index;
  std::vector<std::uint8_t> unseen;   // later than as-of
  std::vector<std::uint64_t> masks;   // exclusions that hit, once the events have been scanned
  bool unreadable = false;            // as of entities
  CodeSet bad_keys;
};

/// What is known of one events source while it is scanned once or more often.
struct EventsState {
  enum class Dropped : std::uint8_t { bad, repeated };
  tsl::robin_map<std::uint64_t, Dropped> dropped;   // rows set aside, by their position
  tsl::robin_set<std::uint64_t> bad_cells;          // those met so far, so that no pass reports one again; see set_aside
  EventsInfo info;
  bool scanned = false;
};

struct World {
  World(const Policy& the_policy, DataSource& the_data, const ScanRequest& the_request, source::Diagnostics& diagnostics);

  const Policy& policy;
  DataSource& data;
  const ScanRequest& request;
  DataErrors errors;
  MemoryBudget budget{request.memory};  // of distinct values, medians, percentiles and keys that are checked
  TextPool pool;
  CurrencyCodes currencies;
  Rates rates;
  std::vector<EntityTable> entities;  // by EntityId
  std::vector<KeptEvents> kept;       // by EventsId
  std::vector<EventsState> events;
  std::map<std::pair<SourceRef, std::string>, CodeSet> sets;      // ColumnSet -> codes; see set_key
  std::vector<tsl::robin_set<std::int32_t>> holidays;             // by CalendarId, days

  const value::TimeZone& zone() const { return *policy.header.timezone; }
  /// The table that a reference to this source leads to.
  const Table& table(SourceRef source) const {
    return source.is_events() ? kept[source.index].table : entities[source.index].table;
  }
  /// The row of a distinct entity, made when it is new.
  std::uint32_t discover(model::EntityId entity, Code code);
  const CodeSet* set(const model::ColumnSet& column) const;
  /// "orders" or, for an entity, its name: for messages.
  const std::string& name(SourceRef source) const {
    return source.is_events() ? policy.events[source.index].named.name : policy.entities[source.index].named.name;
  }
  const std::string& stored_table(SourceRef source) const {
    return source.is_events() ? policy.events[source.index].table : policy.entities[source.index].table;
  }
};

std::string set_key(const FieldPath& path);

/// The source that a reference field leads to.
SourceRef target_of(const model::Field& field);

}  // namespace kpi::eval::scanning
