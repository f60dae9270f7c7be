"""What the metrics and scores of bench/workload.kpi must be, from the integer sums of the SQL, in exact fractions."""
import csv
import json
from fractions import Fraction

MONEY = 10**10  # the SQL's money is US cents times 1e8
WEIGHTS = {"gmv": 20, "order_count": 8, "order_value": 5, "refund_rate": 10, "margin_rate": 10, "cancel_rate": 5, "gpm": 10,
           "conversion": 8, "roas": 10, "cpm": 4, "ctr": 5, "fast_replies": 5}
TARGETS = {  # cold start, mature
    "gmv": ("3000", "9000"), "order_count": ("40", "120"), "order_value": ("15", "25"), "refund_rate": ("0.08", "0.05"),
    "margin_rate": ("0.15", "0.25"), "cancel_rate": ("0.09", "0.06"), "gpm": ("2", "5"), "conversion": ("0.005", "0.012"),
    "roas": ("0.8", "1.5"), "cpm": ("50", "30"), "ctr": ("0.015", "0.025"), "fast_replies": ("0.6", "0.8")}
LOWER_IS_BETTER = {"refund_rate", "cancel_rate", "cpm"}
STEPS = (("1.2", 120), ("1", 100), ("0.8", 80), ("0.6", 60))


def ratio(numerator, denominator):
    return None if denominator == 0 else Fraction(numerator, denominator)


def expected_metrics(sums):
    """The twelve metrics of one host and month from the integer sums, exactly; None is no value."""
    s = sums
    return {
        "gmv": Fraction(s["gmv"], MONEY),
        "order_count": Fraction(s["valid"]),
        "order_value": ratio(s["gmv"], s["valid"] * MONEY),
        "refund_rate": ratio(s["refunds"], s["gmv"]),
        "margin_rate": ratio(s["gmv"] - s["refunds"] - s["costs"], s["gmv"]),
        "cancel_rate": ratio(s["cancelled"], s["real_orders"]),
        "gpm": ratio(1000 * s["gmv"], s["views"] * MONEY),
        "conversion": ratio(s["valid"], s["clicks"]),
        "roas": ratio(s["ad_gmv"], s["spend"]),
        "cpm": ratio(1000 * s["spend"], s["impressions"] * MONEY),
        "ctr": ratio(s["ad_clicks"], s["impressions"]),
        "fast_replies": ratio(s["fast"], s["tickets"]),
    }


def expected_score(metrics, phase):
    total = Fraction(0)
    for name, weight in WEIGHTS.items():
        actual, target = metrics[name], Fraction(TARGETS[name][0 if phase == "cold_start" else 1])
        if actual is None or name in LOWER_IS_BETTER and actual == 0:
            continue  # no attainment: `missing zero`
        attainment = target / actual if name in LOWER_IS_BETTER else actual / target
        total += weight * next((points for step, points in STEPS if attainment >= Fraction(step)), 0)
    return total / 100


def wrong_numbers(sql_path, kpi_path):
    """Differences between the two results, as texts."""
    with open(sql_path, encoding="utf-8", newline="") as file:
        expected = {(row["host_id"], row["month"]): row for row in csv.DictReader(file)}
    with open(kpi_path, encoding="utf-8") as file:
        result = json.load(file)
    problems, seen = [], 0
    for period in result["periods"]:
        month = period["period"]["id"]
        for row in period["scorecards"][0]["rows"]:
            text = expected.get((row["key"], month))
            if text is None:
                problems.append(f"host {row['key']} {month}: not in the SQL result")
                continue
            seen += 1
            sums = {name: int(value) for name, value in text.items() if name not in ("month", "phase", "score")}
            metrics = expected_metrics(sums)
            got = {metric["name"]: None if metric["value"] is None else Fraction(metric["value"]) for metric in row["metrics"]}
            for name, value in metrics.items():
                if got.get(name, "absent") != value:
                    problems.append(f"host {row['key']} {month}: {name} is {got.get(name, 'absent')}, SQL says {value}")
            if row["phase"] != text["phase"]:
                problems.append(f"host {row['key']} {month}: phase {row['phase']}, SQL says {text['phase']}")
            score = expected_score(metrics, text["phase"])
            if row.get("score") is None or Fraction(row["score"]) != score:
                problems.append(f"host {row['key']} {month}: score {row.get('score')}, should be {score}")
    if seen != len(expected):
        problems.append(f"{len(expected)} hosts and months in SQL, {seen} in kpi")
    return problems


def different_sums(first_path, second_path):
    """Differences between the integer sums of two engines, as texts; columns that one of them lacks are passed over."""
    rows = []
    for path in (first_path, second_path):
        with open(path, encoding="utf-8", newline="") as file:
            rows.append({(row["host_id"], row["month"]): row for row in csv.DictReader(file)})
    problems = [f"host {key[0]} {key[1]}: in one result only" for key in rows[0].keys() ^ rows[1].keys()]
    for key in rows[0].keys() & rows[1].keys():
        first, second = rows[0][key], rows[1][key]
        for name in first.keys() & second.keys() - {"score"}:
            if first[name] != second[name]:
                problems.append(f"host {key[0]} {key[1]}: {name} is {first[name]} and {second[name]}")
    return problems
