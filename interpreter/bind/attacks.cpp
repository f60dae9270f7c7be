// attack: what a person could do to be paid more. In a library, events are named by their role (`orders`, `sessions`),
// since it cannot know the policy's names: there the attack is made once for every events with that role, and `amount`
// and `refunded` stand for the money field and the optional money field, where nothing has these names.
#include <algorithm>

#include "grammar/source/diagnostics/analyze.hpp"
#include "grammar/source/diagnostics/names.hpp"
#include "grammar/source/diagnostics/structure.hpp"
#include "grammar/source/diagnostics/types.hpp"
#include "interpreter/bind/expr_binder.hpp"
#include "interpreter/bind/fold.hpp"

namespace kpi::bind {
namespace {

using Form = model::Attack::Form;

constexpr std::int64_t kUsualRows = 20;  // where a form names no number

class AttackBinder {
 public:
  AttackBinder(Session& session, Module& module, const syntax::AttackDecl& decl, model::Attack& attack)
      : s_(session), module_(module), decl_(decl), attack_(attack) {}

  /// Events with the role that a library's attack asks for; none when it names events of its own.
  std::optional<std::vector<EventsId>> role_events() const {
    if ((module_.is_root && !s_.policy.is_library) || decl_.forms.empty() || !decl_.forms.front().target)
      return std::nullopt;
    const syntax::Path path{{decl_.forms.front().target->parts.front()}, decl_.forms.front().target->span};
    if (find_symbol(s_, module_, path) != nullptr && find_in_library(path.parts.front().text)) return std::nullopt;
    std::vector<EventsId> found;
    for (std::uint32_t i = 0; i < s_.policy.events.size(); ++i) {
      if (s_.policy.events[i].role == path.parts.front().text) found.push_back(EventsId{i});
    }
    return found;
  }

  void bind(std::optional<EventsId> by_role) {
    by_role_ = by_role;
    attack_.span = decl_.head.keyword;
    for (const auto& clause : decl_.clauses) take(clause);
    if (decl_.forms.empty()) s_.report(D::attack_without_form, attack_.named.span).with("name", attack_.named.name);
    for (const auto& form : decl_.forms) bind_form(form);
    bind_cost();
  }

 private:
  bool find_in_library(const std::string& name) const { return module_.names.contains(name); }

  void take(const syntax::MetricClause& clause) {
    if (clause.key.text == "because" && !clause.texts.empty()) attack_.because = clause.texts.front().value;
  }

  void bind_form(const syntax::AttackDecl::Form& form) {
    Form made;
    made.span = form.span;
    made.kind = kind_of(form.verb.text);
    if (!check_words(form)) return;
    if (!bind_count(form, made)) return;
    if (!form.target) {
      // `splits` alone: the events with the role orders.
      for (std::uint32_t i = 0; i < s_.policy.events.size(); ++i) {
        if (s_.policy.events[i].role != "orders") continue;
        made.events = EventsId{i};
        attack_.forms.push_back(made);
      }
      return;
    }
    const auto& parts = form.target->parts;
    // `alias.sales.amount` has one part more.
    const bool aliased = parts.size() > 1 && module_.aliases.contains(parts[0].text);
    const std::size_t used = aliased ? 2 : 1;
    const auto events = find_events(form, used);
    if (!events) return;
    made.events = *events;
    const bool whole_rows = made.kind != Form::Kind::removes && made.kind != Form::Kind::changes;
    if (whole_rows != (parts.size() == used)) {
      s_.report(whole_rows ? D::attack_needs_events : D::attack_needs_field, form.target->span)
          .with("verb", form.verb.text);
      return;
    }
    set_aliases(*events);
    if (!whole_rows) {
      const auto field = find_field(made.events, parts[used]);
      if (!field) return;
      made.field = *field;
      if (!is_settable(made.events, *field, parts[used].span)) return;
    }
    if (form.value && !bind_new_value(*form.value, made)) return;
    for (const auto& assignment : form.fields) bind_assignment(assignment, made);
    attack_.forms.push_back(std::move(made));
  }

  static Form::Kind kind_of(const std::string& verb) {
    if (verb == "removes") return Form::Kind::removes;
    if (verb == "changes") return Form::Kind::changes;
    if (verb == "moves") return Form::Kind::moves;
    if (verb == "splits") return Form::Kind::splits;
    return Form::Kind::adds;
  }

  bool check_words(const syntax::AttackDecl::Form& form) {
    std::string words;
    for (const auto& word : form.words) words += (words.empty() ? "" : " ") + word.text;
    if (words.empty() || (form.verb.text == "moves" && words == "by one period") ||
        (form.verb.text == "splits" && words == "in two"))
      return true;
    s_.report(D::attack_words, form.words.front().span).with("words", words).with("verb", form.verb.text);
    return false;
  }

  std::optional<EventsId> find_events(const syntax::AttackDecl::Form& form, std::size_t used) {
    const auto& parts = form.target->parts;
    if (by_role_) {
      if (parts.front().text == s_.policy.events[by_role_->index].role) return by_role_;
      // Another role in the same attack: its first events.
      for (std::uint32_t i = 0; i < s_.policy.events.size(); ++i) {
        if (s_.policy.events[i].role == parts.front().text) return EventsId{i};
      }
      return std::nullopt;
    }
    const syntax::Path path{{parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(std::min(used, parts.size()))},
                            form.target->span};
    const auto index = require_symbol(s_, module_, path, SymbolKind::events);
    if (!index) return std::nullopt;
    return EventsId{*index};
  }

  bool bind_count(const syntax::AttackDecl::Form& form, Form& made) {
    if (!form.count) {
      made.most = form.verb.text == "splits" && !form.words.empty() ? 1 : kUsualRows;
      return true;
    }
    ExprBinder binder(s_, Context{&module_});
    const ExprId bound = binder.bind(*form.count);
    Type type = s_.type(bound);
    if (type.kind == Kind::error) return false;
    const bool range = type.kind == Kind::range;
    if (range) type.kind = type.element;
    if (type.kind != Kind::number || !type.unit.is_plain()) {
      s_.report(D::wrong_type, s_.span(bound))
          .with("wanted", "number")
          .with("actual", s_.describe(s_.type(bound)))
          .with("text", s_.text(s_.span(bound)));
      return false;
    }
    std::optional<std::int64_t> least, most;
    if (const auto value = fold(s_, bound)) {
      if (value->is<Number>()) least = most = value->number().to_int64();
      if (value->is<std::shared_ptr<const value::RangeValue>>()) {
        const auto& ends = *value->as<std::shared_ptr<const value::RangeValue>>();
        if (ends.lower.is<Number>()) least = ends.lower.number().to_int64();
        if (ends.upper.is<Number>()) most = ends.upper.number().to_int64();
        if (most && !ends.includes_upper) *most -= 1;
        if (!ends.lower.has_value()) least = 0;
      }
    }
    if (!least || !most || *least < 0 || *most < 0) {
      s_.report(D::attack_count, s_.span(bound)).with("name", attack_.named.name).with("verb", form.verb.text);
      return false;
    }
    made.least = std::min(*least, *most);
    made.most = *most;
    return true;
  }

  void set_aliases(EventsId events) {
    aliases_.clear();
    if (!by_role_) return;
    const auto& fields = s_.policy.events[events.index].fields;
    for (const bool optional : {false, true}) {
      for (std::uint32_t i = 0; i < fields.size(); ++i) {
        const bool money = fields[i].type.kind == Kind::number && fields[i].type.unit == Unit::of(s_.currency());
        if (!money || fields[i].computed.valid() || fields[i].type.optional != optional) continue;
        aliases_.emplace(optional ? "refunded" : "amount", FieldId{i});
      }
    }
  }

  /// In a library, a field that the policy's events do not have is left out.
  std::optional<FieldId> find_field(EventsId events, const syntax::Ident& name) {
    const SourceRef source = SourceRef::of(events);
    if (by_role_) {
      const auto& names = s_.field_names(source);
      if (const auto found = names.find(name.text); found != names.end()) return found->second;
      const auto alias = aliases_.find(name.text);
      return alias == aliases_.end() ? std::nullopt : std::optional(alias->second);
    }
    return require_field(s_, source, name);
  }

  bool is_settable(EventsId events, FieldId field, Span span) {
    if (!s_.field(SourceRef::of(events), field).computed.valid()) return true;
    s_.report(D::attack_sets_computed, span).with("field", s_.field(SourceRef::of(events), field).named.name);
    return false;
  }

  Context row_context() const {
    Context context{&module_, Place::row};
    context.row_aliases = aliases_;
    return context;
  }

  /// A value for a field of the row; it may read the row's other fields.
  std::optional<ExprId> bind_value(SourceRef source, FieldId field, syntax::ExprId id, bool range) {
    ExprBinder binder(s_, row_context());
    const ExprId bound = binder.bind_over_row(source, id);
    const Type wanted = s_.field(source, field).type;
    Type type = s_.type(bound);
    if (type.kind == Kind::error || wanted.kind == Kind::error) return std::nullopt;
    if (range && (type.kind == Kind::range || type.kind == Kind::list)) {
      type.kind = type.element;
      type.element = Kind::error;
    }
    const ExprId sample = s_.add(type, s_.span(bound), model::Constant{});
    if (wanted.kind == Kind::number) {
      if (!binder.require_unit(sample, wanted.unit)) return std::nullopt;
    } else if (wanted.kind != Kind::entity && wanted.kind != Kind::event) {
      if (!binder.require_kind(sample, wanted.kind)) return std::nullopt;
    }
    return bound;
  }

  bool bind_new_value(syntax::ExprId id, Form& made) {
    const auto bound = bind_value(SourceRef::of(made.events), made.field, id, false);
    if (bound) made.value = *bound;
    return bound.has_value();
  }

  void bind_assignment(const syntax::AttackDecl::FieldAssignment& assignment, Form& made) {
    const SourceRef source = SourceRef::of(made.events);
    const auto field = find_field(made.events, assignment.field);
    if (!field || !is_settable(made.events, *field, assignment.field.span)) return;
    model::Attack::FieldValue value;
    value.field = *field;
    value.span = assignment.span;
    value.next_period = assignment.next_period;
    if (assignment.in) {
      const auto bound = bind_value(source, *field, *assignment.in, true);
      if (!bound) return;
      const auto folded = fold(s_, *bound);
      const bool numbers = s_.field(source, *field).type.kind == Kind::number;
      if (folded && numbers && folded->is<std::shared_ptr<const value::RangeValue>>()) {
        const auto& ends = *folded->as<std::shared_ptr<const value::RangeValue>>();
        if (ends.lower.is<Number>()) value.least = ends.lower.number();
        if (ends.upper.is<Number>()) value.most = ends.upper.number();
        if (value.least <= value.most) made.values.push_back(value);
        return;
      }
      if (numbers) return require_linear(source, *bound), void();
      value.value = *bound;
    } else if (assignment.value) {
      const auto bound = bind_value(source, *field, *assignment.value, false);
      if (!bound || (s_.field(source, *field).type.kind == Kind::number && !require_linear(source, *bound))) return;
      value.value = *bound;
    }
    if (value.value.valid()) made.values.push_back(value);
  }

  /// Constants, fields, sums, products with constants.
  bool is_linear(ExprId id) const {
    const model::ExprNode& node = s_.policy.exprs[id.index].node;
    if (fold(s_, id)) return true;
    if (std::holds_alternative<model::RowField>(node)) return true;
    if (const auto* unary = std::get_if<model::UnaryExpr>(&node)) return is_linear(unary->operand);
    if (const auto* fallback = std::get_if<model::DefaultExpr>(&node)) {
      const auto zero = fold(s_, fallback->fallback);
      return zero && zero->is<Number>() && zero->number().is_zero() && is_linear(fallback->operand);
    }
    const auto* binary = std::get_if<model::BinaryExpr>(&node);
    if (binary == nullptr) return false;
    const bool left = fold(s_, binary->left).has_value(), right = fold(s_, binary->right).has_value();
    switch (binary->op) {
      case value::BinaryOp::add:
      case value::BinaryOp::subtract:
        return is_linear(binary->left) && is_linear(binary->right);
      case value::BinaryOp::multiply:
        return (left && is_linear(binary->right)) || (right && is_linear(binary->left));
      case value::BinaryOp::divide:
        return right && is_linear(binary->left);
      default:
        return false;
    }
  }

  bool require_linear(SourceRef, ExprId id) {
    if (is_linear(id)) return true;
    s_.report(D::attack_value_not_linear, s_.span(id)).with("text", s_.text(s_.span(id)));
    return false;
  }

  void bind_cost() {
    if (attack_.forms.empty()) return;
    if (!decl_.cost) {
      s_.report(D::attack_without_cost, attack_.named.span).with("name", attack_.named.name);
      return;
    }
    const SourceRef source = SourceRef::of(attack_.forms.front().events);
    set_aliases(attack_.forms.front().events);
    ExprBinder binder(s_, row_context());
    const ExprId bound = binder.bind_over_row(source, *decl_.cost);
    if (s_.type(bound).kind == Kind::error || !binder.require_unit(bound, Unit::of(s_.currency()))) return;
    if (!binder.require_present(bound) || !require_linear(source, bound)) return;
    if (const auto constant = fold(s_, bound); constant && constant->is<Number>() && constant->number().sign() < 0) {
      s_.report(D::attack_cost_negative, s_.span(bound)).with("name", attack_.named.name);
      return;
    }
    attack_.cost = bound;
  }

  Session& s_;
  Module& module_;
  const syntax::AttackDecl& decl_;
  model::Attack& attack_;
  std::optional<EventsId> by_role_;
  std::map<std::string, FieldId> aliases_;
};

}  // namespace

std::vector<model::Attack> bind_attacks(Session& session) {
  std::vector<model::Attack> result;
  for (std::size_t i = 0; i < session.attacks.size(); ++i) {
    Module& module = *session.attacks[i].module;
    const syntax::AttackDecl& decl = *session.attacks[i].decl;
    const model::Named named = session.policy.attacks[i].named;
    session.policy.attacks[i].span = decl.head.keyword;
    model::Attack first;
    first.named = named;
    AttackBinder binder(session, module, decl, first);
    const auto events = binder.role_events();
    if (!events) {
      binder.bind(std::nullopt);
      result.push_back(std::move(first));
      continue;
    }
    // One attack for each events with the role; none when there are none.
    for (std::size_t at = 0; at < events->size(); ++at) {
      model::Attack made;
      made.named = named;
      if (at > 0) made.named.name += " (" + session.policy.events[(*events)[at].index].named.name + ")";
      AttackBinder(session, module, decl, made).bind((*events)[at]);
      result.push_back(std::move(made));
    }
  }
  return result;
}

}  // namespace kpi::bind
