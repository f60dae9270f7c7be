#!/usr/bin/env python3
"""What holds for `kpi diff` of any policy, over every policy of the tree:

  itself      a policy does not differ from itself
  shuffled    nor from the same declarations in another order (exclusions keep theirs, which is said)
  rewritten   nor from other spacing, comments and numbers written differently
  renamed     nor from one with other names for its metrics, curves, exclusions, scorecards, payouts, phases …
  mutated     one changed number, word, row or clause is exactly one change

  diff_properties.py KPI [--seed 1] [POLICY …]
"""
import argparse
import concurrent.futures
import json
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT_OR_COMMENT = re.compile(r'"(?:\\.|[^"\\])*"|#[^\n]*')
NAMED = re.compile(r"^(metric|exclude|curve|table|scorecard|payout|alert)\s+(\w+)", re.M)
INNER = re.compile(r"^\s+(?:gate|penalty)\s+(\w+)", re.M)
NUMBER = re.compile(r"(?<![\w.:\-#])(\d[\d_]*(?:\.\d+)?)(?![\w.:\-])")
WORDS = [(r"\bbetter +lower\b", "better higher"), (r"\bhalf_even\b", "half_up"), (r"\bbrackets\b(?= *\{)", "steps"),
         (r"\bline\b(?= *\{)", "steps"), (r"\bmissing +unscored\b", "missing zero"), (r"\bscore 0\b", "unscored"),
         (r"<(?![=])", "<="), (r">(?![=])", ">="), (r"\bkind test\b", "kind internal"), (r"\bsum\(", "max("),
         (r"\bcapped\b(?! *\()", "linear"), (r"\bkeep_first\b", "allow"), (r" and ", " or "), (r" \+ ", " - "),
         (r"\bmirror\b", "inverse"), (r"\bcritical\b", "info"), (r"\bcollected +export\b", "collected payee"), (r"\bpersonal\b", ""),
         (r"\bas orders\b", "as other"), (r"\bfrom bonus\b", "from base"), (r"\bpartial prorate\b", "")]


def declarations(text):
    """The declarations of a file: each begins at the left margin, with the comments above it."""
    found, current = [], []
    for line in text.split("\n"):
        begins = re.match(r"[a-z]", line) is not None
        if begins and any(part and not part.startswith("#") for part in current):
            keep = []
            while current and (not current[-1].strip() or current[-1].startswith("#")):
                keep.insert(0, current.pop())
            found.append("\n".join(current))
            current = keep
        current.append(line)
    found.append("\n".join(current))
    return [part for part in found if part.strip()]


def is_kind(declaration, *kinds):
    code = "\n".join(line for line in declaration.split("\n") if not line.startswith("#")).lstrip()
    return code.split(None, 1)[0] in kinds if code else False


def without_tests(text):
    return "\n".join(d for d in declarations(text) if not is_kind(d, "test", "rule", "attack", "allow")) + "\n"


def shuffled(text, rng):
    parts = declarations(text)
    head = [d for d in parts if is_kind(d, "edition")]
    rest = [d for d in parts if not is_kind(d, "edition")]
    order = rest[:]
    rng.shuffle(order)
    exclusions = iter([d for d in rest if is_kind(d, "exclude")])
    return "\n".join(head + [next(exclusions) if is_kind(d, "exclude") else d for d in order]) + "\n"


def outside_texts(text, change):
    """`change` applied to the code, with texts and comments as they are."""
    out, at = [], 0
    for match in TEXT_OR_COMMENT.finditer(text):
        out += [change(text[at:match.start()]), match.group()]
        at = match.end()
    return "".join(out + [change(text[at:])])


def rewritten(text):
    def change(code):
        code = NUMBER.sub(lambda m: m[1] if "." in m[1] or "_" in m[1] else m[1] + ".0", code)
        return re.sub(r"(?<=\S) {2,}(?=\S)", " ", code)
    parts = [d if is_kind(d, "edition", "calendar", "import") or "rolling(" in d or "previous(" in d or "round" in d or
             "show" in d or " for " in d or "trial" in d or "months" in d or "integer" in d
             else outside_texts(d, change) for d in declarations(text)]
    return "# another comment\n" + "\n\n# and one more\n".join(parts) + "\n"


def renamed(text):
    names = {m[2] for m in NAMED.finditer(text)} | set(INNER.findall(text))
    for block in re.findall(r"^phases for \w+ \{(.*?)^\}", text, re.M | re.S):
        names |= {line.split()[0] for line in block.split("\n") if line.strip() and not line.strip().startswith("#")}
    fields = set(re.findall(r"^\s+(\w+)\s*:", text, re.M)) | set(re.findall(r"\bfrom (\w+)", text))
    fields |= set(re.findall(r"^(?:entity|events|param|calendar)\s+(\w+)", text, re.M))
    # Tags are words of their own, and `use … with` names what a library calls its things.
    elsewhere = re.findall(r"\btags +([\w, ]+)", text) + re.findall(r"^use .*?$(?:\n[ }].*)*", text, re.M)
    names -= {word for part in elsewhere for word in re.findall(r"\w+", part)}
    names -= fields | {"pool", "target", "metric", "weight", "curve", "attain", "missing", "amount", "score", "phase"}
    names = {name for name in names if not re.search(r"\b\w+\.%s\b|\(\s*%s\s*\)\s*\{|\(%s\)\s+(?:steps|line|brackets)|\b%s *\(" % ((re.escape(name),) * 4), text)
             or re.search(r"^(?:curve|table)\s+%s\b" % re.escape(name), text, re.M)}
    if not names:
        return text
    pattern = re.compile(r"(?<![.\w])(" + "|".join(sorted(map(re.escape, names), key=len, reverse=True)) + r")\b(?!-)")
    changed = outside_texts(text, lambda code: pattern.sub(lambda m: m[1] + "_zz", code))
    # Names in {…} of messages follow too.
    return re.sub(r"\{(%s)\}" % "|".join(sorted(map(re.escape, names))), r"{\1_zz}", changed)


def mutations(text):
    """(what, mutated text) for every single mutation, none of which touches tests, labels or the edition."""
    parts = declarations(text)
    for index, part in enumerate(parts):
        if is_kind(part, "edition", "labels", "test", "import", "use"):
            continue

        def whole(changed):
            return "\n".join(parts[:index] + [changed] + parts[index + 1:]) + "\n"

        hidden = TEXT_OR_COMMENT.sub(lambda m: "~" * len(m.group()), part)
        for match in NUMBER.finditer(hidden):
            if re.search(r"\bshow\b", line_of(part, match.start())):
                continue  # only how it looks
            before = line_of(hidden, match.start())[:match.start() - hidden.rfind("\n", 0, match.start()) - 1]
            if is_kind(part, "param") and " range " in before:
                continue  # what a user of the policy may set, not what it is
            digits = match[1].replace("_", "")
            bigger = f"{float(digits) + 0.5}" if "." in digits else str(int(digits) + 1)
            yield f"number {match[1]} -> {bigger} in `{line_of(part, match.start())}`", whole(part[:match.start()] + bigger + part[match.end():])
        for pattern, replacement in WORDS:
            for match in re.finditer(pattern, hidden):
                yield (f"`{match.group()}` -> `{replacement}` in `{line_of(part, match.start())}`",
                       whole(part[:match.start()] + replacement + part[match.end():]))
        lines = part.split("\n")
        for at in range(1, len(lines)):
            clause = lines[at].strip()
            if not clause.startswith("|") and "  " in re.sub(r"^\w+ +", "", clause):
                continue  # several clauses
            if re.match(r"(gate|penalty|cap|floor|prorate|paid|budget|earned|payable|needs|matures|better|covers|trial|appeal|human_review|assume|duplicates)\b", clause) or (
                    clause.startswith("|") and not clause.startswith("| --") and at > 2 and not is_kind(part, "scorecard")):
                yield f"without `{clause}`", whole("\n".join(lines[:at] + lines[at + 1:]))


def line_of(text, offset):
    begin = text.rfind("\n", 0, offset) + 1
    return text[begin:(text.find("\n", offset) + 1 or len(text) + 1) - 1].strip()


class Tester:
    def __init__(self, kpi, folder, name, text, beside):
        self.kpi, self.folder, self.name, self.count = kpi, Path(folder), name, 0
        for path in beside.glob("*.kpi"):  # libraries that it uses
            (self.folder / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
        self.text = text
        self.old = self.write("old__", text)

    def write(self, stem, text):
        path = self.folder / f"{stem}.kpi"
        path.write_text(text, encoding="utf-8")
        return path

    def diff(self, text, stem):
        new = self.write(stem, text)
        run = subprocess.run([self.kpi, "diff", str(self.old), str(new), "--format", "json"], capture_output=True, text=True)
        if run.returncode == 3:
            return None
        if run.returncode not in (0, 1):
            raise SystemExit(f"{self.name}: exit {run.returncode}\n{run.stderr}")
        return json.loads(run.stdout)


def texts(result):
    return "".join(f"\n    {change['text']}" for change in result["changes"])


def check(kpi, path, seed):
    """(passed, failures, mutations tried) of one policy."""
    text = without_tests(path.read_text(encoding="utf-8"))
    rng = random.Random(f"{seed} {path.name}")
    passed, failures = 0, []
    with tempfile.TemporaryDirectory() as folder:
        tester = Tester(kpi, folder, path.name, text, path.parent)
        same = [("itself", text), ("rewritten", rewritten(text)), ("renamed", renamed(text))]
        same += [(f"shuffled {i}", shuffled(text, rng)) for i in range(3)]
        for what, changed in same:
            result = tester.diff(changed, "same__")
            if result is None:
                failures.append(f"{path.name} {what}: does not compile")
            elif not result["same_meaning"]:
                failures.append(f"{path.name} {what}: should be no effect{texts(result)}")
            else:
                passed += 1
        tried = 0
        for what, changed in mutations(text):
            result = tester.diff(changed, "new__")
            if result is None:
                continue  # weights that do not add up, a gap between phases …
            tried += 1
            if len(result["changes"]) == 1:
                passed += 1
            else:
                failures.append(f"{path.name} {what}: {len(result['changes'])} changes{texts(result)}")
    return passed, failures, tried


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kpi")
    parser.add_argument("policies", nargs="*")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    paths = [Path(p) for p in options.policies] or sorted(
        p for folder in ("policies", "tests/language") for p in (ROOT / folder).rglob("*.kpi")
        if re.search(r"^policy\s", p.read_text(encoding="utf-8"), re.M))
    kpi = str(Path(options.kpi).resolve())
    passed, failures, tried = 0, [], 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for good, bad, mutated in pool.map(lambda path: check(kpi, path, options.seed), paths):
            passed, tried = passed + good, tried + mutated
            failures += bad
    for failure in failures:
        print(failure)
    print(f"{len(paths)} policies, {tried} mutations")
    print(f"{passed} passed, {len(failures)} failed")
    return 1 if failures or tried == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
