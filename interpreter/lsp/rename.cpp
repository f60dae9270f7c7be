// Renaming a declaration with everything that means it.
#include <fmt/format.h>

#include <algorithm>

#include "grammar/syntax/keywords.hpp"
#include "grammar/syntax/unicode.hpp"
#include "interpreter/lsp/features.hpp"

namespace kpi::lsp {
namespace {

using syntax::WordGroup;

bool is_name(const std::string& text) { return !text.empty() && syntax::name_end(text, 0) == text.size(); }

/// `a-b` is a name of rules only.
bool is_rule_id(const std::string& text) {
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('-', at), text.size());
    const std::string part = text.substr(at, end - at);
    const bool digits = !part.empty() && part.find_first_not_of("0123456789") == std::string::npos;
    if (!is_name(part) && !(digits && at > 0)) return false;
    at = end + 1;
  }
  return true;
}

std::string written(const std::string& name) {
  return syntax::is_word(WordGroup::operator_word, name) ? "`" + name + "`" : name;
}

/// Kinds whose names share one namespace, as opposed to fields, gates and the like.
bool is_shared(What what) {
  return what != What::field && what != What::gate && what != What::penalty && what != What::alert &&
         what != What::rule && what != What::attack && what != What::import && what != What::policy;
}

/// Where ` from OLD` must be put so that the data is read as before; none when it stands there already.
std::optional<std::uint32_t> place_for_source(const View& view, const Declaration& declaration) {
  const Analysis& analysis = view.analysis;
  if (declaration.span.source != analysis.source()) return std::nullopt;
  for (const syntax::Declaration& any : analysis.file().declarations) {
    const auto* entity = std::get_if<syntax::EntityDecl>(&any);
    const auto* events = std::get_if<syntax::EventsDecl>(&any);
    const syntax::Head* head = entity ? &entity->head : events ? &events->head : nullptr;
    if (!head || !head->name) continue;
    if (head->name->span == declaration.span) {
      const bool declared = entity ? entity->table || entity->distinct_of : events->table.has_value();
      if (declared) return std::nullopt;
      return head->label ? head->label->span.end : head->name->span.end;
    }
    for (const syntax::FieldDecl& field : entity ? entity->fields : events->fields) {
      if (field.name.span != declaration.span) continue;
      if (field.from || field.computed) return std::nullopt;
      return field.type.span.end;
    }
  }
  return std::nullopt;
}

}  // namespace

std::string refuse_rename(const View& view, const Target& target, const std::string& new_name) {
  const Analysis& analysis = view.analysis;
  const auto source = analysis.session().sources.find(target.file);
  const Declaration* declaration =
      source ? analysis.declaration_at({*source, target.declaration.begin, target.declaration.end}) : nullptr;
  const bool rule = declaration && declaration->what == What::rule;
  if (!(rule ? is_rule_id(new_name) : is_name(new_name))) {
    return fmt::format(
        fmt::runtime(view.say("`{}` is not a name: a name has letters, digits and `_`, and does not begin with a digit",
                              "`{}` 不是有效的名称：名称由字母、汉字、数字和 `_` 组成，且不能以数字开头")),
        new_name);
  }
  if (new_name == target.name) return "";
  if (declaration && is_shared(declaration->what) && syntax::is_word(WordGroup::reserved_name, new_name)) {
    return fmt::format(fmt::runtime(view.say("`{}` is reserved", "`{}` 是保留名称")), new_name);
  }
  for (const Declaration& other : analysis.declarations()) {
    if (!declaration || &other == declaration) continue;
    const bool together = is_shared(declaration->what)
                              ? is_shared(other.what)
                              : other.what == declaration->what && other.index == declaration->index &&
                                    other.of_events == declaration->of_events;
    if (!together || other.span == declaration->span) continue;
    const std::size_t dot = other.name.rfind('.');
    const std::string_view own = dot == std::string::npos ? other.name : std::string_view(other.name).substr(dot + 1);
    const bool visible = other.span.source == declaration->span.source ? own == new_name : other.name == new_name;
    if (visible) {
      return fmt::format(fmt::runtime(view.say("`{}` exists already ({})", "`{}` 已经存在（{}）")), new_name,
                         word(other.what));
    }
  }
  return "";
}

std::vector<Edit> rename_edits(const View& view, const Target& target, const std::string& new_name) {
  std::vector<Edit> edits;
  for (const Location& place : occurrences_of(view, target.file, target.declaration, true)) {
    edits.push_back({place.file, place.range, written(new_name)});
  }
  const auto source = view.analysis.session().sources.find(target.file);
  if (!source) return edits;
  const Declaration* declaration =
      view.analysis.declaration_at({*source, target.declaration.begin, target.declaration.end});
  const bool reads_data = declaration && (declaration->what == What::field || declaration->what == What::entity ||
                                          declaration->what == What::events);
  if (!reads_data || new_name == target.name) return edits;
  if (const auto at = place_for_source(view, *declaration)) {
    edits.push_back({target.file, view.range({*source, *at, *at}), " from " + written(target.name)});
  }
  return edits;
}

}  // namespace kpi::lsp
