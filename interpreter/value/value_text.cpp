// Types, values and reasons as text.
#include "interpreter/value/value.hpp"

namespace kpi::value {

namespace {

std::string element_text(const Type& type) {
  Type element = Type::of(type.element);
  element.unit = type.unit;
  element.index = type.index;
  return to_string(element);
}

std::string base_text(const Type& type) {
  switch (type.kind) {
    case Kind::error:
      return "error";
    case Kind::number:
      return to_string(type.unit);
    case Kind::text:
      return "text";
    case Kind::boolean:
      return "boolean";
    case Kind::date:
      return "date";
    case Kind::datetime:
      return "datetime";
    case Kind::calendar_step:
      return "calendar step";
    case Kind::entity:
      return "entity";
    case Kind::event:
      return "event";
    case Kind::phase:
      return "phase";
    case Kind::list:
      return "list of " + element_text(type);
    case Kind::range:
      return "range of " + element_text(type);
  }
  return {};
}

/// Items of lists and ranges: text in quotes, so that `["a, b"]` is not taken for two items.
std::string item_text(const Value& value) {
  if (!value.is<std::string>()) return to_string(value);
  std::string quoted = "\"";
  for (const char c : value.text()) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

struct Text {
  std::string operator()(const NoValue&) const { return "none"; }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(const std::string& text) const { return text; }
  std::string operator()(EntityRef reference) const { return "#" + std::to_string(reference.row); }
  std::string operator()(PhaseRef reference) const { return "#" + std::to_string(reference.phase); }
  std::string operator()(const std::shared_ptr<const ListValue>& list) const {
    std::string text = "[";
    for (const Value& item : list->items) text += (text.size() > 1 ? ", " : "") + item_text(item);
    return text + "]";
  }
  std::string operator()(const std::shared_ptr<const RangeValue>& range) const {
    const auto bound = [](const Value& value) { return value.has_value() ? item_text(value) : std::string(); };
    return bound(range->lower) + (range->includes_upper ? "..=" : "..") + bound(range->upper);
  }
  template <class T>
  std::string operator()(const T& content) const {
    return content.to_string();
  }
};

}  // namespace

std::string to_string(const Type& type) { return (type.optional ? "optional " : "") + base_text(type); }

/// A number, as it may be written in a policy.
static bool is_decimal(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789._") == std::string::npos;
}

std::string reason_text(const NoValue& none) {
  switch (none.reason) {
    case NoValueReason::absent:
      return "absent";
    case NoValueReason::no_data:
      return "no data";
    case NoValueReason::no_rows:
      return "no rows";
    case NoValueReason::zero_denominator:
      return "zero denominator";
    case NoValueReason::sample_below:
      return (is_decimal(none.detail) ? "sample below " : "not met: ") + none.detail;
    case NoValueReason::condition_unknown:
      return "condition unknown";
    case NoValueReason::target_not_positive:
      return "target not positive";
    case NoValueReason::phase_unknown:
      return "phase unknown";
    case NoValueReason::not_ranked:
      return "not ranked";
    case NoValueReason::unscored:
      return "unscored";
    case NoValueReason::out_of_range:
      return "date out of range";
  }
  return {};
}

std::string to_string(const Value& value) { return std::visit(Text{}, value.storage()); }

}  // namespace kpi::value
