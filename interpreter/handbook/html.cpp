#include "interpreter/handbook/document.hpp"

#include <algorithm>

namespace kpi::handbook {
namespace {

constexpr const char* kStyle = R"(
:root { --ink: #1d2733; --soft: #5b6876; --line: #d9dfe6; --tint: #f4f6f9; --accent: #1f5f8b; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2.5rem 1.5rem 4rem; max-width: 54rem; color: var(--ink); background: #fff;
  font: 16px/1.65 "Segoe UI", "Helvetica Neue", Arial, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; }
h1 { font-size: 1.9rem; line-height: 1.25; margin: 0 0 .3em; }
h2 { font-size: 1.35rem; margin: 2.4em 0 .6em; padding-bottom: .25em; border-bottom: 2px solid var(--line); color: var(--accent); }
h3 { font-size: 1.08rem; margin: 1.8em 0 .4em; }
h4 { font-size: 1rem; margin: 1.4em 0 .3em; color: var(--soft); }
p, ul, ol { margin: .6em 0; }
li { margin: .25em 0; }
table { border-collapse: collapse; margin: .9em 0; width: 100%; font-size: .95em; }
th, td { padding: .4em .7em; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { background: var(--tint); font-weight: 600; }
td:first-child, th:first-child { min-width: 4.5em; }
table.numbers { width: auto; }
table.facts td:first-child { color: var(--soft); white-space: nowrap; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
tr.sum td { font-weight: 700; border-top: 2px solid var(--ink); }
code { font: .9em/1.4 ui-monospace, "SFMono-Regular", Consolas, monospace; background: var(--tint); padding: .1em .3em; border-radius: 3px; }
pre { background: var(--tint); padding: .7em .9em; border-radius: 4px; overflow-x: auto; white-space: pre-wrap; margin: .5em 0; }
pre code { background: none; padding: 0; }
blockquote { margin: .9em 0; padding: .6em .9em; border-left: 4px solid var(--accent); background: var(--tint); color: var(--ink); }
nav ol { columns: 2; color: var(--soft); }
nav a { color: var(--accent); text-decoration: none; }
.wide { overflow-x: auto; }
@media (max-width: 40rem) { nav ol { columns: 1; } body { padding: 1.2rem 1rem 3rem; } th, td { padding: .35em .45em; } td.n { white-space: normal; } }
@media print {
  @page { size: A4; margin: 18mm 16mm; }
  body { max-width: none; padding: 0; font-size: 10.5pt; }
  h2, h3, h4 { break-after: avoid; }
  table, blockquote, pre { break-inside: avoid; }
  .wide { overflow: visible; }
  nav { display: none; }
}
)";

std::string inline_text(const Inline& text) {
  std::string result;
  bool is_bold = false, is_code = false;
  for (const char c : text) {
    switch (c) {
      case kBold:
        result += is_bold ? "</strong>" : "<strong>";
        is_bold = !is_bold;
        break;
      case kCode:
        result += is_code ? "</code>" : "<code>";
        is_code = !is_code;
        break;
      case kBreak:
      case '\n':
        result += "<br>";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '&':
        result += "&amp;";
        break;
      case '"':
        result += "&quot;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

std::string without_marks(const Inline& text) {
  std::string result;
  for (const char c : text) {
    if (c != kBold && c != kCode) result += c == kBreak ? ' ' : c;
  }
  return result;
}

struct Writer {
  std::string& out;
  std::size_t& sections;

  void operator()(const Heading& block) const {
    const std::string tag = "h" + std::to_string(block.level);
    const std::string id = block.level == 2 ? " id=\"s" + std::to_string(++sections) + "\"" : "";
    out += "<" + tag + id + ">" + inline_text(block.text) + "</" + tag + ">\n";
  }
  void operator()(const Paragraph& block) const { out += "<p>" + inline_text(block.text) + "</p>\n"; }
  void operator()(const Bullets& block) const {
    const char* tag = block.numbered ? "ol" : "ul";
    out += std::string("<") + tag + ">\n";
    for (const Inline& item : block.items) out += "<li>" + inline_text(item) + "</li>\n";
    out += std::string("</") + tag + ">\n";
  }
  void operator()(const Formula& block) const { out += "<pre><code>" + inline_text(block.text) + "</code></pre>\n"; }
  void operator()(const Remark& block) const { out += "<blockquote>" + inline_text(block.text) + "</blockquote>\n"; }
  void operator()(const Grid& block) const {
    const bool headless =
        std::all_of(block.header.begin(), block.header.end(), [](const Inline& text) { return text.empty(); });
    const bool numbers =
        !block.right.empty() && std::all_of(block.right.begin(), block.right.end(), [](bool r) { return r; });
    out += std::string("<div class=\"wide\"><table") +
           (headless  ? " class=\"facts\""
            : numbers ? " class=\"numbers\""
                      : "") +
           ">\n";
    if (!headless) {
      out += "<thead><tr>";
      for (std::size_t i = 0; i < block.header.size(); ++i) cell("th", block.header[i], is_right(block, i));
      out += "</tr></thead>\n";
    }
    out += "<tbody>\n";
    for (std::size_t r = 0; r < block.rows.size(); ++r) {
      out += block.strong_last && r + 1 == block.rows.size() ? "<tr class=\"sum\">" : "<tr>";
      for (std::size_t i = 0; i < block.rows[r].size(); ++i) cell("td", block.rows[r][i], is_right(block, i));
      out += "</tr>\n";
    }
    out += "</tbody></table></div>\n";
  }
  static bool is_right(const Grid& block, std::size_t column) {
    return column < block.right.size() && block.right[column];
  }
  void cell(const char* tag, const Inline& text, bool right) const {
    out += std::string("<") + tag + (right ? " class=\"n\">" : ">") + inline_text(text) + "</" + tag + ">";
  }
};

}  // namespace

std::string html(const Document& document) {
  std::string out = "<!DOCTYPE html>\n<html lang=\"" + std::string(document.language == "zh" ? "zh-CN" : "en") +
                    "\">\n<head>\n<meta charset=\"utf-8\">\n"
                    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
                    inline_text(without_marks(document.title)) + "</title>\n<style>" + kStyle +
                    "</style>\n</head>\n<body>\n";
  std::size_t sections = 0;
  bool contents = false;
  for (const Block& block : document.blocks) {
    const auto* heading = std::get_if<Heading>(&block);
    if (heading != nullptr && heading->level == 2 && !contents) {
      contents = true;
      out += "<nav><ol>\n";
      std::size_t number = 0;
      for (const Block& other : document.blocks) {
        const auto* each = std::get_if<Heading>(&other);
        if (each == nullptr || each->level != 2) continue;
        out += "<li><a href=\"#s" + std::to_string(++number) + "\">" + inline_text(without_marks(each->text)) +
               "</a></li>\n";
      }
      out += "</ol></nav>\n";
    }
    std::visit(Writer{out, sections}, block);
  }
  return out + "</body>\n</html>\n";
}

}  // namespace kpi::handbook
