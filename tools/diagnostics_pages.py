#!/usr/bin/env python3
"""Writes docs/reference/diagnostics.md and diagnostics.zh.md from the tables in grammar/source/diagnostics. With --check it
only says whether the pages are up to date, and exits 1 when they are not."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TABLES = ROOT / "grammar" / "source" / "diagnostics"
AREAS = [
    (100, "Characters and syntax", "字符与语法"),
    (200, "Names", "名称"),
    (300, "Types, units and optional values", "类型、单位与可缺失值"),
    (400, "Structure of a policy", "方案结构"),
    (500, "Data and import", "数据与导入"),
    (600, "Running", "运行"),
    (700, "Tests", "测试"),
    (800, "Command line", "命令行"),
    (900, "Lint rules", "合规规则"),
    (1000, "Formatter", "排版"),
    (1100, "Attacks and the analyser", "攻击与分析器"),
    (1200, "Authoring", "编写与评审"),
]
TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|([A-Za-z_0-9]+)|([(),])|//[^\n]*|\s+')


def entries(text):
    """(id, severity, name, en, en_help, zh, zh_help) of every K(…); adjacent string literals are one."""
    tokens = []
    position = 0
    while position < len(text):
        match = TOKEN.match(text, position)
        if not match:
            position += 1
            continue
        position = match.end()
        if match[1] is not None:
            tokens.append(("text", match[1].replace('\\"', '"').replace("\\\\", "\\")))
        elif match[2]:
            tokens.append(("word", match[2]))
        elif match[3]:
            tokens.append(("mark", match[3]))
    index = 0
    while index < len(tokens):
        if tokens[index] == ("word", "K") and index + 1 < len(tokens) and tokens[index + 1] == ("mark", "("):
            index += 2
            fields, current = [], ""
            while tokens[index] != ("mark", ")"):
                kind, value = tokens[index]
                if kind == "mark" and value == ",":
                    fields.append(current)
                    current = ""
                else:
                    current += value
                index += 1
            fields.append(current)
            if len(fields) == 7 and fields[0].isdigit():
                yield (int(fields[0]), *fields[1:])
        index += 1


def page(found, chinese):
    severity = {"error": "错误", "warning": "警告"} if chinese else {"error": "error", "warning": "warning"}
    lines = ["# 诊断信息" if chinese else "# Diagnostics", "",
             "编号永不重复使用。`{名称}` 会换成具体内容。由 `tools/diagnostics_pages.py` 生成。" if chinese else
             "Ids are never reused. `{name}` stands for what was found. Made by `tools/diagnostics_pages.py`.", ""]
    for start, english_title, chinese_title in AREAS:
        rows = [e for e in found if start <= e[0] < start + 100 and e[1] != "note"]
        if not rows:
            continue
        lines += [f"## {chinese_title if chinese else english_title}", ""]
        for number, level, _, en, en_help, zh, zh_help in rows:
            text, advice = (zh, zh_help) if chinese else (en, en_help)
            lines.append(f"### K{number:04}")
            lines += ["", f"{severity[level]}{'：' if chinese else ': '}{text}"]
            if advice:
                lines += ["", advice]
            lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n"


def main():
    found = []
    for table in sorted(TABLES.glob("*.def")):
        found += entries(table.read_text(encoding="utf-8"))
    found.sort()
    stale = 0
    for name, chinese in (("diagnostics.md", False), ("diagnostics.zh.md", True)):
        path = ROOT / "docs" / "reference" / name
        text = page(found, chinese)
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            print(f"{path.relative_to(ROOT)} is out of date: run tools/diagnostics_pages.py")
            stale += 1
    if "--check" in sys.argv:
        print(f"{2 - stale} passed, {stale} failed")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
