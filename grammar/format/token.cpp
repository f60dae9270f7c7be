#include "grammar/format/token.hpp"

#include <algorithm>

#include "grammar/syntax/unicode.hpp"

namespace kpi::format {
namespace {

using syntax::Node;
using syntax::NodeKind;
using syntax::Tree;

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_line_end(char c) { return c == '\n' || c == '\r'; }

/// Leaves that are one token although they hold blanks, dots or signs.
bool is_whole(NodeKind kind) {
  switch (kind) {
    case NodeKind::number:
    case NodeKind::date:
    case NodeKind::date_time:
    case NodeKind::period:
    case NodeKind::time_of_day:
    case NodeKind::text:
    case NodeKind::rule_id:
      return true;
    default:
      return false;
  }
}

/// `8_000  GBP` and `40 %` with the blanks they should have.
std::string tidy_number(std::string_view text) {
  std::string result;
  bool gap = false;
  for (const char c : text) {
    if (is_blank(c)) {
      gap = true;
      continue;
    }
    if (gap && c != '%') result += ' ';
    gap = false;
    result += c;
  }
  return result;
}

class Tokenizer {
 public:
  Tokenizer(std::string_view raw, const syntax::CleanText& clean, const Tree& tree)
      : raw_(raw), text_(clean.text), tree_(tree) {
    collect(tree.root());
  }

  std::vector<Token> run() {
    while (at_ < text_.size()) {
      skip_space();
      if (at_ >= text_.size()) break;
      add(token_end());
    }
    add(at_);
    drop_separators();
    for (std::size_t i = 1; i < tokens_.size(); ++i) tokens_[i].tight = tokens_[i].tight || tight(i);
    return std::move(tokens_);
  }

 private:
  void collect(std::uint32_t index) {
    const Node& node = tree_[index];
    if (is_whole(node.kind) && node.end > node.begin) whole_.push_back(node);
    for (std::uint32_t child = node.first_child; child != 0; child = tree_[child].next) collect(child);
  }

  char at(std::size_t offset) const { return offset < text_.size() ? text_[offset] : '\0'; }

  void skip_space() {
    int line_ends = 0;
    while (at_ < text_.size()) {
      const char c = at(at_);
      if (is_line_end(c)) {
        at_ += c == '\r' && at(at_ + 1) == '\n' ? 2 : 1;
        ++line_ends;
        next_.newline_before = true;
      } else if (is_blank(c)) {
        ++at_;
      } else if (c == '#') {
        comment(line_ends);
        line_ends = 0;
      } else {
        break;
      }
    }
    next_.blank_before = line_ends > 1;
  }

  void comment(int line_ends) {
    std::size_t end = at_;
    while (end < text_.size() && !is_line_end(at(end))) ++end;
    std::string_view text = raw_.substr(at_, end - at_);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    next_.comments.push_back({std::string(text), line_ends == 0 && !tokens_.empty(), line_ends > 1});
    at_ = end;
  }

  std::size_t token_end() {
    while (next_whole_ < whole_.size() && whole_[next_whole_].begin < at_) ++next_whole_;
    if (next_whole_ < whole_.size() && whole_[next_whole_].begin == at_) return whole_[next_whole_].end;
    if (at(at_) == '`') {
      const std::size_t close = text_.find('`', at_ + 1);
      return close == std::string_view::npos ? text_.size() : close + 1;
    }
    if (const std::size_t end = syntax::name_end(text_, at_); end > at_) return end;
    for (const std::string_view sign : {"..=", "..", "<=", ">=", "!=", "+-"}) {
      if (text_.substr(at_, sign.size()) == sign) return at_ + sign.size();
    }
    return at_ + 1;
  }

  void add(std::size_t end) {
    next_.begin = static_cast<std::uint32_t>(at_);
    next_.end = static_cast<std::uint32_t>(end);
    const bool number = next_whole_ < whole_.size() && whole_[next_whole_].begin == at_ && end > at_ &&
                        whole_[next_whole_].kind == NodeKind::number;
    next_.text = number ? tidy_number(text_.substr(at_, end - at_)) : std::string(raw_.substr(at_, end - at_));
    tokens_.push_back(std::move(next_));
    next_ = {};
    at_ = end;
  }

  std::size_t token_at(std::uint32_t offset) const {
    const auto found = std::lower_bound(tokens_.begin(), tokens_.end(), offset,
                                        [](const Token& token, std::uint32_t value) { return token.begin < value; });
    return static_cast<std::size_t>(found - tokens_.begin());
  }

  // The line below a table's header, whose comment goes to what follows.
  void drop_separators() {
    std::vector<bool> dropped(tokens_.size());
    mark_separators(tree_.root(), dropped);
    std::vector<Token> kept;
    std::vector<Comment> orphans;
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      Token& token = tokens_[i];
      if (dropped[i]) {
        orphans.insert(orphans.end(), token.comments.begin(), token.comments.end());
        continue;
      }
      token.comments.insert(token.comments.begin(), orphans.begin(), orphans.end());
      orphans.clear();
      kept.push_back(std::move(token));
    }
    tokens_ = std::move(kept);
    mark_tight(tree_.root(), false);
  }

  void mark_separators(std::uint32_t index, std::vector<bool>& dropped) const {
    const Node& node = tree_[index];
    if (node.kind == NodeKind::table) {
      const Node& header = tree_[node.first_child];
      const std::uint32_t rows = header.next != 0 ? tree_[header.next].begin : node.end;
      for (std::size_t i = token_at(header.end); i < tokens_.size() && tokens_[i].begin < rows; ++i) dropped[i] = true;
      return;
    }
    for (std::uint32_t child = node.first_child; child != 0; child = tree_[child].next) mark_separators(child, dropped);
  }

  void make_tight(std::uint32_t offset, std::size_t distance) {
    const std::size_t index = token_at(offset) + distance;
    if (index < tokens_.size()) tokens_[index].tight = true;
  }

  // What only the tree can say.
  void mark_tight(std::uint32_t index, bool in_cell) {
    const Node& node = tree_[index];
    switch (node.kind) {
      case NodeKind::arguments:  // `f(…)`
        make_tight(node.begin, 0);
        break;
      case NodeKind::optional_mark:  // `money?`
        make_tight(node.begin, 0);
        break;
      case NodeKind::decision_table:
      case NodeKind::curve:  // `name(inputs)`
        if (const std::size_t bracket = token_at(node.begin) + 2;
            bracket < tokens_.size() && tokens_[bracket].text == "(")
          tokens_[bracket].tight = true;
        break;
      case NodeKind::unary:
      case NodeKind::negative:  // `-x`
        for (std::uint32_t child = node.first_child; child != 0; child = tree_[child].next) {
          if (tree_[child].kind == NodeKind::op) make_tight(tree_[child].begin, 1);
        }
        break;
      case NodeKind::argument_label:  // `kind: fake`
        make_tight(node.begin, 1);
        break;
      case NodeKind::shift:  // `mon..fri 09:00..18:00`
        for (std::size_t i = token_at(node.begin); i < tokens_.size() && tokens_[i].begin < node.end; ++i) {
          if (tokens_[i].text == "..") tokens_[i].tight = tokens_[i + 1].tight = true;
        }
        break;
      case NodeKind::range:
        mark_range(node, in_cell);
        break;
      case NodeKind::product:  // `1/11` in a cell
        if (const std::size_t first = token_at(node.begin); in_cell && is_plain_fraction(first, token_at(node.end))) {
          tokens_[first + 1].tight = tokens_[first + 2].tight = true;
        }
        break;
      default:
        break;
    }
    const bool cell = in_cell || node.kind == NodeKind::cell_value;
    for (std::uint32_t child = node.first_child; child != 0; child = tree_[child].next) mark_tight(child, cell);
  }

  bool is_plain_fraction(std::size_t first, std::size_t behind) const {
    const auto digits = [&](std::size_t i) {
      return tokens_[i].text.find_first_not_of("0123456789_") == std::string::npos;
    };
    return behind - first == 3 && digits(first) && tokens_[first + 1].text == "/" && digits(first + 2);
  }

  // `..60` and `60..` always, `60..80` in a table's cell when both are plain; elsewhere `1 ..= 20`.
  void mark_range(const Node& node, bool in_cell) {
    const std::size_t first = token_at(node.begin);
    const std::size_t behind = token_at(node.end);
    std::size_t op = first;
    for (std::uint32_t child = node.first_child; child != 0; child = tree_[child].next) {
      if (tree_[child].kind == NodeKind::op) op = token_at(tree_[child].begin);
    }
    const bool open = op == first || op + 1 == behind;
    const auto plain = [&](std::size_t i) { return tokens_[i].text.find(' ') == std::string::npos; };
    const bool short_cell = in_cell && behind - first == 3 && plain(first) && plain(behind - 1);
    if (!open && !short_cell) return;
    if (op > first) tokens_[op].tight = true;
    if (op + 1 < behind) tokens_[op + 1].tight = true;
  }

  // What the two tokens say.
  bool tight(std::size_t index) const {
    const std::string& before = tokens_[index - 1].text;
    const std::string& text = tokens_[index].text;
    if (text == "," || text == ")" || text == "]" || text == ".") return true;
    return before == "(" || before == "[" || before == ".";
  }

  std::string_view raw_, text_;
  const Tree& tree_;
  std::vector<Node> whole_;  // in source order
  std::size_t next_whole_ = 0;
  std::size_t at_ = 0;
  Token next_;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> tokenize(std::string_view raw, const syntax::CleanText& clean, const Tree& tree) {
  return Tokenizer(raw, clean, tree).run();
}

}  // namespace kpi::format
