#!/usr/bin/env python3
"""Every snippet, with what it proposes, is text that the language accepts and that `kpi fmt` lays out; every declaration of
the grammar has one.

    snippets.py KPI
"""
import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "harness"))
from expectation import closing_line  # noqa: E402

SNIPPETS = ROOT / "editor-support" / "vscode" / "snippets" / "kpi.json"
HEADER = 'edition 2026\npolicy p { currency GBP  timezone "Europe/London"  effective 2026-07-01 to 2026-12-31 }\n'
LIBRARY = "edition 2026\nlibrary l {\n%s\n}\n"


def proposed(body):
    """What stands there when a person accepts every proposal."""
    choice = re.compile(r"\$\{\d+\|([^,|]*)[^}]*\|\}")
    default = re.compile(r"\$\{\d+:((?:[^{}\\]|\\.|\{[^{}]*\\\})*)\}")
    text = default.sub(lambda match: match[1].replace("\\}", "}"), choice.sub(r"\1", "\n".join(body)))
    return re.sub(r"\$\d+", "", text)


def file_with(name, text):
    begins = text.split()[0]
    if name == "Edition":
        return text + HEADER.split("\n", 1)[1]
    if begins == "edition":
        return text
    if begins in ("policy", "library"):
        return "edition 2026\n" + text
    return LIBRARY % text if begins in ("param", "requires") else HEADER + text


def declarations():
    words = (ROOT / "grammar" / "syntax" / "keywords.def").read_text(encoding="utf-8")
    return re.findall(r"W\(declaration, (\w+)\)", words)


def main():
    passed = failed = 0
    snippets = json.loads(SNIPPETS.read_text(encoding="utf-8"))
    for word in declarations():
        if any(snippet["prefix"].split()[0] == word and proposed(snippet["body"]).split()[0] == word for snippet in snippets.values()):
            passed += 1
        else:
            failed += 1
            print(f"`{word}` has no snippet")
    for name, snippet in snippets.items():
        text = file_with(name, proposed(snippet["body"]))
        run = subprocess.run([sys.argv[1], "fmt", "-"], input=text, capture_output=True, text=True, check=False)
        if run.returncode == 0 and "$" not in run.stdout:
            passed += 1
        else:
            failed += 1
            print(f"snippet `{name}`:\n{run.stderr or run.stdout}")
    return closing_line(passed, failed)


if __name__ == "__main__":
    sys.exit(main())
