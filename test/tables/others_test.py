"""Tables that another program writes too: what `sluice table` says of its versions."""

import datetime
import time
import unittest
from importlib.util import find_spec

from of_format import BUILD, MODULES, DeltaFormat, LakeFormat, OfFormat

EXTENSION = BUILD / MODULES["ducklake"]


class Unknown:
    """A number that nothing says is no number."""

    def history(self) -> list[tuple]:
        return [(one["operation"], one["rows"]) for one in self.ask("history")["versions"]]

    def shown(self) -> list[str]:
        lines = self.sluice("table", "history", self.table).out.splitlines()[1:]
        return [line.split()[-1] for line in lines]


@unittest.skipUnless(find_spec("deltalake"), "no deltalake: ./dev setup test")
class DeltaUnknown(Unknown, DeltaFormat):
    def test_versions_of_another_program_have_no_number_of_rows(self) -> None:
        import pyarrow
        from deltalake import DeltaTable, write_deltalake
        write_deltalake(self.folder / "t", pyarrow.table({"id": [1, 2, 3]}))
        self.contract((("id", "long"),))
        self.write_rows("one.jsonl", [{"id": 9}])
        DeltaTable(self.folder / "t").delete("id = 1")
        self.assertEqual(self.history(), [("DELETE", None), ("append", 4), ("WRITE", None)])
        self.assertEqual(self.shown(), ["-", "4", "-"])


class InDatabase(Unknown):
    def test_what_a_table_held_before_its_first_write_is_not_known(self) -> None:
        self.adopt(2)
        self.assertEqual(self.history(), [("overwrite", 1), ("create", None)])
        self.assertEqual(self.shown(), ["1", "-"])

    def test_a_table_that_was_empty_held_no_rows(self) -> None:
        self.adopt(0)
        self.assertEqual(self.history(), [("overwrite", 1), ("create", 0)])
        self.assertEqual(self.shown(), ["1", "0"])

    def adopt(self, rows: int) -> None:
        self.sql("CREATE TABLE {} AS SELECT range AS id, 'a' AS name, 0.5::DOUBLE AS fare "
                 f"FROM range({rows})")
        self.assertEqual(self.history(), [])
        self.contract(strategy="overwrite")
        self.write_rows("one.jsonl", [{"id": 7, "name": "b", "fare": 1.5}])


@unittest.skipUnless(find_spec("duckdb"), "no duckdb module: ./dev setup test")
class OfDuckdb(OfFormat):
    format = "duckdb"
    table = target = "t.duckdb/main.t"

    def sql(self, statement: str) -> None:
        import duckdb
        with duckdb.connect(str(self.folder / "t.duckdb")) as other:
            other.execute(statement.format("main.t"))


class DuckdbUnknown(InDatabase, OfDuckdb):
    pass


@unittest.skipUnless(find_spec("duckdb"), "no duckdb module: ./dev setup test")
class OfLake(LakeFormat):
    def sql(self, statement: str) -> list:
        import duckdb
        with duckdb.connect(config={"allow_unsigned_extensions": "true"}) as other:
            other.execute(f"LOAD '{EXTENSION}'")
            other.execute(f"ATTACH 'ducklake:{self.folder}/lake.ducklake' AS lake")
            other.execute("CREATE SCHEMA IF NOT EXISTS lake.silver")
            return other.execute(statement.format("lake.silver.trips")).fetchall()


class LakeUnknown(InDatabase, OfLake):
    pass


class Filled:
    """Required columns that the table fills itself stay required, whatever the policy."""

    def test_rows_may_lack_columns_with_a_default(self) -> None:
        self.sql("CREATE TABLE {} (id BIGINT, name VARCHAR, fare DOUBLE, "
                 "state VARCHAR NOT NULL DEFAULT 'new')")
        for number, policy in enumerate(("", "strict", "append", "merge")):
            for strategy in ("append", "merge", "overwrite"):
                with self.subTest(policy, strategy=strategy):
                    self.contract(strategy=strategy, policy=policy)
                    self.assertEqual(self.sluice("ddl", "c.yaml", "--check").code, 0)
                    row = {"id": number, "name": strategy, "fare": 1.5}
                    self.write_rows(f"{number}{strategy}.jsonl", [row])
                    self.assertEqual({row["state"] for row in self.ask("rows")["rows"]}, {"new"})
        shown = {one["name"]: one["required"] for one in self.ask("show")["columns"]}
        self.assertTrue(shown["state"])


class DuckdbFilled(Filled, OfDuckdb):
    pass


class LakeFilled(Filled, OfLake):
    pass


class LakeChanged(OfLake):
    """A lake knows what the table was at an instant, whoever changed it."""

    def names(self, *words: str) -> list[str]:
        return sorted(row["name"] for row in self.ask("rows", *words)["rows"])

    def put(self, name: str) -> None:
        self.contract(strategy="overwrite")
        self.write_rows(f"{name}.jsonl", [{"id": 1, "name": name, "fare": 1.5}])

    def now(self) -> str:
        time.sleep(0.02)
        seen = datetime.datetime.now(datetime.UTC).isoformat()
        time.sleep(0.02)
        return seen

    def test_an_instant_behind_a_change_of_another_program(self) -> None:
        before = self.now()
        self.put("first")
        ours = self.now()
        self.sql("UPDATE {} SET name = 'by another'")
        theirs = self.now()
        self.put("second")
        self.assertEqual(self.names("--at", ours), ["first"])
        self.assertEqual(self.names("--at", theirs), ["by another"])
        self.assertEqual(self.names("--at", self.now()), ["second"])
        self.assertEqual(self.refused("rows", "--at", before).code, 1)

    def test_a_version_of_ours_is_not_what_others_made_of_it(self) -> None:
        self.put("first")
        self.sql("INSERT INTO {} VALUES (2, 'late', 2.5)")
        self.assertEqual(self.names("--version", "1"), ["first"])
        self.assertEqual(self.names(), ["first", "late"])
        self.put("second")
        self.sql("DELETE FROM {}")
        self.assertEqual(self.names("--version", "2"), ["second"])
        self.assertEqual(self.names("--version", "1"), ["first"])

    def test_a_version_is_vacuumed_where_later_snapshots_have_changes_of_others(self) -> None:
        self.put("first")
        self.sql("CREATE TABLE lake.silver.other AS SELECT 1 AS i")
        self.ask("vacuum", "--older-than", "0s", "--force")
        self.assertEqual(self.names("--version", "1"), ["first"])
        self.sql("UPDATE {} SET name = 'by another'")
        self.assertEqual(self.names("--version", "1"), ["first"])
        self.ask("vacuum", "--older-than", "0s", "--force")
        self.assertIn("version 1 was vacuumed", self.refused("rows", "--version", "1").err)

    def test_a_table_that_others_alone_wrote(self) -> None:
        self.sql("CREATE TABLE {} AS SELECT 1::BIGINT AS id, 'first' AS name")
        first = self.now()
        self.sql("UPDATE {} SET name = 'second'")
        self.assertEqual(self.names("--at", first), ["first"])
        self.assertEqual(self.names("--at", self.now()), ["second"])


if __name__ == "__main__":
    unittest.main()
