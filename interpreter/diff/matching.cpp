#include "interpreter/diff/matching.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>

namespace kpi::diff {
namespace {

constexpr int kMaxRounds = 64;  // deeper chains of metrics do not exist; the binder bounds them

/// Numbers for texts, shared by both sides, so that equal texts have equal tokens.
class Interner {
 public:
  std::string token(const std::string& text) {
    return "#" + std::to_string(numbers_.emplace(text, numbers_.size()).first->second);
  }
  std::size_t size() const { return numbers_.size(); }

 private:
  std::unordered_map<std::string, std::size_t> numbers_;
};

void shape(const Side& side, Tokens& tokens) {
  const Describer describer(side, tokens);
  for (std::size_t kind = 0; kind < kElementKinds; ++kind) {
    tokens.elements[kind].assign(describer.count(static_cast<ElementKind>(kind)), "k" + std::to_string(kind));
  }
  tokens.entity_fields.clear();
  tokens.event_fields.clear();
  tokens.phase_names.clear();
  for (const auto& entity : side.policy.entities) tokens.entity_fields.emplace_back(entity.fields.size(), "field");
  for (const auto& events : side.policy.events) tokens.event_fields.emplace_back(events.fields.size(), "field");
  for (const auto& phases : side.policy.phases) tokens.phase_names.emplace_back(phases.phases.size(), "phase");
}

/// Tokens of the next round: the content of everything, as far as the tokens of this round tell it apart.
Tokens refined(const Side& side, const Tokens& tokens, Interner& interner) {
  const Describer describer(side, tokens);
  Tokens next = tokens;
  for (std::size_t kind = 0; kind < kElementKinds; ++kind) {
    for (std::uint32_t i = 0; i < tokens.elements[kind].size(); ++i) {
      const ElementRef element{static_cast<ElementKind>(kind), i};
      next.elements[kind][i] = interner.token(std::to_string(kind) + "\n" + describer.describe(element).content());
    }
  }
  const auto fields = [&](model::SourceRef source, std::vector<std::string>& list) {
    for (std::uint32_t i = 0; i < list.size(); ++i)
      list[i] = interner.token("field\n" + describer.field(source, i, true).content());
  };
  for (std::uint32_t i = 0; i < next.entity_fields.size(); ++i)
    fields(model::SourceRef::of(model::EntityId{i}), next.entity_fields[i]);
  for (std::uint32_t i = 0; i < next.event_fields.size(); ++i)
    fields(model::SourceRef::of(model::EventsId{i}), next.event_fields[i]);
  for (std::uint32_t i = 0; i < next.phase_names.size(); ++i) {
    for (std::uint32_t j = 0; j < next.phase_names[i].size(); ++j)
      next.phase_names[i][j] = interner.token("phase\n" + describer.phase(i, j).content());
  }
  return next;
}

struct Candidate {
  std::uint32_t index = 0;
  std::string name, content;
};
using Pairs = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

/// Equal content first (among equals the same name, then the order), except where that would tear two apart that bear
/// the same name and of which one has no other partner; then equal names.
class Matcher {
 public:
  Matcher(std::vector<Candidate> before, std::vector<Candidate> after)
      : before_(std::move(before)), after_(std::move(after)) {
    partner_of_before_.assign(before_.size(), kNobody);
    partner_of_after_.assign(after_.size(), kNobody);
  }

  Pairs run() {
    by_content(true);
    by_content(false);
    while (undo_torn_names()) {
    }
    by_name();
    Pairs result;
    for (std::size_t i = 0; i < before_.size(); ++i) {
      if (partner_of_before_[i] != kNobody) result.emplace_back(before_[i].index, after_[partner_of_before_[i]].index);
    }
    return result;
  }

 private:
  static constexpr std::size_t kNobody = static_cast<std::size_t>(-1);

  void pair(std::size_t before, std::size_t after) {
    partner_of_before_[before] = after;
    partner_of_after_[after] = before;
  }

  void by_content(bool same_name) {
    for (std::size_t i = 0; i < before_.size(); ++i) {
      if (partner_of_before_[i] != kNobody) continue;
      for (std::size_t j = 0; j < after_.size(); ++j) {
        if (partner_of_after_[j] != kNobody || before_[i].content != after_[j].content) continue;
        if (same_name && before_[i].name != after_[j].name) continue;
        pair(i, j);
        break;
      }
    }
  }

  bool undo_torn_names() {
    for (std::size_t i = 0; i < before_.size(); ++i) {
      const std::size_t j = partner_of_before_[i];
      if (j == kNobody || before_[i].name == after_[j].name || before_[i].name.empty()) continue;
      const std::size_t namesake_after = named(after_, before_[i].name);
      const std::size_t namesake_before = named(before_, after_[j].name);
      const bool torn = (namesake_after != kNobody && partner_of_after_[namesake_after] == kNobody) ||
                        (namesake_before != kNobody && partner_of_before_[namesake_before] == kNobody);
      if (!torn) continue;
      partner_of_before_[i] = kNobody;
      partner_of_after_[j] = kNobody;
      return true;
    }
    return false;
  }

  void by_name() {
    for (std::size_t i = 0; i < before_.size(); ++i) {
      if (partner_of_before_[i] != kNobody || before_[i].name.empty()) continue;
      const std::size_t j = named(after_, before_[i].name);
      if (j != kNobody && partner_of_after_[j] == kNobody) pair(i, j);
    }
  }

  static std::size_t named(const std::vector<Candidate>& list, const std::string& name) {
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (list[i].name == name) return i;
    }
    return kNobody;
  }

  std::vector<Candidate> before_, after_;
  std::vector<std::size_t> partner_of_before_, partner_of_after_;
};

class MatchRun {
 public:
  MatchRun(const Side& before, const Side& after) : before_(before), after_(after) {}

  Matching run() {
    shape(before_, content_before_);
    shape(after_, content_after_);
    std::size_t classes = 0;
    for (int round = 0; round < kMaxRounds; ++round) {
      Interner interner;
      Tokens next_before = refined(before_, content_before_, interner);
      Tokens next_after = refined(after_, content_after_, interner);
      content_before_ = std::move(next_before);
      content_after_ = std::move(next_after);
      if (interner.size() == classes) break;
      classes = interner.size();
    }
    own_tokens(before_, result_.before, "old");
    own_tokens(after_, result_.after, "new");
    for (std::size_t kind = 0; kind < kElementKinds; ++kind) match_kind(static_cast<ElementKind>(kind));
    match_inner();
    // What is left may be renamed and rest on something that changed: compare again with what is known by now.
    do {
      do {
        find_inlined(before_, result_.before);
        find_inlined(after_, result_.after);
        match_inner();
      } while (match_by_what_is_known());
    } while (match_by_likeness());
    match_inner();
    find_changed_params();
    find_inlined(before_, result_.before);
    find_inlined(after_, result_.after);
    return std::move(result_);
  }

 private:
  std::string fresh() { return "=" + std::to_string(next_++); }

  void own_tokens(const Side& side, Tokens& tokens, const std::string& mark) {
    shape(side, tokens);
    const auto all = [&](std::vector<std::string>& list) {
      for (std::string& token : list) token = mark + std::to_string(next_++);
    };
    for (auto& list : tokens.elements) all(list);
    for (auto& list : tokens.entity_fields) all(list);
    for (auto& list : tokens.event_fields) all(list);
    for (auto& list : tokens.phase_names) all(list);
  }

  static bool is_free(const std::string& token) { return token.front() != '='; }

  std::vector<Candidate> candidates(const Side& side, const Tokens& own, const Tokens& content,
                                    ElementKind kind) const {
    const Describer describer(side, own);
    std::vector<Candidate> list;
    const auto at = static_cast<std::size_t>(kind);
    for (std::uint32_t i = 0; i < own.elements[at].size(); ++i) {
      if (is_free(own.elements[at][i])) list.push_back({i, describer.name({kind, i}), content.elements[at][i]});
    }
    return list;
  }

  void accept(ElementKind kind, std::uint32_t before, std::uint32_t after) {
    const auto at = static_cast<std::size_t>(kind);
    result_.before.elements[at][before] = result_.after.elements[at][after] = fresh();
    result_.pairs.push_back({kind, before, after});
  }

  void match_kind(ElementKind kind) {
    if (kind == ElementKind::policy || kind == ElementKind::exchange) {
      const auto at = static_cast<std::size_t>(kind);
      if (!result_.before.elements[at].empty() && !result_.after.elements[at].empty()) accept(kind, 0, 0);
      return;
    }
    auto before = candidates(before_, result_.before, content_before_, kind);
    auto after = candidates(after_, result_.after, content_after_, kind);
    if (kind == ElementKind::entity && !before.empty() && !after.empty()) {
      accept(kind, 0, 0);  // company
      before.erase(before.begin());
      after.erase(after.begin());
    }
    for (const auto& [b, a] : Matcher(std::move(before), std::move(after)).run()) accept(kind, b, a);
  }

  /// Fields and phases of what is matched.
  void match_inner() {
    for (const Pair& pair : result_.pairs) {
      if (pair.kind == ElementKind::entity)
        match_fields(model::SourceRef::of(model::EntityId{pair.before}),
                     model::SourceRef::of(model::EntityId{pair.after}));
      if (pair.kind == ElementKind::events)
        match_fields(model::SourceRef::of(model::EventsId{pair.before}),
                     model::SourceRef::of(model::EventsId{pair.after}));
      if (pair.kind == ElementKind::phases) match_phases(pair.before, pair.after);
    }
  }

  static std::vector<std::string>& fields_of(Tokens& tokens, model::SourceRef source) {
    return source.is_events() ? tokens.event_fields[source.index] : tokens.entity_fields[source.index];
  }

  void match_fields(model::SourceRef before, model::SourceRef after) {
    auto& own_before = fields_of(result_.before, before);
    auto& own_after = fields_of(result_.after, after);
    const auto list = [&](const Side& side, model::SourceRef source, const std::vector<std::string>& own,
                          Tokens& content) {
      std::vector<Candidate> found;
      for (std::uint32_t i = 0; i < own.size(); ++i) {
        if (is_free(own[i]))
          found.push_back({i, side.policy.fields(source)[i].named.name, fields_of(content, source)[i]});
      }
      return found;
    };
    const auto take = [&](const Pairs& pairs) {
      for (const auto& [b, a] : pairs) {
        own_before[b] = own_after[a] = fresh();
        result_.fields.push_back({before, after, b, a});
      }
    };
    take(Matcher(list(before_, before, own_before, content_before_), list(after_, after, own_after, content_after_))
             .run());
    // A field that is renamed without saying its old column reads another column, but it is still that field.
    const auto without_column = [&](const Side& side, const Tokens& tokens, model::SourceRef source,
                                    const std::vector<std::string>& own) {
      const Describer describer(side, tokens);
      std::vector<Candidate> found;
      for (std::uint32_t i = 0; i < own.size(); ++i) {
        if (is_free(own[i])) found.push_back({i, "", describer.field(source, i, false).content()});
      }
      return found;
    };
    auto left_before = without_column(before_, result_.before, before, own_before);
    auto left_after = without_column(after_, result_.after, after, own_after);
    if (left_before.size() == 1 && left_after.size() == 1 && left_before[0].content == left_after[0].content)
      take({{left_before[0].index, left_after[0].index}});
  }

  void match_phases(std::uint32_t before, std::uint32_t after) {
    auto& own_before = result_.before.phase_names[before];
    auto& own_after = result_.after.phase_names[after];
    const auto list = [&](const Side& side, std::uint32_t phases, const std::vector<std::string>& own,
                          const Tokens& content) {
      std::vector<Candidate> found;
      for (std::uint32_t i = 0; i < own.size(); ++i) {
        if (is_free(own[i]))
          found.push_back({i, side.policy.phases[phases].phases[i].named.name, content.phase_names[phases][i]});
      }
      return found;
    };
    for (const auto& [b, a] :
         Matcher(list(before_, before, own_before, content_before_), list(after_, after, own_after, content_after_))
             .run()) {
      own_before[b] = own_after[a] = fresh();
      result_.phases.push_back({before, after, b, a});
    }
  }

  bool match_by_what_is_known() {
    bool found = false;
    const Describer describe_before(before_, result_.before), describe_after(after_, result_.after);
    for (std::size_t at = 0; at < kElementKinds; ++at) {
      const auto kind = static_cast<ElementKind>(at);
      for (std::uint32_t b = 0; b < result_.before.elements[at].size(); ++b) {
        if (!is_free(result_.before.elements[at][b])) continue;
        const std::string content = describe_before.describe({kind, b}).content();
        for (std::uint32_t a = 0; a < result_.after.elements[at].size(); ++a) {
          if (!is_free(result_.after.elements[at][a]) || describe_after.describe({kind, a}).content() != content)
            continue;
          accept(kind, b, a);
          found = true;
          break;
        }
      }
    }
    return found;
  }

  /// Renamed and changed: what makes it this one (a metric's formula, half of a curve's points …) is the same.
  bool match_by_likeness() {
    const Describer describe_before(before_, result_.before), describe_after(after_, result_.after);
    for (std::size_t at = 0; at < kElementKinds; ++at) {
      const auto kind = static_cast<ElementKind>(at);
      for (std::uint32_t b = 0; b < result_.before.elements[at].size(); ++b) {
        if (!is_free(result_.before.elements[at][b])) continue;
        const Description old = describe_before.describe({kind, b});
        std::vector<std::uint32_t> alike;
        for (std::uint32_t a = 0; a < result_.after.elements[at].size(); ++a) {
          if (is_free(result_.after.elements[at][a]) && are_alike(old, describe_after.describe({kind, a})))
            alike.push_back(a);
        }
        if (alike.size() != 1) continue;
        accept(kind, b, alike.front());
        return true;
      }
    }
    return false;
  }

  static bool are_alike(const Description& before, const Description& after) {
    bool core = false;
    for (const Attribute& attribute : before.attributes) {
      if (!attribute.core) continue;
      core = true;
      const bool same = std::any_of(after.attributes.begin(), after.attributes.end(), [&](const Attribute& other) {
        return other.aspect == attribute.aspect && other.canonical == attribute.canonical;
      });
      if (!same) return false;
    }
    if (before.parts.empty()) return core;
    std::size_t equal = 0;
    for (const Part& part : before.parts) {
      equal += std::any_of(after.parts.begin(), after.parts.end(),
                           [&](const Part& other) {
                             return other.key == part.key && other.attributes.size() == part.attributes.size() &&
                                    std::equal(part.attributes.begin(), part.attributes.end(), other.attributes.begin(),
                                               [](const Attribute& x, const Attribute& y) {
                                                 return x.canonical == y.canonical;
                                               });
                           })
                   ? 1
                   : 0;
    }
    return 2 * equal >= std::max(before.parts.size(), after.parts.size());
  }

  void find_changed_params() {
    const Canonical old(before_.policy, result_.before), young(after_.policy, result_.after);
    for (const Pair& pair : result_.pairs) {
      if (pair.kind != ElementKind::param) continue;
      const model::Param& b = before_.policy.params[pair.before];
      const model::Param& a = after_.policy.params[pair.after];
      if (old.constant(b.value, b.type) == young.constant(a.value, a.type)) continue;
      result_.before.changed_params.insert(pair.before);
      result_.after.changed_params.insert(pair.after);
    }
  }

  static void find_inlined(const Side& side, Tokens& tokens) {
    const auto& own = tokens.elements[static_cast<std::size_t>(ElementKind::metric)];
    tokens.inlined_metrics.clear();
    for (std::uint32_t i = 0; i < own.size(); ++i) {
      if (is_free(own[i]) && is_plain_formula(side.policy.metrics[i])) tokens.inlined_metrics.insert(i);
    }
  }

  const Side& before_;
  const Side& after_;
  Tokens content_before_, content_after_;
  Matching result_;
  std::size_t next_ = 0;
};

}  // namespace

Matching match(const Side& before, const Side& after) { return MatchRun(before, after).run(); }

}  // namespace kpi::diff
