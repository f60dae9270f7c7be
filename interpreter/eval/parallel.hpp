// Work shared by several threads.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace kpi::eval {

/// Calls work(thread, first, last) for runs [first, last) of at most `step` neighbouring items until all are done.
/// `thread` is below `threads`, and 0 is the caller's own. After an exception no further run is begun; the first one is
/// thrown here.
void in_parallel(unsigned threads, std::size_t items, std::size_t step,
                 const std::function<void(unsigned thread, std::size_t first, std::size_t last)>& work);

/// Has `count` texts made by several threads (`make` appends to an empty text) and hands them to `take` in order, one
/// at a time. Only a few texts exist at once.
void texts_in_order(unsigned threads, std::size_t count,
                    const std::function<void(std::size_t number, std::string& text)>& make,
                    const std::function<void(std::string_view text)>& take);

}  // namespace kpi::eval
