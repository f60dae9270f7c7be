#include "interpreter/analysis/boxes.hpp"

#include <algorithm>

namespace kpi::analysis {
namespace {

bool contains(const AtomSet& side, std::size_t atom) { return side.empty() || side[atom]; }

bool is_empty(const AtomSet& side) {
  return !side.empty() && std::none_of(side.begin(), side.end(), [](bool inside) { return inside; });
}

/// A number strictly between the two, on the grid of `step` when there is one; none when there is no such number.
std::optional<Number> between(const std::optional<Number>& low, const std::optional<Number>& high,
                              const std::optional<Number>& step) {
  const Number unit = step.value_or(Number(1));
  if (!low && !high) return Number(0);
  if (!low) return ((*high / unit).ceil() - 1) * unit;
  if (!high) return ((*low / unit).floor() + 1) * unit;
  const Number next = ((*low / unit).floor() + 1) * unit;
  if (next < *high) return next;
  if (step) return std::nullopt;
  return (*low + *high) / 2;
}

std::string duration_text(const Number& seconds) {
  struct Word { int size; const char* name; };
  for (const Word& word : {Word{86'400, "days"}, Word{3'600, "hours"}, Word{60, "minutes"}}) {
    const Number count = seconds / word.size;
    if (count.is_integer()) return count.to_string() + " " + word.name;
  }
  return seconds.to_string() + " seconds";
}

std::string point_text(const Dimension& dimension, const Number& number) {
  switch (dimension.type.kind) {
    case value::Kind::date: return value::Date{static_cast<std::int32_t>(*number.floor().to_int64())}.to_string();
    case value::Kind::datetime: return value::Instant{*number.floor().to_int64()}.to_string();
    default: break;
  }
  const value::Unit& unit = dimension.type.unit;
  if (unit == value::Unit::duration()) return duration_text(number);
  return unit.is_plain() ? number.to_string() : number.to_string() + " " + value::to_string(unit);
}

/// `"other"`, lengthened until no member is called so.
std::string unmentioned_text(const Dimension& dimension) {
  std::string text = "other";
  const std::vector<std::string>& mentioned = dimension.member_texts;
  while (std::find(mentioned.begin(), mentioned.end(), "\"" + text + "\"") != mentioned.end()) text += "_other";
  return "\"" + text + "\"";
}

}  // namespace

void Dimension::add_cut(const Number& cut) { cuts.push_back(cut); }

std::size_t Dimension::add_member(const Value& member, std::string text_of_member) {
  const auto found = std::find(members.begin(), members.end(), member);
  if (found != members.end()) return static_cast<std::size_t>(found - members.begin());
  members.push_back(member);
  member_texts.push_back(std::move(text_of_member));
  return members.size() - 1;
}

void Dimension::finish() {
  atoms_.clear();
  if (domain == Domain::categorical) {
    const std::size_t count = members.size() + (closed ? 0 : 1);
    for (std::size_t i = 0; i < count; ++i) atoms_.push_back({Number(0), i});
    return;
  }
  std::sort(cuts.begin(), cuts.end());
  cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
  const auto keep = [&](const Number& number) {
    if (lowest && number < *lowest) return false;
    return !highest || number < *highest || (includes_highest && number == *highest);
  };
  const auto on_grid = [&](const Number& number) { return !step || (number / *step).is_integer(); };
  // With the ends among the points, every gap lies wholly inside or outside of what occurs.
  std::vector<Number> points = cuts;
  if (lowest) points.push_back(*lowest);
  if (highest) points.push_back(*highest);
  std::sort(points.begin(), points.end());
  points.erase(std::unique(points.begin(), points.end()), points.end());
  std::optional<Number> previous;
  for (const Number& point : points) {
    if (const auto gap = between(previous, point, step); gap && keep(*gap)) atoms_.push_back({*gap, 0});
    if (keep(point) && on_grid(point)) atoms_.push_back({point, 0});
    previous = point;
  }
  if (const auto gap = between(previous, std::nullopt, step); gap && keep(*gap)) atoms_.push_back({*gap, 0});
}

Box everything(const std::vector<Dimension>& dimensions) { return Box{std::vector<AtomSet>(dimensions.size())}; }

std::optional<Box> intersect(const std::vector<Dimension>& dimensions, const Box& a, const Box& b) {
  Box result = a;
  for (std::size_t d = 0; d < dimensions.size(); ++d) {
    if (b.sides[d].empty()) continue;
    if (result.sides[d].empty()) {
      result.sides[d] = b.sides[d];
    } else {
      for (std::size_t i = 0; i < result.sides[d].size(); ++i) {
        result.sides[d][i] = result.sides[d][i] && b.sides[d][i];
      }
    }
    if (is_empty(result.sides[d])) return std::nullopt;
  }
  return result;
}

std::vector<Box> subtract(const std::vector<Dimension>& dimensions, const Box& a, const Box& b) {
  if (!intersect(dimensions, a, b)) return {a};
  std::vector<Box> rest;
  Box core = a;  // shrinks to the intersection, dimension by dimension
  for (std::size_t d = 0; d < dimensions.size(); ++d) {
    if (b.sides[d].empty()) continue;
    const std::size_t count = dimensions[d].atom_count();
    AtomSet outside(count), inside(count);
    for (std::size_t i = 0; i < count; ++i) {
      const bool in_a = contains(core.sides[d], i);
      inside[i] = in_a && b.sides[d][i];
      outside[i] = in_a && !b.sides[d][i];
    }
    if (!is_empty(outside)) {
      Box slice = core;
      slice.sides[d] = std::move(outside);
      rest.push_back(std::move(slice));
    }
    core.sides[d] = std::move(inside);
  }
  return rest;
}

std::optional<std::vector<Box>> subtract(const std::vector<Dimension>& dimensions, const std::vector<Box>& from,
                                         const Box& b, std::size_t limit) {
  std::vector<Box> rest;
  for (const Box& box : from) {
    for (Box& piece : subtract(dimensions, box, b)) rest.push_back(std::move(piece));
    if (rest.size() > limit) return std::nullopt;
  }
  return rest;
}

std::string describe_point(const std::vector<Dimension>& dimensions, const Box& box) {
  std::string text;
  for (std::size_t d = 0; d < dimensions.size(); ++d) {
    const AtomSet& side = box.sides[d];
    if (side.empty()) continue;
    const auto atom = static_cast<std::size_t>(std::find(side.begin(), side.end(), true) - side.begin());
    if (!text.empty()) text += ", ";
    if (!dimensions[d].compared.empty()) {
      const int sign = dimensions[d].representative(atom).sign();
      text += dimensions[d].text + (sign < 0 ? " < " : sign > 0 ? " > " : " = ") + dimensions[d].compared;
      continue;
    }
    text += dimensions[d].text + " = ";
    if (dimensions[d].domain == Dimension::Domain::ordered) {
      text += point_text(dimensions[d], dimensions[d].representative(atom));
    } else if (const std::size_t member = dimensions[d].member(atom); member < dimensions[d].members.size()) {
      text += dimensions[d].member_texts[member];
    } else {
      text += unmentioned_text(dimensions[d]);
    }
  }
  return text;
}

}  // namespace kpi::analysis
