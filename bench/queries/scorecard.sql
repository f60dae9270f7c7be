-- The workload of bench/workload.kpi as a careful user writes it for sqlite3: one pass over each events table, exact
-- integer sums (money in US cents times 1e8), ratios and scores on top. Money cannot overflow at this size: SQLite stops
-- with an error when a sum does.
.mode csv
.headers on
WITH
months(month, first_day) AS (VALUES ('2025-10', '2025-10-01'), ('2025-11', '2025-11-01'), ('2025-12', '2025-12-01')),
order_sums AS MATERIALIZED (
  SELECT host_id, month,
         sum(real_order) AS real_orders, sum(cancelled) AS cancelled, sum(valid) AS valid,
         sum(valid * amount * rate) AS gmv, sum(valid * refund * rate) AS refunds, sum(valid * cost * rate) AS costs,
         sum(valid * ad * amount * rate) AS ad_gmv
  FROM (SELECT o.host_id, substr(o.paid_at, 1, 7) AS month, o.amount, o.refund, o.cost, o.ad, f.rate,
               o.is_test = 0 AS real_order,
               o.is_test = 0 AND o.status = 'cancelled' AS cancelled,
               o.is_test = 0 AND o.status NOT IN ('cancelled', 'fraud')
                 AND o.buyer_id NOT IN (SELECT buyer_id FROM blocked) AS valid
        FROM orders AS o JOIN fx AS f ON f.day = substr(o.paid_at, 1, 10) AND f.currency = o.currency)
  GROUP BY host_id, month),
session_sums AS MATERIALIZED (
  SELECT host_id, substr(started_at, 1, 7) AS month, sum(views) AS views, sum(clicks) AS clicks
  FROM sessions GROUP BY 1, 2),
ad_sums AS MATERIALIZED (
  SELECT a.host_id, substr(a.shown_at, 1, 7) AS month, sum(a.impressions) AS impressions, sum(a.clicks) AS ad_clicks,
         sum(a.spend * f.rate) AS spend
  FROM ads AS a JOIN fx AS f ON f.day = substr(a.shown_at, 1, 10) AND f.currency = a.currency GROUP BY 1, 2),
ticket_sums AS MATERIALIZED (
  SELECT host_id, substr(opened_at, 1, 7) AS month, count(*) AS tickets, sum(response <= 300) AS fast
  FROM tickets GROUP BY 1, 2),
base AS MATERIALIZED (
  SELECT h.host_id, m.month,
         CASE WHEN julianday(m.first_day) - julianday(h.start) < 90 THEN 'cold_start' ELSE 'mature' END AS phase,
         coalesce(real_orders, 0) AS real_orders, coalesce(cancelled, 0) AS cancelled, coalesce(valid, 0) AS valid,
         coalesce(gmv, 0) AS gmv, coalesce(refunds, 0) AS refunds, coalesce(costs, 0) AS costs,
         coalesce(ad_gmv, 0) AS ad_gmv, coalesce(views, 0) AS views, coalesce(clicks, 0) AS clicks,
         coalesce(impressions, 0) AS impressions, coalesce(ad_clicks, 0) AS ad_clicks, coalesce(spend, 0) AS spend,
         coalesce(tickets, 0) AS tickets, coalesce(fast, 0) AS fast
  FROM hosts AS h CROSS JOIN months AS m
       LEFT JOIN order_sums USING (host_id, month) LEFT JOIN session_sums USING (host_id, month)
       LEFT JOIN ad_sums USING (host_id, month) LEFT JOIN ticket_sums USING (host_id, month)),
rules(metric, weight, cold_start, mature, lower_is_better) AS (VALUES
  ('gmv', 20, 3000.0, 9000.0, 0), ('order_count', 8, 40.0, 120.0, 0), ('order_value', 5, 15.0, 25.0, 0),
  ('refund_rate', 10, 0.08, 0.05, 1), ('margin_rate', 10, 0.15, 0.25, 0), ('cancel_rate', 5, 0.09, 0.06, 1),
  ('gpm', 10, 2.0, 5.0, 0), ('conversion', 8, 0.005, 0.012, 0), ('roas', 10, 0.8, 1.5, 0), ('cpm', 4, 50.0, 30.0, 1),
  ('ctr', 5, 0.015, 0.025, 0), ('fast_replies', 5, 0.6, 0.8, 0)),
actuals AS (
  SELECT b.host_id, b.month, r.weight, r.lower_is_better,
         CASE b.phase WHEN 'cold_start' THEN r.cold_start ELSE r.mature END AS target,
         CASE r.metric
           WHEN 'gmv' THEN gmv / 1e10
           WHEN 'order_count' THEN valid
           WHEN 'order_value' THEN gmv / 1e10 / valid
           WHEN 'refund_rate' THEN 1.0 * refunds / gmv
           WHEN 'margin_rate' THEN 1.0 * (gmv - refunds - costs) / gmv
           WHEN 'cancel_rate' THEN 1.0 * cancelled / real_orders
           WHEN 'gpm' THEN gmv / 1e7 / views
           WHEN 'conversion' THEN 1.0 * valid / clicks
           WHEN 'roas' THEN 1.0 * ad_gmv / spend
           WHEN 'cpm' THEN spend / 1e7 / impressions
           WHEN 'ctr' THEN 1.0 * ad_clicks / impressions
           WHEN 'fast_replies' THEN 1.0 * fast / tickets
         END AS actual
  FROM base AS b CROSS JOIN rules AS r),
points AS (
  SELECT host_id, month, weight,
         CASE WHEN attainment >= 1.2 THEN 120 WHEN attainment >= 1 THEN 100 WHEN attainment >= 0.8 THEN 80
              WHEN attainment >= 0.6 THEN 60 ELSE 0 END AS points
  FROM (SELECT host_id, month, weight,
               CASE WHEN lower_is_better THEN target / actual ELSE actual / target END AS attainment
        FROM actuals))
SELECT b.*, s.score
FROM base AS b JOIN (SELECT host_id, month, sum(weight * points) / 100.0 AS score FROM points GROUP BY 1, 2) AS s
     USING (host_id, month)
ORDER BY b.host_id, b.month;
