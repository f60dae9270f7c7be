#include "grammar/syntax/characters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "grammar/source/diagnostics/syntax.hpp"
#include "grammar/syntax/unicode.hpp"

namespace kpi::syntax {
namespace {

using source::DiagnosticId;
namespace ids = source::ids;

// A file in another encoding has thousands of wrong characters; nobody reads more than these.
constexpr std::size_t kMostReports = 100;

struct Replacement {
  std::int32_t character;
  std::string_view ascii;
};

// What Chinese input methods and word processors put in place of ASCII, besides the block U+FF01 to U+FF5E.
constexpr std::array kTypographic = {
    Replacement{0x3001, ","},  Replacement{0x3002, "."},  Replacement{0x3010, "["},  Replacement{0x3011, "]"},
    Replacement{0x2212, "-"},  Replacement{0x2013, "-"},  Replacement{0x2014, "-"},  Replacement{0x00D7, "*"},
    Replacement{0x00F7, "/"},  Replacement{0x2264, "<="}, Replacement{0x2265, ">="}, Replacement{0x2260, "!="},
    Replacement{0x00B1, "+-"}, Replacement{0x2026, ".."}, Replacement{0x201C, "\""}, Replacement{0x201D, "\""},
    Replacement{0x300C, "\""}, Replacement{0x300D, "\""}, Replacement{0x300E, "\""}, Replacement{0x300F, "\""},
    Replacement{0x2018, "\""}, Replacement{0x2019, "\""}, Replacement{0xFF02, "\""},
};

struct CurrencySymbol {
  std::int32_t character;
  std::string_view example;
};
constexpr std::array kCurrencySymbols = {
    CurrencySymbol{'$', "100 USD"},    CurrencySymbol{0x20AC, "100 EUR"}, CurrencySymbol{0xA3, "100 GBP"},
    CurrencySymbol{0xA5, "100 CNY"},   CurrencySymbol{0xFFE5, "100 CNY"}, CurrencySymbol{0x20AB, "100 VND"},
    CurrencySymbol{0x0E3F, "100 THB"}, CurrencySymbol{0x20B9, "100 INR"}, CurrencySymbol{0x20A9, "100 KRW"},
    CurrencySymbol{0xFFE1, "100 GBP"}, CurrencySymbol{0xFFE0, "1 USD"},
};

bool is_blank(std::int32_t c) { return c == ' ' || c == '\t' || c == 0xA0 || c == 0x3000; }
bool is_line_end(char c) { return c == '\n' || c == '\r'; }

bool is_bidirectional_control(std::int32_t c) { return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069); }

bool is_invisible(std::int32_t c) {
  return (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF ||
         c == 0xAD || c == 0x61C || c == 0x180E;
}

std::optional<std::string> ascii_for(std::int32_t c) {
  for (const Replacement& entry : kTypographic) {
    if (entry.character == c) return std::string(entry.ascii);
  }
  if (c >= 0xFF01 && c <= 0xFF5E) return std::string(1, static_cast<char>(c - 0xFEE0));
  return std::nullopt;
}

bool is_word_byte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

class Cleaner {
 public:
  Cleaner(std::string_view text, source::SourceId source, source::Diagnostics& diagnostics)
      : in_(text), source_(source), diagnostics_(diagnostics) {
    result_.text = std::string(text);
  }

  CleanText run() && {
    if (!is_text()) {
      result_.usable = false;
      return std::move(result_);
    }
    if (in_.starts_with("\xEF\xBB\xBF")) blank(3);
    while (at_ < in_.size()) step();
    std::sort(result_.damaged.begin(), result_.damaged.end());
    return std::move(result_);
  }

 private:
  bool is_text() {
    if (in_.size() > kLargestFile) {
      report(ids::file_too_large, 0, 0)
          .with("size", std::to_string(in_.size()))
          .with("limit", std::to_string(kLargestFile));
      return false;
    }
    if (in_.starts_with("\xFF\xFE") || in_.starts_with("\xFE\xFF")) {
      report(ids::utf16_text, 0, 2);
      return false;
    }
    const std::size_t zero = in_.find('\0');
    if (zero != std::string_view::npos) report(ids::not_a_text_file, zero, zero + 1);
    return zero == std::string_view::npos;
  }

  void step() {
    switch (in_[at_]) {
      case '#':
        comment();
        break;
      case '"':
        text_literal(1);
        break;
      case '`':
        quoted_name();
        break;
      case '\'':
        single_quoted();
        break;
      case ';':
        report(ids::semicolon, at_, at_ + 1);
        blank(1);
        break;
      default:
        code();
    }
  }

  // A character outside texts and comments.
  void code() {
    if (is_line_end(in_[at_]) || in_[at_] == '\t' || in_[at_] == ' ') {
      ++at_;
      return;
    }
    if (word_with_fullwidth()) return;
    const auto point = code_point_at(in_, at_);
    if (!point) return invalid_byte();
    if (is_blank(point->value)) return blank(point->length);
    if (control(*point) || currency_symbol(*point)) return;
    const auto ascii = ascii_for(point->value);
    if (!ascii) {
      at_ += point->length;
      return;
    }
    fullwidth(*point, *ascii);
  }

  void fullwidth(CodePoint point, std::string ascii) {
    const std::string found(in_.substr(at_, point.length));
    // Chinese marks at the end of a line end a sentence, which a clause does not need; `；` never stands for anything.
    if (ascii == ";" || ((point.value == 0x3001 || point.value == 0x3002) && line_ends_behind(point.length))) {
      report(ids::character_without_meaning, at_, at_ + point.length).with("found", found);
      return blank(point.length);
    }
    report(ids::fullwidth_character, at_, at_ + point.length).with("found", found).with("replacement", ascii);
    if (ascii == "\"") return text_literal(point.length);
    if (ascii == "#") {
      replace(point.length, "#");
      skip_to_line_end();
      return;
    }
    replace(point.length, ascii);
  }

  bool line_ends_behind(std::size_t length) const {
    const std::size_t next = in_.find_first_not_of(" \t", at_ + length);
    return next == std::string_view::npos || is_line_end(in_[next]) || in_[next] == '#';
  }

  // A run of letters, digits, points and `%` of which some are full-width is packed into ASCII, so that `１００` is one
  // number and one report, from its first full-width character to the last.
  bool word_with_fullwidth() {
    std::string ascii;
    std::size_t first = std::string_view::npos, last = 0;  // full-width characters: begin of the first, end of the last
    std::size_t first_ascii = 0, last_ascii = 0;           // the same in `ascii`
    std::size_t end = at_;
    while (end < in_.size()) {
      const auto point = code_point_at(in_, end);
      if (!point) break;
      const bool wide = point->value >= 0xFF01 && point->value <= 0xFF5E;
      const char c = wide ? static_cast<char>(point->value - 0xFEE0) : static_cast<char>(point->value);
      if ((!wide && point->value > 0x7F) || !(is_word_byte(c) || c == '.' || c == '%')) break;
      if (wide && first == std::string_view::npos) {
        first = end;
        first_ascii = ascii.size();
      }
      ascii += c;
      end += point->length;
      if (!wide) continue;
      last = end;
      last_ascii = ascii.size();
    }
    if (end == at_) return false;
    if (last > 0) {
      report(ids::fullwidth_character, first, last)
          .with("found", std::string(in_.substr(first, last - first)))
          .with("replacement", ascii.substr(first_ascii, last_ascii - first_ascii));
      replace(end - at_, ascii);
    } else {
      at_ = end;
    }
    return true;
  }

  bool currency_symbol(CodePoint point) {
    for (const CurrencySymbol& entry : kCurrencySymbols) {
      if (entry.character != point.value) continue;
      report(ids::currency_symbol, at_, at_ + point.length)
          .with("found", std::string(in_.substr(at_, point.length)))
          .with("example", std::string(entry.example));
      blank(point.length);
      return true;
    }
    return false;
  }

  // Control and invisible characters; inside texts and comments only those that reorder what a reader sees.
  bool control(CodePoint point, bool in_prose = false) {
    const bool is_control = point.value < 0x20 || (point.value >= 0x7F && point.value < 0xA0);
    if (is_control && point.value != '\t') {
      report(ids::control_character, at_, at_ + point.length).with("code", fmt::format("{:04X}", point.value));
    } else if (in_prose ? is_bidirectional_control(point.value) : is_invisible(point.value)) {
      report(ids::invisible_character, at_, at_ + point.length).with("code", fmt::format("{:04X}", point.value));
    } else {
      return false;
    }
    blank(point.length);
    return true;
  }

  // One report a line: a file in another encoding has thousands of such bytes.
  void invalid_byte() {
    const bool same_line = last_invalid_ && in_.substr(*last_invalid_, at_ - *last_invalid_).find_first_of("\r\n") ==
                                                std::string_view::npos;
    if (!same_line) report(ids::invalid_utf8, at_, at_ + 1);
    last_invalid_ = at_;
    result_.text[at_++] = '_';
  }

  void comment() { skip_to_line_end(); }

  void skip_to_line_end() {
    while (at_ < in_.size() && !is_line_end(in_[at_])) prose();
  }

  // A character inside a text, comment or backquoted name.
  void prose() {
    const auto point = code_point_at(in_, at_);
    if (!point) return invalid_byte();
    if (!control(*point, true)) at_ += point->length;
  }

  // `opening` is the length of the opening quote. A text opened by a typographic quote may be closed by one.
  void text_literal(std::size_t opening) {
    const std::size_t begin = at_;
    const bool typographic = opening > 1;
    if (typographic) std::fill_n(result_.text.begin() + static_cast<std::ptrdiff_t>(at_), opening - 1, ' ');
    at_ += opening;
    result_.text[at_ - 1] = '"';
    while (at_ < in_.size() && !is_line_end(in_[at_])) {
      if (in_[at_] == '"') {
        ++at_;
        return;
      }
      if (in_[at_] == '\\' && at_ + 1 < in_.size() && !is_line_end(in_[at_ + 1])) {
        ++at_;
        prose();
        continue;
      }
      const auto point = code_point_at(in_, at_);
      if (typographic && point && point->value > 0x7F && ascii_for(point->value) == "\"") {
        replace(point->length, "\"");
        return;
      }
      prose();
    }
    report(ids::unterminated_text, begin, at_);
    result_.unclosed.push_back(static_cast<std::uint32_t>(at_));
  }

  void quoted_name() {
    const std::size_t begin = at_++;
    while (at_ < in_.size() && !is_line_end(in_[at_])) {
      if (in_[at_] == '`') {
        ++at_;
        if (at_ == begin + 2) report(ids::empty_name, begin, at_);
        return;
      }
      prose();
    }
    report(ids::unterminated_name, begin, at_);
    result_.unclosed.push_back(static_cast<std::uint32_t>(at_));
  }

  void single_quoted() {
    std::size_t end = at_ + 1;
    while (end < in_.size() && in_[end] != '\'' && in_[end] != '"' && !is_line_end(in_[end])) ++end;
    if (end >= in_.size() || in_[end] != '\'') {
      ++at_;  // the grammar reports it as unexpected
      return;
    }
    report(ids::single_quotes, at_, end + 1).with("text", std::string(in_.substr(at_ + 1, end - at_ - 1)));
    result_.text[at_] = result_.text[end] = '"';
    for (++at_; at_ < end;) prose();
    at_ = end + 1;
  }

  source::Diagnostic& report(DiagnosticId id, std::size_t begin, std::size_t end) {
    if (result_.damaged.size() == kMostReports) return unreported_ = {};
    result_.damaged.push_back(static_cast<std::uint32_t>(begin));
    return diagnostics_.add(id, {source_, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)});
  }

  void blank(std::size_t length) { replace(length, ""); }

  // Puts `ascii` in place of the next `length` bytes and spaces in the rest.
  void replace(std::size_t length, std::string_view ascii) {
    for (std::size_t i = 0; i < length; ++i) result_.text[at_ + i] = i < ascii.size() ? ascii[i] : ' ';
    at_ += length;
  }

  std::string_view in_;
  source::SourceId source_;
  source::Diagnostics& diagnostics_;
  std::size_t at_ = 0;
  std::optional<std::size_t> last_invalid_;
  source::Diagnostic unreported_;
  CleanText result_;
};

}  // namespace

bool CleanText::is_damaged(std::uint32_t begin, std::uint32_t end) const {
  const auto first = std::lower_bound(damaged.begin(), damaged.end(), begin);
  return first != damaged.end() && *first < end;
}

CleanText clean(std::string_view text, source::SourceId source, source::Diagnostics& diagnostics) {
  return Cleaner(text, source, diagnostics).run();
}

}  // namespace kpi::syntax
