#include "interpreter/lsp/analysis.hpp"

#include <algorithm>

#include "grammar/syntax/parse.hpp"
#include "interpreter/driver/failure.hpp"
#include "interpreter/driver/lock.hpp"
#include "interpreter/driver/policy_limits.hpp"
#include "interpreter/driver/rule_examples.hpp"
#include "interpreter/driver/rule_packs.hpp"
#include "interpreter/lint/lint.hpp"
#include "interpreter/model/dump.hpp"

namespace kpi::lsp {

namespace {

std::uint64_t place_of(Span name) { return std::uint64_t{name.source.index} << 32 | name.begin; }

}  // namespace

std::string_view word(What what) {
  switch (what) {
    case What::policy:
      return "policy";
    case What::param:
      return "param";
    case What::entity:
      return "entity";
    case What::events:
      return "events";
    case What::field:
      return "field";
    case What::calendar:
      return "calendar";
    case What::exclusion:
      return "exclude";
    case What::metric:
      return "metric";
    case What::table:
      return "table";
    case What::curve:
      return "curve";
    case What::scorecard:
      return "scorecard";
    case What::gate:
      return "gate";
    case What::payout:
      return "payout";
    case What::penalty:
      return "penalty";
    case What::alert:
      return "alert";
    case What::phase:
      return "phase";
    case What::rule:
      return "rule";
    case What::attack:
      return "attack";
    case What::import:
      return "import";
    case What::alias:
      return "use";
  }
  return "";
}

Analysis::Analysis(std::shared_ptr<const driver::TextsByPath> texts, const std::string& name, std::string content)
    : texts_(std::move(texts)), session_(*texts_) {
  try {
    compiled_ = session_.compile_text(name, content);
    // What `kpi check` looks at besides.
    if (name.starts_with('/')) {
      driver::check_lock(name, compiled_.file, compiled_.libraries, session_.sources, session_.diagnostics);
    }
    driver::check_limits(compiled_, {}, false, session_.diagnostics);
    driver::remark_on_examples(compiled_, session_.diagnostics);
    session_.diagnostics.sort_and_deduplicate();
  } catch (const driver::Failure& failure) {
    failure_ = failure.diagnostic;
    compiled_ = {};
    const auto known = session_.sources.find(name);
    compiled_.source = known ? *known : session_.sources.add(name, content);
    compiled_.file.source = compiled_.source;
  }
  index();
}

Analysis::~Analysis() = default;

std::unique_ptr<const Analysis> Analysis::with_word(std::uint32_t offset, std::string_view word) const {
  std::string content(text());
  content.insert(std::min<std::size_t>(offset, content.size()), word);
  return std::make_unique<Analysis>(texts_, name_of(source()), std::move(content));
}

const Document& Analysis::document(SourceId source) const {
  const auto known = documents_.find(source.index);
  if (known != documents_.end()) return known->second;
  return documents_.emplace(source.index, Document(session_.sources.get(source).text)).first->second;
}

const syntax::CleanText& Analysis::clean() const {
  if (!clean_) {
    source::Diagnostics reported;  // by the session already
    clean_ = std::make_unique<syntax::CleanText>(syntax::clean(text(), source(), reported));
  }
  return *clean_;
}

const syntax::Tree& Analysis::tree() const {
  if (!tree_) {
    source::Diagnostics reported;
    tree_ = std::make_unique<syntax::Tree>(clean().usable ? syntax::parse_tree(clean(), source(), reported)
                                                          : syntax::Tree({syntax::Node{}}));
  }
  return *tree_;
}

void Analysis::index() {
  const model::Policy& policy = compiled_.policy;
  const auto add = [&](What what, const model::Named& named, std::size_t index, std::size_t inner = 0,
                       bool events = false) {
    if (named.span.end <= named.span.begin) return;
    declarations_.push_back({what, named.span, named.name, named.label, named.doc, static_cast<std::uint32_t>(index),
                             static_cast<std::uint32_t>(inner), events});
  };
  const auto add_all = [&](What what, const auto& list) {
    for (std::size_t i = 0; i < list.size(); ++i) add(what, list[i].named, i);
  };
  for (const syntax::Declaration& declaration : compiled_.file.declarations) {
    const auto take = [&](const syntax::Head& head) {
      if (!head.name) return;
      declarations_.push_back(
          {What::policy, head.name->span, head.name->text, head.label ? head.label->value : "", head.doc, 0, 0, false});
    };
    if (const auto* decl = std::get_if<syntax::PolicyDecl>(&declaration)) take(decl->head);
    if (const auto* decl = std::get_if<syntax::LibraryDecl>(&declaration)) take(decl->head);
    if (const auto* decl = std::get_if<syntax::UseDecl>(&declaration); decl && decl->alias) {
      declarations_.push_back({What::alias, decl->alias->span, decl->alias->text, "", "", 0, 0, false});
    }
  }
  add_all(What::param, policy.params);
  add_all(What::entity, policy.entities);
  add_all(What::events, policy.events);
  const auto add_fields = [&](const auto& sources, bool events) {
    for (std::size_t i = 0; i < sources.size(); ++i) {
      for (std::size_t f = 0; f < sources[i].fields.size(); ++f)
        add(What::field, sources[i].fields[f].named, i, f, events);
    }
  };
  add_all(What::calendar, policy.calendars);
  add_all(What::exclusion, policy.exclusions);
  add_all(What::metric, policy.metrics);
  add_all(What::table, policy.tables);
  add_all(What::curve, policy.curves);
  add_all(What::scorecard, policy.scorecards);
  add_all(What::payout, policy.payouts);
  add_all(What::alert, policy.alerts);
  add_all(What::rule, policy.rules);
  add_all(What::attack, policy.attacks);
  add_all(What::import, policy.imports);
  for (std::size_t i = 0; i < policy.phases.size(); ++i) {
    for (std::size_t p = 0; p < policy.phases[i].phases.size(); ++p)
      add(What::phase, policy.phases[i].phases[p].named, i, p);
  }
  for (std::size_t i = 0; i < policy.scorecards.size(); ++i) {
    for (std::size_t g = 0; g < policy.scorecards[i].gates.size(); ++g)
      add(What::gate, policy.scorecards[i].gates[g].named, i, g);
  }
  for (std::size_t i = 0; i < policy.payouts.size(); ++i) {
    for (std::size_t p = 0; p < policy.payouts[i].penalties.size(); ++p) {
      add(What::penalty, policy.payouts[i].penalties[p].named, i, p);
    }
  }
  add_fields(policy.entities, false);
  add_fields(policy.events, true);
  for (std::size_t i = 0; i < declarations_.size(); ++i) by_place_.emplace(place_of(declarations_[i].span), i);
}

const Declaration* Analysis::declaration_at(Span name) const {
  const auto found = by_place_.find(place_of(name));
  const bool same = found != by_place_.end() && declarations_[found->second].span == name;
  return same ? &declarations_[found->second] : nullptr;
}

std::optional<Meaning> Analysis::meaning_at(std::uint32_t offset) const {
  const auto covers = [&](Span span) { return span.source == source() && span.begin <= offset && offset <= span.end; };
  std::optional<Meaning> behind;  // the offset is just behind this name
  const auto consider = [&](Span use, const Declaration* declaration) {
    if (!declaration || !covers(use)) return false;
    if (offset == use.end) {
      if (!behind) behind = Meaning{use, declaration};
      return false;
    }
    behind = Meaning{use, declaration};
    return true;
  };
  for (const bind::Occurrence& occurrence : occurrences()) {
    if (covers(occurrence.use) && consider(occurrence.use, declaration_at(occurrence.declaration))) return behind;
  }
  for (const Declaration& declaration : declarations_) {
    if (consider(declaration.span, &declaration)) return behind;
  }
  return behind;
}

const Declaration* Analysis::find(std::string_view name) const {
  for (const Declaration& declaration : declarations_) {
    const bool apart =
        declaration.what == What::field || declaration.what == What::gate || declaration.what == What::penalty;
    if (!apart && declaration.name == name) return &declaration;
  }
  return nullptr;
}

const model::Field* Analysis::field(const Declaration& declaration) const {
  if (declaration.what != What::field) return nullptr;
  const model::Policy& all = policy();
  return declaration.of_events ? &all.events[declaration.index].fields[declaration.inner]
                               : &all.entities[declaration.index].fields[declaration.inner];
}

std::string Analysis::label(const Declaration& declaration, const std::string& language) const {
  std::string name = declaration.name;
  if (declaration.what == What::field) {
    const auto& owner =
        declaration.of_events ? policy().events[declaration.index].named : policy().entities[declaration.index].named;
    name = owner.name + "." + name;
  }
  if (const auto texts = policy().labels.by_language.find(language); texts != policy().labels.by_language.end()) {
    if (const auto text = texts->second.find(name); text != texts->second.end()) return text->second;
  }
  return language == "en" ? declaration.label : "";
}

std::string Analysis::type_text(const Declaration& declaration) const {
  const model::Policy& all = policy();
  const auto show = [&](const value::Type& type) {
    return type.kind == value::Kind::error ? std::string() : model::type_text(all, type);
  };
  switch (declaration.what) {
    case What::param:
      return show(all.params[declaration.index].type);
    case What::field:
      return show(field(declaration)->type);
    case What::metric:
      return show(all.metrics[declaration.index].type);
    case What::table:
      return show(all.tables[declaration.index].type);
    case What::curve:
      return show(all.curves[declaration.index].output);
    default:
      return "";
  }
}

}  // namespace kpi::lsp
