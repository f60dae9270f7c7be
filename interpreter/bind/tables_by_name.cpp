#include "interpreter/bind/tables_by_name.hpp"

namespace kpi::bind {

std::string loose_name(std::string_view name) {
  std::string result;
  for (const char c : name) {
    if (c == ' ' || c == '_') continue;
    result += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return result;
}

TablesByName::TablesByName(const Session& session) {
  const model::Policy& policy = session.policy;
  for (const model::Entity& entity : policy.entities) {
    if (!entity.table.empty()) add(entity.table, entity.fields);
  }
  for (const model::Events& events : policy.events) {
    if (!events.table.empty()) add(events.table, events.fields);
  }
  if (!policy.exchange) return;
  Table& rates = table(policy.exchange->table);
  rates.columns.push_back({policy.exchange->day_column, nullptr, Type::of(Kind::date)});
  rates.columns.push_back({policy.exchange->currency_column, nullptr, Type::of(Kind::text)});
  rates.columns.push_back({policy.exchange->rate_column, nullptr, Type::number()});
}

TablesByName::Table& TablesByName::table(const std::string& name) {
  const auto [at, inserted] = by_name_.emplace(loose_name(name), tables_.size());
  if (inserted) tables_.push_back({name, {}});
  return tables_[at->second];
}

void TablesByName::add(const std::string& name, const std::vector<model::Field>& fields) {
  Table& target = table(name);
  for (const model::Field& field : fields) {
    if (field.column.empty() || target.find(field.column)) continue;
    target.columns.push_back({field.column, &field, field.type});
  }
}

const TablesByName::Column* TablesByName::Table::find(std::string_view column) const {
  for (const Column& candidate : columns) {
    if (candidate.name == column) return &candidate;
  }
  const std::string wanted = loose_name(column);
  for (const Column& candidate : columns) {
    if (loose_name(candidate.name) == wanted) return &candidate;
  }
  return nullptr;
}

std::vector<std::string> TablesByName::Table::column_names() const {
  std::vector<std::string> result;
  for (const Column& column : columns) result.push_back(column.name);
  return result;
}

const TablesByName::Table* TablesByName::find(std::string_view name) const {
  const auto found = by_name_.find(loose_name(name));
  return found == by_name_.end() ? nullptr : &tables_[found->second];
}

std::vector<std::string> TablesByName::names() const {
  std::vector<std::string> result;
  for (const Table& known : tables_) result.push_back(known.name);
  return result;
}

}  // namespace kpi::bind
