// Parameters: typed constants that a `use … with` may set.
#include "grammar/source/diagnostics/structure.hpp"
#include "grammar/source/diagnostics/types.hpp"
#include "interpreter/bind/expr_binder.hpp"
#include "interpreter/bind/fold.hpp"
#include "interpreter/bind/types.hpp"

namespace kpi::bind {
namespace {

bool fits(ExprBinder& binder, ExprId id, const Type& type) {
  return type.kind == Kind::number ? binder.require_unit(id, type.unit) : binder.require_kind(id, type.kind);
}

}  // namespace

void bind_param(Session& session, std::uint32_t index) {
  auto& declared = session.params[index];
  using State = decltype(session.params)::value_type::State;
  if (declared.state == State::bound) return;
  const syntax::ParamDecl& decl = *declared.decl;
  model::Param& param = session.policy.params[index];
  if (declared.state == State::binding) {
    report_cycle(session, param.named.name, param.named.span);
    return;
  }
  declared.state = State::binding;
  session.binding_stack.push_back(param.named.name);
  Module& module = *declared.module;
  const DeclaredType declared_type = resolve_type(session, module, decl.type, decl.in, nullptr);
  Type type = declared_type.type;
  if (type.optional || type.kind == Kind::entity || type.kind == Kind::event) {
    session.report(D::param_of_wrong_type, decl.type.span).with("type", session.describe(type));
    type = Type{};
  }

  const auto override_at = decl.head.name ? module.overrides.find(decl.head.name->text) : module.overrides.end();
  const bool overridden = override_at != module.overrides.end();
  std::optional<Value> content;
  Span place = param.named.span;
  if (overridden || decl.value) {
    Module& origin = overridden ? *override_at->second.user : module;
    ExprBinder binder(session, Context{&origin});
    const ExprId bound = binder.bind(overridden ? override_at->second.assignment->value : *decl.value);
    place = session.span(bound);
    if (type.kind != Kind::error && fits(binder, bound, type)) content = require_constant(session, bound);
    if (content && declared_type.integer && !content->number().is_integer()) {
      session.report(D::not_an_integer, place).with("text", session.text(place));
      content.reset();
    }
  } else if (type.kind != Kind::error && !module.is_root) {
    session.params_without_value.insert(index);
  } else if (type.kind != Kind::error && !session.policy.is_library) {
    session.report(D::param_without_value, param.named.span).with("name", param.named.name);
  }
  if (decl.range && type.kind != Kind::error) {
    ExprBinder binder(session, Context{&module});
    const ExprId range = binder.bind(*decl.range);
    const auto limits = check_range(session, binder, range, type);
    if (limits && content) {
      const Value inside = value::contains(*limits, *content);
      if (inside.has_value() && !inside.boolean()) {
        session.report(D::out_of_range, place)
            .with("name", param.named.name)
            .with("text", session.text(place))
            .with("range", session.text(session.span(range)))
            .label(session.span(range), D::range_is_here);
        content.reset();
      }
    }
  }
  // Without a value every use would fail again: its type says that the error has been reported.
  model::Param& result = session.policy.params[index];
  result.type = content ? type : Type{};
  if (content) result.value = *content;
  session.binding_stack.pop_back();
  declared.state = State::bound;
}

void bind_params(Session& session) {
  for (std::uint32_t i = 0; i < session.params.size(); ++i) bind_param(session, i);
}

}  // namespace kpi::bind
