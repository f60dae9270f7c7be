// Messages over two descriptors: a header with `Content-Length`, an empty line, the body.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kpi::lsp {

class Channel {
 public:
  Channel(int input, int output) : input_(input), output_(output) {}

  enum class State { message, nothing_yet, woken, closed, bad_header };
  /// The next message's body in `body`. Waits at most so many milliseconds for it; -1: as long as it takes. `woken` when
  /// something can be read from `other` before a message is there. A header that cannot be understood is skipped up to
  /// the next line that begins one.
  State next(std::string& body, int milliseconds, int other);
  void send(std::string_view body);

 private:
  /// Takes a whole message out of the buffer.
  std::optional<State> take(std::string& body);

  int input_, output_;
  std::string buffer_;
  bool closed_ = false;
};

}  // namespace kpi::lsp
