#!/usr/bin/env python3
"""The General Decimal Arithmetic test cases as expressions of the KPI language.

Arithmetic there rounds every result to `precision` significant digits. Ours is exact, so a row's counterpart is
`round_significant` of the exact result; quantize and rescale are `round` to decimal places.

    decimal_cases.py SHARED_DIR            prints `expected<TAB>expression` lines for `kpi eval -`
    decimal_cases.py SHARED_DIR --without  prints the rows without counterpart and why
"""

import csv
import pathlib
import sys
from decimal import Decimal

ROUNDINGS = {"half_even", "half_up", "half_down", "up", "down", "ceiling", "floor"}

# {a} and {b} are the operands, {p} the precision, {m} the rounding, {places} where the operation names places.
PRECISE = {
    "add": "{a} + {b}",
    "subtract": "{a} - {b}",
    "multiply": "{a} * {b}",
    "divide": "{a} / {b}",
    "remainder": "{a} - {b} * round({a} / {b}, 0, down)",
    "abs": "abs({a})",
    "minus": "-{a}",
    "plus": "{a}",
    "reduce": "{a}",
    "max": "max({a}, {b})",
    "min": "min({a}, {b})",
}
DIRECT = {
    "divideint": "round({a} / {b}, 0, down)",
    "compare": "if {a} < {b} then -1 else (if {a} > {b} then 1 else 0)",
    "quantize": "round({a}, {places}, {m})",
    "rescale": "round({a}, {places}, {m})",
    "tointegral": "round({a}, 0, {m})",
    "tointegralx": "round({a}, 0, {m})",
}


def plain(text):
    """A value without exponent, as a literal of ours; negative ones in parentheses."""
    digits = format(Decimal(text), "f")
    return f"({digits})" if digits.startswith("-") else digits


def places(operation, text):
    """How many decimal places quantize and rescale ask for."""
    if operation == "quantize":
        return -Decimal(text).as_tuple().exponent
    return -int(Decimal(text))


def convert(row):
    """The expression of a row, or None and the reason why there is none."""
    operation, rounding = row["op"], row["rounding"]
    if rounding not in ROUNDINGS:
        return None, f"the rounding {rounding} does not exist in our language"
    template = DIRECT.get(operation)
    if template is None and operation in PRECISE:
        template = "round_significant(" + PRECISE[operation] + ", {p}, {m})"
    if template is None:
        return None, f"the operation {operation} does not exist in our language"
    wanted = places(operation, row["b"]) if operation in ("quantize", "rescale") else None
    operands = {"a": plain(row["a"]), "b": plain(row["b"]) if row["b"] else ""}
    return template.format(p=row["precision"], m=rounding, places=wanted, **operands), None


def cases(shared):
    """Yields (id, expected, expression, reason); expression or reason is None."""
    path = pathlib.Path(shared) / "peer" / "decimal_cases.tsv"
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            expression, reason = convert(row)
            yield row["id"], row["expected"], expression, reason


def main(arguments):
    without = "--without" in arguments
    paths = [argument for argument in arguments if not argument.startswith("--")]
    if len(paths) != 1:
        sys.exit(__doc__)
    for identity, expected, expression, reason in cases(paths[0]):
        if without and reason:
            print(f"{identity}\t{reason}")
        elif not without and expression:
            print(f"{expected}\t{expression}")


if __name__ == "__main__":
    main(sys.argv[1:])
