#include "interpreter/model/rule.hpp"

#include <algorithm>
#include <cassert>
#include <map>
#include <unordered_map>
#include <unordered_set>

namespace kpi::model {
namespace {

struct PropertyRow {
  PropertyId id;
  std::string_view element, name, arguments, result, en, zh;
};
constexpr PropertyRow kProperties[] = {
#define P(element, name, arguments, result, en, zh) \
  {PropertyId::element##_##name, #element, #name, arguments, result, en, zh},
#include "interpreter/model/rule_properties.def"
};

struct ElementRow {
  ElementKind kind;
  std::string_view name, binder;
};
constexpr ElementRow kElements[] = {
#define E(kind, binder, en, zh) {ElementKind::kind, #kind, #binder},
#include "interpreter/model/rule_properties.def"
};

struct SetRow {
  std::string_view name, words;
};
constexpr SetRow kSets[] = {
#define S(set, words) {#set, words},
#include "interpreter/model/rule_properties.def"
};

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> result;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    std::string_view piece = text.substr(0, end);
    while (piece.starts_with(' ')) piece.remove_prefix(1);
    if (!piece.empty()) result.push_back(piece);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

/// `set:role`, `money`, `metric`; marks behind it are gone already.
RuleType type_of(std::string_view word) {
  RuleType type;
  using Kind = RuleType::Kind;
  static const std::map<std::string_view, Kind> kPlain = {
      {"boolean", Kind::boolean}, {"number", Kind::number}, {"money", Kind::money}, {"duration", Kind::duration},
      {"date", Kind::date},       {"text", Kind::text},     {"word", Kind::word},   {"list", Kind::list}};
  if (const auto plain = kPlain.find(word); plain != kPlain.end()) {
    type.kind = plain->second;
  } else if (word.starts_with("set:")) {
    type.kind = Kind::word;
    type.set = word.substr(4);
    assert(!words_of(type.set).empty());
  } else {
    const auto element = parse_element(word);
    assert(element && "a type of rule_properties.def that does not exist");
    type.kind = Kind::element;
    type.element = *element;
  }
  return type;
}

std::vector<Property> read_properties() {
  std::vector<Property> result;
  for (const PropertyRow& row : kProperties) {
    Property property{row.id, row.element, row.name, {}, {}, {row.en, row.zh}};
    for (const std::string_view argument : split(row.arguments, ',')) {
      const std::size_t colon = argument.find(':');
      PropertyParameter parameter;
      parameter.name = argument.substr(0, colon);
      std::string_view type = argument.substr(colon + 1);
      parameter.optional = type.ends_with('?');
      parameter.repeated = type.ends_with('*');
      if (parameter.optional || parameter.repeated) type.remove_suffix(1);
      parameter.type = type_of(type);
      property.parameters.push_back(parameter);
    }
    std::string_view type = row.result;
    const bool optional = type.ends_with('?');
    if (optional) type.remove_suffix(1);
    property.result = type_of(type);
    property.result.optional = optional;
    result.push_back(std::move(property));
  }
  return result;
}

}  // namespace

const std::vector<Property>& rule_properties() {
  static const std::vector<Property> all = read_properties();
  return all;
}

bool is_computed(ElementKind kind) {
  switch (kind) {
    case ElementKind::exclusion:
    case ElementKind::metric:
    case ElementKind::phase:
    case ElementKind::scorecard:
    case ElementKind::row:
    case ElementKind::gate:
    case ElementKind::payout:
    case ElementKind::penalty:
    case ElementKind::alert:
    case ElementKind::formula:
      return true;
    default:
      return false;
  }
}

const Property* find_property(ElementKind kind, std::string_view wanted) {
  static const auto index = [] {
    std::unordered_map<std::string, const Property*> result;
    for (const Property& property : rule_properties())
      result.emplace(std::string(property.element) + "." + std::string(property.name), &property);
    return result;
  }();
  for (const std::string_view owner : {name(kind), std::string_view("flow"), std::string_view("any")}) {
    if (owner == "flow" && !is_computed(kind)) continue;
    const auto found = index.find(std::string(owner) + "." + std::string(wanted));
    if (found != index.end()) return found->second;
  }
  return nullptr;
}

std::vector<std::string> property_names(ElementKind kind) {
  std::vector<std::string> result;
  for (const std::string_view owner : {name(kind), std::string_view("flow"), std::string_view("any")}) {
    if (owner == "flow" && !is_computed(kind)) continue;
    for (const Property& property : rule_properties()) {
      if (property.element == owner) result.emplace_back(property.name);
    }
  }
  return result;
}

std::string_view name(ElementKind kind) { return kElements[static_cast<std::size_t>(kind)].name; }

std::optional<ElementKind> parse_element(std::string_view word) {
  for (const ElementRow& row : kElements) {
    if (row.name == word) return row.kind;
  }
  return std::nullopt;
}

const std::vector<std::string>& bindable_elements() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> result;
    for (const ElementRow& row : kElements) {
      if (row.binder == "yes") result.emplace_back(row.name);
    }
    return result;
  }();
  return all;
}

const std::vector<std::string>& words_of(std::string_view set) {
  static const auto all = [] {
    std::map<std::string_view, std::vector<std::string>> result;
    for (const SetRow& row : kSets) {
      for (const std::string_view word : split(row.words, ' ')) result[row.name].emplace_back(word);
    }
    return result;
  }();
  static const std::vector<std::string> none;
  const auto found = all.find(set);
  return found == all.end() ? none : found->second;
}

bool is_rule_word(std::string_view word) {
  static const auto all = [] {
    std::unordered_set<std::string_view> result;
    for (const SetRow& row : kSets) {
      for (const std::string& one : words_of(row.name)) result.insert(one);
    }
    return result;
  }();
  return all.contains(word);
}

std::string to_string(const RuleType& type) {
  using Kind = RuleType::Kind;
  switch (type.kind) {
    case Kind::error:
      return "?";
    case Kind::boolean:
      return "`boolean`";
    case Kind::number:
      return "`number`";
    case Kind::money:
      return "`money`";
    case Kind::duration:
      return "`duration`";
    case Kind::date:
      return "`date`";
    case Kind::text:
      return "`text`";
    case Kind::list:
      return "`list`";
    case Kind::element:
      return "`" + std::string(name(type.element)) + "`";
    case Kind::word:
      break;
  }
  std::string result;
  for (const std::string& word : words_of(type.set)) result += (result.empty() ? "`" : " | ") + word;
  return result.empty() ? "`word`" : result + "`";
}

}  // namespace kpi::model
