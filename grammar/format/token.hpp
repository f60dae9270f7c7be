// The words and signs of a file with the comments and blank lines between them. Every byte of the text is in a token,
// in a comment or is white space.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "grammar/source/source.hpp"
#include "grammar/syntax/characters.hpp"
#include "grammar/syntax/tree.hpp"

namespace kpi::format {

struct Comment {
  std::string text;           // from its `#`, without blanks at the end
  bool trailing = false;      // stands behind a token on the same line
  bool blank_before = false;  // a blank line stands above it
};

struct Token {
  std::uint32_t begin = 0, end = 0;
  std::string text;               // as written; a number with its unit is one token with single blanks
  std::vector<Comment> comments;  // between the token before and this one
  bool newline_before = false;    // stands on another line than the token before
  bool blank_before = false;      // a blank line stands directly above it
  bool tight = false;             // no blank between it and the token before on the same line
};

/// The tokens of a file without syntax errors, followed by an empty one that holds the comments at the end. The line of
/// dashes below a table's header is left out. `raw` is the text as read, `clean` what the grammar saw of it.
std::vector<Token> tokenize(std::string_view raw, const syntax::CleanText& clean, const syntax::Tree& tree);

}  // namespace kpi::format
