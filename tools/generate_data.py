#!/usr/bin/env python3
"""Makes data to try policies on: hosts, teams, orders, refunds, sessions, ads, tickets, violations and exchange rates.

    tools/generate_data.py out/                            CSV files, a clean marketplace in four currencies
    tools/generate_data.py out/ --sqlite shop.db           a SQLite database as well (and no CSV with --no-csv)
    tools/generate_data.py out/ --variant dirty            mistakes at places listed in out/defects.csv
    tools/generate_data.py policies/uk_live_hosts/data --sample uk_live_hosts     the bundled sample

The same settings give the same bytes. marketplace.py says what the tables hold, defects.py what can be wrong in them,
templates.py what the samples of the policy templates hold.
Rates are pounds for one unit of the currency.
"""
import argparse
import csv
import sqlite3
import sys
from datetime import date, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from defects import Dirt  # noqa: E402
from marketplace import MARKETS, Marketplace, Money, Random, Settings  # noqa: E402
import templates  # noqa: E402

SAMPLES = {
    "uk_live_hosts": (
        Settings(seed=20_260_701, markets=("UK",), hosts=12, orders=600, mean_amount=950),
        {
            "hosts": ("host_id", "name", "joined"),
            "orders": ("order_id", "host_id", "paid_at", "amount", "refunded", "buyer_id", "is_test"),
            "sessions": ("session_id", "host_id", "started_at", "views"),
            "violations": ("violation_id", "host_id", "noted_at"),
        },
    ),
}


def text(value):
    """A cell as it stands in an export."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S")
    return str(value)


def stored(value, kind, money):
    """A cell as SQLite holds it. `money` is text, real, integer (whole units) or minor (minor units)."""
    if isinstance(value, bool):
        return int(value)
    if kind == "money" and isinstance(value, Money):
        if money == "minor":
            return value.minor
        if money == "integer":
            if value.minor % 10**value.digits:
                raise ValueError(f"{value} is no whole number of units; use --whole-money")
            return value.minor // 10**value.digits
        if money == "real":
            return float(str(value))  # the nearest binary number: what a spreadsheet would have stored
    return value if value is None or isinstance(value, int) else text(value)


SQL_TYPES = {"text": "TEXT", "integer": "INTEGER", "decimal": "TEXT", "date": "TEXT", "datetime": "TEXT",
             "boolean": "INTEGER"}
MONEY_TYPES = {"text": "TEXT", "real": "REAL", "integer": "INTEGER", "minor": "INTEGER"}


def write_csv(folder, table, columns):
    at = [table.position(column) for column in columns]
    with open(folder / f"{table.name}.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([text(row[index]) for index in at] for row in table.rows)


def write_sqlite(path, tables, money):
    path.unlink(missing_ok=True)
    database = sqlite3.connect(path)
    for table in tables:
        types = [MONEY_TYPES[money] if kind == "money" else SQL_TYPES[kind] for _, kind in table.columns]
        columns = ", ".join(f'"{name}" {type_}' for (name, _), type_ in zip(table.columns, types))
        database.execute(f'CREATE TABLE "{table.name}" ({columns})')
        marks = ", ".join("?" * len(table.columns))
        database.executemany(
            f'INSERT INTO "{table.name}" VALUES ({marks})',
            ([stored(value, kind, money) for value, (_, kind) in zip(row, table.columns)] for row in table.rows))
    database.commit()
    database.close()


def write_defects(folder, dirt):
    with open(folder / "defects.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("table", "row", "key", "column", "defect"))
        writer.writerows(dirt.applied)


def options():
    parser = argparse.ArgumentParser(description="Makes seeded test data.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sample", choices=sorted([*SAMPLES, *templates.SAMPLES]), help="the bundled data of a policy; other settings do not count")
    parser.add_argument("--variant", choices=("clean", "dirty"), default="clean")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hosts", type=int, default=40)
    parser.add_argument("--orders", type=int, default=4_000)
    parser.add_argument("--first", type=date.fromisoformat, default=date(2026, 7, 1), help="first day")
    parser.add_argument("--last", type=date.fromisoformat, default=date(2026, 8, 31), help="last day")
    parser.add_argument("--markets", default="UK,US,TH,VN", help=f"of {', '.join(MARKETS)}")
    parser.add_argument("--zone", default="Europe/London", help="whose skipped hours the dirty variant uses")
    parser.add_argument("--sqlite", type=Path, metavar="FILE")
    parser.add_argument("--money", choices=sorted(MONEY_TYPES), default="text", help="how SQLite stores it")
    parser.add_argument("--whole-money", action="store_true", help="no minor units in amounts")
    parser.add_argument("--no-csv", action="store_true")
    return parser.parse_args()


def main():
    chosen = options()
    if chosen.sample in templates.SAMPLES:
        chosen.folder.mkdir(parents=True, exist_ok=True)
        seed = sum(ord(letter) * 31**place for place, letter in enumerate(chosen.sample))
        for table in templates.SAMPLES[chosen.sample](Random(seed)):
            write_csv(chosen.folder, table, [name for name, _ in table.columns])
        return 0
    if chosen.sample:
        settings, layout = SAMPLES[chosen.sample]
    else:
        markets = tuple(chosen.markets.split(","))
        unknown = [code for code in markets if code not in MARKETS]
        if unknown or chosen.last < chosen.first or chosen.hosts < 1 or chosen.orders < 0:
            print("unknown market, empty range or no host", file=sys.stderr)
            return 2
        settings = Settings(seed=chosen.seed, first=chosen.first, last=chosen.last, markets=markets, hosts=chosen.hosts,
                            orders=chosen.orders, whole_money=chosen.whole_money)
        layout = None
    marketplace = Marketplace(settings)
    chosen.folder.mkdir(parents=True, exist_ok=True)
    if chosen.variant == "dirty" and not chosen.sample:
        write_defects(chosen.folder, Dirt(marketplace, chosen.zone))
    tables = [table for table in marketplace.tables if layout is None or table.name in layout]
    if not chosen.no_csv:
        for table in tables:
            write_csv(chosen.folder, table, layout[table.name] if layout else [name for name, _ in table.columns])
    if chosen.sqlite:
        write_sqlite(chosen.sqlite, tables, chosen.money)
    return 0


if __name__ == "__main__":
    sys.exit(main())
