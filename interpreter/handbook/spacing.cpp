#include "interpreter/handbook/spacing.hpp"

#include <cstdint>

namespace kpi::handbook {
namespace {

enum class Kind { chinese, wide_mark, latin, blank, other };

// The length of the UTF-8 sequence that starts with `lead`; 1 where it is none.
std::size_t length(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  return byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
}

std::uint32_t code_point(std::string_view one) {
  if (one.size() == 1) return static_cast<unsigned char>(one[0]);
  std::uint32_t point = static_cast<unsigned char>(one[0]) & (0xFFU >> (one.size() + 1));
  for (std::size_t i = 1; i < one.size(); ++i) point = (point << 6U) | (static_cast<unsigned char>(one[i]) & 0x3FU);
  return point;
}

Kind kind_of(std::string_view one) {
  const std::uint32_t point = code_point(one);
  const auto within = [&](std::uint32_t first, std::uint32_t last) { return point >= first && point <= last; };
  if (point == ' ') return Kind::blank;
  if (within('0', '9') || within('A', 'Z') || within('a', 'z')) return Kind::latin;
  if (within(0x3000, 0x303F) || within(0xFF00, 0xFFEF) || within(0x2018, 0x201D)) return Kind::wide_mark;
  if (within(0x4E00, 0x9FFF) || within(0x3400, 0x4DBF) || within(0x20000, 0x3FFFF)) return Kind::chinese;
  return Kind::other;
}

bool is_wide(Kind kind) { return kind == Kind::chinese || kind == Kind::wide_mark; }

}  // namespace

Inline spaced_chinese(const Inline& text) {
  Inline result;
  Kind before = Kind::blank;
  bool blank = false, bold = false, inside_code = false;
  std::string ends, begins;  // marks of style that are not written yet: a blank belongs between them
  const auto put = [&](std::string_view one, Kind kind) {
    // Signs such as `=` and `×` keep the blanks they have.
    const bool signs = before == Kind::other || kind == Kind::other;
    const bool none =
        !signs && ((is_wide(before) && is_wide(kind)) || before == Kind::wide_mark || kind == Kind::wide_mark);
    const bool needed =
        (before == Kind::chinese && kind == Kind::latin) || (before == Kind::latin && kind == Kind::chinese);
    result += ends;
    if (!none && (blank || needed) && before != Kind::blank) result += ' ';
    result += begins;
    result += one;
    ends.clear();
    begins.clear();
    blank = false;
    before = kind;
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view one = std::string_view(text).substr(at, length(text[at]));
    at += one.size();
    if (inside_code && one[0] != kCode) {
      result += one;
      continue;
    }
    if (one[0] == kCode) {
      if (!inside_code) put("", Kind::latin);  // code counts as a word
      inside_code = !inside_code;
      result += one;
    } else if (one[0] == kBold) {
      (bold ? ends : begins) += one;
      bold = !bold;
    } else if (one[0] == kBreak) {
      result += ends + begins + std::string(one);
      ends.clear();
      begins.clear();
      blank = false;
      before = Kind::blank;
    } else if (one[0] == ' ') {
      blank = true;
    } else {
      put(one, kind_of(one));
    }
  }
  return result + ends + begins;
}

void space_chinese(Document& document) {
  const auto each = [](Inline& text) { text = spaced_chinese(text); };
  for (Block& block : document.blocks) {
    if (auto* heading = std::get_if<Heading>(&block)) each(heading->text);
    if (auto* paragraph = std::get_if<Paragraph>(&block)) each(paragraph->text);
    if (auto* remark = std::get_if<Remark>(&block)) each(remark->text);
    if (auto* bullets = std::get_if<Bullets>(&block)) {
      for (Inline& item : bullets->items) each(item);
    }
    if (auto* grid = std::get_if<Grid>(&block)) {
      for (Inline& cell : grid->header) each(cell);
      for (auto& row : grid->rows) {
        for (Inline& cell : row) each(cell);
      }
    }
  }
}

}  // namespace kpi::handbook
