#include "interpreter/driver/program.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <new>

#include "grammar/source/diagnostics/cli.hpp"
#include "interpreter/driver/commands.hpp"
#include "interpreter/driver/files.hpp"
#include "interpreter/driver/session.hpp"
#include "interpreter/eval/data_source.hpp"

namespace kpi::driver {
namespace {

bool colour_wanted(int descriptor) {
  const char* no_colour = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  if (no_colour && *no_colour) return false;
  return ::isatty(descriptor) && !(terminal && std::string_view(terminal) == "dumb");
}

report::Look look_of(int descriptor, source::Language language) {
  report::Look look;
  look.language = language;
  look.colour = colour_wanted(descriptor);
  winsize size = {};
  if (::isatty(descriptor) && ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) look.width = size.ws_col;
  return look;
}

Exit dispatch(const Invocation& invocation, const Terminal& terminal) {
  if (invocation.version) {
    write_result("kpi " + std::string(kVersion) + "\n", std::nullopt);
    return Exit::clean;
  }
  if (invocation.help || !invocation.command) {
    write_result(help_text(invocation.command, invocation.language), std::nullopt);
    return invocation.help ? Exit::clean : Exit::unusable;
  }
  return invocation.command->run(invocation, terminal);
}

Format format_of(const std::vector<std::string>& arguments) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--format=json" ||
        (arguments[i] == "--format" && i + 1 < arguments.size() && arguments[i + 1] == "json")) {
      return Format::json;
    }
    if (arguments[i] == "--format=compact" ||
        (arguments[i] == "--format" && i + 1 < arguments.size() && arguments[i + 1] == "compact")) {
      return Format::compact;
    }
  }
  return Format::pretty;
}

int failed(source::Diagnostic diagnostic, const std::vector<std::string>& arguments) {
  source::Diagnostics diagnostics;
  diagnostics.add_without_span(diagnostic.id) = std::move(diagnostic);
  const source::SourceMap sources;
  print_to_standard_error(diagnostics, sources, format_of(arguments), look_of(STDERR_FILENO, language_of(arguments)));
  return static_cast<int>(Exit::unusable);
}

}  // namespace

int run_program(const std::vector<std::string>& arguments) {
  try {
    const Invocation invocation = parse_command_line(arguments);
    const Terminal terminal{look_of(STDOUT_FILENO, invocation.language), look_of(STDERR_FILENO, invocation.language)};
    return static_cast<int>(dispatch(invocation, terminal));
  } catch (const Failure& failure) {
    return failed(failure.diagnostic, arguments);
  } catch (const eval::DataFailure& failure) {
    source::Diagnostic diagnostic;
    diagnostic.id = static_cast<source::DiagnosticId>(failure.diagnostic);
    diagnostic.has_span = false;
    diagnostic.parameters = failure.parameters;
    return failed(std::move(diagnostic), arguments);
  } catch (const std::bad_alloc&) {
    source::Diagnostic diagnostic;
    diagnostic.id = source::ids::out_of_memory;
    diagnostic.has_span = false;
    return failed(std::move(diagnostic), arguments);
  }
}

}  // namespace kpi::driver
