// Decision tables: cells of constants as patterns, and a result of one type.
#include <algorithm>

#include "grammar/source/diagnostics/names.hpp"
#include "grammar/source/diagnostics/structure.hpp"
#include "interpreter/bind/expr_binder.hpp"
#include "interpreter/bind/fold.hpp"

namespace kpi::bind {
namespace {

class TableBinder {
 public:
  TableBinder(Session& session, std::uint32_t index)
      : s_(session), index_(index), decl_(*session.tables[index].decl), module_(*session.tables[index].module) {}

  void bind() {
    if (!bind_header()) return;
    std::vector<model::DecisionTable::Row> rows;
    bool good = !decl_.table.rows.empty();  // the parser has reported an empty table
    for (const syntax::TableRow& row : decl_.table.rows) {
      model::DecisionTable::Row bound;
      bound.span = row.span;
      bound.otherwise = std::any_of(inputs_.begin(), inputs_.end(), [&](std::size_t column) {
        return std::holds_alternative<syntax::OtherwiseCell>(row.cells[column].content);
      });
      for (std::size_t i = 0; i < inputs_.size(); ++i) {
        auto pattern = bind_pattern(row.cells[inputs_[i]], i, bound.otherwise);
        good = good && pattern.has_value();
        bound.patterns.push_back(pattern ? std::move(*pattern) : model::Pattern{});
      }
      good = bind_value(row.cells[value_], bound) && good;
      rows.push_back(std::move(bound));
    }
    model::DecisionTable& table = s_.policy.tables[index_];
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      if (samples_[i].valid()) table.columns[i].type = s_.type(samples_[i]);
      table.columns[i].type.any_unit = false;
    }
    if (!good) return;
    table.rows = std::move(rows);
    table.type = s_.type(value_sample_);
    table.type.any_unit = false;
    s_.table_footprints[index_] = uses_;
  }

 private:
  bool bind_header() {
    const auto& header = decl_.table.header;
    bool good = !is_broken_header(s_, decl_.table) && !(decl_.table.rows.empty() && decl_.head.incomplete);
    if (!good) {
      for (const syntax::Ident& column : decl_.columns)
        s_.policy.tables[index_].columns.push_back({column.text, Type{}, column.span});
      return false;
    }
    std::vector<bool> taken(header.size());
    const auto find = [&](const std::string& name) -> std::optional<std::size_t> {
      for (std::size_t i = 0; i < header.size(); ++i) {
        if (header[i].words.size() == 1 && header[i].words[0].text == name && !taken[i]) {
          taken[i] = true;
          return i;
        }
      }
      return std::nullopt;
    };
    // A column that nothing asks for is the missing one misspelt: one error says so.
    const auto known = [&](const syntax::HeaderCell& cell) {
      const auto is = [&](const std::string& name) { return cell.words.size() == 1 && cell.words[0].text == name; };
      return is("value") || std::any_of(decl_.columns.begin(), decl_.columns.end(),
                                        [&](const syntax::Ident& column) { return is(column.text); });
    };
    const bool misspelt = !std::all_of(header.begin(), header.end(), known);
    for (const syntax::Ident& column : decl_.columns) {
      s_.policy.tables[index_].columns.push_back({column.text, Type{}, column.span});
      const auto at = find(column.text);
      if (!at && misspelt) good = false;
      if (!at && !misspelt) {
        s_.report(D::table_column_missing, column.span)
            .with("column", column.text)
            .label(header.empty() ? decl_.table.span : header[0].span, D::header_is_here);
        good = false;
      }
      inputs_.push_back(at.value_or(0));
    }
    const auto value = find("value");
    if (!value && misspelt) good = false;
    if (!value && !misspelt) {
      s_.report(D::table_column_missing, header.empty() ? decl_.table.span : header.back().span)
          .with("column", "value");
      good = false;
    }
    value_ = value.value_or(0);
    std::vector<std::string> names;
    for (const syntax::Ident& column : decl_.columns) names.push_back(column.text);
    names.push_back("value");
    for (std::size_t i = 0; i < header.size(); ++i) {
      if (taken[i]) continue;
      const std::string word = s_.text(header[i].span);
      suggest(s_.report(D::unknown_column, header[i].span).with("column", word).with("allowed", join(names)), word,
              names);
      good = false;
    }
    samples_.resize(inputs_.size());
    return good;
  }

  // ---- patterns
  // -------------------------------------------------------------------------------------------------------

  /// Checks that the cell agrees with those above it.
  bool joins_column(std::size_t column, ExprId part) {
    if (s_.type(part).kind == Kind::error) return false;
    ExprId& sample = samples_[column];
    if (sample.valid() && ExprBinder(s_, Context{&module_}).unify(sample, part, "|").kind == Kind::error) return false;
    if (!sample.valid() || s_.type(sample).any_unit) sample = part;
    return true;
  }

  std::optional<Value> constant_of(std::size_t column, ExprId part) {
    if (!joins_column(column, part)) return std::nullopt;
    return require_constant(s_, part);
  }

  std::optional<model::Pattern> bind_pattern(const syntax::Cell& cell, std::size_t column, bool otherwise) {
    if (std::holds_alternative<syntax::AnyCell>(cell.content)) return model::AnyPattern{};
    if (std::holds_alternative<syntax::OtherwiseCell>(cell.content)) return model::AnyPattern{};
    if (std::holds_alternative<syntax::EmptyCell>(cell.content)) {
      if (otherwise) return model::AnyPattern{};
      s_.report(D::empty_cell, cell.span);
      return std::nullopt;
    }
    if (otherwise) {
      s_.report(D::condition_in_otherwise_row, cell.span);
      return std::nullopt;
    }
    if (const auto* compare = std::get_if<syntax::CompareCell>(&cell.content))
      return bind_comparison(*compare, cell.span, column);
    if (const auto* content = std::get_if<syntax::ExprCell>(&cell.content))
      return bind_expression(content->value, column);
    s_.report(D::cell_not_possible, cell.span);
    return std::nullopt;
  }

  std::optional<model::Pattern> bind_comparison(const syntax::CompareCell& cell, Span span, std::size_t column) {
    ExprBinder binder(s_, Context{&module_});
    const ExprId bound = binder.bind(cell.value);
    const auto limit = constant_of(column, bound);
    if (!limit) return std::nullopt;
    using Op = syntax::Binary::Op;
    if (cell.op == Op::eq) return model::SetPattern{{*limit}};
    const Kind kind = s_.type(bound).kind;
    const bool ordered = kind == Kind::number || kind == Kind::date || kind == Kind::datetime;
    model::RangePattern range;
    switch (ordered ? cell.op : Op::ne) {
      case Op::lt:
        range.upper = *limit;
        break;
      case Op::le:
        range.upper = *limit;
        range.includes_upper = true;
        break;
      case Op::gt:
        range.lower = *limit;
        range.includes_lower = false;
        break;
      case Op::ge:
        range.lower = *limit;
        break;
      default:
        s_.report(D::cell_not_possible, span);
        return std::nullopt;
    }
    return range;
  }

  std::optional<model::Pattern> bind_expression(syntax::ExprId id, std::size_t column) {
    const ExprId bound = ExprBinder(s_, Context{&module_}).bind(id);
    if (s_.type(bound).kind == Kind::error) return std::nullopt;
    const model::ExprNode node = s_.policy.expr(bound).node;
    if (const auto* list = std::get_if<model::ListExpr>(&node)) {
      model::SetPattern set;
      for (const ExprId item : list->items) {
        const auto content = constant_of(column, item);
        if (!content) return std::nullopt;
        set.values.push_back(*content);
      }
      return set;
    }
    if (const auto* range = std::get_if<model::RangeExpr>(&node)) {
      model::RangePattern pattern;
      pattern.includes_upper = range->includes_upper;
      for (const auto& [end, target] :
           {std::pair(range->lower, &pattern.lower), std::pair(range->upper, &pattern.upper)}) {
        if (!end.valid()) continue;
        const auto content = constant_of(column, end);
        if (!content) return std::nullopt;
        *target = *content;
      }
      return pattern;
    }
    const auto content = constant_of(column, bound);
    if (!content) return std::nullopt;
    return model::SetPattern{{*content}};
  }

  // ---- results
  // --------------------------------------------------------------------------------------------------------

  bool bind_value(const syntax::Cell& cell, model::DecisionTable::Row& row) {
    const auto* content = std::get_if<syntax::ExprCell>(&cell.content);
    if (!content) {
      s_.report(D::cell_needs_value, cell.span);
      return false;
    }
    ExprBinder binder(s_, Context{&module_, Place::metric, {}, subject_});
    row.value = binder.bind_present(content->value);
    if (s_.type(row.value).kind == Kind::error) return false;
    if (value_sample_.valid() && binder.unify(value_sample_, row.value, "|").kind == Kind::error) return false;
    if (!value_sample_.valid() || s_.type(value_sample_).any_unit) value_sample_ = row.value;
    subject_ = binder.subject();
    uses_.merge(footprint(s_, row.value));
    return true;
  }

  Session& s_;
  std::uint32_t index_;
  const syntax::TableDecl& decl_;
  Module& module_;
  std::vector<std::size_t> inputs_;  // header position of each declared column
  std::size_t value_ = 0;
  std::vector<ExprId> samples_;  // a bound cell of each column, for its type
  ExprId value_sample_;
  EntityId subject_;
  Footprint uses_;
};

}  // namespace

void bind_table(Session& session, std::uint32_t index) {
  auto& declared = session.tables[index];
  using State = decltype(session.tables)::value_type::State;
  if (declared.state != State::unbound) return;
  declared.state = State::binding;
  session.binding_stack.push_back(session.policy.tables[index].named.name);
  TableBinder(session, index).bind();
  session.binding_stack.pop_back();
  declared.state = State::bound;
}

void bind_tables(Session& session) {
  for (std::uint32_t i = 0; i < session.tables.size(); ++i) bind_table(session, i);
}

}  // namespace kpi::bind
