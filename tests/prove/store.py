"""Stores of random rows for any policy: reads the data declarations of a policy from its text, makes entities and rows near the
numbers that the policy names, and runs `kpi run` over them. Nothing of the analyser is shared."""

from __future__ import annotations

import copy
import datetime as dt
import json
import os
import re
import sqlite3
import subprocess
from dataclasses import dataclass, field
from fractions import Fraction

CENT = Fraction(1, 100)
NUMBER = r"-?\d[\d_]*(?:\.\d+)?"


@dataclass
class Field:
    name: str
    type: str
    optional: bool = False
    column: str = ""
    unit: str = ""  # of money and durations: what stands behind `in`
    computed: bool = False
    personal: bool = False
    key: bool = False
    range: tuple | None = None


@dataclass
class Table:
    kind: str  # entity, events, exchange
    name: str
    table: str
    fields: list
    role: str = ""
    time: str = ""
    keys: tuple = ()
    where: str = ""
    active: tuple = ()

    def field(self, name):
        return next((f for f in self.fields if f.name == name), None)


@dataclass
class Schema:
    text: str
    tables: list
    currency: str
    first: dt.date
    last: dt.date
    every: dict = field(default_factory=dict)  # payout or scorecard -> unit of its period
    numbers: list = field(default_factory=list)
    texts: list = field(default_factory=list)

    def entity(self, name):
        return next((t for t in self.tables if t.kind == "entity" and t.name == name), None)

    def events(self, name):
        return next((t for t in self.tables if t.kind == "events" and t.name == name), None)


def block(text, at):
    """The text between the brace that opens at or behind `at` and its partner, and where it ends."""
    start = text.index("{", at)
    depth, i = 0, start
    while True:
        if text[i] == '"':
            i = text.index('"', i + 1)
        elif text[i] == "{":
            depth += 1
        elif text[i] == "}":
            depth -= 1
            if depth == 0:
                return text[start + 1:i], i + 1
        i += 1


def number(text):
    text = text.replace("_", "")
    return Fraction(text)


def literal(text):
    """`5_000 GBP`, `8%`, `3 minutes` as a number; None where there is none."""
    found = re.match(rf"\s*({NUMBER})\s*(%)?", text)
    if not found:
        return None
    return number(found[1]) / (100 if found[2] else 1)


FIELD = re.compile(r"^\s*(\w+)\s*:\s*(\w+)(\?)?([^\n#]*)", re.M)


def fields_of(body, policy_currency):
    found = []
    pieces = re.sub(r"(?<=\S)\s{2,}(?=\w+\s*:\s)", "\n", body)
    for match in FIELD.finditer(pieces):
        name, kind, optional, rest = match.groups()
        item = Field(name, kind, optional == "?", name)
        if column := re.search(r"\bfrom\s+(?:\"([^\"]+)\"|(\w+))", rest):
            item.column = column[1] or column[2]
        item.computed = re.search(r"(?<![<>!.])=(?!=)", rest) is not None and " range " not in rest.split("=")[0]
        item.personal = re.search(r"\bpersonal\b", rest) is not None
        item.key = re.search(r"\bkey\b", rest) is not None
        if kind in ("money", "duration"):
            unit = re.search(r"\bin\s+(\w+)", rest)
            item.unit = unit[1] if unit else policy_currency
        if limits := re.search(rf"\brange\s+({NUMBER}%?)?[ A-Z]*\.\.=?\s*({NUMBER}%?)?", rest):
            item.range = tuple(literal(part) if part else None for part in limits.groups())
        found.append(item)
    return found


def read_schema(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    text = re.sub(r"(?m)^\s*##?.*$", "", text)
    text = re.sub(r"(?m)\s#\s.*$", "", text)
    currency = re.search(r"\bcurrency\s+([A-Z]{3})", text)[1]
    first, last = re.search(r"\beffective\s+(\S+)\s+to\s+(\S+)", text).groups()
    schema = Schema(text, [], currency, dt.date.fromisoformat(first), dt.date.fromisoformat(last))
    for match in re.finditer(r"(?m)^(entity|events|exchange)\s+(\w+)([^{\n]*(?:\n\s+where[^{\n]*)?)", text):
        kind, name, head = match.groups()
        head = re.sub(r'"[^"]*"', "", head, count=1) if re.match(r'\s*"', head) else head
        if kind == "exchange":
            body, _ = block(text, match.start())
            schema.tables.append(Table(kind, "exchange", re.search(r"from\s+(\w+)", match[0])[1], fields_of(body.split("use ")[0], currency)))
            continue
        if distinct := re.search(r"from\s+distinct\s+([\w.]+)", head):
            schema.tables.append(Table("distinct", name, distinct[1], []))
            continue
        body, _ = block(text, match.start())
        table = Table(kind, name, (re.search(r"\bfrom\s+(\w+)", head) or [None, name])[1], fields_of(body, currency))
        table.role = (re.search(r"\bas\s+(\w+)", head) or [None, ""])[1]
        table.time = (re.search(r"\bat\s+(\w+)", head) or [None, ""])[1]
        table.where = (re.search(r"\bwhere\s+(.*)", head) or [None, ""])[1]
        if keys := re.search(r"(?m)^\s*key\s*\(([^)]*)\)", body):
            table.keys = tuple(part.strip() for part in keys[1].split(","))
        else:
            table.keys = tuple(f.name for f in table.fields if f.key)
        if active := re.search(r"(?m)^\s*active\s+from\s+(\w+)(?:\s+to\s+(\w+))?", body):
            table.active = active.groups()
        schema.tables.append(table)
    for match in re.finditer(r"(?m)^(payout|scorecard)\s+(\w+)([^{]*)\{", text):
        unit = re.search(r"\bevery\s+(\w+)", match[3])
        card = re.search(r"\bfrom\s+(\w+)", match[3])
        schema.every[match[2]] = unit[1] if unit else card[1] if card else "month"
    for name, unit in list(schema.every.items()):
        schema.every[name] = schema.every.get(unit, unit)
    body = re.split(r"(?m)^(?:test|labels)\b", text)[0]
    rules = re.sub(r'"[^"\n]*"', " ", body)
    schema.numbers = sorted({number(n) / (100 if p else 1) for n, p in re.findall(rf"(?<![\w.-])(\d[\d_]*(?:\.\d+)?)\s*(%)?", rules)
                             if not re.fullmatch(r"20[23]\d", n)})
    compared = re.findall(r'(?:=|!=|\[|,|in|\|)\s*"([^"\n]{1,30})"', body)
    schema.texts = sorted(set(compared)) or ["a"]
    return schema


def period_start(day, unit):
    if unit == "week":
        return day - dt.timedelta(days=day.weekday())
    if unit == "day":
        return day
    month = {"month": day.month, "quarter": (day.month - 1) // 3 * 3 + 1, "year": 1}[unit]
    return day.replace(month=month, day=1)


def step_period(start, unit, by):
    if unit in ("day", "week"):
        return start + dt.timedelta(days=by * (7 if unit == "week" else 1))
    months = {"month": 1, "quarter": 3, "year": 12}[unit] * by
    total = start.year * 12 + start.month - 1 + months
    return dt.date(total // 12, total % 12 + 1, 1)


def period_id(start, unit):
    if unit == "week":
        year, week, _ = start.isocalendar()
        return f"{year}-W{week:02}"
    if unit == "quarter":
        return f"{start.year}-Q{(start.month + 2) // 3}"
    return start.isoformat()[:{"day": 10, "month": 7, "year": 4}[unit]]


def exact(value):
    """A cell: numbers as decimals, written exactly."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dt.date, dt.datetime)):
        return value.isoformat()
    value = Fraction(value)
    sign, value, places = ("-" if value < 0 else ""), abs(value), 0
    while (value * 10**places).denominator != 1:
        places += 1
        if places > 30:
            raise ValueError("not a decimal")
    digits = str(int(value * 10**places)).rjust(places + 1, "0")
    return sign + (digits if not places else digits[:-places] + "." + digits[-places:])


class Maker:
    """Random stores. Rows are dicts of field name -> value, kept by owner: store[events][owner] = rows."""

    def __init__(self, schema, subject, unit, rng):
        self.schema, self.subject, self.unit, self.rng = schema, subject, unit, rng
        start = period_start(schema.first, unit)
        if start < schema.first:
            start = step_period(start, unit, 1)
        following = step_period(start, unit, 1)
        if step_period(following, unit, 1) - dt.timedelta(days=1) <= schema.last:
            start = following
        self.start = start
        self.serial = 0
        self.codes = sorted({f.unit for t in schema.tables for f in t.fields if f.type == "money" and t.field(f.unit)})

    def begin(self, offset):
        return step_period(self.start, self.unit, offset)

    def unique(self, stem):
        self.serial += 1
        return f"{stem}{self.serial}"

    def owner_entity(self, events):
        """The entity that the rows refer to, itself or through others, is the subject's."""
        for f in events.fields:
            if f.type == self.subject:
                return f
        return None

    def date_in(self, offset):
        begin, end = self.begin(offset), self.begin(offset + 1)
        days = (end - begin).days
        return begin + dt.timedelta(days=self.rng.choice([0, days - 1, self.rng.randrange(days), self.rng.randrange(days)]))

    def moment_in(self, offset):
        day = self.date_in(offset)
        clock = self.rng.choice([(12, 0, 0), (9, 30, 0), (13, 15, 1), (18, 0, 0)])
        return dt.datetime(day.year, day.month, day.day, *clock)

    def value(self, f, events, owner, offset, mood):
        rng = self.rng
        if f.optional and rng.random() < mood["absent"]:
            return None
        if f.name == "currency" or f.name in self.codes:
            return rng.choice([self.schema.currency] + mood["currencies"])
        if f.type == "boolean":
            return rng.random() < mood["true"]
        if f.type == "text":
            if f.key or f.name in events.keys:
                return self.unique("k")
            if "buyer" in f.name or "customer" in f.name:
                return rng.choice([self.unique("b"), f"{owner}b{rng.randrange(3)}"])
            return rng.choice(mood["texts"] + ["other"])
        if f.type == "date":
            return self.date_in(offset + rng.choice([0, 0, 0, 1, -1]))
        if f.type == "datetime":
            return self.moment_in(offset) + dt.timedelta(minutes=rng.choice([0, 1, 3, 5, 60, 1500, 20_000]))
        low, high = f.range or (Fraction(0), None)
        if f.type in ("integer", "number", "money", "duration"):
            return self.quantity(f, low, high, mood)
        return None

    def quantity(self, f, low, high, mood):
        rng = self.rng
        whole = f.type in ("integer", "duration")
        top = high if high is not None else mood["largest"]
        bottom = low if low is not None else -mood["largest"]
        choice = rng.random()
        if choice < 0.1:
            value = bottom
        elif choice < 0.17:
            value = top if high is not None else bottom + 1
        elif choice < 0.5:
            value = rng.choice(mood["numbers"]) + rng.choice([0, 0, 1, -1]) * (1 if whole else CENT)
        else:
            value = bottom + (top - bottom) * Fraction(rng.randrange(10_001), 10_000) ** rng.choice([1, 3])
        value = max(bottom, min(top, value))
        if whole:
            return Fraction(value.__floor__() if value.__floor__() >= bottom else value.__ceil__())
        return Fraction(value * 100).__floor__() * CENT if (value * 100).__floor__() * CENT >= bottom else value

    def row(self, events, owner, offset, mood):
        row = {}
        owner_field = self.owner_entity(events)
        for f in events.fields:
            if f.computed:
                continue
            if owner_field is not None and f.name == owner_field.name:
                row[f.name] = owner
            elif f.name == events.time:
                row[f.name] = self.moment_in(offset) if f.type == "datetime" else self.date_in(offset)
            else:
                row[f.name] = self.value(f, events, owner, offset, mood)
        for f in events.fields:
            if f.type in self.store_events:
                rows = self.store.get(f.type, {}).get(owner, [])
                target = self.schema.events(f.type)
                row[f.name] = self.rng.choice(rows)[target.keys[0]] if rows else None
                if not rows and not f.optional:
                    return None
            elif self.schema.entity(f.type) is not None and f.type != self.subject:
                row[f.name] = self.rng.choice(self.others[f.type])
            elif any(t.kind == "distinct" and t.name == f.type for t in self.schema.tables):
                row[f.name] = self.rng.choice(mood["texts"])
        self.keep_refunds(events, row)
        return row

    @staticmethod
    def refund_fields(events):
        return [f for f in events.fields if f.optional and f.type == "money" and not f.computed
                and re.search(r"refund|return|cancel|chargeback|退", f.name)]

    @staticmethod
    def amount_field(events):
        wanted = [f for f in events.fields if f.type == "money" and not f.optional and not f.computed]
        named = [f for f in wanted if f.name == "amount"]
        return (named or wanted or [None])[0]

    def keep_refunds(self, events, row):
        amount = self.amount_field(events)
        for f in self.refund_fields(events):
            if amount is not None and f.range is None and row.get(f.name) is not None:
                row[f.name] = min(row[f.name], row[amount.name])
                if self.rng.random() < 0.2:
                    row[f.name] = row[amount.name]

    def mood(self):
        """What the rows of one entity have in common."""
        rng = self.rng
        numbers = self.schema.numbers or [Fraction(1)]
        chosen = [rng.choice(numbers) for _ in range(3)]
        if rng.random() < 0.5:
            chosen += [chosen[0] * chosen[1], chosen[0] / max(1, int(chosen[1]))]
        currencies = sorted(set(re.findall(r"\b(USD|EUR|THB|CNY|JPY|GBP|VND|SGD|AED|MYR)\b", self.schema.text)))
        return {"absent": rng.choice([0, 0.3, 0.7, 1]), "true": rng.choice([0, 0.1, 0.5]), "numbers": chosen,
                "largest": rng.choice([Fraction(1), Fraction(20), Fraction(500), Fraction(5_000), Fraction(60_000)]),
                "texts": rng.choices(self.schema.texts, k=2), "currencies": currencies if rng.random() < 0.5 else []}

    def make(self, entities):
        rng, schema = self.rng, self.schema
        self.store_events = {t.name for t in schema.tables if t.kind == "events"}
        self.store, self.entities, self.others, self.moods = {}, {}, {}, {}
        for t in schema.tables:
            if t.kind == "entity" and t.name != self.subject:
                self.others[t.name] = [f"{t.name}{i}" for i in range(4)]
        subject = schema.entity(self.subject)
        keys = [f"e{i}" for i in range(entities)]
        for key in keys:
            mood = self.moods[key] = self.mood()
            self.entities[key] = self.entity_row(subject, key, mood) if subject else {}
        # What others refer to comes first.
        order = sorted((t for t in schema.tables if t.kind == "events"),
                       key=lambda t: any(f.type in self.store_events for f in t.fields))
        for events in order:
            rows = self.store[events.name] = {}
            for key in keys:
                rows[key] = []
                mood = self.moods[key]
                for offset in (-2, -1, 0, 1):
                    many = self.count(mood, offset)
                    used = set()
                    made = []
                    for _ in range(many):
                        row = self.row(events, key, offset, mood)
                        if row is None:
                            continue
                        identity = tuple(row[k] for k in events.keys)
                        if events.keys and identity in used:
                            continue
                        used.add(identity)
                        made.append(row)
                    if offset == 0 and made and rng.random() < 0.5:
                        self.steer(events, made, mood)
                    rows[key] += made
        return self.store

    def count(self, mood, offset):
        rng = self.rng
        small = [int(n) for n in self.schema.numbers if 1 <= n <= 40 and n.denominator == 1] or [3]
        many = rng.choice([0, 1, 2, 3, rng.randrange(8), rng.choice(small), max(0, rng.choice(small) - 1)])
        return many if offset >= -1 else min(many, 3)

    def steer(self, events, rows, mood):
        """The sum of one field becomes a number of the policy, or a multiple of one by the number of rows."""
        rng = self.rng
        wanted = [f for f in events.fields if f.type in ("money", "number", "integer") and not f.computed and not f.range]
        if not wanted:
            return
        f = rng.choice(wanted)
        given = [row for row in rows if row.get(f.name) is not None]
        if not given:
            return
        target = rng.choice(mood["numbers"]) * rng.choice([1, 1, 1, len(rows)])
        step = 1 if f.type == "integer" else CENT
        target = max(Fraction(0), (target / step).__floor__() * step + rng.choice([0, 0, step, -step]))
        rest = target
        for row in given[:-1]:
            part = min(rest, max(Fraction(0), (target / len(given) / step).__floor__() * step))
            row[f.name] = part
            rest -= part
        given[-1][f.name] = max(Fraction(0), rest)
        for row in given:
            self.keep_refunds(events, row)

    def entity_row(self, entity, key, mood):
        rng, row = self.rng, {}
        for f in entity.fields:
            if f.computed:
                continue
            if f.key:
                row[f.name] = key
            elif f.type == "date":
                days = rng.choice([int(n) for n in self.schema.numbers if 1 <= n <= 400 and n.denominator == 1] or [90])
                back = rng.choice([days, days + 1, days - 1, 30, 59, 400, 800])
                row[f.name] = self.start - dt.timedelta(days=back)
                if f.name in entity.active[1:]:
                    row[f.name] = None if f.optional else self.begin(8)
                    if f.optional and rng.random() < 0.15:
                        row[f.name] = self.date_in(0)
            elif f.type in self.others:
                row[f.name] = rng.choice(self.others[f.type])
            elif any(t.kind == "distinct" and t.name == f.type for t in self.schema.tables):
                row[f.name] = rng.choice([f"{f.type}1", f"{f.type}2", *self.schema.texts[:3]])
            else:
                row[f.name] = self.value(f, entity, key, 0, mood)
        return row

    # ---- the database ---------------------------------------------------------------------------------------------

    def write(self, path, store, entities):
        if os.path.exists(path):
            os.remove(path)
        db = sqlite3.connect(path)
        db.execute("PRAGMA synchronous=OFF")
        written = {}
        for t in self.schema.tables:
            if t.kind == "distinct":
                continue
            fields = [f for f in t.fields if not f.computed]
            columns = list(dict.fromkeys(f.column for f in fields))
            rows = []
            if t.kind == "entity":
                source = entities.values() if t.name == self.subject else [self.other_row(t, key) for key in self.others[t.name]]
                rows = list(source)
            elif t.kind == "exchange":
                rows = self.rates(t)
            else:
                for owned in store[t.name].values():
                    rows += owned
            by_column = {f.column: f.name for f in fields}
            if t.table in written:
                continue  # several events from one table: the first one's rows
            written[t.table] = True
            every = list(dict.fromkeys(f.column for o in self.schema.tables if o.table == t.table for f in o.fields if not f.computed))
            db.execute(f'CREATE TABLE "{t.table}" ({", ".join(chr(34) + c + chr(34) + " TEXT" for c in every)})')
            db.executemany(f'INSERT INTO "{t.table}" ({",".join(chr(34) + c + chr(34) for c in columns)}) VALUES ({",".join("?" * len(columns))})',
                           [[exact(row.get(by_column[c])) for c in columns] for row in rows])
        db.commit()
        db.close()

    def other_row(self, entity, key):
        state = self.rng.getstate()
        self.rng.seed(entity.name + key)
        row = self.entity_row(entity, key, self.mood())
        self.rng.setstate(state)
        return row

    def rates(self, table):
        rows, day = [], self.begin(-3)
        codes = ["USD", "EUR", "THB", "CNY", "JPY", "GBP", "VND", "SGD", "AED", "MYR"]
        values = [Fraction(4, 5), Fraction(13, 15), Fraction(1, 45), Fraction(11, 100), Fraction(1, 190), Fraction(1), Fraction(1, 30_000),
                  Fraction(3, 5), Fraction(1, 5), Fraction(1, 6)]
        while day < self.begin(3):
            for code, value in zip(codes, values):
                if code != self.schema.currency:
                    shown = (value * 10**7 * (100 + day.toordinal() % 3) / 100).__floor__() / Fraction(10**7)
                    rows.append({"day": day, "currency": code, "rate": max(shown, Fraction(1, 10**6))})
            day += dt.timedelta(days=5)
        return rows


@dataclass
class Result:
    pay: dict  # (payout, key) -> amount, 0 where there is none
    metrics: dict  # key -> {metric: value}
    scores: dict

    def has(self, key):
        return any(k == key for _, k in self.pay) or any(k == key for _, k in self.scores)


def run(kpi, policy, database, period):
    done = subprocess.run([kpi, "run", str(policy), "--data", database, "--period", period, "--format", "json", "--all-metrics", "--complete"],
                          capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1) or not done.stdout:
        raise RuntimeError(f"kpi run {policy} exits {done.returncode}: {done.stderr[:1500]}")
    data = json.loads(done.stdout)["periods"][0]
    pay = {(p["name"], p["key"]): Fraction(p["amount"]) if p.get("amount") is not None else Fraction(0) for p in data["payouts"]}
    scores = {(c["name"], r["key"]): Fraction(r["score"]) if r.get("score") is not None else Fraction(0)
              for c in data["scorecards"] for r in c["rows"]}
    metrics = {m["key"]: {n: v["value"] for n, v in m["values"].items()} for m in data["metrics"]}
    return Result(pay, metrics, scores)


def copied(store):
    return {events: {key: [dict(row) for row in rows] for key, rows in owned.items()} for events, owned in store.items()}
