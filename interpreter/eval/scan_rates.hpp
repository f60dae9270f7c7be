// Exchange rates: units of policy currency for one unit of another, by the policy's rule.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include <tsl/robin_map.h>

#include "interpreter/eval/scan.hpp"
#include "interpreter/eval/scan_column.hpp"
#include "interpreter/eval/scan_errors.hpp"

namespace kpi::eval::scanning {

/// Currencies by the code of their text.
class CurrencyCodes {
 public:
  explicit CurrencyCodes(TextPool& pool) : pool_(pool) {}
  /// None when the text is not a code of ISO 4217.
  std::optional<value::Currency> find(Code code) {
    if (code == last_code_) return last_;
    return look_up(code);
  }

 private:
  std::optional<value::Currency> look_up(Code code);
  TextPool& pool_;
  Code last_code_ = -1;  // no text has this code
  std::optional<value::Currency> last_;
  std::map<Code, std::optional<value::Currency>> known_;
};

/// What a rate of a row's day means under each rule:
///   day_of_event   the rate of that day, or the latest within the 7 days before
///   month_average  the mean of all rates given for days of its calendar month
///   period_end     the rate in force on the last day of its calendar month: the latest of the month, or else of the 7
///                  days before the month's end
///   fixed          the currency's only rate; with several, the earliest
class Rates {
 public:
  static constexpr int kDaysBack = 7;

  Rates(const model::Policy& policy, DataErrors& errors);
  /// Reads the exchange table, if the policy has one. Rows with errors are reported.
  void load(DataSource& data);
  bool available() const { return exchange_ != nullptr; }
  value::Currency currency() const { return policy_currency_; }
  /// 1 for the policy's own currency; none when there is no rate.
  std::optional<Number> rate(value::Currency currency, Date day);
  /// The rate for amounts without a day of their own, in a window: by the rule, as of the window's last day;
  /// month_average is the mean over the window.
  std::optional<Number> rate(value::Currency currency, Window window) const;
  /// The latest known rate: for amounts of entities, which have no day.
  std::optional<Number> latest(value::Currency currency) const;
  /// The rate as an integer at scale(), or 0 when there is none or it does not fit.
  std::int64_t mantissa(value::Currency currency, Date day) {
    if (currency.index() == last_currency_ && day.days == last_day_) return last_mantissa_;
    return look_up_mantissa(currency, day);
  }
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
  void load_rows(DataSource& data, const TableSchema& schema, const std::vector<std::string>& columns);

  const model::Policy& policy_;
  const model::Exchange* exchange_ = nullptr;
  DataErrors& errors_;
  value::Currency policy_currency_;
  int scale_ = 0;
  std::map<value::Currency, Series> series_;
  tsl::robin_map<std::uint64_t, std::optional<Number>> rates_;
  tsl::robin_map<std::uint64_t, std::int64_t> mantissas_;
  std::uint16_t last_currency_ = 0xFFFF;
  std::int32_t last_day_ = 0;
  std::int64_t last_mantissa_ = 0;
  std::set<std::pair<value::Currency, Date>> reported_;
  std::set<std::pair<value::Currency, std::string>> foreign_;
};

}  // namespace kpi::eval::scanning
