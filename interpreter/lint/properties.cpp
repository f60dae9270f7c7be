// Properties of every element and of everything that is computed.
#include "interpreter/lint/properties.hpp"

#include <algorithm>

namespace kpi::lint {

Datum Reflection::property(model::PropertyId property, const Element& element, const Arguments& arguments,
                           std::size_t language) const {
  using Function = Datum (*)(const ask::Question&);
  static constexpr Function kFunctions[] = {
#define P(element, name, arguments, result, en, zh) ask::element##_##name,
#include "interpreter/model/rule_properties.def"
  };
  return kFunctions[static_cast<std::size_t>(property)]({*this, element, arguments, language});
}

namespace ask {

std::vector<std::string> Question::words(std::size_t parameter) const {
  std::vector<std::string> result;
  const auto add = [&](const Datum& datum) {
    if (datum.value.is<std::string>()) result.push_back(datum.value.text());
  };
  for (const Datum& datum : arguments[parameter]) {
    add(datum);
    if (datum.items) std::for_each(datum.items->begin(), datum.items->end(), add);
  }
  return result;
}

bool Question::has_word(std::size_t parameter, std::string_view wanted) const {
  const auto all = words(parameter);
  return std::find(all.begin(), all.end(), wanted) != all.end();
}

Datum delay(const std::optional<model::Delay>& delay) {
  if (!delay) return {};
  constexpr std::int64_t kMonth = 30 * 86'400;
  return {delay->seconds + value::Number(kMonth * delay->months), value::Unit::duration()};
}

Datum date(const std::optional<value::Date>& date) { return date ? Datum(*date) : Datum(); }

Datum formula(const Question& question, model::ExprId id) {
  return id.valid() ? Datum(question.on.formula(id, question.element)) : Datum();
}

namespace {

/// Whether the element's name, label or column holds one of the words, which are in small letters.
bool is_named(const Question& q, const Element& element, const std::vector<std::string>& words) {
  const std::string& spelling = q.on.spelling(element);
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    return !word.empty() && spelling.find(word) != std::string::npos;
  });
}

std::vector<std::string> small(std::vector<std::string> words) {
  for (std::string& word : words) word = small_letters(word);
  return words;
}

Element field_element(const FieldRef& ref) {
  return {ElementKind::field, ref.first.index, ref.second.index, ref.first.is_events()};
}

bool reads_tagged(const Question& q, const Flow& flow, const std::string& tag) {
  return std::any_of(flow.metrics.begin(), flow.metrics.end(), [&](std::uint32_t metric) {
    const auto& tags = q.policy().metrics[metric].tags;
    return std::find(tags.begin(), tags.end(), tag) != tags.end();
  });
}

std::string collected_word(const model::Events& events) {
  constexpr const char* kWords[] = {"unknown", "platform", "export", "payee", "manual"};
  return kWords[static_cast<int>(events.collected)];
}

bool some_events(const Question& q, const Flow& flow, auto&& holds) {
  return std::any_of(flow.sources.begin(), flow.sources.end(), [&](model::SourceRef source) {
    return source.is_events() && holds(q.policy().event(source.events()));
  });
}

}  // namespace

// ---- any ------------------------------------------------------------------------------------------------------------

Datum any_name(const Question& q) { return q.on.name(q.element); }
Datum any_label(const Question& q) { return q.on.label(q.element, q.language); }
Datum any_doc(const Question& q) {
  const model::Named* named = q.on.named(q.element);
  return named ? Datum::text_or_absent(named->doc) : Datum();
}
Datum any_from_library(const Question& q) {
  const model::Named* named = q.on.named(q.element);
  return named && named->from_library;
}
Datum any_place(const Question& q) {
  const auto& all = q.on.elements(q.element.kind);
  return Datum::count(static_cast<std::size_t>(std::find(all.begin(), all.end(), q.element) - all.begin()) + 1);
}
Datum any_named_like(const Question& q) { return is_named(q, q.element, small(q.words(0))); }

// ---- flow -----------------------------------------------------------------------------------------------------------

Datum flow_reads(const Question& q) {
  const Flow& flow = q.on.flow_of(q.element);
  if (q.given(0) && !q.on.flow().reads_role(flow, q.word(0))) return false;
  if (q.given(1) && !flow.sources.contains(model::SourceRef::of(model::EventsId{q.index(1)}))) return false;
  if (q.given(2)) {
    const Element& field = *q.argument(2).element;
    const model::SourceRef source =
        field.events ? model::SourceRef::of(model::EventsId{field.a}) : model::SourceRef::of(model::EntityId{field.a});
    if (!flow.fields.contains({source, model::FieldId{field.b}})) return false;
  }
  if (q.given(3)) {
    const bool itself = q.element.kind == ElementKind::metric && q.element.a == q.index(3);
    if (itself || !flow.metrics.contains(q.index(3))) return false;
  }
  if (q.given(4)) {
    const model::SourceRef entity = model::SourceRef::of(model::EntityId{q.index(4)});
    const bool read =
        flow.sources.contains(entity) ||
        std::any_of(flow.fields.begin(), flow.fields.end(), [&](const FieldRef& ref) { return ref.first == entity; });
    if (!read) return false;
  }
  if (q.given(5) && !reads_tagged(q, flow, q.word(5))) return false;
  if (q.given(6)) {
    const bool read = std::any_of(flow.metrics.begin(), flow.metrics.end(), [&](std::uint32_t metric) {
      return nature_of(q.on, model::MetricId{metric}) == q.word(6);
    });
    if (!read) return false;
  }
  return true;
}

Datum flow_excludes(const Question& q) {
  const Flow& flow = q.on.flow_of(q.element);
  const std::string role = q.given(1) ? q.word(1) : q.given(2) ? "" : "orders";
  for (const std::uint32_t id : flow.aggregates) {
    const model::Aggregate& aggregate = q.policy().aggregates[id];
    if (!aggregate.source.is_events()) continue;
    if (!role.empty() && q.policy().event(aggregate.source.events()).role != role) continue;
    if (q.given(2) && aggregate.source.index != q.index(2)) continue;
    if (!q.on.flow().excludes(aggregate, q.word(0))) return false;
  }
  return true;
}

Datum flow_reaches(const Question& q) {
  const Flow& flow = q.on.flow_of(q.element);
  return std::any_of(flow.fields.begin(), flow.fields.end(),
                     [&](const FieldRef& ref) { return q.policy().fields(ref.first)[ref.second.index].personal; });
}

Datum flow_collected(const Question& q) {
  return some_events(q, q.on.flow_of(q.element),
                     [&](const model::Events& events) { return q.has_word(0, collected_word(events)); });
}

Datum flow_controlled_by(const Question& q) {
  return some_events(q, q.on.flow_of(q.element), [&](const model::Events& events) {
    return events.collected == model::Collected::payee || events.collected == model::Collected::unknown;
  });
}

Datum flow_uses(const Question& q) {
  const Flow& flow = q.on.flow_of(q.element);
  const auto& names = model::words_of("construct");
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (flow.has(static_cast<Construct>(i)) && q.has_word(0, names[i])) return true;
  }
  return false;
}

Datum flow_subtracts(const Question& q) {
  const Direction direction = q.on.direction_of(q.element, {std::nullopt, q.word(0)});
  // With lower-is-better measures a plain `refunds / sales` grows with refunds; what falls, or both rises and falls
  // inside one formula, subtracts them somewhere.
  return direction == Direction::down || direction == Direction::mixed;
}

Datum flow_moves_with(const Question& q) {
  DataFlow::Input input;
  if (q.given(0)) input.metric = model::MetricId{q.index(0)};
  if (q.given(1)) input.role = q.word(1);
  Direction direction = Direction::none;
  if (q.given(0)) direction = q.on.direction_of(q.element, {input.metric, ""});
  if (q.given(1)) direction = both(direction, q.on.direction_of(q.element, {std::nullopt, input.role}));
  switch (direction) {
    case Direction::none:
      return "none";
    case Direction::up:
      return "up";
    case Direction::down:
      return "down";
    case Direction::mixed:
      return "mixed";
  }
  return {};
}

Datum flow_mentions(const Question& q) {
  const auto words = small(q.words(0));
  if (is_named(q, q.element, words)) return true;
  const Flow& flow = q.on.flow_of(q.element);
  for (const std::uint32_t metric : flow.metrics) {
    if (is_named(q, {ElementKind::metric, metric, 0, false}, words)) return true;
  }
  for (const model::SourceRef source : flow.sources) {
    const ElementKind kind = source.is_events() ? ElementKind::events : ElementKind::entity;
    if ((source.is_events() || source.index > 0) && is_named(q, {kind, source.index, 0, false}, words)) return true;
  }
  return std::any_of(flow.fields.begin(), flow.fields.end(),
                     [&](const FieldRef& ref) { return is_named(q, field_element(ref), words); });
}

Datum flow_filters_on(const Question& q) {
  const auto words = small(q.words(0));
  const Flow& flow = q.on.flow_of(q.element);
  return std::any_of(flow.filtered.begin(), flow.filtered.end(),
                     [&](const FieldRef& ref) { return is_named(q, field_element(ref), words); });
}

Datum flow_metrics(const Question& q) { return Datum::count(q.on.flow_of(q.element).metrics.size()); }

}  // namespace ask
}  // namespace kpi::lint
