"""Many refused rows, a mended rule, a replay: the target is that of a run that never failed, and
list, stats and discard agree. SLUICE_TEST_ROWS says how many rows are refused."""

import json
import os
import subprocess
import tempfile
import time
import unittest
from pathlib import Path
from typing import Any

BAD = int(os.environ.get("SLUICE_TEST_ROWS", "1000000"))
MEMORY_MIB = 512
CHUNK = 100_000
CONTRACT = """\
version: 1.0.0
info: {title: Orders, table_name: orders, target_layer: silver}
source: {type: landing, path: ../orders.csv}
model:
  fields:
    - {name: id, type: long, required: true}
    - {name: email, type: string}
    - {name: amount, type: "decimal(12,2)"}
    - {name: day, type: date}
transformations:
  - {lower: {fields: [email]}, phase: pre}
quality:
  row_rules:
    - {name: amount_limit, sql: "amount <= LIMIT"}
    - {name: email_shape, sql: "email LIKE '%@%.%'"}
materialization: {strategy: append, format: parquet, target_path: lake/orders}
"""


def is_lost(i: int) -> bool:
    """Broken whatever the limit is."""
    return i % 100 == 0


def line(i: int) -> str:
    email = "nobody" if is_lost(i) else f"User{i}@Example.org"
    amount = 5 if i % 11 == 0 and not is_lost(i) else 1000 + i % 1000
    return f"{i},{email},{amount}.25,2026-01-{i % 28 + 1:02d}\n"


def rows_until(bad: int) -> tuple[int, int, int]:
    """How many rows hold `bad` refused ones, and how many of these are lost."""
    refused = lost = i = 0
    while refused < bad:
        lost += is_lost(i)
        refused += is_lost(i) or i % 11 != 0
        i += 1
    return i, refused, lost


class Replay(unittest.TestCase):
    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory(prefix="sluice-replay-")
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)
        self.peak_mib = 0

    def contract(self, lake: str, limit: int) -> None:
        (self.folder / lake).mkdir(exist_ok=True)
        (self.folder / lake / "orders.yaml").write_text(CONTRACT.replace("LIMIT", str(limit)),
                                                        "utf-8")

    def sluice(self, lake: str, *words: str) -> Any:
        with (self.folder / "out").open("wb") as out, (self.folder / "err").open("wb") as err:
            process = subprocess.Popen([os.environ["SLUICE"], *words, "--json", "--memory",
                                        f"{MEMORY_MIB}MiB"],
                                       cwd=self.folder / lake, stdout=out, stderr=err)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0, (self.folder / "err").read_text("utf-8"))
        self.peak_mib = max(self.peak_mib, usage.ru_maxrss // 1024)
        return json.loads((self.folder / "out").read_text("utf-8"))

    def target(self, lake: str) -> Any:
        import pyarrow as arrow
        import pyarrow.parquet as parquet
        files = sorted((self.folder / lake / "lake/orders").glob("[!_]*.parquet"))
        columns = ["id", "email", "amount", "day"]
        tables = [parquet.ParquetFile(file).read(columns=columns) for file in files]
        return arrow.concat_tables(tables).sort_by("id").combine_chunks()

    def stats(self) -> tuple[int, int, int]:
        rows = self.sluice("mended", "quarantine", "stats", "orders.yaml")["rows"]
        return rows["waiting"], rows["replayed"], rows["discarded"]

    def test_refused_rows_move_once_into_what_a_clean_run_makes(self) -> None:
        rows, bad, lost = rows_until(BAD)
        with (self.folder / "orders.csv").open("w", encoding="ascii") as file:
            file.write("id,email,amount,day\n")
            for start in range(0, rows, CHUNK):
                file.write("".join(map(line, range(start, min(start + CHUNK, rows)))))
        self.contract("mended", 10)
        first = self.sluice("mended", "run", "orders.yaml")["rows"]
        self.assertEqual((first["source"], first["good"], first["quarantined"]),
                         (rows, rows - bad, bad))
        self.assertEqual(self.stats(), (bad, 0, 0))
        self.contract("mended", 100_000)
        begun = time.monotonic()
        moved = self.sluice("mended", "quarantine", "replay", "orders.yaml")
        seconds = time.monotonic() - begun
        self.assertEqual((moved["tried"], moved["moved"], moved["refused"]),
                         (bad, bad - lost, lost))
        self.assertEqual(self.stats(), (lost, bad - lost, 0))
        again = self.sluice("mended", "quarantine", "replay", "orders.yaml")
        self.assertEqual((again["tried"], again["moved"]), (lost, 0))
        self.contract("clean", 100_000)
        clean = self.sluice("clean", "run", "orders.yaml")["rows"]
        self.assertEqual(clean["quarantined"], lost)
        self.assertTrue(self.target("mended").equals(self.target("clean")))
        discarded = self.sluice("mended", "quarantine", "discard", "orders.yaml", "--rule",
                                "email_shape", "--note", "nobody")
        self.assertEqual(discarded["discarded"], lost)
        self.assertEqual(self.stats(), (0, bad - lost, lost))
        listed = self.sluice("mended", "quarantine", "list", "orders.yaml", "--rule", "email_shape")
        self.assertEqual(listed["total"], lost)
        print(f"{bad} of {rows} rows refused, {bad - lost} replayed in {seconds:.1f} s, "
              f"{self.peak_mib} MiB at most")


if __name__ == "__main__":
    unittest.main()
