// One scorecard of one period as a table.
#pragma once

#include <string>

#include "interpreter/eval/outcome.hpp"
#include "interpreter/report/show.hpp"
#include "interpreter/report/table.hpp"

namespace kpi::report {

/// A scorecard with several metrics is a block per person: a line with name, phase and score, a row per metric, a line
/// per gate; all blocks share their columns. With one metric or none, a person is one row. When the columns do not fit,
/// the metric's name stands above its figures.
class ScorecardWriter {
 public:
  ScorecardWriter(const model::Policy& bound, Show& show, const Look& look)
      : policy_(bound), show_(show), look_(look) {}
  std::string write(const eval::ScorecardResult& result);
  bool has_provisional() const { return provisional_; }
  bool has_partial() const { return partial_; }
  bool has_scaled_weights() const { return scaled_weights_; }

 private:
  std::string title(const model::Scorecard& scorecard, std::size_t people) const;
  std::string forms(const model::Scorecard& scorecard) const;
  Table blocks(const model::Scorecard& scorecard, const eval::ScorecardResult& result, bool name_above);
  Table flat(const model::Scorecard& scorecard, const eval::ScorecardResult& result);
  void add_block(Table& table, const model::Scorecard& scorecard, const eval::ScorecardRowResult& row, bool name_above);
  std::vector<Cell> figures(const eval::ScoreRowResult& metric);
  Cell score(const eval::ScorecardRowResult& row);
  std::string phase(const model::Scorecard& scorecard, const eval::ScorecardRowResult& row) const;
  Cell gate(const model::Scorecard& scorecard, const eval::GateResult& result);
  std::string weight(const eval::ScoreRowResult& metric);

  const model::Policy& policy_;
  Show& show_;
  const Look& look_;
  bool provisional_ = false, partial_ = false, scaled_weights_ = false;
};

}  // namespace kpi::report
