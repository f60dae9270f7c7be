#include <algorithm>
#include <array>
#include <map>

#include "interpreter/diff/matching.hpp"
#include "interpreter/diff/reach.hpp"

namespace kpi::diff {
namespace {

constexpr std::array kReadingOrder = {
    ElementKind::policy, ElementKind::param,    ElementKind::entity,    ElementKind::events, ElementKind::exchange,
    ElementKind::ensure, ElementKind::calendar, ElementKind::exclusion, ElementKind::metric, ElementKind::phases,
    ElementKind::table,  ElementKind::curve,    ElementKind::scorecard, ElementKind::payout, ElementKind::alert,
    ElementKind::rule,   ElementKind::allow,    ElementKind::attack,    ElementKind::import_};

bool is_absent(const std::string& canonical) { return canonical.empty() || canonical == "-"; }

Weight weight_of_part(PartKind part) {
  return part == PartKind::evidence || part == PartKind::assumption ? Weight::terms : Weight::numbers;
}
Weight weight_of_element(ElementKind kind) {
  const bool terms = kind == ElementKind::allow || kind == ElementKind::rule || kind == ElementKind::attack;
  return terms ? Weight::terms : Weight::numbers;
}

class Comparison {
 public:
  Comparison(const Side& before, const Side& after)
      : before_(before),
        after_(after),
        matching_(match(before, after)),
        old_(before, matching_.before),
        new_(after, matching_.after),
        reach_before_(before.policy),
        reach_after_(after.policy) {}

  Diff run() {
    diff_.pairs = matching_.pairs;
    libraries();
    for (const ElementKind kind : kReadingOrder) {
      std::vector<Pair> pairs;
      for (const Pair& pair : matching_.pairs) {
        if (pair.kind == kind) pairs.push_back(pair);
      }
      std::sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) { return a.after < b.after; });
      for (const Pair& pair : pairs) compare_pair(pair);
      unmatched(kind);
      if (kind == ElementKind::exclusion) exclusion_order(pairs);
    }
    return std::move(diff_);
  }

 private:
  // ---- declarations

  void compare_pair(const Pair& pair) {
    const ElementRef before{pair.kind, pair.before}, after{pair.kind, pair.after};
    Change base;
    base.element = pair.kind;
    base.before_element = before;
    base.after_element = after;
    base.name = new_.name(after);
    place(base);
    const model::Named* named_before = old_.named(before);
    const model::Named* named_after = new_.named(after);
    if (named_before != nullptr && named_before->name != named_after->name)
      diff_.renames.push_back({pair.kind, PartKind::none, "", named_before->name, named_after->name});
    if (pair.kind == ElementKind::policy && before_.policy.header.name != after_.policy.header.name)
      diff_.renames.push_back({pair.kind, PartKind::none, "", before_.policy.header.name, after_.policy.header.name});
    const Description old_description = old_.describe(before), new_description = new_.describe(after);
    attributes(old_description.attributes, new_description.attributes, base);
    parts(old_description, new_description, base);
    order(old_description, new_description, base);
  }

  void unmatched(ElementKind kind) {
    const auto at = static_cast<std::size_t>(kind);
    const auto report = [&](const Tokens& tokens, bool removed) {
      for (std::uint32_t i = 0; i < tokens.elements[at].size(); ++i) {
        if (tokens.elements[at][i].front() == '=') continue;
        const ElementRef element{kind, i};
        const Describer& describer = removed ? old_ : new_;
        Change change;
        change.kind = removed ? ChangeKind::removed : ChangeKind::added;
        change.element = kind;
        (removed ? change.before_element : change.after_element) = element;
        change.name = describer.name(element);
        change.weight = weight_of_element(kind);
        (removed ? change.before : change.after) = whole(describer, element);
        place(change);
        add(std::move(change), has_no_effect(kind, i, removed));
      }
    };
    report(matching_.before, true);
    report(matching_.after, false);
  }

  /// A parameter is nothing but its uses, and a helper metric nothing but its formula, wherever it is read.
  bool has_no_effect(ElementKind kind, std::uint32_t index, bool removed) const {
    if (kind == ElementKind::param) return true;
    if (kind != ElementKind::metric) return false;
    const Tokens& tokens = removed ? matching_.before : matching_.after;
    const Side& side = removed ? before_ : after_;
    if (!tokens.inlined_metrics.contains(index)) return false;
    for (const model::Scorecard& card : side.policy.scorecards) {
      for (const model::ScorecardRow& row : card.rows) {
        if (row.metric.index == index) return false;
      }
    }
    const Reach& reach = removed ? reach_before_ : reach_after_;
    const Reach::Results results = reach.of({kind, index});
    return !(results.scorecards.empty() && results.payouts.empty() && results.alerts.empty());
  }

  /// What a declaration that came or went says, in a few words.
  static std::string whole(const Describer& describer, ElementRef element) {
    const Description description = describer.describe(element);
    std::string text;
    for (const Attribute& attribute : description.attributes) {
      if (attribute.core && !is_absent(attribute.canonical) && attribute.aspect != Aspect::entity)
        text += (text.empty() ? "" : "; ") + attribute.shown;
    }
    if (element.kind == ElementKind::exclusion) {
      for (const Part& part : description.parts) text += (text.empty() ? "" : "; ") + part.attributes.front().shown;
    }
    return text;
  }

  void exclusion_order(const std::vector<Pair>& pairs) {
    // Only exclusions of the same events can hit the same row.
    const auto share = [&](std::uint32_t a, std::uint32_t b) {
      for (const model::EventsId from : after_.policy.exclusions[a].from) {
        for (const model::EventsId other : after_.policy.exclusions[b].from) {
          if (from == other) return true;
        }
      }
      return false;
    };
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      for (std::size_t j = i + 1; j < pairs.size(); ++j) {
        if (pairs[i].before < pairs[j].before || !share(pairs[i].after, pairs[j].after)) continue;
        Change change;
        change.element = ElementKind::exclusion;
        change.before_element = ElementRef{ElementKind::exclusion, pairs[i].before};
        change.after_element = ElementRef{ElementKind::exclusion, pairs[i].after};
        change.name = new_.name(*change.after_element);
        change.aspect = Aspect::exclusion_order;
        change.weight = Weight::terms;
        change.before = old_.name({ElementKind::exclusion, pairs[j].before}) + ", " + old_.name(*change.before_element);
        change.after = change.name + ", " + new_.name({ElementKind::exclusion, pairs[j].after});
        place(change);
        add(std::move(change), false);
        return;
      }
    }
  }

  void libraries() {
    const auto find = [](const std::vector<Library>& list, const std::string& name) {
      return std::find_if(list.begin(), list.end(), [&](const Library& item) { return item.name == name; });
    };
    for (const Library& library : after_.libraries) {
      const auto known = find(before_.libraries, library.name);
      if (known == before_.libraries.end()) {
        diff_.libraries_added.push_back(library);
      } else if (known->checksum != library.checksum) {
        diff_.libraries_changed.push_back(library);
      }
    }
    for (const Library& library : before_.libraries) {
      if (find(after_.libraries, library.name) == after_.libraries.end()) diff_.libraries_removed.push_back(library);
    }
  }

  // ---- attributes and parts

  static const Attribute* find(const std::vector<Attribute>& list, const Attribute& wanted) {
    const Attribute* for_all = nullptr;
    for (const Attribute& attribute : list) {
      if (attribute.aspect != wanted.aspect) continue;
      if (attribute.phase == wanted.phase) return &attribute;
      if (attribute.phase.empty()) for_all = &attribute;
    }
    return for_all;
  }

  void attributes(const std::vector<Attribute>& before, const std::vector<Attribute>& after, const Change& base) {
    std::vector<Change> found;
    std::map<Aspect, std::size_t> compared;
    const auto compare_one = [&](const Attribute* old, const Attribute* young) {
      const Attribute& some = old != nullptr ? *old : *young;
      const std::string& phase = young != nullptr && !young->phase.empty() ? young->phase_shown
                                 : old != nullptr                          ? old->phase_shown
                                                                           : some.phase_shown;
      ++compared[some.aspect];
      const std::string was = old != nullptr && !is_absent(old->canonical) ? old->canonical : "";
      const std::string is = young != nullptr && !is_absent(young->canonical) ? young->canonical : "";
      if (was == is || (old != nullptr && young != nullptr && old->by_default && young->by_default)) return;
      Change change = base;
      change.aspect = some.aspect;
      change.weight = weight_of(some.aspect);
      change.in_phase = phase;
      change.before = was.empty() ? "" : old->shown;
      change.after = is.empty() ? "" : young->shown;
      if (change.before == change.after) {  // the same words with another meaning: say what they mean
        change.before = was;
        change.after = is;
      }
      found.push_back(std::move(change));
    };
    for (const Attribute& old : before) {
      const Attribute* young = find(after, old);
      // A value for all phases is compared phase by phase below, where the other side has one for each.
      if (old.phase.empty() && young == nullptr && std::any_of(after.begin(), after.end(), [&](const Attribute& each) {
            return each.aspect == old.aspect && !each.phase.empty();
          })) {
        continue;
      }
      compare_one(&old, young);
    }
    for (const Attribute& young : after) {
      const Attribute* old = find(before, young);
      if (old == nullptr || (old->phase.empty() && !young.phase.empty())) compare_one(old, &young);
    }
    // The same in every phase is one change.
    for (const auto& [aspect, count] : compared) {
      std::vector<std::size_t> same;
      for (std::size_t i = 0; i < found.size(); ++i) {
        if (found[i].aspect != aspect || found[i].in_phase.empty()) continue;
        const Change& first = found[same.empty() ? i : same.front()];
        if (found[i].before == first.before && found[i].after == first.after) same.push_back(i);
      }
      if (same.size() < 2 || same.size() != count) continue;
      found[same.front()].in_phase.clear();
      for (auto at = same.rbegin(); *at != same.front(); ++at)
        found.erase(found.begin() + static_cast<std::ptrdiff_t>(*at));
    }
    for (Change& change : found) add(std::move(change), false);
  }

  static bool equal_attributes(const Part& a, const Part& b) {
    return a.kind == b.kind && a.attributes.size() == b.attributes.size() &&
           std::equal(a.attributes.begin(), a.attributes.end(), b.attributes.begin(), [](const auto& x, const auto& y) {
             return x.aspect == y.aspect && x.phase == y.phase &&
                    (x.canonical == y.canonical || weight_of(x.aspect) == Weight::wording);
           });
  }
  static bool may_move(const Part& part) {
    switch (part.kind) {
      case PartKind::tier:
      case PartKind::bracket:
      case PartKind::point:
      case PartKind::row:
      case PartKind::shift:
      case PartKind::score_row:
      case PartKind::gate:
      case PartKind::penalty:
        return true;
      default:
        return false;
    }
  }

  void parts(const Description& before, const Description& after, const Change& base) {
    std::vector<const Part*> left_before, left_after;
    for (const Part& part : after.parts) left_after.push_back(&part);
    std::vector<std::pair<const Part*, const Part*>> pairs;
    const auto take = [&](const Part& old, auto matches) {
      const auto found = std::find_if(left_after.begin(), left_after.end(), [&](const Part* p) { return matches(*p); });
      if (found == left_after.end()) return false;
      pairs.emplace_back(&old, *found);
      left_after.erase(found);
      return true;
    };
    for (const Part& old : before.parts) {
      if (!take(old, [&](const Part& p) { return p.kind == old.kind && p.key == old.key; }))
        left_before.push_back(&old);
    }
    std::erase_if(left_before, [&](const Part* old) {
      return may_move(*old) && take(*old, [&](const Part& p) { return equal_attributes(*old, p); });
    });
    std::sort(pairs.begin(), pairs.end(), [&](const auto& a, const auto& b) { return a.second < b.second; });
    const std::size_t first = diff_.changes.size();
    for (const auto& [old, young] : pairs) compare_parts(*old, *young, base);
    same_in_all_rows(first, static_cast<std::size_t>(std::count_if(pairs.begin(), pairs.end(), [](const auto& pair) {
                       return pair.second->kind == PartKind::score_row;
                     })));
    for (const Part* old : left_before) whole_part(*old, true, base);
    for (const Part* young : left_after) whole_part(*young, false, base);
  }

  /// `missing zero` stands once for all rows of a scorecard, so it is one change.
  void same_in_all_rows(std::size_t first, std::size_t rows) {
    std::vector<std::size_t> same;
    for (std::size_t i = first; i < diff_.changes.size(); ++i) {
      if (diff_.changes[i].aspect != Aspect::missing) continue;
      if (!same.empty() && (diff_.changes[i].before != diff_.changes[same.front()].before ||
                            diff_.changes[i].after != diff_.changes[same.front()].after))
        return;
      same.push_back(i);
    }
    if (same.size() < 2 || same.size() != rows) return;
    diff_.changes[same.front()].part = PartKind::none;
    diff_.changes[same.front()].part_name.clear();
    for (auto at = same.rbegin(); *at != same.front(); ++at)
      diff_.changes.erase(diff_.changes.begin() + static_cast<std::ptrdiff_t>(*at));
  }

  void compare_parts(const Part& old, const Part& young, const Change& base) {
    Change change = base;
    change.part = young.kind;
    change.part_name = young.shown;
    if (old.key_is_name) {
      if (old.shown != young.shown)
        diff_.renames.push_back({base.element, young.kind, base.name, old.shown, young.shown});
    } else if (old.key != young.key) {
      Change moved = change;
      moved.kind = ChangeKind::moved;
      moved.aspect = old.key_aspect;
      moved.before = old.shown;
      moved.after = young.shown;
      moved.part_name = young.attributes.empty() ? "" : young.attributes.front().shown;
      add(std::move(moved), false);
    }
    attributes(old.attributes, young.attributes, change);
  }

  void whole_part(const Part& part, bool removed, const Change& base) {
    Change change = base;
    change.kind = removed ? ChangeKind::removed : ChangeKind::added;
    change.part = part.kind;
    change.part_name = part.shown;
    change.weight = weight_of_part(part.kind);
    std::string text;
    for (const Attribute& attribute : part.attributes) {
      if (is_absent(attribute.canonical) || weight_of(attribute.aspect) == Weight::wording) continue;
      const bool telling =
          part.kind != PartKind::score_row || attribute.aspect == Aspect::weight || attribute.aspect == Aspect::target;
      if (!telling) continue;
      text += (text.empty() ? "" : ", ") + (attribute.phase_shown.empty() ? "" : attribute.phase_shown + " ") +
              attribute.shown;
    }
    (removed ? change.before : change.after) = text;
    add(std::move(change), false);
  }

  void order(const Description& before, const Description& after, const Change& base) {
    const auto common = [](const std::vector<std::string>& keys, const std::vector<std::string>& others) {
      std::vector<std::string> result;
      for (const std::string& key : keys) {
        if (std::find(others.begin(), others.end(), key) != others.end()) result.push_back(key);
      }
      return result;
    };
    if (common(before.order, after.order) == common(after.order, before.order)) return;
    Change change = base;
    change.aspect = Aspect::order;
    change.before = before.order_shown;
    change.after = after.order_shown;
    add(std::move(change), false);
  }

  // ---- what hangs on a change

  void place(Change& change) const {
    if (change.before_element) {
      change.before_span = old_.span(*change.before_element);
      change.has_before_span = true;
    }
    if (change.after_element) {
      change.after_span = new_.span(*change.after_element);
      change.has_after_span = true;
    }
  }

  std::optional<std::uint32_t> field_index(const Change& change, bool removed) const {
    if (change.part != PartKind::field) return std::nullopt;
    const ElementRef element = removed ? *change.before_element : *change.after_element;
    const auto& fields =
        (removed ? before_ : after_)
            .policy.fields(element.kind == ElementKind::events ? model::SourceRef::of(model::EventsId{element.index})
                                                               : model::SourceRef::of(model::EntityId{element.index}));
    for (std::uint32_t i = 0; i < fields.size(); ++i) {
      if (fields[i].named.name == change.part_name) return i;
    }
    return std::nullopt;
  }

  void add(Change change, bool no_effect) {
    change.everything = change.element == ElementKind::policy;
    const bool removed =
        !change.after_element || (change.part == PartKind::field && change.kind == ChangeKind::removed);
    const Reach& reach = removed ? reach_before_ : reach_after_;
    const ElementRef element = removed ? *change.before_element : *change.after_element;
    Reach::Results results = reach.of(element, field_index(change, removed));
    change.scorecards = std::move(results.scorecards);
    change.payouts = std::move(results.payouts);
    change.alerts = std::move(results.alerts);
    const bool unread = change.scorecards.empty() && change.payouts.empty() && change.alerts.empty();
    // A parameter that only stands in weights, points or delays was put in there; those are compared themselves.
    if (change.element == ElementKind::param && unread) no_effect = true;
    if (change.weight == Weight::wording || no_effect) {
      change.weight = Weight::wording;
      diff_.wording.push_back(std::move(change));
    } else {
      diff_.changes.push_back(std::move(change));
    }
  }

  const Side& before_;
  const Side& after_;
  Matching matching_;
  Describer old_, new_;
  Reach reach_before_, reach_after_;
  Diff diff_;
};

}  // namespace

Diff compare(const Side& before, const Side& after) { return Comparison(before, after).run(); }

std::optional<std::uint32_t> Diff::after_of(ElementKind kind, std::uint32_t before) const {
  for (const Pair& pair : pairs) {
    if (pair.kind == kind && pair.before == before) return pair.after;
  }
  return std::nullopt;
}

std::optional<std::uint32_t> Diff::before_of(ElementKind kind, std::uint32_t after) const {
  for (const Pair& pair : pairs) {
    if (pair.kind == kind && pair.after == after) return pair.before;
  }
  return std::nullopt;
}

Weight weight_of(Aspect aspect) {
  switch (aspect) {
#define A(name, weight, en, zh) \
  case Aspect::name:            \
    return Weight::weight;
#include "interpreter/diff/aspects.def"
#undef A
  }
  return Weight::numbers;
}

std::string_view name(Aspect aspect) {
  switch (aspect) {
#define A(name, weight, en, zh) \
  case Aspect::name:            \
    return #name;
#include "interpreter/diff/aspects.def"
#undef A
  }
  return "";
}

std::string_view name(ElementKind kind) {
  static constexpr std::string_view kNames[] = {
      "policy", "param", "entity",    "events", "exchange", "ensure", "calendar", "exclusion", "metric", "phases",
      "table",  "curve", "scorecard", "payout", "alert",    "allow",  "import",   "rule",      "attack"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view name(PartKind kind) {
  static constexpr std::string_view kNames[] = {"",     "field",   "condition",  "shift",    "phase",
                                                "row",  "tier",    "bracket",    "point",    "row",
                                                "gate", "penalty", "assumption", "evidence", "column"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view name(Weight weight) {
  static constexpr std::string_view kNames[] = {"numbers", "terms", "wording"};
  return kNames[static_cast<std::size_t>(weight)];
}

std::string_view name(ChangeKind kind) {
  static constexpr std::string_view kNames[] = {"added", "removed", "changed", "moved"};
  return kNames[static_cast<std::size_t>(kind)];
}

}  // namespace kpi::diff
