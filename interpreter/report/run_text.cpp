#include "interpreter/report/run_text.hpp"

#include <algorithm>
#include <set>

#include "interpreter/report/read_paths_text.hpp"
#include "interpreter/report/scorecard_text.hpp"
#include "interpreter/report/show.hpp"
#include "interpreter/report/table.hpp"
#include "interpreter/report/visible.hpp"
#include "interpreter/report/words.hpp"

namespace kpi::report {
namespace {

using eval::Outcome;
using eval::PayoutStatus;
using eval::PeriodOutcome;
using model::Policy;
using value::Number;

class RunWriter {
 public:
  RunWriter(const Policy& bound, const eval::Run& evaluated, const RunTextOptions& chosen, const Look& look)
      : policy_(bound),
        run_(evaluated),
        options_(chosen),
        look_(look),
        show_(bound, evaluated.store.get(), look.language) {}

  std::string write() {
    std::string out = title();
    for (const PeriodOutcome& period : run_.outcome.periods) out += "\n" + period_text(period);
    out += "\n" + data();
    if (options_.verbose && !options_.read_paths.empty()) out += "\n" + read_paths_text(options_.read_paths, look_);
    if (options_.verbose && run_.store) {
      const std::string memory = memory_text(run_.store->memory_use(), look_);
      if (!memory.empty()) out += "\n" + memory;
    }
    return out + footnotes();
  }

 private:
  std::string_view w(Word which) const { return word(which, look_.language); }
  template <class... Arguments>
  std::string s(Word which, const Arguments&... arguments) const {
    return say(which, look_.language, arguments...);
  }
  std::string heading(std::string_view text) const { return paint(text, Ink::bold, look_) + "\n"; }

  std::string title() const {
    const model::Header& header = policy_.header;
    const model::Named named{header.name, header.label, "", header.span};
    std::string out = visible(policy_.label(named, look_.language == Language::zh ? "zh" : "en"));
    if (!header.version.empty()) out += " " + visible(header.version);
    out = heading(out);
    const std::string zone = header.timezone ? header.timezone->name() : "UTC";
    const auto& as_of = run_.outcome.as_of;
    return out + (as_of ? s(words::data_as_of, show_.instant(*as_of), zone) : std::string(w(words::no_events_seen))) +
           "\n";
  }

  std::string period_text(const PeriodOutcome& period) {
    const value::Date last{period.period.end().days - 1};
    std::string out =
        heading(s(words::period_title, period.period.to_string(), period.period.start().to_string(), last.to_string()));
    if (period.trial) out += paint(w(words::trial_period), Ink::yellow, look_) + "\n";
    if (period.prorated) out += s(words::prorated_period, show_.percent(*period.prorated)) + "\n";
    for (const eval::ScorecardResult& scorecard : period.scorecards) {
      ScorecardWriter writer(policy_, show_, look_);
      out += "\n" + writer.write(scorecard);
      provisional_ = provisional_ || writer.has_provisional();
      partial_ = partial_ || writer.has_partial();
      scaled_weights_ = scaled_weights_ || writer.has_scaled_weights();
    }
    out += metrics(period) + payouts(period) + alerts(period) + exclusions(period);
    return out;
  }

  // Metrics that no scorecard of the period shows for their entity, one row per person; as many columns side by side as
  // fit, then the next ones below.
  std::string metrics(const PeriodOutcome& period) {
    std::set<std::pair<std::uint32_t, std::uint32_t>> shown;
    for (const eval::ScorecardResult& scorecard : period.scorecards) {
      const model::Scorecard& declared = policy_.scorecards[scorecard.scorecard.index];
      for (const model::ScorecardRow& row : declared.rows) shown.insert({declared.entity.index, row.metric.index});
    }
    std::string out;
    for (std::size_t at = 0; at < period.metrics.size();) {
      std::size_t end = at;
      while (end < period.metrics.size() && period.metrics[end].entity == period.metrics[at].entity) ++end;
      out += metrics_of({period.metrics.begin() + static_cast<std::ptrdiff_t>(at),
                         period.metrics.begin() + static_cast<std::ptrdiff_t>(end)},
                        shown);
      at = end;
    }
    return out;
  }

  std::string metrics_of(const std::vector<PeriodOutcome::EntityMetrics>& rows,
                         const std::set<std::pair<std::uint32_t, std::uint32_t>>& shown) {
    std::vector<model::MetricId> columns;
    for (const auto& row : rows) {
      for (const eval::MetricResult& metric : row.values) {
        if (!options_.all_metrics && shown.contains({row.entity.index, metric.metric.index})) continue;
        if (std::find(columns.begin(), columns.end(), metric.metric) == columns.end()) columns.push_back(metric.metric);
      }
    }
    if (columns.empty()) return "";
    const std::string entity = show_.label(policy_.entity(rows.front().entity).named);
    std::string out = "\n" + heading(s(options_.all_metrics ? words::metrics_of : words::other_metrics, entity));
    for (std::size_t at = 0; at < columns.size();) {
      std::size_t count = columns.size() - at;
      while (count > 1 && 2 + metric_table(rows, columns, at, count, entity).width() > look_.width) --count;
      if (at > 0) out += "\n";
      out += fitted(metric_table(rows, columns, at, count, entity), look_, 2);
      at += count;
    }
    return out;
  }

  Table metric_table(const std::vector<PeriodOutcome::EntityMetrics>& rows, const std::vector<model::MetricId>& columns,
                     std::size_t from, std::size_t count, const std::string& entity) {
    std::vector<Cell> header{{entity}};
    for (std::size_t i = from; i < from + count; ++i)
      header.push_back(right(show_.label(policy_.metrics[columns[i].index].named)));
    Table table(std::move(header));
    for (const auto& row : rows) {
      std::vector<Cell> cells{{who(row.label, row.key)}};
      for (std::size_t i = from; i < from + count; ++i) {
        const auto found =
            std::find_if(row.values.begin(), row.values.end(), [&](const auto& m) { return m.metric == columns[i]; });
        if (found == row.values.end()) {
          cells.push_back({});
          continue;
        }
        provisional_ = provisional_ || found->provisional;
        const bool is_partial = found->partial && found->value.has_value();
        partial_ = partial_ || is_partial;
        cells.push_back(
            right(show_.value(found->value, found->type(policy_), policy_.metrics[found->metric.index].show) +
                      (found->provisional ? "*" : "") + (is_partial ? "^" : ""),
                  found->value.has_value() ? Ink::plain : Ink::dim));
      }
      table.add(std::move(cells));
    }
    return table;
  }

  std::string payouts(const PeriodOutcome& period) {
    std::string out;
    for (const eval::PayoutResult& result : period.payouts) out += "\n" + payout(result);
    return out;
  }

  std::string payout(const eval::PayoutResult& result) {
    const model::Payout& declared = policy_.payouts[result.payout.index];
    const std::string name = show_.label(declared.named);
    std::string out = heading(declared.payee.empty() ? name : s(words::payout_to, name, payee(declared.payee)));
    const bool dates =
        std::any_of(result.rows.begin(), result.rows.end(), [](const auto& row) { return row.earned || row.payable; });
    std::vector<Cell> header{{show_.label(policy_.entity(declared.entity).named)},
                             right(std::string(w(words::amount))),
                             {std::string(w(words::status))}};
    if (dates) {
      header.push_back({std::string(w(words::earned_from))});
      header.push_back({std::string(w(words::payable_from))});
    }
    Table table(std::move(header));
    for (const eval::PayoutRowResult& row : result.rows) {
      std::vector<Cell> cells{{who(row.label, row.key)}, right(money(row.amount, declared.currency)), status(row)};
      if (dates) {
        cells.push_back({row.earned ? row.earned->to_string() : ""});
        cells.push_back({row.payable ? row.payable->to_string() : ""});
      }
      table.add(std::move(cells));
      if (row.status == PayoutStatus::no_value)
        table.add_line({s(words::because, who(row.label, row.key), show_.reason(row.reason)), false, Ink::yellow});
      for (const auto& penalty : row.base_penalties) {
        const std::string label = show_.label(declared.penalties[penalty.penalty].named);
        table.add_line({s(words::base_penalty, label, money(penalty.amount, declared.currency)), false, Ink::yellow});
      }
      if (options_.verbose && !row.steps.empty()) table.add_line({s(words::step_list, steps(row)), false, Ink::dim});
    }
    if (result.rows.size() > 1 && result.total.has_value()) {
      table.add({{std::string(w(words::total)), false, Ink::bold},
                 right(money(result.total, declared.currency), Ink::bold),
                 {}});
    }
    out += result.rows.empty()                ? "  " + std::string(w(words::nobody)) + "\n"
           : 2 + table.width() <= look_.width ? table.text(look_, 2, 4)
                                              : table.stacked_text(look_, 2);
    if (result.budget) {
      const std::string budget = show_.money(*result.budget, declared.currency);
      out += "  " +
             (result.budget_factor ? s(words::budget_scaled, budget, show_.percent(*result.budget_factor, 2))
                                   : s(words::budget_line, budget)) +
             "\n";
    }
    if (result.needs_recorded_runs) out += "  " + std::string(w(words::needs_recorded_runs)) + "\n";
    return out;
  }

  std::string payee(const std::string& name) const {
    if (name == "employee") return std::string(w(words::payee_employee));
    if (name == "agency") return std::string(w(words::payee_agency));
    if (name == "creator") return std::string(w(words::payee_creator));
    return visible(name);
  }

  std::string money(const value::Value& amount, value::Currency currency) {
    return amount.has_value() ? show_.money(amount.number(), currency) : "-";
  }

  std::string steps(const eval::PayoutRowResult& row) {
    std::string out;
    for (const eval::PayoutStep& step : row.steps) {
      if (!out.empty()) out += " > ";
      out += step_word(step.step, look_.language) + (step.name.empty() ? "" : " " + visible(step.name)) + " ";
      out += step.value.has_value() ? value::to_string(step.value) : show_.reason(step.value.reason());
    }
    return out;
  }

  Cell status(const eval::PayoutRowResult& row) const {
    switch (row.status) {
      case PayoutStatus::ok:
        return {payable_text(false, row.reason, look_.language), false,
                row.why == eval::PendingWhy::none ? Ink::green : Ink::yellow};
      case PayoutStatus::trial:
        return {std::string(w(words::status_trial)), false, Ink::yellow};
      case PayoutStatus::pending:
        return {payable_text(true, row.reason, look_.language), false, Ink::yellow};
      case PayoutStatus::not_paid:
        return {std::string(w(words::not_paid)), false, Ink::red};
      case PayoutStatus::unscored:
        return {std::string(w(words::unscored)), false, Ink::yellow};
      case PayoutStatus::no_value:
        return {std::string(w(words::no_value)), false, Ink::yellow};
    }
    return {};
  }

  std::string alerts(const PeriodOutcome& period) {
    if (period.alert_summaries.empty() && period.alerts.empty())
      return "";  // none was looked at: they are part of a longer period of this run
    std::string out = "\n" + heading(w(words::alerts));
    const bool messages = std::any_of(period.alerts.begin(), period.alerts.end(),
                                      [](const auto& alert) { return !alert.message.empty(); });
    std::vector<Cell> header;
    for (const Word column : {words::severity, words::alert, words::whom, words::period})
      header.push_back({std::string(w(column))});
    if (messages) header.push_back({std::string(w(words::message))});
    Table table(std::move(header));
    for (const eval::AlertResult& alert : period.alerts) {
      const model::Alert& declared = policy_.alerts[alert.alert.index];
      std::vector<Cell> cells{severity(declared.severity),
                              {show_.label(declared.named)},
                              {who(alert.label, alert.key)},
                              {alert.period.to_string()}};
      if (messages) cells.push_back({visible(alert.message)});
      table.add(std::move(cells));
    }
    out += table.empty() ? "  " + std::string(w(words::no_alerts)) + "\n" : fitted(table, look_, 2);
    for (const eval::AlertSummary& summary : period.alert_summaries) {
      if (summary.without_value == 0) continue;
      out += "  " +
             paint(s(words::alert_without_value, show_.label(policy_.alerts[summary.alert.index].named),
                     summary.without_value),
                   Ink::dim, look_) +
             "\n";
    }
    return out;
  }

  Cell severity(const std::string& name) const {
    if (name == "critical") return {std::string(w(words::severity_critical)), false, Ink::red};
    if (name == "warning") return {std::string(w(words::severity_warning)), false, Ink::yellow};
    if (name == "info") return {std::string(w(words::severity_info)), false, Ink::cyan};
    return {visible(name)};
  }

  // Where the sums do not fit beside the counts, they stand below them.
  std::string exclusions(const PeriodOutcome& period) {
    if (policy_.exclusions.empty()) return "";
    Table table = exclusion_table(period, true);
    if (2 + table.width() > look_.width) table = exclusion_table(period, false);
    const std::string body = table.empty()                      ? "  " + std::string(w(words::no_exclusions)) + "\n"
                             : 2 + table.width() <= look_.width ? table.text(look_, 2, 4)
                                                                : table.stacked_text(look_, 2);
    const bool undecided = std::any_of(period.exclusions.begin(), period.exclusions.end(),
                                       [](const auto& count) { return count.undecided > 0; });
    const std::string note = undecided ? "  " + paint(w(words::undecided_note), Ink::dim, look_) + "\n" : "";
    return "\n" + heading(w(words::exclusions)) + body + note;
  }

  Table exclusion_table(const PeriodOutcome& period, bool money_beside) {
    std::vector<Cell> header{{std::string(w(words::exclusion))},
                             {std::string(w(words::kind))},
                             {std::string(w(words::events))},
                             right(std::string(w(words::rows))),
                             right(std::string(w(words::also_hit)))};
    const bool undecided = std::any_of(period.exclusions.begin(), period.exclusions.end(),
                                       [](const auto& count) { return count.undecided > 0; });
    if (undecided) header.push_back(right(std::string(w(words::undecided))));
    if (money_beside) header.push_back({std::string(w(words::money_out))});
    Table table(std::move(header));
    for (const eval::ExclusionCount& count : period.exclusions) {
      if (!options_.verbose && count.rows == 0 && count.noted == 0 && count.undecided == 0) continue;
      const model::Exclusion& declared = policy_.exclusions[count.exclusion.index];
      std::vector<Cell> cells{{show_.label(declared.named)},
                              {kind(declared.kind)},
                              {show_.label(policy_.event(count.events).named)},
                              right(grouped(count.rows)),
                              right(count.noted ? grouped(count.noted) : "")};
      if (undecided) cells.push_back(right(count.undecided ? grouped(count.undecided) : ""));
      const std::string money = amounts(count.events, count.money);
      if (money_beside) cells.push_back({money});
      table.add(std::move(cells));
      if (!money_beside && !money.empty()) table.add_line({money, false, Ink::dim});
    }
    return table;
  }

  std::string amounts(model::EventsId events, const std::map<std::string, std::map<std::string, Number>>& money) {
    std::string out;
    for (const auto& [field, sums] : money) {
      for (const auto& [code, sum] : sums) {
        if (sum.is_zero()) continue;
        const auto currency = value::Currency::parse(code);
        out += (out.empty() ? std::string() : std::string(w(words::list_comma))) + column(events, field) + " " +
               (currency ? show_.money(sum, *currency) : sum.to_string() + " " + code);
      }
    }
    return out;
  }

  /// What reports call the field.
  std::string column(model::EventsId events, const std::string& field) const {
    for (const model::Field& of : policy_.event(events).fields) {
      if (of.named.name == field) return show_.label(of.named);
    }
    return field;
  }

  /// The kind of an exclusion; in English it is the word of the language.
  std::string kind(const std::string& name) const {
    static constexpr std::pair<std::string_view, const char*> kChinese[] = {
        {"test", "测试"}, {"fake", "刷单"},     {"cancelled", "取消"}, {"sample", "样品"},
        {"gift", "赠品"}, {"internal", "内部"}, {"other", "其他"}};
    for (const auto& [english, chinese] : kChinese) {
      if (look_.language == Language::zh && name == english) return chinese;
    }
    return name;
  }

  static std::string grouped(std::uint64_t count) {
    return Number::from_int128(static_cast<value::Int128>(count)).to_fixed(0, true);
  }

  std::string data() {
    if (policy_.events.empty()) return "";
    const auto any = [&](auto member) {
      return std::any_of(run_.outcome.events.begin(), run_.outcome.events.end(),
                         [&](const auto& info) { return info.*member > 0; });
    };
    const bool set_aside = any(&eval::EventsInfo::quarantined), duplicates = any(&eval::EventsInfo::duplicates);
    std::vector<Cell> header{
        {std::string(w(words::events))}, right(std::string(w(words::rows))), right(std::string(w(words::excluded)))};
    if (set_aside) header.push_back(right(std::string(w(words::set_aside))));
    if (duplicates) header.push_back(right(std::string(w(words::duplicates))));
    header.push_back({std::string(w(words::first_event))});
    header.push_back({std::string(w(words::last_event))});
    Table table(std::move(header));
    for (std::size_t i = 0; i < run_.outcome.events.size() && i < policy_.events.size(); ++i) {
      const eval::EventsInfo& info = run_.outcome.events[i];
      std::vector<Cell> cells{
          {show_.label(policy_.events[i].named)}, right(grouped(info.rows)), right(grouped(info.excluded))};
      if (set_aside) cells.push_back(right(grouped(info.quarantined)));
      if (duplicates) cells.push_back(right(grouped(info.duplicates)));
      cells.push_back({info.first ? show_.instant(*info.first) : ""});
      cells.push_back({info.last ? show_.instant(*info.last) : ""});
      table.add(std::move(cells));
    }
    std::string out = heading(w(words::data)) + fitted(table, look_, 2) + unowned();
    for (const auto& count : run_.outcome.entities) {
      out += "  " +
             say(count.quarantined == 1 ? words::entity_row_set_aside : words::entity_rows_set_aside, look_.language,
                 show_.label(policy_.entity(count.entity).named), grouped(count.quarantined)) +
             "\n";
    }
    return out;
  }

  /// Rows that count for the company alone.
  std::string unowned() {
    std::string out;
    for (std::uint32_t i = 0; i < run_.outcome.events.size() && i < policy_.events.size(); ++i) {
      for (const eval::UnownedRows& rows : run_.outcome.events[i].unowned) {
        const std::string money = amounts(model::EventsId{i}, rows.money);
        out += "  " +
               paint(s(rows.rows == 1 ? words::row_unowned : words::rows_unowned,
                       show_.label(policy_.events[i].named), grouped(rows.rows),
                       show_.label(policy_.entity(rows.entity).named)) +
                         (money.empty() ? "" : s(words::in_brackets, money)),
                     Ink::yellow, look_) +
               "\n";
      }
    }
    return out;
  }

  std::string footnotes() const {
    std::string out;
    if (show_.rounded()) out += std::string(w(words::rounded_note)) + "\n";
    if (provisional_) out += std::string(w(words::provisional_note)) + "\n";
    if (partial_) out += std::string(w(words::partial_note)) + "\n";
    if (scaled_weights_) out += std::string(w(words::weight_note)) + "\n";
    return out.empty() ? "" : "\n" + paint(out, Ink::dim, look_);
  }

  const Policy& policy_;
  const eval::Run& run_;
  const RunTextOptions& options_;
  const Look& look_;
  Show show_;
  bool provisional_ = false, partial_ = false, scaled_weights_ = false;
};

}  // namespace

std::string run_text(const Policy& policy, const eval::Run& run, const RunTextOptions& options, const Look& look) {
  return RunWriter(policy, run, options, look).write();
}

}  // namespace kpi::report
