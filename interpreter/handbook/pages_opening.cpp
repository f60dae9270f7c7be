// The first pages: in short, who and when, which data counts and what is left out.
#include "interpreter/handbook/pages.hpp"

#include <algorithm>

#include "interpreter/model/walk.hpp"

namespace kpi::handbook {

using value::Number;

namespace {

/// `month` for `1 month`, as in `the first month`.
std::string first_of(const std::string& delay) { return delay.starts_with("1 ") ? delay.substr(2) : delay; }

std::string collected_text(const model::Events& events, const Phraser& p) {
  switch (events.collected) {
    case model::Collected::platform:
      return p.pick("recorded by the platform", "由平台记录");
    case model::Collected::export_:
      return p.pick("exported from the platform", "从平台导出");
    case model::Collected::payee:
      return p.pick("entered by the person who is paid", "由领取报酬的本人填报");
    case model::Collected::manual:
      return events.collected_by.empty() ? p.pick("entered by hand", "人工录入")
                                         : p.pick("entered by hand by ", "人工录入，录入人：") + events.collected_by;
    case model::Collected::unknown:
      break;
  }
  return p.pick("not said", "未说明");
}

/// Whether the condition of an exclusion counts other rows.
bool reads_other_rows(const model::Policy& policy, model::ExprId id) {
  bool found = false;
  model::walk(policy, id, [&](model::ExprId, const model::Expr& expr) {
    found = found || std::holds_alternative<model::AggregateRef>(expr.node);
  });
  return found;
}

}  // namespace

void Pages::heading(const std::string& en, const std::string& zh_text, int level) {
  document_.blocks.push_back(Heading{level, zh() ? zh_text : en});
}

Inline Pages::phase_name(model::EntityId entity, std::uint32_t phase) const {
  const model::Phases* phases = phases_of(entity);
  return phases && phase < phases->phases.size() ? p_.label(phases->phases[phase].named) : Inline();
}

std::string Pages::every(value::CalendarUnit unit) const {
  return zh() ? (unit == value::CalendarUnit::month     ? "每个月"
                 : unit == value::CalendarUnit::quarter ? "每个季度"
                                                        : "每" + p_.unit_noun(unit))
              : "every " + p_.unit_noun(unit);
}

const Example* Pages::at_target(std::size_t scorecard, std::size_t phase) const {
  if (scorecard >= worked_.size() || phase >= worked_[scorecard].size()) return nullptr;
  for (const Example& example : worked_[scorecard][phase].examples) {
    if (example.level == Number(1) && !example.failed_gate) return &example;
  }
  return nullptr;
}

void Pages::opening() {
  const model::Header& header = policy_.header;
  Inline name = header.label.empty() ? header.name : header.label;
  const auto texts = policy_.labels.by_language.find(zh() ? "zh" : "en");
  if (texts != policy_.labels.by_language.end()) {
    if (const auto text = texts->second.find(header.name); text != texts->second.end()) name = text->second;
  }
  document_.title = name + pick(": handbook", "：考核与报酬手册");
  document_.blocks.push_back(Heading{1, document_.title});
  Inline line = zh() ? "版本 " + header.version : "Version " + header.version;
  if (header.effective_from) {
    line +=
        zh() ? " · 适用期 " + p_.date(*header.effective_from) : " · applies from " + p_.date(*header.effective_from);
    if (header.effective_to) line += (zh() ? " 至 " : " to ") + p_.date(*header.effective_to);
  }
  paragraph(line);
  heading("In short", "一分钟看懂");
  std::vector<Inline> items;
  for (std::uint32_t i = 0; i < policy_.scorecards.size(); ++i) {
    const model::Scorecard& card = policy_.scorecards[i];
    std::vector<Inline> names;
    for (const model::ScorecardRow& row : card.rows)
      names.push_back(bold(metric_name(row.metric)) + (zh() ? "（" : " (") + weight_text(row) + (zh() ? "）" : ")"));
    const Inline who = entity_name(card.entity);
    if (names.empty()) {
      items.push_back(zh() ? bold(p_.label(card.named)) + "：" + every(card.every) + "对每个" + who +
                                 "打分，起始分 100 分，由下文的门槛决定是否扣减。"
                           : bold(p_.label(card.named)) + ": " + every(card.every) + " each " + who +
                                 " starts with 100 points; the conditions below can lower them.");
    } else {
      items.push_back(zh() ? bold(p_.label(card.named)) + "：" + every(card.every) + "按 " +
                                 std::to_string(names.size()) + " 项指标给每个" + who + "打分：" + p_.list(names) + "。"
                           : bold(p_.label(card.named)) + ": " + every(card.every) + " each " + who +
                                 " gets a score from " + std::to_string(names.size()) +
                                 (names.size() == 1 ? " number: " : " numbers: ") + p_.list(names) + ".");
    }
  }
  for (const model::Payout& payout : policy_.payouts) {
    Inline text = bold(p_.label(payout.named)) + (zh() ? " = " : " = ");
    if (payout.pool.valid()) {
      text += zh() ? "从奖金池 " + p_.value(payout.pool) + " 中按 " + p_.value(payout.pool_by) + " 分配"
                   : "a share of the pool of " + p_.value(payout.pool) + ", by " + p_.value(payout.pool_by);
    } else {
      text += p_.value(payout.amount);
    }
    if (payout.cap.valid()) text += zh() ? "，上限 " + p_.value(payout.cap) : ", at most " + p_.value(payout.cap);
    if (payout.base.valid())
      text += zh() ? "；合同底薪 " + p_.value(payout.base) + " 另计"
                   : "; base pay under contract, " + p_.value(payout.base) + ", comes besides";
    items.push_back(text + (zh() ? "。" : "."));
  }
  bullets(std::move(items));
  Grid grid{{""}, {}, {}, false};
  for (const Number& level : kLevels) {
    const std::string part = p_.percent((level - Number(1)).abs());
    grid.header.push_back(level == Number(1)  ? pick("exactly at every target", "每项正好达标")
                          : level < Number(1) ? (zh() ? "每项比目标差 " + part : part + " short of every target")
                                              : (zh() ? "每项比目标好 " + part : part + " better than every target"));
  }
  for (std::uint32_t i = 0; i < policy_.scorecards.size(); ++i) {
    for (const PhaseExamples& phase : worked_[i]) {
      if (policy_.scorecards[i].rows.empty() || phase.examples.size() < kLevels.size()) continue;
      const Inline whose =
          phase.phase ? phase_name(policy_.scorecards[i].entity, *phase.phase) : p_.label(policy_.scorecards[i].named);
      std::vector<Inline> cells{bold(whose)};
      for (std::size_t at = 0; at < kLevels.size(); ++at) cells.push_back(in_short(phase.examples[at]));
      grid.rows.push_back(std::move(cells));
    }
  }
  if (grid.rows.empty()) return;
  paragraph(pick("What that comes to, if all conditions hold (worked out below, step by step):",
                 "大致结果如下（各项门槛均满足时；下文有逐步计算）："));
  document_.blocks.push_back(std::move(grid));
}

Inline Pages::in_short(const Example& example) const {
  const value::Value& score = example.score.score;
  Inline text = (zh() ? "总分 " : "score ") + (score.has_value() ? p_.number(score.number()) : std::string("-"));
  for (const Example::Pay& pay : example.pay)
    text += kBreak + p_.label(policy_.payouts[pay.payout.index].named) + " " + bold(pay_text(pay));
  return text;
}

void Pages::who_and_when() {
  const model::Header& header = policy_.header;
  heading("Who it applies to, and when", "适用对象与时间");
  Grid facts{{pick("", ""), pick("", "")}, {}, {}, false};
  const auto row = [&](const char* en, const char* zh_text, Inline text) {
    if (!text.empty()) facts.rows.push_back({pick(en, zh_text), std::move(text)});
  };
  std::vector<Inline> who;
  std::set<std::uint32_t> seen;
  for (const model::Scorecard& card : policy_.scorecards) {
    if (seen.insert(card.entity.index).second) who.push_back(entity_name(card.entity));
  }
  for (const model::Payout& payout : policy_.payouts) {
    if (seen.insert(payout.entity.index).second) who.push_back(entity_name(payout.entity));
  }
  row("For", "适用对象", p_.list(who));
  std::vector<Inline> markets(header.markets.begin(), header.markets.end()),
      platforms(header.platforms.begin(), header.platforms.end());
  row("Market", "市场", p_.list(markets));
  row("Platform", "平台", p_.list(platforms));
  if (header.effective_from) {
    row("Applies", "适用期",
        zh() ? p_.date(*header.effective_from) +
                   (header.effective_to ? " 至 " + p_.date(*header.effective_to) + "（含当日）" : Inline(" 起"))
             : p_.date(*header.effective_from) + (header.effective_to
                                                      ? " to " + p_.date(*header.effective_to) + ", both days included"
                                                      : Inline(" onwards")));
  }
  if (header.announced) row("Announced", "公布日期", p_.date(*header.announced));
  if (header.trial) {
    row("Trial", "试行期",
        zh() ? "前 " + p_.delay(*header.trial) + "：照常计算并公布结果，但不发放"
             : "the first " + first_of(p_.delay(*header.trial)) + ": results are worked out and shown, but not paid");
  }
  row("Currency", "货币",
      zh() ? std::string(header.currency.chinese_name()) + "（" + std::string(header.currency.code()) + "）"
           : std::string(header.currency.english_name()) + " (" + std::string(header.currency.code()) + ")");
  if (header.timezone) {
    row("Days and months", "日期与月份",
        zh() ? "按 " + header.timezone->name() + " 时区的零点划分"
             : "begin and end at midnight in the time zone " + header.timezone->name());
  }
  row("Owner", "负责方", header.owner);
  document_.blocks.push_back(std::move(facts));
  for (const model::Scorecard& card : policy_.scorecards) {
    const model::Entity& entity = policy_.entity(card.entity);
    if (!entity.active_from.valid()) continue;
    const Inline from = code(p_.column(entity.fields[entity.active_from.index].named));
    const Inline to =
        entity.active_to.valid() ? code(p_.column(entity.fields[entity.active_to.index].named)) : Inline();
    paragraph(zh() ? "只有在期间内在岗的" + entity_name(card.entity) + "才会被打分：从 " + from +
                         (to.empty() ? Inline(" 起") : " 到 " + to + "（含当日）") + "。"
                   : "You get a score for every period in which you are active: from " + from +
                         (to.empty() ? Inline(" on") : " to " + to + ", that day included") + ".");
    break;
  }
  for (const model::Phases& phases : policy_.phases) {
    heading("Your phase", "您处于哪个阶段", 3);
    paragraph(
        zh() ? "目标随阶段不同。每个期间按期初当天的情况判断，从上到下取第一个符合的阶段："
             : "Targets differ by phase. Yours is looked up once per period, as things stand on the first day of the "
               "period; the first line that fits is yours:");
    Grid grid{{pick("Phase", "阶段"), pick("Yours when", "适用条件")}, {}, {}, false};
    for (const model::Phase& phase : phases.phases) {
      grid.rows.push_back({bold(p_.label(phase.named)),
                           phase.when.valid() ? p_.clause(phase.when) : pick("in all other cases", "其他所有情况")});
    }
    document_.blocks.push_back(std::move(grid));
  }
}

void Pages::data() {
  heading("Which data counts", "哪些数据计入");
  // Whose a row is; a policy for the company as a whole has no such question.
  std::vector<model::EntityId> measured;
  const auto measure = [&](model::EntityId entity) {
    if (entity.index != 0 && std::find(measured.begin(), measured.end(), entity) == measured.end())
      measured.push_back(entity);
  };
  for (const model::Scorecard& card : policy_.scorecards) measure(card.entity);
  for (const model::Payout& payout : policy_.payouts) measure(payout.entity);
  Grid grid{{pick("What", "数据"), pick("Table", "来源表")}, {}, {}, false};
  for (const model::EntityId entity : measured)
    grid.header.push_back(pick("Belongs to the ", "归属") + entity_name(entity) + pick(" in", ""));
  grid.header.push_back(pick("Counts for the period of", "按哪个时间计入"));
  grid.header.push_back(pick("Who collects it", "谁采集"));
  for (const model::Events& events : policy_.events) {
    Inline what = bold(p_.label(events.named));
    if (events.where.valid())
      what += zh() ? "（仅限：" + p_.clause(events.where) + "）" : " (only where " + p_.clause(events.where) + ")";
    std::vector<Inline> cells{std::move(what), code(events.table)};
    const model::EventsId id{static_cast<std::uint32_t>(&events - policy_.events.data())};
    for (const model::EntityId entity : measured) cells.push_back(p_.whose(id, entity));
    cells.push_back(events.time.valid() ? code(p_.column(events.fields[events.time.index].named)) : Inline("-"));
    cells.push_back(collected_text(events, p_));
    grid.rows.push_back(std::move(cells));
  }
  if (!grid.rows.empty()) document_.blocks.push_back(std::move(grid));
  if (policy_.exchange) {
    static constexpr const char* kRules[][2] = {
        {"the rate of the day of each row, or the latest of the seven days before",
         "每条记录当天的汇率；当天没有时取前七天内最近的一个"},
        {"the average rate of the month", "当月平均汇率"},
        {"the last rate of the month", "当月最后一个汇率"},
        {"one fixed rate", "固定汇率"}};
    const auto rule = static_cast<std::size_t>(policy_.exchange->rule);
    paragraph(zh() ? std::string("其他货币的金额折算成本方案的货币，采用") + kRules[rule][1] + "。"
                   : std::string("Amounts in other currencies are converted with ") + kRules[rule][0] + ".");
  }
  heading("What is left out, and why", "哪些记录被剔除，为什么", 3);
  if (policy_.exclusions.empty()) {
    paragraph(pick("Nothing is left out.", "没有剔除规则。"));
    return;
  }
  std::vector<Inline> items;
  bool looks_around = false;
  for (const model::Exclusion& exclusion : policy_.exclusions) {
    std::vector<Inline> from;
    for (const model::EventsId id : exclusion.from) from.push_back(p_.label(policy_.event(id).named));
    const Inline condition = exclusion.conditions.empty() ? Inline() : p_.clause(exclusion.conditions.front());
    Inline text =
        zh() ? bold(p_.label(exclusion.named)) + "：从“" + p_.list(from) + "”中剔除满足以下条件的记录：" + condition +
                   "。"
             : bold(p_.label(exclusion.named)) + ": left out are " + p_.list(from) + " where " + condition + ".";
    if (!exclusion.because.empty()) {
      const std::string why = p_.clause_text(exclusion.named.name, "because", exclusion.because);
      text += zh() ? "原因：" + why + "。" : " Why: " + why + ".";
    }
    for (const model::ExprId id : exclusion.conditions) looks_around = looks_around || reads_other_rows(policy_, id);
    items.push_back(std::move(text));
  }
  bullets(std::move(items));
  if (looks_around) {
    paragraph(
        pick("Where such a rule counts other rows, it counts those of everybody, whether left out themselves or not.",
             "规则中需要统计其他记录时，统计的是所有人的记录，包括本身已被剔除的记录。"));
  }
  paragraph(zh() ? "被剔除的记录不计入任何指标；每期结果都会列出各规则剔除的笔数和金额。"
                 : "What is left out counts in none of the numbers below, unless the number says so itself. Every "
                   "result lists how many rows and how much money each rule took out.");
}

}  // namespace kpi::handbook
