"""Seeded random policies and data sets. `build(seed)` gives a Case: the policy as text and as reference nodes, and the rows
that go into the database. Sizes are small on purpose: a failing case should be readable."""

from __future__ import annotations

import datetime as dt
import random
import sqlite3
from dataclasses import dataclass, field
from fractions import Fraction
from zoneinfo import ZoneInfo

from reference import (ABSENT, Aggregate, AggregateNode, Binary, Column, Correlated, Default, Grouped, IfThen, InColumn,
                       InList, IsNone, Literal, Metric, MetricRef, Not, Op, Pick, Scalar, ScalarDefault, StartsWith,
                       Windowed, WithinDays, World, decimal_text, is_missing, month_start)

ZONES = ["UTC", "Europe/London", "Asia/Shanghai", "America/New_York", "Asia/Ho_Chi_Minh"]
UTC = dt.timezone.utc
FIRST_MONTH = (2025 - 1970) * 12 + 9  # 2025-10
MONTHS = 6
RATES = {"USD": Fraction(79, 100), "JPY": Fraction(52, 10000), "EUR": Fraction(863, 1000)}
MINOR = {"GBP": 2, "USD": 2, "EUR": 2, "JPY": 0}


@dataclass
class Exclusion:
    name: str
    kind: str
    events: str
    condition: object

    def text(self) -> str:
        return f"exclude {self.name} kind {self.kind} from {self.events} where {self.condition.text()}"


@dataclass
class ScoreRow:
    metric: Metric
    weights: dict  # phase -> percent
    targets: dict  # phase -> Fraction
    curve: str
    attain: str
    base: Fraction | None = None
    missing: str = "unscored"


@dataclass
class Case:
    seed: int
    zone: str
    policy: str = ""
    metrics: list = field(default_factory=list)
    exclusions: list = field(default_factory=list)
    score_rows: list = field(default_factory=list)
    gates: list = field(default_factory=list)
    curves: dict = field(default_factory=dict)
    payout: object = None
    phase_days: int = 0
    missing: str = "unscored"
    storage: str = "text"
    mixed: bool = False
    all_local: bool = True
    covers_from: dt.date | None = None
    world: World | None = None
    blocked: list = field(default_factory=list)
    rates: dict = field(default_factory=dict)


def build(seed: int) -> Case:
    r = random.Random(seed)
    case = Case(seed, r.choice(ZONES))
    case.storage = r.choice(["text", "real", "minor", "integer"])
    case.mixed = r.random() < 0.3
    case.phase_days = r.choice([30, 60, 90])
    make_data(case, r)
    make_exclusions(case, r)
    apply_exclusions(case)
    make_metrics(case, r)
    make_scorecard(case, r)
    case.policy = policy_text(case)
    return case


# ---- data ------------------------------------------------------------------------------------------------------------


def random_instant(r) -> dt.datetime:
    start = dt.datetime(2025, 10, 1, tzinfo=UTC) - dt.timedelta(days=3)
    instant = start + dt.timedelta(seconds=r.randrange(MONTHS * 30 * 86400))
    if r.random() < 0.15:  # near a month boundary, where zones matter
        edge = month_start(FIRST_MONTH + r.randrange(1, MONTHS))
        instant = dt.datetime(edge.year, edge.month, edge.day, tzinfo=UTC) + dt.timedelta(minutes=r.randrange(-900, 900))
    return instant


def stamp(instant, zone) -> dict:
    local = instant.astimezone(zone)
    return {"_time": instant, "_day": local.date()}


def written_time(case, instant, zone, r) -> str:
    local = instant.astimezone(zone)
    ambiguous = local.fold == 1
    style = r.random()
    if style < 0.85 and not ambiguous:
        return local.strftime(r.choice(["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"]))
    case.all_local = False
    if style < 0.95 or ambiguous:
        return instant.strftime("%Y-%m-%dT%H:%M:%SZ")
    return (instant + dt.timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M:%S") + "+08:00"


def amount_for(case, r, currency) -> Fraction:
    places = MINOR[currency]
    if case.storage == "integer":
        return Fraction(r.randrange(1, 400))
    if case.storage == "minor":
        return Fraction(r.randrange(1, 40_000), 10**places)
    digits = r.choice([0, 1, 2, 2, 2, 3])
    value = Fraction(r.randrange(1, 400 * 10**digits), 10**digits)
    return value * 10**12 if r.random() < 0.01 else value


def make_data(case: Case, r) -> None:
    zone = ZoneInfo(case.zone)
    hosts = []
    for index in range(r.randrange(1, 7)):
        joined = dt.date(2025, 8, 1) + dt.timedelta(days=r.randrange(150))
        left = joined + dt.timedelta(days=r.randrange(40, 200)) if r.random() < 0.25 else ABSENT
        hosts.append({"host_id": r.choice(["h", "0", ""]) + str(index + 1), "name": f"主播{index}", "joined": joined,
                      "left_on": left, "team": r.choice(["red", "blue"])})
    host_ids = [h["host_id"] for h in hosts]
    buyers = [str(100 + i) for i in range(5)] + ["x1", "007"]
    orders, sessions = [], []
    for index in range(r.choice([0, 3, 30, 80, 120])):
        instant = random_instant(r)
        if orders and r.random() < 0.3:  # bursts, so that correlated exclusions find something
            instant = orders[-1]["_time"] + dt.timedelta(minutes=r.randrange(1, 600))
        currency = r.choice(["GBP", "USD", "JPY", "EUR"]) if case.mixed else "GBP"
        amount = amount_for(case, r, currency)
        refunded = ABSENT if r.random() < 0.7 else (amount if r.random() < 0.5 else amount_for(case, r, currency))
        rate = RATES.get(currency, Fraction(1))
        rows_rate = rate
        row = {**stamp(instant, zone), "_key": f"o{index:04}", "_host": r.choice(host_ids), "order_id": f"o{index:04}",
               "paid_at": instant, "currency": currency, "_native": amount, "_native_refunded": refunded,
               "buyer_id": r.choice(buyers), "is_test": r.random() < 0.1, "channel": r.choice(["live", "shop", "短视频"]),
               "qty": Fraction(r.randrange(0, 6)), "_rate": rows_rate}
        orders.append(row)
    for row in orders:
        if case.mixed:
            day_shift = Fraction(row["_day"].toordinal() % 7, 1000)
            row["_rate"] = Fraction(1) if row["currency"] == "GBP" else RATES[row["currency"]] + day_shift
            case.rates[(row["_day"], row["currency"])] = row["_rate"]
        row["amount"] = row["_native"] * row["_rate"]
        native = row["_native_refunded"]
        row["refunded"] = native if is_missing(native) else native * row["_rate"]
    for index in range(r.choice([0, 5, 40])):
        instant = random_instant(r)
        sessions.append({**stamp(instant, zone), "_key": f"s{index:03}", "_host": r.choice(host_ids),
                         "session_id": f"s{index:03}", "started_at": instant, "views": Fraction(r.randrange(0, 5000)),
                         "length": Fraction(r.randrange(1, 300)) * 60})
    case.blocked = [{"buyer_id": b} for b in r.sample(buyers, r.randrange(0, 3))]
    events = {"orders": orders, "sessions": sessions}
    days = [row["_day"] for rows in events.values() for row in rows]
    first, last = (min(days), max(days) + dt.timedelta(days=1)) if days else (dt.date.max, dt.date.min)
    if r.random() < 0.3:
        case.covers_from = dt.date(2025, 11, r.randrange(1, 28))
    order_span = (case.covers_from, last) if case.covers_from else (first, last)
    case.world = World(zone, hosts, events, {"orders": order_span, "sessions": (first, last)})
    for row in orders:
        row["_text"] = written_time(case, row["_time"], zone, r)
    for row in sessions:
        row["_text"] = written_time(case, row["_time"], zone, r)


def write_database(case: Case, path: str) -> None:
    db = sqlite3.connect(path)
    kind = {"text": "TEXT", "real": "REAL", "minor": "INTEGER", "integer": "INTEGER"}[case.storage]
    db.executescript(f"""
      CREATE TABLE hosts(host_id TEXT, name TEXT, joined TEXT, left_on TEXT, team TEXT);
      CREATE TABLE orders(order_id TEXT, host_id TEXT, paid_at TEXT, amount {kind}, refunded {kind}, currency TEXT,
                          buyer_id {'TEXT' if case.seed % 2 else ''}, is_test INTEGER, channel TEXT, qty INTEGER, milli INTEGER);
      CREATE TABLE sessions(session_id TEXT, host_id TEXT, started_at TEXT, views INTEGER, minutes INTEGER);
      CREATE TABLE blocked(buyer_id TEXT);
      CREATE TABLE fx(day TEXT, currency TEXT, rate TEXT);""")

    def money(value, currency):
        if is_missing(value):
            return None
        if case.storage == "text":
            return decimal_text(value)
        if case.storage == "real":
            return float(value)  # shortest decimals read back exactly
        return int(value * 10 ** MINOR[currency]) if case.storage == "minor" else int(value)

    def buyer(text):  # half of the data sets store numeric ids as integers
        return int(text) if case.seed % 2 == 0 and text.isdigit() and not text.startswith("0") else text

    for h in case.world.hosts:
        left = None if is_missing(h["left_on"]) else h["left_on"].isoformat()
        db.execute("INSERT INTO hosts VALUES(?,?,?,?,?)", (h["host_id"], h["name"], h["joined"].isoformat(), left, h["team"]))
    shuffled = list(case.world.events["orders"])
    random.Random(case.seed).shuffle(shuffled)
    for o in shuffled:
        db.execute("INSERT INTO orders VALUES(?,?,?,?,?,?,?,?,?,?,?)",
                   (o["order_id"], o["_host"], o["_text"], money(o["_native"], o["currency"]),
                    money(o["_native_refunded"], o["currency"]), o["currency"], buyer(o["buyer_id"]), int(o["is_test"]),
                    o["channel"], int(o["qty"]), int(o["_native"] * 1000)))
    for s in case.world.events["sessions"]:
        db.execute("INSERT INTO sessions VALUES(?,?,?,?,?)",
                   (s["session_id"], s["_host"], s["_text"], int(s["views"]), int(s["length"] / 60)))
    db.executemany("INSERT INTO blocked VALUES(?)", [(b["buyer_id"],) for b in case.blocked])
    for (day, currency), rate in case.rates.items():
        if currency != "GBP":
            db.execute("INSERT INTO fx VALUES(?,?,?)", (day.isoformat(), currency, decimal_text(rate)))
    db.commit()
    db.close()


# ---- exclusions ------------------------------------------------------------------------------------------------------


def make_exclusions(case: Case, r) -> None:
    orders = case.world.events["orders"]
    same_buyer = Binary("=", Column("buyer_id"), Column("buyer_id", outer=True))
    near = WithinDays(Column("paid_at"), r.choice([1, 2]), Column("paid_at", outer=True))
    bigger = Binary(">=", Column("amount"), Column("amount", outer=True))
    choices = [
        ("tests", "test", Column("is_test")),
        ("tiny", "sample", Binary("<", Column("amount"), Literal(Fraction(r.randrange(5, 60)), "GBP"))),
        ("blocked_buyers", "internal", InColumn(Column("buyer_id"), "blocked", "buyer_id", case.blocked)),
        ("burst", "fake", Correlated("orders", orders, Binary("and", same_buyer, near), ">", r.choice([1, 2, 3]))),
        ("dearer", "fake", Correlated("orders", orders, Binary("and", Binary("and", same_buyer, near), bigger), ">=", 3)),
        ("channels", "other", Binary("or", InList(Column("channel"), [Literal("短视频"), Literal("none")]),
                                     Binary("and", Not(Column("is_test")), Binary("=", Column("qty"), Literal(Fraction(0)))))),
        ("refunded_all", "cancelled", Binary("and", IsNone(Column("refunded"), negated=True),
                                             Binary("=", Column("refunded"), Column("amount")))),
        ("odd_ids", "other", StartsWith(Column("buyer_id"), r.choice(["1", "x", "00"]))),
    ]
    for name, kind, condition in r.sample(choices, r.randrange(0, 4)):
        case.exclusions.append(Exclusion(name, kind, "orders", condition))


def apply_exclusions(case: Case) -> None:
    for rows in case.world.events.values():
        for row in rows:
            row["_excluded"] = set()
    for row in case.world.events["orders"]:
        row["_excluded"] = {e.name for e in case.exclusions if e.condition.eval(row, row) is True}


# ---- metrics ---------------------------------------------------------------------------------------------------------


def make_metrics(case: Case, r) -> None:
    orders = lambda column: Column(column, prefix="orders.")
    sessions = lambda column: Column(column, prefix="sessions.")
    conditions = [
        None, None,
        Binary("=", Column("channel"), Literal("live")),
        Binary(">", Column("qty"), Literal(Fraction(2))),
        Binary("and", Not(Column("is_test")), Binary(">=", Column("amount"), Literal(Fraction(50), "GBP"))),
        IsNone(Column("refunded")),
        Binary("or", IsNone(Column("refunded")), Binary("<", Column("refunded"), Column("amount"))),
    ]
    names = [e.name for e in case.exclusions]

    def aggregate(unit):
        including = tuple(r.sample(names, 1)) if names and r.random() < 0.2 else ()
        where = r.choice(conditions)
        if unit == "GBP":
            value = r.choice([
                orders("amount"), orders("amount"), Default(orders("refunded"), Literal(Fraction(0))),
                Binary("*", orders("amount"), orders("qty")),
                Binary("-", orders("amount"), Default(orders("refunded"), Literal(Fraction(0)))),
                Binary("*", orders("amount"), Literal(Fraction(3, 10)))])
            function = r.choice(["sum", "sum", "sum", "avg", "min", "max", "median", "percentile", "first", "last"])
            if function == "sum" and r.random() < 0.15:
                return Aggregate("sum", "orders", value, where, including, each_day=True)
            return Aggregate(function, "orders", value, where, including, r.choice([10, 25, 90]))
        if r.random() < 0.3:
            return Aggregate("sum", "sessions", sessions("views"))
        if r.random() < 0.2:
            return Aggregate("distinct", "orders", orders(r.choice(["buyer_id", "channel", "qty"])), where, including)
        if r.random() < 0.2:
            return Aggregate("sum", "orders", orders("qty"), where, including)
        return Aggregate("count", "orders", None, where, including)

    plain = []
    for index in range(r.randrange(2, 6)):
        unit = r.choice(["GBP", "number"])
        node = AggregateNode(aggregate(unit))
        if r.random() < 0.4:
            node = Op(r.choice(["+", "-"]), node, AggregateNode(aggregate(unit)))
        if r.random() < 0.2:
            node = Op("*", Scalar(Fraction(r.randrange(1, 50), 10)), node)
        if r.random() < 0.2:
            node = ScalarDefault(node, Scalar(Fraction(0)))
        needs = (Aggregate("count", "orders"), r.randrange(1, 6)) if r.random() < 0.2 else None
        plain.append(Metric(f"m{index}", node, unit, r.random() < 0.3, needs))
    derived = []
    for index in range(r.randrange(1, 6)):
        a = r.choice(plain)
        same = r.choice([m for m in plain if m.unit == a.unit])
        form = r.randrange(6)
        if form == 0:
            derived.append(Metric(f"d{index}", Op("/", MetricRef(a), MetricRef(same)), "number"))
        elif form == 1:
            node = Windowed(r.choice(["previous", "rolling", "to_date", "lifetime", "year_ago"]), a, r.randrange(1, 4))
            derived.append(Metric(f"d{index}", node, a.unit, aggregates_only=False))
        elif form == 2:
            node = Grouped(r.choice(["total", "share", "rank", "percentile_rank"]), a, r.choice(["team", "company"]))
            unit = a.unit if node.function == "total" else "number"
            derived.append(Metric(f"d{index}", node, unit, aggregates_only=False))
        elif form == 3:
            node = Pick(r.choice(["min", "max"]), [MetricRef(a), MetricRef(same)])
            derived.append(Metric(f"d{index}", node, a.unit))
        elif form == 4:
            node = IfThen(Op(r.choice(["<", ">=", "="]), MetricRef(a), MetricRef(same)), MetricRef(a),
                          Op("*", Scalar(Fraction(1, 2)), MetricRef(same)))
            derived.append(Metric(f"d{index}", node, a.unit))
        else:
            node = Op("-", Op("/", MetricRef(a), Windowed("previous", a)), Scalar(Fraction(1)))
            derived.append(Metric(f"d{index}", node, "number", aggregates_only=False))
    case.metrics = plain + derived


# ---- scorecard and payout --------------------------------------------------------------------------------------------


def make_scorecard(case: Case, r) -> None:
    case.curves = {
        "points_line": ("line", [(Fraction(3, 5), Fraction(0)), (Fraction(1), Fraction(100)), (Fraction(6, 5), Fraction(120))]),
        "points_steps": ("steps", [(Fraction(1, 2), Fraction(40)), (Fraction(1), Fraction(100)), (Fraction(2), Fraction(150))]),
    }
    chosen = r.sample(case.metrics, min(len(case.metrics), r.randrange(1, 4)))
    case.missing = r.choice(["unscored", "zero", "skip"])
    weights = {}
    for phase in ("new", "old"):
        cuts = sorted(r.sample(range(1, 100), len(chosen) - 1))
        weights[phase] = [b - a for a, b in zip([0] + cuts, cuts + [100])]
    for index, metric in enumerate(chosen):
        targets = {p: Fraction(r.randrange(1, 5000), r.choice([1, 10])) for p in ("new", "old")}
        curve = r.choice(["linear", "capped", "capped(120%)", "pass", "points_line", "points_steps"])
        attain = "-" if curve == "pass" else r.choice(["ratio", "mirror", "inverse", "from"])
        base = None
        if attain == "from":
            base = Fraction(r.randrange(-50, 0))
        case.score_rows.append(ScoreRow(metric, {p: weights[p][index] for p in weights}, targets, curve, attain, base))
    if r.random() < 0.5:
        metric = r.choice(case.metrics)
        case.gates.append((metric, r.choice([">", "<="]), Fraction(r.randrange(0, 300)),
                           r.choice(["score 0", "score at most 60", "unscored"])))
    money = [m for m in case.metrics if m.unit == "GBP"]
    if money:
        base = r.choice(money)
        case.payout = {"metric": base, "brackets": [(Fraction(0), Fraction(1, 100)), (Fraction(200), Fraction(3, 100)),
                                                    (Fraction(1000), Fraction(1, 20))],
                       "steps": [(Fraction(50), Fraction(4, 5)), (Fraction(100), Fraction(1))],
                       "cap": Fraction(r.randrange(10, 200)), "floor": r.choice([None, Fraction(0), Fraction(3)]),
                       "penalty": r.choice([None, Fraction(7, 2)]), "budget": r.choice([None, Fraction(r.randrange(20, 300))]),
                       "prorate": r.random() < 0.3}


def policy_text(case: Case) -> str:
    money = "money in currency" if case.mixed else "money in GBP"
    minor = " stored as minor" if case.storage == "minor" else ""
    optional_money = money.replace("money", "money?", 1)
    covers = f"\n  covers from {case.covers_from.isoformat()}" if case.covers_from else ""
    lines = [f"""edition 2026
policy random_{case.seed} "随机 {case.seed}" {{
  version "1"  currency GBP  timezone "{case.zone}"  effective 2025-01-01 to 2026-12-31  review_by 2026-01-01  owner "tests"
}}
entity host from hosts {{
  host_id : text key
  name    : text label
  joined  : date
  left_on : date?
  team    : text
  active from joined to left_on
}}
entity blocked_buyer from blocked {{ buyer_id : text key }}
events orders as orders from orders at paid_at {{
  order_id : text key
  host     : host from host_id
  paid_at  : datetime
  amount   : {money}{minor}
  refunded : {optional_money}{minor}
  currency : text
  buyer_id : text personal
  is_test  : boolean
  channel  : text
  qty      : integer
  collected export{covers}
}}
events sessions as sessions from sessions at started_at {{
  session_id : text key
  host       : host from host_id
  started_at : datetime
  views      : integer
  length     : duration in minutes from minutes
  collected export
}}"""]
    if case.mixed:
        lines.append("exchange from fx { day : date  currency : text  rate : number  use day of event }")
    lines += [e.text().replace("blocked.buyer_id", "blocked_buyer.buyer_id") for e in case.exclusions]
    lines += [m.text() for m in case.metrics]
    lines.append(f"""phases for host {{
  new when age(joined) < {case.phase_days} days
  old otherwise
}}
curve points_line(attainment) line {{
  | at   | value |
  | 60%  | 0     |
  | 100% | 100   |
  | 120% | 120   |
}}
curve points_steps(attainment) steps {{
  | from | value |
  | 50%  | 40    |
  | 100% | 100   |
  | 200% | 150   |
}}""")
    rows = []
    for row in case.score_rows:
        unit = " GBP" if row.metric.unit == "GBP" else ""
        attain = f"from {decimal_text(row.base)}{unit}" if row.attain == "from" else row.attain
        rows.append(f"  | {row.metric.name} | {row.weights['new']}% | {row.weights['old']}% | "
                    f"{decimal_text(row.targets['new'])}{unit} | {decimal_text(row.targets['old'])}{unit} | {row.curve} | {attain} |")
    gates = []
    for index, (metric, op, limit, effect) in enumerate(case.gates):
        unit = " GBP" if metric.unit == "GBP" else ""
        gates.append(f"  gate g{index} requires {metric.name} {op} {decimal_text(limit)}{unit} else {effect}")
    table = "\n".join(rows + gates)
    lines.append(f"""scorecard card for host every month {{
  | metric | weight new | weight old | new | old | curve | attain |
{table}
  missing {case.missing}
}}""")
    if case.payout:
        p = case.payout
        clauses = [f"  amount commission({p['metric'].name}) * multiplier(score)"]
        if p["prorate"]:
            clauses.append("  prorate active_days / period.days")
        if p["penalty"] is not None:
            clauses.append(f"  penalty late \"Late\" = {decimal_text(p['penalty'])} GBP from bonus")
        if p["floor"] is not None:
            clauses.append(f"  floor {decimal_text(p['floor'])}" + (" GBP" if p["floor"] else ""))
        clauses.append(f"  cap {decimal_text(p['cap'])} GBP")
        if p["budget"] is not None:
            clauses.append(f"  budget {decimal_text(p['budget'])} GBP")
        body = "\n".join(clauses)
        lines.append(f"""curve commission(sales) brackets {{
  | from | rate |
  | 0 GBP | 1% |
  | 200 GBP | 3% |
  | 1_000 GBP | 5% |
}}
curve multiplier(score) steps {{
  | from | value |
  | 50 | 0.8 |
  | 100 | 1 |
}}
payout bonus for host from card {{
  payee employee
{body}
  rounding half_even
}}""")
    return "\n".join(lines) + "\n"
