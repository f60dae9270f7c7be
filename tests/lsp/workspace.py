#!/usr/bin/env python3
"""`kpi lsp` over a whole folder: workspace.py KPI. Files that nobody has opened, rules in other files, baselines, and what
becomes of findings while one types."""
import os
import re
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from client import Client, applied, kpi_path, run_tests, uri  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
POLICY = (ROOT / "policies" / "uk_live_hosts" / "policy.kpi").read_text(encoding="utf-8")
UNALLOWED = re.sub(r"(?m)^allow [^{]*\{[^}]*\}\n", "", POLICY)
KPI = ""

LIBRARY = 'edition 2026\nlibrary plan {\n  param rate "提成率" : number = 2%\n  param half : number = 1/2\n}\n'
USER = ('edition 2026\npolicy p "P" {\n  version "1"  currency GBP  timezone "UTC"  owner "a"\n'
        '  effective 2026-01-01 to 2026-12-31\n}\nuse "%s" as plan\n'
        'entity host from hosts { host_id : text key }\n'
        'events orders as orders from orders at paid_at {\n  host : host  paid_at : datetime  amount : money in GBP\n}\n'
        'metric pay_%s "提成" = plan.rate * sum(orders.amount)\n')
RULE = ('edition 2026\n\nrule house-cap warning "Pay has a cap" zh "报酬须设上限" {\n  authority house\n'
        '  for payout p where p.cap is none\n  report on p "`{p}` has no cap" zh "`{p}` 未设上限"\n'
        '  rationale "Budgets are limited." zh "预算有限。"\n}\n')


def write(path, text):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_unopened_files(folder):
    """References and renames reach files that nobody has opened, again after they have changed on the disk."""
    library = write(f"{folder}/plan.kpi", LIBRARY)
    users = [write(f"{folder}/店铺{i}/user.kpi", USER % ("../plan.kpi", i)) for i in range(3)]
    for hidden in (".git", "node_modules", "build"):
        write(f"{folder}/{hidden}/user.kpi", USER % ("../plan.kpi", 9))
    os.symlink(folder, f"{folder}/round")
    client = Client(KPI, folder=folder)
    client.open(uri(library), LIBRARY)
    params = client.at(uri(library), "param ra¦te")
    refer = {**params, "context": {"includeDeclaration": True}}
    places = client.request("textDocument/references", refer)
    assert sorted(p["uri"] for p in places) == sorted([uri(library), *map(uri, users)]), places
    changes = client.request("textDocument/rename", {**params, "newName": "提成比例"})["changes"]
    assert set(changes) == {uri(library), *map(uri, users)}
    for path in users:
        assert "plan.提成比例 * sum" in applied(path.read_text(encoding="utf-8"), changes[uri(path)])
    # A name that one of them would not bear.
    write(users[1], (USER % ("../plan.kpi", 1)).replace('use "../plan.kpi"', 'use "../plan.kpi" with { half = 1/3 }'))
    client.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": uri(users[1]), "type": 2}]})
    assert uri(users[1]) in [p["uri"] for p in client.request("textDocument/references", {**client.at(uri(library), "param ha¦lf"), "context": {}})]
    # Gone, and a new one, without a word from the client.
    users[0].unlink()
    added = write(f"{folder}/新店.kpi", USER % ("plan.kpi", 7))
    time.sleep(1.1)  # the folder is looked at once a second at most
    places = {p["uri"] for p in client.request("textDocument/references", refer)}
    assert uri(users[0]) not in places and uri(added) in places, places
    found = client.request("workspace/symbol", {"query": "pay_"})
    assert sorted(s["name"] for s in found) == ["pay_1", "pay_2", "pay_7"], found
    assert all(s["location"]["uri"].startswith(uri(folder)) for s in found)
    client.close()


def processor_time(client):
    fields = Path(f"/proc/{client.process.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_large_folder(folder):
    """A thousand files at most, said so; the second request compiles nothing."""
    library = write(f"{folder}/plan.kpi", LIBRARY)
    for i in range(1004):
        write(f"{folder}/{i % 10}/{i}.kpi", USER % ("../plan.kpi", i))
    client = Client(KPI, folder=folder)
    client.open(uri(library), LIBRARY)
    params = {**client.at(uri(library), "param ra¦te"), "context": {"includeDeclaration": True}}
    messages = []
    receive = client.receive

    def listen(timeout=60):
        message = receive(timeout)
        if message and message.get("method") == "window/showMessage":
            messages.append(message["params"]["message"])
        return message
    client.receive = listen
    times = []
    for _ in range(5):
        before = processor_time(client)
        places = client.request("textDocument/references", params)
        times.append(processor_time(client) - before)
    assert 995 <= len(places) <= 1001, len(places)
    assert times[0] > 2 * sum(times[1:]) / 4, times
    client.found(uri(library))
    while not messages:
        assert client.receive(5) is not None
    assert len(messages) == 1 and "1000" in messages[0], messages
    client.close()


def test_rule_of_the_program(folder):
    """Hover, definition and references on the rule of an exception."""
    path = write(f"{folder}/uk_live_hosts.kpi", POLICY)
    other = write(f"{folder}/other.kpi", POLICY.replace("policy uk_live_hosts", "policy other"))
    for language, first in (("en", "Pay does not jump"), ("zh", "报酬")):
        client = Client(KPI, folder=folder, options={"language": language})
        client.open(uri(path), POLICY)
        at = client.at(uri(path), "allow payout-¦cliff")
        hover = client.request("textDocument/hover", at)
        text = hover["contents"]["value"]
        assert client.text_at(uri(path), hover["range"]) == "payout-cliff"
        assert "Pay does not jump at one threshold" in text and re.search(r"[\u4e00-\u9fff]", text), text
        assert first in text.split("\n")[2], text
        assert "std.compliance.core" in text and "kpi-doc:/rule/payout-cliff" in text, text
        (place,) = client.request("textDocument/definition", at)
        assert place["uri"] == "kpi-std:/std/compliance/core.kpi", place
        library = client.request("kpi/standardLibrary", {"uri": place["uri"]})["text"].split("\n")
        line = library[place["range"]["start"]["line"]]
        assert line[place["range"]["start"]["character"]:place["range"]["end"]["character"]] == "payout-cliff", line
        uses = client.request("textDocument/references", {**at, "context": {"includeDeclaration": True}})
        assert {u["uri"] for u in uses} == {uri(path), uri(other), place["uri"]}, uses
        assert client.refused("textDocument/rename", {**at, "newName": "other-name"})
        client.close()


def test_rule_of_the_house(folder):
    """A rule in a file that kpi.toml names: hover, definition, references, rename from both sides, its page."""
    house = write(f"{folder}/rules/house.kpi", RULE)
    write(f"{folder}/kpi.toml", '[lint]\nrules = ["rules/house.kpi"]\n')
    text = UNALLOWED + '\nallow house-cap on bonus {\n  because "a"\n  owner "b"\n  until 2026-12-31\n}\n'
    path = write(f"{folder}/shops/uk.kpi", text)
    client = Client(KPI, folder=folder, options={"language": "zh"})
    client.open(uri(path), text)
    assert client.codes(uri(path)) == [], client.found(uri(path))
    at = client.at(uri(path), "allow house-¦cap")
    hover = client.request("textDocument/hover", at)["contents"]["value"]
    assert "Pay has a cap" in hover and "报酬须设上限" in hover and "house.kpi" in hover, hover
    (place,) = client.request("textDocument/definition", at)
    assert place["uri"] == uri(house) and place["range"]["start"] == {"line": 2, "character": 5}, place
    assert "报酬须设上限" in client.request("kpi/page", {"uri": "kpi-doc:/rule/house-cap"})["text"]
    client.change(uri(path), len(text), len(text), "\nallow ho")
    assert "house-cap" in [i["label"] for i in client.request("textDocument/completion", client.at(uri(path), "\nallow ho¦"))["items"]]
    client.change(uri(path), len(text), len(text) + len("\nallow ho"), "")
    both = {uri(path): "house-cap", uri(house): "house-cap"}
    for renamed in (client.request("textDocument/rename", {**at, "newName": "pay-cap"})["changes"], None):
        if renamed is None:
            client.open(uri(house), RULE)
            renamed = client.request("textDocument/rename", {**client.at(uri(house), "rule house-¦cap"), "newName": "pay-cap"})["changes"]
        assert set(renamed) == set(both), renamed
        assert "allow pay-cap on bonus" in applied(text, renamed[uri(path)])
        assert "rule pay-cap " in applied(RULE, renamed[uri(house)])
    places = client.request("textDocument/references", {**client.at(uri(house), "rule house-¦cap"), "context": {"includeDeclaration": True}})
    assert [p["uri"] for p in places] == sorted(both), places
    client.close()


def test_rule_of_the_policy(folder):
    """A rule that stands in the policy itself."""
    text = UNALLOWED + "\n" + RULE.split("\n", 2)[2] + '\nallow house-cap on bonus {\n  because "a"\n  owner "b"\n  until 2026-12-31\n}\n'
    path = write(f"{folder}/uk.kpi", text)
    client = Client(KPI, folder=folder)
    client.open(uri(path), text)
    assert client.codes(uri(path)) == ["K0915"], client.found(uri(path))  # it has no examples
    at = client.at(uri(path), "allow house-¦cap")
    (place,) = client.request("textDocument/definition", at)
    assert client.text_at(uri(path), place["range"]) == "house-cap" and place["range"]["start"]["line"] < at["position"]["line"]
    edits = client.request("textDocument/rename", {**at, "newName": "pay-cap"})["changes"][uri(path)]
    assert len(edits) == 2 and applied(text, edits).count("pay-cap") == 2
    assert len(client.request("textDocument/documentHighlight", at)) == 2
    client.close()


def test_baseline(folder):
    """Findings of the baseline that kpi.toml names are not shown, as `kpi lint` does; a baseline that cannot be read is."""
    path = write(f"{folder}/uk.kpi", UNALLOWED)
    client = Client(KPI, folder=folder)
    client.open(uri(path), UNALLOWED)
    before = client.findings(uri(path), lambda ids: len(ids) > 0)
    subprocess.run([KPI, "lint", str(path), "--write-baseline", f"{folder}/baseline.json"], check=False, capture_output=True)
    toml = write(f"{folder}/kpi.toml", '[lint]\nbaseline = "baseline.json"\n')
    changed = {"changes": [{"uri": uri(toml), "type": 1}]}
    client.notify("workspace/didChangeWatchedFiles", changed)
    assert client.findings(uri(path), lambda ids: ids == []) == [] and before
    write(f"{folder}/baseline.json", "nonsense")
    client.notify("workspace/didChangeWatchedFiles", changed)
    (failure,) = client.findings(uri(path), lambda ids: len(ids) == 1)
    assert "baseline.json" in failure["message"] and failure["code"].startswith("K"), failure
    client.close()


def test_findings_while_typing(folder):
    """They stay where their text is until the rules have run again, and go when they are no longer true."""
    path = write(f"{folder}/uk.kpi", UNALLOWED)
    client = Client(KPI, folder=folder)
    document = uri(path)
    client.open(document, UNALLOWED)
    findings = client.findings(document, lambda ids: len(ids) > 0)
    (one,) = [f for f in findings if f["code"] == "payout-cliff"]
    assert client.text_at(document, one["range"]) == "bonus"

    def now():
        client.found(document)
        return [d for d in client.diagnostics[document]["diagnostics"] if d["source"] == "kpi lint"]
    begin = client.texts[document].index("payout bonus")
    client.change(document, begin, begin, "# 一\n# 二\n")
    moved = [f for f in now() if f["code"] == "payout-cliff"]
    assert [client.text_at(document, f["range"]) for f in moved] == ["bonus"], moved
    begin = client.texts[document].index("payout bonus")
    client.change(document, begin + len("payout"), begin + len("payout"), "  ")
    moved = [f for f in now() if f["code"] == "payout-cliff"]
    assert [client.text_at(document, f["range"]) for f in moved] == ["bonus"], moved
    # Its fixes are there at once, although the rules have not run on this text yet.
    actions = client.request("textDocument/codeAction", {"textDocument": {"uri": document}, "range": moved[0]["range"],
                                                         "context": {"diagnostics": moved}})
    assert any("payout-cliff" in a["title"] for a in actions), actions
    # A policy with a mistake cannot be linted; what was found goes.
    client.replace(document, "cap      1_500 GBP", "cap      1_500 USD")
    assert client.codes(document) != []
    client.findings(document, lambda ids: ids == [])
    client.close()


def main():
    global KPI
    KPI = kpi_path(sys.argv[1])
    return run_tests(globals(), sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
