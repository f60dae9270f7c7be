#!/usr/bin/env python3
"""Writes docs/reference/stdlib.md and stdlib.zh.md from what `kpi std` says about the standard library.

    tools/stdlib_page.py --kpi build/ci/kpi             writes both pages
    tools/stdlib_page.py --kpi build/ci/kpi --check     says whether they are current
"""
import argparse
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "reference"
sys.path.insert(0, str(ROOT / "tests" / "harness"))
from expectation import closing_line  # noqa: E402

WORDS = {
    "en": {
        "title": "The standard library",
        "other": "[中文](stdlib.zh.md)",
        "intro": "Written by `tools/stdlib_page.py` from the comments in `stdlib/`. `kpi std live` prints the source of "
                 "`std.live`, `kpi std live.ctor` what one name means, `kpi std --lang zh live.ctor` the same in Chinese. "
                 "How a policy says which of its events serve is in [language.md](language.md#libraries); "
                 "[formulas.md](formulas.md) goes from the names of the trade to these.",
        "param": "Parameters", "requires": "Required data", "metric": "Metrics", "curve": "Curves",
        "calendar": "Calendars", "import": "Imports", "rest": "Other declarations", "basis": "Basis",
    },
    "zh": {
        "title": "标准库",
        "other": "[English](stdlib.md)",
        "intro": "由 `tools/stdlib_page.py` 根据 `stdlib/` 中的注释生成。`kpi std live` 输出 `std.live` 的源码，"
                 "`kpi std --lang zh live.ctor` 说明某个名称的含义。方案如何指明用哪些事件对应，"
                 "见 [language.zh.md](language.zh.md#库)；行业里的名称对应这里的哪一个，见 [formulas.zh.md](formulas.zh.md)。",
        "param": "参数", "requires": "所需数据", "metric": "指标", "curve": "曲线", "calendar": "工作时间",
        "import": "导入", "rest": "其他声明", "basis": "口径",
    },
}
SECTIONS = ("metric", "curve", "calendar", "param", "requires", "import")


def entry_lines(entry, language):
    """A list item: name, label, documentation, basis."""
    label = entry["label"][language] or entry["label"]["en"]
    line = f"- **`{entry['name']}`**" + (f" {label}." if language == "en" and label else f" {label}。" if label else "")
    doc = entry["doc"][language] or ("" if language == "zh" else entry["doc"]["en"])
    if doc:
        line += " " + ("" if language == "zh" else " ").join(doc.split("\n"))
    basis = entry.get("basis" if language == "en" else "basis_zh")
    if basis:
        line += f" *{WORDS[language]['basis']}: {basis}.*" if language == "en" else f"*{WORDS[language]['basis']}：{basis}。*"
    return line


def page(libraries, language):
    words = WORDS[language]
    lines = [f"# {words['title']}", "", words["other"], "", words["intro"], ""]
    for library in libraries:
        lines += [f"## {library['library']}", "", f"{library['label'][language] or library['label']['en']} {library['version']}", ""]
        known = {kind: [e for e in library["declarations"] if e["kind"] == kind] for kind in SECTIONS}
        rest = [e for e in library["declarations"] if e["kind"] not in SECTIONS]
        for kind, entries in [*known.items(), ("rest", rest)]:
            if not entries:
                continue
            lines += [f"**{words[kind]}**", ""]
            if kind in ("import", "rest"):
                lines += [" ".join(f"`{entry['name']}`" for entry in entries), ""]
            else:
                lines += [entry_lines(entry, language) for entry in entries] + [""]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description="Writes the pages of the standard library.")
    parser.add_argument("--kpi", type=Path, default=ROOT / "build" / "ci" / "kpi")
    parser.add_argument("--check", action="store_true")
    chosen = parser.parse_args()
    libraries = json.loads(subprocess.run([chosen.kpi, "std", "--format", "json"], check=True, capture_output=True,
                                          text=True, encoding="utf-8").stdout)
    stale = 0
    for name, language in (("stdlib.md", "en"), ("stdlib.zh.md", "zh")):
        text = page(libraries, language)
        path = FOLDER / name
        if chosen.check:
            current = path.exists() and path.read_text(encoding="utf-8") == text
            stale += not current
            if not current:
                print(f"{path.relative_to(ROOT)} is not current: run tools/stdlib_page.py")
        else:
            path.write_text(text, encoding="utf-8")
    return closing_line(2 - stale, stale) if chosen.check else 0


if __name__ == "__main__":
    sys.exit(main())
