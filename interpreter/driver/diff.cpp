#include "grammar/source/diagnostics/authoring.hpp"
#include "grammar/source/diagnostics/cli.hpp"
#include "interpreter/driver/commands.hpp"
#include "interpreter/driver/diff_attribution.hpp"
#include "interpreter/driver/files.hpp"
#include "interpreter/driver/progress.hpp"
#include "interpreter/driver/requests.hpp"
#include "interpreter/report/diff_text.hpp"
#include "interpreter/report/words.hpp"
#include "interpreter/storage/sqlite_source.hpp"

namespace kpi::driver {
namespace {

namespace ids = source::ids;

/// The libraries that a file uses, as written, with the checksum of their text.
std::vector<diff::Library> libraries_of(const Compiled& compiled, const Session& session) {
  std::vector<diff::Library> result;
  for (const syntax::Declaration& declaration : compiled.file.declarations) {
    const auto* use = std::get_if<syntax::UseDecl>(&declaration);
    if (use == nullptr) continue;
    std::string name;
    for (const syntax::Ident& part : use->path.parts) name += (name.empty() ? "" : ".") + part.text;
    if (use->file) name = use->file->value;
    std::string path = name;
    if (!use->file) {
      for (char& c : path) c = c == '.' ? '/' : c;
      path += ".kpi";
    }
    std::string checksum;
    for (std::uint32_t i = 0; i < session.sources.size(); ++i) {
      const source::Source& text = session.sources.get({i});
      if (i != compiled.source.index && text.name.ends_with(path)) checksum = sha256(text.text);
    }
    result.push_back({name, checksum});
  }
  return result;
}

bool is_effective(const model::Policy& policy, const eval::RunRequest& request) {
  const model::Header& header = policy.header;
  for (const value::Period period : request.periods) {
    const bool overlaps = (!header.effective_from || period.end() > *header.effective_from) &&
                          (!header.effective_to || period.start() <= *header.effective_to);
    if (header.partial_prorate && overlaps) continue;
    if (header.effective_from && period.start() < *header.effective_from) return false;
    if (header.effective_to && period.end().days > header.effective_to->days + 1) return false;
  }
  return true;
}

void check_options(const Invocation& invocation, const Compiled& before, const Compiled& after) {
  if (before.policy.is_library != after.policy.is_library) {
    const Compiled& library = before.policy.is_library ? before : after;
    const Compiled& policy = before.policy.is_library ? after : before;
    throw Failure(ids::diff_of_different_kinds, {{"library", library.path}, {"policy", policy.path}});
  }
  const bool data = invocation.has("--data"), period = invocation.has("--period");
  if (data && !period) throw Failure(ids::diff_without_period, {});
  if (period && !data) throw Failure(ids::diff_without_data, {});
  if (data && after.policy.is_library) throw Failure(ids::library_has_no_results, {{"file", after.path}});
}

std::string result_text(const report::DiffReport& report, const Invocation& invocation, const Terminal& terminal) {
  switch (invocation.format) {
    case Format::json:
      return report::diff_json(report, kVersion, invocation.language);
    case Format::markdown:
      return report::diff_markdown(report, invocation.language);
    case Format::compact:
      return report::diff_compact(report, invocation.language);
    default:
      break;
  }
  report::Look look = terminal.out;
  if (invocation.has("--output")) look.colour = false;
  return report::diff_text(report, look);
}

}  // namespace

Exit run_diff(const Invocation& invocation, const Terminal& terminal) {
  Session old_session, new_session;
  Compiled before = old_session.compile(invocation.arguments[0]);
  Compiled after = new_session.compile(invocation.arguments[1]);
  const bool broken = old_session.diagnostics.has_errors() || new_session.diagnostics.has_errors();
  if (broken) {
    print_to_standard_error(old_session.diagnostics, old_session.sources, invocation.format, terminal.err);
    print_to_standard_error(new_session.diagnostics, new_session.sources, invocation.format, terminal.err);
    return Exit::not_compiled;
  }
  check_options(invocation, before, after);
  if (invocation.has("--pseudonyms")) {
    use_pseudonyms(before.policy);
    use_pseudonyms(after.policy);
  }
  const diff::Side old_side{before.policy, old_session.sources, libraries_of(before, old_session), before.attacks};
  const diff::Side new_side{after.policy, new_session.sources, libraries_of(after, new_session), after.attacks};
  const diff::Diff diff = diff::compare(old_side, new_side);
  report::DiffReport report{diff,         {before.policy, after.policy}, old_session.sources, new_session.sources,
                            std::nullopt, invocation.has("--all")};
  if (invocation.has("--data")) {
    // What the compiler remarked about the files is no part of the comparison.
    old_session.diagnostics = {};
    new_session.diagnostics = {};
    const eval::RunRequest request = run_request(invocation, after.policy);
    const bool lifted = !is_effective(before.policy, request) || !is_effective(after.policy, request);
    if (lifted) {
      lift_effective_dates(before.policy);
      lift_effective_dates(after.policy);
    }
    storage::SqliteSource data(*invocation.value("--data"));
    const Progress progress{std::string(report::word(report::words::reading_data, invocation.language))};
    const eval::Run old_run = old_session.evaluate(before, data, request);
    const eval::Run new_run = new_session.evaluate(after, data, request);
    const bool failed = old_session.diagnostics.has_errors() || new_session.diagnostics.has_errors();
    if (old_session.diagnostics.has_errors())
      print_to_standard_error(old_session.diagnostics, old_session.sources, invocation.format, terminal.err);
    if (new_session.diagnostics.has_errors() || !failed)
      print_to_standard_error(new_session.diagnostics, new_session.sources, invocation.format, terminal.err);
    if (failed) return Exit::unusable;
    report.effect = diff::compare_runs(old_side, new_side, diff, old_run, new_run);
    report.effect->outside_effective = lifted;
    attribute_effect(*report.effect, diff, {old_session, before}, {new_session, after}, old_run, new_run, data,
                     request);
  }
  write_result(result_text(report, invocation, terminal), invocation.value("--output"));
  return diff.same_meaning() ? Exit::clean : Exit::findings;
}

}  // namespace kpi::driver
