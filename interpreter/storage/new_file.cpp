#include "interpreter/storage/new_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "grammar/source/diagnostics/data.hpp"
#include "interpreter/storage/database.hpp"

namespace kpi::storage {

namespace ids = source::ids;

namespace {

constexpr mode_t kMode = 0644;  // as SQLite makes files; the umask applies

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

std::string descriptor_name(int descriptor) { return "/proc/self/fd/" + std::to_string(descriptor); }

bool exists(const std::string& path) {
  struct stat facts {};
  return ::lstat(path.c_str(), &facts) == 0;
}

}  // namespace

std::optional<NewFile> NewFile::beside(const std::string& path) {
#ifdef O_TMPFILE
  const int nameless = ::open(folder_of(path).c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, kMode);
  if (nameless >= 0) {
    if (exists(descriptor_name(nameless))) return NewFile(path, nameless, {});
    ::close(nameless);
  }
#endif
  std::string temporary = path + ".import-" + std::to_string(::getpid());
  const int named = ::open(temporary.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, kMode);
  if (named < 0) return std::nullopt;
  return NewFile(path, named, std::move(temporary));
}

NewFile::NewFile(NewFile&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      temporary_(std::exchange(other.temporary_, {})),
      started_(other.started_) {}

NewFile::~NewFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void NewFile::fail() const {
  const int error = errno;
  if (error == ENOSPC || error == EDQUOT || error == EFBIG) throw failure(ids::disk_full, {{"file", path_}});
  throw failure(ids::file_unwritable, {{"file", path_}, {"detail", std::strerror(error)}});
}

void NewFile::write(const void* data, std::size_t size, std::uint64_t offset) {
  const auto* from = static_cast<const char*>(data);
  while (size != 0) {
    const ssize_t written = ::pwrite(descriptor_, from, size, static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) fail();
    from += written;
    offset += static_cast<std::uint64_t>(written);
    size -= static_cast<std::size_t>(written);
  }
}

void NewFile::read(void* data, std::size_t size, std::uint64_t offset) const {
  auto* to = static_cast<char*>(data);
  while (size != 0) {
    const ssize_t got = ::pread(descriptor_, to, size, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      if (got == 0) errno = EIO;
      fail();
    }
    to += got;
    offset += static_cast<std::uint64_t>(got);
    size -= static_cast<std::size_t>(got);
  }
}

void NewFile::start_writing(std::uint64_t end) {
#ifdef SYNC_FILE_RANGE_WRITE
  ::sync_file_range(descriptor_, static_cast<off_t>(started_), static_cast<off_t>(end - started_),
                    SYNC_FILE_RANGE_WRITE);  // only an early start: sync() does the rest and sees errors
#endif
  started_ = end;
}

void NewFile::sync() {
  if (::fsync(descriptor_) != 0) fail();
}

bool NewFile::publish(const std::string& name) {
  int status = 0;
  if (temporary_.empty()) {
    status = ::linkat(AT_FDCWD, descriptor_name(descriptor_).c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW);
  } else if ((status = ::link(temporary_.c_str(), name.c_str())) == 0) {
    ::unlink(temporary_.c_str());
  } else if (errno != EEXIST) {
    // A file system without links.
    if (exists(name)) return false;
    status = std::rename(temporary_.c_str(), name.c_str());
  }
  if (status != 0 && errno == EEXIST) return false;
  if (status != 0) fail();
  temporary_.clear();
  // The name is on disk as well, where folders can be synchronised.
  const int folder = ::open(folder_of(name).c_str(), O_RDONLY | O_CLOEXEC);
  if (folder >= 0) {
    ::fsync(folder);
    ::close(folder);
  }
  return true;
}

}  // namespace kpi::storage
