#include "interpreter/driver/session.hpp"

#include <cstdio>
#include <set>

#include "grammar/source/diagnostics/syntax.hpp"
#include "grammar/syntax/parser.hpp"
#include "interpreter/analysis/completeness.hpp"
#include "interpreter/bind/binder.hpp"
#include "interpreter/driver/failure.hpp"
#include "interpreter/driver/files.hpp"
#include "interpreter/driver/lock.hpp"
#include "interpreter/report/diagnostics_json.hpp"
#include "interpreter/report/diagnostics_text.hpp"
#include "interpreter/storage/import.hpp"

namespace kpi::driver {
namespace {

namespace ids = source::ids;

/// Where a character was reported that cannot stand there, nothing else is said about its line: what is read without it
/// is not what was meant.
void drop_follow_ons(source::Diagnostics& diagnostics, const source::SourceMap& sources) {
  using Line = std::pair<std::uint32_t, std::uint32_t>;  // source, line
  const auto is_character = [](const source::Diagnostic& one) {
    return one.id == ids::fullwidth_character || one.id == ids::currency_symbol ||
           one.id == ids::character_without_meaning;
  };
  const auto line_of = [&](const source::Diagnostic& one) {
    const source::Source& text = sources.get(one.span.source);
    return Line{one.span.source.index, text.lines.position(text.text, one.span.begin).line};
  };
  std::set<Line> lines;
  for (const source::Diagnostic& one : diagnostics.items()) {
    if (one.has_span && is_character(one)) lines.insert(line_of(one));
  }
  if (lines.empty()) return;
  source::Diagnostics kept;
  for (const source::Diagnostic& one : diagnostics.items()) {
    const bool follows = one.has_span && !is_character(one) && lines.contains(line_of(one));
    if (!follows) kept.add(one.id, one.span) = one;
  }
  diagnostics = std::move(kept);
}

}  // namespace

Compiled Session::compile(const std::string& path) {
  Compiled compiled = compile_text(path, read_policy_file(path));
  if (checks_lock) {
    check_lock(path, compiled.file, compiled.libraries, sources, diagnostics);
    diagnostics.sort_and_deduplicate();
  }
  return compiled;
}

std::optional<std::vector<Compiled>> Session::compile_all(const std::vector<std::string>& paths) {
  std::vector<Compiled> files;
  for (const std::string& path : paths) {
    try {
      files.push_back(compile(path));
    } catch (const Failure& failure) {
      diagnostics.add_without_span(failure.diagnostic.id) = failure.diagnostic;
    }
  }
  if (files.size() == paths.size()) return files;
  return std::nullopt;
}

Compiled Session::compile_text(const std::string& name, std::string text) {
  Compiled result;
  result.path = name;
  // A file named twice, or used by another one, keeps its id, so that its mistakes are reported once.
  const auto known = sources.find(name);
  result.source = known ? *known : sources.add(name, std::move(text));
  result.file = syntax::parse(sources, result.source, diagnostics);
  result.policy = bind::bind(result.file, sources, libraries_, diagnostics,
                             keep_occurrences_ ? &result.occurrences : nullptr, &result.attacks);
  // Reports name it for policies; rule packs, of which every lint reads many, do without.
  if (!result.policy.is_library) result.policy.header.sha256 = sha256(sources.get(result.source).text);
  result.libraries = libraries_.take_loaded();
  analysis::check_completeness(result.policy, sources, diagnostics);
  for (const model::Import& import : result.policy.imports) storage::check_import(import, diagnostics);
  drop_follow_ons(diagnostics, sources);
  diagnostics.sort_and_deduplicate();
  return result;
}

model::Policy Session::bind_nested(const syntax::File& file, source::Diagnostics& found) {
  model::Policy policy = bind::bind(file, sources, libraries_, found);
  found.sort_and_deduplicate();
  return policy;
}

eval::Run Session::evaluate(const Compiled& compiled, eval::DataSource& data, const eval::RunRequest& request) {
  eval::Run run = eval::run(compiled.policy, data, request, diagnostics);
  diagnostics.sort_and_deduplicate();
  return run;
}

std::string diagnostics_text(const source::Diagnostics& diagnostics, const source::SourceMap& sources, Format format,
                             const report::Look& look) {
  if (format == Format::json) return report::diagnostics_json(diagnostics, sources, look.language);
  if (format == Format::compact) return report::diagnostics_compact(diagnostics, sources, look);
  std::string out = report::diagnostics_pretty(diagnostics, sources, look);
  const std::string summary = report::summary(diagnostics, look.language);
  return summary.empty() ? out : out + summary + "\n";
}

void print_to_standard_error(source::Diagnostics& diagnostics, const source::SourceMap& sources, Format format,
                             const report::Look& look) {
  if (diagnostics.items().empty()) return;
  diagnostics.sort_and_deduplicate();
  const std::string text = diagnostics_text(diagnostics, sources, format, look);
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

}  // namespace kpi::driver
