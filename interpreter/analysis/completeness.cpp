#include "interpreter/analysis/completeness.hpp"

#include "grammar/source/diagnostics/completeness.hpp"
#include "interpreter/analysis/conditions.hpp"

namespace kpi::analysis {
namespace {

using source::DiagnosticId;
namespace ids = source::ids;

constexpr std::size_t kLimit = ConditionSpace::kMaximumBoxes;

bool bound(const model::Policy& policy, const model::Phases& phases) {
  for (const model::Phase& phase : phases.phases) {
    if (phase.when.valid() && policy.expr(phase.when).type.kind == value::Kind::error) return false;
  }
  return !phases.phases.empty();
}

/// True when some box meets the rest.
bool meets(const ConditionSpace& space, const std::vector<Box>& rest, const std::vector<Box>& boxes) {
  for (const Box& box : boxes) {
    for (const Box& piece : rest) {
      if (intersect(space.dimensions(), piece, box)) return true;
    }
  }
  return false;
}

bool take(const ConditionSpace& space, std::vector<Box>& rest, const std::vector<Box>& boxes) {
  for (const Box& box : boxes) {
    auto left = subtract(space.dimensions(), rest, box, kLimit);
    if (!left) return false;
    rest = std::move(*left);
  }
  return true;
}

void report_unreachable(const model::Phases& phases, std::size_t index, source::Diagnostics& diagnostics) {
  const model::Phase& phase = phases.phases[index];
  auto& finding = diagnostics.add(ids::phase_unreachable, phase.named.span).with("phase", phase.named.name);
  if (index > 0) finding.label(phases.phases[index - 1].named.span, ids::earlier_phase_here);
}

void check_phases(const model::Policy& policy, const model::Phases& phases, const source::SourceMap& sources,
                  source::Diagnostics& diagnostics) {
  if (!bound(policy, phases)) return;
  ConditionSpace space(policy, sources);
  std::vector<Formula> formulas(phases.phases.size());
  for (std::size_t i = 0; i < formulas.size(); ++i) {
    if (phases.phases[i].when.valid()) formulas[i] = space.translate(phases.phases[i].when);
  }
  space.finish();
  const std::string& entity = policy.entity(phases.entity).named.name;
  const auto undecided = [&] { diagnostics.add(ids::completeness_undecided, phases.span).with("name", entity); };
  std::vector<Box> rest{everything(space.dimensions())};
  for (std::size_t i = 0; i < formulas.size(); ++i) {
    const auto boxes = space.boxes(formulas[i]);
    if (!boxes) return undecided();
    if (boxes->empty()) {
      diagnostics.add(ids::phase_impossible, phases.phases[i].named.span).with("phase", phases.phases[i].named.name);
    } else if (!meets(space, rest, *boxes)) {
      report_unreachable(phases, i, diagnostics);
    }
    if (!take(space, rest, *boxes)) return undecided();
  }
  if (!rest.empty()) {
    diagnostics.add(ids::phases_gap, phases.span)
        .with("entity", entity)
        .with("point", describe_point(space.dimensions(), rest.front()));
  }
}

Formula row_formula(ConditionSpace& space, const std::vector<std::size_t>& columns,
                    const model::DecisionTable::Row& row) {
  Formula formula;
  formula.kind = Formula::Kind::conjunction;
  for (std::size_t c = 0; c < columns.size() && c < row.patterns.size(); ++c) {
    formula.parts.push_back(space.translate(columns[c], row.patterns[c]));
  }
  return formula;
}

void check_table(const model::Policy& policy, const model::DecisionTable& table, const source::SourceMap& sources,
                 source::Diagnostics& diagnostics) {
  for (const auto& column : table.columns) {
    if (column.type.kind == value::Kind::error) return;
  }
  if (table.rows.empty()) return;
  ConditionSpace space(policy, sources);
  std::vector<std::size_t> columns;
  for (const auto& column : table.columns) columns.push_back(space.add_column(column));
  std::vector<Formula> formulas;
  for (const auto& row : table.rows) {
    formulas.push_back(row.otherwise ? Formula{} : row_formula(space, columns, row));
  }
  space.finish();
  const auto undecided = [&] {
    diagnostics.add(ids::completeness_undecided, table.named.span).with("name", table.named.name);
  };

  std::vector<std::vector<Box>> boxes_of_row(table.rows.size());
  std::vector<Box> rest{everything(space.dimensions())};
  const model::DecisionTable::Row* otherwise = nullptr;
  for (std::size_t i = 0; i < formulas.size(); ++i) {
    if (table.rows[i].otherwise) {
      otherwise = &table.rows[i];
      continue;
    }
    auto boxes = space.boxes(formulas[i]);
    if (!boxes) return undecided();
    boxes_of_row[i] = std::move(*boxes);
    for (std::size_t j = 0; j < i; ++j) {
      std::optional<Box> both;
      for (const Box& mine : boxes_of_row[i]) {
        for (const Box& other : boxes_of_row[j]) {
          if (!both) both = intersect(space.dimensions(), mine, other);
        }
      }
      if (!both) continue;
      diagnostics.add(ids::table_overlap, table.rows[i].span)
          .with("table", table.named.name)
          .with("point", describe_point(space.dimensions(), *both))
          .label(table.rows[j].span, ids::other_row_here);
      break;  // one error per row
    }
    if (!take(space, rest, boxes_of_row[i])) return undecided();
  }
  if (otherwise && rest.empty()) {
    diagnostics.add(ids::table_otherwise_unreachable, otherwise->span).with("table", table.named.name);
  }
  if (!otherwise && !rest.empty()) {
    diagnostics.add(ids::table_gap, table.named.span)
        .with("table", table.named.name)
        .with("point", describe_point(space.dimensions(), rest.front()));
  }
}

}  // namespace

void check_completeness(const model::Policy& policy, const source::SourceMap& sources,
                        source::Diagnostics& diagnostics) {
  for (const model::Phases& phases : policy.phases) check_phases(policy, phases, sources, diagnostics);
  for (const model::DecisionTable& table : policy.tables) check_table(policy, table, sources, diagnostics);
}

}  // namespace kpi::analysis
