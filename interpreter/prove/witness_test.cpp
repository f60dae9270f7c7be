// A witness as a `test` block of the language.
#include <algorithm>

#include "interpreter/eval/run/display.hpp"
#include "interpreter/model/dump.hpp"
#include "interpreter/prove/analysis.hpp"
#include "interpreter/prove/test_text.hpp"

namespace kpi::prove {
namespace {

using value::Value;

/// A moment as the clocks of the zone show it, where that says it exactly; else in UTC.
std::string moment_text(value::Instant moment, const value::TimeZone* zone) {
  const std::string utc = moment.to_string();
  if (zone == nullptr) return utc;
  const std::int64_t micros = zone->to_local_micros(moment);
  if (zone->to_instant(micros) != moment) return utc;
  std::string local = value::Instant{micros}.to_string();
  local.pop_back();  // `Z`
  if (local.ends_with(":00")) local.resize(local.size() - 3);
  return local;
}

std::string cell_text(const Value& cell, value::Currency currency, const value::TimeZone* zone) {
  if (!cell.has_value()) return "-";
  if (cell.is<std::string>()) return model::text_literal(cell.text());
  if (cell.is<value::Instant>()) return moment_text(cell.as<value::Instant>(), zone);
  std::string text = cell.is<Number>() ? eval::exact_number(cell.number()) : value::to_string(cell);
  if (cell.is<Number>() && !currency.is_none()) text += " " + std::string(currency.code());
  return text;
}

/// The length of a duration column's unit in seconds; none for other columns.
std::optional<Number> duration_unit(const model::Policy& policy, const std::string& table, const std::string& column) {
  const auto look = [&](const std::string& of, const std::vector<model::Field>& fields) -> std::optional<Number> {
    if (of != table) return std::nullopt;
    for (const auto& field : fields) {
      const std::string& name = field.column.empty() ? field.named.name : field.column;
      const bool duration = field.type.kind == value::Kind::number && field.type.unit == value::Unit::duration();
      if (name == column && duration) return field.duration_unit;
    }
    return std::nullopt;
  };
  for (const auto& events : policy.events) {
    if (const auto unit = look(events.table, events.fields)) return unit;
  }
  for (const auto& entity : policy.entities) {
    if (const auto unit = look(entity.table, entity.fields)) return unit;
  }
  return std::nullopt;
}

}  // namespace

std::string table_text(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < header.size(); ++i) {
    widths.push_back(header[i].size());
    for (const auto& row : rows) widths[i] = std::max(widths[i], row[i].size());
  }
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string text = "    |";
    for (std::size_t i = 0; i < cells.size(); ++i)
      text += " " + cells[i] + std::string(widths[i] - cells[i].size(), ' ') + " |";
    return text + "\n";
  };
  std::string result = line(header);
  for (const auto& row : rows) result += line(row);
  return result;
}

std::string given_text(const model::Policy& policy, const std::vector<model::GivenTable>& tables) {
  std::string result;
  for (const auto& table : tables) {
    std::vector<std::string> header;
    for (const std::string& column : table.columns) {
      const bool plain = column.find_first_of(" \t|`\"#(){}") == std::string::npos;
      header.push_back(plain ? column : "`" + column + "`");
    }
    std::vector<std::vector<std::string>> rows;
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
      auto& cells = rows.emplace_back();
      for (std::size_t i = 0; i < table.rows[row].size(); ++i) {
        const Value& cell = table.rows[row][i];
        const auto unit = cell.is<Number>() ? duration_unit(policy, table.table, table.columns[i]) : std::nullopt;
        cells.push_back(unit ? eval::exact_number(cell.number() * *unit) + " seconds"
                             : cell_text(cell, table.currencies[row][i], policy.header.timezone));
      }
    }
    result += "  given " + table.table + "\n" + table_text(header, rows);
  }
  return result;
}

std::string test_text(const model::Policy& policy, const Finding& finding) {
  if (!finding.witness) return {};
  const Witness& witness = *finding.witness;
  std::string result;
  const std::string title = std::string(name(finding.property)) + " " + finding.subject +
                            (finding.detail.empty() ? "" : " " + finding.detail);
  const auto test = [&](const std::string& when, const std::vector<model::GivenTable>& tables, std::size_t at,
                        const Number& paid, const std::string& status) {
    if (status == "absent") return;  // nobody is on the list: there is nothing to expect
    const value::Period period = witness.period.shift(static_cast<int>(at));
    result += "\ntest " +
              model::text_literal(title + ", " + when + (witness.periods > 1 ? ", " + period.to_string() : "")) +
              " {\n" + given_text(policy, tables) + "  period " + period.to_string() + "\n";
    if (status != "absent") {
      const std::string entity =
          witness.entity == "company" ? "company" : witness.entity + " " + model::text_literal(witness.key);
      std::string expected = eval::exact_number(paid);
      if (finding.payout.valid()) expected += " " + std::string(policy.payouts[finding.payout.index].currency.code());
      if (status == "unscored") expected = "unscored";
      if (status == "no_value") expected = "none";
      result +=
          "  expect " + entity + "\n" + table_text({finding.payout.valid() ? finding.subject : "score"}, {{expected}});
    }
    result += "}\n";
  };
  for (std::size_t at = 0; at < witness.paid_before.size(); ++at) {
    test("before", witness.before, at, witness.paid_before[at], witness.status_before[at]);
  }
  for (std::size_t at = 0; at < witness.paid_after.size(); ++at) {
    test("after", witness.after[std::min(at, witness.after.size() - 1)], at, witness.paid_after[at],
         witness.status_after[at]);
  }
  // What a clawback compares: the first period with the data of the next.
  if (witness.recomputed)
    test("as seen later", witness.after.back(), 0, *witness.recomputed, witness.recomputed_status);
  return result;
}

}  // namespace kpi::prove
