#include "interpreter/lsp/context.hpp"

#include <algorithm>

#include "grammar/syntax/keywords.hpp"
#include "grammar/syntax/unicode.hpp"

namespace kpi::lsp {
namespace {

using syntax::WordGroup;

struct Token {
  enum class Kind { word, number, text, sign } kind = Kind::sign;
  std::string_view text;
  std::uint32_t begin = 0;
  bool starts_line = false;
};

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

struct Lexed {
  std::vector<Token> tokens;
  bool in_comment = false, in_text = false;
};

/// Up to the cursor; a text that it stands in is not among the tokens.
Lexed lex(std::string_view text) {
  Lexed result;
  bool starts_line = true;
  for (std::uint32_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '\n' || is_blank(c)) {
      starts_line = starts_line || c == '\n';
      ++at;
      continue;
    }
    if (c == '#') {
      const std::size_t end = text.find('\n', at);
      if (end == std::string_view::npos) {
        result.in_comment = true;
        return result;
      }
      at = static_cast<std::uint32_t>(end);
      continue;
    }
    std::uint32_t end = at + 1;
    auto kind = Token::Kind::sign;
    if (c == '"') {
      while (end < text.size() && text[end] != '"' && text[end] != '\n') end += text[end] == '\\' ? 2 : 1;
      if (end >= text.size()) {
        result.in_text = true;
        return result;
      }
      if (text[end] == '"') ++end;
      kind = Token::Kind::text;
    } else if (c == '`') {
      while (end < text.size() && text[end] != '`' && text[end] != '\n') ++end;
      if (end < text.size() && text[end] == '`') ++end;
      kind = Token::Kind::word;
    } else if (const auto stop = static_cast<std::uint32_t>(syntax::name_end(text, at)); stop > at) {
      end = stop;
      // Rule ids: `no-fake-order-exclusion`.
      const bool rule =
          !result.tokens.empty() && (result.tokens.back().text == "allow" || result.tokens.back().text == "rule");
      while (rule && end < text.size() && text[end] == '-') {
        const std::uint32_t part = end + 1;
        end = part < text.size() ? static_cast<std::uint32_t>(syntax::name_end(text, part)) : part;
        if (end == part) break;  // `no-` is being typed
      }
      kind = Token::Kind::word;
    } else if (c >= '0' && c <= '9') {
      while (end < text.size() &&
             ((text[end] >= '0' && text[end] <= '9') || text[end] == '_' || text[end] == '%' || text[end] == '-' ||
              text[end] == ':' ||
              (text[end] == '.' && end + 1 < text.size() && text[end + 1] >= '0' && text[end + 1] <= '9'))) {
        ++end;
      }
      kind = Token::Kind::number;
    }
    end = std::min(end, static_cast<std::uint32_t>(text.size()));
    result.tokens.push_back({kind, text.substr(at, end - at), at, starts_line});
    starts_line = false;
    at = end;
  }
  return result;
}

WordGroup clauses_of(std::string_view declaration) {
  struct Entry {
    std::string_view word;
    WordGroup group;
  };
  constexpr Entry kEntries[] = {{"policy", WordGroup::clause_policy},       {"library", WordGroup::clause_library},
                                {"entity", WordGroup::clause_entity},       {"events", WordGroup::clause_events},
                                {"exchange", WordGroup::clause_exchange},   {"calendar", WordGroup::clause_calendar},
                                {"exclude", WordGroup::clause_exclude},     {"metric", WordGroup::clause_metric},
                                {"scorecard", WordGroup::clause_scorecard}, {"payout", WordGroup::clause_payout},
                                {"alert", WordGroup::clause_alert},         {"rule", WordGroup::clause_rule},
                                {"allow", WordGroup::clause_allow},         {"attack", WordGroup::clause_attack},
                                {"test", WordGroup::clause_test},           {"import", WordGroup::clause_import}};
  for (const Entry& entry : kEntries) {
    if (entry.word == declaration) return entry.group;
  }
  return WordGroup::clause_labels;  // has none
}

/// A declaration or clause that is open at the cursor.
struct Frame {
  std::string_view block;  // the declaration's word; empty at the top
  std::string_view name;
  std::size_t item = 0;   // the token its current item begins with
  std::size_t head = 0;   // the token the declaration begins with
  std::size_t brace = 0;  // the token behind its `{`
  bool has_item = false;
};

std::vector<std::string> cells(std::string_view line) {
  std::vector<std::string> result;
  bool quoted = false;
  std::string cell;
  for (const char c : line.substr(1)) {
    if (c == '"') quoted = !quoted;
    if (c == '|' && !quoted) {
      const std::size_t first = cell.find_first_not_of(" \t");
      result.push_back(first == std::string::npos ? "" : cell.substr(first, cell.find_last_not_of(" \t") - first + 1));
      cell.clear();
    } else {
      cell += c;
    }
  }
  return result;
}

std::string_view trimmed(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t\r");
  return first == std::string_view::npos ? std::string_view()
                                         : line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
}

/// The table around the line that ends at the cursor.
void read_table(std::string_view text, std::uint32_t line_begin, Context& context) {
  const std::string_view line = trimmed(text.substr(line_begin));
  context.in_table = true;
  bool quoted = false;
  std::size_t bars = 0;
  for (const char c : line) {
    if (c == '"') quoted = !quoted;
    if (c == '|' && !quoted) ++bars;
  }
  context.column = bars == 0 ? 0 : bars - 1;
  std::string_view header;
  std::uint32_t at = line_begin;
  while (at > 0) {
    const std::uint32_t end = at - 1;
    std::uint32_t begin = end;
    while (begin > 0 && text[begin - 1] != '\n') --begin;
    const std::string_view above = trimmed(text.substr(begin, end - begin));
    if (above.starts_with('|')) {
      header = above;
    } else if (!above.empty() && !above.starts_with('#')) {
      break;
    }
    at = begin;
  }
  context.in_header = header.empty();
  if (!header.empty()) context.header = cells(header);
}

/// What the declaration is for, and in a rule what its variables stand for: `for payout p`, `exists metric m where …`.
void read_head(const std::vector<Token>& tokens, std::size_t begin, std::size_t end, Context& context) {
  const auto is_word = [&](std::size_t i) { return i < tokens.size() && tokens[i].kind == Token::Kind::word; };
  for (std::size_t i = begin; i < end; ++i) {
    if (tokens[i].text == "for" && is_word(i) && is_word(i + 1)) context.of = tokens[i + 1].text;
    if (tokens[i].text == "from" && is_word(i) && is_word(i + 1)) context.from = tokens[i + 1].text;
  }
  if (begin >= tokens.size() || tokens[begin].text != "rule") return;
  for (std::size_t i = begin; i + 1 < tokens.size(); ++i) {
    const bool binds = is_word(i) && is_word(i + 1) && syntax::is_word(WordGroup::rule_element, tokens[i].text) &&
                       !syntax::is_word(WordGroup::operator_word, tokens[i + 1].text);
    if (binds) context.binders[std::string(tokens[i + 1].text)] = tokens[i].text;
  }
}

/// `result(…).` at the end.
bool ends_in_result(const std::vector<Token>& tokens) {
  const std::size_t size = tokens.size();
  if (size < 4 || tokens[size - 1].text != "." || tokens[size - 2].text != ")") return false;
  int depth = 0;
  for (std::size_t i = size - 1; i-- > 1;) {
    if (tokens[i].text == ")") ++depth;
    if (tokens[i].text == "(" && --depth == 0) return tokens[i - 1].text == "result";
  }
  return false;
}

}  // namespace

Context context_at(std::string_view whole, std::uint32_t offset) {
  offset = std::min(offset, static_cast<std::uint32_t>(whole.size()));
  const std::string_view text = whole.substr(0, offset);
  Context context;
  context.begin = offset;
  Lexed lexed = lex(text);
  context.in_comment = lexed.in_comment;
  context.in_text = lexed.in_text;
  std::vector<Token>& tokens = lexed.tokens;
  if (context.in_text) {
    if (!tokens.empty()) context.text_owner = tokens.back().text;
    context.begin = static_cast<std::uint32_t>(text.rfind('"')) + 1;
    return context;
  }
  if (context.in_comment) return context;
  bool starts_line =
      text.empty() || text.substr(text.rfind('\n') + 1).find_first_not_of(" \t\r") == std::string_view::npos;
  // The word being typed is what is asked for, not what stands before.
  if (!tokens.empty() && tokens.back().kind == Token::Kind::word &&
      tokens.back().begin + tokens.back().text.size() == offset) {
    context.begin = tokens.back().begin;
    starts_line = tokens.back().starts_line;
    tokens.pop_back();
  }
  context.at_line_start = starts_line;

  std::vector<Frame> frames(1);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const Token& token = tokens[i];
    Frame& frame = frames.back();
    const bool block_begins = i > 0 && (tokens[i - 1].text == "{" || tokens[i - 1].text == "}");
    if (token.text == "{" && token.kind == Token::Kind::sign) {
      Frame inner;
      if (frame.has_item) {
        // `requires events orders … {` is a block of `events`.
        const std::size_t item = frame.item + (tokens[frame.item].text == "requires" ? 1 : 0);
        inner.head = item;
        inner.brace = i + 1;
        inner.block = tokens[item].text;
        if (item + 1 < i && tokens[item + 1].kind == Token::Kind::word) inner.name = tokens[item + 1].text;
      }
      frames.push_back(inner);
    } else if (token.text == "}" && token.kind == Token::Kind::sign) {
      if (frames.size() > 1) frames.pop_back();
      frames.back().has_item = false;
    } else if (token.kind == Token::Kind::word && (token.starts_line || block_begins || frame.block.empty() == false)) {
      const bool declares =
          frame.block.empty() || frame.block == "library" || frame.block == "fails" || frame.block == "passes";
      const bool begins =
          declares ? syntax::is_word(WordGroup::declaration, token.text) && (token.starts_line || block_begins)
                   : token.starts_line || block_begins || syntax::is_word(clauses_of(frame.block), token.text);
      const bool goes_on = syntax::is_word(WordGroup::operator_word, token.text) ||
                           (token.starts_line && (token.text == "when" || token.text == "where"));
      if (begins && !goes_on) {
        frame.item = i;
        frame.has_item = true;
      }
    }
  }
  const Frame& frame = frames.back();
  context.block = frame.block;
  context.name = frame.name;
  if (frame.has_item) context.head = tokens[frame.item].text;
  if (frame.has_item && frame.block.empty() && frame.item + 1 < tokens.size())
    context.name = tokens[frame.item + 1].text;
  if (frame.has_item && (context.head == "given" || context.head == "expect") && frame.item + 1 < tokens.size()) {
    context.subject = tokens[frame.item + 1].text;
  }
  if (!tokens.empty()) context.before = tokens.back().text;
  if (tokens.size() > 1) context.before_that = tokens[tokens.size() - 2].text;
  const std::uint32_t line_begin = static_cast<std::uint32_t>(text.rfind('\n') + 1);
  const bool same_line = !tokens.empty() && tokens.back().begin >= line_begin;
  context.after_number = same_line && tokens.back().kind == Token::Kind::number &&
                         tokens.back().begin + tokens.back().text.size() < context.begin;
  context.after_colon = context.before == ":";
  context.at_item_start = starts_line || context.before == "{" || context.before == "}";

  read_head(tokens, frame.block.empty() ? frame.item : frame.head,
            frame.block.empty() || frame.brace == 0 ? tokens.size() : frame.brace, context);

  // `a.b.|`
  std::size_t at = tokens.size();
  while (at >= 2 && tokens[at - 1].text == "." && tokens[at - 2].kind == Token::Kind::word) {
    context.path.insert(context.path.begin(), std::string(tokens[at - 2].text));
    at -= 2;
  }
  if (context.path.empty() && ends_in_result(tokens)) context.path = {"result()"};

  // The innermost call that is open: what its first words are.
  int depth = 0;
  for (std::size_t i = tokens.size(); i-- > 0;) {
    if (tokens[i].text == ")") ++depth;
    if (tokens[i].text == "{" || tokens[i].text == "}" || tokens[i].text == "|") break;
    if (tokens[i].text != "(" || depth-- > 0) continue;
    for (std::size_t j = i + 1; j < tokens.size(); ++j) {
      if (tokens[j].kind != Token::Kind::word) continue;
      const bool function = j + 1 < tokens.size() && tokens[j + 1].text == "(";
      if (function) continue;
      context.source_in_call = tokens[j].text;
      break;
    }
    break;
  }
  if (trimmed(text.substr(line_begin)).starts_with('|')) read_table(text, line_begin, context);
  return context;
}

}  // namespace kpi::lsp
