// A file that is there as a whole or not at all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace kpi::storage {

/// Has no name until it is published, where the file system can do that, so that nothing is left of it after a crash;
/// elsewhere a name beside its final one. Failures to write are DataFailures about `path`.
class NewFile {
 public:
  /// In the folder of `path`. None when no file can be made there.
  static std::optional<NewFile> beside(const std::string& path);
  NewFile(NewFile&& other) noexcept;
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile();

  void write(const void* data, std::size_t size, std::uint64_t offset);
  /// Exactly `size` bytes that were written before.
  void read(void* data, std::size_t size, std::uint64_t offset) const;
  /// Lets the disk begin with what has been written up to here.
  void start_writing(std::uint64_t end);
  /// Everything is on disk when this returns.
  void sync();
  /// Gives it a name; false when there is a file of that name already.
  bool publish(const std::string& name);

 private:
  NewFile(std::string path, int descriptor, std::string temporary)
      : path_(std::move(path)), descriptor_(descriptor), temporary_(std::move(temporary)) {}
  [[noreturn]] void fail() const;
  std::string path_;
  int descriptor_;
  std::string temporary_;  // its name until it is published; empty: it has none
  std::uint64_t started_ = 0;
};

}  // namespace kpi::storage
