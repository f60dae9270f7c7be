// One change of a policy, or one person's difference, as a sentence. Shared by the text and the Markdown writer.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "interpreter/diff/effect.hpp"
#include "interpreter/report/look.hpp"
#include "interpreter/report/show.hpp"

namespace kpi::report {

/// The two policies of a comparison.
struct Compared {
  const model::Policy& before;
  const model::Policy& after;
};

class DiffSentences {
 public:
  /// `code` marks what is written in the policies: backquotes in Markdown, ink on a terminal.
  DiffSentences(Compared policies, Language language, std::function<std::string(const std::string&)> code)
      : policies_(policies),
        language_(language),
        code_(std::move(code)),
        show_before_(policies.before, nullptr, language),
        show_after_(policies.after, nullptr, language) {}

  /// `UK live hosts: 1.2.0 -> 1.3.0`
  std::string title() const;
  /// `curve multiplier`, the heading under which its changes stand.
  std::string heading(const diff::Change& change) const;
  /// Whether the change is of the whole declaration, so that its heading says all but its content.
  static bool is_whole(const diff::Change& change);
  /// `tier from 100: value 1 -> 0.9`
  std::string change(const diff::Change& change) const;
  /// The same in three pieces, for a table: what, before, after.
  std::string subject(const diff::Change& change) const;
  /// `concerns: score monthly, pay bonus`, or without the word before it.
  std::string concerns(const diff::Change& change, bool with_word = true) const;
  std::string rename(const diff::Rename& rename) const;
  std::string unit(const diff::Unit& unit) const;

  /// What came out differently on the way, from the metrics to the amount. At most `limit` facts.
  std::vector<std::string> facts(const std::vector<diff::Fact>& facts, value::Currency currency);
  std::string amount(const std::optional<value::Number>& amount, bool there, eval::PayoutStatus status,
                     const std::string& reason, value::Currency currency, bool with_status);
  std::string signed_money(const value::Number& amount, value::Currency currency);
  std::string score(const value::Value& score, bool there, const std::string& reason);
  /// `net_sales` with its label, as the reader knows it.
  std::string label(diff::ElementKind kind, const std::string& name) const;

 private:
  std::string part(const diff::Change& change) const;
  std::string what(const diff::Change& change) const;
  std::string fact(const diff::Fact& fact, value::Currency currency);
  std::string value_of(Show& show, const diff::Fact& fact, const value::Value& value,
                       const std::optional<model::MetricId>& metric, value::Currency currency);

  Compared policies_;
  Language language_;
  std::function<std::string(const std::string&)> code_;
  Show show_before_, show_after_;
};

}  // namespace kpi::report
