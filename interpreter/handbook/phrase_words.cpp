// What phrases are made of: names, figures, dates and fields.
#include <algorithm>

#include "grammar/source/one_line.hpp"
#include "interpreter/handbook/phrase.hpp"
#include "interpreter/model/dump.hpp"
#include "interpreter/model/texts.hpp"

namespace kpi::handbook {

using model::ExprId;
using value::Kind;
using value::Number;
using value::Unit;

std::string Phraser::written(ExprId id) const {
  if (!id.valid()) return "";
  std::string text = source::one_line(sources_.text(policy_.expr(id).span));
  return text.empty() ? model::exact_text(policy_, id) : text;
}

std::string Phraser::parameter(const model::Param& param) const {
  // A plain number below one is a share in all but name.
  if (param.value.is<Number>() && param.type.unit.is_plain()) {
    const Number& number = param.value.number();
    if (!number.is_zero() && number.abs() < Number(1)) return percent(number);
  }
  return amount(param.value, param.type);
}

Inline Phraser::label(const model::Named& named) const {
  Inline text = column(named);
  if (text == named.name && named.label.empty()) std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

Inline Phraser::list(const std::vector<Inline>& items, bool either) const {
  Inline result;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const bool last = i + 1 == items.size();
    if (i > 0 && zh()) result += either && last ? "或" : "、";
    if (i > 0 && !zh()) result += !last ? ", " : either ? " or " : " and ";
    result += items[i];
  }
  return result;
}

std::string Phraser::number(const Number& number, int places) const {
  int used = 0;
  while (used < places && number.round(used, value::Rounding::half_even) != number) ++used;
  const bool exact = number.round(used, value::Rounding::half_even) == number;
  return (exact ? "" : "~") + number.to_fixed(used, true);
}

std::string Phraser::money(const Number& amount, value::Currency currency) const {
  const bool whole = amount.is_integer();
  const int places = whole ? 0 : std::max(currency.minor_digits(), 0);
  const bool exact = amount.round(places, value::Rounding::half_even) == amount;
  return (exact ? "" : "~") + amount.to_fixed(places, true) + " " + std::string(currency.code());
}

std::string Phraser::percent(const Number& share) const { return number(share * Number(100)) + "%"; }

std::string Phraser::duration(const Number& seconds) const {
  static constexpr struct {
    std::int64_t seconds;
    const char *one, *many, *zh;
  } kUnits[] = {{86'400, "day", "days", "天"},
                {3'600, "hour", "hours", "小时"},
                {60, "minute", "minutes", "分钟"},
                {1, "second", "seconds", "秒"}};
  // Longer ones that are no whole number of anything: 12 minutes 30 seconds.
  const Number minutes = (seconds.abs() / Number(60)).floor();
  const Number rest = seconds.abs() - minutes * Number(60);
  if (!minutes.is_zero() && !rest.is_zero() && seconds.sign() > 0) {
    const Number shown = rest.round(0, value::Rounding::half_even);
    return (shown == rest ? "" : "~") + minutes.to_string() +
           (zh()                   ? " 分 "
            : minutes == Number(1) ? " minute "
                                   : " minutes ") +
           shown.to_string() +
           (zh()                 ? " 秒"
            : shown == Number(1) ? " second"
                                 : " seconds");
  }
  for (const auto& unit : kUnits) {
    const Number count = seconds / Number(unit.seconds);
    if (!count.is_integer() && unit.seconds != 1) continue;
    if (count.is_zero() && unit.seconds != 1) continue;
    return number(count) + " " + (zh() ? unit.zh : count == Number(1) ? unit.one : unit.many);
  }
  return number(seconds);
}

std::string Phraser::delay(const model::Delay& delay) const {
  if (delay.months == 0) return duration(delay.seconds);
  const bool years = delay.months % 12 == 0;
  const int count = years ? delay.months / 12 : delay.months;
  if (zh()) return std::to_string(count) + (years ? " 年" : " 个月");
  return std::to_string(count) + (years ? " year" : " month") + (count == 1 ? "" : "s");
}

std::string Phraser::date(value::Date date) const {
  static constexpr const char* kMonths[] = {"January", "February", "March",     "April",   "May",      "June",
                                            "July",    "August",   "September", "October", "November", "December"};
  if (zh())
    return std::to_string(date.year()) + " 年 " + std::to_string(date.month()) + " 月 " + std::to_string(date.day()) +
           " 日";
  return std::to_string(date.day()) + " " + kMonths[date.month() - 1] + " " + std::to_string(date.year());
}

std::string Phraser::unit_noun(value::CalendarUnit unit) const {
  switch (unit) {
    case value::CalendarUnit::day:
      return pick("day", "天");
    case value::CalendarUnit::week:
      return pick("week", "周");
    case value::CalendarUnit::month:
      return pick("month", "月");
    case value::CalendarUnit::quarter:
      return pick("quarter", "季度");
    case value::CalendarUnit::year:
      return pick("year", "年");
  }
  return "";
}

std::string Phraser::amount(const value::Value& content, const value::Type& type,
                            const model::Metric::Show& show) const {
  if (!content.has_value()) return show_.reason(content.reason());
  if (content.is<std::string>()) return zh() ? "“" + content.text() + "”" : "“" + content.text() + "”";
  if (content.is<bool>()) return content.boolean() ? pick("yes", "是") : pick("no", "否");
  if (content.is<value::Date>()) return date(content.as<value::Date>());
  if (content.is<value::CalendarStep>()) return delay({Number(0), content.as<value::CalendarStep>().months});
  if (!content.is<Number>()) return show_.value(content, type, show);
  const Number& number = content.number();
  using ShowKind = model::Metric::Show::Kind;
  if (type.unit.is_plain() && show.kind == ShowKind::percent) return percent(number);
  if (type.unit.is_plain()) return this->number(number, 4);
  if (type.unit.money == 1 && type.unit.time == 0) return money(number, type.unit.currency);
  if (type.unit == Unit::duration()) return duration(number);
  return show_.value(content, type, show);
}

std::string Phraser::metric_value(model::MetricId id, const value::Value& value) const {
  const model::Metric& metric = policy_.metrics[id.index];
  return amount(value, metric.type, metric.show);
}

Inline Phraser::source_name(model::SourceRef source) const {
  if (source.is_events()) return label(policy_.events[source.index].named);
  if (source.index == 0) return pick("the company", "公司");
  return label(policy_.entities[source.index].named);
}

std::string Phraser::clause_text(const std::string& declaration, const std::string& part,
                                 const std::string& own) const {
  return model::text_of(policy_, declaration, part, own, zh() ? "zh" : "en");
}

Inline Phraser::whose(model::EventsId events, model::EntityId entity) const {
  const model::FieldPath* path = policy_.event(events).owner_paths.to(entity);
  if (path == nullptr || (path->refs.empty() && !path->field.valid()))
    return pick("nobody's in particular", "不区分归属");
  // As the data calls it: whoever looks for a row of theirs looks into the export.
  model::SourceRef source = model::SourceRef::of(events);
  Inline way;
  const auto step = [&](model::FieldId id) {
    const model::Field& field = policy_.fields(source)[id.index];
    way += (way.empty() ? "" : " → ") + code(field.column.empty() ? field.named.name : field.column);
    if (field.type.kind == Kind::entity) source = model::SourceRef::of(model::EntityId{field.type.index});
    if (field.type.kind == Kind::event) source = model::SourceRef::of(model::EventsId{field.type.index});
  };
  for (const model::FieldId ref : path->refs) step(ref);
  if (path->field.valid()) step(path->field);
  return way;
}

Inline Phraser::field(const model::FieldPath& path, model::SourceRef source) const {
  std::vector<Inline> names;
  const auto step = [&](model::FieldId id) {
    const model::Field& field = policy_.fields(source)[id.index];
    names.push_back(code(column(field.named)));
    if (field.type.kind == Kind::entity) source = model::SourceRef::of(model::EntityId{field.type.index});
    if (field.type.kind == Kind::event) source = model::SourceRef::of(model::EventsId{field.type.index});
  };
  for (const model::FieldId ref : path.refs) step(ref);
  if (path.field.valid()) step(path.field);
  if (names.empty()) return source_name(source);
  Inline result;
  if (zh()) {
    for (const Inline& name : names) result += (result.empty() ? "" : "的") + name;
    return result;
  }
  for (auto at = names.rbegin(); at != names.rend(); ++at) result += (result.empty() ? "" : " of its ") + *at;
  return result;
}

bool Phraser::is_metric(const Inline& name) const {
  return std::any_of(policy_.metrics.begin(), policy_.metrics.end(),
                     [&](const model::Metric& metric) { return label(metric.named) == name; });
}

}  // namespace kpi::handbook
