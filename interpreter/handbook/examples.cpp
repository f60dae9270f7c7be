#include "interpreter/handbook/examples.hpp"

#include <map>
#include <set>

#include "interpreter/eval/run/payout.hpp"
#include "interpreter/eval/run/plan.hpp"
#include "interpreter/eval/run/scorecard.hpp"
#include "interpreter/model/walk.hpp"

namespace kpi::handbook {
namespace {

using eval::Context;
using eval::MomentId;
using eval::Window;
using model::AggregateId;
using model::EntityId;
using model::ExprId;
using model::MetricId;
using value::Number;
using value::Value;

/// A round number of the right kind, for what nobody has a target for.
Number round_number(const value::Type& type, const model::Metric::Show& show = {}) {
  if (type.unit.money != 0) return Number(10'000);
  if (type.unit == value::Unit::duration()) return Number(3'600);
  if (show.kind == model::Metric::Show::Kind::percent) return Number(1) / Number(10);
  return Number(100);
}

/// One row for each entity and no events; aggregates have the values that are put in.
class AssumedStore final : public eval::AggregateStore {
 public:
  explicit AssumedStore(const model::Policy& policy) : policy_(policy) {
    for (const model::Entity& entity : policy.entities) {
      eval::EntityRow row;
      row.key = "example";
      for (const model::Field& field : entity.fields) row.fields.push_back(some_value(field.type));
      rows_.push_back({std::move(row)});
    }
  }
  void set_field(EntityId entity, model::FieldId field, Value value) {
    rows_[entity.index].front().fields[field.index] = std::move(value);
  }
  void assume(AggregateId aggregate, Value value) { values_[aggregate] = std::move(value); }

  const std::vector<eval::EntityRow>& rows(EntityId entity) const override { return rows_[entity.index]; }
  std::optional<std::uint32_t> find(EntityId, std::string_view) const override { return 0; }
  Value value(AggregateId aggregate, EntityId, std::uint32_t, Window) const override {
    if (const auto found = values_.find(aggregate); found != values_.end()) return found->second;
    const model::Aggregate& declared = policy_.aggregates[aggregate.index];
    using Function = model::AggregateFunction;
    if (declared.function == Function::exists) return false;
    if (declared.type.kind != value::Kind::number) return Value::none(value::NoValueReason::no_rows);
    return Number(0);
  }
  Value merged(AggregateId aggregate, EntityId entity, std::span<const std::uint32_t>, Window window) const override {
    return value(aggregate, entity, 0, window);
  }
  bool present(EntityId, std::uint32_t, Window) const override { return true; }
  const eval::EventsInfo& events(model::EventsId) const override { return info_; }
  const std::vector<eval::ExclusionCount>& exclusions(Window) const override { return exclusions_; }
  Cover coverage(model::SourceRef, Window) const override { return Cover::full; }
  std::optional<Number> rate(value::Currency, Window) const override { return Number(1); }
  Value working_time(model::CalendarId, value::Instant, value::Instant) const override { return Number(0); }
  std::optional<value::Instant> as_of() const override { return std::nullopt; }

 private:
  Value some_value(const value::Type& type) const {
    switch (type.kind) {
      case value::Kind::number:
        return type.optional ? Value() : Value(round_number(type));
      case value::Kind::text:
        return std::string("example");
      case value::Kind::boolean:
        return false;
      case value::Kind::date:
        return type.optional
                   ? Value()
                   : Value(value::Date{policy_.header.effective_from.value_or(value::Date{20'454}).days - 400});
      case value::Kind::entity:
        return value::EntityRef{type.index, 0};
      default:
        return {};
    }
  }

  const model::Policy& policy_;
  std::vector<std::vector<eval::EntityRow>> rows_;
  std::map<AggregateId, Value> values_;
  eval::EventsInfo info_;
  std::vector<eval::ExclusionCount> exclusions_;
};

/// The policy with one phase that holds for everybody.
model::Policy in_phase(const model::Policy& policy, EntityId entity, std::optional<std::uint32_t> phase) {
  model::Policy copy = policy;
  if (!phase) return copy;
  model::Expr never;
  never.type = value::Type::of(value::Kind::boolean);
  never.node = model::Constant{Value(false)};
  copy.exprs.push_back(never);
  const ExprId id{static_cast<std::uint32_t>(copy.exprs.size() - 1)};
  for (model::Phases& phases : copy.phases) {
    if (phases.entity != entity) continue;
    for (std::uint32_t i = 0; i < phases.phases.size(); ++i) phases.phases[i].when = i == *phase ? ExprId{} : id;
  }
  return copy;
}

class Maker {
 public:
  Maker(const model::Policy& policy, const Phraser& phraser, model::ScorecardId id, std::optional<std::uint32_t> phase,
        value::Period period)
      : policy_(in_phase(policy, policy.scorecards[id.index].entity, phase)),
        phraser_(phraser),
        id_(id),
        card_(policy_.scorecards[id.index]),
        phase_(phase),
        period_(period) {}

  std::optional<Example> make(const Number& level, std::optional<std::uint32_t> failed_gate) {
    source::Diagnostics ignored;
    eval::RunRequest request;
    request.periods = {period_};
    request.is_test = true;
    eval::Plan plan(policy_, request, ignored);
    if (plan.periods.empty()) return std::nullopt;
    const eval::PlannedPeriod* planned = nullptr;
    for (const eval::PlannedPeriod& each : plan.periods) {
      if (each.period == period_) planned = &each;
    }
    if (planned == nullptr) return std::nullopt;
    eval::PlannedPeriod ordinary = *planned;
    ordinary.trial = false;
    AssumedStore store(policy_);
    eval::Evaluator evaluator(policy_, store, plan.moments, eval::Memory::few_rows);
    const MomentId moment = plan.moment_of(ordinary, card_);
    store_ = &store;
    evaluator_ = &evaluator;
    moment_ = moment;
    example_ = Example{};
    example_.level = level;
    example_.failed_gate = failed_gate;
    assumed_.clear();
    choose_fields();
    assume_other_windows();
    if (!assume_results(level)) return std::nullopt;
    assume_rest(failed_gate);
    eval::ScorecardMaturity maturity;
    maturity.metrics.assign(card_.rows.size(), false);
    maturity.targets.assign(card_.rows.size(), {});
    maturity.gates.assign(card_.gates.size(), false);
    eval::Scorer scorer(evaluator, card_, moment, maturity);
    eval::ScorecardResult result{id_, {scorer.score(0)}};
    example_.score = result.rows.front();
    for (std::uint32_t i = 0; i < policy_.payouts.size(); ++i) {
      const model::Payout& payout = policy_.payouts[i];
      if (payout.scorecard != id_ || payout.pool.valid()) continue;
      eval::PayoutContext context{.period = ordinary, .moment = moment, .scorecard = &result, .rows = {}};
      eval::PayoutResult paid = eval::PayoutRun(evaluator, payout, {i}, std::move(context), ignored).run();
      if (paid.rows.empty()) continue;
      Example::Pay pay{{i}, paid.rows.front(), {}};
      model::walk(policy_, payout.amount, [&](ExprId id, const model::Expr& expr) {
        const bool looked_up = std::holds_alternative<model::CurveApply>(expr.node) ||
                               std::holds_alternative<model::TableLookup>(expr.node);
        if (!looked_up) return;
        const Value value = evaluator.evaluate(id, {{card_.entity, 0, nullptr}, moment, &result.rows.front()});
        pay.parts.push_back({phraser_.value(id), phraser_.amount(value, expr.type)});
      });
      example_.pay.push_back(std::move(pay));
    }
    return std::move(example_);
  }

 private:
  Context context() const { return {{card_.entity, 0, nullptr}, moment_, nullptr}; }

  std::vector<ExprId> expressions() const {
    std::vector<ExprId> all;
    for (const model::ScorecardRow& row : card_.rows) {
      all.insert(all.end(), row.targets.begin(), row.targets.end());
      all.push_back(row.base);
    }
    for (const model::Gate& gate : card_.gates) all.push_back(gate.requires_value);
    const std::vector<ExprId> pay = pay_expressions();
    all.insert(all.end(), pay.begin(), pay.end());
    return all;
  }
  std::vector<ExprId> pay_expressions() const {
    std::vector<ExprId> all;
    for (const model::Payout& payout : policy_.payouts) {
      if (payout.scorecard != id_) continue;
      for (const ExprId id : {payout.amount, payout.prorate, payout.floor, payout.cap, payout.paid_when, payout.budget})
        all.push_back(id);
      for (const model::Penalty& penalty : payout.penalties) all.push_back(penalty.amount);
    }
    return all;
  }

  bool is_scored(MetricId metric) const {
    for (const model::ScorecardRow& row : card_.rows) {
      if (row.metric == metric) return true;
    }
    return false;
  }

  /// A field that a decision table is looked up by takes the first value that the table names.
  void choose_fields() {
    for (const ExprId root : expressions()) {
      model::walk(policy_, root, [&](ExprId, const model::Expr& expr) {
        if (const auto* field = std::get_if<model::SubjectField>(&expr.node)) mention_field(*field);
        const auto* lookup = std::get_if<model::TableLookup>(&expr.node);
        if (lookup == nullptr) return;
        const model::DecisionTable& table = policy_.tables[lookup->table.index];
        for (std::size_t column = 0; column < lookup->arguments.size(); ++column) {
          const auto* field = std::get_if<model::SubjectField>(&policy_.expr(lookup->arguments[column]).node);
          if (field == nullptr || !field->path.refs.empty()) continue;
          for (const auto& row : table.rows) {
            const auto* set =
                column < row.patterns.size() ? std::get_if<model::SetPattern>(&row.patterns[column]) : nullptr;
            if (set == nullptr || set->values.empty()) continue;
            store_->set_field(field->entity, field->path.field, set->values.front());
            break;
          }
          mention_field(*field);
        }
      });
    }
  }
  void mention_field(const model::SubjectField& field) {
    if (!field.path.refs.empty() || !field.path.field.valid()) return;
    const model::Field& declared = policy_.entity(field.entity).fields[field.path.field.index];
    if (declared.type.kind == value::Kind::entity) return;
    const Value value = store_->rows(field.entity).front().fields[field.path.field.index];
    mention(code(phraser_.column(declared.named)), phraser_.amount(value, declared.type));
  }
  void mention(Inline what, std::string value) {
    const Assumption assumption{std::move(what), std::move(value)};
    for (Assumption& known : example_.assumptions) {
      if (known.what == assumption.what) {
        known = assumption;
        return;
      }
    }
    example_.assumptions.push_back(assumption);
  }

  /// previous(m), rolling(m, 3) … of a metric are round numbers.
  void assume_other_windows() {
    for (const ExprId root : expressions()) {
      model::walk(policy_, root, [&](ExprId id, const model::Expr& expr) {
        const auto* call = std::get_if<model::MetricCall>(&expr.node);
        if (call == nullptr) return;
        const auto* metric = std::get_if<model::MetricRef>(&policy_.expr(call->operand).node);
        using Function = model::MetricFunction;
        const bool group = call->function == Function::total || call->function == Function::share ||
                           call->function == Function::rank || call->function == Function::percentile_rank;
        if (metric == nullptr || group) return;
        const model::Metric& declared = policy_.metrics[metric->metric.index];
        const Number number = round_number(declared.type, declared.show);
        evaluator_->pretend(metric->metric, card_.entity, 0, plan_moment(id, *call), number);
        mention(phraser_.value(id), phraser_.metric_value(metric->metric, number));
      });
    }
  }
  MomentId plan_moment(ExprId id, const model::MetricCall& call) {
    return evaluator_->moments.transform(moment_, id, call);
  }

  bool assume_results(const Number& level) {
    for (const model::ScorecardRow& row : card_.rows) {
      const std::size_t entry = row.targets.size() > 1 && phase_ ? *phase_ : 0;
      Value target;
      if (entry < row.targets.size() && row.targets[entry].valid())
        target = evaluator_->evaluate(row.targets[entry], context());
      const model::Metric& metric = policy_.metrics[row.metric.index];
      Value actual;
      if (!target.has_value() || !target.is<Number>()) {
        const bool weighs =
            !row.weights.empty() && !row.weights[row.weights.size() > 1 && phase_ ? *phase_ : 0].is_zero();
        if (weighs && !row.targets.empty()) return false;  // no target can be told without data
        actual = round_number(metric.type, metric.show);
      } else {
        const Value base = row.base.valid() ? evaluator_->evaluate(row.base, context()) : Value();
        actual = result_at(level, row, target.number(), base, metric);
      }
      evaluator_->pretend(row.metric, card_.entity, 0, moment_, actual);
      assumed_.insert(row.metric);
    }
    return true;
  }

  /// The result whose attainment is `level`; counts are whole.
  Number result_at(const Number& level, const model::ScorecardRow& row, const Number& target, const Value& base,
                   const model::Metric& metric) const {
    Number result;
    switch (row.attain) {
      case model::Attain::ratio:
        result = target * level;
        break;
      case model::Attain::mirror:
        result = target * (Number(2) - level);
        break;
      case model::Attain::inverse:
        result = target / level;
        break;
      case model::Attain::from:
        result = base.has_value() ? base.number() + level * (target - base.number()) : target * level;
        break;
      case model::Attain::none:
        result = metric.lower_is_better ? target * (Number(2) - level) : target * level;
        break;
    }
    if (!is_count(metric)) return result;
    return metric.lower_is_better ? result.ceil() : result.floor();
  }
  bool is_count(const model::Metric& metric) const {
    const auto* aggregate = std::get_if<model::AggregateRef>(&policy_.expr(metric.value).node);
    if (aggregate == nullptr) return false;
    const auto function = policy_.aggregates[aggregate->aggregate.index].function;
    return function == model::AggregateFunction::count || function == model::AggregateFunction::distinct;
  }

  struct Leaf {
    MetricId metric;
    AggregateId aggregate;
    ExprId expr;
    value::Type type;
  };
  /// Metrics and aggregates in the expression that nothing has been assumed for.
  std::vector<Leaf> open_leaves(ExprId root) const {
    std::vector<Leaf> leaves;
    model::walk(policy_, root, [&](ExprId id, const model::Expr& expr) {
      if (const auto* metric = std::get_if<model::MetricRef>(&expr.node)) {
        if (!assumed_.contains(metric->metric) && !inside_call(root, id))
          leaves.push_back({metric->metric, {}, id, expr.type});
      }
      if (const auto* aggregate = std::get_if<model::AggregateRef>(&expr.node)) {
        if (!assumed_aggregates_.contains(aggregate->aggregate))
          leaves.push_back({{}, aggregate->aggregate, id, expr.type});
      }
    });
    return leaves;
  }
  bool inside_call(ExprId root, ExprId metric) const {
    bool inside = false;
    model::walk(policy_, root, [&](ExprId, const model::Expr& expr) {
      const auto* call = std::get_if<model::MetricCall>(&expr.node);
      if (call != nullptr && call->operand == metric) inside = true;
    });
    return inside;
  }
  void put(const Leaf& leaf, const Value& value) {
    if (leaf.metric.valid()) {
      evaluator_->pretend(leaf.metric, card_.entity, 0, moment_, value);
    } else {
      store_->assume(leaf.aggregate, value);
    }
  }
  void settle(const Leaf& leaf, const Value& value) {
    put(leaf, value);
    if (leaf.metric.valid()) {
      assumed_.insert(leaf.metric);
      mention(bold(phraser_.label(policy_.metrics[leaf.metric.index].named)),
              phraser_.metric_value(leaf.metric, value));
    } else {
      assumed_aggregates_.insert(leaf.aggregate);
      mention(phraser_.value(leaf.expr), phraser_.amount(value, leaf.type));
    }
  }

  /// What gates and `paid when` ask for is taken so that they hold (or one of them does not); amounts rest on round
  /// numbers, penalties on nothing.
  void assume_rest(std::optional<std::uint32_t> failed_gate) {
    assumed_aggregates_.clear();
    for (std::uint32_t i = 0; i < card_.gates.size(); ++i) decide(card_.gates[i].requires_value, failed_gate != i);
    for (const model::Payout& payout : policy_.payouts) {
      if (payout.scorecard != id_) continue;
      if (payout.paid_when.valid()) decide(payout.paid_when, true);
      for (const model::Penalty& penalty : payout.penalties) {
        for (const Leaf& leaf : open_leaves(penalty.amount)) settle(leaf, Number(0));
      }
      for (const ExprId id : {payout.amount, payout.prorate, payout.floor, payout.cap, payout.budget}) {
        if (!id.valid()) continue;
        for (const Leaf& leaf : open_leaves(id)) {
          model::Metric::Show show;
          if (leaf.metric.valid()) show = policy_.metrics[leaf.metric.index].show;
          settle(leaf, round_number(leaf.type, show));
        }
      }
    }
  }

  void decide(ExprId condition, bool wanted) {
    const std::vector<Leaf> leaves = open_leaves(condition);
    if (decide(condition, wanted, leaves)) return;
    for (const FieldChoice& choice : field_choices(condition)) {
      const Value before = store_->rows(choice.field.entity).front().fields[choice.field.path.field.index];
      store_->set_field(choice.field.entity, choice.field.path.field, choice.value);
      if (decide(condition, wanted, leaves)) {
        mention_field(choice.field);
        return;
      }
      store_->set_field(choice.field.entity, choice.field.path.field, before);
    }
    for (const Leaf& leaf : leaves) settle(leaf, of_type(Number(0), leaf.type, wanted));
  }

  /// A field of the entity, and what it might be for a condition to hold: yes, no, or what the condition names.
  struct FieldChoice {
    model::SubjectField field;
    Value value;
  };
  std::vector<FieldChoice> field_choices(ExprId condition) const {
    std::vector<model::SubjectField> fields;
    std::vector<std::pair<value::Kind, Value>> named;
    model::walk(policy_, condition, [&](ExprId, const model::Expr& expr) {
      if (const auto* field = std::get_if<model::SubjectField>(&expr.node);
          field != nullptr && field->path.refs.empty() && field->path.field.valid())
        fields.push_back(*field);
      if (const auto* constant = std::get_if<model::Constant>(&expr.node)) named.emplace_back(expr.type.kind, constant->value);
    });
    std::vector<FieldChoice> choices;
    for (const model::SubjectField& field : fields) {
      const value::Kind kind = policy_.entity(field.entity).fields[field.path.field.index].type.kind;
      if (kind == value::Kind::boolean) {
        for (const bool value : {true, false}) choices.push_back({field, value});
        continue;
      }
      for (const auto& [of, value] : named) {
        if (of == kind) choices.push_back({field, value});
      }
    }
    return choices;
  }

  /// Looks for values of what is still open with which the condition is as wanted.
  bool decide(ExprId condition, bool wanted, const std::vector<Leaf>& leaves) {
    const auto is_as_wanted = [&] {
      const Value holds = evaluator_->evaluate(condition, context());
      return holds.has_value() && holds.boolean() == wanted;
    };
    if (leaves.empty()) return is_as_wanted();
    std::vector<Value> candidates;
    for (const std::int64_t number : {0, 1, 2, 3, 5, 10, 20, 30, 50, 100, 1'000, 10'000, 1'000'000})
      candidates.emplace_back(Number(number));
    for (const int percent : {1, 10, 50, 90, 95, 99}) candidates.emplace_back(Number(percent) / Number(100));
    for (const Value& candidate : candidates) {
      // The condition is not remembered by the evaluator, only metrics are, and those are overwritten.
      for (const Leaf& leaf : leaves) put(leaf, of_type(candidate, leaf.type, wanted));
      if (!is_as_wanted()) continue;
      for (const Leaf& leaf : leaves) settle(leaf, of_type(candidate, leaf.type, wanted));
      return true;
    }
    return false;
  }
  static Value of_type(const Value& candidate, const value::Type& type, bool wanted) {
    if (type.kind == value::Kind::boolean) return wanted ? candidate.number().is_zero() : !candidate.number().is_zero();
    return candidate;
  }

  const model::Policy policy_;
  const Phraser& phraser_;
  model::ScorecardId id_;
  const model::Scorecard& card_;
  std::optional<std::uint32_t> phase_;
  value::Period period_;
  AssumedStore* store_ = nullptr;
  eval::Evaluator* evaluator_ = nullptr;
  MomentId moment_ = 0;
  Example example_;
  std::set<MetricId> assumed_;
  std::set<AggregateId> assumed_aggregates_;
};

}  // namespace

const std::array<Number, 4> kLevels = {Number(4) / Number(5), Number(9) / Number(10), Number(1), Number(6) / Number(5)};

value::Period ExampleMaker::period(value::CalendarUnit unit) const {
  const value::Date from = policy_.header.effective_from.value_or(value::Date{20'454});  // 2026-01-01
  value::Period period = value::Period::containing(from, unit);
  return period.start() < from ? period.shift(1) : period;
}

std::vector<PhaseExamples> ExampleMaker::of(model::ScorecardId id) const {
  const model::Scorecard& card = policy_.scorecards[id.index];
  const model::Phases* phases = policy_.phases_of(card.entity);
  const std::size_t count = phases ? phases->phases.size() : 1;
  const value::Period when = period(card.every);
  std::vector<PhaseExamples> result;
  for (std::uint32_t i = 0; i < count; ++i) {
    PhaseExamples examples;
    if (phases) examples.phase = i;
    Maker maker(policy_, phraser_, id, examples.phase, when);
    for (const Number& level : kLevels) {
      if (auto example = maker.make(level, std::nullopt)) examples.examples.push_back(std::move(*example));
    }
    result.push_back(std::move(examples));
  }
  // One failed gate, in the last phase that can be worked out.
  if (!result.empty() && !result.back().examples.empty()) {
    Maker maker(policy_, phraser_, id, result.back().phase, when);
    for (std::uint32_t gate = 0; gate < card.gates.size(); ++gate) {
      auto example = maker.make(Number(1), gate);
      if (!example || gate >= example->score.gates.size() || example->score.gates[gate].passed != false) continue;
      result.back().examples.push_back(std::move(*example));
      break;
    }
  }
  return result;
}

}  // namespace kpi::handbook
