// Records of a CSV or TSV text (RFC 4180), streaming: memory holds one piece of the file and never less than one
// record.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "interpreter/storage/text_input.hpp"

namespace kpi::storage {

struct CsvOptions {
  std::string encoding;       // empty: UTF-8, or what a byte order mark says
  char separator = '\0';      // '\0': found out from the first lines (comma, tab, semicolon)
  bool plain_quotes = false;  // quotes mean nothing, so cells hold no separators or line ends
};

/// Lines end with `\n`, `\r\n` or `\r`. A cell that begins with a quote ends with one; inside it quotes are doubled and
/// line ends are text. Quotes elsewhere are ordinary characters. Blank lines are no records.
class CsvReader {
 public:
  CsvReader(std::unique_ptr<ByteInput> input, std::string name, const CsvOptions& options);

  /// Reads the next record; false at the end. Throws DataFailure on an unclosed quote and what TextInput reports.
  bool next();
  std::size_t size() const { return cells_.size(); }
  /// Valid until the next call of `next`.
  std::string_view operator[](std::size_t index) const {
    const Cell& cell = cells_[index];
    return {buffer_.data() + cell.begin, cell.length};
  }
  /// Physical line, from 1, on which the record starts.
  std::uint64_t line() const { return record_line_; }
  char separator() const { return separator_; }
  const TextInput& input() const { return input_; }

 private:
  struct Cell {
    std::size_t begin = 0, length = 0;
    bool quoted = false;   // stood in quotes, which are not part of the cell
    bool escaped = false;  // holds doubled quotes or text behind the closing quote
  };
  enum class Scan : std::uint8_t { complete, incomplete };
  bool refill();
  void find_separator();
  void set_separator(char separator);
  Scan scan_record();
  /// Where the ends of cells are in some bytes of the text: consecutive cells often end in the same ones.
  struct Ends {
    std::size_t begin = 0, end = 0;  // of these bytes
    std::uint64_t mask = 0;
  };
  /// Position of the separator or line end that ends an unquoted cell, or the end of the text.
  std::size_t end_of_cell(std::size_t position, Ends& ends) const;
  /// Moves `position` behind a quoted cell; false when the text ends first.
  bool scan_quoted(std::size_t& position, Cell& cell, Ends& ends);
  void unescape(Cell& cell);
  [[noreturn]] void fail_unfinished() const;

  TextInput input_;
  char separator_;
  bool plain_quotes_;
  bool ends_cell_[256] = {};  // separator and line ends
  std::vector<char> buffer_;
  std::size_t position_ = 0;     // of the next record
  std::uint64_t next_line_ = 1;  // of the next record
  std::uint64_t lines_in_record_ = 0;
  std::size_t open_quote_ = 0;  // of an unfinished quoted cell
  std::uint64_t record_line_ = 1;
  bool at_end_ = false;
  std::vector<Cell> cells_;
};

}  // namespace kpi::storage
