#!/usr/bin/env python3
"""Dependencies point one way: checks every #include below grammar/ and interpreter/ against the table here.

A folder may include itself, the folders of its row, and what those may include.
"""
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from expectation import ROOT, closing_line  # noqa: E402

FOLDERS = {"source": "grammar", "syntax": "grammar", "format": "grammar"}  # all others stand below interpreter/
MAY_INCLUDE = {
    "source": [],
    "syntax": ["source"],
    "format": ["syntax"],
    "value": [],
    "model": ["source", "value"],
    "bind": ["syntax", "model"],
    "analysis": ["model"],
    "lint": ["model", "analysis", "prove"],
    "eval": ["model"],
    "prove": ["model", "analysis", "eval"],
    "storage": ["eval"],
    "diff": ["eval"],
    "report": ["lint", "eval", "analysis", "prove", "diff"],
    "handbook": ["report", "eval"],
    "lsp": ["driver"],
    "main": ["lsp"],
    "driver": ["syntax", "format", "bind", "analysis", "lint", "eval", "prove", "storage", "report", "handbook"],
}
# Third-party headers that stay in one folder.
ONLY_IN = {r"tao/pegtl": ["syntax"], r"sqlite3\.h": ["storage"], r"boost/": ["value"], r"CLI/": ["driver"]}
ONE_FILE = r"tao/pegtl"  # expensive to compile, so in exactly one .cpp and no header that others see
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.M)


def reachable(layer):
    found, queue = {layer}, [layer]
    while queue:
        for other in MAY_INCLUDE[queue.pop()]:
            if other not in found:
                found.add(other)
                queue.append(other)
    return found


def layer_of(path):
    if path == "interpreter/driver/main.cpp":
        return "main"  # where everything comes together
    parts = Path(path).parts
    if len(parts) >= 3 and parts[1] in MAY_INCLUDE and FOLDERS.get(parts[1], "interpreter") == parts[0]:
        return parts[1]
    return None


def problems_in(path, text):
    """What is wrong with the includes of one file; `path` is relative to the repository root."""
    layer = layer_of(path)
    if layer is None:
        return [f"{path}: this folder has no row in the table of include_rules.py"]
    found = []
    for kind, target in INCLUDE.findall(text):
        if kind == "<":
            for pattern, layers in ONLY_IN.items():
                if re.match(pattern, target) and layer not in layers:
                    found.append(f"{path}: <{target}> belongs to {', '.join(layers)} alone")
        elif target.endswith(".def"):
            continue
        elif layer_of(target) is None:
            found.append(f'{path}: "{target}" is not written from the repository root')
        elif layer_of(target) not in reachable(layer):
            found.append(f"{path}: {layer} may not include {layer_of(target)} ({target})")
    return found


def pegtl_users(files):
    """The .cpp files that see PEGTL, directly or through headers."""
    users = {path for path, text in files.items() if any(re.match(ONE_FILE, t) for _, t in INCLUDE.findall(text))}
    while True:
        more = {path for path, text in files.items()
                if path not in users and any(target in users for _, target in INCLUDE.findall(text))}
        if not more:
            return sorted(path for path in users if path.endswith(".cpp"))
        users |= more


def main():
    files = {}
    for top in ("grammar", "interpreter"):
        for path in sorted((ROOT / top).rglob("*.[hc]pp")):
            files[str(path.relative_to(ROOT))] = path.read_text(encoding="utf-8")
    failed = 0
    for path, text in files.items():
        problems = problems_in(path, text)
        failed += 1 if problems else 0
        for problem in problems:
            print(problem)
    users = pegtl_users(files)
    if len(users) > 1:
        failed += 1
        print(f"PEGTL is compiled in more than one file: {', '.join(users)}")
    return closing_line(len(files) + 1 - failed, failed)


if __name__ == "__main__":
    sys.exit(main())
