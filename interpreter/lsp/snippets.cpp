#include "interpreter/lsp/snippets.hpp"

#include <nlohmann/json.hpp>

#include "interpreter/driver/embedded_files.hpp"

namespace kpi::lsp {
namespace {

constexpr std::string_view kBetweenLanguages = " · ";

Snippet snippet(const nlohmann::ordered_json& json) {
  Snippet result;
  result.prefix = json.at("prefix").get<std::string>();
  const auto description = json.at("description").get<std::string>();
  const std::size_t between = description.find(kBetweenLanguages);
  result.en = description.substr(0, between);
  result.zh = between == std::string::npos ? description : description.substr(between + kBetweenLanguages.size());
  for (const auto& line : json.at("body")) result.body += (result.body.empty() ? "" : "\n") + line.get<std::string>();
  result.word = result.body.substr(0, result.body.find_first_of(" \n"));
  return result;
}

}  // namespace

const std::vector<Snippet>& snippets() {
  static const std::vector<Snippet> all = [] {
    std::vector<Snippet> result;
    for (const driver::EmbeddedFile& file : driver::embedded_snippets()) {
      for (const auto& entry : nlohmann::ordered_json::parse(file.text)) result.push_back(snippet(entry));
    }
    return result;
  }();
  return all;
}

}  // namespace kpi::lsp
