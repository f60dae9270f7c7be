// From a syntax tree to a policy: names resolved, types and units checked, libraries merged, parameters filled in.
#pragma once

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "grammar/source/diagnostic.hpp"
#include "grammar/source/source.hpp"
#include "grammar/syntax/ast.hpp"
#include "interpreter/model/attack.hpp"
#include "interpreter/model/policy.hpp"

namespace kpi::bind {

/// Where the files of `use` come from.
struct LibraryLoader {
  virtual ~LibraryLoader() = default;
  /// The parsed file, or nullptr when there is none. `name` is a relative path: `use std.live` asks for `std/live.kpi`,
  /// `use templates.host_plan` for `templates/host_plan.kpi`, `use "plan.kpi"` for `plan.kpi`. `user` is the text that
  /// contains the `use`; names are relative to it except those of the standard library. The same file gives the same
  /// pointer, which stays valid while the policy is bound. Mistakes inside the file go to `diagnostics` once.
  virtual const syntax::File* load(std::string_view name, source::SourceId user, source::Diagnostics& diagnostics) = 0;
};

/// Finds no library: for files that use none.
struct NoLibraries final : LibraryLoader {
  const syntax::File* load(std::string_view, source::SourceId, source::Diagnostics&) override { return nullptr; }
};

/// A name that means a declaration: where it stands and where the declared name stands. Declarations themselves are not
/// among them.
struct Occurrence {
  source::Span use, declaration;
};

/// Always gives a usable, possibly partial policy; with errors in `diagnostics` it must not be run.
/// Adds to `occurrences`, if given, every name that could be resolved (an editor's index), in no particular order, and to `attacks` what its
/// attacks do.
model::Policy bind(const syntax::File& file, const source::SourceMap& sources, LibraryLoader& loader,
                   source::Diagnostics& diagnostics, std::vector<Occurrence>* occurrences = nullptr,
                   std::vector<model::Attack>* attacks = nullptr);

/// The value and type of an expression of literals, operators and built-in functions, for `kpi eval`. None after
/// reporting a mistake. Times without offset are in UTC; a value may be missing with its reason (division by zero).
std::optional<std::pair<value::Value, value::Type>> evaluate_constant(const syntax::File& file, syntax::ExprId expr,
                                                                      const source::SourceMap& sources,
                                                                      source::Diagnostics& diagnostics);

}  // namespace kpi::bind
