// How pay follows from the score, worked examples, alerts, and what people can do when they disagree.
#include "interpreter/handbook/pages.hpp"

#include "interpreter/handbook/spacing.hpp"
#include "interpreter/model/walk.hpp"

namespace kpi::handbook {

using model::ExprId;
using value::Number;

namespace {

std::string rounding_text(value::Rounding rounding, const Phraser& p) {
  switch (rounding) {
    case value::Rounding::half_even:
      return p.pick("to the nearest; exactly half goes to the even digit", "四舍六入五成双");
    case value::Rounding::half_up:
      return p.pick("to the nearest; exactly half goes up", "四舍五入");
    case value::Rounding::half_down:
      return p.pick("to the nearest; exactly half goes down", "五舍六入");
    case value::Rounding::up:
      return p.pick("away from zero", "向远离零的方向进位");
    case value::Rounding::down:
      return p.pick("towards zero", "舍去尾数");
    case value::Rounding::ceiling:
      return p.pick("up", "向上取整");
    case value::Rounding::floor:
      return p.pick("down", "向下取整");
  }
  return "";
}

}  // namespace

void Pages::used_tables(const std::vector<ExprId>& roots, std::set<std::uint32_t>& curves,
                        std::set<std::uint32_t>& tables) const {
  for (const ExprId root : roots) {
    model::walk(policy_, root, [&](ExprId, const model::Expr& expr) {
      if (const auto* apply = std::get_if<model::CurveApply>(&expr.node)) curves.insert(apply->curve.index);
      if (const auto* lookup = std::get_if<model::TableLookup>(&expr.node)) tables.insert(lookup->table.index);
    });
  }
}

void Pages::decision_table(const model::DecisionTable& table) {
  paragraph(zh() ? "查询表 " + bold(p_.label(table.named)) + "：找到符合的那一行。"
                 : "Table " + bold(p_.label(table.named)) + ": exactly one line fits.");
  Grid grid;
  for (const auto& column : table.columns)
    grid.header.push_back(column.name == "phase" ? pick("phase", "阶段") : column.name);
  grid.header.push_back(pick("Value", "取值"));
  grid.right.assign(table.columns.size(), false);
  grid.right.push_back(true);
  for (const auto& row : table.rows) {
    std::vector<Inline> cells;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      if (row.otherwise) {
        cells.push_back(i == 0 ? pick("all others", "其他情况") : "");
        continue;
      }
      const value::Type& type = table.columns[i].type;
      const auto text = [&](const value::Value& value) {
        if (value.is<value::PhaseRef>())
          return phase_name({value.as<value::PhaseRef>().entity}, value.as<value::PhaseRef>().phase);
        return value.is<std::string>() ? value.text() : p_.amount(value, type);
      };
      const model::Pattern& pattern = row.patterns[i];
      if (const auto* set = std::get_if<model::SetPattern>(&pattern)) {
        std::vector<Inline> items;
        for (const value::Value& value : set->values) items.push_back(text(value));
        cells.push_back(p_.list(items));
      } else if (const auto* range = std::get_if<model::RangePattern>(&pattern)) {
        Inline lower, upper;
        if (range->lower.has_value())
          lower = zh() ? text(range->lower) + (range->includes_lower ? "（含）以上" : " 以上")
                       : (range->includes_lower ? "from " : "above ") + text(range->lower);
        if (range->upper.has_value())
          upper = zh() ? text(range->upper) + (range->includes_upper ? "（含）以下" : " 以下")
                       : (range->includes_upper ? "up to " : "below ") + text(range->upper);
        cells.push_back(lower + (lower.empty() || upper.empty() ? "" : pick(", ", "、")) + upper);
      } else {
        cells.push_back(pick("any", "任意"));
      }
    }
    const auto* constant = std::get_if<model::Constant>(&policy_.expr(row.value).node);
    cells.push_back(constant ? p_.amount(constant->value, table.type) : p_.value(row.value));
    grid.rows.push_back(std::move(cells));
  }
  document_.blocks.push_back(std::move(grid));
}

void Pages::pay() {
  if (policy_.payouts.empty()) return;
  heading("How your pay follows", "报酬如何计算");
  for (const model::Payout& payout : policy_.payouts) one_payout(payout);
}

void Pages::one_payout(const model::Payout& payout) {
  document_.blocks.push_back(Heading{3, p_.label(payout.named)});
  const std::string payee = payout.payee == "employee"  ? pick("employees", "员工")
                            : payout.payee == "agency"  ? pick("the agency", "机构")
                            : payout.payee == "creator" ? pick("creators", "达人")
                                                        : payout.payee;
  Inline intro = zh() ? "对每个" + entity_name(payout.entity) + every(payout.every) + "计算一次"
                      : "Worked out for each " + entity_name(payout.entity) + " " + every(payout.every);
  if (!payee.empty()) intro += zh() ? "，发放对象：" + payee : ", paid to " + payee;
  paragraph(intro + (zh() ? "。计算步骤依次为：" : ". The steps, in this order:"));
  std::vector<Inline> steps;
  if (payout.pool.valid()) {
    const bool company = payout.pool_within_company || !payout.pool_within;
    Inline within;
    if (!company) {
      const model::FieldId id =
          payout.pool_within->field.valid() ? payout.pool_within->field : payout.pool_within->refs.back();
      within = code(p_.column(policy_.entity(payout.entity).fields[id.index].named));
    }
    steps.push_back(
        zh() ? "奖金池 " + p_.value(payout.pool) + "，按每人的 " + p_.value(payout.pool_by) + " 占合计的比例分配" +
                   (company ? Inline("（全体共享）") : "（在同一 " + within + " 内分配）") + "。"
             : "The pool of " + p_.value(payout.pool) + " is shared in proportion to " + p_.value(payout.pool_by) +
                   (company ? Inline(" among everybody.") : " among those of the same " + within + "."));
  } else {
    std::set<std::uint32_t> curves, tables;
    used_tables({payout.amount}, curves, tables);
    const bool below = !curves.empty() || !tables.empty();
    steps.push_back((zh() ? "金额 = " : "Amount = ") + p_.value(payout.amount) +
                    (below ? pick(" (tables below)", "（见下表）") : std::string()) + (zh() ? "。" : "."));
  }
  if (payout.prorate.valid())
    steps.push_back(zh() ? "按比例折算：乘以 " + p_.value(payout.prorate) + "。"
                         : "Part periods: multiplied by " + p_.value(payout.prorate) + ".");
  for (const model::Penalty& penalty : payout.penalties) {
    const Inline name = bold(p_.label(penalty.named));
    if (penalty.from_base) {
      steps.push_back(zh() ? "从基本报酬扣除（单独列示，不从奖金中抵扣）：" + name + " = " + p_.value(penalty.amount) +
                                 "。"
                           : "Taken from base pay and listed apart, never from the bonus: " + name + " = " +
                                 p_.value(penalty.amount) + ".");
    } else {
      steps.push_back(zh() ? "扣减：" + name + " = " + p_.value(penalty.amount) + "。"
                           : "Less " + name + " = " + p_.value(penalty.amount) + ".");
    }
  }
  if (payout.floor.valid())
    steps.push_back(zh() ? "下限：不低于 " + p_.value(payout.floor) + "。"
                         : "Floor: never less than " + p_.value(payout.floor) + ".");
  if (payout.cap.valid()) {
    Inline text = zh() ? "上限：不超过 " + p_.value(payout.cap) : "Cap: never more than " + p_.value(payout.cap);
    if (payout.cap_carry) text += zh() ? "，超出部分结转到下期" : "; what lies above is carried to the next period";
    steps.push_back(text + (zh() ? "。" : "."));
  }
  if (payout.draw.valid()) {
    steps.push_back(zh() ? "预支：每期至少先付 " + p_.value(payout.draw) + "，之后从高于它的金额中扣回" +
                               (payout.recover.valid() ? " " + p_.value(payout.recover) : Inline()) + "。"
                         : "Draw: at least " + p_.value(payout.draw) +
                               " is paid in advance and recovered from later amounts above it" +
                               (payout.recover.valid() ? " (" + p_.value(payout.recover) + " of them)" : Inline()) +
                               ".");
  }
  if (payout.paid_when.valid())
    steps.push_back(zh() ? "发放条件：" + p_.clause(payout.paid_when) + "；否则为 0。"
                         : "Paid only when " + p_.clause(payout.paid_when) + "; otherwise 0.");
  if (payout.budget.valid()) {
    steps.push_back(zh() ? "预算：全体合计不超过 " + p_.value(payout.budget) + "；超出时所有人按同一比例缩减。"
                         : "Budget: all amounts of the period together are at most " + p_.value(payout.budget) +
                               "; if they exceed it, everybody's is reduced by the same factor.");
  }
  const std::string digits = std::to_string(payout.currency.minor_digits());
  steps.push_back(
      zh() ? "取整：只在最后一步取整一次，保留 " + digits + " 位小数（" + rounding_text(payout.rounding, p_) + "）。"
           : "Rounding: once, at the end, to " + digits + " decimals, " + rounding_text(payout.rounding, p_) + ".");
  bullets(std::move(steps), true);
  if (payout.amount.valid()) formula(payout.named.name + " = " + p_.written(payout.amount));
  std::set<std::uint32_t> curves, tables;
  std::vector<ExprId> roots = {payout.amount, payout.pool, payout.pool_by, payout.prorate,
                               payout.floor,  payout.cap,  payout.budget};
  for (const model::Penalty& penalty : payout.penalties) roots.push_back(penalty.amount);
  std::map<std::uint32_t, Inline> roles;
  for (const ExprId root : roots) {
    model::walk(policy_, root, [&](ExprId, const model::Expr& expr) {
      if (const auto* apply = std::get_if<model::CurveApply>(&expr.node))
        roles.emplace(apply->curve.index, p_.value(apply->argument));
    });
  }
  used_tables(roots, curves, tables);
  for (const std::uint32_t index : curves) curve(policy_.curves[index], roles[index]);
  for (const std::uint32_t index : tables) decision_table(policy_.tables[index]);
  std::vector<Inline> facts;
  if (payout.base.valid())
    facts.push_back(zh() ? "合同约定的基本报酬为 " + p_.value(payout.base) + "，不由本方案支付，也不受其影响。"
                         : "Base pay under contract is " + p_.value(payout.base) +
                               "; this policy neither pays nor changes it.");
  if (payout.pool.valid())
    facts.push_back(pick("What your share comes to depends on everybody else's as well, so no example is given.",
                         "您的份额取决于其他人的结果，因此不给出示例。"));
  if (payout.scorecard.valid())
    facts.push_back(pick("In a period for which you are not scored there is no amount; that is not the same as 0.",
                         "未评分的期间没有金额，这与金额为 0 不同。"));
  if (policy_.header.trial)
    facts.push_back(pick("Amounts of periods that begin in the trial are shown and not paid.",
                         "起始日在试行期内的期间，金额只供查看，不发放。"));
  bool matures = false;
  for (const model::MetricId id : eval::metrics_used(policy_, payout.entity))
    matures = matures || !policy_.metrics[id.index].matures_after.is_zero();
  if (matures)
    facts.push_back(pick("While a number that it rests on is still provisional, the amount is “pending”.",
                         "所依据的指标仍为暂定值时，金额状态为“待定”。"));
  if (payout.earned)
    facts.push_back(zh() ? "期末后 " + p_.delay(*payout.earned) + " 视为应得。"
                         : "Earned " + p_.delay(*payout.earned) + " after the end of the period.");
  if (payout.payable)
    facts.push_back(zh() ? "期末后 " + p_.delay(*payout.payable) + " 起可发放。"
                         : "Payable from " + p_.delay(*payout.payable) + " after the end of the period.");
  if (const Inline dates = dates_of(payout); !dates.empty()) facts.push_back(dates);
  if (payout.clawback)
    facts.push_back(zh() ? "发放后 " + p_.delay(*payout.clawback) +
                               " 内，若数据更正导致金额变少，差额可从后续报酬中追回。"
                         : "If corrected data lowers it within " + p_.delay(*payout.clawback) +
                               ", the difference can be taken back from later pay.");
  bullets(std::move(facts));
}

/// `For 2026-07, for example: earned on 15 August 2026, payable from 31 August 2026.`
Inline Pages::dates_of(const model::Payout& payout) const {
  for (const std::vector<PhaseExamples>& card : worked_) {
    if (card.empty() || card.front().examples.empty()) continue;
    for (const Example::Pay& pay : card.front().examples.front().pay) {
      const eval::PayoutRowResult& result = pay.result;
      if (&policy_.payouts[pay.payout.index] != &payout || !(result.earned || result.payable)) continue;
      const std::string period = examples_.period(payout.every).to_string();
      std::vector<Inline> parts;
      if (result.earned)
        parts.push_back(zh() ? p_.date(*result.earned) + " 起视为应得" : "earned on " + p_.date(*result.earned));
      if (result.payable)
        parts.push_back(zh() ? p_.date(*result.payable) + " 起可发放" : "payable from " + p_.date(*result.payable));
      return zh() ? "例如 " + period + "：" + p_.list(parts) + "。"
                  : "For " + period + ", for example: " + p_.list(parts) + ".";
    }
  }
  return "";
}

std::string Pages::pay_text(const Example::Pay& pay) const {
  const model::Payout& payout = policy_.payouts[pay.payout.index];
  if (!pay.result.amount.has_value()) return pick("no amount", "无金额");
  return p_.money(pay.result.amount.number(), payout.currency);
}

std::string Pages::step_text(const eval::PayoutStep& step) const { return report::step_word(step.step, p_.language()); }

void Pages::examples() {
  bool any = false;
  for (std::uint32_t i = 0; i < policy_.scorecards.size(); ++i) {
    const model::Scorecard& card = policy_.scorecards[i];
    for (const PhaseExamples& phase : worked_[i]) {
      if (!any) {
        heading("Worked examples", "计算示例");
        paragraph(
            pick("The program that works out the real results has worked these out, too, from assumed numbers. “~” "
                 "marks what is rounded for display only.",
                 "以下示例由计算实际结果的同一程序按假设的数值算出。“~”表示仅在显示时取整。"));
        any = true;
      }
      const Inline where = phase.phase ? phase_name(card.entity, *phase.phase) : Inline();
      const Inline title = p_.label(card.named) + (where.empty() ? Inline() : (zh() ? "：" : ": ") + where);
      document_.blocks.push_back(Heading{3, title});
      if (phase.examples.empty()) {
        paragraph(pick("No example can be given here: the targets depend on results that only real data has.",
                       "此处无法给出示例：目标取决于只有真实数据才有的结果。"));
        continue;
      }
      for (const Example& each : phase.examples) example(card, each);
    }
  }
}

Inline Pages::example_title(const model::Scorecard& card, const Example& example) const {
  if (example.failed_gate) {
    const Inline gate = p_.label(card.gates[*example.failed_gate].named);
    return zh() ? "所有指标正好达标，但未满足门槛“" + gate + "”"
                : "Every number exactly at target, but the condition “" + gate + "” is not met";
  }
  if (card.rows.empty()) return pick("All conditions met", "所有门槛都满足");
  if (example.level == Number(1)) return pick("Every number exactly at target", "每项指标正好达标");
  const bool more = example.level > Number(1);
  const std::string percent = p_.percent((example.level - Number(1)).abs());
  return zh() ? "每项指标比目标" + std::string(more ? "好 " : "差 ") + percent
              : "Every number " + percent + (more ? " better than its target" : " short of its target");
}

void Pages::example(const model::Scorecard& card, const Example& example) {
  document_.blocks.push_back(Heading{4, example_title(card, example)});
  std::vector<Inline> assumed;
  for (const Assumption& assumption : example.assumptions)
    assumed.push_back(assumption.what + " = " + assumption.value);
  if (!assumed.empty()) paragraph((zh() ? "另外假设：" : "Assumed besides: ") + p_.list(assumed) + (zh() ? "。" : "."));
  if (!card.rows.empty()) {
    Grid grid{{pick("Metric", "指标"), pick("Result", "实际"), pick("Target", "目标"), pick("Attainment", "达成率"),
               pick("Points", "得分"), pick("Weight", "权重"), pick("Points × weight", "得分 × 权重")},
              {},
              {false, true, true, true, true, true, true},
              true};
    for (const eval::ScoreRowResult& row : example.score.metrics) {
      const auto number = [&](const value::Value& value) {
        return value.has_value() ? p_.number(value.number()) : std::string("-");
      };
      grid.rows.push_back({metric_name(row.metric), p_.metric_value(row.metric, row.actual),
                           row.target.has_value() ? p_.metric_value(row.metric, row.target) : std::string("-"),
                           row.attainment.has_value() ? p_.percent(row.attainment.number()) : std::string("-"),
                           number(row.points), p_.percent(row.effective_weight), number(row.weighted)});
    }
    const value::Value& raw = example.score.raw_score;
    grid.rows.push_back(
        {pick("Score", "总分"), "", "", "", "", "", raw.has_value() ? p_.number(raw.number()) : std::string("-")});
    document_.blocks.push_back(std::move(grid));
  }
  for (const eval::GateResult& gate : example.score.gates) {
    if (gate.passed == true) continue;
    const Inline name = p_.label(card.gates[gate.gate].named);
    const std::string score = example.score.score.has_value() ? p_.number(example.score.score.number())
                                                              : pick("none: not scored", "无（不评分）");
    paragraph(zh() ? "门槛“" + name + "”未满足，总分变为 " + bold(score) + "。"
                   : "The condition “" + name + "” is not met: the score becomes " + bold(score) + ".");
  }
  for (const Example::Pay& pay : example.pay) {
    const model::Payout& payout = policy_.payouts[pay.payout.index];
    const Inline name = p_.label(payout.named);
    if (!pay.result.amount.has_value()) {
      paragraph(zh() ? bold(name) + "：本期没有金额。" : bold(name) + ": no amount for this period.");
      continue;
    }
    std::vector<Inline> steps;
    for (const Assumption& part : pay.parts) steps.push_back(part.what + " = " + part.value);
    const value::Value* last = nullptr;
    for (const eval::PayoutStep& step : pay.result.steps) {
      // A cap that is not reached, or a condition that holds, leaves the amount as it is.
      if (last != nullptr && *last == step.value) continue;
      last = &step.value;
      Inline text = step_text(step);
      if (step.step == "penalty") {
        for (const model::Penalty& penalty : payout.penalties) {
          if (penalty.named.name == step.name) text += (zh() ? "“" : " “") + p_.label(penalty.named) + "”";
        }
      }
      text += (zh() ? "：" : ": ") +
              (step.value.has_value() ? p_.money(step.value.number(), payout.currency) : std::string("-"));
      steps.push_back(std::move(text));
    }
    paragraph(bold(name) + (zh() ? "：" : ":"));
    steps.push_back((zh() ? "发放 " : "paid: ") + bold(pay_text(pay)));
    bullets(std::move(steps));
  }
}

void Pages::alerts() {
  if (policy_.alerts.empty()) return;
  heading("Early warnings", "预警");
  paragraph(pick("These do not change any score or pay. They tell the team that something needs a look.",
                 "预警不影响得分和报酬，只提醒团队关注异常。"));
  Grid grid{{pick("Warning", "预警"), pick("When", "触发条件"), pick("Checked", "检查频率")}, {}, {}, false};
  for (const model::Alert& alert : policy_.alerts) {
    Inline when = p_.clause(alert.when);
    if (alert.streak > 1) {
      when += zh() ? "，连续 " + std::to_string(alert.streak) + " " +
                         (alert.every == value::CalendarUnit::month ? std::string("个月") : p_.unit_noun(alert.every))
                   : ", " + std::to_string(alert.streak) + " " + p_.unit_noun(alert.every) + "s in a row";
    }
    grid.rows.push_back({bold(p_.label(alert.named)), std::move(when), every(alert.every)});
  }
  document_.blocks.push_back(std::move(grid));
}

void Pages::rights() {
  const model::Header& header = policy_.header;
  heading("Appeals and review", "申诉与复审");
  std::vector<Inline> items;
  items.push_back(
      pick("Ask for the explanation of your result: it goes from the pay down to every row that counts and every row "
           "left out.",
           "您可以要求查看结果的明细：从报酬一直到每一条计入和被剔除的记录。"));
  items.push_back(pick("Check that what was counted is yours, and that what was left out fits the reasons above.",
                       "请核对计入的记录是否属于您，被剔除的记录是否符合上文的原因。"));
  if (!header.human_review.empty()) {
    const std::string who = p_.clause_text("policy", "human_review", header.human_review);
    items.push_back(zh() ? "评分可以由人工复核并更正，复核人：" + bold(who) + "。"
                         : "A person can overrule a score: " + bold(who) + ".");
  } else {
    items.push_back(pick("This policy does not say who can overrule a score.", "本方案没有写明谁可以人工复核评分。"));
  }
  if (header.appeal) {
    items.push_back(zh() ? "申诉期限：结果公布后 " + bold(p_.delay(*header.appeal)) + " 内。"
                         : "You can appeal within " + bold(p_.delay(*header.appeal)) +
                               " after the result is announced.");
  } else {
    items.push_back(pick("This policy names no time limit for an appeal.", "本方案没有写明申诉期限。"));
  }
  if (!header.owner.empty())
    items.push_back(zh() ? "方案本身的问题请联系负责方：" + header.owner + "。"
                         : "Questions about the policy itself go to its owner, " + header.owner + ".");
  if (header.review_by)
    items.push_back(zh() ? "方案最迟在 " + p_.date(*header.review_by) + " 复审。"
                         : "The policy is reviewed by " + p_.date(*header.review_by) + ".");
  else
    items.push_back(pick("This policy names no day on which it is reviewed.", "本方案没有写明复审日期。"));
  bullets(std::move(items));
}

void Pages::fine_print(const std::string& version) {
  heading("Parameters and version", "参数与版本");
  if (!policy_.params.empty()) {
    Grid grid{{pick("Parameter", "参数"), pick("Value", "取值")}, {}, {false, true}, false};
    for (const model::Param& param : policy_.params) grid.rows.push_back({p_.label(param.named), p_.parameter(param)});
    document_.blocks.push_back(std::move(grid));
  }
  std::vector<Inline> items;
  items.push_back(zh() ? "方案 " + code(policy_.header.name) + "，版本 " + policy_.header.version
                       : "Policy " + code(policy_.header.name) + ", version " + policy_.header.version);
  items.push_back((zh() ? "文件校验值（SHA-256）：" : "Checksum of the file (SHA-256): ") +
                  code(policy_.header.sha256));
  for (const model::Evidence& evidence : policy_.header.evidence)
    items.push_back((zh() ? "佐证材料 " : "Evidence ") + code(evidence.key) + (zh() ? "：" : ": ") + evidence.text);
  items.push_back((zh() ? "由 kpi " : "Written by kpi ") + version +
                  (zh() ? " 根据方案文件生成；如有出入，以方案文件的公式为准。"
                        : " from the policy file; where the two differ, the formulas of the policy hold."));
  bullets(std::move(items));
  paragraph(pick("This handbook is not legal advice.", "本手册不构成法律意见。"));
}

Document build(const model::Policy& policy, const source::SourceMap& sources, report::Language language,
               const std::string& version) {
  Document document;
  document.language = language == report::Language::zh ? "zh" : "en";
  Pages pages(policy, sources, language, document);
  pages.opening();
  pages.who_and_when();
  pages.data();
  pages.metrics();
  pages.scorecards();
  pages.pay();
  pages.examples();
  pages.alerts();
  pages.rights();
  pages.fine_print(version);
  if (language == report::Language::zh) space_chinese(document);
  return document;
}

}  // namespace kpi::handbook
