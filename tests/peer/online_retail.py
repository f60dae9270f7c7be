#!/usr/bin/env python3
"""Runs the country growth policy over the UCI Online Retail lines and compares every published answer: r01 (sales per country and month),
r02 (returns), r03 (return rate per country), r05 (phases and targets), r09 (alerts), r10 (what each exclusion takes out).
The data has no licence that would let it stand in this repository, so it is read from a folder beside it.

  online_retail.py KPI SHARED_FOLDER"""

from __future__ import annotations

import csv
import json
import lzma
import os
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from fractions import Fraction

HERE = os.path.dirname(os.path.abspath(__file__))
MONTHS = ["2010-12", "2011-01", "2011-02"]


def answers(folder: str, name: str) -> list[dict]:
    with open(os.path.join(folder, name), encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class Check:
    def __init__(self):
        self.passed, self.failures = 0, []

    def equal(self, what: str, expected, actual) -> None:
        if expected == actual:
            self.passed += 1
        else:
            self.failures.append(f"{what}: expected {expected}, got {actual}")


def milli(value) -> int | None:
    if value is None:
        return None
    amount = Fraction(value) * 1000
    return int(amount) if amount.denominator == 1 else None


def number(values: dict, metric: str):
    return values[metric]["value"]


def run(kpi: str, shared: str, folder: str) -> dict:
    data = os.path.join(shared, "data", "online_retail")
    lines = os.path.join(folder, "lines.csv")
    with lzma.open(os.path.join(data, "online_retail_2010-12_to_2011-02.csv.xz")) as packed, open(lines, "wb") as out:
        shutil.copyfileobj(packed, out)
    database = os.path.join(folder, "retail.db")
    subprocess.run([kpi, "import", database, lines, "--as", os.path.join(HERE, "online_retail_import.kpi") + ":lines"],
                   check=True, stdout=subprocess.DEVNULL)
    policy = os.path.join(shared, "design", "examples", "country_growth.kpi")
    done = subprocess.run([kpi, "run", policy, "--data", database, "--period", f"{MONTHS[0]}..{MONTHS[-1]}", "--format",
                           "json", "--all-metrics"], check=False, stdout=subprocess.PIPE, text=True)
    if done.returncode not in (0, 1):
        sys.exit(f"kpi run exits {done.returncode}")
    return json.loads(done.stdout)


def compare(result: dict, data: str) -> Check:
    check = Check()
    metrics, cards = {}, {}
    for period in result["periods"]:
        month = period["period"]["id"]
        for entry in period["metrics"]:
            if entry["entity"] == "country":
                metrics[entry["key"], month] = entry["values"]
        for row in period["scorecards"][0]["rows"]:
            cards[row["key"], month] = row

    sales = {(a["country"], a["month"]): a for a in answers(data, "r01_gmv_country_month.csv")}
    for key, answer in sales.items():
        values = metrics[key]
        check.equal(f"r01 {key} gmv", int(answer["gmv_milli"]), milli(number(values, "gmv")))
        for metric, column in (("orders", "orders"), ("units", "units"), ("sale_lines", "lines")):
            check.equal(f"r01 {key} {metric}", Fraction(answer[column]), Fraction(number(values, metric)))
    returns = {(a["country"], a["month"]): a for a in answers(data, "r02_returns_country_month.csv")}
    for key, answer in returns.items():
        values = metrics[key]
        check.equal(f"r02 {key} returned", int(answer["returned_milli"]), milli(number(values, "returned")))
        check.equal(f"r02 {key} invoices", Fraction(answer["cancel_invoices"]), Fraction(number(values, "cancel_invoices")))
        check.equal(f"r02 {key} units", Fraction(answer["units"]), Fraction(number(values, "returned_units")))
    check.equal("rows of the scorecard", set(sales) | set(returns), set(cards))

    sums: dict = defaultdict(lambda: defaultdict(Fraction))
    for (country, _), values in metrics.items():
        for metric in ("returned", "gmv", "returned_units", "units", "cancel_invoices", "orders"):
            sums[country][metric] += Fraction(number(values, metric))
    for answer in answers(data, "r03_return_rate_country.csv"):
        own = sums[answer["country"]]
        check.equal(f"r03 {answer['country']}",
                    [Fraction(answer[c]) for c in ("returned_milli", "gmv_milli", "returned_units", "sold_units", "cancel_invoices", "orders")],
                    [own["returned"] * 1000, own["gmv"] * 1000, own["returned_units"], own["units"], own["cancel_invoices"], own["orders"]])

    for answer in answers(data, "r05_phase_targets.csv"):
        row = cards[answer["country"], answer["month"]]
        gmv = row["metrics"][0]
        check.equal(f"r05 {answer['country']} {answer['month']}",
                    (answer["phase"], int(answer["gmv_milli"]), int(answer["target_milli"])),
                    (row["phase"], milli(gmv["value"]), milli(gmv["target"])))
    for key in set(returns) - set(sales):
        row = cards[key]
        if key == ("Israel", "2010-12"):
            check.equal(f"{key} status", ("unscored", "phase unknown"), (row["status"], row["reason"]))
        else:
            check.equal(f"{key} score", "0", row["score"])

    fired = {(a["key"], p["period"]["id"], a["severity"]) for p in result["periods"] for a in p["alerts"]}
    check.equal("r09 alerts", {(a["country"], a["month"], a["severity"]) for a in answers(data, "r09_alerts.csv")}, fired)

    rows, money = defaultdict(int), defaultdict(int)
    for period in result["periods"]:
        for item in period["exclusions"]:
            if item["events"] == "sales":
                rows[item["name"]] += item["rows"]
                money[item["name"]] += milli(item["money"].get("amount", {}).get("GBP", "0"))
    names = {"1": "cancellations", "3": "non_products", "4": "no_quantity", "5": "no_price"}
    expected_rows, expected_money, kept = defaultdict(int), defaultdict(int), None
    for answer in answers(data, "r10_excluded_value.csv"):
        first = answer["rule"].split()[0]
        if first == "9":
            kept = answer
            continue
        expected_rows[names[first]] += int(answer["lines"])
        expected_money[names[first]] += int(answer["amount_milli"])
    for name in expected_rows:
        check.equal(f"r10 {name} lines", expected_rows[name], rows[name])
        check.equal(f"r10 {name} amount", expected_money[name], money[name])
    check.equal("r10 kept lines", int(kept["lines"]), int(sum(Fraction(number(v, "sale_lines")) for v in metrics.values())))
    check.equal("r10 kept amount", int(kept["amount_milli"]), int(sum(Fraction(number(v, "gmv")) for v in metrics.values()) * 1000))
    return check


def main() -> int:
    kpi, shared = os.path.abspath(sys.argv[1]), sys.argv[2]
    data = os.path.join(shared, "data", "online_retail")
    if not os.path.isdir(data):
        print("skipped: the Online Retail data is not beside the project")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        check = compare(run(kpi, shared, folder), data)
    for failure in check.failures[:30]:
        print(failure)
    print(f"{check.passed} passed, {len(check.failures)} failed")
    return 1 if check.failures else 0


if __name__ == "__main__":
    sys.exit(main())
