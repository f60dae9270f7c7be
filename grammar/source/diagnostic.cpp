#include "grammar/source/diagnostic.hpp"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <set>
#include <tuple>

namespace kpi::source {
namespace {

constexpr DiagnosticInfo kTable[] = {
#define K(id, severity, name, en, en_help, zh, zh_help) \
  DiagnosticInfo{DiagnosticId{id}, Severity::severity, #name, {en, zh}, {en_help, zh_help}},
#include "grammar/source/diagnostics/all.def"
#undef K
};

constexpr bool ids_are_unique() {
  for (std::size_t i = 0; i < std::size(kTable); ++i) {
    for (std::size_t j = i + 1; j < std::size(kTable); ++j) {
      if (kTable[i].id == kTable[j].id) return false;
    }
  }
  return true;
}
static_assert(ids_are_unique(), "two diagnostics share an id");

constexpr bool texts_are_complete() {
  for (const DiagnosticInfo& entry : kTable) {
    if (entry.text[0].empty() || entry.text[1].empty()) return false;
    if (entry.help[0].empty() != entry.help[1].empty()) return false;
  }
  return true;
}
static_assert(texts_are_complete(), "a diagnostic lacks its text in one of the languages");

using Parameters = std::vector<std::pair<std::string, std::string>>;

// Marks inside parameter values that depend on the language. User text never contains them: control characters are
// refused by the parser.
constexpr char kPhraseBegin = '\x01';
constexpr char kPhraseEnd = '\x02';
constexpr char kComma = '\x03';
constexpr char kOr = '\x04';

std::string localised(std::string_view value, Language language) {
  std::string result;
  for (std::size_t at = 0; at < value.size(); ++at) {
    switch (value[at]) {
      case kPhraseBegin: {
        const std::size_t end = value.find(kPhraseEnd, at);
        const auto id = end == std::string_view::npos ? std::nullopt : parse_code(value.substr(at + 1, end - at - 1));
        if (!id) break;
        result += info(*id).text[static_cast<int>(language)];
        at = end;
        break;
      }
      case kComma:
        result += language == Language::en ? ", " : "、";
        break;
      case kOr:
        result += language == Language::en ? " or " : "或";
        break;
      default:
        result += value[at];
    }
  }
  return result;
}

/// A value of thousands of characters, such as a name in a hostile file, is cut.
std::string shortened(std::string value) {
  constexpr std::size_t kLongest = 4000;  // bytes
  if (value.size() <= kLongest) return value;
  std::size_t end = kLongest;
  while (end > 0 && (static_cast<unsigned char>(value[end]) & 0xC0) == 0x80) --end;
  value.resize(end);
  return value + "…";
}

// One pass, so that a value that itself contains `{…}` is not expanded again. Braces around anything but a parameter's
// name stay, because help texts show code such as `with { a = 1 }`.
std::string substitute(std::string_view text, const Parameters& parameters, Language language) {
  std::string result;
  while (!text.empty()) {
    const std::size_t open = text.find('{');
    result += text.substr(0, open);
    if (open == std::string_view::npos) break;
    text.remove_prefix(open);
    const std::size_t close = text.find('}');
    const std::string_view name = close == std::string_view::npos ? "" : text.substr(1, close - 1);
    const auto found =
        std::find_if(parameters.begin(), parameters.end(), [&](const auto& p) { return p.first == name; });
    if (found == parameters.end()) {
      result += '{';
      text.remove_prefix(1);
    } else {
      result += localised(shortened(found->second), language);
      text.remove_prefix(close + 1);
    }
  }
  return result;
}

auto place(const Diagnostic& d) { return std::tuple(!d.has_span, d.span.source.index, d.span.begin, d.span.end); }

}  // namespace

const DiagnosticInfo& info(DiagnosticId id) {
  const auto& table = all_diagnostics();
  const auto found =
      std::lower_bound(table.begin(), table.end(), id,
                       [](const DiagnosticInfo& entry, DiagnosticId wanted) { return entry.id < wanted; });
  assert(found != table.end() && found->id == id);
  return *found;
}

const std::vector<DiagnosticInfo>& all_diagnostics() {
  static const std::vector<DiagnosticInfo> sorted = [] {
    std::vector<DiagnosticInfo> entries(std::begin(kTable), std::end(kTable));
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
    return entries;
  }();
  return sorted;
}

std::string code(DiagnosticId id) {
  std::string digits = std::to_string(static_cast<int>(id));
  if (digits.size() < 4) digits.insert(0, 4 - digits.size(), '0');
  return "K" + digits;
}

std::optional<DiagnosticId> parse_code(std::string_view text) {
  if (text.size() != 5 || text[0] != 'K') return std::nullopt;
  int number = 0;
  for (const char c : text.substr(1)) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + (c - '0');
  }
  for (const DiagnosticInfo& entry : kTable) {
    if (static_cast<int>(entry.id) == number) return entry.id;
  }
  return std::nullopt;
}

Diagnostic& Diagnostics::add(DiagnosticId id, Span span) {
  Diagnostic& added = items_.emplace_back();
  added.id = id;
  added.span = span;
  return added;
}

Diagnostic& Diagnostics::add_without_span(DiagnosticId id) {
  Diagnostic& added = items_.emplace_back();
  added.id = id;
  added.has_span = false;
  return added;
}

bool Diagnostics::has_errors() const { return error_count() > 0; }

std::size_t Diagnostics::error_count() const {
  return static_cast<std::size_t>(std::count_if(
      items_.begin(), items_.end(), [](const Diagnostic& d) { return info(d.id).severity == Severity::error; }));
}

std::size_t Diagnostics::warning_count() const {
  return static_cast<std::size_t>(std::count_if(
      items_.begin(), items_.end(), [](const Diagnostic& d) { return info(d.id).severity == Severity::warning; }));
}

void Diagnostics::sort_and_deduplicate() {
  std::stable_sort(items_.begin(), items_.end(), [](const Diagnostic& a, const Diagnostic& b) {
    if (place(a) != place(b)) return place(a) < place(b);
    return a.has_span && a.id < b.id;
  });
  using Key = std::tuple<decltype(place(items_.front())), DiagnosticId, Parameters, std::string>;
  std::set<Key> seen;
  std::erase_if(items_, [&](const Diagnostic& d) {
    return !seen.insert(Key{place(d), d.id, d.parameters, d.location}).second;
  });
}

std::string message(const Diagnostic& diagnostic, Language language) {
  return substitute(info(diagnostic.id).text[static_cast<int>(language)], diagnostic.parameters, language);
}

std::string help(const Diagnostic& diagnostic, Language language) {
  return substitute(info(diagnostic.id).help[static_cast<int>(language)], diagnostic.parameters, language);
}

std::string label_text(const Label& label, Language language) {
  return substitute(info(label.text).text[static_cast<int>(language)], label.parameters, language);
}

std::string phrase(DiagnosticId text) { return kPhraseBegin + code(text) + kPhraseEnd; }

std::string alternatives(const std::vector<std::string>& items) {
  std::string result;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) result += i + 1 == items.size() ? kOr : kComma;
    result += items[i];
  }
  return result;
}

}  // namespace kpi::source
