#include "grammar/source/similar_name.hpp"

#include <catch2/catch.hpp>

using kpi::source::folded_name;
using kpi::source::similar_name;

TEST_CASE("a name of which only a part is known finds the whole") {
  const std::vector<std::string> zones = {"Asia/Tokyo", "Asia/Bangkok", "Europe/London"};
  CHECK(similar_name("Bangkok", zones) == "Asia/Bangkok");
  CHECK(similar_name("Asia/Bankok", zones) == "Asia/Bangkok");
  CHECK(similar_name("Bangkok time", zones) == "Asia/Bangkok");
  CHECK(similar_name("Paris", zones) == std::nullopt);
  const std::vector<std::string> templates = {"shop_manager", "tiktok_live_host", "tiktok_shop"};
  CHECK(similar_name("tiktok", templates) == "tiktok_shop");  // the shortest that holds it
  CHECK(similar_name("my_tiktok_shop", templates) == "tiktok_shop");
  CHECK(similar_name("ab", templates) == std::nullopt);
}

TEST_CASE("words in another order find the name that has most of them") {
  const std::vector<std::string> rules = {"cn-overtime-limit", "overtime-target-th", "payout-cliff"};
  CHECK(similar_name("th-overtime", rules) == "overtime-target-th");
  CHECK(similar_name("vn-overtime", rules) == "cn-overtime-limit");  // half of the words, the shortest
  CHECK(similar_name("cliffs-payouts", rules) == "payout-cliff");
  CHECK(similar_name("nothing-like-that", rules) == std::nullopt);
}

TEST_CASE("names fold to letters and digits") {
  CHECK(folded_name("TikTok Shop_2") == "tiktokshop2");
  CHECK(folded_name("净-销售额") == "净销售额");
}
