#include "interpreter/lsp/completion_words.hpp"

#include <filesystem>

#include "interpreter/driver/embedded_files.hpp"
#include "interpreter/model/rule.hpp"

namespace kpi::lsp {

std::vector<std::string> words_behind(std::string_view scope, std::string_view word) {
  // What rules can ask for as well, see model/rule_properties.def.
  struct Set {
    std::string_view scope, word, name;
  };
  static const Set kSets[] = {
      {"payout", "payee", "payee"},
      {"scorecard", "missing", "missing"},
      {"scorecard", "population", "population"},
      {"events", "duplicates", "duplicates"},
      {"entity", "duplicates", "duplicates"},
      {"events", "collected", "collected"},
      {"entity", "collected", "collected"},
  };
  for (const Set& set : kSets) {
    if (set.scope != scope || set.word != word) continue;
    std::vector<std::string> words;
    for (const std::string& each : model::words_of(set.name)) {
      // Data of which nothing is said; and what needs to say by whom.
      if (each != "unknown") words.push_back(each == "manual" ? "manual by" : each);
    }
    return words;
  }
  struct Values {
    std::string_view scope, word;
    std::initializer_list<std::string_view> values;
  };
  static const Values kValues[] = {
      {"metric", "better", {"higher", "lower"}},
      {"metric", "show", {"percent", "decimals", "in"}},
      {"metric", "matures", {"after"}},
      {"payout", "earned", {"after"}},
      {"payout", "payable", {"after"}},
      {"payout", "paid", {"when"}},
      {"payout", "assume", {"fake_order_cost", "minimum_pay", "monthly_hours", "probation_share"}},
      {"policy", "partial", {"prorate"}},
  };
  for (const Values& entry : kValues) {
    if (entry.scope == scope && entry.word == word) return {entry.values.begin(), entry.values.end()};
  }
  return {};
}

std::vector<std::string> field_options() {
  return {"key", "label", "personal", "in", "from", "range", "stored as minor"};
}

std::vector<std::string> served(std::string_view group) {
  constexpr std::string_view kEnding = ".kpi";
  const std::string folder = "std/compliance/" + std::string(group) + "/";
  std::vector<std::string> names;
  for (const driver::EmbeddedFile& file : driver::embedded_files()) {
    if (!file.path.starts_with(folder)) continue;
    std::string name(file.path.substr(folder.size(), file.path.size() - folder.size() - kEnding.size()));
    if (group == "markets") {
      for (char& c : name) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
    names.push_back(std::move(name));
  }
  return names;
}

ItemKind kind_of(What what) {
  switch (what) {
    case What::entity:
      return ItemKind::entity;
    case What::events:
      return ItemKind::events;
    case What::field:
      return ItemKind::field;
    case What::param:
      return ItemKind::parameter;
    case What::phase:
      return ItemKind::phase;
    case What::curve:
    case What::table:
      return ItemKind::curve;
    case What::exclusion:
      return ItemKind::exclusion;
    case What::scorecard:
    case What::payout:
      return ItemKind::scorecard;
    case What::rule:
      return ItemKind::rule;
    case What::alias:
      return ItemKind::module;
    default:
      return ItemKind::metric;
  }
}

std::vector<std::string> files_beside(const std::string& file, std::string_view ending) {
  std::vector<std::string> names;
  std::error_code ignored;
  const std::filesystem::path self(file);
  int left = 200;
  for (const auto& entry : std::filesystem::directory_iterator(self.parent_path(), ignored)) {
    if (left-- == 0) break;
    const std::filesystem::path& path = entry.path();
    if (path.extension() == ending && path.filename() != self.filename()) names.push_back(path.filename().string());
  }
  return names;
}

std::vector<RuleWord> rule_words(const Context& context, source::Language language) {
  if (context.path.empty()) return {};
  const auto binder = context.binders.find(context.path.front());
  auto kind = binder == context.binders.end() ? std::nullopt : model::parse_element(binder->second);
  if (!kind && context.path.front() == "policy") kind = model::ElementKind::policy;
  for (std::size_t i = 1; kind && i < context.path.size(); ++i) {
    const model::Property* property = model::find_property(*kind, context.path[i]);
    const bool leads = property && property->result.kind == model::RuleType::Kind::element;
    kind = leads ? std::optional(property->result.element) : std::nullopt;
  }
  std::vector<RuleWord> result;
  if (!kind) return result;
  for (const std::string& name : model::property_names(*kind)) {
    const model::Property* property = model::find_property(*kind, name);
    result.push_back({name, model::to_string(property->result), property->text[static_cast<std::size_t>(language)]});
  }
  return result;
}

}  // namespace kpi::lsp
