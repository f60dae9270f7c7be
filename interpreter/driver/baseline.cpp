#include "interpreter/driver/baseline.hpp"

#include <nlohmann/json.hpp>

#include "grammar/source/diagnostics/lint.hpp"
#include "interpreter/driver/failure.hpp"
#include "interpreter/driver/files.hpp"

namespace kpi::driver {
namespace {

std::string text_of(const nlohmann::json& finding, const char* key) {
  const auto found = finding.find(key);
  return found != finding.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<model::RuleSeverity> severity_of(const std::string& word) {
  if (word == "error") return model::RuleSeverity::error;
  if (word == "warning") return model::RuleSeverity::warning;
  if (word == "info") return model::RuleSeverity::info;
  return std::nullopt;
}

}  // namespace

lint::Baseline read_baseline(const std::string& file) {
  using Json = nlohmann::json;
  lint::Baseline result;
  const Json json = Json::parse(read_policy_file(file), nullptr, false);
  const auto findings = json.is_object() ? json.find("findings") : json.end();
  bool good = !json.is_discarded() && json.is_object() && findings != json.end() && findings->is_array();
  if (good) {
    for (const Json& finding : *findings) {
      good = good && finding.is_object() && finding.contains("fingerprint") && finding["fingerprint"].is_string();
      if (!good) break;
      lint::Known& known = result[finding["fingerprint"].get<std::string>()];
      ++known.count;
      known.policy = text_of(finding, "policy");
      const auto severity = severity_of(text_of(finding, "severity"));
      if (severity) known.severity = std::max(known.severity.value_or(*severity), *severity);
    }
  }
  if (!good) throw Failure(source::ids::baseline_unreadable, {{"file", file}});
  return result;
}

}  // namespace kpi::driver
