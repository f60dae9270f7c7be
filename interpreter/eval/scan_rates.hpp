// Exchange rates: units of policy currency for one unit of another, by the policy's rule.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "interpreter/eval/scan.hpp"
#include "interpreter/eval/scan_column.hpp"
#include "interpreter/eval/scan_errors.hpp"

namespace kpi::eval::scanning {

/// Currencies by the code of their text. Several threads may ask.
class CurrencyCodes {
 public:
  explicit CurrencyCodes(TextPool& pool) : pool_(pool) {}
  /// None when the text is not a code of ISO 4217.
  std::optional<value::Currency> find(Code code) { return look_up(code).currency; }
  /// Digits of the minor unit; 0 for what is no currency.
  int minor_digits(Code code) { return look_up(code).digits; }

 private:
  struct Known {
    int digits = 0;
    std::optional<value::Currency> currency;
  };
  Known look_up(Code code);
  TextPool& pool_;
  std::mutex mutex_;
  std::map<Code, Known> known_;
};

/// What a rate of a row's day means under each rule:
///   day_of_event   the rate of that day, or the latest within the 7 days before
///   month_average  the mean of all rates given for days of its calendar month
///   period_end     the rate in force on the last day of its calendar month: the latest of the month, or else of the 7
///                  days before the month's end
///   fixed          the currency's only rate; with several, the earliest
/// Rates of days after --as-of are not seen.
class Rates {
 public:
  static constexpr int kDaysBack = 7;

  Rates(const model::Policy& policy, DataErrors& errors);
  /// Reads the exchange table, if the policy has one. Rows with errors are reported, rows of days after `as_of` left out.
  void load(DataSource& data, std::optional<Date> as_of);
  /// The last day of the data: windows that go on behind it are converted as of this day, or of the last rate's.
  void set_last_day(Date day) { data_end_ = std::max(day, Date{last_day_}); }
  /// The day for whose rate a window asks.
  Date day_of(Window window) const;
  bool available() const { return exchange_ != nullptr; }
  value::Currency currency() const { return policy_currency_; }
  /// 1 for the policy's own currency; none when there is no rate. This and mantissa() may be asked by several threads.
  std::optional<Number> rate(value::Currency currency, Date day);
  /// The rate for amounts without a day of their own, in a window: by the rule, as of the window's last day or of the
  /// data's, whichever comes first; month_average is the mean over the window.
  std::optional<Number> rate(value::Currency currency, Window window) const;
  /// The latest known rate: for amounts of entities, which have no day.
  std::optional<Number> latest(value::Currency currency) const;
  /// The rate as an integer at scale(), or 0 when there is none or it does not fit.
  std::int64_t mantissa(value::Currency currency, Date day) {
    const auto offset = static_cast<std::uint64_t>(static_cast<std::int64_t>(day.days) - first_day_);
    if (currency.index() < mantissas_.size() && offset < mantissas_[currency.index()].size()) {
      const std::int64_t known = std::atomic_ref(mantissas_[currency.index()][offset]).load(std::memory_order_relaxed);
      if (known >= 0) return known;
    }
    return look_up_mantissa(currency, day);
  }
  /// The same by day from first_day() on: -1 for what has not been computed yet. Read and filled by several threads.
  std::span<const std::int64_t> mantissas(value::Currency currency) const {
    return currency.index() < mantissas_.size() ? std::span<const std::int64_t>(mantissas_[currency.index()])
                                                : std::span<const std::int64_t>();
  }
  std::int32_t first_day() const { return first_day_; }
  /// How many days from first_day() on are remembered.
  std::size_t days() const { return static_cast<std::size_t>(last_day_ - first_day_ + 1); }
  int scale() const { return scale_; }
  /// Reports a missing rate once.
  void report_missing(value::Currency currency, Date day);
  /// Reports once that a column holds another currency although the policy has no rates at all.
  void report_foreign(value::Currency currency, const std::string& table, const std::string& column);

 private:
  using Series = std::map<Date, Number>;
  const Series* series(value::Currency currency) const;
  std::optional<Number> compute(const Series& series, Date day) const;
  std::int64_t look_up_mantissa(value::Currency currency, Date day);
  void add(value::Currency currency, Date day, Number rate, const std::string& table);
  void doubt(std::optional<value::Currency> currency);
  void load_rows(DataSource& data, const TableSchema& schema, const std::vector<std::string>& columns);

  const model::Exchange* exchange_ = nullptr;
  DataErrors& errors_;
  value::Currency policy_currency_;
  int scale_ = 0;
  std::map<value::Currency, Series> series_;
  std::mutex mutex_;                                                          // of what is computed on demand
  std::map<std::pair<value::Currency, Date>, std::optional<Number>> rates_;   // computed so far
  std::int32_t first_day_ = 0, last_day_ = -1;                   // of the rates; between them mantissas are remembered
  std::optional<Date> as_of_, data_end_;
  std::vector<std::vector<std::int64_t>> mantissas_;             // by currency and day; -1: not computed yet
  std::set<std::pair<value::Currency, Date>> reported_;
  std::set<std::pair<value::Currency, std::string>> foreign_;
  std::string data_name_;
  std::set<value::Currency> doubtful_;   // some of their rates could not be read
  bool all_doubtful_ = false;
};

}  // namespace kpi::eval::scanning
