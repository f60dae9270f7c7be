#include "interpreter/model/dump.hpp"

#include "interpreter/model/words.hpp"

namespace kpi::model {
namespace {

class Dumper {
 public:
  explicit Dumper(const Policy& policy) : policy_(policy) {}

  std::string run() {
    header();
    for (const Param& param : policy_.params) {
      line("param " + named(param.named) + " : " + type(param.type) + " = " + constant_text(policy_, param.value, param.type));
    }
    for (std::size_t i = 0; i < policy_.entities.size(); ++i) entity(policy_.entities[i]);
    for (const Events& source : policy_.events) events(source);
    if (policy_.exchange) exchange(*policy_.exchange);
    for (const Ensure& ensure : policy_.ensures) {
      line("ensure \"" + ensure.label + "\" " + expr(ensure.condition) +
           (ensure.each_source ? " for each " + path_text(policy_, *ensure.each_source, ensure.each) : ""));
    }
    for (const Calendar& calendar : policy_.calendars) line("calendar " + named(calendar.named));
    for (const Exclusion& exclusion : policy_.exclusions) exclude(exclusion);
    for (const Metric& each : policy_.metrics) metric(each);
    for (const Phases& each : policy_.phases) phases(each);
    for (const DecisionTable& each : policy_.tables) table(each);
    for (const Curve& each : policy_.curves) curve(each);
    for (const Scorecard& each : policy_.scorecards) scorecard(each);
    for (const Payout& each : policy_.payouts) payout(each);
    for (const Alert& each : policy_.alerts) {
      line("alert " + named(each.named) + " " + each.severity + " for " + name_of(each.entity) + " every " +
           std::string(value::name(each.every)));
      line("  when " + expr(each.when) + (each.streak > 1 ? " for " + std::to_string(each.streak) : ""));
    }
    line("tests " + std::to_string(policy_.tests.size()) + ", imports " + std::to_string(policy_.imports.size()) + ", rules " +
         std::to_string(policy_.rules.size()));
    return std::move(out_);
  }

 private:
  void line(const std::string& text) { out_ += text + "\n"; }
  std::string expr(ExprId id) const { return id.valid() ? exact_text(policy_, id) : "-"; }
  std::string type(const Type& wanted) const { return type_text(policy_, wanted); }
  std::string name_of(EntityId id) const { return id.valid() ? policy_.entities[id.index].named.name : "?"; }
  static std::string named(const Named& named) {
    return named.label.empty() ? named.name : named.name + " \"" + named.label + "\"";
  }
  void clause(const std::string& word, ExprId id) {
    if (id.valid()) line("  " + word + " " + expr(id));
  }

  void header() {
    const Header& header = policy_.header;
    line((policy_.is_library ? "library " : "policy ") + header.name);
    line("  currency " + std::string(header.currency.is_none() ? "-" : header.currency.code()) + ", timezone " +
         (header.timezone ? header.timezone->name() : "-"));
    if (header.effective_from) {
      line("  effective " + header.effective_from->to_string() +
           (header.effective_to ? " to " + header.effective_to->to_string() : "") +
           (header.partial_prorate ? " partial prorate" : ""));
    }
  }

  void fields(const std::vector<Field>& all) {
    for (const Field& field : all) {
      std::string text = "  " + field.named.name + " : " + type(field.type);
      if (field.integer) text += " integer";
      if (!field.column.empty()) text += " from `" + field.column + "`";
      if (!field.currency.is_none()) text += " in " + std::string(field.currency.code());
      if (field.currency_field.valid()) text += " in " + all[field.currency_field.index].named.name;
      if (field.computed.valid()) text += " = " + expr(field.computed);
      if (field.range.valid()) text += " range " + expr(field.range);
      for (const auto& [flag, on] : {std::pair("key", field.key), std::pair("label", field.label),
                                     std::pair("personal", field.personal), std::pair("minor", field.minor_units)}) {
        if (on) text += std::string(" ") + flag;
      }
      line(text);
    }
  }

  void owners(SourceRef source, const OwnerPaths& paths) {
    for (const auto& [entity, path] : paths) {
      if (entity.index != 0) line("  belongs to " + name_of(entity) + " by " + path_text(policy_, source, path));
    }
  }

  void entity(const Entity& entity) {
    const auto index = static_cast<std::uint32_t>(&entity - policy_.entities.data());
    std::string head = "entity " + named(entity.named);
    if (!entity.table.empty()) head += " from `" + entity.table + "`";
    if (entity.is_distinct()) {
      head += " from distinct " + path_text(policy_, *entity.distinct_source, FieldPath{{}, entity.distinct_field});
    }
    line(head);
    fields(entity.fields);
    if (entity.active_from.valid()) line("  active from " + entity.fields[entity.active_from.index].named.name);
    if (entity.active_to.valid()) line("  active to " + entity.fields[entity.active_to.index].named.name);
    clause("where", entity.where);
    owners(SourceRef::of(EntityId{index}), entity.owner_paths);
  }

  void events(const Events& source) {
    const auto index = static_cast<std::uint32_t>(&source - policy_.events.data());
    line("events " + named(source.named) + (source.role.empty() ? "" : " as " + source.role) + " from `" + source.table + "`");
    fields(source.fields);
    if (source.time.valid()) line("  at " + source.fields[source.time.index].named.name);
    clause("where", source.where);
    if (source.zone_field) line("  zone " + path_text(policy_, SourceRef::of(EventsId{index}), *source.zone_field));
    owners(SourceRef::of(EventsId{index}), source.owner_paths);
  }

  void exchange(const Exchange& rates) {
    line("exchange from `" + rates.table + "` day `" + rates.day_column + "` currency `" + rates.currency_column + "` rate `" +
         rates.rate_column + "`");
  }

  void exclude(const Exclusion& exclusion) {
    line("exclude " + named(exclusion.named) + " kind " + exclusion.kind);
    for (std::size_t i = 0; i < exclusion.from.size(); ++i) {
      line("  from " + policy_.events[exclusion.from[i].index].named.name + " where " + expr(exclusion.conditions[i]));
    }
  }

  void metric(const Metric& metric) {
    line("metric " + named(metric.named) + " : " + type(metric.type) + " = " + expr(metric.value));
    if (metric.lower_is_better) line("  better lower");
    clause("needs", metric.needs);
    if (!metric.matures_after.is_zero()) line("  matures after " + delay(metric.matures_after));
    std::string entities;
    for (std::uint32_t i = 0; i < metric.evaluable_for.size(); ++i) {
      if (metric.evaluable_for[i]) entities += (entities.empty() ? "" : ", ") + name_of(EntityId{i});
    }
    line("  for " + (entities.empty() ? "-" : entities));
  }

  static std::string delay(const Delay& delay) {
    return delay.months != 0 ? std::to_string(delay.months) + " months" : delay.seconds.to_string() + " seconds";
  }

  void phases(const Phases& phases) {
    line("phases for " + name_of(phases.entity));
    for (const Phase& phase : phases.phases) {
      line("  " + named(phase.named) + (phase.when.valid() ? " when " + expr(phase.when) : " otherwise"));
    }
  }

  std::string pattern(const Pattern& pattern, const Type& column) const {
    if (std::holds_alternative<AnyPattern>(pattern)) return "-";
    std::string result;
    if (const auto* set = std::get_if<SetPattern>(&pattern)) {
      for (const value::Value& item : set->values) result += (result.empty() ? "" : ", ") + constant_text(policy_, item, column);
      return result;
    }
    const auto& range = std::get<RangePattern>(pattern);
    if (range.lower.has_value()) result += constant_text(policy_, range.lower, column) + (range.includes_lower ? "" : "<");
    result += range.includes_upper ? "..=" : "..";
    if (range.upper.has_value()) result += constant_text(policy_, range.upper, column);
    return result;
  }

  void table(const DecisionTable& table) {
    line("table " + named(table.named) + " : " + type(table.type));
    for (const auto& row : table.rows) {
      std::string text = "  |";
      for (std::size_t i = 0; i < row.patterns.size(); ++i) {
        text += " " + (row.otherwise ? std::string("otherwise") : pattern(row.patterns[i], table.columns[i].type)) + " |";
      }
      line(text + " " + expr(row.value) + " |");
    }
  }

  void curve(const Curve& curve) {
    static constexpr const char* kKinds[] = {"steps", "line", "brackets"};
    line("curve " + named(curve.named) + " " + kKinds[static_cast<int>(curve.kind)] + " : " + type(curve.input) + " to " +
         type(curve.output));
    for (const auto& point : curve.points) line("  | " + point.at.to_string() + " | " + point.value.to_string() + " |");
  }

  std::string curve_of(const ScorecardRow& row) const {
    if (const auto* own = std::get_if<CurveId>(&row.curve)) return policy_.curves[own->index].named.name;
    switch (std::get<BuiltinCurve>(row.curve)) {
      case BuiltinCurve::linear: return "linear";
      case BuiltinCurve::capped: return "capped(" + row.cap.to_string() + ")";
      case BuiltinCurve::pass: return "pass";
    }
    return "";
  }

  void scorecard(const Scorecard& card) {
    line("scorecard " + named(card.named) + " for " + name_of(card.entity) + " every " + std::string(value::name(card.every)));
    for (const ScorecardRow& row : card.rows) {
      std::string text = "  | " + policy_.metrics[row.metric.index].named.name + " |";
      for (const Number& weight : row.weights) text += " " + weight.to_string();
      text += " |";
      for (const ExprId target : row.targets) text += " " + expr(target);
      text += " | " + curve_of(row) + " | " + std::string(row.attain == Attain::none ? "-" : name(row.attain));
      if (row.base.valid()) text += " " + expr(row.base);
      line(text + " | " + std::string(name(row.missing)) + " |");
    }
    for (const Gate& gate : card.gates) {
      static constexpr const char* kEffects[] = {"score ", "score at most ", "unscored"};
      const bool limited = gate.effect != Gate::Effect::unscored;
      line("  gate " + named(gate.named) + " requires " + expr(gate.requires_value) + " else " +
           kEffects[static_cast<int>(gate.effect)] + (limited ? gate.limit.to_string() : ""));
    }
  }

  void payout(const Payout& payout) {
    line("payout " + named(payout.named) + " for " + name_of(payout.entity) +
         (payout.scorecard.valid() ? " from " + policy_.scorecards[payout.scorecard.index].named.name : "") + " every " +
         std::string(value::name(payout.every)));
    if (!payout.payee.empty()) line("  payee " + payout.payee);
    clause("base", payout.base);
    clause("amount", payout.amount);
    clause("pool", payout.pool);
    clause("by", payout.pool_by);
    if (payout.pool_within) line("  within " + path_text(policy_, SourceRef::of(payout.entity), *payout.pool_within));
    clause("prorate", payout.prorate);
    for (const Penalty& penalty : payout.penalties) {
      line("  penalty " + named(penalty.named) + " = " + expr(penalty.amount) + (penalty.from_base ? " from base" : " from bonus"));
    }
    clause("floor", payout.floor);
    clause(payout.cap_carry ? "cap (carry)" : "cap", payout.cap);
    clause("draw", payout.draw);
    clause("recover", payout.recover);
    clause("paid when", payout.paid_when);
    clause("budget", payout.budget);
    if (payout.clawback) line("  clawback within " + delay(*payout.clawback));
    if (payout.earned) line("  earned after " + delay(*payout.earned));
    if (payout.payable) line("  payable after " + delay(*payout.payable));
    line("  rounding " + std::string(value::name(payout.rounding)));
  }

  const Policy& policy_;
  std::string out_;
};

}  // namespace

std::string dump(const Policy& policy) { return Dumper(policy).run(); }

}  // namespace kpi::model
