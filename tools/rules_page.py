#!/usr/bin/env python3
"""Writes docs/reference/rules.md and rules.zh.md from interpreter/model/rule_properties.def.

`--check` compares instead and fails when a page is not current.
"""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "interpreter" / "model" / "rule_properties.def"
TEXT = r'"((?:[^"\\]|\\.)*)"'
SET = re.compile(rf"^S\((\w+), {TEXT}\)$", re.M)
ELEMENT = re.compile(rf"^E\((\w+), (yes|no), {TEXT}, {TEXT}\)$", re.M)
PROPERTY = re.compile(rf"^P\((\w+), (\w+), {TEXT}, {TEXT}, {TEXT}, {TEXT}\)$", re.M)

WORDS = {
    "en": {
        "title": "What rules can ask for",
        "made": "Made by `tools/rules_page.py` from `interpreter/model/rule_properties.def`; "
                "[how to write rules](rules-howto.md).",
        "elements": "Elements", "element": "element", "meaning": "meaning", "bound": "`for x`",
        "property": "property", "gives": "gives", "declared": "as declared", "sets": "Words",
        "set": "set", "words": "words",
        "every": "Every element", "flow": "Whatever is computed",
        "flow_note": "Metrics, exclusions, phases, scorecards, rows, gates, payouts, penalties, alerts and formulas.",
        "absent": "A result marked `?` may be absent. Something absent compares as unknown, and unknown never reports; "
                  "ask with `is none`, or give a value with `default`.",
        "arguments": "Arguments are written `name: value`; the name may be left out where the kind of the value tells it. "
                     "`?` may be left out, `*` takes one or more.",
        "yes": "yes", "no": "no",
    },
    "zh": {
        "title": "规则可以查询的内容",
        "made": "由 `tools/rules_page.py` 根据 `interpreter/model/rule_properties.def` 生成；"
                "[如何编写规则](rules-howto.zh.md)。",
        "elements": "元素", "element": "元素", "meaning": "含义", "bound": "可写 `for x`",
        "property": "属性", "gives": "结果", "declared": "即声明的内容", "sets": "词表",
        "set": "名称", "words": "可用的词",
        "every": "所有元素", "flow": "一切经计算得出的元素",
        "flow_note": "指标、剔除规则、阶段、计分卡、计分卡的行、门槛、报酬、扣减、预警与公式。",
        "absent": "标有 `?` 的结果可能缺失。缺失的值参与比较得到“未知”，未知不会触发报告；可用 `is none` 判断，或用 `default` 给出默认值。",
        "arguments": "参数写作 `名称: 值`；从值的种类可以看出时可省略名称。`?` 表示可省略，`*` 表示一个或多个。",
        "yes": "是", "no": "否",
    },
}


def read():
    text = SOURCE.read_text(encoding="utf-8")
    for letter, pattern in (("S", SET), ("E", ELEMENT), ("P", PROPERTY)):
        begun = len(re.findall(rf"^{letter}\(", text, re.M))
        if begun != len(pattern.findall(text)):
            raise SystemExit(f"{SOURCE.name}: {begun} entries `{letter}(…)`, but not all can be read")
    return SET.findall(text), ELEMENT.findall(text), PROPERTY.findall(text)


def cell(text):
    return text.replace("|", "\\|")


def type_text(word):
    mark = word[-1] if word[-1] in "?*" else ""
    bare = word.rstrip("?*")
    return f"{bare.removeprefix('set:')}{mark}"


def signature(name, arguments):
    if not arguments:
        return f"`{name}`"
    parts = []
    for argument in arguments.split(","):
        key, kind = argument.strip().split(":", 1)
        parts.append(f"{key}: {type_text(kind)}")
    return f"`{name}({', '.join(parts)})`"


def page(language):
    sets, elements, properties = read()
    words = WORDS[language]
    chinese = language == "zh"
    out = [f"# {words['title']}", "", words["made"], "", words["absent"], "", words["arguments"], "",
           f"## {words['elements']}", "", f"| {words['element']} | {words['bound']} | {words['meaning']} |", "|---|---|---|"]
    for name, binder, english, zh in elements:
        out.append(f"| `{name}` | {words[binder]} | {cell(zh if chinese else english)} |")
    owners = [("any", words["every"]), ("flow", words["flow"])] + [(name, f"`{name}`") for name, *_ in elements]
    for owner, title in owners:
        own = [entry for entry in properties if entry[0] == owner]
        if not own:
            continue
        out += ["", f"## {title}", ""]
        if owner == "flow":
            out += [words["flow_note"], ""]
        out += [f"| {words['property']} | {words['gives']} | {words['meaning']} |", "|---|---|---|"]
        for _, name, arguments, result, english, zh in own:
            meaning = (zh if chinese else english) or words["declared"]
            out.append(f"| {signature(name, arguments)} | {type_text(result)} | {cell(meaning)} |")
    out += ["", f"## {words['sets']}", "", f"| {words['set']} | {words['words']} |", "|---|---|"]
    for name, list_text in sets:
        out.append(f"| {name} | " + " ".join(f"`{word}`" for word in list_text.split()) + " |")
    return "\n".join(out) + "\n"


def main():
    check = "--check" in sys.argv[1:]
    passed = failed = 0
    for language, file in (("en", "rules.md"), ("zh", "rules.zh.md")):
        path = ROOT / "docs" / "reference" / file
        text = page(language)
        if not check:
            path.write_text(text, encoding="utf-8")
            passed += 1
        elif path.exists() and path.read_text(encoding="utf-8") == text:
            passed += 1
        else:
            failed += 1
            print(f"{path.relative_to(ROOT)} is not current: run tools/rules_page.py")
    if check:
        print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
