// From the text of one cell of an export to the value that is stored.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "grammar/source/diagnostic.hpp"
#include "interpreter/model/policy.hpp"
#include "interpreter/storage/time_format.hpp"

namespace kpi::storage {

/// A value on its way into a table. A text is borrowed from the row or the column's scratch space.
struct Stored {
  enum class Kind : std::uint8_t { null, integer, real, text } kind = Kind::null;
  std::int64_t integer = 0;
  double real = 0;  // only decimals of at most 15 digits, which a binary64 keeps exactly enough to read them back
  std::string_view text;
};

/// Why a row is rejected.
struct Reject {
  source::DiagnosticId id{};
  std::vector<std::pair<std::string, std::string>> parameters;
};

/// Without white space, invisible marks and byte order marks at both ends.
std::string_view trimmed(std::string_view text);

/// How numbers are written in a file.
struct NumberStyle {
  std::string decimal = ".";
  std::string group;     // empty: none
  std::string prefix;    // may stand before or behind the number
  bool percent = false;  // the number counts hundredths, with or without `%`
};

/// A decimal number: sign, digits without leading zeros, and how many of them stand behind the point.
struct Decimal {
  static constexpr std::size_t kMaxDigits = 100;
  bool negative = false;
  char digits[kMaxDigits];
  std::size_t count = 0;
  std::size_t scale = 0;
  std::string_view code;  // currency code beside the number, if any
};

/// Groups of three digits (the Indian way: of two, the last of three); a sign before or behind the prefix; `(1)` is -1;
/// `%` divides by 100. No exponents: spreadsheets write them when digits are already lost.
bool parse_number(std::string_view text, const NumberStyle& style, Decimal& number);

/// The ISO 4217 code before or behind an amount; empty if there is none.
std::string_view currency_code(std::string_view text);

/// Reads the cells of one column.
class CellReader {
 public:
  /// The column's options must have passed check_import.
  explicit CellReader(const model::ImportColumn& column);

  /// What an expression sees of the cell, and what counts as empty.
  std::string_view clean(std::string_view cell) const;
  /// A cell as `clean` gives it. `expected_code` is the currency code an amount may carry.
  std::optional<Reject> read(std::string_view cell, std::string_view expected_code, Stored& value);
  /// The usual cell of a column without peculiarities, straight from the file. False: nothing is known of it yet.
  bool read_usual(std::string_view cell, Stored& value) const;
  model::ColumnType type() const { return type_; }
  bool takes_code() const { return code_; }

 private:
  std::optional<Reject> read_number(std::string_view text, std::string_view expected_code, Stored& value);
  std::optional<Reject> read_time(std::string_view text, Stored& value);
  std::optional<Reject> read_boolean(std::string_view text, Stored& value) const;
  std::optional<Reject> store_number(const Decimal& number, std::string_view text, Stored& value);
  Reject reject(source::DiagnosticId id, std::string_view text) const;
  Reject reject_number(std::string_view text) const;
  Reject reject_time(std::string_view text) const;

  std::string name_, format_;
  model::ColumnType type_;
  bool optional_, trim_, code_ = false;
  NumberStyle style_;
  enum class Usual : std::uint8_t { none, integer, text, trimmed_text, boolean } usual_ = Usual::none;
  bool plain_numbers_;  // the file writes decimals as the database does
  std::optional<TimeFormat> time_format_;
  std::vector<std::string> empties_, yes_, no_;
  std::string scratch_;
};

inline bool CellReader::read_usual(std::string_view cell, Stored& value) const {
  const auto is_letter = [](char c) { return c > ' ' && c != '='; };  // and no blank of several bytes
  switch (usual_) {
    case Usual::none:
      return false;
    case Usual::integer: {
      // Up to 18 digits without a zero in front.
      if (cell.empty() || cell.size() > 18 || (cell[0] == '0' && cell.size() != 1)) return false;
      std::int64_t number = 0;
      for (const char c : cell) {
        const unsigned digit = static_cast<unsigned char>(c) - unsigned{'0'};
        if (digit > 9) return false;
        number = number * 10 + digit;
      }
      value.kind = Stored::Kind::integer;
      value.integer = number;
      return true;
    }
    case Usual::boolean:
      if (cell.size() != 1 || (cell[0] != '0' && cell[0] != '1')) return false;
      value.kind = Stored::Kind::integer;
      value.integer = cell[0] - '0';
      return true;
    case Usual::trimmed_text:
      if (cell.empty() || !is_letter(cell.front()) || !is_letter(cell.back())) return false;
      break;
    case Usual::text:
      if (cell.empty()) return false;
  }
  value.kind = Stored::Kind::text;
  value.text = cell;
  return true;
}

/// The type a column is read as: declared, else from the field it feeds, else guessed from its options.
model::ColumnType column_type(const model::ImportColumn& column);
NumberStyle number_style(const model::ImportColumn& column);
bool has_flag(const model::ImportColumn& column, std::string_view flag);
/// The texts behind an option that may repeat, such as `empty "-" empty "N/A"`.
std::vector<std::string> option_texts(const model::ImportColumn& column, std::string_view option);

}  // namespace kpi::storage
