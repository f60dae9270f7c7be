#include "interpreter/driver/requests.hpp"
#include "grammar/source/diagnostics/cli.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <thread>

#include "interpreter/eval/run/explain.hpp"

namespace kpi::driver {
namespace {

using source::DiagnosticId;
namespace ids = source::ids;
using source::Language;

constexpr std::size_t kMostThreads = 256;
constexpr std::size_t kUsualBatchRows = 2'048;  // what is worked on stays in the second cache
constexpr std::size_t kMostBatchRows = 1'000'000;

[[noreturn]] void bad_value(const char* option, const std::string& value, std::string expected) {
  throw Failure(ids::bad_option_value, {{"option", option}, {"value", value}, {"expected", std::move(expected)}});
}

std::optional<std::size_t> parse_count(const std::string& text) {
  std::size_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  return error != std::errc() || end != text.data() + text.size() ? std::nullopt : std::optional(count);
}

std::size_t parse_count(const char* option, const std::string& text, std::size_t most, Language language) {
  const auto count = parse_count(text);
  if (!count || *count < 1 || *count > most) {
    const std::string limit = std::to_string(most);
    bad_value(
        option, text,
        language == Language::zh ? "请写 1 到 " + limit + " 之间的整数" : "write a whole number from 1 to " + limit);
  }
  return *count;
}

/// `256MB`: a whole number of bytes, kB, MB or GB (thousands).
std::uint64_t parse_size(const char* option, const std::string& text, Language language) {
  constexpr std::pair<std::string_view, std::uint64_t> kUnits[] = {
      {"kB", 1'000}, {"MB", 1'000'000}, {"GB", 1'000'000'000}, {"B", 1}};
  constexpr std::uint64_t kMost = std::uint64_t{1} << 50;
  for (const auto& [unit, bytes] : kUnits) {
    if (!text.ends_with(unit)) continue;
    const auto count = parse_count(text.substr(0, text.size() - unit.size()));
    if (count && *count >= 1 && *count <= kMost / bytes) return *count * bytes;
    break;
  }
  bad_value(option, text,
            language == Language::zh ? "请写 `256MB`、`2GB` 这样的大小" : "write a size such as `256MB` or `2GB`");
}

}  // namespace

std::size_t row_limit(const Invocation& invocation) {
  const auto text = invocation.value("--rows");
  if (!text) return eval::ExplainRequest().row_limit;
  if (*text == "all") return std::numeric_limits<std::size_t>::max();
  const auto count = parse_count(*text);
  if (!count) {
    bad_value("--rows", *text,
              invocation.language == Language::zh ? "请写 0 以上的整数或 `all`" : "write a whole number or `all`");
  }
  return *count;
}

void read_how(const Invocation& invocation, eval::RunRequest& request) {
  const Language language = invocation.language;
  request.threads = std::clamp(std::thread::hardware_concurrency(), 1U, static_cast<unsigned>(kMostThreads));
  if (const auto text = invocation.value("--threads"))
    request.threads = static_cast<unsigned>(parse_count("--threads", *text, kMostThreads, language));
  request.batch_rows = kUsualBatchRows;
  if (const auto text = invocation.value("--batch-rows"))
    request.batch_rows = parse_count("--batch-rows", *text, kMostBatchRows, language);
  if (const auto text = invocation.value("--memory")) request.memory = parse_size("--memory", *text, language);
  request.simple = invocation.value("--evaluator") == "simple";
}

storage::Reader reader(const Invocation& invocation) {
  return invocation.value("--reader") == "cursor" ? storage::Reader::cursor : storage::Reader::pages;
}

std::optional<Compiled> compile_policy(Session& session, const std::string& path, const Invocation& invocation,
                                       const Terminal& terminal) {
  Compiled compiled = session.compile(path);
  if (session.diagnostics.has_errors()) {
    print_to_standard_error(session.diagnostics, session.sources, invocation.format, terminal.err);
    return std::nullopt;
  }
  if (compiled.policy.is_library) throw Failure(ids::library_has_no_results, {{"file", path}});
  if (invocation.has("--pseudonyms")) use_pseudonyms(compiled.policy);
  return compiled;
}

void use_pseudonyms(model::Policy& policy) {
  for (model::Entity& entity : policy.entities) {
    const model::FieldId label = entity.label_field;
    if (label.valid() && entity.fields[label.index].personal) entity.label_field = {};
  }
}

value::Instant parse_as_of(const std::string& text, const model::Policy& policy) {
  const value::TimeZone& zone = policy.header.timezone ? *policy.header.timezone : value::TimeZone::utc();
  if (const auto day = value::Date::parse(text)) return value::Instant{zone.start_of_day({day->days + 1}).micros - 1};
  const auto written = value::WrittenTime::parse(text);
  const auto instant = written ? zone.to_instant(*written) : std::nullopt;
  if (!instant) bad_value("--as-of", text, "`2026-07-31`, `2026-07-31T18:00`, `2026-07-31T18:00Z`");
  return *instant;
}

eval::RunRequest run_request(const Invocation& invocation, const model::Policy& policy) {
  eval::RunRequest request;
  if (const auto text = invocation.value("--period")) {
    const auto periods = value::parse_periods(*text);
    if (!periods)
      bad_value("--period", *text, "`2026`, `2026-Q3`, `2026-07`, `2026-W27`, `2026-07-14`, `2026-01..2026-12`");
    request.periods = *periods;
  }
  if (const auto text = invocation.value("--as-of")) request.as_of = parse_as_of(*text, policy);
  read_how(invocation, request);
  request.quarantine = invocation.has("--quarantine");
  request.only_needed = invocation.has("--only-needed");
  request.all_metrics = invocation.has("--all-metrics");
  request.complete = invocation.has("--complete");
  request.entity_key = invocation.value("--entity").value_or("");
  return request;
}

}  // namespace kpi::driver
