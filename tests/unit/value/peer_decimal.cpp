// Every row of the General Decimal Arithmetic test suite that our numbers have a counterpart for.
//
// Arithmetic there rounds each result to `precision` significant digits; ours is exact, so the counterpart is
// round_significant of the exact result. The rows lie outside the repository: $KPI_SHARED/peer/decimal_cases.tsv, or
// ../shared beside the repository. tests/peer/decimal_cases.py runs the same rows through `kpi eval`.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "tests/unit/value/show.hpp"

using namespace kpi::value;

namespace {

struct Row {
  std::string id, operation, rounding;
  int precision = 0;
  std::string a, b, expected;
};

std::filesystem::path data_file() {
  const char* shared = std::getenv("KPI_SHARED");
  const std::filesystem::path folder = shared ? shared : std::filesystem::path(KPI_SOURCE_DIR) / ".." / "shared";
  return folder / "peer" / "decimal_cases.tsv";
}

std::vector<Row> read_rows(std::istream& file) {
  std::vector<Row> rows;
  std::string line;
  std::getline(file, line);  // file, id, op, precision, rounding, a, b, expected
  while (std::getline(file, line)) {
    std::istringstream cells(line);
    std::vector<std::string> cell(8);
    for (std::string& text : cell) std::getline(cells, text, '\t');
    rows.push_back({cell[1], cell[2], cell[4], std::stoi(cell[3]), cell[5], cell[6], cell[7]});
  }
  return rows;
}

/// The places that a value as written has: 2 for `1.50`, -3 for `1e3`.
int written_places(const std::string& text) {
  const std::size_t exponent = text.find_first_of("eE");
  const std::size_t point = text.find('.');
  const int fraction = point == std::string::npos ? 0 : static_cast<int>(std::min(exponent, text.size()) - point - 1);
  return exponent == std::string::npos ? fraction : fraction - std::stoi(text.substr(exponent + 1));
}

/// Our result; none when the operation has no counterpart.
std::optional<Number> evaluate(const Row& row, Rounding mode) {
  const Number a = num(row.a), b = row.b.empty() ? Number() : num(row.b);
  const auto precise = [&](const Number& exact) { return exact.round_significant(row.precision, mode); };
  const std::string& op = row.operation;
  if (op == "add") return precise(a + b);
  if (op == "subtract") return precise(a - b);
  if (op == "multiply") return precise(a * b);
  if (op == "divide") return precise(a / b);
  if (op == "divideint") return a.divide_truncated(b).first;
  if (op == "remainder") return precise(a.divide_truncated(b).second);
  if (op == "abs") return precise(a.abs());
  if (op == "minus") return precise(-a);
  if (op == "plus" || op == "reduce") return precise(a);
  if (op == "max") return precise(max(a, b));
  if (op == "min") return precise(min(a, b));
  if (op == "compare") return Number(Number::compare(a, b));
  if (op == "quantize") return a.round(written_places(row.b), mode);
  if (op == "rescale") return a.round(-static_cast<int>(*b.to_int64()), mode);
  if (op == "tointegral" || op == "tointegralx") return a.round(0, mode);
  return std::nullopt;
}

}  // namespace

TEST_CASE("General Decimal Arithmetic test cases") {
  std::ifstream file(data_file());
  if (!file) {
    WARN("skipped: " << data_file().string()
                     << " is not there; set KPI_SHARED to the folder with peer/decimal_cases.tsv");
    return;
  }
  int compared = 0;
  std::map<std::string, int> without_counterpart;
  for (const Row& row : read_rows(file)) {
    const auto mode = parse_rounding(row.rounding);
    const auto result = mode ? evaluate(row, *mode) : std::nullopt;
    if (!result) {
      ++without_counterpart[mode ? "operation " + row.operation : "rounding " + row.rounding];
      continue;
    }
    INFO(row.id << ": " << row.operation << " " << row.a << " " << row.b << ", " << row.precision << " digits, "
                << row.rounding);
    CHECK(*result == num(row.expected));
    ++compared;
  }
  CHECK(compared > 0);
  std::ostringstream summary;
  summary << compared << " rows compared";
  for (const auto& [reason, count] : without_counterpart)
    summary << ", " << count << " without counterpart: " << reason;
  WARN(summary.str());
}
