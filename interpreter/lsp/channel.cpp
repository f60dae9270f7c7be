#include "interpreter/lsp/channel.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace kpi::lsp {
namespace {

constexpr std::string_view kLength = "content-length:";
/// More than any policy, and than any message about one.
constexpr std::size_t kLargestMessage = std::size_t{256} << 20;

bool is_length(std::string_view line) {
  if (line.size() < kLength.size()) return false;
  for (std::size_t i = 0; i < kLength.size(); ++i) {
    const char c = line[i] >= 'A' && line[i] <= 'Z' ? static_cast<char>(line[i] - 'A' + 'a') : line[i];
    if (c != kLength[i]) return false;
  }
  return true;
}

std::optional<std::size_t> number(std::string_view text) {
  std::size_t result = 0;
  bool any = false;
  for (const char c : text) {
    if (c == ' ' || c == '\t' || c == '\r') continue;
    if (c < '0' || c > '9' || result > kLargestMessage) return std::nullopt;
    result = result * 10 + static_cast<std::size_t>(c - '0');
    any = true;
  }
  return any && result <= kLargestMessage ? std::optional(result) : std::nullopt;
}

}  // namespace

std::optional<Channel::State> Channel::take(std::string& body) {
  std::size_t at = 0;
  std::optional<std::size_t> length;
  bool bad = false;
  for (;;) {
    const std::size_t end = buffer_.find('\n', at);
    if (end == std::string::npos) return std::nullopt;
    std::string_view line(buffer_.data() + at, end - at);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    at = end + 1;
    if (is_length(line)) {
      length = number(line.substr(kLength.size()));
      bad = bad || !length;
    } else if (line.empty()) {
      if (length) break;
      buffer_.erase(0, at);  // a header without a length: there is no telling where its body ends
      if (bad) return State::bad_header;
      at = 0;
    } else if (line.find(':') == std::string_view::npos) {
      buffer_.erase(0, at);
      return State::bad_header;
    }
  }
  if (buffer_.size() - at < *length) return std::nullopt;
  body = buffer_.substr(at, *length);
  buffer_.erase(0, at + *length);
  return State::message;
}

Channel::State Channel::next(std::string& body, int milliseconds, int other) {
  for (;;) {
    if (const auto taken = take(body)) return *taken;
    if (closed_) return State::closed;
    pollfd ready[] = {{input_, POLLIN, 0}, {other, POLLIN, 0}};
    const int count = ::poll(ready, 2, milliseconds);
    if (count < 0 && errno == EINTR) continue;
    if (count == 0) return State::nothing_yet;
    if (ready[0].revents == 0) return State::woken;
    char bytes[1 << 16];
    const ssize_t size = ::read(input_, bytes, sizeof bytes);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) {
      closed_ = true;
    } else {
      buffer_.append(bytes, static_cast<std::size_t>(size));
    }
  }
}

void Channel::send(std::string_view body) {
  const std::string message = "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
  for (std::string_view rest = message; !rest.empty();) {
    const ssize_t count = ::write(output_, rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      closed_ = true;  // nobody listens any more
      return;
    }
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
}

}  // namespace kpi::lsp
