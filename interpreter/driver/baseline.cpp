#include "interpreter/driver/baseline.hpp"

#include <nlohmann/json.hpp>

#include "grammar/source/diagnostics/lint.hpp"
#include "interpreter/driver/failure.hpp"
#include "interpreter/driver/files.hpp"

namespace kpi::driver {

lint::Baseline read_baseline(const std::string& file) {
  using Json = nlohmann::json;
  lint::Baseline result;
  const Json json = Json::parse(read_policy_file(file), nullptr, false);
  const auto findings = json.is_object() ? json.find("findings") : json.end();
  bool good = !json.is_discarded() && json.is_object() && findings != json.end() && findings->is_array();
  if (good) {
    for (const Json& finding : *findings) {
      good = good && finding.is_object() && finding.contains("fingerprint") && finding["fingerprint"].is_string();
      if (good) ++result[finding["fingerprint"].get<std::string>()];
    }
  }
  if (!good) throw Failure(source::ids::baseline_unreadable, {{"file", file}});
  return result;
}

}  // namespace kpi::driver
