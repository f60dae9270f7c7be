#include "interpreter/driver/templates.hpp"

#include <algorithm>

#include "grammar/syntax/parser.hpp"
#include "interpreter/driver/embedded_files.hpp"

namespace kpi::driver {
namespace {

constexpr std::string_view kPolicy = "policy.kpi";

struct Parsed {
  source::SourceMap sources;
  source::Diagnostics diagnostics;
  syntax::File file;
  const syntax::PolicyDecl* policy = nullptr;
};

void parse(std::string_view text, Parsed& parsed) {
  parsed.file = syntax::parse(parsed.sources, parsed.sources.add("policy.kpi", std::string(text)), parsed.diagnostics);
  for (const syntax::Declaration& declaration : parsed.file.declarations) {
    if (const auto* policy = std::get_if<syntax::PolicyDecl>(&declaration)) parsed.policy = policy;
  }
}

/// Entries of `labels LANGUAGE { … }` for the policy's own name.
std::vector<std::pair<std::string, const syntax::LabelsDecl::Entry*>> own_labels(const Parsed& parsed) {
  std::vector<std::pair<std::string, const syntax::LabelsDecl::Entry*>> found;
  if (parsed.policy == nullptr || !parsed.policy->head.name) return found;
  for (const syntax::Declaration& declaration : parsed.file.declarations) {
    const auto* labels = std::get_if<syntax::LabelsDecl>(&declaration);
    if (labels == nullptr) continue;
    for (const auto& entry : labels->entries) {
      const bool own = entry.element.parts.size() == 1 && entry.element.parts[0].text == parsed.policy->head.name->text;
      if (own) found.emplace_back(labels->language.text, &entry);
    }
  }
  return found;
}

void read_titles(std::string_view text, Template& into) {
  Parsed parsed;
  parse(text, parsed);
  if (parsed.policy == nullptr) return;
  if (parsed.policy->head.label) into.title[0] = parsed.policy->head.label->value;
  into.title[1] = into.title[0];
  for (const auto& [language, entry] : own_labels(parsed)) {
    if (language == "zh") into.title[1] = entry->text.value;
  }
}

}  // namespace

std::vector<Template> policy_templates() {
  std::vector<Template> templates;
  for (const EmbeddedFile& file : embedded_templates()) {
    const std::size_t slash = file.path.find('/');
    if (slash == std::string_view::npos) continue;
    const std::string_view folder = file.path.substr(0, slash);
    if (templates.empty() || templates.back().name != folder) templates.push_back({std::string(folder), {}, {}});
    templates.back().files.emplace_back(file.path.substr(slash + 1), file.text);
  }
  const auto policy_of = [](const Template& each) {
    return std::find_if(each.files.begin(), each.files.end(), [](const auto& file) { return file.first == kPolicy; });
  };
  std::erase_if(templates, [&](const Template& each) { return policy_of(each) == each.files.end(); });
  for (Template& each : templates) read_titles(policy_of(each)->second, each);
  return templates;
}

std::string renamed_policy(std::string_view text, const std::string& name) {
  Parsed parsed;
  parse(text, parsed);
  if (parsed.policy == nullptr || !parsed.policy->head.name) return std::string(text);
  std::vector<source::Span> places = {parsed.policy->head.name->span};
  for (const auto& [language, entry] : own_labels(parsed)) places.push_back(entry->element.span);
  std::sort(places.begin(), places.end(), [](source::Span a, source::Span b) { return a.begin > b.begin; });
  std::string renamed(text);
  for (const source::Span& place : places) renamed.replace(place.begin, place.end - place.begin, name);
  return renamed;
}

}  // namespace kpi::driver
