#include "interpreter/storage/reject_file.hpp"
#include "grammar/source/diagnostics/data.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace kpi::storage {

using source::DiagnosticId;
namespace ids = source::ids;

namespace {

constexpr std::string_view kEnding = ".rejects.csv";
constexpr std::string_view kLine = "line", kReason = "reason";
constexpr std::size_t kOwnColumns = 2;  // line and reason

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

/// `a.rejects.csv` -> `a.rejects-2.csv`
std::string numbered(const std::string& path, std::size_t number) {
  const std::string_view name = base_name(path);
  const std::size_t dot = name.rfind('.');
  const std::size_t at = path.size() - name.size() + (dot == std::string_view::npos ? name.size() : dot);
  return path.substr(0, at) + "-" + std::to_string(number) + path.substr(at);
}

bool exists(const std::string& path) {
  struct stat facts {};
  return ::stat(path.c_str(), &facts) == 0;
}

/// A pipe or `/dev/null`, where nothing can be lost.
bool is_special(const std::string& path) {
  struct stat facts {};
  return ::stat(path.c_str(), &facts) == 0 && !S_ISREG(facts.st_mode);
}

bool same_content(const std::string& a, const std::string& b) {
  std::ifstream first(a, std::ios::binary), second(b, std::ios::binary);
  char left[4096], right[4096];
  while (first && second) {
    first.read(left, sizeof left);
    second.read(right, sizeof right);
    if (first.gcount() != second.gcount()) return false;
    if (std::memcmp(left, right, static_cast<std::size_t>(first.gcount())) != 0) return false;
  }
  return first.eof() && second.eof();
}

}  // namespace

RejectFile::RejectFile(const std::string& export_path, const std::string& path, std::span<const std::string> header,
                       source::Language language, bool plain_quotes)
    : path_(path.empty() ? export_path + std::string(kEnding) : path),
      header_(header.begin(), header.end()),
      language_(language),
      plain_quotes_(plain_quotes) {
  repeated_ = header_.size() > kOwnColumns && header_[0] == kLine && header_[1] == kReason;
  const bool by_name = base_name(export_path).find(".rejects") != std::string_view::npos;
  in_place_ = repeated_ && (by_name ? path.empty() : path_ == export_path);
  if (in_place_) path_ = export_path;
}

RejectFile::~RejectFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void RejectFile::fail() const {
  const int error = errno;
  if (error == ENOSPC || error == EDQUOT || error == EFBIG) throw failure(ids::disk_full, {{"file", path_}});
  throw failure(ids::file_unwritable, {{"file", path_}, {"detail", std::strerror(error)}});
}

void RejectFile::write_cell(std::string_view text, bool first) {
  std::string cell;
  if (!first) cell += separator_;
  const bool quote = !plain_quotes_ && text.find_first_of(std::string("\"\r\n") + separator_) != std::string_view::npos;
  if (quote) cell += '"';
  for (const char c : text) {
    if (quote && c == '"') cell += '"';
    cell += c;
  }
  if (quote) cell += '"';
  if (std::fwrite(cell.data(), 1, cell.size(), file_.get()) != cell.size()) fail();
}

void RejectFile::begin(const CsvReader& record) {
  separator_ = record.separator();
  const bool direct = is_special(path_);
  temporary_ = direct ? path_ : path_ + "." + std::to_string(::getpid());
  file_.reset(std::fopen(temporary_.c_str(), "wb"));
  if (!file_ || direct) temporary_.clear();
  if (!file_) fail();
  // A spreadsheet takes a text for UTF-8 by its mark; and it outweighs what the import says of the encoding.
  const bool marked = record.input().had_mark() || record.input().encoding() != "utf-8";
  if (marked || language_ == source::Language::zh) std::fputs("\xEF\xBB\xBF", file_.get());
  write_cell(kLine, true);
  write_cell(kReason, false);
  for (std::size_t i = repeated_ ? kOwnColumns : 0; i != header_.size(); ++i) write_cell(header_[i], false);
  std::fputs("\r\n", file_.get());
}

void RejectFile::add(const CsvReader& record, std::string_view reason) {
  if (!file_) begin(record);
  write_cell(repeated_ ? record[0] : std::string_view(std::to_string(record.line())), true);
  write_cell(reason, false);
  for (std::size_t i = repeated_ ? kOwnColumns : 0; i < record.size(); ++i) write_cell(record[i], false);
  std::fputs("\r\n", file_.get());
}

void RejectFile::flush() {
  if (file_ && (std::fflush(file_.get()) != 0 || std::ferror(file_.get()))) fail();
}

void RejectFile::publish() {
  if (!file_) {
    if (exists(path_) && !is_special(path_)) kept_ = path_;
    return;
  }
  file_.reset();
  if (temporary_.empty()) return;  // written directly
  if (!in_place_) {
    const std::string first = path_;
    for (std::size_t number = 2; exists(path_) && !same_content(path_, temporary_); ++number) {
      if (kept_.empty()) kept_ = path_;
      path_ = numbered(first, number);
    }
  }
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) fail();
  temporary_.clear();
}

}  // namespace kpi::storage
