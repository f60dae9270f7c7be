// Curves: points of constants, ascending.
#include "grammar/source/diagnostics/names.hpp"
#include "grammar/source/diagnostics/structure.hpp"
#include "grammar/source/diagnostics/types.hpp"
#include "interpreter/bind/expr_binder.hpp"
#include "interpreter/bind/fold.hpp"

namespace kpi::bind {
namespace {

class CurveBinder {
 public:
  CurveBinder(Session& session, std::uint32_t index)
      : s_(session), index_(index), decl_(*session.curves[index].decl), module_(*session.curves[index].module) {}

  void bind() {
    model::Curve& curve = s_.policy.curves[index_];
    curve.input_name = decl_.input.text;
    const auto kind = require_word(s_, decl_.kind, {"steps", "line", "brackets"});
    if (!kind) return;
    curve.kind = static_cast<model::CurveKind>(*kind);
    if (!check_header(curve.kind)) return;
    const auto inputs = bind_column(0), outputs = bind_column(1);
    if (!inputs || !outputs) return;
    Type input = inputs->type, output = outputs->type;
    for (std::size_t i = 0; i < decl_.table.rows.size(); ++i) {
      const Number& at = inputs->values[i];
      if (i > 0 && at <= inputs->values[i - 1]) {
        s_.report(D::curve_not_ascending, decl_.table.rows[i].cells[0].span)
            .label(decl_.table.rows[i - 1].cells[0].span, D::row_before);
        return;
      }
      s_.policy.curves[index_].points.push_back({at, outputs->values[i], decl_.table.rows[i].span});
    }
    if (s_.policy.curves[index_].kind == model::CurveKind::brackets) {
      const auto unit = value::multiply(input.unit, output.unit);
      if (!unit || unit->money > 1 || unit->time > 1) {
        s_.report(D::brackets_rate_unit, decl_.table.header[1].span)
            .with("rate", s_.describe(output))
            .with("input", s_.describe(input));
        return;
      }
      output.unit = *unit;
    }
    s_.policy.curves[index_].input = input;
    s_.policy.curves[index_].output = output;
  }

 private:
  struct Column {
    Type type;
    std::vector<Number> values;
  };

  bool check_header(model::CurveKind kind) {
    if (is_broken_header(s_, decl_.table) || (decl_.table.rows.empty() && decl_.head.incomplete)) return false;
    const std::string first = kind == model::CurveKind::line ? "at" : "from";
    const std::string second = kind == model::CurveKind::brackets ? "rate" : "value";
    const auto& header = decl_.table.header;
    const bool good = header.size() == 2 && header[0].words.size() == 1 && header[1].words.size() == 1 &&
                      header[0].words[0].text == first && header[1].words[0].text == second;
    if (!good) {
      s_.report(D::curve_header, header.empty() ? decl_.table.span : header[0].span)
          .with("kind", decl_.kind.text)
          .with("first", first)
          .with("second", second);
    }
    return good && !decl_.table.rows.empty();  // the parser has reported an empty table
  }

  std::optional<Column> bind_column(std::size_t column) {
    Column result;
    bool good = true;
    ExprId first;
    for (const syntax::TableRow& row : decl_.table.rows) {
      const syntax::Cell& cell = row.cells[column];
      const auto* content = std::get_if<syntax::ExprCell>(&cell.content);
      if (!content) {
        s_.report(D::cell_needs_value, cell.span);
        good = false;
        continue;
      }
      ExprBinder binder(s_, Context{&module_});
      const ExprId bound = binder.bind(content->value);
      if (!binder.require_kind(bound, Kind::number)) good = false;
      const auto number = good ? require_constant(s_, bound) : std::nullopt;
      if (!number) {
        good = false;
        continue;
      }
      // A plain 0 takes the unit of the others.
      if (!first.valid() || s_.type(first).any_unit) {
        if (first.valid() && binder.unify(first, bound, "|").kind == Kind::error) good = false;
        first = bound;
      } else if (binder.unify(first, bound, "|").kind == Kind::error) {
        good = false;
      }
      result.values.push_back(number->number());
    }
    if (!good) return std::nullopt;
    result.type = Type::number(s_.type(first).unit);
    return result;
  }

  Session& s_;
  std::uint32_t index_;
  const syntax::CurveDecl& decl_;
  Module& module_;
};

}  // namespace

void bind_curve(Session& session, std::uint32_t index) {
  auto& declared = session.curves[index];
  using State = decltype(session.curves)::value_type::State;
  if (declared.state != State::unbound) return;
  declared.state = State::bound;  // curves hold constants only, so they cannot refer to each other
  CurveBinder(session, index).bind();
}

void bind_curves(Session& session) {
  // Those of libraries when something reads them.
  for (std::uint32_t i = 0; i < session.curves.size(); ++i) {
    if (session.curves[i].module->is_root) bind_curve(session, i);
  }
}

}  // namespace kpi::bind
