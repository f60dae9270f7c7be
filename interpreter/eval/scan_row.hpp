// The simple evaluator: one row-level expression for one row over Values. Complete, and the reference for the compiled
// programs of scan_program.hpp.
#pragma once

#include <functional>
#include <optional>

#include "interpreter/eval/scan_world.hpp"

namespace kpi::eval::scanning {

/// A row and what lies around it. `outer` is the row that `this` means.
struct RowContext {
  const Table* table = nullptr;
  std::size_t row = 0;
  const RowContext* outer = nullptr;
  std::optional<Date> day = {};       // of the row on which entities are read: decides their rates
};

class RowEvaluator {
 public:
  explicit RowEvaluator(World& world) : world_(world), policy_(world.policy) {}

  Value evaluate(ExprId expr, const RowContext& context);
  bool is_true(ExprId expr, const RowContext& context) { return evaluate(expr, context) == Value(true); }
  /// A field along references; amounts in policy currency.
  Value path_value(const FieldPath& path, const RowContext& context);
  Value field_value(const Table& table, std::size_t row, FieldId field, const RowContext& context);
  /// The row of `entity` that this row belongs to.
  std::optional<std::uint32_t> owner(model::EntityId entity, const Table& table, std::size_t row) const;
  /// Along references only; none when one is absent.
  std::optional<std::pair<const Table*, std::size_t>> follow(const std::vector<FieldId>& refs, const Table& table,
                                                             std::size_t row) const;

  /// What an AggregateRef gives: counts of matching rows in exclusions, aggregates of a group in `ensure`.
  std::function<Value(model::AggregateId, const RowContext&)> aggregate;
  /// Missing rates are reported unless someone only looks (explain).
  bool report_missing_rates = true;

 private:
  Value call(const model::CallExpr& call, const RowContext& context);
  Value elapsed(const model::CallExpr& call, const RowContext& context);
  Value converted(Value amount, value::Currency currency, const Table& table, std::size_t row, const RowContext& context);
  Value self(const model::RowSelf& self, const RowContext& context) const;
  Value in(const model::InExpr& in, const RowContext& context);
  Value logical(const model::BinaryExpr& binary, const RowContext& context);
  const value::TimeZone& zone_of(const RowContext& context) const;

  World& world_;
  const Policy& policy_;
  bool native_ = false;
};

/// Is the field an amount that has to be converted (in some rows)?
bool needs_conversion(const model::Field& field, value::Currency policy_currency);

}  // namespace kpi::eval::scanning
