// Runs a query in ClickHouse (chDB):  node clickhouse.cjs MODULES SQLITE_FILE SQL OUTPUT
// Rows go to OUTPUT as CSV, seconds of the query to standard output.
const fs = require('fs');
const [modules, file, sqlFile, output] = process.argv.slice(2);
const { query } = require(`${modules}/node_modules/chdb`);
const sql = fs.readFileSync(sqlFile, 'utf8').replaceAll('{file}', file);
const start = process.hrtime.bigint();
const rows = query(sql, 'CSVWithNames');
console.log(Number(process.hrtime.bigint() - start) / 1e9);
fs.writeFileSync(output, rows);
