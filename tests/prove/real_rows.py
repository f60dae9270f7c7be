#!/usr/bin/env python3
"""Tries to break what `kpi analyze` calls `proved` with real rows: for a policy, stores of random people are made, each is changed
as the proved property says (one order more, a larger refund, a declared attack …), and `kpi run` pays before and after.

  real_rows.py KPI [--seed 1] [--rounds 1] [--people 60] [--shared DIR] [--only REGEX] [--keep DIR] [--all] [POLICY …]

Without policies: those beside this script, the shipped ones, and the design's examples below --shared. A violation prints the
finding, what was paid and the rows of the one person; --keep leaves policy and rows of it behind."""

from __future__ import annotations

import argparse
import concurrent.futures
import datetime as dt
import functools
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from fractions import Fraction
from pathlib import Path

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from store import (CENT, Maker, block, copied, exact, literal, number, period_id, read_schema, run, step_period)  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
# Pay that depends on what others do: one person is changed at a time.
TOGETHER = re.compile(r"\b(rank|share|percentile_rank|total)\s*\(|^\s*(pool|budget)\s", re.M)
SLOW = {"tiktok_live_host", "new_shop_pilot", "short_video_creator", "products"}  # their analysis takes many seconds


class Attack:
    def __init__(self, name, body, params, schema):
        self.name, self.forms, self.schema = name, [], schema

        def constant(text):
            return params.get(text.strip(), literal(text))

        def events_of(text):
            return schema.events(text) or next((t for t in schema.tables if t.role == text), None)

        rest = body
        for match in re.finditer(r"\badds\s+([\w%]+)(?:\s*\.\.=\s*([\w%]+))?\s+(\w+)\s*\{([^}]*)\}", body):
            low, high = constant(match[1]), constant(match[2] or match[1])
            values = [(m[1], bool(m[2]), m[3], m[4], m[5]) for m in re.finditer(
                r"(\w+)\s+(next period\s+)?(?:in\s+([^=]+?)\s*\.\.=\s*([\w.% ]+?)|=\s*(.+?))(?=\s{2,}|\s*$|\n)", match[4])]
            self.forms.append(("adds", events_of(match[3]), int(low), int(high), values))
            rest = rest.replace(match[0], "")
        for match in re.finditer(r"\bremoves\s+([\w%]+)(?:\s*\.\.=\s*([\w%]+))?\s+of\s+(\w+)\.(\w+)", body):
            self.forms.append(("removes", events_of(match[3]), constant(match[1]), constant(match[2] or match[1]), match[4]))
        for match in re.finditer(r"\bchanges\s+(\w+)\.(\w+)\s+to\s+(\S+)", body):
            self.forms.append(("changes", events_of(match[1]), match[2], match[3]))
        for match in re.finditer(r"\bmoves\s+(\w+)", body):
            self.forms.append(("moves", events_of(match[1])))
        for match in re.finditer(r"\bsplits\s+(\w+)(\s+in two)?", body):
            self.forms.append(("splits", events_of(match[1]), bool(match[2])))
        cost = re.search(r"\bcost\s+(.+)", rest)
        self.cost = cost[1].strip() if cost else "0"
        self.params = params
        self.usable = bool(self.forms) and all(form[1] is not None for form in self.forms)

    def value(self, text, events, row):
        """A sum of multiples of fields."""
        text = re.sub(r"\b[A-Z]{3}\b", "", text)
        text = re.sub(r"(\d[\d_]*(?:\.\d+)?)\s*(%)?", lambda m: f"Fraction('{m[1].replace('_', '')}')" + ("/100" if m[2] else ""), text)
        names = dict(self.params)
        for field in events.fields:
            names[field.name] = row.get(field.name) or 0
        amount, back = Maker.amount_field(events), Maker.refund_fields(events)
        if amount is not None:
            names.setdefault("amount", row.get(amount.name))
        if back:
            names.setdefault("refunded", row.get(back[0].name) or 0)
        return eval(text, {"Fraction": Fraction, "__builtins__": {}}, names)  # noqa: S307: our own policies


def attacks_of(schema):
    found = {}
    texts = [(schema.text, {})]
    if used := re.search(r"\buse\s+std\.attacks(?:\s+with\s*\{([^}]*)\})?", schema.text):
        library = (ROOT / "stdlib" / "attacks.kpi").read_text(encoding="utf-8")
        library = re.sub(r"(?m)^\s*##?.*$", "", library)
        params = {m[1]: literal(m[2]) for m in re.finditer(r"param\s+(\w+)[^=\n]*=\s*([^\n]+?)(?:\s+range|\n)", library)}
        for name, value in re.findall(r"(\w+)\s*=\s*([^,}]+)", used[1] or ""):
            params[name] = literal(value)
        texts.append((library.split("labels zh")[0], params))
    for text, params in texts:
        for match in re.finditer(r"(?m)^\s*attack\s+(\w+)", text):
            body, _ = block(text, match.end())
            found[match[1]] = Attack(match[1], body, params, schema)
    return found


@functools.cache
def library_texts():
    return [path.read_text(encoding="utf-8") for path in sorted((ROOT / "stdlib").glob("*.kpi"))]


class Trial:
    """One store before and after an edit of some of its people."""

    def __init__(self, kpi, policy, maker, folder, offsets):
        self.kpi, self.policy, self.maker, self.folder, self.offsets = kpi, policy, maker, folder, offsets
        self.runs = 0
        self.before = [self.look(maker.store, maker.entities, o) for o in offsets]

    def look(self, store, entities, offset):
        path = os.path.join(self.folder, "data.db")
        self.maker.write(path, store, entities)
        self.runs += 1
        return run(self.kpi, self.policy, path, period_id(self.maker.begin(offset), self.maker.unit))


def excluded_by(schema):
    """Boolean fields that exclusions read: added rows leave them false."""
    text = " ".join(re.findall(r"(?m)^exclude[^{\n]*(?:\n\s+[^{\n]*)*", schema.text))
    return set(re.findall(r"\w+", text))


def add_row(maker, store, key, events, offset, rng, values=None, plain=True):
    """One more row that no exclusion notices: marks are off, the buyer is new, optional fields are empty."""
    row = maker.row(events, key, offset, maker.moods[key])
    if row is None:
        return None
    marks = excluded_by(maker.schema)
    for f in events.fields:
        if f.computed:
            continue
        if f.type == "boolean" and f.name in marks:
            row[f.name] = False
        if f.optional and plain and f.name != events.time:
            row[f.name] = None
        if f.type == "text" and ("buyer" in f.name or "customer" in f.name) and not f.optional:
            row[f.name] = maker.unique("n")
    row.update(values or {})
    for name in events.keys:
        if events.field(name).type == "text":
            row[name] = maker.unique("n")
    if events.keys and any(all(r[k] == row[k] for k in events.keys) for rows in store[events.name].values() for r in rows):
        return None
    store[events.name][key].append(row)
    return row


def in_period(maker, events, row, offset):
    at = row[events.time]
    day = at.date() if isinstance(at, dt.datetime) else at
    return maker.begin(offset) <= day < maker.begin(offset + 1)


def rows_in(maker, store, key, events, offset):
    return [row for row in store[events.name][key] if in_period(maker, events, row, offset)]


def size_of(rng, low, high):
    return rng.choice([low, high, low + (high - low) * Fraction(rng.randrange(1001), 1000) ** 3])


def split_row(maker, store, key, events, row, parts, rng):
    """The row as several with the same sums; None where a field cannot be taken apart."""
    if len(events.keys) > 1 or (events.keys and events.field(events.keys[0]).type != "text"):
        return False
    pieces = [dict(row) for _ in range(parts)]
    back = {f.name for f in maker.refund_fields(events)}
    fields = [f for f in events.fields if f.type in ("money", "number", "integer", "duration") and not f.computed]
    for f in sorted(fields, key=lambda f: f.name in back):
        value = row.get(f.name)
        if value is None:
            continue
        low = f.range[0] if f.range and f.range[0] is not None else Fraction(0)
        step = CENT if f.type in ("money", "number") else Fraction(1)
        rest = value
        for i, piece in enumerate(pieces):
            last = i == len(pieces) - 1
            part = rest if last else (value / parts / step).__floor__() * step
            if not last and rng.random() < 0.3:
                part = max(low, Fraction(0))
            if f.name in back and not f.range:
                amount = piece[maker.amount_field(events).name]
                part = min(rest, amount)
            rest -= part
            if part < low:
                return False
            piece[f.name] = part
        if rest != 0:
            return False
    for piece in pieces[1:]:
        for name in events.keys:
            piece[name] = maker.unique("s")
    store[events.name][key].remove(row)
    store[events.name][key] += pieces
    return True


class Edits:
    def __init__(self, maker, offset, attacks):
        self.maker, self.offset, self.attacks = maker, offset, attacks
        self.rng = maker.rng

    def one_order(self, store, entities, key, events):
        values = {}
        amount = self.maker.amount_field(events)
        if amount is not None and self.rng.random() < 0.5:
            low, high = amount.range or (Fraction(0), None)
            values[amount.name] = max(low or 0, self.rng.choice([Fraction(0), CENT, Fraction(1), Fraction(100), Fraction(5_000)]))
            if high is not None:
                values[amount.name] = min(high, values[amount.name])
        row = add_row(self.maker, store, key, events, self.offset, self.rng, values)
        if row is None:
            return None
        return {"amount": row.get(amount.name, Fraction(0)) if amount is not None else Fraction(0), "cost": Fraction(0)}

    def fake_orders(self, store, entities, key, events, cost):
        many = self.rng.choice([1, 1, 2, 5, 20, 100])
        amount = self.maker.amount_field(events)
        done, size = 0, self.rng.choice([None, CENT, Fraction(200), Fraction(1)])
        for _ in range(many):
            values = {}
            if size is not None and amount is not None:
                low, high = amount.range or (None, None)
                values[amount.name] = min(high if high is not None else size, max(size, low if low is not None else size))
            done += add_row(self.maker, store, key, events, self.offset, self.rng, values) is not None
        return {"cost": cost * done} if done else None

    def refund(self, store, entities, key, events, name, state):
        field, amount = events.field(name), self.maker.amount_field(events)
        rows = rows_in(self.maker, store, key, events, self.offset)
        self.rng.shuffle(rows)
        if field.type in ("boolean", "text", "date", "datetime"):
            for row in rows:
                to = True if field.type == "boolean" else state
                if field.type in ("date", "datetime"):
                    to = None if row.get(name) else self.maker.begin(0)
                    if to and field.type == "datetime":
                        to = dt.datetime(to.year, to.month, to.day, 12)
                if to is not None and row.get(name) != to:
                    row[name] = to
                    return {}
            return None
        if field.type != "money" or amount is None:
            return None
        for row in rows:
            now = row.get(name) or Fraction(0)
            most = field.range[1] if field.range and field.range[1] is not None else row[amount.name] if not field.range else now + 100
            if most > now:
                row[name] = self.rng.choice([most, min(most, now + CENT), now + ((most - now) * 50).__floor__() * CENT])
                if row[name] > now:
                    return {}
        return None

    def nudge(self, store, entities, key):
        """The smallest step of one number of one row."""
        wanted = [(events, row, f) for events in self.maker.schema.tables if events.kind == "events"
                  for row in rows_in(self.maker, store, key, events, self.offset)
                  for f in events.fields if f.type in ("money", "number") and not f.computed and row.get(f.name) is not None]
        if not wanted:
            return None
        events, row, f = self.rng.choice(wanted)
        low, high = f.range or (Fraction(0), None)
        step = self.rng.choice([1, -1]) * Fraction(1, 10**9)
        after = row[f.name] + step
        if (low is not None and after < low) or (high is not None and after > high):
            return None
        back, amount = self.maker.refund_fields(events), self.maker.amount_field(events)
        if row[f.name] == 0 or after == 0:
            return None  # where a quotient begins to have a value is no threshold
        row[f.name] = after
        if amount is not None and any(not b.range and (row.get(b.name) or 0) > row[amount.name] for b in back):
            return None
        return {"field": f.name}

    def other_person(self, store, entities, key, name):
        entity = self.maker.schema.entity(self.maker.subject)
        field = entity.field(name)
        row = entities[key]
        for _ in range(8):
            value = self.maker.entity_row(entity, key, self.maker.mood())[name]
            if value != row[name]:
                row[name] = value
                return {"field": name}
        del field
        return None

    def anything(self, store, entities, key):
        """Any edit of the period's rows, for metrics that get better alone."""
        rng = self.rng
        tables = [t for t in self.maker.schema.tables if t.kind == "events"]
        events = rng.choice(tables)
        rows = rows_in(self.maker, store, key, events, self.offset)
        what = rng.randrange(4)
        if what == 0 or not rows:
            return {} if add_row(self.maker, store, key, events, self.offset, rng, plain=False) is not None else None
        row = rng.choice(rows)
        if what == 1 and not any(f.type == events.name for t in tables for f in t.fields):
            store[events.name][key].remove(row)
            return {}
        fields = [f for f in events.fields if not f.computed and f.name not in events.keys and f.name != events.time
                  and f.type in ("money", "number", "integer", "duration", "boolean", "text", "datetime", "date")]
        if not fields:
            return None
        f = rng.choice(fields)
        now = row.get(f.name)
        row[f.name] = self.maker.value(f, events, key, self.offset, self.maker.moods[key])
        self.maker.keep_refunds(events, row)
        return {} if row[f.name] != now else None

    def attack(self, store, later, entities, key, attack):
        """Plays it on `store`; on `later` as the next period sees it."""
        rng, maker = self.rng, self.maker
        cost = None
        for form in attack.forms:
            kind, events = form[0], form[1]
            own = Fraction(0)
            rows = rows_in(maker, store, key, events, self.offset)
            if kind == "adds":
                low, high, values = max(1, form[2]), form[3], form[4]
                if high < 1:
                    return None
                many = rng.choice([low, min(high, low + 1), high, rng.randint(low, high)])
                for _ in range(many):
                    given, next_period = {}, {}
                    row = add_row(maker, store, key, events, self.offset, rng)
                    if row is None:
                        return None
                    for name, is_next, least, most, expr in values:
                        field = events.field(name) or (maker.refund_fields(events) or [None])[0] if name == "refunded" else events.field(name)
                        if field is None:
                            field = maker.amount_field(events)
                        if least:
                            value = size_of(rng, attack.value(least, events, row), attack.value(most, events, row))
                            value = (value * 100).__floor__() * CENT if field.type == "money" else Fraction(value.__floor__())
                        elif re.fullmatch(r'"[^"]*"', expr):
                            value = expr.strip('"')
                        elif expr in ("true", "false"):
                            value = expr == "true"
                        else:
                            value = attack.value(expr, events, {**row, **given})
                        (next_period if is_next else given)[field.name] = value
                    row.update(given)
                    for name, value in next_period.items():  # a refund of the amount that was just drawn
                        entry = next((v for v in values if v[1]), None)
                        next_period[name] = attack.value(entry[4], events, row) if entry and entry[4] else value
                    own += attack.value(attack.cost, events, row)
                    later[events.name][key].append({**row, **next_period})
            elif kind == "removes":
                rows = [row for row in rows if row.get(form[4])]
                field = events.field(form[4])
                grain = Fraction(1) if field.type in ("integer", "duration") else CENT
                total = sum((row[form[4]] for row in rows), Fraction(0))
                least, most = max(form[2], grain), min(form[3], total)
                if most < least:
                    return None
                left = (size_of(rng, least, most) / grain).__floor__() * grain
                own = left * attack.value(attack.cost, events, {})
                low = field.range[0] if field.range and field.range[0] is not None else Fraction(0)
                for row in rows:
                    part = min(left, max(Fraction(0), row[form[4]] - low))
                    self.both(store, later, events, key, row, {form[4]: row[form[4]] - part})
                    left -= part
                own -= left * attack.value(attack.cost, events, {})
            elif kind == "changes":
                chosen = rng.sample(rows, min(len(rows), rng.choice([1, 1, 2, 5, 20])))
                text = form[3]
                for row in chosen:
                    value = text == "true" if text in ("true", "false") else text.strip('"') if '"' in text else literal(text)
                    own += attack.value(attack.cost, events, row)
                    self.both(store, later, events, key, row, {form[2]: value})
                if not chosen:
                    return None
            elif kind == "moves":
                rows += rows_in(maker, store, key, events, self.offset + 1)
                chosen = rng.sample(rows, min(len(rows), rng.choice([1, 1, 2, 5, 20])))
                forward = rng.random() < 0.5
                chosen = [row for row in chosen if in_period(maker, events, row, self.offset if forward else self.offset + 1)]
                if not chosen:
                    return None
                for row in chosen:
                    at = row[events.time]
                    day = maker.date_in(self.offset + (1 if forward else 0))
                    moved = {events.time: day if not isinstance(at, dt.datetime) else dt.datetime(day.year, day.month, day.day, 12)}
                    if events.keys and any(all((moved.get(k, row[k])) == r[k] for k in events.keys) for r in store[events.name][key]
                                           if r is not row):
                        return None
                    own += attack.value(attack.cost, events, row)
                    self.both(store, later, events, key, row, moved)
            elif kind == "splits":
                if not rows:
                    return None
                row = rng.choice(rows)
                parts = 2 if form[2] else rng.choice([2, 3, 10])
                position = store[events.name][key].index(row)
                if not split_row(maker, store, key, events, row, parts, rng):
                    return None
                del later[events.name][key][position]
                later[events.name][key] += [dict(r) for r in store[events.name][key][-parts:]]
                own += attack.value(attack.cost, events, row) * (parts - 1)
            cost = own if cost is None else cost
        return {"cost": cost or Fraction(0)}

    @staticmethod
    def both(store, later, events, key, row, change):
        position = next(i for i, r in enumerate(store[events.name][key]) if r is row)
        row.update(change)
        later[events.name][key][position].update(change)


class Checker:
    def __init__(self, kpi, policy, options, folder):
        self.kpi, self.policy, self.options, self.folder = kpi, policy, options, folder
        self.schema = read_schema(policy)
        self.violations, self.checked, self.by_kind = [], 0, {}
        done = subprocess.run([kpi, "analyze", str(policy), "--format", "json"], capture_output=True, text=True, check=False)
        if not done.stdout:
            raise RuntimeError(f"kpi analyze {policy}: {done.stderr[:1000]}")
        analysis = json.loads(done.stdout)
        self.findings = analysis["findings"]
        # What a filter or a rounding does to one row is no jump; the output says so.
        self.steps_in_rows = any("what one row does" in text for text in analysis["assumptions"])
        self.text = self.schema.text
        self.attacks = attacks_of(self.schema)
        self.unit = Fraction(1) if self.schema.currency in ("JPY", "VND", "KRW") else CENT

    def entity_of(self, subject):
        return re.search(rf"(?m)^\s*(?:payout|scorecard)\s+{re.escape(subject)}\b[^{{\n]*?\bfor\s+(\w+)", self.text)[1]

    def payout_body(self, subject):
        match = re.search(rf"(?m)^\s*(?:payout|scorecard)\s+{re.escape(subject)}\b", self.text)
        return block(self.text, match.end())[0]

    def run(self):
        groups = {}
        for finding in self.findings:
            if finding["verdict"] == "proved":
                groups.setdefault(self.entity_of(finding["subject"]), []).append(finding)
        for entity, findings in sorted(groups.items()):
            table = self.schema.entity(entity)
            holder = entity
            if table is None:
                distinct = next((t for t in self.schema.tables if t.kind == "distinct" and t.name == entity), None)
                if distinct is None:
                    continue
                source = distinct.table.split(".")[0]
                holder = source if self.schema.entity(source) is not None else entity
            unit = self.schema.every.get(findings[0]["subject"], "month")
            for turn in range(self.options.rounds):
                # Stable from one run to the next: no hash of texts.
                rng = random.Random(f"{self.options.seed}/{turn}/{Path(self.policy).parent.name}/{Path(self.policy).name}/{entity}")
                self.round(entity, holder, unit, findings, rng)

    def round(self, entity, holder, unit, findings, rng):
        together = TOGETHER.search(self.text) is not None
        maker = Maker(self.schema, holder, unit, rng)
        maker.make(6 if together else self.options.people)
        offset = 0 if step_period(maker.start, unit, 2) - dt.timedelta(days=1) <= self.schema.last else -1
        inside = maker.begin(offset) >= self.schema.first
        offset = offset if inside else 0
        periods = [o for o in (offset, offset + 1) if maker.begin(o + 1) - dt.timedelta(days=1) <= self.schema.last]
        team = None
        if holder != entity:
            team = next(f.name for f in self.schema.entity(holder).fields if f.type == entity)
            for i, key in enumerate(maker.entities):
                maker.entities[key][team] = f"{entity}{i // 3}"
        owner = (lambda key: maker.entities[key][team]) if team else (lambda key: key)
        people = list(maker.entities)[:: 3 if team else 1]
        trial = Trial(self.kpi, self.policy, maker, self.folder, periods)
        self.bounds(findings, trial.before)
        self.budgets(findings, trial.before[0], maker, offset, owner)
        edits = Edits(maker, offset, self.attacks)
        for name, play, wanted in self.edits(findings, edits):
            for chosen in [[rng.choice(people)] for _ in range(4)] if together else [people]:
                store, later, entities = copied(maker.store), copied(maker.store), {k: dict(v) for k, v in maker.entities.items()}
                done = {}
                for key in chosen:
                    if holder == entity and not trial.before[0].has(key):
                        continue
                    info = self.attempt(play, store, later, entities, key, maker)
                    if info is not None:
                        done[key] = info
                if not done:
                    continue
                try:
                    after = [trial.look(store if i == 0 or not name.startswith("attack") else later, entities, o)
                             for i, o in enumerate(periods)]
                except RuntimeError as error:
                    raise RuntimeError(f"{name}: {error}") from None
                self.bounds(findings, after)
                for key, info in done.items():
                    self.compare(name, wanted, key, owner(key), info, trial.before, after, maker, store)

    @staticmethod
    def attempt(play, store, later, entities, key, maker):
        kept = {e: [dict(r) for r in owned[key]] for e, owned in store.items()}
        kept_later = {e: [dict(r) for r in owned[key]] for e, owned in later.items()}
        row = dict(entities[key])
        info = play(store, later, entities, key)
        if info is None:
            entities[key] = row
            for e in store:
                store[e][key] = kept[e]
                later[e][key] = kept_later[e]
        return info

    def edits(self, findings, edits):
        """(name, how it is played, findings it is about)"""
        result = []

        def of(kind, detail=None):
            return [f for f in findings if f["property"] == kind and (detail is None or f["detail"] == detail)]

        for events in [t for t in self.schema.tables if t.kind == "events" and t.role == "orders"]:
            wanted = of("single-order", events.name) + of("genuine-order", events.name) + of("monotone")
            if wanted:
                result.append((f"one more of {events.name}", lambda s, l, e, k, t=events: edits.one_order(s, e, k, t), wanted))
            for f in of("attack", "fake orders"):
                assumed = re.search(r"\bassume\s+fake_order_cost\s*=\s*([^\n]+)", self.payout_body(f["subject"]))
                cost = literal(assumed[1]) if assumed else None
                if cost is None:
                    continue
                for turn in range(2):
                    result.append((f"fake {events.name} {turn}",
                                   lambda s, l, e, k, t=events, c=cost: edits.fake_orders(s, e, k, t, c), [f]))
        for detail in sorted({f["detail"] for f in of("refund")}):
            # `orders.refunded`, `orders.status "cancelled"`, or events of the role refunds as a whole
            named = re.fullmatch(r'(\w+)(?:\.(\w+)(?: "(.*)")?)?', detail)
            table = self.schema.events(named[1])
            if table is None:
                continue
            wanted = of("refund", detail) + of("monotone")
            if named[2] is None:
                result.append((f"one more of {detail}", lambda s, l, e, k, t=table: edits.one_order(s, e, k, t), wanted))
            else:
                result.append((f"more in {detail}",
                               lambda s, l, e, k, t=table, n=named[2], to=named[3]: edits.refund(s, e, k, t, n, to), wanted))
        for f in of("independent"):
            name = f["detail"].split(".")[-1]
            if self.schema.entity(edits.maker.subject) is not None and f["detail"].split(".")[0] == edits.maker.subject:
                result.append((f"another {f['detail']}", lambda s, l, e, k, n=name: edits.other_person(s, e, k, n), [f]))
        if of("monotone"):
            for turn in range(3):
                result.append((f"anything {turn}", lambda s, l, e, k: edits.anything(s, e, k), of("monotone")))
        subjects = {f["subject"] for f in findings}
        smooth = [s for s in subjects if all(f["verdict"] == "proved" for f in self.findings if f["property"] == "no-jump" and f["subject"] == s)]
        continuous = [f for f in of("no-jump") if f["subject"] in smooth]
        if continuous and not self.steps_in_rows:
            for turn in range(3):
                result.append((f"nudge {turn}", lambda s, l, e, k: edits.nudge(s, e, k), continuous))
        for name, attack in self.attacks.items():
            if attack.usable and of("attack", name):
                for turn in range(2):
                    result.append((f"attack {name} {turn}", lambda s, l, e, k, a=attack: edits.attack(s, l, e, k, a), of("attack", name)))
        return result

    def schema_amount(self, table):
        return Maker.amount_field(table)

    def pay(self, result, finding, owner):
        if finding["kind"] == "payout":
            return result.pay.get((finding["subject"], owner), Fraction(0))
        return result.scores.get((finding["subject"], owner), Fraction(0))

    def note(self, finding, holds, text):
        self.checked += 1
        kind = finding["property"]
        self.by_kind[kind] = self.by_kind.get(kind, 0) + 1
        if not holds:
            self.violations.append((finding, text))
        return holds

    def bounds(self, findings, results):
        for f in findings:
            if f["property"] not in ("bounded", "not-negative"):
                continue
            for result in results:
                source = result.pay if f["kind"] == "payout" else result.scores
                for (name, key), pay in source.items():
                    if name != f["subject"]:
                        continue
                    if f["property"] == "bounded":
                        self.note(f, pay <= Fraction(f["amount"]) + self.unit, f"{key} is paid {exact_or(pay)}")
                    else:
                        self.note(f, pay >= 0, f"{key} is paid {exact_or(pay)}")

    def budgets(self, findings, result, maker, offset, owner):
        for f in findings:
            if f["property"] != "budget" or f["detail"].startswith("margin"):
                continue
            share = literal(f["detail"])
            sales = {}
            for events in self.schema.tables:
                if events.kind != "events" or events.role != "orders":
                    continue
                amount = Maker.amount_field(events)
                for key in maker.entities:
                    for row in rows_in(maker, maker.store, key, events, offset):
                        kept = row[amount.name] - sum((row.get(b.name) or 0 for b in Maker.refund_fields(events)), Fraction(0))
                        sales[owner(key)] = sales.get(owner(key), Fraction(0)) + max(kept, Fraction(0))
            for key in maker.entities:
                pay = self.pay(result, f, owner(key))
                most = share * sales.get(owner(key), Fraction(0))
                if not self.note(f, pay <= most + 2 * self.unit, f"{key} is paid {exact_or(pay)}, {exact_or(most)} at most"):
                    self.keep(f, key, maker.store, maker)

    def compare(self, edit, findings, key, owner, info, before, after, maker, store):
        for f in findings:
            paid = [self.pay(r, f, owner) for r in before]
            then = [self.pay(r, f, owner) for r in after]
            change = sum(then, Fraction(0)) - sum(paid, Fraction(0))
            slack = self.unit * (len(before) + 1) if f["kind"] == "payout" else Fraction(0)
            kind, holds = f["property"], True
            if kind == "single-order":
                holds = abs(change) <= info["amount"] + slack
            elif kind == "genuine-order":
                holds = change >= -slack
            elif kind == "refund":
                holds = change <= slack
            elif kind in ("independent", "no-jump"):
                change = then[0] - paid[0]
                holds = abs(change) <= slack
            elif kind == "attack":
                holds = change - info["cost"] <= slack
            elif kind == "monotone":
                change = then[0] - paid[0]
                better = self.better(f["detail"], before[0].metrics.get(owner), after[0].metrics.get(owner))
                if not better:
                    continue
                holds = change >= -slack
            text = f"{edit}, {owner}: {[exact_or(p) for p in paid]} -> {[exact_or(p) for p in then]} {({k: str(v) for k, v in info.items()})}"
            if not self.note(f, holds, text):
                self.keep(f, key, store, maker)

    def better(self, name, before, after):
        """It alone got better."""
        if before is None or after is None or name not in before:
            return False
        if any(before[n] != after[n] for n in before if n != name) or before[name] is None or after[name] is None:
            return False
        pattern = rf"(?m)^\s*metric\s+{re.escape(name.split('.')[-1])}\b[^\n]*(?:\n(?!\s*metric|payout|scorecard|events|entity|\w)[^\n]*)*"
        found = next(filter(None, (re.search(pattern, text) for text in (self.text, *library_texts()))), None)
        if found is None:
            return False
        lower = re.search(r"\bbetter\s+lower", found[0]) is not None
        now, then = Fraction(before[name]), Fraction(after[name])
        return then < now if lower else then > now

    def keep(self, finding, key, store, maker):
        rows = {e: [{n: exact(v) for n, v in row.items() if v is not None} for row in owned.get(key, [])
                    if in_period(maker, self.schema.events(e), row, 0) or in_period(maker, self.schema.events(e), row, -1)
                    or in_period(maker, self.schema.events(e), row, 1)] for e, owned in store.items()}
        was = {e: [{n: exact(v) for n, v in row.items() if v is not None} for row in owned.get(key, [])] for e, owned in maker.store.items()}
        if not self.options.keep:
            return
        target = Path(self.options.keep)
        target.mkdir(parents=True, exist_ok=True)
        name = f"{Path(self.policy).parent.name}_{Path(self.policy).stem}_{finding['subject']}_{finding['property']}_{finding['detail']}"
        (target / (re.sub(r"\W+", "_", name) + ".json")).write_text(
            json.dumps({"person": {n: exact(v) for n, v in maker.entities[key].items()}, "period": period_id(maker.begin(0), maker.unit),
                        "before": was, "after": rows}, indent=1), encoding="utf-8")


def exact_or(value):
    try:
        return exact(value)
    except ValueError:
        return str(value)


def check(kpi, policy, options):
    with tempfile.TemporaryDirectory() as folder:
        checker = Checker(kpi, policy, options, folder)
        checker.run()
        return str(policy), checker.checked, checker.by_kind, [(f["kind"], f["subject"], f["property"], f["detail"], text)
                                                              for f, text in checker.violations]


def policies(options):
    found = [p for p in sorted((ROOT / "tests" / "prove" / "policies").glob("*.kpi")) if options.all or p.stem not in SLOW]
    found += [p for p in sorted((ROOT / "policies").glob("*/policy.kpi")) if options.all or p.parent.name not in SLOW]
    found += sorted((ROOT / "docs" / "tutorial").glob("**/*.kpi")) if (ROOT / "docs" / "tutorial").is_dir() else []
    if options.shared:
        found += sorted(Path(options.shared).glob("design/examples/*.kpi"))
    return [p for p in found if re.search(options.only, str(p))]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kpi")
    parser.add_argument("policies", nargs="*")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--people", type=int, default=60)
    parser.add_argument("--shared")
    parser.add_argument("--only", default="")
    parser.add_argument("--keep")
    parser.add_argument("--all", action="store_true", help="also policies whose analysis takes long")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--counts", action="store_true", help="how often each property was checked, by policy")
    options = parser.parse_args()
    kpi = str(Path(options.kpi).resolve())
    wanted = [Path(p) for p in options.policies] or policies(options)
    passed = failed = 0
    totals = {}
    with concurrent.futures.ProcessPoolExecutor(options.jobs) as pool:
        for done in [pool.submit(check, kpi, policy, options) for policy in wanted]:
            policy, checked, kinds, violations = done.result()
            for kind, many in kinds.items():
                totals[kind] = totals.get(kind, 0) + many
            if options.counts:
                print(f"{policy}: {kinds}")
            failed += len({v[:4] for v in violations})
            passed += 1
            shown = set()
            for violation in violations:
                if violation[:4] in shown:
                    continue
                shown.add(violation[:4])
                many = sum(v[:4] == violation[:4] for v in violations)
                print(f"{policy}: proved {' '.join(violation[:4])}, but {violation[4]} ({many} times)")
    print("checked: " + ", ".join(f"{kind} {many}" for kind, many in sorted(totals.items())))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
