"""What a run says of that which it leaves out, or judges late."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cli"))

from program import InFolder  # noqa: E402

CONTRACT = """\
version: 1.0.0
info: {title: T, table_name: t}
source: {type: landing, path: in.csv, format: csv}
model: {fields: [{name: id, type: int}, {name: k, type: string}]}
"""


class Told(InFolder):
    def setUp(self) -> None:
        super().setUp()
        self.write("in.csv", "id,k\n1,a\n2,a\n")

    def report(self, contract: str) -> dict:
        self.write("c.yaml", contract)
        done = self.sluice("run", "c.yaml", "--json", "--output-good", "good.jsonl")
        self.assertEqual(done.code, 0, done.err)
        return json.loads(done.out)

    def test_a_rollup_without_the_run_ids_that_its_contract_names(self) -> None:
        rollup = "transformations: [{rollup: {group_by: [k], aggregations: {n: 'COUNT(*)'}%s}}]\n"
        model = CONTRACT.replace("{name: id, type: int}, ", "")
        self.assertNotIn("warnings", self.report(model + rollup % ""))
        for keys, told in ((", upstream_run_id_column: run_of_it", "'run_of_it'"),
                           (", upstream_run_ids_column: runs", "'runs'")):
            with self.subTest(keys=keys):
                warnings = self.report(model + rollup % keys)["warnings"]
                self.assertEqual(len(warnings), 1, warnings)
                self.assertTrue(warnings[0].startswith("a rollup makes no column"), warnings)
                self.assertIn(told, warnings[0])
        there = ", upstream_run_id_column: id, upstream_run_ids_column: runs"
        self.assertNotIn("warnings", self.report(model + rollup % there))
        rows = (self.folder / "good.jsonl").read_text("utf-8")
        self.assertIn('"runs":[', rows)

    def test_a_link_with_a_path_beside_its_table(self) -> None:
        self.write("other.csv", "k,v\nb,2\n")
        self.write("ref.yaml", "version: 1.0.0\ninfo: {title: R, table_name: r}\n"
                   "source: {type: landing, path: ref.csv}\n"
                   "model: {fields: [{name: k, type: string}]}\n"
                   "materialization: {strategy: append, format: parquet, target_path: ref}\n")
        self.write("ref.csv", "k,v\na,1\n")
        self.assertEqual(self.sluice("run", "ref.yaml", "--quiet").code, 0)
        join = ("links: [{name: r, table: ref, path: other.csv}]\n"
                "transformations: [{sql: 'SELECT s.id, r.k FROM source s JOIN r USING (k)'}]\n")
        report = self.report(CONTRACT + join)
        self.assertEqual(report["rows"]["good"], 2)  # those of the table
        self.assertEqual([told for told in report["warnings"] if "'other.csv'" in told], [
            "the link 'r' has a 'table', which stands in the place of its 'path': not read: "
            "'other.csv'"])

    def test_a_rule_over_the_written_table_has_its_line(self) -> None:
        self.write("in.csv", "id,k,ts\n1,a,2026-01-01 00:00:00\n2,a,2026-01-01 00:00:00\n")
        text = CONTRACT.replace("string}]", "string}, {name: ts, type: timestamp}]") + (
            "primary_key: [id]\n"
            "materialization: {strategy: scd2, format: parquet, target_path: lake/t, "
            "scd2: {timestamp_field: ts, track_columns: [k]}}\n"
            "quality:\n  dataset_rules:\n"
            "    - {name: current, sql: 'SELECT count(*) FROM source WHERE is_current', "
            "must_be_less_than: NUMBER, severity: warning}\n")
        for number, status, level in ((3, "PASS", "info"), (2, "FAIL", "warning")):
            with self.subTest(status=status):
                self.write("c.yaml", text.replace("NUMBER", str(number)))
                done = self.sluice("run", "c.yaml", "--verbose", "--log-format", "json",
                                   "--full", "--again")
                self.assertEqual(done.code, 0, done.err)
                lines = [json.loads(line) for line in done.err.splitlines()
                         if line.startswith("{")]
                told = [line for line in lines if "Quality Check: current" in line["message"]]
                self.assertEqual([(line["level"], line["event"]) for line in told],
                                 [(level, "quality")], done.err)
                self.assertTrue(told[0]["message"].endswith(f"Status: {status}"), told)

    def test_of_long_output_of_a_script_what_is_left_out(self) -> None:
        self.write("logic.sh", "#!/bin/sh\nhead -c 100000 /dev/zero | tr '\\0' x\necho\n"
                   "echo the end\ncp \"$1\" \"$2\"\n").chmod(0o755)
        self.write("c.yaml", CONTRACT + "external_logic: {type: command, path: logic.sh}\n")
        done = self.sluice("run", "c.yaml", "--verbose", "--output-good", "good.jsonl")
        self.assertEqual(done.code, 0, done.err)
        left = 100_000 + len("\nthe end\n") - (64 << 10)
        self.assertIn(f"external logic: ({left} bytes that were printed before this are left out)",
                      done.err)
        self.assertIn("external logic: the end", done.err)


if __name__ == "__main__":
    unittest.main()
