// Reading policy files and writing results.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace kpi::driver {

/// The bytes of a policy or library file. Throws Failure when it is missing, a folder, unreadable or too large.
std::string read_policy_file(const std::string& path);
/// The same of standard input.
std::string read_standard_input();
/// The same for files that need not exist.
std::optional<std::string> read_policy_file_if_present(const std::string& path);

/// Standard output, or the file if one is named, which is opened when something is written. Throws Failure when that
/// does not work to the last byte.
class ResultFile {
 public:
  explicit ResultFile(std::optional<std::string> file) : file_(std::move(file)) {}
  ResultFile(const ResultFile&) = delete;
  ResultFile& operator=(const ResultFile&) = delete;
  ~ResultFile();
  void write(std::string_view text);
  void close();

 private:
  [[noreturn]] void fail() const;
  std::optional<std::string> file_;
  int descriptor_ = -1;
};

/// The same for a text that is there as a whole.
void write_result(std::string_view text, const std::optional<std::string>& file);

/// Puts `text` in place of the file in one step: a reader sees the old text or the new one, and a failure leaves the
/// old one. The file keeps its mode; of a symbolic link, what it leads to is replaced. Throws Failure.
void replace_file(const std::string& path, std::string_view text);

/// Lower-case hexadecimal SHA-256.
std::string sha256(std::string_view bytes);
/// The same of a file's bytes, read in pieces; none when it cannot be read.
std::optional<std::string> sha256_of_file(const std::string& path);

}  // namespace kpi::driver
