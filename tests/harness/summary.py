#!/usr/bin/env python3
"""Runs ctest in a build folder and adds up what the single programs counted.

    summary.py BUILD [--jobs N] [--include REGEX] [--exclude REGEX] [--counts FILE]

Catch2 programs count test cases, scripts the numbers of their closing line `N passed, N failed`; a program that ends
without either (a crash, a time limit) counts as one failure. --counts writes `passed failed` for the caller to add up.
The last line is the sum; the exit status is 1 when anything failed.
"""
import argparse
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from expectation import closing_line  # noqa: E402

CLOSING = re.compile(r"^(\d+) passed, (\d+) failed$", re.M)
CATCH_ALL = re.compile(r"^All tests passed \(.* in (\d+) test cases?\)$", re.M)
CATCH_SOME = re.compile(r"^test cases: +(\d+) \|(.*)$", re.M)


def counts(output, succeeded):
    """(passed, failed) of one program from what it printed and whether ctest saw it succeed."""
    passed, failed = _printed(output)
    if not succeeded and failed == 0:
        failed = 1
    return passed, failed


def _printed(output):
    closing = CLOSING.findall(output)
    if closing:
        return int(closing[-1][0]), int(closing[-1][1])
    if match := CATCH_ALL.search(output):
        return int(match[1]), 0
    if match := CATCH_SOME.search(output):
        failed = sum(int(n) for n in re.findall(r"(\d+) failed(?! as)", match[2]))
        return int(match[1]) - failed, failed
    return 0, 0


def run(build, jobs, include, exclude):
    """[(name, passed, failed, output)] of every registered test."""
    with tempfile.TemporaryDirectory(prefix="kpi-summary-") as folder:
        junit = Path(folder) / "junit.xml"
        command = ["ctest", "--test-dir", str(build), "-j", str(jobs), "--output-junit", str(junit), "--timeout", "900",
                   "--test-output-size-passed", "10000000", "--test-output-size-failed", "10000000"]
        if include:
            command += ["-R", include]
        if exclude:
            command += ["-E", exclude]
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        if not junit.is_file():
            raise SystemExit(f"ctest could not run in {build}")
        suite = ElementTree.parse(junit).getroot()
    rows = []
    for case in suite.iter("testcase"):
        output = case.findtext("system-out") or ""
        rows.append((case.get("name"), *counts(output, case.get("status") == "run"), output))
    return rows


def main():
    parser = argparse.ArgumentParser(description="Runs ctest and prints the sum over all test programs.")
    parser.add_argument("build", type=Path)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--include", help="only tests whose name matches")
    parser.add_argument("--exclude")
    parser.add_argument("--counts", type=Path)
    options = parser.parse_args()
    rows = run(options.build, options.jobs, options.include, options.exclude)
    for name, _, failed, output in rows:
        if failed:
            print(f"---- {name}\n{output.strip()}\n")
    width = max((len(name) for name, *_ in rows), default=0)
    for name, passed, failed, _ in rows:
        print(f"{name:<{width}}  {passed} passed, {failed} failed")
    passed, failed = sum(row[1] for row in rows), sum(row[2] for row in rows)
    if not rows:
        print("no test is registered")
        failed = 1
    if options.counts:
        options.counts.write_text(f"{passed} {failed}\n")
    return closing_line(passed, failed)


if __name__ == "__main__":
    sys.exit(main())
