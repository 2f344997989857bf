"""`sluice export-odcs`, `import-odcs` and `import-dbt` as a shell sees them."""

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

SLUICE = os.environ["SLUICE"]
FOLDER = Path(__file__).resolve().parents[1] / "contracts" / "exchange"


def sluice(*words):
    return subprocess.run([SLUICE, *map(str, words)], capture_output=True, text=True, check=False)


class Exchange(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def written(self, name, text):
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def test_a_contract_goes_out_and_comes_back_with_its_bytes(self):
        odcs = self.folder / "trips.odcs.yaml"
        done = sluice("export-odcs", FOLDER / "trips.yaml", "--output", odcs)
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        done = sluice("import-odcs", odcs)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout, (FOLDER / "trips.yaml").read_text(encoding="utf-8"))
        said = json.loads(sluice("import-odcs", odcs, "--json").stdout)
        self.assertEqual((said["schema_version"], said["name"], said["notes"]), (1, "trips", []))

    def test_a_file_that_is_there_is_left_alone(self):
        there = self.written("out.yaml", "mine")
        for words in (("export-odcs", FOLDER / "trips.yaml"),
                      ("import-odcs", FOLDER / "trips.odcs.yaml")):
            done = sluice(*words, "--output", there)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn("there is a file already", done.stderr)
        self.assertEqual(there.read_text(encoding="utf-8"), "mine")

    def test_of_several_files_all_are_written_or_none(self):
        folder = self.folder / "made"
        folder.mkdir()
        (folder / "customers.yaml").write_text("mine", encoding="utf-8")
        done = sluice("import-dbt", FOLDER / "schema.yml", "--output", folder)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual([path.name for path in folder.iterdir()], ["customers.yaml"])
        done = sluice("import-dbt", FOLDER / "schema.yml", "-m", "orders", "--output", folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(sluice("validate", folder / "orders.yaml").returncode, 0)

    def test_bad_input_is_told_with_its_place(self):
        cases = (
            ("import-odcs", "kind: DataContract\napiVersion: v2.2.2\n", 1, ":2:13: ODCS 3 is read"),
            ("import-odcs", "kind: DataContract\napiVersion: v3.1.0\n", 3, ":1:1: "),
            ("import-odcs", "version: 1.0.0\n", 3, ":1:1: this is no data contract of ODCS"),
            ("import-odcs", "a: [1\n", 3, ":"),
            ("import-dbt", "models: 3\n", 3, ":1:9: expected a list for 'models'"),
            ("import-dbt", "version: 2\n", 3, "neither models nor sources"),
            ("export-odcs", "version: 1.0.0\nmodle: {}\n", 3, ":1:1: "),
        )
        for command, text, code, said in cases:
            path = self.written("bad.yaml", text)
            done = sluice(command, path)
            self.assertEqual((done.returncode, done.stdout), (code, ""), command + text)
            self.assertIn(f"{path}", done.stderr)
            self.assertIn(said, done.stderr)
        self.assertEqual(sluice("import-odcs", self.folder / "none.yaml").returncode, 2)
        self.assertEqual(sluice("import-dbt", FOLDER / "schema.yml", "-m", "x").returncode, 2)

    def test_what_becomes_no_rule_is_a_notice(self):
        done = sluice("import-dbt", FOLDER / "packages.yml")
        self.assertEqual(done.returncode, 0)
        self.assertIn("notice: trips: no rule for the test 'own_package.own_test'", done.stderr)


if __name__ == "__main__":
    unittest.main()
