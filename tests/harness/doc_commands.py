#!/usr/bin/env python3
"""README.md, README.zh.md and docs/**/*.md tell the truth: their snippets parse and their commands print what they show.

Per page, in order, in a folder that holds copies of policies/, stdlib/, bench/ and the top scripts:
  ```kpi                 must parse; a whole policy (with `edition` and `policy`) must check without errors
  ```kpi file=NAME       is also written to NAME for the commands that follow; so is any other language with file=NAME
  ```sql file=NAME.db    makes a SQLite database
  ```console             `$ command` lines, each followed by its output (both streams, stdout first); see expectation.py
Commands that build or install (`./test`, `git`, `cmake`, `apt`, `sudo`, `bench/run`) are not run. `./demo` runs with the
program under test instead of building one. With --update, output that does not match is replaced by what was printed:
then read the change.
"""
import argparse
import re
import shlex
import shutil
import sqlite3
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from expectation import ROOT, Runner, closing_line, difference, lines_of, matches  # noqa: E402

NOT_RUN = re.compile(r"(\./test|git|cmake|ctest|sudo|apt|apt-get|cd|bench/run|\.ci/run|tests/harness|python3)\b")
COPIED = ("policies", "stdlib", "demo", "scripts", "docs")
SYNTAX_ERROR = re.compile(r"\bK01\d\d\b")


def fences(text):
    """(line number, info string, lines) of every fenced block."""
    found, open_fence = [], None
    for number, line in enumerate(text.split("\n"), 1):
        mark = re.match(r"(\s*)(`{3,}|~{3,})\s*(.*)$", line)
        if open_fence is None:
            if mark:
                open_fence = (number, mark[1], mark[2], mark[3].strip(), [])
        elif mark and mark[2].startswith(open_fence[2]) and not mark[3].strip():
            found.append((open_fence[0], open_fence[3], open_fence[4]))
            open_fence = None
        else:
            indent = open_fence[1]
            open_fence[4].append(line[len(indent):] if line.startswith(indent) else line)
    return found


def console_steps(lines):
    """(command, expected lines) of a console block; text before the first `$` belongs to nothing and is an error."""
    steps = []
    for line in lines:
        if line.startswith("$ "):
            steps.append((line[2:], []))
        elif steps and steps[-1][0].endswith("\\"):
            steps[-1] = (steps[-1][0] + "\n" + line, steps[-1][1])
        elif steps:
            steps[-1][1].append(line)
        elif line.strip():
            raise ValueError("a console block starts with `$ command`")
    return steps


class Page:
    def __init__(self, path, runner, folder, update=False):
        self.path, self.runner, self.folder, self.update = path, runner, folder, update
        self.passed, self.problems, self.replaced = 0, [], []

    def check(self):
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, self.folder / name, dirs_exist_ok=True)
            elif source.is_file():
                shutil.copy2(source, self.folder / name)
        for number, info, lines in fences(self.path.read_text(encoding="utf-8")):
            words = shlex.split(info) if info else []
            language = words[0] if words else ""
            target = next((word[5:] for word in words[1:] if word.startswith("file=")), None)
            if target:
                self._write(target, language, lines)
            if language == "kpi":
                self._snippet(number, lines)
            elif language == "console":
                self._console(number, lines)

    def _write(self, target, language, lines):
        path = self.folder / target
        path.parent.mkdir(parents=True, exist_ok=True)
        text = "\n".join(lines) + "\n"
        if language == "sql" and target.endswith(".db"):
            database = sqlite3.connect(path)
            database.executescript(text)
            database.commit()
            database.close()
        else:
            path.write_text(text, encoding="utf-8")

    def _result(self, number, problem):
        if problem:
            self.problems.append(f"{self.path.relative_to(ROOT)}:{number}: {problem}")
        else:
            self.passed += 1

    def _snippet(self, number, lines):
        name = f"snippet-{number}.kpi"
        (self.folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        status, stdout, stderr = self.runner.run(f"kpi check {name}", self.folder)
        output = stdout + stderr
        whole = any(line.startswith("edition ") for line in lines) and any(line.startswith("policy ") for line in lines)
        broken = status not in (0, 1) if whole else SYNTAX_ERROR.search(output) or status not in (0, 1, 3)
        self._result(number, f"the snippet is not right\n{output}" if broken else "")

    def _console(self, number, lines):
        printed, differs = [], False
        for command, expected in console_steps(lines):
            printed += ["$ " + line if at == 0 else line for at, line in enumerate(command.split("\n"))]
            kept = list(expected)
            if NOT_RUN.match(command):
                printed += kept
                continue
            _, stdout, stderr = self.runner.run(command, self.folder)
            got = lines_of(stdout) + lines_of(stderr)
            while expected and not expected[-1].strip():
                expected.pop()
            fits = matches(expected, got)
            printed += kept if fits else got
            differs = differs or not fits
            if self.update:
                continue
            self._result(number, "" if fits else f"$ {command}\n" + difference(expected, got, "output"))
        if self.update and differs:
            self.replaced.append((number, len(lines), printed))

    def rewrite(self):
        """Puts what was printed into the page, from its end on so that line numbers stay true."""
        text = self.path.read_text(encoding="utf-8").split("\n")
        for number, count, printed in sorted(self.replaced, reverse=True):
            text[number:number + count] = printed
        self.path.write_text("\n".join(text), encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description="Checks snippets and commands of README.md, README.zh.md and docs/.")
    parser.add_argument("--kpi", default=str(ROOT / "build" / "dev" / "kpi"))
    parser.add_argument("--update", action="store_true", help="take over what the commands print")
    parser.add_argument("names", nargs="*", help="only pages whose path contains one of these")
    options = parser.parse_args()
    pages = [ROOT / "README.md", ROOT / "README.zh.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "policies").rglob("*.md"))]
    passed = failed = 0
    for path in pages:
        if not path.is_file() or options.names and not any(name in str(path) for name in options.names):
            continue
        with tempfile.TemporaryDirectory(prefix="kpi-docs-") as name:
            page = Page(path, Runner(options.kpi), Path(name).resolve(), options.update)
            try:
                page.check()
            except (ValueError, OSError, sqlite3.Error) as error:
                page.problems.append(f"{path.relative_to(ROOT)}: {error}")
            if page.replaced:
                page.rewrite()
        passed += page.passed
        failed += len(page.problems)
        for problem in page.problems:
            print(f"FAILED {problem}\n")
    return closing_line(passed, failed)


if __name__ == "__main__":
    sys.exit(main())
