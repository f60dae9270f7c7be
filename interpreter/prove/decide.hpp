// Decides the properties of one payout or scorecard, layer by layer: intervals and directions, search with replay, Z3.
#pragma once

#include <set>

#include "interpreter/prove/analysis.hpp"
#include "interpreter/prove/attack.hpp"
#include "interpreter/prove/rate.hpp"
#include "interpreter/prove/solver.hpp"
#include "interpreter/prove/world.hpp"

namespace kpi::prove {

class Decider {
 public:
  /// All must outlive the decider.
  Decider(const model::Policy& policy, const std::vector<model::Attack>& attacks, Target target,
          const AnalysisOptions& options);
  std::vector<Finding> all();
  const std::set<std::string>& assumptions() const { return shape_.builder.assumptions(); }

  // One question each; public for tests.
  Finding bounded();
  Finding not_negative();
  Finding reachable();
  std::vector<Finding> jumps();
  std::vector<Finding> orders();  // single_order and genuine_order
  std::vector<Finding> refunds();
  std::vector<Finding> monotone();
  std::vector<Finding> independent();
  std::vector<Finding> share_of_sales();
  std::vector<Finding> share_of_margin();
  std::vector<Finding> samples();
  std::vector<Finding> ratchets();
  std::vector<Finding> attacks();

  Shape& shape() { return shape_; }
  /// What was proved, so that tests can try to break it: no state makes the objective larger than the tolerance.
  struct Proved {
    std::string what;
    Layer layer;
    NodeId objective;
    Number tolerance;
    std::vector<NodeId> require;
  };
  const std::vector<Proved>& proved() const { return proved_; }

 private:
  /// "No state makes `objective` larger than `tolerance`."
  struct Query {
    NodeId objective = kNoNode;
    Number tolerance;
    std::vector<NodeId> require;
    std::optional<std::pair<NodeId, NodeId>> boundary;
    std::optional<Number> native_bound;  // of the objective, if known
    Layer native_layer = Layer::native;
    bool search_only = false;             // a proof is not wanted
    const AttackGraph* attack = nullptr;  // how to play it
    /// Two states instead of an attack: input nodes and what they are in the second.
    std::map<NodeId, NodeId> second;
  };
  Finding start(Property property, std::string detail, Span span) const;
  /// Fills verdict, layer, effort, and the witness.
  void decide(Finding& finding, const Query& query);
  void decide_layers(Finding& finding, const Query& query);
  bool refute(Finding& finding, const Query& query, const State& state);
  bool ask_solver(Finding& finding, const Query& query, std::optional<State>& hint);
  std::optional<Witness> replay(const Query& query, const State& state);
  void describe_change(Witness& witness, const Query& query, const State& state);
  void account_for_periods(Witness& witness, const Query& query, const State& state);
  Span amount_span() const;
  void find_cause(Finding& finding, const Query& query, const State& state);
  std::string shown(const Number& number, value::Unit unit) const;
  std::string place_of(const Shape::Threshold& threshold) const {
    if (!threshold.place.empty() || !threshold.at) return threshold.place;
    return shown(*threshold.at, threshold.unit);
  }
  /// What the policy calls it in Chinese; the name where it says nothing.
  std::string zh(const std::string& name) const;
  std::string money(const Number& number) const { return shown(number, shape_.unit()); }
  Number cent() const;
  void ways(Finding& finding, const Query& query, const State& state);
  void repair_jump(Finding& finding, const Shape::Threshold& threshold);
  bool repair_gate(Finding& finding, const Shape::Threshold& threshold);
  void advise_collected(Finding& finding, const model::Attack& attack) const;
  const model::Phase* phase_of(const Shape::Threshold& threshold) const;
  bool phase_boundary(Finding& finding, const Shape::Threshold& threshold, const std::optional<Jump>& jump,
                      const std::optional<State>& place);
  void tell_control(Finding& finding, const AttackGraph& attack, NodeId frozen_pay, NodeId frozen_gain);
  bool is_start_of_curve(const Shape::Threshold& threshold) const;
  void repair_bound(Finding& finding);
  bool jumps_no_more(const model::Policy& changed, const std::vector<Span>& spans) const;
  bool repair_marginal(Finding& finding, std::uint32_t curve, const std::vector<Span>& spans);
  bool repair_ramp(Finding& finding, const Shape::Threshold& threshold);
  void largest_jump(const Shape::Threshold& threshold, Jump& jump, std::optional<State>& place);
  void witness_of_jump(Finding& finding, const Shape::Threshold& threshold);
  bool witness_beside(Finding& finding, const Shape::Threshold& threshold, const State& place);
  bool holds(const std::vector<NodeId>& truths, const State& state) const;
  void shrink(const Query& query, State& state) const;
  bool simplify(const Query& query, State& state) const;
  void limit_amounts(model::Attack& attack, const Number& most) const;
  /// `search_only`: a witness is looked for, and nothing is proved.
  Finding attack(const model::Attack& attack, std::optional<Number> each_cost, bool search_only = false);
  Finding refund(const std::string& what, model::EventsId events, const FieldChange* change, const Said& text);
  bool is_read(model::EventsId events, std::uint32_t field) const;
  void monotone_witness(Finding& finding, MetricId metric);
  std::vector<model::Attack> usual_attacks() const;
  const PayGraph& pay() const { return shape_.pay; }
  Span span() const;

  const model::Policy& policy_;
  const std::vector<model::Attack>& declared_;
  Target target_;
  AnalysisOptions options_;
  Shape shape_;
  std::string subject_;
  std::vector<Proved> proved_;
  std::optional<State> last_state_;         // of the last refutation
  std::vector<std::vector<Number>> seeds_;  // inputs beside jumps: there, small changes do much
  bool ask_for_larger_ = true;              // jumps; false when one such question was too much
  void seed(const State& place);
  void require_second(Query& query);
  std::optional<std::uint32_t> order_amount(model::EventsId events) const;
  std::optional<std::uint32_t> stored_amount(model::EventsId events) const;
  NodeId added_amount(const AttackGraph& attack, std::uint32_t field) const;
  std::optional<Interval> rate_of(const AttackGraph& attack, NodeId amount) const;
  void leave_open(Finding& finding) const;
  void looks_further_back(Finding& finding, const AttackGraph& attack) const;
  NodeId kept_sales();
  std::optional<Number> assumed(std::string_view name) const;
};

}  // namespace kpi::prove
