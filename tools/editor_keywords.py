#!/usr/bin/env python3
"""Builds what editors know of the language from grammar/syntax/keywords.def, the one list of words.

    editor_keywords.py            write the files that differ
    editor_keywords.py --check    change nothing; exit with 1 and name what differs

| made                                                | from                                            |
|-----------------------------------------------------|-------------------------------------------------|
| editor-support/vscode/syntaxes/kpi.tmLanguage.json  | editor-support/templates/kpi.tmLanguage.toml    |
| editor-support/vim/syntax/kpi.vim                   | editor-support/templates/kpi.vim                |

The templates say how words are put in. --check also demands a snippet for every declaration in
editor-support/vscode/snippets/kpi.json. Every checked file counts as one test.
"""
import argparse
import json
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "harness"))
from expectation import closing_line  # noqa: E402

KEYWORDS = ROOT / "grammar" / "syntax" / "keywords.def"
EDITORS = ROOT / "editor-support"
SNIPPETS = EDITORS / "vscode" / "snippets" / "kpi.json"
NOTE = "made by tools/editor_keywords.py"


class TemplateError(Exception):
    pass


def keywords(text):
    """{group: [word]} in the order of the list."""
    groups = {}
    for line in text.splitlines():
        for group, word in re.findall(r"W\((\w+), (\w+)\)", line.split("//")[0]):
            groups.setdefault(group, []).append(word)
    return groups


def words_of(groups, names):
    """The words of several groups, each once; `a b - c` leaves out those of c."""
    wanted, _, unwanted = names.partition(" - ")
    for name in (wanted + " " + unwanted).split():
        if name not in groups:
            raise TemplateError(f"there is no group `{name}` in {KEYWORDS.name}")
    left_out = {word for name in unwanted.split() for word in groups[name]}
    found = dict.fromkeys(word for name in wanted.split() for word in groups[name])
    return [word for word in found if word not in left_out]


def alternation(groups, names):
    """`a|b`, the longer first, so that no word hides one that it begins."""
    return "|".join(sorted(words_of(groups, names), key=lambda word: (-len(word), word)))


class TextMate:
    """Turns the short form of the template into a TextMate grammar."""

    def __init__(self, template, groups):
        self.template = template
        self.groups = groups

    def regex(self, text):
        for _ in range(3):  # patterns may use patterns
            text = re.sub(r"%<(\w+)>", lambda match: self._pattern(match[1]), text)
        text = re.sub(r"%\{([\w -]+)\}", lambda match: self._group(match[1]), text)
        re.compile(re.sub(r"\\p\{\w+\}", "w", re.sub(r"\(\?<[=!].*?\)", "", text)))  # typing mistakes such as `(`
        return text

    def _pattern(self, name):
        if name not in self.template["patterns"]:
            raise TemplateError(f"there is no pattern `{name}` in the template")
        return self.template["patterns"][name]

    def _group(self, names):
        return alternation(self.groups, names)

    @staticmethod
    def includes(names):
        return [{"include": name if name == "$self" else "#" + name} for name in names]

    def captures(self, table):
        result = {}
        for number, value in table.items():
            result[number] = {"patterns": self.includes(value["include"])} if isinstance(value, dict) else {"name": value}
        return result

    def rule(self, entry):
        result = {}
        for key, value in entry.items():
            if key in ("match", "begin", "end", "while"):
                result[key] = self.regex(value)
            elif key.lower().endswith("captures"):
                result[key] = self.captures(value)
            elif key == "include":
                result["patterns"] = self.includes(value)
            elif key == "name":
                result[key] = value
            else:
                raise TemplateError(f"`{key}` is not known in a rule")
        return result

    def declaration(self, name, entry):
        """The region of a declaration, and a rule with the clauses of its block."""
        rules = {}
        block = list(entry.get("block", []))
        if "clauses" in entry:
            clauses = f"clauses_{name}"
            rules[clauses] = {"patterns": [{
                "name": "keyword.other.clause.kpi",
                "match": self.regex("%<start>(?:%{" + entry["clauses"] + "})%<clause_stop>")}]}
            if "clauses" in block:
                block[block.index("clauses")] = clauses
            else:
                block.insert(0, clauses)
        inner = []
        if block:
            rules[f"block_{name}"] = {"patterns": [{
                "begin": r"\{",
                "end": self.regex(r"\}|%<next_outside>"),
                "beginCaptures": {"0": {"name": "punctuation.section.block.begin.kpi"}},
                "endCaptures": {"0": {"name": "punctuation.section.block.end.kpi"}},
                "patterns": self.includes(["comments", "table", f"block_{name}", *block])}]}
            inner = [f"block_{name}"]
        rules[name] = {"patterns": [{
            "name": f"meta.declaration.{name}.kpi",
            "begin": self.regex("%<start>" + entry["match"]),
            "end": self.regex(r"(?<=\})|(?=\})|%<next>"),
            "beginCaptures": {str(i + 1): {"name": scope} for i, scope in enumerate(entry["captures"])},
            "patterns": self.includes(["comments", "table", *inner, *entry.get("head", []), "expression"])}]}
        return rules

    def grammar(self):
        repository = {name: {"patterns": [self.rule(entry) for entry in entries]}
                      for name, entries in self.template["repository"].items()}
        for name, entry in self.template["declarations"].items():
            repository.update(self.declaration(name, entry))
        self._check_includes(repository)
        return {
            "information_for_contributors": [f"{NOTE}; change editor-support/templates/kpi.tmLanguage.toml instead"],
            "name": self.template["name"],
            "scopeName": self.template["scopeName"],
            "fileTypes": self.template["fileTypes"],
            "patterns": self.includes(self.template["include"]),
            "repository": dict(sorted(repository.items())),
        }

    def _check_includes(self, repository):
        wanted = set(re.findall(r'"include": "#(\w+)"', json.dumps(repository))) | set(self.template["include"])
        for name in sorted(wanted - set(repository)):
            raise TemplateError(f"the template includes `{name}`, which it does not define")
        for name in sorted(set(repository) - wanted - {"rule_example"}):
            raise TemplateError(f"nothing in the template includes `{name}`")


def textmate(groups):
    template = tomllib.loads((EDITORS / "templates" / "kpi.tmLanguage.toml").read_text(encoding="utf-8"))
    grammar = TextMate(template, groups)
    return json.dumps(grammar.grammar(), ensure_ascii=False, indent=2) + "\n"


def vim(groups):
    text = (EDITORS / "templates" / "kpi.vim").read_text(encoding="utf-8")
    # Vim's alternation takes the first that matches; \| stands between the words.
    return re.sub(r"@\{([\w -]+)\}", lambda match: alternation(groups, match[1]).replace("|", r"\|"), text)


def outputs(groups):
    yield EDITORS / "vscode" / "syntaxes" / "kpi.tmLanguage.json", textmate(groups)
    yield EDITORS / "vim" / "syntax" / "kpi.vim", vim(groups)


def missing_snippets(groups):
    snippets = json.loads(SNIPPETS.read_text(encoding="utf-8"))
    begun = {line.split()[0] for snippet in snippets.values() for line in snippet["body"] if line.strip()}
    return [word for word in groups["declaration"] if word not in begun]


def check(groups):
    passed = failed = 0
    for path, text in outputs(groups):
        name = path.relative_to(ROOT)
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            passed += 1
        else:
            failed += 1
            print(f"{name} is not what {KEYWORDS.relative_to(ROOT)} and its template give; run tools/editor_keywords.py")
    missing = missing_snippets(groups)
    if missing:
        failed += 1
        print(f"{SNIPPETS.relative_to(ROOT)} has no snippet for: {', '.join(missing)}")
    else:
        passed += 1
    return closing_line(passed, failed)


def main():
    parser = argparse.ArgumentParser(description="Builds the editors' grammars from the list of keywords.")
    parser.add_argument("--check", action="store_true", help="change nothing, exit with 1 when a file differs")
    options = parser.parse_args()
    groups = keywords(KEYWORDS.read_text(encoding="utf-8"))
    try:
        if options.check:
            return check(groups)
        for path, text in outputs(groups):
            if not path.is_file() or path.read_text(encoding="utf-8") != text:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
                print(f"wrote {path.relative_to(ROOT)}")
        return 0
    except TemplateError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
