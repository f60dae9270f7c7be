#include "grammar/source/diagnostic.hpp"
#include "grammar/source/diagnostics/syntax.hpp"

#include <catch2/catch.hpp>

using namespace kpi::source;

TEST_CASE("codes", "[diagnostic]") {
  CHECK(code(ids::invalid_utf8) == "K0100");
  CHECK(parse_code("K0100") == ids::invalid_utf8);
  for (const char* wrong : {"", "K", "K010", "K01000", "0100", "K01x0", "K9999", "k0100"}) {
    CHECK_FALSE(parse_code(wrong).has_value());
  }
  CHECK(info(ids::invalid_utf8).name == "invalid_utf8");
}

TEST_CASE("every text follows the house style", "[diagnostic]") {
  for (const DiagnosticInfo& entry : all_diagnostics()) {
    CAPTURE(entry.name);
    for (int language = 0; language < 2; ++language) {
      CHECK_FALSE(entry.text[language].empty());
      CHECK_FALSE(entry.text[language].ends_with('.'));
      CHECK_FALSE(entry.text[language].ends_with("。"));
      CHECK_FALSE(entry.help[language].ends_with('.'));
    }
    CHECK_FALSE((entry.text[0].front() >= 'A' && entry.text[0].front() <= 'Z' && entry.text[0].size() > 1 &&
                 entry.text[0][1] >= 'a' && entry.text[0][1] <= 'z'));
  }
}

TEST_CASE("parameters are put into the text once", "[diagnostic]") {
  Diagnostics diagnostics;
  auto& added = diagnostics.add(ids::fullwidth_character, {}).with("found", "{replacement}").with("replacement", ",");
  CHECK(message(added, Language::en) == "`{replacement}` is a full-width or typographic character");
  CHECK(help(added, Language::en) == "write `,`");
  CHECK(message(added, Language::zh) == "`{replacement}` 是全角或排版字符");
}

TEST_CASE("phrases and alternatives follow the language", "[diagnostic]") {
  Diagnostics diagnostics;
  auto& added = diagnostics.add(ids::unexpected, {})
                    .with("found", phrase(ids::phrase_end_of_file))
                    .with("expected", alternatives({"`a`", "`b`", phrase(ids::phrase_value)}));
  CHECK(message(added, Language::en) == "unexpected end of the file, expected `a`, `b` or a value");
  CHECK(message(added, Language::zh) == "此处不应出现文件结尾，应为`a`、`b`或值");
  CHECK(alternatives({"one"}) == "one");
  CHECK(alternatives({}).empty());
}

TEST_CASE("sorting and removing repetitions", "[diagnostic]") {
  Diagnostics diagnostics;
  diagnostics.add_without_span(ids::empty_file).with("x", "2");
  diagnostics.add(ids::stray_brace, {SourceId{1}, 0, 1});
  diagnostics.add(ids::stray_brace, {SourceId{0}, 5, 6});
  diagnostics.add(ids::invalid_utf8, {SourceId{0}, 5, 6});
  diagnostics.add_without_span(ids::empty_file).with("x", "1");
  diagnostics.add(ids::stray_brace, {SourceId{0}, 5, 6});
  diagnostics.sort_and_deduplicate();
  std::string order;
  for (const Diagnostic& item : diagnostics.items()) {
    order += code(item.id) +
             (item.has_span ? "@" + std::to_string(item.span.source.index) : item.parameters[0].second) + " ";
  }
  CHECK(order == "K0100@0 K0155@0 K0155@1 K01612 K01611 ");
  CHECK(diagnostics.error_count() == 5);
  CHECK(diagnostics.warning_count() == 0);
  CHECK(diagnostics.has_errors());
}

TEST_CASE("notes are no errors", "[diagnostic]") {
  Diagnostics diagnostics;
  diagnostics.add(ids::phrase_name, {});
  CHECK_FALSE(diagnostics.has_errors());
}

TEST_CASE("labels have texts of their own", "[diagnostic]") {
  Diagnostics diagnostics;
  auto& added = diagnostics.add(ids::second_policy, {}).label({}, ids::phrase_first_here);
  CHECK(label_text(added.labels[0], Language::en) == "the first one stands here");
  CHECK(label_text(added.labels[0], Language::zh) == "第一个在这里");
}
