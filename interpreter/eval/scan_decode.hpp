// Raw batches to typed columns, for the fields of one source.
//
//   text       as it is; an integer cell is its decimal text, a REAL its shortest decimal
//   number     TEXT decimals, INTEGER and REAL (shortest decimal); money `stored as minor` is divided by 10^digits
//   duration   a number in the declared unit
//   boolean    0, 1, true, false, yes, no
//   date       `2026-07-03`
//   datetime   ISO text with or without offset, or an INTEGER: seconds since 1970 UTC
//   reference  the key of the row it leads to
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "interpreter/eval/scan_cell.hpp"
#include "interpreter/eval/scan_world.hpp"

namespace kpi::eval::scanning {

/// Conversions of one zone with a memory of days, so that a batch in any order is cheap.
class ZoneClock {
 public:
  explicit ZoneClock(const value::TimeZone& zone) : zone_(&zone), local_(kSlots), utc_(kSlots) {}
  /// None for a time that the zone skips.
  bool to_instant(std::int64_t local_micros, std::int64_t& instant);
  /// Has the local day one offset? Then the instant of its beginning.
  bool is_uniform(std::int64_t local_day, std::int64_t& midnight);
  /// Days since 1970 of the local day.
  std::int32_t local_day(std::int64_t instant);
  const value::TimeZone& zone() const { return *zone_; }

 private:
  static constexpr std::size_t kSlots = 1024;
  struct Day {
    std::int64_t day = std::numeric_limits<std::int64_t>::min();
    bool uniform = false;      // one offset on the whole day
    std::int64_t offset = 0;   // local - UTC in microseconds
  };
  void fill_local(Day& slot, std::int64_t day) const;
  void fill_utc(Day& slot, std::int64_t day) const;
  const value::TimeZone* zone_;
  std::vector<Day> local_, utc_;
};

inline std::int64_t floor_day(std::int64_t micros) {
  const std::int64_t day = micros / value::kMicrosPerDay;
  return micros % value::kMicrosPerDay < 0 ? day - 1 : day;
}

/// Cells of one batch that could not be read: the typed cell is absent.
using BadCells = std::vector<BadCell>;

class Decoder {
 public:
  /// `fields` are those to decode; what they rest on (currency columns, the zone's reference) is added. Missing columns
  /// are reported; then valid() is false.
  Decoder(World& world, SourceRef source, const TableSchema& schema, std::vector<FieldId> fields);
  bool valid() const { return valid_; }
  /// The local days of the batch's times, in the events' zone or the row's own.
  void fill_days(const Batch& batch, Table& out);
  const std::vector<FieldId>& fields() const { return fields_; }
  /// Stored names to ask the store for; the batch's columns are in this order.
  const std::vector<std::string>& columns() const { return columns_; }
  /// Overwrites the table's columns. Events also get `days`, when their time is among the fields.
  void decode(const Batch& batch, Table& out, BadCells& bad);

 private:
  static constexpr std::uint32_t kNoColumn = 0xFFFF'FFFF;
  struct TextCache {
    std::uint64_t word = 0, more = 0;   // the first sixteen bytes
    std::uint32_t length = 0xFFFF'FFFF;
    Code code = 0;
  };
  /// The day that was met last in times of the usual form.
  struct UsualDay {
    std::uint64_t start = 0, rest = 0;  // its text
    const ZoneClock* clock = nullptr;
    std::int64_t midnight = 0;          // the instant
    std::int64_t day = 0;
  };
  /// Digits of the minor unit of each row's currency in the current batch.
  struct MinorDigits {
    bool known = false;                 // for this batch
    bool complete = false;              // every row has a currency
    int least = 0, most = 0;
    std::vector<std::int64_t> powers;   // what brings the row's minor units to `most` digits
    struct Cached {
      Code code = -1;
      int digits = 0;
      bool is_currency = false;
    };
    std::array<Cached, 64> cache = {};
  };
  struct Input {
    FieldId field;
    const model::Field* decl = nullptr;
    Rep rep = Rep::number;
    std::uint32_t target = 0;
    std::uint32_t column = kNoColumn;   // kNoColumn: always absent
    bool optional = false;
    std::int64_t factor = 1;            // of durations
    int fixed_digits = 0;               // minor units in a fixed currency
    bool has_range = false;
    value::RangeValue range;
    std::array<TextCache, 256> texts = {};
    UsualDay usual_day;                 // of times
    std::string last_text;              // of dates and times
    std::int64_t last_value = 0;
    bool last_valid = false;
  };

  void add_field(FieldId field);
  void find_inputs(const TableSchema& schema);
  bool find_input(const TableSchema& schema, FieldId field);
  void decode_input(const Batch& batch, Input& input, Table& out, BadCells& bad);
  // Whole columns whose cells are all of the usual class and in the usual form (scan_decode_usual.cpp). False: nothing is
  // said about the column, and it is decoded cell by cell.
  bool decode_usual(const Batch& batch, Input& input, Table& table, Column& out);
  bool usual_texts(const Batch& batch, Input& input, Column& out);
  bool usual_references(const Batch& batch, const Input& input, Column& out);
  bool usual_numbers(const Batch& batch, const Input& input, const Table& table, Column& out);
  bool usual_booleans(const Batch& batch, const Input& input, Column& out);
  bool usual_times(const Batch& batch, Input& input, Table& table, Column& out);
  const MinorDigits& minor_digits_of(FieldId currency, const Table& table);

  void decode_texts(const Batch& batch, Input& input, Column& out, BadCells& bad);
  void decode_references(const Batch& batch, Input& input, Column& out, BadCells& bad);
  void decode_numbers(const Batch& batch, Input& input, Table& table, Column& out, BadCells& bad);
  void decode_booleans(const Batch& batch, Input& input, Column& out, BadCells& bad);
  void decode_dates(const Batch& batch, Input& input, Column& out, BadCells& bad);
  void decode_times(const Batch& batch, Input& input, Table& table, Column& out, BadCells& bad);
  void check_currencies(const Batch& batch, const Input& input, Table& table, BadCells& bad);
  void check_numbers(const Batch& batch, const Input& input, Column& out, BadCells& bad);

  Code text_code(const Batch& batch, Input& input, std::size_t row);
  Code text_code(std::string_view text, Input& input);
  bool cell_number(const Batch& batch, const Input& input, std::size_t row, Decimal& decimal, Number& wide, bool& is_wide) const;
  void store_wide(Column& out, std::size_t row, Number number) const;
  bool read_time(std::string_view text, Input& input, ZoneClock& clock, std::int64_t& instant, bool& gap);
  /// The name of the row's own zone (`in shop.timezone`).
  std::optional<Code> zone_of_row(const Table& table, std::size_t row) const;
  ZoneClock* clock_of_row(const Table& table, std::size_t row);
  ZoneClock& clock(const value::TimeZone& zone);
  int minor_digits(const Input& input, const Table& table, std::size_t row) const;
  void fail(const Batch& batch, const Input& input, std::size_t row, CellProblem problem, Column& out, BadCells& bad) const;
  void empty_cell(const Batch& batch, const Input& input, std::size_t row, Column& out, BadCells& bad) const;

  World& world_;
  SourceRef source_;
  const std::vector<model::Field>& decls_;
  const model::Events* events_ = nullptr;
  bool valid_ = true;
  std::vector<FieldId> fields_;
  std::vector<std::string> columns_;
  std::vector<std::unique_ptr<Input>> inputs_;
  std::map<const value::TimeZone*, std::unique_ptr<ZoneClock>> clocks_;
  ZoneClock* fixed_clock_ = nullptr;
  std::map<FieldId, MinorDigits> minor_digits_;   // by currency field
  bool days_are_known_ = false;                   // of the current batch
  std::map<Code, ZoneClock*> zones_by_name_;
};

}  // namespace kpi::eval::scanning
