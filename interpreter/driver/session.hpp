// The pipeline: source -> parse -> bind -> analysis -> evaluate -> report. Every phase takes the output of the one
// before and adds to the same diagnostics; its output is always usable, possibly partial, so one run shows every
// mistake.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "grammar/source/diagnostic.hpp"
#include "grammar/syntax/ast.hpp"
#include "interpreter/bind/binder.hpp"
#include "interpreter/driver/command_line.hpp"
#include "interpreter/driver/library_loader.hpp"
#include "interpreter/eval/outcome.hpp"
#include "interpreter/model/policy.hpp"
#include "interpreter/report/look.hpp"

namespace kpi::driver {

/// One policy or library file after parsing, binding and analysis.
struct Compiled {
  std::string path;
  source::SourceId source;
  syntax::File file;
  model::Policy policy;
  std::vector<model::Attack> attacks;          // what the policy's attacks do, for the analyser
  std::vector<const syntax::File*> libraries;  // what `use` brought in, also through other libraries
  std::vector<bind::Occurrence> occurrences;  // only when the session was asked to keep them
};

class Session {
 public:
  Session() = default;
  /// For editors: names that were resolved are kept, and `texts` of files that are open (by path) come before those on
  /// the disk.
  explicit Session(const TextsByPath& texts) : libraries_{sources, &texts}, keep_occurrences_(true) {}

  /// Reads and compiles a file. Mistakes go to `diagnostics`; a file that cannot be read is a Failure.
  Compiled compile(const std::string& path);
  /// Compiles all of them. When one cannot be read, the others are still compiled, so that one run shows every mistake;
  /// then nothing is returned, and `diagnostics` says why.
  std::optional<std::vector<Compiled>> compile_all(const std::vector<std::string>& paths);
  /// The same for a text that is already there.
  Compiled compile_text(const std::string& name, std::string text);
  /// Binds a policy that stands inside another file, such as the example of a rule; its mistakes go to `found`.
  model::Policy bind_nested(const syntax::File& file, source::Diagnostics& found);
  /// Evaluates a policy without errors over the data.
  eval::Run evaluate(const Compiled& compiled, eval::DataSource& data, const eval::RunRequest& request);

  source::SourceMap sources;
  source::Diagnostics diagnostics;
  bool checks_lock = true;  // compare the libraries of policies with the lock file beside them

 private:
  LibraryFiles libraries_{sources};
  bool keep_occurrences_ = false;
};

/// The diagnostics in the chosen format, with the summary line behind them; empty when there are none.
std::string diagnostics_text(const source::Diagnostics& diagnostics, const source::SourceMap& sources, Format format,
                             const report::Look& look);
/// Sorted, to standard error. Nothing happens when there are none.
void print_to_standard_error(source::Diagnostics& diagnostics, const source::SourceMap& sources, Format format,
                             const report::Look& look);

}  // namespace kpi::driver
