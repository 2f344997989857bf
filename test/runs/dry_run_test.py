"""What a dry run says would happen is what the run then does."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cli"))

from program import InFolder, contents  # noqa: E402

CONTRACT = """\
version: 1.0.0
info: {title: T, table_name: t}
metadata: {run_log_table: lake/runs, run_log_backend: parquet}
source: {type: landing, path: in, format: csv, load_mode: MODE}
model: {fields: [{name: id, type: int}]}
materialization: {strategy: append, format: FORMAT, target_path: TARGET}
"""
TARGETS = {"parquet": "lake/t", "duckdb": "lake/t.duckdb"}


class DryRun(InFolder):
    def planned(self) -> dict:
        before = contents(self.folder)
        done = self.sluice("run", "c.yaml", "--dry-run", "--json")
        self.assertEqual(done.code, 0, done.err)
        self.assertEqual(contents(self.folder), before)
        return json.loads(done.out)

    def test_new_files_and_none(self) -> None:
        for form, target in TARGETS.items():
            for mode, reason in (("incremental", "there is no new file"),
                                 ("full", "these files were committed before, as batch 1")):
                with self.subTest(form=form, mode=mode):
                    self.write("c.yaml", CONTRACT.replace("MODE", mode).replace(
                        "FORMAT", form).replace("TARGET", f"{mode}/{target}"))
                    self.write("in/1.csv", "id\n1\n")
                    (self.folder / "in/2.csv").unlink(missing_ok=True)
                    first = self.planned()
                    self.assertEqual(first["status"], "planned")
                    self.assertTrue(any(change.startswith("table of runs ")
                                        and change.endswith("lake/runs")
                                        for change in first["changes"]), first["changes"])
                    self.assertEqual(self.sluice("run", "c.yaml", "--quiet").code, 0)
                    again = self.planned()
                    self.assertEqual((again["status"], again["reason"]), ("skipped", reason))
                    self.assertEqual([change.split()[0] for change in again["changes"]],
                                     ["run", "table"])
                    self.write("in/2.csv", "id\n2\n")
                    expected = ["2.csv"] if mode == "incremental" else ["1.csv", "2.csv"]
                    self.assertEqual([Path(file).name for file in self.planned()["files"]],
                                     expected)

    def test_for_people(self) -> None:
        self.write("c.yaml", CONTRACT.replace("MODE", "incremental").replace(
            "FORMAT", "parquet").replace("TARGET", "lake/t"))
        self.write("in/1.csv", "id\n1\n")
        self.assertEqual(self.sluice("run", "c.yaml", "--quiet").code, 0)
        done = self.sluice("run", "c.yaml", "--dry-run")
        self.assertEqual(done.code, 0, done.err)
        self.assertIn("nothing would be read: there is no new file", done.out)


if __name__ == "__main__":
    unittest.main()
