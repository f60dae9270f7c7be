#include "interpreter/driver/dump.hpp"

#include "grammar/syntax/parse.hpp"
#include "grammar/syntax/parser.hpp"
#include "interpreter/eval/run/plan.hpp"
#include "interpreter/model/dump.hpp"

namespace kpi::driver {
namespace {

std::string_view token_kind(syntax::NodeKind kind) {
  using Kind = syntax::NodeKind;
  switch (kind) {
    case Kind::broken:
      return "broken";
    case Kind::name:
      return "name";
    case Kind::quoted_name:
      return "quoted name";
    case Kind::rule_id:
      return "rule id";
    case Kind::text:
      return "text";
    case Kind::op:
      return "operator";
    case Kind::number:
      return "number";
    case Kind::bad_number:
      return "bad number";
    case Kind::bad_unit:
      return "bad unit";
    case Kind::date:
      return "date";
    case Kind::date_time:
      return "date-time";
    case Kind::period:
      return "period";
    case Kind::bad_date:
      return "bad date";
    case Kind::time_of_day:
      return "time of day";
    case Kind::boolean:
      return "boolean";
    case Kind::cell_any:
      return "any";
    default:
      return "word";
  }
}

// Leaves of the tree in the order of the text: `12:3 number 30_000 GBP`.
std::string dump_tokens(const source::Source& text, source::SourceId id) {
  source::Diagnostics reported;  // by the parser already
  const syntax::CleanText clean = syntax::clean(text.text, id, reported);
  const syntax::Tree tree = syntax::parse_tree(clean, id, reported);
  std::string out;
  const auto visit = [&](const auto& self, std::uint32_t index) -> void {
    const syntax::Node& node = tree[index];
    if (node.first_child == 0 && node.end > node.begin) {
      const auto at = text.lines.position(text.text, node.begin);
      std::string content = text.text.substr(node.begin, node.end - node.begin);
      out += std::to_string(at.line) + ":" + std::to_string(at.column) + " " + std::string(token_kind(node.kind)) +
             " " + content + "\n";
    }
    for (std::uint32_t child = node.first_child; child != 0; child = tree[child].next) self(self, child);
  };
  visit(visit, tree.root());
  return out;
}

}  // namespace

std::string dump(const std::string& phase, const Compiled& compiled, Session& session) {
  if (phase == "tokens") return dump_tokens(session.sources.get(compiled.source), compiled.source);
  if (phase == "ast") return syntax::dump(compiled.file);
  if (phase == "model") return model::dump(compiled.policy);
  if (session.diagnostics.has_errors() || compiled.policy.is_library) return "";
  return dump_plan(compiled.policy, session.diagnostics);
}

std::string dump_plan(const model::Policy& policy, source::Diagnostics& diagnostics) {
  // The widest unit anything is evaluated in, so that nothing is left out of the plan.
  value::CalendarUnit unit = value::CalendarUnit::day;
  for (const model::Scorecard& scorecard : policy.scorecards) unit = std::max(unit, scorecard.every);
  for (const model::Payout& payout : policy.payouts) unit = std::max(unit, payout.every);
  const value::Date start = policy.header.effective_from.value_or(value::Date{});
  value::Period period = value::Period::containing(start, unit);
  if (period.start() < start) period = period.shift(1);
  eval::RunRequest request;
  request.periods = {period};
  request.all_metrics = true;
  const eval::Plan plan(policy, request, diagnostics);
  std::string out;
  for (const eval::PlannedPeriod& planned : plan.periods) {
    out += "period " + planned.period.to_string() + (planned.trial ? " trial" : "") + "\n";
    for (const auto id : planned.scorecards) out += "  scorecard " + policy.scorecards[id.index].named.name + "\n";
    for (const auto id : planned.payouts) out += "  payout " + policy.payouts[id.index].named.name + "\n";
    for (const auto& alert : planned.alerts) {
      out += "  alert " + policy.alerts[alert.alert.index].named.name + " over " +
             std::to_string(alert.periods.size()) + " periods\n";
    }
    for (const auto& metrics : planned.metrics) {
      out += "  metrics of " + policy.entity(metrics.entity).named.name + ":";
      for (const auto id : metrics.metrics) out += " " + policy.metrics[id.index].named.name;
      out += "\n";
    }
  }
  const eval::ScanRequest scan = plan.scan_request(request);
  for (const auto& [id, windows] : plan.needs.events_read()) {
    out += "scan " + policy.event(id).named.name + " from " + policy.event(id).table + "\n";
    for (const eval::Need& need : plan.needs.needs()) {
      const model::Aggregate& aggregate = policy.aggregates[need.aggregate.index];
      if (!(aggregate.source == model::SourceRef::of(id))) continue;
      const bool always = need.window.start <= eval::kBeginning;
      out += "  " + model::aggregate_text(policy, need.aggregate) + " for " + policy.entity(need.entity).named.name +
             " from " + (always ? "the beginning" : need.window.start.to_string()) + " before " +
             need.window.end.to_string() + "\n";
    }
  }
  for (const auto& [entity, window] : scan.presence) out += "presence of " + policy.entity(entity).named.name + "\n";
  return out;
}

}  // namespace kpi::driver
