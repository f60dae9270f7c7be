#include "grammar/format/pieces.hpp"

#include <algorithm>
#include <iterator>

namespace kpi::format {

using syntax::Node;
using syntax::NodeKind;

namespace {

Doc always_gap(const Pieces&, std::size_t, const Node*) { return gap(); }

/// A break that is taken when what follows it does not fit on the line any more.
Doc filling() { return group({line()}); }

bool is_operator(const Node* child) { return child == nullptr || child->kind == NodeKind::op; }

Doc before_operators(const Pieces&, std::size_t, const Node* child) { return is_operator(child) ? line() : gap(); }
Doc in_arguments(const Pieces&, std::size_t, const Node* child) { return child != nullptr ? line() : gap(); }

// `if a then b` above `else if c then d` above `else e`
Doc before_else(const Pieces& pieces, std::size_t token, const Node*) {
  return pieces.token(token).text == "else" ? line() : gap();
}

Doc in_head(const Pieces& pieces, std::size_t token, const Node* child) {
  if (child == nullptr) {
    const std::string& before = pieces.token(token - 1).text;
    if (before == "{" || pieces.token(token).text == "}") return line();  // `use … with { … }`
    return gap();
  }
  switch (child->kind) {
    case NodeKind::part_where:
    case NodeKind::part_when:
      return line();
    case NodeKind::assignment:
      return line();
    case NodeKind::name:
    case NodeKind::rule_id:
    case NodeKind::part_label:
    case NodeKind::part_value:
    case NodeKind::part_in:
    case NodeKind::type:
      return gap();
    default:
      return filling();
  }
}

Doc in_item(const Pieces& pieces, std::size_t token, const Node* child) {
  const std::string& text = pieces.token(token).text;
  if (child != nullptr && child->kind == NodeKind::form_field) {
    return line(pieces.token(token - 1).text == "{" ? " " : "  ");
  }
  if (child == nullptr && text == "}") return line();
  // The text in another language stands below when both do not fit on one line.
  return child != nullptr && child->kind == NodeKind::translation ? line() : gap();
}
Doc in_gate(const Pieces& pieces, std::size_t token, const Node* child) {
  const std::string& text = pieces.token(token).text;
  return child == nullptr && (text == "requires" || text == "else") ? line() : gap();
}
Doc before_where(const Pieces&, std::size_t, const Node* child) {
  return child != nullptr && child->kind == NodeKind::part_where ? line() : gap();
}

}  // namespace

std::size_t Pieces::token_at(std::uint32_t offset) const {
  const auto found = std::lower_bound(tokens_.begin(), tokens_.end(), offset,
                                      [](const Token& token, std::uint32_t value) { return token.begin < value; });
  return std::min(static_cast<std::size_t>(found - tokens_.begin()), tokens_.size() - 1);
}

void Pieces::separate(std::vector<Doc>& out, std::size_t token, Doc separator) const {
  for (const Comment& comment : tokens_[token].comments) {
    out.push_back({Doc::Kind::comment, comment.text, comment.trailing, 0, {}});
  }
  if (!tokens_[token].tight) out.push_back(std::move(separator));
}

std::vector<Doc> Pieces::parts(std::uint32_t node, Separators separator, Hang hang) const {
  return parts(node, first_token(node), behind(node), separator, hang);
}

std::vector<Doc> Pieces::parts(std::uint32_t node, std::size_t begin, std::size_t end, Separators separator,
                               Hang hang) const {
  std::vector<Doc> out;
  std::size_t at = begin;
  const auto own_tokens = [&](std::size_t stop) {
    for (; at < stop; ++at) {
      if (at > begin) separate(out, at, separator(*this, at, nullptr));
      out.push_back(text(tokens_[at].text));
    }
  };
  for (std::uint32_t child = tree_[node].first_child; child != 0; child = tree_[child].next) {
    const std::size_t first = first_token(child);
    if (tree_[child].end == tree_[child].begin || first < at) continue;
    if (first >= end) break;
    own_tokens(first);
    if (at > begin) separate(out, at, separator(*this, at, &tree_[child]));
    out.push_back(expression(child, hang));
    at = behind(child);
  }
  own_tokens(end);
  return out;
}

Doc Pieces::operators(std::uint32_t node, Hang hang) const {
  std::vector<Doc> content = parts(node, before_operators);
  int columns = hang == Hang::indent ? static_cast<int>(kIndent) : 0;
  if (hang == Hang::outdent) {
    const Node& first = tree_[tree_[node].first_child];
    columns = -static_cast<int>(tokens_[token_at(first.end)].text.size()) - 1;
  }
  return group({align(columns, std::move(content))});
}

Doc Pieces::list(std::uint32_t node) const {
  std::vector<Doc> items =
      parts(node, [](const Pieces&, std::size_t, const Node* child) { return child != nullptr ? filling() : gap(); });
  Doc open = std::move(items.front());
  items.erase(items.begin());
  return group({std::move(open), align(0, std::move(items))});
}

// Nested lines between the braces; whatever stands before the `{` stays where it is.
std::vector<Doc> Pieces::braces(std::vector<Doc> content) const {
  const auto open = std::find_if(content.begin(), content.end(), [](const Doc& doc) { return doc.text == "{"; });
  if (open == content.end() || content.back().text != "}") return content;
  const auto last = std::prev(content.end(), 2);  // the break before `}`
  if (last <= open) return content;
  std::vector<Doc> inner(std::make_move_iterator(open + 1), std::make_move_iterator(last));
  std::vector<Doc> result(std::make_move_iterator(content.begin()), std::make_move_iterator(open + 1));
  result.push_back(nest(kIndent, std::move(inner)));
  result.push_back(std::move(*last));
  result.push_back(std::move(content.back()));
  return result;
}

Doc Pieces::expression(std::uint32_t index, Hang hang) const {
  switch (tree_[index].kind) {
    case NodeKind::logical_or:
    case NodeKind::logical_and:
    case NodeKind::sum:
    case NodeKind::product:
      return operators(index, hang);
    case NodeKind::arguments:
    case NodeKind::parentheses: {
      std::vector<Doc> content = parts(index, in_arguments);
      Doc open = std::move(content.front());
      content.erase(content.begin());
      return group({std::move(open), align(0, std::move(content))});
    }
    case NodeKind::list:
      return list(index);
    case NodeKind::conditional:
      return group({align(0, parts(index, before_else))});
    case NodeKind::if_branch:
      return Doc{Doc::Kind::concat, {}, false, 0, parts(index, before_else)};
    case NodeKind::part_where:
    case NodeKind::part_when:
    case NodeKind::modifier_where:
      return Doc{Doc::Kind::concat, {}, false, 0, parts(index, always_gap, Hang::outdent)};
    case NodeKind::part_value:
      if (hang != Hang::indent) return Doc{Doc::Kind::concat, {}, false, 0, parts(index, always_gap)};
      return group(parts(
          index, [](const Pieces&, std::size_t, const Node*) { return line(); }, hang));
    default:
      return Doc{Doc::Kind::concat, {}, false, 0, parts(index, always_gap)};
  }
}

std::vector<Doc> Pieces::head(std::uint32_t declaration, std::size_t end) const {
  std::vector<Doc> content = parts(declaration, first_token(declaration), end, in_head, Hang::indent);
  if (tree_[declaration].kind == NodeKind::use) return {group(braces(std::move(content)))};
  return {group({nest(kIndent, std::move(content))})};
}

std::vector<Doc> Pieces::item(std::uint32_t node, std::size_t begin, std::size_t end) const {
  if (begin >= end) return {};
  const NodeKind kind = tree_[node].kind;
  if (kind == NodeKind::gate) return {group({nest(kIndent, parts(node, begin, end, in_gate, Hang::align))})};
  const bool quantified = kind == NodeKind::clause && tokens_[first_token(node)].text == "for";  // of a rule
  if (quantified) return {group(parts(node, begin, end, before_where, Hang::align))};
  bool translated = false;
  for (std::uint32_t child = tree_[node].first_child; child != 0; child = tree_[child].next)
    translated = translated || tree_[child].kind == NodeKind::translation;
  return {group({align(translated ? kIndent : 0, braces(parts(node, begin, end, in_item, Hang::align)))})};
}

}  // namespace kpi::format
