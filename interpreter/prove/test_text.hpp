// Stores of rows as text of the language: the `given` tables of a `test` block.
#pragma once

#include <string>
#include <vector>

#include "interpreter/model/policy.hpp"

namespace kpi::prove {

/// A table, four blanks in, its columns aligned.
std::string table_text(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows);
/// `given TABLE` with its rows, for each table.
std::string given_text(const model::Policy& policy, const std::vector<model::GivenTable>& tables);

}  // namespace kpi::prove
