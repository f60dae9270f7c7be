// Stores of rows as text of the language: the `given` tables of a `test` block.
#pragma once

#include <string>
#include <vector>

#include "interpreter/model/policy.hpp"

namespace kpi::prove {

/// A text literal.
std::string quoted(const std::string& text);
/// A number as people write it, with its thousands apart: `100_000`, `-1_234.5`, `2/375`.
std::string number_text(const value::Number& number);
/// A table, four blanks in, its columns aligned.
std::string table_text(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows);
/// `given TABLE` with its rows, for each table.
std::string given_text(const model::Policy& policy, const std::vector<model::GivenTable>& tables);

}  // namespace kpi::prove
