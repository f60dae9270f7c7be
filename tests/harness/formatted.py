#!/usr/bin/env python3
"""Policies and libraries that people read are in the canonical layout: formatted.py --kpi KPI. `kpi fmt` brings them there."""
import argparse
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from expectation import ROOT, closing_line  # noqa: E402


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kpi", default=str(ROOT / "build" / "dev" / "kpi"))
    options = parser.parse_args()
    files = [str(path.relative_to(ROOT)) for top in ("policies", "stdlib") for path in sorted((ROOT / top).rglob("*.kpi"))]
    done = subprocess.run([str(Path(options.kpi).resolve()), "fmt", "--check", "--format", "compact", *files], cwd=ROOT,
                          capture_output=True, text=True, check=False)
    print(done.stdout + done.stderr, end="")
    wrong = set(re.findall(r"^(\S+\.kpi):\d+:", done.stdout, re.M))
    failed = len(wrong) if done.returncode == 1 else len(files) if done.returncode else 0
    return closing_line(len(files) - failed, failed)


if __name__ == "__main__":
    sys.exit(main())
