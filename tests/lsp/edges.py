#!/usr/bin/env python3
"""`kpi lsp` at its edges: edges.py KPI. Line ends and marks of files, files that come and go, folders, settings, locks, requests
that nobody waits for any more, ends of a session, large files, and completion in the holes of unfinished text."""
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from client import Client, ServerError, applied, index_of, kpi_path, position, run_tests, uri  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
POLICY = (ROOT / "policies" / "uk_live_hosts" / "policy.kpi").read_text(encoding="utf-8")
UNALLOWED = re.sub(r"(?m)^allow [^{]*\{[^}]*\}\n", "", POLICY)
SNIPPETS = json.loads((ROOT / "editor-support" / "vscode" / "snippets" / "kpi.json").read_text(encoding="utf-8"))
KPI = ""

LIBRARY = 'edition 2026\nlibrary plan {\n  param rate "提成率" : number = 2%\n}\n'
USER = ('edition 2026\npolicy p "P" {\n  version "1"  currency GBP  timezone "UTC"  owner "a"\n'
        '  effective 2026-01-01 to 2026-12-31\n}\nuse "%s" as plan\n'
        'entity host from hosts { host_id : text key }\n'
        'events orders as orders from orders at paid_at {\n  host : host  paid_at : datetime  amount : money in GBP\n}\n'
        'metric pay "提成" = plan.rate * sum(orders.amount)\n')


def start(folder, text=POLICY, name="主播.kpi", **options):
    path = write(f"{folder}/{name}", text)
    client = Client(KPI, folder=folder, **options)
    client.open(uri(path), text)
    return client, uri(path)


def write(path, text):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")
    return path


def on_disk(client, path, kind):
    client.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": uri(path), "type": kind}]})


def labels(client, document, marked):
    return [item["label"] for item in client.request("textDocument/completion", client.at(document, marked))["items"]]


# ---- completion


def test_holes(folder):
    """Where a word is missing and the text around it cannot be read without it."""
    client, document = start(folder)

    def typed(old, new):
        plain = new.replace("¦", "")
        client.replace(document, old, plain)
        result = labels(client, document, new)
        client.replace(document, plain, old)
        assert "kpi_missing_word" not in result, new
        return set(result)

    assert {"is_test", "amount", "paid_at"} <= typed("from orders where is_test", "from orders where ¦")
    assert {"is_test", "and"} <= typed("from orders where is_test", "from orders where is_test and ¦")
    assert {"paid_at"} == typed("from orders at paid_at {", "from orders at ¦ {")
    assert {"joined", "host_id"} <= typed("when age(joined) < 90 days", "when age(¦")
    assert {"joined", "cold_start"} <= typed("when age(joined) < 90 days", "when ¦")
    assert {"net_sales", "score", "joined"} <= typed("  amount   commission(net_sales) * multiplier(score)\n", "  amount   ¦\n")
    assert {"net_sales"} <= typed("commission(net_sales) *", "commission(¦) *")
    assert {"target", "attainment", "points", "value", "weight"} == typed("  amount   commission(net_sales) *", "  amount   result(net_sales).¦ *")
    assert {"key", "label", "personal", "from", "range"} <= typed("joined  : date\n", "joined  : date ¦\n")
    assert {"steps", "line", "brackets"} == typed("curve multiplier(score) steps", "curve multiplier(score) ¦")
    assert {"attainment", "score", "net_sales"} <= typed("curve multiplier(score) steps", "curve multiplier(¦) steps")
    assert {"info", "warning", "critical"} <= typed('"Traffic without sales" warning', '"Traffic without sales" ¦')
    assert {"tiktok_shop", "amazon"} <= typed("platform     tiktok_shop", "platform     ¦")
    assert {"UK", "CN", "TH"} <= typed("market       UK", "market       ¦")
    assert {"employee", "agency", "creator"} == typed("payee    employee", "payee    ¦")
    assert {"platform", "export", "payee", "manual by"} == typed("  collected export\n}\n\nevents sessions", "  collected ¦\n}\n\nevents sessions")
    assert {"half_even", "ceiling"} <= typed("rounding half_even", "rounding ¦")
    assert {"fake_order_cost"} <= typed("assume   fake_order_cost", "assume   ¦")
    rule = 'rule 封顶 warning "报酬封顶" {\n  for %s\n}\nlabels zh {'
    assert {"payout", "metric", "scorecard"} <= typed("labels zh {", rule % "¦")
    assert {"cap", "payee", "reads", "name"} <= typed("labels zh {", rule % "payout p where p.¦")
    assert {"form", "reads"} <= typed("labels zh {", rule % "payout p where exists metric m where m.¦")
    assert {"gates", "every"} <= typed("labels zh {", rule % "payout p where p.scorecard.¦")
    assert {"orders", "sessions"} <= typed("labels zh {", 'attack a "甲" {\n  adds 1 ..= 20 ¦\n}\nlabels zh {')
    assert {"hosts", "orders"} <= typed("labels zh {", "import a into ¦ {\n}\nlabels zh {")
    client.close()


def test_snippets(folder):
    """The server proposes to other editors the snippets that VS Code has of its own, to VS Code none, and to editors without
    snippets the words of declarations."""
    wanted = {each["prefix"]: "\n".join(each["body"]) for each in SNIPPETS.values()}
    words = re.findall(r"W\(declaration, (\w+)\)", (ROOT / "grammar" / "syntax" / "keywords.def").read_text(encoding="utf-8"))
    kind_snippet = 15

    def proposed(language="en", has_words=True, **options):
        client, document = start(folder, text=POLICY + "\n", options={"language": language, **options.pop("options", {})}, **options)
        end = {"textDocument": {"uri": document}, "position": position(POLICY + "\n", len(POLICY) + 1)}
        items = client.request("textDocument/completion", end)["items"]
        client.close()
        assert (set(words) <= {item["label"] for item in items}) == has_words
        return [item for item in items if item["kind"] == kind_snippet]

    for language, which in (("en", 0), ("zh", 1)):
        found = {item["label"]: item for item in proposed(language)}
        assert {label: item["textEdit"]["newText"] for label, item in found.items()} == wanted
        details = {each["prefix"]: each["description"].split(" · ")[which] for each in SNIPPETS.values()}
        assert {label: item["detail"] for label, item in found.items()} == details
        assert all(item["insertTextFormat"] == 2 for item in found.values())
    assert proposed(options={"snippets": False}, has_words=False) == [] == proposed(snippets=False)


FIXES = [  # what should stand there, and what does
    ("sum(sessions.views) {", "sum(sessions.viewz) {"), ('"Europe/London"', '"Europe/Londn"'), ("fake_order_cost =", "fake_order_costs ="),
    ("1_500 GBP", "1,500 GBP"), ("violation_count = 0", "violation_count == 0"), ("and paid_at within", "&& paid_at within"),
    ("| 0.8 ", "| .8 "), ("this.paid_at) > 5 {", "this.paid_at) > 5. {"), ("| 12%        |", "| 12        |"),
    ("= sum(orders.amount) -", "= sum（orders.amount) -"), ("market       UK", "market       England"), ("platform     tiktok_shop", "platform     tiktok_shp"),
    ("allow marginal-accelerator", "allow marginal-acceleratr"), ("every week when", "every weeek when"), ("{gpm}", "{gpmm}"),
    ("edition 2026\n\n", ""),
]


def test_fixes(folder):
    """Whatever the checker knows how to put right has an action that does."""
    whole = re.sub(r"^#.*\n", "", POLICY).replace("for 2 weeks\n", 'for 2 weeks { message "😀 {gpm}" }\n')
    client, document = start(folder, text=whole)
    assert client.codes(document) == [], client.found(document)
    for right, wrong in FIXES:
        client.replace(document, right, wrong)
        found = [each for each in client.found(document) if each["severity"] <= 2]
        texts = []
        for each in found:
            actions = client.request("textDocument/codeAction", {
                "textDocument": {"uri": document}, "range": each["range"], "context": {"diagnostics": [each]}})
            texts += [applied(client.texts[document], action["edit"]["changes"][document]) for action in actions]
        assert whole in texts, (right, wrong, found, [text == whole for text in texts])
        client.change(document, 0, len(client.texts[document]), whole)
        assert client.codes(document) == []
    client.close()


def test_words(folder):
    """Every word of declarations, clauses, functions, types and ways to score is explained, in both languages."""
    groups = {}
    for group, word in re.findall(r"W\((\w+), (\w+)\)", (ROOT / "grammar" / "syntax" / "keywords.def").read_text(encoding="utf-8")):
        groups.setdefault(group, []).append(word)
    entries = re.findall(r'^H\("([\w.]+)", "((?:[^"\\]|\\.)*)", "((?:[^"\\]|\\.)*)"\)$',
                         (ROOT / "interpreter" / "lsp" / "help.def").read_text(encoding="utf-8"), re.M)
    known = {word: (en, zh) for word, en, zh in entries}
    assert len(known) == len(entries)
    missing = [f"{group}: {word}" for group, words in groups.items() for word in words
               if (group in ("declaration", "aggregate", "metric_function", "scalar_function", "text_function", "type", "flag",
                             "builtin_curve", "attainment", "curve_kind", "rounding") or group.startswith("clause_"))
               and word not in known and f"{group.removeprefix('clause_')}.{word}" not in known]
    assert missing == [], missing
    assert [word for word, (en, zh) in known.items() if not en or not re.search(r"[\u4e00-\u9fff]|`|/", zh)] == []
    for language, texts in (("en", {"ten": "British pound|Pound", "mon": "An amount", "val": "half goes to"}), ("zh", {"ten": "英镑", "mon": "金额", "val": "五成双"})):
        client, document = start(folder, options={"language": language})
        for marked, wanted in (("currency     G¦BP", texts["ten"]), ("amount   : mo¦ney in GBP", texts["mon"]), ("rounding half_¦even", texts["val"])):
            hover = client.request("textDocument/hover", client.at(document, marked))
            assert re.search(wanted, hover["contents"]["value"]), (marked, hover)
        client.close()


# ---- texts


def test_line_ends(folder):
    """CRLF, and a mark at the beginning of the file that an editor left there."""
    tidy = subprocess.run([KPI, "fmt", "-"], input=POLICY.replace("gpm", "千次").replace('"GMV per', '"😀 GMV per'), capture_output=True, text=True, check=True)
    text = tidy.stdout.replace("\n", "\r\n")
    for mark in ("", "\ufeff"):
        client, document = start(folder, text=mark + text)
        assert client.codes(document) == [], client.found(document)
        begin = client.texts[document].index("sum(sessions.views) {\r\n")
        client.change(document, begin, begin + len("sum(sessions.views)"), "sum(sessions.viewz)")
        (mistake,) = client.found(document)
        assert client.text_at(document, mistake["range"]) == "viewz", mistake
        client.change(document, begin, begin + len("sum(sessions.viewz)"), "sum(sessions.views)")
        assert {"amount", "refunded"} <= set(labels(client, document, "sum(orders.am¦ount) - "))
        # Layout is no matter of line ends.
        params = {"textDocument": {"uri": document}, "options": {}}
        assert client.request("textDocument/formatting", params) == []
        begin = client.texts[document].index("  cap      1_500 GBP")
        client.change(document, begin, begin, "    ")
        (edit,) = client.request("textDocument/formatting", params)
        assert edit["newText"] == "  cap      1_500 GBP\r\n", edit
        assert applied(client.texts[document], [edit]) == mark + text
        client.close()


def test_range_formatting(folder):
    tidy = subprocess.run([KPI, "fmt", "-"], input=POLICY, capture_output=True, text=True, check=True).stdout
    loose = (tidy.replace("metric gpm ", "metric   gpm   ").replace("| gpm         |", "|gpm|").replace("  cap ", "      cap ")
             .replace("\nlabels zh", "\n\n\n\nlabels zh"))
    client, document = start(folder, text=loose)
    whole = client.request("textDocument/formatting", {"textDocument": {"uri": document}, "options": {}})
    assert applied(loose, whole) == tidy and len(whole) == 4, whole
    (blank,) = [edit for edit in whole if edit["newText"] == ""]  # lines too many, and nothing else
    assert blank["range"]["end"]["line"] - blank["range"]["start"]["line"] == 3

    def of(*lines):
        numbers = [i for i, line in enumerate(loose.split("\n")) if any(part in line for part in lines)]
        span = {"start": {"line": min(numbers), "character": 1}, "end": {"line": max(numbers), "character": 3}}
        return client.request("textDocument/rangeFormatting", {"textDocument": {"uri": document}, "range": span, "options": {}})
    (metric,) = of("metric   gpm")
    assert metric["newText"].startswith("metric gpm "), metric
    (row,) = of("|gpm|")
    assert row["newText"].strip().startswith("| gpm         | 30%"), row
    assert of("exclude test_orders") == [] and len(of("|gpm|", "      cap ")) == 2
    parts = loose
    for edit in sorted([metric, row], key=lambda e: -e["range"]["start"]["line"]):
        parts = applied(parts, [edit])
    assert subprocess.run([KPI, "fmt", "-"], input=parts, capture_output=True, text=True, check=True).stdout == tidy
    client.replace(document, "metric   gpm", "metric = gpm")
    assert "syntax errors" in client.refused("textDocument/rangeFormatting", {
        "textDocument": {"uri": document}, "range": metric["range"], "options": {}})
    client.close()


def test_large_file(folder):
    """Twenty thousand lines: every request is answered, and typing goes on."""
    head, tail = POLICY.split("phases for host", 1)
    metrics = "".join(f'metric m{i} "指标 {i}" = sum(orders.amount where buyer_id != "b{i}")\n' for i in range(20_000))
    text = head + metrics + "phases for host" + tail
    client, document = start(folder, text=text)
    this = {"textDocument": {"uri": document}}
    assert client.codes(document) == []
    for method, more in (("documentSymbol", {}), ("foldingRange", {}), ("semanticTokens/full", {}), ("codeLens", {}),
                         ("completion", client.at(document, "commission(net_s¦ales)")), ("hover", client.at(document, "metric m19¦999")),
                         ("formatting", {"options": {}})):
        assert client.request("textDocument/" + method, {**this, **more}) is not None, method
    client.replace(document, "metric m10000 ", "metric m10001 ")
    assert client.codes(document) != []
    client.replace(document, "metric m10001 ", "metric m10000 ")
    assert client.codes(document) == []
    client.close()


# ---- files, folders, settings


def test_files_come_and_go(folder):
    """A used file that is deleted, comes back, and is renamed, with what the client says of it."""
    library = write(f"{folder}/plan.kpi", LIBRARY)
    client, document = start(folder, text=USER % "plan.kpi", name="user.kpi")
    assert client.codes(document) == []
    library.unlink()
    on_disk(client, library, 3)
    client.until(document, lambda found: any("plan.kpi" in each["message"] for each in found))
    write(library, LIBRARY)
    on_disk(client, library, 1)
    client.until(document, lambda found: found == [])
    # Renamed: what the editor does, in its order.
    other = Path(folder) / "方案库.kpi"
    client.open(uri(library), LIBRARY)
    library.rename(other)
    client.notify("textDocument/didClose", {"textDocument": {"uri": uri(library)}})
    client.open(uri(other), LIBRARY)
    client.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": uri(library), "type": 3}, {"uri": uri(other), "type": 1}]})
    client.until(document, lambda found: found != [])
    client.replace(document, 'use "plan.kpi"', 'use "方案库.kpi"')
    client.until(document, lambda found: found == [])
    (place,) = client.request("textDocument/definition", client.at(document, "plan.ra¦te"))
    assert place["uri"] == uri(other)
    # The policy itself is deleted while it is open: its text counts until it is closed.
    Path(folder, "user.kpi").unlink()
    on_disk(client, Path(folder) / "user.kpi", 3)
    client.replace(document, "plan.rate", "plan.rte")
    client.until(document, lambda found: len(found) == 1)
    client.notify("textDocument/didClose", {"textDocument": {"uri": document}})
    client.request("workspace/symbol", {"query": "x"})
    assert client.diagnostics[document]["diagnostics"] == []
    client.close()


def test_two_folders(folder):
    """Names are found in both folders of a workspace, and in those that come later."""
    home = Path(folder)
    for name in ("甲", "乙", "丙"):
        write(home / name / "user.kpi", (USER % "../plan.kpi").replace("metric pay ", f"metric pay_{name} "))
    library = write(home / "plan.kpi", LIBRARY)
    client = Client(KPI, folders=[home / "甲", home / "乙"])
    client.open(uri(library), LIBRARY)

    def known():
        uses = client.request("textDocument/references", {**client.at(uri(library), "param ra¦te"), "context": {}})
        return sorted(symbol["name"][-1] for symbol in client.request("workspace/symbol", {"query": "pay_"})), len(uses)
    assert known() == (sorted("甲乙"), 2)
    there = [{"uri": uri(home / name), "name": name} for name in ("甲", "乙", "丙")]
    client.notify("workspace/didChangeWorkspaceFolders", {"event": {"added": there[2:], "removed": there[:1]}})
    assert known() == (sorted("乙丙"), 2)
    client.close()


def test_settings(folder):
    """Another language, at once and for everything."""
    client, document = start(folder, text=UNALLOWED.replace("sum(sessions.views)", "sum(sessions.viewz)"))
    assert "has no field" in client.found(document)[0]["message"]
    client.diagnostics.clear()
    client.notify("workspace/didChangeConfiguration", {"settings": {"kpi": {"language": "zh"}}})
    assert "没有字段" in client.found(document)[0]["message"]
    client.replace(document, "sum(sessions.viewz)", "sum(sessions.views)")
    assert re.search(r"[\u4e00-\u9fff]", client.findings(document, lambda ids: "payout-cliff" in ids)[0]["message"])
    for strange in ({"settings": None}, {"settings": 7}, {"settings": {"kpi": {"language": 3, "database": [], "snippets": "no"}}}, {}):
        client.notify("workspace/didChangeConfiguration", strange)
    client.replace(document, "sum(sessions.views)", "sum(sessions.viewz)")
    assert "没有字段" in client.found(document)[0]["message"]
    client.close()


def test_lock(folder):
    """A library that is not the one the policy was reviewed with, as `kpi check` says; also while it is being changed."""
    library = write(f"{folder}/plan.kpi", LIBRARY)
    path = write(f"{folder}/user.kpi", USER % "plan.kpi")
    subprocess.run([KPI, "lock", str(path)], check=True, capture_output=True)
    client = Client(KPI, folder=folder)
    client.open(uri(path), USER % "plan.kpi")
    assert client.codes(uri(path)) == []
    client.open(uri(library), LIBRARY)
    client.replace(uri(library), "2%", "3%")
    client.until(uri(path), lambda found: len(found) == 1 and "plan.kpi" in found[0]["message"])
    (mistake,) = client.found(uri(path))
    write(library, client.texts[uri(library)])
    printed = json.loads(subprocess.run([KPI, "check", str(path), "--format", "json"], check=False, capture_output=True).stdout)
    assert [each["id"] for each in printed["diagnostics"]] == [mistake["code"]], (printed, mistake)
    subprocess.run([KPI, "lock", str(path)], check=True, capture_output=True)
    on_disk(client, Path(folder) / "kpi.lock", 2)
    client.until(uri(path), lambda found: found == [])
    client.close()


def test_remarks(folder):
    """What `kpi lint` says besides its findings: names that switch rules off, with what was meant."""
    text = POLICY.replace("platform     tiktok_shop", "platform     tiktokshop").replace("allow payout-cliff", "allow payout-clif")
    client, document = start(folder, text=text)
    found = {client.text_at(document, each["range"]): each for each in client.found(document)}
    assert set(found) == {"tiktokshop", "payout-clif"}, found
    for wrong, meant in (("tiktokshop", "tiktok_shop"), ("payout-clif", "payout-cliff")):
        actions = client.request("textDocument/codeAction", {
            "textDocument": {"uri": document}, "range": found[wrong]["range"], "context": {"diagnostics": [found[wrong]]}})
        fixes = [edit["newText"] for action in actions for edit in action["edit"]["changes"][document]]
        assert meant in fixes, actions
    client.replace(document, "allow payout-clif ", "allow quite-another-thing ")
    client.findings(document, lambda ids: "K0962" in ids and "payout-cliff" in ids)
    client.close()


# ---- sessions


def test_cancelling(folder):
    """A request that is taken back is still answered, as the protocol asks, and so are those behind it."""
    client, document = start(folder)
    this = {"textDocument": {"uri": document}}
    for number in (901, 902, 903):
        client.send({"jsonrpc": "2.0", "id": number, "method": "textDocument/semanticTokens/full", "params": this})
        client.notify("$/cancelRequest", {"id": number})
    client.notify("$/cancelRequest", {"id": "never asked"})
    answered = []
    while len(answered) < 3:
        message = client.receive()
        assert message is not None
        if "id" in message:
            assert "result" in message or message["error"]["code"] == -32800, message
            answered.append(message["id"])
    assert sorted(answered) == [901, 902, 903]
    assert client.request("textDocument/documentSymbol", this)
    client.close()


def test_ends(folder):
    """`shutdown`, then nothing but `exit`; the end of the input does as well. Without `shutdown` the status is 1."""
    client, document = start(folder)
    client.findings(document, lambda ids: True)
    assert client.request("shutdown", None) is None
    assert "shut down" in client.refused("textDocument/documentSymbol", {"textDocument": {"uri": document}})
    client.process.stdin.close()
    assert client.process.wait(30) == 0
    client, _ = start(folder, text=UNALLOWED)
    client.notify("exit", None)
    assert client.process.wait(30) == 1
    client, _ = start(folder, text=UNALLOWED)  # the rules run
    client.process.stdin.close()
    assert client.process.wait(30) == 1
    # The option of editors that can do otherwise.
    process = subprocess.Popen([KPI, "lsp", "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    body = b'{"id":1,"method":"initialize","params":{"capabilities":{}}}'
    output, _ = process.communicate(b"Content-Length: %d\r\n\r\n" % len(body) + body, timeout=30)
    assert b"positionEncoding" in output and process.returncode == 1
    client, document = start(folder)
    client.codes(document)
    client.process.stdout.close()  # nobody listens any more
    client.replace(document, "metric gpm ", "metric gpm2 ")
    assert client.process.wait(30) in (0, 1)


def main():
    global KPI
    KPI = kpi_path(sys.argv[1])
    return run_tests(globals(), sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
