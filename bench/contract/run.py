"""A contract over CSV beside the same work written by hand: Sluice, baseline.sql, DuckDB's bare
COPY of the same file and, where it is installed, LakeLogic, one after the other in the same minute.
Seconds of the whole process by the clock (medians), ratios to the bare COPY, peak memory; the
numbers of good and refused rows are compared before a figure is printed.

    ./dev bench contract                                  1,000,000 rows, five rounds
    SLUICE_BENCH_ROWS=10000000 ./dev bench contract       the same with ten million, three rounds
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
DUCKDB = HERE.parents[1] / "build/deps/duckdb-module"
ROWS = int(os.environ.get("SLUICE_BENCH_ROWS", "1000000"))
ROUNDS = int(os.environ.get("SLUICE_BENCH_ROUNDS", "5" if ROWS <= 1_000_000 else "3"))
MEMORY = os.environ.get("SLUICE_BENCH_MEMORY", "")  # of Sluice, such as 256MB
CHUNK = 100_000
CONTRACT = """\
version: 1.0.0
info: {title: Orders, table_name: orders, target_layer: silver}
source: {type: landing, path: SOURCE, format: csv}
model:
  fields:
    - {name: id, type: long, required: true}
    - {name: email, type: string, required: true}
    - {name: country, type: string, accepted_values: [DE, FR, US]}
    - {name: amount, type: double, min: 0}
    - {name: note, type: string}
    - {name: day, type: date}
transformations:
  - {trim: {fields: [email]}, phase: pre}
  - {lower: {fields: [email]}, phase: pre}
quality:
  row_rules:
    - {name: email_shape, sql: "email LIKE '%@%.%'"}
  dataset_rules:
    - {name: keys, unique: id}
materialization: {strategy: append, format: parquet, target_path: lake/orders}
"""
COPY = ("COPY (FROM read_csv('SOURCE', header = true, auto_detect = false, delim = ',', "
        "quote = '\"', columns = {'id': 'BIGINT', 'email': 'VARCHAR', 'country': 'VARCHAR', "
        "'amount': 'DOUBLE', 'note': 'VARCHAR', 'day': 'DATE'})) "
        "TO 'OUT/all.parquet' (FORMAT parquet, COMPRESSION zstd);")
RUN_SQL = "import duckdb, sys; base = duckdb.connect(); " \
          "[base.execute(one).fetchall() for one in sys.stdin.read().split(';\\n') if one.strip()]"


def line(i: int) -> str:
    email = "nobody" if i % 50 == 0 else f" User{i}@Example.org "
    country = "XX" if i % 70 == 0 else ("DE", "FR", "US")[i % 3]
    amount = -1 if i % 110 == 0 else i % 1000
    return f"{i},{email},{country},{amount}.25,note {i % 97},2026-01-{i % 28 + 1:02d}\n"


def is_bad(i: int) -> bool:
    return i % 50 == 0 or i % 70 == 0 or i % 110 == 0


def write_rows(path: Path) -> int:
    bad = 0
    with path.open("w", encoding="ascii") as file:
        file.write("id,email,country,amount,note,day\n")
        for start in range(0, ROWS, CHUNK):
            numbers = range(start, min(start + CHUNK, ROWS))
            file.write("".join(map(line, numbers)))
            bad += sum(map(is_bad, numbers))
    return bad


@dataclass
class Runner:
    name: str
    start: Callable[[Path], subprocess.Popen]
    check: Callable[[Path, int], None]
    seconds: list[float] = field(default_factory=list)
    peaks: list[int] = field(default_factory=list)

    def once(self, bad: int) -> None:
        with tempfile.TemporaryDirectory(prefix="sluice-bench-", dir=WORK) as name:
            out = Path(name)
            begun = time.monotonic()
            process = self.start(out)
            _, status, usage = os.wait4(process.pid, 0)
            self.seconds.append(time.monotonic() - begun)
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode != 0:
                raise SystemExit(f"{self.name} failed: {(WORK / 'err').read_text()[-2000:]}")
            self.peaks.append(usage.ru_maxrss // 1024)
            self.check(out, bad)


def started(command: list[str], folder: Path, text: str = "") -> subprocess.Popen:
    (WORK / "in").write_text(text, "utf-8")
    with (WORK / "in").open() as given, (WORK / "out").open("wb") as out, \
            (WORK / "err").open("wb") as err:
        return subprocess.Popen(command, cwd=folder, stdin=given, stdout=out, stderr=err,
                                env=os.environ | {"PYTHONPATH": str(DUCKDB)})


def rows_of(path: Path) -> int:
    counted = subprocess.run(
        [sys.executable, "-c",
         "import duckdb, sys; print(duckdb.sql(f\"SELECT count(*) FROM '{sys.argv[1]}'\")"
         ".fetchone()[0])", str(path)],
        env=os.environ | {"PYTHONPATH": str(DUCKDB)}, capture_output=True, check=True)
    return int(counted.stdout)


def expect(name: str, seen: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    if seen != wanted:
        raise SystemExit(f"{name}: expected {wanted} rows, got {seen}")


def sluice_runner(program: str) -> Runner:
    def start(out: Path) -> subprocess.Popen:
        (out / "contract.yaml").write_text(CONTRACT.replace("SOURCE", str(WORK / "orders.csv")))
        memory = ["--memory", MEMORY] if MEMORY else []
        return started([program, "run", "contract.yaml", "--json", *memory], out)

    def check(out: Path, bad: int) -> None:
        rows = json.loads((WORK / "out").read_text())["rows"]
        expect("sluice", (rows["good"], rows["quarantined"]), (ROWS - bad, bad))
        expect("sluice's target", (rows_of(out / "lake/orders/*.parquet"),), (ROWS - bad,))

    return Runner("Sluice", start, check)


def sql_runner(name: str, text: str, good: str, is_split: bool) -> Runner:
    def start(out: Path) -> subprocess.Popen:
        filled = text.replace("SOURCE", str(WORK / "orders.csv")).replace("OUT", str(out))
        return started([sys.executable, "-c", RUN_SQL], out, filled)

    def check(out: Path, bad: int) -> None:
        expect(name, (rows_of(out / good),), (ROWS - bad if is_split else ROWS,))
        if is_split:
            expect(name, (rows_of(out / "bad.parquet"),), (bad,))

    return Runner(name, start, check)


def lakelogic_runner(program: str) -> Runner:
    def start(out: Path) -> subprocess.Popen:
        source = str(WORK / "orders.csv")
        (out / "contract.yaml").write_text(CONTRACT.replace("SOURCE", source))
        return started([program, "run", "-c", "contract.yaml", "-s", source, "--output-good",
                        "good.parquet", "--output-bad", "bad.parquet"], out)

    def check(out: Path, bad: int) -> None:
        expect("LakeLogic", (rows_of(out / "good.parquet"),), (ROWS - bad,))

    return Runner("LakeLogic", start, check)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sluice", required=True)
    program = parser.parse_args().sluice
    if not DUCKDB.exists():
        raise SystemExit("the DuckDB module for Python is not there: ./dev setup test fetches it")
    baseline = "\n".join(text for text in (HERE / "baseline.sql").read_text().splitlines()
                         if not text.startswith("--"))
    runners = [sql_runner("bare COPY", COPY, "all.parquet", False),
               sql_runner("baseline.sql", baseline, "good.parquet", True), sluice_runner(program)]
    peer = shutil.which("lakelogic")
    if peer:
        runners.append(lakelogic_runner(peer))
    bad = write_rows(WORK / "orders.csv")
    size = (WORK / "orders.csv").stat().st_size >> 20
    print(f"{ROWS:,} rows, {size} MiB, {bad:,} of them bad; {ROUNDS} rounds of all in turn"
          f"{'' if peer else '; LakeLogic is not installed'}", flush=True)
    for _ in range(ROUNDS):
        for runner in runners:
            runner.once(bad)
    bare = statistics.median(runners[0].seconds)
    print(f"{'':<14}{'seconds':>9}{'of COPY':>9}{'from':>8}{'to':>8}{'peak MiB':>10}")
    for runner in runners:
        median = statistics.median(runner.seconds)
        print(f"{runner.name:<14}{median:>9.2f}{median / bare:>9.2f}{min(runner.seconds):>8.2f}"
              f"{max(runner.seconds):>8.2f}{max(runner.peaks):>10}")
    print("goals: below baseline.sql, at most 1.6 of COPY, 512 MiB. Python starts in about 0.1 s, "
          "which stands in both SQL lines.")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as holder:
        WORK = Path(holder)
        main()
