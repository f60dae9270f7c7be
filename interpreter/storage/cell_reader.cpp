#include "interpreter/storage/cell_reader.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "grammar/source/diagnostics/data.hpp"
#include "interpreter/value/time.hpp"

namespace kpi::storage {

using model::ColumnType;
using source::DiagnosticId;
namespace ids = source::ids;

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Length of the white space or invisible mark at the start of `text`; 0 if there is none. NBSP, ZWNBSP, the
/// ideographic space and the spaces and direction marks of U+2000 to U+200F and U+202A to U+202F.
std::size_t blank_at(std::string_view text) {
  if (text.empty()) return 0;
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const unsigned first = byte(0);
  if (first == ' ' || (first >= '\t' && first <= '\r')) return 1;
  if (first < 0x80) return 0;
  if (first == 0xC2 && byte(1) == 0xA0) return 2;
  if (first == 0xE3 && byte(1) == 0x80 && byte(2) == 0x80) return 3;
  if (first == 0xEF && byte(1) == 0xBB && byte(2) == 0xBF) return 3;
  if (first == 0xE2 && byte(1) == 0x80 &&
      ((byte(2) >= 0x80 && byte(2) <= 0x8F) || (byte(2) >= 0xAA && byte(2) <= 0xAF)))
    return 3;
  return 0;
}

std::size_t blank_before_end(std::string_view text) {
  if (text.empty()) return 0;
  if (static_cast<unsigned char>(text.back()) < 0x80) return blank_at(text.substr(text.size() - 1));
  for (std::size_t length = 2; length <= 3 && length <= text.size(); ++length) {
    if (blank_at(text.substr(text.size() - length)) == length) return length;
  }
  return 0;
}

/// Spreadsheets keep long ids from becoming numbers by writing `="123"`.
std::string_view without_formula_quotes(std::string_view text) {
  if (text.size() < 3 || text.substr(0, 2) != "=\"" || text.back() != '"') return text;
  return text.substr(2, text.size() - 3);
}

bool starts_with(std::string_view text, std::string_view start) { return text.substr(0, start.size()) == start; }

/// Takes a leading sign; both hyphens and the minus sign are negative.
bool take_sign(std::string_view& text, bool& negative) {
  for (const std::string_view minus : {"-", "\xE2\x88\x92"}) {
    if (!starts_with(text, minus)) continue;
    negative = true;
    text.remove_prefix(minus.size());
    return true;
  }
  if (!starts_with(text, "+")) return false;
  text.remove_prefix(1);
  return true;
}

bool is_code(std::string_view text) {
  return text.size() == 3 && std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; }) &&
         value::Currency::parse(text);
}

/// Length of the group mark at the start of `text`. Any space serves for a space.
std::size_t group_mark(std::string_view text, const std::string& mark) {
  if (mark.empty()) return 0;
  if (starts_with(text, mark)) return mark.size();
  return blank_at(mark) == mark.size() ? blank_at(text) : 0;
}

/// Digits in groups up to the decimal mark or the end, into `number`.
bool parse_whole(std::string_view& text, const NumberStyle& style, Decimal& number) {
  std::size_t in_group = 0, groups = 0;
  bool any = false, two_digit_group = false;
  while (!text.empty()) {
    if (is_digit(text[0])) {
      any = true;
      ++in_group;
      if (number.count != 0 || text[0] != '0') {
        if (number.count == Decimal::kMaxDigits) return false;
        number.digits[number.count++] = text[0];
      }
      text.remove_prefix(1);
      continue;
    }
    const std::size_t mark = group_mark(text, style.group);
    if (mark == 0) break;
    if (groups == 0 ? in_group == 0 || in_group > 3 : in_group != 3 && in_group != 2) return false;
    two_digit_group = two_digit_group || (groups != 0 && in_group == 2);
    ++groups;
    in_group = 0;
    text.remove_prefix(mark);
  }
  if (groups != 0 && in_group != 3) return false;
  return any || starts_with(text, style.decimal);
}

bool parse_fraction(std::string_view text, const NumberStyle& style, Decimal& number, bool needs_digit) {
  if (text.empty()) return true;
  if (!starts_with(text, style.decimal)) return false;
  text.remove_prefix(style.decimal.size());
  if (text.empty()) return !needs_digit;
  for (const char c : text) {
    if (!is_digit(c) || number.count == Decimal::kMaxDigits) return false;
    if (number.count != 0 || c != '0') number.digits[number.count++] = c;
    ++number.scale;
  }
  return true;
}

/// Takes what may stand beside the digits on either side: signs, the prefix, a currency code, `%`.
bool take_surroundings(std::string_view& text, const NumberStyle& style, Decimal& number, bool& percent) {
  text = trimmed(text);
  if (text.size() > 2 && text.front() == '(' && text.back() == ')') {
    number.negative = true;
    text = trimmed(text.substr(1, text.size() - 2));
    if (text[0] == '-' || text[0] == '+') return false;
  }
  bool has_sign = number.negative;
  const auto sign = [&] {
    if (!has_sign && take_sign(text, number.negative)) has_sign = true;
    text = trimmed(text);
  };
  sign();
  const bool has_prefix = !style.prefix.empty() && starts_with(text, style.prefix);
  if (has_prefix) text.remove_prefix(style.prefix.size());
  if (!has_prefix && text.size() > 3 && is_code(text.substr(0, 3)) && !is_digit(text[0])) {
    number.code = text.substr(0, 3);
    text.remove_prefix(3);
  }
  text = trimmed(text);
  sign();
  if (!text.empty() && text.back() == '%') {
    percent = true;
    text = trimmed(text.substr(0, text.size() - 1));
  }
  if (!has_prefix && !style.prefix.empty() && text.size() > style.prefix.size() &&
      text.substr(text.size() - style.prefix.size()) == style.prefix) {
    text = trimmed(text.substr(0, text.size() - style.prefix.size()));
  } else if (number.code.empty() && text.size() > 3 && is_code(text.substr(text.size() - 3))) {
    number.code = text.substr(text.size() - 3);
    text = trimmed(text.substr(0, text.size() - 3));
  }
  return !text.empty();
}

void remove_trailing_zeros(Decimal& number, std::size_t least_scale) {
  while (number.scale > least_scale && (number.count == 0 || number.digits[number.count - 1] == '0')) {
    if (number.count != 0) --number.count;
    --number.scale;
  }
}

/// Appends the number as an ordinary decimal: `-0.5`, `1234.50`.
void append_decimal(const Decimal& number, std::string& text) {
  if (number.negative && number.count != 0) text += '-';
  const std::size_t whole = number.count > number.scale ? number.count - number.scale : 0;
  if (whole == 0) {
    text += '0';
  } else {
    text.append(number.digits, whole);
  }
  if (number.scale == 0) return;
  text += '.';
  text.append(number.scale - (number.count - whole), '0');
  text.append(number.digits + whole, number.count - whole);
}

/// Is the text already in the form in which decimals are stored (`-12.50`)? Most cells are; `scale` counts the digits
/// behind the point.
bool is_stored_form(std::string_view text, std::size_t& scale) {
  std::size_t i = text[0] == '-' ? 1 : 0;
  const std::size_t first = i;
  while (i != text.size() && is_digit(text[i])) ++i;
  const std::size_t whole = i - first;
  if (whole == 0 || whole > 18 || (text[first] == '0' && (whole > 1 || first == 1))) return false;
  scale = 0;
  if (i == text.size()) return true;
  if (text[i] != '.' || text.size() - i > 18) return false;
  for (++i; i != text.size(); ++i, ++scale) {
    if (!is_digit(text[i])) return false;
  }
  return scale != 0;
}

constexpr std::string_view kYes[] = {"true", "yes", "y", "t", "1"};
constexpr std::string_view kNo[] = {"false", "no", "n", "f", "0"};

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [&](char x, char y) { return lower(x) == lower(y); });
}

template <class Words>
bool is_one_of(std::string_view text, const Words& words) {
  return std::any_of(std::begin(words), std::end(words),
                     [&](const auto& word) { return equal_ignoring_case(text, word); });
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  const auto is_plain = [](char c) { return c > ' '; };  // no space and not the start of a longer character
  if (!text.empty() && is_plain(text.front()) && is_plain(text.back())) return text;
  while (const std::size_t length = blank_at(text)) text.remove_prefix(length);
  while (const std::size_t length = blank_before_end(text)) text.remove_suffix(length);
  return text;
}

bool parse_number(std::string_view text, const NumberStyle& style, Decimal& number) {
  bool percent = false;
  if (!take_surroundings(text, style, number, percent)) return false;
  std::string_view rest = text;
  if (!parse_whole(rest, style, number)) return false;
  const bool needs_digit = rest.size() == text.size();
  if (!parse_fraction(rest, style, number, needs_digit)) return false;
  if (percent || style.percent) {
    number.scale += 2;
    remove_trailing_zeros(number, 0);
  }
  return true;
}

std::string_view currency_code(std::string_view text) {
  text = trimmed(text);
  bool negative = false;
  take_sign(text, negative);
  text = trimmed(text);
  if (text.size() < 3) return {};
  const std::string_view front = text.substr(0, 3), back = text.substr(text.size() - 3);
  if (is_code(front) && (text.size() == 3 || !(text[3] >= 'A' && text[3] <= 'Z'))) return front;
  return is_code(back) && text.size() > 3 ? back : std::string_view();
}

bool has_flag(const model::ImportColumn& column, std::string_view flag) {
  return std::find(column.flags.begin(), column.flags.end(), flag) != column.flags.end();
}

std::vector<std::string> option_texts(const model::ImportColumn& column, std::string_view option) {
  std::vector<std::string> texts;
  for (const auto& [word, text] : column.options) {
    if (word == option) texts.push_back(text);
  }
  return texts;
}

ColumnType column_type(const model::ImportColumn& column) {
  if (column.as != ColumnType::unspecified) return column.as;
  if (column.type) {
    switch (column.type->kind) {
      case value::Kind::number:
        return column.type->unit.money != 0 ? ColumnType::money : ColumnType::number;
      case value::Kind::boolean:
        return ColumnType::boolean;
      case value::Kind::date:
        return ColumnType::date;
      case value::Kind::datetime:
        return ColumnType::datetime;
      default:
        return ColumnType::text;
    }
  }
  if (!column.format.empty()) return ColumnType::datetime;
  const bool numeric =
      !column.decimal.empty() || !column.group.empty() || !column.prefix.empty() || has_flag(column, "percent");
  return numeric ? ColumnType::number : ColumnType::text;
}

NumberStyle number_style(const model::ImportColumn& column) {
  NumberStyle style;
  style.group = column.group;
  style.decimal = !column.decimal.empty() ? column.decimal : column.group == "." ? "," : ".";
  style.prefix = column.prefix;
  style.percent = has_flag(column, "percent");
  return style;
}

CellReader::CellReader(const model::ImportColumn& column)
    : name_(column.name),
      format_(column.format),
      type_(column_type(column)),
      optional_(column.optional),
      trim_(column.trim || type_ != ColumnType::text),
      code_(has_flag(column, "code")),
      style_(number_style(column)),
      plain_numbers_(style_.decimal == "." && !style_.percent),
      empties_(option_texts(column, "empty")),
      yes_(option_texts(column, "yes")),
      no_(option_texts(column, "no")) {
  std::string problem;
  if (!format_.empty()) time_format_ = TimeFormat::compile(format_, problem);
  if (!empties_.empty() || !yes_.empty() || !no_.empty() || code_) return;
  const bool is_text = type_ == ColumnType::text || type_ == ColumnType::unspecified;
  const bool is_number = type_ == ColumnType::integer || type_ == ColumnType::number;
  if (is_text) usual_ = trim_ ? Usual::trimmed_text : Usual::text;
  if (is_number && plain_numbers_) usual_ = Usual::integer;
  if (type_ == ColumnType::boolean) usual_ = Usual::boolean;
}

std::string_view CellReader::clean(std::string_view cell) const {
  if (trim_) cell = trimmed(without_formula_quotes(trimmed(cell)));
  if (empties_.empty()) return cell;
  return std::find(empties_.begin(), empties_.end(), cell) == empties_.end() ? cell : std::string_view();
}

Reject CellReader::reject(DiagnosticId id, std::string_view text) const {
  constexpr std::size_t kLongestShown = 60;
  std::string shown(text.substr(0, kLongestShown));
  if (text.size() > kLongestShown) {
    while (!shown.empty() && (shown.back() & 0x80)) shown.pop_back();  // no half characters
    shown += "…";
  }
  return {id, {{"column", name_}, {"text", shown}}};
}

Reject CellReader::reject_time(std::string_view text) const {
  const bool dates = type_ == ColumnType::date;
  const std::string form = !format_.empty() ? format_ : dates ? "YYYY-MM-DD" : "YYYY-MM-DD HH:MM:SS";
  std::string problem;
  const auto format =
      time_format_ ? time_format_ : TimeFormat::compile("%Y-%m-%d[T%H:%M[:%S]]|%Y-%m-%d[ %H:%M[:%S]]", problem);
  const auto impossible = format->impossible(text);
  if (!impossible || impossible->days == 0) {
    Reject result = reject(impossible ? ids::reject_no_such_month : ids::reject_time, text);
    if (impossible) result.parameters.emplace_back("month", std::to_string(impossible->month));
    result.parameters.emplace_back("format", form);
    return result;
  }
  Reject result = reject(ids::reject_no_such_day, text);
  const std::string month = std::to_string(impossible->month);
  result.parameters.emplace_back("month", std::to_string(impossible->year) + (month.size() < 2 ? "-0" : "-") + month);
  result.parameters.emplace_back("days", std::to_string(impossible->days));
  return result;
}

// A cell that is a number when it is read in another way says what the declaration lacks.
Reject CellReader::reject_number(std::string_view text) const {
  const auto reads = [&](const NumberStyle& style) {
    Decimal number;
    return parse_number(text, style, number);
  };
  if (!style_.group.empty() && text.find(style_.group) != std::string_view::npos) {
    NumberStyle decimal = style_;
    decimal.decimal = style_.group;
    decimal.group.clear();
    if (reads(decimal)) {
      Reject result = reject(ids::reject_group_mark, text);
      result.parameters.emplace_back("mark", style_.group);
      return result;
    }
  }
  // A currency sign before the digits.
  constexpr std::size_t kLongestSign = 4;
  const std::size_t digit = std::min(text.find_first_of("0123456789"), text.size());
  const std::string_view sign = digit < text.size() ? trimmed(text.substr(0, digit)) : std::string_view();
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const bool is_word = std::all_of(sign.begin(), sign.end(), is_letter);
  const bool is_known_word = sign == "RM" || sign == "Rp" || sign == "Rs" || sign == "kr";
  const bool is_sign = (!is_word || is_known_word) && !sign.empty() && sign.size() <= kLongestSign &&
                       sign.find_first_of("+-(.,%") == sign.npos;
  const std::pair<std::string, std::string> marks[] = {
      {style_.decimal, style_.group}, {style_.decimal, ","}, {style_.decimal, "."}, {",", "."}, {".", ","}};
  for (const auto& [decimal, group] : marks) {
    if (decimal == group) continue;
    NumberStyle other = style_;
    other.decimal = decimal;
    other.group = group;
    if (style_.prefix.empty() && is_sign) other.prefix = sign;
    if (!reads(other)) continue;
    std::string declare;
    const auto add = [&](const char* option, const std::string& value, const std::string& declared) {
      if (value != declared) declare += (declare.empty() ? "" : " ") + std::string(option) + " \"" + value + "\"";
    };
    add("decimal", other.decimal, style_.decimal);
    add("group", other.group, style_.group);
    add("prefix", other.prefix, style_.prefix);
    Reject result = reject(ids::reject_number_style, text);
    result.parameters.emplace_back("declare", declare);
    return result;
  }
  return reject(ids::reject_number, text);
}

std::optional<Reject> CellReader::read(std::string_view cell, std::string_view expected_code, Stored& value) {
  value.kind = Stored::Kind::null;
  if (cell.empty()) {
    if (optional_) return std::nullopt;
    return Reject{ids::reject_empty, {{"column", name_}}};
  }
  switch (type_) {
    case ColumnType::integer:
    case ColumnType::number:
    case ColumnType::money:
      return read_number(cell, expected_code, value);
    case ColumnType::boolean:
      return read_boolean(cell, value);
    case ColumnType::date:
    case ColumnType::datetime:
      return read_time(cell, value);
    case ColumnType::text:
    case ColumnType::unspecified:
      break;
  }
  if (code_) {
    const std::string_view code = currency_code(cell);
    if (code.empty()) return reject(ids::reject_no_code, cell);
    cell = code;
  }
  value.kind = Stored::Kind::text;
  value.text = cell;
  return std::nullopt;
}

std::optional<Reject> CellReader::read_number(std::string_view text, std::string_view expected_code, Stored& value) {
  std::size_t scale = 0;
  if (plain_numbers_ && is_stored_form(text, scale)) {
    if (type_ == ColumnType::money) {
      value.kind = Stored::Kind::text;
      value.text = text;
      return std::nullopt;
    }
    if (scale == 0) {
      value.kind = Stored::Kind::integer;
      std::from_chars(text.data(), text.data() + text.size(), value.integer);
      return std::nullopt;
    }
  }
  Decimal number;
  if (!parse_number(text, style_, number)) return reject_number(text);
  if (!number.code.empty() && number.code != expected_code) return reject(ids::reject_currency, text);
  return store_number(number, text, value);
}

std::optional<Reject> CellReader::store_number(const Decimal& read, std::string_view text, Stored& value) {
  Decimal number = read;
  if (type_ != ColumnType::money) remove_trailing_zeros(number, 0);
  if (type_ == ColumnType::integer && number.scale != 0) return reject(ids::reject_integer, text);
  scratch_.clear();
  append_decimal(number, scratch_);
  if (type_ == ColumnType::money) {
    value.kind = Stored::Kind::text;
    value.text = scratch_;
    return std::nullopt;
  }
  const char* end = scratch_.data() + scratch_.size();
  if (number.scale == 0) {
    value.kind = Stored::Kind::integer;
    if (std::from_chars(scratch_.data(), end, value.integer).ec == std::errc()) return std::nullopt;
  } else if (number.count <= 15 && number.scale <= 300) {
    value.kind = Stored::Kind::real;
    if (std::from_chars(scratch_.data(), end, value.real).ec == std::errc()) return std::nullopt;
  }
  return reject(ids::reject_digits, text);
}

std::optional<Reject> CellReader::read_time(std::string_view text, Stored& value) {
  const bool with_time = type_ == ColumnType::datetime;
  scratch_.clear();
  bool fits = false;
  if (time_format_) {
    fits = time_format_->convert(text, with_time, scratch_);
  } else if (const auto written = value::WrittenTime::parse(text)) {
    // A date may be written with midnight; any other time of day would be lost.
    fits = with_time || (!written->has_offset && written->local_micros % value::kMicrosPerDay == 0);
    scratch_.assign(with_time ? text : text.substr(0, 10));
    if (scratch_.size() > 10) scratch_[10] = 'T';
  }
  if (!fits) return reject_time(text);
  value.kind = Stored::Kind::text;
  value.text = scratch_;
  return std::nullopt;
}

std::optional<Reject> CellReader::read_boolean(std::string_view text, Stored& value) const {
  const bool yes = is_one_of(text, yes_) || (is_one_of(text, kYes) && !is_one_of(text, no_));
  if (!yes && !is_one_of(text, no_) && !is_one_of(text, kNo)) return reject(ids::reject_boolean, text);
  value.kind = Stored::Kind::integer;
  value.integer = yes ? 1 : 0;
  return std::nullopt;
}

}  // namespace kpi::storage
