// Helpers of the syntax tests: text in, tree and codes out.
#pragma once

#include <string>
#include <string_view>

#include "grammar/source/diagnostic.hpp"
#include "grammar/syntax/parser.hpp"

namespace kpi::test {

struct Parsed {
  source::SourceMap sources;
  source::Diagnostics diagnostics;
  syntax::File file;

  /// `K0120 4:12, K0150 5:1`, sorted by place.
  std::string findings() const {
    std::string result;
    for (const source::Diagnostic& item : diagnostics.items()) {
      const source::Source& text = sources.get(item.span.source);
      const source::Position place = text.lines.position(text.text, item.span.begin);
      result += (result.empty() ? "" : ", ") + source::code(item.id) + " " + std::to_string(place.line) + ":" +
                std::to_string(place.column);
    }
    return result;
  }
  /// The messages, one a line.
  std::string messages(source::Language language = source::Language::en) const {
    std::string result;
    for (const source::Diagnostic& item : diagnostics.items()) {
      result += source::message(item, language);
      if (!item.suggestion.empty()) result += " (" + item.suggestion + ")";
      result += "\n";
    }
    return result;
  }
  template <typename Decl>
  const Decl& first() const {
    for (const syntax::Declaration& declaration : file.declarations) {
      if (const auto* found = std::get_if<Decl>(&declaration)) return *found;
    }
    throw std::logic_error("no such declaration; found:\n" + messages());
  }
  std::string print(syntax::ExprId id) const { return syntax::print_expr(file, id); }
};

/// A whole file as it is.
inline Parsed parse_file(std::string text) {
  Parsed result;
  const auto id = result.sources.add("test.kpi", std::move(text));
  result.file = syntax::parse(result.sources, id, result.diagnostics);
  result.diagnostics.sort_and_deduplicate();
  return result;
}

/// Declarations behind a header of two lines, so that their first line is line 3.
inline Parsed parse(std::string_view declarations) {
  return parse_file("edition 2026\npolicy p { currency GBP }\n" + std::string(declarations));
}

/// The canonical text of an expression; `error: …` when it does not parse.
inline std::string expr(std::string_view text) {
  source::SourceMap sources;
  source::Diagnostics diagnostics;
  const auto parsed = syntax::parse_expression(sources, sources.add("expr", std::string(text)), diagnostics);
  if (parsed) return syntax::print_expr(parsed->first, parsed->second);
  std::string result = "error:";
  for (const source::Diagnostic& item : diagnostics.items()) result += " " + source::code(item.id);
  return result;
}

/// The expression with every operator in parentheses, to see what binds tighter.
std::string grouped(std::string_view text);

}  // namespace kpi::test
