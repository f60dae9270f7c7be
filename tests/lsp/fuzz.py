#!/usr/bin/env python3
"""Random edits and requests: fuzz.py KPI [SEED [STEPS]]; fuzz.py KPI --latency measures only. Every request must be answered, the
server must live, its text must stay the client's (the place of a mistake after a full replacement shows it), and typing in a
policy of 2,000 lines is measured."""
import os
import random
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from client import Client, ServerError, kpi_path, position  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
POLICY = (ROOT / "policies" / "uk_live_hosts" / "policy.kpi").read_text(encoding="utf-8")
PIECES = ["{", "}", "(", ")", "|", '"', "`", "#", "\n", "\r\n", "\r", ".", "..", "..=", " ", "metric", "净销售额", "🎯", "1_000 GBP", "40%", "orders.",
          "\u3000", "，", "=", "==", "-", "is none", "where", "for host", "test \"x\" {", "| a | b |\n", "use std.imports\n", "\x00", "é́"]
ASKED = ["hover", "completion", "definition", "references", "documentHighlight", "prepareRename", "documentSymbol", "foldingRange",
         "selectionRange", "semanticTokens/full", "inlayHint", "codeLens", "codeAction", "formatting", "rangeFormatting"]


def edit(client, document, r):
    text = client.texts[document]
    kind = r.random()
    begin = r.randrange(len(text) + 1)
    end = min(len(text), begin + r.choice([0, 0, 1, 3, 20, 200]))
    if kind < 0.02:
        client.change(document, 0, len(text), POLICY)
    elif kind < 0.3:
        client.change(document, begin, end, "")
    elif kind < 0.5:  # from elsewhere in the text
        at = r.randrange(len(text) + 1)
        client.change(document, begin, begin, text[at:at + r.randrange(60)])
    else:
        client.change(document, begin, end, r.choice(PIECES))


def ask(client, document, r):
    method = r.choice(ASKED)
    place = position(client.texts[document], r.randrange(len(client.texts[document]) + 1), client.encoding)
    if r.random() < 0.1:
        place = {"line": r.randrange(10_000), "character": r.randrange(10_000)}
    params = {"textDocument": {"uri": document}, "position": place, "positions": [place], "range": {"start": place, "end": place},
              "context": {"diagnostics": [], "includeDeclaration": True}, "options": {}}
    try:
        client.request("textDocument/" + method, params)
    except ServerError as error:
        assert error.code in (-32803, -32602), (method, error)


def fuzz(kpi, seed, steps):
    r = random.Random(seed)
    client = Client(kpi, encoding=r.choice(["utf-16", "utf-8"]))
    document = "untitled:fuzz"
    client.open(document, POLICY)
    for step in range(steps):
        edit(client, document, r)
        if "\r" in client.texts[document]:  # this client knows one kind of line end only
            client.versions[document] += 1
            client.texts[document] = client.texts[document].replace("\r", "")
            client.notify("textDocument/didChange", {"textDocument": {"uri": document, "version": client.versions[document]},
                                                     "contentChanges": [{"text": client.texts[document]}]})
        if r.random() < 0.4:
            ask(client, document, r)
        if step % 20 == 0:
            client.found(document)
    # Both still have the same text: what is in front of a mistake at its end stands where the client says.
    client.change(document, 0, len(client.texts[document]), POLICY + "metric 销售额 \"😀\" = nonsense_here\n")
    (diagnostic,) = [d for d in client.found(document) if d["severity"] == 1]
    assert client.text_at(document, diagnostic["range"]) == "nonsense_here", diagnostic
    client.close()


def large_policy(lines):
    head, tail = POLICY.split("phases for host", 1)
    metrics = ""
    count = 0
    while (head + metrics + tail).count("\n") < lines:
        metrics += (f'metric m{count} "指标 {count}" = sum(orders.amount where buyer_id != "b{count}") - sum(orders.refunded default 0) {{\n'
                    f'  basis   "paid orders"\n  matures after 14 days\n}}\n')
        count += 1
    return head + metrics + "phases for host" + tail


def processor_time(client):
    """Milliseconds that the server has computed."""
    fields = Path(f"/proc/{client.process.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


# Where a person types in the large policy, what stands behind the cursor there, and what they type.
TYPED = [
    ("a name that others use", "metric net_sales", "_total"),
    ("a formula in the middle", 'metric m40 "指标 40" = sum(orders.amount where buyer_id != "b40")', " + sum(orders.amount default 0) / 2"),
    ("a target of the scorecard", "| 8_000 GBP  | 30", "_000 GBP"),
    ("a cell of a test", '"o1"     | "h1"    | 2026-07-03', "T10:0012345"),
    ("a comment at the top", "# Monthly scorecard", "，按月核算 😀😀"),
    ("a new declaration at the end", "", '\nmetric 新指标 "新" = sum(orders.amount where is_test) { better lower }'),
]


def percentile(times, share):
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def latency(kpi):
    """The time of the clock from sending a keystroke to having read the diagnostics of the text with it."""
    text = large_policy(2000)
    client = Client(kpi)
    document = "untitled:large"
    client.open(document, text)
    assert client.codes(document) == [], client.found(document)[:2]
    everything = []
    begun = processor_time(client)
    print(f"from a keystroke to diagnostics, {text.count(chr(10))} lines; the server waits 3 ms of it for the next keystroke")
    for place, behind, typed in TYPED:
        assert behind in client.texts[document], behind
        begin = client.texts[document].index(behind) + len(behind) if behind else len(client.texts[document])
        times = []
        # Typed, and taken back from the end.
        keys = [(begin + i, begin + i, letter) for i, letter in enumerate(typed)]
        keys += [(begin + i, begin + i + 1, "") for i in reversed(range(len(typed)))]
        for first, last, letter in keys:
            start = time.monotonic()
            client.change(document, first, last, letter)
            client.found(document)
            times.append((time.monotonic() - start) * 1000)
        assert client.texts[document] == text and client.codes(document) == []
        everything += times
        print(f"  {place:30} {len(times):4} keystrokes: median {statistics.median(times):6.1f} ms, 95 % within {percentile(times, 0.95):6.1f} ms, "
              f"longest {max(times):6.1f} ms")
    used = (processor_time(client) - begun) / len(everything)
    client.close()
    print(f"  {'all':30} {len(everything):4} keystrokes: median {statistics.median(everything):6.1f} ms, 95 % within "
          f"{percentile(everything, 0.95):6.1f} ms, longest {max(everything):6.1f} ms; processor {used:.1f} ms each")
    assert min(everything) < 300, everything  # no measurement: the machine of a test may be busy


def main():
    kpi = kpi_path(sys.argv[1])
    if sys.argv[2:] == ["--latency"]:
        latency(kpi)
        return 0
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    steps = int(sys.argv[3]) if len(sys.argv) > 3 else 250
    for offset in range(2):
        fuzz(kpi, seed + offset, steps)
    latency(kpi)
    print("3 passed, 0 failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
