"""Batches by the command line: which files a run reads, what reads them again, where the record of
it lies, and what several runs at one moment leave."""

import json
import subprocess
import sys
import unittest
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cli"))
from program import SLUICE, InFolder, environment

CONTRACT = """\
info: {title: Orders, table_name: orders}
source: {path: landing/*.csv, load_mode: MODE}
model: {fields: [{name: id, type: integer, required: true}]}
materialization: {strategy: append, format: parquet, target_path: lake/orders}
"""
WRITERS = 4
ROUNDS = 3


class Batches(InFolder):
    def setUp(self) -> None:
        super().setUp()
        self.contract("incremental")

    def contract(self, mode: str, more: str = "") -> None:
        self.write("orders.yaml", CONTRACT.replace("MODE", mode) + more)

    def land(self, name: str, *ids: int | str) -> None:
        self.write(f"landing/{name}.csv", "id\n" + "".join(f"{i}\n" for i in ids))

    def json(self, *words: str, code: int = 0) -> Any:
        done = self.sluice(*words, "--json")
        self.assertEqual(done.code, code, done.err)
        return json.loads(done.out)

    def run_it(self, *words: str) -> tuple[str, int]:
        answer = self.json("run", "orders.yaml", *words)
        return answer["status"], answer["rows"]["source"]

    def written(self) -> list[int]:
        """The ids in the target, read by a run that does nothing but read."""
        self.write("read.yaml", "info: {title: Read, table_name: read}\n"
                                "model: {fields: [{name: id, type: integer}]}\n")
        files = [str(path) for path in sorted((self.folder / "lake/orders").glob("*.parquet"))]
        sources = [word for file in files for word in ("--source", file)]
        (self.folder / "ids.jsonl").unlink(missing_ok=True)
        self.json("run", "read.yaml", *sources, "--no-materialize", "--output-good", "ids.jsonl")
        lines = (self.folder / "ids.jsonl").read_text("utf-8").splitlines()
        return sorted(json.loads(line)["id"] for line in lines)

    def files_of_batches(self, state: str = "lake/orders/_sluice") -> list[list[str]]:
        records = sorted((self.folder / state).glob("*/batch-*.json"))
        return [[file["path"].rsplit("/", 1)[1] for file in
                 json.loads(record.read_text("utf-8"))["input"]["files"]] for record in records]

    def test_a_file_is_read_once_unless_it_is_asked_for(self) -> None:
        self.land("a", 1, 2)
        self.assertEqual(self.run_it(), ("succeeded", 2))
        self.assertEqual(self.run_it(), ("skipped", 0))
        self.land("b", 3)
        self.assertEqual(self.run_it(), ("succeeded", 1))
        self.assertEqual(self.run_it("--full"), ("succeeded", 3))
        self.assertEqual(self.run_it("--full"), ("skipped", 0))
        self.assertEqual(self.run_it("--again"), ("succeeded", 3))
        self.assertEqual(self.run_it(), ("skipped", 0))
        self.assertEqual(self.written(), [1, 1, 1, 2, 2, 2, 3, 3, 3])
        self.assertEqual(self.files_of_batches(), [["a.csv"], ["b.csv"], ["a.csv", "b.csv"],
                                                   ["a.csv", "b.csv"]])

    def test_without_incremental_equal_files_are_one_batch(self) -> None:
        self.contract("full")
        self.land("a", 1, 2)
        self.assertEqual(self.run_it(), ("succeeded", 2))
        status = self.json("run", "orders.yaml")
        self.assertEqual(status["status"], "skipped")
        self.assertIn("batch 1", status["reason"])
        self.land("a", 1, 2, 3)  # other content is another file
        self.assertEqual(self.run_it(), ("succeeded", 3))

    def test_the_state_lies_where_it_is_told(self) -> None:
        self.land("a", 1)
        self.assertEqual(self.run_it("--state", "state"), ("succeeded", 1))
        self.assertEqual(self.run_it("--state", "state"), ("skipped", 0))
        self.assertEqual(self.files_of_batches("state"), [["a.csv"]])
        self.assertEqual(self.files_of_batches(), [])
        listed = self.json("runs", "list", "orders.yaml", "--state", "state")["runs"]
        self.assertEqual([run["status"] for run in listed], ["skipped", "succeeded"])
        # A run that writes no target keeps state only where it is told to.
        self.assertEqual(self.run_it("--no-materialize", "--output-good", "good.csv"),
                         ("succeeded", 1))
        self.assertFalse(list(self.folder.glob("**/good*/_sluice")))

    def ids_of_table(self) -> list[int]:
        rows = self.json("table", "rows", "lake/orders")["rows"]
        return sorted(row["id"] for row in rows)

    def test_files_wait_for_what_a_run_before_left_unfinished_and_no_longer(self) -> None:
        self.contract("full")
        self.land("a", 1, 2)
        self.land("b", 3)
        self.run_it("--source", "landing/a.csv")
        (self.folder / "lake/orders/_sluice/manifest/00000000000000000001.json").unlink()
        self.assertEqual(self.ids_of_table(), [], "recorded, and not committed")
        answer = self.json("run", "orders.yaml", "--source", "landing/b.csv")
        self.assertEqual((answer["status"], answer["rows"]["source"]), ("succeeded", 1))
        self.assertIn("batch 1, which an earlier run left unfinished, was finished first: 2 rows "
                      "written, 0 quarantined", answer["warnings"])
        self.assertEqual(self.ids_of_table(), [1, 2, 3])

    def test_a_finished_batch_that_breaks_a_level_is_the_run(self) -> None:
        self.contract("full", "service_levels: {quality: {min_good_ratio: 0.9}}")
        self.land("a", 1, "none")
        self.land("b", 3)
        self.run_it("--source", "landing/a.csv")
        (self.folder / "lake/orders/_sluice/manifest/00000000000000000001.json").unlink()
        answer = self.json("run", "orders.yaml", "--source", "landing/b.csv", "--fail-on-breach",
                           code=1)
        self.assertEqual([level["met"] for level in answer["service_levels"]], [False])
        self.assertIn("other files wait for the next run", answer["warnings"][0])
        self.assertEqual(self.ids_of_table(), [1])
        self.assertEqual(self.run_it("--source", "landing/b.csv"), ("succeeded", 1))
        self.assertEqual(self.ids_of_table(), [1, 3])

    def test_one_table_under_two_names_is_one_stream(self) -> None:
        for kind, first, second in (("duckdb", "a.duckdb/main.trips", "a.duckdb/Main.TRIPS"),
                                    ("ducklake", "lake.main.trips", "lake.Main.Trips"),
                                    ("duckdb", "b.duckdb/trips", "link.duckdb/trips"),
                                    ("parquet", "folder", "link")):
            with self.subTest(kind=kind, second=second):
                if second.startswith("link"):
                    (self.folder / second.split("/")[0]).symlink_to(first.split("/")[0])
                self.land("a", 1)
                for target, status in ((first, "succeeded"), (second, "skipped")):
                    self.write("orders.yaml", CONTRACT.replace("MODE", "incremental").replace(
                        "parquet", kind).replace("lake/orders", target))
                    self.assertEqual(self.run_it()[0], status)
                    self.assertEqual(len(self.json("table", "rows", "orders.yaml")["rows"]), 1)

    def test_two_state_folders_never_hide_a_batch(self) -> None:
        self.land("a", 1)
        self.land("b", 2)
        for round_number in range(ROUNDS):
            self.contract_into(f"lake/o{round_number}")
            runs = [subprocess.Popen([str(SLUICE), "run", "orders.yaml", "--quiet", "--source",
                                      f"landing/{name}.csv", "--state", f"{name}{round_number}"],
                                     cwd=self.folder, env=environment(),
                                     stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
                    for name in "ab"]
            ended = [(run.communicate()[1], run.returncode) for run in runs]
            table = self.json("table", "rows", f"lake/o{round_number}")["rows"]
            ids = [row["id"] for row in table]
            for number, (said, code) in enumerate(ended, 1):
                self.assertEqual(number in ids, code == 0, ended)
                if code != 0:
                    self.assertIn("holds batch 1 of this contract", said)
                    name = "ab"[number - 1]
                    again = self.sluice("run", "orders.yaml", "--source", f"landing/{name}.csv",
                                        "--state", f"{name}{round_number}")
                    self.assertIn("holds batch 1 of this contract", again.err)

    def contract_into(self, target: str) -> None:
        self.write("orders.yaml", CONTRACT.replace("MODE", "full").replace("lake/orders", target))

    def test_runs_at_one_moment_share_no_file(self) -> None:
        ids: list[int] = []
        for number in range(ROUNDS):
            runs = []
            for writer in range(WRITERS):
                ids.append(number * WRITERS + writer)
                self.land(f"f{ids[-1]}", ids[-1])
                runs.append(subprocess.Popen([str(SLUICE), "run", "orders.yaml", "--quiet"],
                                             cwd=self.folder, env=environment(),
                                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE))
            for run in runs:
                _, said = run.communicate()
                self.assertEqual(run.returncode, 0, said)
        self.run_it()
        batches = self.files_of_batches()
        read = [file for batch in batches for file in batch]
        self.assertEqual(sorted(read), sorted(f"f{i}.csv" for i in ids), batches)
        self.assertEqual(self.written(), ids)
        listed = self.json("runs", "list", "orders.yaml", "--limit", "100")["runs"]
        # Two may finish one batch: the rows are there once, and both are told its receipt.
        committed = {run["batch"] for run in listed if run["status"] == "succeeded"}
        self.assertEqual(committed, set(range(1, len(batches) + 1)))


if __name__ == "__main__":
    unittest.main()
