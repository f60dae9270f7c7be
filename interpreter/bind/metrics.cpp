// Metrics, bound when first needed so that order does not matter.
#include <algorithm>

#include "grammar/source/diagnostics/names.hpp"
#include "grammar/source/diagnostics/structure.hpp"
#include "grammar/source/diagnostics/types.hpp"
#include "grammar/source/one_line.hpp"
#include "interpreter/bind/expr_binder.hpp"
#include "interpreter/bind/fold.hpp"

namespace kpi::bind {
namespace {

class MetricBinder {
 public:
  MetricBinder(Session& session, std::uint32_t index)
      : s_(session),
        index_(index),
        decl_(*session.metrics[index].decl),
        module_(*session.metrics[index].module),
        binder_(session, Context{&module_, Place::metric}) {}

  void bind() {
    const ExprId value = binder_.bind_present(decl_.value);
    Type type = s_.type(value);
    type.any_unit = false;
    if (type.kind == Kind::list || type.kind == Kind::range || type.kind == Kind::calendar_step) {
      s_.report(D::metric_of_wrong_type, s_.span(value)).with("type", s_.describe(type));
      type = Type{};
    }
    metric().value = value;
    metric().type = type;
    for (const syntax::MetricClause& clause : decl_.clauses) {
      const auto [at, inserted] = seen_.emplace(clause.key.text, clause.key.span);
      if (inserted)
        bind_clause(clause);
      else
        s_.report(D::clause_twice, clause.key.span)
            .with("clause", clause.key.text)
            .label(at->second, D::first_declared_here);
    }
    Footprint uses = footprint(s_, value);
    if (metric().needs.valid()) uses.merge(footprint(s_, metric().needs));
    if (binder_.subject().valid()) {
      Footprint own;
      own.subjects.emplace_back(binder_.subject(), s_.span(value));
      uses.merge(own);
    }
    auto& evaluable = metric().evaluable_for;
    evaluable.resize(s_.policy.entities.size());
    for (std::uint32_t i = 0; i < evaluable.size(); ++i) evaluable[i] = is_evaluable(s_, uses, EntityId{i});
    s_.metric_footprints[index_] = std::move(uses);
  }

 private:
  model::Metric& metric() { return s_.policy.metrics[index_]; }

  void bind_clause(const syntax::MetricClause& clause) {
    const std::string& key = clause.key.text;
    if (key == "better" && !clause.words.empty()) {
      const auto side = require_word(s_, clause.words[0], {"higher", "lower"});
      metric().lower_is_better = side && *side == 1;
    } else if (key == "basis" && !clause.texts.empty()) {
      metric().basis = clause.texts[0].value;
    } else if (key == "tags") {
      for (const syntax::Ident& word : clause.words) metric().tags.push_back(word.text);
    } else if (key == "matures" && clause.value) {
      if (const auto delay = require_delay(s_, module_, *clause.value)) metric().matures_after = *delay;
    } else if (key == "needs" && clause.value) {
      bind_needs(*clause.value);
    } else if (key == "show") {
      bind_show(clause);
    }
  }

  void bind_needs(syntax::ExprId id) {
    const ExprId needs = binder_.bind_boolean(id);
    if (s_.type(needs).kind == Kind::error) return;
    metric().needs = needs;
    metric().needs_limit = source::one_line(s_.text(s_.span(needs)));
    const auto* comparison = std::get_if<model::BinaryExpr>(&s_.policy.expr(needs).node);
    if (comparison == nullptr || comparison->op != value::BinaryOp::ge || !is_size(comparison->left)) return;
    const auto least = fold(s_, comparison->right);
    if (least && least->is<value::Number>() && least->number().is_decimal()) {
      metric().needs_limit = least->number().to_string();
    }
  }

  /// The size of a sample: a count, or a sum of counted things such as views.
  bool is_size(ExprId id) const {
    const model::Expr& expr = s_.policy.expr(id);
    if (!expr.type.unit.is_plain()) return false;
    if (const auto* ref = std::get_if<model::MetricRef>(&expr.node)) {
      const ExprId value = s_.policy.metrics[ref->metric.index].value;
      return value.valid() && is_size(value);
    }
    const auto* ref = std::get_if<model::AggregateRef>(&expr.node);
    if (ref == nullptr) return false;
    using Function = model::AggregateFunction;
    const Function function = s_.policy.aggregates[ref->aggregate.index].function;
    return function == Function::count || function == Function::distinct || function == Function::sum;
  }

  void bind_show(const syntax::MetricClause& clause) {
    using Show = decltype(model::Metric::show);
    if (clause.words.empty()) return;
    const auto kind = require_word(s_, clause.words[0], {"percent", "decimals", "in"});
    const Type type = metric().type;
    if (!kind || type.kind == Kind::error) return;
    if (type.kind != Kind::number) {
      s_.report(D::show_needs_number, clause.span).with("type", s_.describe(type));
      return;
    }
    Show show;
    if (*kind == 2) {
      if (clause.words.size() < 2) return;
      const syntax::Ident& unit = clause.words[1];
      const bool duration = type.unit == Unit::duration() && value::duration_word_seconds(unit.text);
      const auto currency = value::Currency::parse(unit.text);
      if (!duration && !(currency && type.unit == Unit::of(*currency))) {
        s_.report(D::show_in_other_unit, unit.span).with("unit", unit.text).with("type", s_.describe(type));
        return;
      }
      show.kind = Show::Kind::unit;
      show.unit = unit.text;
    } else {
      show.kind = *kind == 0 ? Show::Kind::percent : Show::Kind::decimals;
      if (*kind == 0 && !type.unit.is_plain()) {
        s_.report(D::show_in_other_unit, clause.words[0].span).with("unit", "percent").with("type", s_.describe(type));
        return;
      }
      if (clause.value) {
        const auto places = require_constant_number(s_, ExprBinder(s_, Context{&module_}).bind(*clause.value), Unit{});
        if (!places) return;
        const auto integer = places->to_int64();
        if (!integer || *integer < 0 || *integer > 20) {
          s_.report(D::integer_expected, module_.expr(*clause.value).span).with("least", "0").with("most", "20");
          return;
        }
        show.places = static_cast<int>(*integer);
      }
    }
    metric().show = show;
  }

  Session& s_;
  std::uint32_t index_;
  const syntax::MetricDecl& decl_;
  Module& module_;
  ExprBinder binder_;
  std::unordered_map<std::string, Span> seen_;
};

}  // namespace

void bind_metric(Session& session, std::uint32_t index) {
  auto& declared = session.metrics[index];
  using State = decltype(session.metrics)::value_type::State;
  if (declared.state != State::unbound) return;
  declared.state = State::binding;
  session.binding_stack.push_back(session.policy.metrics[index].named.name);
  MetricBinder(session, index).bind();
  session.binding_stack.pop_back();
  declared.state = State::bound;
}

// Those of libraries wait for a reader: what nobody uses needs no data.
void bind_metrics(Session& session) {
  for (std::uint32_t i = 0; i < session.metrics.size(); ++i) {
    if (session.metrics[i].module->is_root) bind_metric(session, i);
  }
}

}  // namespace kpi::bind
