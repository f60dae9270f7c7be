// What can be written at the cursor.
#include <algorithm>
#include <set>

#include "grammar/syntax/keywords.hpp"
#include "interpreter/driver/embedded_files.hpp"
#include "interpreter/lsp/completion_words.hpp"
#include "interpreter/lsp/context.hpp"
#include "interpreter/lsp/features.hpp"
#include "interpreter/lsp/help.hpp"
#include "interpreter/lsp/snippets.hpp"
#include "interpreter/model/rule.hpp"
#include "interpreter/value/time.hpp"

namespace kpi::lsp {
namespace {

using syntax::WordGroup;

/// Stands where a word will be.
constexpr std::string_view kMissingWord = "kpi_missing_word";

class Completer {
 public:
  Completer(const View& view, Position position, Declarations declarations)
      : view_(view),
        offered_(declarations),
        analysis_(view.analysis),
        offset_(view.offset(position)),
        c_(context_at(view.analysis.text(), offset_)) {
    result_.replace = view.range({analysis_.source(), c_.begin, offset_});
  }

  /// Whether nothing has been typed yet at a place where the checker needs a word to go on.
  bool lacks_word() const { return !c_.in_comment && !c_.in_text && c_.begin == offset_; }

  Completions run() {
    choose();
    std::stable_sort(result_.items.begin(), result_.items.end(), [](const Completion& a, const Completion& b) {
      return a.order != b.order ? a.order < b.order : a.label < b.label;
    });
    return std::move(result_);
  }

 private:
  // ---- items

  Completion& add(std::string label, ItemKind kind, int order = 5) {
    if (label == kMissingWord || !seen_.insert(label).second) {
      static Completion ignored;
      return ignored;
    }
    Completion& item = result_.items.emplace_back();
    item.insert = label;
    item.label = std::move(label);
    item.kind = kind;
    item.order = order;
    return item;
  }
  void add(const Declaration& declaration, int order = 5) {
    constexpr std::size_t kMostDescribed = 300;  // a list nobody reads to its end
    std::string name = declaration.name;
    if (syntax::is_word(WordGroup::operator_word, name)) name = "`" + name + "`";
    Completion& item = add(std::move(name), kind_of(declaration.what), order);
    const std::string label = analysis_.label(declaration, view_.chinese() ? "zh" : "en");
    const std::string type = analysis_.type_text(declaration);
    item.detail = type.empty() ? label : label.empty() ? type : type + " · " + label;
    if (result_.items.size() <= kMostDescribed) item.documentation = describe(view_, declaration);
  }
  void declared(What what, int order = 5) {
    for (const Declaration& declaration : analysis_.declarations()) {
      if (declaration.what == what) add(declaration, order);
    }
  }
  void words(WordGroup group, ItemKind kind = ItemKind::keyword, int order = 5) {
    for (const std::string& word : syntax::words(group)) {
      add(word, kind, order).documentation = help(word, c_.block.empty() ? c_.head : c_.block, view_.language);
    }
  }
  void plain(std::initializer_list<std::string_view> all) {
    for (const std::string_view word : all) {
      add(std::string(word), ItemKind::keyword, 1).documentation = help(word, c_.block, view_.language);
    }
  }
  void functions(WordGroup group) {
    for (const std::string& word : syntax::words(group)) {
      Completion& item = add(word, ItemKind::function, 6);
      item.documentation = help(word, "", view_.language);
      item.insert = word + "($0)";
      item.is_snippet = true;
    }
  }
  void fields(const std::vector<model::Field>& all, bool of_events, std::uint32_t index, int order = 2) {
    for (std::uint32_t i = 0; i < all.size(); ++i) {
      const Declaration* declaration = nullptr;
      for (const Declaration& each : analysis_.declarations()) {
        const bool same =
            each.what == What::field && each.of_events == of_events && each.index == index && each.inner == i;
        if (same) declaration = &each;
      }
      if (declaration) {
        add(*declaration, order);
      } else {
        add(all[i].named.name, ItemKind::field, order);
      }
    }
  }
  void units() {
    own_currency();
    for (const std::string& word : syntax::words(WordGroup::duration_unit)) add(word, ItemKind::unit, 2);
    for (const std::string& word : syntax::words(WordGroup::calendar_unit)) add(word, ItemKind::unit, 3);
    currencies();
  }
  void own_currency() {
    const value::Currency own = analysis_.policy().header.currency;
    if (!own.is_none()) currency(std::string(own.code()), 0);
  }
  void currencies() {
    for (const std::string& word : syntax::words(WordGroup::currency)) currency(word, 4);
  }
  void currency(const std::string& code, int order) {
    const auto known = value::Currency::parse(code);
    Completion& item = add(code, ItemKind::unit, order);
    if (known) item.detail = view_.chinese() ? known->chinese_name() : known->english_name();
  }

  // ---- sources of rows

  std::optional<model::SourceRef> source(const std::string& name) const {
    const model::Policy& policy = analysis_.policy();
    for (std::uint32_t i = 0; i < policy.events.size(); ++i) {
      if (policy.events[i].named.name == name) return model::SourceRef::of(model::EventsId{i});
    }
    for (std::uint32_t i = 0; i < policy.entities.size(); ++i) {
      if (policy.entities[i].named.name == name) return model::SourceRef::of(model::EntityId{i});
    }
    return std::nullopt;
  }
  void fields_of(model::SourceRef ref, int order = 2) {
    fields(analysis_.policy().fields(ref), ref.is_events(), ref.index, order);
  }

  /// Where a reference field leads.
  std::optional<model::SourceRef> follow(model::SourceRef from, const std::string& field) const {
    for (const model::Field& each : analysis_.policy().fields(from)) {
      if (each.named.name != field) continue;
      if (each.type.kind == value::Kind::entity) return model::SourceRef::of(model::EntityId{each.type.index});
      if (each.type.kind == value::Kind::event) return model::SourceRef::of(model::EventsId{each.type.index});
    }
    return std::nullopt;
  }

  /// The rows that bare names belong to: those of the call around, or of the declaration being written.
  std::optional<model::SourceRef> rows() const {
    if (!c_.source_in_call.empty()) {
      if (const auto found = source(c_.source_in_call)) return found;
    }
    if (c_.block == "events" || c_.block == "entity") return source(c_.name);
    if (c_.block.empty() && c_.head == "exclude") return source(c_.from);
    if (c_.block.empty() && c_.head == "events") return source(c_.name);
    return std::nullopt;
  }

  // ---- contexts

  void choose() {
    if (c_.in_comment) return;
    if (c_.in_text) return in_text();
    if (!c_.path.empty()) return after_dot();
    if (c_.in_table) return in_table();
    if (c_.after_number && c_.block == "attack" && c_.head == "adds") return declared(What::events, 1);
    if (c_.after_number) return units();
    if (after_word()) return;
    if (behind_type()) return names(field_options());
    if (c_.after_colon && c_.block != "test") return types();
    if (c_.at_item_start && c_.before != "=" && item()) return;
    expression();
  }

  /// `amount : money |`, also `amount : money in GBP |`.
  bool behind_type() const {
    if (c_.block != "entity" && c_.block != "events") return false;
    const std::string_view text = analysis_.text().substr(0, c_.begin);
    const std::string_view line = text.substr(text.rfind('\n') + 1);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || line.find('=', colon) != std::string_view::npos) return false;
    return c_.before != ":" && c_.before != "from" && c_.before != "in" && c_.before != "range";
  }
  void names(const std::vector<std::string>& all) {
    for (const std::string& name : all) add(name, ItemKind::keyword, 1);
  }

  void in_text() {
    if (c_.text_owner == "timezone" || c_.text_owner == "in") {
      for (const std::string& zone : value::TimeZone::names()) add(zone, ItemKind::value);
    }
    if (c_.text_owner == "use" || c_.text_owner == "from") {
      const std::string& file = analysis_.name_of(analysis_.source());
      for (std::string& name : files_beside(file, c_.text_owner == "use" ? ".kpi" : ".csv"))
        add(std::move(name), ItemKind::module);
    }
  }

  void after_dot() {
    const std::string& first = c_.path.front();
    if (c_.head == "use" || first == "std") {
      std::string folder;
      for (const std::string& part : c_.path) folder += part + "/";
      for (const driver::EmbeddedFile& file : driver::embedded_files()) {
        if (!file.path.starts_with(folder)) continue;
        const std::string rest(file.path.substr(folder.size()));
        add(rest.substr(0, rest.find_first_of("/.")), ItemKind::module);
      }
      return;
    }
    if (first == "period") return plain({"start", "end", "days"});
    if (first == "result()") return plain({"target", "attainment", "points", "value", "weight"});
    for (const RuleWord& word : rule_words(c_, view_.language)) {
      Completion& item = add(word.name, ItemKind::field, 2);
      item.detail = word.type;
      item.documentation = word.text;
    }
    const Declaration* alias = analysis_.find(first);
    if (alias && alias->what == What::alias) {
      const std::string prefix = first + ".";
      for (const Declaration& declaration : analysis_.declarations()) {
        if (declaration.what == What::field || !declaration.name.starts_with(prefix)) continue;
        Declaration inner = declaration;
        inner.name = declaration.name.substr(prefix.size());
        if (inner.name.find('.') == std::string::npos) {
          Completion& item = add(inner.name, kind_of(inner.what), 2);
          item.detail = analysis_.type_text(declaration);
          item.documentation = describe(view_, declaration);
        }
      }
      return;
    }
    std::optional<model::SourceRef> at = first == "this" ? rows() : source(first);
    std::size_t used = 1;
    if (!at) {
      if (const auto row = rows()) at = follow(*row, first);
    }
    for (; at && used < c_.path.size(); ++used) at = follow(*at, c_.path[used]);
    if (at) fields_of(*at);
  }

  void phases() { declared(What::phase, 2); }

  /// Fields of who is scored, which conditions and formulas name without more.
  void fields_of_scored() {
    const std::string& scope = c_.block.empty() ? c_.head : c_.block;
    if (scope != "phases" && scope != "scorecard" && scope != "payout" && scope != "alert") return;
    if (const auto scored = source(c_.of)) fields_of(*scored, 2);
  }

  void in_table() {
    if (c_.block == "scorecard") return c_.in_header ? scorecard_header() : scorecard_cell();
    if (c_.block == "test") return c_.in_header ? test_header() : test_cell();
    if (c_.in_header) {
      if (c_.block == "curve") return plain({"from", "at", "value", "rate"});
      return plain({"value"});
    }
    if (c_.after_number) return units();
    const std::string column = c_.column < c_.header.size() ? c_.header[c_.column] : "";
    if (column == "phase") phases();
    plain({"otherwise"});
    expression();
  }

  void scorecard_header() {
    if (c_.before == "weight" || c_.before == "target") return phases();
    plain({"metric", "weight", "target", "curve", "attain", "missing"});
    phases();
  }
  void scorecard_cell() {
    const std::string column = c_.column < c_.header.size() ? c_.header[c_.column] : "";
    if (column == "metric") return declared(What::metric, 1);
    if (column == "curve") {
      words(WordGroup::builtin_curve, ItemKind::curve, 1);
      return declared(What::curve, 2);
    }
    if (column == "attain") {
      words(WordGroup::attainment, ItemKind::keyword, 1);
      return plain({"from"});
    }
    if (column == "missing") return plain({"unscored", "zero", "skip"});
    if (c_.after_number) return units();
    expression();
  }

  void test_header() {
    if (c_.head == "expect") {
      plain({"phase", "score", "status"});
      declared(What::metric, 2);
      return declared(What::payout, 2);
    }
    const model::Policy& policy = analysis_.policy();
    const auto columns = [&](const std::vector<model::Field>& all, const std::string& table) {
      if (table != c_.subject) return;
      for (const model::Field& field : all) {
        if (field.column.empty()) continue;
        const bool name =
            syntax::is_word(WordGroup::operator_word, field.column) || field.column.find(' ') != std::string::npos;
        add(name ? "`" + field.column + "`" : field.column, ItemKind::column, 1).detail = field.named.label;
      }
    };
    for (const model::Entity& entity : policy.entities) columns(entity.fields, entity.table);
    for (const model::Events& events : policy.events) columns(events.fields, events.table);
  }
  void test_cell() {
    const std::string column = c_.column < c_.header.size() ? c_.header[c_.column] : "";
    if (c_.after_number) return units();
    if (column == "phase") return phases();
    plain({"none", "true", "false"});
    if (c_.head == "expect") plain({"unscored"});
  }

  bool after_word() {
    const std::string& before = c_.before;
    const std::string scope = c_.block.empty() ? c_.head : c_.block;
    if (before == "for" && scope == "rule") {
      for (const std::string& word : model::bindable_elements()) add(word, ItemKind::keyword, 1);
      return true;
    }
    if (before == "for" && c_.block.empty()) return declared(What::entity, 1), plain({"company"}), true;
    if (before == "kind") return words(WordGroup::exclusion_kind), true;
    if (before == "every") return words(WordGroup::every_unit), true;
    if (before == "each") return words(WordGroup::every_unit), true;
    if (before == "including") return declared(What::exclusion, 1), true;
    if (before == "as" && scope == "events") return words(WordGroup::role), true;
    if (before == "as" && scope == "import") return types(), true;
    if (before == "at" && c_.block.empty() && c_.head == "events") return times(), true;
    if (before == "from" && c_.block.empty() && c_.head == "exclude") return declared(What::events, 1), true;
    if (before == "from" && c_.block.empty() && c_.head == "payout") return declared(What::scorecard, 1), true;
    if (before == "from" && c_.block == "payout") return plain({"bonus", "base"}), true;
    if (before == "in" && (scope == "events" || scope == "entity") && !c_.block.empty()) return field_unit(), true;
    if (before == "currency" && scope == "policy") return currencies(), true;
    if (before == "market" && scope == "policy") return names(served("markets")), true;
    if (before == "platform" && scope == "policy") return names(served("platforms")), true;
    if (before == "rounding" && scope == "payout") return words(WordGroup::rounding), true;
    if (before == "authority" && scope == "rule") return words(WordGroup::authority), true;
    if (before.starts_with('"') && c_.block.empty()) {
      if (c_.head == "alert") return words(WordGroup::alert_severity, ItemKind::keyword, 1), plain({"for"}), true;
      if (c_.head == "rule") return words(WordGroup::rule_severity), true;
    }
    if (c_.block.empty() && c_.head == "curve") {
      if (before == ")") return words(WordGroup::curve_kind), true;
      if (before == "(") return plain({"attainment", "score"}), declared(What::metric, 2), true;
    }
    if (before == "into" && c_.head == "import") return tables(), true;
    if (c_.block == "attack") {
      for (const char* word : {"of", "changes", "moves", "splits"}) {
        if (before == word) return declared(What::events, 1), true;
      }
    }
    if (before == "allow") return rules(), true;
    if (before == "on" && c_.head == "allow") return everything_scored(), true;
    if (before == "use" && scope == "use") return libraries(), true;
    if (before == "use" && scope == "exchange")
      return plain({"day of event", "month_average", "period_end", "fixed"}), true;
    if (before == "expect") return declared(What::entity, 1), plain({"excluded", "alert", "no", "error"}), true;
    if (before == "excluded") return declared(What::events, 1), true;
    if (before == "by" && c_.block == "test") return declared(What::exclusion, 1), true;
    if (before == "given") return tables(), true;
    if (before == "labels") return plain({"zh", "en"}), true;
    if (before == "else" && c_.block == "scorecard") return plain({"score", "score at most", "unscored"}), true;
    if (const auto values = words_behind(c_.block, before); !values.empty()) {
      for (const std::string& word : values) plain({word});
      return true;
    }
    return false;
  }

  void times() {
    if (const auto own = source(c_.name)) {
      for (const model::Field& field : analysis_.policy().fields(*own)) {
        const bool time = field.type.kind == value::Kind::datetime || field.type.kind == value::Kind::date;
        if (time) add(field.named.name, ItemKind::field, 1);
      }
    }
  }
  void field_unit() {
    if (const auto own = source(c_.name)) fields_of(*own, 4);
    for (const char* word : {"seconds", "minutes", "hours", "days", "weeks"}) add(word, ItemKind::unit, 3);
    own_currency();
    currencies();
  }
  void rules() {
    declared(What::rule, 1);
    const auto offer = [&](const KnownRule& known, int order) {
      Completion& item = add(known.rule->named.name, ItemKind::rule, order);
      item.detail = known.rule->title.in(view_.chinese() ? 1 : 0);
      item.documentation = describe(view_, known);
    };
    if (view_.rules) {
      for (const KnownRule& known : view_.rules->of_the_house(analysis_)) offer(known, 1);
    }
    for (const KnownRule& known : standard_rules()) offer(known, 2);
    for (const auto& allow : analysis_.policy().allows) add(allow.rule, ItemKind::rule, 3);
  }
  void everything_scored() {
    for (const What what : {What::payout, What::scorecard, What::metric, What::events, What::exclusion, What::curve})
      declared(what, 2);
  }
  void libraries() {
    for (const driver::EmbeddedFile& file : driver::embedded_files()) {
      std::string name(file.path.substr(0, file.path.size() - 4));
      std::replace(name.begin(), name.end(), '/', '.');
      add(std::move(name), ItemKind::module, 1);
    }
  }
  void tables() {
    const model::Policy& policy = analysis_.policy();
    for (const model::Entity& entity : policy.entities) {
      if (!entity.table.empty()) add(entity.table, ItemKind::value, 1);
    }
    for (const model::Events& events : policy.events) add(events.table, ItemKind::value, 1);
  }
  void types() {
    words(WordGroup::type, ItemKind::keyword, 1);
    declared(What::entity, 2);
    declared(What::events, 3);
  }

  static std::optional<WordGroup> clauses(const std::string& block) {
    static const std::pair<std::string_view, WordGroup> kBlocks[] = {
        {"policy", WordGroup::clause_policy},     {"entity", WordGroup::clause_entity},
        {"events", WordGroup::clause_events},     {"exchange", WordGroup::clause_exchange},
        {"calendar", WordGroup::clause_calendar}, {"exclude", WordGroup::clause_exclude},
        {"metric", WordGroup::clause_metric},     {"scorecard", WordGroup::clause_scorecard},
        {"payout", WordGroup::clause_payout},     {"alert", WordGroup::clause_alert},
        {"rule", WordGroup::clause_rule},         {"allow", WordGroup::clause_allow},
        {"attack", WordGroup::clause_attack},     {"test", WordGroup::clause_test},
        {"import", WordGroup::clause_import}};
    for (const auto& [word, group] : kBlocks) {
      if (word == block) return group;
    }
    return std::nullopt;
  }

  /// Declarations at the top and in libraries, clauses in blocks.
  bool item() {
    const bool declares = c_.block.empty() || c_.block == "library" || c_.block == "fails" || c_.block == "passes";
    if (declares) {
      if (offered_ == Declarations::as_snippets) declarations();
      if (offered_ != Declarations::left_out) words(WordGroup::declaration, ItemKind::keyword, 2);
      if (c_.block == "library") words(WordGroup::clause_library, ItemKind::keyword, 3);
      return true;
    }
    if (c_.block == "labels") {
      for (const Declaration& declaration : analysis_.declarations()) {
        if (declaration.what != What::alias && declaration.what != What::field) add(declaration);
      }
      return true;
    }
    if (const auto group = clauses(c_.block)) {
      words(*group, ItemKind::keyword, 1);
      return true;
    }
    return false;
  }

  /// Whole declarations, with places to fill in.
  void declarations() {
    for (const Snippet& each : snippets()) {
      const bool begins_file = each.word == "edition" || each.word == "policy" || each.word == "library";
      if (begins_file && !c_.block.empty()) continue;
      Completion& item = add(each.prefix, ItemKind::snippet, 1);
      item.insert = each.body;
      item.is_snippet = true;
      item.detail = view_.chinese() ? each.zh : each.en;
      item.documentation = help(each.word, "", view_.language);
    }
  }

  void expression() {
    if (const auto row = rows()) fields_of(*row, 1);
    fields_of_scored();
    for (const What what :
         {What::metric, What::param, What::events, What::entity, What::curve, What::table, What::alias}) {
      declared(what, what == What::metric ? 3 : 4);
    }
    if (c_.block == "phases" || c_.head == "when" || c_.before == "phase" || c_.before_that == "phase") phases();
    functions(WordGroup::aggregate);
    functions(WordGroup::metric_function);
    functions(WordGroup::scalar_function);
    functions(WordGroup::text_function);
    words(WordGroup::operator_word, ItemKind::keyword, 8);
    words(WordGroup::reserved_name, ItemKind::keyword, 7);
  }

  const View& view_;
  const Declarations offered_;
  const Analysis& analysis_;
  std::uint32_t offset_;
  Context c_;
  Completions result_;
  std::set<std::string> seen_;
};

}  // namespace

Completions complete(const View& view, Position position, Declarations declarations) {
  Completer completer(view, position, declarations);
  // What stands around a hole is often lost with it, such as the events of `exclude … from orders where |`.
  if (completer.lacks_word() && view.analysis.session().diagnostics.has_errors()) {
    const auto whole = view.analysis.with_word(view.offset(position), kMissingWord);
    return Completer({*whole, view.encoding, view.language, view.rules}, position, declarations).run();
  }
  return completer.run();
}

}  // namespace kpi::lsp
