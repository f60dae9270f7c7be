// The index for editors: which names mean which declarations.
#include <catch2/catch.hpp>

#include <algorithm>

#include "grammar/syntax/parser.hpp"
#include "interpreter/bind/binder.hpp"

namespace {

using namespace kpi;

/// What each use says, and the line of the declaration it leads to, in source order: `amount:5`.
std::vector<std::string> uses(const std::string& text) {
  source::SourceMap sources;
  source::Diagnostics diagnostics;
  bind::NoLibraries none;
  const auto id = sources.add("a.kpi", text);
  const syntax::File file = syntax::parse(sources, id, diagnostics);
  std::vector<bind::Occurrence> found;
  (void)bind::bind(file, sources, none, diagnostics, &found);
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.use.begin < b.use.begin; });
  std::vector<std::string> result;
  for (const bind::Occurrence& one : found) {
    const auto line = sources.get(id).lines.position(text, one.declaration.begin).line;
    std::string entry = std::string(sources.text(one.use)) + ":" + std::to_string(line);
    if (result.empty() || result.back() != entry) result.push_back(std::move(entry));
  }
  return result;
}

constexpr const char* kHead =
    "edition 2026\n"
    "policy p \"P\" { version \"1\" currency GBP timezone \"UTC\" effective 2026-01-01 to 2026-12-31 }\n"
    "entity host \"Host\" from hosts { host_id : text key  joined : date }\n"
    "events orders as orders from orders at paid_at { order_id : text key  host : host  paid_at : datetime  amount : money in GBP }\n";

TEST_CASE("fields, references and events in aggregates") {
  const auto found = uses(std::string(kHead) + "metric a = sum(orders.amount where host.host_id = \"x\")\nmetric b = a / 2\n");
  CHECK(found == std::vector<std::string>{"paid_at:4", "host:3", "orders:4", "amount:4", "host:4", "host_id:3", "a:5"});
}

TEST_CASE("phases, curves, exclusions, labels and tests") {
  const auto found = uses(std::string(kHead) +
                          "exclude small kind other from orders where amount < 1 GBP\n"
                          "metric a = sum(orders.amount including small)\n"
                          "phases for host {\n  new when age(joined) < 90 days\n  old otherwise\n}\n"
                          "curve c(x) line {\n  | at | value |\n  | 0 | 0 |\n  | 1 | 100 |\n}\n"
                          "scorecard s for host every month {\n  | metric | weight | new | old | curve |\n"
                          "  | a | 100% | 1 GBP | 2 GBP | c |\n}\n"
                          "payout bonus for host from s { payee employee  amount c(score) * 1 GBP }\n"
                          "labels zh { a \"甲\"  orders.amount \"乙\" }\n");
  const std::vector<std::string> expected = {
      "paid_at:4", "host:3", "orders:4", "amount:4", "orders:4", "amount:4", "small:5", "host:3", "joined:3",
      "host:3",    "new:8",  "old:9",    "a:6",      "c:11",     "host:3",   "s:16",    "c:11",   "a:6",
      "orders:4",  "amount:4"};
  CHECK(found == expected);
}

}  // namespace
