#!/usr/bin/env python3
"""Runs tests/cases/**/*.case: one file a case, with its input and what it must print.

    $ kpi check policy.kpi --lang zh
    --- file: policy.kpi
    edition 2026
    …
    --- exit: 3
    --- stdout:
    --- stderr:
    …

The file starts with comments (`#`), blank lines and one or more commands (`$`), which run one after another by bash in a
folder of their own, with `kpi` on the path. Then come, each from its `---` line to the next:

    --- file: NAME          the text of a file
    --- bytes: NAME         the same with escapes as in Python (`\\r\\n`, `\\xEF`); line ends of the case do not count
    --- python: NAME        a Python expression that gives the text or bytes (for large inputs)
    --- sql: NAME           statements that make a SQLite database
    --- copy: NAME PATH     a file or folder of the repository
    --- exit: STATUS        begins the expectation of the first, second, … command; what stands behind is a remark
    --- stdout:             its output; without the block there must be none
    --- stderr:

A content line that itself starts with `--- ` is written `\\--- `. `…` is explained in expectation.py. With --update,
blocks that do not match are replaced by what was printed; blocks that match keep their wildcards.

With `--add "--evaluator simple"` every `kpi run`, `kpi explain` and `kpi test` gets these options too: whatever says how
rows are read must not change what is printed. `--add-reading` does so for `kpi run` and `kpi explain` only, which read files.
"""
import argparse
import ast
import concurrent.futures
import re
import shlex
import shutil
import sqlite3
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from expectation import ROOT, Runner, closing_line, difference, lines_of, matches  # noqa: E402

CASES = ROOT / "tests" / "cases"
INPUT_KINDS = ("file", "bytes", "python", "sql", "copy")
MARK = re.compile(r"--- (file|bytes|python|sql|copy|exit|stdout|stderr):\s*(.*?)\s*$")


class BadCase(Exception):
    pass


class Block:
    def __init__(self, kind, argument):
        self.kind, self.argument, self.lines = kind, argument, []

    def text(self):
        return "".join(line + "\n" for line in self.lines)


class Expected:
    def __init__(self, status, stdout=(), stderr=(), remark=""):
        self.status, self.stdout, self.stderr, self.remark = status, list(stdout), list(stderr), remark


class Case:
    def __init__(self, text):
        self.head, self.blocks = [], []
        for line in text.removesuffix("\n").split("\n"):
            mark = MARK.match(line)
            if mark:
                self.blocks.append(Block(mark[1], mark[2]))
            elif self.blocks:
                self.blocks[-1].lines.append(line[1:] if line.startswith("\\--- ") else line)
            elif line.startswith(("$ ", "#")) or not line.strip():
                self.head.append(line)
            else:
                raise BadCase(f"neither a command nor a comment: {line}")
        self.commands = [line[2:] for line in self.head if line.startswith("$ ")]
        if not self.commands:
            raise BadCase("no command: a case starts with a line `$ kpi …`")
        self.inputs = [block for block in self.blocks if block.kind in INPUT_KINDS]
        self.expected = self._expectations()

    def _expectations(self):
        found = []
        for block in self.blocks:
            if block.kind == "exit":
                status = block.argument.split()[0] if block.argument else ""
                if not status.isdigit():
                    raise BadCase("`--- exit:` needs a number")
                found.append(Expected(int(status), remark=block.argument[len(status):].strip()))
            elif block.kind in ("stdout", "stderr"):
                if not found:
                    raise BadCase(f"`--- {block.kind}:` before the first `--- exit:`")
                setattr(found[-1], block.kind, block.lines)
        return found

    def prepare(self, folder):
        for block in self.inputs:
            name = block.argument.split()[0] if block.argument else ""
            path = folder / name
            if not name or folder not in path.resolve().parents:
                raise BadCase(f"`--- {block.kind}:` needs a name inside the case's folder")
            path.parent.mkdir(parents=True, exist_ok=True)
            if block.kind == "file":
                path.write_text(block.text(), encoding="utf-8", newline="")
            elif block.kind == "bytes":
                path.write_bytes(_escaped("".join(block.lines)))
            elif block.kind == "python":
                content = eval(block.text().strip(), {})  # the case is part of this repository
                path.write_bytes(content if isinstance(content, bytes) else content.encode())
            elif block.kind == "sql":
                _make_database(path, block.text())
            else:
                source = ROOT / block.argument.split(None, 1)[1]
                shutil.copytree(source, path) if source.is_dir() else shutil.copyfile(source, path)

    def rewritten(self, results):
        lines = list(self.head)
        for block in self.inputs:
            lines.append(f"--- {block.kind}: {block.argument}".rstrip())
            lines += map(_shielded, block.lines)
        for index, (status, stdout, stderr) in enumerate(results):
            old = self.expected[index] if index < len(self.expected) else Expected(status)
            which = old.remark or (f"({self.commands[index]})" if len(results) > 1 else "")
            lines.append(f"--- exit: {status}   {which}".rstrip())
            for kind, output in (("stdout", stdout), ("stderr", stderr)):
                got, known = lines_of(output), getattr(old, kind)
                if got or known:
                    lines.append(f"--- {kind}:")
                    lines += map(_shielded, known if matches(known, got) else got)
        return "\n".join(lines) + "\n"


def _shielded(line):
    return "\\" + line if MARK.match(line) or line.startswith("\\--- ") else line


def _escaped(text):
    """Escapes as in a Python bytes literal; other characters stand for their UTF-8."""
    quoted = text.replace('"', '\\"')
    plain = "".join(c if ord(c) < 128 else "".join(f"\\x{b:02x}" for b in c.encode()) for c in quoted)
    return ast.literal_eval(f'b"{plain}"')


def _make_database(path, script):
    database = sqlite3.connect(path)
    try:
        database.executescript(script)
        database.commit()
    except sqlite3.Error as error:
        raise BadCase(f"the SQL of {path.name} fails: {error}") from error
    finally:
        database.close()


def run_case(path, runner, update):
    """What is wrong with the case, as text; empty when it passes or was updated."""
    original = path.read_text(encoding="utf-8")
    try:
        case = Case(original)
        with tempfile.TemporaryDirectory(prefix="kpi-case-") as name:
            folder = Path(name).resolve()
            case.prepare(folder)
            results = [runner.run(command, folder) for command in case.commands]
            _make_removable(folder)
    except (BadCase, ValueError, SyntaxError, NameError, OSError) as error:
        return str(error)
    if update:
        text = case.rewritten(results)
        if text != original:
            path.write_text(text, encoding="utf-8")
            print(f"updated {path.relative_to(ROOT) if ROOT in path.parents else path}")
        return ""
    if len(case.expected) != len(case.commands):
        return f"{len(case.commands)} commands but {len(case.expected)} `--- exit:` blocks (use --update)"
    problems = []
    for command, expected, (status, stdout, stderr) in zip(case.commands, case.expected, results):
        found = [] if status == expected.status else [f"exit status {status} instead of {expected.status}"]
        for kind, output in (("stdout", stdout), ("stderr", stderr)):
            got, known = lines_of(output), getattr(expected, kind)
            if not matches(known, got):
                found.append(difference(known, got, kind))
        if found:
            problems.append(f"$ {command}\n" + "\n".join(found))
    return "\n".join(problems)


def _make_removable(folder):
    """A case may take away permissions; the folder must go all the same."""
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)


def main():
    parser = argparse.ArgumentParser(description="Runs the case files below tests/cases.")
    parser.add_argument("--kpi", default=str(ROOT / "build" / "dev" / "kpi"), help="the program under test")
    parser.add_argument("--update", action="store_true", help="write what was printed into the case files")
    parser.add_argument("--add", default="", metavar="OPTIONS", help="options for every kpi run, explain and test")
    parser.add_argument("--add-reading", default="", metavar="OPTIONS", help="options for every kpi run and explain")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--timeout", type=int, default=120, help="seconds per command")
    parser.add_argument("--folder", type=Path, default=CASES)
    parser.add_argument("names", nargs="*", help="only cases whose path contains one of these")
    options = parser.parse_args()
    if not Path(options.kpi).is_file():
        print(f"no program at {options.kpi}; build it or give --kpi", file=sys.stderr)
        return 2
    paths = [path for path in sorted(options.folder.rglob("*.case"))
             if not options.names or any(name in str(path) for name in options.names)]
    adds = options.add or options.add_reading
    if adds and options.update:
        print("--add and --update do not go together", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="kpi-with-") as folder:
        program = _with_options(Path(options.kpi).resolve(), options, Path(folder)) if adds else options.kpi
        return run_all(paths, Runner(program, options.timeout), options)


def _with_options(kpi, options, folder):
    """A program `kpi` that adds the options where they belong."""
    script = folder / "kpi"
    script.write_text("#!/bin/sh\n"
                      f"case \" $* \" in *' --evaluator '*) exec {shlex.quote(str(kpi))} \"$@\";; esac\n"
                      f"case \"$1\" in run|explain) exec {shlex.quote(str(kpi))} \"$@\" {options.add} {options.add_reading};; esac\n"
                      f"case \"$1\" in test) exec {shlex.quote(str(kpi))} \"$@\" {options.add};; esac\n"
                      f"exec {shlex.quote(str(kpi))} \"$@\"\n", encoding="utf-8")
    script.chmod(0o755)
    return script


def run_all(paths, runner, options):
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for path, problem in zip(paths, pool.map(lambda p: run_case(p, runner, options.update), paths)):
            if problem:
                failed += 1
                print(f"FAILED {path.relative_to(options.folder)}\n{problem}\n")
    return closing_line(len(paths) - failed, failed)


if __name__ == "__main__":
    sys.exit(main())
