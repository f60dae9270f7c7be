// Building blocks of the grammar that PEGTL does not have: tokens that skip the space behind them, nodes that are taken
// back on failure, blocks and declarations that recover. Included by parse.cpp only.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <tao/pegtl/apply_mode.hpp>
#include <tao/pegtl/ascii.hpp>
#include <tao/pegtl/match.hpp>
#include <tao/pegtl/memory_input.hpp>
#include <tao/pegtl/normal.hpp>
#include <tao/pegtl/nothing.hpp>
#include <tao/pegtl/rules.hpp>

#include "grammar/source/diagnostics/syntax.hpp"
#include "grammar/syntax/state.hpp"

namespace kpi::syntax::grammar {

namespace pegtl = tao::pegtl;
using Input = pegtl::memory_input<pegtl::tracking_mode::lazy, pegtl::eol::lf_crlf, const char*>;
using source::DiagnosticId;
namespace ids = source::ids;

inline std::uint32_t offset(const Input& in) { return static_cast<std::uint32_t>(in.current() - in.begin()); }
/// To the token behind a token that ends at `end`.
inline bool accept(Input& in, State& state, std::uint32_t end) {
  in.bump(state.skip_space(end) - offset(in));
  return true;
}

template <typename Rule>
concept HasNode = requires {
  Rule::kNode;
};
template <typename Rule>
concept Collapses = requires {
  Rule::kCollapse;
};

/// A rule that fails takes its nodes back; one that succeeds leaves a node if it has a kind. With `kCollapse` a node
/// that would have a single child leaves only the child.
template <typename Rule>
struct Control : pegtl::normal<Rule> {
  template <pegtl::apply_mode A, pegtl::rewind_mode M, template <typename...> class Action,
            template <typename...> class C>
  static bool match(Input& in, State& state) {
    const std::size_t first_node = state.nodes.size();
    const std::uint32_t begin = offset(in);
    if (!pegtl::match<Rule, A, M, Action, C>(in, state)) {
      state.nodes.resize(first_node);
      return false;
    }
    if constexpr (A == pegtl::apply_mode::nothing) {
      state.nodes.resize(first_node);  // a look-ahead leaves nothing
      return true;
    }
    if constexpr (HasNode<Rule>) state.complete(Rule::kNode, Collapses<Rule>, first_node, begin, offset(in));
    return true;
  }
};

template <typename Rule>
bool run(Input& in, State& state) {
  return Control<Rule>::template match<pegtl::apply_mode::action, pegtl::rewind_mode::required, pegtl::nothing,
                                       Control>(in, state);
}

/// Base of rules with a `parse(in, state)` of their own. It must leave the input alone when it fails.
template <typename Derived>
struct Custom {
  template <pegtl::apply_mode A, pegtl::rewind_mode M, template <typename...> class Action,
            template <typename...> class C>
  static bool match(Input& in, State& state) {
    return Derived::parse(in, state);
  }
};

template <std::size_t N>
struct Literal {
  char value[N];
  consteval Literal(const char (&text)[N]) { std::copy_n(text, N, value); }  // NOLINT: converts on purpose
  constexpr std::string_view view() const { return {value, N - 1}; }
};

// ---- tokens ---------------------------------------------------------------------------------------------------------

struct Space : Custom<Space> {
  static bool parse(Input& in, State& state) { return accept(in, state, offset(in)); }
};
/// PEGTL rules for one token, and the space behind it.
template <typename... Rules>
struct Token : pegtl::seq<Rules..., Space> {};

inline bool take_word(Input& in, State& state, std::string_view word, bool wanted) {
  const std::uint32_t begin = offset(in);
  if (state.word_at(begin, word)) return accept(in, state, static_cast<std::uint32_t>(begin + word.size()));
  if (wanted) state.expect(begin, {word, {}});
  return false;
}
/// A word of the language at a place where it is one.
template <Literal W>
struct Word : Custom<Word<W>> {
  static bool parse(Input& in, State& state) { return take_word(in, state, W.view(), true); }
};
/// The same without being named in messages about what was expected.
template <Literal W>
struct Quiet : Custom<Quiet<W>> {
  static bool parse(Input& in, State& state) { return take_word(in, state, W.view(), false); }
};
/// The word a clause begins with.
template <Literal W>
struct Key : Quiet<W> {
  static constexpr NodeKind kNode = NodeKind::key;
};
/// A word that is kept as one of a clause's words.
template <Literal W>
struct Kept : Word<W> {
  static constexpr NodeKind kNode = NodeKind::word;
};

inline bool take_sign(Input& in, State& state, std::string_view sign, bool wanted) {
  const std::uint32_t begin = offset(in);
  const auto end = static_cast<std::uint32_t>(begin + sign.size());
  const bool is_longer = sign == "=" && state.at(end) == '=';  // `==` is a mistake of its own
  if (state.text().substr(begin, sign.size()) == sign && !is_longer) return accept(in, state, end);
  if (wanted) state.expect(begin, {sign, {}});
  return false;
}
template <Literal S>
struct Sign : Custom<Sign<S>> {
  static bool parse(Input& in, State& state) { return take_sign(in, state, S.view(), true); }
};
template <Literal S>
struct QuietSign : Custom<QuietSign<S>> {
  static bool parse(Input& in, State& state) { return take_sign(in, state, S.view(), false); }
};

/// Any word or backquoted name.
template <NodeKind Kind, DiagnosticId Phrase = ids::phrase_name>
struct AnyName : Custom<AnyName<Kind, Phrase>> {
  static constexpr NodeKind kNode = Kind;
  static bool parse(Input& in, State& state) {
    const std::uint32_t begin = offset(in);
    const std::uint32_t end = state.name_end_at(begin);
    if (end > begin) return accept(in, state, end);
    state.expect(begin, {{}, Phrase});
    return false;
  }
};

/// Failures inside `Rule` at the place where it begins are summed up as `Phrase`.
template <DiagnosticId Phrase, typename... Rules>
struct Named : Custom<Named<Phrase, Rules...>> {
  static bool parse(Input& in, State& state) {
    const std::uint32_t outer = state.quiet_at;
    state.quiet_at = offset(in);
    const bool ok = run<pegtl::seq<Rules...>>(in, state);
    state.quiet_at = outer;
    if (!ok) state.expect(offset(in), {{}, Phrase});
    return ok;
  }
};

/// Goes one level deeper; too deep is an error that no alternative can turn into something else.
template <typename... Rules>
struct Deeper : Custom<Deeper<Rules...>> {
  static bool parse(Input& in, State& state) {
    struct Level {
      State& state;
      explicit Level(State& s) : state(s) { ++state.depth; }
      ~Level() { --state.depth; }
    } level(state);
    if (state.depth > kDeepestNesting) throw TooDeep{offset(in)};
    return run<pegtl::seq<Rules...>>(in, state);
  }
};

/// Runs a rule and turns nesting that is too deep into a reported failure.
template <typename Rule>
bool attempt(Input& in, State& state) {
  auto mark = in.mark<pegtl::rewind_mode::required>();
  const std::size_t first_node = state.nodes.size();
  const std::size_t blocks = state.blocks.size();
  const std::uint32_t quiet = state.quiet_at;
  const bool in_row = state.in_row;
  const std::uint32_t declaration = state.declaration_begin;
  try {
    return mark(run<Rule>(in, state));
  } catch (const TooDeep& too_deep) {
    state.report_too_deep(too_deep.at);
    state.nodes.resize(first_node);
    state.blocks.resize(blocks, BlockFrame{});
    state.quiet_at = quiet;
    state.in_row = in_row;
    state.declaration_begin = declaration;
    return mark(false);
  }
}

// ---- blocks ---------------------------------------------------------------------------------------------------------

enum class Keys { known, free };

/// `{ items }`. An item that fails is reported and skipped up to the next clause; a missing `}` is noticed at the next
/// declaration. Never fails once its `{` is there.
template <Literal Declaration, WordGroup Clauses, Keys Free, typename Item>
struct Block : Custom<Block<Declaration, Clauses, Free, Item>> {
  static bool parse(Input& in, State& state) {
    const std::uint32_t brace = offset(in);
    if (!take_sign(in, state, "{", true)) return false;
    state.blocks.push_back(
        {Declaration.view(), Clauses, Free == Keys::free, brace, state.indent_of(state.declaration_begin), false, brace});
    std::size_t previous = state.nodes.size();  // the first node of the clause read last
    while (!state.gave_up()) {
      const std::uint32_t item = offset(in);
      state.blocks.back().item = item;
      const std::size_t first_node = state.nodes.size();
      if (take_sign(in, state, "}", false)) break;
      const bool doubtful = Free == Keys::free || !state.has_partner(brace);
      if (state.at_end(item) || (doubtful && outside(state, item))) {
        state.close_for_user(brace, item);
        break;
      }
      if (attempt<Item>(in, state) && offset(in) > item) {
        previous = first_node;
        continue;
      }
      if (state.declaration_begins(item)) {
        state.close_for_user(brace, item);
        break;
      }
      // A sign goes on with the clause before it, as in `needs count(orders) >`: what was read of that one is not all.
      const bool goes_on = state.name_end_at(item) == item && state.at(item) != '|' && !state.nodes.empty();
      if (goes_on && previous < state.nodes.size() && state.nodes.back().kind == NodeKind::clause) {
        state.nodes.resize(previous);
      }
      state.expect(item, {{}, ids::phrase_clause});
      state.expect(item, {"}", {}});
      state.report_failure(item, Begins::item);
      const std::uint32_t next = state.next_clause(item, state.blocks.back());
      state.leaf(NodeKind::broken, item, next);
      accept(in, state, next);
    }
    state.blocks.pop_back();
    return true;
  }

 private:
  static bool outside(const State& state, std::uint32_t item) {
    return state.declaration_begins(item) && state.indent_of(item) <= state.blocks.back().indent;
  }
};

/// `keyword head block`. Once the keyword stands, the declaration is there: a head that fails is reported, marked as
/// broken, and its block is still checked.
template <Literal Keyword, NodeKind Kind, typename Head, typename Body>
struct Declared : Custom<Declared<Keyword, Kind, Head, Body>> {
  static constexpr NodeKind kNode = Kind;
  static bool parse(Input& in, State& state) {
    const std::uint32_t begin = offset(in);
    if (!take_word(in, state, Keyword.view(), false)) return false;
    state.leaf(NodeKind::key, begin, static_cast<std::uint32_t>(begin + Keyword.view().size()));
    const std::uint32_t outer = state.declaration_begin;
    state.declaration_begin = begin;
    if (!attempt<Head>(in, state)) {
      keep_name(in, state);
      skip(in, state);
    } else if (!run<Body>(in, state) || head_goes_on(state, offset(in))) {
      skip(in, state);
    }
    if (state.at(offset(in)) == '{') (void)run<Body>(in, state);
    state.declaration_begin = outer;
    return true;
  }

 private:
  // Something that belongs to the declaration and is not understood, as in `entity host form hosts { … }`.
  static bool head_goes_on(const State& state, std::uint32_t at) {
    if (state.at_end(at) || state.at(at) == '}' || state.at(state.token_end(at) - 1) == '}') return false;
    const std::string_view word = state.text().substr(at, state.name_end_at(at) - at);
    if (is_word(WordGroup::declaration, word)) return false;
    return !state.starts_line(at) || state.indent_of(at) > state.indent_of(state.declaration_begin);
  }
  // So that other declarations may still refer to it.
  static void keep_name(const Input& in, State& state) {
    const std::uint32_t begin = offset(in);
    if (const std::uint32_t end = state.name_end_at(begin); end > begin) state.leaf(NodeKind::name, begin, end);
  }
  static void skip(Input& in, State& state) {
    const std::uint32_t begin = offset(in);
    state.report_failure(begin);
    const std::uint32_t next = state.block_or_declaration(begin);
    state.leaf(NodeKind::broken_head, begin, next);
    accept(in, state, next);
  }
};

/// Declarations up to the end of the file or, inside `fails { … }`, up to its `}`. What is none is reported and
/// skipped.
template <typename Declaration, bool Nested>
struct Declarations : Custom<Declarations<Declaration, Nested>> {
  static bool parse(Input& in, State& state) {
    // Blocks outside do not matter in here.
    struct Apart {
      State& state;
      std::vector<BlockFrame> outer;
      explicit Apart(State& s) : state(s) { outer.swap(s.blocks); }
      ~Apart() { outer.swap(state.blocks); }
    } apart(state);
    Space::parse(in, state);
    while (!state.gave_up()) {
      const std::uint32_t item = offset(in);
      if (state.at_end(item)) break;
      if (Nested && (state.at(item) == '}' || outside(state, item, apart.outer))) break;
      if (state.at(item) == '}') {
        if (!state.forgive_stray_brace()) state.report(ids::stray_brace, item, item + 1);
        accept(in, state, item + 1);
        continue;
      }
      if (attempt<Declaration>(in, state) && offset(in) > item) continue;
      state.expect(item, {{}, ids::phrase_declaration});
      state.report_failure(item, Begins::item);
      std::uint32_t next = state.next_declaration(item);
      if (next == item) ++next;
      accept(in, state, next);
    }
    return true;
  }

 private:
  // A `}` is missing somewhere inside the rule, and this line is not indented further than the rule.
  static bool outside(const State& state, std::uint32_t item, const std::vector<BlockFrame>& blocks) {
    return state.declaration_begins(item) && !blocks.empty() && !state.has_partner(blocks.back().begin) &&
           state.indent_of(item) <= blocks.back().indent;
  }
};

/// `{ declarations }` inside a rule, one level deeper.
template <typename Content>
struct NestedBlock : Custom<NestedBlock<Content>> {
  static bool parse(Input& in, State& state) {
    const std::uint32_t brace = offset(in);
    if (!take_sign(in, state, "{", true)) return false;
    (void)run<Deeper<Content>>(in, state);
    if (!take_sign(in, state, "}", false)) state.close_for_user(brace, offset(in));
    return true;
  }
};

// ---- tables ---------------------------------------------------------------------------------------------------------

inline bool at_row(const State& state, std::uint32_t offset) {
  return state.at(offset) == '|' && state.starts_line(offset);
}
inline bool at_line_end(const State& state, std::uint32_t offset) {
  const char c = state.at(offset);
  return state.at_end(offset) || c == '\n' || c == '\r';
}

/// End of a line of cells with three dashes or more, with colons for alignment as in Markdown; `begin` if it is none.
inline std::uint32_t separator_end(const State& state, std::uint32_t begin) {
  std::uint32_t at = begin;
  if (state.at(at) != '|') return begin;
  for (;;) {
    at = state.skip_blanks(at + 1);
    if (at_line_end(state, at) || state.at(at) == '#') {
      while (!at_line_end(state, at)) ++at;
      return at;
    }
    if (state.at(at) == ':') ++at;
    const std::uint32_t dashes = at;
    while (state.at(at) == '-') ++at;
    if (at < dashes + 3) return begin;
    if (state.at(at) == ':') ++at;
    at = state.skip_blanks(at);
    if (state.at(at) != '|') return begin;
  }
}

/// One line of cells. A cell that fails is reported and counted; the row goes on behind the next `|`.
template <NodeKind Kind, typename CellRule, DiagnosticId Phrase>
struct Row : Custom<Row<Kind, CellRule, Phrase>> {
  static constexpr NodeKind kNode = Kind;
  static bool parse(Input& in, State& state) {
    if (!at_row(state, offset(in))) {
      state.expect(offset(in), {{}, Phrase});
      return false;
    }
    state.in_row = true;
    accept(in, state, offset(in) + 1);
    while (!finished(state, offset(in))) cell(in, state);
    state.in_row = false;
    accept(in, state, offset(in));
    return true;
  }

 private:
  static bool finished(const State& state, std::uint32_t at) { return at_line_end(state, at) || state.at(at) == '#'; }

  static void cell(Input& in, State& state) {
    const std::uint32_t begin = offset(in);
    const bool ok = attempt<CellRule>(in, state);
    const std::uint32_t end = offset(in);
    if (ok && state.at(end) == '|') {
      accept(in, state, end + 1);
    } else if (ok && finished(state, end)) {
      if (state.is_damaged(begin, end)) return;  // a text without its closing quote takes the `|` with it
      state.report(ids::row_not_closed, state.token_end(end) - 1, state.token_end(end));
    } else {
      const std::size_t keep = state.nodes.size();
      if (ok) state.expect(end, {"|", {}});
      state.report_failure(ok ? end : begin);
      const std::uint32_t next = state.cell_end(std::max(end, begin));
      if (ok) {  // the cell is there, but followed by something else
        state.nodes.resize(keep - state.nodes.back().size);
      }
      state.leaf(NodeKind::cell_broken, begin, next);
      accept(in, state, state.at(next) == '|' ? next + 1 : next);
    }
  }
};

/// Header, optional Markdown line, rows. A second run of rows in the same block belongs to the first: it was torn off
/// by something broken in between.
template <typename HeaderRow, typename BodyRow>
struct Rows : Custom<Rows<HeaderRow, BodyRow>> {
  static bool parse(Input& in, State& state) {
    if (!run<HeaderRow>(in, state)) return false;
    if (const std::uint32_t end = separator_below(state, offset(in)); end != 0) accept(in, state, end);
    body(in, state);
    return true;
  }

  static void body(Input& in, State& state) {
    while (at_row(state, offset(in))) {
      const std::uint32_t begin = offset(in);
      if (const std::uint32_t end = separator_end(state, begin); end > begin) {
        state.report(ids::misplaced_separator, begin, end);
        accept(in, state, end);
      } else {
        run<BodyRow>(in, state);
      }
    }
  }

 private:
  // The line directly below the header: the space skipped behind the header has a single line end.
  static std::uint32_t separator_below(const State& state, std::uint32_t at) {
    const std::uint32_t header_end = state.token_end(at);
    const std::string_view between = state.text().substr(header_end, at - header_end);
    std::size_t lines = 0;
    for (std::size_t i = 0; i < between.size(); ++i) {
      if (between[i] == '\n' || (between[i] == '\r' && between.substr(i, 2) != "\r\n")) ++lines;
    }
    const std::uint32_t end = separator_end(state, at);
    return lines == 1 && end > at ? end : 0;
  }
};

}  // namespace kpi::syntax::grammar
