#include "interpreter/eval/run/polynomial.hpp"

#include <algorithm>

namespace kpi::eval {

using value::Number;

namespace {

constexpr int kHalvings = 60;  // of a bracket around an irrational zero

void trim(Polynomial& polynomial) {
  while (!polynomial.empty() && polynomial.back().is_zero()) polynomial.pop_back();
}

/// The fraction with the smallest denominator in [low, high].
Number simplest(const Number& low, const Number& high) {
  if (low.sign() <= 0 && high.sign() >= 0) return 0;
  if (high.sign() < 0) return -simplest(-high, -low);
  const Number whole = low.floor();
  if (whole == low) return whole;
  if (whole + 1 <= high) return whole + 1;
  return whole + Number(1) / simplest(Number(1) / (high - whole), Number(1) / (low - whole));
}

/// Beyond this in size there is no zero (Cauchy).
Number reach(const Polynomial& polynomial) {
  Number most;
  for (const Number& coefficient : polynomial) most = value::max(most, (coefficient / polynomial.back()).abs());
  return most + 1;
}

/// One zero between two numbers at which the signs differ.
std::pair<Number, Number> bracket(const Polynomial& polynomial, Number low, Number high) {
  const int sign_low = at(polynomial, low).sign();
  for (int halving = 0; halving < kHalvings; ++halving) {
    const Number middle = (low + high) / Number(2);
    const int sign = at(polynomial, middle).sign();
    if (sign == 0) return {middle, middle};
    (sign == sign_low ? low : high) = middle;
  }
  const Number candidate = simplest(low, high);
  if (at(polynomial, candidate).is_zero()) return {candidate, candidate};
  return {low, high};
}

}  // namespace

Polynomial plus(const Polynomial& a, const Polynomial& b, const Number& factor_of_b) {
  Polynomial result = a;
  if (result.size() < b.size()) result.resize(b.size());
  for (std::size_t power = 0; power < b.size(); ++power) result[power] += b[power] * factor_of_b;
  trim(result);
  return result;
}

Polynomial times(const Polynomial& a, const Polynomial& b) {
  if (a.empty() || b.empty()) return {};
  Polynomial result(a.size() + b.size() - 1);
  for (std::size_t left = 0; left < a.size(); ++left) {
    for (std::size_t right = 0; right < b.size(); ++right) result[left + right] += a[left] * b[right];
  }
  return result;
}

Number at(const Polynomial& polynomial, const Number& x) {
  Number result;
  for (auto coefficient = polynomial.rbegin(); coefficient != polynomial.rend(); ++coefficient) {
    result = result * x + *coefficient;
  }
  return result;
}

/// Between two neighbouring zeros of the derivative a polynomial rises or falls throughout, so a change of sign there
/// is one zero. A zero at which the sign does not change is one of the derivative's.
std::vector<std::pair<Number, Number>> zeros(const Polynomial& polynomial, const std::optional<Number>& low,
                                             const std::optional<Number>& high) {
  std::vector<std::pair<Number, Number>> found;
  if (polynomial.size() < 2) return found;
  const auto inside = [&](const Number& x) { return (!low || x > *low) && (!high || x < *high); };
  if (polynomial.size() == 2) {
    const Number zero = -polynomial[0] / polynomial[1];
    if (inside(zero)) found.emplace_back(zero, zero);
    return found;
  }
  Polynomial derivative;
  for (std::size_t power = 1; power < polynomial.size(); ++power) {
    derivative.push_back(polynomial[power] * Number(static_cast<std::int64_t>(power)));
  }
  const Number far = reach(polynomial);
  std::vector<Number> turns{low.value_or(value::min(-far, high ? *high - 1 : -far))};
  for (const auto& [first, last] : zeros(derivative, low, high)) {
    turns.push_back(first);
    if (last != first) turns.push_back(last);
  }
  turns.push_back(high.value_or(value::max(far, low ? *low + 1 : far)));
  for (std::size_t index = 0; index < turns.size(); ++index) {
    const int sign = at(polynomial, turns[index]).sign();
    if (sign == 0 && inside(turns[index])) found.emplace_back(turns[index], turns[index]);
    if (index == 0 || sign == 0) continue;
    if (at(polynomial, turns[index - 1]).sign() == -sign)
      found.push_back(bracket(polynomial, turns[index - 1], turns[index]));
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

}  // namespace kpi::eval
