#include "grammar/syntax/keywords.hpp"

#include <algorithm>
#include <array>
#include <unordered_set>

namespace kpi::syntax {
namespace {

struct Entry {
  WordGroup group;
  std::string_view word;
};

constexpr Entry kEntries[] = {
#define W(group, word) Entry{WordGroup::group, #word},
#include "grammar/syntax/keywords.def"
#undef W
};

constexpr std::size_t kGroups = static_cast<std::size_t>(WordGroup::currency) + 1;

struct Lists {
  std::array<std::vector<std::string>, kGroups> in_order;
  std::array<std::unordered_set<std::string_view>, kGroups> sets;
  std::vector<std::string> units;
};

const Lists& lists() {
  static const Lists all = [] {
    Lists result;
    for (const Entry& entry : kEntries) {
      const auto group = static_cast<std::size_t>(entry.group);
      result.in_order[group].emplace_back(entry.word);
      result.sets[group].insert(entry.word);
      const bool unit = entry.group == WordGroup::currency || entry.group == WordGroup::duration_unit ||
                        entry.group == WordGroup::calendar_unit;
      if (unit) result.units.emplace_back(entry.word);
    }
    return result;
  }();
  return all;
}

}  // namespace

const std::vector<std::string>& words(WordGroup group) { return lists().in_order[static_cast<std::size_t>(group)]; }

bool is_word(WordGroup group, std::string_view word) {
  return lists().sets[static_cast<std::size_t>(group)].contains(word);
}

bool is_unit_word(std::string_view word) {
  return is_word(WordGroup::currency, word) || is_word(WordGroup::duration_unit, word) ||
         is_word(WordGroup::calendar_unit, word);
}

const std::vector<std::string>& unit_words() { return lists().units; }

}  // namespace kpi::syntax
