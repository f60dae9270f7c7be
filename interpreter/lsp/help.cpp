#include "interpreter/lsp/help.hpp"

#include <string>
#include <unordered_map>

namespace kpi::lsp {
namespace {

struct Entry {
  std::string_view word, en, zh;
};
constexpr Entry kEntries[] = {
#define H(word, en, zh) Entry{word, en, zh},
#include "interpreter/lsp/help.def"
#undef H
};

}  // namespace

std::string_view help(std::string_view word, std::string_view block, source::Language language) {
  static const std::unordered_map<std::string_view, const Entry*> table = [] {
    std::unordered_map<std::string_view, const Entry*> result;
    for (const Entry& entry : kEntries) result.emplace(entry.word, &entry);
    return result;
  }();
  auto found = table.find(std::string(block) + "." + std::string(word));
  if (found == table.end()) found = table.find(word);
  if (found == table.end()) return "";
  return language == source::Language::zh ? found->second->zh : found->second->en;
}

}  // namespace kpi::lsp
