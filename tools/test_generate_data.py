#!/usr/bin/env python3
"""Tests of the data generator, and that the bundled sample is what it makes."""
import csv
import sqlite3
import subprocess
import sys
import tempfile
import unittest
from collections import Counter
from decimal import Decimal, InvalidOperation
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "harness"))
from expectation import closing_line  # noqa: E402


def generate(folder, *arguments):
    subprocess.run([sys.executable, ROOT / "tools" / "generate_data.py", folder, *arguments], check=True)


def rows(folder, table):
    with open(Path(folder) / f"{table}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir())}


class InFolder(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="kpi-data-")
        self.folder = Path(self.temporary.name)

    def tearDown(self):
        self.temporary.cleanup()


class Clean(InFolder):
    def test_same_settings_same_bytes(self):
        for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
            generate(self.folder / name, "--orders", "300", "--seed", seed)
        self.assertEqual(contents(self.folder / "a"), contents(self.folder / "b"))
        self.assertNotEqual(contents(self.folder / "a")["orders.csv"], contents(self.folder / "c")["orders.csv"])

    def test_rows_fit_together(self):
        generate(self.folder, "--orders", "1500")
        hosts = {row["host_id"]: row for row in rows(self.folder, "hosts")}
        orders = {row["order_id"]: row for row in rows(self.folder, "orders")}
        self.assertEqual((len(hosts), len(orders)), (40, 1500))
        for table in ("orders", "sessions", "ads", "tickets", "violations"):
            self.assertLessEqual({row["host_id"] for row in rows(self.folder, table)}, set(hosts))
        rates = {(row["day"], row["currency"]) for row in rows(self.folder, "rates")}
        for row in orders.values():
            self.assertGreater(Decimal(row["amount"]), 0)
            self.assertLessEqual(Decimal(row["refunded"] or 0), Decimal(row["amount"]))
            self.assertLessEqual("2026-07-01", row["paid_at"])
            self.assertLess(row["paid_at"], "2026-09-01")
            self.assertIn((row["paid_at"][:10], row["currency"]), rates)
        for row in rows(self.folder, "refunds"):
            self.assertEqual(row["amount"], orders[row["order_id"]]["refunded"])
        self.assertEqual({row["currency"] for row in orders.values()}, {"GBP", "USD", "THB", "VND"})

    def test_one_buyer_in_bursts(self):
        generate(self.folder, "--orders", "1500")
        per_day = Counter((row["buyer_id"], row["paid_at"][:10]) for row in rows(self.folder, "orders"))
        self.assertTrue(any(count > 5 for count in per_day.values()))

    def test_money_is_the_same_however_stored(self):
        sums = set()
        for money in ("text", "real", "integer", "minor"):
            path = self.folder / f"{money}.db"
            generate(self.folder, "--orders", "200", "--markets", "UK", "--whole-money", "--no-csv", "--sqlite", path,
                     "--money", money)
            database = sqlite3.connect(path)
            total = sum(Decimal(str(amount)) for (amount,) in database.execute("SELECT amount FROM orders"))
            kinds = {kind for (kind,) in database.execute("SELECT DISTINCT typeof(amount) FROM orders")}
            database.close()
            self.assertEqual(kinds, {"text": {"text"}, "real": {"real"}}.get(money, {"integer"}))
            sums.add(total / 100 if money == "minor" else total)
        self.assertEqual(len(sums), 1)

    def test_decimals_of_currencies(self):
        generate(self.folder, "--orders", "200", "--markets", "JP,KW")
        digits = {row["currency"]: len(row["amount"].partition(".")[2]) for row in rows(self.folder, "orders")}
        self.assertEqual(digits, {"JPY": 0, "KWD": 3})


def is_decimal(text):
    try:
        return Decimal(text).is_finite() and "e" not in text
    except InvalidOperation:
        return False


class Dirty(InFolder):
    def setUp(self):
        super().setUp()
        generate(self.folder, "--variant", "dirty", "--orders", "2000", "--first", "2026-03-01", "--last", "2026-04-30")
        self.defects = Counter((row["table"], row["column"], row["defect"]) for row in rows(self.folder, "defects"))

    def test_list_says_what_is_wrong(self):
        orders = rows(self.folder, "orders")
        hosts = {row["host_id"] for row in rows(self.folder, "hosts")}
        bad_amounts = sum(not is_decimal(row["amount"]) for row in orders)
        self.assertEqual(bad_amounts, self.defects["orders", "amount", "malformed_decimal"]
                         + self.defects["orders", "amount", "null"])
        strangers = sum(row["host_id"] not in hosts and row["host_id"] != "" for row in orders)
        self.assertEqual(strangers, self.defects["orders", "host_id", "unknown_host"])
        self.assertEqual(sum(row["host_id"] == "" for row in orders), self.defects["orders", "host_id", "null"])
        repeated = sum(count - 1 for count in Counter(row["order_id"] for row in orders).values())
        self.assertEqual(repeated, self.defects["orders", "order_id", "duplicate_key"])
        spaced = sum(row["buyer_id"] != row["buyer_id"].strip() for row in orders)
        self.assertEqual(spaced, self.defects["orders", "buyer_id", "stray_spaces"])
        self.assertEqual(self.defects["orders", "paid_at", "skipped_time"], 1)
        self.assertEqual(sum(row["paid_at"] == "2026-03-29T01:30:00" for row in orders), 1)

    def test_rates_are_missing_for_longer_than_a_run_looks_back(self):
        gone = [row["column"] for row in rows(self.folder, "defects") if row["defect"] == "missing_rate"]
        self.assertEqual(len(gone), 9)
        present = {f"{row['currency']} {row['day']}" for row in rows(self.folder, "rates")}
        self.assertFalse(present & set(gone))

    def test_other_rows_are_those_of_the_clean_variant(self):
        clean = self.folder / "clean"
        generate(clean, "--orders", "2000", "--first", "2026-03-01", "--last", "2026-04-30")
        touched = {int(row["row"]) for row in rows(self.folder, "defects") if row["table"] == "orders"}
        for number, (before, after) in enumerate(zip(rows(clean, "orders"), rows(self.folder, "orders")), 1):
            self.assertEqual(before != after, number in touched, f"row {number}")


class Sample(InFolder):
    def test_bundled_data_is_current(self):
        for template in sorted(path for path in (ROOT / "policies").iterdir() if (path / "data").is_dir()):
            with self.subTest(template.name):
                made = self.folder / template.name
                generate(made, "--sample", template.name)
                self.assertEqual(contents(made), contents(template / "data"))


def main():
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__])
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=0).run(suite)
    failed = len(result.failures) + len(result.errors)
    return closing_line(result.testsRun - failed, failed)


if __name__ == "__main__":
    sys.exit(main())
