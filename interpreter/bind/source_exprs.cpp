// Expressions inside entities and events: computed fields, `where`, and ranges.
#include "interpreter/bind/types.hpp"

#include "grammar/source/diagnostics/types.hpp"
#include "interpreter/model/walk.hpp"

namespace kpi::bind {
namespace {

class SourceExprs {
 public:
  explicit SourceExprs(Session& session) : s_(session) {}

  void bind_where(Module& module, SourceRef source, const std::optional<syntax::ExprId>& where, ExprId& target) {
    if (!where) return;
    ExprBinder binder(s_, Context{&module, Place::row});
    const ExprId condition = binder.bind_row_condition(source, *where);
    if (s_.type(condition).kind == Kind::error) return;
    target = condition;
    for (const FieldId field : binder.fields_present_if(condition)) s_.present_fields(source).insert(field.index);
  }

  void bind_fields(Module& module, SourceRef source, const std::vector<syntax::FieldDecl>& decls) {
    for (std::size_t i = 0; i < decls.size(); ++i) {
      if (decls[i].computed) bind_computed(module, source, i, *decls[i].computed);
      if (decls[i].range) bind_range(module, source, i, *decls[i].range);
    }
  }

  /// Computed fields may read each other, also along references, but not in a circle.
  void check_cycles() {
    for (std::uint32_t i = 0; i < s_.policy.entities.size(); ++i) check(SourceRef::of(EntityId{i}));
    for (std::uint32_t i = 0; i < s_.policy.events.size(); ++i) check(SourceRef::of(EventsId{i}));
  }

 private:
  model::Field& field(SourceRef source, std::size_t index) {
    return source.is_events() ? s_.policy.events[source.index].fields[index]
                              : s_.policy.entities[source.index].fields[index];
  }

  void bind_computed(Module& module, SourceRef source, std::size_t index, syntax::ExprId expr) {
    ExprBinder binder(s_, Context{&module, Place::row});
    const ExprId computed = binder.bind_over_row(source, expr);
    const Type type = field(source, index).type;
    if (type.kind == Kind::error || s_.type(computed).kind == Kind::error) {
      field(source, index).type = Type{};
      return;
    }
    bool good =
        type.kind == Kind::number ? binder.require_unit(computed, type.unit) : binder.require_kind(computed, type.kind);
    const Type found = s_.type(computed);
    const bool reference = type.kind == Kind::entity || type.kind == Kind::event;
    if (good && reference && found.index != type.index) {
      s_.report(D::wrong_type, s_.span(computed))
          .with("wanted", s_.describe(type))
          .with("actual", s_.describe(found))
          .with("text", s_.text(s_.span(computed)));
      good = false;
    }
    if (good && !type.optional) good = binder.require_present(computed);
    if (good)
      field(source, index).computed = computed;
    else
      field(source, index).type = Type{};
  }

  void bind_range(Module& module, SourceRef source, std::size_t index, syntax::ExprId expr) {
    ExprBinder binder(s_, Context{&module});
    const ExprId range = binder.bind(expr);
    const Type type = field(source, index).type;
    if (type.kind == Kind::error) return;
    if (check_range(s_, binder, range, type)) field(source, index).range = range;
  }

  enum class State : std::uint8_t { open, done };
  void check(SourceRef source) {
    for (std::uint32_t i = 0; i < s_.policy.fields(source).size(); ++i) visit(source, FieldId{i});
  }

  bool visit(SourceRef source, FieldId id) {
    const model::Field& at = s_.field(source, id);
    if (!at.computed.valid()) return true;
    const std::string key = s_.source_name(source) + "." + at.named.name;
    if (const auto known = states_.find(key); known != states_.end()) {
      if (known->second == State::done) return true;
      report_cycle(s_, key, at.named.span);
      return false;
    }
    states_.emplace(key, State::open);
    s_.binding_stack.push_back(key);
    bool good = true;
    model::walk(s_.policy, at.computed, [&](ExprId, const model::Expr& expr) {
      const auto* read = std::get_if<model::RowField>(&expr.node);
      if (!read || !good) return;
      SourceRef owner = source;
      for (const FieldId ref : read->path.refs) {
        good = good && visit(owner, ref);
        const Type type = s_.field(owner, ref).type;
        owner = type.kind == Kind::entity ? SourceRef::of(EntityId{type.index}) : SourceRef::of(EventsId{type.index});
      }
      good = good && visit(owner, read->path.field);
    });
    s_.binding_stack.pop_back();
    states_[key] = State::done;
    return good;
  }

  Session& s_;
  std::unordered_map<std::string, State> states_;
};

}  // namespace

void bind_source_expressions(Session& session) {
  SourceExprs exprs(session);
  // Conditions first: what they prove present need not be handled in the computed fields and everywhere else.
  for (std::uint32_t i = 1; i < session.entities.size(); ++i) {
    ExprId where;
    exprs.bind_where(*session.entities[i].module, SourceRef::of(EntityId{i}), session.entities[i].decl->where, where);
    session.policy.entities[i].where = where;
  }
  for (std::uint32_t i = 0; i < session.events.size(); ++i) {
    ExprId where;
    exprs.bind_where(*session.events[i].module, SourceRef::of(EventsId{i}), session.events[i].decl->where, where);
    session.policy.events[i].where = where;
  }
  for (std::uint32_t i = 1; i < session.entities.size(); ++i) {
    if (session.entities[i].decl->distinct_of) continue;
    exprs.bind_fields(*session.entities[i].module, SourceRef::of(EntityId{i}), session.entities[i].decl->fields);
  }
  for (std::uint32_t i = 0; i < session.events.size(); ++i) {
    exprs.bind_fields(*session.events[i].module, SourceRef::of(EventsId{i}), session.events[i].decl->fields);
  }
  exprs.check_cycles();
}

}  // namespace kpi::bind
