#include "interpreter/report/diff_sentences.hpp"

#include "interpreter/report/diff_words.hpp"

namespace kpi::report {

using diff::Aspect;
using diff::Change;
using diff::ChangeKind;
using diff::ElementKind;
using diff::Fact;
using diff::PartKind;
namespace dw = words::diff;

Word word_of(ElementKind kind) {
  switch (kind) {
    case ElementKind::policy:
      return dw::policy;
    case ElementKind::param:
      return dw::param;
    case ElementKind::entity:
      return dw::entity;
    case ElementKind::events:
      return dw::events;
    case ElementKind::exchange:
      return dw::exchange;
    case ElementKind::ensure:
      return dw::ensure;
    case ElementKind::calendar:
      return dw::calendar;
    case ElementKind::exclusion:
      return dw::exclusion;
    case ElementKind::metric:
      return dw::metric;
    case ElementKind::phases:
      return dw::phases;
    case ElementKind::table:
      return dw::table;
    case ElementKind::curve:
      return dw::curve;
    case ElementKind::scorecard:
      return dw::scorecard;
    case ElementKind::payout:
      return dw::payout;
    case ElementKind::alert:
      return dw::alert;
    case ElementKind::allow:
      return dw::allow;
    case ElementKind::import_:
      return dw::import_;
    case ElementKind::rule:
      return dw::rule;
    case ElementKind::attack:
      return dw::attack;
  }
  return dw::policy;
}

Word word_of(PartKind kind) {
  switch (kind) {
    case PartKind::none:
      return dw::policy;
    case PartKind::field:
      return dw::field;
    case PartKind::condition:
      return dw::condition;
    case PartKind::shift:
      return dw::shift;
    case PartKind::phase:
      return dw::phase;
    case PartKind::row:
      return dw::row;
    case PartKind::tier:
      return dw::tier;
    case PartKind::bracket:
      return dw::bracket;
    case PartKind::point:
      return dw::point;
    case PartKind::score_row:
      return dw::score_row;
    case PartKind::gate:
      return dw::gate;
    case PartKind::penalty:
      return dw::penalty;
    case PartKind::assumption:
      return dw::assumption;
    case PartKind::evidence:
      return dw::evidence;
    case PartKind::column:
      return dw::column;
  }
  return dw::policy;
}

Word word_of(Aspect aspect) {
  switch (aspect) {
#define A(name, weight, en, zh) \
  case Aspect::name:            \
    return Word{{en, zh}};
#include "interpreter/diff/aspects.def"
#undef A
  }
  return dw::policy;
}

namespace {

Word moved_word(PartKind part) {
  switch (part) {
    case PartKind::tier:
      return dw::tier_moved;
    case PartKind::bracket:
      return dw::bracket_moved;
    case PartKind::row:
      return dw::row_moved;
    case PartKind::shift:
      return dw::shift_moved;
    case PartKind::score_row:
      return dw::score_row_moved;
    default:
      return dw::point_moved;
  }
}

std::string first_upper(std::string text) {
  if (!text.empty() && text.front() >= 'a' && text.front() <= 'z') text.front() = static_cast<char>(text.front() - 32);
  return text;
}

}  // namespace

bool DiffSentences::is_whole(const Change& change) {
  return change.part == PartKind::none && !change.aspect && change.kind != ChangeKind::changed;
}

std::string DiffSentences::label(ElementKind kind, const std::string& name) const {
  const auto find = [&](const model::Policy& policy) -> std::string {
    const auto among = [&](const auto& list) -> std::string {
      for (const auto& item : list) {
        if (item.named.name == name) return policy.label(item.named, language_ == Language::zh ? "zh" : "en");
      }
      return "";
    };
    switch (kind) {
      case ElementKind::metric:
        return among(policy.metrics);
      case ElementKind::scorecard:
        return among(policy.scorecards);
      case ElementKind::payout:
        return among(policy.payouts);
      case ElementKind::exclusion:
        return among(policy.exclusions);
      case ElementKind::curve:
        return among(policy.curves);
      case ElementKind::table:
        return among(policy.tables);
      case ElementKind::alert:
        return among(policy.alerts);
      case ElementKind::entity:
        return among(policy.entities);
      case ElementKind::events:
        return among(policy.events);
      default:
        return "";
    }
  };
  const std::string young = find(policies_.after);
  return young.empty() ? find(policies_.before) : young;
}

std::string DiffSentences::title() const {
  const auto name = [&](const model::Policy& policy) {
    const auto texts = policy.labels.by_language.find(language_ == Language::zh ? "zh" : "en");
    if (texts != policy.labels.by_language.end()) {
      if (const auto text = texts->second.find(policy.header.name); text != texts->second.end()) return text->second;
    }
    return policy.header.label.empty() ? policy.header.name : policy.header.label;
  };
  const std::string before = name(policies_.before), after = name(policies_.after);
  const std::string &old_version = policies_.before.header.version, &new_version = policies_.after.header.version;
  const std::string colon(word(words::after_title, language_));
  if (before != after) return say(dw::title, language_, before + " " + old_version, after + " " + new_version);
  if (old_version != new_version) return after + colon + say(dw::title, language_, old_version, new_version);
  if (new_version.empty()) return after;
  return after + colon + say(dw::same_version, language_, new_version);
}

std::string DiffSentences::heading(const Change& change) const {
  const std::string kind(word(word_of(change.element), language_));
  const std::string name = change.name.empty() ? "" : code_(change.name);
  std::string text = kind;
  if (is_whole(change)) {
    text = say(change.kind == ChangeKind::added ? dw::element_added : dw::element_removed, language_, kind, name);
  } else if (!name.empty()) {
    text += " " + name;
  }
  const std::string known = label(change.element, change.name);
  if (!known.empty() && known != change.name)
    text += language_ == Language::zh ? "（" + known + "）" : " (" + known + ")";
  return first_upper(std::move(text));
}

std::string DiffSentences::part(const Change& change) const {
  return say(word_of(change.part), language_, code_(change.part_name));
}

std::string DiffSentences::what(const Change& change) const {
  std::string text;
  if (change.aspect) {
    text = std::string(word(word_of(*change.aspect), language_));
    if (!change.in_phase.empty()) text = say(dw::in_phase, language_, text, code_(change.in_phase));
  }
  if (change.part == PartKind::none) return text;
  return text.empty() ? part(change) : say(dw::of_part, language_, part(change), text);
}

std::string DiffSentences::subject(const Change& change) const {
  if (is_whole(change)) return std::string(word(change.kind == ChangeKind::added ? dw::added : dw::removed, language_));
  if (!change.aspect && change.part != PartKind::none)
    return part(change) + " " +
           std::string(word(change.kind == ChangeKind::added ? dw::added : dw::removed, language_));
  return what(change);
}

std::string DiffSentences::change(const Change& change) const {
  const std::string before = change.before.empty() ? "" : code_(change.before);
  const std::string after = change.after.empty() ? "" : code_(change.after);
  if (is_whole(change)) return before.empty() ? after : before;
  if (change.kind == ChangeKind::moved)
    return say(moved_word(change.part), language_, before, after, code_(change.part_name));
  if (!change.aspect) {
    return say(change.kind == ChangeKind::added ? dw::part_added : dw::part_removed, language_, part(change),
               before.empty() ? after : before);
  }
  std::string text = before.empty()  ? say(dw::now_given, language_, what(change), after)
                     : after.empty() ? say(dw::no_longer, language_, what(change), before)
                                     : say(dw::becomes, language_, what(change), before, after);
  const bool phases = change.aspect == Aspect::order;
  if (phases || change.aspect == Aspect::exclusion_order) {
    const std::string note(word(phases ? dw::phase_order : dw::exclusion_order, language_));
    text += language_ == Language::zh ? "（" + note + "）" : " (" + note + ")";
  }
  return text;
}

std::string DiffSentences::concerns(const Change& change, bool with_word) const {
  if (change.weight == diff::Weight::wording) return "";
  if (change.weight == diff::Weight::terms) return std::string(word(dw::concerns_terms, language_));
  if (change.everything) return std::string(word(dw::concerns_everything, language_));
  std::string list;
  const auto add = [&](const std::vector<std::string>& names, Word form) {
    for (const std::string& name : names)
      list += (list.empty() ? "" : std::string(word(words::list_comma, language_))) + say(form, language_, code_(name));
  };
  add(change.scorecards, dw::score_of);
  add(change.payouts, dw::pay_of);
  add(change.alerts, dw::alert_of);
  if (list.empty()) return std::string(word(dw::concerns_nothing, language_));
  return with_word ? say(dw::concerns, language_, list) : list;
}

std::string DiffSentences::rename(const diff::Rename& rename) const {
  const bool whole = rename.part == PartKind::none;
  const std::string what = whole ? std::string(word(word_of(rename.element), language_)) + " " + code_(rename.before)
                                 : say(word_of(rename.part), language_, code_(rename.owner + "." + rename.before));
  return what + " -> " + code_(rename.after);
}

std::string DiffSentences::unit(const diff::Unit& unit) const {
  std::string text;
  for (const auto& [kind, name] : unit.elements) {
    text += (text.empty() ? "" : std::string(word(words::list_comma, language_))) +
            std::string(word(word_of(kind), language_)) + (name.empty() ? "" : " " + code_(name));
  }
  return text.empty() ? std::string(word(dw::applied_together, language_)) : text;
}

std::string DiffSentences::signed_money(const value::Number& amount, value::Currency currency) {
  return (amount.sign() > 0 ? "+" : "") + show_after_.money(amount, currency);
}

std::string DiffSentences::amount(const std::optional<value::Number>& amount, bool there, eval::PayoutStatus status,
                                  const std::string& reason, value::Currency currency, bool with_status) {
  if (!there) return "-";
  if (!amount) {
    if (status == eval::PayoutStatus::unscored)
      return say(words::unscored_because, language_, show_after_.reason(reason));
    return show_after_.reason(reason);
  }
  std::string text = show_after_.money(*amount, currency);
  if (!with_status) return text;
  switch (status) {
    case eval::PayoutStatus::trial:
      text += ", " + std::string(word(words::status_trial, language_));
      break;
    case eval::PayoutStatus::pending:
      text += ", " + payable_text(true, reason, language_);
      break;
    case eval::PayoutStatus::not_paid:
      text += ", " + std::string(word(words::not_paid, language_));
      break;
    default:
      text += ", " + payable_text(false, reason, language_);
      break;
  }
  return text;
}

std::string DiffSentences::score(const value::Value& score, bool there, const std::string& reason) {
  if (!there) return "-";
  if (!score.has_value()) return say(words::unscored_because, language_, show_after_.reason(reason));
  return show_after_.fixed(score.number(), 2);
}

std::string DiffSentences::value_of(Show& show, const Fact& fact, const value::Value& value,
                                    const std::optional<model::MetricId>& metric, value::Currency currency) {
  if (!value.has_value()) return std::string(word(dw::nothing, language_));
  switch (fact.kind) {
    case Fact::Kind::actual:
    case Fact::Kind::target:
      return metric ? show.metric(*metric, value) : show.value(value, fact.type);
    case Fact::Kind::weight:
      return show.percent(value.number());
    case Fact::Kind::points:
    case Fact::Kind::score:
      return show.fixed(value.number(), 2);
    case Fact::Kind::step:
      return show.money(value.number(), currency);
    default:
      break;
  }
  return show.value(value, fact.type);
}

std::string DiffSentences::fact(const Fact& fact, value::Currency currency) {
  const auto gate_word = [&](const std::string& text) {
    if (text == "passed") return std::string(word(dw::passed, language_));
    if (text == "failed") return std::string(word(dw::failed, language_));
    return std::string(word(text.empty() ? dw::nothing : dw::undecided, language_));
  };
  if (fact.kind == Fact::Kind::phase) return say(dw::phase_of, language_, fact.text_before, fact.text_after);
  if (fact.kind == Fact::Kind::gate)
    return say(dw::gate_of, language_, fact.name, gate_word(fact.text_before), gate_word(fact.text_after));
  const std::string before = value_of(show_before_, fact, fact.before, fact.metric_before, currency);
  const std::string after = value_of(show_after_, fact, fact.after, fact.metric_after, currency);
  const std::string known = label(ElementKind::metric, fact.name);
  const std::string name = known.empty() ? fact.name : known;
  switch (fact.kind) {
    case Fact::Kind::actual:
      return say(dw::actual_of, language_, name, before, after);
    case Fact::Kind::target:
      return say(dw::target_of, language_, name, before, after);
    case Fact::Kind::points:
      return say(dw::points_of, language_, name, before, after);
    case Fact::Kind::weight:
      return say(dw::weight_of, language_, name, before, after);
    case Fact::Kind::score:
      return say(dw::total_score, language_, before, after);
    default:
      break;
  }
  const std::string step = step_word(fact.name, language_) + (fact.penalty.empty() ? "" : " " + fact.penalty);
  return say(dw::step_of, language_, step, before, after);
}

std::vector<std::string> DiffSentences::facts(const std::vector<Fact>& list, value::Currency currency) {
  std::vector<std::string> result;
  // Points say what a changed actual, target or curve comes to; a weight of its own is worth a word.
  for (const Fact& each : list) result.push_back(fact(each, currency));
  return result;
}

}  // namespace kpi::report
