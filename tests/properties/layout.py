#!/usr/bin/env python3
"""Properties of `kpi fmt`, over every policy of the repository, the design examples, policies that stand in cases, and
random ones with comments thrown in:

- the meaning stays: the syntax tree, the words, and each comment between the words where it stood (read here by a lexer
  of its own, so that the formatter's safety net is checked too);
- a second run changes nothing;
- a text whose layout is destroyed (indentation, blanks, blank lines, broken lines, line ends) comes back as it was.

    layout.py KPI [--seed N] [--random N] [--keep FOLDER]
"""
import argparse
import os
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(Path(__file__).resolve().parent))
import generate  # noqa: E402

TOKEN = re.compile(r'"(?:\\.|[^"\\\n])*"|`[^`\n]*`|#[^\n]*|\n|[ \t\u3000\u00a0]+|\.\.=|\.\.|[<>!]=|\+-|\w+|.')
SEPARATOR = re.compile(r"\|(?:[ \t]*:?-{3,}:?[ \t]*\|)+[ \t]*(?:#.*)?$")


def plain(text):
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def words(text):
    """Words, signs and comments in order. The line of dashes below a table's header is none of them."""
    kept, table = [], 0  # table: rows so far
    for line in plain(text).split("\n"):
        stripped = line.strip(" \t\u3000\u00a0")
        if stripped.startswith("|"):
            table += 1
            if table == 2 and SEPARATOR.fullmatch(stripped):
                comment = stripped.find("#")
                kept.append("\n" if comment < 0 else "\n" + stripped[comment:])
                continue
        elif stripped and not stripped.startswith("#"):
            table = 0
        kept.append("\n" + line)
    found = TOKEN.findall("".join(kept))
    return [token.rstrip() for token in found if not token.isspace()]


def policies_of_the_tree():
    folders = [ROOT / name for name in ("policies", "stdlib", "tests", "bench", "docs")]
    if os.environ.get("KPI_SHARED"):
        folders.append(Path(os.environ["KPI_SHARED"]) / "design" / "examples")
    for folder in folders:
        for path in sorted(folder.rglob("*.kpi")):
            yield path.relative_to(folder.parent).as_posix(), path.read_bytes().decode("utf-8", "replace")
    for path in sorted((ROOT / "tests" / "cases").rglob("*.case")):
        text = path.read_text(encoding="utf-8")
        for number, block in enumerate(re.findall(r"^--- file: \S+\.kpi\n(.*?)(?=^--- \w+:)", text, re.M | re.S)):
            yield f"{path.relative_to(ROOT).as_posix()}:{number}", block


def quoted_spans(line):
    return [match.span() for match in re.finditer(r'"(?:\\.|[^"\\])*"|`[^`]*`|#.*', line)]


def outside(spans, at):
    return all(not begin <= at < end for begin, end in spans)


def is_table_row(line):
    return line.lstrip().startswith("|")


def with_comments(text, r):
    """Comments at the end of lines and between them, also in the middle of heads and expressions."""
    out = []
    for line in text.split("\n"):
        if r.random() < 0.08:
            out.append(" " * r.randrange(6) + r.choice(["# 注释 one", "#two  ", "## three", "#"]))
            if r.random() < 0.3:
                out.append("")
        spans = quoted_spans(line)
        gaps = [m.start() for m in re.finditer(r"(?<=[a-z)]) (?=[a-z])", line) if outside(spans, m.start())]
        if gaps and r.random() < 0.1 and re.match(r"(metric|exclude|scorecard|payout|alert) ", line) and "{" not in line:
            at = r.choice(gaps)
            line = line[:at] + "  # in the middle\n" + line[at:]
        if line.strip() and "#" not in line and r.random() < 0.12:
            line += r.choice([" # end", "#结束", "   ## doc at the end"])
        out.append(line)
    return "\n".join(out)


BREAKABLE = re.compile(r"\s*(metric|exclude|scorecard|payout|curve|phases|where|when|and|or) ")
GOES_ON = re.compile(r"\s*(?:(?:where|when|and|or|else)\b|[-+*/] ?)(?!\s*[:=])")


def destroyed(text, r):
    """The same with another layout. Kept is what the layout is made from: what stands on one line inside a block, rows of
    tables, comments at the end of a line or not, and whether there is a blank line."""
    lines = []
    for line in text.rstrip("\n").split("\n"):
        goes_on = lines and GOES_ON.match(line) and not re.search(r"#|[{|]$", lines[-1]) and lines[-1].strip()
        if goes_on and r.random() < 0.5 and not re.match(r"\s*else\b", line):
            lines[-1] += " " + line.strip()
        else:
            lines.append(line)
    out = []
    for line in lines:
        if not line.strip():
            out.extend(["" if r.random() < 0.5 else "   "] * r.randrange(1, 4))
            continue
        spans = quoted_spans(line)
        result = ""
        breakable = BREAKABLE.match(line) and not is_table_row(line)
        body_begin = len(line) - len(line.lstrip())
        brace = min([m.start() for m in re.finditer("[{}]", line) if outside(spans, m.start())] or [len(line)])
        at = body_begin
        while at < len(line):
            if line[at] != " " or not outside(spans, at):
                result += line[at]
                at += 1
                continue
            end = at
            while end < len(line) and line[end] == " ":
                end += 1
            before, after = line[at - 1], line[end] if end < len(line) else ""
            if end == len(line):
                break
            if breakable and end == at + 1 and end < brace and not before.isdigit() and before != "%" and after not in "({" \
                    and r.random() < 0.15:
                result += "\n" + " " * r.randrange(8)
            elif (before in ",|([=" or after in "|,)]=") and before + after not in ("==",) and r.random() < 0.3 \
                    and (before in "|," or after in "|,"):
                pass  # no blank at all
            else:
                result += r.choice([" ", "  ", "\t", "    ", "\u3000"])
            at = end
        out.append(r.choice(["", " ", "\t", "      "]) + result + r.choice(["", "", " ", "\t "]))
    text = "\n".join(out) + "\n" * r.randrange(0, 4)
    if r.random() < 0.2:
        text = text.replace("\n", "\r\n")
    if r.random() < 0.1:
        text = "\ufeff" + text
    return text


class Formatter:
    def __init__(self, kpi, folder):
        self.kpi, self.folder = kpi, Path(folder)

    def run(self, texts):
        """Formats all in one go. Gives a text, or None where the file was refused."""
        for path in self.folder.iterdir():
            path.unlink()
        names = [f"{number}.kpi" for number in range(len(texts))]
        for name, text in zip(names, texts):
            (self.folder / name).write_bytes(text.encode())
        done = subprocess.run([self.kpi, "fmt", "--format", "json", *names], cwd=self.folder, capture_output=True, text=True,
                              check=False)
        # JSON has every mistake; what people read stops after a hundred.
        refused = set(re.findall(r'"(\d+\.kpi)"', done.stderr))
        if "K1001" in done.stderr or done.returncode not in (0, 3):
            raise SystemExit(f"kpi fmt exits {done.returncode}:\n{done.stderr[:3000]}")
        unused = [path.name for path in self.folder.iterdir() if path.name not in names]
        if unused:
            raise SystemExit(f"files left behind: {unused}")
        return [None if name in refused else (self.folder / name).read_bytes().decode() for name in names]

    def trees(self, texts):
        result = []
        for text in texts:
            (self.folder / "tree.kpi").write_bytes(text.encode())
            done = subprocess.run([self.kpi, "check", "--dump", "ast", "tree.kpi"], cwd=self.folder, capture_output=True,
                                  text=True, check=False)
            result.append(done.stdout)
        return result


def first_difference(a, b):
    for number, (left, right) in enumerate(zip(a, b)):
        if left != right:
            return f"at {number}: {left!r} became {right!r}"
    return f"{len(a)} became {len(b)}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kpi")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--random", type=int, default=60)
    parser.add_argument("--keep")
    options = parser.parse_args()
    inputs = list(policies_of_the_tree())
    r = random.Random(options.seed)
    for seed in range(options.seed, options.seed + options.random):
        inputs.append((f"random {seed}", generate.build(seed).policy))
    inputs += [(f"{name} with comments", with_comments(plain(text), r)) for name, text in list(inputs)]

    failed, names, texts = 0, [], []

    def problem(name, what, *versions):
        nonlocal failed
        failed += 1
        print(f"{name}: {what}")
        if options.keep:
            Path(options.keep).mkdir(parents=True, exist_ok=True)
            for number, version in enumerate(versions):
                (Path(options.keep) / f"{re.sub('[^a-zA-Z0-9]+', '_', name)}.{number}.kpi").write_bytes(version.encode())

    with tempfile.TemporaryDirectory(prefix="kpi-layout-") as folder:
        formatter = Formatter(os.path.abspath(options.kpi), folder)
        results = []
        refused = 0
        for (name, text), result in zip(inputs, formatter.run([text for _, text in inputs])):
            if result is None:
                refused += 1
                continue
            names.append(name), texts.append(text), results.append(result)
        if len(names) < 200:
            problem("inputs", f"only {len(names)} of {len(inputs)} could be parsed")
        for name, text, result in zip(names, texts, results):
            if words(text) != words(result):
                problem(name, "words or comments changed " + first_difference(words(text), words(result)), text, result)
            for line in result.split("\n"):
                if line != line.rstrip() or "\t" in line.split("#")[0].split('"')[0]:
                    problem(name, f"blanks at the end of a line: {line!r}", text, result)
                    break
            if not result.endswith("\n") or result.endswith("\n\n") or "\n\n\n" in result:
                problem(name, "blank lines too many", text, result)
        for name, result, again in zip(names, results, formatter.run(results)):
            if again != result:
                problem(name, "a second run changes it", result, again or "")
        ruined = [destroyed(result, r) for result in results]
        for name, result, broken, again in zip(names, results, ruined, formatter.run(ruined)):
            if again != result:
                problem(name, "its layout does not come back", result, broken, again or "")
        # The trees as `check` shows them, of a sample: a process for each.
        sample = r.sample(range(len(names)), min(60, len(names)))
        before, after = formatter.trees([texts[i] for i in sample]), formatter.trees([results[i] for i in sample])
        for index, old, new in zip(sample, before, after):
            if old != new:
                problem(names[index], "the syntax tree changed", texts[index], results[index])
    print(f"{refused} of {len(inputs)} inputs have syntax errors and were left alone")
    print(f"{max(0, len(names) - failed)} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
