// Sets of inputs as unions of boxes, one side per dimension. All constants a policy compares an input with cut that
// input's domain into finitely many atoms (the points, and the gaps between them), so every set is a box of atom sets and
// subtraction is exact. This decides whether phases and decision tables leave a gap or overlap without any solver.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "interpreter/value/value.hpp"

namespace kpi::analysis {

using value::Number;
using value::Value;

/// One input: a field, a metric, a table column, or a condition that is not analysed further (boolean).
struct Dimension {
  enum class Domain : std::uint8_t { ordered, categorical };
  std::string key;                     // equal keys are the same input
  std::string text;                    // what messages call it
  Domain domain = Domain::ordered;
  value::Type type;
  std::optional<Number> step;          // ordered and discrete: only multiples of it occur (dates: 1 day)
  std::optional<Number> lowest;        // ordered: no smaller value occurs
  std::optional<Number> highest;       // ordered: no greater value occurs
  bool includes_highest = true;        // does `highest` itself occur?
  std::string compared;                // not empty: this is `text` minus `compared`, of which only the sign is known
  std::vector<Number> cuts;            // ordered: the constants it is compared with, ascending after `finish`
  std::vector<Value> members;          // categorical: the values mentioned
  std::vector<std::string> member_texts;   // parallel: what messages call them
  bool closed = false;                 // categorical: no other value can occur (booleans, phases)

  void add_cut(const Number& cut);
  std::size_t add_member(const Value& member, std::string text);
  /// To be called once after the last cut; makes the atoms.
  void finish();
  std::size_t atom_count() const { return atoms_.size(); }
  /// A value inside the atom (ordered), as a number.
  const Number& representative(std::size_t atom) const { return atoms_[atom].value; }
  /// The index of the atom's member; members.size() for "any other".
  std::size_t member(std::size_t atom) const { return atoms_[atom].member; }

 private:
  struct Atom { Number value; std::size_t member = 0; };
  std::vector<Atom> atoms_;
};

/// For each dimension the atoms inside; an empty vector means all of them.
using AtomSet = std::vector<bool>;
struct Box {
  std::vector<AtomSet> sides;
};

/// The whole space of `dimensions`.
Box everything(const std::vector<Dimension>& dimensions);
std::optional<Box> intersect(const std::vector<Dimension>& dimensions, const Box& a, const Box& b);
/// a minus b as disjoint boxes.
std::vector<Box> subtract(const std::vector<Dimension>& dimensions, const Box& a, const Box& b);
/// Boxes minus one box; none when more than `limit` boxes would be needed.
std::optional<std::vector<Box>> subtract(const std::vector<Dimension>& dimensions, const std::vector<Box>& from,
                                         const Box& b, std::size_t limit);

/// A concrete point of the box, `site = "UK", age(joined) = 90 days`; dimensions that do not matter are left out.
/// A categorical value that no condition mentions is shown as a text that none of them is.
std::string describe_point(const std::vector<Dimension>& dimensions, const Box& box);

}  // namespace kpi::analysis
