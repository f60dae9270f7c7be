"""Expected texts with wildcards, running a command line, and counting: what the runners of this folder share.

In an expectation a line that is only `…` stands for any number of lines, and `…` inside a line for any text.
The number of rules in the last line of `kpi lint` is not compared.
"""
import difflib
import os
import re
import signal
import subprocess
from pathlib import Path

WILDCARD = "…"
NO_NEWLINE = "\\ no newline at the end"
ROOT = Path(__file__).resolve().parents[2]


def lines_of(output):
    """Output as lines; a last line without a line end is followed by a mark, so that the difference shows."""
    if output == "":
        return []
    if output.endswith("\n"):
        return output[:-1].split("\n")
    return output.split("\n") + [NO_NEWLINE]


# How many rules of the program ran: every new rule would change each case of the lint.
RULE_COUNT = re.compile(r"\b\d+(?= rules, as of | 条规则，截至)|(?<=\"rules\": )\d+(?=,$)")


def line_matches(expected, actual):
    expected, actual = RULE_COUNT.sub("N", expected), RULE_COUNT.sub("N", actual)
    if WILDCARD not in expected:
        return expected == actual
    pattern = ".*".join(re.escape(part) for part in expected.split(WILDCARD))
    return re.fullmatch(pattern, actual) is not None


def matches(expected, actual):
    """Whether the lines `actual` fit the lines `expected`."""
    reachable = {0}  # how many actual lines may be used up by the expected lines so far
    for line in expected:
        if line == WILDCARD:
            reachable = set(range(min(reachable), len(actual) + 1)) if reachable else set()
        else:
            reachable = {at + 1 for at in reachable if at < len(actual) and line_matches(line, actual[at])}
    return len(actual) in reachable


def difference(expected, actual, name):
    return "\n".join(difflib.unified_diff(expected, actual, f"{name}, expected", f"{name}, got", lineterm="", n=2))


class Runner:
    """Runs command lines in a folder with `kpi` on the path and nothing of the caller's settings."""

    def __init__(self, kpi, timeout=120):
        self.kpi = Path(kpi).resolve()
        self.timeout = timeout

    def environment(self, folder):
        return {
            "PATH": f"{self.kpi.parent}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(folder),
            "LC_ALL": "C.UTF-8",
            "TZ": "Pacific/Kiritimati",  # far from every policy's zone: results must not depend on it
            "KPI": str(self.kpi),
            "KPI_REPO": str(ROOT),
            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", ""),
            "UBSAN_OPTIONS": os.environ.get("UBSAN_OPTIONS", ""),
        }

    def run(self, command, folder):
        """(exit status, stdout, stderr); bytes that are not UTF-8 show as \\xNN, machine paths as <dir> and <repo>."""
        process = subprocess.Popen(["bash", "-c", command], cwd=folder, env=self.environment(folder),
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   start_new_session=True)
        try:
            stdout, stderr = process.communicate(timeout=self.timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # its own session, so this ends what the command started
            process.communicate()
            return 124, "", f"stopped after {self.timeout} s\n"
        return process.returncode, self._text(stdout, folder), self._text(stderr, folder)

    @staticmethod
    def _text(output, folder):
        text = output.decode("utf-8", "backslashreplace")
        return text.replace(str(folder), "<dir>").replace(str(ROOT), "<repo>")


def closing_line(passed, failed):
    """The last line of every test program; its return value is the exit status."""
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed else 0
