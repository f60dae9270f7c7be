#include "grammar/syntax/parse.hpp"

#include "grammar/syntax/rules.hpp"

namespace kpi::syntax {

Tree parse_tree(const CleanText& clean, source::SourceId source, source::Diagnostics& diagnostics) {
  State state(clean, source, diagnostics);
  grammar::Input in(clean.text.data(), clean.text.data() + clean.text.size(), "");
  (void)grammar::run<grammar::File>(in, state);
  return Tree(std::move(state.nodes));
}

std::optional<Tree> parse_expression_tree(const CleanText& clean, source::SourceId source, source::Diagnostics& diagnostics) {
  State state(clean, source, diagnostics);
  grammar::Input in(clean.text.data(), clean.text.data() + clean.text.size(), "");
  if (grammar::attempt<grammar::SingleExpression>(in, state)) return Tree(std::move(state.nodes));
  state.report_failure(0);
  return std::nullopt;
}

}  // namespace kpi::syntax
