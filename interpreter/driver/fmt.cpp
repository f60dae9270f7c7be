#include "grammar/format/format.hpp"

#include <algorithm>

#include "grammar/format/unified_diff.hpp"
#include "grammar/source/diagnostics/format.hpp"
#include "interpreter/driver/commands.hpp"
#include "interpreter/driver/files.hpp"
#include "interpreter/driver/session.hpp"
#include "interpreter/report/words.hpp"

namespace kpi::driver {
namespace {

namespace ids = source::ids;
namespace words = report::words;

constexpr std::string_view kStandardInput = "<stdin>";

/// What `fmt` does with its files, one after another; what is wrong with one does not keep it from the others.
class Formatter {
 public:
  Formatter(const Invocation& invocation, const Terminal& terminal)
      : check_(invocation.has("--check")),
        diff_(invocation.has("--diff")),
        pretty_(invocation.format == Format::pretty),
        language_(terminal.out.language) {}

  void run(const std::string& path) {
    const bool standard_input = path == "-";
    try {
      const std::string text = standard_input ? read_standard_input() : read_policy_file(path);
      const source::SourceId id = sources.add(standard_input ? std::string(kStandardInput) : path, text);
      const auto result = format::format(sources, id, diagnostics);
      if (!result) return raise(Exit::not_compiled);
      if (check_ || diff_) return compare(id, *result);
      if (standard_input) {
        output += *result;
      } else if (*result == text) {
        ++unchanged_;
      } else {
        replace_file(path, *result);
        if (pretty_) output += report::say(words::formatted_file, language_, path) + "\n";
      }
    } catch (const Failure& failure) {
      diagnostics.add_without_span(failure.diagnostic.id) = failure.diagnostic;
      raise(Exit::unusable);
    }
  }

  Exit status() const { return status_; }
  std::string result() const {
    const bool silent = !output.empty() || unchanged_ == 0 || !pretty_;
    if (silent) return output;
    return report::say(unchanged_ == 1 ? words::formatted_none : words::formatted_none_many, language_, unchanged_) +
           "\n";
  }

  source::SourceMap sources;
  source::Diagnostics diagnostics;
  std::string output;

 private:
  void raise(Exit status) { status_ = std::max(status_, status); }

  void compare(source::SourceId id, const std::string& result) {
    const source::Source& file = sources.get(id);
    if (file.text == result) return;
    raise(Exit::findings);
    if (diff_) output += format::unified_diff(file.text, result, file.name);
    if (!check_) return;
    // The place is the first line that differs.
    const auto differs = std::mismatch(file.text.begin(), file.text.end(), result.begin(), result.end()).first;
    auto place = static_cast<std::size_t>(differs - file.text.begin());
    const std::size_t line = place == 0 ? std::string::npos : file.text.find_last_of("\r\n", place - 1);
    place = line == std::string::npos ? 0 : line + 1;
    const auto end = std::min(file.text.find_first_of("\r\n", place), file.text.size());
    diagnostics.add(ids::not_canonical, {id, static_cast<std::uint32_t>(place), static_cast<std::uint32_t>(end)})
        .with("file", file.name);
  }

  bool check_, diff_, pretty_;
  source::Language language_;
  std::size_t unchanged_ = 0;
  Exit status_ = Exit::clean;
};

}  // namespace

Exit run_fmt(const Invocation& invocation, const Terminal& terminal) {
  Formatter formatter(invocation, terminal);
  for (const std::string& path : invocation.arguments) formatter.run(path);
  // With --check, the diagnostics are the result.
  const bool check = invocation.has("--check");
  if (check) {
    formatter.diagnostics.sort_and_deduplicate();
    const bool silent = formatter.diagnostics.items().empty() && invocation.format != Format::json;
    const std::string text =
        silent ? "" : diagnostics_text(formatter.diagnostics, formatter.sources, invocation.format, terminal.out);
    write_result(formatter.result() + text, std::nullopt);
    return formatter.status();
  }
  write_result(formatter.result(), std::nullopt);
  print_to_standard_error(formatter.diagnostics, formatter.sources, invocation.format, terminal.err);
  return formatter.status();
}

}  // namespace kpi::driver
