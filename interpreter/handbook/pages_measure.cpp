// What is measured: by which metrics, against which targets, and how points follow.
#include "interpreter/handbook/pages.hpp"

#include "interpreter/eval/run/builtins.hpp"
#include "interpreter/eval/run/scorecard.hpp"

namespace kpi::handbook {

using model::BuiltinCurve;
using value::Number;
using value::Value;

void Pages::metrics() {
  std::set<model::MetricId> wanted;
  for (const model::Scorecard& card : policy_.scorecards) {
    const auto used = eval::metrics_used(policy_, card.entity);
    wanted.insert(used.begin(), used.end());
  }
  for (const model::Payout& payout : policy_.payouts) {
    const auto used = eval::metrics_used(policy_, payout.entity);
    wanted.insert(used.begin(), used.end());
  }
  if (wanted.empty()) return;
  heading("What is measured", "考核哪些指标");
  paragraph(pick(
      "Every number is worked out from the rows that belong to whoever it is about; what was left out above does not "
      "count. “All” means all of those.",
      "每项指标只统计归属于被考核对象的记录，不含上文剔除的记录；下文的“合计”“笔数”均按此口径。"));
  for (const model::MetricId id : wanted) one_metric(policy_.metrics[id.index]);
}

void Pages::one_metric(const model::Metric& metric) {
  const Inline name = p_.label(metric.named);
  document_.blocks.push_back(Heading{3, name});
  paragraph(bold(name) + " = " + p_.value(metric.value) + (zh() ? "。" : "."));
  formula(metric.named.name + " = " + p_.written(metric.value));
  std::vector<Inline> items;
  items.push_back(metric.lower_is_better ? pick("Lower is better.", "越低越好。")
                                         : pick("Higher is better.", "越高越好。"));
  if (!metric.basis.empty()) {
    const std::string basis = p_.clause_text(metric.named.name, "basis", metric.basis);
    items.push_back(zh() ? "口径：" + basis + "。" : "Basis: " + basis + ".");
  }
  if (metric.needs.valid())
    items.push_back(zh() ? "样本要求：" + p_.clause(metric.needs) + "；不满足时没有值。"
                         : "It has a value only when " + p_.clause(metric.needs) + ".");
  if (!metric.matures_after.is_zero()) {
    items.push_back(zh() ? "期末后 " + p_.delay(metric.matures_after) +
                               " 才最终确定（例如还可能发生退款）；在此之前为暂定值。"
                         : "Final " + p_.delay(metric.matures_after) +
                               " after the end of the period; until then the value is provisional, because it can "
                               "still change (late refunds, for example).");
  }
  bullets(std::move(items));
}

Inline Pages::weight_text(const model::ScorecardRow& row) const {
  bool same = true;
  for (const Number& weight : row.weights) same = same && weight == row.weights.front();
  if (row.weights.empty()) return "0%";
  if (same) return p_.percent(row.weights.front());
  Inline text;
  for (const Number& weight : row.weights) text += (text.empty() ? "" : " / ") + p_.percent(weight);
  return text;
}

Inline Pages::points_rule(const model::ScorecardRow& row) const {
  if (const auto* own = std::get_if<model::CurveId>(&row.curve)) {
    return zh() ? "按曲线“" + curve_name(policy_.curves[own->index]) + "”"
                : "by the curve “" + curve_name(policy_.curves[own->index]) + "”";
  }
  switch (std::get<BuiltinCurve>(row.curve)) {
    case BuiltinCurve::linear:
      return pick("100 × attainment, never below 0", "100 × 达成率，最低 0");
    case BuiltinCurve::capped:
      return zh() ? "100 × 达成率，介于 0 与 " + p_.number(Number(100) * row.cap) + " 之间"
                  : "100 × attainment, between 0 and " + p_.number(Number(100) * row.cap);
    case BuiltinCurve::pass:
      return pick("100 if the target is met, otherwise 0", "达到目标得 100，否则得 0");
  }
  return "";
}

void Pages::scorecards() {
  if (policy_.scorecards.empty()) return;
  heading("Targets, weights and points", "目标、权重与得分");
  for (std::uint32_t i = 0; i < policy_.scorecards.size(); ++i) {
    const model::Scorecard& card = policy_.scorecards[i];
    document_.blocks.push_back(Heading{3, p_.label(card.named)});
    paragraph(zh() ? "对象：" + entity_name(card.entity) + "；" + every(card.every) + "计算一次。"
                   : "For each " + entity_name(card.entity) + ", " + every(card.every) + ".");
    if (!card.rows.empty()) {
      targets(card);
      attainment_forms(card);
      points({i});
      paragraph(zh() ? bold("总分") + " = 各项得分 × 权重之和。总分不做四舍五入。"
                     : "Your " + bold("score") + " is the sum of points × weight over all lines. It is not rounded.");
      missing(card);
    } else {
      paragraph(pick("Everybody starts with 100 points.", "每人起始分为 100 分。"));
    }
    gates(card);
  }
}

void Pages::targets(const model::Scorecard& card) {
  const model::Phases* phases = phases_of(card.entity);
  std::size_t columns = 1;
  for (const model::ScorecardRow& row : card.rows) columns = std::max(columns, row.targets.size());
  Grid grid{{pick("Metric", "指标"), pick("Weight", "权重")}, {}, {false, true}, false};
  for (std::size_t i = 0; i < columns; ++i) {
    const bool named = columns > 1 && phases && i < phases->phases.size();
    grid.header.push_back(named ? pick("Target: ", "目标：") + p_.label(phases->phases[i].named)
                                : pick("Target", "目标"));
    grid.right.push_back(true);
  }
  grid.header.push_back(pick("Points", "得分方式"));
  for (const model::ScorecardRow& row : card.rows) {
    std::vector<Inline> cells{bold(metric_name(row.metric)), weight_text(row)};
    const model::Metric& metric = policy_.metrics[row.metric.index];
    for (std::size_t i = 0; i < columns; ++i) {
      const std::size_t entry = row.targets.size() == 1 ? 0 : i;
      if (entry >= row.targets.size() || !row.targets[entry].valid()) {
        cells.push_back("-");
        continue;
      }
      const auto* constant = std::get_if<model::Constant>(&policy_.expr(row.targets[entry]).node);
      cells.push_back(constant ? p_.amount(constant->value, metric.type, metric.show) : p_.value(row.targets[entry]));
    }
    cells.push_back(points_rule(row));
    grid.rows.push_back(std::move(cells));
  }
  document_.blocks.push_back(std::move(grid));
  std::set<std::uint32_t> curves, tables;
  std::vector<model::ExprId> roots;
  for (const model::ScorecardRow& row : card.rows) roots.insert(roots.end(), row.targets.begin(), row.targets.end());
  used_tables(roots, curves, tables);
  for (const std::uint32_t table : tables) decision_table(policy_.tables[table]);
}

void Pages::attainment_forms(const model::Scorecard& card) {
  std::vector<Inline> items;
  const auto names = [&](model::Attain form) {
    std::vector<Inline> list;
    for (const model::ScorecardRow& row : card.rows) {
      const auto* builtin = std::get_if<BuiltinCurve>(&row.curve);
      if (row.attain == form && (builtin == nullptr || *builtin != BuiltinCurve::pass))
        list.push_back(bold(metric_name(row.metric)));
    }
    return list;
  };
  if (const auto list = names(model::Attain::ratio); !list.empty()) {
    items.push_back(zh() ? p_.list(list) + "：达成率 = 实际 ÷ 目标。例如目标 100、实际 80，达成率为 80%。"
                         : p_.list(list) +
                               ": attainment = result ÷ target. A result of 80 against a target of 100 is 80%.");
  }
  if (const auto list = names(model::Attain::mirror); !list.empty()) {
    items.push_back(zh() ? p_.list(list) +
                               "：达成率 = 2 − 实际 ÷ 目标（因为越低越好）。例如目标 10%、实际 8%，达成率为 120%；实际 "
                               "12%，达成率为 80%。"
                         : p_.list(list) +
                               ": attainment = 2 − result ÷ target, because lower is better. A result of 8% against a "
                               "target of 10% is 120%; a result of 12% is 80%.");
  }
  if (const auto list = names(model::Attain::inverse); !list.empty()) {
    items.push_back(zh() ? p_.list(list) + "：达成率 = 目标 ÷ 实际。例如目标 4、实际 5，达成率为 80%。"
                         : p_.list(list) +
                               ": attainment = target ÷ result. A result of 5 against a target of 4 is 80%.");
  }
  for (const model::ScorecardRow& row : card.rows) {
    if (row.attain != model::Attain::from || !row.base.valid()) continue;
    items.push_back(zh() ? bold(metric_name(row.metric)) + "：达成率 = (实际 − 基准) ÷ (目标 − 基准)，基准为 " +
                               p_.value(row.base) + "。"
                         : bold(metric_name(row.metric)) + ": attainment = (result − base) ÷ (target − base), with " +
                               p_.value(row.base) + " as base.");
  }
  if (items.empty()) return;
  paragraph(zh() ? bold("达成率") + "表示实际完成了目标的多少，正好达标为 100%："
                 : bold("Attainment") + " says how much of the target was reached; exactly at target is 100%:");
  bullets(std::move(items));
}

/// What results come to, phase by phase: computed by the functions that score people.
void Pages::points(model::ScorecardId id) {
  const model::Scorecard& card = policy_.scorecards[id.index];
  for (const model::ScorecardRow& row : card.rows) {
    if (const auto* own = std::get_if<model::CurveId>(&row.curve))
      curve(policy_.curves[own->index], pick("attainment", "达成率"));
  }
  for (std::size_t phase = 0; phase < worked_[id.index].size(); ++phase) {
    const Example* sample = at_target(id.index, phase);
    if (sample == nullptr) continue;
    const std::vector<Number> levels = {Number(1) / Number(2),   Number(4) / Number(5),
                                        Number(9) / Number(10),  Number(1),
                                        Number(11) / Number(10), Number(6) / Number(5)};
    Grid grid{{pick("Metric", "指标")}, {}, {false}, false};
    for (const Number& level : levels) {
      grid.header.push_back(p_.percent(level));
      grid.right.push_back(true);
    }
    for (const eval::ScoreRowResult& measured : sample->score.metrics) {
      const model::ScorecardRow& row = card.rows[measured.row];
      if (!measured.target.has_value() || row.attain == model::Attain::from || row.attain == model::Attain::none)
        continue;
      const model::Metric& metric = policy_.metrics[row.metric.index];
      std::vector<Inline> cells{bold(metric_name(row.metric))};
      for (const Number& level : levels) {
        const Number& target = measured.target.number();
        const Number actual = row.attain == model::Attain::ratio    ? target * level
                              : row.attain == model::Attain::mirror ? target * (Number(2) - level)
                                                                    : target / level;
        const Value reached = eval::attainment(row.attain, actual, measured.target, {});
        const Value points = eval::points(policy_, row, actual, measured.target, reached);
        cells.push_back(p_.amount(actual, metric.type, metric.show) + kBreak +
                        (points.has_value() ? p_.number(points.number()) : std::string("-")) + pick(" points", " 分"));
      }
      grid.rows.push_back(std::move(cells));
    }
    if (grid.rows.empty()) continue;
    const Inline where =
        worked_[id.index][phase].phase ? phase_name(card.entity, *worked_[id.index][phase].phase) : Inline();
    paragraph(zh() ? (where.empty() ? Inline("不同达成率对应的实际值和得分：")
                                    : bold(where) + "：不同达成率对应的实际值和得分：")
                   : (where.empty() ? Inline("What you need for which attainment, and the points it brings:")
                                    : bold(where) + ": what you need for which attainment, and the points it brings:"));
    document_.blocks.push_back(std::move(grid));
  }
}

std::string Pages::curve_number(const model::Curve& curve, const Number& number, bool output) const {
  if (output && curve.kind == model::CurveKind::brackets) return p_.percent(number);
  const value::Type& type = output ? curve.output : curve.input;
  if (!type.unit.is_plain()) return p_.amount(number, type);
  // Attainments and other shares read better as percentages.
  const bool share = !output && (curve.input_name == "attainment" || curve.input_name == "达成率");
  return share ? p_.percent(number) : p_.number(number, 4);
}

void Pages::curve(const model::Curve& curve, const Inline& role) {
  const auto index = static_cast<std::uint32_t>(&curve - policy_.curves.data());
  if (!shown_curves_.insert(index).second) return;
  const Inline name = bold(curve_name(curve));
  const bool brackets = curve.kind == model::CurveKind::brackets;
  Inline how;
  switch (curve.kind) {
    case model::CurveKind::steps:
      how = zh() ? "按" + role + "达到的最高一档取值；低于第一档为 0"
                 : "the value of the highest step that the " + role + " reaches; below the first step it is 0";
      break;
    case model::CurveKind::line:
      how = zh() ? "相邻两点之间按直线计算；两端之外保持不变"
                 : "between two lines of the table it rises or falls evenly; beyond both ends it stays the same";
      break;
    case model::CurveKind::brackets:
      how = zh() ? "分段累进：每个比率只作用于落在该区间内的部分"
                 : "each rate applies only to the part that lies inside its bracket";
      break;
  }
  paragraph(name + (zh() ? "：" : ": ") + how + (zh() ? "。" : "."));
  Grid grid;
  grid.right = {true, true};
  switch (curve.kind) {
    case model::CurveKind::steps:
      grid.header = {zh() ? role + "达到" : role + " from", pick("Value", "取值")};
      break;
    case model::CurveKind::line:
      grid.header = {role, pick("Value", "取值")};
      break;
    case model::CurveKind::brackets:
      grid.header = {zh() ? role + "中的部分" : "part of " + role, pick("Rate", "比率")};
      break;
  }
  for (std::size_t i = 0; i < curve.points.size(); ++i) {
    const model::Curve::Point& point = curve.points[i];
    Inline at = curve_number(curve, point.at, false);
    if (brackets) {
      const bool last = i + 1 == curve.points.size();
      at = last ? (zh() ? at + " 以上" : "above " + at)
                : at + (zh() ? " 至 " : " to ") + curve_number(curve, curve.points[i + 1].at, false);
    }
    grid.rows.push_back({std::move(at), curve_number(curve, point.value, true)});
  }
  document_.blocks.push_back(std::move(grid));
  // One number worked out, beyond the last change of the curve or between two points.
  if (curve.points.size() < 2) return;
  const model::Curve::Point &last = curve.points.back(), &before = curve.points[curve.points.size() - 2];
  Number sample = curve.kind == model::CurveKind::line ? (before.at + last.at) / Number(2)
                  : brackets                           ? last.at * Number(3) / Number(2)
                                                       : (before.at + last.at) / Number(2);
  const Number result = eval::curve_value(curve, sample);
  const std::string at = curve_number(curve, sample, false);
  const std::string shown = brackets ? p_.amount(result, curve.output) : curve_number(curve, result, true);
  Inline working;
  if (brackets && curve.points.size() <= 4) {
    for (std::size_t i = 0; i < curve.points.size(); ++i) {
      const Number end = i + 1 < curve.points.size() ? curve.points[i + 1].at : sample;
      working += (working.empty() ? "" : " + ") + p_.percent(curve.points[i].value) + " × " +
                 p_.amount(end - curve.points[i].at, curve.input);
    }
    if (!curve.points.front().at.is_zero()) working.clear();
    if (!working.empty()) working += " = ";
  }
  remark(zh() ? "例：" + role + "为 " + at + " 时，结果为 " + working + bold(shown) + "。"
              : "Example: for " + role + " " + at + " it is " + working + bold(shown) + ".");
}

void Pages::missing(const model::Scorecard& card) {
  std::map<model::Missing, std::vector<Inline>> by_rule;
  for (const model::ScorecardRow& row : card.rows) by_rule[row.missing].push_back(metric_name(row.metric));
  std::vector<Inline> items;
  for (const auto& [rule, names] : by_rule) {
    const Inline which = by_rule.size() == 1 ? pick("any of these", "其中任何一项") : p_.list(names, true);
    switch (rule) {
      case model::Missing::unscored:
        items.push_back(
            zh() ? "如果" + which + "没有值（例如当期没有数据），本期不评分，而不是记 0 分" +
                       (card.gates.empty() ? "" : "；无论下文的门槛是否满足") + "。"
                 : "If " + which + " has no value (no data, for example), you are not scored for that period" +
                       (card.gates.empty() ? "" : ", whatever the conditions below say") + "; it does not count as 0.");
        break;
      case model::Missing::zero:
        items.push_back(zh() ? "如果" + which + "没有值，该项记 0 分。"
                             : "If " + which + " has no value, it brings 0 points.");
        break;
      case model::Missing::skip:
        items.push_back(zh() ? "如果" + which + "没有值，该项跳过，其余权重按比例放大。"
                             : "If " + which + " has no value, it is left out and the other weights are scaled up.");
        break;
    }
  }
  bullets(std::move(items));
}

void Pages::gates(const model::Scorecard& card) {
  if (card.gates.empty()) return;
  heading("Conditions that must hold", "必须满足的门槛", 4);
  Grid grid{{pick("Condition", "门槛"), pick("Requires", "要求"), pick("If not", "不满足时")}, {}, {}, false};
  for (const model::Gate& gate : card.gates) {
    Inline effect;
    switch (gate.effect) {
      case model::Gate::Effect::score:
        effect = zh() ? "总分记为 " + p_.number(gate.limit) : "the score becomes " + p_.number(gate.limit);
        break;
      case model::Gate::Effect::at_most:
        effect = zh() ? "总分最多 " + p_.number(gate.limit) : "the score is at most " + p_.number(gate.limit);
        break;
      case model::Gate::Effect::unscored:
        effect = pick("no score for that period", "本期不评分");
        break;
    }
    grid.rows.push_back({bold(p_.label(gate.named)), p_.clause(gate.requires_value), std::move(effect)});
  }
  document_.blocks.push_back(std::move(grid));
  paragraph(pick("A condition that cannot be checked for lack of data counts as not met.",
                 "因缺少数据而无法判断的门槛，视为未满足。"));
}

}  // namespace kpi::handbook
