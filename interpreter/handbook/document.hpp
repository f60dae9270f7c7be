// A handbook as a list of blocks, before it becomes Markdown or HTML.
#pragma once

#include <string>
#include <variant>
#include <vector>

namespace kpi::handbook {

/// A run of text. Marks stand in the text as single characters that no policy can contain: kBold and kCode switch the
/// style on and off, kBreak ends a line.
using Inline = std::string;
constexpr char kBold = '\x01', kCode = '\x02', kBreak = '\x03';

inline Inline bold(const std::string& text) { return kBold + text + kBold; }
inline Inline code(const std::string& text) { return kCode + text + kCode; }

struct Heading {
  int level = 2;
  Inline text;
};
struct Paragraph {
  Inline text;
};
struct Bullets {
  std::vector<Inline> items;
  bool numbered = false;
};
struct Formula {
  std::string text;
};  // as written in the policy
struct Remark {
  Inline text;
};  // set apart: assumptions, warnings
struct Grid {
  std::vector<Inline> header;
  std::vector<std::vector<Inline>> rows;
  std::vector<bool> right;   // by column: numbers
  bool strong_last = false;  // the last row is a result
};
using Block = std::variant<Heading, Paragraph, Bullets, Formula, Remark, Grid>;

struct Document {
  std::string language;  // "en", "zh"
  std::string title;
  std::vector<Block> blocks;
};

std::string markdown(const Document& document);
/// One file with its own style, also for paper.
std::string html(const Document& document);

}  // namespace kpi::handbook
