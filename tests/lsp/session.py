#!/usr/bin/env python3
"""A whole editing session with `kpi lsp`: session.py KPI. Each function `test_…` is one part of it."""
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from client import Client, ServerError, applied, kpi_path, run_tests, uri  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
# Without its exceptions, so that the rules find something.
POLICY = re.sub(r"(?m)^allow [^{]*\{[^}]*\}\n", "", (ROOT / "policies" / "uk_live_hosts" / "policy.kpi").read_text(encoding="utf-8"))
KPI = ""


def start(folder, text=POLICY, name="主播 方案.kpi", **options):
    path = Path(folder) / name
    path.write_text(text, encoding="utf-8")
    client = Client(KPI, folder=folder, **options)
    client.open(uri(path), text)
    return client, uri(path)


def labels(items):
    return [item["label"] for item in items["items"]]


def completions(client, document, marked):
    return labels(client.request("textDocument/completion", client.at(document, marked)))


def test_diagnostics(folder):
    """While typing, in UTF-16 and UTF-8, behind Chinese characters on the same line and beyond the first plane."""
    for encoding in ("utf-16", "utf-8", "utf-32"):
        client, document = start(folder, encoding=encoding)
        assert client.capabilities["positionEncoding"] == encoding
        assert client.codes(document) == [], client.found(document)
        client.replace(document, 'metric gpm "GMV per 1,000 views"', 'metric gpm "千次观看🎯" ')
        client.replace(document, "sum(sessions.views) {", "sum(sessions.viewz) {")
        (diagnostic,) = client.found(document)
        assert diagnostic["code"].startswith("K02") and "viewz" in diagnostic["message"], diagnostic
        assert client.text_at(document, diagnostic["range"]) == "viewz", diagnostic
        page = client.request("kpi/page", {"uri": diagnostic["codeDescription"]["href"]})["text"]
        assert page.startswith("# " + diagnostic["code"]) and "error: " in page, page
        assert "no such page" in client.refused("kpi/page", {"uri": "kpi-doc:/K9999"})
        assert diagnostic["source"] == "kpi" and diagnostic["severity"] == 1
        # A fix for it.
        (action,) = client.request("textDocument/codeAction", {
            "textDocument": {"uri": document}, "range": diagnostic["range"], "context": {"diagnostics": [diagnostic]}})
        client_text = applied(client.texts[document], action["edit"]["changes"][document], encoding)
        assert "sum(sessions.views) {" in client_text, action
        # In the middle of something: recovery keeps the rest alive.
        client.replace(document, "sum(sessions.viewz) {", "sum( {")
        assert client.found(document)[0]["code"].startswith("K01")
        assert len(client.request("textDocument/documentSymbol", {"textDocument": {"uri": document}})) > 15
        client.replace(document, "sum( {", "sum(sessions.views) {")
        assert client.codes(document) == []
        client.close()


def test_related_places(folder):
    client, document = start(folder)
    client.replace(document, "metric gpm ", "metric net_sales ")
    twice = [d for d in client.found(document) if "relatedInformation" in d][0]
    place = twice["relatedInformation"][0]["location"]
    assert client.text_at(document, place["range"]) == "net_sales" and place["uri"] == document
    client.close()


def test_hover(folder):
    client, document = start(folder)
    at = client.at(document, "| net_s¦ales   | 50%")
    about = client.request("textDocument/hover", at)
    text = about["contents"]["value"]
    assert "metric net_sales" in text and "净销售额" in text and "Net sales" in text and "GBP" in text, text
    assert client.text_at(document, about["range"]) == "net_sales"
    field = client.request("textDocument/hover", client.at(document, "sum(orders.am¦ount) - "))["contents"]["value"]
    assert "amount   : money in GBP" in field, field
    assert "total" in client.request("textDocument/hover", client.at(document, "= su¦m(orders.amount) -"))["contents"]["value"]
    assert client.request("textDocument/hover", client.at(document, "# Month¦ly")) is None
    # The formula of a metric of metrics, in full.
    client.replace(document, "metric violation_count", "metric per_view = net_sales / gpm\nmetric violation_count")
    full = client.request("textDocument/hover", client.at(document, "metric per_v¦iew"))["contents"]["value"]
    assert "(sum(orders.amount) - sum(orders.refunded default 0)) / (1000 * sum(orders.amount) / sum(sessions.views))" in full, full
    client.close()
    client, document = start(folder, options={"language": "zh"})
    text = client.request("textDocument/hover", client.at(document, "= su¦m(orders.amount) -"))["contents"]["value"]
    assert "合计" in text, text
    client.close()


def test_completion(folder):
    client, document = start(folder)

    def typed(old, new):
        """Completions where `¦` stands, after the old text was replaced by the new; then back again."""
        plain = new.replace("¦", "")
        client.replace(document, old, plain)
        result = client.request("textDocument/completion", client.at(document, new))
        client.replace(document, plain, old)
        return labels(result)

    metrics = completions(client, document, "| n¦et_sales   | 50%")
    assert set(metrics) == {"net_sales", "gpm", "return_rate", "violation_count"}, metrics
    columns = typed("sum(orders.amount) - ", "sum(orders.¦) - ")
    assert set(columns) == {"order_id", "host", "paid_at", "amount", "refunded", "buyer_id", "is_test"}, columns
    assert {"host_id", "name", "joined"} == set(typed("sum(orders.amount) - ", "sum(orders.host.¦) - "))
    head = typed("| metric      | weight | cold_start | mature     | curve      |", "| metric      | weight | c¦ | mature     | curve      |")
    assert {"cold_start", "mature", "curve", "missing", "attain"} <= set(head), head
    curves = completions(client, document, "12 GBP     | 20 GBP     | pay¦_points |")
    assert {"linear", "capped", "pass", "pay_points", "commission", "multiplier"} == set(curves), curves
    units = typed("cap      1_500 GBP", "cap      1_500 ¦")
    assert units[0] == "GBP" and {"days", "USD", "CNY"} <= set(units), units[:5]
    assert {"net_sales", "score", "commission", "sum"} <= set(typed("* multiplier(score)", "* m¦"))
    assert {"host", "company"} == set(completions(client, document, "phases for ho¦st"))
    assert {"monthly"} == set(completions(client, document, "payout bonus \"Monthly bonus\" for host from mon¦thly"))
    assert {"test", "fake", "gift"} <= set(completions(client, document, "kind te¦st"))
    assert {"employee", "agency", "creator"} == set(completions(client, document, "payee    emp¦loyee"))
    assert {"month", "week"} <= set(completions(client, document, "for host every mo¦nth {"))
    assert "std.imports" in typed("entity host", "use ¦\nentity host")
    assert "imports" in typed("entity host", "use std.¦\nentity host")
    assert {"metric", "scorecard", "entity", "policy"} <= set(typed("phases for host", "m¦\nphases for host"))
    assert {"better", "show", "needs", "matures"} <= set(typed("  show    percent 1\n", "  s¦\n"))
    assert {"lower", "higher"} == set(completions(client, document, "better  lo¦wer"))
    assert {"amount", "cap", "prorate", "penalty"} <= set(typed("  cap      1_500 GBP\n", "  c¦\n"))
    assert {"orders", "sessions", "refunds"} <= set(completions(client, document, "events orders \"Orders\" as or¦ders"))
    assert {"paid_at"} == set(completions(client, document, "from orders at pai¦d_at {"))
    assert {"text", "money", "host", "date"} <= set(typed("joined  : date", "joined  : ¦"))
    assert {"host_id", "name", "joined"} == set(completions(client, document, "    | ho¦st_id | name  | joined     |"))
    assert {"phase", "score", "net_sales", "bonus"} <= set(completions(client, document, "    | pha¦se  | net_sales"))
    assert {"cold_start", "mature"} <= set(completions(client, document, "    | mat¦ure | 30_000 GBP"))
    assert "Europe/London" in completions(client, document, 'timezone     "Eur¦ope')
    assert {"amount", "paid_at", "is_test"} <= set(completions(client, document, "from orders where is¦_test"))
    assert completions(client, document, "# Month¦ly") == []
    # What it says about an item, and that the typed word is what it replaces.
    items = client.request("textDocument/completion", client.at(document, "| n¦et_sales   | 50%"))["items"]
    (item,) = [item for item in items if item["label"] == "net_sales"]
    assert "metric net_sales" in item["documentation"]["value"] and "Net sales" in item["detail"], item
    assert client.text_at(document, item["textEdit"]["range"]) == "n"
    client.close()


def test_navigation(folder):
    client, document = start(folder)
    (place,) = client.request("textDocument/definition", client.at(document, "commission(net_s¦ales) * multiplier"))
    assert client.text_at(document, place["range"]) == "net_sales"
    declared = client.request("textDocument/definition", client.at(document, "count(orders where buyer_¦id = this"))
    assert client.texts[document].split("\n")[declared[0]["range"]["start"]["line"]].strip() == "buyer_id : text personal"
    params = client.at(document, "metric net_s¦ales")
    uses = client.request("textDocument/references", {**params, "context": {"includeDeclaration": True}})
    assert all(client.text_at(document, use["range"]) == "net_sales" for use in uses)
    assert len(uses) == POLICY.count("net_sales") - POLICY.count("curve commission(net_sales)"), len(uses)
    phase = client.request("textDocument/references", {**client.at(document, "  cold_¦start \"Cold"), "context": {}})
    assert len(phase) == POLICY.count("cold_start") - 1, phase
    shown = client.request("textDocument/documentHighlight", params)
    assert len(shown) == len(uses)
    client.close()


def test_rename(folder):
    client, document = start(folder)
    params = client.at(document, "metric net_s¦ales")
    ready = client.request("textDocument/prepareRename", params)
    assert ready["placeholder"] == "net_sales" and client.text_at(document, ready["range"]) == "net_sales"
    edit = client.request("textDocument/rename", {**params, "newName": "净销售额"})
    renamed = applied(client.texts[document], edit["changes"][document])
    # The curve's input keeps its own name.
    assert renamed.count("net_sales") == 1 and "curve commission(net_sales)" in renamed
    check(folder, renamed)
    # A field and a source keep reading the column and table they have read.
    edit = client.request("textDocument/rename", {**client.at(document, "  am¦ount   : money in GBP"), "newName": "paid_amount"})
    renamed = applied(client.texts[document], edit["changes"][document])
    assert "paid_amount   : money from amount in GBP" in renamed and "sum(orders.paid_amount)" in renamed
    check(folder, renamed)
    edit = client.request("textDocument/rename", {**client.at(document, "events or¦ders"), "newName": "sales"})
    renamed = applied(client.texts[document], edit["changes"][document])
    assert "events sales \"Orders\" as orders from orders" in renamed and "count(sales where" in renamed
    check(folder, renamed)
    for name, part in (("1x", "not a name"), ("gpm", "exists already"), ("score", "reserved"), ("a b", "not a name"), ("", "not a name")):
        assert part in client.refused("textDocument/rename", {**params, "newName": name}), name
    assert "no name here" in client.refused("textDocument/prepareRename", client.at(document, "# Month¦ly"))
    # A word of the language as a name gets its backquotes.
    edit = client.request("textDocument/rename", {**params, "newName": "default"})
    check(folder, applied(client.texts[document], edit["changes"][document]))
    client.close()


def test_rename_everything(folder):
    """Whatever is declared can be renamed, and what the checker says afterwards is what it said before."""
    renamed, refusals, problems = 0, 0, []
    for path in [ROOT / "tests" / "unit" / "bind" / "whole_language.kpi", *sorted((ROOT / "tests" / "language").glob("*.kpi"))]:
        text = path.read_text(encoding="utf-8")
        client = Client(KPI)
        document, other = uri(path), uri(path.with_name("renamed.kpi"))
        client.open(document, text)
        client.open(other, text)
        before = client.codes(other)
        symbols = client.request("textDocument/documentSymbol", {"textDocument": {"uri": document}})
        for symbol in [child for top in symbols for child in [top, *top.get("children", [])]]:
            name = client.text_at(document, symbol["selectionRange"])
            if name != symbol["name"] or name in ("exchange", "ensure"):
                continue
            try:
                edit = client.request("textDocument/rename", {"textDocument": {"uri": document}, "newName": "改名",
                                                              "position": symbol["selectionRange"]["start"]})
            except ServerError as error:
                # What a library requires by its name, and a column of a result that is written in backquotes.
                assert "would break" in error.text and path.name.startswith("std_"), (path.name, name, error)
                refusals += 1
                continue
            client.change(other, 0, len(client.texts[other]), applied(text, edit["changes"][document]))
            if client.codes(other) != before:
                problems.append((path.name, name, [d["message"] for d in client.found(other)][:2]))
            renamed += 1
        client.close()
    assert not problems, problems
    assert renamed > 150 and refusals > 20, (renamed, refusals)


def check(folder, text):
    path = Path(folder) / "checked.kpi"
    path.write_text(text, encoding="utf-8")
    done = subprocess.run([KPI, "check", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    tests = subprocess.run([KPI, "test", str(path)], capture_output=True, text=True, check=False)
    assert tests.returncode == 0, tests.stdout
    path.unlink()


def test_structure(folder):
    client, document = start(folder)
    this = {"textDocument": {"uri": document}}
    symbols = {symbol["name"]: symbol for symbol in client.request("textDocument/documentSymbol", this)}
    assert {"uk_live_hosts", "host", "orders", "net_sales", "phases for host", "monthly", "bonus"} <= set(symbols)
    assert [child["name"] for child in symbols["host"]["children"]] == ["host_id", "name", "joined"]
    assert symbols["net_sales"]["detail"] == "Net sales"
    assert client.text_at(document, symbols["orders"]["selectionRange"]) == "orders"
    for query, wanted in (("NET_", "net_sales"), ("退款率", "return_rate"), ("monthly", "monthly")):
        assert wanted in [s["name"] for s in client.request("workspace/symbol", {"query": query})], query
    lines = client.texts[document].split("\n")
    folds = client.request("textDocument/foldingRange", this)
    assert any(lines[f["startLine"]].startswith("policy") and lines[f["endLine"] + 1] == "}" for f in folds), folds
    ranges = []
    at = client.at(document, "sum(orders.am¦ount) - ")
    (node,) = client.request("textDocument/selectionRange", {**this, "positions": [at["position"]]})
    while node:
        ranges.append(client.text_at(document, node["range"]))
        node = node.get("parent")
    assert ranges[0] == "amount" and "sum(orders.amount)" in ranges and ranges[-1] == client.texts[document], ranges[:3]
    assert all(inner in outer for inner, outer in zip(ranges, ranges[1:]))
    client.close()


def test_semantic_tokens(folder):
    client, document = start(folder, text=POLICY + "# 😀 结束")
    legend = client.capabilities["semanticTokensProvider"]["legend"]["tokenTypes"]
    data = client.request("textDocument/semanticTokens/full", {"textDocument": {"uri": document}})["data"]
    lines = client.texts[document].split("\n")
    line = column = 0
    seen = {}
    for i in range(0, len(data), 5):
        down, right, length, kind, _ = data[i:i + 5]
        line, column = line + down, right if down else column + right
        word = lines[line].encode("utf-16-le")[2 * column:2 * (column + length)].decode("utf-16-le")
        seen.setdefault(word, set()).add(legend[kind])
    assert seen["metric"] == {"keyword", "property"} or seen["metric"] == {"keyword"}, seen["metric"]
    assert seen["30_000 GBP"] == {"number"} and seen['"英国站主播"'] == {"string"}
    assert "property" in seen["amount"] and seen["sum"] == {"function"} and "enumMember" in seen["mature"]
    assert seen["# 😀 结束"] == {"comment"} and any(word.startswith("# Month") for word in seen)
    client.close()


def test_hints_and_lenses(folder):
    client, document = start(folder)
    everything = {"start": {"line": 0, "character": 0}, "end": {"line": 9999, "character": 0}}
    hints = [hint["label"] for hint in client.request("textDocument/inlayHint", {"textDocument": {"uri": document}, "range": everything})]
    assert " Σ 100%" in hints and any("GBP" in hint for hint in hints), hints
    client.replace(document, "| gpm         | 30%", "| gpm         | 25%")
    hints = [hint["label"] for hint in client.request("textDocument/inlayHint", {"textDocument": {"uri": document}, "range": everything})]
    assert " Σ 95%" in hints, hints
    client.replace(document, "| gpm         | 25%", "| gpm         | 30%")
    found = client.request("textDocument/codeLens", {"textDocument": {"uri": document}})
    tests = [lens["command"] for lens in found if lens["command"]["command"] == "kpi.runTest"]
    assert len(tests) == POLICY.count("\ntest ")
    result = client.request("workspace/executeCommand", {"command": "kpi.runTest", "arguments": tests[0]["arguments"]})
    assert result == {"ok": True, "text": ""}, result
    client.replace(document, "| 320 GBP |", "| 321 GBP |")
    result = client.request("workspace/executeCommand", {"command": "kpi.runTest", "arguments": tests[0]["arguments"]})
    assert not result["ok"] and "320" in result["text"], result
    client.replace(document, "| 321 GBP |", "| 320 GBP |")
    (preview,) = [lens["command"] for lens in found if lens["command"]["command"] == "kpi.previewScorecard"]
    result = client.request("workspace/executeCommand", {"command": preview["command"], "arguments": preview["arguments"]})
    assert not result["ok"] and "database" in result["text"], result
    database = Path(folder) / "shop.db"
    make_database(database)
    client.notify("workspace/didChangeConfiguration", {"settings": {"kpi": {"database": str(database), "period": "2026-07"}}})
    result = client.request("workspace/executeCommand", {"command": preview["command"], "arguments": preview["arguments"]})
    assert result["ok"] and "林小雅" in result["text"], result
    client.close()


def make_database(path):
    database = sqlite3.connect(path)
    database.executescript("""
      CREATE TABLE hosts(host_id TEXT, name TEXT, joined TEXT);
      CREATE TABLE orders(order_id TEXT, host_id TEXT, paid_at TEXT, amount TEXT, refunded TEXT, buyer_id TEXT, is_test INTEGER);
      CREATE TABLE sessions(session_id TEXT, host_id TEXT, started_at TEXT, views INTEGER);
      CREATE TABLE violations(violation_id TEXT, host_id TEXT, noted_at TEXT);
      INSERT INTO hosts VALUES('h1', '林小雅', '2025-01-01');
      INSERT INTO orders VALUES('o1', 'h1', '2026-07-03T10:00', '30000', NULL, 'b1', 0), ('o2', 'h1', '2026-07-31T23:00', '1', NULL, 'b2', 0);
      INSERT INTO sessions VALUES('s1', 'h1', '2026-07-02T10:00', 1000000);
    """)
    database.commit()
    database.close()


def test_formatting(folder):
    tidy = subprocess.run([KPI, "fmt", "-"], input=POLICY, capture_output=True, text=True, check=True).stdout
    loose = tidy.replace("metric gpm ", "metric   gpm   ").replace("| gpm         |", "|gpm|").replace("  cap ", "      cap ")
    client, document = start(folder, text=loose)
    edits = client.request("textDocument/formatting", {"textDocument": {"uri": document}, "options": {"tabSize": 2, "insertSpaces": True}})
    assert applied(loose, edits) == tidy
    client.change(document, 0, len(loose), tidy)
    assert client.request("textDocument/formatting", {"textDocument": {"uri": document}, "options": {}}) == []
    client.replace(document, "metric gpm ", "metric gpm = = ")
    assert "syntax errors" in client.refused("textDocument/formatting", {"textDocument": {"uri": document}, "options": {}})
    client.close()


LIBRARY = "edition 2026\nlibrary plan {\n  param rate \"提成率\" : number = 2%\n  ## What a half is.\n  param half : number = 1/2\n}\n"
USER = ("edition 2026\npolicy p \"P\" {\n  version \"1\"  currency GBP  timezone \"UTC\"  owner \"a\"\n"
        "  effective 2026-01-01 to 2026-12-31\n}\nuse \"plan.kpi\" as plan\nuse std.imports as platforms\n"
        "entity host from hosts { host_id : text key }\n"
        "events orders as orders from orders at paid_at {\n  host : host  paid_at : datetime  amount : money in GBP\n}\n"
        "metric pay = plan.rate * sum(orders.amount)\n")


def test_libraries(folder):
    """Definitions, references and renames across files; texts that are not saved; the standard library."""
    library = Path(folder) / "plan.kpi"
    library.write_text(LIBRARY, encoding="utf-8")
    client, document = start(folder, text=USER, name="user.kpi")
    assert client.codes(document) == [], client.found(document)
    (place,) = client.request("textDocument/definition", client.at(document, "plan.ra¦te"))
    assert place["uri"] == uri(library) and place["range"]["start"] == {"line": 2, "character": 8}
    assert client.request("textDocument/definition", client.at(document, "use \"pl¦an.kpi\""))[0]["uri"] == uri(library)
    standard = client.request("textDocument/definition", client.at(document, "std.imp¦orts"))[0]["uri"]
    assert standard == "kpi-std:/std/imports.kpi"
    text = client.request("kpi/standardLibrary", {"uri": standard})["text"]
    assert "library imports" in text
    client.open(standard, text)
    assert client.codes(standard) == []
    assert "cannot be changed" in client.refused("textDocument/prepareRename", client.at(standard, "library imp¦orts"))
    assert "提成率" in client.request("textDocument/hover", client.at(document, "plan.ra¦te"))["contents"]["value"]
    assert {"rate", "half"} == set(completions(client, document, "plan.ra¦te"))
    # From the library: both files, one of which is not open in it.
    client.open(uri(library), LIBRARY)
    params = client.at(uri(library), "param ra¦te")
    places = client.request("textDocument/references", {**params, "context": {"includeDeclaration": True}})
    assert [p["uri"] for p in places] == [uri(library), document], places
    edit = client.request("textDocument/rename", {**params, "newName": "share_of_sales"})["changes"]
    assert set(edit) == {uri(library), document} and len(edit[document]) == 1
    assert "exists already" in client.refused("textDocument/rename", {**params, "newName": "half"})
    # Not saved, but what counts.
    client.replace(uri(library), "param rate", "param quota")
    client.until(document, lambda found: any("rate" in d["message"] for d in found))
    client.replace(uri(library), "param quota", "param rate")
    client.until(document, lambda found: found == [])
    # A mistake in a library that only its user has open is reported in the library.
    client.notify("textDocument/didClose", {"textDocument": {"uri": uri(library)}})
    library.write_text(LIBRARY.replace("number = 2%", "numbr = 2%"), encoding="utf-8")
    client.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": uri(library), "type": 2}]})
    client.diagnostics.clear()
    client.found(document)
    while uri(library) not in client.diagnostics or not client.diagnostics[uri(library)]["diagnostics"]:
        assert client.receive() is not None
    assert "numbr" in client.diagnostics[uri(library)]["diagnostics"][0]["message"]
    client.close()


def test_rules(folder):
    """What `kpi lint` says, a moment after the rest, and an exception for it."""
    rule = "no-fake-order-exclusion"
    for options, word in (({}, "exclusion of kind"), ({"language": "zh"}, "剔除")):
        client, document = start(folder, options=options)
        client.replace(document, "kind fake from orders", "kind other from orders")
        found = [d for d in client.findings(document, lambda ids: rule in ids) if d["code"] == rule]
        page = client.request("kpi/page", {"uri": found[0]["codeDescription"]["href"]})["text"]
        assert rule in page and ("例外" in page or "豁免" in page or "allow" in page), page
        assert word in found[0]["message"] and client.text_at(document, found[0]["range"]) == "net_sales", found
        actions = client.request("textDocument/codeAction", {
            "textDocument": {"uri": document}, "range": found[0]["range"], "context": {"diagnostics": found}})
        (allow,) = [a for a in actions if f"`{rule}`" in a["title"]]
        edits = allow["edit"]["changes"][document]
        begin = len(client.texts[document])
        assert applied(client.texts[document], edits) == client.texts[document] + edits[0]["newText"]
        client.change(document, begin, begin, edits[0]["newText"])
        assert f"allow {rule} on net_sales {{" in client.texts[document] and client.codes(document) == []
        client.findings(document, lambda ids: ids.count(rule) == len(found) - 1)
        # Something else is wrong: the rules wait.
        client.replace(document, "metric gpm ", "metric net_sales ")
        assert client.codes(document) != []
        client.close()
    client, document = start(folder)
    client.change(document, len(POLICY), len(POLICY), "\nallow no-")
    ids = completions(client, document, "\nallow no-¦")
    assert {rule, "payout-cliff", "wage-fine"} <= set(ids), ids
    client.close()


def test_malformed(folder):
    client, document = start(folder)
    client.found(document)
    for raw, code in ((b"{", -32700), (b"[]", -32600), (b'"x"', -32600), (b'{"id":1}', -32600), (b'{"id":2,"method":7}', -32600),
                      (b'{"id":3,"method":"no/such"}', -32601), (b'{"id":4,"method":"textDocument/hover"}', -32602),
                      (b'{"id":5,"method":"textDocument/hover","params":[1]}', -32602),
                      (b'{"id":6,"method":"textDocument/hover","params":{"textDocument":{"uri":"file:///none"},"position":{"line":0,"character":0}}}', -32602),
                      (b'{"id":7,"method":"initialize","params":{}}', -32600), (b'\xff\xfe{}', -32700),
                      (b'{"id":8,"method":"workspace/executeCommand","params":{"command":"rm"}}', -32602),
                      (b'{"id":9,"method":"textDocument/rename","params":{"textDocument":{"uri":"' + document.encode() +
                       b'"},"position":{"line":-5,"character":1e99},"newName":4}}', -32602)):
        client.send(raw)
        message = client.receive()
        assert message["error"]["code"] == code, (raw, message)
    for raw in (b"Content-Length: x\r\n\r\n", b"nonsense\r\n"):
        client.raw(raw)
        assert client.receive()["error"]["code"] == -32700, raw
    # Notifications that make no sense are not answered, and nothing is lost.
    for raw in (b'{"method":"textDocument/didChange"}', b'{"method":"textDocument/didChange","params":{"textDocument":{"uri":3}}}',
                b'{"method":"no/such"}', b'{"id":99,"result":null}'):
        client.send(raw)
    client.replace(document, "metric gpm ", "metric gpm2 ")
    assert client.codes(document) != []
    client.close()
    # What comes before `initialize` is refused, and an end without `shutdown` is one with status 1.
    process = subprocess.Popen([KPI, "lsp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    body = b'{"id":1,"method":"textDocument/hover"}'
    output, _ = process.communicate(b"Content-Length: %d\r\n\r\n" % len(body) + body, timeout=30)
    assert b"-32002" in output and process.returncode == 1


def main():
    global KPI
    KPI = kpi_path(sys.argv[1])
    return run_tests(globals(), sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
