#include "interpreter/eval/scan_rates.hpp"

#include "grammar/source/diagnostics/data.hpp"
#include "interpreter/eval/scan_cell.hpp"
#include "interpreter/eval/scan_schema.hpp"

namespace kpi::eval::scanning {

using source::DiagnosticId;
namespace ids = source::ids;
using value::Currency;

CurrencyCodes::Known CurrencyCodes::look_up(Code code) {
  const std::lock_guard lock(mutex_);
  const auto [entry, is_new] = known_.try_emplace(code);
  if (is_new) {
    entry->second.currency = Currency::parse(pool_.text(code));
    entry->second.digits = entry->second.currency ? entry->second.currency->minor_digits() : 0;
  }
  return entry->second;
}

Rates::Rates(const model::Policy& policy, DataErrors& errors)
    : exchange_(policy.exchange ? &*policy.exchange : nullptr),
      errors_(errors),
      policy_currency_(policy.header.currency) {}

void Rates::load(DataSource& data, std::optional<Date> as_of) {
  as_of_ = data_end_ = as_of;
  data_name_ = data.name();
  if (exchange_ == nullptr) return;
  const std::string reader = "exchange";
  const auto schema = find_table(data, exchange_->table, reader, exchange_->span, errors_);
  all_doubtful_ = !schema;
  if (!schema || schema->columns.empty()) return;
  std::vector<std::string> columns;
  for (const std::string* wanted : {&exchange_->day_column, &exchange_->currency_column, &exchange_->rate_column}) {
    const auto found = find_column(*schema, *wanted, true, reader, exchange_->span, errors_);
    all_doubtful_ = all_doubtful_ || !found;
    if (found) columns.push_back(schema->columns[*found].name);
  }
  if (all_doubtful_) return;
  load_rows(data, *schema, columns);
}

void Rates::load_rows(DataSource& data, const TableSchema& schema, const std::vector<std::string>& columns) {
  const auto rows = data.scan(schema.name, columns);
  Batch batch;
  const auto report = [&](std::size_t row, std::size_t column, DiagnosticId id, std::string_view expected) {
    if (auto* diagnostic = errors_.add_row_error(id)) {
      diagnostic->with("table", schema.name)
          .with("row", std::to_string(batch.first_row + row + 1))
          .with("column", columns[column])
          .with("content", shortened(cell_text(batch, column, row)))
          .with("expected", std::string(expected));
      diagnostic->location = data_name_;
    }
  };
  while (rows->next(batch, 4096)) {
    for (std::size_t row = 0; row < batch.rows; ++row) {
      bool complete = true;
      for (std::size_t column = 0; complete && column < 3; ++column) {
        if (batch.columns[column].classes[row] != CellClass::null) continue;
        report(row, column, ids::data_empty_cell, "");
        complete = false;
      }
      if (!complete) {
        doubt(Currency::parse(cell_text(batch, 1, row)));
        continue;
      }
      const auto day = date_of(batch, 0, row);
      const auto currency = Currency::parse(cell_text(batch, 1, row));
      const auto rate = number_of(batch, 2, row);
      if (!day) report(row, 0, ids::data_malformed_cell, "`YYYY-MM-DD`");
      if (!currency) report(row, 1, ids::data_unknown_currency, "");
      if (!rate) report(row, 2, ids::data_malformed_cell, "`1234.56`");
      if (day && currency && rate) {
        add(*currency, *day, *rate, schema.name);
      } else {
        doubt(currency);
      }
    }
  }
  constexpr std::int32_t kMaxDays = 100'000;
  bool first = true;
  for (const auto& [currency, rates] : series_) {
    first_day_ = first ? rates.begin()->first.days : std::min(first_day_, rates.begin()->first.days);
    last_day_ = first ? rates.rbegin()->first.days : std::max(last_day_, rates.rbegin()->first.days);
    first = false;
    for (const auto& [day, rate] : rates) {
      if (const auto scaled = rate.to_scaled(kMaxScale)) scale_ = std::max(scale_, scaled->second);
    }
  }
  const bool few = !first && last_day_ - first_day_ <= kMaxDays;
  for (const auto& [currency, rates] : series_) {
    if (!few) break;
    if (mantissas_.size() <= currency.index()) mantissas_.resize(currency.index() + 1);
    mantissas_[currency.index()].assign(static_cast<std::size_t>(last_day_ - first_day_ + 1), -1);
  }
}

void Rates::add(Currency currency, Date day, Number rate, const std::string& table) {
  const auto report = [&](DiagnosticId id) {
    if (auto* diagnostic = errors_.add_row_error(id)) {
      diagnostic->with("table", table).with("currency", std::string(currency.code())).with("day", day.to_string());
      diagnostic->location = data_name_;
    }
    doubt(currency);
  };
  if (rate.sign() <= 0) return report(ids::data_rate_not_positive);
  if (as_of_ && day > *as_of_) return;
  const auto [entry, is_new] = series_[currency].try_emplace(day, rate);
  if (!is_new && entry->second != rate) report(ids::data_conflicting_rates);
}

/// A rate that cannot be read may be the very one that is missed later: that is no second error.
void Rates::doubt(std::optional<Currency> currency) {
  if (currency) {
    doubtful_.insert(*currency);
  } else {
    all_doubtful_ = true;
  }
}

const Rates::Series* Rates::series(Currency currency) const {
  const auto found = series_.find(currency);
  return found == series_.end() || found->second.empty() ? nullptr : &found->second;
}

namespace {

/// The latest entry on or before `day`, not before `earliest`.
std::optional<Number> latest_until(const std::map<Date, Number>& series, Date day, Date earliest) {
  auto after = series.upper_bound(day);
  if (after == series.begin()) return std::nullopt;
  const auto& [found, rate] = *std::prev(after);
  return found < earliest ? std::nullopt : std::optional(rate);
}

std::optional<Number> mean(const std::map<Date, Number>& series, Date start, Date end) {
  Number sum;
  std::int64_t count = 0;
  for (auto entry = series.lower_bound(start); entry != series.end() && entry->first < end; ++entry, ++count) {
    sum += entry->second;
  }
  return count == 0 ? std::nullopt : std::optional(sum / Number(count));
}

Date back(Date day, int days) { return Date{day.days - days}; }

}  // namespace

std::optional<Number> Rates::compute(const Series& series, Date day) const {
  using Rule = model::Exchange::Rule;
  const value::Period month = value::Period::containing(day, value::CalendarUnit::month);
  switch (exchange_->rule) {
    case Rule::day_of_event:
      return latest_until(series, day, back(day, kDaysBack));
    case Rule::month_average:
      return mean(series, month.start(), month.end());
    case Rule::period_end: {
      const Date last = back(month.end(), 1);
      return latest_until(series, last, std::min(month.start(), back(last, kDaysBack)));
    }
    case Rule::fixed:
      return series.begin()->second;
  }
  return std::nullopt;
}

std::optional<Number> Rates::rate(Currency currency, Date day) {
  if (currency == policy_currency_) return Number(1);
  const Series* found = series(currency);
  if (found == nullptr) return std::nullopt;
  const std::lock_guard lock(mutex_);
  const auto [entry, is_new] = rates_.try_emplace({currency, day});
  if (is_new) entry->second = compute(*found, day);
  return entry->second;
}

std::optional<Number> Rates::rate(Currency currency, Window window) const {
  using Rule = model::Exchange::Rule;
  if (currency == policy_currency_) return Number(1);
  const Series* found = series(currency);
  if (found == nullptr) return std::nullopt;
  if (exchange_->rule == Rule::fixed) return found->begin()->second;
  if (exchange_->rule == Rule::month_average) return mean(*found, window.start, window.end);
  const Date last = day_of(window);
  if (exchange_->rule == Rule::period_end) return compute(*found, last);
  return latest_until(*found, last, back(last, kDaysBack));
}

Date Rates::day_of(Window window) const {
  const Date last = back(window.end, 1);
  return data_end_ && *data_end_ >= window.start ? std::min(last, *data_end_) : last;
}

std::optional<Number> Rates::latest(Currency currency) const {
  if (currency == policy_currency_) return Number(1);
  const Series* found = series(currency);
  if (found == nullptr) return std::nullopt;
  return exchange_->rule == model::Exchange::Rule::fixed ? found->begin()->second : found->rbegin()->second;
}

std::int64_t Rates::look_up_mantissa(Currency currency, Date day) {
  std::int64_t result = 0;
  const auto exact = rate(currency, day);
  if (const auto scaled = exact ? exact->to_scaled(scale_) : std::nullopt) {
    value::Int128 mantissa = scaled->first;
    for (int digits = scaled->second; digits < scale_; ++digits) mantissa *= 10;
    if (mantissa <= std::numeric_limits<std::int64_t>::max()) result = static_cast<std::int64_t>(mantissa);
  }
  if (currency.index() >= mantissas_.size()) return result;
  const auto offset = static_cast<std::uint64_t>(static_cast<std::int64_t>(day.days) - first_day_);
  auto& by_day = mantissas_[currency.index()];
  if (offset < by_day.size()) std::atomic_ref(by_day[offset]).store(result, std::memory_order_relaxed);
  return result;
}

void Rates::report_foreign(Currency currency, const std::string& table, const std::string& column) {
  if (errors_.watched(ids::data_foreign_currency)) return;
  if (!foreign_.emplace(currency, table + "." + column).second) return;
  if (auto* diagnostic = errors_.add_row_error(ids::data_foreign_currency)) {
    diagnostic->with("table", table).with("column", column).with("currency", std::string(currency.code()));
    diagnostic->with("wanted", std::string(policy_currency_.code()));
    diagnostic->location = data_name_;
  }
}

void Rates::report_missing(Currency currency, Date day) {
  if (exchange_ == nullptr || all_doubtful_ || doubtful_.contains(currency)) return;
  if (errors_.watched(ids::data_missing_rate)) return;
  if (!reported_.emplace(currency, day).second) return;
  if (auto* diagnostic = errors_.add_row_error(ids::data_missing_rate)) {
    diagnostic->with("table", exchange_->table)
        .with("currency", std::string(currency.code()))
        .with("day", day.to_string());
    diagnostic->location = data_name_;
  }
}

}  // namespace kpi::eval::scanning
