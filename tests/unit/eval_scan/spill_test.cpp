#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <set>

#include "interpreter/eval/scan_spill.hpp"

using namespace kpi::eval::scanning;

namespace {

using Values = std::vector<std::int64_t>;

Values merged(const SortedEntries<CellEntry>& entries, const std::vector<std::uint32_t>& cells) {
  Values found;
  entries.visit_merged(cells, [&](std::int64_t value) {
    found.push_back(value);
    return true;
  });
  return found;
}

}  // namespace

TEST_CASE("sorted entries are those of a multiset, whatever the memory") {
  const std::uint64_t memory = GENERATE(1, 700, 20'000, 100'000'000);
  const bool unique = GENERATE(false, true);
  CAPTURE(memory, unique);
  std::mt19937_64 random(memory);
  MemoryBudget budget(memory);
  SortedEntries<CellEntry> entries(budget, unique);
  std::map<std::uint32_t, std::multiset<std::int64_t>> expected;
  const auto insert = [&](std::uint32_t cell, std::int64_t value) {
    auto& values = expected[cell];
    if (!unique || !values.contains(value)) values.insert(value);
  };
  for (int part = 0; part != 3; ++part) {  // the first as it is, one with the same cells, one with others
    SortedEntries<CellEntry> other(budget, unique);
    const std::uint32_t shift = part == 2 ? 5 : 0;
    for (int i = 0; i != 3000; ++i) {
      const CellEntry entry{static_cast<std::uint32_t>(random() % 20), 0,
                            static_cast<std::int64_t>(random() % 300) - 150};
      (part == 0 ? entries : other).add(entry);
      insert((entry.cell + shift) % 20, entry.value);
    }
    entries.take_in(other, shift == 0, [&](CellEntry entry) {
      entry.cell = (entry.cell + shift) % 20;
      return entry;
    });
    CHECK(other.empty());
  }
  entries.finish();
  std::uint64_t size = 0;
  for (std::uint32_t cell = 0; cell != 21; ++cell) {
    const Values values(expected[cell].begin(), expected[cell].end());
    size += values.size();
    const auto [first, last] = entries.range(cell);
    REQUIRE(last - first == values.size());
    REQUIRE(merged(entries, {cell}) == values);
    for (std::uint64_t i = 0; i < values.size(); i += 37) REQUIRE(entries.at(first + i).value == values[i]);
  }
  CHECK(entries.size() == size);
  std::multiset<std::int64_t> together;
  for (const std::uint32_t cell : {3U, 11U, 20U, 4U}) together.insert(expected[cell].begin(), expected[cell].end());
  CHECK(merged(entries, {3, 11, 20, 4}) == Values(together.begin(), together.end()));
  CHECK(merged(entries, {}).empty());
  CHECK((budget.spilled() > 0) == (memory < 100'000));
  CHECK(budget.values() == size);
  if (memory >= 20'000) CHECK(budget.peak() <= memory);
}

TEST_CASE("hashes are sorted like other values") {
  const std::uint64_t memory = GENERATE(1, 100'000'000);
  std::mt19937_64 random(5);
  MemoryBudget budget(memory);
  SortedEntries<std::uint64_t> entries(budget, false);
  std::multiset<std::uint64_t> expected;
  for (int i = 0; i != 5000; ++i) {
    const std::uint64_t hash = random() >> (i % 3 == 0 ? 55 : 0);
    entries.add(hash);
    expected.insert(hash);
  }
  entries.finish();
  std::vector<std::uint64_t> found;
  entries.visit_all([&](std::uint64_t hash) { found.push_back(hash); });
  CHECK((found == std::vector<std::uint64_t>(expected.begin(), expected.end())));
}

TEST_CASE("memory is shared: nobody is left without") {
  MemoryBudget budget(1000);
  budget.join();
  CHECK(budget.take(0, 900));  // alone
  budget.join();
  CHECK_FALSE(budget.take(900, 100));
  CHECK(budget.take(0, 250));  // a quarter is everybody's own when two share
  CHECK_FALSE(budget.take(250, 100));
  budget.give_back(1100);
  CHECK(budget.take(250, 400));
  CHECK(budget.peak() == 1150);
}
