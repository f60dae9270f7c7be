#include "interpreter/driver/project_config.hpp"

#include <filesystem>
#include <optional>

#include "grammar/source/diagnostics/cli.hpp"
#include "grammar/source/diagnostics/lint.hpp"
#include "interpreter/driver/failure.hpp"
#include "interpreter/driver/files.hpp"

namespace kpi::driver {
namespace {

namespace fs = std::filesystem;
namespace ids = source::ids;

constexpr const char* kName = "kpi.toml";

std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(" \t\r") - first + 1));
}

/// Up to a `#` that stands in no text.
std::string_view without_comment(std::string_view line) {
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"') quoted = !quoted;
    if (line[i] == '#' && !quoted) return line.substr(0, i);
  }
  return line;
}

/// `"text"`; none for anything else. There are no escapes: paths on every system can be written with `/`.
std::optional<std::string> unquoted(std::string_view value) {
  if (value.size() < 2 || value.front() != '"' || value.back() != '"') return std::nullopt;
  const std::string_view inner = value.substr(1, value.size() - 2);
  if (inner.find_first_of("\"\\") != std::string_view::npos) return std::nullopt;
  return std::string(inner);
}

/// `["a", "b"]`
std::optional<std::vector<std::string>> unquoted_list(std::string_view value) {
  if (value.size() < 2 || value.front() != '[' || value.back() != ']') return std::nullopt;
  std::vector<std::string> result;
  std::string_view rest = value.substr(1, value.size() - 2);
  while (!trimmed(rest).empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const auto text = unquoted(trimmed(rest.substr(0, comma)));
    if (!text) return std::nullopt;
    result.push_back(*text);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return result;
}

[[noreturn]] void bad_line(const std::string& file, std::size_t number, const std::string& line,
                           std::string near = {}) {
  throw Failure(ids::config_line_unknown, {{"file", file}, {"line", std::to_string(number)}, {"text", line}},
                std::move(near));
}

ProjectConfig parse(const fs::path& path) {
  ProjectConfig config;
  config.file = path.string();
  const std::string text = read_policy_file(config.file);
  const auto beside = [&](const std::string& name) { return (path.parent_path() / name).lexically_normal().string(); };
  std::string section;
  std::size_t number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = trimmed(without_comment(std::string_view(text).substr(at, end - at)));
    at = end + 1;
    ++number;
    if (line.empty()) continue;
    if (line.front() == '[' && line.back() == ']') {
      section = trimmed(std::string_view(line).substr(1, line.size() - 2));
      continue;
    }
    const std::size_t equals = line.find('=');
    if (equals == std::string::npos) bad_line(config.file, number, line);
    // Other sections belong to other commands.
    if (section != "lint") continue;
    const std::string key = trimmed(std::string_view(line).substr(0, equals));
    const std::string value = trimmed(std::string_view(line).substr(equals + 1));
    if (key == "deny") {
      const auto word = unquoted(value);
      if (!word || (*word != "warnings" && *word != "errors")) bad_line(config.file, number, line);
      config.deny_warnings = *word == "warnings";
    } else if (key == "rules") {
      const auto list = unquoted_list(value);
      if (!list) bad_line(config.file, number, line);
      for (const std::string& name : *list) config.rules.push_back(beside(name));
    } else if (key == "baseline") {
      const auto name = unquoted(value);
      if (!name) bad_line(config.file, number, line);
      config.baseline = beside(*name);
    } else {
      bad_line(config.file, number, line, source::nearest_name(key, {"deny", "rules", "baseline"}).value_or(""));
    }
  }
  return config;
}

}  // namespace

ProjectConfig project_config(const std::string& policy_path) {
  std::error_code error;
  fs::path folder = fs::path(policy_path).parent_path();
  const fs::path absolute = fs::absolute(folder.empty() ? "." : folder, error).lexically_normal();
  if (error) return {};
  // As the user wrote it while that is possible, so that messages show short names.
  fs::path shown = folder;
  for (fs::path at = absolute;; at = at.parent_path()) {
    if (fs::is_regular_file(at / kName, error)) {
      const bool near = fs::equivalent(shown.empty() ? "." : shown, at, error) && !error;
      return parse(near ? (shown / kName) : (at / kName));
    }
    if (at == at.parent_path() || at.empty()) return {};
    shown = shown.empty() ? ".." : shown / "..";
    shown = shown.lexically_normal();
  }
}

}  // namespace kpi::driver
