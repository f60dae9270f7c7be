#include "interpreter/storage/cell_reader.hpp"

#include <catch2/catch.hpp>

#include "grammar/source/diagnostics/data.hpp"
#include "interpreter/storage/header_index.hpp"

using namespace kpi::storage;
using kpi::model::ColumnType;
using kpi::model::ImportColumn;
using kpi::source::DiagnosticId;
namespace ids = kpi::source::ids;

namespace {

ImportColumn column(ColumnType type) {
  ImportColumn column;
  column.name = "x";
  column.as = type;
  return column;
}

/// The stored value as text: `i:5`, `r:0.5`, `t:abc`, `null`; or the reject's code.
std::string read(const ImportColumn& declared, std::string_view cell, std::string_view code = {}) {
  CellReader reader(declared);
  Stored value;
  if (const auto reject = reader.read(reader.clean(cell), code, value)) return kpi::source::code(reject->id);
  switch (value.kind) {
    case Stored::Kind::null:
      return "null";
    case Stored::Kind::integer:
      return "i:" + std::to_string(value.integer);
    case Stored::Kind::real:
      return "r:" + std::to_string(value.real);
    case Stored::Kind::text:
      break;
  }
  return "t:" + std::string(value.text);
}

std::string money(std::string_view cell, std::string decimal = "", std::string group = "", std::string prefix = "") {
  ImportColumn declared = column(ColumnType::money);
  declared.decimal = decimal;
  declared.group = group;
  declared.prefix = prefix;
  return read(declared, cell);
}

}  // namespace

TEST_CASE("money is stored as an exact decimal") {
  CHECK(money("19.99") == "t:19.99");
  CHECK(money(" 19.90\t") == "t:19.90");
  CHECK(money("0") == "t:0");
  CHECK(money("-0.05") == "t:-0.05");
  CHECK(money("007.50") == "t:7.50");
  CHECK(money("+5") == "t:5");
  CHECK(money(".5") == "t:0.5");
  CHECK(money("5.") == "t:5");
  CHECK(money("-0.00") == "t:0.00");
  CHECK(money("(12.50)") == "t:-12.50");
  CHECK(money("\xE2\x88\x92"
              "3") == "t:-3");
  CHECK(money("123456789012345678901234567890.123456789012345678") ==
        "t:123456789012345678901234567890.123456789012345678");
  CHECK(money("") == "null");
}

TEST_CASE("decimal and group marks are those declared") {
  CHECK(money("35,91", ",") == "t:35.91");
  CHECK(money("1.234.567,89", ",", ".") == "t:1234567.89");
  CHECK(money("150.000", "", ".") == "t:150000");  // a group of points makes the comma the decimal mark
  CHECK(money("1,234.5", "", ",") == "t:1234.5");
  CHECK(money("12,34,567", "", ",") == "t:1234567");  // lakh
  CHECK(money("1 234,50", ",", " ") == "t:1234.50");
  CHECK(money("1\xC2\xA0"
              "234,50",
              ",", " ") == "t:1234.50");
  CHECK(money("1'234.50", ".", "'") == "t:1234.50");
  const std::string bad = code(ids::reject_number);
  const std::string not_grouped = code(ids::reject_group_mark);
  CHECK(money("1,23", "", ",") == not_grouped);
  CHECK(money("1234,567", "", ",") == not_grouped);
  CHECK(money(",567", "", ",") == not_grouped);
  CHECK(money("1,,234", "", ",") == bad);
  CHECK(money("1,234,", "", ",") == bad);
  CHECK(money("1,2345", "", ",") == not_grouped);
  CHECK(money("1,234") == code(ids::reject_number_style));
  CHECK(money("1.234.5") == bad);
}

TEST_CASE("what is not a number is rejected") {
  const std::string bad = code(ids::reject_number);
  for (const char* text :
       {"abc", "1e5", "1.2E+10", "--5", "5-", "(-5)", "()", ".", "-", "1 2", "0x10", "NaN", "#REF!", "12abc", "٣"}) {
    INFO(text);
    CHECK(money(text) == bad);
  }
  CHECK(money(std::string(200, '9')) == bad);
}

TEST_CASE("prefixes and currency codes") {
  CHECK(money("BRL 35,91", ",", ".", "BRL") == "t:35.91");
  CHECK(money("R$ 1.035,91", ",", ".", "R$") == "t:1035.91");
  CHECK(money("-$5.00", "", "", "$") == "t:-5.00");
  CHECK(money("$-5.00", "", "", "$") == "t:-5.00");
  CHECK(money("($5.00)", "", "", "$") == "t:-5.00");
  CHECK(money("35.91 €", "", "", "€") == "t:35.91");
  CHECK(money("35.91", "", "", "$") == "t:35.91");
  CHECK(money("$5.00") == code(ids::reject_number_style));
  CHECK(money("฿1,290.50") == code(ids::reject_number_style));
  CHECK(money("N5.00") == code(ids::reject_number));
  CHECK(money("BRL 35.91") == code(ids::reject_currency));
  CHECK(money("35.91 BRL") == code(ids::reject_currency));
  CHECK(money("USD 5", "", "", "BRL") == code(ids::reject_currency));
  ImportColumn amount = column(ColumnType::money);
  CHECK(read(amount, "SGD6.00", "SGD") == "t:6.00");
  CHECK(read(amount, "6.00 SGD", "SGD") == "t:6.00");
  CHECK(read(amount, "SGD 6.00", "USD") == code(ids::reject_currency));
  ImportColumn currency = column(ColumnType::text);
  currency.flags = {"code"};
  CHECK(read(currency, "BRL 35,91") == "t:BRL");
  CHECK(read(currency, "-35.91 EUR") == "t:EUR");
  CHECK(read(currency, "AED") == "t:AED");
  CHECK(read(currency, "35,91") == code(ids::reject_no_code));
  CHECK(read(currency, "XYZ 1") == code(ids::reject_no_code));
}

TEST_CASE("integers and numbers") {
  const ImportColumn integer = column(ColumnType::integer), number = column(ColumnType::number);
  CHECK(read(integer, "42") == "i:42");
  CHECK(read(integer, "-042") == "i:-42");
  CHECK(read(integer, "5.00") == "i:5");
  CHECK(read(integer, "9223372036854775807") == "i:9223372036854775807");
  CHECK(read(integer, "-9223372036854775808") == "i:-9223372036854775808");
  CHECK(read(integer, "9223372036854775808") == code(ids::reject_digits));
  CHECK(read(integer, "5.5") == code(ids::reject_integer));
  CHECK(read(number, "5.5") == "r:5.500000");
  CHECK(read(number, "5.0") == "i:5");
  CHECK(read(number, "12345.6789012345") == "r:12345.678901");
  CHECK(read(number, "0.1234567890123456") == code(ids::reject_digits));
  ImportColumn percent = number;
  percent.flags = {"percent"};
  CHECK(read(percent, "50") == "r:0.500000");
  CHECK(read(percent, "100%") == "i:1");
  CHECK(read(number, "12.5%") == "r:0.125000");
}

TEST_CASE("texts are as they are, or trimmed of all that cannot be seen") {
  ImportColumn plain = column(ColumnType::text), trimmed_column = plain;
  trimmed_column.trim = true;
  CHECK(read(plain, " a ") == "t: a ");
  CHECK(read(trimmed_column, "576460000000000123\t") == "t:576460000000000123");
  CHECK(read(trimmed_column,
             "\xEF\xBB\xBF\xC2\xA0"
             " 你好\xE3\x80\x80") == "t:你好");
  CHECK(read(trimmed_column, "=\"0012345678901234567890\"") == "t:0012345678901234567890");
  CHECK(read(trimmed_column, "\t") == "null");
  CHECK(read(plain, "") == "null");
  ImportColumn required = trimmed_column;
  required.optional = false;
  CHECK(read(required, " ") == code(ids::reject_empty));
  ImportColumn dashes = plain;
  dashes.options = {{"empty", "-"}, {"empty", "N/A"}};
  CHECK(read(dashes, "-") == "null");
  CHECK(read(dashes, "N/A") == "null");
  CHECK(read(dashes, "--") == "t:--");
}

TEST_CASE("booleans") {
  ImportColumn boolean = column(ColumnType::boolean);
  for (const char* yes : {"true", "TRUE", "yes", "Y", "1", " t "}) CHECK(read(boolean, yes) == "i:1");
  for (const char* no : {"false", "No", "n", "0", "F"}) CHECK(read(boolean, no) == "i:0");
  CHECK(read(boolean, "maybe") == code(ids::reject_boolean));
  boolean.options = {{"yes", "Sim"}, {"no", "Não"}};
  CHECK(read(boolean, "sim") == "i:1");
  CHECK(read(boolean, "Não") == "i:0");
  CHECK(read(boolean, "true") == "i:1");
}

TEST_CASE("dates and times without a format are ISO 8601") {
  const ImportColumn date = column(ColumnType::date), time = column(ColumnType::datetime);
  CHECK(read(time, "2017-06-17T08:04:21+00:00") == "t:2017-06-17T08:04:21+00:00");
  CHECK(read(time, "2026-07-01 10:00") == "t:2026-07-01T10:00");
  CHECK(read(time, "2026-07-01") == "t:2026-07-01");
  CHECK(read(date, "2026-07-01") == "t:2026-07-01");
  CHECK(read(date, "2026-07-01 00:00:00") == "t:2026-07-01");
  CHECK(read(date, "2026-07-01 10:00:00") == code(ids::reject_time));
  CHECK(read(time, "01/07/2026") == code(ids::reject_time));
  ImportColumn formatted = date;
  formatted.format = "%d/%m/%Y %H:%M";
  CHECK(read(formatted, "03/07/2026 23:59") == "t:2026-07-03");
}

TEST_CASE("an unnamed type comes from the field it feeds or from the options") {
  ImportColumn declared = column(ColumnType::unspecified);
  CHECK(column_type(declared) == ColumnType::text);
  declared.format = "%F";
  CHECK(column_type(declared) == ColumnType::datetime);
  declared.type = kpi::value::Type::of(kpi::value::Kind::date);
  CHECK(column_type(declared) == ColumnType::date);
  declared.type = kpi::value::Type::number(kpi::value::Unit::of(*kpi::value::Currency::parse("GBP")));
  CHECK(column_type(declared) == ColumnType::money);
  declared.type = kpi::value::Type::number();
  CHECK(column_type(declared) == ColumnType::number);
  declared.type = kpi::value::Type::entity(1);
  CHECK(column_type(declared) == ColumnType::text);
  declared.as = ColumnType::integer;
  CHECK(column_type(declared) == ColumnType::integer);
  ImportColumn marks = column(ColumnType::unspecified);
  marks.group = ".";
  CHECK(column_type(marks) == ColumnType::number);
}

TEST_CASE("headers match exactly, then without case, spaces and width") {
  const HeaderIndex header({"Order ID", "7 Day Total Sales ", "Website URL (Ad level）", "（子）ASIN", "Notes", "notes",
                            "Số lượng", "x", "x"});
  const auto find = [&](std::vector<std::string> names) { return header.find(names); };
  CHECK(find({"Order ID"}).index == 0);
  CHECK(find({"order_id"}).index == 0);
  CHECK(find({"ORDERID"}).index == 0);
  CHECK(find({"7 Day Total Sales"}).index == 1);
  CHECK(find({"Website URL (Ad Level)"}).index == 2);
  CHECK(find({"(子)ASIN"}).index == 3);
  CHECK(find({"Notes"}).index == 4);
  CHECK(find({"NOTES"}).candidates.size() == 2);
  CHECK_FALSE(find({"NOTES"}).index.has_value());
  CHECK(find({"SỐ LƯỢNG"}).index == 6);
  CHECK(find({"x"}).candidates.size() == 2);
  CHECK(find({"none", "Notes"}).index == 4);
  CHECK(find({"none"}).candidates.empty());
}
