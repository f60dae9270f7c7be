#include "interpreter/report/read_paths_text.hpp"

#include <iterator>

#include "interpreter/report/table.hpp"
#include "interpreter/report/visible.hpp"
#include "interpreter/report/words.hpp"
#include "interpreter/value/number.hpp"

namespace kpi::report {
namespace {

using Reason = eval::ReadPath::Reason;

constexpr Word kTitle{{"How tables were read", "各表的读取方式"}};
constexpr Word kTable{{"Table", "表"}};
constexpr Word kWay{{"Way", "方式"}};
constexpr Word kPages{{"page by page", "直接逐页读取"}};
constexpr Word kCursor{{"SQLite's cursor: {}", "SQLite 游标：{}"}};

constexpr Word kThroughIndex{{"{} of {} pages, found through the index {}", "{} / {} 页，经由索引 {} 找到"}};

constexpr Word kMemory{{"Memory", "内存"}};
constexpr Word kInMemory{{"{} values for `distinct`, `median`, `percentile` and keys took {} of the {} they may take",
                          "`distinct`、`median`、`percentile` 与键核对共 {} 个值，占用 {}（上限 {}）"}};
constexpr Word kSpilled{
    {"they did not fit: {} went through temporary files in {}", "内存放不下，{} 经由 {} 中的临时文件处理"}};

/// `950 B`, `12.3 MB`: thousands, one decimal, rounded down.
std::string size_text(std::uint64_t bytes) {
  constexpr const char* kUnits[] = {"kB", "MB", "GB", "TB"};
  if (bytes < 1000) return std::to_string(bytes) + " B";
  std::uint64_t unit = 1000;
  std::size_t index = 0;
  while (index + 1 < std::size(kUnits) && bytes / unit >= 1000) unit *= 1000, ++index;
  const std::uint64_t tenth = bytes / (unit / 10) % 10;
  return std::to_string(bytes / unit) + (tenth != 0 ? "." + std::to_string(tenth) : "") + " " + kUnits[index];
}

Word why(Reason reason) {
  switch (reason) {
    case Reason::none:
      break;
    case Reason::chosen:
      return {{"`--reader cursor`", "`--reader cursor`"}};
    case Reason::view:
      return {{"a view or virtual table", "这是视图或虚拟表"}};
    case Reason::without_rowid:
      return {{"the table is WITHOUT ROWID", "该表是 WITHOUT ROWID 表"}};
    case Reason::generated_column:
      return {{"the table has generated columns", "该表含有生成列"}};
    case Reason::not_utf8:
      return {{"the database is in UTF-16", "数据库编码为 UTF-16"}};
    case Reason::write_ahead_log:
      return {{"the write-ahead log holds changes that are not in the file yet",
               "预写日志（WAL）中还有尚未写入文件的改动"}};
    case Reason::file_system:
      return {{"an extension of SQLite reads the file", "文件由 SQLite 扩展读取"}};
    case Reason::unknown_format:
      return {{"the file is encrypted or of an unknown format", "文件已加密或格式未知"}};
    case Reason::unusual_page:
      return {{"a page of the table is damaged or unusual", "该表的某个数据页已损坏或不常见"}};
  }
  return {};
}

using Index = eval::ReadPath::Index;

/// Why all rows were read although `--only-needed` asked for some.
Word why_all(Index index) {
  switch (index) {
    case Index::not_asked:
    case Index::used:
      break;
    case Index::all_needed:
      return {{"all rows: results need them, whenever they happened", "全部记录：结果需要所有时间的记录"}};
    case Index::none:
      return {{"all rows: no index begins with {}", "全部记录：没有以 {} 开头的索引"}};
    case Index::too_many_rows:
      return {{"all rows: most of them are needed", "全部记录：多数记录都需要"}};
    case Index::other_times:
      return {{"all rows: {} holds something else than times", "全部记录：{} 列中有不是时间的内容"}};
  }
  return {};
}

std::string count_text(std::uint64_t count) {
  return value::Number::from_int128(static_cast<value::Int128>(count)).to_fixed(0, true);
}

std::string way_of(const eval::ReadPath& path, Language language) {
  if (path.reason != Reason::none) return say(kCursor, language, word(why(path.reason), language));
  std::string way(word(kPages, language));
  const std::string separator = language == Language::zh ? "；" : ", ";
  if (path.index == Index::used) {
    return way + separator +
           say(kThroughIndex, language, count_text(path.pages), count_text(path.all_pages),
               "`" + visible(path.index_name) + "`");
  }
  if (path.index == Index::not_asked) return way;
  return way + separator + say(why_all(path.index), language, "`" + visible(path.column) + "`");
}

}  // namespace

std::string read_paths_text(const std::vector<eval::ReadPath>& paths, const Look& look) {
  if (paths.empty()) return "";
  Table table({{std::string(word(kTable, look.language))}, {std::string(word(kWay, look.language))}});
  for (const eval::ReadPath& path : paths) {
    table.add({{visible(path.table)}, {way_of(path, look.language)}});
  }
  return paint(word(kTitle, look.language), Ink::bold, look) + "\n" + fitted(table, look, 2);
}

std::string memory_text(const eval::MemoryUse& use, const Look& look) {
  if (use.values == 0) return "";
  std::string out = paint(word(kMemory, look.language), Ink::bold, look) + "\n  " +
                    say(kInMemory, look.language,
                        value::Number::from_int128(static_cast<value::Int128>(use.values)).to_fixed(0, true),
                        size_text(use.peak), size_text(use.limit)) +
                    "\n";
  if (use.spilled != 0) out += "  " + say(kSpilled, look.language, size_text(use.spilled), visible(use.folder)) + "\n";
  return out;
}

}  // namespace kpi::report
