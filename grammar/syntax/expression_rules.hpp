// The grammar up to expressions and tables: what declarations are made of. Included by rules.hpp only.
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

}  // namespace kpi::syntax::grammar
