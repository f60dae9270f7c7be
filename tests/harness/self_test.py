#!/usr/bin/env python3
"""Tests of the runners in this folder, with a small shell script in the place of `kpi`."""
import io
import sys
import tempfile
import unittest
from contextlib import redirect_stdout
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import diagnostic_coverage  # noqa: E402
import doc_commands  # noqa: E402
import include_rules  # noqa: E402
import run_cases  # noqa: E402
import summary  # noqa: E402
from expectation import Runner, closing_line, lines_of, matches  # noqa: E402

FAKE = """#!/bin/sh
case "$1" in
  show) cat "$2" ;;
  fail) echo "no such thing: $2" >&2; exit 3 ;;
  where) pwd ;;
  slow) sleep 30 ;;
esac
"""


class Expectations(unittest.TestCase):
    def test_wildcards(self):
        self.assertTrue(matches(["a", "…", "z"], ["a", "b", "c", "z"]))
        self.assertTrue(matches(["a", "…", "z"], ["a", "z"]))
        self.assertTrue(matches(["took … s"], ["took 0.31 s"]))
        self.assertTrue(matches(["…"], []))
        self.assertFalse(matches(["a", "…", "z"], ["a", "b"]))
        self.assertFalse(matches([], ["a"]))
        self.assertFalse(matches(["a.c"], ["abc"]))
        self.assertTrue(matches(["…", "a", "…", "a"], ["a", "b", "a"]))

    def test_missing_line_end_shows(self):
        self.assertEqual(lines_of("a\n"), ["a"])
        self.assertEqual(lines_of("a\n\n"), ["a", ""])
        self.assertNotEqual(lines_of("a"), lines_of("a\n"))


class WithFakeProgram(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="kpi-self-")
        self.folder = Path(self.temporary.name).resolve()
        program = self.folder / "kpi"
        program.write_text(FAKE)
        program.chmod(0o755)
        self.runner = Runner(program, timeout=5)

    def tearDown(self):
        self.temporary.cleanup()

    def case(self, text, update=False):
        path = self.folder / "x.case"
        path.write_text(text, encoding="utf-8")
        with redirect_stdout(io.StringIO()):
            problem = run_cases.run_case(path, self.runner, update)
        return problem, path.read_text(encoding="utf-8")


class Cases(WithFakeProgram):
    def test_passes_and_fails(self):
        good = "$ kpi show a.txt\n--- file: a.txt\n净销售额\n--- exit: 0\n--- stdout:\n净销售额\n"
        self.assertEqual(self.case(good)[0], "")
        self.assertIn("+净销售额", self.case(good.replace("stdout:\n净销售额", "stdout:\nother"))[0])
        self.assertIn("exit status 0 instead of 1", self.case(good.replace("exit: 0", "exit: 1"))[0])
        self.assertIn("+净销售额", self.case(good.replace("--- stdout:\n净销售额\n", ""))[0])

    def test_several_commands(self):
        text = ("# two\n$ kpi fail x\n$ kpi show a\n--- file: a\n1\n--- exit: 3\n--- stderr:\nno such thing: x\n"
                "--- exit: 0\n--- stdout:\n1\n")
        self.assertEqual(self.case(text)[0], "")
        self.assertIn("2 commands but 0", self.case("$ kpi where\n$ kpi where\n")[0])

    def test_inputs(self):
        text = "$ od -An -c a\n$ python3 -c 'import sqlite3; print(*sqlite3.connect(\"d.db\").execute(\"select x from t\"))'\n"
        text += "$ wc -c < big\n$ head -c 8 LICENSE.txt\n"
        text += "--- bytes: a\n\\xEF\\xBB\\xBF\"é\\r\n--- sql: d.db\ncreate table t(x); insert into t values(7);\n"
        text += "--- python: big\n'(' * 1000\n--- copy: LICENSE.txt LICENSE\n"
        text += "--- exit: 0\n--- stdout:\n 357 273 277   \" 303 251  \\r\n--- exit: 0\n--- stdout:\n(7,)\n"
        text += "--- exit: 0\n--- stdout:\n1000\n--- exit: 0\n--- stdout:\n\n…\n"
        self.assertEqual(self.case(text)[0], "")

    def test_update_keeps_fitting_wildcards_and_inputs(self):
        text = "# why\n$ kpi show a\n--- file: a\n\\--- exit: 9\none\n"
        problem, updated = self.case(text, update=True)
        self.assertEqual(problem, "")
        self.assertEqual(updated, text + "--- exit: 0\n--- stdout:\n\\--- exit: 9\none\n")
        self.assertEqual(self.case(updated)[0], "")
        loose = text + "--- exit: 0\n--- stdout:\n…\n"
        self.assertEqual(self.case(loose, update=True)[1], loose)
        wrong = text + "--- exit: 0\n--- stdout:\n…\ntwo\n"
        self.assertEqual(self.case(wrong, update=True)[1], updated)

    def test_folder_does_not_show(self):
        self.assertEqual(self.case("$ kpi where\n--- exit: 0\n--- stdout:\n<dir>\n")[0], "")

    def test_bad_cases(self):
        self.assertIn("no command", self.case("# nothing\n")[0])
        self.assertIn("before the first", self.case("$ kpi where\n--- stdout:\n")[0])
        self.assertIn("needs a name inside", self.case("$ kpi where\n--- file: ../x\n--- exit: 0\n")[0])
        self.assertIn("SQL of d.db", self.case("$ kpi where\n--- sql: d.db\nselec\n--- exit: 0\n")[0])

    def test_time_limit(self):
        self.runner.timeout = 0.5
        self.assertIn("stopped after", self.case("$ kpi slow; true\n--- exit: 0\n")[0])


class Documents(WithFakeProgram):
    def test_fences(self):
        text = "a\n```kpi file=p.kpi\nx\n```\n  ````console\n  $ kpi show p.kpi\n  ```\n  x\n  ````\n"
        self.assertEqual(doc_commands.fences(text), [
            (2, "kpi file=p.kpi", ["x"]), (5, "console", ["$ kpi show p.kpi", "```", "x"])])

    def page(self, text):
        path = doc_commands.ROOT / "README.md"
        page = doc_commands.Page(path, self.runner, self.folder)
        page.path = type("Text", (), {"read_text": lambda _, encoding: text,
                                      "relative_to": lambda _, root: "page"})()
        page.check()
        return page

    def test_commands(self):
        page = self.page("```text file=n\n5\n```\n```console\n$ kpi show n\n5\n\n$ git clone x\n$ kpi fail y\nno such … y\n```\n")
        self.assertEqual((page.passed, page.problems), (2, []))
        page = self.page("```console\n$ kpi fail y\nother\n```\n")
        self.assertEqual((page.passed, len(page.problems)), (0, 1))


class Counting(unittest.TestCase):
    def test_counts(self):
        self.assertEqual(summary.counts("x\n3 passed, 1 failed\n", False), (3, 1))
        self.assertEqual(summary.counts("All tests passed (9 assertions in 4 test cases)\n", True), (4, 0))
        self.assertEqual(summary.counts("All tests passed (1 assertion in 1 test case)\n", True), (1, 0))
        self.assertEqual(summary.counts("test cases:  5 |  3 passed |  2 failed\n", False), (3, 2))
        self.assertEqual(summary.counts("test cases: 5 | 2 failed as expected | 1 failed\n", False)[1], 1)
        self.assertEqual(summary.counts("Segmentation fault\n", False), (0, 1))
        self.assertEqual(summary.counts("All tests passed (9 assertions in 4 test cases)\n", False), (4, 1))


class Includes(unittest.TestCase):
    def test_rules(self):
        check = include_rules.problems_in
        self.assertEqual(check("interpreter/bind/a.cpp", '#include "interpreter/value/number.hpp"\n#include <string>'), [])
        self.assertEqual(len(check("interpreter/model/a.hpp", '#include "interpreter/eval/plan.hpp"')), 1)
        self.assertEqual(len(check("interpreter/eval/a.cpp", '#include "grammar/syntax/ast.hpp"')), 1)
        self.assertEqual(len(check("interpreter/eval/a.cpp", '#include "scan.hpp"')), 1)
        self.assertEqual(len(check("interpreter/eval/a.cpp", "#include <sqlite3.h>")), 1)
        self.assertEqual(check("interpreter/storage/a.cpp", "#include <sqlite3.h>"), [])
        self.assertEqual(len(check("interpreter/new_folder/a.cpp", "")), 1)

    def test_pegtl_in_one_file(self):
        files = {"grammar/syntax/rules.hpp": "#include <tao/pegtl/rules.hpp>",
                 "grammar/syntax/a.cpp": '#include "grammar/syntax/rules.hpp"', "grammar/syntax/b.cpp": ""}
        self.assertEqual(include_rules.pegtl_users(files), ["grammar/syntax/a.cpp"])


class Coverage(unittest.TestCase):
    def test_entries(self):
        with tempfile.TemporaryDirectory() as name:
            (Path(name) / "a.def").write_text(
                '// K(id, …)\nK(201, error, unknown_name, "no `{name}`\\"s " "here", "", "没有 `{name}`", "")\n'
                'K(202, note, seen, "first, here (\\\\)", "a",\n  "b", "c")\n', encoding="utf-8")
            self.assertEqual(list(diagnostic_coverage.entries(Path(name))), [
                (201, "error", "unknown_name", 'no `{name}`"s here', "没有 `{name}`"),
                (202, "note", "seen", "first, here (\\)", "b")])
            (Path(name) / "a.def").write_text("K(201, error, x, bad)\n")
            with self.assertRaises(SystemExit):
                list(diagnostic_coverage.entries(Path(name)))

    def test_pattern(self):
        self.assertRegex("xx no `a b` here", diagnostic_coverage.text_pattern("no `{name}` here"))


def main():
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__])
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=0).run(suite)
    failed = len(result.failures) + len(result.errors)
    return closing_line(result.testsRun - failed, failed)


if __name__ == "__main__":
    sys.exit(main())
