"""The records of runs as a table that others read: delta-rs a Delta table, DuckDB a file and a
folder. A run is in it once, however often it is brought; a table out of reach stops no run."""

import json
import sys
import unittest
from importlib.util import find_spec
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cli"))
from program import BUILD, InFolder

CONTRACT = """\
info: {{title: Orders, table_name: orders, target_layer: silver}}
source: {{path: landing/*.csv, load_mode: incremental}}
model: {{fields: [{{name: id, type: integer, required: true}}, {{name: amount, type: integer}}]}}
quality: {{row_rules: [{{name: amount_limit, sql: "amount <= 10"}}]}}
materialization: {{strategy: append, format: parquet, target_path: lake/orders}}
{more}
"""
HAS_DELTA = (BUILD / "lib/sluice/libsluice_delta.so").exists()
COLUMNS = ("run_id", "status", "rows_source", "rows_good", "rows_quarantined", "rows_written",
           "quality_score", "pipeline_run_id")


class Runs(InFolder):
    def contract(self, more: str = "") -> None:
        self.write("orders.yaml", CONTRACT.format(more=more))

    def run_file(self, name: str, lines: str, *words: str) -> str:
        """Lands a file, runs, and gives the run's id."""
        self.write(f"landing/{name}.csv", "id,amount\n" + lines)
        return self.json("run", "orders.yaml", *words)["run_id"]

    def json(self, *words: str) -> Any:
        done = self.sluice(*words, "--json")
        self.assertEqual(done.code, 0, done.err)
        return json.loads(done.out)

    def two_runs(self) -> list[tuple]:
        first = self.run_file("a", "1,5\n2,50\n", "--pipeline-run-id", "nightly-7")
        second = self.run_file("b", "3,5\n4,6\n")
        return [(first, "succeeded", 2, 1, 1, 1, 0.5, "nightly-7"),
                (second, "succeeded", 2, 2, 0, 2, 1.0, None)]

    def delta_rows(self, place: str) -> list[dict[str, Any]]:
        import deltalake
        read = deltalake.DeltaTable(str(self.folder / place)).to_pyarrow_table().to_pylist()
        return sorted(read, key=lambda row: row["run_id"])

    @staticmethod
    def shown(rows: list[dict[str, Any]]) -> list[tuple]:
        return [tuple(row[name] for name in COLUMNS) for row in rows]


@unittest.skipUnless(find_spec("deltalake"), "no deltalake: ./dev setup test")
@unittest.skipUnless(HAS_DELTA, "built without Delta tables: no Rust 1.94 or newer")
class Delta(Runs):
    def test_delta_rs_reads_every_run_once(self) -> None:
        self.contract()
        expected = self.two_runs()
        answer = self.json("runs", "export", "orders.yaml", "--to", "lake/runs")
        self.assertEqual((answer["format"], answer["runs"], answer["inserted"]), ("delta", 2, 2))
        rows = self.delta_rows("lake/runs")
        self.assertEqual(self.shown(rows), expected)
        self.assertIsNotNone(rows[0]["started_at"].tzinfo)
        record = json.loads(rows[0]["record"])
        self.assertIn(("amount_limit", 1),
                      [(rule["name"], rule["failed_rows"]) for rule in record["row_rules"]])
        again = self.json("runs", "export", "orders.yaml", "--to", "lake/runs")
        self.assertEqual(again["version"], answer["version"])
        third = self.run_file("c", "9,9\n")
        more = self.json("runs", "export", "orders.yaml", "--to", "lake/runs")
        self.assertEqual((more["inserted"], more["runs"]), (1, 3))
        self.assertEqual([row["run_id"] for row in self.delta_rows("lake/runs")],
                         [expected[0][0], expected[1][0], third])

    def test_a_contract_that_names_the_table_keeps_it(self) -> None:
        self.contract("metadata: {run_log_table: lake/run_log, run_log_backend: delta}")
        expected = self.two_runs()
        self.assertEqual(self.shown(self.delta_rows("lake/run_log")), expected)
        self.write("landing/bad.csv", 'id,amount\n7,"5\n')
        self.assertNotEqual(self.sluice("run", "orders.yaml").code, 0)
        newest = self.delta_rows("lake/run_log")[-1]
        self.assertEqual(newest["status"], "failed")
        self.assertTrue(newest["error"])


class Others(Runs):
    @unittest.skipIf(HAS_DELTA, "this build has Delta tables")
    def test_without_delta_it_says_what_is_missing(self) -> None:
        self.contract()
        self.two_runs()
        done = self.sluice("runs", "export", "orders.yaml", "--to", "lake/runs")
        self.assertNotEqual(done.code, 0)
        self.assertIn("delta", done.err.lower())

    @unittest.skipUnless(find_spec("duckdb"), "no duckdb: ./dev setup test")
    def test_duckdb_reads_the_file_and_the_folder(self) -> None:
        import duckdb
        self.contract("metadata: {run_log_table: lake/runs.duckdb, run_log_backend: duckdb}")
        expected = self.two_runs()
        self.json("runs", "export", "orders.yaml", "--to", "lake/runs", "--format", "parquet")
        columns = ", ".join(COLUMNS)
        with duckdb.connect(str(self.folder / "lake/runs.duckdb"), read_only=True) as connection:
            for place in ("lakelogic_run_log", f"'{self.folder}/lake/runs/*.parquet'"):
                read = connection.execute(f"SELECT {columns} FROM {place} ORDER BY 1").fetchall()
                self.assertEqual(read, expected)

    def test_a_table_out_of_reach_stops_no_run(self) -> None:
        self.write("taken", "a file where the folder should be")
        self.contract("metadata: {run_log_table: taken/runs, run_log_backend: parquet}")
        self.write("landing/a.csv", "id,amount\n1,5\n")
        done = self.sluice("run", "orders.yaml")
        self.assertEqual(done.code, 0, done.err)
        self.assertIn("the table of runs was not written", done.err)
        self.assertEqual(len(self.json("runs", "list", "orders.yaml")["runs"]), 1)

    def test_a_run_that_was_killed_before_its_verdicts_says_so(self) -> None:
        self.contract("quality: {dataset_rules: [{name: ids, unique: id}]}")
        text = (self.folder / "orders.yaml").read_text("utf-8")
        self.write("orders.yaml", "\n".join(line for line in text.splitlines()
                                            if "amount_limit" not in line))
        run_id = self.run_file("a", "1,5\n")
        runs = self.folder / "lake/orders/_sluice/runs"
        record = json.loads((runs / f"{run_id}.json").read_text("utf-8"))
        self.assertEqual(len(record["dataset_rules"]), 1)
        record["dataset_rules"][0]["passed"] = None
        start = {"start_format": 1, "run_id": run_id, "contract": record["contract"],
                 "started_at": record["started_at"], "host": "elsewhere", "process": 1,
                 "draft": json.dumps(record)}
        (runs / f"{run_id}.json").unlink()
        (runs / f"{run_id}.started.json").write_text(json.dumps(start), "utf-8")
        again = self.json("run", "orders.yaml")
        self.assertTrue(any(run_id in one for one in again.get("warnings", [])), again)
        settled = json.loads((runs / f"{run_id}.json").read_text("utf-8"))
        self.assertEqual((settled["status"], settled["dataset_rules"][0]["passed"]),
                         ("interrupted", None))
        self.assertRegex(settled["warnings"][-1], "no verdict on rules .*'ids'")

    def test_what_is_no_place_is_refused(self) -> None:
        self.contract()
        self.two_runs()
        for words in ((), ("--to", "x", "--format", "csv"), ("--to", "x", "--format", "duckdb")):
            done = self.sluice("runs", "export", "orders.yaml", *words)
            self.assertNotEqual(done.code, 0)
            self.assertIn("hint:", done.err)
            self.assertNotIn("there is no option", done.err)


if __name__ == "__main__":
    unittest.main()
