// Bytes of a text file as UTF-8, a piece at a time, whatever encoding the file has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "interpreter/storage/database.hpp"

namespace kpi::storage {

/// Where a reader gets its bytes from.
class ByteInput {
 public:
  virtual ~ByteInput() = default;
  /// At most `size` bytes; 0 at the end.
  virtual std::size_t read(char* target, std::size_t size) = 0;
};

/// Throws DataFailure when the file is missing or cannot be read.
std::unique_ptr<ByteInput> open_file(const std::string& path);
std::unique_ptr<ByteInput> open_text(std::string_view text);

/// Is the encoding known to the C library's iconv?
bool is_known_encoding(const std::string& encoding);

/// Decodes to valid UTF-8 without byte order mark. A mark in the file decides the encoding, whatever was declared.
class TextInput {
 public:
  /// `name` is what messages call the input. An empty encoding is UTF-8.
  TextInput(std::unique_ptr<ByteInput> input, std::string name, std::string encoding);
  ~TextInput();
  TextInput(TextInput&&) = delete;

  /// Appends decoded text; false when the input is at its end. Throws on zero bytes, invalid encoding and archives.
  /// Whole characters only, so the text so far is always valid. `line` is that of the first byte in `text`, from which
  /// messages count.
  bool append_to(std::vector<char>& text, std::uint64_t line);
  const std::string& name() const { return name_; }
  const std::string& encoding() const { return encoding_; }  // known after the first append_to
  bool had_mark() const { return had_mark_; }                // a byte order mark; known after the first append_to
  std::uint64_t bytes_read() const { return bytes_read_; }   // of the file

 private:
  struct Converter;
  void begin();
  bool fill();
  void append_utf8(std::vector<char>& text);
  void append_converted(std::vector<char>& text);
  void strip_mark(std::vector<char>& text, std::size_t begin);
  void check_text(std::string_view text, std::size_t checked) const;
  [[noreturn]] void fail_encoding(const std::vector<char>& text) const;

  std::unique_ptr<ByteInput> input_;
  std::string name_, encoding_;
  std::unique_ptr<Converter> converter_;  // none for UTF-8
  std::vector<char> raw_;                 // read and not yet decoded
  std::uint64_t bytes_read_ = 0;
  std::uint64_t line_ = 1;  // as given to append_to
  bool begun_ = false, has_first_bytes_ = false, at_end_ = false, mark_checked_ = false,
       had_mark_ = false;
};

/// Line ends in a text: `\n`, `\r\n` or a lone `\r`.
std::uint64_t count_lines(std::string_view text);

/// Length of the longest prefix that is valid UTF-8 (RFC 3629: no overlong forms, no surrogates).
std::size_t valid_utf8_prefix(std::string_view text);

}  // namespace kpi::storage
