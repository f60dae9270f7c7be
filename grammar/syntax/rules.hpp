// The grammar. See the language reference for the meaning of each construct; rules stand in its order. A rule with
// `kNode` leaves a node for lowering. Included by parse.cpp only.
#pragma once

#include "grammar/source/diagnostics/syntax.hpp"
#include "grammar/syntax/currency_names.hpp"
#include "grammar/syntax/machinery.hpp"

namespace kpi::syntax::grammar {

using pegtl::at;
using pegtl::digit;
using pegtl::not_at;
using pegtl::one;
using pegtl::opt;
using pegtl::plus;
using pegtl::seq;
using pegtl::sor;
using pegtl::star;

template <NodeKind Kind>
struct Leaves {
  static constexpr NodeKind kNode = Kind;
};
template <NodeKind Kind>
struct Collapsing : Leaves<Kind> {
  static constexpr bool kCollapse = true;
};
template <NodeKind Kind, typename... Rules>
struct Part : seq<Rules...>, Leaves<Kind> {};
template <NodeKind Kind, Literal W>
struct LeafWord : Word<W>, Leaves<Kind> {};
template <typename Item>
struct CommaList : seq<Item, star<QuietSign<",">, Item>> {};

// ---- tokens ---------------------------------------------------------------------------------------------------------

struct Name : AnyName<NodeKind::name> {};
struct KeptName : AnyName<NodeKind::word> {};
/// A word of a clause, but not the next clause and not the next field.
struct KeptWord : Custom<KeptWord>, Leaves<NodeKind::word> {
  static bool parse(Input& in, State& state) {
    const std::uint32_t begin = offset(in);
    const std::uint32_t end = state.name_end_at(begin);
    const bool other = state.colon_follows(end) || state.known_clause_begins(begin) || state.declaration_begins(begin);
    if (end > begin && !other) return accept(in, state, end);
    state.expect(begin, {{}, ids::phrase_name});
    return false;
  }
};

/// Byte that may go on a name or number; a letter outside ASCII is one too.
struct WordByte : sor<pegtl::alnum, one<'_'>, pegtl::range<static_cast<char>(0x80), static_cast<char>(0xFF)>> {};
struct Blanks : star<one<' ', '\t'>> {};

struct Digits : seq<digit, star<opt<one<'_'>>, digit>> {};
struct PlainNumber : seq<Digits, opt<one<'.'>, Digits>> {};

/// The unit of a number stands on its line and comes from a closed list, so that `adds 1 ..= 20 sales` has none.
struct UnitWord : Custom<UnitWord> {
  static bool parse(Input& in, State& state) {
    const std::uint32_t begin = offset(in);
    const std::uint32_t end = state.name_end_at(begin);
    if (end == begin || state.colon_follows(end)) return false;
    if (!is_unit_word(state.text().substr(begin, end - begin))) return false;
    in.bump(end - begin);
    return true;
  }
};
/// What was surely meant as a unit: three capitals as in a currency code, one in small letters, a misspelt word for a
/// time.
struct BadUnit : Custom<BadUnit>, Leaves<NodeKind::bad_unit> {
  static bool parse(Input& in, State& state) {
    const std::uint32_t begin = offset(in);
    const std::uint32_t end = state.name_end_at(begin);
    if (end == begin || state.at(begin) == '`') return false;
    const char next = state.at(state.skip_blanks(end));
    if (next == ':' || next == '{' || next == '(' || state.at(end) == '.') return false;
    if (!looks_like_unit(state.text().substr(begin, end - begin))) return false;
    in.bump(end - begin);
    return true;
  }

 private:
  static bool looks_like_unit(std::string_view word) {
    if (currency_called(word)) return true;
    const auto capital = [](char c) { return c >= 'A' && c <= 'Z'; };
    if (word.size() == 3) {
      std::string upper(word);
      for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
      return std::all_of(word.begin(), word.end(), capital) || is_word(WordGroup::currency, upper);
    }
    if (word.size() < 4 || word.size() > 10) return false;
    const auto near = source::nearest_name(word, words(WordGroup::duration_unit));
    const auto near_step = source::nearest_name(word, words(WordGroup::calendar_unit));
    return (near && near->size() + 1 >= word.size()) || (near_step && near_step->size() + 1 >= word.size());
  }
};
struct GoodNumber : seq<PlainNumber, opt<Blanks, one<'%'>>, opt<Blanks, sor<UnitWord, BadUnit>>,
                        not_at<sor<WordByte, seq<one<'.'>, not_at<one<'.'>>>>>>,
                    Leaves<NodeKind::number> {};
/// `1e3`, `1.`, `.5`, `1.2.3`, `8k`: recognised whole, explained when lowered.
struct BadNumber : sor<seq<PlainNumber, one<'e', 'E'>, opt<one<'+', '-'>>, plus<digit>>,
                       seq<sor<digit, seq<one<'.'>, digit>>, star<sor<WordByte, seq<one<'.'>, not_at<one<'.'>>>>>>>,
                   Leaves<NodeKind::bad_number> {};

struct TwoDigits : seq<digit, digit> {};
struct Year : seq<TwoDigits, TwoDigits> {};
struct DateEnd : not_at<WordByte> {};
struct MonthDay : seq<Year, one<'-'>, TwoDigits, one<'-'>, TwoDigits> {};
struct Zone : sor<one<'Z'>, seq<one<'+', '-'>, TwoDigits, opt<one<':'>>, TwoDigits>> {};
struct DateTime : seq<MonthDay, one<'T'>, TwoDigits, one<':'>, TwoDigits,
                      opt<one<':'>, TwoDigits, opt<one<'.'>, plus<digit>>>, opt<Zone>, DateEnd, not_at<one<':'>>>,
                  Leaves<NodeKind::date_time> {};
struct Date : seq<MonthDay, DateEnd, not_at<one<'-'>>, not_at<Blanks, TwoDigits, one<':'>>>, Leaves<NodeKind::date> {};
struct Period : seq<Year, one<'-'>, sor<seq<one<'Q'>, digit>, seq<one<'W'>, TwoDigits>, TwoDigits>, DateEnd,
                    not_at<one<'-'>, digit>>,
                Leaves<NodeKind::period> {};
/// `01/07/2026`, `1.7.2026`, `2026/7/1`, `2026年7月1日`, with a time behind: dates as people write them elsewhere.
struct OtherDateTime : opt<one<' '>, digit, opt<digit>, one<':'>, TwoDigits, star<sor<WordByte, one<':'>>>> {};
struct SensibleYear : seq<sor<seq<one<'1'>, one<'9'>>, seq<one<'2'>, one<'0', '1'>>>, TwoDigits> {};
struct UpToTwoDigits : seq<digit, opt<digit>> {};
template <char Mark>
struct OtherDate
    : sor<seq<UpToTwoDigits, one<Mark>, UpToTwoDigits, one<Mark>, SensibleYear, DateEnd>,
          seq<SensibleYear, one<Mark>, UpToTwoDigits, one<Mark>, UpToTwoDigits, DateEnd>> {};
struct ChineseDate : seq<SensibleYear, pegtl::string<'\xE5', '\xB9', '\xB4'>, star<WordByte>> {};
struct OtherDates : seq<sor<OtherDate<'/'>, OtherDate<'.'>, ChineseDate>, OtherDateTime>, Leaves<NodeKind::bad_date> {};
/// `2026-7-1`, `2026-07-01 10:00`, `2026-07-01T9:00`: meant as a date, not as a subtraction.
struct BadDate : seq<Year, one<'-'>, sor<seq<digit, opt<digit>, one<'-'>, digit>, seq<one<'Q', 'W', 'q', 'w'>, digit>>,
                     star<sor<WordByte, seq<one<':', '+', '-'>, at<digit>>>>,
                     opt<one<' '>, TwoDigits, one<':'>, TwoDigits, star<sor<WordByte, one<':'>>>>>,
                 Leaves<NodeKind::bad_date> {};

struct Moment : Token<sor<DateTime, Date, Period, BadDate, OtherDates>> {};
struct Number : Token<sor<GoodNumber, BadNumber>> {};
/// In a clause that takes a duration, a word behind the number on its line can only be meant as the unit.
struct WordAsUnit : Custom<WordAsUnit>, Leaves<NodeKind::bad_unit> {
  static bool parse(Input& in, State& state) {
    const std::uint32_t begin = offset(in);
    const std::uint32_t end = state.name_end_at(begin);
    if (end == begin || state.blocks.empty()) return false;
    const std::string_view word = state.text().substr(begin, end - begin);
    if (is_word(state.blocks.back().clauses, word) || is_word(WordGroup::head_word, word)) return false;
    in.bump(end - begin);
    return true;
  }
};
struct NumberAndWord : seq<PlainNumber, plus<one<' ', '\t'>>, WordAsUnit>, Leaves<NodeKind::number> {};
/// A number, date or period without a sign: all that clauses such as `trial 2 months` take.
struct PlainLiteral : Named<ids::phrase_value, sor<Moment, Number>> {};

struct QuotedText
    : seq<one<'"'>,
          star<sor<seq<one<'\\'>, not_at<pegtl::one<'\r', '\n'>>, pegtl::any>, pegtl::not_one<'"', '\r', '\n', '\\'>>>,
          opt<one<'\\'>>, opt<one<'"'>>>,
      Leaves<NodeKind::text> {};
struct Text : Named<ids::phrase_text, Token<QuotedText>> {};

/// `no-fake-order-exclusion`
struct RuleIdToken : Custom<RuleIdToken>, Leaves<NodeKind::rule_id> {
  static bool parse(Input& in, State& state) {
    const std::uint32_t begin = offset(in);
    std::uint32_t end = state.name_end_at(begin);
    if (end == begin) {
      state.expect(begin, {{}, ids::phrase_name});
      return false;
    }
    while (state.at(begin) != '`' && state.at(end) == '-') {
      std::uint32_t more = end + 1;
      while ((state.at(more) >= '0' && state.at(more) <= '9')) ++more;
      const std::uint32_t next = std::max(more, state.name_end_at(more));
      if (next == end + 1) break;
      end = next;
    }
    return accept(in, state, end);
  }
};

/// `.name` directly behind what it belongs to.
struct Dot : Custom<Dot> {
  static bool parse(Input& in, State& state) {
    const std::uint32_t begin = offset(in);
    const bool tight = state.at(begin) == '.' && state.token_end(begin) == begin;
    if (!tight || state.name_end_at(begin + 1) == begin + 1) return false;
    in.bump(1);
    return true;
  }
};
struct Path : seq<Name, star<Dot, Name>>, Leaves<NodeKind::path> {};

struct SameLine : Custom<SameLine> {
  static bool parse(Input& in, State& state) {
    const std::uint32_t here = offset(in);
    return state.same_line(state.token_end(here), here);
  }
};

// ---- expressions ----------------------------------------------------------------------------------------------------

struct Expression;

template <Literal S>
struct Op : QuietSign<S>, Leaves<NodeKind::op> {};

struct CompareOp : Custom<CompareOp>, Leaves<NodeKind::op> {
  static bool parse(Input& in, State& state) {
    // Also what other languages write; lowering says how it is written here.
    for (const std::string_view sign : {"==", "=<", "=>", "=", "!=", "<>", "<=", ">=", "<", ">"}) {
      if (take_sign(in, state, sign, false)) return true;
    }
    return false;
  }
};
struct RangeOp : sor<Op<"..=">, Op<"..">> {};

/// A name where a value is expected: not a word with a meaning there, and not where the next field or declaration
/// begins.
struct NameExpr : Custom<NameExpr>, Leaves<NodeKind::name_expr> {
  static bool parse(Input& in, State& state) {
    const std::uint32_t begin = offset(in);
    const std::uint32_t end = state.name_end_at(begin);
    if (end == begin || state.colon_follows(end) || state.begins_next(begin)) return false;
    if (is_word(WordGroup::operator_word, state.text().substr(begin, end - begin))) return false;
    return accept(in, state, end);
  }
};

/// `alert a` before `where`, `,` or `)`.
struct BinderAhead : Custom<BinderAhead> {
  static bool parse(Input& in, State& state) {
    const std::uint32_t kind = offset(in);
    const std::uint32_t kind_end = state.name_end_at(kind);
    if (kind_end == kind) return false;
    const std::uint32_t variable = state.skip_space(kind_end);
    const std::uint32_t variable_end = state.name_end_at(variable);
    if (variable_end == variable) return false;
    const std::string_view word = state.text().substr(variable, variable_end - variable);
    if (is_word(WordGroup::operator_word, word) || word == "at" || word == "each" || word == "including") return false;
    const std::uint32_t next = state.skip_space(variable_end);
    return state.at(next) == ')' || state.at(next) == ',' || state.word_at(next, "where");
  }
};
struct LabelAhead : Custom<LabelAhead> {
  static bool parse(Input& in, State& state) {
    const std::uint32_t end = state.name_end_at(offset(in));
    return end > offset(in) && state.colon_follows(end);
  }
};
struct ArgumentBinder : Part<NodeKind::argument_binder, BinderAhead, Name, Name> {};
struct ArgumentLabel : Part<NodeKind::argument_label, LabelAhead, Name, Sign<":">, Expression> {};
struct Argument : sor<ArgumentBinder, ArgumentLabel, Expression> {};

struct ModifierWhere : Part<NodeKind::modifier_where, Word<"where">, Expression> {};
struct ModifierIncluding : Part<NodeKind::modifier_including, Word<"including">, CommaList<Path>> {};
struct ModifierAt : Part<NodeKind::modifier_at, Word<"at">, Path> {};
struct ModifierEach : Part<NodeKind::modifier_each, Word<"each">, Name> {};
struct Modifier : sor<ModifierWhere, ModifierIncluding, ModifierAt, ModifierEach> {};

struct OpenCall : seq<SameLine, QuietSign<"(">> {};
struct Arguments : Part<NodeKind::arguments, OpenCall, Deeper<opt<CommaList<Argument>>, star<Modifier>>, Sign<")">> {};

struct Member : Part<NodeKind::member, Dot, Name> {};
struct Chain : seq<NameExpr, opt<Arguments>, star<Member, opt<Arguments>>>, Collapsing<NodeKind::chain> {};

struct Parentheses : Part<NodeKind::parentheses, QuietSign<"(">, Deeper<Expression>, Sign<")">> {};
struct ListValue
    : Part<NodeKind::list, QuietSign<"[">, Deeper<opt<CommaList<Expression>, opt<QuietSign<",">>>>, Sign<"]">> {};

struct IfBranch : Part<NodeKind::if_branch, Quiet<"if">, Expression, Word<"then">, Expression, Word<"else">> {};
/// `else if` is a repetition, so that a long chain is not deep; the last branch is no `if`, so that nothing is tried
/// twice.
struct Conditional
    : Part<NodeKind::conditional, at<Quiet<"if">>, Deeper<plus<IfBranch>, not_at<Quiet<"if">>, Expression>> {};

struct Boolean : sor<Quiet<"true">, Quiet<"false">>, Leaves<NodeKind::boolean> {};
struct NoneValue : Quiet<"none">, Leaves<NodeKind::none_literal> {};

/// `if` is accepted everywhere; lowering asks for parentheses where it is an operand.
struct Primary
    : Named<ids::phrase_value,
            sor<Moment, Number, Token<QuotedText>, Parentheses, ListValue, Conditional, Boolean, NoneValue, Chain>> {};

struct Negative : Part<NodeKind::negative, star<Op<"-">>, Primary> {};
struct DefaultLevel : seq<Primary, star<Quiet<"default">, Negative>>, Collapsing<NodeKind::default_value> {};
struct UnaryLevel : seq<star<Op<"-">>, DefaultLevel>, Collapsing<NodeKind::unary> {};
struct ProductLevel : seq<UnaryLevel, star<sor<Op<"*">, Op<"/">>, UnaryLevel>>, Collapsing<NodeKind::product> {};
struct SumLevel : seq<ProductLevel, star<sor<Op<"+">, Op<"-">>, ProductLevel>>, Collapsing<NodeKind::sum> {};
struct RangeLevel : seq<sor<seq<RangeOp, SumLevel>, seq<SumLevel, opt<RangeOp, opt<SumLevel>>>>>,
                    Collapsing<NodeKind::range> {};

struct NotKept : Quiet<"not">, Leaves<NodeKind::op> {};
struct CompareTail : Part<NodeKind::compare_tail, CompareOp, RangeLevel> {};
struct InTail : Part<NodeKind::in_tail, opt<NotKept>, Quiet<"in">, RangeLevel> {};
struct IsTail : Part<NodeKind::is_tail, Quiet<"is">, opt<NotKept>, Word<"none">> {};
struct WithinTail : Part<NodeKind::within_tail, Quiet<"within">, SumLevel, Word<"of">, SumLevel> {};
struct CompareLevel : seq<RangeLevel, star<sor<CompareTail, InTail, IsTail, WithinTail>>>,
                      Collapsing<NodeKind::comparison> {};
struct NotLevel : seq<star<NotKept>, CompareLevel>, Collapsing<NodeKind::logical_not> {};
struct AndLevel : seq<NotLevel, star<sor<Quiet<"and">, Op<"&&">>, NotLevel>>, Collapsing<NodeKind::logical_and> {};
struct OrLevel : seq<AndLevel, star<Quiet<"or">, AndLevel>>, Collapsing<NodeKind::logical_or> {};
struct Expression : seq<OrLevel> {};

// ---- tables ---------------------------------------------------------------------------------------------------------

struct CellEnd : Custom<CellEnd> {
  static bool parse(Input& in, State& state) { return state.at(offset(in)) == '|'; }
};
struct CellAny : Part<NodeKind::cell_any, QuietSign<"-">, CellEnd> {};
struct CellEmpty : Part<NodeKind::cell_empty, CellEnd> {};
struct CellOtherwise : Part<NodeKind::cell_otherwise, Quiet<"otherwise">, CellEnd> {};
struct CellFrom : Part<NodeKind::cell_from, Quiet<"from">, Expression> {};
struct CellCompare : Part<NodeKind::cell_compare, CompareOp, RangeLevel> {};
struct SignedNumber : Part<NodeKind::unary, opt<Op<"-">>, Named<ids::phrase_number, sor<Moment, Number>>> {};
struct CellTolerance : Part<NodeKind::cell_tolerance, QuietSign<"~">, SignedNumber, Sign<"+-">, SignedNumber> {};
struct CellValue : Part<NodeKind::cell_value, Expression> {};
struct BodyCell : sor<CellEmpty, CellAny, CellOtherwise, CellTolerance, CellCompare, CellFrom, CellValue> {};

struct ColumnName : AnyName<NodeKind::name, ids::phrase_column> {};
struct HeaderCell : Part<NodeKind::header_cell, sor<CellEnd, plus<ColumnName>>> {};

struct HeaderRow : Row<NodeKind::header, HeaderCell, ids::phrase_table> {};
struct BodyRow : Row<NodeKind::row, BodyCell, ids::phrase_table> {};
struct Table : Part<NodeKind::table, Rows<HeaderRow, BodyRow>> {};

struct MoreRowsBody : Custom<MoreRowsBody> {
  static bool parse(Input& in, State& state) {
    if (!state.blocks.back().table_seen || !at_row(state, offset(in))) return false;
    Rows<HeaderRow, BodyRow>::body(in, state);
    return true;
  }
};
struct MarkTable : Custom<MarkTable> {
  static bool parse(Input&, State& state) { return state.blocks.back().table_seen = true; }
};
/// The table of a block; what follows something broken in its middle belongs to it.
struct BlockTable : sor<Part<NodeKind::more_rows, MoreRowsBody>, seq<Table, MarkTable>> {};

// ---- parts that several declarations share --------------------------------------------------------------------------

struct Label : Part<NodeKind::part_label, Token<QuotedText>> {};
/// Not the name of the next field, nor the next clause or declaration.
struct TypeName : Custom<TypeName>, Leaves<NodeKind::name> {
  static bool parse(Input& in, State& state) {
    const std::uint32_t begin = offset(in);
    const std::uint32_t end = state.name_end_at(begin);
    const bool other = state.colon_follows(end) || state.begins_next(begin);
    if (end > begin && !other) return accept(in, state, end);
    state.expect(begin, {{}, ids::phrase_type});
    return false;
  }
};
struct Type : Part<NodeKind::type, TypeName, opt<Part<NodeKind::optional_mark, QuietSign<"?">>>> {};
struct TableRef : sor<Token<QuotedText>, Name> {};
struct FromTable : Part<NodeKind::part_from, Word<"from">, TableRef> {};
struct Where : Part<NodeKind::part_where, Word<"where">, Expression> {};
struct ForEntity : Part<NodeKind::part_for, Word<"for">, Name> {};
struct Every : Part<NodeKind::part_every, Word<"every">, Name> {};
struct InName : Part<NodeKind::part_in, Word<"in">, Name> {};
struct Value : Part<NodeKind::part_value, Sign<"=">, Expression> {};
struct RangePart : Part<NodeKind::part_range, Quiet<"range">, Expression> {};
struct WordList : CommaList<KeptWord> {};
struct TextList : CommaList<Token<QuotedText>> {};

template <typename... Rules>
struct Clause : Part<NodeKind::clause, Rules...> {};

/// What stands behind the key of a clause whose form is not fixed here.
struct Values : Named<ids::phrase_value,
                      sor<seq<PlainLiteral, opt<Part<NodeKind::value_to, Quiet<"to">, PlainLiteral>>>, TextList,
                          seq<not_at<Quiet<"from">>, KeptWord, sor<TextList, Kept<"days">, star<QuietSign<",">, KeptWord>>>>> {};

// ---- policy, library, use, param ------------------------------------------------------------------------------------

struct PolicyKey : Custom<PolicyKey>, Leaves<NodeKind::key> {
  static bool parse(Input& in, State& state) {
    const std::uint32_t begin = offset(in);
    const std::uint32_t end = state.name_end_at(begin);
    return is_word(WordGroup::clause_policy, state.text().substr(begin, end - begin)) && accept(in, state, end);
  }
};
struct PartialProrate : Part<NodeKind::flag, Quiet<"partial">, Word<"prorate">> {};
struct OtherKey : AnyName<NodeKind::key> {};
struct NumberWithUnit : seq<PlainNumber, Blanks, UnitWord> {};
struct MisspeltDuration : seq<sor<Key<"trial">, Key<"appeal">>, not_at<NumberWithUnit>, Token<NumberAndWord>> {};
struct PolicyClause : Clause<sor<seq<Key<"partial">, KeptWord>,                //
                                 MisspeltDuration,                             //
                                 seq<PolicyKey, Values, opt<PartialProrate>>,  //
                                 seq<OtherKey, SameLine, Values>>> {};
struct NameAndLabel : seq<Name, opt<Label>> {};

struct PolicyBlock : Block<"policy", WordGroup::clause_policy, Keys::free, PolicyClause> {};
struct Policy : Declared<"policy", NodeKind::policy, NameAndLabel, PolicyBlock> {};

struct Declaration;
struct LibraryClause
    : Clause<sor<Key<"version">, Key<"owner">, Key<"market">, Key<"platform">, Key<"review_by">, Key<"evidence">>,
             Values> {};
struct LibraryBlock
    : Block<"library", WordGroup::clause_library, Keys::known, sor<LibraryClause, Deeper<Declaration>>> {};
struct Library : Declared<"library", NodeKind::library, NameAndLabel, LibraryBlock> {};

/// `rate = 2%`, `orders = sales`, `orders.amount = sales.gross`
struct AssignedField : Part<NodeKind::assigned_field, Dot, Name> {};
struct Assignment : Part<NodeKind::assignment, Name, opt<AssignedField>, Sign<"=">, Expression> {};
struct With
    : seq<Word<"with">, Sign<"{">, opt<Assignment, star<Sign<",">, Assignment>, opt<QuietSign<",">>>, Sign<"}">> {};
struct UseHead : seq<sor<Text, Path>, opt<Part<NodeKind::part_as, Word<"as">, Name>>, opt<With>> {};
struct Use : Declared<"use", NodeKind::use, UseHead, pegtl::success> {};

struct ParamHead : seq<NameAndLabel, Sign<":">, Type, opt<InName>, opt<Value>, opt<RangePart>> {};
struct Param : Declared<"param", NodeKind::param, ParamHead, pegtl::success> {};

// ---- data -----------------------------------------------------------------------------------------------------------

/// `key` behind a type, unless it begins `key (order_id, line)`.
struct Flag : Custom<Flag>, Leaves<NodeKind::flag> {
  static bool parse(Input& in, State& state) {
    for (const std::string_view word : {"key", "label", "personal"}) {
      const std::uint32_t begin = offset(in);
      if (!state.word_at(begin, word)) continue;
      const auto end = static_cast<std::uint32_t>(begin + word.size());
      return state.at(state.skip_blanks(end)) != '(' && accept(in, state, end);
    }
    return false;
  }
};
struct StoredAs : Part<NodeKind::part_flags, Quiet<"stored">, Word<"as">, Kept<"minor">> {};
struct FromColumn : Part<NodeKind::part_from, Word<"from">, TableRef> {};
struct Field : Part<NodeKind::field, LabelAhead, Name, Sign<":">, Type,
                    star<sor<InName, FromColumn, Value, RangePart, Flag, StoredAs>>> {};

struct SourceClause
    : Clause<sor<seq<Key<"active">, Word<"from">, Name, opt<Part<NodeKind::value_to, Word<"to">, Name>>>,
                 seq<Key<"key">, Sign<"(">, WordList, Sign<")">>,         //
                 seq<Key<"collected">, KeptWord, opt<Word<"by">, Text>>,  //
                 seq<Key<"covers">, Word<"from">, Expression>,            //
                 seq<sor<Key<"duplicates">, Key<"credit">>, KeptWord>>> {};
struct SourceItem : sor<Field, SourceClause> {};

struct FromDistinct : Part<NodeKind::part_distinct, Word<"from">, Quiet<"distinct">, Path> {};
struct EntityHead : seq<NameAndLabel, opt<sor<FromDistinct, FromTable>>, opt<Where>> {};
struct EntityBlock : Block<"entity", WordGroup::clause_entity, Keys::known, SourceItem> {};
struct Entity : Declared<"entity", NodeKind::entity, EntityHead, opt<EntityBlock>> {};

struct AsRole : Part<NodeKind::part_as, Word<"as">, Name> {};
struct TimeZonePart : Part<NodeKind::part_zone, Word<"in">, sor<Token<QuotedText>, Path>> {};
struct AtTime : Part<NodeKind::part_at, Word<"at">, Name, opt<TimeZonePart>> {};
struct EventsHead : seq<NameAndLabel, star<sor<AsRole, FromTable, Where, AtTime>>> {};
struct EventsBlock : Block<"events", WordGroup::clause_events, Keys::known, SourceItem> {};
struct Events : Declared<"events", NodeKind::events, EventsHead, EventsBlock> {};

/// What a library expects of the policy that uses it: `requires events orders as orders { … }`.
struct RequiredEvents : Declared<"requires", NodeKind::events, seq<Kept<"events">, EventsHead>, EventsBlock> {};
struct RequiredEntity : Declared<"requires", NodeKind::entity, seq<Kept<"entity">, EntityHead>, opt<EntityBlock>> {};
struct RequiredCalendar : Declared<"requires", NodeKind::calendar, seq<Kept<"calendar">, NameAndLabel>, pegtl::success> {};
struct RequiredOther
    : Declared<"requires", NodeKind::required, sor<Word<"events">, Word<"entity">, Word<"calendar">>, pegtl::success> {};
struct Requires
    : sor<seq<at<Quiet<"requires">, Quiet<"events">>, RequiredEvents>,
          seq<at<Quiet<"requires">, Quiet<"entity">>, RequiredEntity>,
          seq<at<Quiet<"requires">, Quiet<"calendar">>, RequiredCalendar>, RequiredOther> {};

struct UseRate : Clause<Key<"use">, KeptWord, opt<Quiet<"of">, Word<"event">>> {};
struct ExchangeBlock : Block<"exchange", WordGroup::clause_exchange, Keys::known, sor<Field, UseRate>> {};
struct Exchange : Declared<"exchange", NodeKind::exchange, seq<opt<Label>, opt<FromTable>>, ExchangeBlock> {};

struct EachPath : Part<NodeKind::part_each, Word<"for">, Word<"each">, Path> {};
struct Ensure : Declared<"ensure", NodeKind::ensure, seq<opt<Label>, Expression, opt<EachPath>>, pegtl::success> {};

struct Weekday : Custom<Weekday>, Leaves<NodeKind::word> {
  static bool parse(Input& in, State& state) {
    const std::uint32_t begin = offset(in);
    const std::uint32_t end = state.name_end_at(begin);
    if (is_word(WordGroup::weekday, state.text().substr(begin, end - begin))) return accept(in, state, end);
    state.expect(begin, {{}, ids::phrase_weekday});
    return false;
  }
};
struct TimeOfDayToken : seq<digit, opt<digit>, one<':'>, TwoDigits, DateEnd>, Leaves<NodeKind::time_of_day> {};
struct TimeOfDay : Named<ids::phrase_time, Token<TimeOfDayToken>> {};
struct Shift : Part<NodeKind::shift, Weekday, opt<QuietSign<"..">, Weekday>, TimeOfDay, Sign<"..">, TimeOfDay> {};
struct Holidays : Clause<Key<"holidays">, Word<"from">, Path> {};
struct CalendarBlock : Block<"calendar", WordGroup::clause_calendar, Keys::known, sor<Holidays, Shift>> {};
struct Calendar : Declared<"calendar", NodeKind::calendar, NameAndLabel, CalendarBlock> {};

struct Because : Clause<Key<"because">, Text> {};
struct KindPart : Part<NodeKind::part_kind, Word<"kind">, Name> {};
struct FromList : Part<NodeKind::part_from, Word<"from">, CommaList<Name>> {};
struct ExcludeHead : seq<NameAndLabel, star<sor<KindPart, FromList, Where>>> {};
struct ExcludeBlock : Block<"exclude", WordGroup::clause_exclude, Keys::known, Because> {};
struct Exclude : Declared<"exclude", NodeKind::exclude, ExcludeHead, opt<ExcludeBlock>> {};

// ---- metrics, phases, tables, curves --------------------------------------------------------------------------------

struct MetricClause
    : Clause<sor<seq<sor<Key<"basis">, Key<"owner">>, Text>,                                              //
                 seq<Key<"better">, KeptWord>,                                                            //
                 seq<Key<"show">, sor<seq<Kept<"in">, KeptWord>, seq<KeptWord, opt<SameLine, Number>>>>,  //
                 seq<Key<"needs">, Expression>,                                                           //
                 seq<Key<"matures">, Word<"after">, Expression>,                                          //
                 seq<Key<"tags">, WordList>>> {};
struct MetricBlock : Block<"metric", WordGroup::clause_metric, Keys::known, MetricClause> {};
struct Metric : Declared<"metric", NodeKind::metric, seq<NameAndLabel, Value>, opt<MetricBlock>> {};

struct Phase : Part<NodeKind::phase, Name, opt<Label>,
                    sor<Part<NodeKind::part_when, Word<"when">, Expression>, Word<"otherwise">>> {};
struct PhasesBlock : Block<"phases", WordGroup::clause_phases, Keys::free, Phase> {};
struct Phases : Declared<"phases", NodeKind::phases, ForEntity, PhasesBlock> {};

struct Inputs : seq<Sign<"(">, WordList, Sign<")">> {};
struct DecisionTableBlock : Block<"table", WordGroup::clause_table, Keys::known, BlockTable> {};
struct DecisionTable
    : Declared<"table", NodeKind::decision_table, seq<NameAndLabel, Inputs, opt<Label>>, DecisionTableBlock> {};

struct CurveKind : sor<Word<"steps">, Word<"line">, Word<"brackets">>, Leaves<NodeKind::part_kind> {};
struct CurveBlock : Block<"curve", WordGroup::clause_table, Keys::known, BlockTable> {};
struct Curve : Declared<"curve", NodeKind::curve, seq<NameAndLabel, Inputs, opt<Label>, CurveKind>, CurveBlock> {};

// ---- scorecards, payouts, alerts ------------------------------------------------------------------------------------

struct GateEffect
    : Part<NodeKind::gate_effect,
           sor<Kept<"unscored">, seq<Kept<"score">, sor<seq<Word<"at">, Kept<"most">, SumLevel>, SumLevel>>>> {};
struct Gate
    : Part<NodeKind::gate, Key<"gate">, Name, opt<Label>, Word<"requires">, Expression, Word<"else">, GateEffect> {};
struct ScorecardClause : sor<BlockTable, Gate, Clause<sor<Key<"missing">, Key<"population">>, KeptWord>> {};
struct ScorecardBlock : Block<"scorecard", WordGroup::clause_scorecard, Keys::known, ScorecardClause> {};
struct Scorecard
    : Declared<"scorecard", NodeKind::scorecard, seq<NameAndLabel, star<sor<ForEntity, Every>>>, ScorecardBlock> {};

template <typename... Rules>
struct Second : Part<NodeKind::second, Rules...> {};
struct PayoutClause
    : Clause<sor<seq<sor<Key<"payee">, Key<"rounding">>, KeptWord>,                                              //
                 seq<sor<Key<"base">, Key<"amount">, Key<"prorate">, Key<"floor">, Key<"budget">>, Expression>,  //
                 seq<Key<"cap">, Expression, opt<Kept<"carry">>>,                                                //
                 seq<Key<"penalty">, Name, opt<Label>, Sign<"=">, Expression, opt<Word<"from">, KeptWord>>,      //
                 seq<Key<"paid">, Word<"when">, Expression>,                                                     //
                 seq<sor<Key<"earned">, Key<"payable">>, Word<"after">, Expression>,                             //
                 seq<Key<"pool">, Expression, Second<Word<"by">, Expression>, opt<Word<"within">, KeptWord>>,    //
                 seq<Key<"draw">, Expression, opt<Second<Word<"recover">, Expression>>>,                         //
                 seq<Key<"clawback">, Word<"within">, Expression>,                                               //
                 seq<Key<"assume">, Name, Sign<"=">, Expression>,                                                //
                 seq<Key<"evidence">, Name, Text>>> {};
struct PayoutHead : seq<NameAndLabel, star<sor<ForEntity, Part<NodeKind::part_from, Word<"from">, Name>, Every>>> {};
struct PayoutBlock : Block<"payout", WordGroup::clause_payout, Keys::known, PayoutClause> {};
struct Payout : Declared<"payout", NodeKind::payout, PayoutHead, PayoutBlock> {};

struct GenericClause
    : Clause<sor<Key<"basis">, Key<"owner">, Key<"tags">, Key<"rationale">, Key<"checked">, Key<"because">>, Values> {};
/// A word that stands where only a severity can: `for`, `every`, `when`, the label or the block follows it. Which words
/// are severities is said later, with a better message.
struct SeverityAhead : Custom<SeverityAhead> {
  static bool parse(Input& in, State& state) {
    const std::uint32_t end = state.name_end_at(offset(in));
    if (end == offset(in) || state.starts_line(offset(in))) return false;
    const std::uint32_t next = state.skip_space(end);
    return state.at(next) == '"' || state.at(next) == '{' || state.word_at(next, "for") ||
           state.word_at(next, "every") || state.word_at(next, "when");
  }
};
struct SeverityWord : seq<SeverityAhead, KeptName>, Leaves<NodeKind::part_severity> {};
struct AlertSeverity : sor<LeafWord<NodeKind::part_severity, "info">, LeafWord<NodeKind::part_severity, "warning">,
                           LeafWord<NodeKind::part_severity, "critical">, SeverityWord> {};
struct ForPeriods : Second<Word<"for">, at<digit>, PlainLiteral> {};
struct WhenPart : Part<NodeKind::part_when, Word<"when">, Expression> {};
struct AlertHead : seq<Name, star<sor<Label, ForPeriods, ForEntity, Every, WhenPart, AlertSeverity>>> {};
struct Message : Clause<Key<"message">, Text> {};
struct AlertBlock : Block<"alert", WordGroup::clause_alert, Keys::known, sor<Message, GenericClause>> {};
struct Alert : Declared<"alert", NodeKind::alert, AlertHead, opt<AlertBlock>> {};

// ---- rules, exceptions, attacks -------------------------------------------------------------------------------------

struct Binder : Part<NodeKind::binder, Name, Name> {};
struct Limit : Part<NodeKind::limit, sor<seq<sor<Key<"market">, Key<"platform">>, WordList>,
                                         seq<sor<Key<"since">, Key<"until">>, PlainLiteral>>> {};
/// `zh "…"` behind a text or a citation: the same in another language.
struct Translation
    : Part<NodeKind::translation, sor<Key<"zh">, Key<"en">>, Token<QuotedText>, star<Token<QuotedText>>> {};
struct RuleText : seq<Text, star<Translation>> {};
struct CiteLimit : sor<Limit, Part<NodeKind::limit, Key<"status">, KeptWord>,
                       Part<NodeKind::limit, Key<"checked">, PlainLiteral>, Part<NodeKind::limit, Key<"url">, Text>> {};
struct NestedFile;
struct Example : Part<NodeKind::example, sor<Key<"fails">, Key<"passes">>, NestedBlock<NestedFile>> {};
struct OnName : Part<NodeKind::part_on, Word<"on">, Name> {};
/// `fix "…" insert "…" into v`, `… after v`, `fix "…" remove v`
struct Fix : Part<NodeKind::fix, Key<"fix">, RuleText,
                  sor<seq<Key<"remove">, Name>, seq<Key<"insert">, Text, sor<Kept<"into">, Kept<"after">>, Name>>> {};
struct RuleClause
    : sor<Clause<sor<seq<Key<"for">, CommaList<Binder>, opt<Where>>,  //
                     seq<Key<"report">, opt<OnName>, RuleText>,       //
                     seq<sor<Key<"help">, Key<"rationale">>, RuleText>,  //
                     seq<Key<"authority">, KeptWord>,                 //
                     seq<Key<"applies">, plus<Limit>>>>,
          Part<NodeKind::cite, Key<"cite">, Text, star<Token<QuotedText>>, star<Translation>, star<CiteLimit>>,
          Part<NodeKind::market_severity, sor<Key<"error">, Key<"warning">, Key<"info">>, Word<"in">, WordList>,
          Fix, Example, GenericClause> {};
struct RuleSeverity : sor<LeafWord<NodeKind::part_severity, "error">, LeafWord<NodeKind::part_severity, "warning">,
                          LeafWord<NodeKind::part_severity, "info">, SeverityWord> {};
struct RuleTitle : seq<Label, star<Translation>> {};
struct RuleHead : seq<RuleIdToken, opt<RuleTitle>, opt<RuleSeverity>, opt<RuleTitle>> {};
struct RuleBlock : Block<"rule", WordGroup::clause_rule, Keys::known, RuleClause> {};
struct Rule : Declared<"rule", NodeKind::rule, RuleHead, RuleBlock> {};

struct AllowClause : Clause<sor<seq<sor<Key<"because">, Key<"owner">>, Text>, seq<Key<"until">, PlainLiteral>>> {};
struct AllowBlock : Block<"allow", WordGroup::clause_allow, Keys::known, AllowClause> {};
/// `on bonus`, `on monthly.net_sales`
struct OnElement : Part<NodeKind::part_on, Word<"on">, Path> {};
struct Allow : Declared<"allow", NodeKind::allow, seq<RuleIdToken, opt<Label>, opt<OnElement>>, AllowBlock> {};

struct NextPeriod : Part<NodeKind::form_next, Word<"next">, Word<"period">> {};
struct InRange : Part<NodeKind::part_range, Word<"in">, RangeLevel> {};
struct FormField
    : Part<NodeKind::form_field, Name, plus<sor<InRange, seq<opt<NextPeriod>, Value>>>, opt<QuietSign<",">>> {};
struct FormFields : seq<QuietSign<"{">, star<FormField>, Sign<"}">> {};
/// `cost` of the same attack may follow on the same line.
struct ClauseAhead : Custom<ClauseAhead> {
  static bool parse(Input& in, State& state) {
    const std::uint32_t begin = offset(in);
    const std::string_view word = state.text().substr(begin, state.name_end_at(begin) - begin);
    return !state.blocks.empty() && is_word(state.blocks.back().clauses, word);
  }
};
struct SameLineWord : seq<SameLine, not_at<ClauseAhead>, KeptWord> {};
struct Form
    : Part<NodeKind::form, sor<seq<Key<"adds">, Part<NodeKind::second, RangeLevel>, Path, opt<FormFields>>,    //
                               seq<Key<"removes">, Part<NodeKind::second, RangeLevel>, Word<"of">, Path>,      //
                               seq<Key<"changes">, Path, Part<NodeKind::part_value, Word<"to">, Expression>>,  //
                               seq<Key<"moves">, Path, star<SameLineWord>>,                                    //
                               seq<Key<"splits">, opt<SameLine, not_at<ClauseAhead>, Path>, star<SameLineWord>>>> {};
struct AttackItem : sor<Form, Clause<Key<"cost">, Expression>, GenericClause> {};
struct AttackBlock : Block<"attack", WordGroup::clause_attack, Keys::known, AttackItem> {};
struct Attack : Declared<"attack", NodeKind::attack, NameAndLabel, AttackBlock> {};

// ---- labels, tests, imports -----------------------------------------------------------------------------------------

struct LabelledElement : seq<RuleIdToken, star<Dot, Name>>, Leaves<NodeKind::path> {};
struct LabelEntry : Part<NodeKind::label_entry, LabelledElement, Text> {};
struct LabelsBlock : Block<"labels", WordGroup::clause_labels, Keys::free, LabelEntry> {};
struct Labels : Declared<"labels", NodeKind::labels, RuleIdToken, LabelsBlock> {};

struct Given
    : Part<NodeKind::given, Key<"given">, TableRef, sor<Part<NodeKind::part_from, Word<"from">, Text>, Table>> {};
struct PeriodLiteral : Named<ids::phrase_period, sor<Moment, Number>> {};
/// `in 2026-W28`, `on 2026-07-14`, or the period alone
struct ExpectIn : Part<NodeKind::expect_in, SameLine, opt<sor<Word<"in">, Word<"on">>>, PeriodLiteral> {};
struct ExpectAlert : seq<opt<Kept<"no">>, Kept<"alert">, Name, Name, opt<SameLine, Token<QuotedText>>, opt<ExpectIn>> {
};
struct Expect : Part<NodeKind::expect, Key<"expect">,
                     sor<seq<Kept<"excluded">, Name, Text, opt<Part<NodeKind::part_from, Word<"by">, Name>>>,  //
                         ExpectAlert,                                                                          //
                         seq<Kept<"error">, Name>,                                                             //
                         seq<Name, opt<SameLine, sor<Token<QuotedText>, Number>>, Table>>> {};
struct TestClause : sor<Given, Clause<Key<"period">, PeriodLiteral>, Clause<Key<"as_of">, PlainLiteral>, Expect> {};
struct TestBlock : Block<"test", WordGroup::clause_test, Keys::known, TestClause> {};
struct Test : Declared<"test", NodeKind::test, Part<NodeKind::part_label, Text>, TestBlock> {};

/// `name from`, `name as` or `name =`
struct ColumnAhead : Custom<ColumnAhead> {
  static bool parse(Input& in, State& state) {
    const std::uint32_t end = state.name_end_at(offset(in));
    if (end == offset(in)) return false;
    const std::uint32_t next = state.skip_space(end);
    return state.word_at(next, "from") || state.word_at(next, "as") || state.at(next) == '=';
  }
};
/// Options stand on the column's line; a later line goes on only with a word that is surely one.
struct OptionAhead : Custom<OptionAhead> {
  static bool parse(Input& in, State& state) {
    const std::uint32_t begin = offset(in);
    const std::uint32_t end = state.name_end_at(begin);
    return state.same_line(state.token_end(begin), begin) ||
           is_word(WordGroup::column_option, state.text().substr(begin, end - begin));
  }
};
struct ColumnOption
    : Part<NodeKind::column_option, not_at<ColumnAhead>, OptionAhead, Name, opt<SameLine, Token<QuotedText>>> {};
struct ColumnOr : Part<NodeKind::column_or, Quiet<"or">, Text> {};
struct Column
    : Part<NodeKind::column, ColumnAhead, Name, opt<Quiet<"as">, Type>,
           sor<seq<Part<NodeKind::column_from, Word<"from">, Text>, star<sor<ColumnOr, ColumnOption>>>, Value>> {};
struct ImportOption
    : Part<NodeKind::import_option, sor<seq<Key<"skip">, KeptWord, Word<"where">, Expression>,  //
                                        seq<Key<"key">, sor<seq<QuietSign<"(">, WordList, Sign<")">>, WordList>>,
                                        seq<not_at<ColumnAhead>, OtherKey, SameLine, Values>>> {};
struct ImportBlock : Block<"import", WordGroup::clause_import, Keys::free, sor<Column, ImportOption>> {};
struct Import : Declared<"import", NodeKind::import,
                         seq<NameAndLabel, Part<NodeKind::part_into, Word<"into">, TableRef>>, ImportBlock> {};

// ---- files ----------------------------------------------------------------------------------------------------------

struct EditionYear : Named<ids::phrase_edition_year, Number> {};
struct Edition : Declared<"edition", NodeKind::edition, EditionYear, pegtl::success> {};

struct Declaration
    : sor<Edition, Policy, Library, Use, Param, Entity, Events, Requires, Exchange, Ensure, Calendar, Exclude, Metric, Phases,
          DecisionTable, Curve, Scorecard, Payout, Alert, Rule, Allow, Attack, Labels, Test, Import> {};
struct NestedFile : Part<NodeKind::nested_file, Declarations<Declaration, true>> {};
struct File : Part<NodeKind::file, Declarations<Declaration, false>> {};

struct EndOfText : Custom<EndOfText> {
  static bool parse(Input& in, State& state) {
    if (state.at_end(offset(in))) return true;
    state.expect(offset(in), {{}, ids::phrase_operator});
    return false;
  }
};
/// `kpi eval 'EXPR'`
struct SingleExpression : Part<NodeKind::file, Space, Expression, EndOfText> {};

}  // namespace kpi::syntax::grammar
