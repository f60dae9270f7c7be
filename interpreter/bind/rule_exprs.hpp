// Expressions of lint rules: typed against the table of properties, not against the policy's own names.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "interpreter/bind/session.hpp"

namespace kpi::bind {

class RuleExprBinder {
 public:
  using Type = model::RuleType;
  using Kind = model::RuleType::Kind;

  RuleExprBinder(Session& session, Module& module, model::Rule& rule);

  /// A new variable; a name used twice is reported.
  std::optional<model::RuleBinder> declare(const syntax::Ident& kind, const syntax::Ident& variable);
  /// The slot of a variable, or nullopt after reporting.
  std::optional<std::uint32_t> require_variable(const syntax::Ident& name);
  /// A condition; invalid after a mistake.
  model::RuleExprId bind_condition(syntax::ExprId id);
  /// A text with `{m.metric.unit}`.
  std::vector<model::RuleTemplate::Piece> bind_template(const syntax::Text& text);
  bool sound() const { return sound_; }

 private:
  struct Variable {
    std::string name;
    Span span;
    model::ElementKind kind;
    std::uint32_t slot;
    bool known = true;  // false: its kind is misspelt, and nobody knows what it has
  };

  model::RuleExprId bind(syntax::ExprId id, const Type* wanted = nullptr);
  model::RuleExprId bind_present(syntax::ExprId id, const Type& type);
  model::RuleExprId bind_literal(syntax::ExprId id, const Type* wanted);
  model::RuleExprId bind_name(const syntax::Ident& name, const Type* wanted);
  model::RuleExprId bind_member(const syntax::Member& node, const syntax::Call* call, Span span);
  model::RuleExprId bind_call(const syntax::Call& node, Span span);
  model::RuleExprId bind_quantifier(const syntax::Call& node, model::RuleQuantifier::Function function, Span span);
  model::RuleExprId bind_function(const syntax::Call& node, model::RuleFunction function, Span span);
  model::RuleExprId bind_lookup(const syntax::Call& node, std::uint32_t table, Span span);
  model::RuleExprId bind_binary(const syntax::Binary& node, Span span);
  model::RuleExprId bind_in(const syntax::In& node, Span span);
  model::RuleExprId bind_range(const syntax::Range& node, const Type& item, Span span);
  model::RuleExprId bind_if(const syntax::If& node, Span span, const Type* wanted);

  /// Puts an argument where it fits; false when it fits nowhere.
  bool place_argument(const model::Property& property, std::vector<std::vector<model::RuleExprId>>& slots,
                      const syntax::Call::Argument& argument);
  model::RuleExprId property_of(model::RuleExprId base, const syntax::Ident& name, const syntax::Call* call, Span span);
  bool is_bare_word(syntax::ExprId id) const;
  const Variable* find(const std::string& name) const;
  std::vector<std::string> variable_names() const;
  bool fits(const Type& type, const Type& wanted) const;
  bool require(model::RuleExprId id, const Type& wanted);
  model::RuleExprId add(Type type, Span span, model::RuleNode node);
  model::RuleExprId error(Span span);
  const Type& type(model::RuleExprId id) const { return rule_.exprs[id.index].type; }
  Span span(model::RuleExprId id) const { return rule_.exprs[id.index].span; }
  source::Diagnostic& report(source::DiagnosticId id, Span span);

  Session& s_;
  Module& module_;
  model::Rule& rule_;
  std::vector<Variable> variables_;
  bool sound_ = true;
};

}  // namespace kpi::bind
