#include "interpreter/diff/describe.hpp"

#include <algorithm>

#include "grammar/source/one_line.hpp"
#include "interpreter/model/dump.hpp"

namespace kpi::diff {

using model::SourceRef;
using value::Number;

namespace {

const std::string kNone;

}  // namespace

std::string delay_text(const model::Delay& delay) {
  if (delay.months != 0) {
    if (delay.months % 12 == 0) return std::to_string(delay.months / 12) + (delay.months == 12 ? " year" : " years");
    return std::to_string(delay.months) + (delay.months == 1 ? " month" : " months");
  }
  static constexpr struct {
    std::int64_t seconds;
    const char* word;
  } kUnits[] = {{86'400, "day"}, {3'600, "hour"}, {60, "minute"}, {1, "second"}};
  for (const auto& unit : kUnits) {
    const Number count = delay.seconds / Number(unit.seconds);
    if (count.is_integer()) return count.to_string() + " " + unit.word + (count == Number(1) ? "" : "s");
  }
  return delay.seconds.to_string() + " seconds";
}

std::string percent_text(const Number& share) {
  const Number percent = share * Number(100);
  return percent.is_decimal() ? percent.to_string() + "%" : share.to_string();
}

std::string Description::content() const {
  std::string result;
  const auto add = [&](const std::vector<Attribute>& list) {
    for (const Attribute& attribute : list) {
      if (weight_of(attribute.aspect) == Weight::wording) continue;
      result += std::to_string(static_cast<int>(attribute.aspect)) + attribute.phase + "=" + attribute.canonical + ";";
    }
  };
  add(attributes);
  // Where the order matters it is part of the meaning; elsewhere the parts are sorted.
  std::vector<std::string> texts;
  for (const Part& part : parts) {
    result.push_back('\n');
    const std::size_t begin = result.size();
    result += part.key_is_name ? std::string("part") : part.key;
    result += ":" + std::to_string(static_cast<int>(part.kind)) + ":";
    add(part.attributes);
    texts.push_back(result.substr(begin));
    result.resize(begin - 1);
  }
  if (order.empty()) std::sort(texts.begin(), texts.end());
  for (const std::string& text : texts) result += "\n" + text;
  return result;
}

std::size_t Describer::count(ElementKind kind) const {
  switch (kind) {
    case ElementKind::policy:
      return 1;
    case ElementKind::param:
      return policy_.params.size();
    case ElementKind::entity:
      return policy_.entities.size();
    case ElementKind::events:
      return policy_.events.size();
    case ElementKind::exchange:
      return policy_.exchange ? 1 : 0;
    case ElementKind::ensure:
      return policy_.ensures.size();
    case ElementKind::calendar:
      return policy_.calendars.size();
    case ElementKind::exclusion:
      return policy_.exclusions.size();
    case ElementKind::metric:
      return policy_.metrics.size();
    case ElementKind::phases:
      return policy_.phases.size();
    case ElementKind::table:
      return policy_.tables.size();
    case ElementKind::curve:
      return policy_.curves.size();
    case ElementKind::scorecard:
      return policy_.scorecards.size();
    case ElementKind::payout:
      return policy_.payouts.size();
    case ElementKind::alert:
      return policy_.alerts.size();
    case ElementKind::allow:
      return policy_.allows.size();
    case ElementKind::import_:
      return policy_.imports.size();
    case ElementKind::rule:
      return policy_.rules.size();
    case ElementKind::attack:
      return side_.attacks.size();
  }
  return 0;
}

const model::Named* Describer::named(ElementRef element) const {
  const std::uint32_t at = element.index;
  switch (element.kind) {
    case ElementKind::param:
      return &policy_.params[at].named;
    case ElementKind::entity:
      return &policy_.entities[at].named;
    case ElementKind::events:
      return &policy_.events[at].named;
    case ElementKind::calendar:
      return &policy_.calendars[at].named;
    case ElementKind::exclusion:
      return &policy_.exclusions[at].named;
    case ElementKind::metric:
      return &policy_.metrics[at].named;
    case ElementKind::table:
      return &policy_.tables[at].named;
    case ElementKind::curve:
      return &policy_.curves[at].named;
    case ElementKind::scorecard:
      return &policy_.scorecards[at].named;
    case ElementKind::payout:
      return &policy_.payouts[at].named;
    case ElementKind::alert:
      return &policy_.alerts[at].named;
    case ElementKind::import_:
      return &policy_.imports[at].named;
    case ElementKind::rule:
      return &policy_.rules[at].named;
    case ElementKind::attack:
      return &side_.attacks[at].named;
    case ElementKind::policy:
    case ElementKind::exchange:
    case ElementKind::ensure:
    case ElementKind::phases:
    case ElementKind::allow:
      break;
  }
  return nullptr;
}

std::string Describer::name(ElementRef element) const {
  if (const model::Named* known = named(element)) return known->name;
  switch (element.kind) {
    case ElementKind::policy:
      return policy_.header.name;
    case ElementKind::ensure:
      return policy_.ensures[element.index].label;
    case ElementKind::phases:
      return entity_name(policy_.phases[element.index].entity);
    case ElementKind::allow:
      return policy_.allows[element.index].rule;
    default:
      return kNone;
  }
}

source::Span Describer::span(ElementRef element) const {
  if (const model::Named* known = named(element)) return known->span;
  switch (element.kind) {
    case ElementKind::policy:
      return policy_.header.span;
    case ElementKind::exchange:
      return policy_.exchange->span;
    case ElementKind::ensure:
      return policy_.ensures[element.index].span;
    case ElementKind::phases:
      return policy_.phases[element.index].span;
    case ElementKind::allow:
      return policy_.allows[element.index].span;
    default:
      return {};
  }
}

Description Describer::describe(ElementRef element) const {
  switch (element.kind) {
    case ElementKind::policy:
      return header();
    case ElementKind::param:
      return param(element.index);
    case ElementKind::entity:
      return entity(element.index);
    case ElementKind::events:
      return events(element.index);
    case ElementKind::exchange:
      return exchange();
    case ElementKind::ensure:
      return ensure(element.index);
    case ElementKind::calendar:
      return calendar(element.index);
    case ElementKind::exclusion:
      return exclusion(element.index);
    case ElementKind::metric:
      return metric(element.index);
    case ElementKind::phases:
      return phases(element.index);
    case ElementKind::table:
      return table(element.index);
    case ElementKind::curve:
      return curve(element.index);
    case ElementKind::scorecard:
      return scorecard(element.index);
    case ElementKind::payout:
      return payout(element.index);
    case ElementKind::alert:
      return alert(element.index);
    case ElementKind::allow:
      return allow(element.index);
    case ElementKind::import_:
      return import(element.index);
    case ElementKind::rule:
      return rule(element.index);
    case ElementKind::attack:
      return attack(element.index);
  }
  return {};
}

std::string Describer::written(source::Span span) const { return source::one_line(side_.sources.text(span)); }

std::string Describer::written(model::ExprId id) const {
  if (!id.valid()) return {};
  std::string text = written(policy_.expr(id).span);
  return text.empty() ? model::exact_text(policy_, id) : text;
}

/// The texts between the bars of a table row.
std::vector<std::string> Describer::cells(source::Span row) const {
  const std::string text(side_.sources.text(row));
  std::vector<std::string> result;
  std::string cell;
  bool quoted = false, begun = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"' && (at == 0 || text[at - 1] != '\\')) quoted = !quoted;
    if (c == '|' && !quoted) {
      if (begun) result.push_back(source::one_line(cell));
      begun = true;
      cell.clear();
    } else {
      cell += c;
    }
  }
  for (std::string& each : result) {
    if (!each.empty() && each.front() == ' ') each.erase(0, 1);
  }
  return result;
}

Attribute Describer::expr(Aspect aspect, model::ExprId id, std::optional<model::EntityId> subject) const {
  return {aspect, Canonical(policy_, tokens_, subject).expr(id), written(id), {}, {}, false};
}

std::string Describer::source_name(SourceRef source) const {
  return source.is_events() ? policy_.events[source.index].named.name : policy_.entities[source.index].named.name;
}

void Describer::texts(Description& result, const model::Named& named) const {
  result.attributes.push_back({Aspect::label, named.label, named.label, {}, {}, false});
  result.attributes.push_back({Aspect::doc, named.doc, source::one_line(named.doc), {}, {}, false});
  for (const auto& [language, aspect] : {std::pair("zh", Aspect::label_zh), std::pair("en", Aspect::label_en)}) {
    const auto known = policy_.labels.by_language.find(language);
    if (known == policy_.labels.by_language.end()) continue;
    const auto text = known->second.find(named.name);
    if (text != known->second.end()) result.attributes.push_back({aspect, text->second, text->second, {}, {}, false});
  }
}

std::string Describer::pattern(const model::Pattern& pattern, const value::Type& type) const {
  if (std::holds_alternative<model::AnyPattern>(pattern)) return "-";
  if (const auto* set = std::get_if<model::SetPattern>(&pattern)) {
    std::string result;
    for (const value::Value& item : set->values)
      result += (result.empty() ? "" : ", ") + model::constant_text(policy_, item, type);
    return result;
  }
  const auto& range = std::get<model::RangePattern>(pattern);
  const std::string lower = range.lower.has_value() ? model::constant_text(policy_, range.lower, type) : "";
  const std::string upper = range.upper.has_value() ? model::constant_text(policy_, range.upper, type) : "";
  if (upper.empty()) return (range.includes_lower ? ">= " : "> ") + lower;
  if (lower.empty()) return (range.includes_upper ? "<= " : "< ") + upper;
  return lower + (range.includes_upper ? " ..= " : " .. ") + upper;
}

}  // namespace kpi::diff
