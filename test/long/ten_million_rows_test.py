"""Ten million CSV rows through one contract: every row is accounted for, and a foreign reader finds
what the run says. SLUICE_TEST_ROWS makes it smaller for a try by hand."""

import json
import os
import resource
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

ROWS = int(os.environ.get("SLUICE_TEST_ROWS", "10000000"))
CHUNK = 100_000
CONTRACT = """\
version: 1.0.0
info: {title: Orders, table_name: orders, target_layer: silver}
source: {type: landing, path: orders.csv}
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
materialization: {strategy: append, format: parquet, target_path: lake/orders}
"""


def is_bad(i: int) -> bool:
    return i % 50 == 0 or i % 70 == 0 or i % 110 == 0


def line(i: int) -> str:
    email = "nobody" if i % 50 == 0 else f" User{i}@Example.org "
    country = "XX" if i % 70 == 0 else ("DE", "FR", "US")[i % 3]
    amount = -1 if i % 110 == 0 else i % 1000
    return f"{i},{email},{country},{amount}.25,note {i % 97},2026-01-{i % 28 + 1:02d}\n"


def write_rows(path: Path) -> int:
    """How many of them are bad."""
    bad = 0
    with path.open("w", encoding="ascii") as file:
        file.write("id,email,country,amount,note,day\n")
        for start in range(0, ROWS, CHUNK):
            numbers = range(start, min(start + CHUNK, ROWS))
            file.write("".join(map(line, numbers)))
            bad += sum(map(is_bad, numbers))
    return bad


class TenMillionRows(unittest.TestCase):
    def test_every_row_is_accounted_for(self) -> None:
        import pyarrow.parquet as parquet
        with tempfile.TemporaryDirectory(prefix="sluice-long-") as name:
            folder = Path(name)
            (folder / "orders.yaml").write_text(CONTRACT, "utf-8")
            bad = write_rows(folder / "orders.csv")
            begun = time.monotonic()
            done = subprocess.run([os.environ["SLUICE"], "run", "orders.yaml", "--json"],
                                  cwd=folder, check=False, capture_output=True)
            seconds = time.monotonic() - begun
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
            print(f"{ROWS} rows in {seconds:.1f} s, {peak} MiB at most, {bad} of them bad")
            self.assertEqual(done.returncode, 0, done.stderr.decode())
            rows = json.loads(done.stdout)["rows"]
            self.assertEqual((rows["source"], rows["good"], rows["quarantined"]),
                             (ROWS, ROWS - bad, bad))
            for place, count in (("lake/orders", ROWS - bad), ("lake/quarantine/orders", bad)):
                files = list((folder / place).glob("[!_]*.parquet"))
                self.assertEqual(sum(parquet.read_metadata(file).num_rows for file in files), count,
                                 place)


if __name__ == "__main__":
    unittest.main()
