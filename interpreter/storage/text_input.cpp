#include "interpreter/storage/text_input.hpp"
#include "grammar/source/diagnostics/data.hpp"

#include <fcntl.h>
#include <iconv.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace kpi::storage {

using source::DiagnosticId;
namespace ids = source::ids;

namespace {

constexpr std::size_t kReadSize = 256 * 1024;

class FileInput final : public ByteInput {
 public:
  explicit FileInput(const std::string& path) : path_(path) {
    require_readable_file(path);
    descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor_ < 0) fail();
  }
  ~FileInput() override { ::close(descriptor_); }
  FileInput(const FileInput&) = delete;
  FileInput& operator=(const FileInput&) = delete;
  std::size_t read(char* target, std::size_t size) override {
    for (;;) {
      const ssize_t got = ::read(descriptor_, target, size);
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno != EINTR) fail();
    }
  }

 private:
  [[noreturn]] void fail() const {
    throw failure(ids::file_unreadable, {{"file", path_}, {"detail", std::strerror(errno)}});
  }
  std::string path_;
  int descriptor_ = -1;
};

class StringInput final : public ByteInput {
 public:
  explicit StringInput(std::string_view text) : text_(text) {}
  std::size_t read(char* target, std::size_t size) override {
    const std::size_t length = std::min(size, text_.size() - position_);
    std::memcpy(target, text_.data() + position_, length);
    position_ += length;
    return length;
  }

 private:
  std::string text_;
  std::size_t position_ = 0;
};

struct Signature {
  std::string_view bytes, meaning;
};
using namespace std::string_view_literals;
constexpr Signature kArchives[] = {
    {"PK\x03\x04"sv, "XLSX / ZIP"sv},
    {"\xD0\xCF\x11\xE0"sv, "XLS"sv},
    {"\x1F\x8B"sv, "gzip"sv},
    {"\xFD\x37zXZ"sv, "xz"sv},
    {"%PDF-"sv, "PDF"sv},
    {"SQLite format 3"sv, "SQLite"sv},
};
constexpr Signature kMarks[] = {{"\xEF\xBB\xBF"sv, "utf-8"sv},
                                {"\xFF\xFE\0\0"sv, "utf-32le"sv},
                                {"\0\0\xFE\xFF"sv, "utf-32be"sv},
                                {"\xFF\xFE"sv, "utf-16le"sv},
                                {"\xFE\xFF"sv, "utf-16be"sv}};

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return text;
}

bool is_utf8(const std::string& encoding) { return encoding.empty() || encoding == "utf-8" || encoding == "utf8"; }

/// Length of the character that starts at `text`, or 0 when it is not valid.
std::size_t utf8_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  std::size_t length = 0;
  unsigned char low = 0x80, high = 0xBF;  // of the second byte
  if (first >= 0xC2 && first <= 0xDF) {
    length = 2;
  } else if (first >= 0xE0 && first <= 0xEF) {
    length = 3;
    if (first == 0xE0) low = 0xA0;
    if (first == 0xED) high = 0x9F;
  } else if (first >= 0xF0 && first <= 0xF4) {
    length = 4;
    if (first == 0xF0) low = 0x90;
    if (first == 0xF4) high = 0x8F;
  } else {
    return 0;
  }
  if (text.size() < length || byte(1) < low || byte(1) > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  return length;
}

}  // namespace

std::unique_ptr<ByteInput> open_file(const std::string& path) { return std::make_unique<FileInput>(path); }
std::unique_ptr<ByteInput> open_text(std::string_view text) { return std::make_unique<StringInput>(text); }

std::size_t valid_utf8_prefix(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    // Eight ASCII bytes at a time.
    std::uint64_t word = 0;
    while (i + 8 <= text.size() && (std::memcpy(&word, text.data() + i, 8), (word & 0x8080808080808080u) == 0)) i += 8;
    if (i == text.size()) break;
    const std::size_t length = utf8_character(text.substr(i));
    if (length == 0) break;
    i += length;
  }
  return i;
}

struct TextInput::Converter {
  explicit Converter(const std::string& encoding) : handle(iconv_open("UTF-8", encoding.c_str())) {}
  ~Converter() {
    if (known()) iconv_close(handle);
  }
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;
  bool known() const { return handle != reinterpret_cast<iconv_t>(-1); }
  iconv_t handle;
};

bool is_known_encoding(const std::string& encoding) {
  if (is_utf8(lower(encoding))) return true;
  const iconv_t handle = iconv_open("UTF-8", encoding.c_str());
  if (handle == reinterpret_cast<iconv_t>(-1)) return false;
  iconv_close(handle);
  return true;
}

TextInput::TextInput(std::unique_ptr<ByteInput> input, std::string name, std::string encoding)
    : input_(std::move(input)), name_(std::move(name)), encoding_(lower(std::move(encoding))) {}
TextInput::~TextInput() = default;

bool TextInput::fill() {
  const std::size_t before = raw_.size();
  raw_.resize(before + kReadSize);
  const std::size_t got = input_->read(raw_.data() + before, kReadSize);
  raw_.resize(before + got);
  bytes_read_ += got;
  return got != 0;
}

/// Looks at the first bytes: archives people mistake for CSV, and byte order marks.
void TextInput::begin() {
  begun_ = has_first_bytes_ = true;
  while (raw_.size() < 16 && fill()) {
  }
  const std::string_view start(raw_.data(), raw_.size());
  for (const Signature& archive : kArchives) {
    if (start.substr(0, archive.bytes.size()) == archive.bytes) {
      throw failure(ids::csv_is_archive, {{"file", name_}, {"kind", std::string(archive.meaning)}});
    }
  }
  for (const Signature& mark : kMarks) {
    if (start.substr(0, mark.bytes.size()) != mark.bytes) continue;
    encoding_ = mark.meaning;
    had_mark_ = true;
    raw_.erase(raw_.begin(), raw_.begin() + static_cast<std::ptrdiff_t>(mark.bytes.size()));
    break;
  }
  if (is_utf8(encoding_)) {
    encoding_ = "utf-8";
    return;
  }
  converter_ = std::make_unique<Converter>(encoding_);
  if (!converter_->known()) throw failure(ids::unknown_encoding, {{"encoding", encoding_}});
}

bool TextInput::append_to(std::vector<char>& text, std::uint64_t line) {
  line_ = line;
  if (!begun_) begin();
  const std::size_t before = text.size();
  while (text.size() == before && !at_end_) {
    if (!std::exchange(has_first_bytes_, false)) at_end_ = !fill();
    if (converter_) {
      append_converted(text);
    } else {
      append_utf8(text);
    }
  }
  check_text({text.data(), text.size()}, before);
  return text.size() != before;
}

void TextInput::append_utf8(std::vector<char>& text) {
  const std::string_view raw(raw_.data(), raw_.size());
  const std::size_t valid = valid_utf8_prefix(raw);
  const bool cut_character = !at_end_ && raw.size() - valid < 4;
  text.insert(text.end(), raw_.begin(), raw_.begin() + static_cast<std::ptrdiff_t>(valid));
  if (valid != raw.size() && !cut_character) fail_encoding(text);
  raw_.erase(raw_.begin(), raw_.begin() + static_cast<std::ptrdiff_t>(valid));
}

void TextInput::append_converted(std::vector<char>& text) {
  const std::size_t start = text.size();
  char* in = raw_.data();
  std::size_t in_left = raw_.size();
  std::array<char, 64 * 1024> buffer;
  for (;;) {
    char* out = buffer.data();
    std::size_t out_left = buffer.size();
    const std::size_t result = iconv(converter_->handle, &in, &in_left, &out, &out_left);
    const int error = errno;
    text.insert(text.end(), buffer.data(), out);
    if (result != static_cast<std::size_t>(-1)) break;
    if (error == E2BIG) continue;
    if (error == EINVAL && !at_end_) break;  // the rest of a character is still to be read
    fail_encoding(text);
  }
  raw_.erase(raw_.begin(), raw_.end() - static_cast<std::ptrdiff_t>(in_left));
  strip_mark(text, start);
}

/// Encodings without a mark in kMarks (gb18030) may still begin with U+FEFF.
void TextInput::strip_mark(std::vector<char>& text, std::size_t begin) {
  if (mark_checked_ || text.size() == begin) return;
  mark_checked_ = true;
  if (std::string_view(text.data() + begin, text.size() - begin).substr(0, 3) == "\xEF\xBB\xBF") {
    text.erase(text.begin() + static_cast<std::ptrdiff_t>(begin),
               text.begin() + static_cast<std::ptrdiff_t>(begin) + 3);
  }
}

std::uint64_t count_lines(std::string_view text) {
  // Most texts have no line end.
  if (text.empty()) return 0;
  if (!std::memchr(text.data(), '\n', text.size()) && !std::memchr(text.data(), '\r', text.size())) return 0;
  std::uint64_t lines = 0;
  bool after_return = false;
  for (const char c : text) {
    if (c == '\r' || (c == '\n' && !after_return)) ++lines;
    after_return = c == '\r';
  }
  return lines;
}

/// Finds zero bytes in the part that has not been checked.
void TextInput::check_text(std::string_view text, std::size_t checked) const {
  const std::size_t zero = text.find('\0', checked);
  if (zero == std::string_view::npos) return;
  const std::uint64_t line = line_ + count_lines(text.substr(0, zero));
  throw failure(ids::csv_binary, {{"file", name_}, {"line", std::to_string(line)}});
}

void TextInput::fail_encoding(const std::vector<char>& text) const {
  const std::string_view valid(text.data(), text.size());
  check_text(valid, 0);  // a binary file is better called that
  const std::uint64_t line = line_ + count_lines(valid);
  const bool binary = !converter_ && std::find(raw_.begin(), raw_.end(), '\0') != raw_.end();
  if (binary) throw failure(ids::csv_binary, {{"file", name_}, {"line", std::to_string(line)}});
  throw failure(ids::csv_bad_encoding, {{"file", name_}, {"line", std::to_string(line)}, {"encoding", encoding_}});
}

}  // namespace kpi::storage
