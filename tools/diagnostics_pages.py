#!/usr/bin/env python3
"""Writes docs/reference/diagnostics.md and diagnostics.zh.md from the tables in grammar/source/diagnostics, with an example
of each diagnostic as the tests in tests/cases see it. With --check it only says whether the texts of the pages are up to
date, and exits 1 when they are not; a changed example is no reason to fail."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CASES = ROOT / "tests" / "cases"
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
    (1300, "Libraries and project files", "库与项目文件"),
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


HEAD = re.compile(r"(?:error|warning|note|错误|警告|说明)\[K(\d+)\](: |：)")
COMPACT = re.compile(r"\S+:\d+:\d+: " + HEAD.pattern)


def examples():
    """The shortest excerpt of each diagnostic that a case expects, by (number, in Chinese)."""
    found = {}

    def offer(number, chinese, lines):
        text = "\n".join(lines)
        # One line without its place in the file says least, an excerpt with a wildcard may not be what is printed.
        rank = (len(lines) == 1, "…" in text, len(lines), len(text), text)
        if (number, chinese) not in found or rank < found[number, chinese]:
            found[number, chinese] = rank

    for case in sorted(CASES.rglob("*.case")):
        lines = case.read_text(encoding="utf-8").split("\n")
        for at, line in enumerate(lines):
            head, compact = HEAD.match(line), COMPACT.match(line)
            if head:
                end = at + 1
                while end < len(lines) and lines[end] and lines[end].startswith((" ", *"0123456789")):
                    end += 1
                if not re.match(r"\d+ ", lines[end - 1]) or "|" in lines[end - 1]:
                    offer(int(head[1]), head[2] == "：", lines[at:end])
            elif compact:
                offer(int(compact[1]), compact[2] == "：", [line])
    return {key: rank[-1] for key, rank in found.items()}


def without_examples(text):
    return re.sub(r"```text\n.*?\n```\n\n?", "", text, flags=re.S)


def page(found, chinese, shown):
    severity = ({"error": "错误", "warning": "警告", "note": "说明"} if chinese else
                {"error": "error", "warning": "warning", "note": "note"})
    lines = ["# 诊断信息" if chinese else "# Diagnostics", "",
             "编号永不重复使用。`{名称}` 会换成具体内容。由 `tools/diagnostics_pages.py` 生成。" if chinese else
             "Ids are never reused. `{name}` stands for what was found. Made by `tools/diagnostics_pages.py`.", ""]
    for start, english_title, chinese_title in AREAS:
        # Notes are places that belong to another message, unless they are seen alone.
        rows = [e for e in found
                if start <= e[0] < start + 100 and (e[1] != "note" or (e[0], False) in shown)]
        if not rows:
            continue
        lines += [f"## {chinese_title if chinese else english_title}", ""]
        for number, level, _, en, en_help, zh, zh_help in rows:
            text, advice = (zh, zh_help) if chinese else (en, en_help)
            lines.append(f"### K{number:04}")
            lines += ["", f"{severity[level]}{'：' if chinese else ': '}{text}"]
            if advice:
                lines += ["", advice]
            example = shown.get((number, chinese)) or shown.get((number, False))
            if example:
                lines += ["", "```text", *example.split("\n"), "```"]
            lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n"


def main():
    found = []
    for table in sorted(TABLES.glob("*.def")):
        found += entries(table.read_text(encoding="utf-8"))
    found.sort()
    shown = examples()
    stale = 0
    for name, chinese in (("diagnostics.md", False), ("diagnostics.zh.md", True)):
        path = ROOT / "docs" / "reference" / name
        text = page(found, chinese, shown)
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or without_examples(path.read_text(encoding="utf-8")) != without_examples(text):
            print(f"{path.relative_to(ROOT)} is out of date: run tools/diagnostics_pages.py")
            stale += 1
    if "--check" in sys.argv:
        print(f"{2 - stale} passed, {stale} failed")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
