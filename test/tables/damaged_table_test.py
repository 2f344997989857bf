"""Damaged data files, first runs that fail, tables of other programs, and maintenance
of what is no table: what it is about is named, and nothing is written."""

import json
import unittest

from of_format import DeltaFormat, LakeFormat, OfFormat, contents, has_format, without_run_records

FIELDS = (("id", "long"), ("p", "string"), ("at", "timestamp"))
ROWS = [{"id": number, "p": "x", "at": "2026-01-01T00:00:00Z"} for number in range(500)]
LATER = [{"id": 1, "p": "x", "at": "2026-02-01T00:00:00Z"}]
DAMAGES = {"empty": "is empty", "cut": "is cut short", "gone": "is not there"}


class Damaged:
    def data_files(self) -> list:
        return sorted((self.folder / "t").glob("**/0*.parquet"))

    def damage(self, what: str):
        path = self.data_files()[0]
        whole = path.read_bytes()
        if what == "gone":
            path.unlink()
        elif what == "inside":
            third = len(whole) // 3
            path.write_bytes(whole[:8] + b"\xff" * third + whole[8 + third:])
        else:
            path.write_bytes(b"" if what == "empty" else whole[:len(whole) // 2])
        return path, whole

    def kept(self) -> dict[str, bytes]:
        return {name: data for name, data in without_run_records(contents(self.folder)).items()
                if not name.endswith((".jsonl", ".yaml", ".wal"))}

    def check(self, done, path, said: str) -> None:
        self.assertEqual(done.code, 1, done.err)
        self.assertIn(said, done.err)
        self.assertIn(path.name, done.err)
        self.assertIn(str(self.folder / "t") if self.table == "t" else self.table, done.err)
        self.assertRegex(done.err, r"(?m)^ hint: .*from a copy")

    def check_writes(self, strategy: str, more: str = "") -> None:
        self.contract(FIELDS, strategy=strategy, more=more)
        self.write_rows("one.jsonl", ROWS)
        for what, said in DAMAGES.items():
            with self.subTest(what):
                path, whole = self.damage(what)
                before = self.kept()
                self.check(self.run_rows("two.jsonl", LATER), path, said)
                self.assertEqual(self.kept(), before)
                path.write_bytes(whole)
        self.write_rows("two.jsonl", LATER)

    def test_merges(self) -> None:
        self.check_writes("merge")

    def test_histories(self) -> None:
        self.check_writes("scd2", ", scd2: {timestamp_field: at}")

    def test_partitions_that_are_replaced(self) -> None:
        self.check_writes("overwrite", ", partition_by: [p]")

    def test_looking_and_compacting(self) -> None:
        self.contract(FIELDS)
        self.write_rows("one.jsonl", ROWS)
        self.write_rows("two.jsonl", ROWS)
        for what, said in DAMAGES.items():
            path, whole = self.damage(what)
            before = self.kept()
            for action in ("rows", "stats", "compact"):
                with self.subTest(f"{action}, {what}"):
                    self.check(self.refused(action), path, said)
            with self.subTest(f"history, {what}"):
                self.assertEqual(len(self.ask("history")["versions"]), 3)
                self.assertEqual(self.ask("show")["version"], 2)
            self.assertEqual(self.kept(), before)
            path.write_bytes(whole)
        self.assertEqual(len(self.ids()), 2 * len(ROWS))

    def test_a_file_that_is_broken_inside(self) -> None:
        self.contract(FIELDS, strategy="merge")
        self.write_rows("one.jsonl", ROWS)
        path, _ = self.damage("inside")
        self.check(self.run_rows("two.jsonl", LATER), path, "is broken inside")
        self.assertEqual(self.refused_code("stats"), 1)

    def refused_code(self, action: str) -> int:
        done = self.sluice("table", action, self.table)
        self.assertNotIn("a fault of Sluice", done.err)
        return done.code

    def test_a_whole_overwrite_writes_the_table_anew(self) -> None:
        self.contract(FIELDS, strategy="overwrite")
        self.write_rows("one.jsonl", ROWS)
        self.damage("gone")
        self.write_rows("two.jsonl", LATER)
        self.assertEqual(self.ids(), [1])


class ParquetDamaged(Damaged, OfFormat):
    pass


class DeltaDamaged(Damaged, DeltaFormat):
    pass


class LakeDamaged(Damaged, LakeFormat):
    def data_files(self) -> list:
        return sorted((self.folder / "lake.ducklake.files/silver/trips").glob("**/*.parquet"))

    def test_a_whole_overwrite_writes_the_table_anew(self) -> None:
        """A lake counts the rows that it takes out."""
        self.contract(FIELDS, strategy="overwrite")
        self.write_rows("one.jsonl", ROWS)
        path, _ = self.damage("gone")
        self.check(self.run_rows("two.jsonl", LATER), path, "is not there")

    def kept(self) -> dict[str, bytes]:
        """The catalog itself may be checkpointed by whoever opens it."""
        return {name: data for name, data in super().kept().items()
                if not name.startswith("lake.ducklake") or name.startswith("lake.ducklake.files")}


class DuckdbDamaged(OfFormat):
    format = "duckdb"
    table = target = "sales.duckdb/main.trips"

    def test_a_file_of_a_database_that_is_cut_short(self) -> None:
        self.contract(FIELDS)
        self.write_rows("one.jsonl", ROWS)
        path = self.folder / "sales.duckdb"
        whole = path.read_bytes()
        for part in (b"", whole[:len(whole) // 2]):
            path.write_bytes(part)
            for done in (self.run_rows("two.jsonl", LATER),
                         self.sluice("table", "stats", self.table)):
                self.assertEqual(done.code, 1, done.err)
                self.assertIn(str(path), done.err)
            self.assertEqual(path.read_bytes(), part)


class Names:
    """Texts that are too long to name the folder of a partition."""

    def test_a_long_partition_is_refused_by_name(self) -> None:
        self.contract(FIELDS, more=", partition_by: [p]")
        for number, (value, size, escaped) in enumerate(
                (("x" * 254, 254, 254), ("\u00e4" * 90, 180, 540), ("a b" * 60, 180, 300))):
            for rows in (1, 40):
                with self.subTest(f"{size} bytes, {rows} rows"):
                    done = self.run_rows(f"{number}-{rows}.jsonl",
                                         [row | {"p": value} for row in ROWS[:rows]])
                    self.assertEqual(done.code, 1, done.err)
                    self.assertIn(f"{size} bytes, {escaped} with", done.err)
                    self.assertIn("'p'", done.err)
                    self.assertIn("max_length: 253", done.err)
                    self.assertEqual(self.sluice("table", "show", self.table).code, 1)
        self.write_rows("fits.jsonl", [row | {"p": "x" * 253} for row in ROWS])
        self.assertEqual(len(self.ids()), len(ROWS))


class ParquetNames(Names, OfFormat):
    pass


class DeltaNames(Names, DeltaFormat):
    pass


class LakeNames(Names, LakeFormat):
    pass


class Unmade:
    """A first run that fails makes no table."""

    def nothing_is_there(self) -> None:
        kept = [name for name in without_run_records(contents(self.folder))
                if not name.endswith((".jsonl", ".yaml"))]
        self.assertEqual([name for name in kept if not name.startswith(self.of_database)], [])
        done = self.sluice("table", "history", self.table)
        self.assertEqual(done.code, 1, done.out)

    of_database = ("lake.ducklake", "sales.duckdb")

    def test_first_runs_that_fail(self) -> None:
        twice = [ROWS[1], ROWS[1] | {"p": "y"}]
        for strategy, more, rows in (
                ("merge", "", twice),
                ("append", ", partition_by: [p]", [ROWS[1] | {"p": "x" * 300}]),
                ("scd2", ", partition_by: [p], scd2: {timestamp_field: at}",
                 [ROWS[1] | {"p": "x" * 300}])):
            if self.format == "duckdb" and strategy != "merge":
                continue  # it has no folders
            with self.subTest(strategy):
                self.contract(FIELDS, strategy=strategy, more=more)
                done = self.run_rows(f"{strategy}.jsonl", rows)
                self.assertEqual(done.code, 1, done.err)
                self.nothing_is_there()
        self.contract(FIELDS, strategy="merge")
        self.write_rows("good.jsonl", ROWS)
        self.assertEqual([one["operation"] for one in self.ask("history")["versions"]],
                         ["merge", "create"])
        self.assertEqual(len(self.ids()), len(ROWS))


class ParquetUnmade(Unmade, OfFormat):
    pass


class DeltaUnmade(Unmade, DeltaFormat):
    pass


class LakeUnmade(Unmade, LakeFormat):
    def test_the_version_before_the_first_commit_is_empty(self) -> None:
        self.contract(FIELDS)
        self.write_rows("one.jsonl", ROWS)
        self.assertEqual(self.ids("--version", "0"), [])
        self.assertEqual(len(self.ids("--version", "1")), len(ROWS))


class DuckdbUnmade(Unmade, OfFormat):
    format = "duckdb"
    table = target = "sales.duckdb/main.trips"


class Features(DeltaFormat):
    """Tables of other programs, by their logs."""

    def made(self, metadata: dict, configuration: dict, readers: list, writers: list) -> None:
        self.contract(FIELDS[:2])
        schema = {"type": "struct", "fields": [
            {"name": name, "type": kind, "nullable": True, "metadata": metadata.get(name, {})}
            for name, kind in (("id", "long"), ("p", "string"))]}
        protocol = {"minReaderVersion": 3 if readers else 1, "minWriterVersion": 7,
                    "writerFeatures": writers} | ({"readerFeatures": readers} if readers else {})
        lines = ({"commitInfo": {"timestamp": 1, "operation": "CREATE TABLE"}},
                 {"protocol": protocol},
                 {"metaData": {"id": "5fba94ed-9794-4965-ba6e-6ee3c0d22af9",
                               "format": {"provider": "parquet", "options": {}},
                               "schemaString": json.dumps(schema), "partitionColumns": [],
                               "configuration": configuration, "createdTime": 1}})
        self.write("t/_delta_log/00000000000000000000.json",
                   "".join(json.dumps(line) + "\n" for line in lines))

    def log(self) -> list[str]:
        return [path.name for path in sorted((self.folder / "t").rglob("*"))
                if path.is_file() and "_sluice" not in str(path)]

    def test_column_mapping_is_refused_by_name(self) -> None:
        for mode in ("name", "id"):
            self.made({name: {"delta.columnMapping.id": number,
                              "delta.columnMapping.physicalName": f"col-{number}"}
                       for number, name in enumerate(("id", "p"), 1)},
                      {"delta.columnMapping.mode": mode, "delta.columnMapping.maxColumnId": "2"},
                      ["columnMapping"], ["columnMapping"])
            was = self.log()
            for done in (self.run_rows("a.jsonl", [{"id": 1, "p": "x"}]), self.refused("rows"),
                         self.refused("compact"), self.sluice("run", "c.yaml", "--source", "t",
                                                              "--target", "other", "--quiet")):
                with self.subTest(mode):
                    self.assertEqual(done.code, 1, done.err)
                    self.assertIn(f"delta.columnMapping.mode = {mode}", done.err)
                    self.assertIn(str(self.folder / "t"), done.err)
                    self.assertIn("without column mapping", done.err)
                    self.assertEqual(self.log(), was)

    def test_a_default_that_is_not_filled_in_is_refused(self) -> None:
        self.made({"p": {"CURRENT_DEFAULT": "'x'"}},
                  {"delta.feature.allowColumnDefaults": "supported"}, [], ["allowColumnDefaults"])
        self.contract(FIELDS[:1])
        was = self.log()
        done = self.run_rows("a.jsonl", [{"id": 1}])
        self.assertEqual(done.code, 1, done.err)
        for said in ("allowColumnDefaults", "'p'", "bring the column"):
            self.assertIn(said, done.err)
        self.assertEqual(self.log(), was)
        self.contract(FIELDS[:2])
        self.write_rows("b.jsonl", [{"id": 1, "p": "y"}])
        self.assertEqual([row["p"] for row in self.ask("rows")["rows"]], ["y"])


class Elsewhere(OfFormat):
    """Maintenance of what is no table, or one of another format."""

    def check_none(self, words: tuple, *said: str, code: int = 1) -> None:
        done = self.sluice("table", *words)
        self.assertEqual(done.code, code, done.err)
        for text in said:
            self.assertIn(text, done.err)

    def test_a_table_that_is_not_in_its_database(self) -> None:
        for kind, name in (("duckdb", "sales.duckdb/main.trips"),
                           ("ducklake", "lake.silver.trips")):
            if not has_format(kind):
                continue
            self.format, self.target, self.table = kind, name, name
            self.contract(FIELDS, strategy="overwrite")
            for number in range(2):
                self.write_rows(f"{kind}{number}.jsonl", ROWS)
            missing = name.replace("trips", "trip")
            for words in (("clean", missing), ("history", missing), ("stats", missing),
                          ("vacuum", missing, "--older-than", "0s", "--force")):
                with self.subTest(f"{kind} {words[0]}"):
                    self.check_none(words, "there is no", "trip'")
            if kind == "ducklake":
                self.assertEqual(len(self.ids("--version", "1")), len(ROWS), "a typo took nothing")

    def test_a_contract_of_another_format(self) -> None:
        if not has_format("delta"):
            self.skipTest("built without Delta tables")
        self.contract(FIELDS)
        self.write_rows("one.jsonl", ROWS)
        self.format = "delta"
        self.contract(FIELDS)
        before = contents(self.folder)
        for action in ("clean", "vacuum", "compact", "stats", "show", "history"):
            with self.subTest(action):
                self.check_none((action, "c.yaml"), "format delta", "format parquet",
                                str(self.folder / "t"))
        self.assertEqual(contents(self.folder), before)

    def test_ages_that_are_none(self) -> None:
        self.contract(FIELDS)
        self.write_rows("one.jsonl", ROWS)
        for age in ("soon", "-1d", "1w", "1", "", "1.5h", "99999999999d"):
            with self.subTest(age):
                self.check_none(("clean", "t", "--older-than", age), "--older-than", code=2)


if __name__ == "__main__":
    unittest.main()
