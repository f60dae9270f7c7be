CREATE UNLOGGED TABLE orders(order_id bigint, store_id int, host_id int, sku_id int, site text, currency text, status text,
  is_test smallint, buyer_id bigint, paid_at timestamp, amount bigint, refund bigint, cost bigint, ad smallint);
CREATE UNLOGGED TABLE sessions(session_id bigint, host_id int, site text, started_at timestamp, duration bigint, views bigint,
  clicks bigint);
CREATE UNLOGGED TABLE ads(ad_row bigint, host_id int, currency text, shown_at timestamp, impressions bigint, clicks bigint,
  spend bigint);
CREATE UNLOGGED TABLE tickets(ticket_id bigint, host_id int, opened_at timestamp, response bigint);
CREATE UNLOGGED TABLE fx(currency text, day date, rate bigint);
CREATE UNLOGGED TABLE hosts(host_id int, start date);
CREATE UNLOGGED TABLE blocked(buyer_id bigint);
