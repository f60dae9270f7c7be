#include "interpreter/bind/types.hpp"

#include <algorithm>

#include "grammar/source/diagnostics/names.hpp"
#include "grammar/source/diagnostics/structure.hpp"
#include "grammar/source/diagnostics/types.hpp"
#include "interpreter/bind/fold.hpp"

namespace kpi::bind {
namespace {

const std::vector<std::string> kScalarTypes = {"text", "number",   "integer",  "boolean",
                                               "date", "datetime", "duration", "money"};

void resolve_money(Session& session, const std::optional<syntax::Ident>& in,
                   const std::unordered_map<std::string, FieldId>* fields, DeclaredType& result) {
  result.type = session.money();
  if (!in) return;
  if (const auto currency = value::Currency::parse(in->text); currency && !(fields && fields->contains(in->text))) {
    result.currency = *currency;
    return;
  }
  if (fields && fields->contains(in->text)) {
    result.currency_column = *in;
    return;
  }
  std::vector<std::string> candidates;
  for (const value::Currency known : value::Currency::all()) candidates.emplace_back(known.code());
  if (fields) {
    for (const auto& [name, id] : *fields) candidates.push_back(name);
    std::sort(candidates.begin(), candidates.end());
  }
  suggest(session.report(D::unknown_currency, in->span).with("code", in->text), in->text, candidates);
}

}  // namespace

DeclaredType resolve_type(Session& session, const Module& module, const syntax::TypeRef& type,
                          const std::optional<syntax::Ident>& in,
                          const std::unordered_map<std::string, FieldId>* fields) {
  DeclaredType result;
  const std::string& name = type.name.text;
  bool takes_in = false;
  if (name == "text")
    result.type = Type::of(Kind::text);
  else if (name == "number")
    result.type = Type::number();
  else if (name == "integer") {
    result.type = Type::number();
    result.integer = true;
  } else if (name == "boolean")
    result.type = Type::of(Kind::boolean);
  else if (name == "date")
    result.type = Type::of(Kind::date);
  else if (name == "datetime")
    result.type = Type::of(Kind::datetime);
  else if (name == "duration") {
    takes_in = true;
    result.type = Type::number(Unit::duration());
    if (in) {
      const auto seconds = value::duration_word_seconds(in->text);
      if (seconds) {
        result.duration_unit = Number(*seconds);
        result.duration_unit_declared = true;
      } else {
        static const std::vector<std::string> kUnits = {"seconds", "minutes", "hours", "days", "weeks"};
        suggest(session.report(D::unknown_word, in->span).with("word", in->text).with("allowed", join(kUnits)),
                in->text, kUnits);
      }
    }
  } else if (name == "money") {
    takes_in = true;
    resolve_money(session, in, fields, result);
  } else if (const Symbol* symbol = find_symbol(session, module, name);
             symbol && (symbol->kind == SymbolKind::entity || symbol->kind == SymbolKind::events)) {
    session.occurs(type.name.span, symbol->span);
    result.type = symbol->kind == SymbolKind::entity ? Type::entity(symbol->index) : Type::event(symbol->index);
  } else {
    std::vector<std::string> candidates = kScalarTypes;
    for (const SymbolKind kind : {SymbolKind::entity, SymbolKind::events}) {
      for (std::string& candidate : visible_names(session, module, kind)) candidates.push_back(std::move(candidate));
    }
    suggest(session.report_unknown(D::unknown_type, type.name.span, name).with("name", name), name, candidates);
  }
  if (in && !takes_in && result.type.kind != Kind::error) {
    session.report(D::in_without_unit, in->span).with("type", name);
  }
  result.type.optional = type.optional && result.type.kind != Kind::error;
  return result;
}

std::optional<Value> check_range(Session& session, ExprBinder& binder, ExprId range, const Type& type) {
  const Type found = session.type(range);
  if (found.kind == Kind::error) return std::nullopt;
  if (found.kind != Kind::range && found.kind != Kind::list) {
    session.report(D::collection_expected, session.span(range)).with("actual", session.describe(found));
    return std::nullopt;
  }
  Type element = found;
  element.kind = found.element;
  element.element = Kind::error;
  const ExprId sample = session.add(element, session.span(range), model::Constant{});
  const bool good =
      type.kind == Kind::number ? binder.require_unit(sample, type.unit) : binder.require_kind(sample, type.kind);
  return good ? require_constant(session, range) : std::nullopt;
}

}  // namespace kpi::bind
