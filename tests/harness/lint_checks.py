#!/usr/bin/env python3
"""What must hold for the lint as a whole.

    lint_checks.py KPI_BINARY [SHARED_DIR]

The pages are current; every rule of the program has texts in both languages, sources where it needs them, and examples that
behave as they say; SARIF fits its schema (which lies outside the repository, in SHARED_DIR/peer, by default $KPI_SHARED);
fingerprints stay when lines move; fixes keep pay; the CI files call the program as it is.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from urllib.parse import unquote

sys.path.insert(0, str(Path(__file__).resolve().parent))
from expectation import ROOT, closing_line  # noqa: E402
from json_schema import problems  # noqa: E402

PUSH = """edition 2026

policy push "Push" {
  market VN  platform tiktok_shop  currency USD  timezone "Asia/Ho_Chi_Minh"
  effective 2026-07-01 to 2027-06-30
}
entity host from hosts { host_id : text key  joined : date }
events orders as orders from orders at placed_at {
  order_id : text key  host : host from host_id  placed_at : datetime  amount : money in USD  buyer_id : text personal
}
metric order_count = count(orders)
metric gmv "GMV 成交额" = sum(orders.amount)
scorecard session for host every day {
  | metric      | weight | target    | curve |
  | order_count | 60%    | 100       | pass  |
  | gmv         | 40%    | 5_000 USD | pass  |
  missing zero
}
payout daily_bonus for host from session {
  payee   employee
  amount  if order_count >= 100 then 200 USD else 0
  base    20 USD
  penalty missed "Missed quota" = if order_count < 100 then 20 USD else 0 from base
  assume  fake_order_cost = 1 USD
}
allow wage-fine on missed { because "until the new contract"  owner "hr"  until 2026-12-31 }
"""
# What the comments of the design's example name, as ids of rules.
NAMED = {"no-review-date", "notice-too-short", "no-fake-order-exclusion", "gross-of-refunds-payout",
         "revenue-basis-undeclared", "order-quota-per-session", "no-cold-start-phase", "volume-only-scorecard",
         "payout-cliff", "brushing-arbitrage", "wage-fine"}


class Checks:
    def __init__(self, kpi, shared):
        self.kpi, self.shared = kpi, shared
        self.passed = self.failed = 0

    def check(self, holds, text):
        if holds:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED: {text}")

    def run(self, *arguments, cwd=ROOT, env=None):
        return subprocess.run([self.kpi, *map(str, arguments)], cwd=cwd, env=env, capture_output=True, encoding="utf-8",
                              check=False)

    def lint(self, folder, *options, text=PUSH, form="json"):
        (folder / "push.kpi").write_text(text, encoding="utf-8")
        return self.run("lint", "push.kpi", "--as-of", "2026-07-01", "--format", form, *options, cwd=folder)

    # ---- rules --------------------------------------------------------------------------------------------------------

    def pages(self):
        run = subprocess.run([sys.executable, "tools/rules_page.py", "--check"], cwd=ROOT, capture_output=True,
                             encoding="utf-8", check=False)
        self.check(run.returncode == 0, run.stdout)
        run = subprocess.run([sys.executable, "tools/packs_page.py", "--kpi", str(Path(self.kpi).resolve()), "--check"], cwd=ROOT,
                             capture_output=True, encoding="utf-8", check=False)
        self.check(run.returncode == 0, run.stdout + run.stderr)

    def packs(self):
        rules = json.loads(self.run("rule", "--list", "--format", "json").stdout)["rules"]
        self.check(len(rules) >= 100, f"only {len(rules)} rules")
        self.check(len({rule["id"] for rule in rules}) == len(rules), "two rules share an id")
        for language in ("en", "zh"):
            pages = self.run("rule", *(rule["id"] for rule in rules), "--lang", language)
            self.check(pages.returncode == 0, f"pages in {language}: {pages.stderr}")
            lines = set(pages.stdout.splitlines())
            for rule in rules:
                self.check(rule["id"] in lines, f"{rule['id']}: no page in {language}")
            advice = {"en": "This page is not legal advice.", "zh": "本页不构成法律意见"}[language]
            self.check(pages.stdout.count(advice) == len(rules), f"pages in {language}: not all say that they are no legal advice")
            known = {"en": {"verified": "(text seen", "secondary": "(secondary source", "unverified": "(not verified"},
                     "zh": {"verified": "（已核对原文", "secondary": "（二手来源", "unverified": "（未核实"}}[language]
            for status, word in known.items():
                cited = sum(cite["status"] == status for rule in rules for cite in rule["cites"])
                self.check(pages.stdout.count(word) == cited > 0, f"pages in {language}: {status} is not shown {cited} times")
        for rule in rules:
            name = rule["id"]
            for part in ("title", "report", "help", "rationale"):
                for language in ("en", "zh"):
                    self.check(rule[part][language], f"{name}: no {part} in {language}")
                self.check(re.search("[\u4e00-\u9fff]", rule[part]["zh"]), f"{name}: the Chinese {part} is not Chinese")
            self.check(rule["fails"] and rule["passes"], f"{name}: an example is missing")
            self.check("authority" in rule, f"{name}: no authority")
            if rule.get("authority") in ("law", "platform"):
                self.check(rule["cites"], f"{name}: no citation")
        files = sorted((ROOT / "stdlib" / "compliance").rglob("*.kpi"))
        run = self.run("test", *files)
        self.check(run.returncode == 0, f"examples of the packs:\n{run.stdout}{run.stderr}")
        clean = self.run("check", *files, "--deny", "warnings")
        self.check(clean.returncode == 0, f"the packs themselves:\n{clean.stdout}")

    def properties(self, folder):
        """Every property of the table can be asked of every element of a policy that has one of each: the rule below is true
        whatever the answer."""
        sys.path.insert(0, str(ROOT / "tools"))
        import rules_page
        sets, elements, properties = rules_page.read()
        words = {name: text.split()[0] for name, text in sets}
        samples = {"word": "a", "text": '"a"', "number": "1", "date": "2026-01-01"}
        computed = {"metric", "exclusion", "phase", "scorecard", "row", "gate", "payout", "penalty", "alert"}
        rules, counted = [], 0
        kinds = [name for name, binder, *_ in elements if binder == "yes"] + ["formula"]
        for kind in kinds:
            subject = "p.amount" if kind == "formula" else "x"
            first = "payout p" if kind == "formula" else f"{kind} x"
            for owner, name, arguments, *_ in properties:
                if owner not in (kind, "any") and not (owner == "flow" and kind in computed | {"formula"}):
                    continue
                needed, optional = [], []
                for argument in filter(None, arguments.split(",")):
                    key, kind_of = argument.strip().split(":", 1)
                    bare = kind_of.rstrip("?*").removeprefix("set:")
                    value = words.get(bare) if "set:" in kind_of else samples.get(bare, "y")
                    binder = "" if value != "y" else f", {bare} y"
                    (optional if kind_of[-1] == "?" else needed).append((f"{key}: {value}", binder))
                for extra in [None, *optional]:  # with what it needs, then with each of the others
                    given = needed + ([extra] if extra else [])
                    call = "(" + ", ".join(text for text, _ in given) + ")" if given else ""
                    binder = "".join(binder for _, binder in given)
                    counted += 1
                    rules.append(f'rule r{counted} info "R" {{\n  for {first}{binder}\n  where {subject}.{name}{call} is none or '
                                 f'{subject}.{name}{call} is not none\n  report on {first.split()[1]} "{kind} {name}"\n'
                                 "  authority house\n}\n")
        (folder / "all.kpi").write_text('edition 2026\nlibrary all_of_them { version "1" }\n' + "".join(rules),
                                        encoding="utf-8")
        policy = ROOT / "tests" / "unit" / "bind" / "whole_language.kpi"
        run = self.run("lint", policy, "--rules", "all.kpi", "--format", "json", "--as-of", "2026-07-01", cwd=folder)
        if run.returncode not in (0, 1):
            return self.check(False, f"asking everything: {run.returncode} {run.stderr[:500]}")
        found = {f["rule"] for f in json.loads(run.stdout)["files"][0]["findings"]}
        silent = [rule.split("\n")[0] + rule.split("\n")[3] for number, rule in enumerate(rules, 1) if f"r{number}" not in found]
        # The policy has no test and no library but the packs.
        silent = [rule for rule in silent if '"test ' not in rule]
        self.check(len(rules) > 250 and not silent, f"{len(rules)} rules; nothing said by {silent[:5]}")

    # ---- findings -----------------------------------------------------------------------------------------------------

    def findings(self, folder):
        run = self.lint(folder)
        self.check(run.returncode == 1, f"exit status {run.returncode}: {run.stderr}")
        found = json.loads(run.stdout)["files"][0]["findings"]
        rules = {finding["rule"] for finding in found}
        self.check(NAMED <= rules, f"not found: {sorted(NAMED - rules)}")
        allowed = [finding["rule"] for finding in found if finding["state"] == "allowed"]
        self.check(allowed == ["wage-fine"], f"allowed: {allowed}")
        # Moved lines, comments and labels change no fingerprint; a renamed metric does.
        prints = {finding["fingerprint"] for finding in found}
        moved = "# moved\n\n" + PUSH.replace("GMV 成交额", "Sales").replace("payout daily", "\n\n# pay\npayout daily")
        again = json.loads(self.lint(folder, text=moved).stdout)["files"][0]["findings"]
        self.check({finding["fingerprint"] for finding in again} == prints, "fingerprints change when lines move")
        renamed = json.loads(self.lint(folder, text=PUSH.replace("gmv", "sales")).stdout)["files"][0]["findings"]
        self.check({finding["fingerprint"] for finding in renamed} != prints, "a renamed metric keeps its fingerprint")

    def baseline(self, folder):
        written = self.lint(folder, "--write-baseline", "base.json")
        self.check(written.returncode == 0, f"--write-baseline: {written.stderr}")
        clean = self.lint(folder, "--baseline", "base.json")
        self.check(clean.returncode == 0, "the findings of the baseline are reported again")
        worse = PUSH.replace("payout daily", "metric rows = count(orders)\npayout second for host every month "
                             "{ payee employee  amount rows * 1 USD }\npayout daily")
        new = self.lint(folder, "--baseline", "base.json", text=worse)
        reported = [f for f in json.loads(new.stdout)["files"][0]["findings"] if f["state"] == "reported"]
        self.check(new.returncode == 1 and {f["element"]["name"] for f in reported} >= {"rows"},
                   f"new findings beside a baseline: {reported}")
        bad = folder / "bad.json"
        bad.write_text("[1, 2]")
        self.check(self.lint(folder, "--baseline", "bad.json").returncode == 2, "a broken baseline is accepted")

    def fixes(self, folder):
        run = self.lint(folder, "--fix")
        text = (folder / "push.kpi").read_text(encoding="utf-8")
        self.check("review_by 2026-09-29" in text, f"the fix was not applied: {run.stderr}")
        rest = json.loads(run.stdout)["files"][0]["findings"]
        self.check("no-review-date" not in {finding["rule"] for finding in rest}, "the fixed finding is still there")
        self.check(self.run("check", "push.kpi", cwd=folder).returncode == 0, "the fixed file does not compile")
        again = self.lint(folder, "--fix", text=text)
        self.check((folder / "push.kpi").read_text(encoding="utf-8") == text, f"fixing twice changes: {again.stderr}")
        # A fix that changes pay is applied on demand only.
        (folder / "own.kpi").write_text(
            'edition 2026\nlibrary own { version "1" }\nrule needs-cap warning "Cap" {\n  for payout p where p.cap is none\n'
            '  report on p "no cap"\n  authority house\n  fix "cap it" insert "cap 1 USD" into p\n}\n', encoding="utf-8")
        self.lint(folder, "--rules", "own.kpi", "--fix", text=text)
        self.check("cap 1 USD" not in (folder / "push.kpi").read_text(encoding="utf-8"), "an unsafe fix was applied")
        self.lint(folder, "--rules", "own.kpi", "--fix", "--unsafe", text=text)
        self.check("cap 1 USD" in (folder / "push.kpi").read_text(encoding="utf-8"), "--unsafe did not apply the fix")

    def formats(self, folder):
        sarif = json.loads(self.lint(folder, form="sarif").stdout)
        schema = self.shared / "peer" / "sarif-schema-2.1.0.json"
        if schema.exists():
            found = problems(sarif, json.loads(schema.read_text(encoding="utf-8")))
            self.check(not found, "SARIF: " + "; ".join(found[:5]))
            broken = json.loads(json.dumps(sarif))
            broken["runs"][0]["results"][0]["level"] = "fatal"
            self.check(problems(broken, json.loads(schema.read_text(encoding="utf-8"))), "the schema check checks nothing")
        else:
            print(f"{schema} is not there: SARIF was not compared with its schema")
        results = sarif["runs"][0]["results"]
        rules = sarif["runs"][0]["tool"]["driver"]["rules"]
        self.check(all(rules[r["ruleIndex"]]["id"] == r["ruleId"] for r in results), "ruleIndex points elsewhere")
        self.check(any("suppressions" in r for r in results), "the exception is no suppression")
        self.check(any("fixes" in r for r in results), "no fix in SARIF")
        # What code scanning needs of a rule and of a result; it follows an alert by this one fingerprint.
        for rule in rules:
            for part in ("shortDescription", "fullDescription", "help"):
                self.check(rule.get(part, {}).get("text"), f"SARIF: the rule {rule['id']} has no {part}")
        hashes = [result["partialFingerprints"].get("primaryLocationLineHash") for result in results]
        self.check(all(hashes) and len(set(hashes)) == len(hashes), f"SARIF: fingerprints of alerts {hashes}")
        moved = json.loads(self.lint(folder, form="sarif", text="# moved\n\n" + PUSH).stdout)["runs"][0]["results"]
        self.check([result["partialFingerprints"] for result in moved] == [r["partialFingerprints"] for r in results],
                   "SARIF: fingerprints change when lines move")
        (folder / "bare.kpi").write_text('edition 2026\nlibrary bare { version "1" }\nrule bare-rule info "Bare" {\n'
                                         '  for policy x\n  report on x "seen"\n}\n', encoding="utf-8")
        bare = json.loads(self.lint(folder, "--rules", "bare.kpi", form="sarif").stdout)["runs"][0]["tool"]["driver"]["rules"]
        self.check(all(rule["fullDescription"]["text"] and rule["help"]["text"] for rule in bare), "SARIF: a bare rule")
        run = self.run("lint", (folder / "push.kpi").resolve(), "--format", "sarif", "--as-of", "2026-07-01")
        self.check(f'"uri": "file://{(folder / "push.kpi").resolve()}"' in run.stdout, "SARIF: a path from the root is no URI")
        lines = PUSH.split("\n")
        for result in results:
            region = result["locations"][0]["physicalLocation"]["region"]
            line = lines[region["startLine"] - 1]
            marked = line.encode("utf-16-le")[2 * region["startColumn"] - 2:2 * region["endColumn"] - 2].decode("utf-16-le")
            name = result["locations"][0]["logicalLocations"][0]["name"].split(".")[-1]
            self.check(marked == name, f"SARIF marks {marked!r} for {name}")
        junit = self.lint(folder, form="junit").stdout
        suite = ElementTree.fromstring(junit.encode("utf-8")).find("testsuite")
        self.check(int(suite.get("failures")) == len(suite.findall("testcase/failure")) > 0, "JUnit counts wrongly")
        github = self.lint(folder, form="github").stdout.splitlines()
        self.check(github and all(re.match(r"::(error|warning|notice) file=push\.kpi,line=\d+,col=\d+,", line)
                                  for line in github), f"annotations: {github[:2]}")
        self.escaping(folder)
        broken = self.run("lint", "broken.kpi", "--format", "github", cwd=folder)
        self.check(broken.returncode == 2, f"a file that is not there: {broken.returncode}")
        (folder / "broken.kpi").write_text(PUSH.replace("count(orders)", "count(order)"), encoding="utf-8")
        broken = self.run("lint", "broken.kpi", "--format", "github", cwd=folder)
        self.check(broken.returncode == 3 and broken.stdout.startswith("::error file=broken.kpi,line=11,"),
                   f"annotations of a policy that does not compile: {broken.stdout}")
        document = json.loads(self.run("lint", "broken.kpi", "--format", "sarif", cwd=folder).stdout)
        self.check(document["runs"][0]["results"][0]["ruleId"] == "K0208", "SARIF of a policy that does not compile")
        if schema.exists():
            found = problems(document, json.loads(schema.read_text(encoding="utf-8")))
            self.check(not found, "SARIF of a policy that does not compile: " + "; ".join(found[:5]))
        document = self.run("lint", "broken.kpi", "--format", "junit", cwd=folder).stdout
        suite = ElementTree.fromstring(document.encode("utf-8")).find("testsuite")
        self.check(int(suite.get("errors")) == len(suite.findall("testcase/error")) == 1, "JUnit of a policy that does not compile")
        for name in ("broken.kpi", "bare.kpi"):
            (folder / name).unlink()

    def escaping(self, folder):
        """Texts and file names with all that the formats give a meaning to."""
        name = "odd d:x,y%<&.kpi"
        (folder / name).write_text(PUSH + 'rule odd-text error "Odd" { for payout p report on p "100% sure, a: b\\nnext <x> & '
                                   '\\"q\\" ]]> ::error::x" help "one\\ntwo" authority house }\n', encoding="utf-8")
        text = '100% sure, a: b\nnext <x> & "q" ]]> ::error::x'
        run = self.run("lint", name, "--format", "github", "--as-of", "2026-07-01", cwd=folder)
        lines = [line for line in run.stdout.splitlines() if "title=odd-text" in line]
        self.check(len(lines) == 1 and all(line.startswith("::") for line in run.stdout.splitlines()), f"annotations: {lines}")
        properties, _, message = lines[0][len("::error "):].partition("::")
        values = dict(part.split("=", 1) for part in properties.split(","))

        def plain(value):
            for code, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
                value = value.replace(code, char)
            return value
        self.check(plain(values["file"]) == name, f"annotations: the file is {values['file']}")
        self.check(plain(message) == text + "\none\ntwo", f"annotations: {message}")
        run = self.run("lint", name, "--format", "junit", "--as-of", "2026-07-01", cwd=folder)
        suite = ElementTree.fromstring(run.stdout.encode("utf-8")).find("testsuite")
        found = [case.find("failure").get("message") for case in suite.findall("testcase") if case.get("name").startswith("odd-text")]
        self.check(found == [text] and suite.get("name") == name, f"JUnit: {found}, {suite.get('name')}")
        run = self.run("lint", name, "--format", "sarif", "--as-of", "2026-07-01", cwd=folder)
        result = [r for r in json.loads(run.stdout)["runs"][0]["results"] if r["ruleId"] == "odd-text"][0]
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        self.check(unquote(uri) == name and not re.search("[ <,:]", uri), f"SARIF: the file is {uri}")
        (folder / name).unlink()

    def speed(self, folder):
        """Two thousand lines without proofs, in processor time; far more than is needed, to see what grows too fast."""
        sys.path.insert(0, str(ROOT / "bench"))
        from large_policy import large_policy
        (folder / "large.kpi").write_text(large_policy(2_000), encoding="utf-8")
        times = []
        for _ in range(3):
            before = os.times()
            run = self.run("lint", "large.kpi", "--without-proofs", "--format", "compact", cwd=folder)
            after = os.times()
            self.check(run.returncode == 1, f"the large policy: {run.returncode} {run.stderr[:200]}")
            times.append(after.children_user - before.children_user)
        self.check(min(times) < 0.2, f"lint of 2,000 lines without proofs: {times} s")

    # ---- the design's examples ------------------------------------------------------------------------------------------

    def design_examples(self):
        bad = self.shared / "design" / "examples" / "bad_incentive.kpi"
        good = self.shared / "design" / "examples" / "uk_live_hosts.kpi"
        if not bad.exists():
            print(f"{bad} is not there: the design's examples were not linted")
            return
        run = self.run("lint", bad, "--format", "json", "--as-of", "2026-07-01")
        found = {finding["rule"] for finding in json.loads(run.stdout)["files"][0]["findings"]}
        self.check(run.returncode == 1 and NAMED <= found, f"bad_incentive.kpi: not found {sorted(NAMED - found)}")
        run = self.run("lint", good, "--format", "compact", "--as-of", "2026-07-01")
        self.check(run.returncode == 0, f"uk_live_hosts.kpi:\n{run.stdout}{run.stderr}")

    def own_policies(self):
        for policy in sorted((ROOT / "policies").glob("*/policy.kpi")):
            run = self.run("lint", policy, "--format", "compact", "--as-of", "2026-07-01")
            self.check(run.returncode == 0, f"{policy.name}:\n{run.stdout}{run.stderr}")

    # ---- CI -------------------------------------------------------------------------------------------------------------

    def ci_files(self, folder):
        (folder / "push.kpi").write_text(PUSH, encoding="utf-8")
        program = folder / "bin" / "kpi"
        program.parent.mkdir(exist_ok=True)
        shutil.copy2(self.kpi, program)
        base = {"PATH": f"{program.parent}:{os.environ['PATH']}"}

        def script(**settings):
            return subprocess.run([ROOT / "ci" / "lint.sh"], cwd=folder, env=base | settings, capture_output=True,
                                  encoding="utf-8", check=False)

        run = script(KPI_FILES="*.kpi", KPI_SARIF="out.sarif", KPI_JUNIT="out.xml")
        self.check(run.returncode == 1 and run.stdout.startswith("::"), f"ci/lint.sh: {run.returncode} {run.stderr}")
        self.check(json.loads((folder / "out.sarif").read_text(encoding="utf-8"))["version"] == "2.1.0", "no SARIF file")
        ElementTree.parse(folder / "out.xml")
        self.check(script(KPI_FILES="none/*.kpi").returncode == 2, "ci/lint.sh accepts no files")
        # Every option that the files use is one of the program's; every setting of the action reaches the script.
        help_text = self.run("lint", "--help").stdout
        shell = (ROOT / "ci" / "lint.sh").read_text(encoding="utf-8")
        for option in set(re.findall(r"(--[a-z-]+) ", shell)) - {"--target", "--build"}:
            self.check(option in help_text, f"ci/lint.sh uses {option}")
        action = (ROOT / "action.yml").read_text(encoding="utf-8")
        for name in re.findall(r"inputs\.(\w+)", action):
            self.check(re.search(rf"^  {name}:", action, re.M), f"action.yml: the input {name} is not declared")
        for name in re.findall(r"^        (KPI_\w+):", action, re.M):
            self.check(name in shell, f"action.yml sets {name}, which ci/lint.sh does not read")
        self.github_action(folder, action, base)
        self.gitlab_job(folder, base)
        entry = re.search(r"^  entry: kpi (.*)$", (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"), re.M)[1]
        hook = self.run(*entry.split(), "push.kpi", "own.kpi", cwd=folder)
        self.check(hook.returncode == 1, f"the pre-commit hook: {hook.returncode} {hook.stderr}")
        hook = self.run(*entry.split(), "own.kpi", cwd=folder)
        self.check(hook.returncode == 0, f"the pre-commit hook for a library: {hook.returncode} {hook.stderr}")

    def github_action(self, folder, action, base):
        """The steps of the composite action as a runner does them: inputs go into the environment, `run` into bash."""
        home = folder / "checkout"
        home.mkdir(exist_ok=True)
        shutil.copytree(ROOT / "ci", home / "ci", dirs_exist_ok=True)
        # A build takes minutes, so a `cmake` of our own stands in for it; what the script asks of it is real.
        tools = folder / "tools"
        for name, text in ((tools / "cmake", 'case "$1" in --build) cp "$KPI_BUILT" "$2/kpi" ;; -S) mkdir -p "$4" ;; esac\n'),
                           (home / "scripts" / "install_packages", "exit 0\n")):
            name.parent.mkdir(exist_ok=True)
            name.write_text("#!/bin/sh\n" + text, encoding="utf-8")
            name.chmod(0o755)
        defaults = dict(re.findall(r"^  (\w+):\n(?:    (?!default).*\n)*    default: (.*)$", action, re.M))
        command = re.search(r"^      run: '(.*)'$", action, re.M)[1]
        environment = re.findall(r"^        (KPI_\w+): \$\{\{ (\S+) \}\}$", action, re.M)
        self.check(len(environment) == len(re.findall(r"^        KPI_", action, re.M)), "action.yml: an expression of another form")

        def step(program=True, **inputs):
            known = {f"inputs.{name}": value.strip('"') for name, value in defaults.items()}
            known |= {f"inputs.{name}": value for name, value in inputs.items()} | {"github.action_path": str(home)}
            path = base["PATH"] if program else f"{tools}:/usr/bin:/bin"
            runner = {"PATH": path, "KPI_BUILT": self.kpi, "GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(folder), "HOME": str(folder)}
            return subprocess.run(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", command], cwd=folder, check=False,
                                  env=runner | {name: known[source] for name, source in environment}, capture_output=True,
                                  encoding="utf-8")

        (folder / "clean.kpi").write_text(
            'edition 2026\npolicy clean { currency GBP  timezone "Europe/London"  announced 2026-05-01\n'
            "  effective 2026-07-01 to 2099-12-31  trial 1 month }\n", encoding="utf-8")
        run = step(files="push.kpi")
        self.check(run.returncode == 1 and "::error file=push.kpi," in run.stdout, f"the action: {run.returncode} {run.stderr}")
        run = step(files="clean.kpi")
        self.check(run.returncode == 0 and "::warning" in run.stdout, f"the action, warnings only: {run.stdout} {run.stderr}")
        self.check(step(files="clean.kpi", deny="warnings").returncode == 1, "the action: `deny` does nothing")
        run = step(files="clean.kpi", rules="own.kpi", language="zh", sarif="action.sarif")
        self.check("::warning" in run.stdout and re.search("[\u4e00-\u9fff]", run.stdout), "the action: `language` does nothing")
        results = json.loads((folder / "action.sarif").read_text(encoding="utf-8"))["runs"][0]["results"]
        self.check(results, "the action: `sarif` holds nothing")
        (folder / "seen.kpi").write_text('edition 2026\nlibrary seen { version "1" }\nrule seen-by-house info "Seen" {\n'
                                         '  for policy x\n  report on x "seen"\n  authority house\n}\n', encoding="utf-8")
        self.check("::notice" in step(files="clean.kpi", rules="seen.kpi").stdout, "the action: `rules` does nothing")
        self.run("lint", "push.kpi", "--write-baseline", "action.json", cwd=folder)
        run = step(files="push.kpi", baseline="action.json")
        self.check(run.returncode == 0 and not run.stdout, f"the action: `baseline` does nothing: {run.stdout}")
        run = step(program=False, files="push.kpi")
        self.check(run.returncode == 1 and "::error" in run.stdout, f"the action without a program: {run.returncode} {run.stderr}")
        run = step(files="*.kpi; touch injected")
        self.check(not (folder / "injected").exists(), "the action runs what stands in an input")

    def gitlab_job(self, folder, base):
        """The job's script in a project of its own, with the variables that the file sets."""
        job = (ROOT / "ci" / "gitlab.yml").read_text(encoding="utf-8")
        variables = {name: value.strip('"') for name, value in re.findall(r"^    (KPI_\w+): (.*)$", job, re.M)}
        script = re.search(r"^    - \|\n((?:      .*\n)+)", job, re.M)[1].replace("\n      ", "\n").strip()
        project = folder / "project"
        (project / "policies" / "one").mkdir(parents=True, exist_ok=True)
        shutil.copy2(folder / "push.kpi", project / "policies" / "one" / "policy.kpi")
        shutil.copy2(folder / "clean.kpi", project / "clean.kpi")

        def run_job(**settings):
            return subprocess.run(["sh", "-e", "-c", script], cwd=project, env=base | variables | settings, capture_output=True,
                                  encoding="utf-8", check=False)

        run = run_job()
        self.check(run.returncode == 1 and "error[" in run.stdout, f"the GitLab job: {run.returncode} {run.stderr}")
        report = re.search(r"junit: (\S+)", job)[1]
        failures = ElementTree.parse(project / report).getroot().get("failures")
        self.check(int(failures) > 0, f"the GitLab job: {failures} failures in its report")
        self.check(run_job(KPI_FILES="clean.kpi").returncode == 0, "the GitLab job fails without errors")
        self.check(run_job(KPI_FILES="clean.kpi", KPI_DENY="warnings").returncode == 1, "the GitLab job: KPI_DENY does nothing")
        self.check("警告" in run_job(KPI_FILES="clean.kpi", KPI_LANGUAGE="zh").stdout,
                   "the GitLab job: KPI_LANGUAGE does nothing")


def main():
    kpi = str(Path(sys.argv[1]).resolve())
    shared = Path(sys.argv[2] if len(sys.argv) > 2 else os.environ.get("KPI_SHARED", ROOT.parent / "shared"))
    checks = Checks(kpi, shared)
    checks.pages()
    checks.packs()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in (checks.properties, checks.findings, checks.baseline, checks.fixes, checks.formats, checks.ci_files, checks.speed):
            part(folder)
    checks.design_examples()
    checks.own_policies()
    return closing_line(checks.passed, checks.failed)


if __name__ == "__main__":
    sys.exit(main())
