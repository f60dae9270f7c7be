// One pass by several threads: each has a program, lanes and cells of its own and takes runs of pages from a common
// counter; what they found is put together at the end. Sums are exact and add in any order, so the result is that of
// one thread. Whatever depends on the order of rows, bad rows above all, is left to a pass in order.
#include <exception>
#include <thread>

#include "interpreter/eval/scan_events.hpp"

namespace kpi::eval::scanning {

std::unique_ptr<EventsScan> EventsScan::worker(EventsState& state) const {
  auto copy = std::make_unique<EventsScan>(world_, plan_, resources_, events_, &state);
  copy->only_times = only_times;
  copy->windows_ = windows_;
  copy->presence_windows_ = presence_windows_;
  copy->discovered_ = discovered_;
  if (reports_) copy->report_exclusions(report_windows_);
  for (const auto& ensure : ensures_) copy->add_ensure(ensure->declaration());
  return copy;
}

bool EventsScan::run_in_parts(const EventsPass& pass) {
  if (!pass.can_be_shared()) return false;
  const auto table = world_.data.parts(pass.schema().name, pass.columns());
  return table && run_over_parts(pass, *table, world_.request.threads, [](const EventsInfo&) { return true; });
}

bool EventsScan::run_over_parts(const EventsPass& pass, PartedTable& table, unsigned count, const Accept& accept) {
  struct Work {
    EventsState state;
    std::unique_ptr<EventsScan> scan;
    std::unique_ptr<EventsPass> pass;
    std::exception_ptr error;
  };
  std::vector<Work> works(count);
  for (Work& work : works) {
    work.scan = worker(work.state);
    work.pass = std::make_unique<EventsPass>(world_, plan_, events_, &resources_.joins, &work.state);
    work.pass->reads = pass.reads;
    work.pass->lenient = pass.lenient;
    work.pass->only_days = work.scan->only_days_ = only_days_;
    if (!work.pass->open()) return false;
    if (!only_times) work.scan->compile(*work.pass);
  }
  std::atomic<bool> stop = false, failed = false;
  world_.errors.watch(true);
  const auto run = [&](Work& work) {
    try {
      const auto rows = table.scan();
      work.pass->run_part(
          *rows,
          [&](const Batch& batch, Table& read, std::vector<std::uint8_t>& active) {
            work.scan->take(work.pass->program(), batch, read, active);
            if (world_.errors.trouble()) stop = true;
          },
          stop);
    } catch (const PartsFailed&) {
      failed = stop = true;
    } catch (...) {
      work.error = std::current_exception();
      stop = true;
    }
  };
  {
    std::vector<std::jthread> threads;
    for (std::size_t index = 1; index < works.size(); ++index) threads.emplace_back(run, std::ref(works[index]));
    run(works.front());
  }
  const bool trouble = world_.errors.trouble();
  world_.errors.watch(false);
  for (const Work& work : works) {
    if (work.error) std::rethrow_exception(work.error);
  }
  if (failed || trouble) return false;
  for (std::size_t index = 1; index < works.size(); ++index) works.front().scan->take_in(*works[index].scan);
  if (!accept(works.front().state.info)) return false;
  adopt(std::move(*works.front().scan));
  return true;
}

void EventsScan::take_in(const EventsScan& other) {
  for (std::size_t index = 0; index < groupings_.size(); ++index) {
    Grouping* const grouping = groupings_[index].get();
    const Grouping* const theirs = other.groupings_[index].get();
    const std::vector<std::uint32_t> places = grouping->take_in(*theirs);
    for (std::size_t number = 0; number < lanes_.size(); ++number) {
      Lane& lane = *lanes_[number];
      const Lane& from = *other.lanes_[number];
      if (lane.grouping != grouping) continue;
      lane.counts.resize(std::max<std::size_t>(lane.counts.size(), grouping->cells()));
      for (std::size_t cell = 0; cell < std::min(from.counts.size(), places.size()); ++cell) {
        lane.counts[places[cell]] += from.counts[cell];
      }
      for (std::size_t at = 0; at < lane.accumulators.size(); ++at) {
        lane.accumulators[at]->take_in(*from.accumulators[at], places, grouping->cells());
      }
    }
  }
  for (std::size_t exclusion = 0; exclusion < excluded_.size(); ++exclusion) {
    for (std::size_t slot = 0; slot < excluded_[exclusion].size(); ++slot) {
      ExcludedRows& rows = excluded_[exclusion][slot];
      const ExcludedRows& theirs = other.excluded_[exclusion][slot];
      rows.rows += theirs.rows;
      rows.noted += theirs.noted;
      rows.undecided += theirs.undecided;
      rows.money.take_in(theirs.money);
    }
  }
  for (std::size_t index = 0; index < ensures_.size(); ++index) ensures_[index]->take_in(*other.ensures_[index]);
  for (const auto& [day, rows] : other.rows_per_day_) rows_per_day_[day] += rows;
  for (const auto& [entity, rows] : other.unowned_) {
    ExcludedRows& mine = unowned_[entity];
    mine.rows += rows.rows;
    mine.money.take_in(rows.money);
  }
  const EventsInfo& theirs = other.state_.info;
  EventsInfo& info = state_.info;
  info.rows += theirs.rows;
  info.excluded += theirs.excluded;
  info.without_time += theirs.without_time;
  if (theirs.first) info.first = info.first ? std::min(*info.first, *theirs.first) : theirs.first;
  if (theirs.last) info.last = info.last ? std::max(*info.last, *theirs.last) : theirs.last;
}

/// The results of a worker become those of the scan it was made for.
void EventsScan::adopt(EventsScan&& other) {
  groupings_ = std::move(other.groupings_);
  lanes_ = std::move(other.lanes_);
  instances_ = std::move(other.instances_);
  presence_lanes_ = std::move(other.presence_lanes_);
  money_fields_ = std::move(other.money_fields_);
  report_slots_ = std::move(other.report_slots_);
  excluded_ = std::move(other.excluded_);
  ensures_ = std::move(other.ensures_);
  rows_per_day_ = std::move(other.rows_per_day_);
  unowned_ = std::move(other.unowned_);
  const EventsInfo& found = other.state_.info;
  EventsInfo& info = state_.info;
  info.rows += found.rows;
  info.excluded += found.excluded;
  info.without_time += found.without_time;
  info.first = found.first;
  info.last = found.last;
}

}  // namespace kpi::eval::scanning
