#include "interpreter/report/explain_text.hpp"

#include <algorithm>

#include "interpreter/model/texts.hpp"
#include "interpreter/report/explain_words.hpp"
#include "interpreter/report/next_steps_text.hpp"
#include "interpreter/report/show.hpp"
#include "interpreter/report/table.hpp"
#include "interpreter/report/visible.hpp"
#include "interpreter/report/words.hpp"

namespace kpi::report {
namespace {

using eval::ExplainNode;
using Kind = ExplainNode::Kind;
using model::Policy;
using value::Value;

constexpr std::size_t kStep = 2;  // indent of each level

class ExplainWriter {
 public:
  ExplainWriter(const Policy& bound, const eval::AggregateStore* store, const Look& look)
      : policy_(bound), look_(look), show_(bound, store, look.language) {}

  std::string write(const eval::SubjectExplanation& subject, value::Period period, bool why_not) {
    subject_ = subject.entity;
    const std::string entity = show_.label(policy_.entity(subject.entity).named);
    std::string out =
        paint(entity + " " + who(subject.label, subject.key) + w(words::comma) + period.to_string(), Ink::bold, look_) +
        "\n";
    for (const auto* nodes : {&subject.payouts, &subject.scorecards}) {
      for (const ExplainNode& node : *nodes) out += "\n" + tree(node, 0);
    }
    if (!subject.metrics.empty()) out += "\n" + paint(w(words::further_metrics), Ink::bold, look_) + "\n";
    for (const ExplainNode& node : subject.metrics) out += tree(node, kStep);
    if (why_not) out += "\n" + next_steps_text(policy_, subject.next_steps, show_, look_);
    for (const eval::ExplainedRows& rows : subject.rows) out += rows_text(rows);
    return out;
  }

 private:
  std::string w(Word which) const { return std::string(word(which, look_.language)); }
  template <class... Arguments>
  std::string s(Word which, const Arguments&... arguments) const {
    return say(which, look_.language, arguments...);
  }

  std::string colon() const { return w(words::after_title); }

  std::string name(const ExplainNode& node) const { return node.named ? show_.label(*node.named) : visible(node.name); }

  std::string tree(const ExplainNode& node, std::size_t indent) {
    const std::string margin(indent, ' ');
    const bool root = node.kind == Kind::payout || node.kind == Kind::scorecard;
    if (node.kind == Kind::payout) payout_ = payout_named(node.name);
    std::string out = margin + paint(title(node), root ? Ink::bold : Ink::plain, look_) + "\n";
    for (const std::string& line : details(node))
      out += margin + std::string(kStep, ' ') + paint(line, Ink::dim, look_) + "\n";
    for (const ExplainNode& child : node.children) out += tree(child, indent + kStep);
    return out;
  }

  std::string title(const ExplainNode& node) {
    switch (node.kind) {
      case Kind::payout:
        if (!node.value.has_value()) return name(node) + colon() + status_text(node.note);
        return name(node) + " = " + value(node) + status(node.note);
      case Kind::step:
        return step(node) + " = " + value(node);
      case Kind::base_penalty:
        return s(words::base_penalty, name(node), value(node));
      case Kind::scorecard:
        return node.value.has_value() ? name(node) + colon() + s(words::score_is, value(node))
                                      : name(node) + colon() + s(words::unscored_because, show_.reason(node.note));
      case Kind::phase:
        return w(words::phase) + colon() + (node.note.empty() ? name(node) : show_.reason(node.note));
      case Kind::score_row:
        return name(node) + colon() + s(node.value.has_value() ? words::points_are : words::no_points, value(node));
      case Kind::gate:
        return gate(node);
      case Kind::need:
        return need(node);
      case Kind::other_window:
        return visible(node.formula) + " = " + value(node) + where(node);
      case Kind::aggregate:
        return visible(node.formula) + " = " + value(node) + where(node) + rows_read(node);
      case Kind::metric:
      case Kind::curve:
      case Kind::table:
        break;
    }
    return name(node) + " = " + value(node) + where(node) + (node.repeated ? " " + w(words::explained_above) : "");
  }

  std::vector<std::string> details(const ExplainNode& node) {
    std::vector<std::string> lines;
    if (node.kind == Kind::score_row) return score_row(node);
    const bool formula_in_title =
        node.kind == Kind::aggregate || node.kind == Kind::other_window || node.kind == Kind::need;
    if (!formula_in_title && !node.repeated && !node.formula.empty() && !is_one_part(node)) {
      lines.push_back(visible(node.formula));
      if (!node.with_values.empty() && node.with_values != node.formula) {
        const std::string here = visible(node.with_values);
        lines.push_back(node.type.kind == value::Kind::boolean ? s(outcome_word(node), here) : "= " + here);
      }
    }
    if (node.kind == Kind::other_window) add_members(node, lines);
    if (node.kind == Kind::step && node.name == "pool_share") add_pool(node, lines);
    if (node.kind == Kind::curve && !node.facts.empty()) {
      const std::string input = fact(node.facts.front());
      lines.push_back(node.segment.empty() ? input : s(words::curve_part, input, visible(node.segment)));
    }
    if (node.kind == Kind::step && node.name == "rounding" && payout_) {
      const value::Number unit = value::Number::power_of_ten(-payout_->currency.minor_digits());
      lines.push_back(s(words::rounding_to, w(rounding_word(payout_->rounding)),
                        unit.to_string() + " " + std::string(payout_->currency.code())));
    }
    if (node.kind == Kind::table) {
      std::string inputs;
      for (const auto& given : node.facts)
        inputs +=
            (inputs.empty() ? "" : w(words::comma)) + visible(given.word) + " = " + exact(given.value, given.type);
      lines.push_back(node.segment.empty() ? inputs : s(words::table_row, inputs, node.segment));
    }
    if (node.kind == Kind::step && node.name == "budget" && !node.facts.empty())
      lines.push_back(fact(node.facts.front()));
    if (node.kind == Kind::scorecard && !node.facts.empty() && node.value.has_value() &&
        !(node.facts.front().value == node.value)) {
      lines.push_back(s(words::before_gates, exact(node.facts.front().value, node.facts.front().type)));
    }
    if (node.kind == Kind::scorecard) add_sum(node, lines);
    if (const auto* base = node.kind == Kind::payout ? find(node, "base") : nullptr; base && base->value.has_value())
      lines.push_back(s(words::base_pay_apart, exact(base->value, base->type)));
    return lines;
  }

  /// The numbers of a share, and whom a total, a share or a rank is taken over.
  void add_members(const ExplainNode& node, std::vector<std::string>& lines) {
    if (!node.with_values.empty()) lines.push_back("= " + visible(node.with_values));
    if (node.members.empty()) return;
    std::string list;
    for (const auto& member : node.members) {
      list += (list.empty() ? "" : w(words::comma)) + who(member.label, member.key) + " " +
              show_.value(member.value, member.type);
    }
    if (node.members_total > node.members.size())
      list += w(words::comma) + s(words::and_others, node.members_total - node.members.size());
    lines.push_back(s(words::taken_over, node.members_total, list));
  }

  /// pool * measure / sum of it.
  void add_pool(const ExplainNode& node, std::vector<std::string>& lines) {
    const auto *pool = find(node, "input"), *measure = find(node, "measure"), *sum = find(node, "sum"),
               *payees = find(node, "payees"), *group = find(node, "group");
    if (pool == nullptr || measure == nullptr || sum == nullptr || payees == nullptr) return;
    const std::string own = exact(measure->value, measure->type), all = exact(sum->value, sum->type);
    const bool anyone = sum->value.has_value() && !sum->value.number().is_zero();
    if (anyone) lines.push_back("= " + exact(pool->value, pool->type) + " * " + own + " / " + all);
    const std::string count = exact(payees->value, payees->type);
    const std::string of =
        group ? s(words::payees_of_group, count, exact(group->value, group->type)) : s(words::payees_of_pool, count);
    lines.push_back(s(words::shared_by, visible(node.measured), own, of, all));
    if (!payout_) return;
    const value::Number unit = value::Number::power_of_ten(-payout_->currency.minor_digits());
    lines.push_back(s(words::shares_add_up, unit.to_string() + " " + std::string(payout_->currency.code())));
  }

  /// Whether the condition of the node holds; that of a phase does when the phase is known.
  static Word outcome_word(const ExplainNode& node) {
    if (node.kind == Kind::phase) return node.note.empty() ? words::condition_holds : words::condition_with_values;
    if (!node.value.is<bool>()) return words::condition_with_values;
    return node.value.boolean() ? words::condition_holds : words::condition_fails;
  }

  static Word rounding_word(value::Rounding rounding) {
    switch (rounding) {
      case value::Rounding::half_up:
        return words::half_up;
      case value::Rounding::half_down:
        return words::half_down;
      case value::Rounding::up:
        return words::away_from_zero;
      case value::Rounding::down:
        return words::toward_zero;
      case value::Rounding::ceiling:
        return words::to_higher;
      case value::Rounding::floor:
        return words::to_lower;
      case value::Rounding::half_even:
        break;
    }
    return words::to_even;
  }

  std::string need(const ExplainNode& node) {
    std::string text = visible(node.formula);
    if (!node.value.is<bool>()) return s(words::needs_undecided, text, show_.reason(node.value.reason()));
    if (!node.with_values.empty() && node.with_values != node.formula)
      text += s(words::in_brackets, visible(node.with_values));
    return s(node.value.boolean() ? words::needs_met : words::needs_not_met, text);
  }

  /// `= count(violations)` says nothing that the aggregate, or `rolling(m, 3)`, below does not say itself.
  static bool is_one_part(const ExplainNode& node) {
    if (node.kind != Kind::metric || node.children.size() != 1) return false;
    const ExplainNode& part = node.children[0];
    return (part.kind == Kind::aggregate || part.kind == Kind::other_window) && part.formula == node.formula;
  }

  /// The score before gates as the sum of its weighted points.
  void add_sum(const ExplainNode& node, std::vector<std::string>& lines) {
    std::string sum;
    for (const ExplainNode& child : node.children) {
      const auto* weighted = child.kind == Kind::score_row ? find(child, "weighted") : nullptr;
      if (weighted == nullptr || !weighted->value.has_value()) continue;
      sum += (sum.empty() ? "= " : " + ") + show_.value(weighted->value, weighted->type);
    }
    if (sum.find(" + ") != std::string::npos) lines.push_back(sum);
  }

  const model::Payout* payout_named(const std::string& name_of_payout) const {
    for (const model::Payout& payout : policy_.payouts) {
      if (payout.named.name == name_of_payout) return &payout;
    }
    return nullptr;
  }

  /// How the metric that the node is about wants to be shown.
  model::Metric::Show show_of(const ExplainNode& node) const {
    for (const model::Metric& metric : policy_.metrics) {
      if (&metric.named == node.named) return metric.show;
    }
    return {};
  }

  const ExplainNode::Fact* find(const ExplainNode& node, std::string_view word_of_fact) const {
    const auto found =
        std::find_if(node.facts.begin(), node.facts.end(), [&](const auto& item) { return item.word == word_of_fact; });
    return found == node.facts.end() ? nullptr : &*found;
  }

  // actual and target, the form of attainment with numbers, the curve's part, and the weighting: one line each.
  std::vector<std::string> score_row(const ExplainNode& node) {
    std::vector<std::string> lines;
    const model::Metric::Show as_metric = show_of(node);
    const auto text = [&](std::string_view which) {
      const auto* found = find(node, which);
      if (!found) return std::string("-");
      const bool of_metric = which == "actual" || which == "target" || which == "base";
      const bool share = which == "attainment" || which == "weight" || which == "effective_weight";
      return exact(found->value, found->type, of_metric ? as_metric : share ? kShare : kPlain);
    };
    std::string target = w(words::target) + " " + text("target");
    if (!node.formula.empty() && !node.with_values.empty()) target += " = " + visible(node.formula);
    lines.push_back(w(words::actual) + " " + text("actual") + w(words::comma) + target);
    const auto* attained = find(node, "attainment");
    if (attained && !attained->value.has_value()) {
      lines.push_back(s(words::attainment_without_value, w(words::attainment), text("attainment")));
    } else if (attained) {
      std::string formula;
      if (node.note == "ratio") formula = text("actual") + " / " + text("target");
      if (node.note == "mirror") formula = "2 - " + text("actual") + " / " + text("target");
      if (node.note == "inverse") formula = text("target") + " / " + text("actual");
      if (node.note == "from")
        formula = "(" + text("actual") + " - " + text("base") + ") / (" + text("target") + " - " + text("base") + ")";
      lines.push_back(w(words::attainment) + " = " + formula + " = " + text("attainment") + form(node.note));
    }
    if (!node.segment.empty() && node.value.has_value())
      lines.push_back(s(words::points_by, points_source(node), text("points")));
    const std::string weight = text(find(node, "effective_weight") ? "effective_weight" : "weight");
    const auto* weighted = find(node, "weighted");
    if (node.value.has_value() && weighted != nullptr && weighted->value.has_value())
      lines.push_back(w(words::weighted) + " = " + text("points") + " * " + weight + " = " + text("weighted"));
    return lines;
  }

  /// `linear`, or the curve with the part of it that was used.
  std::string points_source(const ExplainNode& node) const {
    if (node.curve == nullptr) return visible(node.segment);
    return s(words::part_of_curve, show_.label(*node.curve), visible(node.segment));
  }

  std::string form(const std::string& note) const {
    if (note == "mirror") return s(words::in_brackets, w(words::attain_mirror));
    if (note == "inverse") return s(words::in_brackets, w(words::attain_inverse));
    if (note == "from") return s(words::in_brackets, w(words::attain_from));
    return s(words::in_brackets, w(words::attain_ratio));
  }

  std::string gate(const ExplainNode& node) {
    if (!node.value.has_value()) return s(words::gate_undecided, name(node), show_.reason(node.value.reason()));
    if (node.value.is<bool>() && node.value.boolean()) return s(words::gate_passed, name(node));
    const auto* limit = find(node, "limit");
    std::string effect = w(words::unscored);
    if (node.note == "score") effect = s(words::gate_sets, limit ? exact(limit->value, limit->type) : "0");
    if (node.note == "at_most") effect = s(words::gate_limits, limit ? exact(limit->value, limit->type) : "0");
    return s(words::gate_failed, name(node), effect);
  }

  std::string step(const ExplainNode& node) const {
    const std::string text = step_word(node.name, look_.language);
    return node.named ? text + " " + show_.label(*node.named) : text;
  }

  std::string status(const std::string& note) const {
    const std::string text = status_text(note);
    return text.empty() ? "" : s(words::in_brackets, text);
  }

  std::string status_text(const std::string& note) const {
    const std::size_t end = std::min(note.find(": "), note.size());
    const std::string head = note.substr(0, end);
    static constexpr std::pair<std::string_view, Word> kStatus[] = {
        {"trial", words::status_trial}, {"not_paid", words::not_paid}, {"unscored", words::unscored},  {"no_value", words::no_value}};
    const std::string reason = note.substr(std::min(end + 2, note.size()));
    if (head == "pending" || head == "ok") return payable_text(head == "pending", reason, look_.language);
    std::string text = head;
    for (const auto& [english, translated] : kStatus) {
      if (head == english) text = w(translated);
    }
    if (end < note.size()) text += colon() + show_.reason(reason);
    return text;
  }

  std::string fact(const ExplainNode::Fact& item) {
    if (item.word == "input") return w(words::input) + " " + exact(item.value, item.type);
    if (item.word == "factor") return w(words::factor) + " " + exact(item.value, item.type);
    return visible(item.word) + " " + exact(item.value, item.type);
  }

  std::string where(const ExplainNode& node) const {
    std::string text;
    if (node.period) text = node.period->to_string();
    if (node.window) {
      const std::string last = value::Date{node.window->end.days - 1}.to_string();
      text =
          node.window->start <= eval::kBeginning ? s(words::up_to, last) : node.window->start.to_string() + ".." + last;
    }
    return text.empty() ? "" : " [" + text + "]";
  }

  std::string rows_read(const ExplainNode& node) const {
    return node.rows_total ? s(words::in_brackets,
                               s(*node.rows_total == 1 ? words::of_rows_one : words::of_rows_many, *node.rows_total))
                           : "";
  }

  std::string value(const ExplainNode& node) {
    return exact(node.value, node.type, node.kind == Kind::metric ? show_of(node) : kPlain);
  }

  /// Whole: `320.00 GBP`, `72.75`, and fractions behind their rounded value: `~96.18 (1058/11)`.
  std::string exact(const Value& value, const value::Type& type, const model::Metric::Show& shown_as = kPlain) {
    if (!value.has_value()) return show_.reason(value.reason());
    const std::string shown = show_.value(value, type, shown_as);
    if (!value.is<value::Number>() || !shown.starts_with('~')) return shown;
    return shown + s(words::in_brackets, value.number().to_string());
  }

  // ---- rows
  // ----------------------------------------------------------------------------------------------------------

  std::string rows_text(const eval::ExplainedRows& rows) {
    const model::Events& events = policy_.event(rows.events);
    std::string name_of_events = show_.label(events.named);
    if (rows.outside)
      name_of_events = s(words::rows_of_days, name_of_events, rows.first.to_string(), rows.last.to_string());
    std::string out;
    if (rows.kept_total > 0) {
      out += "\n" +
             paint(s(rows.kept_total == 1 ? words::row_counted : words::rows_counted, name_of_events, rows.kept_total),
                   Ink::bold, look_) +
             "\n";
      out += row_table(events, rows.kept, false) + more(rows.kept_total, rows.kept.size());
    }
    if (rows.excluded_total > 0) {
      out += "\n" +
             paint(s(rows.excluded_total == 1 ? words::row_taken_out : words::rows_taken_out, name_of_events,
                     rows.excluded_total),
                   Ink::bold, look_) +
             "\n";
      out += row_table(events, rows.excluded, true) + more(rows.excluded_total, rows.excluded.size());
      out += reasons(rows.excluded);
    }
    return out;
  }

  /// Why the policy leaves such rows out, in its own words.
  std::string reasons(const std::vector<eval::TracedRow>& rows) const {
    std::string out;
    for (std::size_t index = 0; index < policy_.exclusions.size(); ++index) {
      const model::Exclusion& exclusion = policy_.exclusions[index];
      const auto is_hit = [&](const eval::TracedRow& row) {
        return std::any_of(row.hits.begin(), row.hits.end(), [&](const auto& hit) { return hit.index == index; });
      };
      if (exclusion.because.empty() || !std::any_of(rows.begin(), rows.end(), is_hit)) continue;
      const std::string why = model::text_of(policy_, exclusion.named.name, "because", exclusion.because,
                                             look_.language == Language::zh ? "zh" : "en");
      out += "  " + s(words::because_of, show_.label(exclusion.named), visible(why)) + "\n";
    }
    return out;
  }

  std::string more(std::uint64_t total, std::size_t shown) const {
    return total > shown ? "  " + s(words::and_more, total - shown) + "\n" : "";
  }

  std::string row_table(const model::Events& events, const std::vector<eval::TracedRow>& rows, bool excluded) {
    if (rows.empty()) return "";
    std::vector<model::FieldId> columns;
    for (const auto& [id, content] : rows.front().fields) {
      const model::Field& field = events.fields[id.index];
      const bool is_subject = field.type.kind == value::Kind::entity && field.type.index == subject_.index;
      if (!field.key && id != events.time && !is_subject) columns.push_back(id);
    }
    Table table = rows_as_table(events, rows, columns, excluded);
    // What does not fit is left out from the right; the key, the time and the reason stay.
    while (!columns.empty() && kStep + table.width() > look_.width) {
      columns.pop_back();
      table = rows_as_table(events, rows, columns, excluded);
    }
    return fitted(table, look_, kStep);
  }

  Table rows_as_table(const model::Events& events, const std::vector<eval::TracedRow>& rows,
                      const std::vector<model::FieldId>& columns, bool excluded) {
    std::vector<Cell> header{{w(words::row)}, {w(words::time)}};
    if (excluded) header.push_back({w(words::taken_out_by)});
    for (const model::FieldId id : columns) {
      const model::Field& field = events.fields[id.index];
      const bool number = field.type.kind == value::Kind::number;
      header.push_back({show_.label(field.named), number});
    }
    Table table(std::move(header));
    for (const eval::TracedRow& row : rows) {
      std::vector<Cell> cells{{visible(row.key)}, {row.time ? show_.instant(*row.time) : row.day.to_string()}};
      if (excluded) {
        std::string by;
        for (const model::ExclusionId hit : row.hits)
          by += (by.empty() ? "" : w(words::list_comma)) + show_.label(policy_.exclusions[hit.index].named);
        cells.push_back({by});
      }
      for (const model::FieldId id : columns) {
        const auto found =
            std::find_if(row.fields.begin(), row.fields.end(), [&](const auto& item) { return item.first == id; });
        const bool present = found != row.fields.end() && found->second.has_value();
        cells.push_back({present ? show_.value(found->second, events.fields[id.index].type) : ""});
      }
      table.add(std::move(cells));
    }
    return table;
  }

  static inline const model::Metric::Show kPlain{};
  static inline const model::Metric::Show kShare{model::Metric::Show::Kind::percent, 2, ""};

  const Policy& policy_;
  const Look& look_;
  Show show_;
  model::EntityId subject_;
  const model::Payout* payout_ = nullptr;  // whose steps are written
};

}  // namespace

std::string explain_text(const Policy& policy, const eval::Explanation& explanation, value::Period period, bool why_not,
                         const Look& look) {
  std::string out;
  for (const eval::SubjectExplanation& subject : explanation.subjects) {
    if (!out.empty()) out += "\n";
    out += ExplainWriter(policy, explanation.store.get(), look).write(subject, period, why_not);
  }
  return out;
}

}  // namespace kpi::report
