"""The quickstart, from the landing folder to what a reader of the lake finds."""

import json
import os
import re
import subprocess
import sys
import unittest

from program import InFolder, contents

GOOD = {("C100", "ana@example.org"), ("C101", "bo@example.net")}


def has_pyarrow() -> bool:
    return subprocess.run([sys.executable, "-c", "import pyarrow.parquet"], check=False,
                          capture_output=True).returncode == 0


class Quickstart(InFolder):
    def setUp(self) -> None:
        super().setUp()
        self.quickstart()

    def clear(self, rows: list[dict]) -> set[tuple[str, str]]:
        """Ids with e-mail addresses, which stand encrypted in the rows."""
        values = [row["email"] for row in rows]
        self.assertEqual([value for value in values if not value.startswith("enc:")], [])
        texts = self.sluice("decrypt", *values).out.splitlines()
        return set(zip((row["cus_id"] for row in rows), texts, strict=True))

    def run_json(self, *words: str) -> dict:
        done = self.sluice("run", "customers.yaml", "--json", "--quiet", *words)
        self.assertEqual(done.code, 0, done.err)
        self.assertEqual(done.err, "")
        return json.loads(done.out)

    def test_four_rows_two_good_two_quarantined_with_reasons(self) -> None:
        report = self.run_json("--output-good", "good.jsonl", "--output-bad", "bad.jsonl")
        self.assertEqual(report["status"], "succeeded")
        self.assertEqual(report["rows"], {"source": 4, "good": 2, "quarantined": 2, "dropped": 0,
                                          "added": 0, "written": 2})
        good = [json.loads(line) for line in (self.folder / "good.jsonl").read_text().splitlines()]
        self.assertEqual(self.clear(good), GOOD)
        bad = {row["cus_id"]: row for row in
               map(json.loads, (self.folder / "bad.jsonl").read_text().splitlines())}
        self.assertEqual(self.clear([bad["C102"]]), {("C102", "not_an_email")})
        self.assertIsNone(bad["C103"]["email"])
        self.assertEqual(bad["C102"]["_lakelogic_errors"],
                         ["Rule failed: email_shape (email LIKE '%@%.%')"])
        self.assertEqual(bad["C102"]["_lakelogic_categories"], ["correctness"])
        self.assertEqual(bad["C103"]["_lakelogic_errors"][0], "Rule failed: email is required")
        self.assertEqual(bad["C103"]["_lakelogic_categories"][0], "completeness")

    def test_the_summary_says_where_the_rows_are(self) -> None:
        done = self.sluice("run", "customers.yaml")
        self.assertEqual((done.code, done.out), (0, ""))
        self.assertRegex(done.err, r"(?m)^  good +2 +lake/silver/customers$")
        self.assertRegex(done.err, r"(?m)^  quarantined +2 +lake/silver/quarantine/customers$")
        self.assertRegex(done.err, r"1 +email_required \(completeness\)")
        self.assertEqual(done.last_line(), "Run complete [layer=silver] | Total: 4 | Good: 2 | "
                                           "Quarantine: 2 | Ratio: 50.0%")
        for place in ("lake/silver/customers", "lake/silver/quarantine/customers"):
            (file,) = (self.folder / place).glob("*.parquet")
            self.assertEqual((file.read_bytes()[:4], file.read_bytes()[-4:]), (b"PAR1", b"PAR1"))

    def test_the_second_run_reads_nothing_and_changes_no_table(self) -> None:
        self.run_json()
        before = contents(self.folder)
        report = self.run_json()
        self.assertEqual(report["status"], "skipped")
        self.assertIn("no new file", report["reason"])
        self.assertEqual(report["rows"]["source"], 0)
        after = contents(self.folder)
        new = [name for name in after if name not in before]
        self.assertEqual([n for n in before if after.get(n) != before[n]], [])
        self.assertEqual([name for name in new if "/_sluice/runs/" not in name], [])

    def test_a_new_file_is_all_that_the_third_run_reads(self) -> None:
        self.run_json()
        self.write("landing/customers/new.json", '[{"cus_id": "C100", "email": "new@example.org"}]')
        report = self.run_json()
        self.assertEqual(report["rows"]["source"], 1)
        self.assertEqual(report["target"]["updated"], 1)

    def test_a_dry_run_says_what_would_change_and_touches_nothing(self) -> None:
        before = contents(self.folder)
        done = self.sluice("run", "customers.yaml", "--dry-run", "--report", "page.html")
        self.assertEqual(done.code, 0, done.err)
        self.assertEqual(contents(self.folder), before)
        for text in ("report page.html", "run record below",
                     "landing/customers/2026-03-27.json", "lake/silver/customers",
                     "lake/silver/quarantine/customers", "read_json"):
            self.assertIn(text, done.out)

    def test_nothing_that_is_read_or_written_is_replaced_by_an_output(self) -> None:
        self.write("linked.yaml", """\
source: {path: rows.jsonl}
links: [{name: k, path: k.jsonl, type: jsonl}]
model: {fields: [{name: id, type: int}]}
""")
        self.write("rows.jsonl", '{"id": 1}\n')
        self.write("k.jsonl", '{"id": 1}\n')
        before = contents(self.folder)
        for output in ("--report", "--output-good", "--output-bad"):
            for name in ("rows.jsonl", "linked.yaml", "k.jsonl"):
                for more in ((), ("--dry-run",)):
                    done = self.sluice("run", "linked.yaml", output, name, *more)
                    self.assertIn("reads the file that it was to write", done.err)
                    self.assertEqual(done.code, 2)
        done = self.sluice("run", "linked.yaml", "--report", "x.jsonl", "--output-good", "x.jsonl")
        self.assertEqual(done.code, 2)
        self.assertIn("would go to one file: 'x.jsonl'", done.err)
        self.assertEqual(contents(self.folder), before)

    def test_the_name_of_a_target_tells_layer_and_table_where_nothing_else_does(self) -> None:
        self.write("short.yaml", """\
model: {fields: [{name: id, type: int, required: true}]}
materialization: {strategy: append, target_path: catalog.silver.customers}
""")
        self.write("rows.jsonl", '{"id": 1}\n{"id": null}\n')
        done = self.sluice("run", "short.yaml", "--source", "rows.jsonl", "--log-format", "text")
        self.assertEqual(done.code, 0, done.err)
        self.assertIn("1 records quarantined in 'customers'. Total: 2", done.err)
        self.assertIn("Run complete [layer=silver] | Total: 2", done.err)
        self.assertIn(" layer=silver ", done.err)

    def test_samples_show_rows_and_every_reason(self) -> None:
        done = self.sluice("run", "customers.yaml", "--show", "5")
        self.assertRegex(done.err, r"(?m)^  C100 +enc:\S+$")
        self.assertRegex(done.err, r"(?m)^  C102 +enc:\S+$\n +Rule failed: email_shape")
        self.assertNotIn("not_an_email", done.err)

    def test_without_a_key_nothing_is_read_or_written(self) -> None:
        before = contents(self.folder)
        done = self.sluice("run", "customers.yaml", SLUICE_PII_KEY="")
        self.assertEqual((done.code, done.out), (1, ""))
        self.assertIn("error: a contract masks values and there is no key", done.err)
        self.assertRegex(done.last_line(), r"^ hint: set SLUICE_PII_KEY .*openssl rand")
        self.assertEqual(contents(self.folder), before)
        dry = self.sluice("run", "customers.yaml", "--dry-run", SLUICE_PII_KEY="")
        self.assertEqual(dry.code, 0, dry.err)

    def test_it_runs_without_any_network_interface(self) -> None:
        alone = ("unshare", "--net")
        if subprocess.run([*alone, "true"], check=False, capture_output=True).returncode != 0:
            self.skipTest("this user may not make a network namespace")
        done = self.sluice("run", "customers.yaml", "--json", before=alone)
        self.assertEqual(done.code, 0, done.err)
        self.assertEqual(json.loads(done.out)["rows"]["good"], 2)

    @unittest.skipUnless(has_pyarrow(), "the pinned pyarrow is for Python 3.11")
    def test_another_reader_finds_the_same_rows(self) -> None:
        import pyarrow.parquet as parquet
        self.run_json()
        files = list((self.folder / "lake/silver/customers").glob("*.parquet"))
        rows = [row for file in files for row in parquet.read_table(file).to_pylist()]
        self.assertEqual(self.clear(rows), GOOD)


class LogLines(InFolder):
    """What a scheduler keeps."""

    def setUp(self) -> None:
        super().setUp()
        self.quickstart()

    def test_json_lines_carry_time_level_run_and_layer(self) -> None:
        done = self.sluice("run", "customers.yaml", "--log-format", "json", "--json")
        self.assertEqual(done.code, 0)
        lines = [json.loads(line) for line in done.err.splitlines()]
        run_id = json.loads(done.out)["run_id"]
        for line in lines:
            self.assertRegex(line["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
            self.assertEqual((line["run_id"], line["layer"]), (run_id, "silver"))
        lake = self.folder / "lake/silver"
        self.assertEqual([(line["level"], line["event"], line["message"]) for line in lines], [
            ("warning", "quarantined",
             "Sluice Alert: 2 records quarantined in 'Customers'. Total: 4 (ratio 50.0%). Failures "
             "by rule (a record can fail several): email_required: 1, email_shape: 2"),
            ("info", "quality",
             "Quality Check: cus_id_unique | Result: 0 | Expected: = 0 | Status: PASS"),
            ("info", "written", f"Wrote 2 quarantined rows to {lake}/quarantine/customers"),
            ("info", "written", f"Wrote 2 valid rows to {lake}/customers"),
            ("info", "succeeded", "Run complete [layer=silver] | Total: 4 | Good: 2 | "
                                  "Quarantine: 2 | Ratio: 50.0%"),
        ])

    def test_text_lines_say_the_same(self) -> None:
        done = self.sluice("run", "customers.yaml", "--log-format", "text")
        time = r"\d{4}-\d\d-\d\dT[\d:.]+Z"
        for line in done.err.splitlines():
            self.assertRegex(line, rf"^{time} (INFO|WARNING) +run_id=\S+ layer=silver .* \| \S")
        self.assertIn("| Wrote 2 valid rows to ", done.err)
        self.assertTrue(re.search(r"\| Run complete \[layer=silver\] \| Total: 4", done.err))

    def test_an_error_is_a_line_too(self) -> None:
        done = self.sluice("run", "nowhere.yaml", "--log-format", "json")
        self.assertEqual(done.code, 2)
        line = json.loads(done.err)
        self.assertEqual(line["level"], "error")
        self.assertIn("nowhere.yaml", line["message"])
        self.assertTrue(line["hint"])

    def test_a_run_that_ends_with_an_error_says_which_it_was(self) -> None:
        self.write("rows.jsonl", '{"cus_id": \n')
        done = self.sluice("run", "customers.yaml", "--source", "rows.jsonl",
                           "--log-format", "json")
        self.assertEqual(done.code, 1, done.err)
        of_run = json.loads(done.err.splitlines()[0])
        self.assertEqual((of_run["level"], of_run["event"], of_run["layer"]),
                         ("error", "failed", "silver"))
        self.assertIn("run_id", of_run)

    def test_output_files_are_named_in_the_log(self) -> None:
        done = self.sluice("run", "customers.yaml", "--no-materialize", "--output-good", "g.csv",
                           "--output-bad", "b.csv", "--log-format", "text")
        self.assertIn(f"Wrote 2 valid rows to {self.folder}{os.sep}g.csv", done.err)
        self.assertIn(f"Wrote 2 quarantined rows to {self.folder}{os.sep}b.csv", done.err)


if __name__ == "__main__":
    unittest.main()
