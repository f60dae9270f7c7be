// An import declaration fitted to the header of one file: which cell feeds which column.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "interpreter/model/policy.hpp"
#include "interpreter/storage/cell_reader.hpp"
#include "interpreter/storage/csv_reader.hpp"
#include "interpreter/storage/header_index.hpp"
#include "interpreter/storage/row_target.hpp"

namespace kpi::storage {

/// Names of the key's columns: of the `key` clause, else those flagged `key`.
std::vector<std::string> key_columns(const model::Import& import);
/// The separator as a character; '\0' when it is to be found out, none when it cannot be used.
std::optional<char> separator_of(const model::Import& import);

/// What a missing header would mean.
struct HeaderFit {
  std::vector<std::string> missing;  // needed and not there
  std::vector<source::Span>
      missing_spans;                // parallel to missing: the columns that read them; empty ones for expressions
  std::vector<std::string> absent;  // not there, but the column may stay empty
  std::vector<std::string> absent_columns;  // parallel to absent
};
HeaderFit fit_header(const model::Import& import, const HeaderIndex& header);

class ImportPlan {
 public:
  /// `header` fits. Throws DataFailure when a name can mean several headers; `file` is for that message.
  ImportPlan(const model::Policy& policy, const model::Import& import, HeaderIndex header, const std::string& file);

  std::vector<TargetColumn> targets() const;
  std::vector<std::string> unused_headers() const;
  const HeaderIndex& header() const { return header_; }

  enum class Row : std::uint8_t { values, skipped, rejected };
  /// Reads the reader's current record. With `values`, they are in values() until the next call.
  Row read(const CsvReader& record, Reject& reject);
  std::span<const Stored> values() const { return values_; }
  /// Of a row that was rejected: whether its key can be read; values() then holds that.
  bool read_key(const CsvReader& record, const Reject& reject);
  /// The key's values as a message shows them: `o1`, `sku 2`.
  std::string key_text() const;

 private:
  struct Column {
    const model::ImportColumn* source;
    CellReader reader;
    std::optional<std::size_t> cell;  // none: computed, or the header is absent
    bool is_key = false;
    bool carries = false;
    std::optional<std::size_t> carry_by;  // only from rows with the same cell here
    std::string carried, carried_group;
    std::string_view text;     // of the row being read: trimmed and carried
    std::string computed;      // text of a computed value
    bool is_constant = false;  // its value stands in values_ for good
    bool is_direct = false;    // its cell is read where it stands: it is not carried, and no expression looks at it
  };
  struct ExpressionCell {
    std::optional<std::size_t> column;  // of columns_
    std::optional<std::size_t> cell;
  };
  std::optional<std::size_t> locate(const std::vector<std::string>& names) const;
  void add_column(const model::ImportColumn& column, bool is_key);
  void resolve_expressions();
  void store_constants();
  bool has_right_length(const CsvReader& record, Reject& reject) const;
  void clean_cells(const CsvReader& record);
  void keep_carried(const CsvReader& record);
  bool is_skipped() const;
  std::optional<Reject> read_column(std::size_t index, const CsvReader& record, std::string_view code);
  std::optional<Reject> compute(Column& column, std::string_view code, Stored& value);
  std::string_view cell(const CsvReader& record, std::size_t index) const {
    return index < record.size() ? record[index] : std::string_view();
  }

  const model::Policy& policy_;
  const model::Import& import_;
  HeaderIndex header_;
  std::string file_;
  std::vector<Column> columns_;
  std::optional<std::size_t> code_column_;  // the one that reads a currency code
  std::vector<ExpressionCell> expression_cells_;
  std::vector<std::string_view> expression_texts_;
  std::vector<Stored> values_;
};

}  // namespace kpi::storage
