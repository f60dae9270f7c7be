// Expressions of a policy as phrases that a reader without knowledge of the language understands.
#pragma once

#include <string>

#include "grammar/source/source.hpp"
#include "interpreter/handbook/document.hpp"
#include "interpreter/model/policy.hpp"
#include "interpreter/report/show.hpp"

namespace kpi::handbook {

using report::Language;

class Phraser {
 public:
  Phraser(const model::Policy& policy, const source::SourceMap& sources, Language language)
      : policy_(policy), sources_(sources), language_(language), show_(policy, nullptr, language) {}

  /// What a number, text or date is: `the total of amount over all Orders`.
  Inline value(model::ExprId id) const { return phrase(id, 0); }
  /// When something holds: `age is less than 90 days`.
  Inline clause(model::ExprId id) const;
  /// The formula as it stands in the policy, on one line.
  std::string written(model::ExprId id) const;

  /// Its label; a name that has none is written with blanks.
  Inline label(const model::Named& named) const;
  /// A field or column, as it is called in the data unless it has a label.
  Inline column(const model::Named& named) const { return policy_.label(named, zh() ? "zh" : "en"); }
  /// `8,000 GBP`, `3 minutes`, `12%` (of a metric shown as one), `1.2`; what is rounded carries `~`.
  std::string amount(const value::Value& value, const value::Type& type, const model::Metric::Show& show = {}) const;
  std::string parameter(const model::Param& param) const;
  std::string metric_value(model::MetricId id, const value::Value& value) const;
  std::string number(const value::Number& number, int places = 2) const;  // trailing zeros left out
  std::string money(const value::Number& amount, value::Currency currency) const;
  std::string percent(const value::Number& share) const;
  std::string duration(const value::Number& seconds) const;
  std::string delay(const model::Delay& delay) const;
  std::string date(value::Date date) const;
  std::string unit_noun(value::CalendarUnit unit) const;  // month / 月
  Inline source_name(model::SourceRef source) const;
  /// The text of a clause (`basis`, `because`) in the language of the handbook.
  std::string clause_text(const std::string& declaration, const std::string& part, const std::string& own) const;
  /// The column, or the way of columns, that says whose a row of the events is; `everybody's` where none does.
  Inline whose(model::EventsId events, model::EntityId entity) const;
  bool zh() const { return language_ == Language::zh; }
  Language language() const { return language_; }
  const model::Policy& policy() const { return policy_; }
  std::string pick(const char* en, const char* zh_text) const { return zh() ? zh_text : en; }
  /// `a, b and c`, or `a, b or c`
  Inline list(const std::vector<Inline>& items, bool either = false) const;

 private:
  /// `level` is the binding of what surrounds the phrase: 0 nothing, 1 a sum, 2 a product or comparison.
  Inline phrase(model::ExprId id, int level) const;
  Inline field(const model::FieldPath& path, model::SourceRef source) const;
  Inline aggregate(model::AggregateId id) const;
  bool is_metric(const Inline& name) const;  // whether a metric is called so
  Inline metric_call(const model::MetricCall& call) const;
  Inline call(const model::CallExpr& call) const;
  Inline comparison(const model::BinaryExpr& binary) const;
  Inline groups(const model::MetricCall& call) const;

  const model::Policy& policy_;
  const source::SourceMap& sources_;
  Language language_;
  mutable report::Show show_;
};

}  // namespace kpi::handbook
