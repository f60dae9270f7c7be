#include "interpreter/lsp/names.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "grammar/source/diagnostic.hpp"
#include "interpreter/lsp/protocol.hpp"

namespace kpi::lsp {
namespace {

/// A file as both have read it; nothing is known against it where one has not.
bool same_text(const Analysis& a, const Analysis& b, const std::string& file) {
  const auto left = a.session().sources.find(file);
  const auto right = b.session().sources.find(file);
  return !left || !right || a.session().sources.get(*left).text == b.session().sources.get(*right).text;
}

using Place = std::pair<std::string, Position>;

/// The texts after the edits; `before` has the text of each file they are in. Edits of one file come from its end to
/// its beginning, as a map of places gives them backwards.
Folders::Texts edited(driver::TextsByPath before, const std::map<Place, Edit>& edits, Encoding encoding) {
  for (auto edit = edits.rbegin(); edit != edits.rend(); ++edit) {
    const auto text = before.find(edit->second.file);
    if (text == before.end()) continue;
    Document document(text->second);
    document.edit(edit->second.range, edit->second.text, encoding);
    text->second = document.text();
  }
  return std::make_shared<const driver::TextsByPath>(std::move(before));
}

/// Refuses changes after which the checker would find an error that it does not find now: a name in a place that
/// cannot be changed with the others, such as what a library requires.
void require_unharmed(const View& before, const Folders::Texts& changed) {
  const std::string& name = before.analysis.name_of(before.analysis.source());
  const auto text = changed->find(name);
  const Analysis after(changed, name, text == changed->end() ? std::string(before.analysis.text()) : text->second);
  std::map<source::DiagnosticId, int> known;
  for (const source::Diagnostic& each : before.analysis.session().diagnostics.items()) ++known[each.id];
  for (const source::Diagnostic& each : after.session().diagnostics.items()) {
    if (source::info(each.id).severity != source::Severity::error || known[each.id]-- > 0) continue;
    throw RequestError{kRequestFailed,
                       std::string(before.say("this would break something else: ", "这样改名会影响其他内容：")) +
                           source::message(each, before.language)};
  }
}

}  // namespace

void Names::everywhere(const Target& target, const std::function<void(const View&)>& visit) {
  bool visited = false;
  const auto look = [&](const Analysis& analysis) {
    if (!analysis.reads(target.file) && !target.is_rule) return;
    visited = visited || analysis.name_of(analysis.source()) == target.file;
    visit(view_(analysis));
  };
  for (const std::string& name : workspace_.open_names()) {
    if (const auto analysis = workspace_.file(name)) look(*analysis);
  }
  const Folders::Found unopened = workspace_.unopened();
  complete_ = complete_ && unopened.complete;
  for (const auto& analysis : unopened.files) look(*analysis);
  if (visited || !target.file.starts_with('/')) return;
  if (const auto analysis = workspace_.file(target.file)) look(*analysis);
}

std::vector<Location> Names::references(const View& seen, Position position, bool with_declaration) {
  const auto target = target_at(seen, position);
  if (!target) return {};
  std::map<Place, Location> found;
  const auto add = [&](std::vector<Location> places) {
    for (Location& place : places) {
      const Place key(place.file, place.range.start);
      found.emplace(key, std::move(place));
    }
  };
  if (with_declaration && target->is_rule) add(definition(seen, position));
  everywhere(*target, [&](const View& other) {
    if (!same_text(seen.analysis, other.analysis, target->file)) return;
    add(occurrences_of(other, target->file, target->declaration, with_declaration));
    if (target->is_rule) add(exceptions_from(other, target->file, target->declaration));
  });
  std::vector<Location> places;
  for (auto& [key, place] : found) places.push_back(std::move(place));
  return places;
}

Target Names::renamable(const View& seen, Position position) {
  const auto target = target_at(seen, position);
  if (!target)
    throw RequestError{kRequestFailed,
                       std::string(seen.say("there is no name here that can be changed", "此处没有可以重命名的名称"))};
  if (target->file.starts_with("std/")) {
    throw RequestError{kRequestFailed, std::string(seen.say("names of the standard library cannot be changed",
                                                            "标准库中的名称不能更改"))};
  }
  return *target;
}

std::vector<Edit> Names::rename(const View& seen, Position position, const std::string& new_name) {
  const Target target = renamable(seen, position);
  std::map<Place, Edit> edits;
  driver::TextsByPath before = *workspace_.texts();
  const auto add = [&](const View& from, Edit edit) {
    if (const auto source = from.analysis.session().sources.find(edit.file))
      before.emplace(edit.file, from.analysis.session().sources.get(*source).text);
    const Place key(edit.file, edit.range.start);
    edits.emplace(key, std::move(edit));
  };
  everywhere(target, [&](const View& other) {
    if (!same_text(seen.analysis, other.analysis, target.file)) return;
    if (other.analysis.reads(target.file)) {
      if (const std::string reason = refuse_rename(other, target, new_name); !reason.empty())
        throw RequestError{kRequestFailed, reason};
      for (Edit& edit : rename_edits(other, target, new_name)) add(other, std::move(edit));
    }
    if (!target.is_rule) return;
    for (const Location& place : exceptions_from(other, target.file, target.declaration))
      add(other, {place.file, place.range, new_name});
  });
  const Folders::Texts changed = edited(std::move(before), edits, seen.encoding);
  std::set<std::string> files;
  for (const auto& [place, edit] : edits) files.insert(place.first);
  everywhere(target, [&](const View& other) {
    const bool touched =
        std::any_of(files.begin(), files.end(), [&](const std::string& file) { return other.analysis.reads(file); });
    if (touched) require_unharmed(other, changed);
  });
  std::vector<Edit> list;
  for (auto& [key, edit] : edits) list.push_back(std::move(edit));
  return list;
}

}  // namespace kpi::lsp
