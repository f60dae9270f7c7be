#include "interpreter/lsp/pages.hpp"

#include <fmt/format.h>

#include "interpreter/report/rule_page.hpp"

namespace kpi::lsp {
namespace {

constexpr std::string_view kScheme = "kpi-doc:/";
constexpr std::string_view kRule = "rule/";

std::string severity(source::Severity severity, bool chinese) {
  switch (severity) {
    case source::Severity::error:
      return chinese ? "错误" : "error";
    case source::Severity::warning:
      return chinese ? "警告" : "warning";
    case source::Severity::note:
      return chinese ? "说明" : "note";
  }
  return "";
}

}  // namespace

std::string page_uri(source::DiagnosticId diagnostic) { return std::string(kScheme) + source::code(diagnostic); }
std::string rule_page_uri(std::string_view rule) {
  return std::string(kScheme) + std::string(kRule) + std::string(rule);
}

std::string page(const KnownRule& rule, source::Language language) {
  report::Look look;
  look.language = language;
  return report::rule_page({rule.rule, rule.pack}, *rule.sources, look);
}

std::optional<std::string_view> rule_of_page(std::string_view uri) {
  if (!uri.starts_with(kScheme) || !uri.substr(kScheme.size()).starts_with(kRule)) return std::nullopt;
  return uri.substr(kScheme.size() + kRule.size());
}

std::optional<std::string> page(std::string_view uri, source::Language language) {
  if (!uri.starts_with(kScheme)) return std::nullopt;
  uri.remove_prefix(kScheme.size());
  const auto id = source::parse_code(uri);
  if (!id) return std::nullopt;
  const source::DiagnosticInfo& info = source::info(*id);
  const auto at = static_cast<std::size_t>(language);
  const bool chinese = language == source::Language::zh;
  std::string text =
      fmt::format("# {}\n\n{}{}{}\n", uri, severity(info.severity, chinese), chinese ? "：" : ": ", info.text[at]);
  if (!info.help[at].empty()) text += fmt::format("\n{}\n", info.help[at]);
  return text;
}

}  // namespace kpi::lsp
