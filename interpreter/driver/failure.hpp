// What ends a command before it has a result: wrong usage, a file that cannot be read or written. Caught in one place
// (program.cpp), shown like every other diagnostic; exit status 2.
#pragma once

#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "grammar/source/diagnostic.hpp"

namespace kpi::driver {

class Failure : public std::exception {
 public:
  Failure(source::DiagnosticId id, std::vector<std::pair<std::string, std::string>> parameters,
          std::string suggestion = {}) {
    diagnostic.id = id;
    diagnostic.has_span = false;
    diagnostic.parameters = std::move(parameters);
    diagnostic.suggestion = std::move(suggestion);
  }
  const char* what() const noexcept override { return "command failed"; }
  source::Diagnostic diagnostic;
};

/// The exit statuses of every command.
enum class Exit : int { clean = 0, findings = 1, unusable = 2, not_compiled = 3, undecided = 4 };

}  // namespace kpi::driver
