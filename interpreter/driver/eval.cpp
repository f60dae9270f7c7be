#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

#include "grammar/syntax/parser.hpp"
#include "interpreter/bind/binder.hpp"
#include "interpreter/driver/commands.hpp"
#include "interpreter/driver/files.hpp"
#include "interpreter/driver/session.hpp"
#include "interpreter/report/diagnostics_json.hpp"
#include "interpreter/report/exact.hpp"
#include "interpreter/report/show.hpp"

namespace kpi::driver {
namespace {

struct Evaluated {
  value::Value value;
  value::Type type;
};

/// The value of one expression; none after a mistake was reported.
std::optional<Evaluated> evaluate(std::string name, std::string text, source::SourceMap& sources,
                                  source::Diagnostics& diagnostics) {
  const source::SourceId id = sources.add(std::move(name), std::move(text));
  const auto parsed = syntax::parse_expression(sources, id, diagnostics);
  if (!parsed || diagnostics.has_errors()) return std::nullopt;
  const auto result = bind::evaluate_constant(parsed->first, parsed->second, sources, diagnostics);
  if (!result || diagnostics.has_errors()) return std::nullopt;
  return Evaluated{result->first, result->second};
}

/// `12.50 GBP`, `200 seconds`, `10/3`, `none (zero denominator)`. Values and units are words of the language, which can
/// be written in a policy, whatever language the messages have.
std::string text_of(const Evaluated& evaluated, source::Language language) {
  if (!evaluated.value.has_value()) {
    const model::Policy none;
    const std::string reason = report::Show(none, nullptr, language).reason(evaluated.value.reason());
    return language == source::Language::zh ? "none（" + reason + "）" : "none (" + reason + ")";
  }
  const std::string unit = report::unit_name(evaluated.type);
  return value::to_string(evaluated.value) + (unit.empty() ? "" : " " + unit);
}

nlohmann::ordered_json json_of(const Evaluated& evaluated) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  if (!evaluated.value.has_value()) {
    json["value"] = nullptr;
    json["reason"] = value::reason_text(evaluated.value.reason());
    return json;
  }
  json["value"] = value::to_string(evaluated.value);
  json["type"] = value::to_string(evaluated.type);
  const std::string unit = report::unit_name(evaluated.type);
  if (!unit.empty()) json["unit"] = unit;
  return json;
}

Exit one(const std::string& text, const Invocation& invocation, const Terminal& terminal) {
  Session session;
  const auto result = evaluate("expression", text, session.sources, session.diagnostics);
  if (!result) {
    print_to_standard_error(session.diagnostics, session.sources, invocation.format, terminal.err);
    return Exit::not_compiled;
  }
  write_result(invocation.format == Format::json ? report::json_text(json_of(*result))
                                                 : text_of(*result, invocation.language) + "\n",
               std::nullopt);
  return Exit::clean;
}

std::string line_result(const std::string& line, std::size_t number, const Invocation& invocation, bool& failed) {
  source::SourceMap sources;
  source::Diagnostics diagnostics;
  const auto result = evaluate("line " + std::to_string(number), line, sources, diagnostics);
  if (result)
    return invocation.format == Format::json ? json_of(*result).dump() : text_of(*result, invocation.language);
  failed = true;
  diagnostics.sort_and_deduplicate();
  std::string message =
      diagnostics.items().empty() ? "" : source::message(diagnostics.items().front(), invocation.language);
  if (invocation.format != Format::json)
    return (invocation.language == source::Language::zh ? "错误：" : "error: ") + message;
  const std::string code = diagnostics.items().empty() ? "" : source::code(diagnostics.items().front().id);
  return nlohmann::ordered_json{{"error", code}, {"message", message}}.dump(
      -1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

// One result per line of input, in order, so that a caller can put both side by side.
Exit lines(const Invocation& invocation) {
  std::string out;
  bool failed = false;
  std::size_t number = 0;
  for (std::string line; std::getline(std::cin, line);) {
    if (line.ends_with('\r')) line.pop_back();
    out += line_result(line, ++number, invocation, failed) + "\n";
    if (out.size() > (1U << 16U)) {
      write_result(out, std::nullopt);
      out.clear();
    }
  }
  write_result(out, std::nullopt);
  return failed ? Exit::not_compiled : Exit::clean;
}

}  // namespace

Exit run_eval(const Invocation& invocation, const Terminal& terminal) {
  const std::string& text = invocation.arguments.front();
  return text == "-" ? lines(invocation) : one(text, invocation, terminal);
}

}  // namespace kpi::driver
