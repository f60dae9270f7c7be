// What happens after a failure: saying what was found and wanted, and finding the place where parsing can go on.
#include <algorithm>

#include "grammar/source/diagnostics/syntax.hpp"
#include "grammar/syntax/state.hpp"
#include "grammar/syntax/unicode.hpp"

namespace kpi::syntax {

using source::DiagnosticId;
namespace ids = source::ids;

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_line_end(char c) { return c == '\n' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

// ---- failures -------------------------------------------------------------------------------------------------------

void State::expect(std::uint32_t offset, Expected what) {
  if (offset == quiet_at || offset < furthest_) return;
  if (offset > furthest_) {
    furthest_ = offset;
    expected_.clear();
  }
  if (std::find(expected_.begin(), expected_.end(), what) == expected_.end()) expected_.push_back(what);
}

source::Diagnostic& State::report(DiagnosticId id, std::uint32_t begin, std::uint32_t end) {
  if (++reports_ == kMostReports + 1) id = ids::too_many_syntax_errors;
  if (reports_ > kMostReports + 1) return unreported_ = {};
  return diagnostics_.add(id, {source_, begin, end});
}

std::uint32_t State::token_behind(std::uint32_t offset) const {
  const char c = at(offset);
  if (at_end(offset)) return offset;
  if (c == '"') {
    std::uint32_t end = offset + 1;
    while (!at_end(end) && at(end) != '"' && !is_line_end(at(end)))
      end += at(end) == '\\' && !is_line_end(at(end + 1)) ? 2 : 1;
    return std::min(at(end) == '"' ? end + 1 : end, static_cast<std::uint32_t>(text().size()));
  }
  if (const std::uint32_t end = name_end_at(offset); end > offset) return end;
  if (is_digit(c)) {
    std::uint32_t end = offset;
    while (is_digit(at(end)) || at(end) == '_' || (at(end) == '.' && is_digit(at(end + 1)))) ++end;
    return end;
  }
  for (const std::string_view sign : {"..=", "..", "<=", ">=", "!=", "==", "+-"}) {
    if (text().substr(offset, sign.size()) == sign) return static_cast<std::uint32_t>(offset + sign.size());
  }
  const auto point = code_point_at(text(), offset);
  return offset + (point ? point->length : 1);
}

std::string State::found_at(std::uint32_t offset) const {
  if (at_end(offset)) return source::phrase(ids::phrase_end_of_file);
  if (is_line_end(at(offset))) return source::phrase(ids::phrase_end_of_line);
  const std::uint32_t end = token_behind(offset);
  std::string token(text().substr(offset, std::min<std::uint32_t>(end - offset, 40)));
  if (end - offset > 40) {
    while (!token.empty() && (static_cast<unsigned char>(token.back()) & 0xC0) == 0x80) token.pop_back();
    if (!token.empty() && static_cast<unsigned char>(token.back()) >= 0xC0) token.pop_back();
    token += "…";
  }
  return token.front() == '`' || token.front() == '"' ? token : "`" + token + "`";
}

void State::report_too_deep(std::uint32_t offset) {
  furthest_ = std::max(furthest_, offset);
  end_reported_ = true;  // braces skipped with it are not the user's next concern
  if (last_reported_ == offset) return;
  last_reported_ = offset;
  report(ids::nested_too_deeply, offset, token_behind(offset)).with("limit", std::to_string(kDeepestNesting));
}

void State::report_unknown_word(std::uint32_t offset) {
  const std::string word(text().substr(offset, name_end_at(offset) - offset));
  const bool in_block = !blocks.empty();
  const WordGroup group = in_block ? blocks.back().clauses : WordGroup::declaration;
  const auto id = in_block ? ids::unknown_clause : ids::unknown_declaration;
  auto& diagnostic = report(id, offset, token_behind(offset)).with("word", word);
  if (in_block) {
    std::vector<std::string> quoted;
    for (const std::string& clause : words(group)) quoted.push_back("`" + clause + "`");
    diagnostic.with("declaration", std::string(blocks.back().declaration))
        .with("expected", source::alternatives(quoted));
  }
  if (const auto near = source::nearest_name(word, words(group))) diagnostic.suggest(*near);
}

void State::add_form(source::Diagnostic& diagnostic, std::uint32_t place, Begins begins) const {
  if (in_row) return;
  struct Form {
    std::string_view declaration, clause, text;
  };
  static constexpr Form kForms[] = {
#define F(declaration, clause, text) {declaration, clause, text},
#include "grammar/syntax/forms.def"
#undef F
  };
  const auto word = [&](std::uint32_t begin) { return text().substr(begin, name_end_at(begin) - begin); };
  const bool in_block = !blocks.empty() && blocks.back().begin > declaration_begin;
  const std::uint32_t begin = in_block ? blocks.back().item : declaration_begin;
  const std::string_view declaration = in_block ? blocks.back().declaration : word(declaration_begin);
  const std::string_view clause = in_block ? word(begin) : std::string_view();
  if (place <= begin || (!in_block && begins == Begins::item)) return;
  const auto find = [&](std::string_view key) {
    return std::find_if(std::begin(kForms), std::end(kForms),
                        [&](const Form& form) { return form.declaration == declaration && form.clause == key; });
  };
  const Form* form = find(clause);
  if (form == std::end(kForms) && in_block) form = find("*");
  if (form == std::end(kForms)) return;
  // Inside an expression of the clause its form says nothing.
  const bool of_form = std::any_of(expected_.begin(), expected_.end(), [&](const Expected& one) {
    if (!one.word.empty()) return form->text.find(one.word) != std::string_view::npos;
    return one.phrase == ids::phrase_name || one.phrase == ids::phrase_table || one.phrase == ids::phrase_text ||
           (in_block && place == skip_blanks(name_end_at(begin)));
  });
  if (of_form) diagnostic.note(ids::phrase_form, {{"form", std::string(form->text)}});
}

void State::report_failure(std::uint32_t item, Begins begins) {
  const std::uint32_t place = std::max(item, furthest_);
  if (furthest_ < place) expected_.clear();
  furthest_ = place;
  if (place == last_reported_) return;
  last_reported_ = place;
  const std::uint32_t end = is_line_end(at(place)) ? place : token_behind(place);
  if (clean_.is_damaged(place, std::max(end, place + 1))) return;  // its characters were reported already
  // A text that is not closed takes the rest of its line with it.
  if (std::binary_search(clean_.unclosed.begin(), clean_.unclosed.end(), token_end(place))) return;

  const bool word = name_end_at(place) > place && at(place) != '`';
  const std::uint32_t before = token_end(place);
  const bool unit_of_number = word && before > 0 && is_digit(at(before - 1)) && !same_line(before, place) &&
                              is_unit_word(text().substr(place, end - place));
  if (unit_of_number) {
    report(ids::unit_on_next_line, place, end).with("unit", std::string(text().substr(place, end - place)));
    return;
  }
  const bool breaks_off = place > item && breaks_off_before(place);
  const bool first_in_block = !blocks.empty() && place == skip_space(blocks.back().begin + 1);
  const bool knows_words = begins == Begins::item && (blocks.empty() || !words(blocks.back().clauses).empty());
  if (place == item && word && knows_words && (starts_line(place) || first_in_block)) return report_unknown_word(place);

  const bool between_digits = at(place) == ',' && place > 0 && is_digit(at(place - 1)) && is_digit(at(place + 1));
  if (between_digits) {
    std::uint32_t begin = place;
    std::uint32_t stop = place;
    while (begin > 0 && (is_digit(at(begin - 1)) || at(begin - 1) == '_' || at(begin - 1) == ',')) --begin;
    while (is_digit(at(stop)) || at(stop) == ',') ++stop;
    std::string fixed(text().substr(begin, stop - begin));
    std::replace(fixed.begin(), fixed.end(), ',', '_');
    report(ids::digit_groups, begin, stop).with("fixed", fixed);
    return;
  }
  if (at(place) == '|' && !in_row && !starts_line(place)) {
    report(ids::row_on_own_line, place, place + 1);
    return;
  }
  if (breaks_off) last_reported_ = before;  // what stands at `place` may have a mistake of its own
  const std::uint32_t mark_begin = breaks_off ? before : place;
  const std::uint32_t mark_end = breaks_off ? before : end;
  const std::string found_text = breaks_off ? source::phrase(ids::phrase_end_of_line) : found_at(place);
  constexpr std::size_t kMostNamed = 8;
  if (expected_.empty() || expected_.size() > kMostNamed) {
    add_form(report(ids::unexpected_here, mark_begin, mark_end).with("found", found_text), place, begins);
    return;
  }
  std::vector<std::string> wanted;
  std::vector<std::string> candidates;
  for (const Expected& one : expected_) {
    wanted.push_back(one.word.empty() ? source::phrase(one.phrase) : "`" + std::string(one.word) + "`");
    candidates.emplace_back(one.word);
  }
  auto& diagnostic = report(ids::unexpected, mark_begin, mark_end)
                         .with("found", found_text)
                         .with("expected", source::alternatives(wanted));
  add_form(diagnostic, place, begins);
  if (!word || breaks_off) return;
  const std::string found(text().substr(place, end - place));
  if (place == item && !blocks.empty()) {
    const auto& clauses = words(blocks.back().clauses);
    candidates.insert(candidates.end(), clauses.begin(), clauses.end());
  }
  if (const auto near = source::nearest_name(found, candidates); near && *near != found) diagnostic.suggest(*near);
}

void State::close_for_user(std::uint32_t brace, std::uint32_t next) {
  const bool end = at_end(next);
  if (!end) ++missing_braces_;
  // Several blocks that end at the same place lack braces for one reason.
  if ((end && end_reported_) || closed_before_ == next) return;
  closed_before_ = next;
  end_reported_ = end_reported_ || end;
  auto& diagnostic = report(ids::unclosed_brace, brace, brace + 1);
  if (!end) diagnostic.label({source_, next, token_behind(next)}, ids::phrase_next_declaration);
}

void State::match_braces() {
  for (std::uint32_t offset = skip_lines(0); !at_end(offset); offset = skip_lines(token_behind(offset))) {
    if (at(offset) == '{') unmatched_.push_back(offset);
    if (at(offset) == '}' && !unmatched_.empty()) unmatched_.pop_back();
  }
}

// ---- recovery -------------------------------------------------------------------------------------------------------

bool State::declaration_begins(std::uint32_t offset) const {
  if (!starts_line(offset)) return false;
  const std::uint32_t end = name_end_at(offset);
  if (end == offset || !is_word(WordGroup::declaration, text().substr(offset, end - offset))) return false;
  const std::uint32_t next = skip_blanks(end);
  return next > end && (at(next) == '"' || is_digit(at(next)) || name_end_at(next) > next);
}

bool State::looks_like_start(std::uint32_t offset, std::uint32_t indent) const {
  if (!starts_line(offset) || at(offset) == '`') return false;
  const std::uint32_t end = name_end_at(offset);
  const std::uint32_t next = skip_blanks(end);
  if (end == offset || next == end || indent_of(offset) > indent) return false;
  const auto goes_on = [&](std::uint32_t begin) {
    const std::string_view word = text().substr(begin, name_end_at(begin) - begin);
    return is_word(WordGroup::operator_word, word) || is_word(WordGroup::head_word, word);
  };
  return !goes_on(offset) && (at(next) == '"' || (name_end_at(next) > next && !goes_on(next)));
}

bool State::begins_next(std::uint32_t offset) const {
  if (!starts_line(offset)) return false;
  if (declaration_begins(offset)) return true;
  const std::uint32_t outer = blocks.empty() ? declaration_begin : blocks.back().item;
  if (looks_like_start(offset, indent_of(outer))) return true;
  // `floor (…)` may be a call that goes on with the line above.
  const bool clause = known_clause_begins(offset) && at(skip_blanks(name_end_at(offset))) != '(';
  return clause && starts_line(outer) && indent_of(offset) <= indent_of(outer);
}

// Whether what is missing should be shown at the end of the line above `place`, where the next thing begins.
bool State::breaks_off_before(std::uint32_t place) const {
  const std::uint32_t end = name_end_at(place);
  if (!starts_line(place) || end == place) return false;
  return begins_next(place) || known_clause_begins(place) || colon_follows(end);
}

std::uint32_t State::line_begin(std::uint32_t offset) const {
  return *(std::upper_bound(line_begins_.begin(), line_begins_.end(), offset) - 1);
}

std::uint32_t State::indent_of(std::uint32_t offset) const {
  const std::uint32_t line = line_begin(offset);
  return skip_blanks(line) - line;
}

bool State::known_clause_begins(std::uint32_t offset) const {
  if (blocks.empty() || !starts_line(offset)) return false;
  return is_word(blocks.back().clauses, text().substr(offset, name_end_at(offset) - offset));
}

bool State::clause_begins(std::uint32_t offset, const BlockFrame& block, std::uint32_t item) const {
  if (!starts_line(offset)) return false;
  if (at(offset) == '|') return true;
  const std::uint32_t end = name_end_at(offset);
  if (end == offset) return false;
  const std::string_view word = text().substr(offset, end - offset);
  if (block.free_keys || colon_follows(end) || is_word(block.clauses, word)) return true;
  if (is_word(WordGroup::operator_word, word)) return false;  // goes on with an expression
  // A line that is not indented further than the broken clause is taken for a clause of its own.
  return starts_line(item) && indent_of(offset) <= indent_of(item);
}

std::uint32_t State::skip_lines(std::uint32_t offset) const {
  for (;;) {
    while (is_blank(at(offset)) || is_line_end(at(offset))) ++offset;
    if (at(offset) != '#') return offset;
    while (!at_end(offset) && !is_line_end(at(offset))) ++offset;
  }
}

std::uint32_t State::next_clause(std::uint32_t item, const BlockFrame& block) const {
  int braces = 0;
  for (std::uint32_t offset = item;; offset = token_behind(offset)) {
    offset = skip_lines(offset);
    if (at_end(offset) || (at(offset) == '}' && braces == 0)) return offset;
    if (offset > item && declaration_begins(offset) && indent_of(offset) <= block.indent) return offset;
    if (offset > item && offset >= furthest_ && braces == 0) {
      if (clause_begins(offset, block, item) || declaration_begins(offset)) return offset;
    }
    if (at(offset) == '{') ++braces;
    if (at(offset) == '}') --braces;
  }
}

std::uint32_t State::block_or_declaration(std::uint32_t begin) const {
  int braces = 0;  // of the head itself, as in `use … with { … }`
  for (std::uint32_t offset = begin;; offset = token_behind(offset)) {
    offset = skip_lines(offset);
    if (at_end(offset) || declaration_begins(offset)) return offset;
    const bool next = offset > begin && offset >= furthest_ && braces == 0;
    if (next && looks_like_start(offset, indent_of(declaration_begin))) return offset;
    if (at(offset) == '}' && braces-- == 0) return offset;
    if (at(offset) != '{') continue;
    if (offset >= furthest_) return offset;
    ++braces;
  }
}

std::uint32_t State::next_declaration(std::uint32_t item) const {
  const std::uint32_t indent = indent_of(item);
  int braces = 0;
  for (std::uint32_t offset = item;; offset = token_behind(offset)) {
    offset = skip_lines(offset);
    if (at_end(offset) || (at(offset) == '}' && braces == 0)) return offset;
    if (offset > item && declaration_begins(offset)) {
      if (indent_of(offset) <= indent || (offset >= furthest_ && braces == 0)) return offset;
    }
    if (at(offset) == '{') ++braces;
    if (at(offset) == '}') --braces;
  }
}

std::uint32_t State::cell_end(std::uint32_t offset) const {
  while (!at_end(offset) && !is_line_end(at(offset)) && at(offset) != '|' && at(offset) != '#') {
    offset = is_blank(at(offset)) ? offset + 1 : token_behind(offset);
  }
  return offset;
}

}  // namespace kpi::syntax
