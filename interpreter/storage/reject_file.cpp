#include "interpreter/storage/reject_file.hpp"
#include "grammar/source/diagnostics/data.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace kpi::storage {

using source::DiagnosticId;
namespace ids = source::ids;

RejectFile::~RejectFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void RejectFile::fail() const {
  const int error = errno;
  if (error == ENOSPC || error == EDQUOT || error == EFBIG) throw failure(ids::disk_full, {{"file", path_}});
  throw failure(ids::file_unwritable, {{"file", path_}, {"detail", std::strerror(error)}});
}

void RejectFile::write_cell(std::string_view text, bool first) {
  std::string cell = first ? "" : ",";
  const bool quote = text.find_first_of(",\"\r\n") != std::string_view::npos;
  if (quote) cell += '"';
  for (const char c : text) {
    if (c == '"') cell += '"';
    cell += c;
  }
  if (quote) cell += '"';
  if (std::fwrite(cell.data(), 1, cell.size(), file_.get()) != cell.size()) fail();
}

void RejectFile::add(const CsvReader& record, std::span<const std::string> header, std::string_view reason) {
  if (!file_) {
    temporary_ = path_ + "." + std::to_string(::getpid());
    file_.reset(std::fopen(temporary_.c_str(), "wb"));
    if (!file_) {
      temporary_.clear();
      fail();
    }
    write_cell("line", true);
    write_cell("reason", false);
    for (const std::string& name : header) write_cell(name, false);
    std::fputs("\r\n", file_.get());
  }
  write_cell(std::to_string(record.line()), true);
  write_cell(reason, false);
  for (std::size_t i = 0; i != record.size(); ++i) write_cell(record[i], false);
  std::fputs("\r\n", file_.get());
}

void RejectFile::flush() {
  if (file_ && (std::fflush(file_.get()) != 0 || std::ferror(file_.get()))) fail();
}

void RejectFile::publish() {
  if (!file_) {
    ::unlink(path_.c_str());
    return;
  }
  file_.reset();
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) fail();
  temporary_.clear();
}

}  // namespace kpi::storage
