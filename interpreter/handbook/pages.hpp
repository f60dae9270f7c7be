// The sections of a handbook, in order. Each adds its blocks to the document.
#pragma once

#include <map>
#include <set>

#include "interpreter/eval/run/plan.hpp"
#include "interpreter/handbook/examples.hpp"
#include "interpreter/handbook/handbook.hpp"

namespace kpi::handbook {

class Pages {
 public:
  Pages(const model::Policy& policy, const source::SourceMap& sources, report::Language language, Document& document)
      : policy_(policy), p_(policy, sources, language), document_(document), examples_(policy, p_) {
    for (std::uint32_t i = 0; i < policy.scorecards.size(); ++i) worked_.push_back(examples_.of({i}));
  }

  void opening();  // title, in short
  void who_and_when();
  void data();
  void metrics();
  void scorecards();
  void pay();
  void examples();
  void alerts();
  void rights();
  void fine_print(const std::string& version);

 private:
  void heading(const std::string& en, const std::string& zh, int level = 2);
  void paragraph(Inline text) { document_.blocks.push_back(Paragraph{std::move(text)}); }
  void bullets(std::vector<Inline> items, bool numbered = false) {
    if (!items.empty()) document_.blocks.push_back(Bullets{std::move(items), numbered});
  }
  void formula(std::string text) { document_.blocks.push_back(Formula{std::move(text)}); }
  void remark(Inline text) { document_.blocks.push_back(Remark{std::move(text)}); }
  std::string pick(const char* en, const char* zh) const { return p_.pick(en, zh); }
  bool zh() const { return p_.zh(); }

  Inline metric_name(model::MetricId id) const { return p_.label(policy_.metrics[id.index].named); }
  Inline entity_name(model::EntityId id) const { return p_.source_name(model::SourceRef::of(id)); }
  Inline phase_name(model::EntityId entity, std::uint32_t phase) const;
  const model::Phases* phases_of(model::EntityId entity) const { return policy_.phases_of(entity); }
  std::string every(value::CalendarUnit unit) const;
  Inline curve_name(const model::Curve& curve) const { return p_.label(curve.named); }
  std::string curve_number(const model::Curve& curve, const value::Number& number, bool output) const;

  void one_metric(const model::Metric& metric);
  void targets(const model::Scorecard& card);
  void attainment_forms(const model::Scorecard& card);
  void points(model::ScorecardId id);
  void curve(const model::Curve& curve, const Inline& role);
  void gates(const model::Scorecard& card);
  void missing(const model::Scorecard& card);
  void one_payout(const model::Payout& payout);
  void example(const model::Scorecard& card, const Example& example);
  Inline example_title(const model::Scorecard& card, const Example& example) const;
  Inline in_short(const Example& example) const;
  Inline points_rule(const model::ScorecardRow& row) const;
  Inline weight_text(const model::ScorecardRow& row) const;
  Inline dates_of(const model::Payout& payout) const;
  std::string pay_text(const Example::Pay& pay) const;
  std::string step_text(const eval::PayoutStep& step) const;
  const Example* at_target(std::size_t scorecard, std::size_t phase) const;
  void used_tables(const std::vector<model::ExprId>& roots, std::set<std::uint32_t>& curves,
                   std::set<std::uint32_t>& tables) const;
  void decision_table(const model::DecisionTable& table);

  const model::Policy& policy_;
  Phraser p_;
  Document& document_;
  ExampleMaker examples_;
  std::vector<std::vector<PhaseExamples>> worked_;  // by scorecard
  std::set<std::uint32_t> shown_curves_;
};

}  // namespace kpi::handbook
