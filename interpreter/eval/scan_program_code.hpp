// Functions of one text, remembered per distinct code.
#pragma once

#include "interpreter/eval/run/builtins.hpp"
#include "interpreter/eval/scan_program.hpp"

namespace kpi::eval::scanning {

struct Program::CodeFunction {
  CodeFunction(TextPool& the_pool, const model::CallExpr& the_call, std::vector<Value> others, const value::TimeZone& the_zone)
      : pool(the_pool), call(the_call), arguments(std::move(others)), zone(the_zone) {
    arguments.insert(arguments.begin(), Value());
  }

  /// A pool code or, for tests, 0 or 1.
  std::int64_t operator()(Code code) {
    if (const auto known = memory.find(code); known != memory.end()) return known->second;
    arguments[0] = pool.text(code);
    const Value result = call_builtin(call, arguments, {Date{}, zone});
    const std::int64_t coded = result.is<bool>() ? std::int64_t{result.boolean()} : pool.code(result.text());
    memory.emplace(code, coded);
    return coded;
  }

  TextPool& pool;
  const model::CallExpr& call;
  std::vector<Value> arguments;
  const value::TimeZone& zone;
  tsl::robin_map<Code, std::int64_t, CodeHash> memory;
};

}  // namespace kpi::eval::scanning
