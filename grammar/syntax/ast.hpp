// The syntax tree: what stands in a file, before any name is looked up. Declarations are plain structs; expressions lie
// in one vector addressed by ExprId and never change. Spans are exact; names are in NFC.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "grammar/source/source.hpp"

namespace kpi::syntax {

using source::Span;

struct Ident {
  std::string text;  // NFC, without backquotes
  Span span;
  bool quoted = false;  // stood in backquotes, so it is never a keyword
};
struct Text {
  std::string value;  // escapes resolved; placeholders `{…}` kept as written
  Span span;          // with the quotes
};
/// `a`, `a.b`, `std.live`
struct Path {
  std::vector<Ident> parts;
  Span span;
};

// ---- expressions ----------------------------------------------------------------------------------------------------

struct ExprId {
  std::uint32_t index = 0xFFFFFFFF;
  bool valid() const { return index != 0xFFFFFFFF; }
  friend bool operator==(ExprId, ExprId) = default;
};

/// `1_000.50`, `40%`, `8_000 GBP`, `3 minutes`: digits without `_` and sign; `unit` is the word after it, which is always
/// one of the closed list (a currency code, a duration word, or a calendar word); empty when there is none.
struct NumberLit {
  std::string digits;
  bool percent = false;
  std::string unit;
};
struct TextLit { std::string value; };
struct BoolLit { bool value = false; };
struct DateLit { std::string text; };       // 2026-07-01
struct DateTimeLit { std::string text; };   // 2026-07-01T10:00, …Z, …+08:00
struct PeriodLit { std::string text; };     // 2026-Q3, 2026-07, 2026-W27 (a bare year is a NumberLit)
struct NoneLit {};                           // `none` (in `expect` cells)
struct Name { Ident name; };                 // also `this`, `phase`, `score`, `period`, `company`, `active_days`, `policy`
struct Member { ExprId base; Ident name; };  // a.b
struct Unary { enum class Op : std::uint8_t { negate, logical_not } op; ExprId operand; };
struct Binary {
  enum class Op : std::uint8_t { add, subtract, multiply, divide, eq, ne, lt, le, gt, ge, logical_and, logical_or } op;
  ExprId left, right;
};
struct In { ExprId item, collection; bool negated = false; };
struct IsNone { ExprId operand; bool negated = false; };          // negated: `is not none`
struct Within { ExprId time, duration, of; };                     // time within duration of `of`
struct Default { ExprId operand, fallback; };
struct If { ExprId condition, then_value, else_value; };
struct Range { std::optional<ExprId> lower, upper; bool includes_upper = false; };  // open ends only where allowed
struct List { std::vector<ExprId> items; };
/// `f(a, b)`, `sum(orders.amount at settled_at where P including fake_orders)`, `avg(sum(x) each day)`,
/// `m.excludes(kind: fake)`, `exists(alert a where a.reads(m))`. The modifiers stand once, after the arguments, in any
/// order. `callee` is a Name or a Member chain.
struct Call {
  struct Argument {
    std::optional<Ident> label;     // `kind:`
    std::optional<Ident> binder;    // `alert a`: label.text = "alert" is in `binder_kind`
    std::optional<Ident> binder_kind;
    ExprId value;                   // invalid for a binder
  };
  ExprId callee;
  std::vector<Argument> arguments;
  std::optional<ExprId> where;
  std::vector<Path> including;
  std::optional<Path> at;
  std::optional<Ident> each;        // day week month
};
using ExprNode = std::variant<NumberLit, TextLit, BoolLit, DateLit, DateTimeLit, PeriodLit, NoneLit, Name, Member, Unary,
                              Binary, In, IsNone, Within, Default, If, Range, List, Call>;
struct Expr {
  Span span;
  ExprNode node;
};

// ---- tables ---------------------------------------------------------------------------------------------------------

struct AnyCell {};        // `-`
struct EmptyCell {};      // nothing between the bars
struct OtherwiseCell {};
struct ExprCell { ExprId value; };  // also ranges and lists
struct CompareCell { Binary::Op op; ExprId value; };
struct FromCell { ExprId base; };
struct ToleranceCell { ExprId value, tolerance; };  // ~ x +- y
struct Cell {
  Span span;
  std::variant<AnyCell, EmptyCell, OtherwiseCell, ExprCell, CompareCell, FromCell, ToleranceCell> content;
};
struct HeaderCell {
  std::vector<Ident> words;  // one word, or two as in `weight cold_start`; empty for an empty header cell
  Span span;
};
struct TableRow {
  std::vector<Cell> cells;
  Span span;
};
struct Table {
  std::vector<HeaderCell> header;
  std::vector<TableRow> rows;   // each as long as the header (the parser reports and pads or cuts the others)
  Span span;
};

// ---- pieces shared by declarations -----------------------------------------------------------------------------------

/// What every declaration has. `name` is empty for those without one.
struct Head {
  std::optional<Ident> name;
  std::optional<Text> label;
  std::string doc;   // text of the `##` lines above, joined by newlines
  Span span;         // the whole declaration
  Span keyword;
  bool incomplete = false;  // a clause or row of it was reported and left out: what seems to be missing may be that
};

// ---- declarations -----------------------------------------------------------------------------------------------------

struct EditionDecl { std::string year; Span span; };

/// A clause of `policy { … }`. `words` are bare words (`market UK, DE` gives UK and DE), `texts` strings, `exprs` dates,
/// durations and numbers in source order. The binder knows which clause takes what.
struct PolicyClause {
  Ident key;
  std::vector<Ident> words;
  std::vector<Text> texts;
  std::vector<ExprId> exprs;
  bool has_to = false;       // `effective A to B`
  bool partial_prorate = false;
  Span span;
};
struct PolicyDecl { Head head; std::vector<PolicyClause> clauses; };
struct LibraryDecl { Head head; std::vector<PolicyClause> clauses; };  // clauses: version, owner

struct UseDecl {
  Head head;                          // no name
  Path path;                          // std.live; a relative file stands in `file`
  std::optional<Text> file;           // use "host_plan.kpi"
  std::optional<Ident> alias;         // as x
  /// `rate = 2%`; `orders = sales` names what serves a required source, `orders.amount = sales.gross` a required field.
  struct Assignment { Ident name; std::optional<Ident> field; ExprId value; Span span; };
  std::vector<Assignment> with;
};

struct TypeRef {
  Ident name;                         // text number integer boolean date datetime duration money, an entity or events
  bool optional = false;              // `?`
  Span span;
};
struct FieldDecl {
  Ident name;
  std::string doc;
  TypeRef type;
  std::optional<Ident> in;            // money in currency, duration in minutes
  std::optional<std::variant<Ident, Text>> from;
  std::optional<ExprId> computed;     // = EXPR
  std::optional<ExprId> range;
  std::vector<Ident> flags;           // key label personal; `stored as minor` gives the flag `minor`
  Span span;
};
struct ParamDecl { Head head; TypeRef type; std::optional<Ident> in; std::optional<ExprId> value; std::optional<ExprId> range; };

/// `active from joined to left`, `key (order_id, line)`, `collected export`, `collected manual by "…"`, `covers from D`,
/// `duplicates error`, `credit host`.
struct SourceClause {
  Ident key;
  std::vector<Ident> words;           // names in order; for `active`: the names after from and to
  std::vector<Text> texts;
  std::optional<ExprId> value;        // covers from EXPR
  std::optional<Ident> active_from, active_to;
  Span span;
};
struct EntityDecl {
  Head head;
  bool required = false;                            // requires entity sku { … }, in a library
  std::optional<std::variant<Ident, Text>> table;   // from hosts
  std::optional<Path> distinct_of;                  // from distinct host.team
  std::vector<FieldDecl> fields;
  std::vector<SourceClause> clauses;
  std::optional<ExprId> where;
};
struct EventsDecl {
  Head head;
  bool required = false;                            // requires events orders { … }, in a library
  std::optional<Ident> role;                        // as orders
  std::optional<std::variant<Ident, Text>> table;   // from orders
  std::optional<ExprId> where;
  std::optional<Ident> at;                          // at paid_at
  std::optional<std::variant<Text, Path>> zone;     // in shop.timezone, in "Asia/Bangkok"
  std::vector<FieldDecl> fields;
  std::vector<SourceClause> clauses;
};
struct ExchangeDecl {
  Head head;
  std::optional<std::variant<Ident, Text>> table;
  std::vector<FieldDecl> fields;
  struct Use { Ident rule; Span span; };            // day | month_average | period_end | fixed
  std::optional<Use> use;
};
struct EnsureDecl {                                 // ensure "label" EXPR for each a.b
  Head head;
  ExprId condition;
  std::optional<Path> each;
};
struct CalendarDecl {
  Head head;
  struct Shift { Ident first_day, last_day; std::string from, to; Span span; };  // mon..fri 09:00..18:00
  std::vector<Shift> shifts;
  std::optional<Path> holidays;                     // holidays from holidays.day
  bool required = false;                            // requires calendar shift, in a library
};
struct ExcludeDecl {
  Head head;
  std::optional<Ident> kind;
  std::vector<Ident> from;
  ExprId where;
  std::optional<Text> because;
};
/// `better lower`, `show percent 1`, `show in minutes` (words: in, minutes), `needs EXPR`, `matures after D`, `basis "…"`, `tags outcome, process`.
struct MetricClause {
  Ident key;
  std::vector<Ident> words;
  std::vector<Text> texts;
  std::optional<ExprId> value;
  Span span;
};
struct MetricDecl { Head head; ExprId value; std::vector<MetricClause> clauses; };

struct PhasesDecl {
  Head head;                                        // no name
  Ident entity;
  struct Phase {
    Ident name;
    std::optional<Text> label;
    std::optional<ExprId> when;                     // none: otherwise
    Span span;
  };
  std::vector<Phase> phases;
};
struct TableDecl { Head head; std::vector<Ident> columns; Table table; };
struct CurveDecl { Head head; Ident input; Ident kind; Table table; };  // kind: steps line brackets

/// `else score 0`, `else score at most 60`, `else unscored`
struct GateDecl {
  Ident name;
  std::optional<Text> label;
  ExprId requires_value;
  enum class Effect : std::uint8_t { score, at_most, unscored } effect = Effect::unscored;
  std::optional<ExprId> limit;
  Span span;
};
struct ScorecardDecl {
  Head head;
  Ident entity;
  std::optional<Ident> every;                       // day week month quarter year
  std::optional<Table> table;
  std::vector<GateDecl> gates;
  std::optional<Ident> missing;                     // unscored zero skip
  std::optional<Ident> population;                  // ever period active
};

/// One clause of a payout, by its keyword. `value` is the main expression; see the language for which clause has what.
struct PayoutClause {
  Ident key;                          // payee base amount pool prorate penalty floor cap draw clawback paid budget earned
                                      // payable rounding assume evidence
  std::optional<Ident> name;          // penalty NAME, assume NAME, evidence KEY
  std::optional<Text> label;          // penalty's label, evidence's text
  std::optional<ExprId> value;
  std::optional<ExprId> second;       // recover RATE; pool … by EXPR
  std::vector<Ident> words;           // payee employee; rounding half_even; cap … carry; penalty … from (bonus|base);
                                      // pool … within team
  Span span;
};
struct PayoutDecl {
  Head head;
  Ident entity;
  std::optional<Ident> scorecard;     // from monthly
  std::optional<Ident> every;
  std::vector<PayoutClause> clauses;
};
struct AlertDecl {
  Head head;
  std::optional<Ident> severity;      // info warning critical
  Ident entity;
  std::optional<Ident> every;
  ExprId when;
  std::optional<ExprId> for_periods;  // for 3 days
  std::optional<Text> message;
  std::vector<MetricClause> clauses;  // others, kept for later
};

/// `zh "…"` behind a text: the same in another language; several texts behind a citation of several.
struct Translation { Ident language; std::vector<Text> texts; Span span; };
/// A limit behind a rule or citation: `market CN, UK`, `platform tiktok_shop`, `since D`, `until D`.
struct RuleLimit { Ident key; std::vector<Ident> words; std::optional<ExprId> date; Span span; };
struct RuleDecl {
  Head head;                          // names may contain `-`
  std::optional<Ident> severity;      // error warning info
  struct Binder { Ident kind, variable; };
  std::vector<Binder> binders;        // for payout p, metric m
  std::optional<ExprId> where;
  std::optional<Ident> report_on;
  std::optional<Text> report;
  std::optional<Text> help;
  std::optional<Text> rationale;
  std::vector<Translation> label_translations, report_translations, help_translations, rationale_translations;
  std::optional<Ident> authority;     // law platform guidance house
  struct Cite {
    std::vector<Text> texts;
    std::vector<Translation> translations;
    std::vector<RuleLimit> limits;
    std::optional<Ident> status;      // verified secondary unverified superseded
    std::optional<ExprId> checked;    // when somebody last looked at the source
    std::optional<Text> url;
    Span span;
  };
  std::vector<Cite> cites;
  std::vector<RuleLimit> applies;
  struct MarketSeverity { Ident severity; std::vector<Ident> markets; Span span; };
  std::vector<MarketSeverity> severities;   // error in VN, MY
  struct Fix {                        // fix "…" insert "…" into v; … after v; fix "…" remove v
    Text title;
    std::vector<Translation> translations;
    std::optional<Text> inserted;     // none: the variable's declaration is removed
    bool into = false;                // a clause of the variable's block; otherwise a declaration behind it
    Ident variable;
    Span span;
  };
  std::optional<Fix> fix;
  struct Example { bool fails = false; std::uint32_t file = 0; Span span; };  // index into File::nested
  std::vector<Example> examples;
  std::vector<MetricClause> clauses;  // checked, tags and others: texts and words
};
struct AllowDecl {
  Head head;                          // name = rule id, may contain `-`
  std::optional<Ident> on;            // `bonus`, `monthly.net_sales`
  std::optional<Text> because, owner;
  std::optional<ExprId> until;
};
struct AttackDecl {
  Head head;
  struct FieldAssignment {            // amount in 1 GBP ..= 500 GBP; refunded next period = amount
    Ident field;
    std::optional<ExprId> in;
    bool next_period = false;
    std::optional<ExprId> value;
    Span span;
  };
  struct Form {
    Ident verb;                       // adds removes changes moves splits
    std::optional<ExprId> count;      // 1 ..= 20
    std::optional<Path> target;       // sales, sessions.views
    std::optional<ExprId> value;      // changes F to V
    std::vector<FieldAssignment> fields;
    std::vector<Ident> words;         // the rest (`by one period`)
    Span span;
  };
  std::vector<Form> forms;
  std::optional<ExprId> cost;
  std::vector<MetricClause> clauses;
};

struct LabelsDecl {
  Head head;
  Ident language;
  struct Entry { Path element; Text text; };
  std::vector<Entry> entries;
};

struct TestDecl {
  Head head;                          // label is the test's name
  struct Given {
    std::variant<Ident, Text> table;
    std::optional<Text> file;         // given orders from "orders.csv"
    std::optional<Table> rows;
    Span span;
  };
  struct Expect {
    enum class Kind : std::uint8_t { row, excluded, alert, no_alert, error } kind = Kind::row;
    Ident subject;                    // row: entity; excluded: events; alert: alert name; error: the code
    std::optional<Text> key;          // entity key, or excluded row's key
    std::optional<Ident> by;          // excluded … by EXCLUSION
    std::optional<Ident> entity;      // alert overspend host "h1"
    std::optional<PeriodLit> period;  // optional sub-period of an alert
    std::optional<Table> table;       // row
    Span span;
  };
  std::vector<Given> given;
  std::optional<PeriodLit> period;
  Span period_span;
  std::optional<ExprId> as_of;
  std::vector<Expect> expect;
};

//   import    = "import" NAME [TEXT] "into" (WORD | TEXT) "{" { clause } "}"
//   clause    = "skip" "rows" "where" EXPR | "encoding" TEXT | "separator" ("comma" | "tab" | "semicolon" | TEXT)
//             | "key" (WORD | "(" WORD { "," WORD } ")") | "short" "rows" | column
//   column    = WORD [ "as" TYPE ["?"] ] ( "from" TEXT { "or" TEXT } { modifier } | "=" EXPR )
//   modifier  = "trim" | "key" | "percent" | "code" | "carry" [TEXT]
//             | ("format" | "decimal" | "group" | "prefix" | "empty" | "yes" | "no") TEXT
// A WORD followed by `as`, `from` or `=` starts a column, so a column may be called `key` or `trim`; a modifier word is a
// modifier only when none of these follows. trim -> `trim`; key, percent, code -> `flags`; format, decimal, group, prefix
// -> their fields; carry, empty, yes, no -> `options` (may repeat). Clauses: Option{key, words or texts, where}.
struct ImportDecl {
  Head head;
  std::variant<Ident, Text> table;    // into orders
  struct Column {
    Ident name;
    std::optional<TypeRef> type;               // as money, as text?
    std::optional<Text> from;                  // from "Order ID"
    std::vector<Text> alternatives;            // or "Order Id" …
    bool trim = false;
    std::optional<Text> format;                // format "%d/%m/%Y %H:%M:%S"
    std::optional<Text> decimal, group, prefix;
    std::optional<Path> zone;                  // unused for now
    std::vector<Ident> flags;                  // key, optional, carry (take the value of the last row that had one), …
    std::vector<std::pair<Ident, std::optional<Text>>> options;  // any other `word` or `word "text"`
    std::optional<ExprId> value;               // = EXPR (may use `Header Name` in backquotes)
    Span span;
  };
  std::vector<Column> columns;
  struct Option { Ident key; std::vector<Ident> words; std::vector<Text> texts; std::optional<ExprId> where; Span span; };
  std::vector<Option> options;        // skip rows where …; encoding "cp1252"; separator tab; key order_id; …
};

using Declaration =
    std::variant<PolicyDecl, LibraryDecl, UseDecl, ParamDecl, EntityDecl, EventsDecl, ExchangeDecl, EnsureDecl, CalendarDecl,
                 ExcludeDecl, MetricDecl, PhasesDecl, TableDecl, CurveDecl, ScorecardDecl, PayoutDecl, AlertDecl, RuleDecl,
                 AllowDecl, AttackDecl, LabelsDecl, TestDecl, ImportDecl>;

struct File {
  source::SourceId source;
  std::optional<EditionDecl> edition;
  std::vector<Declaration> declarations;   // in source order; a library's block content lies here too
  std::vector<Expr> exprs;
  std::vector<Ident> broken_names;         // of declarations that were reported and left out; they are not unknown names
  std::vector<File> nested;                // minimal policies inside `fails { … }` and `passes { … }`
  const Expr& expr(ExprId id) const { return exprs[id.index]; }
};

}  // namespace kpi::syntax
