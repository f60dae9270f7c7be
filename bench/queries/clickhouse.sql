-- The workload in ClickHouse, reading the tables of the SQLite file ({file} is its name): orders and ads first by host, day
-- and currency, exchange after that.
WITH
order_days AS (
  SELECT host_id, substring(paid_at, 1, 10) AS day, currency, sum(real_order) AS real_orders, sum(cancelled_order) AS cancelled,
         sum(valid_order) AS valid, sum(valid_order * o_amount) AS amount, sum(valid_order * o_refund) AS refund,
         sum(valid_order * o_cost) AS cost, sum(valid_order * o_ad * o_amount) AS ad_amount
  FROM (SELECT host_id, paid_at, currency, amount AS o_amount, refund AS o_refund, cost AS o_cost, ad AS o_ad,
               is_test = 0 AS real_order, is_test = 0 AND status = 'cancelled' AS cancelled_order,
               is_test = 0 AND status NOT IN ('cancelled', 'fraud')
                 AND buyer_id NOT IN (SELECT buyer_id FROM sqlite('{file}', 'blocked')) AS valid_order
        FROM sqlite('{file}', 'orders'))
  GROUP BY host_id, day, currency),
fx AS (SELECT day, currency, rate FROM sqlite('{file}', 'fx')),
order_sums AS (
  SELECT host_id, substring(d.day, 1, 7) AS month, sum(d.real_orders) AS real_orders, sum(d.cancelled) AS cancelled,
         sum(d.valid) AS valid, sum(toInt128(d.amount) * f.rate) AS gmv, sum(toInt128(d.refund) * f.rate) AS refunds,
         sum(toInt128(d.cost) * f.rate) AS costs, sum(toInt128(d.ad_amount) * f.rate) AS ad_gmv
  FROM order_days AS d JOIN fx AS f ON f.day = d.day AND f.currency = d.currency GROUP BY host_id, month),
session_sums AS (
  SELECT host_id, substring(started_at, 1, 7) AS month, sum(views) AS views, sum(clicks) AS clicks
  FROM sqlite('{file}', 'sessions') GROUP BY host_id, month),
ad_days AS (
  SELECT host_id, substring(shown_at, 1, 10) AS day, currency, sum(impressions) AS impressions, sum(clicks) AS clicks,
         sum(spend) AS spend
  FROM sqlite('{file}', 'ads') GROUP BY host_id, day, currency),
ad_sums AS (
  SELECT host_id, substring(d.day, 1, 7) AS month, sum(d.impressions) AS impressions, sum(d.clicks) AS ad_clicks,
         sum(toInt128(d.spend) * f.rate) AS spend
  FROM ad_days AS d JOIN fx AS f ON f.day = d.day AND f.currency = d.currency GROUP BY host_id, month),
ticket_sums AS (
  SELECT host_id, substring(opened_at, 1, 7) AS month, count() AS tickets, sum(response <= 300) AS fast
  FROM sqlite('{file}', 'tickets') GROUP BY host_id, month)
SELECT h.host_id AS host_id, h.month AS month, h.phase AS phase,
       ifNull(o.real_orders, 0) AS real_orders, ifNull(o.cancelled, 0) AS cancelled, ifNull(o.valid, 0) AS valid,
       ifNull(o.gmv, 0) AS gmv, ifNull(o.refunds, 0) AS refunds, ifNull(o.costs, 0) AS costs,
       ifNull(o.ad_gmv, 0) AS ad_gmv, ifNull(s.views, 0) AS views, ifNull(s.clicks, 0) AS clicks,
       ifNull(a.impressions, 0) AS impressions, ifNull(a.ad_clicks, 0) AS ad_clicks, ifNull(a.spend, 0) AS spend,
       ifNull(t.tickets, 0) AS tickets, ifNull(t.fast, 0) AS fast
FROM (SELECT host_id, substring(toString(first_day), 1, 7) AS month,
             if(first_day - toDate(start) < 90, 'cold_start', 'mature') AS phase
      FROM sqlite('{file}', 'hosts')
           ARRAY JOIN [toDate('2025-10-01'), toDate('2025-11-01'), toDate('2025-12-01')] AS first_day) AS h
     LEFT JOIN order_sums AS o ON o.host_id = h.host_id AND o.month = h.month
     LEFT JOIN session_sums AS s ON s.host_id = h.host_id AND s.month = h.month
     LEFT JOIN ad_sums AS a ON a.host_id = h.host_id AND a.month = h.month
     LEFT JOIN ticket_sums AS t ON t.host_id = h.host_id AND t.month = h.month
ORDER BY host_id, month
