"""A small client of the Language Server Protocol: what an editor does, without the editor."""
import json
import os
import select
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path
from urllib.parse import quote


class ServerError(Exception):
    def __init__(self, error):
        super().__init__(f"{error['code']}: {error['message']}")
        self.code, self.text = error["code"], error["message"]


def uri(path):
    return "file://" + quote(str(path))


def units(text, encoding):
    if encoding == "utf-8":
        return len(text.encode())
    return len(text.encode("utf-16-le")) // 2 if encoding == "utf-16" else len(text)


def position(text, index, encoding="utf-16"):
    """Of a character index, as the protocol counts."""
    before = text[:index]
    return {"line": before.count("\n"), "character": units(before[before.rfind("\n") + 1:], encoding)}


def index_of(text, place, encoding="utf-16"):
    lines = text.split("\n")
    start = sum(len(line) + 1 for line in lines[:place["line"]])
    line = lines[place["line"]] if place["line"] < len(lines) else ""
    for i in range(len(line) + 1):
        if units(line[:i], encoding) >= place["character"]:
            return start + i
    return start + len(line)


def applied(text, edits, encoding="utf-16"):
    spans = [(index_of(text, e["range"]["start"], encoding), index_of(text, e["range"]["end"], encoding), e["newText"])
             for e in edits]
    for begin, end, new in sorted(spans, reverse=True):
        text = text[:begin] + new + text[end:]
    return text


class Client:
    def __init__(self, kpi, encoding="utf-16", folder=None, options=None, snippets=True, folders=None):
        self.process = subprocess.Popen([kpi, "lsp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.encoding, self.next_id, self.buffer = encoding, 0, b""
        self.diagnostics, self.texts, self.versions = {}, {}, {}
        self.capabilities = self.request("initialize", {
            "processId": None, "rootUri": uri(folder) if folder else None,
            "initializationOptions": options or {},
            **({"workspaceFolders": [{"uri": uri(each), "name": Path(each).name} for each in folders]} if folders else {}),
            "capabilities": {"general": {"positionEncodings": [encoding]},
                             "textDocument": {"completion": {"completionItem": {"snippetSupport": snippets}}}},
        })["capabilities"]
        self.notify("initialized", {})

    # ---- messages

    def send(self, body):
        data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        self.raw(b"Content-Length: %d\r\n\r\n" % len(data) + data)

    def raw(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def notify(self, method, params):
        self.send({"jsonrpc": "2.0", "method": method, "params": params})

    def receive(self, timeout=60):
        """The next message; None when there is none in time. Diagnostics are kept."""
        end = time.monotonic() + timeout
        while True:
            head, found, rest = self.buffer.partition(b"\r\n\r\n")
            if found:
                length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                if len(rest) >= length:
                    self.buffer = rest[length:]
                    message = json.loads(rest[:length])
                    if message.get("method") == "textDocument/publishDiagnostics":
                        self.diagnostics[message["params"]["uri"]] = message["params"]
                    return message
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                return None
            data = os.read(self.process.stdout.fileno(), 1 << 16)
            if not data:
                raise EOFError(f"the server ended: {self.process.wait()} {self.process.stderr.read().decode()[-2000:]}")
            self.buffer += data

    def request(self, method, params):
        self.next_id += 1
        number = self.next_id
        self.send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        while True:
            message = self.receive()
            if message is None:
                raise TimeoutError(f"no answer to {method}")
            if message.get("id") == number:
                if "error" in message:
                    raise ServerError(message["error"])
                return message["result"]

    def refused(self, method, params):
        """The text of the error that the server answers with."""
        try:
            self.request(method, params)
        except ServerError as error:
            return error.text
        raise AssertionError(f"{method} was not refused")

    # ---- documents

    def open(self, document, text):
        self.texts[document], self.versions[document] = text, 1
        self.notify("textDocument/didOpen",
                    {"textDocument": {"uri": document, "languageId": "kpi", "version": 1, "text": text}})

    def change(self, document, begin, end, new):
        """Replaces the characters [begin, end) by an incremental change."""
        text = self.texts[document]
        place = {"start": position(text, begin, self.encoding), "end": position(text, end, self.encoding)}
        self.texts[document] = text[:begin] + new + text[end:]
        self.versions[document] += 1
        self.notify("textDocument/didChange", {"textDocument": {"uri": document, "version": self.versions[document]},
                                               "contentChanges": [{"range": place, "text": new}]})

    def replace(self, document, old, new):
        begin = self.texts[document].index(old)
        self.change(document, begin, begin + len(old), new)

    def found(self, document):
        """The diagnostics of the document as it stands now, without what the rules find a moment later."""
        while self.diagnostics.get(document, {}).get("version") != self.versions.get(document):
            if self.receive() is None:
                raise TimeoutError(f"no diagnostics of {document}")
        return [d for d in self.diagnostics[document]["diagnostics"] if d["source"] == "kpi"]

    def until(self, document, condition):
        """Waits until the diagnostics of the document are as wanted."""
        end = time.monotonic() + 30
        while not condition(self.found(document)):
            if time.monotonic() > end or self.receive() is None:
                raise TimeoutError(f"the diagnostics stay {self.found(document)}")

    def findings(self, document, wanted):
        """What the rules found, once `wanted` is true of their ids."""
        end = time.monotonic() + 30
        while time.monotonic() < end:
            found = self.diagnostics.get(document, {})
            if found.get("version") == self.versions[document]:
                ids = [d["code"] for d in found["diagnostics"] if d["source"] == "kpi lint"]
                if wanted(ids):
                    return [d for d in found["diagnostics"] if d["source"] == "kpi lint"]
            self.receive(0.5)
        raise TimeoutError(f"the rules found something else: {found.get('diagnostics')}")

    def codes(self, document):
        return [d["code"] for d in self.found(document)]

    def at(self, document, marked):
        """Parameters for the place of `¦` in a piece of the text that stands there once."""
        before, after = marked.split("¦")
        text = self.texts[document]
        assert text.count(before + after) >= 1, marked
        index = text.index(before + after) + len(before)
        return {"textDocument": {"uri": document}, "position": position(text, index, self.encoding)}

    def text_at(self, document, span):
        text = self.texts[document]
        return text[index_of(text, span["start"], self.encoding):index_of(text, span["end"], self.encoding)]

    def close(self):
        self.request("shutdown", None)
        self.notify("exit", None)
        status = self.process.wait(30)
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            pipe.close()
        assert status == 0, status


def run_tests(functions, wanted):
    """Calls each `test_…` with a folder of its own; all, or the wanted ones. Prints the closing line."""
    passed = failed = 0
    for name, function in list(functions.items()):
        if not name.startswith("test_") or (wanted and name not in wanted):
            continue
        with tempfile.TemporaryDirectory(prefix="kpi-lsp-") as folder:
            try:
                function(folder)
                passed += 1
            except Exception as error:  # the other parts still run
                failed += 1
                print(f"FAILED {name}: {error!r}")
                traceback.print_exc(limit=-3, file=sys.stdout)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def kpi_path(argument):
    return str(Path(argument).resolve())
