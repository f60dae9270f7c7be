#!/usr/bin/env python3
"""What an editor shows of a saved file is what `kpi check` and `kpi lint` say of it: agreement.py KPI [PATTERN].

Every policy and library of the tree, and every one among the input of the cases, most of which are full of mistakes: the same
ids at the same places. `kpi lint` speaks of reported findings and of its remarks; the server of both, once."""
import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import unquote

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "harness"))
from client import Client, kpi_path, uri  # noqa: E402
from run_cases import BadCase, Case  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
LARGEST = 200_000  # bytes; hostile sizes are the fuzzer's business
BATCH = 24
ONLY_LIBRARIES = "K0956"  # says that the command had nothing to do, and nothing of a file
KPI = ""


def place(file, item):
    start = item.get("start") or {"line": 1, "utf16": 0}
    return (item.get("file") or file, start["line"] - 1, start["utf16"])


def printed(text):
    text = text.strip()
    return json.loads(text) if text.startswith("{") else {}


def said(path):
    """What the commands say of a file: whether it was linted, and {(file, line, character, id)}."""
    def run(*words):
        return subprocess.run([KPI, *words, str(path), "--format", "json"], capture_output=True, check=False, cwd=path.parent)
    check, lint = run("check"), run("lint")
    # Where the settings of the project cannot be read, the server says so when it lints.
    found, linted = set(), lint.returncode == 2 and check.returncode == 0
    report = printed(lint.stdout.decode())
    for each in report.get("files", []):
        linted = True
        found |= {(*place(str(path), finding), finding["rule"]) for finding in each["findings"] if finding["state"] == "reported"}
    for output in (check.stdout, check.stderr, lint.stderr):
        found |= {(*place(str(path), each), each["id"]) for each in printed(output.decode()).get("diagnostics", [])
                  if each["id"] != ONLY_LIBRARIES}
    return linted, found


def text_of(path):
    """As an editor reads it; none if it is no text."""
    try:
        return path.read_bytes().decode().removeprefix("\ufeff")
    except UnicodeDecodeError:
        return None


def published_now(client):
    found = set()
    for file, params in client.diagnostics.items():
        name = unquote(file.removeprefix("file://").replace("kpi-std:/", ""))
        for each in params["diagnostics"]:
            found.add((name, each["range"]["start"]["line"], each["range"]["start"]["character"], each["code"]))
    return found


def shown(client, paths, linted, expected):
    """What the server publishes of the files, all of them open, when the rules have run."""
    published = {}
    for path in paths:
        client.open(uri(path), text_of(path))
    end = time.monotonic() + 120
    while any(published.get(uri(path), 0) < (2 if linted[path] else 1) for path in paths):
        message = client.receive(max(0, end - time.monotonic()))
        if message is None:
            raise TimeoutError(f"no diagnostics of {[str(p) for p in paths if published.get(uri(p), 0) < 1 + linted[p]]}")
        if message.get("method") == "textDocument/publishDiagnostics":
            published[message["params"]["uri"]] = published.get(message["params"]["uri"], 0) + 1
    # An answer comes behind everything that was published before. A file that was compiled twice, since one that it uses was
    # opened after it, may still be waiting for the rules.
    client.request("workspace/symbol", {"query": "no such name"})
    while (found := published_now(client)) != expected and client.receive(3) is not None:
        pass
    for path in paths:
        client.notify("textDocument/didClose", {"textDocument": {"uri": uri(path)}})
        client.texts.pop(uri(path))
    client.request("workspace/symbol", {"query": "no such name"})
    left = {file: params["diagnostics"] for file, params in client.diagnostics.items() if params["diagnostics"]}
    assert not left, f"said of files that are closed: {left}"
    client.diagnostics.clear()
    return found


def of_cases(folder):
    """The policies among the input of the cases, each case in a folder of its own."""
    for number, path in enumerate(sorted((ROOT / "tests" / "cases").rglob("*.case"))):
        home = Path(folder) / f"{number:03d}-{path.stem}"
        try:
            home.mkdir()
            case = Case(path.read_text(encoding="utf-8"))
            case.inputs = [block for block in case.inputs if block.kind != "python"]
            case.prepare(home)
        except BadCase:
            continue
        yield from sorted(home.rglob("*.kpi"))


def of_the_tree():
    names = subprocess.run(["git", "-C", str(ROOT), "ls-files", "*.kpi"], capture_output=True, text=True, check=False).stdout.split("\n")
    known = [ROOT / name for name in names if name] or sorted(ROOT.rglob("*.kpi"))
    return [path for path in known if "build" not in path.relative_to(ROOT).parts]


def main():
    global KPI
    KPI = kpi_path(sys.argv[1])
    pattern = sys.argv[2] if len(sys.argv) > 2 else ""
    passed = failed = findings = 0
    with tempfile.TemporaryDirectory(prefix="kpi-lsp-") as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        folder = os.path.realpath(folder)
        files = [p for p in [*of_the_tree(), *of_cases(folder)]
                 if pattern in str(p) and p.is_file() and p.stat().st_size <= LARGEST and text_of(p) is not None]
        client = Client(KPI, folder=None)
        for begin in range(0, len(files), BATCH):
            batch = files[begin:begin + BATCH]
            answers = dict(zip(batch, pool.map(said, batch)))
            expected = set().union(*(found for _, found in answers.values()))
            actual = shown(client, batch, {path: linted for path, (linted, _) in answers.items()}, expected)
            findings += len(expected)
            for path in batch:
                missing, more = ({e for e in a - b if e[0] == str(path)} for a, b in ((expected, actual), (actual, expected)))
                passed, failed = (passed, failed + 1) if missing or more else (passed + 1, failed)
                if missing or more:
                    print(f"{path}: not shown in the editor {sorted(missing)}, only shown there {sorted(more)}")
            names = {str(path) for path in batch}
            elsewhere = {e for e in expected ^ actual if e[0] not in names}
            if elsewhere:
                failed += 1
                print(f"of files that are not open, only one of both says {sorted(elsewhere)}")
        client.close()
    if not pattern and findings < 500:
        failed += 1
        print(f"the files have only {findings} mistakes and findings")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
