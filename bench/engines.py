"""The programs that bench/run compares: how each gets the data, and the command that evaluates the workload.

An engine has `name`, `available()`, `load()` (once for a database; its seconds are noted) and `commands()`, which gives
(threads, command, standard input, output file). A command that prints a number to standard output, which is not its
output file, says how many seconds its query alone took.
"""
import json
import os
import shutil
import subprocess
import time
from pathlib import Path

BENCH = Path(__file__).resolve().parent
PERIODS = "2025-10..2025-12"
TABLES = ("orders", "sessions", "ads", "tickets", "fx", "hosts", "blocked")


def run(command, **options):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise SystemExit(f"{command[0]} failed: {done.stderr or done.stdout}")
    return done.stdout


class Engine:
    """`data` is the SQLite file, `folder` where an engine may keep its own store, `threads` the numbers to try."""

    note = ""

    def __init__(self, data, folder, threads, modules):
        self.data, self.folder, self.threads, self.modules = data, folder, threads, modules

    def available(self):
        return True

    def load(self):
        return None

    def stop(self):
        pass

    def csv_folder(self):
        folder = self.folder / f"{self.data.stem}-csv"
        if not (folder / "done").exists():
            folder.mkdir(exist_ok=True)
            for table in TABLES:
                with open(folder / f"{table}.csv", "wb") as out:
                    subprocess.run(["sqlite3", "-readonly", "-csv", self.data, f"SELECT * FROM {table}"], stdout=out, check=True)
            (folder / "done").touch()
        return folder


class Kpi(Engine):
    name, note = "kpi", "reads the SQLite file"

    def __init__(self, data, folder, threads, modules, program):
        super().__init__(data, folder, threads, modules)
        self.program = program

    def command(self, threads, *options):
        return [self.program, "run", BENCH / "workload.kpi", "--data", self.data, "--period", PERIODS, "--threads", str(threads),
                *options]

    def commands(self):
        for threads in self.threads:
            yield threads, self.command(threads, "--format", "csv"), None, self.folder / f"kpi-{threads}.csv"

    def json(self, threads):
        """The result in full, for comparing."""
        path = self.folder / f"kpi-{threads}.json"
        with open(path, "wb") as out:
            subprocess.run([str(part) for part in self.command(threads, "--format", "json")], stdout=out, check=True)
        return path


class Sqlite(Engine):
    name, note = "sqlite3", "the same file"

    def available(self):
        return shutil.which("sqlite3") is not None

    def commands(self):
        yield 1, ["sqlite3", "-readonly", self.data], BENCH / "queries" / "scorecard.sql", self.folder / "sqlite3.csv"


class NodeEngine(Engine):
    module = ""

    def available(self):
        return shutil.which("node") is not None and (self.modules / "node_modules" / self.module).is_dir()


class DuckDB(NodeEngine):
    name, note, module = "duckdb", "its own store, timestamps and integers as types", "@duckdb/node-api"

    @property
    def store(self):
        return self.folder / f"{self.data.stem}.duckdb"

    def load(self):
        if self.store.is_file():
            return None
        script, unfinished = self.folder / "duckdb-load.sql", self.store.with_suffix(".part")
        text = (BENCH / "queries" / "duckdb_load.sql").read_text(encoding="utf-8")
        script.write_text(text.replace("{folder}", str(self.csv_folder())), encoding="utf-8")
        start = time.perf_counter()
        run(["node", BENCH / "duckdb.cjs", self.modules, unfinished, "2", script, self.folder / "duckdb-load.csv"])
        unfinished.rename(self.store)
        return time.perf_counter() - start

    def commands(self):
        for threads in self.threads:
            output = self.folder / f"duckdb-{threads}.csv"
            yield threads, ["node", BENCH / "duckdb.cjs", self.modules, self.store, str(threads),
                            BENCH / "queries" / "duckdb.sql", output], None, output


class ClickHouse(NodeEngine):
    name, note, module = "clickhouse", "chDB, reads the SQLite file, all processors", "chdb"

    def commands(self):
        output = self.folder / "clickhouse.csv"
        yield max(self.threads), ["node", BENCH / "clickhouse.cjs", self.modules, self.data,
                                  BENCH / "queries" / "clickhouse.sql", output], None, output


class PostgreSQL(Engine):
    """A cluster of its own below `folder`; as the superuser it runs as `postgres`, whom the server demands."""

    name, note = "postgresql", "its own store; CPU and memory of the server are not seen"

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.cluster = self.folder / f"{self.data.stem}-postgresql"
        self.as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []

    def tool(self, name):
        found = [shutil.which(name), *sorted(map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{name}")))]
        return next((path for path in reversed(found) if path), None)

    def available(self):
        return all(map(self.tool, ("initdb", "pg_ctl", "psql")))

    def psql(self, *options):
        return [*self.as_user, self.tool("psql"), "-h", self.cluster, "-d", "postgres", "-q", "-v", "ON_ERROR_STOP=1", *options]

    def load(self):
        is_new = not (self.cluster / "loaded").exists()
        if is_new:
            shutil.rmtree(self.cluster, ignore_errors=True)
            self.cluster.mkdir()
            if self.as_user:
                shutil.chown(self.cluster, "postgres")
                for folder in (self.folder, *self.folder.parents):
                    if not folder.stat().st_mode & 1:
                        raise SystemExit(f"{folder} must be open to the user postgres")
            run([*self.as_user, self.tool("initdb"), "-D", self.cluster / "data", "--auth=trust", "-E", "UTF8", "--locale=C"])
        settings = ("-c listen_addresses= -c unix_socket_directories={} -c shared_buffers=2GB -c work_mem=512MB -c jit=off "
                    "-c fsync=off -c max_wal_size=8GB -c max_parallel_workers_per_gather={}")
        run([*self.as_user, self.tool("pg_ctl"), "-D", self.cluster / "data", "-w", "-l", self.cluster / "log", "-o",
             settings.format(self.cluster, max(self.threads) - 1), "start"])
        if not is_new:
            return None
        start = time.perf_counter()
        run(self.psql("-f", BENCH / "queries" / "postgresql_schema.sql"))
        for table in TABLES:
            with open(self.csv_folder() / f"{table}.csv", "rb") as source:
                subprocess.run([str(part) for part in self.psql("-c", f"COPY {table} FROM STDIN (FORMAT csv)")], stdin=source,
                               check=True)
        run(self.psql("-c", "VACUUM ANALYZE"))
        (self.cluster / "loaded").touch()
        return time.perf_counter() - start

    def stop(self):
        run([*self.as_user, self.tool("pg_ctl"), "-D", self.cluster / "data", "-m", "fast", "stop"])

    def commands(self):
        yield max(self.threads), self.psql("--csv", "-f", BENCH / "queries" / "postgresql.sql"), None, self.folder / "postgresql.csv"


ENGINES = (Sqlite, DuckDB, ClickHouse, PostgreSQL)


def install_peers(folder):
    """DuckDB and ClickHouse as npm packages, for the user who asks for them."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text(json.dumps({"private": True}), encoding="utf-8")
    run(["npm", "install", "--no-audit", "--no-fund", "@duckdb/node-api@latest", "chdb@3"], cwd=folder)
