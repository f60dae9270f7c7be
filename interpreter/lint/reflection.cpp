#include "interpreter/lint/reflection.hpp"

#include <algorithm>
#include <array>

#include "interpreter/lint/measures.hpp"

namespace kpi::lint {
namespace {

bool has_weight(const model::ScorecardRow& row) {
  return row.metric.valid() &&
         std::any_of(row.weights.begin(), row.weights.end(), [](const auto& weight) { return !weight.is_zero(); });
}

bool same_letters(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

constexpr std::array<std::string_view, 27> kUnion = {"AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI",
                                                     "FR", "DE", "GR", "HU", "IE", "IT", "LV", "LT", "LU",
                                                     "MT", "NL", "PL", "PT", "RO", "SK", "SI", "ES", "SE"};

}  // namespace

bool market_matches(std::string_view limit, std::string_view market) {
  if (same_letters(limit, market)) return true;
  const std::string_view country = market.substr(0, market.find('_'));
  if (market.find('_') != std::string_view::npos && same_letters(limit, country)) return true;
  if (!same_letters(limit, "EU")) return false;
  return std::any_of(kUnion.begin(), kUnion.end(),
                     [&](std::string_view member) { return same_letters(member, country); });
}

Reflection::Reflection(const model::Policy& policy, const source::SourceMap& sources, std::vector<Pack> packs,
                       value::Date as_of, const Proofs* proofs)
    : policy_(policy), sources_(sources), packs_(std::move(packs)), as_of_(as_of), proofs_(proofs), flow_(policy) {
  allow_uses.resize(policy.allows.size());
  collect_texts();
  collect_libraries();
  collect_elements();
}

// ---- elements -------------------------------------------------------------------------------------------------------

void Reflection::collect_elements() {
  const auto add_all = [&](ElementKind kind, std::size_t count, std::uint32_t first = 0) {
    auto& list = elements_[kind];
    for (std::uint32_t i = first; i < count; ++i) list.push_back({kind, i, 0, false});
  };
  elements_[ElementKind::policy].push_back({});
  add_all(ElementKind::library, libraries_.size());
  add_all(ElementKind::param, policy_.params.size());
  add_all(ElementKind::entity, policy_.entities.size(), 1);
  add_all(ElementKind::events, policy_.events.size());
  add_all(ElementKind::exclusion, policy_.exclusions.size());
  add_all(ElementKind::metric, policy_.metrics.size());
  add_all(ElementKind::table, policy_.tables.size());
  add_all(ElementKind::curve, policy_.curves.size());
  add_all(ElementKind::scorecard, policy_.scorecards.size());
  add_all(ElementKind::payout, policy_.payouts.size());
  add_all(ElementKind::alert, policy_.alerts.size());
  add_all(ElementKind::rule, policy_.rules.size());
  add_all(ElementKind::allow, policy_.allows.size());
  add_all(ElementKind::attack, policy_.attacks.size());
  add_all(ElementKind::test, policy_.tests.size());
  add_all(ElementKind::text, texts_.size());
  elements_[ElementKind::formula];
  for (std::uint32_t i = 1; i < policy_.entities.size(); ++i) {
    for (std::uint32_t k = 0; k < policy_.entities[i].fields.size(); ++k)
      elements_[ElementKind::field].push_back({ElementKind::field, i, k, false});
  }
  for (std::uint32_t i = 0; i < policy_.events.size(); ++i) {
    for (std::uint32_t k = 0; k < policy_.events[i].fields.size(); ++k)
      elements_[ElementKind::field].push_back({ElementKind::field, i, k, true});
  }
  elements_[ElementKind::field];
  auto& phases = elements_[ElementKind::phase];
  for (std::uint32_t i = 0; i < policy_.phases.size(); ++i) {
    for (std::uint32_t k = 0; k < policy_.phases[i].phases.size(); ++k)
      phases.push_back({ElementKind::phase, i, k, false});
  }
  auto& rows = elements_[ElementKind::row];
  auto& gates = elements_[ElementKind::gate];
  for (std::uint32_t i = 0; i < policy_.scorecards.size(); ++i) {
    const auto& card = policy_.scorecards[i];
    for (std::uint32_t k = 0; k < card.rows.size(); ++k) {
      if (has_weight(card.rows[k])) rows.push_back({ElementKind::row, i, k, false});
    }
    for (std::uint32_t k = 0; k < card.gates.size(); ++k) gates.push_back({ElementKind::gate, i, k, false});
  }
  auto& penalties = elements_[ElementKind::penalty];
  for (std::uint32_t i = 0; i < policy_.payouts.size(); ++i) {
    for (std::uint32_t k = 0; k < policy_.payouts[i].penalties.size(); ++k)
      penalties.push_back({ElementKind::penalty, i, k, false});
  }
}

const std::vector<Element>& Reflection::elements(ElementKind kind) const { return elements_.at(kind); }

void Reflection::collect_texts() {
  const auto add = [&](const std::string& content, const std::string& of, const char* kind, source::Span span,
                       const std::string& language = "") {
    if (!content.empty()) texts_.push_back({content, of, language, kind, span});
  };
  const auto add_label = [&](const model::Named& named, const std::string& of) {
    if (!named.from_library) add(named.label, of, "label", named.span);
  };
  const model::Header& header = policy_.header;
  add(header.label, header.name, "label", header.span);
  add(header.owner, header.name, "owner", header.span);
  for (const auto& evidence : header.evidence) add(evidence.text, header.name, "evidence", evidence.span);
  const auto add_labels = [&](const auto& declarations) {
    for (const auto& declaration : declarations) add_label(declaration.named, declaration.named.name);
  };
  add_labels(policy_.entities);
  add_labels(policy_.events);
  add_labels(policy_.params);
  add_labels(policy_.exclusions);
  add_labels(policy_.metrics);
  add_labels(policy_.tables);
  add_labels(policy_.curves);
  add_labels(policy_.scorecards);
  add_labels(policy_.payouts);
  add_labels(policy_.alerts);
  add_labels(policy_.attacks);
  for (const auto& phases : policy_.phases) add_labels(phases.phases);
  for (const auto& exclusion : policy_.exclusions) {
    if (!exclusion.named.from_library) add(exclusion.because, exclusion.named.name, "because", exclusion.named.span);
  }
  for (const auto& metric : policy_.metrics) {
    if (!metric.named.from_library) add(metric.basis, metric.named.name, "basis", metric.named.span);
  }
  for (const auto& card : policy_.scorecards) {
    for (const auto& gate : card.gates)
      add(gate.named.label, card.named.name + "." + gate.named.name, "label", gate.named.span);
  }
  for (const auto& payout : policy_.payouts) {
    for (const auto& penalty : payout.penalties)
      add(penalty.named.label, payout.named.name + "." + penalty.named.name, "penalty", penalty.named.span);
    for (const auto& evidence : payout.evidence) add(evidence.text, payout.named.name, "evidence", evidence.span);
  }
  for (const auto& alert : policy_.alerts) {
    if (!alert.named.from_library) add(alert.message, alert.named.name, "message", alert.named.span);
  }
  for (const auto& allow : policy_.allows) add(allow.because, allow.rule, "because", allow.span);
  for (const auto& [language, labels] : policy_.labels.by_language) {
    for (const auto& [name, text] : labels) add(text, name, "label", header.span, language);
  }
}

void Reflection::collect_libraries() {
  const auto oldest = [](const model::Policy& home, const std::string& library, LibraryView& view) {
    for (const model::Rule& rule : home.rules) {
      if (rule.library != library) continue;
      ++view.rules;
      for (const auto& cite : rule.cites) {
        if (cite.checked && (!view.checked || *cite.checked < *view.checked)) view.checked = cite.checked;
      }
    }
  };
  const auto add = [&](const model::Policy& home, const model::Library& library, std::string name) {
    LibraryView view;
    view.name = std::move(name);
    view.label = library.named.label;
    view.doc = library.named.doc;
    view.version = library.version;
    view.owner = library.owner;
    view.review_by = library.review_by;
    view.span = library.named.span;
    view.standard = sources_.get(library.named.span.source).name.starts_with("std/");
    oldest(home, library.named.name, view);
    libraries_.push_back(std::move(view));
  };
  for (const model::Library& library : policy_.libraries) add(policy_, library, library.named.name);
  for (const Pack& pack : packs_) {
    if (pack.home == &policy_) continue;
    for (const model::Library& library : pack.home->libraries) {
      if (library.named.name == pack.home->header.name) add(*pack.home, library, pack.name);
    }
  }
}

// ---- names and places -----------------------------------------------------------------------------------------------

const model::Named* Reflection::named(const Element& element) const {
  const auto& p = policy_;
  switch (element.kind) {
    case ElementKind::param:
      return &p.params[element.a].named;
    case ElementKind::entity:
      return &p.entities[element.a].named;
    case ElementKind::events:
      return &p.events[element.a].named;
    case ElementKind::field:
      return element.events ? &p.events[element.a].fields[element.b].named
                            : &p.entities[element.a].fields[element.b].named;
    case ElementKind::exclusion:
      return &p.exclusions[element.a].named;
    case ElementKind::metric:
      return &p.metrics[element.a].named;
    case ElementKind::phase:
      return &p.phases[element.a].phases[element.b].named;
    case ElementKind::table:
      return &p.tables[element.a].named;
    case ElementKind::curve:
      return &p.curves[element.a].named;
    case ElementKind::scorecard:
      return &p.scorecards[element.a].named;
    case ElementKind::row:
      return &p.metrics[p.scorecards[element.a].rows[element.b].metric.index].named;
    case ElementKind::gate:
      return &p.scorecards[element.a].gates[element.b].named;
    case ElementKind::payout:
      return &p.payouts[element.a].named;
    case ElementKind::penalty:
      return &p.payouts[element.a].penalties[element.b].named;
    case ElementKind::alert:
      return &p.alerts[element.a].named;
    case ElementKind::rule:
      return &p.rules[element.a].named;
    case ElementKind::attack:
      return &p.attacks[element.a].named;
    default:
      return nullptr;
  }
}

std::string Reflection::owner_name(const Element& element) const {
  switch (element.kind) {
    case ElementKind::field:
      return element.events ? policy_.events[element.a].named.name : policy_.entities[element.a].named.name;
    case ElementKind::row:
    case ElementKind::gate:
      return policy_.scorecards[element.a].named.name;
    case ElementKind::penalty:
      return policy_.payouts[element.a].named.name;
    case ElementKind::phase:
      return policy_.entities[policy_.phases[element.a].entity.index].named.name;
    case ElementKind::text:
      return texts_[element.a].of;
    case ElementKind::formula:
      return element.b > 0 ? policy_.payouts[element.b - 1].named.name : "";
    case ElementKind::metric:
      return is_unnamed(policy_.metrics[element.a]) ? home_of_measure(element.a) : "";
    default:
      return "";
  }
}

std::string Reflection::home_of_measure(std::uint32_t metric) const {
  for (std::uint32_t i = 0; i < policy_.payouts.size(); ++i) {
    for (const model::ExprId id : flow_.formulas(policy_.payouts[i])) {
      if (flow_.direct_metrics(id).contains(metric)) return policy_.payouts[i].named.name;
    }
  }
  for (const model::Scorecard& card : policy_.scorecards) {
    for (const model::Gate& gate : card.gates) {
      if (flow_.direct_metrics(gate.requires_value).contains(metric)) return card.named.name;
    }
  }
  return "";
}

std::string Reflection::name(const Element& element) const {
  switch (element.kind) {
    case ElementKind::policy:
      return policy_.header.name;
    case ElementKind::library:
      return libraries_[element.a].name;
    case ElementKind::allow:
      return policy_.allows[element.a].rule;
    case ElementKind::test:
      return policy_.tests[element.a].name;
    case ElementKind::text:
      return texts_[element.a].of;
    case ElementKind::formula:
      return std::string(sources_.text(policy_.expr(model::ExprId{element.a}).span));
    case ElementKind::field:
    case ElementKind::row:
    case ElementKind::gate:
    case ElementKind::penalty:
      return owner_name(element) + "." + named(element)->name;
    default:
      return named(element)->name;
  }
}

std::string Reflection::label(const Element& element, std::size_t language) const {
  const std::string code = language == 1 ? "zh" : "en";
  const auto translated = [&](const std::string& name, const std::string& own) {
    const auto texts = policy_.labels.by_language.find(code);
    if (texts != policy_.labels.by_language.end()) {
      if (const auto text = texts->second.find(name); text != texts->second.end()) return text->second;
    }
    return own.empty() ? name : own;
  };
  if (element.kind == ElementKind::policy) return translated(policy_.header.name, policy_.header.label);
  if (element.kind == ElementKind::library) {
    const auto& library = libraries_[element.a];
    return library.label.empty() ? library.name : library.label;
  }
  if (const model::Named* found = named(element)) return policy_.label(*found, code);
  return name(element);
}

source::Span Reflection::span(const Element& element) const {
  switch (element.kind) {
    case ElementKind::library:
      return libraries_[element.a].span;
    case ElementKind::allow:
      return policy_.allows[element.a].span;
    case ElementKind::test:
      return policy_.tests[element.a].span;
    case ElementKind::text:
      return texts_[element.a].span;
    case ElementKind::formula:
      return policy_.expr(model::ExprId{element.a}).span;
    case ElementKind::row:
      return policy_.scorecards[element.a].rows[element.b].metric_span;
    case ElementKind::policy:
      return policy_.header.span;
    default:
      return named(element)->span;
  }
}

const std::string& Reflection::spelling(const Element& element) const {
  const auto [at, created] = spellings_.try_emplace(element);
  if (!created) return at->second;
  std::string text = name(element) + "\n" + label(element, 0) + "\n" + label(element, 1);
  if (element.kind == ElementKind::field) {
    const auto& field =
        element.events ? policy_.events[element.a].fields[element.b] : policy_.entities[element.a].fields[element.b];
    text += "\n" + field.column;
  }
  if (element.kind == ElementKind::events) text += "\n" + policy_.events[element.a].table;
  if (element.kind == ElementKind::entity) text += "\n" + policy_.entities[element.a].table;
  return at->second = small_letters(text);
}

const std::set<std::uint32_t>& Reflection::paid_metrics(std::uint32_t payout) const {
  const auto [at, created] = paid_.try_emplace(payout);
  if (!created) return at->second;
  std::set<std::uint32_t>& result = at->second;
  const model::Payout& which = policy_.payouts[payout];
  for (const model::ExprId id : flow_.formulas(which)) result.merge(flow_.direct_metrics(id));
  if (!flow_.uses_scorecard({payout})) return result;
  const model::Scorecard& card = policy_.scorecards[which.scorecard.index];
  for (const auto& row : card.rows) {
    if (has_weight(row)) result.insert(row.metric.index);
  }
  for (const auto& gate : card.gates) result.merge(flow_.direct_metrics(gate.requires_value));
  return result;
}

// ---- flow -----------------------------------------------------------------------------------------------------------

Element Reflection::formula(model::ExprId id, const Element& of) const {
  const std::uint32_t payout = of.kind == ElementKind::payout || of.kind == ElementKind::penalty ? of.a + 1 : 0;
  return {ElementKind::formula, id.index, payout, false};
}

const Flow& Reflection::flow_of(const Element& element) const {
  const auto card_of = [&](std::uint32_t payout) { return policy_.payouts[payout].scorecard; };
  switch (element.kind) {
    case ElementKind::metric:
      return flow_.metric({element.a});
    case ElementKind::scorecard:
      return flow_.scorecard({element.a});
    case ElementKind::payout:
      return flow_.payout({element.a});
    case ElementKind::alert:
      return flow_.alert({element.a});
    case ElementKind::penalty:
      return flow_.formula(policy_.payouts[element.a].penalties[element.b].amount, card_of(element.a));
    case ElementKind::gate:
      return flow_.formula(policy_.scorecards[element.a].gates[element.b].requires_value);
    case ElementKind::phase:
      return flow_.formula(policy_.phases[element.a].phases[element.b].when);
    case ElementKind::formula:
      return flow_.formula({element.a}, element.b > 0 ? card_of(element.b - 1) : model::ScorecardId{});
    default:
      break;
  }
  const auto [at, created] = flows_.try_emplace(element);
  if (created && element.kind == ElementKind::row)
    at->second = flow_.row(policy_.scorecards[element.a].rows[element.b]);
  if (created && element.kind == ElementKind::exclusion) at->second = flow_.exclusion(policy_.exclusions[element.a]);
  return at->second;
}

Direction Reflection::direction_of(const Element& element, const DataFlow::Input& input) const {
  switch (element.kind) {
    case ElementKind::metric:
      if (input.metric && input.metric->index == element.a) return Direction::up;
      return flow_.direction(policy_.metrics[element.a].value, input);
    case ElementKind::scorecard:
      return flow_.direction(policy_.scorecards[element.a], input);
    case ElementKind::payout:
      return flow_.direction(policy_.payouts[element.a], input);
    case ElementKind::row:
      return flow_.direction(policy_.scorecards[element.a].rows[element.b], input);
    case ElementKind::penalty: {
      const auto& payout = policy_.payouts[element.a];
      return flow_.direction(payout.penalties[element.b].amount, input, payout.scorecard);
    }
    case ElementKind::gate:
      return flow_.direction(policy_.scorecards[element.a].gates[element.b].requires_value, input);
    case ElementKind::phase:
      return flow_.direction(policy_.phases[element.a].phases[element.b].when, input);
    case ElementKind::alert:
      return flow_.direction(policy_.alerts[element.a].when, input);
    case ElementKind::formula:
      return flow_.direction(model::ExprId{element.a}, input,
                             element.b > 0 ? policy_.payouts[element.b - 1].scorecard : model::ScorecardId{});
    case ElementKind::exclusion: {
      Direction result = Direction::none;
      for (const auto condition : policy_.exclusions[element.a].conditions)
        result = both(result, flow_.direction(condition, input));
      return result;
    }
    default:
      return Direction::none;
  }
}

}  // namespace kpi::lint
