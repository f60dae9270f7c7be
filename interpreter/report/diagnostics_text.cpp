#include "interpreter/report/diagnostics_text.hpp"

#include <algorithm>
#include <map>

#include "interpreter/report/excerpt.hpp"
#include "interpreter/report/visible.hpp"
#include "interpreter/report/words.hpp"

namespace kpi::report {
namespace {

using source::Diagnostic;
using source::Diagnostics;
using source::Severity;
using source::SourceMap;
using source::Span;

std::string_view severity_word(Severity severity, Language language) {
  switch (severity) {
    case Severity::error:
      return word(words::error, language);
    case Severity::warning:
      return word(words::warning, language);
    case Severity::note:
      return word(words::note, language);
  }
  return "";
}

Ink severity_ink(Severity severity) {
  switch (severity) {
    case Severity::error:
      return Ink::red;
    case Severity::warning:
      return Ink::yellow;
    case Severity::note:
      return Ink::cyan;
  }
  return Ink::plain;
}

/// Line breaks stay, everything else that a terminal would obey does not.
std::string visible_lines(std::string_view text) {
  std::string out;
  while (true) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    out += visible(text.substr(0, end));
    if (end == text.size()) return out;
    out += '\n';
    text.remove_prefix(end + 1);
  }
}

std::string indented(std::string_view text, std::size_t columns) {
  std::string out;
  for (const char c : text) {
    out += c;
    if (c == '\n') out.append(columns, ' ');
  }
  return out;
}

std::string place(const SourceMap& sources, Span span) {
  const source::Source& source = sources.get(span.source);
  const auto position = source.lines.position(source.text, span.begin);
  return visible(source.name) + ":" + std::to_string(position.line) + ":" + std::to_string(position.column);
}

/// Marks by source; the primary source first, the others in order of their labels.
std::vector<std::pair<source::SourceId, std::vector<Mark>>> marks_by_source(const Diagnostic& diagnostic,
                                                                            Language language) {
  std::vector<std::pair<source::SourceId, std::vector<Mark>>> groups{{diagnostic.span.source, {}}};
  groups.front().second.push_back({diagnostic.span.begin, diagnostic.span.end, true, ""});
  for (const source::Label& label : diagnostic.labels) {
    auto group =
        std::find_if(groups.begin(), groups.end(), [&](const auto& g) { return g.first == label.span.source; });
    if (group == groups.end()) group = groups.insert(groups.end(), {label.span.source, {}});
    group->second.push_back({label.span.begin, label.span.end, false, visible(source::label_text(label, language))});
  }
  return groups;
}

std::size_t gutter_width(const Diagnostic& diagnostic, const SourceMap& sources) {
  std::uint32_t last = 1;
  const auto look_at = [&](Span span) {
    const source::Source& source = sources.get(span.source);
    last = std::max(last, source.lines.position(source.text, std::max(span.begin, span.end)).line);
  };
  look_at(diagnostic.span);
  for (const source::Label& label : diagnostic.labels) look_at(label.span);
  return std::to_string(last).size();
}

class PrettyWriter {
 public:
  PrettyWriter(const SourceMap& texts, const Look& chosen) : sources_(texts), look_(chosen) {}

  std::string write(const Diagnostic& diagnostic) const {
    const Severity severity = source::info(diagnostic.id).severity;
    const std::string title =
        std::string(severity_word(severity, look_.language)) + "[" + source::code(diagnostic.id) + "]";
    std::string out = paint(title, severity_ink(severity), look_);
    const std::string text = visible_lines(source::message(diagnostic, look_.language));
    out += paint(std::string(word(words::after_title, look_.language)) + text, Ink::bold, look_) + "\n";
    std::size_t gutter = 1;
    if (diagnostic.has_span) {
      gutter = gutter_width(diagnostic, sources_);
      out += excerpts(diagnostic, gutter, severity_ink(severity));
    } else if (!diagnostic.location.empty()) {
      out += std::string(gutter, ' ') + paint("--> ", Ink::blue, look_) + visible(diagnostic.location) + "\n";
    }
    out += footers(diagnostic, gutter);
    return out;
  }

 private:
  std::string excerpts(const Diagnostic& diagnostic, std::size_t gutter, Ink ink) const {
    std::string out;
    for (auto& [id, marks] : marks_by_source(diagnostic, look_.language)) {
      const Span span{id, marks.front().begin, marks.front().end};
      const std::string_view arrow = out.empty() ? "--> " : "::: ";
      out += std::string(gutter, ' ') + paint(arrow, Ink::blue, look_) + place(sources_, span) + "\n";
      out += excerpt(sources_.get(id), std::move(marks), gutter, ink, look_);
    }
    return out;
  }

  std::string footers(const Diagnostic& diagnostic, std::size_t gutter) const {
    std::vector<std::pair<Word, std::string>> lines;
    if (!diagnostic.suggestion.empty()) {
      lines.emplace_back(words::help, say(words::did_you_mean, look_.language, visible(diagnostic.suggestion)));
    }
    const std::string help = visible_lines(source::help(diagnostic, look_.language));
    if (!help.empty()) lines.emplace_back(words::help, help);
    for (const source::Label& note : diagnostic.notes) {
      lines.emplace_back(words::note, visible_lines(source::label_text(note, look_.language)));
    }
    std::string out;
    if (!lines.empty() && diagnostic.has_span)
      out += std::string(gutter + 1, ' ') + paint("|", Ink::blue, look_) + "\n";
    for (const auto& [which, text] : lines) {
      const std::string title =
          std::string(word(which, look_.language)) + std::string(word(words::after_title, look_.language));
      out += std::string(gutter + 1, ' ') + paint("= ", Ink::blue, look_) + paint(title, Ink::cyan, look_) +
             indented(text, gutter + 3 + source::display_width(title)) + "\n";
    }
    return out;
  }

  const SourceMap& sources_;
  const Look& look_;
};

constexpr Word kOneLeftOut{{"… and {} more that is not shown", "…… 另有 {} 条未显示"}};
constexpr Word kLeftOut{{"… and {} more that are not shown", "…… 另有 {} 条未显示"}};

/// Which diagnostics people see: the first of the errors, and the first of the others. Nobody reads thousands, and all
/// of them take long to print; tools get all of them.
class Shown {
 public:
  bool operator()(const Diagnostic& diagnostic) {
    constexpr std::size_t kMostShown = 100;
    auto& count = source::info(diagnostic.id).severity == Severity::error ? errors_ : others_;
    if (++count <= kMostShown) return true;
    ++left_out_;
    return false;
  }
  /// The line that says how many were left out, or nothing.
  std::string rest(const Look& look) const {
    if (left_out_ == 0) return "";
    return say(left_out_ == 1 ? kOneLeftOut : kLeftOut, look.language, left_out_) + "\n";
  }

 private:
  std::size_t errors_ = 0, others_ = 0, left_out_ = 0;
};

std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return visible(text);
}

}  // namespace

std::string diagnostics_pretty(const Diagnostics& diagnostics, const SourceMap& sources, const Look& look) {
  const PrettyWriter writer(sources, look);
  std::string out;
  Shown shown;
  for (const Diagnostic& diagnostic : diagnostics.items()) {
    if (shown(diagnostic)) out += writer.write(diagnostic) + "\n";
  }
  const std::string rest = shown.rest(look);
  return out + (rest.empty() ? "" : rest + "\n");
}

std::string diagnostics_compact(const Diagnostics& diagnostics, const SourceMap& sources, const Look& look) {
  std::string out;
  Shown shown;
  for (const Diagnostic& diagnostic : diagnostics.items()) {
    if (!shown(diagnostic)) continue;
    const Severity severity = source::info(diagnostic.id).severity;
    if (diagnostic.has_span) {
      out += place(sources, diagnostic.span) + ": ";
    } else if (!diagnostic.location.empty()) {
      out += visible(diagnostic.location) + ": ";
    }
    out += std::string(severity_word(severity, look.language)) + "[" + source::code(diagnostic.id) + "]" +
           std::string(word(words::after_title, look.language)) + one_line(source::message(diagnostic, look.language));
    if (!diagnostic.suggestion.empty()) {
      out += std::string(word(words::comma, look.language)) +
             say(words::did_you_mean, look.language, visible(diagnostic.suggestion));
    }
    out += "\n";
  }
  return out + shown.rest(look);
}

std::string summary(const Diagnostics& diagnostics, Language language) {
  const std::size_t errors = diagnostics.error_count();
  const std::size_t warnings = diagnostics.warning_count();
  std::string out;
  if (errors) out += say(errors == 1 ? words::errors_one : words::errors_many, language, errors);
  if (errors && warnings) out += word(words::comma, language);
  if (warnings) out += say(warnings == 1 ? words::warnings_one : words::warnings_many, language, warnings);
  return out;
}

}  // namespace kpi::report
