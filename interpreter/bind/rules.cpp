// Attacks: what they do must exist and have the right type.
#include <algorithm>

#include "grammar/source/diagnostics/names.hpp"
#include "grammar/source/diagnostics/structure.hpp"
#include "grammar/source/diagnostics/types.hpp"
#include "interpreter/bind/expr_binder.hpp"
#include "interpreter/bind/fold.hpp"

namespace kpi::bind {
namespace {

// ---- attack
// ---------------------------------------------------------------------------------------------------------------

class AttackBinder {
 public:
  AttackBinder(Session& session, Module& module) : s_(session), module_(module) {}

  void bind(const syntax::AttackDecl& decl, model::AttackStub& stub) {
    stub.span = decl.head.keyword;
    if (decl.forms.empty() && !decl.head.incomplete)
      s_.report(D::attack_without_form, stub.named.span).with("name", stub.named.name);
    for (const auto& form : decl.forms) bind_form(form);
  }

 private:
  void bind_form(const syntax::AttackDecl::Form& form) {
    if (form.count) check_count(*form.count);
    if (!form.target) return;
    const bool whole_rows = form.verb.text == "adds" || form.verb.text == "moves" || form.verb.text == "splits";
    const auto& parts = form.target->parts;
    // `alias.sales.amount` has one part more.
    const bool aliased = parts.size() > 1 && module_.aliases.contains(parts[0].text);
    const std::size_t used = aliased ? 2 : 1;
    syntax::Path events{{parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(std::min(used, parts.size()))},
                        form.target->span};
    const auto index = require_symbol(s_, module_, events, SymbolKind::events);
    if (!index) return;
    const SourceRef source = SourceRef::of(EventsId{*index});
    if (whole_rows != (parts.size() == used)) {
      s_.report(whole_rows ? D::attack_needs_events : D::attack_needs_field, form.target->span)
          .with("verb", form.verb.text);
      return;
    }
    if (!whole_rows) require_field(s_, source, parts[used]);
    for (const auto& assignment : form.fields) {
      const auto field = require_field(s_, source, assignment.field);
      if (!field) continue;
      if (assignment.in) check_value(source, *field, *assignment.in, true);
      if (assignment.value) check_value(source, *field, *assignment.value, false);
    }
  }

  void check_count(syntax::ExprId id) {
    ExprBinder binder(s_, Context{&module_});
    const ExprId bound = binder.bind(id);
    Type type = s_.type(bound);
    if (type.kind == Kind::range) type.kind = type.element;
    if (type.kind != Kind::error && (type.kind != Kind::number || !type.unit.is_plain())) {
      s_.report(D::wrong_type, s_.span(bound))
          .with("wanted", "number")
          .with("actual", s_.describe(s_.type(bound)))
          .with("text", s_.text(s_.span(bound)));
    }
  }

  /// A value or range of values for a field of the added rows; it may read the row's other fields.
  void check_value(SourceRef source, FieldId field, syntax::ExprId id, bool range) {
    ExprBinder binder(s_, Context{&module_, Place::row});
    const ExprId bound = binder.bind_over_row(source, id);
    const Type wanted = s_.field(source, field).type;
    Type type = s_.type(bound);
    if (type.kind == Kind::error || wanted.kind == Kind::error) return;
    if (range && (type.kind == Kind::range || type.kind == Kind::list)) {
      type.kind = type.element;
      type.element = Kind::error;
    }
    const ExprId sample = s_.add(type, s_.span(bound), model::Constant{});
    if (wanted.kind == Kind::number)
      binder.require_unit(sample, wanted.unit);
    else if (wanted.kind != Kind::entity && wanted.kind != Kind::event)
      binder.require_kind(sample, wanted.kind);
  }

  Session& s_;
  Module& module_;
};

}  // namespace

void bind_attacks(Session& session) {
  for (std::size_t i = 0; i < session.attacks.size(); ++i) {
    AttackBinder(session, *session.attacks[i].module).bind(*session.attacks[i].decl, session.policy.attacks[i]);
  }
}

}  // namespace kpi::bind
