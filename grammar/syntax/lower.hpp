// From the node tree to the AST: escapes, numbers, dates, names in NFC, and everything that is easier to say once the
// shape is known (chained comparisons, open ranges, rows of the wrong length). Reports, never fails.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "grammar/source/diagnostic.hpp"
#include "grammar/syntax/ast.hpp"
#include "grammar/syntax/characters.hpp"
#include "grammar/syntax/tree.hpp"

namespace kpi::syntax {

/// Operators stacked on each other, as in `a + b + c + …`. Later phases walk expressions recursively.
constexpr int kDeepestExpression = 500;

/// A node of a tree; index 0 is none.
class Ref {
 public:
  Ref(const Tree& tree, std::uint32_t index) : tree_(&tree), index_(index) {}
  explicit operator bool() const { return index_ != 0; }
  NodeKind kind() const { return (*tree_)[index_].kind; }
  std::uint32_t begin() const { return (*tree_)[index_].begin; }
  std::uint32_t end() const { return (*tree_)[index_].end; }
  Ref child() const { return {*tree_, (*tree_)[index_].first_child}; }
  Ref next() const { return {*tree_, (*tree_)[index_].next}; }
  bool is(NodeKind wanted) const { return index_ != 0 && kind() == wanted; }
  /// First child of a kind, or none.
  Ref find(NodeKind wanted) const {
    for (Ref node = child(); node; node = node.next()) {
      if (node.kind() == wanted) return node;
    }
    return {*tree_, 0};
  }

 private:
  const Tree* tree_;
  std::uint32_t index_;
};

class Lowerer {
 public:
  Lowerer(const CleanText& clean, source::SourceId source, source::Diagnostics& diagnostics, File& file)
      : clean_(clean), source_(source), diagnostics_(diagnostics), file_(file) {
    file_.source = source;
  }

  void lower_declarations(Ref parent);
  ExprId lower_expression(Ref node);

 private:
  /// What the children of a clause are, whichever clause it is.
  struct Parts {
    Ident key;
    std::vector<Ident> names, words;
    std::vector<Text> texts;
    std::vector<ExprId> values;
    std::optional<Text> label;
    std::optional<ExprId> second;
    std::optional<Ident> to_name;
    bool has_to = false;
    bool flagged = false;
    Span span;
    std::optional<ExprId> value() const { return values.empty() ? std::nullopt : std::optional(values.front()); }
  };

  // lower.cpp
  Span span(Ref node) const { return {source_, node.begin(), node.end()}; }
  std::string_view text(Ref node) const;
  source::Diagnostic& report(source::DiagnosticId id, Ref node) { return diagnostics_.add(id, span(node)); }
  Ident ident(Ref node);
  Ident ident_of(Ref parent) { return ident(parent.find(NodeKind::name)); }
  Text text_value(Ref node);
  Path path(Ref node);
  std::variant<Ident, Text> table_ref(Ref parent);
  std::string doc_above(std::uint32_t begin) const;
  Head head(Ref declaration);
  Parts parts(Ref clause);
  void part_value(Ref node, Parts& result);
  MetricClause generic_clause(Ref clause);
  ExprId value_of(Ref part);
  bool first_time(bool present, Ref node, std::string_view word);
  bool is_broken(Ref declaration);
  void missing(Ref declaration, std::string_view part);
  void lower_declaration(Ref node);
  void lower_edition(Ref node);

  // lower_literals.cpp
  ExprNode number(Ref node);
  ExprNode bad_number(Ref node);
  ExprNode moment(Ref node);
  std::string unit(std::string_view word, Span place);
  std::string time_of_day(Ref node);
  std::optional<PeriodLit> period(Ref clause_or_part);

  // lower_expression.cpp
  ExprId add(Span span, ExprNode node, std::initializer_list<ExprId> children);
  ExprId add(Span span, ExprNode node, const std::vector<ExprId>& children);
  ExprId operand(Ref node);
  ExprId chain(Ref node);
  ExprId call(ExprId callee, Span span, Ref arguments);
  ExprId conditional(Ref node);
  ExprId prefix(Ref node, Unary::Op op);
  ExprId binary_chain(Ref node);
  ExprId default_value(Ref node);
  ExprId range(Ref node, bool may_be_open);
  ExprId comparison(Ref node);
  ExprId compare_tail(ExprId left, Span span, Ref tail);
  Binary::Op compare_operator(Ref op);

  // lower_table.cpp
  Table table(Ref node);
  Table block_table(Ref declaration, Head& head);
  void rows(Ref node, Table& result);
  void fit_row(TableRow& row, std::size_t columns, bool broken);
  HeaderCell header_cell(Ref node);
  Cell cell(Ref node);
  Cell broken_cell(Span place);

  // lower_data.cpp
  void lower_policy(Ref node);
  void lower_library(Ref node);
  std::vector<PolicyClause> policy_clauses(Ref node);
  void lower_use(Ref node);
  void lower_param(Ref node);
  TypeRef type(Ref node);
  FieldDecl field(Ref node);
  SourceClause source_clause(Ref node);
  void lower_entity(Ref node);
  void lower_events(Ref node);
  void lower_exchange(Ref node);
  void lower_ensure(Ref node);
  void lower_calendar(Ref node);
  void lower_exclude(Ref node);

  // lower_scoring.cpp
  void lower_metric(Ref node);
  void lower_phases(Ref node);
  void lower_decision_table(Ref node);
  void lower_curve(Ref node);
  GateDecl gate(Ref node);
  void lower_scorecard(Ref node);
  PayoutClause payout_clause(Ref node);
  void lower_payout(Ref node);
  void lower_alert(Ref node);

  // lower_rules.cpp
  RuleLimit limit(Ref node);
  Translation translation(Ref node);
  std::vector<Translation> translations(Ref node);
  RuleDecl::Cite cite(Ref node);
  void lower_fix(Ref node, RuleDecl& rule);
  void rule_clause(Ref node, RuleDecl& rule);
  RuleDecl::Example example(Ref node);
  void lower_rule(Ref node);
  void lower_allow(Ref node);
  AttackDecl::Form form(Ref node);
  void lower_attack(Ref node);

  // lower_tests.cpp
  void lower_labels(Ref node);
  TestDecl::Given given(Ref node);
  TestDecl::Expect expect(Ref node);
  void lower_test(Ref node);
  ImportDecl::Column column(Ref node);
  void lower_import(Ref node);

  const CleanText& clean_;
  source::SourceId source_;
  source::Diagnostics& diagnostics_;
  File& file_;
  /// Stands for a value that was reported; listed among the broken names, so that later phases say nothing about it.
  void expect_broken_name(const std::string& name);
  std::vector<int> depths_;       // of each expression
  bool too_deep_reported_ = false;  // in this declaration
};

}  // namespace kpi::syntax
