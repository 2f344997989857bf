"""Tables of a DuckLake as the source of contract runs: each state of the rows is read once, at one
snapshot, whoever wrote it, and a batch that was left unfinished reads its snapshot again."""

import json
import os
import shutil
import sys
import unittest
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cli"))
from program import BUILD, InFolder

MODEL = """\
primary_key: [id]
model:
  fields:
    - {name: id, type: long, required: true}
    - {name: name, type: string}
    - {name: seen, type: timestamp}
"""
UPSTREAM = f"""\
version: 1.0.0
info: {{title: Up, table_name: up}}
{MODEL}materialization: {{strategy: STRATEGY, format: ducklake, target_path: lake.main.src}}
"""
DOWNSTREAM = f"""\
version: 1.0.0
info: {{title: Down, table_name: down}}
{MODEL}source: {{type: table, path: lake.main.src, SOURCE}}
materialization: {{strategy: append, format: FORMAT, target_path: TARGET}}
"""
INCREMENTAL = "load_mode: incremental, watermark_field: seen"
EXTENSION = BUILD / "lib/sluice/ducklake.duckdb_extension"


class OfCatalog:
    """The same promises with each kind of catalog."""

    folder: Path

    def places(self) -> dict[str, str]:
        raise NotImplementedError

    def setUp(self) -> None:
        super().setUp()
        self.env = self.places()
        self.loads = 0
        self.down(INCREMENTAL)

    def down(self, source: str, into: tuple[str, str] = ("parquet", "down"),
             more: str = "") -> None:
        text = DOWNSTREAM.replace("SOURCE", source)
        self.write("down.yaml", text.replace("FORMAT", into[0]).replace("TARGET", into[1]) + more)

    def grow(self, *rows: tuple[int, str, str | None], strategy: str = "append") -> None:
        self.loads += 1
        self.write("up.yaml", UPSTREAM.replace("STRATEGY", strategy))
        lines = [json.dumps({"id": row[0], "name": row[1], "seen": row[2] and f"2026-01-{row[2]}"})
                 for row in rows]
        self.write(f"load{self.loads}.jsonl", "\n".join(lines) + "\n")
        self.done("run", "up.yaml", "--source", f"load{self.loads}.jsonl")

    def done(self, *words: str) -> str:
        done = self.sluice(*words, **self.env)
        self.assertEqual(done.code, 0, done.err)
        return done.out

    def read(self, *words: str) -> dict[str, Any]:
        return json.loads(self.done("run", "down.yaml", "--json", *words))

    def taken(self, *words: str) -> tuple[str, int]:
        answer = self.read(*words)
        return answer["status"], answer["rows"]["source"]

    def refused(self, *words: str) -> str:
        done = self.sluice("run", "down.yaml", *words, **self.env)
        self.assertNotEqual(done.code, 0)
        return done.err

    def rows(self) -> list[str]:
        answer = json.loads(self.done("table", "rows", "down.yaml", "--json"))
        return sorted(f"{row['id']} {row['name']}" for row in answer["rows"])

    def sql(self, *statements: str) -> None:
        """What another program writes into the lake."""
        import duckdb
        with duckdb.connect(config={"allow_unsigned_extensions": "true"}) as other:
            for name in ("ducklake", "sqlite_scanner", "postgres_scanner"):
                other.execute(f"LOAD '{EXTENSION.with_name(name + '.duckdb_extension')}'")
            prefix, _, place = self.env["DUCKLAKE_METADATA"].rpartition(":")
            place = place if prefix == "postgres" else str(self.folder / place)
            other.execute(f"ATTACH 'ducklake:{prefix}{':' if prefix else ''}{place}' AS lake "
                          f"(DATA_PATH '{self.folder}/data')")
            for statement in statements:
                other.execute(statement)

    def test_each_state_of_the_rows_is_read_once(self) -> None:
        self.down("load_mode: full")
        self.grow((1, "a", "01"), (2, "b", None))
        first = self.read()
        self.assertEqual((first["rows"]["source"], first["rows"]["good"]), (2, 2))
        self.assertEqual(self.taken(), ("skipped", 0))
        self.sql("CREATE TABLE lake.main.other AS SELECT 1 AS i",
                 "CALL ducklake_flush_inlined_data('lake')",
                 "CALL ducklake_merge_adjacent_files('lake')")
        self.assertEqual(self.taken(), ("skipped", 0))
        self.sql("UPDATE lake.main.src SET name = 'changed' WHERE id = 2")
        self.assertEqual(self.taken(), ("succeeded", 2))
        self.assertEqual(self.rows(), ["1 a", "1 a", "2 b", "2 changed"])
        self.sql("DELETE FROM lake.main.src WHERE id = 1")
        self.assertEqual(self.taken(), ("succeeded", 1))
        self.assertEqual(self.taken(), ("skipped", 0))

    def test_an_incremental_read_takes_the_rows_above_its_watermark(self) -> None:
        self.grow((1, "a", "01"), (2, "b", "02"), (3, "c", None))
        first = self.read()
        self.assertEqual(first["rows"]["source"], 3)
        self.assertEqual(first.get("warnings", []), [])
        again = self.read()
        self.assertEqual((again["status"], again.get("warnings", [])), ("skipped", []))
        self.grow((4, "d", "02"), (5, "e", "03"))
        second = self.read()
        self.assertEqual(second["rows"]["source"], 1)
        self.assertIn("1 rows of the source have no 'seen'", " ".join(second["warnings"]))
        self.grow((5, "late", "02"), strategy="merge")
        skipped = self.read()
        self.assertEqual((skipped["status"], skipped["reason"]),
                         ("skipped", "the table has no new row"))
        self.assertEqual(self.rows(), ["1 a", "2 b", "3 c", "5 e"])
        self.assertEqual(self.taken("--full")[1], 5)
        self.grow((6, "f", "04"))
        self.assertEqual(self.taken(), ("succeeded", 1))

    def test_it_goes_on_where_a_whole_snapshot_was_read(self) -> None:
        self.down("load_mode: full")
        self.grow((1, "a", "01"), (2, "b", "02"))
        self.assertEqual(self.taken(), ("succeeded", 2))
        self.down(INCREMENTAL)
        self.assertEqual(self.taken(), ("skipped", 0))
        self.grow((3, "c", "03"))
        self.assertEqual(self.taken(), ("succeeded", 1))
        self.assertEqual(self.rows(), ["1 a", "2 b", "3 c"])

    def test_a_table_that_was_made_anew_is_read_again(self) -> None:
        self.down("load_mode: full")
        self.grow((1, "a", "01"))
        self.assertEqual(self.taken(), ("succeeded", 1))
        self.sql("CREATE OR REPLACE TABLE lake.main.src AS SELECT 2::BIGINT AS id, 'b' AS name, "
                 "TIMESTAMP '2026-01-01' AS seen")
        self.assertEqual(self.taken(), ("succeeded", 1))
        self.assertEqual(self.rows(), ["1 a", "2 b"])

    def leave_unfinished(self) -> None:
        """The next batch is recorded, and its commit never came."""
        shutil.copytree(self.folder / "down", self.folder / "before")
        self.read("--state", "state")
        shutil.rmtree(self.folder / "down")
        (self.folder / "before").rename(self.folder / "down")

    def test_an_unfinished_batch_is_repeated_at_its_snapshot(self) -> None:
        self.grow((1, "a", "01"))
        self.read("--state", "state")
        self.grow((2, "b", "02"))
        self.leave_unfinished()
        self.grow((3, "c", "03"))
        self.grow((2, "changed", "04"), strategy="merge")
        self.assertEqual(self.taken("--state", "state"), ("succeeded", 1))
        self.assertEqual(self.rows(), ["1 a", "2 b"])
        self.assertEqual(self.taken("--state", "state"), ("succeeded", 2))
        self.assertEqual(self.rows(), ["1 a", "2 b", "2 changed", "3 c"])
        self.grow((4, "d", "05"))
        self.leave_unfinished()
        self.grow((5, "e", "06"))
        self.sql("CALL ducklake_expire_snapshots('lake', older_than => "
                 "TIMESTAMPTZ '2100-01-01')")
        self.assertIn("it was expired: 'lake.main.src'", self.refused("--state", "state"))

    def test_source_link_and_target_are_in_one_lake(self) -> None:
        self.grow((1, "a", "01"), (2, "b", "02"))
        self.down(INCREMENTAL, ("ducklake", "lake.gold.down"), """\
links: [{name: names, type: table, table: lake.main.src}]
quality: {row_rules: [{name: known, sql: "id IN (SELECT id FROM names WHERE name <> 'b')"}]}
""")
        answer = self.read()
        self.assertEqual((answer["rows"]["source"], answer["rows"]["quarantined"]), (2, 1))
        self.assertEqual(self.rows(), ["1 a"])
        self.assertEqual(self.taken(), ("skipped", 0))

    def test_values_are_masked_and_the_plan_changes_nothing(self) -> None:
        self.grow((1, "Ada", "01"))
        text = DOWNSTREAM.replace("SOURCE", "load_mode: full").replace("FORMAT", "parquet")
        self.write("down.yaml", text.replace("TARGET", "down").replace(
            "name: name, type: string", "name: name, type: string, masking: redact"))
        self.done("run", "down.yaml", "--dry-run")
        self.assertFalse((self.folder / "down").exists())
        self.assertEqual(self.taken(), ("succeeded", 1))
        self.assertNotIn("Ada", " ".join(self.rows()))
        for path in (self.folder / "down").rglob("*"):
            self.assertFalse(path.is_file() and b"Ada" in path.read_bytes(), path)

    def test_what_is_not_there_and_what_no_column_tells_is_refused(self) -> None:
        self.grow((1, "a", "01"))
        self.down("load_mode: incremental")
        self.assertIn("an incremental read of a DuckLake table needs the column", self.refused())
        self.down("load_mode: incremental, watermark_field: nowhere")
        self.assertIn("no column of its watermark: 'nowhere'", self.refused())
        self.assertIn("no such table in the lake: 'lake.main.nowhere'",
                      self.refused("--source", "lake.main.nowhere"))


@unittest.skipUnless(EXTENSION.exists(), "built without DuckLake tables: ./dev setup ducklake")
@unittest.skipUnless(find_spec("duckdb"), "no duckdb module: ./dev setup test")
class OfDuckdb(OfCatalog, InFolder):
    def places(self) -> dict[str, str]:
        return {"DUCKLAKE_METADATA": "lake.ducklake", "DUCKLAKE_DATA_PATH": "data"}


@unittest.skipUnless(EXTENSION.exists(), "built without DuckLake tables: ./dev setup ducklake")
@unittest.skipUnless(find_spec("duckdb"), "no duckdb module: ./dev setup test")
class OfSqlite(OfCatalog, InFolder):
    def places(self) -> dict[str, str]:
        return {"DUCKLAKE_METADATA": "sqlite:lake.sqlite", "DUCKLAKE_DATA_PATH": "data"}


@unittest.skipUnless(EXTENSION.exists(), "built without DuckLake tables: ./dev setup ducklake")
@unittest.skipUnless(find_spec("duckdb"), "no duckdb module: ./dev setup test")
@unittest.skipUnless(os.environ.get("SLUICE_TEST_POSTGRES"),
                     os.environ.get("SLUICE_NO_POSTGRES", "SLUICE_TEST_POSTGRES names no server"))
class OfPostgres(OfCatalog, InFolder):
    def places(self) -> dict[str, str]:
        """A catalog of its own: the server keeps those of other tests."""
        import duckdb
        server = os.environ["SLUICE_TEST_POSTGRES"]
        name = f"lake_{uuid4().hex}"
        with duckdb.connect(config={"allow_unsigned_extensions": "true"}) as admin:
            admin.execute(f"LOAD '{EXTENSION.with_name('postgres_scanner.duckdb_extension')}'")
            admin.execute(f"ATTACH '{server}' AS pg (TYPE postgres)")
            admin.execute(f"CALL postgres_execute('pg', 'CREATE DATABASE {name}', "
                          "use_transaction => false)")
        place = " ".join(word for word in server.split() if not word.startswith("dbname="))
        return {"DUCKLAKE_METADATA": f"postgres:{place} dbname={name}",
                "DUCKLAKE_DATA_PATH": "data"}


if __name__ == "__main__":
    unittest.main()
