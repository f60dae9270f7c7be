#include "interpreter/handbook/document.hpp"

namespace kpi::handbook {
namespace {

/// Marks become Markdown; what Markdown would read as its own is escaped. In a table a bar would end the cell.
std::string inline_text(const Inline& text, bool in_table) {
  std::string result;
  bool code = false;
  for (const char c : text) {
    switch (c) {
      case kBold:
        result += "**";
        continue;
      case kCode:
        code = !code;
        result += "`";
        continue;
      case kBreak:
        result += in_table ? "<br>" : "  \n";
        continue;
      default:
        break;
    }
    if (c == '\n') {
      result += in_table ? "<br>" : "\n";
    } else if (c == '|' && in_table) {
      result += "\\|";
    } else if (!code && (c == '*' || c == '_' || c == '<' || c == '`' || c == '\\')) {
      result += '\\';
      result += c;
    } else {
      result += c;
    }
  }
  return result;
}

struct Writer {
  std::string& out;

  void operator()(const Heading& block) const {
    out += std::string(static_cast<std::size_t>(block.level), '#') + " " + inline_text(block.text, false) + "\n";
  }
  void operator()(const Paragraph& block) const { out += inline_text(block.text, false) + "\n"; }
  void operator()(const Bullets& block) const {
    std::size_t number = 0;
    for (const Inline& item : block.items) {
      out += (block.numbered ? std::to_string(++number) + ". " : "- ") + inline_text(item, false) + "\n";
    }
  }
  void operator()(const Formula& block) const { out += "```\n" + block.text + "\n```\n"; }
  void operator()(const Remark& block) const { out += "> " + inline_text(block.text, true) + "\n"; }
  void operator()(const Grid& block) const {
    row(block.header, false);
    for (std::size_t i = 0; i < block.header.size(); ++i)
      out += i < block.right.size() && block.right[i] ? "|---:" : "|---";
    out += "|\n";
    for (std::size_t i = 0; i < block.rows.size(); ++i)
      row(block.rows[i], block.strong_last && i + 1 == block.rows.size());
  }
  void row(const std::vector<Inline>& cells, bool strong) const {
    for (const Inline& cell : cells) {
      const bool marked = strong && !cell.empty() && cell.find(kBold) == std::string::npos;
      out += "| " + inline_text(marked ? bold(cell) : cell, true) + " ";
    }
    out += "|\n";
  }
};

}  // namespace

std::string markdown(const Document& document) {
  std::string out;
  for (const Block& block : document.blocks) {
    if (!out.empty()) out += "\n";
    std::visit(Writer{out}, block);
  }
  return out;
}

}  // namespace kpi::handbook
