#!/usr/bin/env python3
"""Runs seeded random policies through `kpi run` and through the reference evaluator, and compares every number.

  random_policies.py KPI [--cases 200] [--seed 1] [--keep DIR]

A difference prints the seed, what differs, and leaves the policy and the database behind (with --keep)."""

from __future__ import annotations

import argparse
import concurrent.futures
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from fractions import Fraction

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from generate import FIRST_MONTH, MONTHS, Case, build, write_database  # noqa: E402
from reference import (Context, Missing, apply, attainment, brackets, half_even, is_active, is_missing, line,  # noqa: E402
                       month_start, steps)


def fraction(text):
    return None if text is None else Fraction(text)


def show(value):
    return value.reason if is_missing(value) else str(value)


def same(expected, actual_text, reason) -> bool:
    if is_missing(expected):
        return actual_text is None
    return actual_text is not None and Fraction(actual_text) == expected


def phase_of(case: Case, host, start) -> str:
    return "new" if (start - host["joined"]).days < case.phase_days else "old"


def points_of(case: Case, row, actual, target):
    if is_missing(actual):
        return actual, actual
    if row.curve == "pass":
        reached = actual <= target if row.metric.lower else actual >= target
        return None, Fraction(100 if reached else 0)
    reached = attainment(row.attain, actual, target, row.base)
    if is_missing(reached):
        return reached, reached
    if row.curve == "linear":
        return reached, max(Fraction(0), reached * 100)
    if row.curve.startswith("capped"):
        top = Fraction(120 if "120" in row.curve else 100)
        return reached, min(top, max(Fraction(0), reached * 100))
    kind, points = case.curves[row.curve]
    return reached, (line if kind == "line" else steps)(points, reached)


def score_of(case: Case, ctx: Context, host):
    """(score or Missing, details per row)"""
    phase = phase_of(case, host, ctx.start)
    details, total, present, missing = [], Fraction(0), Fraction(0), None
    for row in case.score_rows:
        weight = Fraction(row.weights[phase], 100)
        actual = row.metric.eval(ctx)
        reached, points = points_of(case, row, actual, row.targets[phase])
        details.append((row.metric.name, actual, row.targets[phase], reached, points, weight))
        if weight == 0:
            continue
        if is_missing(points):
            if case.missing == "unscored":
                missing = missing or points
            elif case.missing == "zero":
                present += weight
            continue
        total += weight * points
        present += weight
    if missing is not None:
        return missing, details
    if case.missing == "skip":
        if present == 0:
            return Missing("unscored"), details
        total = total / present
    score = total
    # A gate that cannot be decided counts as failed.
    for metric, op, limit, effect in case.gates:
        passed = apply(op, metric.eval(ctx), limit)
        if passed is True:
            continue
        if effect == "unscored":
            return Missing("gate"), details
        score = min(score, Fraction(0 if effect == "score 0" else 60))
    return score, details


def payouts_of(case: Case, scored):
    """scored: list of (host, ctx, score). Gives host -> amount or Missing."""
    p, amounts = case.payout, {}
    for host, ctx, score in scored:
        sales = p["metric"].eval(ctx)
        if is_missing(score) or is_missing(sales):
            amounts[host["host_id"]] = Missing("unscored")
            continue
        amount = brackets(p["brackets"], sales) * steps(p["steps"], score)
        if p["prorate"]:
            days = (ctx.end - ctx.start).days
            first = max(ctx.start, host["joined"])
            last = ctx.end.toordinal() - 1 if is_missing(host["left_on"]) else min(ctx.end.toordinal() - 1, host["left_on"].toordinal())
            amount *= Fraction(max(0, last - first.toordinal() + 1), days)
        if p["penalty"] is not None:
            amount -= p["penalty"]
        if p["floor"] is not None:
            amount = max(amount, p["floor"])
        amount = min(amount, p["cap"])
        amounts[host["host_id"]] = amount
    total = sum((a for a in amounts.values() if not is_missing(a) and a > 0), Fraction(0))
    if p["budget"] is not None and total > p["budget"]:
        factor = p["budget"] / total
        parts = sorted((k for k, a in amounts.items() if not is_missing(a) and a > 0))
        floors = {k: Fraction(amounts[k] * factor * 100 // 1, 100) for k in parts}
        left = int((p["budget"] - sum(floors.values(), Fraction(0))) * 100)
        order = sorted(parts, key=lambda k: (-(amounts[k] * factor - floors[k]), k))
        for key in order[:left]:
            floors[key] += Fraction(1, 100)
        amounts.update(floors)
    return {k: a if is_missing(a) else half_even(a, 2) for k, a in amounts.items()}


def check_sql(case: Case, database: str, result) -> list:
    """sum and count by host and month in plain SQL, where all times are local and the store is exact in SQL."""
    if not case.all_local or case.mixed or case.exclusions:
        return []
    rows = sqlite3.connect(database).execute(
        "SELECT host_id, substr(paid_at,1,7), SUM(milli), COUNT(*) FROM orders GROUP BY 1, 2").fetchall()
    expected = {(h, m): (Fraction(s, 1000), c) for h, m, s, c in rows}
    problems = []
    for period in result["periods"]:
        for entry in period["metrics"]:
            values = entry["values"]
            if entry["entity"] != "host" or values["sql_sum"]["value"] is None:
                continue
            want = expected.get((entry["key"], period["period"]["id"]), (Fraction(0), 0))
            got = (Fraction(values["sql_sum"]["value"]), int(values["sql_count"]["value"]))
            if want != got:
                problems.append(f"SQL: {entry['key']} {period['period']['id']}: {want} but kpi says {got}")
    return problems


def compare(case: Case, result) -> list:
    problems = []

    def expect(what, expected, text, reason=None):
        if not same(expected, text, reason):
            problems.append(f"{what}: expected {show(expected)}, got {text} {reason or ''}")

    for period in result["periods"]:
        year, month = map(int, period["period"]["id"].split("-"))
        index = (year - 1970) * 12 + month - 1
        name = period["period"]["id"]
        by_key = {e["key"]: e["values"] for e in period["metrics"] if e["entity"] == "host"}
        card = {row["key"]: row for c in period["scorecards"] for row in c["rows"]}
        scored, active_keys = [], set()
        for host in case.world.hosts:
            ctx = Context(case.world, host["host_id"], index, index)
            if not is_active(host, ctx):
                continue
            key = host["host_id"]
            active_keys.add(key)
            for metric in case.metrics:
                got = by_key.get(key, {}).get(metric.name)
                if got is None:
                    problems.append(f"{name} {key}: metric {metric.name} is not in the result")
                else:
                    expect(f"{name} {key} {metric.name}", metric.eval(ctx), got["value"], got.get("reason"))
            score, details = score_of(case, ctx, host)
            row = card.get(key)
            if row is None:
                problems.append(f"{name} {key}: no scorecard row")
                continue
            if row["phase"] != phase_of(case, host, ctx.start):
                problems.append(f"{name} {key}: phase {row['phase']}")
            for (metric, actual, target, reached, points, weight), got in zip(details, row["metrics"]):
                expect(f"{name} {key} card {metric} value", actual, got["value"])
                expect(f"{name} {key} card {metric} target", target, got["target"])
                if reached is not None:
                    expect(f"{name} {key} card {metric} attainment", reached, got["attainment"])
                if not (is_missing(points) and case.missing == "zero"):
                    expect(f"{name} {key} card {metric} points", points, got["points"])
            expect(f"{name} {key} score", score, row.get("score"), row.get("reason"))
            scored.append((host, ctx, score))
        extra = set(card) - active_keys
        if extra:
            problems.append(f"{name}: rows for inactive {sorted(extra)}")
        if case.payout:
            expected = payouts_of(case, scored)
            got = {p["key"]: p for p in period["payouts"] if p["name"] == "bonus"}
            for key, amount in expected.items():
                expect(f"{name} {key} bonus", amount, got.get(key, {}).get("amount"))
        for exclusion in case.exclusions:
            first_hits = 0
            order = [e.name for e in case.exclusions]
            for row in case.world.events["orders"]:
                hits = [e for e in order if e in row["_excluded"]]
                if hits and hits[0] == exclusion.name and month_start(index) <= row["_day"] < month_start(index + 1):
                    first_hits += 1
            got = sum(e["rows"] for e in period["exclusions"] if e["name"] == exclusion.name)
            if got != first_hits:
                problems.append(f"{name} exclusion {exclusion.name}: {first_hits} rows expected, got {got}")
    return problems


def run_case(kpi: str, seed: int, keep: str | None, extra: list) -> list:
    case = build(seed)
    policy = case.policy.replace("phases for host", "metric sql_sum = sum(orders.amount)\nmetric sql_count = count(orders)\nphases for host", 1)
    with tempfile.TemporaryDirectory() as folder:
        policy_path, database = os.path.join(folder, "policy.kpi"), os.path.join(folder, "data.db")
        with open(policy_path, "w", encoding="utf-8") as out:
            out.write(policy)
        write_database(case, database)
        first, last = month_start(FIRST_MONTH), month_start(FIRST_MONTH + MONTHS - 1)
        command = [kpi, "run", policy_path, "--data", database, "--period", f"{first:%Y-%m}..{last:%Y-%m}",
                   "--format", "json", "--all-metrics", *extra]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        if done.returncode not in (0, 1) or not done.stdout:
            problems = [f"kpi run exits {done.returncode}: {done.stderr[:1500]}"]
        else:
            result = json.loads(done.stdout)
            problems = compare(case, result) + check_sql(case, database, result)
        if problems and keep:
            target = os.path.join(keep, str(seed))
            os.makedirs(target, exist_ok=True)
            shutil.copy(policy_path, target)
            shutil.copy(database, target)
    return problems


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("kpi")
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep")
    parser.add_argument("--extra", default="", help="more options for kpi run")
    options = parser.parse_args()
    kpi = os.path.abspath(options.kpi)
    failed = 0
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        seeds = range(options.seed, options.seed + options.cases)
        runs = [(s, pool.submit(run_case, kpi, s, options.keep, options.extra.split())) for s in seeds]
        for seed, future in runs:
            problems = future.result()
            if problems:
                failed += 1
                print(f"seed {seed}:")
                for problem in problems[:6]:
                    print("  " + problem)
                if len(problems) > 6:
                    print(f"  and {len(problems) - 6} more")
    print(f"{options.cases - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
