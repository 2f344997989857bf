"""A folder with a Delta table of one contract, for tests that delta-rs judges."""

import json
import sys
import unittest
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cli"))

from program import (  # noqa: E402
    BUILD,
    PATIENCE_S,
    SLUICE,
    TRIPS,
    Done,
    InFolder,
    contents,
    environment,
    without_run_records,
)

__all__ = ["CONTRACT", "PATIENCE_S", "SLUICE", "DeltaFolder", "Done", "contents", "environment",
           "needs_delta", "without_run_records"]
CONTRACT = TRIPS + "materialization: {{strategy: {strategy}, format: delta{more}}}\n"
HAS_MODULE = (BUILD / "lib/sluice/libsluice_delta.so").exists()


def needs_delta(tests: type) -> type:
    for there, what in ((HAS_MODULE, "built without Delta tables: no Rust 1.94 or newer"),
                        (find_spec("deltalake"), "no deltalake: ./dev setup test")):
        tests = unittest.skipUnless(there, what)(tests)
    return tests


class DeltaFolder(InFolder):
    def contract(self, strategy: str, more: str = "") -> None:
        self.write("c.yaml", CONTRACT.format(strategy=strategy, more=more))

    def source(self, name: str, rows: list[tuple]) -> str:
        lines = [json.dumps(dict(zip(("id", "day", "fare"), row, strict=True))) for row in rows]
        self.write(name, "\n".join(lines) + "\n")
        return name

    def words(self, source: str) -> list[str]:
        return ["run", "c.yaml", "--source", source, "--materialize", "--target", "t", "--quiet"]

    def run_rows(self, name: str, rows: list[tuple]) -> None:
        done = self.sluice(*self.words(self.source(name, rows)))
        self.assertEqual(done.code, 0, done.err)

    def refused(self) -> str:
        """What a run says that must fail; no data file and no commit is left by it."""
        before = self.table_files()
        done = self.sluice(*self.words(self.source("refused.jsonl", [(7, "a", 7.5)])))
        self.assertNotEqual(done.code, 0)
        self.assertEqual(self.table_files(), before)
        return done.err

    def table_files(self) -> dict[str, bytes]:
        return {name: data for name, data in contents(self.folder / "t").items()
                if not name.startswith("_sluice/")}

    def table(self):
        import deltalake
        return deltalake.DeltaTable(str(self.folder / "t"))

    def rows(self) -> list[tuple]:
        read = self.table().to_pyarrow_table().to_pylist()
        return sorted((row["id"], row["day"], row["fare"]) for row in read)

    def write_foreign(self, rows: list[tuple], **options) -> None:
        import deltalake
        import pyarrow
        schema = pyarrow.schema([("id", pyarrow.int64()), ("day", pyarrow.string()),
                                 ("fare", pyarrow.float64())])
        columns = list(zip(*rows, strict=True))
        table = pyarrow.table([pyarrow.array(column, field.type) for column, field
                               in zip(columns, schema, strict=True)], schema=schema)
        deltalake.write_deltalake(str(self.folder / "t"), table, mode="append", **options)

    def ask(self, action: str, *words: str) -> dict:
        done = self.sluice("table", action, "t", "--json", *words)
        self.assertEqual(done.code, 0, done.err)
        return json.loads(done.out)
