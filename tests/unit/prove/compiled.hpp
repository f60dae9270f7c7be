// A policy from its text, for tests of the analyser.
#pragma once

#include <string>

#include "grammar/source/diagnostic.hpp"
#include "grammar/syntax/parser.hpp"
#include "interpreter/bind/binder.hpp"
#include "interpreter/model/policy.hpp"

namespace kpi::prove::testing {

struct Compiled {
  source::SourceMap sources;
  source::Diagnostics diagnostics;
  model::Policy policy;
  std::vector<model::Attack> attacks;
  explicit Compiled(const std::string& text) {
    const auto id = sources.add("test.kpi", text);
    const syntax::File file = syntax::parse(sources, id, diagnostics);
    bind::NoLibraries none;
    policy = bind::bind(file, sources, none, diagnostics, nullptr, &attacks);
  }
};

/// A host policy around the given declarations.
inline std::string host_policy(const std::string& rest) {
  return R"(edition 2026
policy p "P" { version "1"  currency GBP  timezone "UTC"  effective 2026-07-01 to 2026-12-31 }
entity host from hosts { host_id : text key  joined : date }
events orders as orders from orders at paid_at {
  order_id : text key  host : host from host_id  paid_at : datetime  amount : money in GBP  refunded : money? in GBP
}
events sessions as sessions from sessions at started_at {
  host : host from host_id  started_at : datetime  views : integer range 0 ..= 5_000_000
}
metric order_count = count(orders)
metric sales = sum(orders.amount)
metric gpm = 1000 * sum(orders.amount) / sum(sessions.views)
metric return_rate = sum(orders.refunded default 0) / sum(orders.amount) { better lower }
)" + rest;
}

}  // namespace kpi::prove::testing
