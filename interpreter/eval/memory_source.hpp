// Tables in memory: the data of a test.
#pragma once

#include <map>

#include "interpreter/eval/data_source.hpp"

namespace kpi::eval {

struct MemoryCell {
  CellClass cell_class = CellClass::null;
  std::int64_t bits = 0;  // an integer, or the IEEE 754 bits of a REAL
  std::string text;
  static MemoryCell integer(std::int64_t value) { return {CellClass::integer, value, {}}; }
  static MemoryCell words(std::string text) { return {CellClass::text, 0, std::move(text)}; }
};

class MemorySource final : public DataSource {
 public:
  /// Every row has one cell per column. A table of the same name (ignoring case) gets further rows; columns that one of
  /// them lacks are null.
  void add_table(const std::string& name, const std::vector<std::string>& columns,
                 const std::vector<std::vector<MemoryCell>>& rows);

  std::optional<TableSchema> schema(std::string_view table) override;
  std::vector<std::string> tables() override;
  std::unique_ptr<TableScan> scan(const std::string& table, const std::vector<std::string>& columns) override;
  std::string name() const override { return "test data"; }
  bool missing_tables_are_empty() const override { return true; }

 private:
  struct Table {
    std::string name;
    std::vector<std::string> columns;
    std::vector<std::vector<MemoryCell>> rows;
  };
  class Scan;
  std::map<std::string, Table> tables_;  // by name in lower case
};

}  // namespace kpi::eval
