"""Delta tables as the source of contract runs."""

import json
import shutil
import unittest

from versioned_source import BUILD, INCREMENTAL, MODEL, ReadsWhatIsNew, VersionedSource

HAS_MODULE = (BUILD / "lib/sluice/libsluice_delta.so").exists()


@unittest.skipUnless(HAS_MODULE, "built without Delta tables")
class DeltaSource(ReadsWhatIsNew, VersionedSource):
    target = "format: delta, target_path: src"
    source = "type: delta, path: src"

    def make_anew(self) -> None:
        shutil.rmtree(self.folder / "src")
        self.grow((2, "b", "02"))

    def read_both(self, kind: str, rows: list[str]) -> tuple[int, str]:
        """A row of the source after the other, `w` of which is the watermark; each is read."""
        model = ("model:\n  fields:\n    - {name: id, type: long}\n"
                 f"    - {{name: w, type: {kind}}}\n")
        self.write("up.yaml", self.upstream("append", model))
        self.write("down.yaml",
                   self.downstream("load_mode: incremental, watermark_field: w", model))
        for name in ("src", "down", "_sluice"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        for number, row in enumerate(rows, 1):
            has = f", {chr(34)}w{chr(34)}: {row}" if row else ""
            self.write("load.jsonl", f'{{"id": {number}{has}}}\n')
            self.done("run", "up.yaml", "--source", "load.jsonl", "--again")
            done = self.sluice("run", "down.yaml")
            if done.code != 0:
                return done.code, done.err
        answer = json.loads(self.done("table", "rows", "down.yaml", "--json"))
        return 0, " ".join(str(row["id"]) for row in answer["rows"])

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
            model = MODEL.replace("name: name, type: string",
                                  "name: name, type: string, masking: redact")
            self.write("down.yaml", self.downstream(
                INCREMENTAL, model.replace("type: timestamp", "type: timestamp" + more)))
            done = self.sluice("run", "down.yaml")
            self.assertEqual(done.code, code, done.err)
            if code:
                self.assertIn("the watermark is kept in clear", done.err)
                kept = [path.read_bytes() for path in self.folder.glob("down/**/*")
                        if path.is_file()]
                self.assertFalse([each for each in kept if b"2026-01-01" in each])
        self.write("down.yaml", self.downstream(
            INCREMENTAL, model.replace("    - {name: seen, type: timestamp}\n", "")))
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
