#!/usr/bin/env python3
"""Writes docs/reference/packs.md and packs.zh.md: every rule that comes with the program, by pack, from
`kpi rule --list --format json` and the conditions in stdlib/compliance; and what no rule can decide, from
tools/packs_undecidable.json.

    packs_page.py [--kpi BINARY] [--check]

`--check` compares instead and fails when a page is not current.
"""
import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIMITS = ROOT / "tools" / "packs_undecidable.json"

WORDS = {
    "en": {
        "title": "Compliance packs",
        "made": "Made by `tools/packs_page.py` from the packs in `stdlib/compliance`. [How the lint runs](linting.md) · "
                "[how to write a rule](rules-howto.md) · [中文](packs.zh.md)",
        "advice": "None of this is legal advice. Laws and terms of platforms change, many sources were read at second hand, and a "
                  "policy without findings can still be unlawful. Have what matters checked by somebody who answers for it.",
        "count": "{rules} rules in {packs} packs. `kpi rule ID` prints a rule's page with its condition, examples and every source.",
        "markers": "Severity can differ by market; the strictest of a policy's markets counts. *Sources* says what is known of the "
                   "texts: V text seen, S secondary source, U not verified; numbers count citations. Rules of guidance and of the "
                   "house never say that something is not allowed.",
        "tags": "What a policy can tell the rules",
        "tags_note": "Some facts stand in no formula. A policy states them, and a rule asks for the statement, never for its truth.",
        "pack": "Pack", "rule": "rule", "severity": "severity", "what": "what it asks", "where": "where", "authority": "authority",
        "sources": "sources", "everywhere": "everywhere", "in": "; {severity} in {markets}",
        "undecidable": "What no rule decides",
        "undecidable_note": "The language states how work is measured and paid. What lies outside of it is not guessed:",
        "theme": "theme", "instead": "what there is instead", "why": "why",
        "limits_note": "Limits of laws and platforms stand in decision tables with the days they hold for, so that a new value is a new "
                       "row; the comment behind a row is its source.",
        "severities": {"error": "error", "warning": "warning", "info": "info"},
        "authorities": {"law": "law", "platform": "platform", "guidance": "guidance", "house": "house"},
        "runs": {"market": "Runs for policies with `market {name}`.", "platform": "Runs for policies with `platform {name}`.",
                 "eu": "Runs for policies with `market EU` or a member state such as `DE`.", "all": "Runs for every policy."},
    },
    "zh": {
        "title": "合规规则包",
        "made": "由 `tools/packs_page.py` 根据 `stdlib/compliance` 中的规则包生成。[检查如何运行](linting.zh.md) · "
                "[如何编写规则](rules-howto.zh.md) · [English](packs.md)",
        "advice": "以下内容均不构成法律意见。法律与平台规则会变，不少来源是二手的，没有发现问题的方案仍可能违法。重要事项请由能承担责任的专业人士核对。",
        "count": "共 {rules} 条规则，{packs} 个规则包。`kpi rule 规则名` 打印规则的条件、示例与全部来源。",
        "markers": "严重程度可因市场而异，方案涉及多个市场时取最严的。*来源*一栏说明对原文的了解程度：V 已核对原文，S 二手来源，"
                   "U 未核实；数字为引用条数。监管指引和内部规范类规则不会说某事“不被允许”。",
        "tags": "方案可以向规则声明什么",
        "tags_note": "有些事实不在任何公式里，由方案声明；规则只检查是否声明，不判断真假。",
        "pack": "规则包", "rule": "规则", "severity": "严重程度", "what": "要求", "where": "适用", "authority": "依据",
        "sources": "来源", "everywhere": "全部", "in": "；{markets}：{severity}",
        "undecidable": "规则无法判断的事",
        "undecidable_note": "语言描述的是如何考核与计酬，其余不作猜测：",
        "theme": "主题", "instead": "替代办法", "why": "原因",
        "limits_note": "法律与平台的限值写在带生效日期的决策表里，新值就是新的一行；行尾注释是来源。",
        "severities": {"error": "错误", "warning": "警告", "info": "提示"},
        "authorities": {"law": "法律", "platform": "平台", "guidance": "监管指引", "house": "内部规范"},
        "runs": {"eu": "`market EU` 或成员国（如 `DE`）的方案运行。", "market": "`market {name}` 的方案运行。", "platform": "`platform {name}` 的方案运行。", "all": "所有方案都运行。"},
    },
}
# Tags, evidence and assumptions that rules ask for, found in their conditions.
ASKED = [("tags", re.compile(r"\.tagged\(([^)]*)\)")), ("evidence", re.compile(r"\.evidence\((\w+)\)")),
         ("assume", re.compile(r"\.assumption\((\w+)\)"))]


def cell(text):
    return text.replace("|", "\\|").replace("\n", " ")


def severity(rule, words):
    own = words["severities"]
    text = own[rule["severity"]]
    for one in rule.get("market_severities", []):
        text += words["in"].format(severity=own[one["severity"]], markets=", ".join(one["markets"]))
    return text


def where(rule, words):
    parts = rule.get("markets", []) + [f"`{name}`" for name in rule.get("platforms", [])]
    return ", ".join(parts) or words["everywhere"]


def sources(rule):
    counts = {}
    for cite in rule.get("cites", []):
        mark = {"verified": "V", "secondary": "S", "superseded": "†"}.get(cite["status"], "U")
        counts[mark] = counts.get(mark, 0) + 1
    return " ".join(f"{mark}{counts[mark]}" for mark in "VSU†" if mark in counts) or "–"


def order(pack):
    name = pack.removeprefix("std.compliance.")
    return (name.count("."), name.startswith("platforms"), name != "core", name)


def read_conditions():
    """The text between `rule ID` and its `report`, by id."""
    result = {}
    for path in sorted((ROOT / "stdlib" / "compliance").rglob("*.kpi")):
        for block in re.split(r"^(?=rule )", path.read_text(encoding="utf-8"), flags=re.M)[1:]:
            result[block.split()[1]] = block.split("\n  report ")[0]
    return result


def page(rules, language):
    words = WORDS[language]
    packs = {}
    for rule in rules:
        packs.setdefault(rule["pack"], []).append(rule)
    lines = [f"# {words['title']}", "", words["made"], "", words["advice"], "",
             words["count"].format(rules=len(rules), packs=len(packs)), "", words["markers"]]
    for pack in sorted(packs, key=order):
        name = pack.removeprefix("std.compliance.")
        kind, _, last = name.partition(".")
        place = {"markets": "market", "platforms": "platform"}.get(kind, "all") if last else "all"
        runs = words["runs"]["eu" if last == "eu" else place].format(name=last.upper() if place == "market" else last)
        lines += ["", f"## `{pack}`", "", runs, "",
                  f"| {words['rule']} | {words['severity']} | {words['what']} | {words['where']} | {words['authority']} | "
                  f"{words['sources']} |", "|---|---|---|---|---|---|"]
        for rule in packs[pack]:
            lines.append(f"| `{rule['id']}` | {severity(rule, words)} | {cell(rule['title'][language])} | {where(rule, words)} | "
                         f"{words['authorities'][rule['authority']]} | {sources(rule)} |")
    conditions = read_conditions()
    lines += ["", f"## {words['tags']}", "", words["tags_note"], "", f"| | {words['rule']} |", "|---|---|"]
    for kind, pattern in ASKED:
        asked = {}
        for rule in rules:
            for found in pattern.findall(conditions[rule["id"]]):
                for word in re.split(r"[,\s]+", found.strip()):
                    asked.setdefault(word, []).append(rule["id"])
        for word in sorted(asked):
            ids = ", ".join(f"`{one}`" for one in sorted(set(asked[word])))
            lines.append(f"| `{kind} {word}` | {ids} |")
    lines += ["", f"## {words['undecidable']}", "", words["undecidable_note"], "",
              f"| {words['theme']} | {words['why']} | {words['instead']} |", "|---|---|---|"]
    for entry in json.loads(LIMITS.read_text(encoding="utf-8")):
        lines.append("| " + " | ".join(cell(entry[part][language]) for part in ("theme", "why", "instead")) + " |")
    lines += ["", words["limits_note"], ""]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kpi", default=str(ROOT / "build" / "ci" / "kpi"))
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    listed = subprocess.run([options.kpi, "rule", "--list", "--format", "json"], cwd=ROOT, capture_output=True, check=True,
                            encoding="utf-8").stdout
    rules = json.loads(listed)["rules"]
    stale = []
    for language, name in (("en", "packs.md"), ("zh", "packs.zh.md")):
        path, text = ROOT / "docs" / "reference" / name, page(rules, language)
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if not options.check:
            path.write_text(text, encoding="utf-8")
    if options.check and stale:
        print(f"not current: {', '.join(stale)}; run tools/packs_page.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
