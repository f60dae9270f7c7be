#include "interpreter/model/builtins.hpp"

#include <utf8proc.h>

#include <cassert>

namespace kpi::model {
namespace {

using value::Number;
using value::Value;

template <class Map>
std::string map_code_points(std::string_view text, Map map) {
  std::string result;
  result.reserve(text.size());
  auto data = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  auto left = static_cast<utf8proc_ssize_t>(text.size());
  while (left > 0) {
    utf8proc_int32_t point = 0;
    const utf8proc_ssize_t used = utf8proc_iterate(data, left, &point);
    if (used <= 0) {  // not UTF-8: the byte stays as it is
      result += static_cast<char>(*data++);
      --left;
      continue;
    }
    utf8proc_uint8_t encoded[4];
    const utf8proc_ssize_t length = utf8proc_encode_char(map(point), encoded);
    result.append(reinterpret_cast<const char*>(encoded), static_cast<std::size_t>(length));
    data += used;
    left -= used;
  }
  return result;
}

bool is_space(utf8proc_int32_t point) {
  if (point == ' ' || (point >= '\t' && point <= '\r') || point == 0x85) return true;
  const utf8proc_category_t category = utf8proc_category(point);
  return category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP;
}

// Bytes of the white space character that ends `text`; 0 when it ends in something else.
std::size_t trailing_space(std::string_view text) {
  std::size_t begin = text.size();
  while (begin > 0 && text.size() - begin < 4) {
    --begin;
    if ((static_cast<unsigned char>(text[begin]) & 0xC0) != 0x80) break;
  }
  utf8proc_int32_t point = 0;
  const auto bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + begin;
  const auto length = static_cast<utf8proc_ssize_t>(text.size() - begin);
  return length > 0 && utf8proc_iterate(bytes, length, &point) == length && is_space(point)
             ? static_cast<std::size_t>(length) : 0;
}

Value extreme(std::span<const Value> arguments, int wanted) {
  const Value* best = &arguments[0];
  for (const Value& argument : arguments.subspan(1)) {
    if (value::compare(argument, *best) == wanted) best = &argument;
  }
  return *best;
}

int to_places(const Value& argument) {
  const auto places = argument.number().to_int64();
  assert(places && "the second argument of a rounding function is a checked constant");
  return static_cast<int>(*places);
}

}  // namespace

std::string upper(std::string_view text) { return map_code_points(text, utf8proc_toupper); }
std::string lower(std::string_view text) { return map_code_points(text, utf8proc_tolower); }

std::string_view trim(std::string_view text) {
  while (!text.empty()) {
    utf8proc_int32_t point = 0;
    const utf8proc_ssize_t used = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                                   static_cast<utf8proc_ssize_t>(text.size()), &point);
    if (used <= 0 || !is_space(point)) break;
    text.remove_prefix(static_cast<std::size_t>(used));
  }
  while (const std::size_t space = trailing_space(text)) text.remove_suffix(space);
  return text;
}

bool needs_only_arguments(Builtin function) {
  switch (function) {
    case Builtin::age:
    case Builtin::months_since:
    case Builtin::elapsed:
    case Builtin::native:
    case Builtin::convert:
    case Builtin::exists_value: return false;
    default: return true;
  }
}

Value apply_builtin(Builtin function, std::span<const Value> arguments, value::Rounding rounding) {
  for (const Value& argument : arguments) {
    if (!argument.has_value()) return argument;
  }
  switch (function) {
    case Builtin::min: return extreme(arguments, -1);
    case Builtin::max: return extreme(arguments, 1);
    case Builtin::abs: return arguments[0].number().abs();
    case Builtin::floor: return arguments[0].number().floor();
    case Builtin::ceil: return arguments[0].number().ceil();
    case Builtin::round:
      return arguments[0].number().round(arguments.size() > 1 ? to_places(arguments[1]) : 0, rounding);
    case Builtin::round_significant: return arguments[0].number().round_significant(to_places(arguments[1]), rounding);
    case Builtin::upper: return upper(arguments[0].text());
    case Builtin::lower: return lower(arguments[0].text());
    case Builtin::trim: return std::string(trim(arguments[0].text()));
    case Builtin::starts_with: return arguments[0].text().starts_with(arguments[1].text());
    case Builtin::ends_with: return arguments[0].text().ends_with(arguments[1].text());
    case Builtin::contains: return arguments[0].text().find(arguments[1].text()) != std::string::npos;
    default: assert(false && "this function needs more than its arguments"); return {};
  }
}

std::string_view name(Builtin function) {
  switch (function) {
    case Builtin::min: return "min";
    case Builtin::max: return "max";
    case Builtin::abs: return "abs";
    case Builtin::round: return "round";
    case Builtin::round_significant: return "round_significant";
    case Builtin::floor: return "floor";
    case Builtin::ceil: return "ceil";
    case Builtin::upper: return "upper";
    case Builtin::lower: return "lower";
    case Builtin::trim: return "trim";
    case Builtin::starts_with: return "starts_with";
    case Builtin::ends_with: return "ends_with";
    case Builtin::contains: return "contains";
    case Builtin::age: return "age";
    case Builtin::months_since: return "months_since";
    case Builtin::elapsed: return "elapsed";
    case Builtin::native: return "native";
    case Builtin::convert: return "convert";
    case Builtin::exists_value: return "exists";
  }
  return "";
}

std::string_view name(MetricFunction function) {
  switch (function) {
    case MetricFunction::previous: return "previous";
    case MetricFunction::year_ago: return "year_ago";
    case MetricFunction::at_period: return "at_period";
    case MetricFunction::rolling: return "rolling";
    case MetricFunction::to_date: return "to_date";
    case MetricFunction::lifetime: return "lifetime";
    case MetricFunction::total: return "total";
    case MetricFunction::share: return "share";
    case MetricFunction::rank: return "rank";
    case MetricFunction::percentile_rank: return "percentile_rank";
  }
  return "";
}

std::string_view name(AggregateFunction function) {
  switch (function) {
    case AggregateFunction::sum: return "sum";
    case AggregateFunction::count: return "count";
    case AggregateFunction::exists: return "exists";
    case AggregateFunction::distinct: return "distinct";
    case AggregateFunction::avg: return "avg";
    case AggregateFunction::min: return "min";
    case AggregateFunction::max: return "max";
    case AggregateFunction::median: return "median";
    case AggregateFunction::percentile: return "percentile";
    case AggregateFunction::first: return "first";
    case AggregateFunction::last: return "last";
  }
  return "";
}

}  // namespace kpi::model
