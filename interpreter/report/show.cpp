#include "interpreter/report/show.hpp"

#include <array>

#include "interpreter/report/visible.hpp"
#include "interpreter/report/words.hpp"

namespace kpi::report {
namespace {

using value::Number;
using value::Unit;

constexpr Word needs_not_met{{"not met: {}", "未满足 {}"}};
constexpr int kPlainPlaces = 4;  // a plain number with more decimals is rounded for display
constexpr std::int64_t kMinute = 60, kHour = 3'600, kDay = 86'400;

bool fits(const Number& number, int places) { return number.round(places, value::Rounding::half_even) == number; }

}  // namespace

std::string who(const std::string& label, const std::string& key) {
  return label.empty() || label == key ? visible(key) : visible(label) + " (" + visible(key) + ")";
}

std::string step_word(const std::string& step, Language language) {
  static constexpr std::array<std::pair<std::string_view, Word>, 13> kSteps = {{
      {"amount", words::step_amount},
      {"pool", words::step_pool},
      {"pool_share", words::step_pool_share},
      {"prorate", words::step_prorate},
      {"penalty", words::step_penalty},
      {"floor", words::step_floor},
      {"carried_in", words::step_carried_in},
      {"cap", words::step_cap},
      {"draw", words::step_draw},
      {"recovery", words::step_recovery},
      {"paid_when", words::step_paid_when},
      {"budget", words::step_budget},
      {"rounding", words::step_rounding},
  }};
  for (const auto& [english, translated] : kSteps) {
    if (step == english) return std::string(word(translated, language));
  }
  return visible(step);
}

std::string Show::fixed(const Number& number, int places) {
  const bool exact = fits(number, places);
  rounded_ = rounded_ || !exact;
  return (exact ? "" : "~") + number.to_fixed(places, true);
}

std::string Show::money(const Number& amount, value::Currency currency) {
  const int places = currency.is_none() || currency.is_native() ? 2 : currency.minor_digits();
  return fixed(amount, places) + " " + std::string(currency.code());
}

std::string Show::percent(const Number& share, int places) { return fixed(share * Number(100), places) + "%"; }

std::string Show::points(const value::Value& value) {
  return value.has_value() ? fixed(value.number(), 2) : reason(value.reason());
}

std::string Show::plain(const Number& number) {
  int places = 0;
  while (places < kPlainPlaces && !fits(number, places)) ++places;
  if (fits(number, places)) return fixed(number, places);
  if (number.abs() >= Number(1)) return fixed(number, 2);
  // Small numbers keep four significant digits, so that a rate of 0.00012 does not read as nothing.
  rounded_ = true;
  return "~" + number.round_significant(4, value::Rounding::half_even).to_string();
}

std::string Show::duration(const Number& seconds) {
  const Number size = seconds.abs();
  if (size < Number(kMinute)) {
    const int places = fits(size, 0) ? 0 : fits(size, 1) ? 1 : 2;
    return fixed(seconds, places) + std::string(word(words::second_unit, language_));
  }
  // From a day on, seconds say nothing; below it they count.
  const std::int64_t step = size >= Number(kDay) ? kMinute : 1;
  const Number whole = size.round_to(Number(step), value::Rounding::half_even);
  const auto total = whole.to_int64();
  if (!total) return number(seconds / Number(kDay), {}) + std::string(word(words::day_unit, language_));
  std::string out = whole == size ? "" : "~";
  rounded_ = rounded_ || !out.empty();
  if (seconds.sign() < 0) out += "-";
  const std::array<std::pair<std::int64_t, Word>, 4> units = {
      {{kDay, words::day_unit}, {kHour, words::hour_unit}, {kMinute, words::minute_unit}, {1, words::second_unit}}};
  std::int64_t left = *total;
  bool first = true;
  for (const auto& [size_of_unit, unit] : units) {
    if (left < size_of_unit) continue;
    out += (first ? "" : " ") + std::to_string(left / size_of_unit) + std::string(word(unit, language_));
    left %= size_of_unit;
    first = false;
  }
  return out;
}

// Money per time and its like are shown per hour, the unit people think in.
std::string Show::rate(const Number& number, Unit unit) {
  if (unit.time == -1 && unit.money == 1) {
    return money(number * Number(kHour), unit.currency) + std::string(word(words::per_hour, language_));
  }
  if (unit.time == -1 && unit.money == 0)
    return plain(number * Number(kHour)) + std::string(word(words::per_hour, language_));
  return plain(number) + " " + value::to_string(unit);
}

std::string Show::number(const Number& number, Unit unit) {
  if (unit.is_plain()) return plain(number);
  if (unit.money == 1 && unit.time == 0) return money(number, unit.currency);
  if (unit.money == 0 && unit.time == 1) return duration(number);
  return rate(number, unit);
}

std::string Show::with_unit_word(const Number& seconds, const model::Metric::Show& show) {
  const auto size = value::duration_word_seconds(show.unit);
  if (!size) return duration(seconds);
  const Number count = seconds / Number(*size);
  const int places = fits(count, 0) ? 0 : fits(count, 1) ? 1 : 2;
  const Word unit = *size >= kDay      ? words::day_unit
                    : *size == kHour   ? words::hour_unit
                    : *size == kMinute ? words::minute_unit
                                       : words::second_unit;
  if (*size > kDay) return fixed(count, places) + " " + show.unit;
  return fixed(count, places) + std::string(word(unit, language_));
}

std::string Show::value(const value::Value& value, const value::Type& type, const model::Metric::Show& show) {
  using Kind = model::Metric::Show::Kind;
  if (!value.has_value()) return reason(value.reason());
  if (value.is<Number>()) {
    const Number& number = value.number();
    if (show.kind == Kind::percent) return percent(number, show.places);
    if (show.kind == Kind::unit && type.unit.money == 0 && type.unit.time == 1) return with_unit_word(number, show);
    if (show.kind == Kind::decimals) {
      const bool money = type.unit.money == 1 && type.unit.time == 0;
      if (money) return fixed(number, show.places) + " " + std::string(type.unit.currency.code());
      if (type.unit.is_plain()) return fixed(number, show.places);
    }
    return this->number(number, type.unit);
  }
  if (value.is<bool>()) return std::string(word(value.boolean() ? words::yes : words::no, language_));
  if (value.is<std::string>()) return visible(value.text());
  if (value.is<value::Instant>()) return instant(value.as<value::Instant>());
  if (value.is<value::PhaseRef>()) {
    const auto ref = value.as<value::PhaseRef>();
    const model::Phases* phases = policy_.phases_of({ref.entity});
    if (phases && ref.phase < phases->phases.size()) return label(phases->phases[ref.phase].named);
  }
  if (value.is<value::EntityRef>() && store_) {
    const auto ref = value.as<value::EntityRef>();
    const eval::EntityRow& row = store_->rows({ref.entity})[ref.row];
    return who(row.label, row.key);
  }
  return value::to_string(value);
}

std::string Show::metric(model::MetricId id, const value::Value& value) {
  const model::Metric& metric = policy_.metrics[id.index];
  return this->value(value, metric.type, metric.show);
}

std::string Show::instant(value::Instant time) const {
  const value::TimeZone& zone = policy_.header.timezone ? *policy_.header.timezone : value::TimeZone::utc();
  const std::int64_t local = zone.to_local_micros(time);
  // The local time as if it were UTC prints as the wall clock shows it.
  std::string text = value::Instant{local}.to_string();
  if (text.ends_with('Z')) text.pop_back();
  if (text.size() > 10) text[10] = ' ';
  constexpr std::string_view kLastMoment = " 23:59:59.999999";
  if (text.ends_with(kLastMoment)) text.replace(text.size() - kLastMoment.size(), kLastMoment.size(), " 24:00");
  return text;
}

std::string Show::label(const model::Named& named) const {
  return visible(policy_.label(named, language_ == Language::zh ? "zh" : "en"));
}

std::string Show::reason(const value::NoValue& none) const { return reason(value::reason_text(none)); }

std::string Show::reason(const std::string& text) const {
  static constexpr std::array<std::pair<std::string_view, Word>, 13> kReasons = {{
      {"absent", words::absent},
      {"no data", words::no_data},
      {"no rows", words::no_rows},
      {"zero denominator", words::zero_denominator},
      {"condition unknown", words::condition_unknown},
      {"target not positive", words::target_not_positive},
      {"phase unknown", words::phase_unknown},
      {"not ranked", words::not_ranked},
      {"unscored", words::unscored},
      {"no value", words::no_value},
      {"not paid", words::not_paid},
      {"no metric has a value", words::no_metric_has_value},
      {"date out of range", words::date_out_of_range},
  }};
  constexpr std::string_view kSample = "sample below ";
  for (const auto& [english, translated] : kReasons) {
    if (text == english) return std::string(word(translated, language_));
  }
  if (text.starts_with(kSample)) return say(words::sample_below, language_, visible(text.substr(kSample.size())));
  constexpr std::string_view kNeeds = "not met: ";
  if (text.starts_with(kNeeds)) return say(needs_not_met, language_, visible(text.substr(kNeeds.size())));
  const auto named = [&](const std::string& name) {
    for (const model::Metric& metric : policy_.metrics) {
      if (metric.named.name == name) return label(metric.named);
    }
    for (const model::Scorecard& scorecard : policy_.scorecards) {
      for (const model::Gate& gate : scorecard.gates) {
        if (gate.named.name == name) return label(gate.named);
      }
    }
    return step_word(name, language_);
  };
  if (text.starts_with("gate ")) {
    const std::size_t end = std::min(text.find(':'), text.size());
    const std::string rest = end < text.size() ? std::string(word(words::after_title, language_)) +
                                                     reason(text.substr(std::min(end + 2, text.size())))
                                               : "";
    return say(words::gate_named, language_, named(text.substr(5, end - 5))) + rest;
  }
  const std::size_t colon = text.find(": ");
  if (colon != std::string::npos)
    return named(text.substr(0, colon)) + std::string(word(words::after_title, language_)) +
           reason(text.substr(colon + 2));
  return visible(text);
}

std::string payable_text(bool is_pending, const std::string& reason, Language language) {
  constexpr std::string_view kDataEnds = "data ends ";
  if (reason.starts_with(kDataEnds)) {
    return say(is_pending ? words::status_pending_data_ends : words::status_ok_data_ends, language,
               reason.substr(kDataEnds.size()));
  }
  if (!is_pending) return std::string(word(words::status_ok, language));
  return std::string(word(reason == "period not over" ? words::status_pending_period : words::status_pending, language));
}

}  // namespace kpi::report
