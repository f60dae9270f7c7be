#!/usr/bin/env python3
"""Runs the conformance cases of other languages through `kpi eval -` and compares the results.

    run.py KPI_BINARY [SHARED_DIR]

The cases lie outside the repository, in SHARED_DIR/peer; without SHARED_DIR the folder is $KPI_SHARED or ../shared
beside the repository. Numbers are compared as fractions. Rows without counterpart are listed with their reasons; `-v`
names every one of them. Exit status 1 when a result differs.
"""

import collections
import os
import pathlib
import subprocess
import sys
from fractions import Fraction

import decimal_cases
import feel_cases

SUITES = {"decimal": decimal_cases, "feel": feel_cases}
FILES = {"decimal": "decimal_cases.tsv", "feel": "feel_cases.tsv"}
SHOWN_FAILURES = 20


def evaluate(kpi, expressions):
    """The answers of `kpi eval -`, one for each expression."""
    run = subprocess.run([kpi, "eval", "-"], input="\n".join(expressions) + "\n", capture_output=True, encoding="utf-8",
                         check=False)
    answers = run.stdout.splitlines()
    if len(answers) != len(expressions):
        sys.exit(f"{len(expressions)} expressions gave {len(answers)} lines (exit status {run.returncode}):\n"
                 f"{run.stderr.strip()[:2000]}")
    return answers


def agrees(expected, answer):
    if expected == "error" or answer.startswith("error"):
        return expected == "error" and answer.startswith("error")
    if expected in ("true", "false"):
        return answer == expected
    try:
        return Fraction(answer) == Fraction(expected)
    except ValueError:
        return False


def run_suite(name, kpi, shared, verbose):
    """Prints what happened; returns the counts of agreeing and differing rows."""
    rows = list(SUITES[name].cases(shared))
    compared = [row for row in rows if row[2]]
    answers = evaluate(kpi, [row[2] for row in compared])
    failures = [(row, answer) for row, answer in zip(compared, answers) if not agrees(row[1], answer)]
    print(f"{name}: {len(rows)} rows, {len(compared)} compared, {len(failures)} differ")
    for (identity, expected, expression, _), answer in failures[:None if verbose else SHOWN_FAILURES]:
        print(f"  {identity}: {expression}\n    expected {expected}, got {answer}")
    if len(failures) > SHOWN_FAILURES and not verbose:
        print(f"  … and {len(failures) - SHOWN_FAILURES} more (-v shows all)")
    reasons = collections.defaultdict(list)
    for identity, _, _, reason in rows:
        if reason:
            reasons[reason].append(identity)
    for reason, identities in sorted(reasons.items(), key=lambda item: (-len(item[1]), item[0])):
        print(f"  {len(identities)} without counterpart: {reason}")
        if verbose:
            print("    " + " ".join(identities))
    return len(compared) - len(failures), len(failures)


def main(arguments):
    verbose = "-v" in arguments
    paths = [argument for argument in arguments if argument != "-v"]
    if len(paths) not in (1, 2):
        sys.exit(__doc__)
    default = pathlib.Path(__file__).resolve().parents[2].parent / "shared"
    shared = pathlib.Path(paths[1] if len(paths) == 2 else os.environ.get("KPI_SHARED", default))
    passed = failed = 0
    for name, file in FILES.items():
        if not (shared / "peer" / file).exists():
            print(f"{name}: skipped, {shared / 'peer' / file} is not there (name the folder, or set KPI_SHARED)")
            continue
        suite_passed, suite_failed = run_suite(name, paths[0], shared, verbose)
        passed += suite_passed
        failed += suite_failed
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
