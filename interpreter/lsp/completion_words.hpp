// Closed lists of words that completion proposes, and what rules can ask for.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "grammar/source/diagnostic.hpp"
#include "interpreter/lsp/context.hpp"
#include "interpreter/lsp/features.hpp"

namespace kpi::lsp {

/// What may stand behind a word of a clause; `scope` is the declaration around it. Empty if that is no closed list.
std::vector<std::string> words_behind(std::string_view scope, std::string_view word);

/// What may stand behind the type of a field: `key`, `in`, ….
std::vector<std::string> field_options();

/// The markets or platforms (`markets`, `platforms`) that have rules of their own, as a policy writes them.
std::vector<std::string> served(std::string_view group);

/// How a declaration is shown in a list.
ItemKind kind_of(What what);

/// The names of files with this ending in the folder of a file, without itself; the first 200 entries are looked at.
std::vector<std::string> files_beside(const std::string& file, std::string_view ending);

struct RuleWord {
  std::string name, type;
  std::string_view text;
};
/// The properties behind `p.` or `p.scorecard.` in a rule; none if `p` stands for nothing.
std::vector<RuleWord> rule_words(const Context& context, source::Language language);

}  // namespace kpi::lsp
