#!/usr/bin/env python3
"""Every diagnostic of grammar/source/diagnostics/*.def must be provoked by a test.

An error or warning counts when its code (`K0102`) stands in what a case expects, or its code or `DiagnosticId::name` in a
unit test. A note, which is printed without a code, counts when its English or Chinese text does.
"""
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from expectation import ROOT, closing_line  # noqa: E402

TEXT = r'"(?:[^"\\]|\\.)*"'
TEXTS = rf"((?:{TEXT}\s*)+)"
ENTRY = re.compile(rf"^\s*K\(\s*(\d+)\s*,\s*(\w+)\s*,\s*(\w+)\s*,\s*{TEXTS},\s*{TEXTS},\s*{TEXTS},\s*{TEXTS}\)", re.M)


def joined(literals):
    """The value of adjacent C++ string literals."""
    parts = re.findall(TEXT, literals)
    return "".join(part[1:-1].replace('\\"', '"').replace("\\\\", "\\") for part in parts)


def entries(folder):
    for path in sorted(folder.glob("*.def")):
        text = re.sub(r"^\s*//.*$", "", path.read_text(encoding="utf-8"), flags=re.M)
        found = list(ENTRY.finditer(text))
        begun = len(re.findall(r"^\s*K\(", text, re.M))
        if begun != len(found):
            raise SystemExit(f"{path.name}: {begun} entries, but only {len(found)} can be read")
        for match in found:
            yield int(match[1]), match[2], match[3], joined(match[4]), joined(match[6])


def expectations(folder):
    """What the cases expect to be printed, joined."""
    parts = []
    for path in sorted(folder.rglob("*.case")):
        text = path.read_text(encoding="utf-8")
        start = text.find("\n--- exit:")
        if start >= 0:
            parts.append(text[start:])
    return "\n".join(parts)


def text_pattern(text):
    """The text with anything in place of its parameters, over line breaks."""
    return ".*?".join(re.escape(part) for part in re.split(r"\{\w+\}", text))


def main():
    expected = expectations(ROOT / "tests" / "cases")
    unit = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests").rglob("*.cpp")))
    missing, total, seen = [], 0, {}
    for number, severity, name, english, chinese in entries(ROOT / "grammar" / "source" / "diagnostics"):
        total += 1
        code = f"K{number:04d}"
        if code in seen:
            missing.append(f"{code} is used twice: {seen[code]} and {name}")
            continue
        seen[code] = name
        covered = code in expected or code in unit or re.search(rf"\bids::{name}\b", unit)
        if not covered and severity == "note":
            covered = any(text and re.search(text_pattern(text), expected) for text in (english, chinese))
        if not covered:
            missing.append(f"{code} {name} ({severity}) is provoked by no test")
    for line in missing:
        print(line)
    return closing_line(total - len(missing), len(missing))


if __name__ == "__main__":
    sys.exit(main())
