// Lists of words from keywords.def. A word may be in several groups.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kpi::syntax {

enum class WordGroup {
  declaration, clause_policy, clause_library, clause_entity, clause_events, clause_exchange, clause_calendar,
  clause_exclude, clause_metric, clause_scorecard, clause_payout, clause_alert, clause_rule, clause_allow,
  clause_attack, clause_test, clause_import, clause_phases, clause_table, clause_labels, column_option, head_word, operator_word, literal, type, flag,
  reserved_name, aggregate, metric_function, scalar_function, text_function, builtin_curve, attainment, curve_kind,
  role, exclusion_kind, alert_severity, rule_severity, authority, rule_element, every_unit, weekday, rounding,
  duration_unit, calendar_unit, currency,
};

/// The words of a group in the order of the list.
const std::vector<std::string>& words(WordGroup group);
bool is_word(WordGroup group, std::string_view word);
/// A currency code, a duration word or a calendar word: what may stand behind a number.
bool is_unit_word(std::string_view word);
/// Everything that `is_unit_word` accepts, for suggestions.
const std::vector<std::string>& unit_words();

}  // namespace kpi::syntax
