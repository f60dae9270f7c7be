#include "interpreter/analysis/boxes.hpp"

#include <catch2/catch.hpp>

#include <random>

using namespace kpi::analysis;
using kpi::value::Kind;
using kpi::value::Type;

namespace {

Dimension ordered(std::string name, std::vector<int> cuts, std::optional<Number> step = {}, std::optional<Number> low = {}) {
  Dimension dimension;
  dimension.key = dimension.text = std::move(name);
  dimension.type = Type::number();
  dimension.step = step;
  dimension.lowest = low;
  for (const int cut : cuts) dimension.add_cut(Number(cut));
  dimension.finish();
  return dimension;
}

/// The atoms of `dimension` whose points lie in [low, high).
AtomSet between(const Dimension& dimension, int low, int high) {
  AtomSet side(dimension.atom_count());
  for (std::size_t i = 0; i < side.size(); ++i) {
    side[i] = dimension.representative(i) >= Number(low) && dimension.representative(i) < Number(high);
  }
  return side;
}

bool covers(const std::vector<Box>& boxes, std::size_t x, std::size_t y) {
  for (const Box& box : boxes) {
    if ((box.sides[0].empty() || box.sides[0][x]) && (box.sides[1].empty() || box.sides[1][y])) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("cuts make points and the gaps between them") {
  CHECK(ordered("x", {60, 80}).atom_count() == 5);
  CHECK(ordered("x", {}).atom_count() == 1);
}

TEST_CASE("a discrete input has no values between neighbours, and none below its lowest") {
  const Dimension count = ordered("orders", {3, 4}, Number(1), Number(0));
  std::vector<Number> points;
  for (std::size_t i = 0; i < count.atom_count(); ++i) points.push_back(count.representative(i));
  for (const Number& point : points) {
    CHECK(point.is_integer());
    CHECK(point >= Number(0));
  }
  CHECK(std::count(points.begin(), points.end(), Number(3)) == 1);
  CHECK(std::count(points.begin(), points.end(), Number(4)) == 1);
}

TEST_CASE("a cut at the lowest value leaves nothing below it") {
  const Dimension count = ordered("orders", {0}, Number(1), Number(0));
  REQUIRE(count.atom_count() == 2);
  CHECK(count.representative(0) == Number(0));
  CHECK(count.representative(1) == Number(1));
}

TEST_CASE("subtraction leaves exactly the points outside") {
  std::mt19937 random(7);
  const std::vector<Dimension> space{ordered("x", {10, 20, 30}), ordered("y", {1, 2, 3})};
  for (int round = 0; round < 200; ++round) {
    const auto pick = [&](int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); };
    std::vector<Box> rest{everything(space)};
    std::vector<Box> taken;
    for (int i = 0; i < 4; ++i) {
      const int x = pick(40), y = pick(5);
      Box box{{between(space[0], x, x + 15), between(space[1], y, y + 2)}};
      auto left = subtract(space, rest, box, 1000);
      REQUIRE(left);
      rest = *left;
      taken.push_back(box);
    }
    for (std::size_t x = 0; x < space[0].atom_count(); ++x) {
      for (std::size_t y = 0; y < space[1].atom_count(); ++y) CHECK(covers(rest, x, y) != covers(taken, x, y));
    }
  }
}

TEST_CASE("a point is told in the user's units") {
  Dimension money = ordered("net_sales", {100});
  money.type = Type::number(kpi::value::Unit::of(*kpi::value::Currency::parse("GBP")));
  Dimension site;
  site.key = site.text = "site";
  site.domain = Dimension::Domain::categorical;
  site.type = Type::of(Kind::text);
  site.add_member(Value(std::string("UK")), "\"UK\"");
  site.finish();
  const std::vector<Dimension> space{money, site};
  CHECK(describe_point(space, Box{{between(money, 100, 101), AtomSet{true, false}}}) == "net_sales = 100 GBP, site = \"UK\"");
  CHECK(describe_point(space, Box{{{}, AtomSet{false, true}}}) == "site = \"other\"");
}
