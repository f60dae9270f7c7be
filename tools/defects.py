"""The dirty variant: mistakes that real exports have, put into clean tables at places that are written down.

Every defect touches its own row, so counting the entries of the list gives the number of bad rows of each kind.
"""
from datetime import datetime, timedelta

from marketplace import Random

# (defect, table, column, rows per thousand): the cell gets what `_broken` gives for the defect.
CELL_DEFECTS = (
    ("null", "orders", "amount", 4),
    ("null", "orders", "host_id", 3),
    ("null", "sessions", "views", 10),
    ("malformed_decimal", "orders", "amount", 4),
    ("malformed_decimal", "rates", "rate", 8),
    ("malformed_date", "orders", "paid_at", 4),
    ("malformed_date", "hosts", "joined", 30),
    ("malformed_integer", "sessions", "views", 10),
    ("unknown_host", "orders", "host_id", 3),
    ("unknown_host", "violations", "host_id", 100),
    ("unknown_currency", "orders", "currency", 3),
    ("out_of_range", "sessions", "views", 10),
    ("stray_spaces", "orders", "buyer_id", 5),
)
BAD_DECIMALS = ("12,50", "GBP 12.50", "1.2.3", "twelve", "£12.50", "1e3", "")
BAD_TIMES = ("2026-02-30T10:00:00", "03/07/2026 10:00", "2026-07-03T25:00:00", "yesterday", "2026-7-3")
# Local times that the clock skips, by zone; only those inside the range of the data are used.
GAPS = {
    "Europe/London": (datetime(2025, 3, 30, 1, 30), datetime(2026, 3, 29, 1, 30), datetime(2027, 3, 28, 1, 30)),
    "America/New_York": (datetime(2025, 3, 9, 2, 30), datetime(2026, 3, 8, 2, 30), datetime(2027, 3, 14, 2, 30)),
}


def _broken(defect, random, value):
    if defect == "null":
        return None
    if defect == "malformed_decimal":
        return random.pick(BAD_DECIMALS)
    if defect == "malformed_date":
        return random.pick(BAD_TIMES)
    if defect == "malformed_integer":
        return random.pick(("many", "12.5", "1 000"))
    if defect == "unknown_host":
        return f"nobody-{random.below(100):02}"
    if defect == "unknown_currency":
        return random.pick(("XXX", "pound", "Gbp"))
    if defect == "out_of_range":
        return -1 - random.below(9)
    if defect == "stray_spaces":
        return f" {value}\t"
    raise AssertionError(defect)


class Dirt:
    """`applied` holds (table, row position counted from 1, key, column, defect)."""

    def __init__(self, marketplace, zone):
        self.settings = marketplace.settings
        self.tables = {table.name: table for table in marketplace.tables}
        self.random = Random(self.settings.seed * 7_919 + 17)
        self.applied = []
        self._used = set()
        self._drop_rates()
        for defect, table, column, per_thousand in CELL_DEFECTS:
            self._break_cells(defect, self.tables[table], column, per_thousand)
        self._skip_clock(self.tables["orders"], zone)
        self._repeat_rows(self.tables["orders"])

    def _note(self, table, position, column, defect):
        key = table.rows[position][0] if table.has_key else ""
        self.applied.append((table.name, position + 1, key, column, defect))

    def _fresh_row(self, table):
        """A row that has no defect yet, or none."""
        for _ in range(200):
            position = self.random.below(len(table.rows))
            if (table.name, position) not in self._used:
                self._used.add((table.name, position))
                return position
        return None

    def _break_cells(self, defect, table, column, per_thousand):
        at = table.position(column)
        for _ in range(max(1, len(table.rows) * per_thousand // 1000)):
            position = self._fresh_row(table)
            if position is None:
                return
            self._note(table, position, column, defect)
            table.rows[position][at] = _broken(defect, self.random, table.rows[position][at])

    def _drop_rates(self):
        """Nine days without rates for one currency: more than the week that a run looks back."""
        table = self.tables["rates"]
        foreign = sorted({row[1] for row in table.rows if row[1] != "GBP"})
        if not foreign:
            return
        currency = self.random.pick(foreign)
        start = self.settings.first + timedelta(max(0, self.settings.days // 2))
        gone = {start + timedelta(offset) for offset in range(9)}
        self.applied += [("rates", 0, "", f"{currency} {row[0]}", "missing_rate")
                         for row in table.rows if row[1] == currency and row[0] in gone]
        table.rows = [row for row in table.rows if not (row[1] == currency and row[0] in gone)]

    def _skip_clock(self, table, zone):
        at = table.position("paid_at")
        for gap in GAPS.get(zone, ()):
            if self.settings.first <= gap.date() <= self.settings.last:
                position = self._fresh_row(table)
                if position is not None:
                    self._note(table, position, "paid_at", "skipped_time")
                    table.rows[position][at] = gap

    def _repeat_rows(self, table):
        """Whole rows twice, and one key twice with another amount."""
        at = table.position("amount")
        for number in range(max(2, len(table.rows) // 400)):
            position = self._fresh_row(table)
            if position is None:
                return
            row = list(table.rows[position])
            if number == 0:
                row[at] = "1.00"
            table.rows.append(row)
            self._note(table, len(table.rows) - 1, table.columns[0][0], "duplicate_key")
