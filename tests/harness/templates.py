#!/usr/bin/env python3
"""Runs every policy template below policies/: `kpi check` finds nothing, nor does `kpi lint` however late it runs, its tests
pass and meet every outcome, it is laid out as `kpi fmt` would, and its sample data give the results in expected/run.txt.
The first line of that file is the command, the rest what it prints; before it runs, each data/NAME.csv has been loaded into
shop.db with imports.kpi:NAME.

    tests/harness/templates.py --kpi build/ci/kpi [--update] [NAME…]

--update writes what the command prints now; then read the difference.
"""
import argparse
import concurrent.futures
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from expectation import ROOT, Runner, closing_line, difference, lines_of, matches  # noqa: E402

POLICIES = ROOT / "policies"


def failures_of(template, runner, update):
    """What is wrong with a template, as texts."""
    failures = []
    with tempfile.TemporaryDirectory(prefix="kpi-template-") as temporary:
        folder = Path(temporary) / template.name
        shutil.copytree(template, folder)

        def run(command, wanted=0):
            status, stdout, stderr = runner.run(command, folder)
            if status != wanted:
                failures.append(f"{command}: exit {status}\n{stdout}{stderr}")
            return stdout

        run("kpi check policy.kpi --deny warnings")
        for day in ("2026-07-01", "2027-06-01", "2030-01-01"):  # what is handed on must not turn red by itself
            run(f"kpi lint policy.kpi --deny warnings --as-of {day}")
        run("kpi test policy.kpi --min 100")
        run("kpi fmt --check policy.kpi" + (" imports.kpi" if (folder / "imports.kpi").exists() else ""))
        expectation = template / "expected" / "run.txt"
        if failures or not expectation.exists():
            return failures
        for table in sorted((folder / "data").glob("*.csv")):
            run(f"kpi import shop.db data/{table.name} --as imports.kpi:{table.stem}")
        first, *expected = expectation.read_text(encoding="utf-8").rstrip("\n").split("\n")
        printed = lines_of(run(first.removeprefix("$ ")))
        if update and not failures and not matches(expected, printed):
            expectation.write_text("\n".join([first, *printed]) + "\n", encoding="utf-8")
        elif not matches(expected, printed):
            failures.append(difference(expected, printed, f"{template.name}/expected/run.txt"))
    return failures


def main():
    parser = argparse.ArgumentParser(description="Runs the policy templates.")
    parser.add_argument("--kpi", default=ROOT / "build" / "ci" / "kpi", type=Path)
    parser.add_argument("--update", action="store_true")
    parser.add_argument("names", nargs="*")
    chosen = parser.parse_args()
    templates = sorted(path.parent for path in POLICIES.glob("*/policy.kpi"))
    if chosen.names:
        templates = [template for template in templates if template.name in chosen.names]
    runner = Runner(chosen.kpi)
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = pool.map(lambda template: failures_of(template, runner, chosen.update), templates)
        for template, failures in zip(templates, results):
            failed += bool(failures)
            for failure in failures:
                print(f"{template.name}: {failure}")
    return closing_line(len(templates) - failed, failed)


if __name__ == "__main__":
    sys.exit(main())
