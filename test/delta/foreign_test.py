"""Delta tables that other programs made or wrote in, in forms that Sluice would not write: how it
reads them, and what it refuses before anything is written."""

import json
import os
import shutil
import time
import unittest
from pathlib import Path

from delta_folder import DeltaFolder, Done, contents, needs_delta, without_run_records


@needs_delta
class ForeignLog(DeltaFolder):
    """Entries with blanks and members as no one here writes them."""

    def log(self, version: int) -> Path:
        return self.folder / f"t/_delta_log/{version:020}.json"

    def actions(self, version: int) -> list[dict]:
        return [json.loads(line) for line in self.log(version).read_text("utf-8").splitlines()]

    def put(self, version: int, actions: list[dict], begin: str = " \t") -> None:
        lines = [begin + json.dumps(one, separators=(" , ", " : ")).replace("{", "{ ", 1)
                 for one in actions]
        self.log(version).write_text("\r\n".join(lines) + "\r\n", "utf-8")

    def add_column(self) -> None:
        (metadata,) = [one["metaData"] for one in self.actions(0) if "metaData" in one]
        schema = json.loads(metadata["schemaString"])
        schema["fields"].append({"name": "note", "type": "string", "nullable": True,
                                 "metadata": {}})
        metadata["schemaString"] = json.dumps(schema)
        metadata["configuration"]["owner"] = "finance"
        info = {"timestamp": int(time.time() * 1000), "operation": "ADD COLUMNS",
                "operationParameters": {}}
        self.put(2, [{"add": None, "commitInfo": info}, {"metaData": metadata}])

    def test_a_description_with_blanks_is_not_put_back(self) -> None:
        self.contract("append")
        self.run_rows("one.jsonl", [(1, "a", 1.5)])
        self.add_column()
        text = (self.folder / "c.yaml").read_text("utf-8")
        self.write("c.yaml", text.replace("type: string", "type: string, description: a day"))
        done = self.sluice("ddl", "c.yaml", "--apply", "--target", "t")
        self.assertEqual(done.code, 0, done.err)
        table = self.table()
        self.assertEqual([field.name for field in table.schema().fields][-1], "note")
        self.assertEqual(table.metadata().configuration["owner"], "finance")
        self.assertEqual([one["operation"] for one in self.ask("history")["versions"]],
                         ["describe", "ADD COLUMNS", "append", "create"])

    def test_files_that_lie_elsewhere_are_merged_into(self) -> None:
        """As those of a shallow clone: the log has where they are, and they stay there."""
        self.contract("append")
        self.run_rows("one.jsonl", [(1, "a", 1.5), (2, "b", 2.5)])
        actions = self.actions(1)
        (added,) = [one["add"] for one in actions if "add" in one]
        elsewhere = self.folder / "base of it.parquet"
        shutil.move(self.folder / "t" / added["path"], elsewhere)
        added["path"] = elsewhere.as_uri()
        self.put(1, actions)
        self.contract("merge")
        self.run_rows("two.jsonl", [(2, "c", 9.5), (3, "d", 3.5)])
        rows = self.ask("rows")["rows"]
        self.assertEqual(sorted((int(row["id"]), float(row["fare"])) for row in rows),
                         [(1, 1.5), (2, 9.5), (3, 3.5)])
        self.assertTrue(elsewhere.exists())

    def test_a_removal_with_blanks_is_seen_by_a_vacuum(self) -> None:
        self.contract("append")
        self.run_rows("one.jsonl", [(1, "a", 1.5)])
        (added,) = [one["add"] for one in self.actions(1) if "add" in one]
        data = self.folder / "t" / added["path"]
        os.utime(data, (time.time() - 30 * 86400,) * 2)
        now = int(time.time() * 1000)
        self.put(2, [{"commitInfo": {"timestamp": now, "operation": "DELETE",
                                     "operationParameters": {}}},
                     {"remove": {"path": added["path"], "deletionTimestamp": now,
                                 "dataChange": True}}])
        self.assertEqual(self.ask("vacuum")["deleted"], 0)
        self.assertTrue(data.exists())
        self.assertEqual(len(self.ask("rows", "--version", "1")["rows"]), 1)

    def test_an_entry_that_does_not_say_when_has_the_time_of_its_file(self) -> None:
        old = self.replaced()
        self.put(4, [{"txn": {"appId": "other", "version": 1}}])
        os.utime(self.log(4), (1_750_000_000,) * 2)  # after 3 of the log, before it by this clock
        newest, before = (one["committed_at"] for one in self.ask("history")["versions"][:2])
        self.assertEqual(newest, before)
        self.assertEqual(self.ask("vacuum")["deleted"], 0)
        self.assertTrue(old.exists())

    def test_a_clock_that_was_set_back_takes_no_file_early_and_shows_no_later_version(self) -> None:
        old = self.replaced()
        self.put(4, [{"commitInfo": {"timestamp": 1_750_000_000_000, "operation": "WRITE",
                                     "operationParameters": {}}},
                     {"txn": {"appId": "other", "version": 1}}])
        self.assertEqual(self.ask("vacuum")["deleted"], 0)
        self.assertTrue(old.exists())
        done = self.sluice("table", "rows", "t", "--at", "2025-07-01T00:00:00Z")
        self.assertNotEqual(done.code, 0, done.out)
        self.assertIn("no version from before that instant", done.err)

    def replaced(self) -> Path:
        """A file that was written long ago, and replaced a moment ago by version 3."""
        self.contract("overwrite")
        self.run_rows("one.jsonl", [(1, "a", 1.5)])
        self.run_rows("two.jsonl", [(1, "b", 1.5)])
        old = min((self.folder / "t").glob("*.parquet"), key=lambda one: one.stat().st_mtime)
        for data in (self.folder / "t").glob("*.parquet"):
            os.utime(data, (time.time() - 30 * 86400,) * 2)
        self.put(3, [{"commitInfo": {"timestamp": int(time.time() * 1000), "operation": "WRITE",
                                     "operationParameters": {}}},
                     {"txn": {"appId": "other", "version": 0}}])
        return old


@needs_delta
class Partitions(DeltaFolder):
    """A value that no reader takes back would make the whole table unreadable."""

    def contract_by(self, column: str, strategy: str = "append") -> None:
        self.write("c.yaml", f"""\
version: 1.0.0
info: {{title: Trips, table_name: trips}}
model:
  fields:
    - {{name: id, type: long}}
    - {{name: d, type: date}}
    - {{name: ts, type: timestamp}}
primary_key: [id]
materialization: {{strategy: {strategy}, format: delta, partition_by: [{column}]}}
""")

    def far_rows(self, value: str) -> str:
        import duckdb
        with duckdb.connect() as connection:
            connection.execute(f"COPY (SELECT 2::BIGINT AS id, DATE '{value}' AS d, "
                               f"TIMESTAMP '{value}' AS ts) TO '{self.folder}/far.parquet'")
        return "far.parquet"

    def test_dates_that_no_reader_takes_back_are_refused(self) -> None:
        for column in ("d", "ts"):
            for strategy in ("append", "merge"):
                self.contract_by(column, strategy)
                self.write("one.jsonl", '{"id":1,"d":"0001-01-01","ts":"9999-12-31 23:59:59"}\n')
                done = self.sluice(*self.words("one.jsonl"))
                self.assertEqual(done.code, 0, done.err)
                before = self.table_files()
                for value in ("10000-01-01", "0044-03-15 (BC)", "0001-01-01 (BC)", "infinity",
                              "-infinity"):
                    with self.subTest(f"{strategy} {column} {value}"):
                        done = self.sluice(*self.words(self.far_rows(value)))
                        self.assertEqual(done.code, 1, done.err)
                        self.assertIn(f"'{column}'", done.err)
                        self.assertIn("9999", done.err)
                        self.assertEqual(self.table_files(), before)
            self.assertEqual(len(self.table().to_pyarrow_table()), 1)
            shutil.rmtree(self.folder / "t")

    def test_such_dates_are_kept_where_they_are_no_partition(self) -> None:
        self.contract_by("d")
        self.write("one.jsonl", '{"id":1,"d":"2026-01-01","ts":"12026-01-01 00:00:00"}\n')
        done = self.sluice(*self.words("one.jsonl"))
        self.assertEqual(done.code, 0, done.err)
        (row,) = self.ask("rows")["rows"]
        self.assertTrue(row["ts"].startswith("12026-01-01"), row)


@needs_delta
class Features(DeltaFolder):
    """Properties that are true in any letters, and features that a commit must do something for."""

    def make(self, properties: dict[str, str], features: tuple[str, ...], more: dict | None = None,
             actions: tuple[dict, ...] = ()) -> None:
        shutil.rmtree(self.folder / "t", ignore_errors=True)
        self.write_foreign([(1, "a", 1.5)])
        log = self.folder / "t/_delta_log/00000000000000000000.json"
        lines = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
        for line in lines:
            if "protocol" in line:
                line["protocol"] = {"minReaderVersion": 1, "minWriterVersion": 7,
                                    "writerFeatures": list(features)}
            line.get("metaData", {}).get("configuration", {}).update(properties)
            line.get("commitInfo", {}).update({"inCommitTimestamp": 1700000000000})
            if "add" in line:
                line["add"].update(more or {})
        lines.sort(key=lambda line: "commitInfo" not in line)
        log.write_text("".join(json.dumps(one) + "\n" for one in (*lines, *actions)), "utf-8")

    def test_truths_in_any_letters(self) -> None:
        for name, feature, strategies in (
                ("delta.appendOnly", "appendOnly", ("merge", "overwrite")),
                ("delta.enableChangeDataFeed", "changeDataFeed", ("merge", "overwrite")),
                ("delta.enableInCommitTimestamps", "inCommitTimestamp", ("append", "merge"))):
            for strategy in strategies:
                with self.subTest(name, strategy=strategy):
                    self.make({name: "TRUE"}, (feature,))
                    self.contract(strategy)
                    said = self.refused()
                    self.assertRegex(said, name if "Feed" not in name else "change data feed")
                    self.assertIn(" hint: ", said)

    def test_a_version_that_stands_for_features(self) -> None:
        self.make({}, ())
        log = self.folder / "t/_delta_log/00000000000000000000.json"
        listed = '"minWriterVersion": 7, "writerFeatures": []'
        text = log.read_text("utf-8")
        self.assertIn(listed, text)
        log.write_text(text.replace(listed, '"minWriterVersion": 4'), "utf-8")
        self.contract("append")
        said = self.refused()
        self.assertIn(f"'{self.folder / 't'}'", said)
        self.assertIn("writer version 3 to 6", said)
        self.assertIn("(writer version 4)", said)

    def test_a_description_beside_timestamps_in_commits(self) -> None:
        for value in ("true", "True"):
            self.make({"delta.enableInCommitTimestamps": value}, ("inCommitTimestamp",))
            before = self.table_files()
            self.contract("append", ", table_properties: {owner: ann}")
            done = self.sluice("ddl", "c.yaml", "--apply", "--target", "t")
            self.assertNotEqual(done.code, 0)
            self.assertRegex(done.err, "in-commit timestamps|enableInCommitTimestamps")
            self.assertEqual(self.table_files(), before)

    def test_rows_that_are_tracked_are_not_rewritten(self) -> None:
        domain = {"domainMetadata": {"domain": "delta.rowTracking", "removed": False,
                                     "configuration": '{"rowIdHighWaterMark":0}'}}
        for value in ("true", "TRUE"):
            self.make({"delta.enableRowTracking": value}, ("rowTracking", "domainMetadata"),
                      {"baseRowId": 0, "defaultRowCommitVersion": 0}, (domain,))
            for strategy in ("merge", "overwrite"):
                with self.subTest(value, strategy=strategy):
                    self.contract(strategy)
                    self.assertIn("delta.enableRowTracking", self.refused())
            self.contract("append")
            self.run_rows("two.jsonl", [(2, "b", 2.5)])
            self.assertEqual(self.rows_told(), [1, 2])
            done = self.sluice("table", "compact", "t")
            self.assertIn("delta.enableRowTracking", done.err)

    def rows_told(self) -> list[int]:
        return sorted(int(row["id"]) for row in self.ask("rows")["rows"])


@needs_delta
class Folders(DeltaFolder):
    """Names of folders, which the kernel reads once more as those of an address."""

    def run_in(self, folder: str) -> Done:
        self.contract("append")
        return self.sluice("run", "c.yaml", "--source", self.source("one.jsonl", [(1, "a", 1.5)]),
                           "--target", f"{folder}/t", "--quiet")

    def test_a_folder_that_the_kernel_takes_for_another_is_refused(self) -> None:
        for number, name in enumerate(("a%20b", "%C3%A4", "a%2fb", "a\\b", "a\tb", "a\nb",
                                       "a\x01b", "a\x7fb")):
            with self.subTest(name):
                (self.folder / name).mkdir()
                (self.folder / f"link{number}").symlink_to(name)
                for way in (name, f"link{number}"):
                    done = self.run_in(way)
                    self.assertEqual(done.code, 1, done.err)
                    self.assertIn("hexadecimal", done.err)
                    self.assertIn(" hint: ", done.err)
                    told = self.sluice("table", "rows", f"{way}/t")
                    self.assertNotEqual(told.code, 0)
                left = without_run_records(contents(self.folder / name))
                self.assertEqual(left, {})

    def test_a_neighbour_of_the_decoded_name_is_left_alone(self) -> None:
        self.assertEqual(self.run_in("a b").code, 0)
        before = without_run_records(contents(self.folder / "a b"))
        self.assertNotEqual(self.run_in("a%20b").code, 0)
        self.assertEqual(without_run_records(contents(self.folder / "a b")), before)

    def test_other_signs_are_fine(self) -> None:
        for name in ("a%b", "100% x", "a#b?c", "a|b;c=d&e", "\u00e4 \u00f6", "a'\"b", "[a]*",
                     "a:b"):
            with self.subTest(name):
                done = self.run_in(name)
                self.assertEqual(done.code, 0, done.err)
                told = self.sluice("table", "rows", f"{name}/t", "--json")
                self.assertEqual(told.code, 0, told.err)
                self.assertEqual(len(json.loads(told.out)["rows"]), 1)


@needs_delta
class CleanedLog(DeltaFolder):
    """Another program takes old entries of the log away, as Spark does by itself after 30 days."""

    def stream(self, name: str) -> str:
        self.write(f"{name}.yaml", f"""\
version: 1.0.0
info: {{title: Trips, table_name: trips_{name}}}
model: {{fields: [{{name: id, type: long}}]}}
source: {{type: landing, path: '{name}/*.jsonl', load_mode: incremental}}
materialization: {{strategy: append, format: delta, target_path: t}}
""")
        return f"{name}.yaml"

    def run_stream(self, name: str, number: int | None = None) -> str:
        if number is not None:
            self.write(f"{name}/{number}.jsonl", json.dumps({"id": number}) + "\n")
        done = self.sluice("run", self.stream(name), "--json", "--quiet")
        self.assertEqual(done.code, 0, done.err)
        return json.loads(done.out)["status"]

    def test_a_quiet_stream_goes_on(self) -> None:
        self.run_stream("quiet", 1)
        for number in range(2, 14):
            self.run_stream("busy", number)
        for entry in (self.folder / "t/_delta_log").iterdir():
            os.utime(entry, (time.time() - 60 * 86400,) * 2)
        self.table().cleanup_metadata()
        self.assertFalse((self.folder / f"t/_delta_log/{1:020}.json").exists())
        self.assertEqual(self.run_stream("quiet"), "skipped")
        self.assertEqual(self.run_stream("quiet", 99), "succeeded")
        self.assertEqual(self.run_stream("busy"), "skipped")
        rows = self.ask("rows", "--limit", "100")["rows"]
        self.assertEqual(sorted(int(row["id"]) for row in rows), [*range(1, 14), 99])


@needs_delta
class ForeignTables(DeltaFolder):
    """Tables of delta-rs, or as others make them."""

    def test_a_nested_column_that_is_never_null_takes_none(self) -> None:
        import deltalake
        import pyarrow
        for kind, declared, value in (
                (pyarrow.list_(pyarrow.string()), "array<string>", ["a"]),
                (pyarrow.map_(pyarrow.string(), pyarrow.int64()), "map<string,long>", [("k", 1)]),
                (pyarrow.struct([("a", pyarrow.int64())]), "struct<a: long>", {"a": 1})):
            shutil.rmtree(self.folder / "t", ignore_errors=True)
            fields = [pyarrow.field("id", pyarrow.int64()),
                      pyarrow.field("x", kind, nullable=False)]
            deltalake.write_deltalake(str(self.folder / "t"), pyarrow.Table.from_pylist(
                [{"id": 1, "x": value}], schema=pyarrow.schema(fields)))
            for strategy in ("append", "merge"):
                with self.subTest(declared=declared, strategy=strategy):
                    self.write("c.yaml", f"""\
version: 1.0.0
info: {{title: T, table_name: t}}
model: {{fields: [{{name: id, type: long}}, {{name: x, type: "{declared}"}}]}}
primary_key: [id]
schema_policy: {{evolution: append}}
materialization: {{strategy: {strategy}, format: delta, target_path: t}}
""")
                    self.write("null.jsonl", json.dumps({"id": 2, "x": None}) + "\n")
                    before = self.table_files()
                    done = self.sluice("run", "c.yaml", "--source", "null.jsonl")
                    self.assertEqual(done.code, 1, done.err)
                    self.assertIn("never NULL: 1 rows without 'x'", done.err)
                    self.assertEqual(self.table_files(), before)

    def test_a_table_that_forgets_keys_soon_takes_no_stream(self) -> None:
        import deltalake
        for value, is_taken in (("interval 1 days", False), ("INTERVAL 40 HOURS", False),
                                ("interval 4 weeks", False), ("interval 5 weeks", True),
                                ("interval 30 days", True), ("interval 999999999 weeks", True)):
            with self.subTest(value):
                shutil.rmtree(self.folder / "t", ignore_errors=True)
                shutil.rmtree(self.folder / "_sluice", ignore_errors=True)
                self.write_foreign([(1, "a", 1.5)], configuration={
                    "delta.setTransactionRetentionDuration": value})
                self.contract("append")
                if is_taken:
                    self.run_rows("two.jsonl", [(2, "b", 2.5)])
                    continue
                said = self.refused()
                self.assertIn(f"delta.setTransactionRetentionDuration = {value}", said)
                self.contract("append", ", table_properties: "
                              "{delta.setTransactionRetentionDuration: interval 90 days}")
                done = self.sluice("ddl", "c.yaml", "--apply", "--target", "t")
                self.assertEqual(done.code, 0, done.err)
                self.run_rows("two.jsonl", [(2, "b", 2.5)])
        self.assertEqual(deltalake.DeltaTable(str(self.folder / "t")).version(), 1)

    def test_partitions_that_no_new_table_has_are_not_written(self) -> None:
        import deltalake
        import pyarrow
        for kind, values, text in (("double", [1.5], "2.5"), ("binary", [b"a"], "YQ==")):
            with self.subTest(kind):
                shutil.rmtree(self.folder / "t", ignore_errors=True)
                table = pyarrow.table({"id": pyarrow.array([1], pyarrow.int64()), "p": values})
                deltalake.write_deltalake(str(self.folder / "t"), table, partition_by=["p"])
                self.write("c.yaml", f"""\
version: 1.0.0
info: {{title: Trips, table_name: trips}}
model: {{fields: [{{name: id, type: long}}, {{name: p, type: {kind}}}]}}
materialization: {{strategy: append, format: delta, partition_by: [p]}}
""")
                before = self.table_files()
                self.write("two.jsonl", json.dumps({"id": 2, "p": text}) + "\n")
                done = self.sluice(*self.words("two.jsonl"))
                self.assertNotEqual(done.code, 0)
                self.assertIn("'p'", done.err)
                self.assertIn("partitioned", done.err)
                self.assertEqual(self.table_files(), before)

    def without_counts(self) -> None:
        shutil.rmtree(self.folder / "t", ignore_errors=True)
        self.write_foreign([(1, "a", 1.5), (2, "b", 2.5), (3, "c", 3.5)])
        log = self.folder / "t/_delta_log/00000000000000000000.json"
        lines = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
        for line in lines:
            line.get("add", {}).pop("stats", None)
        log.write_text("".join(json.dumps(one) + "\n" for one in lines), "utf-8")

    def test_rows_that_the_log_does_not_count_are_counted(self) -> None:
        for strategy, rows, counts in (("append", 4, (1, 0)), ("merge", 4, (1, 0)),
                                       ("overwrite", 1, (1, 3))):
            with self.subTest(strategy):
                self.without_counts()
                self.contract(strategy)
                done = self.sluice(*self.words(self.source("x.jsonl", [(7, "z", 9.5)]))[:-1],
                                   "--json")
                self.assertEqual(done.code, 0, done.err)
                newest = self.ask("history")["versions"][0]
                self.assertEqual((newest["operation"], newest["rows"]), (strategy, rows))
                written = json.loads(done.out)["target"]
                self.assertEqual((written["inserted"], written["deleted"]), counts)
        self.without_counts()
        self.contract("append", ", table_properties: {owner: ann}")
        done = self.sluice("ddl", "c.yaml", "--apply", "--target", "t")
        self.assertEqual(done.code, 0, done.err)
        self.assertEqual(self.ask("history")["versions"][0]["rows"], 3)


if __name__ == "__main__":
    unittest.main()
