#include "interpreter/report/scorecard_text.hpp"

#include "interpreter/report/words.hpp"

namespace kpi::report {
namespace {

using eval::ScorecardRowResult;
using eval::ScoreRowResult;
using model::Attain;

constexpr std::size_t kIndent = 2;

Word form_word(Attain attain) {
  switch (attain) {
    case Attain::ratio:
      return words::by_ratio;
    case Attain::mirror:
      return words::by_mirror;
    case Attain::inverse:
      return words::by_inverse;
    case Attain::from:
      return words::by_from;
    case Attain::none:
      break;
  }
  return words::by_itself;
}

}  // namespace

std::string ScorecardWriter::write(const eval::ScorecardResult& result) {
  const model::Scorecard& scorecard = policy_.scorecards[result.scorecard.index];
  const std::string head = title(scorecard, result.rows.size()) + forms(scorecard);
  if (result.rows.empty()) return head + "  " + std::string(word(words::nobody, look_.language)) + "\n";
  if (scorecard.rows.size() <= 1) {
    const Table table = flat(scorecard, result);
    if (kIndent + table.width() <= look_.width) return head + table.text(look_, kIndent, 2 * kIndent);
  }
  const Table table = blocks(scorecard, result, false);
  if (kIndent + table.width() <= look_.width) return head + table.text(look_, kIndent, 0);
  return head + blocks(scorecard, result, true).text(look_, 2 * kIndent, 0);
}

std::string ScorecardWriter::title(const model::Scorecard& scorecard, std::size_t people) const {
  const std::string entity = show_.label(policy_.entity(scorecard.entity).named);
  std::string text = say(words::scorecard_title, look_.language, show_.label(scorecard.named), entity, people);
  if (scorecard.rows.size() == 1)
    text += std::string(word(words::after_title, look_.language)) +
            show_.label(policy_.metrics[scorecard.rows.front().metric.index].named);
  return paint(text, Ink::bold, look_) + "\n";
}

// How attainment is reckoned stands once above the table, since it is the same for everybody.
std::string ScorecardWriter::forms(const model::Scorecard& scorecard) const {
  std::string out;
  for (const Attain attain : {Attain::ratio, Attain::mirror, Attain::inverse, Attain::from, Attain::none}) {
    std::string names;
    for (const model::ScorecardRow& row : scorecard.rows) {
      if (row.attain != attain) continue;
      names += (names.empty() ? std::string() : std::string(word(words::list_comma, look_.language))) +
               show_.label(policy_.metrics[row.metric.index].named);
    }
    if (!names.empty()) out += "  " + paint(say(form_word(attain), look_.language, names), Ink::dim, look_) + "\n";
  }
  return out;
}

Table ScorecardWriter::blocks(const model::Scorecard& scorecard, const eval::ScorecardResult& result, bool name_above) {
  const auto w = [&](Word which) { return std::string(word(which, look_.language)); };
  std::vector<Cell> header;
  if (!name_above) header.push_back({w(words::metric)});
  for (const Word column : {words::actual, words::target, words::attainment}) header.push_back(right(w(column)));
  for (const Word column : {words::points, words::weight, words::weighted}) header.push_back(right(w(column)));
  Table table(std::move(header));
  for (const ScorecardRowResult& row : result.rows) add_block(table, scorecard, row, name_above);
  return table;
}

void ScorecardWriter::add_block(Table& table, const model::Scorecard& scorecard, const ScorecardRowResult& row,
                                bool name_above) {
  if (!table.empty()) table.add_line({});
  const std::string stage = phase(scorecard, row);
  table.add_line(
      {who(row.label, row.key) + (stage.empty() ? "" : std::string(word(words::comma, look_.language)) + stage), false,
       Ink::bold},
      score(row));
  for (const ScoreRowResult& metric : row.metrics) {
    const std::string name = show_.label(policy_.metrics[metric.metric.index].named);
    std::vector<Cell> cells = figures(metric);
    if (name_above) {
      table.add_line({"  " + name});
    } else {
      cells.insert(cells.begin(), {name});
    }
    table.add(std::move(cells));
  }
  std::string passed;
  for (const eval::GateResult& result : row.gates) {
    if (result.passed == true) {
      passed += (passed.empty() ? std::string() : std::string(word(words::list_comma, look_.language))) +
                show_.label(scorecard.gates[result.gate].named);
      continue;
    }
    Cell line = gate(scorecard, result);
    line.text.insert(0, "  ");
    table.add_line(std::move(line));
  }
  if (!passed.empty()) table.add_line({"  " + say(words::gate_passed, look_.language, passed), false, Ink::dim});
}

std::vector<Cell> ScorecardWriter::figures(const ScoreRowResult& metric) {
  provisional_ = provisional_ || metric.provisional;
  const auto partial = [&](bool is_partial, const value::Value& value) {
    const bool shown = is_partial && value.has_value();
    partial_ = partial_ || shown;
    return shown ? "^" : "";
  };
  const auto missing = [](const value::Value& value) { return value.has_value() ? Ink::plain : Ink::yellow; };
  // A reason is given once, where the value itself is missing; what follows from it stays empty.
  const bool has_actual = metric.actual.has_value();
  const std::string actual = show_.metric(metric.metric, metric.actual) + (metric.provisional ? "*" : "") +
                             partial(metric.partial, metric.actual);
  const std::string target =
      (metric.target.has_value() ? show_.metric(metric.metric, metric.target) : "-") +
      partial(metric.target_partial, metric.target);
  std::string attainment = "-";
  if (metric.attainment.has_value()) {
    attainment = show_.percent(metric.attainment.number());
  } else if (has_actual && metric.attain != Attain::none) {
    attainment = show_.reason(metric.attainment.reason());
  }
  const auto number = [&](const value::Value& value) {
    return value.has_value() ? show_.fixed(value.number(), 2) : std::string("-");
  };
  return {right(actual, missing(metric.actual)), right(target),         right(attainment),
          right(number(metric.points)),          right(weight(metric)), right(number(metric.weighted))};
}

std::string ScorecardWriter::weight(const ScoreRowResult& metric) {
  if (metric.skipped)
    return std::string(word(words::skipped, look_.language)) + " (" + show_.percent(metric.weight) + ")";
  if (metric.effective_weight == metric.weight) return show_.percent(metric.weight);
  scaled_weights_ = true;
  return show_.percent(metric.effective_weight) + " (" + show_.percent(metric.weight) + ")";
}

Cell ScorecardWriter::score(const ScorecardRowResult& row) {
  provisional_ = provisional_ || row.provisional;
  if (row.status == eval::RowStatus::unscored || !row.score.has_value()) {
    const std::string why =
        row.reason.empty() && !row.score.has_value() ? show_.reason(row.score.reason()) : show_.reason(row.reason);
    return {say(words::unscored_because, look_.language, why), true, Ink::yellow};
  }
  const std::string final_score = show_.fixed(row.score.number(), 2);
  if (row.raw_score.has_value() && !(row.raw_score == row.score)) {
    return {say(words::score_before_gates, look_.language, final_score, show_.fixed(row.raw_score.number(), 2)), true,
            Ink::red};
  }
  return {say(row.provisional ? words::score_provisional : words::score_is, look_.language, final_score), true,
          Ink::bold};
}

std::string ScorecardWriter::phase(const model::Scorecard& scorecard, const ScorecardRowResult& row) const {
  const model::Phases* phases = policy_.phases_of(scorecard.entity);
  if (!row.phase || !phases || *row.phase >= phases->phases.size()) return "";
  return show_.label(phases->phases[*row.phase].named);
}

/// A gate that failed or could not be decided.
Cell ScorecardWriter::gate(const model::Scorecard& scorecard, const eval::GateResult& result) {
  const model::Gate& declared = scorecard.gates[result.gate];
  const std::string name = show_.label(declared.named);
  if (!result.passed)
    return {say(words::gate_undecided, look_.language, name, show_.reason(result.reason)), false, Ink::yellow};
  std::string effect;
  switch (declared.effect) {
    case model::Gate::Effect::score:
      effect = say(words::gate_sets, look_.language, declared.limit.to_string());
      break;
    case model::Gate::Effect::at_most:
      effect = say(words::gate_limits, look_.language, declared.limit.to_string());
      break;
    case model::Gate::Effect::unscored:
      effect = std::string(word(words::unscored, look_.language));
      break;
  }
  return {say(words::gate_failed, look_.language, name, effect), false, Ink::red};
}

Table ScorecardWriter::flat(const model::Scorecard& scorecard, const eval::ScorecardResult& result) {
  const auto w = [&](Word which) { return std::string(word(which, look_.language)); };
  const bool phases = policy_.phases_of(scorecard.entity) != nullptr;
  const bool metric = !scorecard.rows.empty();
  std::vector<Cell> header{{show_.label(policy_.entity(scorecard.entity).named)}};
  if (phases) header.push_back({w(words::phase)});
  if (metric) {
    for (const Word column : {words::actual, words::target, words::attainment}) header.push_back(right(w(column)));
  }
  header.push_back(right(w(words::score)));
  Table table(std::move(header));
  for (const ScorecardRowResult& row : result.rows) {
    std::vector<Cell> cells{{who(row.label, row.key)}};
    if (phases) cells.push_back({phase(scorecard, row)});
    if (metric) {
      std::vector<Cell> numbers = row.metrics.empty() ? std::vector<Cell>(3) : figures(row.metrics.front());
      numbers.resize(3);  // its weight is 100%, so points and weighted points say the same as the score
      cells.insert(cells.end(), numbers.begin(), numbers.end());
    }
    const bool scored = row.status == eval::RowStatus::scored && row.score.has_value();
    cells.push_back(scored ? right(show_.fixed(row.score.number(), 2) + (row.provisional ? "*" : ""), Ink::bold)
                           : right(std::string(word(words::unscored, look_.language)), Ink::yellow));
    table.add(std::move(cells));
    if (scored && row.raw_score.has_value() && !(row.raw_score == row.score)) {
      table.add_line(
          {say(words::before_gates, look_.language, show_.fixed(row.raw_score.number(), 2)), false, Ink::red});
    }
    if (!scored)
      table.add_line({say(words::unscored_because, look_.language, show_.reason(row.reason)), false, Ink::yellow});
    for (const eval::GateResult& result_of_gate : row.gates) {
      if (result_of_gate.passed != true) table.add_line(gate(scorecard, result_of_gate));
    }
  }
  return table;
}

}  // namespace kpi::report
