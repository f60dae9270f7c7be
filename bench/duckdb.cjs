// Runs one file of SQL in DuckDB:  node duckdb.cjs MODULES DATABASE THREADS SQL OUTPUT
// The rows of its last statement go to OUTPUT as CSV; seconds of that statement alone to standard output.
const fs = require('fs');
const [modules, database, threads, sqlFile, output] = process.argv.slice(2);
const { DuckDBInstance } = require(`${modules}/node_modules/@duckdb/node-api`);

async function main() {
  const instance = await DuckDBInstance.create(database, { threads });
  const connection = await instance.connect();
  const sql = fs.readFileSync(sqlFile, 'utf8');
  const start = process.hrtime.bigint();
  const reader = await connection.runAndReadAll(sql);
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  const rows = [reader.columnNames(), ...reader.getRows()];
  fs.writeFileSync(output, rows.map((row) => row.join(',') + '\n').join(''));
  console.log(seconds);
}
main().catch((error) => { console.error(error.message); process.exit(2); });
