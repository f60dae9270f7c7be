// What the server can say about a file: plain structures, one function per request. Files are named as in the session
// (a path, or `std/live.kpi`); the server turns them into URIs.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "interpreter/lsp/analysis.hpp"
#include "interpreter/lsp/rules.hpp"

namespace kpi::lsp {

/// A file as one editor sees it.
struct View {
  const Analysis& analysis;
  Encoding encoding = Encoding::utf16;
  source::Language language = source::Language::en;
  const RuleBook* rules = nullptr;  // null: none but the file's own are known

  Range range(Span span) const { return analysis.document(span.source).range(span.begin, span.end, encoding); }
  std::uint32_t offset(Position position) const {
    return analysis.document(analysis.source()).offset(position, encoding);
  }
  bool chinese() const { return language == source::Language::zh; }
  std::string_view say(std::string_view en, std::string_view zh) const { return chinese() ? zh : en; }
};

struct Location {
  std::string file;
  Range range;
};
struct Edit {
  std::string file;
  Range range;
  std::string text;
};

// ---- hover.cpp
struct Hover {
  std::string markdown;
  Range range;
};
std::optional<Hover> hover(const View& view, Position position);
/// Markdown about a declaration: how it is declared, type, labels in both languages, and of a metric its formula with
/// other metrics put in.
std::string describe(const View& view, const Declaration& declaration);

// ---- navigation.cpp
std::vector<Location> definition(const View& view, Position position);
/// Every place in the files of this view that means the declaration whose name stands at `declaration` of `file`.
std::vector<Location> occurrences_of(const View& view, const std::string& file, Span declaration,
                                     bool with_declaration);
/// The name at the position, and where it is declared.
struct Target {
  bool is_rule = false;
  Range range;
  std::string name;
  std::string file;
  Span declaration;
};
std::optional<Target> target_at(const View& view, Position position);
/// Exceptions of the file itself from a rule of the house or of the program, which stands in `file`.
std::vector<Location> exceptions_from(const View& view, const std::string& file, Span rule);
/// The places in the file itself, for highlighting.
std::vector<Range> highlights(const View& view, Position position);

// ---- rename.cpp
/// Why a name cannot be given, for people; empty if it can.
std::string refuse_rename(const View& view, const Target& target, const std::string& new_name);
/// Changes in the files of this view. A field or source whose column or table had its name keeps reading it.
std::vector<Edit> rename_edits(const View& view, const Target& target, const std::string& new_name);

// ---- completion.cpp
enum class ItemKind {
  keyword,
  function,
  metric,
  field,
  entity,
  events,
  parameter,
  phase,
  curve,
  exclusion,
  scorecard,
  unit,
  value,
  module,
  snippet,
  rule,
  column
};
struct Completion {
  std::string label;
  ItemKind kind = ItemKind::value;
  std::string detail, documentation;
  std::string insert;  // as a snippet where `is_snippet`
  bool is_snippet = false;
  int order = 5;  // smaller stands higher
};
struct Completions {
  std::vector<Completion> items;
  Range replace;
};
/// Declarations as texts with places to fill in, as their words alone, or not at all: who has snippets of its own.
enum class Declarations { as_snippets, as_words, left_out };
Completions complete(const View& view, Position position, Declarations declarations);

// ---- structure.cpp
struct Outline {
  std::string name, detail;
  What what = What::policy;
  bool is_test = false, is_clause = false;
  Range range, selection;
  std::vector<Outline> children;
};
std::vector<Outline> outline(const View& view);
struct Fold {
  std::uint32_t first_line = 0, last_line = 0;
  bool comment = false;
};
std::vector<Fold> folds(const View& view);
/// The ranges around a position, innermost first; each holds the one before.
std::vector<Range> selection(const View& view, Position position);

// ---- tokens.cpp
/// Names of token types and modifiers, in the order of their numbers.
const std::vector<std::string>& token_types();
const std::vector<std::string>& token_modifiers();
/// As the protocol packs them: line and start relative to the token before, length, type, modifiers.
std::vector<std::uint32_t> semantic_tokens(const View& view);

// ---- hints.cpp
struct Hint {
  Position position;
  std::string text, tooltip;
};
std::vector<Hint> hints(const View& view);
struct Lens {
  Range range;
  std::string title, command, argument;
};
std::vector<Lens> lenses(const View& view);

// ---- layout.cpp
/// The changes of lines that `kpi fmt` would make, in the file or in the lines of a range; none if the file cannot be
/// laid out. Lines go on ending as they do.
std::optional<std::vector<Edit>> formatted(const View& view, const std::optional<Range>& wanted = std::nullopt);

// ---- actions.cpp
struct Action {
  std::string title;
  std::vector<Edit> edits;
  const source::Diagnostic* diagnostic = nullptr;
};
std::vector<Action> actions(const View& view, const Range& range);

}  // namespace kpi::lsp
