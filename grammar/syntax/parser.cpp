#include "grammar/syntax/parser.hpp"

#include <algorithm>

#include "grammar/source/diagnostics/syntax.hpp"
#include "grammar/syntax/lower.hpp"
#include "grammar/syntax/parse.hpp"

namespace kpi::syntax {

using source::DiagnosticId;
namespace ids = source::ids;

namespace {

bool has_no_tokens(std::string_view text) {
  return text.find_first_not_of(" \t\r\n\xEF\xBB\xBF") == std::string_view::npos;
}

const Head* module_head(const Declaration& declaration) {
  if (const auto* policy = std::get_if<PolicyDecl>(&declaration)) return &policy->head;
  if (const auto* library = std::get_if<LibraryDecl>(&declaration)) return &library->head;
  return nullptr;
}

// Whether an `edition` stands there that could not be read, or one that is misspelt.
bool edition_was_reported(Ref root, const source::Diagnostics& diagnostics) {
  const auto& items = diagnostics.items();
  return root.find(NodeKind::edition) ||
         std::any_of(items.begin(), items.end(), [](const source::Diagnostic& diagnostic) {
           return diagnostic.id == ids::unknown_declaration && diagnostic.suggestion == "edition";
         });
}

// A file is one policy or one library, and says its edition.
void check_file(const File& file, Ref root, bool unbroken, source::Diagnostics& diagnostics) {
  const source::Span begin{file.source, 0, 0};
  if (!file.edition && !edition_was_reported(root, diagnostics)) diagnostics.add(ids::missing_edition, begin);
  const Head* first = nullptr;
  for (const Declaration& declaration : file.declarations) {
    const Head* const head = module_head(declaration);
    if (head && first) {
      diagnostics.add(ids::second_policy, head->keyword).label(first->keyword, ids::phrase_first_here);
    }
    if (head && !first) first = head;
  }
  if (!first && unbroken) diagnostics.add(ids::neither_policy_nor_library, begin);
}

}  // namespace

File parse(const source::SourceMap& sources, source::SourceId source, source::Diagnostics& diagnostics) {
  File file;
  file.source = source;
  const std::string_view text = sources.get(source).text;
  if (has_no_tokens(text)) {
    diagnostics.add(ids::empty_file, {source, 0, 0});
    return file;
  }
  const std::size_t errors_before = diagnostics.error_count();
  const CleanText cleaned = clean(text, source, diagnostics);
  if (!cleaned.usable) return file;
  const Tree tree = parse_tree(cleaned, source, diagnostics);
  Lowerer lowerer(cleaned, source, diagnostics, file);
  lowerer.lower_declarations({tree, tree.root()});
  check_file(file, {tree, tree.root()}, diagnostics.error_count() == errors_before, diagnostics);
  return file;
}

std::optional<std::pair<File, ExprId>> parse_expression(const source::SourceMap& sources, source::SourceId source,
                                                        source::Diagnostics& diagnostics) {
  const std::size_t errors_before = diagnostics.error_count();
  const CleanText cleaned = clean(sources.get(source).text, source, diagnostics);
  if (!cleaned.usable) return std::nullopt;
  const auto tree = parse_expression_tree(cleaned, source, diagnostics);
  if (!tree) return std::nullopt;
  File file;
  Lowerer lowerer(cleaned, source, diagnostics, file);
  const ExprId expr = lowerer.lower_expression(Ref{*tree, tree->root()}.child());
  if (diagnostics.error_count() > errors_before) return std::nullopt;
  return std::pair{std::move(file), expr};
}

}  // namespace kpi::syntax
