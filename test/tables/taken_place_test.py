"""The place of a target is taken by something else on the disk: the command line and the contract
are right, so the run fails (1), says what stands there and what can be done."""

import sqlite3
import unittest
from importlib.util import find_spec

from of_format import BUILD, MODULES, InFolder, has_format

MADE = unittest.skipUnless(find_spec("duckdb"), "no duckdb module: ./dev setup test")


class TakenPlace(InFolder):
    def contract(self, kind: str, target: str, strategy: str = "append") -> None:
        if not has_format(kind):
            self.skipTest(f"built without tables of the format {kind}")
        self.write("c.yaml", f"""\
version: 1.0.0
info: {{title: T, table_name: t}}
model: {{fields: [{{name: id, type: bigint}}, {{name: v, type: string}}]}}
primary_key: [id]
materialization: {{strategy: {strategy}, format: {kind}, target_path: {target}}}
""")
        self.write("n.jsonl", '{"id":1,"v":"a"}\n')

    def check(self, words: tuple, *said: str, **env: str) -> None:
        done = self.sluice(*words, **env)
        self.assertEqual(done.code, 1, done.err)
        for text in said:
            self.assertIn(text, done.err)
        self.assertRegex(done.err, r"(?m)^ hint: \S")
        self.assertNotIn("--help", done.err)

    def check_run(self, *said: str, **env: str) -> None:
        self.check(("run", "c.yaml", "--source", "n.jsonl", "--quiet"), *said, **env)

    def make(self, file: str, statement: str) -> None:
        import duckdb
        with duckdb.connect(str(self.folder / file)) as database:
            database.execute(statement)

    def test_a_file_where_a_folder_belongs(self) -> None:
        self.write("t", "x")
        for kind, target in (("parquet", "t"), ("parquet", "t/below")):
            with self.subTest(target):
                self.contract(kind, target)
                self.check_run(f"{target}'")

    def test_a_folder_where_a_database_belongs(self) -> None:
        (self.folder / "x.duckdb").mkdir()
        self.contract("duckdb", "x.duckdb")
        self.check_run("x.duckdb'", "a folder stands where a file was expected")
        self.check(("table", "show", "x.duckdb"), "x.duckdb'")

    @MADE
    def test_a_database_that_is_no_lake(self) -> None:
        self.make("lk.ducklake", "CREATE TABLE a AS SELECT 1 AS i")
        self.contract("ducklake", "lk.main.t")
        self.check_run("no lake", DUCKLAKE_METADATA="lk.ducklake")

    def test_a_table_of_another_format(self) -> None:
        self.write("t/_delta_log/00000000000000000000.json", "{}")
        self.contract("parquet", "t")
        self.check_run("a Delta table", str(self.folder / "t"))
        for words in (("ddl", "c.yaml", "--apply"), ("table", "show", "c.yaml")):
            self.check(words, "elta", str(self.folder / "t"))

    @MADE
    def test_a_view_at_the_place_of_a_table(self) -> None:
        self.make("x.duckdb", "CREATE VIEW T AS SELECT 1::BIGINT AS id, 'a' AS v")
        for strategy in ("append", "merge", "overwrite"):
            with self.subTest(strategy):
                self.contract("duckdb", "x.duckdb", strategy)
                said = ("a view", "t'")
                self.check_run(*said)
                self.check(("ddl", "c.yaml", "--check"), *said)
                self.check(("ddl", "c.yaml", "--apply"), *said)
        self.check(("table", "show", "x.duckdb/main.t"), "a view", "t'")
        done = self.sluice("table", "rows", "x.duckdb/main.t")
        self.assertEqual((done.code, done.out), (0, "id\tv\n1\ta\n"), done.err)

    @MADE
    def test_a_view_in_a_lake(self) -> None:
        self.contract("ducklake", "lake.main.t", "merge")
        import duckdb
        with duckdb.connect(config={"allow_unsigned_extensions": "true"}) as other:
            other.execute(f"LOAD '{BUILD / MODULES['ducklake']}'")
            other.execute(f"ATTACH 'ducklake:{self.folder}/lake.ducklake' AS lake")
            other.execute("CREATE VIEW lake.t AS SELECT 1::BIGINT AS id, 'a' AS v")
        self.check_run("a view", "'lake.main.t'")
        self.check(("ddl", "c.yaml", "--check"), "a view", "'lake.main.t'")

    def test_a_file_that_is_no_database(self) -> None:
        self.contract("duckdb", "x.duckdb")
        self.write("x.duckdb", "hello " * 4000)
        said = ("x.duckdb'", "damaged or of another format")
        self.check_run(*said)
        for words in (("show", "x.duckdb"), ("show", "x.duckdb/main.t"), ("history", "c.yaml")):
            self.check(("table", *words), *said)

    def test_a_database_of_sqlite(self) -> None:
        self.contract("duckdb", "x.duckdb")
        with sqlite3.connect(self.folder / "x.duckdb") as database:
            database.execute("CREATE TABLE t (id INT)")
        database.close()
        self.check_run("this is an SQLite database", "x.duckdb'")
        for words in (("table", "show", "x.duckdb"), ("ddl", "c.yaml", "--check")):
            self.check(words, "this is an SQLite database", "x.duckdb'")

    def test_a_database_with_tables_is_named_with_one(self) -> None:
        self.contract("duckdb", "x.duckdb")
        done = self.sluice("run", "c.yaml", "--source", "n.jsonl", "--quiet")
        self.assertEqual(done.code, 0, done.err)
        done = self.sluice("table", "show", "x.duckdb")
        self.assertEqual(done.code, 2, done.err)
        self.assertIn("many tables", done.err)


if __name__ == "__main__":
    unittest.main()
