#!/usr/bin/env python3
"""`kpi analyze` over made policies:

  ordinary   five metrics, two quotients, four tiers, a gate, a cap and two phases, paid in several ways: every property is decided
  large      forty metrics, twenty quotients, eight tiers, four phases: every property is decided
  mutations  a good policy is proved throughout; each seeded defect flips the verdict that is about it

  analyser.py KPI [--print METRICS QUOTIENTS PHASES TIERS AMOUNT]
"""
import collections
import json
import subprocess
import sys
import tempfile
from pathlib import Path

PHASES = {2: ["cold_start when age(joined) < 90 days", "mature otherwise"],
          4: ["cold_start when age(joined) < 30 days", "growth when age(joined) < 90 days", "ramp when age(joined) < 180 days",
              "mature otherwise"]}


def metrics_of(sums, quotients):
    """(name, definition, target as a pattern, first target, lower is better)"""
    tables = max(2, sums // 4)
    found = []
    for i in range(sums):
        table, turn = i % tables, i // tables % 4
        if table == 0:
            definition, target, first = [("sum(orders.amount) - sum(orders.refunded default 0)", "{}_000 GBP", 5), ("count(orders)", "{}0", 4),
                                         ("sum(orders.amount)", "{}_000 GBP", 6), ("sum(orders.refunded default 0)", "{}00 GBP", 3)][turn]
        else:
            definition, target, first = [(f"count(log{table})", "{}0", 3), (f"sum(log{table}.size)", "{}_000", 2),
                                         (f"sum(log{table}.good)", "{}_000", 1),
                                         (f"sum(log{table}.size) + sum(log{table}.good)", "{}_000", 3)][turn]
        found.append((f"total{i + 1}", definition, target, first, "refunded" in definition and "-" not in definition))
    for i in range(quotients):
        table, turn = i % tables, i // tables % 2
        if table == 0:
            definition, target, first = [("sum(orders.refunded default 0) / sum(orders.amount)", "{}%", 12),
                                         ("sum(orders.amount) / count(orders)", "{} GBP", 40)][turn]
        else:
            definition, target, first = [(f"sum(log{table}.good) / sum(log{table}.size)", "{}%", 60),
                                         (f"sum(log{table}.good) / count(log{table})", "{}", 60)][turn]
        found.append((f"ratio{i + 1}", definition, target, first, "refunded" in definition))
    return tables, found


def policy(metrics, quotients, phases, tiers, amount):
    tables, found = metrics_of(metrics - quotients, quotients)
    out = ["edition 2026",
           'policy many { version "1"  currency GBP  timezone "Europe/London"  effective 2026-07-01 to 2026-12-31 }',
           "entity host from hosts { host_id : text key  joined : date }",
           "events orders as orders from orders at paid_at {\n  order_id : text key  host : host from host_id  paid_at : datetime\n"
           "  amount : money in GBP  refunded : money? in GBP  collected export\n}"]
    for table in range(1, tables):
        out.append(f"events log{table} from log{table} at seen_at {{\n  host : host from host_id  seen_at : datetime\n"
                   "  size : integer range 0 ..= 1_000  good : integer range 0 ..= 1_000  collected export\n}")
    out.append("events violations as violations from violations at noted_at { host : host from host_id  noted_at : datetime  collected export }")
    out.append("metric violation_count = count(violations) { better lower }")
    for name, definition, _, _, lower in found:
        out.append(f"metric {name} = {definition}" + (" { better lower }" if lower else ""))
    names = [phase.split()[0] for phase in PHASES[phases]]
    out.append("phases for host {\n  " + "\n  ".join(PHASES[phases]) + "\n}")
    out.append("curve points(attainment) line {\n  | at | value |\n  | 60% | 0 |\n  | 100% | 100 |\n  | 120% | 120 |\n}")
    steps = "\n".join(f"  | {50 + 8 * i} | {(i + 4) * 100} GBP |" for i in range(tiers))
    out.append(f"curve tier(score) steps {{\n  | from | value |\n{steps}\n}}")
    shares = "\n".join(f"  | {52 + 8 * i} | {60 + 10 * i}% |" for i in range(tiers))
    out.append(f"curve fraction(score) steps {{\n  | from | value |\n{shares}\n}}")
    out.append("curve commission(total1) brackets {\n  | from | rate |\n  | 0 GBP | 1% |\n  | 20_000 GBP | 2% |\n}")
    each, rest, rows = round(10_000 / len(found)), 10_000, []
    for i, (name, _, target, first, lower) in enumerate(found):
        weight = each if i + 1 < len(found) else rest
        rest -= weight
        targets = [target.format(first + (phases - 1 - j if lower else j)) for j in range(phases)]
        rows.append(f"  | {name} | {weight / 100:.2f}% | " + " | ".join(targets) + " | points |")
    out.append("scorecard monthly for host every month {\n  | metric | weight | " + " | ".join(names) + " | curve |\n" + "\n".join(rows) +
               "\n  gate violations_free requires violation_count = 0 else score 0\n  missing zero\n}")
    out.append(f"payout bonus for host from monthly {{\n  payee employee\n  amount {amount}\n  cap 1_200 GBP\n  rounding half_even\n"
               "  assume fake_order_cost = 35 GBP\n}")
    return "\n".join(out) + "\n"


def verdicts(kpi, text, *options):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "p.kpi"
        file.write_text(text, encoding="utf-8")
        done = subprocess.run([kpi, "analyze", str(file), "--format", "json", *options], capture_output=True, text=True, check=False)
        if not done.stdout:
            return [(done.stderr, "not compiled")]
        return [(f["property"] + (" " + f["detail"] if f["detail"] else ""), f["verdict"]) for f in json.loads(done.stdout)["findings"]]


GOOD = """edition 2026
policy p { version "1"  currency GBP  timezone "UTC"  effective 2026-07-01 to 2026-12-31 }
entity host from hosts { host_id : text key  joined : date  site : text personal }
events orders as orders from orders at paid_at {
  order_id : text key  host : host from host_id  paid_at : datetime  amount : money in GBP  refunded : money? in GBP  collected platform
}
metric order_count = count(orders)
metric net = sum(orders.amount) - sum(orders.refunded default 0)
metric refund_rate = sum(orders.refunded default 0) / sum(orders.amount) { better lower  needs count(orders) >= 5 }
phases for host {
  newcomer when age(joined) < 90 days
  settled  otherwise
}
attack split { splits orders  cost 0 }
payout bonus for host every month {
  payee  employee
  amount min(2% * max(net, 0 GBP), 800 GBP)
  assume fake_order_cost = 900 GBP
  assume pay_share = 3%
  assume margin_rate = 50%
  assume margin_share = 5%
}
"""
# (what is replaced, by what, which finding then is what)
MUTATIONS = [
    ("min(2% * max(net, 0 GBP), 800 GBP)", "2% * max(net, 0 GBP)", "bounded", "refuted"),
    ("max(net, 0 GBP)", "max(net, 0 GBP) - 10 GBP", "not-negative", "refuted"),
    ("2% * max(net, 0 GBP)", "(if net < 5_000 GBP then 0% else 2%) * max(net, 0 GBP)", "no-jump net 5,000.00 GBP", "refuted"),
    ("2% * max(net, 0 GBP)", "130% * max(net, 0 GBP)", "single-order orders", "refuted"),
    ("2% * max(net, 0 GBP)", "800 GBP - min(800 GBP, max(net, 0 GBP))", "genuine-order orders", "refuted"),
    ("2% * max(net, 0 GBP)", "800 GBP - min(800 GBP, max(net, 0 GBP))", "monotone net", "refuted"),
    ("2% * max(net, 0 GBP)", "1% * sum(orders.refunded default 0)", "refund orders.refunded", "refuted"),
    ("2% * max(net, 0 GBP)", '(if site = "north" then 1% else 2%) * max(net, 0 GBP)', "independent host.site", "refuted"),
    ("2% * max(net, 0 GBP)", "(if (refund_rate default 0) < 10% then 2% else 1%) * max(net, 0 GBP)", "sample count(orders) 5", "refuted"),
    ("2% * max(net, 0 GBP)", "(if net > 110% * (previous(net) default 0 GBP) then 2% else 1%) * max(net, 0 GBP)", "ratchet orders", "refuted"),
    ("2% * max(net, 0 GBP)", "(if phase = newcomer then 2% else 1%) * max(net, 0 GBP)", "phase newcomer to settled", "inadmissible"),
    ("2% * max(net, 0 GBP)", "1% * max(net, 0 GBP) + 1 GBP * count(orders where refunded is not none)", "refund orders.refunded", "refuted"),
    ("pay_share = 3%", "pay_share = 1%", "budget 1%", "refuted"),
    ("margin_share = 5%", "margin_share = 3%", "budget margin 3%", "refuted"),
    ("fake_order_cost = 900 GBP", "fake_order_cost = 1 GBP", "attack fake orders", "refuted"),
    ("cost 0 }", "cost 0 }\nattack buy { adds 1 ..= 5 orders { amount in 1 GBP ..= 100 GBP }  cost 1% * amount }", "attack buy", "refuted"),
    ("min(2% * max(net, 0 GBP), 800 GBP)", "if order_count >= 0 then 2% * min(max(net, 0 GBP), 100 GBP) else 5 GBP", "reachable", "refuted"),
]


def main():
    kpi = str(Path(sys.argv[1]).resolve())
    if sys.argv[2:3] == ["--print"]:
        print(policy(*map(int, sys.argv[3:7]), sys.argv[7]), end="")
        return 0
    passed, failures = 0, []

    def check(what, holds, seen):
        nonlocal passed
        if holds:
            passed += 1
        else:
            failures.append(f"{what}: {seen}")

    amounts = ["tier(score)", "commission(total1) * score / 100", "commission(total1) * fraction(score)", "12.5 GBP * score",
               "tier(score) + commission(total1)"]
    for size, (metrics, quotients, phases, tiers), ways in (("ordinary", (5, 2, 2, 4), amounts), ("large", (40, 20, 4, 8), amounts[:2])):
        for amount in ways:
            found = verdicts(kpi, policy(metrics, quotients, phases, tiers, amount))
            counts = collections.Counter(verdict for _, verdict in found)
            open_ones = [name for name, verdict in found if verdict == "unknown"]
            check(f"{size}, {amount}", not open_ones, open_ones)
            check(f"{size}, {amount}: one finding for each metric", sum(name.startswith("monotone") for name, _ in found) == metrics + 1, counts)
            check(f"{size}, {amount}: proved and refuted", counts["proved"] > metrics and counts["refuted"] >= 3, counts)
    clean = dict(verdicts(kpi, GOOD))
    check("the good policy", all(verdict in ("proved", "inadmissible") for verdict in clean.values()), clean)
    for old, new, name, verdict in MUTATIONS:
        if old not in GOOD:
            raise SystemExit(old)
        found = dict(verdicts(kpi, GOOD.replace(old, new, 1)))
        check(f"{name} after `{new}`", found.get(name) == verdict, found)
    for failure in failures:
        print(failure)
    print(f"{passed} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
