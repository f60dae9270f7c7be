-- Loads the CSV files of a folder ({folder}) into DuckDB with the types that suit it.
CREATE TABLE orders AS SELECT * FROM read_csv('{folder}/orders.csv', header = false, columns = {
  'order_id': 'BIGINT', 'store_id': 'INTEGER', 'host_id': 'INTEGER', 'sku_id': 'INTEGER', 'site': 'VARCHAR',
  'currency': 'VARCHAR', 'status': 'VARCHAR', 'is_test': 'TINYINT', 'buyer_id': 'BIGINT', 'paid_at': 'TIMESTAMP',
  'amount': 'BIGINT', 'refund': 'BIGINT', 'cost': 'BIGINT', 'ad': 'TINYINT'});
CREATE TABLE sessions AS SELECT * FROM read_csv('{folder}/sessions.csv', header = false, columns = {
  'session_id': 'BIGINT', 'host_id': 'INTEGER', 'site': 'VARCHAR', 'started_at': 'TIMESTAMP', 'duration': 'BIGINT',
  'views': 'BIGINT', 'clicks': 'BIGINT'});
CREATE TABLE ads AS SELECT * FROM read_csv('{folder}/ads.csv', header = false, columns = {
  'ad_row': 'BIGINT', 'host_id': 'INTEGER', 'currency': 'VARCHAR', 'shown_at': 'TIMESTAMP', 'impressions': 'BIGINT',
  'clicks': 'BIGINT', 'spend': 'BIGINT'});
CREATE TABLE tickets AS SELECT * FROM read_csv('{folder}/tickets.csv', header = false, columns = {
  'ticket_id': 'BIGINT', 'host_id': 'INTEGER', 'opened_at': 'TIMESTAMP', 'response': 'BIGINT'});
CREATE TABLE fx AS SELECT * FROM read_csv('{folder}/fx.csv', header = false, columns = {
  'currency': 'VARCHAR', 'day': 'DATE', 'rate': 'BIGINT'});
CREATE TABLE hosts AS SELECT * FROM read_csv('{folder}/hosts.csv', header = false, columns = {
  'host_id': 'INTEGER', 'start': 'DATE'});
CREATE TABLE blocked AS SELECT * FROM read_csv('{folder}/blocked.csv', header = false, columns = {'buyer_id': 'BIGINT'});
CHECKPOINT;
SELECT 1 AS done
