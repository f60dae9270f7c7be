#include "interpreter/report/diff_text.hpp"

#include "interpreter/report/diff_words.hpp"
#include "interpreter/report/table.hpp"

namespace kpi::report {
namespace {

using diff::Change;
namespace dw = words::diff;

constexpr std::size_t kShown = 20;  // people, without --all

class Writer {
 public:
  Writer(const DiffReport& report, const Look& look)
      : report_(report), look_(look), sentences_(report.policies, look.language, [this](const std::string& text) {
          return paint(text, Ink::cyan, look_);
        }) {}

  std::string write() {
    title();
    changes(report_.diff.changes);
    if (!report_.diff.wording.empty()) {
      heading(w(dw::wording_title));
      for (const Change& change : report_.diff.wording) {
        std::string line = sentences_.heading(change);
        const std::string text = sentences_.change(change);
        if (!text.empty()) line += std::string(word(words::after_title, look_.language)) + text;
        out_ += "  " + line + "\n";
      }
    }
    if (!report_.diff.renames.empty()) {
      heading(w(dw::renamed_title));
      for (const diff::Rename& rename : report_.diff.renames) out_ += "  " + sentences_.rename(rename) + "\n";
    }
    libraries();
    if (report_.effect) effect(*report_.effect);
    return out_;
  }

 private:
  std::string w(const Word& which) const { return std::string(word(which, look_.language)); }
  void heading(const std::string& text) { out_ += "\n" + paint(text, Ink::bold, look_) + "\n"; }

  void title() {
    out_ += paint(sentences_.title(), Ink::bold, look_) + "\n";
    const std::size_t count = report_.diff.changes.size();
    out_ += count == 0 ? w(dw::no_effect) : say(count == 1 ? dw::changes_one : dw::changes_many, look_.language, count);
    out_ += "\n";
  }

  void changes(const std::vector<Change>& list) {
    std::string last;
    for (const Change& change : list) {
      const std::string head = sentences_.heading(change);
      if (head != last) heading(head);
      last = head;
      const std::string text = sentences_.change(change);
      if (!text.empty()) out_ += "  " + text + "\n";
      const std::string concerns = sentences_.concerns(change);
      if (!concerns.empty()) out_ += "    " + paint(concerns, Ink::dim, look_) + "\n";
    }
  }

  void libraries() {
    const diff::Diff& diff = report_.diff;
    if (diff.libraries_added.empty() && diff.libraries_removed.empty() && diff.libraries_changed.empty()) return;
    heading(w(dw::libraries_title));
    const auto list = [&](const std::vector<diff::Library>& items, const Word& form) {
      for (const diff::Library& item : items) out_ += "  " + say(form, look_.language, item.name) + "\n";
    };
    list(diff.libraries_added, dw::library_added);
    list(diff.libraries_removed, dw::library_removed);
    list(diff.libraries_changed, dw::library_changed);
  }

  void effect(const diff::Effect& effect) {
    std::string periods;
    if (!effect.periods.empty()) {
      periods = effect.periods.front().to_string();
      if (effect.periods.size() > 1) periods += ".." + effect.periods.back().to_string();
    }
    heading(say(dw::effect_title, look_.language, periods));
    if (effect.outside_effective) out_ += "  " + w(dw::effect_lifted) + "\n";
    if (effect.is_empty()) {
      out_ += "  " + w(dw::effect_none) + "\n";
      return;
    }
    for (const diff::PayoutTotals& totals : effect.payouts) totals_lines(totals);
    units(effect);
    people(effect);
    scores(effect);
  }

  void totals_lines(const diff::PayoutTotals& totals) {
    Show show(report_.policies.after, nullptr, look_.language);
    const std::string known = sentences_.label(diff::ElementKind::payout, totals.payout);
    out_ += "  " +
            say(dw::effect_totals, look_.language, known.empty() ? totals.payout : known,
                show.money(totals.before, totals.currency), show.money(totals.after, totals.currency),
                sentences_.signed_money(totals.after - totals.before, totals.currency)) +
            "\n";
    std::string line = say(dw::effect_people, look_.language, totals.touched, totals.people, totals.gain, totals.lose);
    const std::string comma = w(words::comma);
    if (totals.newly_without > 0) line += comma + say(dw::effect_unscored, look_.language, totals.newly_without);
    if (totals.newly_with > 0) line += comma + say(dw::effect_scored, look_.language, totals.newly_with);
    if (totals.other_status > 0) line += comma + say(dw::effect_status, look_.language, totals.other_status);
    out_ += "  " + line + "\n";
  }

  void units(const diff::Effect& effect) {
    if (effect.units.empty() || effect.people.empty()) return;
    heading("  " + w(dw::by_change_title));
    Table table({{w(dw::by_change)}, right(w(dw::people)), right(w(dw::amount))});
    for (const diff::Unit& unit : effect.units) {
      std::string amounts;
      for (const auto& [code, amount] : unit.amounts) {
        amounts += (amounts.empty() ? "" : ", ") +
                   sentences_.signed_money(amount, value::Currency::parse(code).value_or(value::Currency()));
      }
      table.add({{sentences_.unit(unit)}, right(std::to_string(unit.people)), right(amounts.empty() ? "0" : amounts)});
    }
    out_ += fitted(table, look_, 4);
  }

  void people(const diff::Effect& effect) {
    if (effect.people.empty()) return;
    heading("  " + w(dw::effect_largest));
    std::size_t count = 0;
    for (const diff::PersonEffect& person : effect.people) {
      if (!report_.all && count == kShown) break;
      ++count;
      const bool status = person.status_before != person.status_after;
      std::string line = who(person.label, person.key);
      if (effect.periods.size() > 1) line += ", " + person.period.to_string();
      if (effect.payouts.size() > 1) line += ", " + sentences_.label(diff::ElementKind::payout, person.payout);
      line = paint(line, Ink::bold, look_);
      line += std::string(word(words::after_title, look_.language)) +
              sentences_.amount(person.before, person.is_before, person.status_before, person.reason_before,
                                person.currency, status) +
              " -> " +
              sentences_.amount(person.after, person.is_after, person.status_after, person.reason_after,
                                person.currency, status);
      const Ink ink = person.difference.sign() < 0 ? Ink::red : Ink::green;
      if (!person.difference.is_zero())
        line += "  " + paint(sentences_.signed_money(person.difference, person.currency), ink, look_);
      out_ += "    " + line + "\n";
      reasons(effect, person);
    }
    if (count < effect.people.size())
      out_ += "    " + say(dw::effect_more, look_.language, effect.people.size() - count) + "\n";
  }

  void reasons(const diff::Effect& effect, const diff::PersonEffect& person) {
    for (const std::string& fact : sentences_.facts(person.facts, person.currency)) out_ += "      " + fact + "\n";
    if (effect.units.size() < 2) return;
    for (const diff::Cause& cause : person.causes) {
      out_ += "      " +
              paint(sentences_.signed_money(cause.amount, person.currency) + "  " +
                        sentences_.unit(effect.units[cause.unit]),
                    Ink::dim, look_) +
              "\n";
    }
  }

  void scores(const diff::Effect& effect) {
    if (effect.scores.empty()) return;
    heading("  " + say(dw::scores_title, look_.language, effect.scores.size()));
    std::size_t count = 0;
    for (const diff::ScoreEffect& score : effect.scores) {
      if (!report_.all && count == kShown) break;
      ++count;
      std::string line = who(score.label, score.key);
      if (effect.periods.size() > 1) line += ", " + score.period.to_string();
      out_ += "    " + line + std::string(word(words::after_title, look_.language)) +
              sentences_.score(score.before, score.is_before, score.reason_before) + " -> " +
              sentences_.score(score.after, score.is_after, score.reason_after) + "\n";
    }
    if (count < effect.scores.size())
      out_ += "    " + say(dw::effect_more, look_.language, effect.scores.size() - count) + "\n";
  }

  const DiffReport& report_;
  const Look& look_;
  DiffSentences sentences_;
  std::string out_;
};

}  // namespace

std::string diff_text(const DiffReport& report, const Look& look) { return Writer(report, look).write(); }

std::string diff_compact(const DiffReport& report, Language language) {
  const DiffSentences sentences(report.policies, language, [](const std::string& text) { return text; });
  std::string out;
  const auto line = [&](const Change& change) {
    const bool after = change.has_after_span;
    const source::SourceMap& sources = after ? report.sources_after : report.sources_before;
    const source::Span span = after ? change.after_span : change.before_span;
    const source::Source& text = sources.get(span.source);
    const source::Position at = text.lines.position(text.text, span.begin);
    const std::string what = sentences.change(change);
    out += text.name + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + ": " +
           std::string(name(change.weight)) + ": " + sentences.heading(change) +
           (what.empty() ? "" : std::string(word(words::after_title, language)) + what) + "\n";
  };
  for (const Change& change : report.diff.changes) line(change);
  for (const Change& change : report.diff.wording) line(change);
  return out;
}

}  // namespace kpi::report
