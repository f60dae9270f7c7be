// The AST as indented text, a line for each declaration, clause, field and row.
#include <fmt/format.h>

#include <algorithm>

#include "grammar/syntax/parser.hpp"
#include "grammar/syntax/print.hpp"

namespace kpi::syntax {
namespace {

class Dumper {
 public:
  Dumper(const File& file, std::size_t indent) : file_(file), indent_(indent) {}

  std::string run() && {
    if (file_.edition) line("edition " + file_.edition->year);
    for (const Declaration& declaration : file_.declarations) {
      std::visit([this](const auto& decl) { dump(decl); }, declaration);
    }
    return std::move(out_);
  }

 private:
  using Texts = std::vector<Text>;
  using Idents = std::vector<Ident>;

  // ---- pieces, each with the space in front of it
  static std::string piece(std::string_view word, const std::string& rest) {
    return rest.empty() ? "" : " " + std::string(word) + (word.empty() ? "" : " ") + rest;
  }
  std::string expr(ExprId id) const { return print_expr(file_, id); }
  std::string opt_expr(std::string_view word, const std::optional<ExprId>& id) const {
    return id ? piece(word, expr(*id)) : "";
  }
  static std::string opt_name(std::string_view word, const std::optional<Ident>& name) {
    return name ? piece(word, print_name(*name)) : "";
  }
  static std::string opt_text(std::string_view word, const std::optional<Text>& text) {
    return text ? piece(word, print_text(text->value)) : "";
  }
  static std::string opt_path(std::string_view word, const std::optional<Path>& path) {
    return path ? piece(word, print_path(*path)) : "";
  }
  static std::string names(const Idents& list) {
    std::string result;
    for (const Ident& name : list) {
      result += (result.empty() ? "" : ", ") + (name.quoted ? print_name(name) : name.text);
    }
    return result;
  }
  static std::string texts(const Texts& list) {
    std::string result;
    for (const Text& text : list) result += (result.empty() ? "" : ", ") + print_text(text.value);
    return result;
  }
  static std::string ref(const std::variant<Ident, Text>& name) {
    if (const auto* ident = std::get_if<Ident>(&name)) return print_name(*ident);
    return print_text(std::get<Text>(name).value);
  }
  static std::string opt_ref(std::string_view word, const std::optional<std::variant<Ident, Text>>& name) {
    return name ? piece(word, ref(*name)) : "";
  }

  // ---- lines
  void line(const std::string& text) { out_ += std::string(indent_, ' ') + text + "\n"; }
  void inner(const std::string& text) {
    indent_ += 2;
    line(text);
    indent_ -= 2;
  }
  void begin(std::string_view keyword, const Head& head, const std::string& rest) {
    for (std::size_t at = 0; at < head.doc.size();) {
      const std::size_t end = std::min(head.doc.find('\n', at), head.doc.size());
      line("## " + head.doc.substr(at, end - at));
      at = end + 1;
    }
    line(std::string(keyword) + opt_name("", head.name) + opt_text("", head.label) + rest);
  }

  // ---- tables
  std::string cell(const Cell& cell) const {
    struct {
      const Dumper& dumper;
      std::string operator()(const AnyCell&) const { return "-"; }
      std::string operator()(const EmptyCell&) const { return ""; }
      std::string operator()(const OtherwiseCell&) const { return "otherwise"; }
      std::string operator()(const ExprCell& c) const { return dumper.expr(c.value); }
      std::string operator()(const CompareCell& c) const {
        return std::string(print_operator(c.op)) + " " + dumper.expr(c.value);
      }
      std::string operator()(const FromCell& c) const { return "from " + dumper.expr(c.base); }
      std::string operator()(const ToleranceCell& c) const {
        return "~ " + dumper.expr(c.value) + " +- " + dumper.expr(c.tolerance);
      }
    } printer{*this};
    return std::visit(printer, cell.content);
  }
  void dump(const Table& table) {
    std::string header = "|";
    for (const HeaderCell& cell : table.header) {
      std::string words;
      for (const Ident& word : cell.words) words += " " + print_name(word);
      header += words + " |";
    }
    inner(header);
    for (const TableRow& row : table.rows) {
      std::string text = "|";
      for (const Cell& each : row.cells) text += piece("", cell(each)) + " |";
      inner(text);
    }
  }

  void dump_deeper(const Table& table) {
    indent_ += 2;
    dump(table);
    indent_ -= 2;
  }

  // ---- clauses
  void dump(const MetricClause& clause) {
    inner(print_name(clause.key) + piece("", names(clause.words)) + piece("", texts(clause.texts)) + opt_expr("", clause.value));
  }
  void dump(const PolicyClause& clause) {
    std::string values;
    for (const ExprId id : clause.exprs) values += (values.empty() ? "" : clause.has_to ? " to " : ", ") + expr(id);
    const bool prorate = clause.partial_prorate && clause.key.text != "partial";
    inner(print_name(clause.key) + piece("", names(clause.words)) + piece("", texts(clause.texts)) + piece("", values) +
          (prorate ? " partial prorate" : ""));
  }
  void dump(const SourceClause& clause) {
    inner(print_name(clause.key) + piece("", names(clause.words)) + piece("", texts(clause.texts)) + opt_expr("", clause.value));
  }
  void dump(const FieldDecl& field) {
    for (std::size_t at = 0; at < field.doc.size();) {
      const std::size_t end = std::min(field.doc.find('\n', at), field.doc.size());
      inner("## " + field.doc.substr(at, end - at));
      at = end + 1;
    }
    std::string flags;
    for (const Ident& flag : field.flags) flags += " " + flag.text;
    inner(print_name(field.name) + " : " + type(field.type) + opt_name("in", field.in) + opt_ref("from", field.from) +
          opt_expr("=", field.computed) + opt_expr("range", field.range) + flags);
  }
  static std::string type(const TypeRef& type) { return print_name(type.name) + (type.optional ? "?" : ""); }
  static std::string limit(const RuleLimit& limit, const std::string& date) {
    return " " + limit.key.text + piece("", names(limit.words)) + piece("", date);
  }
  static std::string translations(const std::vector<Translation>& all) {
    std::string result;
    for (const Translation& one : all) result += " " + one.language.text + " " + texts(one.texts);
    return result;
  }
  std::string limits(const std::vector<RuleLimit>& all) const {
    std::string result;
    for (const RuleLimit& one : all) result += limit(one, one.date ? expr(*one.date) : "");
    return result;
  }

  // ---- declarations
  void dump(const PolicyDecl& decl) {
    begin("policy", decl.head, "");
    for (const auto& clause : decl.clauses) dump(clause);
  }
  void dump(const LibraryDecl& decl) {
    begin("library", decl.head, "");
    for (const auto& clause : decl.clauses) dump(clause);
  }
  void dump(const UseDecl& decl) {
    begin("use", decl.head, piece("", print_path(decl.path)) + opt_text("", decl.file) + opt_name("as", decl.alias));
    for (const auto& assignment : decl.with) {
      const std::string field = assignment.field ? "." + print_name(*assignment.field) : "";
      inner(print_name(assignment.name) + field + " = " + expr(assignment.value));
    }
  }
  void dump(const ParamDecl& decl) {
    begin("param", decl.head,
          " : " + type(decl.type) + opt_name("in", decl.in) + opt_expr("=", decl.value) + opt_expr("range", decl.range));
  }
  void dump(const EntityDecl& decl) {
    begin(decl.required ? "requires entity" : "entity", decl.head,
          opt_ref("from", decl.table) + opt_path("from distinct", decl.distinct_of) + opt_expr("where", decl.where));
    for (const auto& field : decl.fields) dump(field);
    for (const auto& clause : decl.clauses) dump(clause);
  }
  void dump(const EventsDecl& decl) {
    std::string zone;
    if (decl.zone) {
      const auto* text = std::get_if<Text>(&*decl.zone);
      zone = " in " + (text ? print_text(text->value) : print_path(std::get<Path>(*decl.zone)));
    }
    begin(decl.required ? "requires events" : "events", decl.head,
          opt_name("as", decl.role) + opt_ref("from", decl.table) + opt_expr("where", decl.where) + opt_name("at", decl.at) + zone);
    for (const auto& field : decl.fields) dump(field);
    for (const auto& clause : decl.clauses) dump(clause);
  }
  void dump(const ExchangeDecl& decl) {
    begin("exchange", decl.head, opt_ref("from", decl.table));
    for (const auto& field : decl.fields) dump(field);
    if (decl.use) inner("use " + print_name(decl.use->rule));
  }
  void dump(const EnsureDecl& decl) { begin("ensure", decl.head, piece("", expr(decl.condition)) + opt_path("for each", decl.each)); }
  void dump(const CalendarDecl& decl) {
    begin(decl.required ? "requires calendar" : "calendar", decl.head, "");
    for (const auto& shift : decl.shifts) {
      inner(fmt::format("{}..{} {}..{}", shift.first_day.text, shift.last_day.text, shift.from, shift.to));
    }
    if (decl.holidays) inner("holidays from " + print_path(*decl.holidays));
  }
  void dump(const ExcludeDecl& decl) {
    begin("exclude", decl.head, opt_name("kind", decl.kind) + piece("from", names(decl.from)) + piece("where", expr(decl.where)));
    if (decl.because) inner("because " + print_text(decl.because->value));
  }
  void dump(const MetricDecl& decl) {
    begin("metric", decl.head, piece("=", expr(decl.value)));
    for (const auto& clause : decl.clauses) dump(clause);
  }
  void dump(const PhasesDecl& decl) {
    begin("phases", decl.head, " for " + print_name(decl.entity));
    for (const auto& phase : decl.phases) {
      inner(print_name(phase.name) + opt_text("", phase.label) + (phase.when ? opt_expr("when", phase.when) : " otherwise"));
    }
  }
  void dump(const TableDecl& decl) {
    begin("table", decl.head, " (" + names(decl.columns) + ")");
    dump(decl.table);
  }
  void dump(const CurveDecl& decl) {
    begin("curve", decl.head, " (" + print_name(decl.input) + ") " + decl.kind.text);
    dump(decl.table);
  }
  void dump(const ScorecardDecl& decl) {
    begin("scorecard", decl.head, " for " + print_name(decl.entity) + opt_name("every", decl.every));
    if (decl.table) dump(*decl.table);
    for (const auto& gate : decl.gates) {
      const std::string effect = gate.effect == GateDecl::Effect::unscored ? " unscored"
                                 : gate.effect == GateDecl::Effect::score  ? " score"
                                                                           : " score at most";
      inner("gate " + print_name(gate.name) + opt_text("", gate.label) + " requires " + expr(gate.requires_value) + " else" +
            effect + opt_expr("", gate.limit));
    }
    if (decl.missing) inner("missing " + decl.missing->text);
    if (decl.population) inner("population " + decl.population->text);
  }
  void dump(const PayoutDecl& decl) {
    begin("payout", decl.head, " for " + print_name(decl.entity) + opt_name("from", decl.scorecard) + opt_name("every", decl.every));
    for (const auto& clause : decl.clauses) {
      inner(clause.key.text + opt_name("", clause.name) + opt_text("", clause.label) + opt_expr("=", clause.value) +
            opt_expr("second =", clause.second) + piece("words", names(clause.words)));
    }
  }
  void dump(const AlertDecl& decl) {
    begin("alert", decl.head,
          opt_name("", decl.severity) + " for " + print_name(decl.entity) + opt_name("every", decl.every) +
              piece("when", expr(decl.when)) + opt_expr("for", decl.for_periods));
    if (decl.message) inner("message " + print_text(decl.message->value));
    for (const auto& clause : decl.clauses) dump(clause);
  }
  void dump(const RuleDecl& decl) {
    begin("rule", decl.head, translations(decl.label_translations) + opt_name("", decl.severity));
    for (const auto& binder : decl.binders) inner("for " + print_name(binder.kind) + " " + print_name(binder.variable));
    if (decl.where) inner("where " + expr(*decl.where));
    if (decl.report) inner("report" + opt_name("on", decl.report_on) + opt_text("", decl.report) +
                           translations(decl.report_translations));
    if (decl.help) inner("help" + opt_text("", decl.help) + translations(decl.help_translations));
    if (decl.authority) inner("authority" + opt_name("", decl.authority));
    for (const auto& cite : decl.cites) {
      inner("cite " + texts(cite.texts) + translations(cite.translations) + limits(cite.limits) +
            opt_name("status", cite.status) + opt_expr("checked", cite.checked) + opt_text("url", cite.url));
    }
    if (!decl.applies.empty()) inner("applies" + limits(decl.applies));
    for (const auto& severity : decl.severities) inner(severity.severity.text + " in " + names(severity.markets));
    if (decl.rationale) inner("rationale" + opt_text("", decl.rationale) + translations(decl.rationale_translations));
    if (decl.fix) {
      const auto& fix = *decl.fix;
      inner("fix " + print_text(fix.title.value) + translations(fix.translations) +
            (fix.inserted ? opt_text("insert", fix.inserted) + (fix.into ? " into " : " after ") : " remove ") +
            print_name(fix.variable));
    }
    for (const auto& clause : decl.clauses) dump(clause);
    for (const auto& example : decl.examples) {
      inner(example.fails ? "fails" : "passes");
      out_ += Dumper(file_.nested[example.file], indent_ + 4).run();
    }
  }
  void dump(const AllowDecl& decl) {
    begin("allow", decl.head, opt_name("on", decl.on));
    if (decl.because) inner("because" + opt_text("", decl.because));
    if (decl.owner) inner("owner" + opt_text("", decl.owner));
    if (decl.until) inner("until" + opt_expr("", decl.until));
  }
  void dump(const AttackDecl& decl) {
    begin("attack", decl.head, "");
    for (const auto& form : decl.forms) {
      inner(form.verb.text + opt_expr("", form.count) + opt_path("", form.target) + opt_expr("to", form.value) +
            piece("words", names(form.words)));
      for (const auto& field : form.fields) {
        inner("  " + print_name(field.field) + opt_expr("in", field.in) + (field.next_period ? " next period" : "") +
              opt_expr("=", field.value));
      }
    }
    if (decl.cost) inner("cost" + opt_expr("", decl.cost));
    for (const auto& clause : decl.clauses) dump(clause);
  }
  void dump(const LabelsDecl& decl) {
    begin("labels", decl.head, " " + decl.language.text);
    for (const auto& entry : decl.entries) inner(print_path(entry.element) + " " + print_text(entry.text.value));
  }
  void dump(const TestDecl& decl) {
    begin("test", decl.head, "");
    for (const auto& given : decl.given) {
      inner("given " + ref(given.table) + opt_text("from", given.file));
      if (given.rows) dump_deeper(*given.rows);
    }
    if (decl.period) inner("period " + decl.period->text);
    if (decl.as_of) inner("as_of" + opt_expr("", decl.as_of));
    constexpr const char* kKinds[] = {"", "excluded ", "alert ", "no alert ", "error "};
    for (const auto& expect : decl.expect) {
      inner("expect " + std::string(kKinds[static_cast<int>(expect.kind)]) + print_name(expect.subject) +
            opt_name("", expect.entity) + opt_text("", expect.key) + opt_name("by", expect.by) +
            (expect.period ? " in " + expect.period->text : ""));
      if (expect.table) dump_deeper(*expect.table);
    }
  }
  void dump(const ImportDecl& decl) {
    begin("import", decl.head, " into " + ref(decl.table));
    for (const auto& option : decl.options) {
      inner(option.key.text + piece("", names(option.words)) + piece("", texts(option.texts)) + opt_expr("where", option.where));
    }
    for (const auto& column : decl.columns) {
      std::string options;
      for (const auto& [word, value] : column.options) options += " " + word.text + opt_text("", value);
      for (const Ident& flag : column.flags) options += " " + flag.text;
      std::string alternatives;
      for (const Text& text : column.alternatives) alternatives += " or " + print_text(text.value);
      inner(print_name(column.name) + (column.type ? " as " + type(*column.type) : "") + opt_text("from", column.from) +
            alternatives + opt_expr("=", column.value) + (column.trim ? " trim" : "") + opt_text("format", column.format) +
            opt_text("decimal", column.decimal) + opt_text("group", column.group) + opt_text("prefix", column.prefix) + options);
    }
  }

  const File& file_;
  std::size_t indent_;
  std::string out_;
};

}  // namespace

std::string dump(const File& file) { return Dumper(file, 0).run(); }

}  // namespace kpi::syntax
