"""What cleaning and vacuuming leave alone, over each format: the files of a table that is reached
by a link, and those of tables in folders below it."""

import os
import time
import unittest
from pathlib import Path

from of_format import DeltaFormat, LakeFormat, OfFormat
from program import Done

MONTH_S = 30 * 86400
ROW = {"id": 1, "name": "a", "fare": 1.5}


def put_back_clocks(folder: Path) -> list[Path]:
    """All data files below a folder look a month old."""
    files = sorted(folder.rglob("*.parquet"))
    for file in files:
        os.utime(file, (time.time() - MONTH_S,) * 2)
    return files


class Kept:
    def test_a_table_that_is_reached_by_a_link(self) -> None:
        (self.folder / "real").mkdir()
        (self.folder / "link").symlink_to("real")
        self.table = self.target = self.target_below("link")
        self.contract()
        self.write_rows("one.jsonl", [ROW])
        self.write_rows("two.jsonl", [ROW | {"id": 2}])
        files = put_back_clocks(self.folder / "real")
        self.assertGreaterEqual(len(files), self.data_files)
        for action in ("clean", "vacuum"):
            for self.table in self.names():
                with self.subTest(f"{action} {self.table}"):
                    self.assertEqual(self.ask(action)["deleted"], 0)
                    self.assertEqual(self.ids(), [1, 2])
        self.contract(strategy="overwrite")
        self.write_rows("three.jsonl", [ROW | {"id": 3}])
        put_back_clocks(self.folder / "real")
        done = self.ask("vacuum", "--older-than", "0s", "--force")
        self.assertEqual((done["failed"], self.ids()), (0, [3]))
        self.assertEqual(len(put_back_clocks(self.folder / "real")), self.data_files // 2)

    data_files = 2

    def target_below(self, folder: str) -> str:
        return f"{folder}/t"

    def names(self) -> list[str]:
        return [str(self.folder / self.target), self.target]


class OfFolders(Kept):
    def test_tables_below_the_table(self) -> None:
        self.contract()
        self.write_rows("one.jsonl", [ROW])
        mine = (self.format, self.table)
        below = [(kind, f"t/{kind}/orders") for kind in ("parquet", "delta")]
        for self.format, self.target in below:
            self.contract()
            self.write_rows("below.jsonl", [ROW | {"id": 2}])
            self.contract(strategy="overwrite")
            self.write_rows("below.jsonl", [ROW | {"id": 3}])
        files = put_back_clocks(self.folder)
        self.format, self.table = mine
        for action in (["clean"], ["vacuum"], ["vacuum", "--older-than", "0s", "--force"]):
            with self.subTest(" ".join(action)):
                self.assertEqual(self.ask(*action)["deleted"], 0)
                self.assertEqual([file for file in files if not file.exists()], [])
        for _, self.table in below:
            self.assertEqual(self.ids(), [3])
            self.assertEqual(self.ids("--version", "1"), [2])


class ParquetKept(OfFolders, OfFormat):
    pass


class DeltaKept(OfFolders, DeltaFormat):
    def test_nothing_is_removed_while_a_live_file_is_not_there(self) -> None:
        self.contract()
        self.write_rows("one.jsonl", [ROW])
        self.write_rows("two.jsonl", [ROW | {"id": 2}])
        first, second = put_back_clocks(self.folder / "t")
        stray = first.with_name("01890000-0000-7000-8000-000000000000-0.parquet")
        stray.write_bytes(first.read_bytes())
        put_back_clocks(self.folder / "t")
        whole = first.read_bytes()
        first.unlink()
        for action in ("clean", "vacuum"):
            with self.subTest(action):
                said = self.refused(action).err
                self.assertIn("nothing was removed", said)
                self.assertIn(first.name, said)
                self.assertTrue(second.exists() and stray.exists())
        first.write_bytes(whole)
        self.assertEqual(self.ask("clean")["deleted"], 1)
        self.assertEqual((stray.exists(), self.ids()), (False, [1, 2]))


class LakeKept(Kept, LakeFormat):
    data_files = 0  # rows of small writes may lie in the catalog

    def target_below(self, folder: str) -> str:
        self.catalog = str(self.folder / folder / "lake.ducklake")
        return self.target

    def names(self) -> list[str]:
        return [self.target]

    def sluice(self, *words: str, **changes: str) -> Done:
        return super().sluice(*words, DUCKLAKE_METADATA=self.catalog, **changes)


if __name__ == "__main__":
    unittest.main()
