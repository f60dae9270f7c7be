// Running programs: one loop over the batch per node.
#include <algorithm>
#include <bit>

#include "interpreter/eval/scan_join.hpp"
#include "interpreter/eval/scan_program.hpp"
#include "interpreter/eval/scan_program_code.hpp"

namespace kpi::eval::scanning {

void Program::begin(const Table& batch, const std::uint8_t* active) {
  batch_ = &batch;
  active_ = active;
  rows_ = batch.rows;
  for (Node& node : nodes_) node.state = Node::State::open;
}

bool Program::evaluate(int id, Vec& result) {
  if (id < 0) return false;
  Node& node = nodes_[static_cast<std::size_t>(id)];
  if (node.state == Node::State::open) node.state = run(node) ? Node::State::done : Node::State::failed;
  result = node.vec;
  return node.state == Node::State::done;
}

Value Program::simple(ExprId expr, std::size_t row) {
  return evaluator_.evaluate(expr, RowContext{batch_, row, nullptr, {}});
}

void Program::truth(const Root& root, std::uint8_t* result) {
  Vec vec;
  if (evaluate(root.node, vec)) {
    const std::int64_t* const values = vec.values;
    const std::uint8_t* const absent = vec.absent;
    const std::size_t rows = rows_;
    for (std::size_t row = 0; row < rows; ++row) result[row] = static_cast<std::uint8_t>(values[row]);
    for (std::size_t row = 0; absent != nullptr && row < rows; ++row) result[row] &= static_cast<std::uint8_t>(absent[row] ^ 1);
    return;
  }
  for (std::size_t row = 0, rows = rows_; row < rows; ++row) {
    result[row] = active_[row] != 0 && simple(root.expr, row) == Value(true) ? 1 : 0;
  }
}

bool Program::run(Node& node) {
  // Operands first; a failing one fails the node.
  Vec ignored;
  for (const int operand : {node.a, node.b, node.c}) {
    if (operand >= 0 && !evaluate(operand, ignored)) return false;
  }
  for (const int operand : node.operands) {
    if (!evaluate(operand, ignored)) return false;
  }
  switch (node.op) {
    case Op::field: return run_field(node);
    case Op::day: node.vec = {batch_->days.values.data(), nullptr, 0}; return batch_->days.values.size() >= rows_;
    case Op::gather: {
      const Table& table = world_.table(node.source);
      return table.has(node.field) && run_gather(node, table.column(node.field));
    }
    case Op::gather_day: return run_gather(node, world_.table(node.source).days);
    case Op::constant: return run_constant(node);
    case Op::add:
    case Op::subtract: return run_sum(node);
    case Op::multiply: return run_product(node);
    case Op::negate:
    case Op::absolute: return run_negate(node);
    case Op::minimum:
    case Op::maximum: return run_choice_of_two(node);
    case Op::rate: return run_rate(node);
    case Op::convert: return run_convert(node);
    case Op::time_minus_time:
    case Op::date_minus_date:
    case Op::time_plus:
    case Op::time_minus: return run_times(node);
    case Op::equal:
    case Op::not_equal:
    case Op::less:
    case Op::less_equal: return run_comparison(node);
    case Op::logical_and:
    case Op::logical_or:
    case Op::logical_not: return run_logic(node);
    case Op::is_none:
    case Op::is_present: return run_presence(node);
    case Op::or_else: return run_or_else(node);
    case Op::choose: return run_choose(node);
    case Op::in_codes:
    case Op::code_function: return run_codes(node);
    case Op::join: return run_join(node);
  }
  return false;
}

void Program::finish(Node& node, int scale) {
  node.vec.values = node.values.data();
  node.vec.scale = scale;
}

void Program::unite_absent(Node& node, const Vec& a, const Vec& b) {
  if (a.absent == nullptr || b.absent == nullptr) {
    node.vec.absent = a.absent != nullptr ? a.absent : b.absent;
    return;
  }
  node.absent.resize(rows_);
  for (std::size_t row = 0, rows = rows_; row < rows; ++row) node.absent[row] = a.absent[row] | b.absent[row];
  node.vec.absent = node.absent.data();
}

bool Program::run_field(Node& node) {
  if (!batch_->has(node.field)) return false;
  const Column& column = batch_->column(node.field);
  if (column.is_wide()) return false;
  node.vec = {column.values.data(), column.any_absent ? column.absent.data() : nullptr, column.scale};
  return true;
}

bool Program::run_gather(Node& node, const Column& column) {
  if (column.is_wide()) return false;
  const Vec& index = vec(node.a);
  const std::size_t size = column.values.size();
  node.values.resize(rows_);
  const bool may_lack = index.absent != nullptr || column.any_absent;
  if (may_lack) node.absent.resize(rows_);
  for (std::size_t row = 0, rows = rows_; row < rows; ++row) {
    const auto at = static_cast<std::size_t>(index.values[row]);
    const bool lacks = index.is_absent(row) || at >= size;
    node.values[row] = lacks ? 0 : column.values[at];
    if (may_lack) node.absent[row] = lacks || column.is_absent(at) ? 1 : 0;
  }
  node.vec.absent = may_lack ? node.absent.data() : nullptr;
  finish(node, column.scale);
  return true;
}

bool Program::run_constant(Node& node) {
  if (node.values.size() < rows_) node.values.assign(rows_, node.constant);
  node.vec.absent = nullptr;
  finish(node, node.scale);
  return true;
}

bool Program::align_one(const Vec& operand, int scale, std::vector<std::int64_t>& storage, Vec& result) {
  if (operand.scale == scale) {
    result = operand;
    return true;
  }
  const std::int64_t factor = kPowers[scale - operand.scale];
  const std::int64_t limit = std::numeric_limits<std::int64_t>::max() / factor;
  storage.resize(rows_);
  bool fits = true;
  for (std::size_t row = 0, rows = rows_; row < rows; ++row) {
    const std::int64_t x = operand.values[row];
    fits &= x <= limit && x >= -limit;
    storage[row] = static_cast<std::int64_t>(static_cast<std::uint64_t>(x) * static_cast<std::uint64_t>(factor));
  }
  if (!fits) {
    for (std::size_t row = 0, rows = rows_; row < rows; ++row) {
      if (active_[row] != 0 && !operand.is_absent(row) && (operand.values[row] > limit || operand.values[row] < -limit)) return false;
    }
  }
  result = {storage.data(), operand.absent, scale};
  return true;
}

bool Program::align(int a, int b, Vec& left, Vec& right, int& scale) {
  scale = std::max(vec(a).scale, vec(b).scale);
  return align_one(vec(a), scale, left_storage_, left) && align_one(vec(b), scale, right_storage_, right);
}

bool Program::run_sum(Node& node) {
  Vec left, right;
  int scale = 0;
  if (!align(node.a, node.b, left, right, scale)) return false;
  unite_absent(node, left, right);
  node.values.resize(rows_);
  std::uint64_t overflow = 0;
  const auto overflows = [&](std::size_t row) {
    const auto x = static_cast<std::uint64_t>(left.values[row]), y = static_cast<std::uint64_t>(right.values[row]);
    const auto z = static_cast<std::uint64_t>(node.values[row]);
    return node.op == Op::add ? (x ^ z) & (y ^ z) : (x ^ y) & (x ^ z);
  };
  for (std::size_t row = 0, rows = rows_; row < rows; ++row) {
    const auto x = static_cast<std::uint64_t>(left.values[row]), y = static_cast<std::uint64_t>(right.values[row]);
    node.values[row] = static_cast<std::int64_t>(node.op == Op::add ? x + y : x - y);
    overflow |= overflows(row);
  }
  finish(node, scale);
  if (overflow >> 63 != 0) {
    for (std::size_t row = 0, rows = rows_; row < rows; ++row) {
      if (active_[row] != 0 && !node.vec.is_absent(row) && overflows(row) >> 63 != 0) return false;
    }
  }
  return true;
}

bool Program::run_product(Node& node) {
  const Vec &left = vec(node.a), &right = vec(node.b);
  const int scale = left.scale + right.scale;
  if (scale > kMaxScale) return false;
  unite_absent(node, left, right);
  node.values.resize(rows_);
  bool overflow = false;
  for (std::size_t row = 0, rows = rows_; row < rows; ++row) {
    overflow |= __builtin_mul_overflow(left.values[row], right.values[row], &node.values[row]);
  }
  finish(node, scale);
  if (overflow) {
    std::int64_t product = 0;
    for (std::size_t row = 0, rows = rows_; row < rows; ++row) {
      if (active_[row] != 0 && !node.vec.is_absent(row) && __builtin_mul_overflow(left.values[row], right.values[row], &product)) {
        return false;
      }
    }
  }
  return true;
}

bool Program::run_negate(Node& node) {
  const Vec& operand = vec(node.a);
  node.values.resize(rows_);
  std::int64_t lowest = 0;
  for (std::size_t row = 0, rows = rows_; row < rows; ++row) {
    const std::int64_t x = operand.values[row];
    lowest = std::min(lowest, x);
    const bool flips = node.op == Op::negate || x < 0;
    node.values[row] = static_cast<std::int64_t>(flips ? 0 - static_cast<std::uint64_t>(x) : static_cast<std::uint64_t>(x));
  }
  node.vec.absent = operand.absent;
  finish(node, operand.scale);
  return lowest != std::numeric_limits<std::int64_t>::min();
}

bool Program::run_choice_of_two(Node& node) {
  Vec left, right;
  int scale = 0;
  if (!align(node.a, node.b, left, right, scale)) return false;
  unite_absent(node, left, right);
  node.values.resize(rows_);
  for (std::size_t row = 0, rows = rows_; row < rows; ++row) {
    node.values[row] = node.op == Op::minimum ? std::min(left.values[row], right.values[row]) : std::max(left.values[row], right.values[row]);
  }
  finish(node, scale);
  return true;
}

inline std::int64_t Program::rate_of(const RateSeries& series, std::int64_t day) const {
  if (series.is_own) return kPowers[world_.rates.scale()];
  if (!series.currency) return 0;
  const auto offset = static_cast<std::uint64_t>(day - world_.rates.first_day());
  if (offset < series.by_day.size()) {
    // Another thread may be filling it in.
    const std::int64_t known = __atomic_load_n(&series.by_day[offset], __ATOMIC_RELAXED);
    if (known >= 0) return known;
  }
  return world_.rates.mantissa(*series.currency, Date{static_cast<std::int32_t>(day)});
}

inline const Program::RateSeries& Program::rate_series(Code code) {
  RateSeries& series = rate_series_[static_cast<std::uint64_t>(code) / 2 & (rate_series_.size() - 1)];
  if (series.code == code) return series;
  series = {code, world_.currencies.find(code), false, {}};
  series.is_own = series.currency == world_.rates.currency();
  if (series.is_own) {
    own_rates_.assign(world_.rates.days(), kPowers[world_.rates.scale()]);
    series.by_day = own_rates_;
  } else if (series.currency) {
    series.by_day = world_.rates.mantissas(*series.currency);
  }
  return series;
}

/// The rate of each row as an integer at the scale of all rates, or 1 at scale 0 where no row has a foreign amount. A
/// missing rate is 0.
bool Program::run_rate(Node& node) {
  const Vec& days = vec(node.a);
  const Vec* codes = node.b >= 0 ? &vec(node.b) : nullptr;
  const value::Currency own = world_.rates.currency();
  node.values.resize(rows_);
  node.vec.absent = nullptr;
  if (codes != nullptr) {  // often a batch has no foreign amounts at all
    const Code own_code = world_.pool.code(own.code());
    bool foreign = false;
    for (std::size_t row = 0; row < rows_ && !foreign; ++row) {
      foreign = active_[row] != 0 && !codes->is_absent(row) && codes->values[row] != own_code;
    }
    if (!foreign) {
      std::fill(node.values.begin(), node.values.end(), 1);
      finish(node, 0);
      return true;
    }
  }
  RateSeries fixed;
  if (codes == nullptr) {
    fixed.currency = node.currency;
    fixed.is_own = node.currency == own;
    fixed.by_day = world_.rates.mantissas(node.currency);
  }
  std::int64_t* const values = node.values.data();
  if (codes != nullptr && codes->absent == nullptr && days.absent == nullptr) {
    const std::int64_t first_day = world_.rates.first_day();
    for (std::size_t row = 0, rows = rows_; row < rows; ++row) {
      const std::int64_t day = days.values[row];
      const RateSeries& series = rate_series(codes->values[row]);
      const auto offset = static_cast<std::uint64_t>(day - first_day);
      std::int64_t rate = offset < series.by_day.size() ? __atomic_load_n(&series.by_day[offset], __ATOMIC_RELAXED) : -1;
      if (rate <= 0) rate = active_[row] != 0 ? rate_of(series, day) : 1;
      values[row] = rate;
    }
    finish(node, world_.rates.scale());
    return true;
  }
  for (std::size_t row = 0, rows = rows_; row < rows; ++row) {
    if (active_[row] == 0) {
      values[row] = 1;  // anything but a missing rate, which would be looked into
    } else if (days.is_absent(row) || (codes != nullptr && codes->is_absent(row))) {
      values[row] = 0;
    } else {
      values[row] = rate_of(codes == nullptr ? fixed : rate_series(codes->values[row]), days.values[row]);
    }
  }
  finish(node, world_.rates.scale());
  return true;
}

bool Program::run_convert(Node& node) {
  const Vec &amounts = vec(node.a), &rates = vec(node.b);
  const int scale = amounts.scale + rates.scale;
  if (scale > kMaxScale) return false;
  node.values.resize(rows_);
  // Usually the widths of all numbers tell that no product can overflow.
  std::uint64_t amount_bits = 0, rate_bits = 0;
  bool failed = false;
  for (std::size_t row = 0, rows = rows_; row < rows; ++row) {
    amount_bits |= static_cast<std::uint64_t>(amounts.values[row] ^ (amounts.values[row] >> 63));
    rate_bits |= static_cast<std::uint64_t>(rates.values[row]);
    failed |= rates.values[row] == 0;
  }
  if (std::bit_width(amount_bits) + std::bit_width(rate_bits) < 63) {
    for (std::size_t row = 0, rows = rows_; row < rows; ++row) node.values[row] = amounts.values[row] * rates.values[row];
  } else {
    for (std::size_t row = 0, rows = rows_; row < rows; ++row) {
      failed |= __builtin_mul_overflow(amounts.values[row], rates.values[row], &node.values[row]);
    }
  }
  node.vec.absent = amounts.absent;
  finish(node, scale);
  if (!failed) return true;
  std::int64_t product = 0;  // only rows that count matter
  for (std::size_t row = 0, rows = rows_; row < rows; ++row) {
    if (active_[row] == 0 || amounts.is_absent(row)) continue;
    if (rates.values[row] == 0 || __builtin_mul_overflow(amounts.values[row], rates.values[row], &product)) return false;
  }
  return true;
}

bool Program::run_times(Node& node) {
  const Vec &left = vec(node.a), &right = vec(node.b);
  unite_absent(node, left, right);
  node.values.resize(rows_);
  if (node.op == Op::time_minus_time || node.op == Op::date_minus_date) {
    // Instants lie within a few hundred thousand years, so their difference fits.
    const std::int64_t factor = node.op == Op::date_minus_date ? 86'400 : 1;
    for (std::size_t row = 0, rows = rows_; row < rows; ++row) node.values[row] = (left.values[row] - right.values[row]) * factor;
    finish(node, node.op == Op::time_minus_time ? 6 : 0);
    return true;
  }
  if (right.scale > 6) return false;
  const std::int64_t factor = kPowers[6 - right.scale];
  for (std::size_t row = 0, rows = rows_; row < rows; ++row) {
    std::int64_t micros = 0;
    const bool overflow = __builtin_mul_overflow(right.values[row], factor, &micros) ||
                          (node.op == Op::time_plus ? __builtin_add_overflow(left.values[row], micros, &node.values[row])
                                                    : __builtin_sub_overflow(left.values[row], micros, &node.values[row]));
    if (overflow && active_[row] != 0 && !node.vec.is_absent(row)) return false;
  }
  finish(node, 0);
  return true;
}

bool Program::run_comparison(Node& node) {
  Vec left = vec(node.a), right = vec(node.b);
  if (rep(node.a) == Rep::number) {
    int scale = 0;
    if (!align(node.a, node.b, left, right, scale)) return false;
  }
  unite_absent(node, left, right);
  node.values.resize(rows_);
  const auto loop = [&](auto compare) {
    for (std::size_t row = 0, rows = rows_; row < rows; ++row) node.values[row] = compare(left.values[row], right.values[row]) ? 1 : 0;
  };
  switch (node.op) {
    case Op::equal: loop([](std::int64_t a, std::int64_t b) { return a == b; }); break;
    case Op::not_equal: loop([](std::int64_t a, std::int64_t b) { return a != b; }); break;
    case Op::less: loop([](std::int64_t a, std::int64_t b) { return a < b; }); break;
    default: loop([](std::int64_t a, std::int64_t b) { return a <= b; }); break;
  }
  finish(node, 0);
  return true;
}

bool Program::run_logic(Node& node) {
  const Vec& left = vec(node.a);
  node.values.resize(rows_);
  if (node.op == Op::logical_not) {
    for (std::size_t row = 0, rows = rows_; row < rows; ++row) node.values[row] = left.values[row] ^ 1;
    node.vec.absent = left.absent;
    finish(node, 0);
    return true;
  }
  const Vec& right = vec(node.b);
  const bool is_and = node.op == Op::logical_and;
  for (std::size_t row = 0, rows = rows_; row < rows; ++row) {
    node.values[row] = is_and ? left.values[row] & right.values[row] : left.values[row] | right.values[row];
  }
  node.vec.absent = nullptr;
  if (left.absent != nullptr || right.absent != nullptr) {
    // A present operand that decides (false for `and`, true for `or`) makes the result present.
    const std::int64_t decisive = is_and ? 0 : 1;
    node.absent.resize(rows_);
    for (std::size_t row = 0, rows = rows_; row < rows; ++row) {
      const bool left_absent = left.is_absent(row), right_absent = right.is_absent(row);
      const bool decided = (!left_absent && left.values[row] == decisive) || (!right_absent && right.values[row] == decisive);
      if (decided) node.values[row] = decisive;
      node.absent[row] = !decided && (left_absent || right_absent) ? 1 : 0;
    }
    node.vec.absent = node.absent.data();
  }
  finish(node, 0);
  return true;
}

bool Program::run_presence(Node& node) {
  const Vec& operand = vec(node.a);
  node.values.resize(rows_);
  const bool wanted = node.op == Op::is_none;
  for (std::size_t row = 0, rows = rows_; row < rows; ++row) node.values[row] = operand.is_absent(row) == wanted ? 1 : 0;
  node.vec.absent = nullptr;
  finish(node, 0);
  return true;
}

bool Program::run_or_else(Node& node) {
  if (vec(node.a).absent == nullptr) {
    node.vec = vec(node.a);
    return true;
  }
  Vec left = vec(node.a), right = vec(node.b);
  int scale = 0;
  if (node.rep == Rep::number && !align(node.a, node.b, left, right, scale)) return false;
  node.values.resize(rows_);
  const bool may_lack = right.absent != nullptr;
  if (may_lack) node.absent.resize(rows_);
  for (std::size_t row = 0, rows = rows_; row < rows; ++row) {
    const bool lacks = left.absent[row] != 0;
    node.values[row] = lacks ? right.values[row] : left.values[row];
    if (may_lack) node.absent[row] = lacks ? right.absent[row] : 0;
  }
  node.vec.absent = may_lack ? node.absent.data() : nullptr;
  finish(node, scale);
  return true;
}

bool Program::run_choose(Node& node) {
  const Vec& condition = vec(node.a);
  Vec left = vec(node.b), right = vec(node.c);
  int scale = 0;
  if (node.rep == Rep::number && !align(node.b, node.c, left, right, scale)) return false;
  node.values.resize(rows_);
  node.absent.resize(rows_);
  bool any = false;
  for (std::size_t row = 0, rows = rows_; row < rows; ++row) {
    const bool first = condition.values[row] != 0;
    node.values[row] = first ? left.values[row] : right.values[row];
    const bool lacks = condition.is_absent(row) || (first ? left.is_absent(row) : right.is_absent(row));
    node.absent[row] = lacks ? 1 : 0;
    any |= lacks;
  }
  node.vec.absent = any ? node.absent.data() : nullptr;
  finish(node, scale);
  return true;
}

/// Are the codes of all numbers just twice their value (see TextPool)?
bool Program::has_small_integers(const Vec& numbers) const {
  if (numbers.scale != 0) return false;
  std::uint64_t used = 0;
  for (std::size_t row = 0, rows = rows_; row < rows; ++row) {
    used |= static_cast<std::uint64_t>(numbers.values[row] ^ (numbers.values[row] >> 63));
  }
  return used < std::uint64_t{1} << 62;
}

bool Program::run_codes(Node& node) {
  const Vec& operand = vec(node.a);
  const bool is_number = rep(node.a) == Rep::number;
  node.values.resize(rows_);
  node.vec.absent = operand.absent;
  if (node.op == Op::in_codes && (!is_number || has_small_integers(operand))) {  // no row can fail
    node.set->contains_each(operand.values, is_number ? 2 : 1, rows_, node.values.data());
    finish(node, 0);
    return true;
  }
  for (std::size_t row = 0, rows = rows_; row < rows; ++row) {
    node.values[row] = 0;
    if (active_[row] == 0 || operand.is_absent(row)) continue;
    const std::int64_t x = operand.values[row];
    if (node.op == Op::code_function) {
      node.values[row] = (*node.function)(x);
    } else {
      node.values[row] = node.set->contains(is_number ? number_code(x, operand.scale, world_.pool) : x) ? 1 : 0;
    }
  }
  finish(node, 0);
  return true;
}

bool Program::run_join(Node& node) {
  std::vector<Vec> keys, bases, durations;
  std::vector<Rep> reps;
  std::size_t next = 0;
  for (std::size_t key = 0; key < node.join->outer_keys().size(); ++key, ++next) {
    keys.push_back(vec(node.operands[next]));
    reps.push_back(rep(node.operands[next]));
  }
  for (const Bound& bound : node.join->bounds()) {
    bases.push_back(vec(node.operands[next++]));
    durations.push_back(bound.duration.valid() ? vec(node.operands[next++]) : Vec{});
  }
  node.values.resize(rows_);
  node.join->probe(rows_, active_, keys, reps, bases, durations, node.values.data());
  if (!node.join->is_count()) {
    for (std::size_t row = 0, rows = rows_; row < rows; ++row) node.values[row] = node.values[row] > 0 ? 1 : 0;
  }
  node.vec.absent = nullptr;
  finish(node, 0);
  return true;
}

}  // namespace kpi::eval::scanning
