// What is certain about the shape of a score or a payout, for lint rules and for the analyser: exact jumps, bounds,
// directions, the lowest total pay, what fake orders gain. Everything is computed from the policy alone, exactly, and
// remembered; a question costs milliseconds at most once.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "interpreter/model/policy.hpp"

namespace kpi::prove {

using model::MetricId;
using model::PayoutId;
using model::ScorecardId;
using source::Span;
using value::Number;

/// proved: holds for every store that keeps to the declared ranges. refuted: does not; the numbers come from a state
/// that was evaluated exactly. unknown: neither was found. inadmissible: nobody who is paid controls what would have to
/// change.
enum class Verdict : std::uint8_t { proved, refuted, unknown, inadmissible };
std::string_view name(Verdict verdict);

/// A text in both languages.
struct Said {
  std::string en, zh;
  const std::string& in(bool chinese) const { return chinese ? zh : en; }
};

/// A place where the value jumps although its inputs hardly move: a tier, a gate, a comparison in a formula, a minimum
/// sample.
struct Jump {
  Number size;                     // |value just above - value just below|
  Number below, above;             // the value on both sides, in the state where the jump is largest
  std::optional<Number> relative;  // size / |below|; none where below is 0
  bool unbounded = false;          // grows with the inputs without limit: `size` is one example
  bool exact = false;              // size is the largest possible; otherwise a lower bound
  /// What crosses: performance (score, metrics), facts of the entity (age, site: phases), or the size of a sample.
  enum class Kind : std::uint8_t { performance, entity, sample } kind = Kind::performance;
  std::string quantity;             // `score`, `order_count`, `net_sales`
  std::optional<Number> threshold;  // where, when it is a constant
  value::Unit unit;                 // of quantity and threshold
  Span span;                        // the step, gate or condition
};
struct Jumps {
  std::vector<Jump> items;  // the largest first
  bool complete = true;     // there are no others; otherwise some place could not be decided
};

/// A rate that rises and then applies to everything from the first unit on: jump = (rate above - rate below) *
/// threshold.
struct Accelerator {
  Number rate_below, rate_above, threshold, jump;
  std::string quantity;
  value::Unit unit;
  Span span;
};

struct Bounds {
  Verdict verdict = Verdict::unknown;  // proved: `highest` is a true upper bound; refuted: grows without limit
  std::optional<Number> lowest, highest;
  Said why;
  Span span;
};

enum class Direction : std::uint8_t { up, down };

struct Monotone {
  Verdict verdict = Verdict::unknown;
  std::optional<Number> before, after;  // of a state that refutes it: the value before and after the metric moved
  std::optional<Number> metric_before, metric_after;
  Said why;
  Span span;
};

struct Gain {
  Verdict verdict = Verdict::unknown;  // proved: never worth it; refuted: `net` was gained
  std::int64_t orders = 0;             // how many extra orders
  Number amount;                       // of each
  Number pay_before, pay_after, cost, net;
  bool cost_declared = false;  // `assume fake_order_cost`
  bool unbounded = false;      // more orders gain still more
  Said why;
  Span span;
};

struct LowestPay {
  Verdict verdict = Verdict::unknown;     // proved: `total` is a true lower bound
  Number base, penalties, payout, total;  // total = base + payout - penalties from base
  Said why;
  Span span;
};

/// What penalties `from base` can take in one period. proved: never more than `most`, and some state takes it; refuted:
/// there is no limit, `most` is an example; unknown: the largest that was found.
struct Deduction {
  Verdict verdict = Verdict::unknown;
  Number most;
};

struct Influence {
  MetricId metric;
  Number lowest,
      highest;  // the value of the payout when this metric alone goes through its range; 0 apart: no influence
  bool unbounded = false;
};

class Facts {
 public:
  /// Both must outlive the facts. The policy has no errors.
  explicit Facts(const model::Policy& policy);
  ~Facts();
  Facts(const Facts&) = delete;
  Facts& operator=(const Facts&) = delete;

  /// Continuous payouts have no jumps. The values are those before the last rounding.
  const Jumps& jumps(PayoutId payout);
  const Jumps& jumps(ScorecardId scorecard);
  /// For lint: only where performance decides, without asking whether a jump has a limit. With a quantity: jumps where
  /// that crosses; without: where anything crosses that is not left out, by an answer that is the same at each call.
  const Jumps& performance_jumps(PayoutId payout, const std::string& quantity,
                                 const std::function<bool(const std::string& quantity)>& left_out);
  const std::vector<Accelerator>& accelerators(PayoutId payout);
  const Bounds& bounds(PayoutId payout);
  /// Whether some state has exactly the value of `bounds(payout).highest`, as far as a search finds one.
  bool highest_is_reached(PayoutId payout);
  const Bounds& bounds(ScorecardId scorecard);
  /// Does the value never fall when the metric alone rises (`up`: never falls; `down`: never rises)?
  const Monotone& monotone_in(PayoutId payout, MetricId metric, Direction direction);
  const Monotone& monotone_in(ScorecardId scorecard, MetricId metric, Direction direction);
  const LowestPay& lowest_total_pay(PayoutId payout);
  const Deduction& highest_deduction(PayoutId payout);
  /// Up to 1,000 extra orders against `assume fake_order_cost` (nothing, where it is not declared). `inadmissible` when
  /// the pay reads no events with the role orders.
  const Gain& fake_order_gain(PayoutId payout);
  /// The largest change of pay by one more order.
  const Gain& single_order_swing(PayoutId payout);
  /// What each metric that the payout reads can do to it, all others free.
  const std::vector<Influence>& influence(PayoutId payout);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kpi::prove
