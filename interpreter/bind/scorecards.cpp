// Scorecards: the table's header, its rows, and gates.
#include <algorithm>

#include "grammar/source/diagnostics/names.hpp"
#include "grammar/source/diagnostics/structure.hpp"
#include "interpreter/bind/expr_binder.hpp"
#include "interpreter/bind/fold.hpp"

namespace kpi::bind {
namespace {

const std::vector<std::string> kMissing = {"unscored", "zero", "skip"};

// Where the columns of a scorecard's table stand. Phase columns are by phase; one column for all phases stands alone.
struct Columns {
  std::optional<std::size_t> metric, curve, attain, missing;
  std::optional<std::size_t> weight, target;
  std::vector<std::optional<std::size_t>> weights, targets;  // by phase
};

class ScorecardBinder {
 public:
  ScorecardBinder(Session& session, std::uint32_t index)
      : s_(session),
        index_(index),
        decl_(*session.scorecards[index].decl),
        module_(*session.scorecards[index].module) {}

  void bind() {
    const auto entity = require_entity(s_, module_, decl_.entity);
    if (decl_.every) {
      if (const auto unit = require_calendar_unit(s_, *decl_.every)) card().every = *unit;
    } else {
      s_.report(D::every_missing, card().named.span).with("name", card().named.name);
    }
    if (!entity) return;
    card().entity = *entity;
    phases_ = s_.policy.phases_of(*entity);
    bind_population();
    if (decl_.missing) {
      if (const auto rule = require_word(s_, *decl_.missing, kMissing)) missing_ = static_cast<model::Missing>(*rule);
    }
    if (decl_.table) bind_table(*decl_.table);
    bind_gates();
  }

 private:
  model::Scorecard& card() { return s_.policy.scorecards[index_]; }
  ExprBinder binder() { return ExprBinder(s_, Context{&module_, Place::scorecard, {}, card().entity}); }
  std::size_t phase_count() const { return phases_ ? phases_->phases.size() : 0; }

  void bind_population() {
    // A distinct entity exists only through its rows, so it enters when a kept row leads to it.
    card().population =
        s_.policy.entities[card().entity.index].is_distinct() ? model::Population::period : model::Population::active;
    if (!decl_.population) return;
    const auto rule = require_word(s_, *decl_.population, {"ever", "period", "active"});
    if (rule) card().population = static_cast<model::Population>(*rule);
  }

  // ---- header
  // ---------------------------------------------------------------------------------------------------------

  std::optional<std::size_t> phase_index(const std::string& name) const {
    for (std::size_t i = 0; i < phase_count(); ++i) {
      if (phases_->phases[i].named.name == name) return i;
    }
    return std::nullopt;
  }

  void note_phase(const syntax::Ident& word, std::size_t phase) {
    s_.occurs(word.span, phases_->phases[phase].named.span);
  }

  void unknown_column(const syntax::HeaderCell& cell) {
    std::vector<std::string> allowed = {"metric", "weight", "target", "curve", "attain", "missing"};
    for (std::size_t i = 0; i < phase_count(); ++i) allowed.push_back(phases_->phases[i].named.name);
    const std::string word = cell.words.empty() ? "" : cell.words.back().text;
    suggest(s_.report_unknown(D::unknown_column, cell.span, word)
                .with("column", s_.text(cell.span))
                .with("allowed", join(allowed)),
            word, allowed);
    good_ = false;
  }

  Columns read_header(const syntax::Table& table) {
    Columns columns;
    columns.weights.resize(phase_count());
    columns.targets.resize(phase_count());
    const std::vector<std::pair<std::string, std::optional<std::size_t>*>> single = {
        {"metric", &columns.metric},   {"curve", &columns.curve},   {"attain", &columns.attain},
        {"missing", &columns.missing}, {"weight", &columns.weight}, {"target", &columns.target}};
    for (std::size_t i = 0; i < table.header.size(); ++i) {
      const syntax::HeaderCell& cell = table.header[i];
      std::optional<std::size_t>* slot = nullptr;
      if (cell.words.size() == 1) {
        const std::string& word = cell.words[0].text;
        const auto named =
            std::find_if(single.begin(), single.end(), [&](const auto& entry) { return entry.first == word; });
        if (named != single.end())
          slot = named->second;
        else if (const auto phase = phase_index(word)) {
          slot = &columns.targets[*phase];
          note_phase(cell.words[0], *phase);
        }
      } else if (cell.words.size() == 2) {
        const auto phase = phase_index(cell.words[1].text);
        if (phase) note_phase(cell.words[1], *phase);
        if (phase && cell.words[0].text == "weight") slot = &columns.weights[*phase];
        if (phase && cell.words[0].text == "target") slot = &columns.targets[*phase];
      }
      if (!slot) {
        unknown_column(cell);
      } else if (*slot) {
        s_.report(D::column_twice, cell.span)
            .with("column", s_.text(cell.span))
            .label(table.header[**slot].span, D::first_declared_here);
        good_ = false;
      } else {
        *slot = i;
      }
    }
    check_complete(columns, table);
    return columns;
  }

  void column_missing(const syntax::Table& table, const std::string& column) {
    s_.report(D::scorecard_column_missing, header_span(table)).with("column", column);
    good_ = false;
  }

  static Span header_span(const syntax::Table& table) {
    return table.header.empty() ? table.span : source::cover(table.header.front().span, table.header.back().span);
  }

  void check_complete(const Columns& columns, const syntax::Table& table) {
    if (!good_) return;
    if (!columns.metric) column_missing(table, "metric");
    const auto check = [&](const std::string& word, const std::optional<std::size_t>& one,
                           const std::vector<std::optional<std::size_t>>& by_phase) {
      const bool any =
          std::any_of(by_phase.begin(), by_phase.end(), [](const auto& column) { return column.has_value(); });
      if (one && any) {
        s_.report(D::column_for_all_and_phase, table.header[*one].span).with("column", word);
        good_ = false;
      } else if (!one && !any) {
        column_missing(table, word);
      } else if (any) {
        for (std::size_t i = 0; i < by_phase.size(); ++i) {
          if (!by_phase[i]) column_missing(table, (word == "weight" ? "weight " : "") + phases_->phases[i].named.name);
        }
        card().phase_columns = true;
      }
    };
    check("weight", columns.weight, columns.weights);
    check("target", columns.target, columns.targets);
  }

  // ---- rows
  // -----------------------------------------------------------------------------------------------------------

  void bind_table(const syntax::Table& table) {
    card().has_table = true;
    if (is_broken_header(s_, table)) return;
    const Columns columns = read_header(table);
    if (table.rows.empty()) {
      s_.report(D::table_without_rows, table.span);
      return;
    }
    bool weights_known = true;
    for (const syntax::TableRow& row : table.rows) weights_known = bind_row(columns, row) && weights_known;
    if (weights_known) check_weights(columns, table);
  }

  /// Looks at every cell, whatever is wrong with the header or another cell. False when a weight is not known, so that
  /// their sum is not checked.
  bool bind_row(const Columns& columns, const syntax::TableRow& cells) {
    model::ScorecardRow row;
    row.span = cells.span;
    row.missing = missing_;
    if (columns.metric) {
      row.metric_span = cells.cells[*columns.metric].span;
      bind_metric_cell(cells.cells[*columns.metric], row);
    }
    const bool weights = bind_weights(columns, cells, row);
    bind_curve_cell(columns, cells, row);
    bind_attain(columns, cells, row);
    bind_missing(columns, cells, row);
    bind_targets(columns, cells, row);
    if (good_ && row.metric.valid() && weights) card().rows.push_back(std::move(row));
    return weights;
  }

  /// The one column for all phases, or those of the phases, in their order.
  static std::vector<std::size_t> places(const std::optional<std::size_t>& one,
                                         const std::vector<std::optional<std::size_t>>& by_phase) {
    if (one) return {*one};
    std::vector<std::size_t> found;
    for (const auto& column : by_phase) {
      if (column) found.push_back(*column);
    }
    return found;
  }

  /// Null while the row's metric is not known.
  const model::Metric* metric_of(const model::ScorecardRow& row) const {
    return row.metric.valid() ? &s_.policy.metrics[row.metric.index] : nullptr;
  }

  /// A number in the unit of the row's metric; while that is not known, any value.
  ExprId bind_like_metric(ExprBinder& expr, syntax::ExprId cell, const model::ScorecardRow& row) {
    const model::Metric* metric = metric_of(row);
    return metric ? expr.bind_number(cell, metric->type.unit) : expr.bind(cell);
  }

  void bind_metric_cell(const syntax::Cell& cell, model::ScorecardRow& row) {
    const auto* content = std::get_if<syntax::ExprCell>(&cell.content);
    if (!content) {
      s_.report(D::metric_name_expected, cell.span).with("text", s_.text(cell.span));
      return;
    }
    // As an expression, so that a curve or a misspelt name is reported like anywhere else.
    const syntax::Expr& expr = module_.expr(content->value);
    std::optional<std::uint32_t> index;
    if (const auto* name = std::get_if<syntax::Name>(&expr.node)) {
      index = require_symbol(s_, module_, name->name, SymbolKind::metric);
    } else if (const auto* member = std::get_if<syntax::Member>(&expr.node)) {
      const auto* library = std::get_if<syntax::Name>(&module_.expr(member->base).node);
      if (library)
        index = require_symbol(s_, module_, syntax::Path{{library->name, member->name}, expr.span}, SymbolKind::metric);
      else
        s_.report(D::metric_name_expected, cell.span).with("text", s_.text(cell.span));
    } else {
      s_.report(D::metric_name_expected, cell.span).with("text", s_.text(cell.span));
    }
    if (!index) return;
    bind_metric(s_, *index);
    const auto [at, inserted] = rows_seen_.emplace(*index, cell.span);
    if (!inserted) {
      s_.report(D::metric_twice, cell.span)
          .with("name", s_.policy.metrics[*index].named.name)
          .label(at->second, D::first_declared_here);
      return;
    }
    const Type type = s_.policy.metrics[*index].type;
    if (type.kind == Kind::error) return;
    if (type.kind != Kind::number) {
      s_.report(D::scored_metric_is_no_number, cell.span)
          .with("name", s_.policy.metrics[*index].named.name)
          .with("type", s_.describe(type));
      return;
    }
    require_evaluable(s_, s_.metric_footprints[*index], card().entity, cell.span);
    row.metric = MetricId{*index};
  }

  std::optional<Number> bind_weight(const syntax::Cell& cell) {
    if (std::holds_alternative<syntax::AnyCell>(cell.content)) return Number(0);
    const auto* content = std::get_if<syntax::ExprCell>(&cell.content);
    if (!content) {
      s_.report(D::cell_needs_value, cell.span);
      return std::nullopt;
    }
    const ExprId bound = ExprBinder(s_, Context{&module_}).bind(content->value);
    if (s_.type(bound).kind == Kind::error) return std::nullopt;
    const auto weight = require_constant_number(s_, bound, Unit{});
    if (weight && weight->sign() < 0) {
      s_.report(D::negative_weight, cell.span).with("text", s_.text(cell.span));
      return std::nullopt;
    }
    if (weight && *weight > Number(1)) {
      auto& found = s_.report(D::weight_above_one, cell.span)
                        .with("text", s_.text(cell.span))
                        .with("percent", (*weight * Number(100)).to_string() + "%");
      const auto* literal = std::get_if<syntax::NumberLit>(&module_.expr(content->value).node);
      if (literal && !literal->percent && *weight <= Number(100)) found.suggest(literal->digits + "%");
      return std::nullopt;
    }
    return weight;
  }

  bool bind_weights(const Columns& columns, const syntax::TableRow& cells, model::ScorecardRow& row) {
    const std::vector<std::size_t> columns_here = places(columns.weight, columns.weights);
    bool good = columns_here.size() == (columns.weight ? 1 : phase_count()) && !columns_here.empty();
    if (!columns_here.empty()) row.weight_span = cells.cells[columns_here[0]].span;
    for (const std::size_t place : columns_here) {
      const auto weight = bind_weight(cells.cells[place]);
      good = good && weight.has_value();
      row.weights.push_back(weight.value_or(Number(0)));
    }
    // Rows of unknown metrics are left out of the model, but their weights were meant to count.
    weights_.push_back(row.weights);
    return good;
  }

  void check_weights(const Columns& columns, const syntax::Table& table) {
    const std::size_t count = columns.weight ? 1 : phase_count();
    for (std::size_t i = 0; i < count; ++i) {
      Number sum;
      for (const auto& weights : weights_) sum += weights[i];
      if (sum == Number(1)) continue;
      const std::size_t column = columns.weight ? *columns.weight : *columns.weights[i];
      const Number percent = sum * Number(100);
      auto& found = s_.report(columns.weight ? D::weights_not_one : D::phase_weights_not_one, table.header[column].span)
                        .with("sum", percent.to_string() + "%")
                        .with("rest", (Number(100) - percent).to_string() + "%");
      if (!columns.weight) found.with("phase", phases_->phases[i].named.name);
    }
  }

  void bind_curve_cell(const Columns& columns, const syntax::TableRow& cells, model::ScorecardRow& row) {
    if (!columns.curve) return;
    const syntax::Cell& cell = cells.cells[*columns.curve];
    if (std::holds_alternative<syntax::AnyCell>(cell.content)) return;
    const auto* content = std::get_if<syntax::ExprCell>(&cell.content);
    const syntax::ExprNode* node = content ? &module_.expr(content->value).node : nullptr;
    const auto* call = node ? std::get_if<syntax::Call>(node) : nullptr;
    const auto* name = node ? std::get_if<syntax::Name>(call ? &module_.expr(call->callee).node : node) : nullptr;
    if (call && name && name->name.text == "capped" && call->arguments.size() == 1) {
      const ExprId bound = ExprBinder(s_, Context{&module_}).bind(call->arguments[0].value);
      const auto cap = s_.type(bound).kind == Kind::error ? std::nullopt : require_constant_number(s_, bound, Unit{});
      row.curve = model::BuiltinCurve::capped;
      if (cap && cap->sign() <= 0)
        s_.report(D::cap_not_positive, s_.span(bound)).with("text", s_.text(s_.span(bound)));
      else if (cap)
        row.cap = *cap;
      return;
    }
    static const std::vector<std::string> kBuiltins = {"linear", "capped", "pass"};
    if (name && !call) {
      const auto builtin = std::find(kBuiltins.begin(), kBuiltins.end(), name->name.text);
      const Symbol* symbol = find_symbol(s_, module_, name->name.text);
      if (builtin != kBuiltins.end() && !symbol) {
        row.curve = static_cast<model::BuiltinCurve>(builtin - kBuiltins.begin());
        return;
      }
      if (!symbol) {
        std::vector<std::string> candidates = visible_names(s_, module_, SymbolKind::curve);
        candidates.insert(candidates.end(), kBuiltins.begin(), kBuiltins.end());
        suggest(s_.report_unknown(D::unknown_curve, name->name.span, name->name.text)
                    .with("name", name->name.text)
                    .with("curves", join(candidates)),
                name->name.text, candidates);
        return;
      }
    }
    std::optional<std::uint32_t> index;
    const auto* member = node ? std::get_if<syntax::Member>(node) : nullptr;
    const auto* library = member ? std::get_if<syntax::Name>(&module_.expr(member->base).node) : nullptr;
    if (name && !call)
      index = require_symbol(s_, module_, name->name, SymbolKind::curve);
    else if (library)
      index = require_symbol(s_, module_, syntax::Path{{library->name, member->name}, cell.span}, SymbolKind::curve);
    else
      s_.report(D::curve_expected, cell.span).with("text", s_.text(cell.span));
    if (!index) return;
    bind_curve(s_, *index);
    const model::Curve& curve = s_.policy.curves[*index];
    if (curve.input.kind == Kind::error) return;
    if (!curve.input.unit.is_plain() || !curve.output.unit.is_plain()) {
      s_.report(D::scoring_curve_with_units, cell.span)
          .with("name", curve.named.name)
          .with("input", s_.describe(curve.input))
          .with("output", s_.describe(curve.output))
          .label(curve.named.span, D::declared_here);
      return;
    }
    row.curve = model::CurveId{*index};
  }

  static bool is_pass(const model::ScorecardRow& row) {
    const auto* builtin = std::get_if<model::BuiltinCurve>(&row.curve);
    return builtin && *builtin == model::BuiltinCurve::pass;
  }

  void bind_attain(const Columns& columns, const syntax::TableRow& cells, model::ScorecardRow& row) {
    const model::Metric* metric = metric_of(row);
    const bool lower = metric && metric->lower_is_better;
    row.attain = is_pass(row) ? model::Attain::none : lower ? model::Attain::mirror : model::Attain::ratio;
    if (!columns.attain) return;
    const syntax::Cell& cell = cells.cells[*columns.attain];
    if (std::holds_alternative<syntax::AnyCell>(cell.content)) return;
    if (is_pass(row)) {
      s_.report(D::attain_with_pass, cell.span);
      return;
    }
    if (const auto* from = std::get_if<syntax::FromCell>(&cell.content)) {
      ExprBinder expr = binder();
      row.base = bind_like_metric(expr, from->base, row);
      row.attain = model::Attain::from;
      if (s_.type(row.base).kind != Kind::error) {
        require_evaluable(s_, footprint(s_, row.base), card().entity, s_.span(row.base));
      }
      return;
    }
    const auto* content = std::get_if<syntax::ExprCell>(&cell.content);
    const auto* name = content ? std::get_if<syntax::Name>(&module_.expr(content->value).node) : nullptr;
    const auto form = require_word(s_, name ? name->name : syntax::Ident{s_.text(cell.span), cell.span, false},
                                   {"ratio", "mirror", "inverse"});
    if (form) row.attain = static_cast<model::Attain>(*form);
  }

  void bind_missing(const Columns& columns, const syntax::TableRow& cells, model::ScorecardRow& row) {
    if (!columns.missing) return;
    const syntax::Cell& cell = cells.cells[*columns.missing];
    if (std::holds_alternative<syntax::AnyCell>(cell.content)) return;
    const auto* content = std::get_if<syntax::ExprCell>(&cell.content);
    const auto* name = content ? std::get_if<syntax::Name>(&module_.expr(content->value).node) : nullptr;
    const auto rule =
        require_word(s_, name ? name->name : syntax::Ident{s_.text(cell.span), cell.span, false}, kMissing);
    if (rule) row.missing = static_cast<model::Missing>(*rule);
  }

  void bind_targets(const Columns& columns, const syntax::TableRow& cells, model::ScorecardRow& row) {
    const std::vector<std::size_t> columns_here = places(columns.target, columns.targets);
    if (columns_here.empty()) return;
    row.target_span = cells.cells[columns_here[0]].span;
    for (std::size_t i = 0; i < columns_here.size(); ++i)
      row.targets.push_back(bind_target(cells.cells[columns_here[i]], row, columns_here.size(), i));
  }

  bool has_weight(const model::ScorecardRow& row, std::size_t targets, std::size_t phase) const {
    if (row.weights.size() == 1) return !row.weights[0].is_zero();
    if (targets > 1 && phase < row.weights.size()) return !row.weights[phase].is_zero();
    return std::any_of(row.weights.begin(), row.weights.end(), [](const Number& weight) { return !weight.is_zero(); });
  }

  ExprId bind_target(const syntax::Cell& cell, const model::ScorecardRow& row, std::size_t count, std::size_t phase) {
    const bool counts = has_weight(row, count, phase);
    if (std::holds_alternative<syntax::AnyCell>(cell.content)) {
      const model::Metric* metric = metric_of(row);
      if (counts && metric) s_.report(D::target_missing, cell.span).with("name", metric->named.name);
      return {};
    }
    const auto* content = std::get_if<syntax::ExprCell>(&cell.content);
    if (!content) {
      s_.report(D::cell_needs_value, cell.span);
      return {};
    }
    ExprBinder expr = binder();
    const ExprId target = bind_like_metric(expr, content->value, row);
    if (s_.type(target).kind == Kind::error) return target;
    require_evaluable(s_, footprint(s_, target), card().entity, s_.span(target));
    const auto constant = fold(s_, target);
    const bool divides = row.attain != model::Attain::from && row.attain != model::Attain::none;
    if (counts && divides && constant && constant->has_value() && constant->number().sign() <= 0) {
      s_.report(D::target_not_positive, cell.span).with("text", s_.text(cell.span));
    }
    // A share above 1 that is written without `%`: surely meant as percent where the metric is shown so.
    if (!row.metric.valid()) return target;
    const model::Metric& metric = s_.policy.metrics[row.metric.index];
    const auto* literal = std::get_if<syntax::NumberLit>(&module_.expr(content->value).node);
    if (literal && !literal->percent && literal->unit.empty() && constant && constant->has_value() &&
        metric.show.kind == model::Metric::Show::Kind::percent && constant->number() > Number(1)) {
      s_.report(D::target_without_percent, cell.span)
          .with("name", metric.named.name)
          .with("text", s_.text(cell.span))
          .with("percent", (constant->number() * Number(100)).to_string() + "%")
          .with("likely", literal->digits + "%");
    }
    return target;
  }

  // ---- gates
  // ----------------------------------------------------------------------------------------------------------

  void bind_gates() {
    std::unordered_map<std::string, Span> seen;
    for (const syntax::GateDecl& decl : decl_.gates) {
      const auto [at, inserted] = seen.emplace(decl.name.text, decl.name.span);
      if (!inserted) {
        s_.report(D::declared_twice, decl.name.span)
            .with("name", decl.name.text)
            .label(at->second, D::first_declared_here);
      }
      model::Gate gate;
      gate.named.name = decl.name.text;
      gate.named.span = decl.name.span;
      gate.named.from_library = !module_.is_root;
      if (decl.label) gate.named.label = decl.label->value;
      gate.effect = static_cast<model::Gate::Effect>(decl.effect);
      ExprBinder expr = binder();
      gate.requires_value = expr.bind_boolean(decl.requires_value);
      if (s_.type(gate.requires_value).kind != Kind::error) {
        require_evaluable(s_, footprint(s_, gate.requires_value), card().entity, s_.span(gate.requires_value));
      }
      if (decl.limit) {
        const ExprId limit = ExprBinder(s_, Context{&module_}).bind(*decl.limit);
        const auto number =
            s_.type(limit).kind == Kind::error ? std::nullopt : require_constant_number(s_, limit, Unit{});
        if (number) gate.limit = *number;
      }
      card().gates.push_back(std::move(gate));
    }
    if (decl_.gates.empty() && !decl_.table && !decl_.head.incomplete) {
      s_.report(D::scorecard_empty, card().named.span).with("name", card().named.name);
    }
  }

  Session& s_;
  std::uint32_t index_;
  const syntax::ScorecardDecl& decl_;
  Module& module_;
  const model::Phases* phases_ = nullptr;
  model::Missing missing_ = model::Missing::unscored;
  bool good_ = true;
  std::vector<std::vector<Number>> weights_;  // by row, as in ScorecardRow
  std::unordered_map<std::uint32_t, Span> rows_seen_;
};

}  // namespace

void bind_scorecards(Session& session) {
  for (std::uint32_t i = 0; i < session.scorecards.size(); ++i) ScorecardBinder(session, i).bind();
}

}  // namespace kpi::bind
