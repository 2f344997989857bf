"""DuckLake tables of contract runs, judged by a second DuckDB: the lake and its catalog as SQL."""

import json
import sqlite3
import subprocess
import unittest
from contextlib import closing
from importlib.util import find_spec

from program import BUILD, PATIENCE_S, SLUICE, TRIPS, InFolder, contents, environment

CONTRACT = TRIPS + """\
materialization:
  strategy: {strategy}
  format: ducklake
  target_path: lake.silver.trips{more}
"""
EXTENSION = BUILD / "lib/sluice/ducklake.duckdb_extension"


@unittest.skipUnless(EXTENSION.exists(), "built without DuckLake tables: ./dev setup ducklake")
@unittest.skipUnless(find_spec("duckdb"), "no duckdb module: ./dev setup test")
class DuckLake(InFolder):
    catalog = "lake.ducklake"

    def contract(self, strategy: str, more: str = "") -> None:
        self.write("c.yaml", CONTRACT.format(strategy=strategy, more=more))

    def source(self, name: str, rows: list[tuple]) -> str:
        lines = [json.dumps(dict(zip(("id", "day", "fare"), row, strict=True))) for row in rows]
        self.write(name, "\n".join(lines) + "\n")
        return name

    def words(self, source: str) -> list[str]:
        return ["run", "c.yaml", "--source", source, "--json", "--quiet"]

    def run_rows(self, name: str, rows: list[tuple], **env: str) -> dict:
        done = self.sluice(*self.words(self.source(name, rows)), **env)
        self.assertEqual(done.code, 0, done.err)
        return json.loads(done.out)

    def judge(self):
        """A lake as a plain DuckDB sees it."""
        import duckdb
        judge = duckdb.connect(config={"allow_unsigned_extensions": "true"})
        for name in ("ducklake", "sqlite_scanner"):
            judge.execute(f"LOAD '{EXTENSION.with_name(name + '.duckdb_extension')}'")
        prefix, _, file = self.catalog.rpartition(":")
        place = f"{prefix}:{self.folder / file}" if prefix else str(self.folder / file)
        judge.execute(f"ATTACH 'ducklake:{place}' AS lake (READ_ONLY)")
        return judge

    def ask(self, sql: str) -> list[tuple]:
        judge = self.judge()
        try:
            return judge.execute(sql).fetchall()
        finally:
            judge.close()

    def rows(self) -> list[tuple]:
        return self.ask("SELECT id, day, fare FROM lake.silver.trips ORDER BY ALL")

    def test_a_plain_duckdb_agrees_on_rows_schema_and_partitions(self) -> None:
        self.contract("append", "\n  partition_by: [day]")
        rows = [(1, "mon", 1.5), (2, "tue wed", 2.5), (3, None, None), (4, "mon", 4.0)]
        report = self.run_rows("one.jsonl", rows)
        self.assertEqual((report["target"]["uri"], report["target"]["format"]),
                         ("lake.silver.trips", "ducklake"))
        self.assertEqual(self.rows(), sorted(rows, key=lambda row: row[0]))
        self.assertEqual(self.ask("SELECT column_name, column_type FROM (DESCRIBE "
                                  "lake.silver.trips) LIMIT 3"),
                         [("id", "BIGINT"), ("day", "VARCHAR"), ("fare", "DOUBLE")])
        self.assertEqual(self.ask("SELECT transform FROM "
                                  "__ducklake_metadata_lake.ducklake_partition_column"),
                         [("identity",)])

    def test_a_merge_updates_and_inserts_and_an_overwrite_replaces(self) -> None:
        self.contract("merge")
        self.run_rows("one.jsonl", [(1, "a", 1.0), (2, "b", 2.0)])
        report = self.run_rows("two.jsonl", [(2, "b", 9.0), (3, "c", 3.0)])
        self.assertEqual((report["target"]["inserted"], report["target"]["updated"]), (1, 1))
        self.assertEqual(self.rows(), [(1, "a", 1.0), (2, "b", 9.0), (3, "c", 3.0)])
        self.contract("overwrite")
        self.run_rows("three.jsonl", [(7, "z", 7.0)])
        self.assertEqual(self.rows(), [(7, "z", 7.0)])

    def test_the_same_files_are_written_once(self) -> None:
        self.contract("append")
        self.run_rows("one.jsonl", [(1, "a", 1.0)])
        self.assertEqual(self.run_rows("one.jsonl", [(1, "a", 1.0)])["status"], "skipped")
        self.assertEqual(self.rows(), [(1, "a", 1.0)])
        self.assertEqual(self.ask("SELECT count(*) FROM lake.silver._sluice_ledger"), [(1,)])

    def test_a_lake_that_another_process_holds_is_waited_for_and_named(self) -> None:
        self.contract("append")
        self.run_rows("one.jsonl", [(1, "a", 1.0)])
        words = self.words(self.source("two.jsonl", [(2, "b", 2.0)]))
        self.check_waits(self.catalog, "another process holds the catalog", *words)
        self.assertEqual(self.rows(), [(1, "a", 1.0), (2, "b", 2.0)])

    def test_a_catalog_in_sqlite_takes_two_processes_with_one_batch(self) -> None:
        self.catalog = "sqlite:lake.sqlite"
        lake = {"DUCKLAKE_METADATA": self.catalog, "DUCKLAKE_DATA_PATH": "data"}
        self.contract("append")
        self.run_rows("first.jsonl", [(1, "a", 1.0)], **lake)
        words = self.words(self.source("next.jsonl", [(2, "b", 2.0)]))
        both = [subprocess.Popen([str(SLUICE), *words], cwd=self.folder,
                                 env=environment() | lake, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
                for _ in range(2)]
        for process in both:
            _, said = process.communicate(timeout=PATIENCE_S)
            self.assertEqual(process.returncode, 0, said)
        self.assertEqual(self.rows(), [(1, "a", 1.0), (2, "b", 2.0)])

    def check_refused(self, *said: str, **env: str) -> None:
        """The catalog is named, and neither it nor the data have changed."""
        def stored() -> dict[str, bytes]:
            return {name: data for name, data in contents(self.folder).items()
                    if name.startswith("lake.ducklake")}
        source = self.source("refused.jsonl", [(7, "g", 7.0)])
        before = stored()
        done = self.sluice(*self.words(source), **env)
        self.assertNotEqual(done.code, 0)
        for text in (str(self.folder / "lake.ducklake"), *said):
            self.assertIn(text, done.err)
        self.assertEqual(stored(), before)

    def test_a_file_that_is_no_catalog_is_named(self) -> None:
        self.contract("append")
        (self.folder / "lake.ducklake").write_bytes(bytes(range(1, 251)) * 80)
        self.check_refused("damaged or of another format")

    def test_a_catalog_cut_short_is_named(self) -> None:
        self.contract("append")
        self.run_rows("one.jsonl", [(1, "a", 1.0)])
        catalog = self.folder / "lake.ducklake"
        catalog.write_bytes(catalog.read_bytes()[:catalog.stat().st_size // 2])
        self.check_refused()

    def test_a_catalog_of_a_later_ducklake_is_refused(self) -> None:
        import duckdb
        self.contract("append")
        self.run_rows("one.jsonl", [(1, "a", 1.0)])
        with duckdb.connect(str(self.folder / "lake.ducklake")) as catalog:
            catalog.execute("UPDATE ducklake_metadata SET value = '99.0' WHERE key = 'version'")
        self.check_refused("a version of DuckLake that this build does not write", "99.0")

    def test_a_database_with_other_tables_is_no_catalog(self) -> None:
        import duckdb
        self.contract("append")
        with duckdb.connect(str(self.folder / "lake.ducklake")) as database:
            database.execute("CREATE TABLE accounts AS SELECT 1 AS id")
        self.check_refused("this database holds tables and no lake")

    def test_a_database_without_tables_becomes_a_catalog(self) -> None:
        import duckdb
        duckdb.connect(str(self.folder / "lake.ducklake")).close()
        self.contract("append")
        self.run_rows("one.jsonl", [(1, "a", 1.0)])
        self.assertEqual(self.rows(), [(1, "a", 1.0)])

    def test_a_file_of_sqlite_is_told_from_one_of_duckdb(self) -> None:
        self.contract("append")
        with closing(sqlite3.connect(self.folder / "lake.ducklake")) as database:
            database.execute("CREATE TABLE accounts (id)")
            database.commit()
        self.check_refused("a file of SQLite", "write sqlite: before its name")
        self.check_refused("holds tables and no lake", DUCKLAKE_METADATA="sqlite:lake.ducklake")

    def test_a_file_of_duckdb_is_told_from_one_of_sqlite(self) -> None:
        self.contract("append")
        self.run_rows("one.jsonl", [(1, "a", 1.0)])
        self.check_refused("a file of DuckDB", DUCKLAKE_METADATA="sqlite:lake.ducklake")

    def check_link(self, more: str, **env: str) -> None:
        """Rows that the lake's table knows are good; `more` says where they go."""
        self.contract("append")
        self.run_rows("one.jsonl", [(1, "a", 1.5), (2, "b", 2.5)], **env)
        self.write("l.yaml", """\
version: 1.0.0
info: {title: Bills, table_name: bills}
model: {fields: [{name: id, type: long}, {name: fare, type: double}]}
links: [{name: trips, type: table, table: lake.silver.trips}]
transformations:
  - {lookup: {field: fare, reference: trips, "on": id, key: id, value: fare}}
quality: {row_rules: [{name: known, sql: id IN (SELECT id FROM trips)}]}
""" + more)
        self.write("bills.jsonl", '{"id": 2}\n{"id": 3}\n')
        done = self.sluice("run", "l.yaml", "--source", "bills.jsonl", "--output-good", "g.jsonl",
                           "--json", "--quiet", **env)
        self.assertEqual(done.code, 0, done.err)
        self.assertEqual(json.loads(done.out)["rows"]["quarantined"], 1)
        self.assertEqual(json.loads((self.folder / "g.jsonl").read_text())["fare"], 2.5)

    def test_a_link_names_a_table_of_a_lake(self) -> None:
        self.check_link("")

    def test_a_link_and_a_target_are_in_one_lake(self) -> None:
        self.check_link("materialization: {strategy: append, format: ducklake, target_path: "
                        "lake.gold.bills}\n")
        self.assertEqual(self.ask("SELECT id, fare FROM lake.gold.bills"), [(2, 2.5)])

    def test_a_link_names_a_table_of_a_lake_in_sqlite(self) -> None:
        self.check_link("", DUCKLAKE_METADATA="sqlite:lake.sqlite", DUCKLAKE_DATA_PATH="data")

    def test_a_table_that_the_lake_lacks_is_refused(self) -> None:
        self.check_link("")
        linked = (self.folder / "l.yaml").read_text()
        self.write("l.yaml", linked.replace("lake.silver.trips", "lake.silver.tripps"))
        done = self.sluice("run", "l.yaml", "--source", "bills.jsonl", "--no-materialize")
        self.assertEqual(done.code, 1, done.err)
        self.assertIn("no such table in the lake: 'lake.silver.tripps'", done.err)
        done = self.sluice("run", "l.yaml", "--source", "lake.silver.tripps", "--no-materialize")
        self.assertEqual(done.code, 1, done.err)
        self.assertIn("no such table in the lake: 'lake.silver.tripps'", done.err)

    def test_two_lakes_with_one_data_folder_do_not_clean_up_after_each_other(self) -> None:
        self.contract("append")
        rows = [(number, "x" * 50, 1.5) for number in range(500)]
        lakes = [{"DUCKLAKE_METADATA": f"{name}.ducklake", "DUCKLAKE_DATA_PATH": "data"}
                 for name in ("one", "two")]
        for number, lake in enumerate(lakes):
            self.source("many.jsonl", rows)
            done = self.sluice(*self.words("many.jsonl"), "--state", f"st{number}", **lake)
            self.assertEqual(done.code, 0, done.err)
        before = contents(self.folder / "data")
        for lake in lakes:
            for action in ("clean", "vacuum"):
                done = self.sluice("table", action, "lake.silver.trips", "--older-than", "0s",
                                   "--force", **lake)
                self.assertEqual(done.code, 2, done.err)
                self.assertIn("another catalog keeps files in the data folder", done.err)
        self.assertEqual(contents(self.folder / "data"), before)
        markers = list((self.folder / "data/_sluice_catalogs").iterdir())
        self.assertEqual(len(markers), 2)
        for marker in markers:
            if str(marker) in done.err:  # as the hint says
                marker.unlink()
        done = self.sluice("table", "clean", "lake.silver.trips", "--older-than", "0s", "--force",
                           **lakes[1])
        self.assertEqual(done.code, 0, done.err)

    def test_a_lake_that_was_moved_or_is_reached_through_a_link_is_opened(self) -> None:
        self.contract("append")
        rows = [(number, "x" * 50, 1.5) for number in range(500)]

        def count(catalog: str, **more: str) -> int:
            done = self.sluice("table", "rows", "lake.silver.trips", "--limit", "5000", "--json",
                               DUCKLAKE_METADATA=catalog, **more)
            self.assertEqual(done.code, 0, done.err)
            return len(json.loads(done.out)["rows"])

        def load(catalog: str, name: str) -> None:
            done = self.sluice(*self.words(self.source(name, rows)), "--state", "st",
                               DUCKLAKE_METADATA=catalog)
            self.assertEqual(done.code, 0, done.err)

        load("a/c.ducklake", "one.jsonl")
        (self.folder / "link").symlink_to("a")
        self.assertEqual(count("link/c.ducklake"), 500)
        self.assertEqual(count("a/c.ducklake", DUCKLAKE_DATA_PATH="link/c.ducklake.files"), 500)
        (self.folder / "a").rename(self.folder / "b")
        self.assertEqual(count("b/c.ducklake"), 500)
        load("b/c.ducklake", "two.jsonl")
        self.assertEqual(count("b/c.ducklake"), 1000)
        done = self.sluice("table", "clean", "lake.silver.trips", "--older-than", "0s", "--force",
                           DUCKLAKE_METADATA="b/c.ducklake")
        self.assertEqual((done.code, count("b/c.ducklake")), (0, 1000), done.err)
        self.assertFalse((self.folder / "a").exists())
        done = self.sluice("table", "rows", "lake.silver.trips", DUCKLAKE_METADATA="b/c.ducklake",
                           DUCKLAKE_DATA_PATH="elsewhere")
        self.assertEqual(done.code, 2, done.err)
        self.assertIn("keeps its data in another folder", done.err)
        self.assertRegex(done.err, r"(?m)^ hint: .*DUCKLAKE_DATA_PATH")

    def test_a_target_that_names_no_lake_is_refused(self) -> None:
        self.contract("append")
        done = self.sluice(*self.words(self.source("one.jsonl", [(1, "a", 1.0)])), "--target",
                           "folder/trips")
        self.assertNotEqual(done.code, 0)
        self.assertIn("lake.schema.table", done.err)


@unittest.skipUnless(EXTENSION.exists(), "built without DuckLake tables: ./dev setup ducklake")
class Passwords(InFolder):
    secret = "s3cr3tPw"

    def told(self, catalog: str, *words: str) -> str:
        """What a run and a look at a table say or leave, of a server that is not there."""
        self.write("c.yaml", CONTRACT.format(strategy="append", more=""))
        self.write("one.jsonl", '{"id": 1}\n')
        said = ""
        for command in (["run", "c.yaml", "--source", "one.jsonl", "--state", "st", *words],
                        ["table", "rows", "lake.silver.trips"]):
            done = self.sluice(*command, DUCKLAKE_METADATA=catalog, DUCKLAKE_DATA_PATH="data")
            self.assertEqual(done.code, 4, done.err)
            self.assertIn("***", done.err)
            said += done.out + done.err
        return said + "".join(text.decode("utf-8", "replace")
                              for text in contents(self.folder).values())

    def test_a_password_is_neither_printed_nor_kept(self) -> None:
        for catalog in (f"postgres:dbname=lake host=127.0.0.1 port=1 user=u password={self.secret}",
                        f"postgres:password='{self.secret} and more' host=127.0.0.1 port=1",
                        f"postgres:postgresql://u:{self.secret}@127.0.0.1:1/lake"):
            for words in ((), ("--json",), ("--log-format", "json", "--verbose")):
                self.assertNotIn(self.secret, self.told(catalog, *words))


if __name__ == "__main__":
    unittest.main()
