"""Delta tables as the source of contract runs: what an incremental read takes for new, and how a
batch that was left unfinished is repeated at the version that it was of."""

import json
import shutil
import sys
import unittest
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cli"))
from program import BUILD, InFolder

UPSTREAM = """\
version: 1.0.0
info: {title: Up, table_name: up}
primary_key: [id]
model:
  fields:
    - {name: id, type: long, required: true}
    - {name: name, type: string}
    - {name: seen, type: timestamp}
materialization: {strategy: STRATEGY, format: delta, target_path: src}
"""
DOWNSTREAM = """\
version: 1.0.0
info: {title: Down, table_name: down}
primary_key: [id]
model:
  fields:
    - {name: id, type: long, required: true}
    - {name: name, type: string}
    - {name: seen, type: timestamp}
source: {type: delta, path: src, SOURCE}
materialization: {strategy: append, format: parquet, target_path: down}
"""
INCREMENTAL = "load_mode: incremental, watermark_field: seen"
HAS_MODULE = (BUILD / "lib/sluice/libsluice_delta.so").exists()


@unittest.skipUnless(HAS_MODULE, "built without Delta tables")
class DeltaSource(InFolder):
    def setUp(self) -> None:
        super().setUp()
        self.loads = 0
        self.down(INCREMENTAL)

    def down(self, source: str) -> None:
        self.write("down.yaml", DOWNSTREAM.replace("SOURCE", source))

    def grow(self, *rows: tuple[int, str, str | None], strategy: str = "append") -> None:
        """A version more of the source."""
        self.loads += 1
        self.write("up.yaml", UPSTREAM.replace("STRATEGY", strategy))
        lines = [json.dumps({"id": row[0], "name": row[1], "seen": row[2] and f"2026-01-{row[2]}"})
                 for row in rows]
        self.write(f"load{self.loads}.jsonl", "\n".join(lines) + "\n")
        done = self.sluice("run", "up.yaml", "--source", f"load{self.loads}.jsonl")
        self.assertEqual(done.code, 0, done.err)

    def read(self, *words: str) -> dict[str, Any]:
        done = self.sluice("run", "down.yaml", "--json", *words)
        self.assertEqual(done.code, 0, done.err)
        return json.loads(done.out)

    def taken(self, *words: str) -> tuple[str, int]:
        answer = self.read(*words)
        return answer["status"], answer["rows"]["source"]

    def refused(self, *words: str) -> str:
        done = self.sluice("run", "down.yaml", *words)
        self.assertNotEqual(done.code, 0)
        return done.err

    def rows(self) -> list[str]:
        done = self.sluice("table", "rows", "down.yaml", "--json")
        self.assertEqual(done.code, 0, done.err)
        return sorted(f"{row['id']} {row['name']}" for row in json.loads(done.out)["rows"])

    def test_an_incremental_read_takes_the_rows_above_its_watermark(self) -> None:
        self.grow((1, "a", "01"), (2, "b", "02"), (3, "c", None))
        first = self.read()
        self.assertEqual(first["rows"]["source"], 3)
        self.assertEqual(first.get("warnings", []), [])
        self.assertEqual(self.taken(), ("skipped", 0))
        self.grow((4, "d", "02"), (5, "e", "03"))
        second = self.read()
        self.assertEqual(second["rows"]["source"], 1)
        self.assertIn("1 rows of the source have no 'seen'", " ".join(second["warnings"]))
        self.grow((5, "late", "02"), strategy="merge")
        skipped = self.read()
        self.assertEqual((skipped["status"], skipped["reason"]),
                         ("skipped", "the table has no new row"))
        self.assertEqual(self.rows(), ["1 a", "2 b", "3 c", "5 e"])
        self.assertEqual(self.taken("--full")[1], 5)
        self.grow((6, "f", "04"))
        self.assertEqual(self.taken(), ("succeeded", 1))

    def test_it_goes_on_where_a_whole_version_was_read(self) -> None:
        self.down("load_mode: full")
        self.grow((1, "a", "01"), (2, "b", "02"))
        self.assertEqual(self.taken(), ("succeeded", 2))
        self.down(INCREMENTAL)
        self.grow((3, "c", "03"))
        self.assertEqual(self.taken(), ("succeeded", 1))
        self.assertEqual(self.rows(), ["1 a", "2 b", "3 c"])

    def test_a_table_that_was_made_anew_is_read_again(self) -> None:
        self.down("load_mode: full")
        self.grow((1, "a", "01"))
        self.assertEqual(self.taken(), ("succeeded", 1))
        self.assertEqual(self.taken(), ("skipped", 0))
        shutil.rmtree(self.folder / "src")
        self.grow((2, "b", "02"))
        self.assertEqual(self.taken(), ("succeeded", 1))
        self.assertEqual(self.rows(), ["1 a", "2 b"])

    def test_without_a_watermark_nothing_is_read_anew_in_silence(self) -> None:
        self.grow((1, "a", "01"))
        self.down("load_mode: incremental")
        self.assertIn("needs the column that tells new rows", self.refused())
        self.assertEqual(self.taken("--full"), ("succeeded", 1))
        self.down("load_mode: incremental, watermark_field: nowhere")
        self.assertIn("no column of its watermark: 'nowhere'", self.refused())

    def leave_unfinished(self) -> None:
        """The next batch is recorded, and its commit never came."""
        shutil.copytree(self.folder / "down", self.folder / "before")
        self.read("--state", "state")
        shutil.rmtree(self.folder / "down")
        (self.folder / "before").rename(self.folder / "down")

    def test_an_unfinished_batch_is_repeated_at_its_version(self) -> None:
        for source in ("load_mode: full", INCREMENTAL):
            with self.subTest(source=source):
                for name in ("src", "down", "state"):
                    shutil.rmtree(self.folder / name, ignore_errors=True)
                self.down(source)
                self.grow((1, "a", "01"))
                self.read("--state", "state")
                self.grow((2, "b", "02"))
                self.leave_unfinished()
                self.grow((3, "c", "03"))
                self.grow((2, "changed", "04"), strategy="merge")
                is_full = source != INCREMENTAL
                whole = ["1 a"] if is_full else []
                self.assertEqual(self.taken("--state", "state"),
                                 ("succeeded", 2 if is_full else 1))
                self.assertEqual(self.rows(), sorted(["1 a", "2 b", *whole]))
                self.assertEqual(self.taken("--state", "state"),
                                 ("succeeded", 3 if is_full else 2))
                later = ["2 changed", "3 c", *whole]
                self.assertEqual(self.rows(), sorted(["1 a", "2 b", *whole, *later]))
                self.assertEqual(self.taken("--state", "state")[0], "skipped")

    def read_both(self, kind: str, rows: list[str]) -> tuple[int, str]:
        """A row of the source after the other, `w` of which is the watermark; each is read."""
        fields = f"    - {{name: id, type: long}}\n    - {{name: w, type: {kind}}}\n"
        head, tail = UPSTREAM.split("primary_key")[0], UPSTREAM[UPSTREAM.index("materialization"):]
        model = f"model:\n  fields:\n{fields}"
        self.write("up.yaml", (head + model + tail).replace("STRATEGY", "append"))
        tail = DOWNSTREAM[DOWNSTREAM.index("source:"):].replace(
            "SOURCE", "load_mode: incremental, watermark_field: w")
        self.write("down.yaml", head + model + tail)
        for name in ("src", "down", "_sluice"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        for number, row in enumerate(rows, 1):
            has = f", {chr(34)}w{chr(34)}: {row}" if row else ""
            self.write("load.jsonl", f'{{"id": {number}{has}}}\n')
            done = self.sluice("run", "up.yaml", "--source", "load.jsonl", "--again")
            self.assertEqual(done.code, 0, done.err)
            done = self.sluice("run", "down.yaml")
            if done.code != 0:
                return done.code, done.err
        done = self.sluice("table", "rows", "down.yaml", "--json")
        return 0, " ".join(str(row["id"]) for row in json.loads(done.out)["rows"])

    def test_a_batch_without_a_watermark_was_read_all_the_same(self) -> None:
        self.assertEqual(self.read_both("long", ["", "", ""]), (0, "1"))
        self.assertEqual(self.read_both("long", ["", "", "5", "6", ""]), (0, "1 3 4"))

    def test_nothing_is_above_what_is_no_number(self) -> None:
        self.assertEqual(self.read_both("double", ['"nan"', "1.5", '"inf"', "2.5", '"nan"']),
                         (0, "1 2 4"))

    def test_texts_are_watermarks_when_their_order_is_that_of_time(self) -> None:
        days = [f'"2026-01-{day:02}T10:00:00Z"' for day in (1, 2, 3)]
        self.assertEqual(self.read_both("string", days), (0, "1 2 3"))
        for texts in (['"9"', '"10"'], [*days, '"2026-01-04"'], ['"2026-01-01T10:00:00+01:00"']):
            code, said = self.read_both("string", texts)
            self.assertEqual(code, 3, said)
            self.assertIn("texts follow each other letter by letter", said)
        code, said = self.read_both("boolean", ["true"])
        self.assertEqual(code, 3, said)
        self.assertIn("a watermark tells later rows by its order", said)

    def test_the_watermark_of_a_contract_that_masks_is_declared_clear(self) -> None:
        self.grow((1, "a", "01"))
        for more, code in ((", masking: redact", 3), ("", 0)):
            text = DOWNSTREAM.replace("SOURCE", INCREMENTAL).replace(
                "name: name, type: string", "name: name, type: string, masking: redact")
            self.write("down.yaml", text.replace("type: timestamp", "type: timestamp" + more))
            done = self.sluice("run", "down.yaml")
            self.assertEqual(done.code, code, done.err)
            if code:
                self.assertIn("the watermark is kept in clear", done.err)
                kept = [path.read_bytes() for path in self.folder.glob("down/**/*")
                        if path.is_file()]
                self.assertFalse([each for each in kept if b"2026-01-01" in each])
        self.write("down.yaml", text.replace("    - {name: seen, type: timestamp}\n", ""))
        self.assertIn("does not say that it is clear", self.refused())

    def test_a_record_of_another_shape_is_an_error(self) -> None:
        self.grow((1, "a", "01"))
        self.read()
        records = list(self.folder.glob("down/_sluice/**/batch-1.json"))
        self.assertEqual(len(records), 1)
        text = records[0].read_text(encoding="utf-8")
        records[0].write_text(text.replace('\\"to\\":\\"', '\\"to\\":5, \\"x\\":\\"'),
                              encoding="utf-8")
        self.assertNotEqual(records[0].read_text(encoding="utf-8"), text)
        self.grow((2, "b", "02"))
        self.assertIn("names no version of its source", self.refused())


if __name__ == "__main__":
    unittest.main()
