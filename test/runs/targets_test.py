"""Of which target the records of batches are: another one of the same name, one that was dropped or
made anew and one that was put back from an older copy never lose a batch in silence."""

import json
import shutil
import sys
import unittest
from importlib.util import find_spec
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cli"))
from program import BUILD, InFolder

EXTENSION = BUILD / "lib/sluice/ducklake.duckdb_extension"

CONTRACT = """\
info: {title: T, table_name: t}
source: {path: in/*.jsonl, load_mode: incremental}
model: {fields: [{name: id, type: long}]}
materialization: {strategy: append, format: FORMAT, target_path: TARGET}
"""
TARGETS = {"ducklake": "lake.main.t", "duckdb": "t.duckdb/main.t"}


class Targets(InFolder):
    def make(self, kind: str) -> None:
        text = CONTRACT.replace("FORMAT", kind).replace("TARGET", TARGETS[kind])
        self.write("c.yaml", text)
        self.settings = {"DUCKLAKE_METADATA": "dev.ducklake"}

    def land(self, *ids: int) -> None:
        for one in ids:
            self.write(f"in/{one}.jsonl", json.dumps({"id": one}) + "\n")
            self.run_it()

    def run_it(self, code: int = 0) -> Any:
        done = self.sluice("run", "c.yaml", "--json", **self.settings)
        self.assertEqual(done.code, code, done.err)
        return json.loads(done.out) if code == 0 else done.err

    def ids(self, kind: str) -> list[int]:
        done = self.sluice("table", "rows", TARGETS[kind], "--json", **self.settings)
        self.assertEqual(done.code, 0, done.err)
        return sorted(row["id"] for row in json.loads(done.out)["rows"])

    @unittest.skipUnless(EXTENSION.exists(), "built without DuckLake tables: ./dev setup ducklake")
    def test_another_lake_of_the_same_name_is_no_place_to_go_on(self) -> None:
        self.make("ducklake")
        self.land(1, 2, 3)
        self.settings = {"DUCKLAKE_METADATA": "prod.ducklake"}
        self.assertIn("does not hold batch 2", self.run_it(1))
        self.assertIn("--state", self.run_it(1))

    @unittest.skipUnless(EXTENSION.exists(), "built without DuckLake tables: ./dev setup ducklake")
    def test_a_lake_has_one_catalog_however_its_name_is_spelled(self) -> None:
        self.make("ducklake")
        self.settings = {}
        self.land(1, 2)
        self.make("ducklake")
        self.settings = {}
        text = (self.folder / "c.yaml").read_text("utf-8")
        self.write("c.yaml", text.replace("lake.main.t", "LAKE.main.t"))
        self.land(3)
        self.assertEqual(self.ids("ducklake"), [1, 2, 3])
        self.assertFalse((self.folder / "LAKE.ducklake").exists())

    @unittest.skipUnless(EXTENSION.exists(), "built without DuckLake tables: ./dev setup ducklake")
    def test_names_of_the_lake_are_refused_before_a_row_is_written(self) -> None:
        self.make("ducklake")
        text = (self.folder / "c.yaml").read_text("utf-8")
        for name in ("row_id", "BEGIN_SNAPSHOT", "rowid"):
            field = f"type: long}}, {{name: {name}, type: string}}"
            self.write("c.yaml", text.replace("type: long}", field))
            self.write("in/1.jsonl", json.dumps({"id": 1, name: "a"}) + "\n")
            self.assertIn(f"this column name is reserved: '{name}'", self.run_it(3))

    def test_a_database_that_was_made_anew_is_told(self) -> None:
        self.make("duckdb")
        self.land(1, 2, 3)
        (self.folder / "t.duckdb").unlink()
        self.assertIn("does not hold batch 2", self.run_it(1))
        shutil.rmtree(self.folder / "t")
        self.assertEqual(self.run_it()["rows"]["good"], 3)
        self.assertEqual(self.ids("duckdb"), [1, 2, 3])

    @unittest.skipUnless(find_spec("duckdb"), "no duckdb module: ./dev setup test")
    def test_a_database_that_another_process_holds_is_waited_for_and_named(self) -> None:
        self.make("duckdb")
        self.land(1)
        self.write("in/2.jsonl", json.dumps({"id": 2}) + "\n")
        self.check_waits("t.duckdb", "another process holds the database file", "run", "c.yaml")
        self.assertEqual(self.ids("duckdb"), [1, 2])

    def test_an_older_copy_is_told_unless_it_lacks_the_last_batch_alone(self) -> None:
        self.make("duckdb")
        self.land(1)
        shutil.copy(self.folder / "t.duckdb", self.folder / "old.duckdb")
        self.land(2)
        shutil.copy(self.folder / "old.duckdb", self.folder / "t.duckdb")
        self.run_it()
        self.assertEqual(self.ids("duckdb"), [1, 2])
        self.land(3)
        shutil.copy(self.folder / "old.duckdb", self.folder / "t.duckdb")
        self.assertIn("does not hold batch 2", self.run_it(1))

    @unittest.skipUnless(find_spec("duckdb"), "no duckdb module: ./dev setup test")
    def test_commits_of_a_table_that_was_dropped_are_none_of_another_one(self) -> None:
        import duckdb
        for ids in ((1,), (1, 2)):
            shutil.rmtree(self.folder / "t", ignore_errors=True)
            shutil.rmtree(self.folder / "in", ignore_errors=True)
            (self.folder / "t.duckdb").unlink(missing_ok=True)
            self.make("duckdb")
            self.land(*ids)
            with duckdb.connect(str(self.folder / "t.duckdb")) as other:
                other.execute("DROP TABLE main.t")
            if ids == (1, 2):
                self.assertIn("does not hold batch 1", self.run_it(1))
                shutil.rmtree(self.folder / "t")
            self.run_it()
            self.assertEqual(self.ids("duckdb"), list(ids))
            history = self.sluice("table", "history", TARGETS["duckdb"], "--json").out
            self.assertEqual([one["version"] for one in json.loads(history)["versions"]], [1, 0])

    def test_the_only_batch_goes_into_a_new_target(self) -> None:
        self.make("duckdb")
        self.land(1)
        (self.folder / "t.duckdb").unlink()
        self.run_it()
        self.assertEqual(self.ids("duckdb"), [1])


if __name__ == "__main__":
    unittest.main()
