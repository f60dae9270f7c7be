#include "interpreter/eval/memory_source.hpp"

#include <algorithm>

namespace kpi::eval {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

}  // namespace

class MemorySource::Scan final : public TableScan {
 public:
  Scan(const Table& table, std::vector<std::size_t> columns) : table_(table), columns_(std::move(columns)) {}

  bool next(Batch& batch, std::size_t limit) override {
    batch.rows = std::min(limit, table_.rows.size() - position_);
    batch.first_row = position_;
    batch.bytes.clear();
    batch.base = nullptr;
    batch.columns.resize(columns_.size());
    for (std::size_t column = 0; column < columns_.size(); ++column) fill(batch, column);
    batch.bytes.resize(batch.bytes.size() + 16);  // room to read two words at the last text
    position_ += batch.rows;
    return batch.rows > 0;
  }

 private:
  void fill(Batch& batch, std::size_t column) {
    RawColumn& raw = batch.columns[column];
    raw.classes.resize(batch.rows);
    raw.bits.resize(batch.rows);
    raw.lengths.resize(batch.rows);
    for (std::size_t row = 0; row < batch.rows; ++row) {
      const MemoryCell& cell = table_.rows[position_ + row][columns_[column]];
      raw.classes[row] = cell.cell_class;
      raw.bits[row] = cell.bits;
      if (cell.cell_class != CellClass::text) continue;
      raw.bits[row] = static_cast<std::int64_t>(batch.bytes.size());
      raw.lengths[row] = static_cast<std::uint32_t>(cell.text.size());
      batch.bytes.insert(batch.bytes.end(), cell.text.begin(), cell.text.end());
    }
    raw.note_kinds(batch.rows);
  }

  const Table& table_;
  std::vector<std::size_t> columns_;
  std::size_t position_ = 0;
};

void MemorySource::add_table(const std::string& name, const std::vector<std::string>& columns,
                             const std::vector<std::vector<MemoryCell>>& rows) {
  Table& table = tables_[lower(name)];
  if (table.name.empty()) table.name = name;
  std::vector<std::size_t> places;
  for (const std::string& column : columns) {
    const auto found = std::find(table.columns.begin(), table.columns.end(), column);
    places.push_back(static_cast<std::size_t>(found - table.columns.begin()));
    if (found == table.columns.end()) table.columns.push_back(column);
  }
  for (auto& row : table.rows) row.resize(table.columns.size());
  for (const auto& cells : rows) {
    auto& row = table.rows.emplace_back(table.columns.size());
    for (std::size_t index = 0; index < cells.size(); ++index) row[places[index]] = cells[index];
  }
}

std::optional<TableSchema> MemorySource::schema(std::string_view table) {
  const auto found = tables_.find(lower(table));
  if (found == tables_.end()) return std::nullopt;
  TableSchema schema;
  schema.name = found->second.name;
  for (const std::string& column : found->second.columns) schema.columns.push_back({column, {}});
  return schema;
}

std::vector<std::string> MemorySource::tables() {
  std::vector<std::string> names;
  for (const auto& [key, table] : tables_) names.push_back(table.name);
  return names;
}

std::unique_ptr<TableScan> MemorySource::scan(const std::string& table, const std::vector<std::string>& columns) {
  static const Table kEmpty;
  const auto found = tables_.find(lower(table));
  const Table& source = found == tables_.end() ? kEmpty : found->second;
  std::vector<std::size_t> places;
  for (const std::string& column : columns) {
    const auto place = std::find(source.columns.begin(), source.columns.end(), column);
    if (place != source.columns.end()) places.push_back(static_cast<std::size_t>(place - source.columns.begin()));
  }
  return std::make_unique<Scan>(source, std::move(places));
}

}  // namespace kpi::eval
