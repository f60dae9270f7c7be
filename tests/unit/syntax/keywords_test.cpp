#include "grammar/syntax/keywords.hpp"

#include <catch2/catch.hpp>

using namespace kpi::syntax;

TEST_CASE("word lists", "[keywords]") {
  CHECK(is_word(WordGroup::declaration, "metric"));
  CHECK_FALSE(is_word(WordGroup::declaration, "metrics"));
  CHECK(is_word(WordGroup::clause_payout, "clawback"));
  CHECK(words(WordGroup::curve_kind) == std::vector<std::string>{"steps", "line", "brackets"});
  CHECK(is_unit_word("GBP"));
  CHECK(is_unit_word("quarters"));
  CHECK_FALSE(is_unit_word("XAU"));
  CHECK_FALSE(is_unit_word("sales"));
  CHECK(words(WordGroup::currency).size() > 150);
}
