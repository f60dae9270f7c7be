#include "interpreter/storage/csv_reader.hpp"

#include <iostream>
#include <random>

#include "grammar/source/diagnostics/data.hpp"
#include "tests/unit/storage/files.hpp"

using namespace kpi::storage;
using kpi::source::DiagnosticId;
namespace ids = kpi::source::ids;
using test::Folder;

namespace {

using Records = std::vector<std::vector<std::string>>;

/// Hands out a text a few bytes at a time, so that every cut through it is tried.
class Dribble final : public ByteInput {
 public:
  Dribble(std::string text, std::size_t most) : text_(std::move(text)), most_(most) {}
  std::size_t read(char* target, std::size_t size) override {
    const std::size_t length = std::min({size, most_, text_.size() - position_});
    text_.copy(target, length, position_);
    position_ += length;
    return length;
  }

 private:
  std::string text_;
  std::size_t most_, position_ = 0;
};

Records read(CsvReader& reader) {
  Records records;
  while (reader.next()) {
    auto& record = records.emplace_back();
    for (std::size_t i = 0; i != reader.size(); ++i) record.emplace_back(reader[i]);
  }
  return records;
}

Records parse(std::string_view text, CsvOptions options = {}) {
  CsvReader reader(open_text(text), "test.csv", options);
  return read(reader);
}

std::vector<std::uint64_t> lines(std::string_view text) {
  CsvReader reader(open_text(text), "test.csv", {});
  std::vector<std::uint64_t> found;
  while (reader.next()) found.push_back(reader.line());
  return found;
}

DiagnosticId failure(std::string_view text, CsvOptions options = {}) {
  return test::id_of_failure([&] { parse(text, options); });
}

std::string failing_line(std::string_view text) {
  const auto failure = test::failure_of([&] { parse(text); });
  REQUIRE(failure.has_value());
  return failure->message;
}

}  // namespace

TEST_CASE("records end with any line end, and the last needs none") {
  const Records expected = {{"a", "b"}, {"1", "2"}};
  CHECK(parse("a,b\n1,2\n") == expected);
  CHECK(parse("a,b\r\n1,2\r\n") == expected);
  CHECK(parse("a,b\r1,2\r") == expected);
  CHECK(parse("a,b\n1,2") == expected);
  CHECK(parse("a,b\r\n1,2\r") == expected);
  CHECK(parse("\xEF\xBB\xBF"
              "a,b\n1,2\n") == expected);
  CHECK(parse("a,b\n\n\r\n1,2\n\n") == expected);
  CHECK(parse("").empty());
  CHECK(parse("\n\n").empty());
}

TEST_CASE("empty cells are cells") {
  CHECK(parse("a,b,c\n,,\n1,,3\n") == Records{{"a", "b", "c"}, {"", "", ""}, {"1", "", "3"}});
  CHECK(parse("a,b\n1,") == Records{{"a", "b"}, {"1", ""}});
  CHECK(parse("a\n\"\"\n") == Records{{"a"}, {""}});
}

TEST_CASE("quoted cells hold separators, quotes and line ends") {
  CHECK(parse("a,b\n\"1,2\",\"x \"\"y\"\" z\"\n") == Records{{"a", "b"}, {"1,2", "x \"y\" z"}});
  CHECK(parse("a\n\"one\ntwo\r\nthree\rfour\"\n") == Records{{"a"}, {"one\ntwo\r\nthree\rfour"}});
  CHECK(parse("a\n\"\"\"\"\n") == Records{{"a"}, {"\""}});
  CHECK(parse("a,b\n\"\"\"x\"\"\",1") == Records{{"a", "b"}, {"\"x\"", "1"}});
}

TEST_CASE("quotes that do not open a cell are ordinary") {
  CHECK(parse("a,b\n5\" screen,2\n") == Records{{"a", "b"}, {"5\" screen", "2"}});
  CHECK(parse("a,b\n\"abc\"def,2\n") == Records{{"a", "b"}, {"abcdef", "2"}});
  CHECK(parse("a\tb\n\"Best\" pan\t12\"\n", {"", '\t', true}) == Records{{"a", "b"}, {"\"Best\" pan", "12\""}});
}

TEST_CASE("the separator is found out from the first lines") {
  CHECK(parse("a;b;c\n1,5;2;3\n") == Records{{"a", "b", "c"}, {"1,5", "2", "3"}});
  CHECK(parse("a\tb,c\td\n1\t2\t3\n") == Records{{"a", "b,c", "d"}, {"1", "2", "3"}});
  CHECK(parse("\"a;b;c;d\",e\n1,2\n") == Records{{"a;b;c;d", "e"}, {"1", "2"}});
  CHECK(parse("Report of May\n\na;b\n1;2\n") == Records{{"Report of May"}, {"a", "b"}, {"1", "2"}});
  CHECK(parse("a|b\n1|2\n", {"", '|'}) == Records{{"a", "b"}, {"1", "2"}});
}

TEST_CASE("line numbers are those of the file") {
  CHECK(lines("a\nb\nc\n") == std::vector<std::uint64_t>{1, 2, 3});
  CHECK(lines("a\r\n\"x\ny\r\nz\rq\"\nb\n\n\nc\n") == std::vector<std::uint64_t>{1, 2, 6, 9});
}

TEST_CASE("every way of cutting the input gives the same records") {
  const std::string text =
      "\xEF\xBB\xBFname,\"note, long\"\r\nÅsa,\"a "
      "\"\"quoted\"\"\r\nnote\"\r\n\"\",\"\xE4\xBD\xA0\xE5\xA5\xBD\"\"\"\r\"x\"y,5\"\r\nlast,😀";
  const Records expected = parse(text);
  REQUIRE(expected.size() == 5);
  for (std::size_t piece = 1; piece != 40; ++piece) {
    CsvReader reader(std::make_unique<Dribble>(text, piece), "test.csv", {});
    CHECK(read(reader) == expected);
  }
}

TEST_CASE("what is written by the rules is read back") {
  std::mt19937 random(7);
  const std::string alphabet = "ab,;\t\"\r\n é";
  for (int round = 0; round != 300; ++round) {
    Records records(1 + random() % 5, std::vector<std::string>(2));
    std::string text;
    for (auto& record : records) {
      for (std::string& cell : record) {
        for (std::size_t n = random() % 6; n != 0; --n) cell += alphabet[random() % (alphabet.size() - 2)];
        text += &cell == &record[0] ? "\"" : ",\"";
        for (const char c : cell) text += c == '"' ? "\"\"" : std::string(1, c);
        text += '"';
      }
      text += random() % 2 ? "\n" : "\r\n";
    }
    CsvReader reader(std::make_unique<Dribble>(text, 1 + random() % 7), "test.csv", {"", ','});
    CHECK(read(reader) == records);
  }
}

TEST_CASE("encodings are declared or come from a byte order mark") {
  const Records expected = {{"país", "x"}, {"São", "1"}};
  CHECK(parse("pa\xEDs,x\nS\xE3o,1\n", {"cp1252", '\0'}) == expected);
  CHECK(parse("\xC3\xA9\n", {"UTF8", '\0'}) == Records{{"é"}});
  const auto utf16 = [](std::string_view ascii, bool big) {
    std::string text = big ? "\xFE\xFF" : "\xFF\xFE";
    for (const char c : ascii) text += big ? std::string{'\0', c} : std::string{c, '\0'};
    return text;
  };
  CHECK(parse(utf16("a,b\n1,2\n", false)) == Records{{"a", "b"}, {"1", "2"}});
  CHECK(parse(utf16("a,b\n1,2\n", true)) == Records{{"a", "b"}, {"1", "2"}});
  CHECK(parse("\xB6\xA9\xB5\xA5,x\n1,2\n", {"gb18030", '\0'}) == Records{{"订单", "x"}, {"1", "2"}});
  // A byte order mark is more certain than a declaration.
  CHECK(parse("\xEF\xBB\xBFpaís\n", {"cp1252", '\0'}) == Records{{"país"}});
  for (std::size_t piece = 1; piece != 9; ++piece) {
    CsvReader reader(std::make_unique<Dribble>("\xB6\xA9\xB5\xA5,x\n\x81\x30\x81\x30,2\n", piece), "test.csv",
                     {"gb18030", '\0'});
    CHECK(read(reader) == Records{{"订单", "x"}, {"\xC2\x80", "2"}});
  }
}

TEST_CASE("files that are no CSV are named for what they are") {
  using namespace std::string_view_literals;
  CHECK(failure("a,b\n1,\0\n"sv) == ids::csv_binary);
  CHECK(failure("\x7F\x45LF\0\0\xFF\xFF"sv) == ids::csv_binary);
  CHECK(failure("PK\x03\x04 and so on") == ids::csv_is_archive);
  CHECK(failure("a\nx\xFFy\n") == ids::csv_bad_encoding);
  CHECK(failure("a\n\xC3") == ids::csv_bad_encoding);
  CHECK(failure("a\n\xED\xA0\x80\n") == ids::csv_bad_encoding);  // a surrogate
  CHECK(failure("a\n\x81\n", {"cp1252", '\0'}) == ids::csv_bad_encoding);
  CHECK(failure("a\n", {"klingon", '\0'}) == ids::unknown_encoding);
  CHECK(failure("a,b\n1,\"x\n2,3\n") == ids::csv_unclosed_quote);
  CHECK(failing_line("a,b\n\"1\n2\",\"x\n2,3\n").find("line 3") != std::string::npos);
  CHECK(failing_line("a\nb\r\nc\rx\xFFy\n").find("line 4") != std::string::npos);
  CHECK(failing_line("a\n\"b\nc\"\nx\xFFy\n").find("line 4") != std::string::npos);
}

TEST_CASE("a quote that is lost in a large file does not fill the memory") {
  struct Endless final : ByteInput {
    std::size_t read(char* target, std::size_t size) override {
      std::fill(target, target + size, 'x');
      if (std::exchange(first, false)) target[0] = '"';
      return size;
    }
    bool first = true;
  };
  CHECK(test::id_of_failure([] {
          CsvReader reader(std::make_unique<Endless>(), "endless.csv", {});
          reader.next();
        }) == ids::csv_record_too_long);
}

TEST_CASE("files that cannot be opened") {
  const Folder folder;
  CHECK(test::id_of_failure([&] { open_file(folder.path("none.csv")); }) == ids::data_file_missing);
  CHECK(test::id_of_failure([&] { open_file(folder.path("")); }) == ids::data_file_is_folder);
  if (test::fs::exists("/proc/self/mem")) {  // can be opened, but its first bytes belong to nobody
    CHECK(test::id_of_failure([] { CsvReader(open_file("/proc/self/mem"), "mem", {}); }) == ids::file_unreadable);
  }
}
