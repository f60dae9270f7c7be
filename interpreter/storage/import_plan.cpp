#include "interpreter/storage/import_plan.hpp"

#include <algorithm>

#include "grammar/source/diagnostics/data.hpp"
#include "interpreter/storage/row_expression.hpp"

namespace kpi::storage {

using model::ColumnType;
using source::DiagnosticId;
namespace ids = source::ids;

namespace {

/// The headers a column may be called; its own name when it declares none.
std::vector<std::string> header_names(const model::ImportColumn& column) {
  return column.headers.empty() ? std::vector<std::string>{column.name} : column.headers;
}

/// A column of the import that reads a cell, by exactly this name: what a name in an expression means first.
const model::ImportColumn* column_named(const model::Import& import, const std::string& name) {
  for (const model::ImportColumn& column : import.columns) {
    if (column.name == name && !column.value.valid()) return &column;
  }
  return nullptr;
}

std::string in_backquotes(const std::string& text) { return "`" + text + "`"; }

}  // namespace

std::vector<std::string> key_columns(const model::Import& import) {
  if (!import.key.empty()) return import.key;
  std::vector<std::string> key;
  for (const model::ImportColumn& column : import.columns) {
    if (has_flag(column, "key")) key.push_back(column.name);
  }
  return key;
}

std::optional<char> separator_of(const model::Import& import) {
  const std::string& text = import.separator;
  if (text.empty()) return '\0';
  if (text == "comma") return ',';
  if (text == "tab" || text == "\\t") return '\t';
  if (text == "semicolon") return ';';
  const bool usable = text.size() == 1 && text[0] != '"' && text[0] != '\n' && text[0] != '\r' && text[0] > 0;
  return usable ? std::optional(text[0]) : std::nullopt;
}

HeaderFit fit_header(const model::Import& import, const HeaderIndex& header) {
  HeaderFit fit;
  const auto lacks = [&](const std::vector<std::string>& names) { return header.find(names).candidates.empty(); };
  const std::vector<std::string> key = key_columns(import);
  for (const model::ImportColumn& column : import.columns) {
    if (column.value.valid()) continue;
    const std::vector<std::string> names = header_names(column);
    if (!lacks(names)) continue;
    const bool is_key = std::find(key.begin(), key.end(), column.name) != key.end();
    const bool may_be_absent = column.optional && !is_key && (column.as != ColumnType::unspecified || column.type);
    if (may_be_absent) {
      fit.absent.push_back(names.front());
      fit.absent_columns.push_back(column.name);
    } else {
      fit.missing.push_back(names.front());
      fit.missing_spans.push_back(column.span);
    }
  }
  for (const std::string& name : import.header_fields) {
    if (column_named(import, name) || !lacks({name})) continue;
    fit.missing.push_back(name);
    fit.missing_spans.push_back(import.span);
  }
  return fit;
}

ImportPlan::ImportPlan(const model::Policy& policy, const model::Import& import, HeaderIndex header,
                       const std::string& file)
    : policy_(policy), import_(import), header_(std::move(header)), file_(file) {
  const std::vector<std::string> key = key_columns(import);
  columns_.reserve(import.columns.size());
  for (const model::ImportColumn& column : import.columns) {
    add_column(column, std::find(key.begin(), key.end(), column.name) != key.end());
  }
  values_.resize(columns_.size());
  resolve_expressions();
  store_constants();
}

std::optional<std::size_t> ImportPlan::locate(const std::vector<std::string>& names) const {
  const HeaderIndex::Match match = header_.find(names);
  if (match.candidates.size() < 2) return match.index;
  std::string found;
  for (const std::size_t i : match.candidates) {
    found += (found.empty() ? "" : ", ") + in_backquotes(header_.headers()[i]) + " (" + std::to_string(i + 1) + ")";
  }
  throw failure(ids::import_header_ambiguous,
                {{"file", file_}, {"header", in_backquotes(names.front())}, {"found", found}});
}

void ImportPlan::add_column(const model::ImportColumn& declared, bool is_key) {
  model::ImportColumn column = declared;
  if (is_key) column.optional = false;
  if (column.value.valid() && column.as == ColumnType::unspecified && !column.type) {
    column.type = policy_.expr(column.value).type;  // stored as what the expression gives
  }
  Column planned{&declared, CellReader(column), std::nullopt, is_key, false, std::nullopt, {}, {}, {}, {}, false};
  if (!column.value.valid()) planned.cell = locate(header_names(column));
  const bool carry_option =
      std::any_of(column.options.begin(), column.options.end(), [](const auto& o) { return o.first == "carry"; });
  planned.carries = carry_option || has_flag(column, "carry");
  for (const std::string& group : option_texts(column, "carry")) {
    if (!group.empty()) planned.carry_by = locate({group});
  }
  if (planned.reader.takes_code() && !code_column_) code_column_ = columns_.size();
  columns_.push_back(std::move(planned));
}

void ImportPlan::resolve_expressions() {
  for (const std::string& name : import_.header_fields) {
    ExpressionCell cell;
    if (const model::ImportColumn* column = column_named(import_, name)) {
      cell.column = static_cast<std::size_t>(column - import_.columns.data());
    } else {
      cell.cell = locate({name});
    }
    expression_cells_.push_back(cell);
  }
  expression_texts_.resize(expression_cells_.size());
  for (Column& column : columns_) column.is_direct = column.cell && !column.carries;
  for (const ExpressionCell& cell : expression_cells_) {
    if (cell.column) columns_[*cell.column].is_direct = false;
  }
}

void ImportPlan::store_constants() {
  for (std::size_t i = 0; i != columns_.size(); ++i) {
    const model::ExprId value = columns_[i].source->value;
    if (!value.valid()) continue;
    const auto& node = policy_.expr(value).node;
    const bool constant =
        std::holds_alternative<model::Constant>(node) || std::holds_alternative<model::ParamRef>(node);
    columns_[i].is_constant = constant && !compute(columns_[i], {}, values_[i]);
  }
}

std::vector<TargetColumn> ImportPlan::targets() const {
  std::vector<TargetColumn> targets;
  for (const Column& column : columns_) {
    targets.push_back({column.source->name, column.reader.type(), column.is_key});
  }
  return targets;
}

std::vector<std::string> ImportPlan::unused_headers() const {
  std::vector<bool> used(header_.headers().size());
  for (const Column& column : columns_) {
    if (column.cell) used[*column.cell] = true;
    if (column.carry_by) used[*column.carry_by] = true;
  }
  for (const ExpressionCell& cell : expression_cells_) {
    if (cell.cell) used[*cell.cell] = true;
  }
  std::vector<std::string> unused;
  for (std::size_t i = 0; i != used.size(); ++i) {
    if (!used[i]) unused.push_back(header_.headers()[i]);
  }
  return unused;
}

/// Cells behind the last header must be empty; a short row is a cut one unless the import says otherwise.
bool ImportPlan::has_right_length(const CsvReader& record, Reject& reject) const {
  const std::size_t columns = header_.headers().size();
  bool fits = record.size() >= columns || import_.short_rows;
  for (std::size_t i = columns; i < record.size(); ++i) fits = fits && trimmed(record[i]).empty();
  if (!fits) {
    reject = {ids::reject_cell_count, {{"cells", std::to_string(record.size())}, {"columns", std::to_string(columns)}}};
  }
  return fits;
}

void ImportPlan::clean_cells(const CsvReader& record) {
  for (Column& column : columns_) {
    if (!column.cell || column.is_direct) continue;
    column.text = column.reader.clean(cell(record, *column.cell));
    if (!column.carries || !column.text.empty()) continue;
    const bool same_group = !column.carry_by || column.carried_group == cell(record, *column.carry_by);
    if (same_group) column.text = column.carried;
  }
  for (std::size_t i = 0; i != expression_cells_.size(); ++i) {
    const ExpressionCell& from = expression_cells_[i];
    expression_texts_[i] = from.column ? columns_[*from.column].text
                           : from.cell ? cell(record, *from.cell)
                                       : std::string_view();
  }
}

/// Remembers the cells that later rows take over.
void ImportPlan::keep_carried(const CsvReader& record) {
  for (Column& column : columns_) {
    if (!column.carries || !column.cell) continue;
    if (column.carried != column.text) column.carried = column.text;
    column.text = column.carried;
    if (column.carry_by) column.carried_group = cell(record, *column.carry_by);
  }
}

bool ImportPlan::is_skipped() const {
  return std::any_of(import_.skip_where.begin(), import_.skip_where.end(),
                     [&](model::ExprId condition) { return is_true(policy_, condition, expression_texts_); });
}

ImportPlan::Row ImportPlan::read(const CsvReader& record, Reject& reject) {
  if (!has_right_length(record, reject)) return Row::rejected;
  clean_cells(record);
  if (is_skipped()) return Row::skipped;
  keep_carried(record);

  std::string_view code;
  if (code_column_) {
    if (auto problem = read_column(*code_column_, record, {})) return reject = std::move(*problem), Row::rejected;
    code = values_[*code_column_].text;
  }
  for (std::size_t i = 0; i != columns_.size(); ++i) {
    if (i == code_column_) continue;
    if (auto problem = read_column(i, record, code)) return reject = std::move(*problem), Row::rejected;
  }
  return Row::values;
}

bool ImportPlan::read_key(const CsvReader& record, const Reject& reject) {
  if (reject.id == ids::reject_cell_count) return false;  // its cells may stand in the wrong columns
  bool any = false;
  for (std::size_t i = 0; i != columns_.size(); ++i) {
    if (!columns_[i].is_key) continue;
    any = true;
    if (read_column(i, record, {})) return false;
  }
  return any;
}

std::optional<Reject> ImportPlan::read_column(std::size_t index, const CsvReader& record, std::string_view code) {
  Column& column = columns_[index];
  if (column.is_direct) {
    const std::string_view text = cell(record, *column.cell);
    if (column.reader.read_usual(text, values_[index])) return std::nullopt;
    return column.reader.read(column.reader.clean(text), code, values_[index]);
  }
  if (column.is_constant) return std::nullopt;
  if (column.source->value.valid()) return compute(column, code, values_[index]);
  return column.reader.read(column.text, code, values_[index]);
}

std::optional<Reject> ImportPlan::compute(Column& column, std::string_view code, Stored& stored) {
  const value::Value value = evaluate_row(policy_, column.source->value, expression_texts_);
  stored.kind = Stored::Kind::null;
  if (value.is<bool>() && column.reader.type() != ColumnType::text) {
    stored.kind = Stored::Kind::integer;
    stored.integer = value.boolean() ? 1 : 0;
    return std::nullopt;
  }
  // Everything else goes the way of a cell; numbers are written with the point then, whatever the file does.
  column.computed = value.has_value() ? value::to_string(value) : std::string();
  return column.reader.read(column.reader.clean(column.computed), code, stored);
}

std::string ImportPlan::key_text() const {
  std::string text;
  for (std::size_t i = 0; i != columns_.size(); ++i) {
    if (!columns_[i].is_key) continue;
    if (!text.empty()) text += ", ";
    text += in_backquotes(values_[i].kind == Stored::Kind::integer ? std::to_string(values_[i].integer)
                                                                   : std::string(values_[i].text));
  }
  return text;
}

}  // namespace kpi::storage
