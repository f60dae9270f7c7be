#include "interpreter/driver/diff_attribution.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace kpi::driver {
namespace {

using diff::ElementKind;
using ElementName = std::pair<ElementKind, std::string>;

constexpr std::size_t kMostUnits = 16;  // each costs a run over the data; further ones are applied together

/// What a declaration is called in a comparison; none for those that change no number.
struct ElementOf {
  using Result = std::optional<ElementName>;
  static std::string name(const syntax::Head& head) { return head.name ? head.name->text : std::string(); }
  Result operator()(const syntax::PolicyDecl& d) const { return ElementName{ElementKind::policy, name(d.head)}; }
  Result operator()(const syntax::LibraryDecl& d) const { return ElementName{ElementKind::policy, name(d.head)}; }
  Result operator()(const syntax::UseDecl&) const { return std::nullopt; }  // handled apart
  Result operator()(const syntax::ParamDecl& d) const { return ElementName{ElementKind::param, name(d.head)}; }
  Result operator()(const syntax::EntityDecl& d) const { return ElementName{ElementKind::entity, name(d.head)}; }
  Result operator()(const syntax::EventsDecl& d) const { return ElementName{ElementKind::events, name(d.head)}; }
  Result operator()(const syntax::ExchangeDecl&) const { return ElementName{ElementKind::exchange, ""}; }
  Result operator()(const syntax::EnsureDecl& d) const {
    return ElementName{ElementKind::ensure, d.head.label ? d.head.label->value : std::string()};
  }
  Result operator()(const syntax::CalendarDecl& d) const { return ElementName{ElementKind::calendar, name(d.head)}; }
  Result operator()(const syntax::ExcludeDecl& d) const { return ElementName{ElementKind::exclusion, name(d.head)}; }
  Result operator()(const syntax::MetricDecl& d) const { return ElementName{ElementKind::metric, name(d.head)}; }
  Result operator()(const syntax::PhasesDecl& d) const { return ElementName{ElementKind::phases, d.entity.text}; }
  Result operator()(const syntax::TableDecl& d) const { return ElementName{ElementKind::table, name(d.head)}; }
  Result operator()(const syntax::CurveDecl& d) const { return ElementName{ElementKind::curve, name(d.head)}; }
  Result operator()(const syntax::ScorecardDecl& d) const { return ElementName{ElementKind::scorecard, name(d.head)}; }
  Result operator()(const syntax::PayoutDecl& d) const { return ElementName{ElementKind::payout, name(d.head)}; }
  Result operator()(const syntax::AlertDecl& d) const { return ElementName{ElementKind::alert, name(d.head)}; }
  Result operator()(const syntax::RuleDecl&) const { return std::nullopt; }
  Result operator()(const syntax::AllowDecl&) const { return std::nullopt; }
  Result operator()(const syntax::AttackDecl&) const { return std::nullopt; }
  Result operator()(const syntax::LabelsDecl&) const { return std::nullopt; }
  Result operator()(const syntax::TestDecl&) const { return std::nullopt; }
  Result operator()(const syntax::ImportDecl&) const { return std::nullopt; }
};

struct Slot {
  ElementName element;
  std::string before, after;        // texts of the declaration; empty where there is none
  std::optional<std::size_t> unit;  // none: the same in every state
};

bool acts_by_itself(ElementKind kind) {
  return kind == ElementKind::exclusion || kind == ElementKind::scorecard || kind == ElementKind::payout ||
         kind == ElementKind::ensure || kind == ElementKind::phases || kind == ElementKind::exchange;
}

class Attribution {
 public:
  Attribution(const diff::Diff& diff, const CompiledSide& before, const CompiledSide& after, eval::DataSource& data,
              const eval::RunRequest& request, const eval::Run& run_after)
      : diff_(diff), before_(before), after_(after), data_(data), request_(request), run_after_(run_after) {}

  void run(diff::Effect& effect, const eval::Run& run_before) {
    lifted_ = effect.outside_effective;
    read_names();
    make_slots();
    make_units();
    if (units_.empty()) return;
    const diff::Amounts start = diff::amounts_of(before_.compiled.policy, run_before, new_names_);
    const diff::Amounts end = diff::amounts_of(after_.compiled.policy, run_after_, {});
    std::vector<diff::Unit> units;
    std::vector<diff::Amounts> states;
    std::set<std::size_t> applied;
    for (std::size_t i = 0; i < units_.size(); ++i) {
      if (applied.contains(i)) continue;
      std::set<std::size_t> step{i};
      std::optional<diff::Amounts> state =
          units.size() + 1 < kMostUnits ? evaluate(joined(applied, step)) : std::nullopt;
      // What does not stand alone is tried with each later one, then with all that are left.
      for (std::size_t j = i + 1; !state && j < units_.size() && units.size() + 1 < kMostUnits; ++j) {
        if (applied.contains(j)) continue;
        step = {i, j};
        state = evaluate(joined(applied, step));
      }
      if (!state) {
        for (std::size_t j = i; j < units_.size(); ++j) {
          if (!applied.contains(j)) step.insert(j);
        }
        state = end;
      }
      diff::Unit unit;
      for (const std::size_t each : step) {
        applied.insert(each);
        unit.elements.insert(unit.elements.end(), units_[each].elements.begin(), units_[each].elements.end());
      }
      if (applied.size() == units_.size()) state = end;
      units.push_back(std::move(unit));
      states.push_back(std::move(*state));
    }
    diff::share_out(effect, std::move(units), start, states);
  }

 private:
  void read_names() {
    for (const diff::Rename& rename : diff_.renames) {
      if (rename.part != diff::PartKind::none) continue;
      renamed_[{rename.element, rename.before}] = rename.after;
      if (rename.element == ElementKind::payout) new_names_[rename.before] = rename.after;
      if (rename.element == ElementKind::entity) renamed_[{ElementKind::phases, rename.before}] = rename.after;
    }
  }

  ElementName in_new_terms(ElementName element) const {
    if (const auto found = renamed_.find(element); found != renamed_.end()) element.second = found->second;
    if (element.first == ElementKind::policy) element.second.clear();
    return element;
  }

  void make_slots() {
    std::map<ElementName, std::size_t> known;
    const auto read = [&](const CompiledSide& side, bool old) {
      for (const syntax::Declaration& declaration : side.compiled.file.declarations) {
        const source::Span span = std::visit([](const auto& d) { return d.head.span; }, declaration);
        const std::string text(side.session.sources.text(span));
        if (std::holds_alternative<syntax::UseDecl>(declaration)) {
          (old ? uses_before_ : uses_after_) += text + "\n";
          continue;
        }
        auto element = std::visit(ElementOf{}, declaration);
        if (!element) continue;
        if (old) element = in_new_terms(*element);
        if (element->first == ElementKind::policy) element->second.clear();
        const auto [place, added] = known.emplace(*element, slots_.size());
        if (added) slots_.push_back({*element, "", "", std::nullopt});
        (old ? slots_[place->second].before : slots_[place->second].after) = text;
      }
    };
    read(before_, true);
    read(after_, false);
  }

  /// One unit for each declaration with a change that can move a number, in the order in which they are computed.
  void make_units() {
    std::set<ElementName> changed;
    bool libraries = false;
    for (const diff::Change& change : diff_.changes) {
      if (change.weight != diff::Weight::numbers) continue;
      ElementName element{change.element, change.name};
      if (!change.after_element) element = in_new_terms(element);
      if (element.first == ElementKind::policy) element.second.clear();
      if (element.first == ElementKind::alert) continue;
      const bool has_slot =
          std::any_of(slots_.begin(), slots_.end(), [&](const Slot& s) { return s.element == element; });
      if (!has_slot) {
        libraries = true;
        library_elements_.push_back({change.element, change.name});
        continue;
      }
      changed.insert(element);
    }
    if (libraries) {
      std::sort(library_elements_.begin(), library_elements_.end());
      library_elements_.erase(std::unique(library_elements_.begin(), library_elements_.end()), library_elements_.end());
      library_unit_ = units_.size();
      units_.push_back({{}, library_elements_, {}, 0});
    }
    for (int kind = 0; kind < static_cast<int>(diff::kElementKinds); ++kind) {
      for (Slot& slot : slots_) {
        if (slot.element.first != static_cast<ElementKind>(kind) || !changed.contains(slot.element)) continue;
        // What only stands ready for others does nothing by coming or going; it is there in every state.
        const bool both = !slot.before.empty() && !slot.after.empty();
        if (!both && !acts_by_itself(slot.element.first)) continue;
        slot.unit = units_.size();
        ElementName shown = slot.element;
        if (shown.first == ElementKind::policy) shown.second = after_.compiled.policy.header.name;
        units_.push_back({{}, {shown}, {}, 0});
      }
    }
  }

  static std::set<std::size_t> joined(std::set<std::size_t> applied, const std::set<std::size_t>& step) {
    applied.insert(step.begin(), step.end());
    return applied;
  }

  /// The amounts with these units applied; none when that does not compile or run, or when they are all units.
  std::optional<diff::Amounts> evaluate(const std::set<std::size_t>& applied) {
    if (applied.size() == units_.size()) return diff::amounts_of(after_.compiled.policy, run_after_, {});
    const auto is_applied = [&](std::optional<std::size_t> unit) { return unit && applied.contains(*unit); };
    const bool new_libraries = !library_unit_ || is_applied(library_unit_);
    std::string text = "edition 2026\n" + (new_libraries ? uses_after_ : uses_before_);
    for (const Slot& slot : slots_) {
      if (slot.unit) {
        text += (is_applied(slot.unit) ? slot.after : slot.before) + "\n";
      } else {
        text += (slot.after.empty() ? slot.before : slot.after) + "\n";
      }
    }
    Session session;
    Compiled compiled = session.compile_text(new_libraries ? after_.compiled.path : before_.compiled.path, text);
    if (session.diagnostics.has_errors()) return std::nullopt;
    if (lifted_) lift_effective_dates(compiled.policy);
    const eval::Run run = session.evaluate(compiled, data_, request_);
    if (session.diagnostics.has_errors()) return std::nullopt;
    return diff::amounts_of(compiled.policy, run, new_names_);
  }

  bool lifted_ = false;
  const diff::Diff& diff_;
  const CompiledSide& before_;
  const CompiledSide& after_;
  eval::DataSource& data_;
  const eval::RunRequest& request_;
  const eval::Run& run_after_;
  std::map<ElementName, std::string> renamed_;
  std::map<std::string, std::string> new_names_;  // of payouts
  std::string uses_before_, uses_after_;
  std::vector<Slot> slots_;
  std::vector<diff::Unit> units_;
  std::optional<std::size_t> library_unit_;
  std::vector<ElementName> library_elements_;
};

}  // namespace

void lift_effective_dates(model::Policy& policy) {
  policy.header.effective_from.reset();
  policy.header.effective_to.reset();
  policy.header.trial.reset();  // it begins with the effective dates
}

void attribute_effect(diff::Effect& effect, const diff::Diff& diff, const CompiledSide& before,
                      const CompiledSide& after, const eval::Run& run_before, const eval::Run& run_after,
                      eval::DataSource& data, const eval::RunRequest& request) {
  Attribution(diff, before, after, data, request, run_after).run(effect, run_before);
}

}  // namespace kpi::driver
