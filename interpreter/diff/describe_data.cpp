// The policy block and where data comes from.
#include <algorithm>

#include "interpreter/diff/describe.hpp"
#include "interpreter/model/dump.hpp"

namespace kpi::diff {

using model::SourceRef;

namespace {

std::string sorted(std::vector<std::string> words) {
  std::sort(words.begin(), words.end());
  std::string result;
  for (const std::string& word : words) result += (result.empty() ? "" : ", ") + word;
  return result;
}

Attribute plain(Aspect aspect, const std::string& text, bool core = false) {
  return {aspect, text, text, {}, {}, core};
}

std::string date_text(const std::optional<value::Date>& date) { return date ? date->to_string() : std::string(); }

std::string delay_text_of(const std::optional<model::Delay>& delay) {
  return delay ? delay_text(*delay) : std::string();
}

}  // namespace

Description Describer::header() const {
  const model::Header& header = policy_.header;
  Description result;
  auto& list = result.attributes;
  list.push_back(plain(Aspect::version, header.version));
  list.push_back(plain(Aspect::label, header.label));
  for (const auto& [language, aspect] : {std::pair("zh", Aspect::label_zh), std::pair("en", Aspect::label_en)}) {
    const auto known = policy_.labels.by_language.find(language);
    if (known == policy_.labels.by_language.end()) continue;
    const auto text = known->second.find(header.name);
    if (text != known->second.end()) list.push_back(plain(aspect, text->second));
  }
  list.push_back(plain(Aspect::currency, header.currency.is_none() ? "" : std::string(header.currency.code())));
  list.push_back(plain(Aspect::timezone, header.timezone ? header.timezone->name() : ""));
  std::string effective = date_text(header.effective_from);
  if (header.effective_to) effective += " to " + header.effective_to->to_string();
  if (header.partial_prorate) effective += " partial prorate";
  list.push_back(plain(Aspect::effective, effective));
  list.push_back(plain(Aspect::trial, delay_text_of(header.trial)));
  list.push_back(plain(Aspect::market, sorted(header.markets)));
  list.push_back(plain(Aspect::platform, sorted(header.platforms)));
  list.push_back(plain(Aspect::announced, date_text(header.announced)));
  list.push_back(plain(Aspect::review_by, date_text(header.review_by)));
  list.push_back(plain(Aspect::owner, header.owner));
  list.push_back(plain(Aspect::human_review, header.human_review));
  list.push_back(plain(Aspect::appeal, delay_text_of(header.appeal)));
  for (const model::Evidence& evidence : header.evidence) {
    result.parts.push_back({PartKind::evidence,
                            evidence.key,
                            evidence.key,
                            false,
                            Aspect::evidence,
                            {plain(Aspect::evidence, evidence.text)}});
  }
  return result;
}

Description Describer::param(std::uint32_t index) const {
  const model::Param& param = policy_.params[index];
  const Canonical canonical(policy_, tokens_);
  Description result;
  result.attributes.push_back({Aspect::value,
                               canonical.constant(param.value, param.type),
                               model::constant_text(policy_, param.value, param.type),
                               {},
                               {},
                               true});
  texts(result, param.named);
  return result;
}

Description Describer::field(SourceRef source, std::uint32_t index, bool with_column) const {
  const std::vector<model::Field>& all = policy_.fields(source);
  const model::Field& field = all[index];
  const Canonical canonical(policy_, tokens_);
  Description result;
  auto& list = result.attributes;
  std::string type = model::type_text(policy_, field.type);
  if (field.integer) type += ", integer";
  list.push_back({Aspect::type, canonical.type(field.type) + (field.integer ? " integer" : ""), type, {}, {}, false});
  if (!field.computed.valid() && with_column) list.push_back(plain(Aspect::column, field.column));
  std::string unit, unit_canonical;
  if (!field.currency.is_none()) unit = unit_canonical = std::string(field.currency.code());
  if (field.currency_field.valid()) {
    unit = all[field.currency_field.index].named.name;
    unit_canonical = tokens_.field(source, field.currency_field);
  }
  if (field.duration_unit != value::Number(1)) unit = unit_canonical = field.duration_unit.to_string() + " seconds";
  if (field.minor_units) unit += ", stored as minor", unit_canonical += ", minor";
  list.push_back({Aspect::unit, unit_canonical, unit, {}, {}, false});
  list.push_back(expr(Aspect::computed, field.computed));
  list.push_back(expr(Aspect::range, field.range));
  list.push_back(plain(Aspect::personal, field.personal ? "personal" : ""));
  texts(result, field.named);
  return result;
}

void Describer::fields(Description& result, SourceRef source) const {
  const std::vector<model::Field>& all = policy_.fields(source);
  for (std::uint32_t index = 0; index < all.size(); ++index) {
    result.parts.push_back({PartKind::field, tokens_.field(source, {index}), all[index].named.name, true, Aspect::field,
                            field(source, index, true).attributes});
  }
}

Description Describer::entity(std::uint32_t index) const {
  const model::Entity& entity = policy_.entities[index];
  const SourceRef source = SourceRef::of(model::EntityId{index});
  const auto name_of = [&](model::FieldId id) {
    return id.valid() ? entity.fields[id.index].named.name : std::string();
  };
  const auto token_of = [&](model::FieldId id) { return id.valid() ? tokens_.field(source, id) : std::string(); };
  Description result;
  auto& list = result.attributes;
  if (index == 0) list.push_back(plain(Aspect::table_name, "company", true));  // built in, never another one
  if (index != 0) list.push_back(plain(Aspect::table_name, entity.table, !entity.is_distinct()));
  if (entity.is_distinct()) {
    const model::FieldPath path{{}, entity.distinct_field};
    const Canonical canonical(policy_, tokens_);
    // The field of the other source refers to this entity: its name, not its token, so that this ends somewhere.
    list.push_back({Aspect::distinct_of,
                    canonical.source(*entity.distinct_source) + "." +
                        policy_.fields(*entity.distinct_source)[entity.distinct_field.index].column,
                    model::path_text(policy_, *entity.distinct_source, path),
                    {},
                    {},
                    true});
  }
  list.push_back({Aspect::active_from, token_of(entity.active_from), name_of(entity.active_from), {}, {}, false});
  list.push_back({Aspect::active_to, token_of(entity.active_to), name_of(entity.active_to), {}, {}, false});
  list.push_back({Aspect::label_field, token_of(entity.label_field), name_of(entity.label_field), {}, {}, false});
  list.push_back(expr(Aspect::where, entity.where));
  std::vector<std::string> key, key_names;
  for (const model::FieldId id : entity.key) key.push_back(token_of(id)), key_names.push_back(name_of(id));
  list.push_back({Aspect::key, sorted(key), sorted(key_names), {}, {}, false});
  texts(result, entity.named);
  if (!entity.is_distinct()) fields(result, source);
  return result;
}

Description Describer::events(std::uint32_t index) const {
  const model::Events& events = policy_.events[index];
  const SourceRef source = SourceRef::of(model::EventsId{index});
  const auto names = [&](const std::vector<model::FieldId>& ids) {
    std::pair<std::string, std::string> result;
    std::vector<std::string> tokens, written;
    for (const model::FieldId id : ids) {
      tokens.push_back(tokens_.field(source, id));
      written.push_back(events.fields[id.index].named.name);
    }
    return std::pair(sorted(std::move(tokens)), sorted(std::move(written)));
  };
  const Canonical canonical(policy_, tokens_);
  Description result;
  auto& list = result.attributes;
  list.push_back(plain(Aspect::table_name, events.table, true));
  list.push_back(plain(Aspect::role, events.role));
  list.push_back(expr(Aspect::where, events.where));
  if (events.time.valid()) {
    const auto [token, written] = names({events.time});
    list.push_back({Aspect::time_field, token, written, {}, {}, false});
  }
  if (events.zone_field) {
    list.push_back({Aspect::zone,
                    canonical.path(source, *events.zone_field),
                    model::path_text(policy_, source, *events.zone_field),
                    {},
                    {},
                    false});
  } else if (events.zone != nullptr && policy_.header.timezone != nullptr && events.zone != policy_.header.timezone) {
    list.push_back(plain(Aspect::zone, events.zone->name()));
  }
  const auto [credit, credit_written] = names(events.credit);
  list.push_back({Aspect::credit, credit, credit_written, {}, {}, false});
  static constexpr const char* kCollected[] = {"", "platform", "export", "payee", "manual"};
  std::string collected = kCollected[static_cast<int>(events.collected)];
  if (!events.collected_by.empty()) collected += " by \"" + events.collected_by + "\"";
  list.push_back(plain(Aspect::collected, collected));
  list.push_back(plain(Aspect::covers, date_text(events.covers_from)));
  static constexpr const char* kDuplicates[] = {"error", "keep_first", "allow"};
  list.push_back(plain(Aspect::duplicates, kDuplicates[static_cast<int>(events.duplicates)]));
  const auto [key, key_written] = names(events.key);
  list.push_back({Aspect::key, key, key_written, {}, {}, false});
  texts(result, events.named);
  fields(result, source);
  return result;
}

Description Describer::exchange() const {
  const model::Exchange& rates = *policy_.exchange;
  static constexpr const char* kRules[] = {"day of event", "month_average", "period_end", "fixed"};
  Description result;
  result.attributes.push_back(plain(Aspect::table_name, rates.table, true));
  result.attributes.push_back(
      plain(Aspect::rate_columns, rates.day_column + ", " + rates.currency_column + ", " + rates.rate_column));
  result.attributes.push_back(plain(Aspect::rate_rule, kRules[static_cast<int>(rates.rule)]));
  return result;
}

Description Describer::ensure(std::uint32_t index) const {
  const model::Ensure& ensure = policy_.ensures[index];
  Description result;
  Attribute condition = expr(Aspect::condition, ensure.condition);
  condition.core = true;
  result.attributes.push_back(std::move(condition));
  if (ensure.each_source) {
    result.attributes.push_back({Aspect::each,
                                 Canonical(policy_, tokens_).path(*ensure.each_source, ensure.each),
                                 model::path_text(policy_, *ensure.each_source, ensure.each),
                                 {},
                                 {},
                                 false});
  }
  result.attributes.push_back(plain(Aspect::label, ensure.label));
  return result;
}

Description Describer::calendar(std::uint32_t index) const {
  static constexpr const char* kDays[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
  const model::Calendar& calendar = policy_.calendars[index];
  const auto time = [](std::int32_t minutes) {
    const auto two = [](std::int32_t number) { return (number < 10 ? "0" : "") + std::to_string(number); };
    return two(minutes / 60) + ":" + two(minutes % 60);
  };
  Description result;
  for (const model::Calendar::Shift& shift : calendar.shifts) {
    std::string days = kDays[shift.first_day % 7];
    if (shift.last_day != shift.first_day) days += std::string("..") + kDays[shift.last_day % 7];
    const std::string hours = time(shift.from_minute) + ".." + time(shift.to_minute);
    result.parts.push_back({PartKind::shift, days, days, false, Aspect::shift, {plain(Aspect::shift, hours)}});
  }
  if (calendar.holidays) {
    const model::FieldPath path{{}, calendar.holidays_field};
    result.attributes.push_back({Aspect::holidays,
                                 Canonical(policy_, tokens_).path(*calendar.holidays, path),
                                 model::path_text(policy_, *calendar.holidays, path),
                                 {},
                                 {},
                                 false});
  }
  texts(result, calendar.named);
  return result;
}

Description Describer::exclusion(std::uint32_t index) const {
  const model::Exclusion& exclusion = policy_.exclusions[index];
  Description result;
  result.attributes.push_back(plain(Aspect::kind, exclusion.kind));
  for (std::size_t i = 0; i < exclusion.from.size(); ++i) {
    Attribute condition = expr(Aspect::condition, exclusion.conditions[i]);
    condition.core = true;
    result.parts.push_back({PartKind::condition,
                            tokens_.of(ElementKind::events, exclusion.from[i].index),
                            policy_.event(exclusion.from[i]).named.name,
                            false,
                            Aspect::from,
                            {std::move(condition)}});
  }
  result.attributes.push_back(plain(Aspect::because, exclusion.because));
  texts(result, exclusion.named);
  return result;
}

Description Describer::allow(std::uint32_t index) const {
  const model::Allow& allow = policy_.allows[index];
  Description result;
  result.attributes.push_back(plain(Aspect::rule, allow.rule + (allow.on.empty() ? "" : " on " + allow.on), true));
  result.attributes.push_back(plain(Aspect::owner, allow.owner));
  result.attributes.push_back(plain(Aspect::until, date_text(allow.until)));
  result.attributes.push_back(plain(Aspect::because, allow.because));
  return result;
}

Description Describer::import(std::uint32_t index) const {
  const model::Import& import = policy_.imports[index];
  const Canonical canonical(policy_, tokens_);
  Description result;
  result.attributes.push_back(plain(Aspect::table_name, import.table, true));
  // What an import does stands in its own words; its clauses are compared as written, without comments and line breaks.
  for (const model::ImportColumn& column : import.columns) {
    const std::string text = written(column.span);
    result.parts.push_back({PartKind::column,
                            column.name,
                            column.name,
                            false,
                            Aspect::import_column,
                            {plain(Aspect::import_column, text)}});
  }
  std::string options = import.encoding + " " + import.separator + (import.short_rows ? " short rows" : "") +
                        (import.plain_quotes ? " plain quotes" : "") + " " + sorted(import.key);
  for (const model::ExprId skip : import.skip_where) options += " skip " + written(skip);
  result.attributes.push_back(plain(Aspect::import_options, options));
  texts(result, import.named);
  return result;
}

}  // namespace kpi::diff
