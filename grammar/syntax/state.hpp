// What the grammar carries along: position helpers, the nodes so far, how far a failed attempt came and what it wanted
// there, and the blocks it is in. Reporting and recovery are ordinary functions here, so that rules stay declarative.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "grammar/source/diagnostic.hpp"
#include "grammar/syntax/characters.hpp"
#include "grammar/syntax/keywords.hpp"
#include "grammar/syntax/tree.hpp"

namespace kpi::syntax {

/// Levels of parentheses, brackets, `if` and nested policies. Each level costs about a hundred stack frames.
constexpr int kDeepestNesting = 100;

/// Thrown where nesting becomes too deep, caught where a clause, cell or declaration can be skipped.
struct TooDeep {
  std::uint32_t at;
};

/// What a rule wanted to see: a word or sign as written, or a phrase such as "a name".
struct Expected {
  std::string_view word;
  source::DiagnosticId phrase{};
  friend bool operator==(const Expected&, const Expected&) = default;
};

/// What failed to begin: a clause or declaration of which nothing was understood, or the middle of something.
enum class Begins { item, part };

/// A block being parsed. `free_keys` blocks take any word as a clause.
struct BlockFrame {
  std::string_view declaration;
  WordGroup clauses;
  bool free_keys;
  std::uint32_t begin;   // of its `{`
  std::uint32_t indent;  // of its declaration
  bool table_seen = false;
  std::uint32_t item = 0;  // where the clause being read begins
};

class State {
 public:
  State(const CleanText& clean, source::SourceId source, source::Diagnostics& diagnostics);

  // ---- characters
  std::string_view text() const { return clean_.text; }
  char at(std::uint32_t offset) const { return offset < text().size() ? text()[offset] : '\0'; }
  bool at_end(std::uint32_t offset) const { return offset >= text().size(); }
  /// Behind white space and comments; inside a table row only behind blanks.
  std::uint32_t skip_space(std::uint32_t offset);
  std::uint32_t skip_blanks(std::uint32_t offset) const;
  /// Where the token before `offset` ended, that is `offset` without the space that was skipped to reach it.
  std::uint32_t token_end(std::uint32_t offset) const;
  bool starts_line(std::uint32_t offset) const;
  bool same_line(std::uint32_t begin, std::uint32_t end) const;
  /// End of the name or backquoted name at `offset`, or `offset`.
  std::uint32_t name_end_at(std::uint32_t offset) const;
  /// Whether `word` stands at `offset` as a whole word that does not begin a field (`word :`).
  bool word_at(std::uint32_t offset, std::string_view word) const;
  /// Whether something between was reported with the characters.
  bool is_damaged(std::uint32_t begin, std::uint32_t end) const { return clean_.is_damaged(begin, end); }
  bool colon_follows(std::uint32_t offset) const { return at(skip_blanks(offset)) == ':'; }

  // ---- nodes
  void complete(NodeKind kind, bool collapse, std::size_t first_node, std::uint32_t begin, std::uint32_t end);
  void leaf(NodeKind kind, std::uint32_t begin, std::uint32_t end);
  std::vector<Node> nodes;

  // ---- failures
  void expect(std::uint32_t offset, Expected what);
  std::uint32_t furthest() const { return furthest_; }
  /// Reports the furthest failure of what began at `item`.
  void report_failure(std::uint32_t item, Begins begins = Begins::part);
  void report_too_deep(std::uint32_t offset);
  source::Diagnostic& report(source::DiagnosticId id, std::uint32_t begin, std::uint32_t end);
  bool gave_up() const { return reports_ > kMostReports; }
  /// The block of `brace` is taken to end before `next`, a declaration or the end of the file.
  void close_for_user(std::uint32_t brace, std::uint32_t next);
  /// Whether a `}` too many is the one that was missing elsewhere.
  bool forgive_stray_brace() { return missing_braces_ > 0 && missing_braces_-- > 0; }
  bool has_partner(std::uint32_t brace) const { return !std::binary_search(unmatched_.begin(), unmatched_.end(), brace); }

  // ---- recovery
  /// Whether a line begins at `offset` with a clause of the innermost block.
  bool known_clause_begins(std::uint32_t offset) const;
  /// Whether a line begins at `offset` with a word that begins a declaration.
  bool declaration_begins(std::uint32_t offset) const;
  /// Whether a line that is indented no further than `indent` begins with two words, or a word and a text, that cannot
  /// go on with what stands above: surely a declaration or clause whose first word is misspelt.
  bool looks_like_start(std::uint32_t offset, std::uint32_t indent) const;
  /// Whether the name at `offset` is not a value but the beginning of what follows an unfinished expression.
  bool begins_next(std::uint32_t offset) const;
  std::uint32_t indent_of(std::uint32_t offset) const;
  /// From a broken clause to the next one, the block's `}` or a declaration.
  std::uint32_t next_clause(std::uint32_t item, const BlockFrame& block) const;
  /// From a broken declaration head to its `{`, or to the next declaration.
  std::uint32_t block_or_declaration(std::uint32_t begin) const;
  std::uint32_t next_declaration(std::uint32_t item) const;
  /// The `|` that ends a broken cell, or the end of the line.
  std::uint32_t cell_end(std::uint32_t offset) const;

  std::vector<BlockFrame> blocks;
  std::uint32_t declaration_begin = 0;  // of the innermost declaration
  int depth = 0;
  bool in_row = false;
  std::uint32_t quiet_at = kNowhere;  // failures at this place are summed up by a phrase

  static constexpr std::uint32_t kNowhere = 0xFFFFFFFF;

 private:
  static constexpr int kMostReports = 100;
  std::string found_at(std::uint32_t offset) const;
  std::uint32_t token_behind(std::uint32_t offset) const;
  std::uint32_t skip_lines(std::uint32_t offset) const;
  void match_braces();
  std::uint32_t line_begin(std::uint32_t offset) const;
  bool breaks_off_before(std::uint32_t place) const;
  bool clause_begins(std::uint32_t offset, const BlockFrame& block, std::uint32_t item) const;
  void report_unknown_word(std::uint32_t offset);
  /// How the clause or head is written that breaks off at `place`.
  void add_form(source::Diagnostic& diagnostic, std::uint32_t place, Begins begins) const;

  const CleanText& clean_;
  source::SourceId source_;
  source::Diagnostics& diagnostics_;
  source::Diagnostic unreported_;
  std::vector<std::uint32_t> space_begin_;  // by the offset behind the space
  std::vector<std::uint32_t> line_begins_;  // ascending
  std::vector<std::uint32_t> unmatched_;    // ascending offsets of `{` without `}`
  std::vector<Expected> expected_;
  std::uint32_t furthest_ = 0;
  std::uint32_t last_reported_ = kNowhere;
  int reports_ = 0;
  int missing_braces_ = 0;
  bool end_reported_ = false;
  std::uint32_t closed_before_ = kNowhere;  // where the last block was taken to end
};

}  // namespace kpi::syntax
