// Diagnostics are data: an id, spans and parameters. Texts in both languages stand in the files below diagnostics/ and
// are put together by render.hpp.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "grammar/source/source.hpp"

namespace kpi::source {

enum class Severity { error, warning, note };
enum class Language { en, zh };

/// One entry per diagnostic: `K(id, severity, name, en, en_help, zh, zh_help)` in diagnostics/*.def.
/// Ids are never reused. `{name}` in a text inserts the parameter of that name; help may be empty.
///   K01xx characters and syntax    K02xx names               K03xx types, units, optional values
///   K04xx structure of a policy    K05xx data and import     K06xx running
///   K07xx tests                    K08xx command line        K09xx lint and its packs
///   K10xx formatter                K11xx analyser            K12xx authoring: new, diff, doc, coverage
///   K13xx lock files, new policies
/// The constants `ids::name` stand in one header per area, diagnostics/AREA.hpp, so that a new diagnostic rebuilds only
/// the files that report from its area.
enum class DiagnosticId : int {};
namespace ids {}

/// A second place that explains the first, with its own text from the table: `note` is one of the ids of severity note.
struct Label {
  Span span;
  DiagnosticId text;
  std::vector<std::pair<std::string, std::string>> parameters;
};

struct Diagnostic {
  DiagnosticId id{};
  Span span;  // primary place; has_span says whether there is one (data errors have none)
  bool has_span = true;
  std::vector<std::pair<std::string, std::string>> parameters;
  std::vector<Label> labels;  // secondary places
  std::vector<Label> notes;   // texts without a place of their own (span unused)
  std::string suggestion;     // a name the user probably meant; empty if none
  std::string location;       // for data: "orders.csv:12" or "table orders, row o17, column amount"

  Diagnostic& with(std::string name, std::string value) {
    parameters.emplace_back(std::move(name), std::move(value));
    return *this;
  }
  Diagnostic& label(Span place, DiagnosticId text, std::vector<std::pair<std::string, std::string>> params = {}) {
    labels.push_back({place, text, std::move(params)});
    return *this;
  }
  Diagnostic& note(DiagnosticId text, std::vector<std::pair<std::string, std::string>> params = {}) {
    notes.push_back({Span{}, text, std::move(params)});
    return *this;
  }
  Diagnostic& suggest(std::string name) {
    suggestion = std::move(name);
    return *this;
  }
};

/// Facts of one id from the table.
struct DiagnosticInfo {
  DiagnosticId id;
  Severity severity;
  std::string_view name;
  std::string_view text[2];  // by Language
  std::string_view help[2];
};
const DiagnosticInfo& info(DiagnosticId id);
const std::vector<DiagnosticInfo>& all_diagnostics();
/// `K0102` for id 102.
std::string code(DiagnosticId id);
std::optional<DiagnosticId> parse_code(std::string_view code);

/// Collects what phases report. References returned by `add` stay valid until the next `add`.
class Diagnostics {
 public:
  Diagnostic& add(DiagnosticId id, Span span);
  /// For data and command-line findings that have no place in a policy.
  Diagnostic& add_without_span(DiagnosticId id);
  bool has_errors() const;
  std::size_t error_count() const;
  std::size_t warning_count() const;
  const std::vector<Diagnostic>& items() const { return items_; }
  /// By source, place, id; equal ones once. Those without a span come last in the order they were added.
  void sort_and_deduplicate();

 private:
  std::vector<Diagnostic> items_;
};

/// The message with its parameters put in, without place or id.
std::string message(const Diagnostic& diagnostic, Language language);
std::string help(const Diagnostic& diagnostic, Language language);
std::string label_text(const Label& label, Language language);

/// A parameter value that is itself looked up in the language of the message: the text of `text`, an id of severity
/// note.
std::string phrase(DiagnosticId text);
/// A parameter value that reads `a, b or c` in the language of the message. Items may be phrases.
std::string alternatives(const std::vector<std::string>& items);

}  // namespace kpi::source
