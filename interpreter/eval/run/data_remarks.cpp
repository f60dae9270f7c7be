#include "interpreter/eval/run/data_remarks.hpp"

#include <algorithm>

#include "grammar/source/diagnostics/run.hpp"

namespace kpi::eval {
namespace {

namespace ids = source::ids;

std::string days_text(Date from, Date end) { return from.to_string() + ".." + Date{end.days - 1}.to_string(); }

/// The first few of a list, and a sign that there are more.
class ShortList {
 public:
  void add(const std::string& item) {
    if (++count_ <= kMostShown) text_ += (text_.empty() ? "" : ", ") + item;
  }
  bool empty() const { return count_ == 0; }
  std::string text() const { return count_ > kMostShown ? text_ + ", …" : text_; }

 private:
  static constexpr std::size_t kMostShown = 3;
  std::size_t count_ = 0;
  std::string text_;
};

class DataRemarks {
 public:
  DataRemarks(const model::Policy& policy_, const Plan& plan_, const AggregateStore& store_,
              source::Diagnostics& diagnostics_)
      : policy(policy_), plan(plan_), store(store_), diagnostics(diagnostics_) {}

  void report() {
    report_isolated(policy, store, diagnostics);
    for (const auto& [events, windows] : plan.needs.events_read()) {
      const EventsInfo& info = store.events(events);
      report_coverage(events, info, windows);
      report_other_windows(events, info, windows);
      report_silence(events, info);
      if (info.without_time == 0) continue;
      diagnostics.add(ids::rows_without_time, policy.event(events).named.span)
          .with("rows", std::to_string(info.without_time))
          .with("events", policy.event(events).named.name);
    }
  }

 private:
  /// Is the period itself read, be it as a part of a longer window such as that of `lifetime`?
  static bool reads_up_to_end(const std::set<Window>& windows, Window period) {
    return std::any_of(windows.begin(), windows.end(),
                       [&](Window window) { return window.end == period.end && window.start <= period.start; });
  }

  /// One finding for a period says what is missing in its parts as well, and one for neighbouring periods without any
  /// data names them together.
  void report_coverage(EventsId events, const EventsInfo& info, const std::set<Window>& windows) {
    std::vector<const PlannedPeriod*> lacking;
    for (const PlannedPeriod& planned : plan.periods) {
      if (!reads_up_to_end(windows, planned.window)) continue;
      const AggregateStore::Cover cover = store.coverage(model::SourceRef::of(events), planned.window);
      // Longer windows that end with a period without data have a value all the same.
      const bool is_bare = cover == AggregateStore::Cover::none && !windows.contains(planned.window);
      if (cover != AggregateStore::Cover::full && !is_bare) lacking.push_back(&planned);
    }
    std::vector<const PlannedPeriod*> whole;
    for (const PlannedPeriod* planned : lacking) {
      const bool is_part = std::any_of(lacking.begin(), lacking.end(), [&](const PlannedPeriod* other) {
        return other->period.unit > planned->period.unit && other->period.start() <= planned->period.start() &&
               planned->period.end() <= other->period.end();
      });
      if (!is_part) whole.push_back(planned);
    }
    for (std::size_t first = 0, next = 0; first < whole.size(); first = next) {
      next = first + 1;
      const bool none = is_uncovered(events, info, *whole[first]);
      while (none && next < whole.size() && whole[next]->period == whole[next - 1]->period.shift(1) &&
             is_uncovered(events, info, *whole[next])) {
        ++next;
      }
      const Window window = whole[first]->window;
      const bool from_start = !none && *info.covered_from <= window.start;
      auto& diagnostic = diagnostics.add(none         ? ids::not_covered
                                         : from_start ? ids::partly_covered_at_end
                                                      : ids::partly_covered,
                                         policy.event(events).named.span);
      std::string period = whole[first]->period.to_string();
      if (next - first > 1) period += ".." + whole[next - 1]->period.to_string();
      diagnostic.with("events", policy.event(events).named.name).with("period", period);
      if (none) continue;
      diagnostic.with("from", std::max(*info.covered_from, window.start).to_string())
          .with("to", Date{std::min(*info.covered_to, window.end).days - 1}.to_string())
          .with("last", Date{window.end.days - 1}.to_string());
    }
  }

  bool is_uncovered(EventsId events, const EventsInfo& info, const PlannedPeriod& planned) const {
    return store.coverage(model::SourceRef::of(events), planned.window) == AggregateStore::Cover::none ||
           !info.covered_from || !info.covered_to;
  }

  /// Days beside those of the run's periods, which functions such as rolling and previous read: sums over them are too
  /// small where the data covers them in part, and have no value where a period of a rolling window is missing.
  void report_other_windows(EventsId events, const EventsInfo& info, const std::set<Window>& windows) {
    struct Reader {
      ShortList partly, lacking;
    };
    std::map<std::string, Reader> readers;
    for (const Window window : windows) {
      const auto other = plan.needs.other_windows().find(window);
      if (other == plan.needs.other_windows().end()) continue;
      if (store.coverage(model::SourceRef::of(events), window) != AggregateStore::Cover::partial) continue;
      const std::string days = days_text(window.start > kBeginning ? window.start : *info.covered_from, window.end);
      if (lacks_period(events, other->second)) {
        readers[other->second.reader].lacking.add(days);
      } else if (!is_said(window, info)) {
        readers[other->second.reader].partly.add(days);
      }
    }
    for (const auto& [reader, found] : readers) {
      if (!found.partly.empty()) report(ids::window_partly_covered, events, info, reader, found.partly);
      if (!found.lacking.empty()) report(ids::rolling_not_covered, events, info, reader, found.lacking);
    }
  }

  void report(source::DiagnosticId id, EventsId events, const EventsInfo& info, const std::string& reader,
              const ShortList& windows) {
    diagnostics.add(id, policy.event(events).named.span)
        .with("reader", "`" + reader + "`")
        .with("events", policy.event(events).named.name)
        .with("windows", windows.text())
        .with("from", info.covered_from->to_string())
        .with("to", Date{info.covered_to->days - 1}.to_string());
  }

  bool lacks_period(EventsId events, const OtherWindow& window) const {
    const auto is_missing = [&](Window period) {
      return store.coverage(model::SourceRef::of(events), period) == AggregateStore::Cover::none;
    };
    return window.first && (is_missing(*window.first) || is_missing(window.last));
  }

  /// Whether the remark about a period of the run says it already: all that is missing lies inside it.
  bool is_said(Window window, const EventsInfo& info) const {
    const Date from = *info.covered_from, to = *info.covered_to;
    const bool before = window.start > kBeginning && window.start < from;
    return std::any_of(plan.periods.begin(), plan.periods.end(), [&](const PlannedPeriod& planned) {
      const Window period = planned.window;
      const bool is_reported = from < period.end && period.start < to;
      return is_reported && (!before || period.start <= window.start) && window.end <= period.end &&
             (window.start >= period.start || window.end == period.end);
    });
  }

  // One remark a source: what is missing is found in one place.
  void report_silence(EventsId events, const EventsInfo& info) {
    ShortList days;
    for (const auto& [from, to] : info.silent) {
      const Date start = from, end = to;
      const bool matters = std::any_of(plan.periods.begin(), plan.periods.end(), [&](const PlannedPeriod& planned) {
        return start < planned.window.end && planned.window.start < end;
      });
      if (matters) days.add(days_text(start, end));
    }
    if (days.empty()) return;
    diagnostics.add(ids::silent_source, policy.event(events).named.span)
        .with("events", policy.event(events).named.name)
        .with("days", days.text());
  }

  const model::Policy& policy;
  const Plan& plan;
  const AggregateStore& store;
  source::Diagnostics& diagnostics;
};

}  // namespace

void report_data(const model::Policy& policy, const Plan& plan, const AggregateStore& store,
                 source::Diagnostics& diagnostics) {
  DataRemarks(policy, plan, store, diagnostics).report();
}

void report_isolated(const model::Policy& policy, const AggregateStore& store, source::Diagnostics& diagnostics) {
  for (const IsolatedRows& isolated : store.isolated()) {
    const model::Events& events = policy.event(isolated.events);
    const bool keyless = events.key.empty();
    ShortList keys;
    for (const std::string& key : isolated.keys) keys.add(keyless ? key : "`" + key + "`");
    diagnostics.add(keyless ? ids::isolated_rows_without_key : ids::isolated_rows, events.named.span)
        .with(keyless ? "rows" : "keys", keys.text())
        .with("events", events.named.name)
        .with("day", isolated.first.to_string())
        .with("distance", std::to_string(isolated.distance))
        .with("as_of", policy.header.timezone->local_date(*store.as_of()).to_string());
  }
}

}  // namespace kpi::eval
