// Outline, folding and selection: the shape of the text.
#include <algorithm>

#include "interpreter/lsp/features.hpp"

namespace kpi::lsp {
namespace {

using syntax::Node;
using syntax::NodeKind;

class Outliner {
 public:
  explicit Outliner(const View& view) : view_(view) {}

  void operator()(const syntax::PolicyDecl& decl) { add(What::policy, decl.head); }
  void operator()(const syntax::LibraryDecl& decl) { add(What::policy, decl.head); }
  void operator()(const syntax::UseDecl& decl) {
    if (decl.alias) add(What::alias, *decl.alias, "", decl.head.span);
  }
  void operator()(const syntax::ParamDecl& decl) { add(What::param, decl.head); }
  void operator()(const syntax::EntityDecl& decl) {
    add(What::entity, decl.head);
    fields(decl.fields);
  }
  void operator()(const syntax::EventsDecl& decl) {
    add(What::events, decl.head);
    fields(decl.fields);
  }
  void operator()(const syntax::ExchangeDecl& decl) { plain(What::entity, "exchange", decl.head); }
  void operator()(const syntax::EnsureDecl& decl) { plain(What::exclusion, "ensure", decl.head); }
  void operator()(const syntax::CalendarDecl& decl) { add(What::calendar, decl.head); }
  void operator()(const syntax::ExcludeDecl& decl) { add(What::exclusion, decl.head); }
  void operator()(const syntax::MetricDecl& decl) { add(What::metric, decl.head); }
  void operator()(const syntax::PhasesDecl& decl) {
    plain(What::phase, "phases for " + decl.entity.text, decl.head);
    for (const auto& phase : decl.phases) child(What::phase, phase.name, text(phase.label), phase.span);
  }
  void operator()(const syntax::TableDecl& decl) { add(What::table, decl.head); }
  void operator()(const syntax::CurveDecl& decl) { add(What::curve, decl.head); }
  void operator()(const syntax::ScorecardDecl& decl) {
    add(What::scorecard, decl.head);
    for (const auto& gate : decl.gates) child(What::gate, gate.name, text(gate.label), gate.span);
  }
  void operator()(const syntax::PayoutDecl& decl) {
    add(What::payout, decl.head);
    for (const auto& clause : decl.clauses) {
      if (clause.key.text == "penalty" && clause.name)
        child(What::penalty, *clause.name, text(clause.label), clause.span);
    }
  }
  void operator()(const syntax::AlertDecl& decl) { add(What::alert, decl.head); }
  void operator()(const syntax::RuleDecl& decl) { add(What::rule, decl.head); }
  void operator()(const syntax::AllowDecl& decl) {
    plain(What::rule, "allow " + (decl.head.name ? decl.head.name->text : std::string()), decl.head);
  }
  void operator()(const syntax::AttackDecl& decl) { add(What::attack, decl.head); }
  void operator()(const syntax::LabelsDecl& decl) { plain(What::alias, "labels " + decl.language.text, decl.head); }
  void operator()(const syntax::TestDecl& decl) {
    plain(What::policy, decl.head.label ? decl.head.label->value : "test", decl.head);
    found.back().is_test = true;
  }
  void operator()(const syntax::ImportDecl& decl) { add(What::import, decl.head); }

  std::vector<Outline> found;

 private:
  static std::string text(const std::optional<syntax::Text>& label) { return label ? label->value : ""; }

  Outline made(What what, std::string name, std::string detail, Span whole, Span selection) const {
    Outline outline;
    outline.name = std::move(name);
    outline.detail = std::move(detail);
    outline.what = what;
    if (selection.begin < whole.begin || selection.end > whole.end) selection = whole;
    outline.range = view_.range(whole);
    outline.selection = view_.range(selection);
    return outline;
  }
  void add(What what, const syntax::Ident& name, const std::string& detail, Span whole) {
    found.push_back(made(what, name.text.empty() ? std::string(word(what)) : name.text, detail, whole, name.span));
  }
  void add(What what, const syntax::Head& head) {
    add(what, head.name.value_or(syntax::Ident{std::string(word(what)), head.keyword, false}), text(head.label),
        head.span);
  }
  void plain(What what, std::string name, const syntax::Head& head) {
    found.push_back(made(what, name.empty() ? std::string(word(what)) : std::move(name), "", head.span, head.keyword));
  }
  void child(What what, const syntax::Ident& name, const std::string& detail, Span whole) {
    if (name.text.empty()) return;
    found.back().children.push_back(made(what, name.text, detail, whole, name.span));
    found.back().children.back().is_clause = true;
  }
  void fields(const std::vector<syntax::FieldDecl>& all) {
    for (const auto& field : all) child(What::field, field.name, field.type.name.text, field.span);
  }

  const View& view_;
};

bool folds_on_its_own(NodeKind kind) {
  return kind == NodeKind::table || kind == NodeKind::example || (kind >= NodeKind::policy && kind <= NodeKind::import);
}

}  // namespace

std::vector<Outline> outline(const View& view) {
  Outliner outliner(view);
  for (const syntax::Declaration& declaration : view.analysis.file().declarations) std::visit(outliner, declaration);
  return std::move(outliner.found);
}

std::vector<Fold> folds(const View& view) {
  std::vector<Fold> result;
  const Analysis& analysis = view.analysis;
  const Document& document = analysis.document(analysis.source());
  const syntax::Tree& tree = analysis.tree();
  const auto line_of = [&](std::uint32_t offset) { return document.position(offset, Encoding::utf8).line; };
  std::vector<std::uint32_t> open = {tree.root()};
  while (!open.empty()) {
    const Node& node = tree[open.back()];
    open.pop_back();
    for (std::uint32_t child = node.first_child; child != 0; child = tree[child].next) open.push_back(child);
    if (!folds_on_its_own(node.kind)) continue;
    const Fold fold{line_of(node.begin), line_of(node.end), false};
    // The line of the closing brace stays visible.
    const bool brace = node.end > 0 && analysis.text()[node.end - 1] == '}';
    const std::uint32_t last = fold.last_line - (brace && fold.last_line > fold.first_line ? 1 : 0);
    if (last > fold.first_line) result.push_back({fold.first_line, last, false});
  }
  // Runs of lines that are nothing but comments.
  const std::string_view text = analysis.text();
  std::uint32_t line = 0;
  std::uint32_t run = 0;
  for (std::size_t at = 0; at <= text.size(); ++line) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::size_t first = text.find_first_not_of(" \t", at);
    const bool comment = first < end && text[first] == '#';
    if (!comment && run > 1) result.push_back({line - run, line - 1, true});
    run = comment ? run + 1 : 0;
    at = end + 1;
  }
  if (run > 1) result.push_back({line - run, line - 1, true});
  std::sort(result.begin(), result.end(), [](const Fold& a, const Fold& b) {
    return a.first_line != b.first_line ? a.first_line < b.first_line : a.last_line > b.last_line;
  });
  return result;
}

std::vector<Range> selection(const View& view, Position position) {
  const Analysis& analysis = view.analysis;
  const syntax::Tree& tree = analysis.tree();
  const std::uint32_t offset = view.offset(position);
  const auto size = static_cast<std::uint32_t>(analysis.text().size());
  std::vector<Span> spans = {{analysis.source(), 0, size}};
  for (std::uint32_t at = tree.root(); at != 0;) {
    std::uint32_t inner = 0;
    for (std::uint32_t child = tree[at].first_child; child != 0; child = tree[child].next) {
      if (tree[child].begin <= offset && offset <= tree[child].end && tree[child].end > tree[child].begin)
        inner = child;
    }
    if (inner != 0) {
      const Span span{analysis.source(), tree[inner].begin, std::min(tree[inner].end, size)};
      if (!(span == spans.back()) && span.begin >= spans.back().begin && span.end <= spans.back().end)
        spans.push_back(span);
    }
    at = inner;
  }
  std::vector<Range> result;
  for (auto span = spans.rbegin(); span != spans.rend(); ++span) result.push_back(view.range(*span));
  return result;
}

}  // namespace kpi::lsp
