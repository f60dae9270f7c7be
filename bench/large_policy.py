"""A policy of a given number of lines, to time parsing and checking."""

HEAD = """edition 2026

policy large "Large policy" {
  version   "1.0.0"
  currency  GBP
  timezone  "Europe/London"
  effective 2026-01-01 to 2026-12-31
  review_by 2026-06-30
  owner     "benchmark"
}

entity host "Host" from hosts {
  host_id : text key
  joined  : date
}

events orders "Orders" as orders from orders at paid_at {
  order_id : text key
  host     : host from host_id
  paid_at  : datetime
  amount   : money in GBP
  refunded : money? in GBP
  channel  : text
  is_test  : boolean
  collected export
}

exclude test_orders "Test orders" kind test from orders where is_test

phases for host {
  cold_start "Cold start" when age(joined) < 90 days
  mature     "Mature"     otherwise
}
"""

BLOCK = """
metric sales_{n} "Sales {n}" = sum(orders.amount where channel = "c{n}") - sum(orders.refunded default 0) {{
  basis "paid orders of channel {n}, tax included"
  matures after 14 days
}}
metric returns_{n} "Returns {n}" = sum(orders.refunded default 0) / sum(orders.amount where channel = "c{n}") {{
  better lower
  show   percent 1
  needs  count(orders) >= {n}
}}
curve points_{n}(attainment) line {{
  | at   | value |
  | 60%  | 0     |
  | 100% | 100   |
  | 120% | 120   |
}}
scorecard monthly_{n} "Scorecard {n}" for host every month {{
  | metric      | weight | cold_start | mature     | curve      |
  | sales_{n}   | 70%    | 8_000 GBP  | 30_000 GBP | points_{n} |
  | returns_{n} | 30%    | 12%        | 8%         | points_{n} |
  missing unscored
}}
payout bonus_{n} "Bonus {n}" for host from monthly_{n} {{
  payee    employee
  amount   if score >= 80 then 2% * max(sales_{n}, 0) else 1% * max(sales_{n}, 0)
  cap      1_500 GBP
  rounding half_even
}}
"""


def large_policy(lines):
    """At least `lines` lines of ordinary declarations."""
    parts, count, number = [HEAD], HEAD.count("\n"), 1
    while count < lines:
        block = BLOCK.format(n=number)
        parts.append(block)
        count += block.count("\n")
        number += 1
    return "".join(parts)
