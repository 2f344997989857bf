"""Source files that `post_ingestion` deletes or archives: when, which ones, and what a crash or a
full name leaves to the next run."""

import json
import os
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cli"))
from program import Done, InFolder, contents

CONTRACT = """\
info: {title: Orders, table_name: orders}
source: {path: SOURCE, load_mode: incremental, post_ingestion: {CLEANUP}}
model: {fields: [{name: id, type: integer, required: true}]}
materialization: {strategy: append, format: parquet, target_path: lake/orders}
"""
ARCHIVE = "action: archive, archive_path: done"


class Cleanup(InFolder):
    def contract(self, cleanup: str, source: str = "landing") -> None:
        self.write("orders.yaml",
                   CONTRACT.replace("SOURCE", source).replace("CLEANUP", cleanup))

    def land(self, name: str, *ids: int | str) -> None:
        self.write(f"landing/{name}.csv", "id\n" + "".join(f"{i}\n" for i in ids))

    def run_it(self, *words: str, code: int = 0) -> Done:
        done = self.sluice("run", "orders.yaml", *words)
        self.assertEqual(done.code, code, done.err)
        return done

    def files(self, folder: str) -> list[str]:
        return sorted(contents(self.folder / folder))

    def rows(self) -> list[int]:
        done = self.sluice("table", "rows", "orders.yaml", "--json")
        self.assertEqual(done.code, 0, done.err)
        return sorted(row["id"] for row in json.loads(done.out)["rows"])

    def test_files_are_deleted_when_their_rows_are_written(self) -> None:
        self.contract("action: delete")
        self.land("a", 1, 2)
        self.land("deep/b", 3)
        self.assertRegex(self.run_it().err, r"(?m)^  cleaned up +2 +source files removed$")
        self.assertEqual(self.files("landing"), [])
        self.assertEqual(self.rows(), [1, 2, 3])
        self.land("a", 4)
        self.run_it()
        self.assertEqual(self.rows(), [1, 2, 3, 4])

    def test_files_are_archived_with_their_folders_and_nothing_is_replaced(self) -> None:
        self.contract(ARCHIVE)
        self.land("deep/a", 1)
        self.assertRegex(self.run_it().err, r"(?m)^  cleaned up +1 +source files moved to done$")
        self.assertEqual(self.files("done"), ["deep/a.csv"])
        self.land("deep/a", 2)
        self.run_it()
        names = self.files("done")
        self.assertEqual(len(names), 2)
        self.assertRegex(names[1], r"^deep/a~[0-9a-f]{12}\.csv$")
        self.assertEqual([(self.folder / "done" / name).read_text() for name in names],
                         ["id\n1\n", "id\n2\n"])
        self.assertEqual(self.files("landing"), [])

    def test_an_archive_on_another_file_system(self) -> None:
        if os.stat("/dev/shm").st_dev == os.stat(self.folder).st_dev:
            self.skipTest("one file system here")
        with tempfile.TemporaryDirectory(dir="/dev/shm") as other:
            self.contract(f"action: archive, archive_path: {other}/done")
            self.land("a", *range(100_000))
            text = (self.folder / "landing/a.csv").read_bytes()
            time = (self.folder / "landing/a.csv").stat().st_mtime_ns
            self.run_it()
            self.assertEqual(contents(Path(other)), {"done/a.csv": text})
            self.assertEqual(Path(other, "done/a.csv").stat().st_mtime_ns, time)
            self.assertEqual(self.files("landing"), [])

    def test_what_a_killed_run_left_is_cleaned_by_the_next_one(self) -> None:
        self.contract("action: retain")
        self.land("a", 1)
        self.run_it()
        self.contract(ARCHIVE)
        self.land("b", 2)
        self.run_it()
        self.assertEqual(self.files("done"), ["a.csv", "b.csv"])
        self.land("a", 1)  # as a run leaves it that died between the archive and the landing
        self.run_it()
        self.assertEqual((self.files("done"), self.files("landing")), (["a.csv", "b.csv"], []))
        self.assertEqual(self.rows(), [1, 2])

    def test_a_run_that_fails_touches_nothing(self) -> None:
        self.contract("action: delete")
        self.write("orders.yaml", (self.folder / "orders.yaml").read_text()
                   + "quarantine: {fail_on_quarantine: true}\n")
        self.land("a", 1, "x")
        self.run_it(code=1)
        self.assertEqual(self.files("landing"), ["a.csv"])

    def test_a_file_that_stays_is_a_warning_or_the_end_of_the_run(self) -> None:
        self.contract(ARCHIVE)
        self.write("done", "no folder")
        self.land("a", 1)
        self.assertIn("cleaning up", self.run_it().err)
        self.assertEqual((self.files("landing"), self.rows()), (["a.csv"], [1]))
        self.contract(ARCHIVE + ", cleanup_is_blocking: true")
        self.land("b", 2)
        self.assertIn("2 source files could not be cleaned up", self.run_it(code=1).err)
        self.assertEqual(self.rows(), [1, 2])
        self.assertIn("could not be cleaned up", self.run_it(code=1).err)
        (self.folder / "done").unlink()
        self.run_it()
        self.assertEqual((self.files("done"), self.files("landing")), (["a.csv", "b.csv"], []))
        self.assertEqual(self.rows(), [1, 2])

    def test_files_that_a_flag_names_stay(self) -> None:
        self.contract("action: delete")
        self.land("a", 1)
        self.assertIn("stay where they are", self.run_it("--source", "landing/a.csv").err)
        self.assertEqual(self.files("landing"), ["a.csv"])

    def test_a_dry_run_says_what_would_be_moved(self) -> None:
        self.contract(ARCHIVE)
        self.land("a", 1)
        done = self.run_it("--dry-run")
        self.assertIn(f"source file {self.folder}/landing/a.csv, moved to {self.folder}/done/a.csv",
                      done.out)
        self.assertEqual(self.files("landing"), ["a.csv"])

    def test_an_archive_that_the_source_reads_is_refused(self) -> None:
        self.land("a", 1)
        for source, archive in (("landing", "landing/done"), ("landing/**/*.csv", "landing/done"),
                                ("landing", "landing"), ("landing/*.csv", "landing")):
            self.contract(f"action: archive, archive_path: {archive}", source)
            done = self.run_it(code=3)
            self.assertIn("orders.yaml:2:", done.err)
            self.assertIn("read the files of its archive again", done.err)
        self.assertEqual(self.files("landing"), ["a.csv"])
        for source, archive in (("landing/*.csv", "landing/done"), ("landing", "landing/_done")):
            self.contract(f"action: archive, archive_path: {archive}", source)
            self.run_it("--again")
            self.assertEqual(self.files(archive), ["a.csv"])
            shutil.rmtree(self.folder / "landing")
            self.land("a", 1)


if __name__ == "__main__":
    unittest.main()
