-- The workload in DuckDB over its own store: orders and ads first by host, day and currency in plain integers, exchange
-- after that. Of the forms that were tried this was the fastest.
WITH
months(month, first_day) AS (VALUES ('2025-10', DATE '2025-10-01'), ('2025-11', DATE '2025-11-01'), ('2025-12', DATE '2025-12-01')),
order_days AS (
  SELECT host_id, day, currency, sum(real_order)::BIGINT AS real_orders, sum(cancelled)::BIGINT AS cancelled,
         sum(valid)::BIGINT AS valid, sum(valid * amount)::BIGINT AS amount, sum(valid * refund)::BIGINT AS refund,
         sum(valid * cost)::BIGINT AS cost, sum(valid * ad * amount)::BIGINT AS ad_amount
  FROM (SELECT o.host_id, CAST(o.paid_at AS DATE) AS day, o.currency, o.amount, o.refund, o.cost, o.ad,
               CASE WHEN o.is_test = 0 THEN 1 ELSE 0 END AS real_order,
               CASE WHEN o.is_test = 0 AND o.status = 'cancelled' THEN 1 ELSE 0 END AS cancelled,
               CASE WHEN o.is_test = 0 AND o.status NOT IN ('cancelled', 'fraud') AND b.buyer_id IS NULL THEN 1 ELSE 0 END
                 AS valid
        FROM orders AS o LEFT JOIN blocked AS b ON b.buyer_id = o.buyer_id)
  GROUP BY host_id, day, currency),
order_sums AS (
  SELECT d.host_id, date_trunc('month', d.day) AS first_day, sum(real_orders) AS real_orders, sum(cancelled) AS cancelled,
         sum(valid) AS valid, sum(amount * rate) AS gmv, sum(refund * rate) AS refunds, sum(cost * rate) AS costs,
         sum(ad_amount * rate) AS ad_gmv
  FROM order_days AS d JOIN fx AS f ON f.day = d.day AND f.currency = d.currency GROUP BY 1, 2),
session_sums AS (
  SELECT host_id, date_trunc('month', started_at) AS first_day, sum(views) AS views, sum(clicks) AS clicks
  FROM sessions GROUP BY 1, 2),
ad_days AS (
  SELECT host_id, CAST(shown_at AS DATE) AS day, currency, sum(impressions)::BIGINT AS impressions,
         sum(clicks)::BIGINT AS clicks, sum(spend)::BIGINT AS spend
  FROM ads GROUP BY 1, 2, 3),
ad_sums AS (
  SELECT d.host_id, date_trunc('month', d.day) AS first_day, sum(impressions) AS impressions, sum(clicks) AS ad_clicks,
         sum(spend * rate) AS spend
  FROM ad_days AS d JOIN fx AS f ON f.day = d.day AND f.currency = d.currency GROUP BY 1, 2),
ticket_sums AS (
  SELECT host_id, date_trunc('month', opened_at) AS first_day, count(*) AS tickets,
         sum(CASE WHEN response <= 300 THEN 1 ELSE 0 END) AS fast
  FROM tickets GROUP BY 1, 2),
base AS (
  SELECT h.host_id, m.month, CASE WHEN m.first_day - h.start < 90 THEN 'cold_start' ELSE 'mature' END AS phase,
         coalesce(real_orders, 0) AS real_orders, coalesce(cancelled, 0) AS cancelled, coalesce(valid, 0) AS valid,
         coalesce(gmv, 0) AS gmv, coalesce(refunds, 0) AS refunds, coalesce(costs, 0) AS costs,
         coalesce(ad_gmv, 0) AS ad_gmv, coalesce(views, 0) AS views, coalesce(clicks, 0) AS clicks,
         coalesce(impressions, 0) AS impressions, coalesce(ad_clicks, 0) AS ad_clicks, coalesce(spend, 0) AS spend,
         coalesce(tickets, 0) AS tickets, coalesce(fast, 0) AS fast
  FROM hosts AS h CROSS JOIN months AS m
       LEFT JOIN order_sums USING (host_id, first_day) LEFT JOIN session_sums USING (host_id, first_day)
       LEFT JOIN ad_sums USING (host_id, first_day) LEFT JOIN ticket_sums USING (host_id, first_day)),
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
           WHEN 'order_value' THEN gmv / 1e10 / nullif(valid, 0)
           WHEN 'refund_rate' THEN 1e0 * refunds / nullif(gmv, 0)
           WHEN 'margin_rate' THEN 1e0 * (gmv - refunds - costs) / nullif(gmv, 0)
           WHEN 'cancel_rate' THEN 1e0 * cancelled / nullif(real_orders, 0)
           WHEN 'gpm' THEN gmv / 1e7 / nullif(views, 0)
           WHEN 'conversion' THEN 1e0 * valid / nullif(clicks, 0)
           WHEN 'roas' THEN 1e0 * ad_gmv / nullif(spend, 0)
           WHEN 'cpm' THEN spend / 1e7 / nullif(impressions, 0)
           WHEN 'ctr' THEN 1e0 * ad_clicks / nullif(impressions, 0)
           WHEN 'fast_replies' THEN 1e0 * fast / nullif(tickets, 0)
         END AS actual
  FROM base AS b CROSS JOIN rules AS r),
points AS (
  SELECT host_id, month, weight,
         CASE WHEN attainment >= 1.2 THEN 120 WHEN attainment >= 1 THEN 100 WHEN attainment >= 0.8 THEN 80
              WHEN attainment >= 0.6 THEN 60 ELSE 0 END AS points
  FROM (SELECT host_id, month, weight,
               CASE WHEN lower_is_better = 1 THEN target / nullif(actual, 0) ELSE actual / target END AS attainment
        FROM actuals))
SELECT b.*, s.score
FROM base AS b JOIN (SELECT host_id, month, sum(weight * points) / 100.0 AS score FROM points GROUP BY 1, 2) AS s
     USING (host_id, month)
ORDER BY b.host_id, b.month
