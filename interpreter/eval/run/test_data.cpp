// The tables of a test as a source would store them. Values come in the unit of their column; booleans are stored as 0
// and 1, everything else that is not an integer as text that reads back exactly.
#include <algorithm>

#include "grammar/source/diagnostics/test.hpp"
#include "interpreter/eval/run/test_runner.hpp"

namespace kpi::eval {
namespace {

using model::Field;
using source::DiagnosticId;
namespace ids = source::ids;
using value::Currency;
using value::Number;

std::string simplified(const std::string& name) {
  std::string result;
  for (const char c : name) {
    if (c == ' ' || c == '_') continue;
    result += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return result;
}

const std::string& column_of(const Field& field) { return field.column.empty() ? field.named.name : field.column; }

/// One `given` table on its way into the source.
class GivenRows {
 public:
  GivenRows(const model::Policy& policy_, const model::GivenTable& given_, source::Diagnostics& diagnostics_)
      : policy(policy_), given(given_), diagnostics(diagnostics_), columns(given_.columns) {
    for (const auto& entity : policy.entities) add_reader(entity.table, entity.fields);
    for (const auto& events : policy.events) add_reader(events.table, events.fields);
  }

  void store(MemorySource& source) {
    for (std::size_t row = 0; row < given.rows.size(); ++row) {
      auto& cells = rows.emplace_back(columns.size());
      for (std::size_t column = 0; column < given.columns.size(); ++column) cells[column] = cell(row, column);
    }
    for (std::size_t row = 0; row < given.rows.size(); ++row) write_currencies(row);
    for (auto& cells : rows) cells.resize(columns.size());
    source.add_table(given.table, columns, rows);
  }

 private:
  void add_reader(const std::string& table, const std::vector<Field>& fields) {
    if (!table.empty() && simplified(table) == simplified(given.table)) readers.push_back(&fields);
  }

  /// The first field that reads the column, with the fields of its source.
  std::pair<const Field*, const std::vector<Field>*> field_of(const std::string& column) const {
    for (const auto* fields : readers) {
      for (const Field& field : *fields) {
        if (!field.computed.valid() && column_of(field) == column) return {&field, fields};
      }
    }
    for (const auto* fields : readers) {
      for (const Field& field : *fields) {
        if (!field.computed.valid() && simplified(column_of(field)) == simplified(column)) return {&field, fields};
      }
    }
    return {nullptr, nullptr};
  }

  Currency written_currency(std::size_t row, std::size_t column) const {
    if (row >= given.currencies.size() || column >= given.currencies[row].size()) return {};
    return given.currencies[row][column];
  }

  MemoryCell cell(std::size_t row, std::size_t column) {
    const value::Value& value = given.rows[row][column];
    if (!value.has_value()) return {};
    if (value.is<bool>()) return MemoryCell::integer(value.boolean() ? 1 : 0);
    if (!value.is<Number>()) return MemoryCell::words(value::to_string(value));
    const Number& number = value.number();
    if (const auto integer = number.to_int64()) return MemoryCell::integer(*integer);
    if (number.is_decimal()) return MemoryCell::words(number.to_string());
    diagnostics.add(ids::test_cell_not_storable, given.span)
        .with("column", given.columns[column])
        .with("row", std::to_string(row + 1))
        .with("value", number.to_string());
    return {};
  }

  /// The unit of a money cell goes into the row's currency column, unless the row says something else there.
  void write_currencies(std::size_t row) {
    for (std::size_t column = 0; column < given.columns.size(); ++column) {
      const auto [field, fields] = field_of(given.columns[column]);
      const Currency currency = written_currency(row, column);
      if (field == nullptr || currency.is_none() || !field->currency_field.valid()) continue;
      const std::string& wanted = column_of((*fields)[field->currency_field.index]);
      MemoryCell& cell = at(row, wanted);
      const std::string code(currency.code());
      if (cell.cell_class == CellClass::null) {
        cell = MemoryCell::words(code);
      } else if (cell.text != code) {
        diagnostics.add(ids::test_cell_currency, given.span)
            .with("column", given.columns[column])
            .with("row", std::to_string(row + 1))
            .with("written", code)
            .with("declared", cell.text);
      }
    }
  }

  MemoryCell& at(std::size_t row, const std::string& name) {
    auto place = std::find_if(columns.begin(), columns.end(),
                              [&](const std::string& column) { return simplified(column) == simplified(name); });
    const auto index = static_cast<std::size_t>(place - columns.begin());
    if (place == columns.end()) columns.push_back(name);
    if (rows[row].size() <= index) rows[row].resize(columns.size());
    return rows[row][index];
  }

  const model::Policy& policy;
  const model::GivenTable& given;
  source::Diagnostics& diagnostics;
  std::vector<std::string> columns;
  std::vector<std::vector<MemoryCell>> rows;
  std::vector<const std::vector<Field>*> readers;
};

}  // namespace

MemorySource given_data(const model::Policy& policy, const model::Test& test, const GivenFileReader& read_file,
                        source::Diagnostics& diagnostics) {
  MemorySource source;
  for (const model::GivenTable& given : test.given) {
    if (given.file.empty()) {
      GivenRows(policy, given, diagnostics).store(source);
      continue;
    }
    const auto file = read_file ? read_file(given) : std::nullopt;
    if (file) {
      source.add_table(given.table, file->columns, file->rows);
    } else {
      diagnostics.add(ids::test_file_unreadable, given.span).with("file", given.file);
    }
  }
  return source;
}

}  // namespace kpi::eval
