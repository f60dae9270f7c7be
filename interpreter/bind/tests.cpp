// Tests: given tables typed by the columns that the policy reads, and expectations.
#include <algorithm>

#include "grammar/source/diagnostics/names.hpp"
#include "grammar/source/diagnostics/structure.hpp"
#include "grammar/source/diagnostics/test.hpp"
#include "grammar/source/diagnostics/types.hpp"
#include "interpreter/bind/expr_binder.hpp"
#include "interpreter/bind/fold.hpp"
#include "interpreter/bind/tables_by_name.hpp"

namespace kpi::bind {
namespace {

class TestBinder {
 public:
  TestBinder(Session& session, Module& module, const TablesByName& tables)
      : s_(session), module_(module), tables_(tables) {}

  model::Test bind(const syntax::TestDecl& decl) {
    model::Test test;
    test.span = decl.head.keyword;
    if (decl.head.label) test.name = decl.head.label->value;
    bool needs_period = false;
    for (const auto& expect : decl.expect)
      needs_period = needs_period || expect.kind != syntax::TestDecl::Expect::Kind::error;
    if (decl.period) {
      if (const auto period = value::Period::parse(decl.period->text))
        test.period = *period;
      else
        s_.report(D::period_expected, decl.period_span).with("text", decl.period->text);
    } else if (needs_period && !decl.head.incomplete) {
      s_.report(D::test_without_period, decl.head.keyword);
    }
    if (decl.as_of) test.as_of = require_date(s_, module_, *decl.as_of);
    for (const auto& given : decl.given) bind_given(test, given);
    for (const auto& expect : decl.expect) bind_expect(test, expect);
    if (decl.expect.empty() && !decl.head.incomplete) s_.report(D::test_without_expectation, decl.head.keyword);
    return test;
  }

 private:
  // ---- given
  // ----------------------------------------------------------------------------------------------------------

  void bind_given(model::Test& test, const syntax::TestDecl::Given& given) {
    const std::string name = text_of(given.table);
    const auto* table = tables_.find(name);
    if (!table) {
      suggest(s_.report_unless_broken(D::table_not_read, span_of(given.table), {"events", "entity"})
                  .with("table", name)
                  .with("tables", join(tables_.names())),
              name, tables_.names());
      return;
    }
    const auto same = [&](const model::GivenTable& other) { return loose_name(other.table) == loose_name(name); };
    if (const auto other = std::find_if(test.given.begin(), test.given.end(), same); other != test.given.end()) {
      s_.report(D::declared_twice, span_of(given.table)).with("name", name).label(other->span, D::first_declared_here);
      return;
    }
    model::GivenTable result;
    result.table = table->name;
    result.span = span_of(given.table);
    if (given.file) result.file = given.file->value;
    if (given.rows) bind_rows(result, *table, *given.rows);
    test.given.push_back(std::move(result));
  }

  void bind_rows(model::GivenTable& result, const TablesByName::Table& table, const syntax::Table& rows) {
    if (is_broken_header(s_, rows)) return;
    std::vector<const TablesByName::Column*> columns;
    for (const syntax::HeaderCell& cell : rows.header) {
      std::string name;
      for (const syntax::Ident& word : cell.words) name += (name.empty() ? "" : " ") + word.text;
      const auto* column = table.find(name);
      if (!column) {
        suggest(s_.report(D::column_not_read, cell.span)
                    .with("column", name)
                    .with("table", table.name)
                    .with("columns", join(table.column_names())),
                name, table.column_names());
      } else if (std::find(columns.begin(), columns.end(), column) != columns.end()) {
        s_.report(D::column_twice, cell.span).with("column", name);
        column = nullptr;
      }
      columns.push_back(column);
      if (column) result.columns.push_back(column->name);
    }
    for (const syntax::TableRow& row : rows.rows) {
      auto& values = result.rows.emplace_back();
      auto& currencies = result.currencies.emplace_back();
      for (std::size_t i = 0; i < columns.size() && i < row.cells.size(); ++i) {
        if (!columns[i]) continue;
        currencies.emplace_back();
        values.push_back(bind_cell(row.cells[i], *columns[i], currencies.back()));
      }
    }
  }

  /// The cell as the column stores it: durations in the column's unit, minor units where declared, date-times as
  /// written.
  Value bind_cell(const syntax::Cell& cell, const TablesByName::Column& column, value::Currency& currency) {
    if (std::holds_alternative<syntax::AnyCell>(cell.content)) return Value{};
    const auto* content = std::get_if<syntax::ExprCell>(&cell.content);
    if (!content) {
      s_.report(D::cell_needs_value, cell.span);
      return Value{};
    }
    const syntax::ExprNode& node = module_.expr(content->value).node;
    if (std::holds_alternative<syntax::NoneLit>(node)) return Value{};
    const Type wanted = stored_type(column.type);
    if (wanted.kind == Kind::error) return Value{};
    if (const auto* time = std::get_if<syntax::DateTimeLit>(&node); time && wanted.kind == Kind::datetime)
      return time->text;
    ExprBinder binder(s_, Context{&module_});
    const ExprId bound = binder.bind(content->value);
    const Type type = s_.type(bound);
    if (type.kind == Kind::error) return Value{};
    if (wanted.kind == Kind::number) return bind_number(binder, bound, column, wanted, currency);
    const bool midnight = wanted.kind == Kind::datetime && type.kind == Kind::date;
    if (!midnight && !binder.require_kind(bound, wanted.kind)) return Value{};
    return require_constant(s_, bound).value_or(Value{});
  }

  Value bind_number(ExprBinder& binder, ExprId bound, const TablesByName::Column& column, const Type& wanted,
                    value::Currency& currency) {
    const Type type = s_.type(bound);
    const bool money = wanted.unit.money == 1;
    const bool plain_duration = wanted.unit == Unit::duration() && type.kind == Kind::number && type.unit.is_plain();
    if (money && type.kind == Kind::number && type.unit.money == 1 && column.field &&
        column.field->currency_field.valid()) {
      currency = type.unit.currency;  // any currency: the row's own column says which
    } else {
      Unit unit = wanted.unit;
      if (money && column.field && !column.field->currency.is_none()) unit.currency = column.field->currency;
      if (plain_duration) unit = Unit{};
      if (!binder.require_unit(bound, unit)) return Value{};
      if (money) currency = unit.currency;
    }
    auto content = require_constant(s_, bound);
    if (!content) return Value{};
    Number number = content->number();
    if (column.field && column.field->integer && !number.is_integer()) {
      s_.report(D::not_an_integer, s_.span(bound)).with("text", s_.text(s_.span(bound)));
      return Value{};
    }
    if (wanted.unit == Unit::duration() && !plain_duration && column.field) number /= column.field->duration_unit;
    if (column.field && column.field->minor_units) number *= Number::power_of_ten(currency.minor_digits());
    return number;
  }

  /// What stands in the column of a reference: the key of what it refers to.
  Type stored_type(Type type) const {
    for (int depth = 0; depth < 4; ++depth) {
      if (type.kind != Kind::entity && type.kind != Kind::event) break;
      const SourceRef source =
          type.kind == Kind::entity ? SourceRef::of(EntityId{type.index}) : SourceRef::of(EventsId{type.index});
      const auto& key = source.is_events() ? s_.policy.events[source.index].key : s_.policy.entities[source.index].key;
      type = key.size() == 1 ? s_.field(source, key[0]).type : Type::of(Kind::text);
    }
    return type;
  }

  // ---- expect
  // ---------------------------------------------------------------------------------------------------------

  void bind_expect(model::Test& test, const syntax::TestDecl::Expect& expect) {
    using Kind = syntax::TestDecl::Expect::Kind;
    model::Expectation result;
    result.kind = static_cast<model::Expectation::Kind>(expect.kind);
    result.span = expect.span;
    if (expect.key) result.key = expect.key->value;
    bool good = false;
    switch (expect.kind) {
      case Kind::row:
        good = bind_row(result, expect);
        break;
      case Kind::excluded:
        good = bind_excluded(result, expect);
        break;
      case Kind::alert:
      case Kind::no_alert:
        good = bind_alert(result, expect);
        break;
      case Kind::error:
        good = bind_error(result, expect);
        break;
    }
    if (good) test.expectations.push_back(std::move(result));
  }

  bool bind_error(model::Expectation& result, const syntax::TestDecl::Expect& expect) {
    result.error_code = expect.subject.text;
    if (source::parse_code(result.error_code)) return true;
    s_.report(D::unknown_error_code, expect.subject.span).with("code", result.error_code);
    return false;
  }

  bool bind_excluded(model::Expectation& result, const syntax::TestDecl::Expect& expect) {
    const auto events = require_symbol(s_, module_, expect.subject, SymbolKind::events);
    if (!events) return false;
    result.events = EventsId{*events};
    if (!expect.by) return true;
    const auto exclusion = require_symbol(s_, module_, *expect.by, SymbolKind::exclusion);
    if (!exclusion) return false;
    result.exclusion = ExclusionId{*exclusion};
    const auto& from = s_.policy.exclusions[*exclusion].from;
    if (std::find(from.begin(), from.end(), result.events) != from.end()) return true;
    if (from.empty()) return false;  // its condition is wrong, which has been reported
    s_.report(D::exclusion_of_other_events, expect.by->span)
        .with("name", expect.by->text)
        .with("source", expect.subject.text)
        .label(s_.policy.exclusions[*exclusion].named.span, D::declared_here);
    return false;
  }

  bool bind_alert(model::Expectation& result, const syntax::TestDecl::Expect& expect) {
    std::vector<std::string> names;
    for (std::uint32_t i = 0; i < s_.policy.alerts.size(); ++i) {
      names.push_back(s_.policy.alerts[i].named.name);
      if (names.back() == expect.subject.text) result.alert = model::AlertId{i};
    }
    if (!result.alert.valid()) {
      suggest(s_.report_unknown(D::no_such_declaration, expect.subject.span, expect.subject.text)
                  .with("name", expect.subject.text)
                  .with("kind", "alert"),
              expect.subject.text, names);
      return false;
    }
    const model::Alert& alert = s_.policy.alerts[result.alert.index];
    s_.occurs(expect.subject.span, alert.named.span);
    result.entity = alert.entity;
    if (expect.entity) {
      const auto entity = require_entity(s_, module_, *expect.entity);
      if (!entity) return false;
      if (alert.entity.valid() && *entity != alert.entity) {
        s_.report(D::expectation_of_other_entity, expect.entity->span)
            .with("name", alert.named.name)
            .with("entity", expect.entity->text)
            .with("other", s_.policy.entities[alert.entity.index].named.name);
        return false;
      }
    }
    if (expect.period) result.period = value::Period::parse(expect.period->text);
    return true;
  }

  bool bind_row(model::Expectation& result, const syntax::TestDecl::Expect& expect) {
    const auto entity = require_entity(s_, module_, expect.subject);
    if (!entity || !expect.table) return false;
    result.entity = *entity;
    const syntax::Table& table = *expect.table;
    if (is_broken_header(s_, table)) return false;
    if (table.rows.size() != 1) {
      s_.report(D::expectation_needs_one_row, table.span);
      return false;
    }
    for (std::size_t i = 0; i < table.header.size() && i < table.rows[0].cells.size(); ++i) {
      const auto type = column_type(table.header[i], *entity);
      if (!type) continue;
      const std::string name = column_name(table.header[i]);
      if (std::find(result.columns.begin(), result.columns.end(), name) != result.columns.end()) {
        s_.report(D::column_twice, table.header[i].span).with("column", name);
        continue;
      }
      const auto cell = bind_expected(table.rows[0].cells[i], name, *type, *entity);
      if (!cell) continue;
      result.columns.push_back(name);
      result.cells.push_back(*cell);
    }
    return true;
  }

  /// Without the backquotes that a name with a dot needs.
  static std::string column_name(const syntax::HeaderCell& header) {
    std::string name;
    for (const syntax::Ident& word : header.words) name += (name.empty() ? "" : " ") + word.text;
    return name;
  }

  /// The type of what an `expect` column shows; text for phase and status. Nullopt after reporting.
  std::optional<Type> column_type(const syntax::HeaderCell& header, EntityId entity) {
    const std::string name = column_name(header);
    const std::string& entity_name = s_.policy.entities[entity.index].named.name;
    if (name == "phase") {
      if (s_.policy.phases_of(entity)) return Type::of(Kind::phase);
      if (s_.stray_phases.empty()) s_.report(D::no_phases, header.span).with("entity", entity_name);
      return std::nullopt;
    }
    const bool scored = std::any_of(s_.policy.scorecards.begin(), s_.policy.scorecards.end(),
                                    [&](const model::Scorecard& card) { return card.entity == entity; });
    if (name == "score" && !scored) {
      s_.report_unless_broken(D::entity_without_scorecard, header.span, {"scorecard"}).with("entity", entity_name);
      return std::nullopt;
    }
    if (name == "score") return Type::number();
    if (name == "status") return Type::of(Kind::text);
    syntax::Path path{header.words, header.span};
    if (name.find('.') != std::string::npos && header.words.size() == 1) {
      const auto dot = name.find('.');
      path.parts = {{name.substr(0, dot), header.span, false}, {name.substr(dot + 1), header.span, false}};
    }
    const Symbol* symbol = find_symbol(s_, module_, path);
    if (symbol && header.words.size() == path.parts.size()) s_.occurs(header.words.back().span, symbol->span);
    if (symbol && symbol->kind == SymbolKind::metric) {
      bind_metric(s_, symbol->index);
      require_evaluable(s_, s_.metric_footprints[symbol->index], entity, header.span);
      return s_.policy.metrics[symbol->index].type;
    }
    if (symbol && symbol->kind == SymbolKind::payout) {
      const model::Payout& payout = s_.policy.payouts[symbol->index];
      if (payout.entity.valid() && payout.entity != entity) {
        s_.report(D::expectation_of_other_entity, header.span)
            .with("name", name)
            .with("entity", entity_name)
            .with("other", s_.policy.entities[payout.entity.index].named.name);
        return std::nullopt;
      }
      return s_.money();
    }
    if (symbol && symbol->kind == SymbolKind::scorecard) {
      const model::Scorecard& card = s_.policy.scorecards[symbol->index];
      if (card.entity.valid() && card.entity != entity) {
        s_.report(D::expectation_of_other_entity, header.span)
            .with("name", name)
            .with("entity", entity_name)
            .with("other", s_.policy.entities[card.entity.index].named.name);
        return std::nullopt;
      }
      return Type::number();  // the score
    }
    std::vector<std::string> candidates = visible_names(s_, module_, SymbolKind::metric);
    for (std::string& payout : visible_names(s_, module_, SymbolKind::payout)) candidates.push_back(std::move(payout));
    for (std::string& card : visible_names(s_, module_, SymbolKind::scorecard)) candidates.push_back(std::move(card));
    for (const char* word : {"phase", "score", "status"}) candidates.emplace_back(word);
    suggest(s_.report_unknown(D::unknown_result_column, header.span, name).with("name", name), name, candidates);
    return std::nullopt;
  }

  std::optional<model::ExpectCell> bind_expected(const syntax::Cell& cell, const std::string& column, const Type& type,
                                                 EntityId entity) {
    using Expected = model::ExpectCell;
    Expected result;
    result.span = cell.span;
    result.unit = type.unit;
    if (std::holds_alternative<syntax::AnyCell>(cell.content)) return result;
    if (const auto* near = std::get_if<syntax::ToleranceCell>(&cell.content)) {
      const auto value = constant(near->value, type, &result.unit), tolerance = constant(near->tolerance, type);
      if (!value || !tolerance || !value->is<Number>()) return std::nullopt;
      result.kind = Expected::Kind::tolerance;
      result.value = *value;
      result.tolerance = tolerance->number();
      return result;
    }
    const auto* content = std::get_if<syntax::ExprCell>(&cell.content);
    if (!content) {
      s_.report(D::cell_needs_value, cell.span);
      return std::nullopt;
    }
    const syntax::ExprNode& node = module_.expr(content->value).node;
    if (std::holds_alternative<syntax::NoneLit>(node)) {
      result.kind = Expected::Kind::none;
      return result;
    }
    const auto* word = std::get_if<syntax::Name>(&node);
    if (word && word->name.text == "unscored") {
      result.kind = Expected::Kind::unscored;
      return result;
    }
    if (word && type.kind == Kind::phase) return bind_expected_phase(word->name, entity, std::move(result));
    result.kind = Expected::Kind::equal;
    if (word && column == "status") {
      result.value = word->name.text;
      return result;
    }
    const auto value = constant(content->value, type, &result.unit);
    if (!value) return std::nullopt;
    result.value = *value;
    return result;
  }

  std::optional<model::ExpectCell> bind_expected_phase(const syntax::Ident& name, EntityId entity,
                                                       model::ExpectCell result) {
    std::vector<std::string> names;
    for (const model::Phase& phase : s_.policy.phases_of(entity)->phases) names.push_back(phase.named.name);
    const auto index = require_word(s_, name, names);
    if (!index) return std::nullopt;
    s_.occurs(name.span, s_.policy.phases_of(entity)->phases[*index].named.span);
    result.kind = model::ExpectCell::Kind::phase;
    result.value = name.text;
    return result;
  }

  /// An amount in its rows' own currency is written in that currency, which `unit` then says.
  std::optional<Value> constant(syntax::ExprId id, const Type& type, Unit* unit = nullptr) {
    ExprBinder binder(s_, Context{&module_});
    const ExprId bound = binder.bind(id);
    if (const Type cell = s_.type(bound); type.kind == Kind::number && type.unit.currency.is_native() &&
                                          cell.kind == Kind::number && !cell.any_unit) {
      if (cell.unit.money != type.unit.money || cell.unit.time != type.unit.time) {
        s_.report(D::native_cell_without_currency, s_.span(bound)).with("text", s_.text(s_.span(bound)));
        return std::nullopt;
      }
      if (unit) *unit = cell.unit;
      return require_constant(s_, bound);
    }
    if (type.kind == Kind::error || s_.type(bound).kind == Kind::error) return std::nullopt;
    if (type.kind == Kind::entity || type.kind == Kind::event) {
      if (!binder.require_kind(bound, Kind::text)) return std::nullopt;
    } else if (type.kind == Kind::number ? !binder.require_unit(bound, type.unit)
                                         : !binder.require_kind(bound, type.kind)) {
      return std::nullopt;
    }
    return require_constant(s_, bound);
  }

  Session& s_;
  Module& module_;
  const TablesByName& tables_;
};

}  // namespace

void bind_tests(Session& session) {
  if (session.tests.empty()) return;
  const TablesByName tables(session);
  for (const auto& declared : session.tests) {
    if (!declared.module->is_root) continue;  // a library's tests are its own
    session.policy.tests.push_back(TestBinder(session, *declared.module, tables).bind(*declared.decl));
  }
}

}  // namespace kpi::bind
