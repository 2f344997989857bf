"""Tables that cannot be written, over each format: the object is named, and nothing is written."""

import json
import re
import subprocess
import unittest

from of_format import DeltaFormat, LakeFormat, OfFormat, contents, without_run_records

ROWS = [{"id": 1, "name": "a", "fare": 1.5}]
CAPABILITIES = "-dac_override,-dac_read_search"
WITHOUT_RIGHTS = ("setpriv", f"--bounding-set={CAPABILITIES}", f"--inh-caps={CAPABILITIES}")
CAN_DROP_RIGHTS = subprocess.run([*WITHOUT_RIGHTS, "true"], check=False,
                                 capture_output=True).returncode == 0


class Refusing:
    def stored(self) -> dict[str, bytes]:
        return {name: data for name, data in without_run_records(contents(self.folder)).items()
                if not name.endswith((".jsonl", ".yaml"))}

    def check_refused(self, *said: str, before: tuple[str, ...] = ()) -> None:
        self.write("more.jsonl", '{"id": 7, "name": "g", "fare": 7.5}\n')
        was = self.stored()
        done = self.sluice("run", "c.yaml", "--source", "more.jsonl", "--quiet", before=before)
        self.assertNotEqual(done.code, 0)
        for text in said:
            self.assertIn(text, done.err)
        self.assertEqual(self.stored(), was)

    def made(self) -> None:
        self.contract()
        self.write_rows("one.jsonl", ROWS)

    def check_read_only(self, *folders: str) -> None:
        self.made()
        for folder in folders:
            (self.folder / folder).chmod(0o555)
        self.check_refused(str(self.folder), "Permission denied", before=WITHOUT_RIGHTS)
        for folder in folders:
            (self.folder / folder).chmod(0o755)
        self.write_rows("again.jsonl", [{"id": 8, "name": "h", "fare": 8.5}])


class ParquetRefusing(Refusing, OfFormat):
    @unittest.skipUnless(CAN_DROP_RIGHTS, "setpriv cannot take the rights of this user away")
    def test_a_folder_that_may_not_be_written(self) -> None:
        self.check_read_only("t", "t/_sluice", "t/_sluice/manifest")

    def test_a_manifest_cut_short(self) -> None:
        self.made()
        newest = max((self.folder / "t/_sluice/manifest").glob("0*.json"))
        newest.write_bytes(newest.read_bytes()[:-100])
        self.check_refused(newest.name, "manifest")

    def test_a_checkpoint_cut_short(self) -> None:
        self.made()
        for number in range(16):
            self.write_rows(f"{number}.jsonl", [{"id": number, "name": "x", "fare": 0.5}])
        checkpoint = self.folder / "t/_sluice/manifest/00000000000000000016.json"
        checkpoint.write_bytes(checkpoint.read_bytes()[:200])
        self.check_refused(checkpoint.name)

    def test_a_manifest_that_is_gone_before_others(self) -> None:
        self.made()
        for number in range(3):
            self.write_rows(f"{number}.jsonl", [{"id": number, "name": "x", "fare": 0.5}])
        for version in (0, 1, 2, 3):
            entry = self.folder / f"t/_sluice/manifest/0000000000000000000{version}.json"
            with self.subTest(version):
                text = entry.read_bytes()
                entry.unlink()
                self.check_refused(entry.name, "is gone while later ones exist")
                entry.write_bytes(text)
        self.assertEqual(len(self.ask("rows")["rows"]), len(ROWS) + 3)

    def test_a_folder_of_another_format(self) -> None:
        for name, what in (("_delta_log/00000000000000000000.json", "a Delta table"),
                           ("metadata/v1.metadata.json", "an Iceberg table"),
                           ("part-0.parquet", "Parquet files")):
            with self.subTest(what):
                self.contract(more="")
                path = self.write(f"t/{name}", b"{}")
                self.check_refused(what, str(path))
                path.unlink()


class DeltaRefusing(Refusing, DeltaFormat):
    @unittest.skipUnless(CAN_DROP_RIGHTS, "setpriv cannot take the rights of this user away")
    def test_a_folder_that_may_not_be_written(self) -> None:
        self.check_read_only("t", "t/_sluice", "t/_delta_log")

    def test_a_commit_that_is_gone(self) -> None:
        self.made()
        self.write_rows("two.jsonl", [{"id": 2, "name": "b", "fare": 2.5}])
        (self.folder / "t/_delta_log/00000000000000000001.json").unlink()
        self.check_refused(str(self.folder / "t"), "00000000000000000001.json' is gone")

    def test_an_entry_of_the_log_without_a_byte(self) -> None:
        self.made()
        self.write_rows("two.jsonl", [{"id": 2, "name": "b", "fare": 2.5}])
        for cut in (1, 2):  # its rows would be lost in silence
            entry = self.folder / f"t/_delta_log/0000000000000000000{cut}.json"
            with self.subTest(cut):
                whole = entry.read_bytes()
                entry.write_bytes(b"")
                self.check_refused(str(entry), "has no bytes")
                entry.write_bytes(whole)

    def test_an_entry_and_a_checkpoint_cut_short(self) -> None:
        self.made()
        entry = self.folder / "t/_delta_log/00000000000000000001.json"
        whole = entry.read_bytes()
        entry.write_bytes(whole[:-100])
        self.check_refused(str(entry), "not whole")
        entry.write_bytes(whole)
        for number in range(10):
            self.write_rows(f"{number}.jsonl", [{"id": number, "name": "x", "fare": 0.5}])
        checkpoint, = (self.folder / "t/_delta_log").glob("*.checkpoint.parquet")
        checkpoint.write_bytes(checkpoint.read_bytes()[:200])
        self.check_refused(str(checkpoint), "not whole")

    def test_an_entry_that_no_reader_takes(self) -> None:
        self.made()
        entry = self.folder / "t/_delta_log/00000000000000000001.json"
        whole = entry.read_text("utf-8")
        for broken in (re.sub(r'"size": *[0-9]+', '"size":"x"', whole),
                       re.sub(r'"path": *"[^"]*",', "", whole), "[1,2]\n" + whole):
            with self.subTest(broken=broken[:80]):
                self.assertNotEqual(broken, whole)
                entry.write_text(broken, "utf-8")
                self.assertIn(f"'{entry}' is broken", self.refused("rows").err)
        entry.write_text(whole, "utf-8")

    def test_a_checkpoint_that_is_broken_inside(self) -> None:
        self.made()
        for number in range(10):
            self.write_rows(f"{number}.jsonl", [{"id": number, "name": "x", "fare": 0.5}])
        checkpoint, = (self.folder / "t/_delta_log").glob("*.checkpoint.parquet")
        data = bytearray(checkpoint.read_bytes())
        data[600:640] = bytes(one ^ 0xff for one in data[600:640])
        checkpoint.write_bytes(data)
        done = self.sluice("table", "rows", self.table)
        self.assertEqual(done.code, 1, done.out)
        self.assertIn(f"'{self.folder / 't'}'", done.err)

    def test_a_folder_of_another_format(self) -> None:
        for name, what in (("_sluice/manifest/00000000000000000000.json", "a Parquet folder"),
                           ("metadata/v1.metadata.json", "an Iceberg table")):
            with self.subTest(what):
                self.contract()
                path = self.write(f"t/{name}", b"{}")
                self.check_refused(what, str(path))
                path.unlink()


class LakeRefusing(Refusing, LakeFormat):
    def made(self) -> None:
        self.contract()
        self.write_rows("one.jsonl", self.many(0))

    def many(self, first: int) -> list[dict]:
        """More rows than a catalog keeps for itself."""
        return [{"id": first + number, "name": "x", "fare": 0.5} for number in range(2_000)]

    def check_denied(self, *paths: str) -> None:
        modes = {path: path.stat().st_mode for name in paths
                 for path in [self.folder / name, *(self.folder / name).rglob("*")]}
        self.write("more.jsonl", "".join(json.dumps(row) + "\n" for row in self.many(5_000)))
        for path in modes:
            path.chmod(0o555 if path.is_dir() else 0o444)
        done = self.sluice("run", "c.yaml", "--source", "more.jsonl", "--quiet",
                           before=WITHOUT_RIGHTS)
        for path, mode in modes.items():
            path.chmod(mode)
        self.assertEqual(done.code, 4, done.err)
        self.assertIn(str(self.folder / paths[0]), done.err)
        again = self.sluice("run", "c.yaml", "--source", "more.jsonl", "--json", "--quiet")
        self.assertEqual(again.code, 0, again.err)
        target = json.loads(again.out)["target"]
        self.assertEqual((target["version"], target["inserted"]), (2, 2_000), "nothing before it")

    @unittest.skipUnless(CAN_DROP_RIGHTS, "setpriv cannot take the rights of this user away")
    def test_data_that_may_not_be_written(self) -> None:
        self.made()
        self.check_denied("lake.ducklake.files")

    @unittest.skipUnless(CAN_DROP_RIGHTS, "setpriv cannot take the rights of this user away")
    def test_a_catalog_that_may_not_be_written(self) -> None:
        self.made()
        self.check_denied("lake.ducklake")


if __name__ == "__main__":
    unittest.main()
