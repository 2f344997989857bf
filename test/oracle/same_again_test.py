"""Equal input and an equal contract give equal bytes with --reproducible: accepted and refused rows
in every format, and the data of the target. More rows than an engine takes at once, in two files,
with steps that sort, join and group."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

SLUICE = os.environ["SLUICE"]
ROWS = 12_000
CONTRACT = """\
version: 1.0.0
info: {title: Orders, table_name: orders}
source: {type: landing, path: in/*.csv, format: csv}
model:
  fields:
    - {name: id, type: bigint, required: true}
    - {name: email, type: string, masking: hash}
    - {name: country, type: string}
    - {name: amount, type: double}
links: [{name: places, path: places.csv, type: csv}]
transformations:
  - {trim: {fields: [email]}, phase: pre}
  - {join: {reference: places, "on": country, key: code, fields: [place], type: left}, phase: post}
STEP
quality:
  row_rules:
    - {name: shape, sql: "email LIKE '%@%.%'"}
    - {name: positive, sql: "amount >= 0"}
materialization: {strategy: append, format: parquet, target_path: lake/orders}
"""
STEPS = {
    "deduplicate": '  - {deduplicate: {"on": [id], sort_by: [amount]}, phase: post}',
    "rollup": '  - {rollup: {group_by: [place], aggregations: {n: "COUNT(*)", total: "SUM(amount)"'
              '}, keys: id}, phase: post}',
    "random": '  - {derive: {field: draw, sql: "random()"}, phase: post}\n'
              '  - {filter: {sql: "random() > 0.5"}, phase: pre}',
    "none": "",
}


def line(number: int) -> str:
    email = "nobody" if number % 53 == 0 else f" User{number}@Example.org "
    amount = -1 if number % 71 == 0 else number % 977 / 4
    return f"{number % 9_000},{email},{('DE', 'FR', 'US', '')[number % 4]},{amount}\n"


class SameAgain(unittest.TestCase):
    def run_in_new_folder(self, step: str, output_format: str, *words: str) -> dict[str, bytes]:
        """What the run leaves, by name; names of data files are told by the run's id."""
        with tempfile.TemporaryDirectory(prefix="sluice-again-") as name:
            folder = pathlib.Path(name)
            (folder / "in").mkdir()
            (folder / "contract.yaml").write_text(CONTRACT.replace("STEP\n", step + "\n"), "utf-8")
            (folder / "places.csv").write_text("code,place\nDE,Ulm\nDE,Bonn\nFR,Lyon\n", "utf-8")
            for part in range(2):
                numbers = range(part, ROWS, 2)
                (folder / "in" / f"{part}.csv").write_text(
                    "id,email,country,amount\n" + "".join(map(line, numbers)), "utf-8")
            done = subprocess.run(
                [SLUICE, "run", "contract.yaml", "--json", "--output-good", f"good.{output_format}",
                 "--output-bad", f"bad.{output_format}", *words], cwd=folder, capture_output=True,
                check=False, timeout=300, env=os.environ | {"SLUICE_PII_KEY": "a key of the test"})
            self.assertEqual(done.returncode, 0, done.stderr.decode())
            self.rows = json.loads(done.stdout)["rows"]
            left = {kind: (folder / f"{kind}.{output_format}").read_bytes()
                    for kind in ("good", "bad")}
            data = sorted((folder / "lake/orders").glob("[!_]*.parquet"))
            left["target"] = b"".join(file.read_bytes() for file in data)
            return left

    def test_two_reproducible_runs_leave_equal_bytes(self) -> None:
        for step, output_format in (("deduplicate", "csv"), ("rollup", "jsonl"),
                                    ("none", "parquet")):
            with self.subTest(step=step):
                first = self.run_in_new_folder(STEPS[step], output_format, "--reproducible")
                self.assertGreater(self.rows["quarantined"], 0)
                counted = self.rows
                second = self.run_in_new_folder(STEPS[step], output_format, "--reproducible")
                self.assertEqual(self.rows, counted)
                for kind, content in first.items():
                    self.assertGreater(len(content), 0, kind)
                    self.assertTrue(content == second[kind], f"{kind} differs")

    def test_threads_change_no_row(self) -> None:
        first = self.run_in_new_folder(STEPS["deduplicate"], "csv", "--reproducible")
        second = self.run_in_new_folder(STEPS["deduplicate"], "csv", "--threads", "2")
        for kind in ("good", "bad"):
            self.assertEqual(sorted(first[kind].splitlines()), sorted(second[kind].splitlines()))


if __name__ == "__main__":
    unittest.main()
