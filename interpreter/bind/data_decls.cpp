// exchange, calendar and ensure.
#include <algorithm>

#include "grammar/source/diagnostics/names.hpp"
#include "grammar/source/diagnostics/structure.hpp"
#include "grammar/source/diagnostics/types.hpp"
#include "interpreter/bind/expr_binder.hpp"
#include "interpreter/bind/types.hpp"
#include "interpreter/model/walk.hpp"

namespace kpi::bind {

// ---- exchange
// ---------------------------------------------------------------------------------------------------------

void bind_exchange(Session& session) {
  if (session.exchanges.empty()) return;
  const syntax::ExchangeDecl& decl = *session.exchanges[0].decl;
  for (std::size_t i = 1; i < session.exchanges.size(); ++i) {
    session.report(D::second_exchange, session.exchanges[i].decl->head.keyword)
        .label(decl.head.keyword, D::first_declared_here);
  }
  model::Exchange exchange;
  exchange.span = decl.head.keyword;
  exchange.table = decl.table ? text_of(*decl.table) : "exchange";
  struct Column {
    const char* name;
    const char* type;
    std::string* target;
    bool found = false;
  };
  std::array<Column, 3> columns{{{"day", "date", &exchange.day_column},
                                 {"currency", "text", &exchange.currency_column},
                                 {"rate", "number", &exchange.rate_column}}};
  for (const syntax::FieldDecl& field : decl.fields) {
    const auto column =
        std::find_if(columns.begin(), columns.end(), [&](const Column& c) { return field.name.text == c.name; });
    if (column == columns.end()) {
      suggest(session.report(D::unknown_word, field.name.span)
                  .with("word", field.name.text)
                  .with("allowed", "day, currency, rate"),
              field.name.text, {"day", "currency", "rate"});
      continue;
    }
    column->found = true;
    *column->target = field.from ? text_of(*field.from) : field.name.text;
    if (field.type.name.text != column->type || field.type.optional) {
      session.report(D::wrong_type, field.type.span)
          .with("wanted", column->type)
          .with("actual", field.type.name.text + (field.type.optional ? "?" : ""))
          .with("text", field.name.text);
    }
  }
  for (const Column& column : columns) {
    if (!column.found && !decl.head.incomplete) {
      session.report(D::exchange_without_column, decl.head.keyword).with("name", column.name).with("type", column.type);
    }
  }
  if (decl.use) {
    const auto rule = require_word(session, decl.use->rule, {"day", "month_average", "period_end", "fixed"});
    if (rule) exchange.rule = static_cast<model::Exchange::Rule>(*rule);
  }
  session.policy.exchange = std::move(exchange);
}

// ---- calendars
// ----------------------------------------------------------------------------------------------------------

namespace {

std::optional<std::int32_t> minute_of(const std::string& text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  for (const std::size_t i : {0, 1, 3, 4}) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
  }
  const int hour = (text[0] - '0') * 10 + (text[1] - '0'), minute = (text[3] - '0') * 10 + (text[4] - '0');
  if (minute > 59 || hour > 24 || (hour == 24 && minute > 0)) return std::nullopt;
  return hour * 60 + minute;
}

void bind_shift(Session& session, model::Calendar& calendar, const syntax::CalendarDecl::Shift& shift) {
  static const std::vector<std::string> kDays = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
  const auto first = require_word(session, shift.first_day, kDays), last = require_word(session, shift.last_day, kDays);
  const auto from = minute_of(shift.from), to = minute_of(shift.to);
  if (!first || !last || !from || !to) return;
  if (*last < *first || *to <= *from) {
    session.report(D::shift_in_wrong_order, shift.span);
    return;
  }
  for (const auto& other : calendar.shifts) {
    const bool same_day = *first <= other.last_day && other.first_day <= *last;
    if (same_day && *from < other.to_minute && other.from_minute < *to) {
      session.report(D::shifts_overlap, shift.span);
      return;
    }
  }
  calendar.shifts.push_back({static_cast<unsigned>(*first), static_cast<unsigned>(*last), *from, *to});
}

void bind_holidays(Session& session, const Module& module, model::Calendar& calendar, const syntax::Path& path) {
  const Symbol* symbol = path.parts.size() == 2 ? find_symbol(session, module, path.parts[0].text) : nullptr;
  if (!symbol || (symbol->kind != SymbolKind::entity && symbol->kind != SymbolKind::events)) {
    session.report(D::unknown_source, path.parts[0].span).with("name", path.parts[0].text);
    return;
  }
  session.occurs(path.parts[0].span, symbol->span);
  const SourceRef source = symbol->kind == SymbolKind::entity ? SourceRef::of(EntityId{symbol->index})
                                                              : SourceRef::of(EventsId{symbol->index});
  const auto field = require_field(session, source, path.parts[1]);
  if (!field) return;
  const Type type = session.field(source, *field).type;
  if (type.kind == Kind::error) return;
  if (type.kind != Kind::date) {
    session.report(D::wrong_type, path.parts[1].span)
        .with("wanted", "date")
        .with("actual", session.describe(type))
        .with("text", path.parts[1].text);
    return;
  }
  calendar.holidays = source;
  calendar.holidays_field = *field;
}

}  // namespace

void bind_calendars(Session& session) {
  for (std::size_t i = 0; i < session.calendars.size(); ++i) {
    const syntax::CalendarDecl& decl = *session.calendars[i].decl;
    model::Calendar& calendar = session.policy.calendars[i];
    for (const auto& shift : decl.shifts) bind_shift(session, calendar, shift);
    if (decl.shifts.empty() && !decl.head.incomplete && !decl.required)
      session.report(D::calendar_without_hours, calendar.named.span).with("name", calendar.named.name);
    if (decl.holidays) bind_holidays(session, *session.calendars[i].module, calendar, *decl.holidays);
  }
}

// ---- ensure
// -------------------------------------------------------------------------------------------------------------

void bind_ensures(Session& session) {
  for (const auto& declared : session.ensures) {
    const syntax::EnsureDecl& decl = *declared.decl;
    model::Ensure ensure;
    ensure.span = decl.head.keyword;
    if (decl.head.label) ensure.label = decl.head.label->value;
    ExprBinder binder(session, Context{declared.module, Place::ensure});
    ensure.condition = binder.bind_boolean(decl.condition);
    if (session.type(ensure.condition).kind == Kind::error) continue;
    std::optional<SourceRef> source;
    bool one_source = true;
    model::walk(session.policy, ensure.condition, [&](ExprId, const model::Expr& expr) {
      const auto* aggregate = std::get_if<model::AggregateRef>(&expr.node);
      if (!aggregate) return;
      const SourceRef rows = session.policy.aggregates[aggregate->aggregate.index].source;
      if (source && *source != rows) one_source = false;
      source = rows;
    });
    if (!source || !one_source) {
      session.report(D::ensure_needs_one_source, session.span(ensure.condition));
      continue;
    }
    if (decl.each) {
      const auto& parts = decl.each->parts;
      const Symbol* symbol = find_symbol(session, *declared.module, parts[0].text);
      const bool matches = symbol && parts.size() == 2 &&
                           (symbol->kind == SymbolKind::events ? SourceRef::of(EventsId{symbol->index}) == *source
                                                               : symbol->kind == SymbolKind::entity &&
                                                                     SourceRef::of(EntityId{symbol->index}) == *source);
      if (!matches) {
        session.report(D::ensure_each_other_source, decl.each->span).with("source", session.source_name(*source));
        continue;
      }
      session.occurs(parts[0].span, symbol->span);
      const auto field = require_field(session, *source, parts[1]);
      if (!field) continue;
      ensure.each_source = *source;
      ensure.each = FieldPath{{}, *field};
    }
    session.policy.ensures.push_back(std::move(ensure));
  }
}

}  // namespace kpi::bind
