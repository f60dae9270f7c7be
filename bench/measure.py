"""What the benchmarks share: building the programs, making the database, running a command and taking its figures."""
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def timed(command, output, stdin=None):
    """(status, wall seconds, CPU seconds, peak memory in MB) of a command whose output goes to a file."""
    with open(output, "wb") as out, open(stdin or os.devnull, "rb") as source:
        start = time.perf_counter()
        process = subprocess.Popen([str(part) for part in command], stdin=source, stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def build(preset):
    for command in (["cmake", "--preset", preset], ["cmake", "--build", "--preset", preset, "--target", "kpi", "bench_generate"]):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{done.stdout}\n{done.stderr}\nthe build failed")
    return ROOT / "build" / preset


def database(folder, generator, rows):
    path = folder / f"orders-{rows}.db"
    if not path.is_file() or path.stat().st_mtime < generator.stat().st_mtime:
        print(f"making {rows:,} orders …", file=sys.stderr)
        unfinished = folder / f"orders-{rows}.part"
        subprocess.run([generator, unfinished, str(rows)], check=True)
        unfinished.rename(path)
    return path


def median(rows, name):
    values = [row[name] for row in rows if row[name] is not None]
    return statistics.median(values) if values else None
