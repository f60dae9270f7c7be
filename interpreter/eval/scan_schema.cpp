#include "interpreter/eval/scan_schema.hpp"
#include "grammar/source/diagnostics/data.hpp"

#include <vector>

namespace kpi::eval::scanning {

using source::DiagnosticId;
namespace ids = source::ids;

namespace {

std::string simplified(const std::string& name) {
  std::string result;
  for (const char c : name) {
    if (c == ' ' || c == '_') continue;
    result += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return result;
}

std::string listed(const std::vector<std::string>& names) {
  std::string result;
  for (const std::string& name : names) result += (result.empty() ? "`" : ", `") + name + "`";
  return result;
}

}  // namespace

std::optional<TableSchema> find_table(DataSource& data, const std::string& table, const std::string& reader,
                                      source::Span span, DataErrors& errors) {
  auto schema = data.schema(table);
  if (schema) return schema;
  if (data.missing_tables_are_empty()) return TableSchema{table, {}, {}};
  auto& diagnostic = errors.add(ids::data_missing_table, span);
  diagnostic.with("table", table).with("reader", reader);
  if (const auto near = source::nearest_name(table, data.tables())) diagnostic.suggest(*near);
  return std::nullopt;
}

std::optional<std::size_t> find_column(const TableSchema& schema, const std::string& name, bool required,
                                       const std::string& reader, source::Span span, DataErrors& errors) {
  std::vector<std::string> names, matches;
  std::optional<std::size_t> found;
  const std::string wanted = simplified(name);
  for (std::size_t index = 0; index < schema.columns.size(); ++index) {
    const std::string& column = schema.columns[index].name;
    if (column == name) return index;
    names.push_back(column);
    if (simplified(column) != wanted) continue;
    matches.push_back(column);
    found = index;
  }
  if (matches.size() == 1) return found;
  if (matches.empty() && !required) return std::nullopt;
  auto& diagnostic = errors.add(matches.empty() ? ids::data_missing_column : ids::data_ambiguous_column, span);
  diagnostic.with("table", schema.name).with("column", name).with("reader", reader);
  diagnostic.with("found", listed(matches.empty() ? names : matches));
  if (const auto near = source::nearest_name(name, names); matches.empty() && near) diagnostic.suggest(*near);
  return std::nullopt;
}

}  // namespace kpi::eval::scanning
