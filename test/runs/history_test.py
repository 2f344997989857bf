"""Histories (SCD2) of contract runs in every format: events that delete, and tables whose dates
have another type than the contract declares."""

import json
import sys
import unittest
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cli"))
from program import BUILD, InFolder

CONTRACT = """\
version: 1.0.0
info: {{title: T, table_name: t}}
primary_key: [id]
model:
  fields:
    - {{name: id, type: int, required: true}}
    - {{name: tier, type: string}}
    - {{name: op, type: string}}
    - {{name: ts, type: timestamp}}
{fields}
source:
  {{type: landing, path: in/*.jsonl, load_mode: incremental, cdc_op_field: op,
   cdc_delete_values: [D]}}
materialization:
  strategy: scd2
  format: {format}
  target_path: {target}
{marks}  scd2: {{track_columns: [tier], timestamp_field: ts}}
"""
MARKS = """\
  soft_delete_column: gone
  soft_delete_value: "yes"
  soft_delete_time_column: gone_at
  soft_delete_reason_column: gone_why
"""
TARGETS = {"parquet": "lake/t", "duckdb": "lake.duckdb/main.t", "ducklake": "lake.main.t"}
if (BUILD / "lib/sluice/libsluice_delta.so").exists():
    TARGETS["delta"] = "lake/t"


class Histories(InFolder):
    def contract(self, form: str, marks: str = MARKS, fields: str = "") -> None:
        self.write("c.yaml", CONTRACT.format(format=form, target=TARGETS[form], marks=marks,
                                             fields=fields))

    def land(self, name: str, *rows: tuple[int, str | None, str, int]) -> None:
        self.write(f"in/{name}.jsonl", "".join(
            json.dumps({"id": row[0], "tier": row[1], "op": row[2], "ts": f"2026-01-{row[3]:02}"})
            + "\n" for row in rows))

    def run_it(self) -> dict[str, Any]:
        done = self.sluice("run", "c.yaml", "--json")
        self.assertEqual(done.code, 0, done.err)
        target = json.loads(done.out)["target"]
        return {key: target[key] for key in ("inserted", "updated", "deleted")}

    def rows(self, *columns: str) -> list[str]:
        """Days as they are written, without their time."""
        done = self.sluice("table", "rows", "c.yaml", "--json")
        self.assertEqual(done.code, 0, done.err)
        return sorted("|".join(str(row[column]).split(" ", maxsplit=1)[0] for column in columns)
                      for row in json.loads(done.out)["rows"])

    def each_format(self):
        for form in TARGETS:
            with self.subTest(format=form):
                self.setUp()
                yield form

    def test_deletes_end_and_mark_versions(self) -> None:
        for form in self.each_format():
            self.contract(form)
            self.land("1", (1, "a", "I", 1), (2, "b", "I", 1))
            self.assertEqual(self.run_it(), {"inserted": 2, "updated": 0, "deleted": 0})
            self.land("2", (1, None, "D", 5))
            self.assertEqual(self.run_it(), {"inserted": 0, "updated": 0, "deleted": 1})
            self.land("3", (1, "a", "I", 9), (1, "late", "U", 3), (9, "x", "D", 4))
            self.assertEqual(self.run_it(), {"inserted": 3, "updated": 1, "deleted": 0})
            self.land("4", (1, "a", "I", 9), (1, None, "D", 5), (2, None, "D", 7))
            self.assertEqual(self.run_it(), {"inserted": 0, "updated": 0, "deleted": 1})
            self.assertEqual(
                self.rows("id", "_version", "tier", "effective_from", "effective_to", "is_current",
                          "gone", "gone_at", "gone_why"),
                ["1|1|a|1900-01-01|2026-01-03|False|None|None|None",
                 "1|2|late|2026-01-03|2026-01-05|False|yes|2026-01-05|cdc_delete_signal",
                 "1|3|a|2026-01-09|9999-12-31|True|None|None|None",
                 "2|1|b|1900-01-01|2026-01-07|False|yes|2026-01-07|cdc_delete_signal",
                 "9|1|x|1900-01-01|2026-01-04|False|yes|2026-01-04|cdc_delete_signal"])

    def test_deletes_without_marks_end_versions(self) -> None:
        for form in self.each_format():
            self.contract(form, marks="")
            self.land("1", (1, "a", "I", 1), (9, "x", "D", 4))
            self.assertEqual(self.run_it(), {"inserted": 1, "updated": 0, "deleted": 0})
            self.land("2", (1, None, "D", 5))
            self.assertEqual(self.run_it(), {"inserted": 0, "updated": 0, "deleted": 1})
            self.land("3", (1, "a", "I", 9))
            self.run_it()
            self.assertEqual(self.rows("id", "effective_from", "effective_to", "is_current"),
                             ["1|1900-01-01|2026-01-05|False", "1|2026-01-09|9999-12-31|True"])

    def test_marks_come_to_a_table_that_had_none(self) -> None:
        for form in self.each_format():
            self.contract(form, marks="")
            self.land("1", (1, "a", "I", 1), (2, "b", "I", 1))
            self.run_it()
            self.contract(form)
            self.land("2", (1, None, "D", 5))
            self.assertEqual(self.run_it()["deleted"], 1)
            self.assertEqual(self.rows("id", "effective_to", "gone", "gone_why"),
                             ["1|2026-01-05|yes|cdc_delete_signal", "2|9999-12-31|None|None"])

    def test_dates_of_another_type_are_widened_or_refused_before_a_row_is_written(self) -> None:
        dates = "    - {{name: effective_from, type: {0}}}\n    - {{name: effective_to, type: {0}}}"
        for form in self.each_format():
            for there, asked in (("date", "timestamp"), ("timestamp", "date"),
                                 ("string", "timestamp"), ("timestamp", "string")):
                self.setUp()
                self.contract(form, marks="", fields=dates.format(there))
                self.land("1", (1, "a", "I", 1), (2, "b", "I", 1))
                self.run_it()
                before = self.rows("id", "effective_from", "effective_to")
                self.contract(form, marks="", fields=dates.format(asked))
                self.land("2", (1, "z", "U", 5), (2, None, "D", 5))
                done = self.sluice("run", "c.yaml")
                told = f"{form}: {there} is {asked}: {done.err}"
                if done.code == 0:
                    self.assertEqual(
                        self.rows("id", "effective_from", "effective_to", "is_current"),
                        ["1|1900-01-01|2026-01-05|False", "1|2026-01-05|9999-12-31|True",
                         "2|1900-01-01|2026-01-05|False"], told)
                else:
                    self.assertIn("effective_from", done.err, told)
                    self.assertEqual(self.rows("id", "effective_from", "effective_to"), before)
                widens = there == "timestamp" and asked == "date"
                self.assertTrue(done.code == 0 or not widens, told)


if __name__ == "__main__":
    unittest.main()
