// Rules after binding: what a rule asks for, against the table rule_properties.def, and what it says. A rule keeps its
// own expressions, so that it runs over any policy; tables it looks up belong to the policy or library it stands in.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "grammar/source/source.hpp"
#include "interpreter/model/ids.hpp"
#include "interpreter/value/value.hpp"

namespace kpi::model {

enum class ElementKind : std::uint8_t {
#define E(kind, binder, en, zh) kind,
#include "interpreter/model/rule_properties.def"
};

enum class PropertyId : std::uint16_t {
#define P(element, name, arguments, result, en, zh) element##_##name,
#include "interpreter/model/rule_properties.def"
};

/// The type of an argument or result. `word` is one of the words of `set`, or any word when `set` is empty.
struct RuleType {
  enum class Kind : std::uint8_t { error, boolean, number, money, duration, date, text, word, list, element };
  Kind kind = Kind::error;
  ElementKind element = ElementKind::policy;
  std::string_view set;
  bool optional = false;
  bool zero = false;  // the literal 0: a number, money or duration
};

struct PropertyParameter {
  std::string_view name;
  RuleType type;
  bool optional = false, repeated = false;
};
struct Property {
  PropertyId id{};
  std::string_view element, name;  // element: `any`, `flow`, or a kind
  std::vector<PropertyParameter> parameters;
  RuleType result;
  std::string_view text[2];  // by language; may be empty
};
const std::vector<Property>& rule_properties();
/// The property of an element of this kind: its own, then `flow` if it is computed, then `any`; nullptr if there is none.
const Property* find_property(ElementKind kind, std::string_view name);
/// All names that find_property knows for the kind, own ones first.
std::vector<std::string> property_names(ElementKind kind);
/// Metrics, exclusions, phases, scorecards, rows, gates, payouts, penalties, alerts and formulas are computed.
bool is_computed(ElementKind kind);

std::string_view name(ElementKind kind);
std::optional<ElementKind> parse_element(std::string_view word);
/// The kinds that `for` and quantifiers take.
const std::vector<std::string>& bindable_elements();
/// The words of a set; none for an unknown set.
const std::vector<std::string>& words_of(std::string_view set);
/// Every closed word, to tell a bare word from a misspelt variable.
bool is_rule_word(std::string_view word);
/// The type as messages show it: "`metric`", "`money`", "`up | down | mixed`".
std::string to_string(const RuleType& type);

// ---- expressions ----------------------------------------------------------------------------------------------------

struct RuleExprId {
  std::uint32_t index = 0xFFFFFFFF;
  bool valid() const { return index != 0xFFFFFFFF; }
};

/// A number with its unit, a date, a boolean, a text or word, or a list of them.
struct RuleConstant {
  value::Value value;
  value::Unit unit;
};
struct RuleVariable { std::uint32_t slot = 0; };  // slot 0 is the policy
struct RuleProperty {
  PropertyId property{};
  RuleExprId base;
  std::vector<std::vector<RuleExprId>> arguments;  // by parameter; empty where left out
};
enum class RuleFunction : std::uint8_t { contains, starts_with, ends_with, lower, upper, abs, min, max };
struct RuleCall { RuleFunction function{}; std::vector<RuleExprId> arguments; };
struct RuleUnary { value::UnaryOp op{}; RuleExprId operand; };
struct RuleBinary { value::BinaryOp op{}; RuleExprId left, right; };
struct RuleIn { RuleExprId item, collection; bool negated = false; };
struct RuleIsNone { RuleExprId operand; bool negated = false; };
struct RuleDefault { RuleExprId operand, fallback; };
struct RuleIf { RuleExprId condition, then_value, else_value; };
struct RuleList { std::vector<RuleExprId> items; };
struct RuleRange { RuleExprId lower, upper; bool includes_upper = false; };
struct RuleBinder { ElementKind kind{}; std::uint32_t slot = 0; };
struct RuleQuantifier {
  enum class Function : std::uint8_t { exists, count, sum, min, max } function{};
  std::vector<RuleBinder> binders;
  RuleExprId where;   // invalid: all
  RuleExprId value;   // of sum, min and max
};
struct RuleTableLookup { TableId table; std::vector<RuleExprId> arguments; };
using RuleNode = std::variant<RuleConstant, RuleVariable, RuleProperty, RuleCall, RuleUnary, RuleBinary, RuleIn,
                              RuleIsNone, RuleDefault, RuleIf, RuleList, RuleRange, RuleQuantifier, RuleTableLookup>;
struct RuleExpr {
  RuleType type;
  source::Span span;
  RuleNode node;
};

/// A text in both languages, by source::Language. The second is empty when the rule gives none.
struct RuleText {
  std::array<std::string, 2> by_language;
  bool empty() const { return by_language[0].empty() && by_language[1].empty(); }
  /// In the language, else in the other one.
  const std::string& in(std::size_t language) const {
    return by_language[language].empty() ? by_language[1 - language] : by_language[language];
  }
};
/// A text with values put in: pieces of text and expressions in turn.
struct RuleTemplate {
  struct Piece { std::string text; RuleExprId value; };
  std::array<std::vector<Piece>, 2> by_language;
  const std::vector<Piece>& in(std::size_t language) const {
    return by_language[language].empty() ? by_language[1 - language] : by_language[language];
  }
  bool empty() const { return by_language[0].empty() && by_language[1].empty(); }
};

enum class RuleSeverity : std::uint8_t { info, warning, error };
enum class Authority : std::uint8_t { law, platform, guidance, house };
/// What is known about a citation: the text itself was seen, a secondary source was, nobody has looked, it is no longer
/// in force.
enum class CiteStatus : std::uint8_t { verified, secondary, unverified, superseded };

struct RuleLimits {
  std::vector<std::string> markets, platforms;   // empty: all
  std::optional<value::Date> since, until;       // until: last day
};
struct Citation {
  std::vector<RuleText> texts;                   // the source, then the article …
  RuleLimits limits;
  CiteStatus status = CiteStatus::unverified;
  std::optional<value::Date> checked;
  std::string url;
  source::Span span;
};
struct RuleFix {
  RuleText title;
  bool remove = false;
  bool into = false;            // a clause of the element's block; otherwise a declaration behind it
  RuleTemplate inserted;        // by_language[0] alone
  std::uint32_t slot = 0;
};
/// A minimal policy on which the rule must (fails) or must not (passes) report something.
struct RuleExample {
  bool fails = false;
  std::uint32_t file = 0;       // index into the nested files of the syntax tree
  source::Span span;
};

}  // namespace kpi::model
