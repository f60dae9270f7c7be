#include "grammar/format/doc.hpp"

#include <algorithm>

#include "grammar/source/source.hpp"

namespace kpi::format {

using source::display_width;

Doc text(std::string value) { return {Doc::Kind::text, std::move(value), false, 0, {}}; }
Doc gap() { return {Doc::Kind::gap, " ", false, 0, {}}; }
Doc line(std::string flat) { return {Doc::Kind::line, std::move(flat), false, 0, {}}; }
Doc group(std::vector<Doc> content) { return {Doc::Kind::group, {}, false, 0, std::move(content)}; }
Doc nest(int columns, std::vector<Doc> content) { return {Doc::Kind::nest, {}, false, columns, std::move(content)}; }
Doc align(int columns, std::vector<Doc> content) { return {Doc::Kind::align, {}, false, columns, std::move(content)}; }

namespace {

bool append_flat(const std::vector<Doc>& content, std::string& out) {
  for (const Doc& doc : content) {
    if (doc.kind == Doc::Kind::comment) return false;
    out += doc.text;
    if (!append_flat(doc.content, out)) return false;
  }
  return true;
}

bool has_comment(const Doc& doc) {
  return doc.kind == Doc::Kind::comment || std::any_of(doc.content.begin(), doc.content.end(), has_comment);
}

struct Command {
  std::size_t indent;
  bool broken;  // whether lines directly in it are broken
  const Doc* doc;
};

class Layout {
 public:
  Layout(std::size_t indent, std::size_t tail) : tail_(tail) { start_line(indent); }

  std::vector<Line> run(const std::vector<Doc>& content) {
    const std::size_t indent = lines_.back().indent;
    push(content, indent, true);
    while (!stack_.empty()) {
      const Command command = stack_.back();
      stack_.pop_back();
      step(command);
    }
    return std::move(lines_);
  }

 private:
  void push(const std::vector<Doc>& content, std::size_t indent, bool broken) {
    for (auto doc = content.rbegin(); doc != content.rend(); ++doc) stack_.push_back({indent, broken, &*doc});
  }

  void step(const Command& command) {
    const Doc& doc = *command.doc;
    switch (doc.kind) {
      case Doc::Kind::text:
        return put(doc.text, command.indent);
      case Doc::Kind::gap:
        return must_end_ ? start_line(command.indent) : put(" ", command.indent);
      case Doc::Kind::line:
        return command.broken || must_end_ ? start_line(command.indent) : put(doc.text, command.indent);
      case Doc::Kind::comment:
        return put_comment(doc, command.indent);
      case Doc::Kind::concat:
        return push(doc.content, command.indent, command.broken);
      case Doc::Kind::group:
        return push(doc.content, command.indent, has_comment(doc) || !fits(doc));
      case Doc::Kind::nest:
        return push(doc.content, add(command.indent, doc.columns), command.broken);
      case Doc::Kind::align:
        return push(doc.content, add(must_end_ ? command.indent : column_, doc.columns), command.broken);
    }
  }

  static std::size_t add(std::size_t indent, int columns) {
    const auto sum = static_cast<std::ptrdiff_t>(indent) + columns;
    return sum < 0 ? 0 : static_cast<std::size_t>(sum);
  }

  void start_line(std::size_t indent) {
    must_end_ = false;
    if (!lines_.empty() && lines_.back().text.empty() && lines_.back().comment.empty()) {
      lines_.back().indent = indent;
    } else {
      lines_.push_back({indent, {}, {}, false});
    }
    column_ = indent;
  }

  void put(const std::string& text, std::size_t indent) {
    if (text.empty()) return;
    if (must_end_) start_line(indent);
    lines_.back().text += text;
    column_ += display_width(text);
  }

  void put_comment(const Doc& doc, std::size_t indent) {
    if (doc.trailing && !must_end_ && !lines_.back().text.empty()) {
      lines_.back().comment = doc.text;
    } else {
      start_line(indent);
      lines_.back().text = doc.text;
    }
    must_end_ = true;
  }

  // Whether the group on one line, with what follows up to the next place where the line may be broken, fits.
  bool fits(const Doc& group) const {
    std::size_t width = column_;
    for (const Doc& doc : group.content) width += flat_width(doc);
    if (width > kLineWidth) return false;
    for (auto rest = stack_.rbegin(); rest != stack_.rend(); ++rest) {
      if (reaches_break(*rest->doc, width)) return width <= kLineWidth;
      if (width > kLineWidth) return false;
    }
    return width + tail_ <= kLineWidth;
  }

  static std::size_t flat_width(const Doc& doc) {
    std::size_t width = display_width(doc.text);
    for (const Doc& part : doc.content) width += flat_width(part);
    return width;
  }

  static bool reaches_break(const Doc& doc, std::size_t& width) {
    if (doc.kind == Doc::Kind::line || doc.kind == Doc::Kind::comment) return true;
    width += display_width(doc.text);
    return std::any_of(doc.content.begin(), doc.content.end(),
                       [&](const Doc& part) { return reaches_break(part, width); });
  }

  std::vector<Command> stack_;
  std::vector<Line> lines_;
  std::size_t column_ = 0;
  std::size_t tail_;
  bool must_end_ = false;  // a comment stands on the line
};

}  // namespace

std::optional<std::string> flat(const std::vector<Doc>& content) {
  std::string result;
  if (!append_flat(content, result)) return std::nullopt;
  return result;
}

std::vector<Line> lay_out(const std::vector<Doc>& content, std::size_t indent, std::size_t tail) {
  return Layout(indent, tail).run(content);
}

std::string join(const std::vector<Line>& lines) {
  constexpr std::size_t kCommentGap = 3;
  std::string result;
  std::size_t column = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const Line& line = lines[i];
    const auto belongs = [&](std::size_t other) {
      return !lines[other].comment.empty() && lines[other].indent == line.indent && !lines[other].blank_before;
    };
    const bool first =
        i == 0 || line.blank_before || lines[i - 1].comment.empty() || lines[i - 1].indent != line.indent;
    if (!line.comment.empty() && first) {
      column = line.indent + display_width(line.text);
      for (std::size_t next = i + 1; next < lines.size() && belongs(next); ++next) {
        column = std::max(column, line.indent + display_width(lines[next].text));
      }
    }
    if (line.blank_before && i > 0) result += '\n';
    result.append(line.indent, ' ');
    result += line.text;
    if (!line.comment.empty()) {
      result.append(column + kCommentGap - line.indent - display_width(line.text), ' ');
      result += line.comment;
    }
    result += '\n';
  }
  return result;
}

}  // namespace kpi::format
