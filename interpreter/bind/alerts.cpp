// Alerts, and the placeholders of their messages.
#include "grammar/source/diagnostics/names.hpp"
#include "grammar/source/diagnostics/structure.hpp"
#include "grammar/source/diagnostics/types.hpp"
#include "interpreter/bind/expr_binder.hpp"
#include "interpreter/bind/placeholders.hpp"

namespace kpi::bind {
namespace {

/// `for 3 days`: the number of the alert's own periods.
std::optional<std::int32_t> streak_of(Session& session, const Module& module, syntax::ExprId id,
                                      value::CalendarUnit every) {
  const syntax::Expr& expr = module.expr(id);
  const auto* literal = std::get_if<syntax::NumberLit>(&expr.node);
  const auto unit = literal ? value::calendar_word(literal->unit, true) : std::nullopt;
  if (!unit || *unit != every) {
    session.report(D::streak_in_other_unit, expr.span)
        .with("unit", std::string(value::name(every)))
        .with("text", session.text(expr.span));
    return std::nullopt;
  }
  const auto number = Number::parse_decimal(literal->digits);
  const auto count = number ? number->to_int64() : std::nullopt;
  if (!count || *count < 1 || *count > 1000) {
    session.report(D::integer_expected, expr.span).with("least", "1").with("most", "1000");
    return std::nullopt;
  }
  return static_cast<std::int32_t>(*count);
}

void check_message(Session& session, const Module& module, const syntax::Text& text, EntityId entity) {
  for (const Placeholder& placeholder : placeholders(session, text)) {
    const std::string& name = placeholder.name;
    const std::string first = name.substr(0, name.find('.'));
    if (first == "period" || first == "phase") continue;
    // Only a plain `{name}` can be changed with what it means.
    const bool as_written = session.sources.text(placeholder.span) == "{" + name + "}";
    const Span inside =
        as_written ? Span{placeholder.span.source, placeholder.span.begin + 1, placeholder.span.end - 1} : Span{};
    const auto& fields = session.field_names(SourceRef::of(entity));
    if (const auto field = fields.find(name); field != fields.end()) {
      session.occurs(inside, session.field(SourceRef::of(entity), field->second).named.span);
      continue;
    }
    if (const auto& named = session.policy.entities[entity.index].named; first == named.name) {
      if (name == first) session.occurs(inside, named.span);
      continue;
    }
    const Symbol* symbol = find_symbol(session, module, name);
    if (!symbol && module.aliases.contains(first) && name.size() > first.size()) {
      const auto& library = *module.aliases.at(first);
      const auto found = library.names.find(name.substr(first.size() + 1));
      if (found != library.names.end()) symbol = &found->second;
    }
    if (symbol && (symbol->kind == SymbolKind::metric || symbol->kind == SymbolKind::param)) {
      if (name.find('.') == std::string::npos) session.occurs(inside, symbol->span);
      if (symbol->kind == SymbolKind::metric) {
        require_evaluable(session, session.metric_footprints[symbol->index], entity, placeholder.span);
      }
      continue;
    }
    std::vector<std::string> candidates = visible_names(session, module, SymbolKind::metric);
    for (std::string& param : visible_names(session, module, SymbolKind::param)) candidates.push_back(std::move(param));
    for (std::string& field : field_names(session, SourceRef::of(entity))) candidates.push_back(std::move(field));
    suggest(session.report_unknown(D::unknown_placeholder, placeholder.span, name).with("name", name), name,
            candidates);
  }
}

}  // namespace

void bind_alerts(Session& session) {
  for (std::size_t i = 0; i < session.alerts.size(); ++i) {
    const syntax::AlertDecl& decl = *session.alerts[i].decl;
    Module& module = *session.alerts[i].module;
    model::Alert& alert = session.policy.alerts[i];
    alert.severity = decl.severity ? decl.severity->text : "warning";
    if (decl.severity) require_word(session, *decl.severity, {"info", "warning", "critical"});
    if (decl.every) {
      if (const auto unit = require_calendar_unit(session, *decl.every)) alert.every = *unit;
    } else {
      session.report(D::every_missing, alert.named.span).with("name", alert.named.name);
    }
    const auto entity = require_entity(session, module, decl.entity);
    if (!entity) continue;
    alert.entity = *entity;
    ExprBinder binder(session, Context{&module, Place::alert, {}, *entity});
    alert.when = binder.bind_boolean(decl.when);
    if (session.type(alert.when).kind != Kind::error) {
      require_evaluable(session, footprint(session, alert.when), *entity, session.span(alert.when));
    }
    if (decl.for_periods && decl.every) {
      if (const auto streak = streak_of(session, module, *decl.for_periods, alert.every)) alert.streak = *streak;
    }
    if (decl.message) {
      alert.message = decl.message->value;
      check_message(session, module, *decl.message, *entity);
    }
  }
}

}  // namespace kpi::bind
