#include "interpreter/storage/import.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "grammar/source/diagnostics/data.hpp"
#include "interpreter/storage/csv_reader.hpp"
#include "interpreter/storage/import_plan.hpp"
#include "interpreter/storage/progress.hpp"
#include "interpreter/storage/reject_file.hpp"
#include "interpreter/storage/row_target.hpp"

namespace kpi::storage {

using source::Diagnostic;
using source::DiagnosticId;
namespace ids = source::ids;
using source::Diagnostics;

namespace {

constexpr std::size_t kHeaderSearch = 30;  // records looked at for the header: titles may stand above it
constexpr std::uint64_t kRejectsShown = 20;
constexpr std::uint64_t kProgressEvery = 4096;  // rows

std::string backquoted_list(const std::vector<std::string>& names, std::size_t most = 100) {
  std::string list;
  for (std::size_t i = 0; i != names.size() && i != most; ++i) list += (i ? ", `" : "`") + names[i] + "`";
  return names.size() > most ? list + ", …" : list;
}

CsvOptions csv_options(const model::Import& import, const ImportOptions& options) {
  return {options.encoding.empty() ? import.encoding : options.encoding, separator_of(import).value_or('\0'),
          import.plain_quotes};
}

/// Cells such as `H01, Ann, 2026-07-01`: a name of a column is no date and no number.
bool looks_like_data(const std::vector<std::string>& cells) {
  return std::any_of(cells.begin(), cells.end(), [](const std::string& cell) {
    return !cell.empty() && cell.find_first_not_of("0123456789-/:., ") == std::string::npos;
  });
}

HeadersMissing headers_missing(const model::Import& import, const HeaderIndex& best, std::uint64_t line,
                               const std::string& file) {
  const HeaderFit fit = fit_header(import, best);
  HeadersMissing missing(static_cast<int>(ids::import_headers_missing),
                         {{"file", file},
                          {"headers", backquoted_list(fit.missing)},
                          {"import", import.named.name},
                          {"found", backquoted_list(best.headers(), 12)}});
  missing.headers = fit.missing;
  missing.columns = fit.missing_spans;
  missing.candidates = best.headers();
  if (looks_like_data(best.headers())) missing.line = line;
  return missing;
}

/// Reads up to the first record that has every header the import needs.
HeaderIndex find_header(const model::Import& import, CsvReader& reader, const std::string& file) {
  std::optional<HeaderIndex> best;
  std::size_t best_missing = 0;
  std::uint64_t best_line = 0;
  for (std::size_t i = 0; i != kHeaderSearch && reader.next(); ++i) {
    std::vector<std::string> names;
    for (std::size_t c = 0; c != reader.size(); ++c) names.emplace_back(reader[c]);
    HeaderIndex header(std::move(names));
    const std::size_t missing = fit_header(import, header).missing.size();
    if (missing == 0) return header;
    if (best && best_missing <= missing) continue;
    best.emplace(std::move(header));
    best_missing = missing;
    best_line = reader.line();
  }
  if (!best) throw failure(ids::csv_empty, {{"file", file}});
  throw headers_missing(import, *best, best_line, file);
}

Diagnostic row_diagnostic(const Reject& reject, const std::string& file, std::uint64_t line) {
  Diagnostic diagnostic;
  diagnostic.id = reject.id;
  diagnostic.has_span = false;
  diagnostic.parameters = reject.parameters;
  diagnostic.location = file + ":" + std::to_string(line);
  return diagnostic;
}

class Import {
 public:
  Import(const model::Policy& policy, const model::Import& import, const std::string& database_path,
         const std::string& export_path, const ImportOptions& options)
      : options_(options),
        file_(export_path),
        reader_(open_file(export_path), export_path, csv_options(import, options)),
        plan_(policy, import, find_header(import, reader_, export_path), export_path),
        target_(open_target(database_path, import.table, plan_.targets(), options.pages)),
        rejects_(export_path, options.rejects_path, plan_.header().headers(), options.language, import.plain_quotes),
        database_path_(database_path) {
    report_absent_headers(import);
  }

  ImportReport run() {
    read_rows();
    target_->finish();
    rejects_.flush();
    target_->commit();
    rejects_.publish();
    finish_report();
    return std::move(report_);
  }

 private:
  void report_absent_headers(const model::Import& import) {
    const HeaderFit fit = fit_header(import, plan_.header());
    if (fit.absent.empty()) return;
    report_.diagnostics.add_without_span(ids::import_headers_absent)
        .with("file", file_)
        .with("headers", backquoted_list(fit.absent))
        .with("columns", backquoted_list(fit.absent_columns));
  }

  void read_rows() {
    struct stat facts {};
    const bool known_size = ::stat(file_.c_str(), &facts) == 0 && S_ISREG(facts.st_mode);
    Progress progress(file_, known_size ? static_cast<std::uint64_t>(facts.st_size) : 0, options_.language,
                      options_.progress);
    Reject reject;
    while (reader_.next()) {
      ++report_.rows;
      switch (plan_.read(reader_, reject)) {
        case ImportPlan::Row::values:
          write_row();
          break;
        case ImportPlan::Row::skipped:
          ++report_.skipped;
          rejects_.keep(reader_);
          break;
        case ImportPlan::Row::rejected:
          set_aside(reject);
          if (plan_.read_key(reader_, reject) && target_->holds_key(plan_.values())) ++rejected_present_;
          break;
      }
      if (report_.rows % kProgressEvery == 0) progress.update(reader_.input().bytes_read(), report_.rows);
    }
  }

  void write_row() {
    using Outcome = RowTarget::Outcome;
    const RowTarget::Result result = target_->write(plan_.values(), reader_.line());
    if (result.outcome != Outcome::conflict && result.outcome != Outcome::refused) rejects_.keep(reader_);
    switch (result.outcome) {
      case Outcome::inserted:
        ++report_.inserted;
        break;
      case Outcome::updated:
        ++report_.updated;
        break;
      case Outcome::unchanged:
        ++report_.unchanged;
        break;
      case Outcome::repeated:
        ++report_.repeated;
        break;
      case Outcome::conflict:
        set_aside({ids::reject_duplicate_key, {{"key", plan_.key_text()}, {"line", std::to_string(result.line)}}});
        break;
      case Outcome::refused:
        set_aside({ids::reject_constraint, {{"detail", result.detail}}});
        break;
    }
  }

  void set_aside(const Reject& reject) {
    const Diagnostic diagnostic = row_diagnostic(reject, file_, reader_.line());
    rejects_.add(reader_, source::message(diagnostic, options_.language));
    if (report_.rejected++ < kRejectsShown) {
      Diagnostic& shown = report_.diagnostics.add_without_span(diagnostic.id);
      shown.parameters = diagnostic.parameters;
      shown.location = diagnostic.location;
    }
  }

  void finish_report() {
    report_.table = target_->table();
    report_.created_table = target_->created_table();
    report_.unused_headers = plan_.unused_headers();
    report_.kept_rejects = rejects_.kept();
    if (report_.rejected == 0) return;
    report_.rejects_path = rejects_.path();
    if (rejected_present_ > 0) {
      report_.diagnostics.add_without_span(ids::import_rejected_present)
          .with("count", std::to_string(rejected_present_))
          .with("rejected", std::to_string(report_.rejected))
          .with("table", report_.table);
    }
    if (!report_.kept_rejects.empty()) {
      report_.diagnostics.add_without_span(ids::import_rejects_kept)
          .with("file", report_.kept_rejects)
          .with("database", database_path_);
    }
    report_.diagnostics.add_without_span(ids::import_rows_rejected)
        .with("count", std::to_string(report_.rejected))
        .with("rows", std::to_string(report_.rows))
        .with("file", file_)
        .with("rejects", rejects_.path());
  }

  const ImportOptions& options_;
  std::string file_;
  CsvReader reader_;
  ImportPlan plan_;
  std::unique_ptr<RowTarget> target_;
  RejectFile rejects_;
  std::string database_path_;
  ImportReport report_;
  std::uint64_t rejected_present_ = 0;  // rejected, and their key is in the table
};

void check_column(const model::ImportColumn& column, Diagnostics& diagnostics) {
  if (!column.format.empty()) {
    std::string problem;
    if (!TimeFormat::compile(column.format, problem)) {
      diagnostics.add(ids::import_bad_format, column.span)
          .with("column", column.name)
          .with("format", column.format)
          .with("detail", problem);
    }
  }
  const auto bad_mark = [](const std::string& mark) { return mark.find_first_of("0123456789+-") != std::string::npos; };
  const auto report = [&](const char* option, const std::string& value) {
    diagnostics.add(ids::import_bad_option, column.span)
        .with("column", column.name)
        .with("option", option)
        .with("value", value);
  };
  const NumberStyle style = number_style(column);
  if (bad_mark(style.decimal)) report("decimal", style.decimal);
  // Two equal marks that are both written down are found before.
  const bool is_default_decimal = column.decimal.empty() && !style.group.empty() && style.group == style.decimal;
  if (bad_mark(style.group) || is_default_decimal) report("group", style.group);
}

}  // namespace

void check_import(const model::Import& import, Diagnostics& diagnostics) {
  for (const model::ImportColumn& column : import.columns) check_column(column, diagnostics);
  if (!separator_of(import)) diagnostics.add(ids::import_bad_separator, import.span).with("value", import.separator);
  if (!is_known_encoding(import.encoding)) {
    diagnostics.add(ids::unknown_encoding, import.span).with("encoding", import.encoding);
  }
}

ImportReport import_file(const model::Policy& policy, const model::Import& import, const std::string& database_path,
                         const std::string& export_path, const ImportOptions& options) {
  Diagnostics mistakes;
  check_import(import, mistakes);
  if (mistakes.has_errors()) throw failure(mistakes.items().front().id, mistakes.items().front().parameters);
  return Import(policy, import, database_path, export_path, options).run();
}

}  // namespace kpi::storage
