#include "interpreter/driver/files.hpp"

#include <fcntl.h>
#include <sha256.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "grammar/source/diagnostics/cli.hpp"
#include "grammar/source/diagnostics/syntax.hpp"
#include "grammar/syntax/characters.hpp"
#include "interpreter/driver/failure.hpp"

namespace kpi::driver {
namespace {

using source::DiagnosticId;
namespace ids = source::ids;

/// An open file that is closed again; reading and writing report errno.
class Descriptor {
 public:
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (descriptor_ > STDERR_FILENO) ::close(descriptor_);
  }
  int get() const { return descriptor_; }
  /// Errors of a delayed write may show only here.
  bool close() {
    const int closing = descriptor_;
    descriptor_ = -1;
    return ::close(closing) == 0;
  }

 private:
  int descriptor_;
};

[[noreturn]] void unreadable(const std::string& path, int error) {
  if (error == ENOENT || error == ENOTDIR) throw Failure(ids::file_not_found, {{"file", path}});
  if (error == EISDIR) throw Failure(ids::file_is_folder, {{"file", path}});
  throw Failure(ids::file_not_readable, {{"file", path}, {"reason", std::strerror(error)}});
}

[[noreturn]] void too_large(const std::string& size) {
  throw Failure(ids::file_too_large, {{"size", size}, {"limit", std::to_string(syntax::kLargestFile)}});
}

std::string read_all(const std::string& path, int descriptor) {
  std::string text;
  char buffer[1 << 16];
  while (true) {
    const ssize_t count = ::read(descriptor, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) unreadable(path, errno);
    if (count == 0) return text;
    text.append(buffer, static_cast<std::size_t>(count));
    // A pipe does not say its size before.
    if (text.size() > syntax::kLargestFile) too_large(">" + std::to_string(syntax::kLargestFile));
  }
}

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(descriptor, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

}  // namespace

std::string read_policy_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) unreadable(path, errno);
  struct stat status = {};
  if (::fstat(file.get(), &status) != 0) unreadable(path, errno);
  if (S_ISDIR(status.st_mode)) unreadable(path, EISDIR);
  if (S_ISREG(status.st_mode) && static_cast<std::size_t>(status.st_size) > syntax::kLargestFile)
    too_large(std::to_string(status.st_size));
  return read_all(path, file.get());
}

std::string read_standard_input() { return read_all("-", STDIN_FILENO); }

std::optional<std::string> read_policy_file_if_present(const std::string& path) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) != 0 || S_ISDIR(status.st_mode)) return std::nullopt;
  return read_policy_file(path);
}

ResultFile::~ResultFile() {
  if (descriptor_ > STDERR_FILENO) ::close(descriptor_);
}

void ResultFile::fail() const {
  const std::string reason = std::strerror(errno);
  if (!file_) throw Failure(ids::standard_output_not_writable, {{"reason", reason}});
  throw Failure(ids::output_not_writable, {{"file", *file_}, {"reason", reason}});
}

void ResultFile::write(std::string_view text) {
  if (descriptor_ < 0 && !file_) {
    std::fflush(stdout);
    descriptor_ = STDOUT_FILENO;
  } else if (descriptor_ < 0) {
    descriptor_ = ::open(file_->c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  }
  if (descriptor_ < 0 || !write_all(descriptor_, text)) fail();
}

void ResultFile::close() {
  if (!file_) return;
  write({});  // an empty result is a file, too
  // Errors of a delayed write may show only here.
  if (::close(std::exchange(descriptor_, -1)) != 0) fail();
}

void write_result(std::string_view text, const std::optional<std::string>& file) {
  ResultFile target(file);
  target.write(text);
  target.close();
}

void replace_file(const std::string& path, std::string_view text) {
  const auto failed = [&](int error) {
    throw Failure(ids::output_not_writable, {{"file", path}, {"reason", std::strerror(error)}});
  };
  std::error_code unresolved;
  const std::string target = std::filesystem::canonical(path, unresolved).string();
  struct stat status = {};
  if (unresolved) failed(unresolved.value());
  if (::stat(target.c_str(), &status) != 0) failed(errno);
  // Somebody who may not write to the file must not replace it either, although the folder would allow it.
  if (::access(target.c_str(), W_OK) != 0) failed(errno);
  std::string temporary = target + ".XXXXXX";
  Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (file.get() < 0) failed(errno);
  const bool written = write_all(file.get(), text) && ::fchmod(file.get(), status.st_mode & 07777) == 0 &&
                       ::fsync(file.get()) == 0 && file.close() && ::rename(temporary.c_str(), target.c_str()) == 0;
  if (written) return;
  const int error = errno;
  ::unlink(temporary.c_str());
  failed(error);
}

namespace {

class Sha256 {
 public:
  Sha256() { SHA256Init(&context_); }
  void add(std::string_view bytes) {
    SHA256Update(&context_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  }
  std::string hex() {
    std::uint8_t digest[SHA256_DIGEST_LENGTH];
    SHA256Final(digest, &context_);
    std::string text;
    for (const std::uint8_t byte : digest) {
      text += "0123456789abcdef"[byte >> 4];
      text += "0123456789abcdef"[byte & 15];
    }
    return text;
  }

 private:
  SHA2_CTX context_;
};

}  // namespace

std::string sha256(std::string_view bytes) {
  Sha256 sum;
  sum.add(bytes);
  return sum.hex();
}

std::optional<std::string> sha256_of_file(const std::string& path) {
  constexpr std::size_t kPiece = 1 << 20;
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return std::nullopt;
  Sha256 sum;
  std::string piece(kPiece, '\0');
  for (;;) {
    const ssize_t count = ::read(file.get(), piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::nullopt;
    if (count == 0) return sum.hex();
    sum.add(std::string_view(piece).substr(0, static_cast<std::size_t>(count)));
  }
}

}  // namespace kpi::driver
