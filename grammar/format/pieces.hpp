// Declarations' heads, clauses and expressions as Docs: where blanks stand and where a line may be broken.
#pragma once

#include <cstdint>
#include <vector>

#include "grammar/format/doc.hpp"
#include "grammar/format/token.hpp"
#include "grammar/syntax/tree.hpp"

namespace kpi::format {

class Pieces {
 public:
  Pieces(const std::vector<Token>& tokens, const syntax::Tree& tree) : tokens_(tokens), tree_(tree) {}

  const syntax::Node& node(std::uint32_t index) const { return tree_[index]; }
  const Token& token(std::size_t index) const { return tokens_[index]; }
  /// The first token at or behind an offset.
  std::size_t token_at(std::uint32_t offset) const;
  std::size_t first_token(std::uint32_t node) const { return token_at(tree_[node].begin); }
  /// The token behind the node.
  std::size_t behind(std::uint32_t node) const { return token_at(tree_[node].end); }

  /// A declaration up to, but without, the token `end`.
  std::vector<Doc> head(std::uint32_t declaration, std::size_t end) const;
  /// The tokens [begin, end) of a clause, field or other item.
  std::vector<Doc> item(std::uint32_t node, std::size_t begin, std::size_t end) const;
  /// What separates the token from the one before, with the comments between them.
  void separate(std::vector<Doc>& out, std::size_t token, Doc separator) const;

 private:
  /// Where the operators of an expression stand that is broken over lines.
  enum class Hang {
    align,    // below its beginning
    outdent,  // before the column of its beginning: `where a` above `   or b`
    indent,   // further in than its beginning
  };
  using Separators = Doc (*)(const Pieces&, std::size_t token, const syntax::Node* child);

  Doc expression(std::uint32_t node, Hang hang = Hang::align) const;
  std::vector<Doc> parts(std::uint32_t node, std::size_t begin, std::size_t end, Separators separator, Hang hang) const;
  std::vector<Doc> parts(std::uint32_t node, Separators separator, Hang hang = Hang::align) const;
  Doc operators(std::uint32_t node, Hang hang) const;
  Doc list(std::uint32_t node) const;
  std::vector<Doc> braces(std::vector<Doc> content) const;

  const std::vector<Token>& tokens_;
  const syntax::Tree& tree_;
};

}  // namespace kpi::format
