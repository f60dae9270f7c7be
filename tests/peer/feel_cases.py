#!/usr/bin/env python3
"""The FEEL conformance cases for `between`, `in` and the rounding functions as expressions of the KPI language.

    feel_cases.py SHARED_DIR            prints `expected<TAB>expression` lines for `kpi eval -`
    feel_cases.py SHARED_DIR --without  prints the rows without counterpart and why

An expected `error` means that `kpi eval` must answer `error: ...`.
"""

import csv
import pathlib
import re
import sys

ROUND_MODES = {
    "decimal": "half_even",
    "round up": "up",
    "round down": "down",
    "round half up": "half_up",
    "round half down": "half_down",
}
COMPARISONS = ("<=", ">=", "!=", "<", ">", "=")
RANGE_KINDS = ("number", "duration", "date", "datetime")  # what a range of ours can hold; others are compared twice
DURATION_WORDS = {"Y": "years", "M": "months", "D": "days"}

NO_NULL = "our language has no null literal: a missing value is known from the data, not written"
NO_TIME = "a time of day exists only inside `calendar`, not as a value"
NO_CONTEXT = "our language has no contexts"
NO_NESTING = "lists of lists are not values of our language"
NO_MIXING = "a list has elements of one type"
NO_NAMES = "our functions take their arguments by position"
NO_FRACTION = "the number of places is an integer"
NO_LIMIT = "the limit comes from IEEE decimal128, our numbers have none there"


class NoCounterpart(Exception):
    pass


def split_top(text, separator):
    """Splits at a separator outside brackets and quotes."""
    parts, depth, quoted, start, i = [], 0, False, 0, 0
    while i < len(text):
        if text[i] == '"':
            quoted = not quoted
        elif not quoted:
            depth += (text[i] in "([{") - (text[i] in ")]}")
            if depth == 0 and text.startswith(separator, i):
                parts.append(text[start:i].strip())
                i += len(separator)
                start = i
                continue
        i += 1
    return parts + [text[start:].strip()]


def duration(text):
    match = re.fullmatch(r"P(\d+)([YMD])", text)
    if not match:
        raise NoCounterpart(f"the duration {text} has several units")
    return f"{match[1]} {DURATION_WORDS[match[2]]}"


def scalar(text):
    """One value: returns its literal and its type."""
    text = text.strip()
    if text == "null":
        raise NoCounterpart(NO_NULL)
    if text.startswith("{"):
        raise NoCounterpart(NO_CONTEXT)
    if text.startswith("time("):
        raise NoCounterpart(NO_TIME)
    if re.fullmatch(r"-?\d+(\.\d+)?", text):
        return text, "number"
    if text in ("true", "false"):
        return text, "boolean"
    if re.fullmatch(r'"[^"\\]*"', text):
        return text, "text"
    call = re.fullmatch(r'(?:(datetime|date|duration)\(|@)"([^"]*)"\)?', text)
    if not call:
        raise NoCounterpart(f"no literal for {text}")
    value = call[2]
    if value.startswith("P"):
        return duration(value), "calendar step" if value[-1] in "YM" else "duration"
    if re.match(r"\d{2}:", value):
        raise NoCounterpart(NO_TIME)
    return value, "datetime" if "T" in value else "date"


def range_parts(text):
    """The brackets and bounds of `[a..b)`, or None."""
    if len(text) < 2 or text[0] not in "[(" or text[-1] not in ")]":
        return None
    bounds = split_top(text[1:-1], "..")
    return (text[0], bounds[0], bounds[1], text[-1]) if len(bounds) == 2 else None


def in_range(item, text):
    opening, lower, upper, closing = range_parts(text)
    low, kind = scalar(lower)
    high = scalar(upper)[0]
    if opening == "[" and kind in RANGE_KINDS:
        return f"{item} in {low}{'..=' if closing == ']' else '..'}{high}"
    return f"{item} {'>=' if opening == '[' else '>'} {low} and {item} {'<=' if closing == ']' else '<'} {high}"


def in_list(item, kind, elements):
    if any(range_parts(element) for element in elements):
        return " or ".join(in_range(item, element) for element in elements)
    if any(element.startswith("[") for element in elements):
        raise NoCounterpart(NO_NESTING)
    values = [scalar(element) for element in elements]
    if any(value[1] != kind for value in values):
        raise NoCounterpart(NO_MIXING)
    return f"{item} in [" + ", ".join(value[0] for value in values) + "]"


def in_test(item, kind, test):
    """One unary test: a comparison, a range, a list, or a value to be equal to."""
    for comparison in COMPARISONS:
        if test.startswith(comparison):
            return f"{item} {comparison} {scalar(test[len(comparison):])[0]}"
    if range_parts(test):
        return in_range(item, test)
    if test.startswith("[") and test.endswith("]"):
        return in_list(item, kind, split_top(test[1:-1], ","))
    return f"{item} = {scalar(test)[0]}"


def convert_in(item_text, tests):
    if item_text.startswith("["):
        raise NoCounterpart(NO_NESTING)
    item, kind = scalar(item_text)
    if tests.startswith("(") and tests.endswith(")") and not range_parts(tests):
        return " or ".join(in_test(item, kind, test) for test in split_top(tests[1:-1], ","))
    return in_test(item, kind, tests)


def convert_between(item_text, bounds):
    lower, upper = split_top(bounds, " and ")
    return in_range(scalar(item_text)[0], f"[{lower}..{upper}]")


def convert_round(function, arguments):
    mode = ROUND_MODES[function]
    values = split_top(arguments, ",") if arguments else []
    if any(value == "null" for value in values):
        raise NoCounterpart(NO_NULL)
    if any(re.match(r"\w+:", value) for value in values):
        named = dict(value.split(":", 1) for value in values)
        if set(named) != {"n", "scale"}:
            raise NoCounterpart(NO_NAMES)
        values = [named["n"], named["scale"]]
    if len(values) == 2 and re.fullmatch(r"\d+\.\d+", values[1]):
        raise NoCounterpart(NO_FRACTION)
    if len(values) == 2 and values[1].startswith("("):
        raise NoCounterpart(NO_LIMIT)
    return f"round({', '.join(values + [mode])})"


def convert(expression):
    """The expression in our language; raises NoCounterpart."""
    expression = expression.replace("date and time(", "datetime(")  # its `and` is not the operator
    call = re.fullmatch(r"(decimal|round up|round down|round half up|round half down)\((.*)\)", expression)
    if call:
        return convert_round(call[1], call[2])
    between = split_top(expression, " between ")
    if len(between) == 2:
        return convert_between(*between)
    return convert_in(*split_top(expression, " in "))


def cases(shared):
    """Yields (id, expected, expression, reason); expression or reason is None."""
    path = pathlib.Path(shared) / "peer" / "feel_cases.tsv"
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            identity = f"{row['suite']}/{row['test_id']}"
            expected = "error" if row["expected"] == "null" else row["expected"]
            try:
                yield identity, expected, convert(row["feel_expression"]), None
            except NoCounterpart as reason:
                yield identity, expected, None, str(reason)


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
