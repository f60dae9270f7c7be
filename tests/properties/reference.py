"""An independent, deliberately simple evaluator: every definition of the language written down once more over plain Python
lists and fractions, without batches, plans or accumulators. The random policies of generate.py are built from these
nodes; each node can print itself in the language and evaluate itself, so nothing of the interpreter is shared.

Rows are dicts. A missing value is an instance of Missing and carries its reason."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Callable
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Missing:
    reason: str


ABSENT = Missing("absent")


def is_missing(value: Any) -> bool:
    return isinstance(value, Missing)


# ---- row level -------------------------------------------------------------------------------------------------------


@dataclass
class Column:
    """A field of the row; `this` reads the judged row of a correlated exclusion."""

    name: str
    outer: bool = False
    prefix: str = ""

    def text(self) -> str:
        return f"this.{self.name}" if self.outer else self.prefix + self.name

    def eval(self, row, this=None):
        return (this if self.outer else row)[self.name]


@dataclass
class Literal:
    value: Any
    unit: str = ""

    def text(self) -> str:
        if isinstance(self.value, bool):
            return "true" if self.value else "false"
        if isinstance(self.value, str):
            return '"' + self.value + '"'
        return decimal_text(self.value) + (" " + self.unit if self.unit else "")

    def eval(self, row, this=None):
        return self.value


def decimal_text(value: Fraction) -> str:
    sign = "-" if value < 0 else ""
    value = abs(value)
    places = 0
    while (value * 10**places).denominator != 1:
        places += 1
        assert places < 30
    digits = str(int(value * 10**places)).rjust(places + 1, "0")
    return sign + (digits if places == 0 else digits[:-places] + "." + digits[-places:])


@dataclass
class Binary:
    op: str
    left: Any
    right: Any

    def text(self) -> str:
        return f"({self.left.text()} {self.op} {self.right.text()})"

    def eval(self, row, this=None):
        return apply(self.op, self.left.eval(row, this), self.right.eval(row, this))


def apply(op: str, a, b):
    if op == "and":
        if a is False or b is False:
            return False
        return a if is_missing(a) else b
    if op == "or":
        if a is True or b is True:
            return True
        return a if is_missing(a) else b
    if is_missing(a):
        return a
    if is_missing(b):
        return b
    if op == "/":
        return Missing("zero denominator") if b == 0 else Fraction(a) / b
    return {
        "+": lambda: a + b,
        "-": lambda: a - b,
        "*": lambda: a * b,
        "=": lambda: a == b,
        "!=": lambda: a != b,
        "<": lambda: a < b,
        "<=": lambda: a <= b,
        ">": lambda: a > b,
        ">=": lambda: a >= b,
    }[op]()


@dataclass
class Not:
    operand: Any

    def text(self) -> str:
        return f"(not {self.operand.text()})"

    def eval(self, row, this=None):
        value = self.operand.eval(row, this)
        return value if is_missing(value) else not value


@dataclass
class InList:
    item: Any
    values: list

    def text(self) -> str:
        return f"({self.item.text()} in [{', '.join(v.text() for v in self.values)}])"

    def eval(self, row, this=None):
        item = self.item.eval(row, this)
        return item if is_missing(item) else any(item == v.value for v in self.values)


@dataclass
class InColumn:
    """`buyer_id in blocked.buyer_id`"""

    item: Any
    table: str
    column: str
    rows: list

    def text(self) -> str:
        return f"({self.item.text()} in {self.table}.{self.column})"

    def eval(self, row, this=None):
        item = self.item.eval(row, this)
        return item if is_missing(item) else any(item == r[self.column] for r in self.rows)


@dataclass
class Default:
    operand: Any
    fallback: Any

    def text(self) -> str:
        return f"({self.operand.text()} default {self.fallback.text()})"

    def eval(self, row, this=None):
        value = self.operand.eval(row, this)
        return self.fallback.eval(row, this) if is_missing(value) else value


@dataclass
class IsNone:
    operand: Any
    negated: bool = False

    def text(self) -> str:
        return f"({self.operand.text()} is {'not ' if self.negated else ''}none)"

    def eval(self, row, this=None):
        return is_missing(self.operand.eval(row, this)) != self.negated


@dataclass
class StartsWith:
    operand: Any
    start: str

    def text(self) -> str:
        return f'starts_with({self.operand.text()}, "{self.start}")'

    def eval(self, row, this=None):
        value = self.operand.eval(row, this)
        return value if is_missing(value) else value.startswith(self.start)


@dataclass
class WithinDays:
    left: Any
    days: int
    right: Any

    def text(self) -> str:
        return f"{self.left.text()} within {self.days} days of {self.right.text()}"

    def eval(self, row, this=None):
        a, b = self.left.eval(row, this), self.right.eval(row, this)
        if is_missing(a):
            return a
        if is_missing(b):
            return b
        return abs(a - b) <= dt.timedelta(days=self.days)


@dataclass
class Correlated:
    """`count(EVENTS where …)` compared with a limit, over all raw rows of a table."""

    events: str
    rows: list
    condition: Any
    op: str
    limit: int

    def text(self) -> str:
        return f"count({self.events} where {self.condition.text()}) {self.op} {self.limit}"

    def eval(self, row, this=None):
        hits = sum(1 for other in self.rows if self.condition.eval(other, row) is True)
        return apply(self.op, hits, self.limit)


# ---- policy level ----------------------------------------------------------------------------------------------------


@dataclass
class World:
    """The data of one run. `events[name]` are rows with `_time` (aware UTC datetime), `_day` (local date) and `_host`
    (key or None); `_excluded` is the set of exclusions that hit the row."""

    zone: ZoneInfo
    hosts: list
    events: dict
    covered: dict  # events name -> (first day, last day + 1)
    exclusions: list = field(default_factory=list)


def month_start(index: int) -> dt.date:
    return dt.date(1970 + index // 12, index % 12 + 1, 1)


@dataclass
class Aggregate:
    function: str
    events: str
    value: Any = None
    where: Any = None
    including: tuple = ()
    percent: int = 0
    each_day: bool = False

    def text(self) -> str:
        inner = self.events if self.value is None else self.value.text()
        if self.where is not None:
            inner += " where " + self.where.text()
        if self.including:
            inner += " including " + ", ".join(self.including)
        if self.each_day:
            return f"avg({self.function}({inner}) each day)"
        if self.function == "percentile":
            head = self.value.text() + f", {self.percent}"
            return "percentile(" + head + inner[len(self.value.text()):] + ")"
        return f"{self.function}({inner})"

    def rows(self, world: World, hosts, start, end):
        for row in world.events[self.events]:
            if hosts is not None and row["_host"] not in hosts:
                continue
            if not start <= row["_day"] < end:
                continue
            if row["_excluded"] - set(self.including):
                continue
            if self.where is not None and self.where.eval(row) is not True:
                continue
            yield row

    def is_covered(self, world: World, start, end) -> bool:
        lo, hi = world.covered[self.events]
        return lo < end and start < hi

    def eval(self, world: World, hosts, start, end):
        if not self.is_covered(world, start, end):
            return Missing("no data")
        rows = list(self.rows(world, hosts, start, end))
        if self.each_day:
            days: dict = {}
            for row in rows:
                days.setdefault(row["_day"], []).append(row)
            if not days:
                return Missing("no rows")
            return Fraction(sum(self.fold(v) for v in days.values())) / len(days)
        return self.fold(rows)

    def fold(self, rows):
        if self.function == "count":
            return Fraction(len(rows))
        if self.function == "exists":
            return bool(rows)
        if self.function in ("first", "last"):
            if not rows:
                return Missing("no rows")
            rows.sort(key=lambda r: (r["_time"], r["_key"]))
            return self.value.eval(rows[0 if self.function == "first" else -1])
        values = [v for v in (self.value.eval(r) for r in rows) if not is_missing(v)]
        if self.function == "sum":
            return Fraction(sum(values))
        if self.function == "distinct":
            return Fraction(len(set(values)))
        if not values:
            return Missing("no rows")
        values.sort()
        if self.function == "avg":
            return Fraction(sum(values)) / len(values)
        if self.function == "min":
            return values[0]
        if self.function == "max":
            return values[-1]
        percent = 50 if self.function == "median" else self.percent
        rank = Fraction(len(values) - 1) * percent / 100
        below = rank.numerator // rank.denominator
        if below + 1 >= len(values):
            return Fraction(values[-1])
        return values[below] + (rank - below) * (values[below + 1] - values[below])


@dataclass
class MetricRef:
    metric: "Metric"

    def text(self) -> str:
        return self.metric.name

    def eval(self, ctx: "Context"):
        return self.metric.eval(ctx)


@dataclass
class AggregateNode:
    aggregate: Aggregate

    def text(self) -> str:
        return self.aggregate.text()

    def eval(self, ctx: "Context"):
        if ctx.by_periods and not all(self.aggregate.is_covered(ctx.world, month_start(m), month_start(m + 1))
                                      for m in (ctx.first, ctx.last)):
            return Missing("no data")
        return self.aggregate.eval(ctx.world, ctx.members, ctx.start, ctx.end)


@dataclass
class Scalar:
    """A literal at policy level."""

    value: Any
    unit: str = ""

    def text(self) -> str:
        return Literal(self.value, self.unit).text()

    def eval(self, ctx):
        return self.value


@dataclass
class Op:
    op: str
    left: Any
    right: Any

    def text(self) -> str:
        return f"({self.left.text()} {self.op} {self.right.text()})"

    def eval(self, ctx):
        return apply(self.op, self.left.eval(ctx), self.right.eval(ctx))


@dataclass
class ScalarDefault:
    operand: Any
    fallback: Any

    def text(self) -> str:
        return f"({self.operand.text()} default {self.fallback.text()})"

    def eval(self, ctx):
        value = self.operand.eval(ctx)
        return self.fallback.eval(ctx) if is_missing(value) else value


@dataclass
class IfThen:
    condition: Any
    yes: Any
    no: Any

    def text(self) -> str:
        return f"(if {self.condition.text()} then {self.yes.text()} else {self.no.text()})"

    def eval(self, ctx):
        value = self.condition.eval(ctx)
        return value if is_missing(value) else (self.yes if value else self.no).eval(ctx)


@dataclass
class Pick:
    """min, max, abs"""

    function: str
    operands: list

    def text(self) -> str:
        return f"{self.function}({', '.join(o.text() for o in self.operands)})"

    def eval(self, ctx):
        values = [o.eval(ctx) for o in self.operands]
        for value in values:
            if is_missing(value):
                return value
        return {"min": min, "max": max, "abs": lambda v: abs(v[0])}[self.function](values)


@dataclass
class Windowed:
    """previous, rolling, to_date, lifetime, year_ago of a metric."""

    function: str
    metric: "Metric"
    count: int = 1

    def text(self) -> str:
        extra = {"previous": f", {self.count}", "rolling": f", {self.count}", "to_date": ", year"}.get(self.function, "")
        return f"{self.function}({self.metric.name}{extra})"

    def eval(self, ctx):
        first, last = ctx.first, ctx.last
        if self.function == "previous":
            return self.metric.eval(ctx.window(first - self.count, last - self.count))
        if self.function == "year_ago":
            return self.metric.eval(ctx.window(first - 12, last - 12))
        if self.function == "rolling":
            return self.metric.eval(ctx.window(last - self.count + 1, last, by_periods=True))
        if self.function == "to_date":
            return self.metric.eval(ctx.window(last // 12 * 12, last, by_periods=False))
        return self.metric.eval(ctx.window(None, last, by_periods=False))


@dataclass
class Grouped:
    """total, share, rank, percentile_rank over team or company."""

    function: str
    metric: "Metric"
    group: str

    def text(self) -> str:
        return f"{self.function}({self.metric.name}, {self.group})"

    def eval(self, ctx):
        world = ctx.world
        mine = next(h for h in world.hosts if h["host_id"] == ctx.host)
        peers = [h for h in world.hosts if self.group == "company" or h["team"] == mine["team"]]
        if self.function in ("total", "share"):
            members = None if self.group == "company" else {h["host_id"] for h in peers}
            total = self.metric.eval(ctx.with_members(members))
            return total if self.function == "total" else apply("/", self.metric.eval(ctx), total)
        active = [h["host_id"] for h in peers if is_active(h, ctx)]
        values = {h: self.metric.eval(ctx.for_host(h)) for h in active}
        values = {h: v for h, v in values.items() if not is_missing(v)}
        if ctx.host not in values:
            return Missing("not ranked")
        own = values[ctx.host]
        if self.function == "rank":
            better = (lambda v: v < own) if self.metric.lower else (lambda v: v > own)
            return Fraction(1 + sum(1 for v in values.values() if better(v)))
        below = sum(1 for v in values.values() if v < own)
        equal = sum(1 for v in values.values() if v == own)
        return (below + Fraction(equal, 2)) / len(values)


def is_active(host, ctx) -> bool:
    left = host["left_on"]
    return host["joined"] < ctx.end and (is_missing(left) or left >= ctx.start)


@dataclass
class Context:
    world: World
    host: str
    first: Any  # month index or None for the beginning
    last: int
    members: Any = "self"
    by_periods: bool = False  # inside rolling: its first and last month must have data
    scored_first: int = 0  # the scored period, for population and phases

    def __post_init__(self):
        if self.members == "self":
            self.members = {self.host}

    @property
    def start(self) -> dt.date:
        return dt.date.min if self.first is None else month_start(self.first)

    @property
    def end(self) -> dt.date:
        return month_start(self.last + 1)

    def window(self, first, last, by_periods=None) -> "Context":
        keeps = self.by_periods if by_periods is None else by_periods
        return Context(self.world, self.host, first, last, self.members, keeps)

    def with_members(self, members) -> "Context":
        return Context(self.world, self.host, self.first, self.last, members, self.by_periods)

    def for_host(self, host) -> "Context":
        return Context(self.world, host, self.first, self.last, {host}, self.by_periods)


@dataclass
class Metric:
    name: str
    value: Any
    unit: str  # "GBP", "number" …
    lower: bool = False
    needs: Any = None  # (Aggregate, limit)
    aggregates_only: bool = True  # may be used in total and share

    def text(self) -> str:
        clauses = []
        if self.lower:
            clauses.append("better lower")
        if self.needs:
            clauses.append(f"needs {self.needs[0].text()} >= {self.needs[1]}")
        return f"metric {self.name} = {self.value.text()}" + (" { " + "  ".join(clauses) + " }" if clauses else "")

    def eval(self, ctx: Context):
        if self.needs:
            count = self.needs[0].eval(ctx.world, ctx.members, ctx.start, ctx.end)
            if is_missing(count):
                return count
            if count < self.needs[1]:
                return Missing(f"sample below {self.needs[1]}")
        return self.value.eval(ctx)


# ---- scoring ---------------------------------------------------------------------------------------------------------


def line(points, at):
    if at <= points[0][0]:
        return points[0][1]
    for (x0, y0), (x1, y1) in zip(points, points[1:]):
        if at <= x1:
            return y0 + (y1 - y0) * (at - x0) / (x1 - x0)
    return points[-1][1]


def steps(points, at):
    result = Fraction(0)
    for x, y in points:
        if at >= x:
            result = y
    return result


def brackets(points, at):
    total = Fraction(0)
    for index, (x, rate) in enumerate(points):
        top = points[index + 1][0] if index + 1 < len(points) else at
        total += rate * max(Fraction(0), min(at, top) - x)
    return total


def attainment(form: str, actual, target, base=None):
    if form == "ratio":
        return actual / target
    if form == "mirror":
        return 2 - actual / target
    if form == "inverse":
        return Missing("zero denominator") if actual == 0 else target / actual
    return (actual - base) / (target - base)


def half_even(value: Fraction, places: int) -> Fraction:
    scaled = value * 10**places
    return Fraction(round(scaled), 10**places)
