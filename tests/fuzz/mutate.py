#!/usr/bin/env python3
"""Feeds the parser and the checker with hostile input and looks only at how they fail.

    mutate.py KPI --seconds 20 --seed 1
    mutate.py KPI --count 400             # always the same inputs, for the test suite

An input passes when `kpi check` ends by itself within LIMIT seconds of processor time with a status it documents (0 to 3), says something,
says it on one stream, shows no internal text, names each mistake with a code, and puts each into a line of the input.
Fixed inputs (nesting, long lines, truncations) come first, then random ones until the time is over. A failing input is
kept in the folder of `--keep`, or its description and seed are printed so that it can be made again.
"""
import argparse
import concurrent.futures
import itertools
import json
import math
import os
import random
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# seconds of processor time for one input; sanitizers make the program several times slower
LIMIT = 20 if "ASAN_OPTIONS" in os.environ else 5
PATIENCE = 120  # seconds by the clock
MEGABYTE = 1_000_000
HEADER = 'edition 2026\npolicy p "P" { currency GBP timezone "Europe/London" effective 2026-07-01 to 2026-12-31 }\n'
DATA = """entity host from hosts { host_id : text key  joined : date }
events orders as orders from orders at paid_at {
  order_id : text key  host : host from host_id  paid_at : datetime  amount : money in GBP  refunded : money? in GBP
}
"""
INTERNAL = re.compile(
    r"std::|kpi::|terminate called|what\(\)|Assertion|assertion|bad_alloc|bad_variant|vector::|basic_string|map::at|"
    r"AddressSanitizer|runtime error|\.cpp:\d|\.hpp:\d|tao::|pegtl|Segmentation|invalid argument|stoi|fmt::|nullopt")
TOKENS = """edition 2026 policy library use param entity events exchange ensure calendar exclude metric phases table curve
scorecard payout alert rule allow attack labels test import as from distinct where at in for each every when on into with
kind requires missing otherwise else then unscored zero skip score most recover carry within by after to stored minor
next of including and or not is if default true false none text number integer boolean date datetime duration money key
label personal phase period this company active_days sum count exists avg min max median percentile first last previous
rank share result round floor convert native age elapsed linear capped pass ratio mirror steps line brackets given expect
GBP USD days months minutes host orders amount net_sales p "text" "a{b}" "\\u{4E2D}" 1 0 40% 8_000 1e3 5. .5 1.2.3
2026-07-01 2026-13-41 2026-Q3 2026-07 2026-W27 09:00 mon..fri ( ) [ ] { } | - -- --- + * / = == != < <= > >= .. ..= ~ +-
, . : ; ? # ## ` ' " \n \n \n | a | b |\n |---|---|\n （ ） ， 。 “ ” １２ 净销售额 é 🎉 \t \r \0 \ufeff \u200b""".split(" ")


class Inputs:
    """Names and bytes of inputs: every fixed one, then random ones without end."""

    def __init__(self, seed):
        self.seed = seed
        self.examples = [path.read_bytes() for path in sorted(ROOT.glob("policies/**/*.kpi"))
                         + sorted(ROOT.glob("tests/language/*.kpi")) + sorted(ROOT.glob("stdlib/*.kpi"))]
        self.examples.append((HEADER + DATA).encode())

    def __iter__(self):
        return itertools.chain(self.fixed(), self.random())

    def fixed(self):
        yield from self.nested()
        yield from self.long()
        yield from self.bytes()

    @staticmethod
    def nested():
        shapes = {
            "parentheses": ("(", "1", ")"), "lists": ("[", "1", "]"), "not": ("not ", "true", ""),
            "minus": ("-", "1", ""), "minus with blank": ("- ", "1", ""), "if": ("if true then 1 else (", "1", ")"),
            "if condition": ("if ", "true", " then 1 else 2"), "else if": ("if true then 1 else ", "1", ""),
            "plus": ("1 + ", "1", ""), "times": ("2 * ", "1", ""), "power of products": ("(2 * 3) * ", "1", ""),
            "and": ("true and ", "true", ""), "or": ("true or ", "true", ""), "calls": ("abs(", "1", ")"),
            "compared": ("1 < ", "1", ""), "default": ("1 default ", "1", ""), "in": ("1 in ", "[1]", ""),
            "members": ("a.", "b", ""), "aggregates": ("sum(", "orders.amount", ")"), "ranges": ("1 .. ", "2", ""),
            "filters": ("count(orders where ", "true", ")"), "previous": ("previous(", "m", ")"),
            "right parentheses": ("", "1", ")"), "unclosed parentheses": ("(", "1", ""),
            "is none": ("", "1", " is none"), "within": ("1 within ", "1 day of 1", ""), "texts": ('"a" + ', '"b"', ""),
            "unclosed calls": ("f(", "", ""), "each": ("avg(", "sum(orders.amount)", " each day)"),
        }
        for depth in (50, 300, 3_000, 100_000):
            for name, (left, middle, right) in shapes.items():
                yield f"{name}, {depth} deep", (HEADER + DATA + f"metric m = {left * depth}{middle}{right * depth}\n").encode()
            yield f"braces, {depth} deep", (HEADER + "rule r error \"x\" { fails " + "{ " * depth + "} " * depth + "}\n").encode()
            yield f"libraries, {depth} deep", ("edition 2026\n" + "library l { " * depth + "} " * depth).encode()
            yield f"tests, {depth} deep", (HEADER + 'test "t" { ' * depth + "} " * depth).encode()
            yield f"fails, {depth} deep", (HEADER + 'rule r error "x" { fails { ' * depth + "} } " * depth).encode()
            chain = "".join(f"metric m{i} = m{i + 1} + 1\n" for i in range(min(depth, 20_000)))
            yield f"chain of {depth} metrics", (HEADER + chain + f"metric m{min(depth, 20_000)} = 1\n").encode()
            yield f"circle of {depth} metrics", (HEADER + chain + f"metric m{min(depth, 20_000)} = m0\n").encode()

    @staticmethod
    def long():
        size = 10 * MEGABYTE
        for name, text in {
            "a long name": "metric " + "a" * size + " = 1\n", "a long number": "metric m = " + "9" * size + "\n",
            "a long fraction": "metric m = 0." + "3" * MEGABYTE + " + 1\n", "a long text": 'metric m = "' + "x" * size + '"\n',
            "an open long text": 'metric m = "' + "x" * size, "a long comment": "#" + "x" * size,
            "a long line of blanks": "metric m =" + " " * size + "1\n", "a long row": "table t(a) {\n" + "| 1 " * (size // 8) + "|\n}\n",
            "many rows": "table t(a) {\n| a | value |\n" + "".join(f"| {i} | {i} |\n" for i in range(20_000)) + "}\n",
            "many ranges": "table t(a) {\n| a | value |\n" + "".join(f"| {i}..{i + 2} | {i} |\n" for i in range(20_000)) + "}\n",
            "many lines": "\n" * size, "many dots": "metric m = a" + ".a" * MEGABYTE + "\n", "many braces": "{" * size,
            "many mistakes on a line": " ".join(f"metric m{i} = nothing{i}" for i in range(20_000)),
            "many broken declarations": "".join(f"alert a{i} for host every day\nmetric m{i} = a{i}\n" for i in range(5_000)),
            "many unknown labels": "labels zh {\n" + "".join(f'x{i} "x"\n' for i in range(20_000)) + "}\n",
            "many unknown units": "".join(f"metric m{i} = {i} GPB\n" for i in range(20_000)),
            "many numbers too long": ("metric m = " + "9" * 100_000 + "\n") * 50,
            "many open texts": 'metric m = "x\n' * 20_000, "many open tables": "table t(a) {\n| a |\n" * 20_000,
            "many documents": "## x\n" * 100_000 + "metric m = 1\n",
            "many wrong characters": "$" * size, "many full-width characters": "（" * MEGABYTE, "many texts": '"a" ' * MEGABYTE,
            "many mistakes": "".join(f"metric m{i} = nothing{i}\n" for i in range(20_000)),
            "many declarations": "".join(f"metric m{i} = {i}\n" for i in range(20_000)),
            "one name many times": "metric m = 1\n" * 20_000, "a long sum": "metric m = 1" + " + 1" * 200_000 + "\n",
            "a long list": "metric m = if 1 in [" + "1, " * 200_000 + "1] then 1 else 2\n", "a wide table": "table t(" + ", ".join(
                f"a{i}" for i in range(200)) + ") {\n|" + "|".join(f" a{i} " for i in range(200)) + "| value |\n|" + " 1 |" * 201 + "\n}\n",
            "a huge power": "metric m = " + " * ".join(["99999999999999999999"] * 2_000) + "\n",
            "a huge rounding": "metric m = round(1 / 3, 100000)\n", "huge dates": "metric m = 99999999 years\n",
            "a long escape": 'metric m = "' + "\\u{10FFFF}" * 100_000 + '"\n', "a long placeholder": 'rule r error "' + "{" * MEGABYTE + '" { }\n',
            "combining marks": "metric a" + "\u0301" * MEGABYTE + " = 1\n", "a phase of many parts": "phases for host { "
            + " ".join(f"p{i} when age(joined) < {i} days" for i in range(2_000)) + " }\n" + DATA,
            "a phase of many names": "".join(f"metric m{i} = count(orders)\n" for i in range(30)) + "phases for host { a when "
            + " or ".join(f"m{i} > {i}" for i in range(30)) + " b otherwise }\n" + DATA,
        }.items():
            yield name, (HEADER + text).encode()

    @staticmethod
    def bytes():
        for value in range(256):
            yield f"byte {value} alone", bytes([value])
            yield f"byte {value} in a name", (HEADER + "metric m").encode() + bytes([value]) + b" = 1\n"
            yield f"byte {value} in a text", (HEADER + 'metric m = "').encode() + bytes([value]) + b'"\n'
        for name, text in {"overlong": b"\xc0\xaf", "surrogate": b"\xed\xa0\x80", "beyond Unicode": b"\xf4\x90\x80\x80", "cut": b"\xe4\xb8",
                           "zeros": b"\0" * 1000, "nothing": b"", "a mark": b"\xef\xbb\xbf", "half a mark": b"\xef\xbb", "UTF-32": "x".encode("utf-32"),
                           "carriage returns": HEADER.replace("\n", "\r").encode(), "gzip": b"\x1f\x8b\x08\0" + bytes(range(200, 210))}.items():
            yield name, text
            yield name + " behind a policy", HEADER.encode() + text

    def truncated(self):
        """Every example cut off at every byte, in an order that spreads over the files."""
        for offset in range(max(map(len, self.examples))):
            for number, example in enumerate(self.examples):
                if offset < len(example):
                    yield f"example {number} cut at byte {offset}", example[:offset]

    def random(self):
        cuts = self.truncated()
        for number in itertools.count():
            draw = random.Random(f"{self.seed}.{number}")
            if number % 2 == 0:
                cut = next(cuts, None)
                if cut:
                    yield cut
                    continue
            kind = draw.choice([self.soup, self.soup_behind_policy, self.mutated, self.mutated, self.mutated, self.spliced, self.noise])
            yield f"{kind.__name__} {self.seed}.{number}", kind(draw)

    @staticmethod
    def tokens(draw):
        return draw.choice(["", " ", " ", "\n"]).join(draw.choice(TOKENS) for _ in range(draw.randrange(1, 200))).encode()

    def soup(self, draw):
        return b"edition 2026\n" + self.tokens(draw)

    def soup_behind_policy(self, draw):
        return (HEADER + DATA).encode() + self.tokens(draw)

    def noise(self, draw):
        return draw.randbytes(draw.randrange(1, 500))

    def spliced(self, draw):
        first, second = draw.choice(self.examples), draw.choice(self.examples)
        return first[:draw.randrange(len(first))] + second[draw.randrange(len(second)):]

    def mutated(self, draw):
        """A few lines or words of an example taken out, doubled, exchanged, or replaced."""
        text = draw.choice(self.examples)
        for _ in range(draw.randrange(1, 8)):
            parts = re.split(rb"(\n)" if draw.random() < 0.3 else rb"(\s+|[(){}\[\]|,.:=+*/-])", text)
            at, other = draw.randrange(len(parts)), draw.randrange(len(parts))
            change = draw.randrange(6)
            if change == 0:
                parts[at] = b""
            elif change == 1:
                parts[at] = parts[at] + b" " + parts[at]
            elif change == 2:
                parts[at], parts[other] = parts[other], parts[at]
            elif change == 3:
                parts[at] = draw.choice(TOKENS).encode()
            elif change == 4:
                parts[at] = parts[other]
            else:
                word = bytearray(parts[at])
                if word:
                    word[draw.randrange(len(word))] = draw.randrange(256)
                parts[at] = bytes(word)
            text = b"".join(parts)
        return text


def complaint(kpi, folder, content, options):
    """What is wrong with how the program takes the input; empty when nothing is."""
    path = folder / "p.kpi"
    path.write_bytes(content)
    process = subprocess.Popen([kpi, "check", "p.kpi", *options], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, start_new_session=True)
    resource.prlimit(process.pid, resource.RLIMIT_CPU, (LIMIT, LIMIT + 1))  # not by the clock: the machine may be busy
    try:
        stdout, stderr = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return f"does not end within {PATIENCE} s"
    if process.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        return f"takes more than {LIMIT} s of processor time"
    if process.returncode not in (0, 1, 2, 3):
        return f"ends with status {process.returncode}: {stderr[-300:].decode(errors='replace')}"
    output = stdout + stderr
    if not output.strip():
        return f"says nothing (status {process.returncode})"
    try:
        text = output.decode()
    except UnicodeDecodeError as error:
        return f"prints what is not UTF-8: {error}"
    if "\0" in text or "\x1b" in text:
        return "prints a control character of the input"
    return wrong_text(process.returncode, stdout.decode(), text, content, options)


def wrong_text(status, stdout, text, content, options):
    own_words = "\n".join(line for line in text.split("\n") if not re.match(r" *\d* ?\|", line))
    found = INTERNAL.search(own_words)
    if found and found[0].encode() not in content:
        return f"shows internal text: {found[0]}"
    if "json" in options:
        return wrong_json(status, stdout)
    heads = re.findall(r"^(?:error|错误)\[K\d{4}\](.*)$", text, re.M)
    if status == 3 and not heads:
        return "does not compile, but names no mistake"
    if any(not head.strip(" :：") for head in heads):
        return "has a message without text"
    unfilled = re.search(r"\{(?:name|found|expected|text|actual|wanted|source|kind|left|right)\}", "\n".join(heads))
    if unfilled and unfilled[0].encode() not in content:
        return f"a message shows its own parameter {unfilled[0]}"
    if status == 0 and heads:
        return "prints errors but ends with status 0"
    found_words = re.sub(r"(, expected|，此处应为)[^\n]*", "", text)
    again = re.search(r"`([^`]+)`[ ，][^\n]*\n(?:[^\n]*\n){1,8} *= (?:help: did you mean|建议：您是不是想写) `\1`", found_words)
    return f"suggests what was written: {again[1][:60]}" if again else ""


def wrong_json(status, stdout):
    try:
        json.loads(stdout)
    except ValueError as error:
        return f"the JSON cannot be read: {error}"
    return ""


def main():
    parser = argparse.ArgumentParser(description="Hostile input for the parser and the checker.")
    parser.add_argument("kpi")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--count", type=int, help="so many inputs instead of so many seconds")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="a folder for inputs that fail")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", default="", help="only inputs whose description contains this")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    kpi, end = str(Path(options.kpi).resolve()), time.monotonic() + options.seconds
    inputs = Inputs(options.seed)
    # Half of the time goes to the fixed inputs in an order drawn from the seed, so that a short run sees some of each.
    fixed = list(inputs.fixed())
    random.Random(options.seed).shuffle(fixed)
    half = time.monotonic() + options.seconds / 2
    first = fixed[:options.count // 2] if options.count else itertools.takewhile(lambda _: time.monotonic() < half, fixed)
    stream = (item for item in itertools.chain(first, inputs.random()) if options.only in item[0])
    if options.count:
        stream, end = itertools.islice(stream, options.count), math.inf
    passed, failures = 0, []
    with tempfile.TemporaryDirectory(prefix="kpi-fuzz-") as name, concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        def one(number, item):
            folder = Path(name) / str(number)
            folder.mkdir()
            flags = [[], ["--lang", "zh"], ["--format", "json"], []][number % 4]
            found = complaint(kpi, folder, item[1], flags)
            (folder / "p.kpi").unlink()
            folder.rmdir()
            return item, flags, found

        waiting, numbers = set(), itertools.count()
        while time.monotonic() < end:
            for item in itertools.islice(stream, 2 * options.jobs - len(waiting)):
                waiting.add(pool.submit(one, next(numbers), item))
            if not waiting:
                break
            done, waiting = concurrent.futures.wait(waiting, return_when=concurrent.futures.FIRST_COMPLETED)
            for future in done:
                (label, content), flags, found = future.result()
                if not found:
                    passed += 1
                    continue
                failures.append(label)
                print(f"FAILED {label} {' '.join(flags)}: {found}", flush=True)
                if options.keep:
                    options.keep.mkdir(parents=True, exist_ok=True)
                    (options.keep / (re.sub(r"\W+", "_", label) + ".kpi")).write_bytes(content)
        for future in waiting:
            future.cancel()
    print(f"{passed} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
