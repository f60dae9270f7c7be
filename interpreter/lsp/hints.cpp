// Inlay hints and code lenses.
#include <algorithm>

#include "interpreter/lsp/features.hpp"
#include "interpreter/model/dump.hpp"
#include "interpreter/value/number.hpp"

namespace kpi::lsp {
namespace {

std::string percent(const value::Number& number) {
  return value::to_string(value::Value(number * value::Number(100))) + "%";
}

/// Behind each weight column of the header: what the column adds up to.
void add_weight_sums(const View& view, const syntax::ScorecardDecl& decl, const model::Scorecard& card,
                     std::vector<Hint>& hints) {
  if (!decl.table || card.rows.size() != decl.table->rows.size()) return;  // a row could not be understood
  std::size_t weight = 0;
  for (const syntax::HeaderCell& cell : decl.table->header) {
    if (cell.words.empty() || cell.words[0].text != "weight") continue;
    value::Number sum(0);
    for (const model::ScorecardRow& row : card.rows) {
      if (row.weights.empty()) return;
      sum = sum + row.weights[row.weights.size() == 1 ? 0 : std::min(weight, row.weights.size() - 1)];
    }
    ++weight;
    hints.push_back({view.range(cell.span).end, " Σ " + percent(sum),
                     std::string(view.say("the sum of the weights; it must be 100%", "权重之和，必须等于 100%"))});
  }
}

}  // namespace

std::vector<Hint> hints(const View& view) {
  std::vector<Hint> result;
  const Analysis& analysis = view.analysis;
  for (const syntax::Declaration& declaration : analysis.file().declarations) {
    if (const auto* decl = std::get_if<syntax::MetricDecl>(&declaration); decl && decl->head.name) {
      const Declaration* known = analysis.declaration_at(decl->head.name->span);
      const std::string type = known ? analysis.type_text(*known) : "";
      if (type.empty()) continue;
      const Span behind = decl->head.label ? decl->head.label->span : decl->head.name->span;
      result.push_back({view.range(behind).end, " : " + type,
                        std::string(view.say("the type of the metric's value", "指标值的类型"))});
    }
    if (const auto* decl = std::get_if<syntax::ScorecardDecl>(&declaration); decl && decl->head.name) {
      const Declaration* known = analysis.declaration_at(decl->head.name->span);
      if (known) add_weight_sums(view, *decl, analysis.policy().scorecards[known->index], result);
    }
  }
  return result;
}

std::vector<Lens> lenses(const View& view) {
  std::vector<Lens> result;
  for (const syntax::Declaration& declaration : view.analysis.file().declarations) {
    if (const auto* decl = std::get_if<syntax::TestDecl>(&declaration); decl && decl->head.label) {
      result.push_back({view.range(decl->head.keyword), std::string(view.say("Run test", "运行测试")), "kpi.runTest",
                        decl->head.label->value});
    }
    if (const auto* decl = std::get_if<syntax::ScorecardDecl>(&declaration); decl && decl->head.name) {
      result.push_back({view.range(decl->head.keyword), std::string(view.say("Preview on data", "用数据预览")),
                        "kpi.previewScorecard", decl->head.name->text});
    }
  }
  return result;
}

}  // namespace kpi::lsp
