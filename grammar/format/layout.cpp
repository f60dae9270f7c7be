#include "grammar/format/layout.hpp"

#include <algorithm>
#include <optional>

#include "grammar/format/doc.hpp"
#include "grammar/format/pieces.hpp"
#include "grammar/source/source.hpp"

namespace kpi::format {
namespace {

using source::display_width;
using syntax::Node;
using syntax::NodeKind;

bool is_declaration(NodeKind kind) { return kind >= NodeKind::edition && kind <= NodeKind::import; }
bool is_table(NodeKind kind) { return kind == NodeKind::table || kind == NodeKind::more_rows; }

std::string padded(const std::string& text, std::size_t width) {
  const std::size_t own = display_width(text);
  return own < width ? text + std::string(width - own, ' ') : text;
}

/// The aligned columns of a block.
struct Columns {
  std::size_t first = 0, second = 0;  // widths
  bool mixed = false;                 // lines with several items are among them
  bool sources = false;               // of fields: `from …` stands in a column behind the types
};

/// What stands in aligned columns at the beginning of an item; `rest` is the first token behind them.
struct Cells {
  std::string first, second;
  std::size_t rest = 0;
};

class Layouter {
 public:
  Layouter(const std::vector<Token>& tokens, const syntax::Tree& tree)
      : tokens_(tokens), tree_(tree), pieces_(tokens, tree) {}

  std::string run() {
    items(children(tree_.root(), 0), 0, NodeKind::file);
    leading(tokens_.size() - 1, 0, lines_.empty());
    return join(lines_);
  }

 private:
  using Nodes = std::vector<std::uint32_t>;

  NodeKind kind(std::uint32_t index) const { return tree_[index].kind; }

  /// Children that begin at or behind an offset.
  Nodes children(std::uint32_t index, std::uint32_t from) const {
    Nodes result;
    for (std::uint32_t child = tree_[index].first_child; child != 0; child = tree_[child].next) {
      if (tree_[child].begin >= from) result.push_back(child);
    }
    return result;
  }
  std::uint32_t child_of(std::uint32_t index, NodeKind wanted) const {
    for (std::uint32_t child = tree_[index].first_child; child != 0; child = tree_[child].next) {
      if (kind(child) == wanted) return child;
    }
    return 0;
  }

  // ---- comments and blank lines

  void add(std::vector<Line> lines, bool blank_before) {
    lines.front().blank_before = blank_before;
    std::move(lines.begin(), lines.end(), std::back_inserter(lines_));
  }
  void add(std::size_t indent, std::string text, bool blank_before) {
    add({{indent, std::move(text), {}, false}}, blank_before);
  }

  /// Puts out the comments before a token. Gives whether a blank line belongs before the token itself.
  bool leading(std::size_t token, std::size_t indent, bool first) {
    for (const Comment& comment : tokens_[token].comments) {
      if (comment.trailing && !lines_.empty() && lines_.back().comment.empty()) {
        lines_.back().comment = comment.text;
        continue;
      }
      add(indent, comment.text, comment.blank_before && !first);
      first = false;
    }
    return tokens_[token].blank_before && !first;
  }

  // ---- one line

  bool stand_on_one_line(std::size_t begin, std::size_t end) const {
    for (std::size_t i = begin; i < end; ++i) {
      if (tokens_[i].newline_before || !tokens_[i].comments.empty()) return false;
    }
    return true;
  }

  /// The `{` of the block of a declaration or example, or the token behind it.
  std::size_t open_brace(std::uint32_t index) const {
    const std::size_t behind = pieces_.behind(index);
    if (kind(index) == NodeKind::use) return behind;
    for (std::size_t i = pieces_.first_token(index); i < behind; ++i) {
      if (tokens_[i].text == "{") return i;
    }
    return behind;
  }

  Nodes block_items(std::uint32_t index, std::size_t brace) const {
    if (kind(index) == NodeKind::example) return children(child_of(index, NodeKind::nested_file), 0);
    return children(index, tokens_[brace].end);
  }

  std::vector<Doc> head(std::uint32_t index, std::size_t brace) const {
    if (kind(index) == NodeKind::example) return {text(tokens_[pieces_.first_token(index)].text)};
    return pieces_.head(index, brace);
  }

  /// The whole item on one line, if it may stand so.
  std::optional<std::string> flat_item(std::uint32_t index) const {
    if (is_table(kind(index))) return std::nullopt;
    if (!is_declaration(kind(index)) && kind(index) != NodeKind::example) {
      if (child_of(index, NodeKind::table) != 0) return std::nullopt;
      return flat(pieces_.item(index, pieces_.first_token(index), pieces_.behind(index)));
    }
    const std::size_t brace = open_brace(index);
    const std::size_t behind = pieces_.behind(index);
    auto result = flat(head(index, brace));
    if (!result || brace == behind) return result;
    if (!tokens_[brace].comments.empty()) return std::nullopt;
    if (brace + 2 == behind && tokens_[brace + 1].comments.empty()) return *result + " {}";
    if (!stand_on_one_line(brace + 1, behind)) return std::nullopt;
    std::string gap = " {";
    for (const std::uint32_t item : block_items(index, brace)) {
      const auto text = flat_item(item);
      if (!text) return std::nullopt;
      *result += gap + (gap == " {" ? " " : "") + *text;
      gap = "  ";
    }
    return *result + " }";
  }

  // ---- items

  void items(const Nodes& nodes, std::size_t indent, NodeKind parent) {
    const std::vector<Nodes> groups = lines_of(nodes, indent, parent);
    const Columns columns = measure(groups, parent);
    bool first = parent != NodeKind::file || lines_.empty();
    for (const Nodes& group : groups) {
      const bool blank = leading(pieces_.first_token(group.front()), indent, first);
      first = false;
      if (group.size() > 1) {
        std::string text;
        for (const std::uint32_t node : group) text += (text.empty() ? "" : "  ") + flat_item(node).value_or("");
        add(indent, std::move(text), blank);
        continue;
      }
      item(group.front(), indent, parent, columns, blank);
    }
  }

  /// Items that stood on a line together stay together as far as they fit.
  std::vector<Nodes> lines_of(const Nodes& nodes, std::size_t indent, NodeKind parent) const {
    std::vector<Nodes> result;
    std::size_t width = 0;
    for (const std::uint32_t node : nodes) {
      const Token& token = tokens_[pieces_.first_token(node)];
      const bool apart = parent == NodeKind::file || (parent == NodeKind::library && is_declaration(kind(node)));
      const auto text = flat_item(node);
      const std::size_t own = text ? display_width(*text) : kLineWidth;
      const bool together = !result.empty() && !apart && !token.newline_before && token.comments.empty();
      if (together && width + 2 + own <= kLineWidth) {
        result.back().push_back(node);
        width += 2 + own;
      } else {
        result.push_back({node});
        width = indent + own;
      }
    }
    return result;
  }

  /// The widths of the columns over the items that have a line of their own.
  Columns measure(const std::vector<Nodes>& groups, NodeKind parent) const {
    Columns columns;
    const auto among = [&](auto wanted) {
      std::size_t count = 0;
      for (const Nodes& group : groups) count += group.size() == 1 && wanted(group.front()) ? 1 : 0;
      return count;
    };
    const bool fields = among([&](std::uint32_t node) { return kind(node) == NodeKind::field; }) > 0;
    columns.sources = among([&](std::uint32_t node) { return source_follows_type(node); }) > 1;
    columns.mixed = std::any_of(groups.begin(), groups.end(), [](const Nodes& group) { return group.size() > 1; });
    for (const Nodes& group : groups) {
      if (group.size() > 1) continue;
      const Cells cells = cells_of(group.front(), parent, columns);
      columns.second = std::max(columns.second, display_width(cells.second));
      // Clauses follow the fields' column and do not widen it.
      if (fields && kind(group.front()) != NodeKind::field) continue;
      columns.first = std::max(columns.first, display_width(cells.first));
    }
    return columns;
  }

  bool source_follows_type(std::uint32_t node) const {
    const std::uint32_t type = kind(node) == NodeKind::field ? child_of(node, NodeKind::type) : 0;
    return type != 0 && kind(tree_[type].next) == NodeKind::part_from;
  }

  std::optional<std::string> flat_tokens(std::uint32_t node, std::size_t begin, std::size_t end) const {
    return flat(pieces_.item(node, begin, end));
  }

  Cells cells_of(std::uint32_t node, NodeKind parent, const Columns& columns) const {
    Cells cells;
    const std::size_t begin = pieces_.first_token(node);
    cells.rest = begin;
    std::size_t first_end = begin + 1;
    std::size_t second_end = 0;
    switch (kind(node)) {
      case NodeKind::field:
        if (columns.sources && source_follows_type(node)) second_end = pieces_.behind(child_of(node, NodeKind::type));
        break;
      case NodeKind::phase:
        if (const auto label = child_of(node, NodeKind::part_label)) second_end = pieces_.behind(label);
        break;
      case NodeKind::column:
        if (const auto type = child_of(node, NodeKind::type)) second_end = pieces_.behind(type);
        break;
      case NodeKind::label_entry:
        if (columns.mixed) return cells;
        first_end = pieces_.behind(tree_[node].first_child);
        break;
      case NodeKind::shift:
        first_end = begin + (tokens_[begin + 1].text == ".." ? 3 : 1);
        break;
      case NodeKind::clause:
        if (parent == NodeKind::test || parent == NodeKind::scorecard || parent == NodeKind::rule) return cells;
        break;
      case NodeKind::import_option:
      case NodeKind::form:
        break;
      default:
        return cells;
    }
    const auto first = flat_tokens(node, begin, first_end);
    // A comment inside the columns: no columns.
    if (!first || first_end >= pieces_.behind(node) || !tokens_[first_end].comments.empty()) return cells;
    cells.first = *first;
    cells.rest = first_end;
    if (second_end <= first_end) return cells;
    const auto second = flat_tokens(node, first_end, second_end);
    if (!second || second_end >= pieces_.behind(node) || !tokens_[second_end].comments.empty()) return cells;
    cells.second = *second;
    cells.rest = second_end;
    return cells;
  }

  void item(std::uint32_t node, std::size_t indent, NodeKind parent, const Columns& columns, bool blank) {
    if (is_declaration(kind(node)) || kind(node) == NodeKind::example) return declaration(node, indent, blank);
    if (is_table(kind(node))) return table(node, indent, blank);
    const std::uint32_t inner_table = child_of(node, NodeKind::table);
    const std::size_t end = inner_table != 0 ? pieces_.first_token(inner_table) : pieces_.behind(node);
    const Cells cells = cells_of(node, parent, columns);
    std::vector<Doc> content;
    if (!cells.first.empty()) content.push_back(text(padded(cells.first, columns.first) + " "));
    const bool phase_column = kind(node) == NodeKind::phase && columns.second > 0;
    if (!cells.second.empty() || phase_column) content.push_back(text(padded(cells.second, columns.second) + " "));
    const std::vector<Doc> rest = pieces_.item(node, cells.rest, end);
    content.insert(content.end(), rest.begin(), rest.end());
    add(lay_out(content, indent), blank);
    if (inner_table != 0) {
      const bool blank_above = leading(end, indent + kIndent, false);
      table(inner_table, indent + kIndent, blank_above);
    }
  }

  void declaration(std::uint32_t node, std::size_t indent, bool blank) {
    const std::size_t brace = open_brace(node);
    const std::size_t behind = pieces_.behind(node);
    std::vector<Doc> content = head(node, brace);
    if (brace == behind) return add(lay_out(content, indent), blank);
    if (const auto one_line = flat_item(node); one_line && indent + display_width(*one_line) <= kLineWidth) {
      return add(indent, *one_line, blank);
    }
    pieces_.separate(content, brace, gap());
    content.push_back(text("{"));
    add(lay_out(content, indent), blank);
    const Nodes inside = block_items(node, brace);
    items(inside, indent + kIndent, kind(node));
    leading(behind - 1, indent + kIndent, inside.empty());
    add(indent, "}", false);
  }

  // ---- tables

  void table(std::uint32_t node, std::size_t indent, bool blank) {
    const Nodes rows = children(node, 0);
    std::vector<std::vector<std::string>> texts;
    std::vector<std::size_t> widths;
    for (const std::uint32_t row : rows) {
      auto& cells = texts.emplace_back();
      for (const std::uint32_t cell : children(row, 0)) {
        const std::size_t begin = pieces_.first_token(cell);
        const std::size_t end = tree_[cell].end > tree_[cell].begin ? pieces_.behind(cell) : begin;
        cells.push_back(flat_tokens(cell, begin, end).value_or(""));
        if (widths.size() < cells.size()) widths.push_back(0);
        widths[cells.size() - 1] = std::max(widths[cells.size() - 1], display_width(cells.back()));
      }
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (i > 0) blank = leading(pieces_.first_token(rows[i]), indent, false);
      std::string text = "|";
      for (std::size_t column = 0; column < texts[i].size(); ++column) {
        text += " " + padded(texts[i][column], widths[column]) + " |";
      }
      add(indent, std::move(text), blank);
    }
  }

  const std::vector<Token>& tokens_;
  const syntax::Tree& tree_;
  Pieces pieces_;
  std::vector<Line> lines_;
};

}  // namespace

std::string canonical_text(const std::vector<Token>& tokens, const syntax::Tree& tree) {
  return Layouter(tokens, tree).run();
}

}  // namespace kpi::format
