// The keys of an import's rows, exactly and in few bytes each, and their order.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace kpi::storage {

/// Numbers keys from 0 in the order in which they are added. While they arrive in strictly ascending or descending
/// order, as ids of an export mostly do, nothing has to be looked up.
class KeySet {
 public:
  /// Bytes whose order is the order of keys: memcmp, then the shorter first.
  struct Added {
    std::uint32_t number;  // of the key, or of the equal one that is there already
    bool is_new;
  };
  /// `line` comes back from line().
  Added add(std::string_view key, std::uint64_t line);
  std::string_view key(std::uint32_t number) const {
    return {bytes_.data() + begins_[number], static_cast<std::size_t>(begins_[number + 1] - begins_[number])};
  }
  std::uint64_t line(std::uint32_t number) const { return lines_[number]; }
  std::size_t size() const { return lines_.size(); }
  /// The numbers in ascending order of their keys. No keys can be added afterwards.
  std::vector<std::uint32_t> sorted();

 private:
  enum class Order : std::uint8_t { unknown, ascending, descending, none };
  bool goes_on(std::string_view key);
  std::uint64_t* slot(std::string_view key);
  void index_all();
  void append(std::string_view key, std::uint64_t line);

  std::vector<char> bytes_;
  std::vector<std::uint64_t> begins_ = {0};
  std::vector<std::uint32_t> lines_;
  Order order_ = Order::unknown;
  std::vector<std::uint64_t>
      slots_;  // open addressing: high half of the hash, number + 1; empty while there is an order
};

}  // namespace kpi::storage
