#include "interpreter/driver/commands.hpp"
#include "interpreter/driver/files.hpp"
#include "interpreter/driver/requests.hpp"
#include "interpreter/driver/session.hpp"
#include "interpreter/handbook/handbook.hpp"

namespace kpi::driver {

Exit run_doc(const Invocation& invocation, const Terminal& terminal) {
  Session session;
  const auto compiled = compile_policy(session, invocation.arguments.front(), invocation, terminal);
  if (!compiled) return Exit::not_compiled;
  print_to_standard_error(session.diagnostics, session.sources, Format::pretty, terminal.err);
  const handbook::Document document =
      handbook::build(compiled->policy, session.sources, invocation.language, std::string(kVersion));
  write_result(invocation.format == Format::html ? handbook::html(document) : handbook::markdown(document),
               invocation.value("--output"));
  return Exit::clean;
}

}  // namespace kpi::driver
