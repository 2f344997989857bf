"""Tables of a DuckLake as the source of contract runs: each state of the rows is read once, at one
snapshot, whoever wrote it."""

import os
import unittest
from importlib.util import find_spec
from uuid import uuid4

from versioned_source import BUILD, INCREMENTAL, MODEL, ReadsWhatIsNew, VersionedSource

EXTENSION = BUILD / "lib/sluice/ducklake.duckdb_extension"


class OfCatalog(ReadsWhatIsNew):
    """The same promises with each kind of catalog."""

    target = "format: ducklake, target_path: lake.main.src"
    source = "type: table, path: lake.main.src"

    def make_anew(self) -> None:
        self.sql("CREATE OR REPLACE TABLE lake.main.src AS SELECT 2::BIGINT AS id, 'b' AS name, "
                 "TIMESTAMP '2026-01-01' AS seen")

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

    def test_a_snapshot_that_was_expired_meanwhile_is_told(self) -> None:
        self.grow((1, "a", "01"))
        self.read("--state", "state")
        self.grow((2, "b", "05"))
        self.leave_unfinished()
        self.grow((3, "c", "06"))
        self.sql("CALL ducklake_expire_snapshots('lake', older_than => "
                 "TIMESTAMPTZ '2100-01-01')")
        self.assertIn("it was expired: 'lake.main.src'", self.refused("--state", "state"))

    def test_source_link_and_target_are_in_one_lake(self) -> None:
        self.grow((1, "a", "01"), (2, "b", "02"))
        into = "format: ducklake, target_path: lake.gold.down"
        self.write("down.yaml", self.downstream(INCREMENTAL, into=into) + """\
links: [{name: names, type: table, table: lake.main.src}]
quality: {row_rules: [{name: known, sql: "id IN (SELECT id FROM names WHERE name <> 'b')"}]}
""")
        answer = self.read()
        self.assertEqual((answer["rows"]["source"], answer["rows"]["quarantined"]), (2, 1))
        self.assertEqual(self.rows(), ["1 a"])
        self.assertEqual(self.taken(), ("skipped", 0))

    def test_values_are_masked_and_the_plan_changes_nothing(self) -> None:
        self.grow((1, "Ada", "01"))
        self.write("down.yaml", self.downstream("load_mode: full", MODEL.replace(
            "name: name, type: string", "name: name, type: string, masking: redact")))
        self.done("run", "down.yaml", "--dry-run")
        self.assertFalse((self.folder / "down").exists())
        self.assertEqual(self.taken(), ("succeeded", 1))
        self.assertNotIn("Ada", " ".join(self.rows()))
        for path in (self.folder / "down").rglob("*"):
            self.assertFalse(path.is_file() and b"Ada" in path.read_bytes(), path)

    def test_a_table_that_is_not_there_is_refused(self) -> None:
        self.grow((1, "a", "01"))
        self.assertIn("no such table in the lake: 'lake.main.nowhere'",
                      self.refused("--source", "lake.main.nowhere"))


@unittest.skipUnless(EXTENSION.exists(), "built without DuckLake tables: ./dev setup ducklake")
@unittest.skipUnless(find_spec("duckdb"), "no duckdb module: ./dev setup test")
class OfDuckdb(OfCatalog, VersionedSource):
    def places(self) -> dict[str, str]:
        return {"DUCKLAKE_METADATA": "lake.ducklake", "DUCKLAKE_DATA_PATH": "data"}


@unittest.skipUnless(EXTENSION.exists(), "built without DuckLake tables: ./dev setup ducklake")
@unittest.skipUnless(find_spec("duckdb"), "no duckdb module: ./dev setup test")
class OfSqlite(OfCatalog, VersionedSource):
    def places(self) -> dict[str, str]:
        return {"DUCKLAKE_METADATA": "sqlite:lake.sqlite", "DUCKLAKE_DATA_PATH": "data"}


@unittest.skipUnless(EXTENSION.exists(), "built without DuckLake tables: ./dev setup ducklake")
@unittest.skipUnless(find_spec("duckdb"), "no duckdb module: ./dev setup test")
@unittest.skipUnless(os.environ.get("SLUICE_TEST_POSTGRES"),
                     os.environ.get("SLUICE_NO_POSTGRES", "SLUICE_TEST_POSTGRES names no server"))
class OfPostgres(OfCatalog, VersionedSource):
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
