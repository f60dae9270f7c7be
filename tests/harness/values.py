#!/usr/bin/env python3
"""Prints the JSON of `kpi run` from stdin as one short line a value, for the cases of tests/cases/run and data.

    as of 2026-08-20T10:15:00Z
    sales: 1200 rows, 14 excluded, 2 quarantined
    2026-07 host h1 net_sales 30000 GBP
    2026-07 host h1 roi none (zero denominator)
    2026-07 monthly h1 mature 85.5
    2026-07 bonus h1 400.00 GBP trial

Arguments name the kinds of lines wanted (`as_of events period exclusions metrics scores rows gates payouts steps alerts
warnings`); without any, metrics are printed.
"""
import json
import sys


def value_text(entry):
    if entry.get("value") is None:
        text = f"none ({entry.get('reason')})"
    else:
        text = entry["value"] + (f" {entry['unit']}" if "unit" in entry else "")
    return text + (" provisional" if entry.get("provisional") else "")


def score_lines(period, wanted):
    for card in period["scorecards"]:
        for row in card["rows"]:
            who = f"{card['name']} {row['key']}"
            if "scores" in wanted:
                score = row["score"] if row["status"] == "scored" else f"{row['status']} ({row.get('reason')})"
                before = f" before gates {row['score_before_gates']}" if "score_before_gates" in row else ""
                phase = f" {row['phase']}" if "phase" in row else ""
                yield f"{who}{phase} {score}{before}" + (" provisional" if row.get("provisional") else "")
            if "rows" in wanted:
                for metric in row["metrics"]:
                    weight = metric.get("effective_weight", metric["weight"]) + (" skipped" if metric.get("skipped") else "")
                    reason = f" ({metric['attainment_reason']})" if "attainment_reason" in metric else ""
                    yield (f"{who} {metric['name']} {value_text(metric)}, target {metric['target']}, attainment "
                           f"{metric['attainment']}{reason}, points {metric['points']}, weight {weight}")
            if "gates" in wanted:
                for gate in row["gates"]:
                    passed = {True: "passed", False: "failed", None: f"undecided ({gate.get('reason')})"}[gate["passed"]]
                    yield f"{who} gate {gate['name']} {passed}"


def payout_lines(period, wanted):
    for payout in period["payouts"]:
        who = f"{payout['name']} {payout['key']}"
        if "payouts" in wanted:
            amount = "none" if payout["amount"] is None else f"{payout['amount']} {payout['currency']}"
            reason = f" ({payout['reason']})" if "reason" in payout else ""
            dates = "".join(f", {name} {payout[name]}" for name in ("earned", "payable") if name in payout)
            yield f"{who} {amount} {payout['status']}{reason}{dates}"
        if "steps" in wanted:
            for step in payout["steps"]:
                yield f"{who} {step['step']}{' ' + step['name'] if 'name' in step else ''} {step['value']}"


def period_lines(period, wanted):
    if "period" in wanted:
        about = period["period"]
        prorated = f", prorated {about['prorated']}" if "prorated" in about else ""
        yield f"{about['start']} to {about['end']} {about['timezone']}{', trial' if about['trial'] else ''}{prorated}"
    if "exclusions" in wanted:
        for exclusion in period["exclusions"]:
            money = "".join(f", {field} {amount} {code}" for field, sums in exclusion["money"].items()
                            for code, amount in sums.items())
            also = f", also hit {exclusion['also_hit']}" if "also_hit" in exclusion else ""
            yield f"{exclusion['name']} took {exclusion['rows']} rows of {exclusion['events']}{money}{also}"
    if "metrics" in wanted:
        for entry in period["metrics"]:
            for name, value in entry["values"].items():
                yield f"{entry['entity']} {entry['key']} {name} {value_text(value)}"
    yield from score_lines(period, wanted)
    yield from payout_lines(period, wanted)
    if "alerts" in wanted:
        for alert in period["alerts"]:
            yield f"alert {alert['name']} {alert['severity']} {alert['entity']} {alert['key']} {alert['period']}"


def main():
    wanted = set(sys.argv[1:]) or {"metrics"}
    text = sys.stdin.read()
    if not text:
        return 1
    result = json.loads(text)
    if "as_of" in wanted:
        print("as of", result["as_of"])
    if "events" in wanted:
        for name, about in result["data"]["events"].items():
            rest = "".join(f", {about[key]} {key}" for key in ("duplicates", "without_time") if key in about)
            print(f"{name}: {about['rows']} rows, {about['excluded']} excluded, {about['quarantined']} quarantined{rest}")
        for name, about in result["data"].get("entities", {}).items():
            print(f"{name}: {about['rows']} rows, {about['quarantined']} quarantined")
    for period in result["periods"]:
        for line in period_lines(period, wanted):
            print(period["period"]["id"], line)
    if "warnings" in wanted:
        for warning in result.get("warnings", []):
            print(warning["id"], warning["message"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
