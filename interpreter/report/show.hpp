// Values as people read them: grouped thousands, currencies, durations in words, percentages. What is rounded for
// display is marked with `~`; exact values are in JSON and CSV.
#pragma once

#include <string>

#include "interpreter/eval/scan.hpp"
#include "interpreter/model/policy.hpp"
#include "interpreter/report/look.hpp"

namespace kpi::report {

/// Knows the names that values refer to. Remembers whether it rounded anything, for the footnote.
class Show {
 public:
  Show(const model::Policy& bound, const eval::AggregateStore* scanned, Language chosen)
      : policy_(bound), store_(scanned), language_(chosen) {}

  std::string value(const value::Value& value, const value::Type& type, const model::Metric::Show& show = {});
  std::string metric(model::MetricId id, const value::Value& value);
  std::string number(const value::Number& number, value::Unit unit);
  std::string money(const value::Number& amount, value::Currency currency);
  /// Exactly `places` decimals with thousands grouped, marked when that is not the whole value.
  std::string fixed(const value::Number& number, int places);
  std::string percent(const value::Number& share, int places = 1);
  std::string duration(const value::Number& seconds);
  std::string points(const value::Value& value);  // two decimals, or the reason
  std::string instant(value::Instant time) const;
  std::string reason(const value::NoValue& none) const;
  /// A reason as the evaluation words it (`net_sales: no data`), in the language and with labels.
  std::string reason(const std::string& text) const;
  std::string label(const model::Named& named) const;

  bool rounded() const { return rounded_; }
  Language language() const { return language_; }

 private:
  std::string plain(const value::Number& number);
  std::string with_unit_word(const value::Number& seconds, const model::Metric::Show& show);
  std::string rate(const value::Number& number, value::Unit unit);

  const model::Policy& policy_;
  const eval::AggregateStore* store_;
  Language language_;
  bool rounded_ = false;
};

/// `Ann (h1)`, or the key alone where it is the label.
std::string who(const std::string& label, const std::string& key);

/// What a step of a payout (`paid_when`) is called.
std::string step_word(const std::string& step, Language language);

/// What is said of an amount that is payable or pending, with the reason that its row carries (PayoutRowResult::reason).
std::string payable_text(bool is_pending, const std::string& reason, Language language);

}  // namespace kpi::report
