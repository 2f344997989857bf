"""Delta tables of contract runs, judged by delta-rs: it reads what Sluice wrote, and Sluice reads,
appends to and merges into what it wrote. What cannot be read or written is refused by name."""

import json
import os
import shutil
import struct
import subprocess
import unittest

from delta_folder import (
    CONTRACT,
    PATIENCE_S,
    SLUICE,
    DeltaFolder,
    contents,
    environment,
    needs_delta,
)

Z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"


def bitmap_of(rows: list[int]) -> bytes:
    """Row numbers below 65,536 as Delta's bitmap, filled up to four bytes."""
    values = struct.pack(f"<{len(rows)}H", *sorted(rows))
    bitmap = struct.pack("<IIHHI", 12346, 1, 0, len(rows) - 1, 16) + values
    whole = struct.pack("<IqI", 1681511377, 1, 0) + bitmap
    return whole + bytes(-len(whole) % 4)


def z85(data: bytes) -> str:
    text = ""
    for (word,) in struct.iter_unpack(">I", data):
        text += "".join(Z85[word // 85 ** place % 85] for place in (4, 3, 2, 1, 0))
    return text


@needs_delta
class Delta(DeltaFolder):
    def test_delta_rs_agrees_on_rows_schema_partitions_and_statistics(self) -> None:
        import pyarrow
        self.contract("append", ", partition_by: [day]")
        rows = [(1, "mon", 1.5), (2, "tue wed", 2.5), (3, None, None), (4, "mon", 4.0)]
        self.run_rows("one.jsonl", rows)
        table = self.table()
        self.assertEqual(sorted(self.rows(), key=str), sorted(rows, key=str))
        self.assertEqual([(f.name, f.type.type) for f in table.schema().fields][:3],
                         [("id", "long"), ("day", "string"), ("fare", "double")])
        self.assertEqual(table.metadata().partition_columns, ["day"])
        files = pyarrow.table(table.get_add_actions(flatten=True)).to_pylist()
        seen = {f["partition.day"]: (f["num_records"], f["min.id"], f["max.id"]) for f in files}
        self.assertEqual(seen, {"mon": (2, 1, 4), "tue wed": (1, 2, 2), None: (1, 3, 3)})

    def test_delta_rs_agrees_on_nulls_and_bounds_after_every_write(self) -> None:
        import pyarrow.parquet
        self.contract("append")
        self.run_rows("one.jsonl", [(1, "mon", 1.5), (2, None, None), (3, "wed", None)])
        self.contract("merge")
        self.run_rows("two.jsonl", [(3, "fri", 3.5), (4, None, None)])
        for file in pyarrow.table(self.table().get_add_actions(flatten=True)).to_pylist():
            place = self.folder / "t" / file["path"]
            read = pyarrow.parquet.read_table(place).to_pylist()
            self.assertEqual(file["num_records"], len(read))
            for name in ("id", "day", "fare"):
                values = [row[name] for row in read if row[name] is not None]
                self.assertEqual(file[f"null_count.{name}"], len(read) - len(values))
                for bound, value in (("min", min(values)), ("max", max(values))):
                    self.assertIn(file.get(f"{bound}.{name}"), (value, None))
            self.assertEqual((file["min.id"], file["max.id"]),
                             (min(row["id"] for row in read), max(row["id"] for row in read)))
        self.assertEqual(self.rows_of_the_log(), [(1, 1.5), (2, None), (3, 3.5), (4, None)])

    def test_a_table_of_delta_rs_is_merged_into_and_gets_its_checkpoint(self) -> None:
        for number in range(9):
            self.write_foreign([(number, "d 1" if number % 2 else None, 1.0)],
                               partition_by=["day"])
        self.contract("merge")
        self.run_rows("merge.jsonl", [(1, "d 1", 9.0), (100, "new", 100.0)])
        self.run_rows("again.jsonl", [(100, "new", 101.0)])
        self.assertEqual(self.table().version(), 10)
        names = self.table_files()
        self.assertTrue(any("00000000000000000010.checkpoint" in name for name in names))
        by_id = {row["id"]: (row["day"], row["fare"])
                 for row in self.table().to_pyarrow_table().to_pylist()}
        wanted = {number: ("d 1" if number % 2 else None, 1.0) for number in range(9)}
        self.assertEqual(by_id, wanted | {1: ("d 1", 9.0), 100: ("new", 101.0)})

    def delete_by_vector(self, rows: list[int]) -> str:
        """Another program has deleted rows of the one file by their numbers; the path of it."""
        folder = self.folder / "t/_delta_log"
        lines = [json.loads(line) for line in
                 (folder / "00000000000000000000.json").read_text("utf-8").splitlines()]
        for line in lines:
            if "protocol" in line:
                line["protocol"] = {"minReaderVersion": 3, "minWriterVersion": 7,
                                    "readerFeatures": ["deletionVectors"],
                                    "writerFeatures": ["deletionVectors"]}
        (folder / "00000000000000000000.json").write_text(
            "\n".join(map(json.dumps, lines)) + "\n", "utf-8")
        (added,) = [line["add"] for line in lines if "add" in line]
        bitmap = bitmap_of(rows)
        vector = {"storageType": "i", "pathOrInlineDv": z85(bitmap), "sizeInBytes": len(bitmap),
                  "cardinality": len(rows)}
        actions = [{"remove": {"path": added["path"], "deletionTimestamp": 1, "dataChange": True}},
                   {"add": added | {"deletionVector": vector}}]
        (folder / "00000000000000000001.json").write_text(
            "\n".join(map(json.dumps, actions)) + "\n", "utf-8")
        return added["path"]

    def test_rows_that_others_deleted_by_a_vector_stay_deleted(self) -> None:
        self.write_foreign([(1, "a", 1.0), (2, "b", 2.0), (3, "c", 3.0)])
        path = self.delete_by_vector([1])
        self.contract("append")
        self.run_rows("more.jsonl", [(4, "d", 4.0)])
        self.contract("merge")
        self.run_rows("merge.jsonl", [(2, "again", 2.5), (3, "c", 9.0)])
        newest = max((self.folder / "t/_delta_log").glob("0*.json"))
        removed = [json.loads(line)["remove"] for line in newest.read_text("utf-8").splitlines()
                   if "remove" in json.loads(line)]
        self.assertEqual([(one["path"], one["deletionVector"]["cardinality"])
                          for one in removed if one["path"] == path], [(path, 1)])
        self.assertEqual(self.rows_of_the_log(), [(1, 1.0), (2, 2.5), (3, 9.0), (4, 4.0)])

    def rows_of_the_log(self) -> list[tuple]:
        """What stands in the files that the log's JSON names, where none has a vector."""
        import pyarrow.parquet
        alive: dict[str, dict] = {}
        for entry in sorted((self.folder / "t/_delta_log").glob("0*.json")):
            actions = [json.loads(line) for line in entry.read_text("utf-8").splitlines()]
            for gone in (one["remove"] for one in actions if "remove" in one):
                alive.pop(gone["path"], None)
            alive.update({one["add"]["path"]: one["add"] for one in actions if "add" in one})
        self.assertEqual([path for path, one in alive.items() if one.get("deletionVector")], [])
        rows = [row for path in alive
                for row in pyarrow.parquet.read_table(self.folder / "t" / path).to_pylist()]
        return sorted(((row["id"], row["fare"]) for row in rows), key=lambda row: row[0])

    def test_two_processes_with_one_batch_write_it_once(self) -> None:
        self.contract("append")
        self.run_rows("first.jsonl", [(1, "a", 1.0)])
        words = self.words(self.source("next.jsonl", [(2, "b", 2.0)]))
        both = [subprocess.Popen([str(SLUICE), *words], cwd=self.folder, env=environment(),
                                 stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.PIPE) for _ in range(2)]
        for process in both:
            _, said = process.communicate(timeout=PATIENCE_S)
            self.assertEqual(process.returncode, 0, said)
        self.assertEqual(self.rows(), [(1, "a", 1.0), (2, "b", 2.0)])

    def test_a_feature_that_is_not_known_is_refused_before_anything_is_written(self) -> None:
        self.contract("append")
        self.write_foreign([(1, "a", 1.0)])
        log = self.folder / "t/_delta_log/00000000000000000000.json"
        lines = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
        for line in lines:
            if "protocol" in line:
                line["protocol"] = {"minReaderVersion": 3, "minWriterVersion": 7,
                                    "readerFeatures": [], "writerFeatures": ["fromTheFuture"]}
        log.write_text("\n".join(map(json.dumps, lines)) + "\n", "utf-8")
        said = self.refused()
        self.assertIn("feature", said)
        self.assertIn("fromTheFuture", said)

    def test_constraints_of_the_table_are_not_passed_by(self) -> None:
        self.contract("append")
        self.write_foreign([(1, "a", 1.0)])
        self.table().alter.add_constraint({"fare_small": "fare < 5"})
        self.assertIn("checkConstraints", self.refused())

    def test_a_table_of_appends_alone_takes_no_merge(self) -> None:
        self.contract("merge")
        self.write_foreign([(1, "a", 1.0)], configuration={"delta.appendOnly": "true"})
        self.assertIn("delta.appendOnly", self.refused())

    def test_a_broken_commit_is_named(self) -> None:
        self.contract("append")
        self.write_foreign([(1, "a", 1.0)])
        log = self.folder / "t/_delta_log/00000000000000000000.json"
        log.write_bytes(log.read_bytes()[:-200])
        self.assertIn(str(self.folder / "t"), self.refused())

    def test_a_checkpoint_cut_short_is_named(self) -> None:
        self.contract("append")
        self.write_foreign([(1, "a", 1.0)])
        self.table().create_checkpoint()
        (checkpoint,) = (self.folder / "t/_delta_log").glob("*.checkpoint.parquet")
        checkpoint.write_bytes(checkpoint.read_bytes()[:-50])
        self.assertIn(str(self.folder / "t"), self.refused())

    def read_on(self) -> dict:
        """A run from the table into a Parquet folder: its report."""
        text = CONTRACT.format(strategy="append", more="").replace("format: delta",
                                                                   "format: parquet")
        self.write("on.yaml", text + "source: {type: delta, path: t}\n")
        done = self.sluice("run", "on.yaml", "--target", "on", "--json", "--quiet")
        self.assertEqual(done.code, 0, done.err)
        return json.loads(done.out)

    def test_a_table_is_a_source_once_for_each_version(self) -> None:
        self.contract("append")
        self.write_foreign([(1, "a", 1.0), (2, "b", 2.0)], partition_by=["day"])
        self.assertEqual(self.read_on()["rows"]["written"], 2)
        self.assertEqual(self.read_on()["status"], "skipped")
        self.table().delete("id = 1")
        self.write_foreign([(3, "c", 3.0)])
        self.assertEqual(self.read_on()["rows"]["source"], 2)

    def test_a_table_is_a_link(self) -> None:
        self.write_foreign([(1, "a", 1.5), (2, "b", 2.5)])
        self.table().delete("id = 2")
        text = CONTRACT.format(strategy="append", more="").replace("format: delta",
                                                                   "format: parquet")
        self.write("l.yaml", text + "links: [{name: known, path: t}]\n"
                   "quality: {row_rules: [{name: known, sql: 'id IN (SELECT id FROM known)'}]}\n")
        source = self.source("l.jsonl", [(1, "x", 0.5), (2, "y", 0.5)])
        done = self.sluice("run", "l.yaml", "--source", source, "--no-materialize", "--json")
        self.assertEqual(done.code, 0, done.err)
        self.assertEqual(json.loads(done.out)["rows"]["quarantined"], 1)

    def test_a_dry_run_names_the_table_that_it_would_read(self) -> None:
        self.write_foreign([(1, "a", 1.0)])
        before = contents(self.folder / "t")
        self.write("on.yaml", CONTRACT.format(strategy="append", more="").replace(
            "format: delta", "format: parquet") + "source: {type: landing, path: t}\n")
        done = self.sluice("run", "on.yaml", "--target", "on", "--dry-run")
        self.assertEqual(done.code, 0, done.err)
        self.assertIn("t", done.out)
        self.assertEqual(contents(self.folder / "t"), before)
        self.assertFalse((self.folder / "on").exists())

    def test_a_folder_of_another_format_is_refused(self) -> None:
        self.contract("append")
        self.write("t/part.parquet", b"PAR1")
        self.assertIn("already holds Parquet files", self.refused())

    def test_what_a_killed_first_run_left_is_no_obstacle_and_is_cleaned_up(self) -> None:
        orphan = "01a205e5-29c5-71e7-8f87-fb032b31bd0b-f350469a-0.parquet"
        for folder, more in (("", ""), ("day=a/", ", partition_by: [day]")):
            with self.subTest(folder=folder):
                self.contract("append", more)
                left = self.write(f"t/{folder}{orphan}", b"PAR1")
                self.run_rows("one.jsonl", [(1, "a", 1.5)])
                self.assertEqual(self.rows(), [(1, "a", 1.5)])
                cleaned = self.ask("clean", "--older-than", "0s", "--force")
                self.assertEqual((cleaned["deleted"], left.exists()), (1, False))
                self.assertEqual(self.rows(), [(1, "a", 1.5)])
                shutil.rmtree(self.folder / "t")

    @unittest.skipIf(os.geteuid() == 0 and shutil.which("setpriv") is None, "root, and no setpriv")
    def test_a_log_that_may_not_be_written_is_told_at_once_and_no_file_is_left(self) -> None:
        self.contract("append")
        self.run_rows("one.jsonl", [(1, "a", 1.5)])
        before = self.table_files()
        log = self.folder / "t/_delta_log"
        log.chmod(0o555)
        self.addCleanup(log.chmod, 0o755)
        rights = ["setpriv", "--bounding-set", "-dac_override"] if os.geteuid() == 0 else []
        words = self.words(self.source("two.jsonl", [(2, "b", 2.5)]))
        done = subprocess.run([*rights, SLUICE, *words],
                              cwd=self.folder, env=environment(), capture_output=True, text=True,
                              timeout=PATIENCE_S)
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn(f"writing the log of the Delta table failed (Permission denied): '{log}'",
                      done.stderr)
        self.assertIn(" hint: give this user the right to read and write there", done.stderr)
        self.assertNotIn("trying to commit", done.stderr)
        self.assertEqual(self.table_files(), before)

    def test_files_with_names_of_other_programs_beside_ours_are_an_obstacle(self) -> None:
        self.contract("append")
        self.write("t/01a205e5-29c5-71e7-8f87-fb032b31bd0b-f350469a-0.parquet", b"PAR1")
        self.write("t/part-01a205e5-29c5-71e7-8f87-fb032b31bd0b.parquet", b"PAR1")
        self.assertIn("already holds Parquet files", self.refused())

    def test_a_parquet_folder_is_an_obstacle(self) -> None:
        self.contract("append")
        contract = self.folder / "c.yaml"
        contract.write_text(contract.read_text().replace("format: delta", "format: parquet"))
        self.run_rows("one.jsonl", [(1, "a", 1.5)])
        self.contract("append")
        self.assertIn("already holds a Parquet folder", self.refused())



if __name__ == "__main__":
    unittest.main()
