#include "interpreter/storage/fresh_table.hpp"

#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "grammar/source/diagnostics/data.hpp"
#include "interpreter/storage/key_bytes.hpp"
#include "interpreter/storage/sqlite_source.hpp"
#include "interpreter/storage/table_writer.hpp"

namespace kpi::storage {

namespace ids = source::ids;

namespace {

void put_4(unsigned char* to, std::uint32_t value) {
  for (int i = 0; i != 4; ++i) to[i] = static_cast<unsigned char>(value >> (24 - 8 * i));
}

}  // namespace

bool FreshTable::can_hold(const std::vector<TargetColumn>& columns) { return have_key_bytes(columns); }

/// SQLite makes the first pages itself: the file's header and the schema.
FreshTable::Template::Template(const std::string& path, const std::string& table,
                               const std::vector<TargetColumn>& columns) {
  Database database = Database::in_memory(path);
  database.execute("PRAGMA page_size = " + std::to_string(kNewPageSize) +
                   "; PRAGMA auto_vacuum = NONE; PRAGMA encoding = 'UTF-8'");
  database.execute(table_sql(table, columns));
  if (const std::string index = key_index_sql(table, columns); !index.empty()) database.execute(index);
  Statement roots(database, "SELECT type, rootpage FROM sqlite_schema");
  while (roots.step()) {
    (roots.text(0) == "table" ? table_root : index_root) = static_cast<PageNumber>(roots.integer(1));
  }
  sqlite3_int64 size = 0;
  const std::unique_ptr<unsigned char, void (*)(void*)> image(sqlite3_serialize(database.handle(), "main", &size, 0),
                                                              sqlite3_free);
  if (!image) database.fail();
  pages.assign(image.get(), image.get() + size);
  count = static_cast<PageNumber>(pages.size() / kNewPageSize);
}

FreshTable::FreshTable(std::string path, std::string table, const std::vector<TargetColumn>& columns, NewFile file,
                       std::optional<Database> existing)
    : path_(std::move(path)),
      table_(std::move(table)),
      columns_(columns),
      empty_(path_, table_, columns_),
      file_(std::move(file)),
      existing_(std::move(existing)),
      output_(file_, empty_.count),
      rows_(output_) {
  for (std::size_t i = 0; i != columns_.size(); ++i) {
    if (columns_[i].key) key_.push_back(i);
  }
}

RowTarget::Result FreshTable::write(std::span<const Stored> values, std::uint64_t line) {
  record_.begin(values.size());
  for (const Stored& value : values) record_.add(value);
  const std::string_view record = record_.finish();
  if (!key_.empty()) {
    store_key(values, columns_, key_, key_bytes_);
    const KeySet::Added added = keys_.add(key_bytes_, line);
    if (!added.is_new) {
      const bool equal = rows_.holds(added.number + 1, record);
      return {equal ? Outcome::repeated : Outcome::conflict, keys_.line(added.number), {}};
    }
  }
  rows_.append(record);
  return {Outcome::inserted, 0, {}};
}

void FreshTable::write_index() {
  IndexTree index(output_);
  for (const std::uint32_t number : keys_.sorted()) {
    std::string_view key = keys_.key(number);
    record_.begin(key_.size() + 1);
    for (const std::size_t i : key_) {
      if (is_integer(columns_[i].type)) {
        record_.add_integer(take_integer(key));
      } else {
        record_.add_text(take_text(key));
      }
    }
    record_.add_integer(std::int64_t{number} + 1);  // the row id
    index.append(record_.finish());
  }
  output_.write_reserved(empty_.index_root, index.finish().data());
}

void FreshTable::finish() {
  // The schema's pages but for the roots; the header then says how many pages there are.
  const std::vector<unsigned char> root = rows_.finish();
  for (PageNumber number = 2; number <= empty_.count; ++number) {
    output_.write_reserved(number, empty_.pages.data() + std::size_t{number - 1} * kNewPageSize);
  }
  output_.write_reserved(empty_.table_root, root.data());
  if (!key_.empty()) write_index();
  const PageNumber pages = output_.finish();
  unsigned char* const header = empty_.pages.data();
  put_4(header + 24, 1);  // how often the file was changed, and the same again where the number of pages is valid
  put_4(header + 28, pages);
  put_4(header + 92, 1);
  put_4(header + 96, SQLITE_VERSION_NUMBER);
  output_.write_reserved(1, header);
  if (existing_) {
    take_over();
  } else {
    file_.sync();
  }
}

void FreshTable::commit() {
  if (existing_) return existing_->execute("COMMIT");
  if (!file_.publish(path_)) throw failure(ids::database_locked, {{"file", path_}});
}

/// SQLite copies rows and index entries as they are where both tables are declared alike and the target is empty.
void FreshTable::take_over() {
  const std::string name = path_ + ".import-" + std::to_string(::getpid());
  if (!file_.publish(name)) throw failure(ids::file_unwritable, {{"file", name}, {"detail", "EEXIST"}});
  try {
    Statement attach(*existing_, "ATTACH ? AS kpi_import");
    attach.bind(1, name);
    attach.run();
    existing_->execute("PRAGMA kpi_import.journal_mode = OFF; PRAGMA kpi_import.synchronous = OFF");
  } catch (...) {
    ::unlink(name.c_str());
    throw;
  }
  ::unlink(name.c_str());
  existing_->execute("PRAGMA cache_size = -65536; BEGIN IMMEDIATE");
  if (read_schema(*existing_, table_)) throw failure(ids::database_locked, {{"file", path_}});
  existing_->execute(table_sql(table_, columns_));
  if (const std::string index = key_index_sql(table_, columns_); !index.empty()) existing_->execute(index);
  existing_->execute("INSERT INTO main." + quoted(table_) + " SELECT * FROM kpi_import." + quoted(table_));
}

}  // namespace kpi::storage
