// The comparison as Markdown, to be read in a pull request.
#include "interpreter/report/diff_text.hpp"
#include "interpreter/report/diff_words.hpp"

namespace kpi::report {
namespace {

using diff::Change;
namespace dw = words::diff;

constexpr std::size_t kShown = 20;

/// For a cell of a table: no bar and no line end.
std::string cell(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '|')
      result += "\\|";
    else if (c == '\n')
      result += "<br>";
    else
      result += c;
  }
  return result;
}

std::string code(const std::string& text) {
  const char* fence = text.find('`') == std::string::npos ? "`" : "``";
  return fence + text + fence;
}

class Writer {
 public:
  Writer(const DiffReport& report, Language language)
      : report_(report), language_(language), sentences_(report.policies, language, code) {}

  std::string write() {
    out_ += "### " + sentences_.title() + "\n\n";
    const std::size_t count = report_.diff.changes.size();
    out_ += "**" +
            (count == 0 ? w(dw::no_effect) : say(count == 1 ? dw::changes_one : dw::changes_many, language_, count)) +
            "**\n";
    changes();
    list(w(dw::wording_title), report_.diff.wording.size(), [&](std::size_t i) {
      const Change& change = report_.diff.wording[i];
      const std::string text = sentences_.change(change);
      return sentences_.heading(change) + (text.empty() ? "" : std::string(word(words::after_title, language_)) + text);
    });
    list(w(dw::renamed_title), report_.diff.renames.size(),
         [&](std::size_t i) { return sentences_.rename(report_.diff.renames[i]); });
    libraries();
    if (report_.effect) effect(*report_.effect);
    return out_;
  }

 private:
  std::string w(const Word& which) const { return std::string(word(which, language_)); }

  template <class Line>
  void list(const std::string& title, std::size_t count, Line line) {
    if (count == 0) return;
    out_ += "\n**" + title + "**\n\n";
    for (std::size_t i = 0; i < count; ++i) out_ += "- " + line(i) + "\n";
  }

  void row(const std::vector<std::string>& cells) {
    for (const std::string& text : cells) out_ += "| " + cell(text) + " ";
    out_ += "|\n";
  }
  void head(const std::vector<std::string>& cells, std::size_t right_from = 99, std::size_t right_to = 99) {
    out_ += "\n";
    row(cells);
    for (std::size_t i = 0; i < cells.size(); ++i) out_ += i >= right_from && i < right_to ? "|---:" : "|---";
    out_ += "|\n";
  }

  void changes() {
    if (report_.diff.changes.empty()) return;
    head({w(dw::col_change), w(dw::col_before), w(dw::col_after), w(dw::col_concerns)});
    for (const Change& change : report_.diff.changes) {
      const std::string none = DiffSentences::is_whole(change) || !change.aspect ? "" : w(dw::not_given);
      std::string what = sentences_.heading(change);
      if (change.kind == diff::ChangeKind::moved) {
        what += std::string(word(words::after_title, language_)) + sentences_.change(change);
      } else if (!DiffSentences::is_whole(change)) {
        what += std::string(word(words::after_title, language_)) + sentences_.subject(change);
      }
      row({what, change.before.empty() ? none : code(change.before), change.after.empty() ? none : code(change.after),
           sentences_.concerns(change, false)});
    }
  }

  void libraries() {
    const diff::Diff& diff = report_.diff;
    std::vector<std::string> lines;
    for (const diff::Library& item : diff.libraries_added)
      lines.push_back(say(dw::library_added, language_, code(item.name)));
    for (const diff::Library& item : diff.libraries_removed)
      lines.push_back(say(dw::library_removed, language_, code(item.name)));
    for (const diff::Library& item : diff.libraries_changed)
      lines.push_back(say(dw::library_changed, language_, code(item.name)));
    list(w(dw::libraries_title), lines.size(), [&](std::size_t i) { return lines[i]; });
  }

  void effect(const diff::Effect& effect) {
    std::string periods;
    if (!effect.periods.empty()) {
      periods = effect.periods.front().to_string();
      if (effect.periods.size() > 1) periods += ".." + effect.periods.back().to_string();
    }
    out_ += "\n#### " + say(dw::effect_title, language_, periods) + "\n\n";
    if (effect.outside_effective) out_ += w(dw::effect_lifted) + "\n\n";
    if (effect.is_empty()) {
      out_ += w(dw::effect_none) + "\n";
      return;
    }
    Show show(report_.policies.after, nullptr, language_);
    for (const diff::PayoutTotals& totals : effect.payouts) {
      const std::string known = sentences_.label(diff::ElementKind::payout, totals.payout);
      out_ += "- **" +
              say(dw::effect_totals, language_, known.empty() ? totals.payout : known,
                  show.money(totals.before, totals.currency), show.money(totals.after, totals.currency),
                  sentences_.signed_money(totals.after - totals.before, totals.currency)) +
              "**";
      out_ += std::string(word(words::comma, language_)) +
              say(dw::effect_people, language_, totals.touched, totals.people, totals.gain, totals.lose);
      if (totals.newly_without > 0) out_ += w(words::comma) + say(dw::effect_unscored, language_, totals.newly_without);
      if (totals.newly_with > 0) out_ += w(words::comma) + say(dw::effect_scored, language_, totals.newly_with);
      if (totals.other_status > 0) out_ += w(words::comma) + say(dw::effect_status, language_, totals.other_status);
      out_ += "\n";
    }
    if (!effect.units.empty() && !effect.people.empty()) {
      out_ += "\n" + w(dw::by_change_title) + "\n";
      head({w(dw::by_change), w(dw::people), w(dw::amount)}, 1);
      for (const diff::Unit& unit : effect.units) {
        std::string amounts;
        for (const auto& [currency, amount] : unit.amounts) {
          amounts += (amounts.empty() ? "" : ", ") +
                     sentences_.signed_money(amount, value::Currency::parse(currency).value_or(value::Currency()));
        }
        row({sentences_.unit(unit), std::to_string(unit.people), amounts.empty() ? "0" : amounts});
      }
    }
    if (!effect.people.empty()) people(effect);
    if (!effect.scores.empty()) scores(effect);
  }

  void people(const diff::Effect& effect) {
    out_ += "\n" + w(dw::effect_largest) + "\n";
    const bool periods = effect.periods.size() > 1;
    std::vector<std::string> header{w(dw::who)};
    if (periods) header.push_back(w(dw::period));
    if (effect.payouts.size() > 1) header.push_back(w(dw::payout_column));
    const std::size_t first_number = header.size();
    for (const Word& each : {dw::before, dw::after, dw::difference}) header.push_back(w(each));
    header.push_back(w(dw::why));
    head(header, first_number, first_number + 3);
    std::size_t count = 0;
    for (const diff::PersonEffect& person : effect.people) {
      if (!report_.all && count++ == kShown) break;
      const bool status = person.status_before != person.status_after;
      std::vector<std::string> cells{who(person.label, person.key)};
      if (periods) cells.push_back(person.period.to_string());
      if (effect.payouts.size() > 1) cells.push_back(sentences_.label(diff::ElementKind::payout, person.payout));
      cells.push_back(sentences_.amount(person.before, person.is_before, person.status_before, person.reason_before,
                                        person.currency, status));
      cells.push_back(sentences_.amount(person.after, person.is_after, person.status_after, person.reason_after,
                                        person.currency, status));
      cells.push_back(sentences_.signed_money(person.difference, person.currency));
      std::string why;
      for (const std::string& fact : sentences_.facts(person.facts, person.currency))
        why += (why.empty() ? "" : "\n") + fact;
      cells.push_back(why);
      row(cells);
    }
    if (!report_.all && effect.people.size() > kShown)
      out_ += "\n" + say(dw::effect_more, language_, effect.people.size() - kShown) + "\n";
  }

  void scores(const diff::Effect& effect) {
    out_ += "\n" + say(dw::scores_title, language_, effect.scores.size()) + "\n";
    std::vector<std::string> header{w(dw::who)};
    if (effect.periods.size() > 1) header.push_back(w(dw::period));
    const std::size_t first_number = header.size();
    header.push_back(w(dw::before));
    header.push_back(w(dw::after));
    head(header, first_number);
    std::size_t count = 0;
    for (const diff::ScoreEffect& score : effect.scores) {
      if (!report_.all && count++ == kShown) break;
      std::vector<std::string> cells{who(score.label, score.key)};
      if (effect.periods.size() > 1) cells.push_back(score.period.to_string());
      cells.push_back(sentences_.score(score.before, score.is_before, score.reason_before));
      cells.push_back(sentences_.score(score.after, score.is_after, score.reason_after));
      row(cells);
    }
    if (!report_.all && effect.scores.size() > kShown)
      out_ += "\n" + say(dw::effect_more, language_, effect.scores.size() - kShown) + "\n";
  }

  const DiffReport& report_;
  Language language_;
  DiffSentences sentences_;
  std::string out_;
};

}  // namespace

std::string diff_markdown(const DiffReport& report, Language language) { return Writer(report, language).write(); }

}  // namespace kpi::report
