"""`sluice table`, `sluice ddl --check | --apply` and columns that change, over each format."""

import json
import unittest
import uuid
from importlib.util import find_spec

from of_format import FIELDS, DeltaFormat, InFolder, LakeFormat, OfFormat, contents

NOTE = (*FIELDS, ("note", "string"))
ROWS = [{"id": 1, "name": "a", "fare": 1.5}, {"id": 2, "name": "b", "fare": 2.5}]


class Past:
    """What a table was is read by number and by time, and goes when it is vacuumed."""

    def three_versions(self) -> None:
        self.contract()
        self.write_rows("one.jsonl", ROWS)
        self.write_rows("two.jsonl", [{"id": 3, "name": None, "fare": 3.5}])
        self.contract(strategy="overwrite")
        self.write_rows("three.jsonl", [{"id": 9, "name": "z", "fare": 9.5}])

    def test_history_rows_and_statistics(self) -> None:
        self.three_versions()
        history = self.ask("history")["versions"]
        self.assertEqual([one["operation"] for one in history],
                         ["overwrite", "append", "append", "create"])
        self.assertEqual([one["rows"] for one in history], [1, 3, 2, 0])
        self.assertEqual(len(self.ask("history", "--limit", "2")["versions"]), 2)
        self.assertEqual(self.ids(), [9])
        self.assertEqual(self.ids("--version", "2"), [1, 2, 3])
        self.assertEqual(self.ids("--at", history[2]["committed_at"]), [1, 2])
        seen = {one["name"]: one for one in self.ask("stats", "--version", "2")["columns"]}
        self.assertEqual((seen["id"]["min"], seen["id"]["max"], seen["name"]["nulls"]),
                         ("1", "3", 1))
        shown = self.ask("show")
        self.assertEqual([one["name"] for one in shown["columns"]][:3], ["id", "name", "fare"])
        self.assertEqual((shown["version"], shown["format"]), (3, self.format))
        self.assertEqual("reader_note" in shown, self.format == "parquet")

    def test_a_version_that_is_not_there_is_told(self) -> None:
        self.three_versions()
        self.assertIn("version 7", self.refused("rows", "--version", "7").err)
        self.assertIn("0 to 3", self.refused("rows", "--version", "7").err)
        self.assertEqual(self.refused("rows", "--at", "yesterday").code, 2)
        self.assertEqual(self.refused("compact", "--version", "1").code, 2)

    def test_a_vacuum_takes_the_past(self) -> None:
        self.three_versions()
        young = self.refused("vacuum", "--older-than", "0s")
        self.assertEqual(young.code, 2)
        self.assertIn("--force", young.err)
        self.ask("vacuum")  # a week
        self.assertEqual(self.ids("--version", "2"), [1, 2, 3])
        done = self.ask("vacuum", "--older-than", "0s", "--force")
        self.assertEqual(done["failed"], 0)
        self.assertEqual(self.ids(), [9])
        self.assertEqual(self.refused("rows", "--version", "2").code, 1)

    def test_small_files_are_put_together(self) -> None:
        self.contract()
        for number in range(4):
            self.write_rows(f"{number}.jsonl", [{"id": number, "name": "x", "fare": 0.5}])
        done = self.ask("compact")
        figure, at_least = self.compacted
        self.assertGreaterEqual(done[figure], at_least)
        self.assertEqual(self.ids(), [0, 1, 2, 3])
        self.assertEqual(self.ids("--version", "2"), [0, 1])
        self.write_rows("last.jsonl", [{"id": 4, "name": "x", "fare": 0.5}])
        self.assertEqual(self.ids(), [0, 1, 2, 3, 4])

    compacted = ("deleted", 4)

    def test_a_table_changes_with_its_contract(self) -> None:
        self.contract()
        self.write_rows("one.jsonl", ROWS)
        self.contract(NOTE)
        self.write_rows("two.jsonl", [{"id": 3, "name": "c", "fare": 3.5, "note": "new"}])
        rows = {int(row["id"]): row["note"] for row in self.ask("rows")["rows"]}
        self.assertEqual(rows, {1: None, 2: None, 3: "new"})
        self.assertEqual([one["operation"] for one in self.ask("history")["versions"]],
                         ["append", "evolve", "append", "create"])
        self.contract()  # a column that the contract no longer has stays
        self.write_rows("three.jsonl", [{"id": 4, "name": "d", "fare": 4.5}])
        self.assertEqual(self.ids(), [1, 2, 3, 4])

    def test_a_strict_policy_lets_no_run_change_the_table(self) -> None:
        self.contract(policy="strict")
        self.write_rows("one.jsonl", ROWS)
        self.contract(NOTE, policy="strict")
        done = self.run_rows("two.jsonl", [{"id": 3, "name": "c", "fare": 3.5, "note": "new"}])
        self.assertEqual(done.code, 1, done.err)
        self.assertIn("add column note: text", done.err)
        self.assertIn("ddl --apply", done.err)
        self.assertEqual(len(self.ask("history")["versions"]), 2)
        applied = self.sluice("ddl", "c.yaml", "--apply")
        self.assertEqual((applied.code, applied.out), (0, "add column note: text\n"), applied.err)
        self.write_rows("two.jsonl", [{"id": 3, "name": "c", "fare": 3.5, "note": "new"}])
        self.assertEqual(self.ids(), [1, 2, 3])

    def test_ddl_makes_checks_and_alters_without_a_run(self) -> None:
        self.contract()
        absent = self.sluice("ddl", "c.yaml", "--check")
        self.assertEqual((absent.code, absent.out), (1, "the table is not there\n"), absent.err)
        self.assertEqual(list(contents(self.folder)), ["c.yaml"], "looking makes nothing")
        self.assertEqual(self.sluice("ddl", "c.yaml", "--apply").out, "made the table\n")
        self.assertEqual(self.sluice("ddl", "c.yaml", "--check").code, 0)
        self.write_rows("one.jsonl", ROWS)
        self.assertEqual(self.sluice("ddl", "c.yaml", "--check").code, 0)
        self.contract(NOTE)
        drift = self.sluice("ddl", "c.yaml", "--check", "--json")
        self.assertEqual(drift.code, 1)
        self.assertEqual(json.loads(drift.out)["changes"], ["add column note: text"])
        applied = json.loads(self.sluice("ddl", "c.yaml", "--apply", "--json").out)
        self.assertTrue(applied["applied"])
        self.assertEqual(self.sluice("ddl", "c.yaml", "--check").code, 0)
        self.assertEqual(self.ids(), [1, 2])


    def test_what_the_contract_says_of_a_column_is_its_comment(self) -> None:
        self.contract((*FIELDS, ("mail", "string, pii: true, classification: restricted, "
                                         "description: Where bills go")))
        self.write_rows("one.jsonl", [{"id": 1, "name": "a", "fare": 1.5, "mail": "a@x"}])
        self.assertIn(b"Where bills go [restricted, pii]", self.stored_schema())

    def test_owner_and_compliance_are_properties_of_the_table(self) -> None:
        self.contract()
        text = (self.folder / "c.yaml").read_text("utf-8")
        self.write("c.yaml", text.replace("table_name: trips", "table_name: trips, owner: billing")
                   + "compliance: {regulations: [GDPR, CCPA], retention: {period: 400d}}\n")
        self.write_rows("one.jsonl", ROWS)
        for said in (b"billing", b"GDPR, CCPA", b"compliance.retention.period"):
            self.assertIn(said, self.stored_schema())
        self.assertEqual(self.ask("show")["properties"]["owner"], "billing")
        shown = self.sluice("table", "show", self.table).out
        self.assertIn("  compliance.regulations = GDPR, CCPA\n", shown)

    def stored_schema(self) -> bytes:
        """Where the format keeps the columns, read by nobody who knows it."""
        return b"".join(data for name, data in contents(self.folder).items()
                        if name.endswith("0000000.json") or ".ducklake" in name)

    def test_what_else_differs_from_the_contract_is_told(self) -> None:
        fields = (("id", "long, description: one"), *FIELDS[1:])
        self.contract(fields, more=", table_properties: {kept_for: 3 days}")
        self.write_rows("one.jsonl", ROWS)
        self.assertEqual(self.sluice("ddl", "c.yaml", "--check").code, 0)
        kept = ", table_properties: {kept_for: 9 days}"
        fields = (("id", "long, description: two"), *FIELDS[1:])
        self.contract(fields, more=kept)
        drift = self.sluice("ddl", "c.yaml", "--check")
        self.assertEqual(drift.code, 1)
        self.assertIn("the property kept_for is 3 days in the table, the contract says 9 days",
                      drift.out)
        self.assertIn("comment of column id is 'one'", drift.out)
        applied = self.sluice("ddl", "c.yaml", "--apply")
        self.assertEqual((applied.code, applied.out), (0, drift.out), applied.err)
        self.assertEqual(self.sluice("ddl", "c.yaml", "--check").code, 0)
        self.assertEqual(self.ask("show")["properties"]["kept_for"], "9 days")
        self.contract(fields, more=f", partition_by: [name]{kept}")
        drift = self.sluice("ddl", "c.yaml", "--check", "--json")
        self.assertEqual((drift.code, json.loads(drift.out)["differences"]), (1, [
            "the table is partitioned by no column, the contract says name"]), drift.err)
        applied = self.sluice("ddl", "c.yaml", "--apply")
        self.assertNotEqual(applied.code, 0)
        self.assertIn("the contract says name", applied.err)
        self.write("two.jsonl", '{"id": 3, "name": "c", "fare": 3.5}\n')
        done = self.sluice("run", "c.yaml", "--source", "two.jsonl")
        self.assertEqual(done.code, 0, done.err)
        self.assertIn("partitioned by no column", done.err)


class OneFolder:
    """Files of partitions lie in folders that are named by the value."""

    def test_two_partitions_of_one_folder_are_refused(self) -> None:
        self.contract(more=", partition_by: [name]")
        rows = [{"id": 1, "name": None, "fare": 1.5}, {"id": 2, "name": "a", "fare": 1.5},
                {"id": 3, "name": "__HIVE_DEFAULT_PARTITION__", "fare": 1.5}]
        done = self.run_rows("all.jsonl", rows)
        self.assertEqual(done.code, 1, done.err)
        self.assertIn("rows of two partitions would lie in one file", done.err)
        self.assertIn("there is no table", self.refused("rows").err)
        for number, row in enumerate(rows):
            self.write_rows(f"{number}.jsonl", [row])
        found = {int(row["id"]): row["name"] for row in self.ask("rows")["rows"]}
        self.assertEqual(found, {row["id"]: row["name"] for row in rows})


class ParquetPast(Past, OneFolder, OfFormat):
    def test_cleaning_takes_what_a_writer_left_that_died(self) -> None:
        self.contract()
        self.write_rows("one.jsonl", ROWS)
        self.write(f"t/_{v7()}-00-0.parquet.staged", b"PAR1")
        self.write(f"t/_{uuid.uuid4()}-00-0.parquet.staged", b"PAR1")
        self.assertEqual(self.ask("clean")["deleted"], 0, "it is young")
        done = self.ask("clean", "--older-than", "0s", "--force")
        self.assertEqual((done["deleted"], done["failed"], done["scanned"]), (1, 0, 1))
        self.assertEqual(self.ids(), [1, 2])

    def test_columns_become_wider(self) -> None:
        self.contract((("id", "integer"), *FIELDS[1:]))
        self.write_rows("one.jsonl", ROWS)
        self.contract(policy="append")
        done = self.run_rows("two.jsonl", [{"id": 5_000_000_000, "name": "c", "fare": 3.5}])
        self.assertIn("widen column id from int32 to int64", done.err)
        self.contract(policy="compatible")
        self.write_rows("two.jsonl", [{"id": 5_000_000_000, "name": "c", "fare": 3.5}])
        self.assertEqual(self.ids(), [1, 2, 5_000_000_000])

    def test_an_overwrite_may_bring_other_columns(self) -> None:
        self.contract()
        self.write_rows("one.jsonl", ROWS)
        self.contract((("id", "long"), ("fare", "string")), strategy="overwrite",
                      policy="overwrite")
        self.write_rows("two.jsonl", [{"id": 7, "fare": "much"}])
        self.assertEqual([one["name"] for one in self.ask("show")["columns"]
                          if not one["name"].startswith("_")], ["id", "fare"])
        self.assertEqual(self.ids("--version", "1"), [1, 2])


class DeltaPast(Past, OneFolder, DeltaFormat):
    def test_cleaning_takes_what_a_writer_left_that_died(self) -> None:
        self.contract()
        self.write_rows("one.jsonl", ROWS)
        self.write(f"t/{v7()}-00-0.parquet", b"PAR1")
        self.write(f"t/{uuid.uuid4()}.parquet", b"PAR1")
        done = self.ask("clean", "--older-than", "0s", "--force")
        self.assertEqual((done["deleted"], done["failed"]), (1, 0))
        self.assertEqual(self.ids(), [1, 2])

    def test_what_a_delta_table_does_not_change_is_refused_with_the_way_out(self) -> None:
        self.contract((("id", "integer"), *FIELDS[1:]))
        self.write_rows("one.jsonl", ROWS)
        self.contract()
        done = self.run_rows("two.jsonl", [{"id": 5, "name": "c", "fare": 3.5}])
        self.assertEqual(done.code, 1, done.err)
        self.assertIn("widen column id", done.err)
        self.assertIn("new table", done.err)
        self.assertEqual(len(self.ask("history")["versions"]), 2)

    def test_an_overwrite_does_not_replace_columns_and_says_so_first(self) -> None:
        self.contract()
        self.write_rows("one.jsonl", ROWS)
        self.contract((("id", "long"), ("fare", "string"), ("new", "string")), policy="overwrite",
                      strategy="overwrite")
        done = self.run_rows("two.jsonl", [{"id": 7, "fare": "much"}, {"id": None, "fare": "x"}])
        self.assertEqual(done.code, 1, done.err)
        self.assertIn("drop column name", done.err)
        self.assertIn("another target_path", done.err)
        self.assertFalse((self.folder / "quarantine").exists(), "no row was judged")
        self.assertEqual((self.ids(), len(self.ask("history")["versions"])), ([1, 2], 2))
        self.contract((*FIELDS, ("new", "string")), policy="overwrite", strategy="overwrite")
        self.write_rows("three.jsonl", [{"id": 7, "name": "a", "fare": 1.5, "new": "n"}])
        self.assertEqual(self.ids(), [7])

    def test_no_table_is_made_that_the_next_run_could_not_write(self) -> None:
        for properties, strategy, said in (
                ("delta.columnMapping.mode: name", "append", "columnMapping.mode = name"),
                ("delta.columnMapping.mode: id", "append", "columnMapping.mode = id"),
                ("delta.enableIcebergCompatV2: 'true'", "append", "enableIcebergCompatV2"),
                ("delta.enableChangeDataFeed: 'TRUE'", "merge", "the strategy merge"),
                ("delta.enableIcebergCompatV2: 'True'", "append", "enableIcebergCompatV2"),
                ("delta.appendOnly: 'true'", "overwrite", "the strategy overwrite")):
            with self.subTest(properties, strategy=strategy):
                self.contract(strategy=strategy, more=f", table_properties: {{{properties}}}")
                done = self.run_rows("one.jsonl", ROWS)
                self.assertNotEqual(done.code, 0)
                self.assertIn(said, done.err)
                self.assertFalse((self.folder / "t/_delta_log").exists())
        self.contract(strategy="append", more=", table_properties: {delta.enableChangeDataFeed: "
                                              "'true', delta.appendOnly: 'true', owner: ann}")
        self.write_rows("one.jsonl", ROWS)
        self.write_rows("two.jsonl", [{"id": 3, "name": "c", "fare": 3.5}])
        self.assertEqual(self.ids(), [1, 2, 3])

    @unittest.skipUnless(find_spec("deltalake"), "no deltalake: ./dev setup test")
    def test_delta_rs_reads_what_is_said_of_the_table(self) -> None:
        import deltalake
        self.test_what_else_differs_from_the_contract_is_told()
        table = deltalake.DeltaTable(str(self.folder / "t"))
        self.assertEqual(table.metadata().configuration["kept_for"], "9 days")
        self.assertEqual(table.schema().fields[0].metadata["comment"], "two")
        self.assertEqual(table.history()[1]["operation"], "SET TBLPROPERTIES")
        self.assertEqual(table.to_pyarrow_table().num_rows, 3)

    @unittest.skipUnless(find_spec("deltalake"), "no deltalake: ./dev setup test")
    def test_delta_rs_reads_added_columns_compactions_and_older_versions(self) -> None:
        import deltalake
        self.test_a_table_changes_with_its_contract()
        self.ask("compact")
        table = deltalake.DeltaTable(str(self.folder / "t"))
        rows = {row["id"]: row["note"] for row in table.to_pyarrow_table().to_pylist()}
        self.assertEqual(rows, {1: None, 2: None, 3: "new", 4: None})
        self.assertEqual(table.history()[1]["operation"], "WRITE")
        for version in (1, 3):
            then = deltalake.DeltaTable(str(self.folder / "t"), version=version)
            self.assertEqual(sorted(row["id"] for row in then.to_pyarrow_table().to_pylist()),
                             self.ids("--version", str(version)))


@unittest.skipUnless(find_spec("duckdb"), "no duckdb module: ./dev setup test")
class LakePast(Past, LakeFormat):
    compacted = ("written", 1)  # small inserts lie in the catalog

    def test_a_version_that_was_vacuumed_is_told_with_those_that_are_there(self) -> None:
        self.three_versions()
        self.ask("vacuum", "--older-than", "0s", "--force")
        for version in ("0", "1", "2"):
            said = self.refused("rows", "--version", version).err
            self.assertIn("version 3 alone is there", said)
        self.write_rows("four.jsonl", ROWS)
        self.assertIn("its versions 3 to 4 are there", self.refused("rows", "--version", "1").err)
        self.assertEqual(self.ids("--version", "3"), [9])


class SignsOfPatterns:
    """`*`, `?` and `[` in the path of a table stand for themselves."""

    def test_a_table_lies_where_its_path_says(self) -> None:
        self.write("x1/bait.parquet", b"PAR1")
        for place in ("x[1]/t", "x*/t", "x?/t", "it's [x]/t"):
            self.table, self.target = place, f'"{place}"'
            for strategy in ("append", "merge"):
                self.contract(strategy=strategy, more=', partition_by: [name]')
                self.write_rows(f"{strategy}.jsonl", ROWS)
            self.write_rows("later.jsonl", [{"id": 2, "name": "c", "fare": 4.5}])
            self.assertEqual(set(self.ids()), {1, 2})
            self.ask("compact")
            self.assertEqual(set(self.ids("--version", "1")), {1, 2})


class PatternParquet(SignsOfPatterns, OfFormat):
    pass


class PatternDelta(SignsOfPatterns, DeltaFormat):
    pass


class PatternDatabase(OfFormat):
    format = "duckdb"

    def test_a_question_mark_is_refused_before_a_file_is_made(self) -> None:
        self.write("one.jsonl", '{"id": 1}\n')
        self.target = f'"{self.folder}/a?b/t.duckdb"'
        self.contract()
        done = self.sluice("run", "c.yaml", "--source", "one.jsonl", "--quiet", "--state", "st")
        self.assertEqual(done.code, 2, done.err)
        self.assertIn("cannot hold a '?'", done.err)
        self.assertEqual(list(self.folder.rglob("*.duckdb*")), [])


class Reserved:
    def test_a_name_of_ours_is_no_target(self) -> None:
        for name in ("_sluice_ledger", "_Sluice_Table"):
            self.target = f'"{self.place.format(folder=self.folder)}.{name}"'
            self.contract()
            done = self.run_rows("one.jsonl", ROWS)
            self.assertEqual(done.code, 3, done.err)
            self.assertIn("this table name is reserved", done.err)
            self.assertRegex(done.err, r"(?m)^ hint: \S")


class ReservedInDatabase(Reserved, OfFormat):
    format = "duckdb"
    place = "{folder}/l.duckdb/main"


class ReservedInLake(Reserved, LakeFormat):
    place = "lake.main"


class Named:
    def test_a_table_is_found_by_the_name_that_its_contract_writes(self) -> None:
        for name, where in (("sales.silver.trips", {}), ("table:Sales.Silver.Trips", {}),
                            ("shop.silver.trips", {"SLUICE_TABLE_ROOT": str(self.folder / "r")})):
            with self.subTest(name):
                self.target = f'"{name}"'
                self.contract()
                self.write("one.jsonl", '{"id": 1}\n')
                done = self.sluice("run", "c.yaml", "--source", "one.jsonl", "--quiet",
                                   **where)
                self.assertEqual(done.code, 0, done.err)
                done = self.sluice("table", "show", name, "--json", **where)
                self.assertEqual(done.code, 0, done.err)
                self.assertEqual(json.loads(done.out)["format"], self.format)


class NamedParquet(Named, OfFormat):
    pass


class NamedDelta(Named, DeltaFormat):
    pass


class NamedInDatabase(Named, OfFormat):
    format = "duckdb"


class NoTable(InFolder):
    def test_a_table_that_is_not_there_is_told(self) -> None:
        self.write("plain/part.parquet", b"PAR1")
        for named in ("nowhere", "plain", "lake.silver.trips"):
            done = self.sluice("table", "show", named)
            self.assertEqual(done.code, 1, done.err)
            self.assertRegex(done.err, r"(?m)^error: there is no (table|lake) at ")
        self.assertEqual(list(contents(self.folder)), ["plain/part.parquet"])

    def test_words_that_do_not_fit_are_refused(self) -> None:
        for words in (["table", "paint", "t"], ["table", "show"],
                      ["ddl", "c.yaml", "--check", "--apply"],
                      ["ddl", "c.yaml", "--check", "--dialect", "delta"],
                      ["ddl", "c.yaml", "--target", "t"]):
            self.assertEqual(self.sluice(*words).code, 2, words)


def v7() -> str:
    """An ingest id of long ago."""
    return "01890000-0000-7000-8000-" + uuid.uuid4().hex[:12]


if __name__ == "__main__":
    unittest.main()
