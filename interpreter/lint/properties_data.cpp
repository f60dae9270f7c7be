// Properties of the policy, its data, its libraries, exceptions and texts.
#include <algorithm>

#include "interpreter/lint/properties.hpp"

namespace kpi::lint::ask {
namespace {

const model::Header& header(const Question& q) { return q.policy().header; }
const model::Events& events(const Question& q) { return q.policy().events[q.element.a]; }
const model::Entity& entity(const Question& q) { return q.policy().entities[q.element.a]; }
const model::Field& field(const Question& q) {
  return q.element.events ? q.policy().events[q.element.a].fields[q.element.b]
                          : q.policy().entities[q.element.a].fields[q.element.b];
}
const model::Allow& allow(const Question& q) { return q.policy().allows[q.element.a]; }
const model::Rule& rule(const Question& q) { return q.policy().rules[q.element.a]; }
const PolicyText& text(const Question& q) { return q.on.texts()[q.element.a]; }
const Reflection::LibraryView& library(const Question& q) { return q.on.libraries()[q.element.a]; }

Datum days_between(const std::optional<value::Date>& from, const std::optional<value::Date>& to) {
  if (!from || !to) return {};
  return {value::Number(std::int64_t{86'400} * (to->days - from->days)), value::Unit::duration()};
}

bool has_evidence(const std::vector<model::Evidence>& all, const std::string& key) {
  return std::any_of(all.begin(), all.end(), [&](const auto& evidence) { return evidence.key == key; });
}

/// Whether a payout (pay), a scorecard (score) or an alert reads something.
bool purpose(const Question& q, auto&& reads) {
  const auto& p = q.policy();
  auto& flow = q.on.flow();
  if (q.has_word(0, "pay")) {
    for (std::uint32_t i = 0; i < p.payouts.size(); ++i) {
      if (reads(flow.payout({i}))) return true;
    }
  }
  if (q.has_word(0, "score")) {
    for (std::uint32_t i = 0; i < p.scorecards.size(); ++i) {
      if (reads(flow.scorecard({i}))) return true;
    }
  }
  if (q.has_word(0, "alert")) {
    for (std::uint32_t i = 0; i < p.alerts.size(); ++i) {
      if (reads(flow.alert({i}))) return true;
    }
  }
  return false;
}

}  // namespace

// ---- policy ---------------------------------------------------------------------------------------------------------

Datum policy_version(const Question& q) { return Datum::text_or_absent(header(q).version); }
Datum policy_owner(const Question& q) { return Datum::text_or_absent(header(q).owner); }
Datum policy_human_review(const Question& q) { return Datum::text_or_absent(header(q).human_review); }
Datum policy_currency(const Question& q) { return header(q).currency.code(); }
Datum policy_timezone(const Question& q) { return header(q).timezone->name(); }
Datum policy_markets(const Question& q) { return Datum::list(header(q).markets); }
Datum policy_platforms(const Question& q) { return Datum::list(header(q).platforms); }
Datum policy_in_market(const Question& q) {
  for (const std::string& limit : q.words(0)) {
    for (const std::string& market : header(q).markets) {
      if (market_matches(limit, market)) return true;
    }
  }
  return false;
}
Datum policy_on_platform(const Question& q) {
  const auto& platforms = header(q).platforms;
  return std::any_of(platforms.begin(), platforms.end(),
                     [&](const std::string& platform) { return q.has_word(0, platform); });
}
Datum policy_announced(const Question& q) { return date(header(q).announced); }
Datum policy_effective_from(const Question& q) { return date(header(q).effective_from); }
Datum policy_effective_to(const Question& q) { return date(header(q).effective_to); }
Datum policy_review_by(const Question& q) { return date(header(q).review_by); }
Datum policy_review_due(const Question& q) {
  constexpr std::int32_t kQuarter = 90;
  if (!header(q).effective_from) return {};
  return value::Date{header(q).effective_from->days + kQuarter};
}
Datum policy_notice(const Question& q) { return days_between(header(q).announced, header(q).effective_from); }
Datum policy_length(const Question& q) {
  auto end = header(q).effective_to;
  if (end) ++end->days;
  return days_between(header(q).effective_from, end);
}
Datum policy_trial(const Question& q) { return delay(header(q).trial); }
Datum policy_appeal(const Question& q) { return delay(header(q).appeal); }
Datum policy_evidence(const Question& q) {
  const auto& payouts = q.policy().payouts;
  return has_evidence(header(q).evidence, q.word(0)) ||
         std::any_of(payouts.begin(), payouts.end(),
                     [&](const auto& payout) { return has_evidence(payout.evidence, q.word(0)); });
}
Datum policy_has_exchange(const Question& q) { return q.policy().exchange.has_value(); }
Datum policy_mixes_currencies(const Question& q) {
  const auto foreign = [&](const auto& sources) {
    return std::any_of(sources.begin(), sources.end(), [&](const auto& source) {
      return std::any_of(source.fields.begin(), source.fields.end(), [&](const model::Field& one) {
        return one.currency_field.valid() || (!one.currency.is_none() && one.currency != header(q).currency);
      });
    });
  };
  return foreign(q.policy().events) || foreign(q.policy().entities);
}
Datum policy_as_of(const Question& q) { return q.on.as_of(); }

// ---- library, param, rule, allow, attack, test, text ----------------------------------------------------------------

Datum library_version(const Question& q) { return Datum::text_or_absent(library(q).version); }
Datum library_owner(const Question& q) { return Datum::text_or_absent(library(q).owner); }
Datum library_review_by(const Question& q) { return date(library(q).review_by); }
Datum library_checked(const Question& q) { return date(library(q).checked); }
Datum library_standard(const Question& q) { return library(q).standard; }
Datum library_rules(const Question& q) { return Datum::count(library(q).rules); }
Datum param_value(const Question& q) {
  const model::Param& param = q.policy().params[q.element.a];
  return param.value.is<value::Number>() ? Datum(param.value.number(), param.type.unit) : Datum();
}
Datum rule_severity(const Question& q) {
  return model::words_of("severity")[2 - static_cast<std::size_t>(rule(q).severity)];
}
Datum rule_authority(const Question& q) {
  if (!rule(q).authority) return {};
  return model::words_of("authority")[static_cast<std::size_t>(*rule(q).authority)];
}
Datum rule_cites(const Question& q) { return Datum::count(rule(q).cites.size()); }
Datum rule_examples(const Question& q) { return Datum::count(rule(q).examples.size()); }
Datum allow_rule(const Question& q) { return allow(q).rule; }
Datum allow_on(const Question& q) { return Datum::text_or_absent(allow(q).on); }
Datum allow_because(const Question& q) { return allow(q).because; }
Datum allow_owner(const Question& q) { return allow(q).owner; }
Datum allow_until(const Question& q) { return date(allow(q).until); }
Datum allow_expired(const Question& q) { return allow(q).until && *allow(q).until < q.on.as_of(); }
Datum allow_unused(const Question& q) { return q.on.allow_uses[q.element.a] == 0; }
Datum allow_covers(const Question& q) { return Datum::count(q.on.allow_uses[q.element.a]); }
Datum test_period(const Question& q) { return q.policy().tests[q.element.a].period.to_string(); }
Datum text_content(const Question& q) { return text(q).content; }
Datum text_language(const Question& q) { return Datum::text_or_absent(text(q).language); }
Datum text_kind(const Question& q) { return text(q).kind; }
Datum text_of(const Question& q) { return text(q).of; }

// ---- data -----------------------------------------------------------------------------------------------------------

Datum entity_table(const Question& q) { return Datum::text_or_absent(entity(q).table); }
Datum entity_distinct(const Question& q) { return entity(q).is_distinct(); }
Datum entity_phases(const Question& q) {
  const model::Phases* phases = q.policy().phases_of(model::EntityId{q.element.a});
  return Datum::count(phases ? phases->phases.size() : 0);
}
Datum events_role(const Question& q) { return Datum::text_or_absent(events(q).role); }
Datum events_table(const Question& q) { return events(q).table; }
Datum events_collected(const Question& q) {
  constexpr const char* kWords[] = {"unknown", "platform", "export", "payee", "manual"};
  return kWords[static_cast<int>(events(q).collected)];
}
Datum events_collected_by(const Question& q) { return Datum::text_or_absent(events(q).collected_by); }
Datum events_duplicates(const Question& q) {
  return model::words_of("duplicates")[static_cast<std::size_t>(events(q).duplicates)];
}
Datum events_covers_from(const Question& q) { return date(events(q).covers_from); }
Datum events_has_key(const Question& q) { return !events(q).key.empty(); }
Datum events_affects(const Question& q) {
  const auto source = model::SourceRef::of(model::EventsId{q.element.a});
  return purpose(q, [&](const Flow& flow) { return flow.sources.contains(source); });
}
Datum events_excludes(const Question& q) { return q.on.flow().excludes(model::EventsId{q.element.a}, q.word(0), {}); }
Datum field_events(const Question& q) {
  return q.element.events ? Datum(Element{ElementKind::events, q.element.a, 0, false}) : Datum();
}
Datum field_entity(const Question& q) {
  return q.element.events ? Datum() : Datum(Element{ElementKind::entity, q.element.a, 0, false});
}
Datum field_type(const Question& q) {
  const value::Type& type = field(q).type;
  switch (type.kind) {
    case value::Kind::text:
      return "text";
    case value::Kind::number:
      return type.unit.money == 1 ? "money" : type.unit.time == 1 ? "duration" : "number";
    case value::Kind::boolean:
      return "boolean";
    case value::Kind::date:
      return "date";
    case value::Kind::datetime:
      return "datetime";
    case value::Kind::entity:
      return "entity";
    case value::Kind::event:
      return "event";
    default:
      return {};
  }
}
Datum field_personal(const Question& q) { return field(q).personal; }
Datum field_key(const Question& q) { return field(q).key; }
Datum field_optional(const Question& q) { return field(q).type.optional; }
Datum field_column(const Question& q) { return Datum::text_or_absent(field(q).column); }
Datum field_computed(const Question& q) { return formula(q, field(q).computed); }
Datum field_affects(const Question& q) {
  const FieldRef ref{q.element.events ? model::SourceRef::of(model::EventsId{q.element.a})
                                      : model::SourceRef::of(model::EntityId{q.element.a}),
                     model::FieldId{q.element.b}};
  return purpose(q, [&](const Flow& flow) { return flow.fields.contains(ref); });
}
Datum exclusion_kind(const Question& q) { return q.policy().exclusions[q.element.a].kind; }
Datum exclusion_because(const Question& q) { return Datum::text_or_absent(q.policy().exclusions[q.element.a].because); }
Datum exclusion_applies_to(const Question& q) {
  const auto& from = q.policy().exclusions[q.element.a].from;
  return std::any_of(from.begin(), from.end(), [&](model::EventsId id) {
    return (!q.given(0) || id.index == q.index(0)) && (!q.given(1) || q.policy().event(id).role == q.word(1));
  });
}

// ---- phases, tables, curves -----------------------------------------------------------------------------------------

Datum phase_entity(const Question& q) {
  return Element{ElementKind::entity, q.policy().phases[q.element.a].entity.index, 0, false};
}
Datum phase_when(const Question& q) { return formula(q, q.policy().phases[q.element.a].phases[q.element.b].when); }
Datum table_rows(const Question& q) { return Datum::count(q.policy().tables[q.element.a].rows.size()); }
Datum table_columns(const Question& q) { return Datum::count(q.policy().tables[q.element.a].columns.size()); }
Datum curve_kind(const Question& q) {
  constexpr const char* kWords[] = {"steps", "line", "brackets"};
  return kWords[static_cast<int>(q.policy().curves[q.element.a].kind)];
}
Datum curve_points(const Question& q) { return Datum::count(q.policy().curves[q.element.a].points.size()); }
Datum curve_ascends(const Question& q) { return ascends(q.policy().curves[q.element.a]); }
Datum curve_lowest(const Question& q) {
  const auto& points = q.policy().curves[q.element.a].points;
  if (points.empty()) return {};
  value::Number lowest = points.front().value;
  for (const auto& point : points) lowest = value::min(lowest, point.value);
  return lowest;
}
Datum curve_highest(const Question& q) {
  const auto& points = q.policy().curves[q.element.a].points;
  if (points.empty()) return {};
  value::Number highest = points.front().value;
  for (const auto& point : points) highest = value::max(highest, point.value);
  return highest;
}

}  // namespace kpi::lint::ask
