#include "interpreter/report/diagnostics_json.hpp"

#include <nlohmann/json.hpp>

namespace kpi::report {
namespace {

using Json = nlohmann::ordered_json;
using source::Diagnostic;
using source::Severity;
using source::SourceMap;
using source::Span;

Json position(const source::Source& source, std::uint32_t offset) {
  const auto at = source.lines.position(source.text, offset);
  return {{"line", at.line}, {"column", at.column}, {"utf16", at.utf16}, {"offset", offset}};
}

void put_span(Json& json, const SourceMap& sources, Span span) {
  const source::Source& source = sources.get(span.source);
  json["file"] = source.name;
  json["start"] = position(source, span.begin);
  json["end"] = position(source, span.end);
}

std::string_view severity_name(Severity severity) {
  switch (severity) {
    case Severity::error:
      return "error";
    case Severity::warning:
      return "warning";
    case Severity::note:
      return "note";
  }
  return "";
}

Json object(const Diagnostic& diagnostic, const SourceMap& sources, Language language) {
  const source::DiagnosticInfo& info = source::info(diagnostic.id);
  Json json = {{"id", source::code(diagnostic.id)},
               {"name", info.name},
               {"severity", severity_name(info.severity)},
               {"message", source::message(diagnostic, language)}};
  const std::string help = source::help(diagnostic, language);
  if (!help.empty()) json["help"] = help;
  if (!diagnostic.suggestion.empty()) json["suggestion"] = diagnostic.suggestion;
  if (diagnostic.has_span) put_span(json, sources, diagnostic.span);
  if (!diagnostic.location.empty()) json["location"] = diagnostic.location;
  Json labels = Json::array();
  for (const source::Label& label : diagnostic.labels) {
    Json entry = {{"message", source::label_text(label, language)}};
    put_span(entry, sources, label.span);
    labels.push_back(std::move(entry));
  }
  if (!labels.empty()) json["labels"] = std::move(labels);
  Json notes = Json::array();
  for (const source::Label& note : diagnostic.notes) notes.push_back(source::label_text(note, language));
  if (!notes.empty()) json["notes"] = std::move(notes);
  return json;
}

}  // namespace

Json diagnostics_array(const source::Diagnostics& diagnostics, const SourceMap& sources, Language language) {
  Json array = Json::array();
  for (const Diagnostic& diagnostic : diagnostics.items()) array.push_back(object(diagnostic, sources, language));
  return array;
}

std::string json_text(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }

std::string diagnostics_json(const source::Diagnostics& diagnostics, const SourceMap& sources, Language language) {
  return json_text({{"diagnostics", diagnostics_array(diagnostics, sources, language)},
                    {"errors", diagnostics.error_count()},
                    {"warnings", diagnostics.warning_count()}});
}

}  // namespace kpi::report
