// Which fields read a column of a database table, for tests and imports.
#pragma once

#include <string>
#include <vector>

#include "interpreter/bind/session.hpp"

namespace kpi::bind {

/// Names of tables and columns are found ignoring case, spaces and `_`.
std::string loose_name(std::string_view name);

class TablesByName {
 public:
  explicit TablesByName(const Session& session);

  struct Column {
    std::string name;              // as the policy writes it
    const model::Field* field;     // the first field that reads it; nullptr for columns of `exchange`
    Type type;
  };
  struct Table {
    std::string name;
    std::vector<Column> columns;
    const Column* find(std::string_view column) const;
    std::vector<std::string> column_names() const;
  };
  const Table* find(std::string_view table) const;
  std::vector<std::string> names() const;

 private:
  Table& table(const std::string& name);
  void add(const std::string& table, const std::vector<model::Field>& fields);

  std::vector<Table> tables_;
  std::unordered_map<std::string, std::size_t> by_name_;
};

}  // namespace kpi::bind
