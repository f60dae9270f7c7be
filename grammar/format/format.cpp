#include "grammar/format/format.hpp"

#include <algorithm>
#include <string>

#include "grammar/format/layout.hpp"
#include "grammar/format/token.hpp"
#include "grammar/source/diagnostics/format.hpp"
#include "grammar/syntax/parse.hpp"
#include "grammar/syntax/parser.hpp"

namespace kpi::format {
namespace {

namespace ids = source::ids;

/// What must not change.
struct Meaning {
  bool broken = false;
  std::string tree;
  std::vector<std::string> words;  // comments among them
  friend bool operator==(const Meaning&, const Meaning&) = default;
};

Meaning meaning(std::string_view text) {
  source::SourceMap sources;
  source::Diagnostics diagnostics;
  const source::SourceId id = sources.add("", std::string(text));
  Meaning result;
  result.tree = syntax::dump(syntax::parse(sources, id, diagnostics));
  result.broken = diagnostics.has_errors();
  if (result.broken) return result;
  const syntax::CleanText clean = syntax::clean(text, id, diagnostics);
  for (const Token& token : tokenize(text, clean, syntax::parse_tree(clean, id, diagnostics))) {
    for (const Comment& comment : token.comments) result.words.push_back(comment.text);
    result.words.push_back(token.text);
  }
  return result;
}

std::string laid_out(std::string_view text, source::SourceId id) {
  source::Diagnostics reported;  // by the parser already
  const syntax::CleanText clean = syntax::clean(text, id, reported);
  const syntax::Tree tree = syntax::parse_tree(clean, id, reported);
  return canonical_text(tokenize(text, clean, tree), tree);
}

}  // namespace

bool same_meaning(std::string_view before, std::string_view after) {
  const Meaning old = meaning(before);
  return !old.broken && old == meaning(after);
}

std::optional<std::string> format(const source::SourceMap& sources, source::SourceId source,
                                  source::Diagnostics& diagnostics) {
  const std::size_t errors_before = diagnostics.error_count();
  (void)syntax::parse(sources, source, diagnostics);
  if (diagnostics.error_count() > errors_before) return std::nullopt;
  return accept(sources, source, laid_out(sources.get(source).text, source), diagnostics);
}

std::optional<std::string> accept(const source::SourceMap& sources, source::SourceId source, std::string laid_out,
                                  source::Diagnostics& diagnostics) {
  const source::Source& file = sources.get(source);
  if (same_meaning(file.text, laid_out)) return laid_out;
  diagnostics.add(ids::layout_changes_meaning, {source, 0, 0}).with("file", file.name);
  return std::nullopt;
}

}  // namespace kpi::format
