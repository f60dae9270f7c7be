#include "interpreter/eval/scan_decode.hpp"

#include <algorithm>
#include <cstring>

#include "interpreter/eval/scan_schema.hpp"

namespace kpi::eval::scanning {

using value::Date;
using value::Kind;
using value::kMicrosPerDay;

// ---- what to decode -------------------------------------------------------------------------------------------------------

Decoder::Decoder(World& world, SourceRef source, const TableSchema& schema, std::vector<FieldId> fields)
    : world_(world), source_(source), decls_(world.policy.fields(source)) {
  if (source.is_events()) events_ = &world.policy.events[source.index];
  for (const FieldId field : fields) add_field(field);
  find_inputs(schema);
}

void Decoder::add_field(FieldId field) {
  if (std::find(fields_.begin(), fields_.end(), field) != fields_.end()) return;
  const model::Field& decl = decls_[field.index];
  if (decl.computed.valid()) return;
  fields_.push_back(field);
  if (decl.currency_field.valid()) add_field(decl.currency_field);
  if (decl.type.kind == Kind::datetime && events_ != nullptr && events_->zone_field) {
    const FieldPath& path = *events_->zone_field;
    add_field(path.refs.empty() ? path.field : path.refs.front());
  }
}

/// Currencies before amounts, references before times: what others rest on comes first.
static int decode_order(Rep rep) {
  switch (rep) {
    case Rep::text: return 0;
    case Rep::entity:
    case Rep::event: return 1;
    case Rep::instant: return 3;
    default: return 2;
  }
}

void Decoder::find_inputs(const TableSchema& schema) {
  for (const FieldId field : fields_) valid_ = find_input(schema, field) && valid_;
  std::stable_sort(inputs_.begin(), inputs_.end(),
                   [](const auto& a, const auto& b) { return decode_order(a->rep) < decode_order(b->rep); });
}

bool Decoder::find_input(const TableSchema& schema, FieldId field) {
  const model::Field& decl = decls_[field.index];
  auto input = std::make_unique<Input>();
  input->field = field;
  input->decl = &decl;
  input->rep = rep_of(decl.type);
  input->target = decl.type.index;
  input->optional = decl.type.optional;
  if (decl.type.kind == Kind::number && decl.type.unit == value::Unit::duration()) {
    input->factor = decl.duration_unit.to_int64().value_or(1);
  }
  if (decl.minor_units && !decl.currency_field.valid()) input->fixed_digits = decl.currency.minor_digits();
  if (decl.range.valid()) {
    const auto& node = world_.policy.expr(decl.range).node;
    if (const auto* constant = std::get_if<model::Constant>(&node)) {
      if (constant->value.is<std::shared_ptr<const value::RangeValue>>()) {
        input->range = *constant->value.as<std::shared_ptr<const value::RangeValue>>();
        input->has_range = true;
      }
    } else if (const auto* range = std::get_if<model::RangeExpr>(&node)) {
      const auto bound = [&](ExprId id) {
        if (!id.valid()) return Value();
        const auto& bound_node = world_.policy.expr(id).node;
        if (const auto* literal = std::get_if<model::Constant>(&bound_node)) return literal->value;
        if (const auto* param = std::get_if<model::ParamRef>(&bound_node)) return world_.policy.params[param->param.index].value;
        return Value();
      };
      input->range = {bound(range->lower), bound(range->upper), range->includes_upper};
      input->has_range = true;
    }
  }
  // In a test, a column that is left out is absent where the field is optional.
  const bool lenient = world_.data.missing_tables_are_empty() && input->optional;
  const bool no_table = schema.columns.empty() && world_.data.missing_tables_are_empty();
  if (!no_table) {
    const auto found = find_column(schema, decl.column.empty() ? decl.named.name : decl.column, !lenient,
                                   world_.name(source_) + "." + decl.named.name, decl.named.span, world_.errors);
    if (!found && !lenient) return false;
    if (found) {
      const std::string& stored = schema.columns[*found].name;
      const auto known = std::find(columns_.begin(), columns_.end(), stored);
      input->column = static_cast<std::uint32_t>(known - columns_.begin());
      if (known == columns_.end()) columns_.push_back(stored);
    }
  }
  inputs_.push_back(std::move(input));
  return true;
}

// ---- batches --------------------------------------------------------------------------------------------------------------

void Decoder::decode(const Batch& batch, Table& out, BadCells& bad) {
  bad.clear();
  out.rows = batch.rows;
  days_are_known_ = false;
  for (auto& [field, digits] : minor_digits_) digits.known = false;
  for (const auto& input : inputs_) decode_input(batch, *input, out, bad);
  // A computed time is not decoded: whoever computes it asks for the days then.
  if (events_ != nullptr && !days_are_known_ && !events_->fields[events_->time.index].computed.valid() && out.has(events_->time)) {
    fill_days(batch, out);
  }
}

void Decoder::decode_input(const Batch& batch, Input& input, Table& out, BadCells& bad) {
  Column& column = out.columns[input.field.index];
  out.loaded[input.field.index] = 1;
  column.rep = input.rep;
  column.target = input.target;
  if (input.column != kNoColumn && decode_usual(batch, input, out, column)) {
    if (input.rep == Rep::number && (input.decl->integer || input.has_range)) check_numbers(batch, input, column, bad);
    return;
  }
  column.clear(batch.rows);
  if (input.column == kNoColumn) {
    column.any_absent = true;
    column.absent.assign(batch.rows, 1);
    return;
  }
  switch (input.rep) {
    case Rep::text: return decode_texts(batch, input, column, bad);
    case Rep::entity:
    case Rep::event: return decode_references(batch, input, column, bad);
    case Rep::number: return decode_numbers(batch, input, out, column, bad);
    case Rep::boolean: return decode_booleans(batch, input, column, bad);
    case Rep::date: return decode_dates(batch, input, column, bad);
    case Rep::instant: return decode_times(batch, input, out, column, bad);
  }
}

void Decoder::fail(const Batch& batch, const Input& input, std::size_t row, CellProblem problem, Column& out,
                   BadCells& bad) const {
  out.set_absent(row);
  // An empty text is no malformed number, date or reference: there is nothing.
  const RawColumn& raw = batch.columns[input.column];
  if (raw.classes[row] == CellClass::text && raw.lengths[row] == 0 &&
      (problem == CellProblem::malformed || problem == CellProblem::unknown_reference ||
       problem == CellProblem::follows_bad_row)) {
    if (input.optional) return;
    problem = CellProblem::empty_required;
  }
  bad.push_back({static_cast<std::uint32_t>(row), input.field, problem, shortened(cell_text(batch, input.column, row))});
}

void Decoder::empty_cell(const Batch& batch, const Input& input, std::size_t row, Column& out, BadCells& bad) const {
  if (input.optional) {
    out.set_absent(row);
  } else {
    fail(batch, input, row, CellProblem::empty_required, out, bad);
  }
}

Code Decoder::text_code(const Batch& batch, Input& input, std::size_t row) {
  const RawColumn& raw = batch.columns[input.column];
  if (raw.classes[row] == CellClass::integer) return world_.pool.integer(raw.bits[row]);
  if (raw.classes[row] != CellClass::text) return world_.pool.code(cell_text(batch, input.column, row));
  return text_code(batch.text(input.column, row), input);
}

void Decoder::decode_texts(const Batch& batch, Input& input, Column& out, BadCells& bad) {
  const RawColumn& raw = batch.columns[input.column];
  for (std::size_t row = 0; row < batch.rows; ++row) {
    if (raw.classes[row] == CellClass::null) {
      empty_cell(batch, input, row, out, bad);
    } else if (raw.classes[row] == CellClass::blob) {
      fail(batch, input, row, CellProblem::malformed, out, bad);
    } else if (input.decl->key && raw.classes[row] == CellClass::text && raw.lengths[row] == 0) {
      fail(batch, input, row, CellProblem::empty_required, out, bad);
    } else {
      out.values[row] = text_code(batch, input, row);
    }
  }
}

void Decoder::decode_references(const Batch& batch, Input& input, Column& out, BadCells& bad) {
  const RawColumn& raw = batch.columns[input.column];
  const bool to_events = input.rep == Rep::event;
  const bool grows = !to_events && world_.entities[input.target].grows;
  const KeyIndex& index = to_events ? world_.kept[input.target].index : world_.entities[input.target].index;
  const CodeSet& bad_keys = to_events ? world_.kept[input.target].bad_keys : world_.entities[input.target].bad_keys;
  const CodeSet* const left_out = to_events ? nullptr : &world_.entities[input.target].left_out;
  const bool unreadable = to_events ? world_.kept[input.target].unreadable : world_.entities[input.target].unreadable;
  for (std::size_t row = 0; row < batch.rows; ++row) {
    if (raw.classes[row] == CellClass::null) {
      empty_cell(batch, input, row, out, bad);
      continue;
    }
    if (raw.classes[row] == CellClass::blob) {
      fail(batch, input, row, CellProblem::malformed, out, bad);
      continue;
    }
    const Code code = text_code(batch, input, row);
    std::uint32_t target = index.find(code);
    const bool is_empty = raw.classes[row] == CellClass::text && raw.lengths[row] == 0;
    if (target == kNoRow && grows && !is_empty) target = world_.discover(model::EntityId{input.target}, code);
    if (target == kNoRow && left_out != nullptr && left_out->contains(code)) {
      out.set_absent(row);  // it exists, and is nobody of this policy
    } else if (target == kNoRow) {
      const bool follows = unreadable || bad_keys.contains(code);
      fail(batch, input, row, follows ? CellProblem::follows_bad_row : CellProblem::unknown_reference, out, bad);
    } else {
      out.values[row] = target;
    }
  }
}

int Decoder::minor_digits(const Input& input, const Table& table, std::size_t row) const {
  if (!input.decl->minor_units) return 0;
  if (!input.decl->currency_field.valid()) return input.fixed_digits;
  const Column& codes = table.column(input.decl->currency_field);
  if (codes.is_absent(row)) return 0;
  return world_.currencies.minor_digits(codes.values[row]);
}

bool Decoder::cell_number(const Batch& batch, const Input& input, std::size_t row, Decimal& decimal, Number& wide,
                          bool& is_wide) const {
  const RawColumn& raw = batch.columns[input.column];
  is_wide = false;
  switch (raw.classes[row]) {
    case CellClass::integer: decimal = {raw.bits[row], 0}; return true;
    case CellClass::text:
      if (parse_decimal(batch.text(input.column, row), decimal)) return true;
      break;
    case CellClass::real:
      if (real_to_decimal(static_cast<std::uint64_t>(raw.bits[row]), decimal)) return true;
      break;
    default: return false;
  }
  auto number = number_of(batch, input.column, row);
  if (!number) return false;
  const auto scaled = number->to_scaled(kMaxScale);
  if (scaled && scaled->first <= std::numeric_limits<std::int64_t>::max() &&
      scaled->first >= -std::numeric_limits<std::int64_t>::max()) {
    decimal = {static_cast<std::int64_t>(scaled->first), scaled->second};
  } else {
    wide = *std::move(number);
    is_wide = true;
  }
  return true;
}

void Decoder::store_wide(Column& out, std::size_t row, Number number) const {
  out.widen(row);
  out.wide[row] = std::move(number);
}

void Decoder::decode_numbers(const Batch& batch, Input& input, Table& table, Column& out, BadCells& bad) {
  const RawColumn& raw = batch.columns[input.column];
  const bool minor = input.decl->minor_units;
  Decimal decimal;
  Number wide;
  bool is_wide = false;
  for (std::size_t row = 0; row < batch.rows; ++row) {
    if (raw.classes[row] == CellClass::null) {
      empty_cell(batch, input, row, out, bad);
      continue;
    }
    if (!cell_number(batch, input, row, decimal, wide, is_wide)) {
      fail(batch, input, row, CellProblem::malformed, out, bad);
      continue;
    }
    if (minor && !(is_wide ? wide.is_integer() : decimal.mantissa % kPowers[decimal.scale] == 0)) {
      fail(batch, input, row, CellProblem::part_of_minor_unit, out, bad);
      continue;
    }
    if (minor && !is_wide) decimal.scale += minor_digits(input, table, row);
    if (minor && is_wide) wide *= Number::power_of_ten(-minor_digits(input, table, row));
    if (input.factor != 1) {
      if (is_wide || __builtin_mul_overflow(decimal.mantissa, input.factor, &decimal.mantissa)) {
        Number number = is_wide ? wide : *number_of(batch, input.column, row);
        store_wide(out, row, number * Number(input.factor));
        continue;
      }
    }
    if (is_wide) {
      store_wide(out, row, wide);
    } else if (out.is_wide()) {
      out.wide[row] = Number::scaled(decimal.mantissa, decimal.scale);
    } else if (decimal.scale == out.scale) {
      out.values[row] = decimal.mantissa;
    } else if (decimal.scale < out.scale
                   ? !__builtin_mul_overflow(decimal.mantissa, kPowers[out.scale - decimal.scale], &out.values[row])
                   : out.raise_scale(decimal.scale, row)) {
      if (decimal.scale >= out.scale) out.values[row] = decimal.mantissa;
    } else {
      store_wide(out, row, Number::scaled(decimal.mantissa, decimal.scale));
    }
  }
  if (input.decl->currency_field.valid()) check_currencies(batch, input, table, bad);
  if (input.decl->integer || input.has_range) check_numbers(batch, input, out, bad);
}

void Decoder::check_currencies(const Batch& batch, const Input& input, Table& table, BadCells& bad) {
  Column& amounts = table.columns[input.field.index];
  const Column& codes = table.column(input.decl->currency_field);
  for (std::size_t row = 0; row < batch.rows; ++row) {
    if (amounts.is_absent(row)) continue;
    if (codes.is_absent(row)) {
      amounts.set_absent(row);
      const auto is_same = [&](const BadCell& cell) { return cell.row == row && cell.field == input.decl->currency_field; };
      if (std::any_of(bad.begin(), bad.end(), is_same)) continue;
      bad.push_back({static_cast<std::uint32_t>(row), input.decl->currency_field, CellProblem::empty_required, ""});
    } else if (!world_.currencies.find(codes.values[row])) {
      amounts.set_absent(row);
      bad.push_back({static_cast<std::uint32_t>(row), input.decl->currency_field, CellProblem::unknown_currency,
                     shortened(world_.pool.text(codes.values[row]))});
    }
  }
}

void Decoder::check_numbers(const Batch& batch, const Input& input, Column& out, BadCells& bad) {
  if (batch.rows == 0) return;
  const bool check_integer = input.decl->integer && (out.is_wide() || out.scale > 0);
  bool check_range = input.has_range;
  if (check_range && !out.is_wide() && !out.any_absent) {  // two comparisons instead of one a row
    const auto [low, high] = std::minmax_element(out.values.begin(), out.values.end());
    const auto inside = [&](std::int64_t mantissa) {
      const Value range(std::make_shared<const value::RangeValue>(input.range));
      return value::contains(range, Number::scaled(mantissa, out.scale)) == Value(true);
    };
    check_range = !inside(*low) || !inside(*high);
  }
  if (!check_integer && !check_range) return;
  const Value range(std::make_shared<const value::RangeValue>(input.range));
  for (std::size_t row = 0; row < batch.rows; ++row) {
    if (out.is_absent(row)) continue;
    const Number number = out.number(row);
    if (check_integer && !number.is_integer()) {
      fail(batch, input, row, CellProblem::not_integer, out, bad);
    } else if (check_range && !(value::contains(range, number) == Value(true))) {
      fail(batch, input, row, CellProblem::out_of_range, out, bad);
    }
  }
}

void Decoder::decode_booleans(const Batch& batch, Input& input, Column& out, BadCells& bad) {
  const RawColumn& raw = batch.columns[input.column];
  for (std::size_t row = 0; row < batch.rows; ++row) {
    if (raw.classes[row] == CellClass::integer && (raw.bits[row] & ~std::int64_t{1}) == 0) {
      out.values[row] = raw.bits[row];
    } else if (raw.classes[row] == CellClass::null) {
      empty_cell(batch, input, row, out, bad);
    } else if (const auto boolean = boolean_of(batch, input.column, row)) {
      out.values[row] = *boolean;
    } else {
      fail(batch, input, row, CellProblem::malformed, out, bad);
    }
  }
}

void Decoder::decode_dates(const Batch& batch, Input& input, Column& out, BadCells& bad) {
  const RawColumn& raw = batch.columns[input.column];
  for (std::size_t row = 0; row < batch.rows; ++row) {
    if (raw.classes[row] == CellClass::null) {
      empty_cell(batch, input, row, out, bad);
      continue;
    }
    if (raw.classes[row] == CellClass::text && input.last_valid && batch.text(input.column, row) == input.last_text) {
      out.values[row] = input.last_value;
      continue;
    }
    const auto date = date_of(batch, input.column, row);
    if (!date) {
      fail(batch, input, row, CellProblem::malformed, out, bad);
      continue;
    }
    input.last_text = batch.text(input.column, row);
    input.last_value = date->days;
    input.last_valid = true;
    out.values[row] = date->days;
  }
}

}  // namespace kpi::eval::scanning
