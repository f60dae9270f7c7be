// What several commands read from the command line in the same way.
#pragma once

#include <optional>
#include <string>

#include "interpreter/driver/commands.hpp"
#include "interpreter/driver/session.hpp"
#include "interpreter/storage/sqlite_source.hpp"

namespace kpi::driver {

/// Compiles the policy that a command evaluates. None after the mistakes were printed (exit status 3); throws Failure
/// when the file is a library.
std::optional<Compiled> compile_policy(Session& session, const std::string& path, const Invocation& invocation,
                                       const Terminal& terminal);

/// --pseudonyms: entities whose name is personal are called by their keys.
void use_pseudonyms(model::Policy& policy);

/// --period, --as-of, --quarantine and how to read rows, as far as the command has them.
eval::RunRequest run_request(const Invocation& invocation, const model::Policy& policy);

/// How rows are read: --threads, --memory, --evaluator, --batch-rows.
void read_how(const Invocation& invocation, eval::RunRequest& request);

/// --rows of `explain`: a number or `all`.
std::size_t row_limit(const Invocation& invocation);

/// --reader: from pages where the command does not say otherwise.
storage::Reader reader(const Invocation& invocation);

/// `2026-07-31`: the data up to the end of that day; a time without offset is in the policy's zone.
value::Instant parse_as_of(const std::string& text, const model::Policy& policy);

}  // namespace kpi::driver
