#include "grammar/syntax/state.hpp"

#include <algorithm>

#include "grammar/syntax/unicode.hpp"

namespace kpi::syntax {

using source::DiagnosticId;
namespace ids = source::ids;

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_line_end(char c) { return c == '\n' || c == '\r'; }

}  // namespace

State::State(const CleanText& clean, source::SourceId source, source::Diagnostics& diagnostics)
    : clean_(clean), source_(source), diagnostics_(diagnostics), space_begin_(clean.text.size() + 1, kNowhere) {
  nodes.reserve(clean.text.size() / 4);
  line_begins_.push_back(0);
  for (std::size_t at = text().find_first_of("\r\n"); at != std::string_view::npos;
       at = text().find_first_of("\r\n", at + 1)) {
    line_begins_.push_back(static_cast<std::uint32_t>(at + 1));
  }
  match_braces();
}

std::uint32_t State::skip_blanks(std::uint32_t offset) const {
  while (is_blank(at(offset))) ++offset;
  return offset;
}

std::uint32_t State::skip_space(std::uint32_t offset) {
  const std::uint32_t begin = offset;
  if (in_row) {
    offset = skip_blanks(offset);
  } else {
    for (;;) {
      const char c = at(offset);
      if (is_blank(c) || is_line_end(c)) {
        ++offset;
      } else if (c == '#') {
        while (!at_end(offset) && !is_line_end(at(offset))) ++offset;
      } else {
        break;
      }
    }
  }
  if (offset > begin) space_begin_[offset] = token_end(begin);
  return offset;
}

std::uint32_t State::token_end(std::uint32_t offset) const {
  return space_begin_[offset] == kNowhere ? offset : space_begin_[offset];
}

bool State::starts_line(std::uint32_t offset) const {
  while (offset > 0 && is_blank(at(offset - 1))) --offset;
  return offset == 0 || is_line_end(at(offset - 1));
}

bool State::same_line(std::uint32_t begin, std::uint32_t end) const {
  return text().substr(begin, end - begin).find_first_of("\r\n") == std::string_view::npos;
}

std::uint32_t State::name_end_at(std::uint32_t offset) const {
  if (at(offset) != '`') return static_cast<std::uint32_t>(name_end(text(), offset));
  std::uint32_t end = offset + 1;
  while (!at_end(end) && at(end) != '`' && !is_line_end(at(end))) ++end;
  return at(end) == '`' ? end + 1 : end;  // one that is not closed was reported with the characters
}

bool State::word_at(std::uint32_t offset, std::string_view word) const {
  if (text().substr(offset, word.size()) != word) return false;
  const auto end = static_cast<std::uint32_t>(offset + word.size());
  const auto next = code_point_at(text(), end);
  if (next && is_name_continue(next->value)) return false;
  return !colon_follows(end);
}

void State::leaf(NodeKind kind, std::uint32_t begin, std::uint32_t end) {
  nodes.push_back({kind, begin, end, 1, 0, 0});
}

void State::complete(NodeKind kind, bool collapse, std::size_t first_node, std::uint32_t begin, std::uint32_t end) {
  const std::size_t below = nodes.size() - first_node;
  if (collapse && below > 0 && nodes.back().size == below) return;
  end = std::max(begin, token_end(end));
  nodes.push_back({kind, begin, end, static_cast<std::uint32_t>(below + 1), 0, 0});
}

}  // namespace kpi::syntax
