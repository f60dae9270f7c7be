// Policies from text and tables from text, scanned: what the tests of this folder share.
#pragma once

#include <cstring>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "grammar/syntax/parser.hpp"
#include "interpreter/bind/binder.hpp"
#include "interpreter/eval/memory_source.hpp"
#include "interpreter/eval/scan.hpp"

namespace kpi::eval::testing {

/// Tables in memory that behave like a database: a table that is not there is missing.
class Tables final : public DataSource {
 public:
  /// Lines of cells separated by `|`, the first line names the columns. `-` is NULL, digits are an INTEGER, `r:1.5` is a
  /// REAL, `t:12` a text whatever it looks like, everything else a text.
  void add(const std::string& name, const std::string& text) {
    std::vector<std::string> columns;
    std::vector<std::vector<MemoryCell>> rows;
    std::size_t begin = 0;
    while (begin < text.size()) {
      std::size_t end = text.find('\n', begin);
      if (end == std::string::npos) end = text.size();
      const auto cells = split(text.substr(begin, end - begin));
      begin = end + 1;
      if (columns.empty()) {
        columns = cells;
        continue;
      }
      if (cells.size() != columns.size()) throw std::logic_error("cells of " + name);
      rows.emplace_back();
      for (const std::string& content : cells) rows.back().push_back(cell(content));
    }
    tables_.add_table(name, columns, rows);
  }
  void add(const std::string& name, const std::vector<std::string>& columns, const std::vector<std::vector<MemoryCell>>& rows) {
    tables_.add_table(name, columns, rows);
  }
  std::vector<std::vector<std::string>> unique_keys;
  bool lenient = false;

  std::optional<TableSchema> schema(std::string_view table) override {
    auto found = tables_.schema(table);
    if (found) found->unique_keys = unique_keys;
    return found;
  }
  std::vector<std::string> tables() override { return tables_.tables(); }
  std::unique_ptr<TableScan> scan(const std::string& table, const std::vector<std::string>& columns) override {
    scanned[table] = columns;
    return tables_.scan(table, columns);
  }
  /// Batches go to whichever thread asks first.
  std::unique_ptr<PartedTable> parts(const std::string& table, const std::vector<std::string>& columns) override {
    class Shared final : public PartedTable {
     public:
      explicit Shared(std::unique_ptr<TableScan> all) : all_(std::move(all)) {}
      std::unique_ptr<TableScan> scan() override { return std::make_unique<Part>(*this); }

     private:
      struct Part final : TableScan {
        explicit Part(Shared& from) : shared(from) {}
        bool next(Batch& batch, std::size_t limit) override {
          const std::lock_guard lock(shared.mutex_);
          return shared.all_->next(batch, limit);
        }
        Shared& shared;
      };
      std::mutex mutex_;
      std::unique_ptr<TableScan> all_;
    };
    return parted ? std::make_unique<Shared>(scan(table, columns)) : nullptr;
  }
  bool parted = false;
  std::string name() const override { return "shop.db"; }
  bool missing_tables_are_empty() const override { return lenient; }
  std::map<std::string, std::vector<std::string>> scanned;   // columns last asked for

  static MemoryCell cell(const std::string& content) {
    if (content == "-") return {};
    if (content.starts_with("t:")) return MemoryCell::words(content.substr(2));
    if (content.starts_with("r:")) {
      const double real = std::stod(content.substr(2));   // the test's own way to IEEE bits
      MemoryCell result;
      result.cell_class = CellClass::real;
      std::memcpy(&result.bits, &real, sizeof real);
      return result;
    }
    const std::size_t digits = content.starts_with("-") ? 1 : 0;
    const bool integer = content.size() > digits && content.size() < 19 && content.find_first_not_of("0123456789", digits) == std::string::npos;
    return integer ? MemoryCell::integer(std::stoll(content)) : MemoryCell::words(content);
  }

 private:
  static std::vector<std::string> split(const std::string& line) {
    std::vector<std::string> cells;
    std::size_t begin = 0;
    for (;;) {
      const std::size_t end = line.find('|', begin);
      std::string part = line.substr(begin, end == std::string::npos ? end : end - begin);
      const std::size_t first = part.find_first_not_of(' '), last = part.find_last_not_of(' ');
      cells.push_back(first == std::string::npos ? "" : part.substr(first, last - first + 1));
      if (end == std::string::npos) return cells;
      begin = end + 1;
    }
  }
  MemorySource tables_;
};

inline const char* const kHeader = R"(edition 2026
policy p { version "1"  currency GBP  timezone "Europe/London"  effective 2020-01-01 to 2030-12-31 }
)";

struct Fixture {
  explicit Fixture(const std::string& text, bool with_header = true) {
    const auto id = sources.add("p.kpi", (with_header ? kHeader : "") + text);
    const auto file = syntax::parse(sources, id, diagnostics);
    bind::NoLibraries libraries;
    policy = bind::bind(file, sources, libraries, diagnostics);
    for (const auto& item : diagnostics.items()) {
      if (source::info(item.id).severity != source::Severity::error) continue;
      throw std::logic_error(source::message(item, source::Language::en) + ": " + std::string(sources.text(item.span)));
    }
    diagnostics = {};
  }

  source::SourceMap sources;
  source::Diagnostics diagnostics;
  model::Policy policy;
  Tables data;
  ScanRequest request;
  std::unique_ptr<AggregateStore> store;

  EntityId entity(const std::string& name) const { return EntityId{index(policy.entities, name)}; }
  EventsId events(const std::string& name) const { return EventsId{index(policy.events, name)}; }
  ExclusionId exclusion(const std::string& name) const { return ExclusionId{index(policy.exclusions, name)}; }
  /// The aggregate that the metric of this name consists of.
  AggregateId aggregate(const std::string& metric) const {
    const auto& node = policy.expr(policy.metrics[index(policy.metrics, metric)].value).node;
    return std::get<model::AggregateRef>(node).aggregate;
  }
  static Window window(const std::string& first, const std::string& end) { return {*Date::parse(first), *Date::parse(end)}; }
  static Window period(const std::string& text) {
    const auto parsed = *value::Period::parse(text);
    return {parsed.start(), parsed.end()};
  }

  void need(const std::string& metric, const std::string& of, Window when) {
    request.needs.push_back({aggregate(metric), entity(of), when});
  }
  bool scan() {
    store = eval::scan(policy, data, request, diagnostics);
    return !diagnostics.has_errors();
  }
  /// The value as text; a reason in parentheses where there is none.
  std::string get(const std::string& metric, const std::string& of, const std::string& key, Window when) const {
    const auto row = store->find(entity(of), key);
    if (!row) return "(unknown)";
    return text(store->value(aggregate(metric), entity(of), *row, when));
  }
  static std::string text(const Value& value) {
    return value.has_value() ? value::to_string(value) : "(" + value::reason_text(value.reason()) + ")";
  }
  /// All findings, a line each.
  std::string findings() const {
    std::string result;
    for (const auto& item : diagnostics.items()) result += source::message(item, source::Language::en) + "\n";
    return result;
  }

 private:
  template <class Items>
  static std::uint32_t index(const Items& items, const std::string& name) {
    for (std::uint32_t i = 0; i < items.size(); ++i) {
      if (items[i].named.name == name) return i;
    }
    throw std::logic_error("no " + name);
  }
};

}  // namespace kpi::eval::testing
