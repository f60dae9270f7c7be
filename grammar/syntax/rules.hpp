// The grammar. See the language reference for the meaning of each construct; rules stand in its order, expressions in a
// file of their own. A rule with `kNode` leaves a node for lowering. Included by parse.cpp only.
#pragma once

#include "grammar/syntax/expression_rules.hpp"

namespace kpi::syntax::grammar {

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
