"""`sluice validate` and `sluice init` as a shell and a CI system see them."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree

SLUICE = os.environ["SLUICE"]
INVALID = "test/contracts/invalid"
VALID = "test/contracts/valid"
LEVELS = {"none", "note", "warning", "error"}


def sluice(*words):
    return subprocess.run([SLUICE, *words], capture_output=True, text=True, check=False)


class ValidateFormats(unittest.TestCase):
    def findings(self):
        return json.loads(sluice("validate", INVALID, "--json").stdout)["diagnostics"]

    def test_the_exit_code_tells_valid_from_invalid(self):
        self.assertEqual(sluice("validate", VALID).returncode, 0)
        self.assertEqual(sluice("validate", INVALID).returncode, 3)
        self.assertEqual(sluice("validate", "no/such/folder").returncode, 2)
        self.assertEqual(sluice("validate", VALID, "--format", "html").returncode, 2)

    def test_text_shows_the_line_with_a_caret(self):
        text = sluice("validate", f"{INVALID}/bad_cron_word.yaml").stdout
        self.assertIn("error[SL0702 bad-cron]", text)
        self.assertIn("   13 | schedule: daily\n      |           ^~~~~", text)

    def test_sarif_holds_every_finding_under_a_declared_rule(self):
        log = json.loads(sluice("validate", INVALID, "--format", "sarif").stdout)
        self.assertEqual(log["version"], "2.1.0")
        [run] = log["runs"]
        rules = run["tool"]["driver"]["rules"]
        self.assertEqual(run["columnKind"], "unicodeCodePoints")
        self.assertEqual(len({rule["id"] for rule in rules}), len(rules))
        self.assertEqual(len(run["results"]), len(self.findings()))
        for result in run["results"]:
            self.assertIn(result["level"], LEVELS)
            self.assertEqual(rules[result["ruleIndex"]]["id"], result["ruleId"])
            self.assertTrue(result["message"]["text"])
            place = result["locations"][0]["physicalLocation"]
            self.assertTrue(place["artifactLocation"]["uri"].startswith(INVALID))
            region = place.get("region", {"startLine": 1, "startColumn": 1})
            self.assertGreaterEqual(min(region.values()), 1)
            self.assertGreaterEqual(region.get("endColumn", 10**6), region["startColumn"])

    def test_sarif_of_valid_contracts_is_a_run_without_errors(self):
        [run] = json.loads(sluice("validate", VALID, "--format", "sarif").stdout)["runs"]
        self.assertEqual([each for each in run["results"] if each["level"] == "error"], [])

    def test_sarif_percent_encodes_what_a_uri_cannot_hold(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "my trips#1.yaml")
            path.write_text("version: 1.0.0\nmodle: {}\n", encoding="utf-8")
            [run] = json.loads(sluice("validate", str(path), "--format", "sarif").stdout)["runs"]
        uri = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        self.assertTrue(uri.startswith("file:///"))
        self.assertTrue(uri.endswith("/my%20trips%231.yaml"))

    def test_junit_counts_what_it_lists(self):
        root = xml.etree.ElementTree.fromstring(
            sluice("validate", VALID, INVALID, "--format", "junit").stdout)
        self.assertEqual(root.tag, "testsuites")
        cases, failures = root.findall(".//testcase"), root.findall(".//testcase/failure")
        self.assertEqual(int(root.get("tests")), len(cases))
        self.assertEqual(int(root.get("failures")), len(failures))
        errors = [each for each in self.findings() if each["severity"] == "error"]
        self.assertEqual(len(failures), len(errors))
        for suite in root.findall("testsuite"):
            self.assertEqual(int(suite.get("tests")), len(suite.findall("testcase")))

    def test_junit_counts_warnings_as_failures_under_strict(self):
        words = ("validate", INVALID, "--format", "junit")
        plain = xml.etree.ElementTree.fromstring(sluice(*words).stdout)
        strict = xml.etree.ElementTree.fromstring(sluice(*words, "--strict").stdout)
        warnings = [each for each in self.findings() if each["severity"] == "warning"]
        self.assertTrue(warnings)
        self.assertEqual(int(strict.get("failures")) - int(plain.get("failures")), len(warnings))

    def test_github_commands_are_one_line_each(self):
        lines = sluice("validate", INVALID, "--format", "github").stdout.splitlines()
        self.assertEqual(len(lines), len(self.findings()))
        for line in lines:
            self.assertRegex(line, r"^::(error|warning|notice) file=[^,:]+.*,title=SL\d{4}::.")


    def test_a_roster_without_its_contracts_is_an_error(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "_system.yaml")
            path.write_text(
                "system: s\nstorage: {contract_root: deep}\ncontracts:\n"
                "  - {layer: silver, entity: a, path: a.yaml}\n"
                "  - {layer: silver, entity: b, path: b.yaml}\n"
                "  - {layer: silver, entity: c, path: \"{contract_root}/c.yaml\"}\n"
                "  - {layer: silver, entity: d, path: d.yaml}\n", encoding="utf-8")
            text = "version: 1.0.0\ninfo: {title: A}\nmodel: {fields: [{name: a, type: string}]}\n"
            pathlib.Path(folder, "deep").mkdir()
            pathlib.Path(folder, "a.yaml").write_text(text, encoding="utf-8")
            pathlib.Path(folder, "deep", "d.yaml").write_text(text, encoding="utf-8")
            done = sluice("validate", str(path), "--json")
        self.assertEqual(done.returncode, 3, done.stdout)
        found = json.loads(done.stdout)["diagnostics"]
        self.assertEqual([(each["code"], each["line"]) for each in found], [("SL0117", 5)])

    def test_findings_that_are_left_out_are_counted(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "many.yaml")
            path.write_text("version: 1.0.0\ninfo: {title: A}\nmodel:\n  fields:\n" + "".join(
                f"    - {{name: a{i}, type: string, foo: 1}}\n" for i in range(1500)),
                encoding="utf-8")
            done = sluice("validate", str(path))
        self.assertEqual(done.returncode, 3)
        self.assertIn("500 findings of one file are left out", done.stderr)


class Init(unittest.TestCase):
    def test_every_template_validates_without_a_finding(self):
        with tempfile.TemporaryDirectory() as folder:
            for layer in ("bronze", "silver", "gold"):
                for full in ((), ("--full",)):
                    path = str(pathlib.Path(folder, f"{layer}{len(full)}.yaml"))
                    self.assertEqual(sluice("init", path, "--layer", layer, *full).returncode, 0)
                    checked = sluice("validate", path, "--strict", "--json")
                    self.assertEqual(checked.returncode, 0, checked.stdout)
                    self.assertEqual(json.loads(checked.stdout)["diagnostics"], [])

    def test_a_file_that_is_there_is_left_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "mine.yaml")
            path.write_text("mine\n", encoding="utf-8")
            refused = sluice("init", str(path))
            self.assertEqual(refused.returncode, 1)
            self.assertIn("there is a file already", refused.stderr)
            self.assertEqual(path.read_text(encoding="utf-8"), "mine\n")

    def test_without_a_path_it_prints(self):
        printed = sluice("init", "--layer", "gold")
        self.assertIn("strategy: overwrite", printed.stdout)
        self.assertEqual(json.loads(sluice("init", "--json", "--layer", "gold").stdout)["text"],
                         printed.stdout)


if __name__ == "__main__":
    unittest.main()
