// Files and names: loads what is `use`d, enters every declaration into its file's namespace, and finds clashes.
#include <algorithm>

#include "grammar/source/diagnostics/libraries.hpp"
#include "grammar/source/diagnostics/names.hpp"
#include "interpreter/bind/session.hpp"

namespace kpi::bind {
namespace {

class Collector {
 public:
  explicit Collector(Session& session) : s_(session) {}

  void collect(const syntax::File& file) {
    s_.modules.push_back(std::make_unique<Module>());
    Module& root = *s_.modules.back();
    root.file = &file;
    root.is_root = true;
    find_header(file);
    declare_company(root);
    open_.push_back(&file);
    declare_all(root);
    open_.pop_back();
    for (const auto& module : s_.modules) report_unused_overrides(*module);
  }

 private:
  // The parser has checked that there is one header.
  void find_header(const syntax::File& file) {
    for (const syntax::Declaration& declaration : file.declarations) {
      if (const auto* policy = std::get_if<syntax::PolicyDecl>(&declaration); policy && !s_.policy_decl)
        s_.policy_decl = policy;
      if (std::holds_alternative<syntax::LibraryDecl>(declaration)) s_.policy.is_library = true;
    }
  }

  void declare_company(Module& root) {
    s_.entities.push_back({nullptr, &root});
    model::Entity company;
    company.named.name = "company";
    s_.policy.entities.push_back(std::move(company));
  }

  // ---- names --------------------------------------------------------------------------------------------------------

  void enter(Module& module, const syntax::Head& head, SymbolKind kind, std::size_t index) {
    if (!head.name) return;
    enter(module, head.name->text, Symbol{kind, static_cast<std::uint32_t>(index), head.name->span, ""});
    const bool callable = kind == SymbolKind::curve || kind == SymbolKind::table;
    if (is_reserved_name(head.name->text) || (callable && is_function_name(head.name->text))) {
      s_.report(D::reserved_name, head.name->span).with("name", head.name->text);
    }
  }

  void enter(Module& module, const std::string& name, Symbol symbol) {
    const auto [at, inserted] = module.names.emplace(name, symbol);
    if (inserted) return;
    const Symbol& other = at->second;
    if (symbol.library.empty() && other.library.empty()) {
      s_.report(D::declared_twice, symbol.span).with("name", name).label(other.span, D::first_declared_here);
    } else {
      const std::string library = symbol.library.empty() ? other.library : symbol.library;
      const Span span = symbol.library.empty() ? symbol.span : use_span_;
      s_.report(D::clash_with_library, span)
          .with("name", name)
          .with("library", library)
          .label(other.span, D::declared_here);
    }
  }

  model::Named named(const Module& module, const syntax::Head& head) const {
    model::Named result;
    if (head.name) {
      result.name = module.prefix + head.name->text;
      result.span = head.name->span;
    } else {
      result.span = head.keyword;
    }
    if (head.label) result.label = head.label->value;
    result.doc = head.doc;
    result.from_library = !module.is_root;
    return result;
  }

  template <class Model, class Decl>
  void declare(Module& module, const Decl& decl, SymbolKind kind, std::vector<Model>& models,
               std::vector<Declared<Decl>>& declared) {
    Model& created = models.emplace_back();
    created.named = named(module, decl.head);
    declared.push_back({&decl, &module});
    enter(module, decl.head, kind, models.size() - 1);
  }

  // What a library requires is not a source of its own, unless the library is looked at for itself: then it is read as
  // one, so that the library's expressions can be checked.
  template <class Decl>
  bool require(Module& module, const Decl& decl) {
    check_parts(module, decl);
    if (module.is_root) {
      if (!s_.policy.is_library) s_.report(D::requirement_of_policy, decl.head.keyword);
      return false;
    }
    if (!decl.head.name) return true;
    Requirement requirement;
    SymbolKind kind = SymbolKind::events;
    if constexpr (std::is_same_v<Decl, syntax::EntityDecl>) {
      requirement.entity = &decl;
      kind = SymbolKind::entity;
    } else {
      requirement.events = &decl;
    }
    requirement.name = decl.head.name->text;
    requirement.span = decl.head.name->span;
    module.requirements.push_back(std::move(requirement));
    enter(module, decl.head.name->text, Symbol{kind, 0, decl.head.name->span, "", true});
    if (is_reserved_name(decl.head.name->text))
      s_.report(D::reserved_name, decl.head.name->span).with("name", decl.head.name->text);
    return true;
  }

  /// Where the data stands and how it is read is for the policy to say.
  template <class Decl>
  void check_parts(const Module& module, const Decl& decl) {
    const auto report = [&](Span span) { s_.report(D::requirement_part, span).with("text", s_.text(span)); };
    if (decl.table) report(span_of(*decl.table));
    if (decl.where) report(module.file->expr(*decl.where).span);
    if constexpr (std::is_same_v<Decl, syntax::EventsDecl>) {
      if (decl.at) report(decl.at->span);
    } else if (decl.distinct_of) {
      report(decl.distinct_of->span);
    }
    for (const syntax::SourceClause& clause : decl.clauses) report(clause.span);
    for (const syntax::FieldDecl& field : decl.fields) {
      if (field.in) report(field.in->span);
      if (field.from) report(span_of(*field.from));
      if (field.computed) report(module.file->expr(*field.computed).span);
      if (field.range) report(module.file->expr(*field.range).span);
      for (const syntax::Ident& flag : field.flags) report(flag.span);
    }
  }

  // ---- one overload per declaration
  // -----------------------------------------------------------------------------------

  void add(Module&, const syntax::PolicyDecl&) {}
  void add(Module&, const syntax::LibraryDecl&) {}
  void add(Module& module, const syntax::UseDecl& decl) { use(module, decl); }
  void add(Module& module, const syntax::ParamDecl& decl) {
    declare(module, decl, SymbolKind::param, s_.policy.params, s_.params);
  }
  void add(Module& module, const syntax::EntityDecl& decl) {
    if (decl.required && require(module, decl)) return;
    declare(module, decl, SymbolKind::entity, s_.policy.entities, s_.entities);
  }
  void add(Module& module, const syntax::EventsDecl& decl) {
    if (decl.required && require(module, decl)) return;
    declare(module, decl, SymbolKind::events, s_.policy.events, s_.events);
  }
  void add(Module& module, const syntax::ExchangeDecl& decl) { s_.exchanges.push_back({&decl, &module}); }
  void add(Module& module, const syntax::EnsureDecl& decl) { s_.ensures.push_back({&decl, &module}); }
  void add(Module& module, const syntax::CalendarDecl& decl) {
    if (decl.required && !(module.is_root && s_.policy.is_library)) {
      if (module.is_root) s_.report(D::requirement_of_policy, decl.head.keyword);
      if (module.is_root || !decl.head.name) return;
      module.required_calendars.push_back({decl.head.name->text, decl.head.name->span});
      enter(module, decl.head.name->text, Symbol{SymbolKind::calendar, 0, decl.head.name->span, "", true});
      return;
    }
    declare(module, decl, SymbolKind::calendar, s_.policy.calendars, s_.calendars);
  }
  void add(Module& module, const syntax::ExcludeDecl& decl) {
    declare(module, decl, SymbolKind::exclusion, s_.policy.exclusions, s_.exclusions);
  }
  void add(Module& module, const syntax::MetricDecl& decl) {
    declare(module, decl, SymbolKind::metric, s_.policy.metrics, s_.metrics);
  }
  void add(Module& module, const syntax::PhasesDecl& decl) { s_.phases.push_back({&decl, &module}); }
  void add(Module& module, const syntax::TableDecl& decl) {
    declare(module, decl, SymbolKind::table, s_.policy.tables, s_.tables);
  }
  void add(Module& module, const syntax::CurveDecl& decl) {
    declare(module, decl, SymbolKind::curve, s_.policy.curves, s_.curves);
  }
  void add(Module& module, const syntax::ScorecardDecl& decl) {
    declare(module, decl, SymbolKind::scorecard, s_.policy.scorecards, s_.scorecards);
  }
  void add(Module& module, const syntax::PayoutDecl& decl) {
    declare(module, decl, SymbolKind::payout, s_.policy.payouts, s_.payouts);
  }
  void add(Module& module, const syntax::AlertDecl& decl) {
    add_apart(module, decl, s_.policy.alerts, s_.alerts, "alert");
  }
  void add(Module& module, const syntax::RuleDecl& decl) {
    add_apart(module, decl, s_.policy.rules, s_.rules, "rule");
    // A rule is known by its id everywhere.
    if (decl.head.name) s_.policy.rules.back().named.name = decl.head.name->text;
  }
  void add(Module& module, const syntax::AllowDecl& decl) { s_.allows.push_back({&decl, &module}); }
  void add(Module& module, const syntax::AttackDecl& decl) {
    add_apart(module, decl, s_.policy.attacks, s_.attacks, "attack");
  }
  void add(Module& module, const syntax::LabelsDecl& decl) { s_.labels.push_back({&decl, &module}); }
  void add(Module& module, const syntax::TestDecl& decl) { s_.tests.push_back({&decl, &module}); }
  void add(Module& module, const syntax::ImportDecl& decl) {
    add_apart(module, decl, s_.policy.imports, s_.imports, "import");
  }

  // Alerts, rules, attacks and imports are never named in expressions; each kind has its own names.
  template <class Model, class Decl>
  void add_apart(Module& module, const Decl& decl, std::vector<Model>& models, std::vector<Declared<Decl>>& declared,
                 const std::string& kind) {
    Model& created = models.emplace_back();
    created.named = named(module, decl.head);
    declared.push_back({&decl, &module});
    if (!decl.head.name) return;
    const auto [at, inserted] = apart_.emplace(kind + " " + created.named.name, decl.head.name->span);
    if (inserted) return;
    s_.report(D::declared_twice, decl.head.name->span)
        .with("name", decl.head.name->text)
        .label(at->second, D::first_declared_here);
  }

  void declare_all(Module& module) {
    for (const syntax::Declaration& declaration : module.file->declarations) {
      if (std::holds_alternative<syntax::UseDecl>(declaration)) continue;
      std::visit([&](const auto& decl) { add(module, decl); }, declaration);
    }
    // After the file's own names, so that a clash is reported at the `use`.
    for (const syntax::Declaration& declaration : module.file->declarations) {
      if (const auto* decl = std::get_if<syntax::UseDecl>(&declaration)) add(module, *decl);
    }
  }

  // ---- use ----------------------------------------------------------------------------------------------------------

  static std::string path_name(const syntax::Path& path, char separator) {
    std::string result;
    for (const syntax::Ident& part : path.parts) {
      if (!result.empty()) result += separator;
      result += part.text;
    }
    return result;
  }

  void use(Module& user, const syntax::UseDecl& decl) {
    const std::string shown = decl.file ? decl.file->value : path_name(decl.path, '.');
    const Span place = decl.file ? decl.file->span : decl.path.span;
    const std::string name = decl.file ? decl.file->value : path_name(decl.path, '/') + ".kpi";
    const syntax::File* file = s_.loader.load(name, user.file->source, s_.diagnostics);
    // What would have come from it is no mistake of its own.
    const auto missing = [&] {
      if (decl.alias) s_.missing_libraries.insert(decl.alias->text);
    };
    if (!file) {
      missing();
      s_.report(D::library_not_found, place).with("library", shown).with("file", name);
      return;
    }
    if (std::find(open_.begin(), open_.end(), file) != open_.end()) {
      missing();
      s_.report(D::use_cycle, place).with("library", shown);
      return;
    }
    const bool is_library =
        std::any_of(file->declarations.begin(), file->declarations.end(),
                    [](const auto& declaration) { return std::holds_alternative<syntax::LibraryDecl>(declaration); });
    if (!is_library) {
      missing();
      s_.report(D::not_a_library, place).with("library", shown);
      return;
    }
    Module& module = open_library(user, decl, *file, shown);
    if (decl.alias) {
      if (user.names.contains(decl.alias->text) || !user.aliases.emplace(decl.alias->text, &module).second) {
        s_.report(D::declared_twice, decl.alias->span).with("name", decl.alias->text);
      }
      user.alias_spans.emplace(decl.alias->text, decl.alias->span);
      return;
    }
    use_span_ = place;
    // In the order of their names, so that messages do not depend on hashing.
    std::vector<std::pair<std::string, Symbol>> entries(module.names.begin(), module.names.end());
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (auto& [entry, symbol] : entries) {
      if (!symbol.library.empty() || symbol.required) continue;  // what the library itself uses stays inside
      Symbol brought = symbol;
      brought.library = shown;
      enter(user, entry, brought);
    }
  }

  Module& open_library(Module& user, const syntax::UseDecl& decl, const syntax::File& file, const std::string& shown) {
    // The same library without parameters is the same for everyone.
    if (const auto known = shared_.find(&file); decl.with.empty() && !decl.alias && known != shared_.end()) {
      return *known->second;
    }
    s_.modules.push_back(std::make_unique<Module>());
    Module& module = *s_.modules.back();
    module.file = &file;
    module.user = &user;
    module.use = &decl;
    module.prefix = user.prefix;
    if (decl.alias)
      module.prefix += decl.alias->text + ".";
    else if (!user.is_root)
      module.prefix += shown + ".";
    for (const auto& assignment : decl.with) {
      const std::string name = assignment.name.text + (assignment.field ? "." + assignment.field->text : "");
      const auto [at, inserted] = module.overrides.emplace(name, Module::Override{&assignment, &user});
      if (!inserted) {
        s_.report(D::assigned_twice, assignment.name.span)
            .with("name", name)
            .label(at->second.assignment->name.span, D::first_declared_here);
      }
    }
    if (decl.with.empty() && !decl.alias) shared_.emplace(&file, &module);
    open_.push_back(&file);
    declare_all(module);
    open_.pop_back();
    return module;
  }

  void report_unused_overrides(const Module& module) {
    std::vector<std::string> known;
    for (const auto& [candidate, symbol] : module.names) {
      if (symbol.kind == SymbolKind::param || symbol.required) known.push_back(candidate);
    }
    for (const Requirement& requirement : module.requirements) {
      for (const auto& field : requirement.fields()) known.push_back(requirement.name + "." + field.name.text);
    }
    std::sort(known.begin(), known.end());
    for (const auto& [name, entry] : module.overrides) {
      const auto found = module.names.find(name);
      if (found != module.names.end()) s_.occurs(entry.assignment->name.span, found->second.span);
      if (std::binary_search(known.begin(), known.end(), name)) continue;
      suggest(
          s_.report(D::no_such_parameter, entry.assignment->name.span).with("name", name).with("params", join(known)),
          name, known);
    }
  }

  Session& s_;
  std::vector<const syntax::File*> open_;  // being collected, for cycles
  std::unordered_map<const syntax::File*, Module*> shared_;
  std::unordered_map<std::string, Span> apart_;
  Span use_span_;
};

}  // namespace

void collect_modules(Session& session, const syntax::File& file) { Collector(session).collect(file); }

}  // namespace kpi::bind
