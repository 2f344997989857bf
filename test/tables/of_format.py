"""One contract over each table format that this build has, for tests of tables from outside."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cli"))

from program import BUILD, Done, InFolder, contents, without_run_records  # noqa: E402

__all__ = ["BUILD", "FIELDS", "DeltaFormat", "Done", "InFolder", "LakeFormat", "OfFormat",
           "contents", "without_run_records"]
FIELDS = (("id", "long"), ("name", "string"), ("fare", "double"))
MODULES = {"parquet": "", "delta": "lib/sluice/libsluice_delta.so",
           "duckdb": "", "ducklake": "lib/sluice/ducklake.duckdb_extension"}


def has_format(name: str) -> bool:
    return (BUILD / MODULES[name]).exists()


class OfFormat(InFolder):
    """A subclass for each format; `table` is how the command line names the table."""

    format = "parquet"
    table = "t"
    target = "t"

    def setUp(self) -> None:
        super().setUp()
        if not has_format(self.format):
            raise unittest.SkipTest(f"built without tables of the format {self.format}")

    def contract(self, fields: tuple = FIELDS, strategy: str = "append", policy: str = "",
                 more: str = "") -> None:
        lines = "".join(f"    - {{name: {name}, type: {kind}}}\n" for name, kind in fields)
        keep = f"schema_policy: {{evolution: {policy}}}\n" if policy else ""
        self.write("c.yaml", f"""\
version: 1.0.0
info: {{title: Trips, table_name: trips}}
model:
  fields:
{lines}{keep}primary_key: [id]
materialization: {{strategy: {strategy}, format: {self.format}, target_path: {self.target}{more}}}
""")

    def run_rows(self, name: str, rows: list[dict]) -> Done:
        self.write(name, "".join(json.dumps(row) + "\n" for row in rows))
        return self.sluice("run", "c.yaml", "--source", name, "--quiet")

    def write_rows(self, name: str, rows: list[dict]) -> None:
        done = self.run_rows(name, rows)
        self.assertEqual(done.code, 0, done.err)

    def ask(self, action: str, *words: str) -> dict:
        done = self.sluice("table", action, self.table, "--json", *words)
        self.assertEqual(done.code, 0, done.err)
        return json.loads(done.out)

    def refused(self, action: str, *words: str) -> Done:
        done = self.sluice("table", action, self.table, *words)
        self.assertNotEqual(done.code, 0, done.out)
        self.assertRegex(done.err, r"(?m)^ hint: \S")
        return done

    def ids(self, *words: str) -> list[int]:
        rows = self.ask("rows", "--limit", "1000", *words)["rows"]
        return sorted(int(row["id"]) for row in rows)


class DeltaFormat(OfFormat):
    format = "delta"


class LakeFormat(OfFormat):
    format = "ducklake"
    table = target = "lake.silver.trips"
