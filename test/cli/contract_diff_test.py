"""`sluice diff` as a shell and a CI system see it."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

SLUICE = os.environ["SLUICE"]
OLD = """version: 1.0.0
info: {title: Trips}
model:
  fields:
    - {name: id, type: bigint, required: true}
    - {name: note, type: string}
"""
NEW = OLD.replace("    - {name: note, type: string}\n", "").replace("1.0.0", "2.0.0")
ENVIRONMENT = {**os.environ, "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.com",
               "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.com",
               "GIT_CONFIG_GLOBAL": "/dev/null"}


def sluice(*words):
    return subprocess.run([SLUICE, *map(str, words)], capture_output=True, text=True, check=False)


class Diff(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.old, self.new = self.folder / "old.yaml", self.folder / "new.yaml"
        self.old.write_text(OLD, encoding="utf-8")
        self.new.write_text(NEW, encoding="utf-8")

    def git(self, *words):
        subprocess.run(["git", "-C", str(self.folder), *words], check=True, env=ENVIRONMENT,
                       capture_output=True)

    def test_a_breaking_change_is_exit_code_1(self):
        said = sluice("diff", self.old, self.new)
        self.assertEqual(said.returncode, 1)
        self.assertIn("breaking  model.fields.note: A field was removed [field-removed;",
                      said.stdout)
        self.assertEqual(sluice("diff", self.old, self.old).returncode, 0)
        self.assertEqual(sluice("diff", self.new, self.old).returncode, 0)

    def test_json_names_both_sides_and_the_place(self):
        said = json.loads(sluice("diff", self.old, self.new, "--json").stdout)
        self.assertEqual(said["verdict"], "breaking")
        removed, version = said["changes"]
        self.assertEqual((removed["change"], removed["producers"], removed["consumers"]),
                         ("field-removed", "risky", "breaking"))
        self.assertEqual((removed["file"], removed["line"]), (str(self.old), 6))
        self.assertEqual((version["before"], version["after"]), ("1.0.0", "2.0.0"))

    def test_markdown_is_a_table_and_escapes(self):
        self.new.write_text(NEW.replace("Trips", '"a | b"'), encoding="utf-8")
        text = sluice("diff", self.old, self.new, "--format", "markdown").stdout
        self.assertIn("| change | where | producers | consumers | why |", text)
        self.assertIn("a \\| b", text)

    def test_sarif_has_a_rule_for_each_result(self):
        log = json.loads(sluice("diff", self.old, self.new, "--format", "sarif").stdout)
        [run] = log["runs"]
        rules = run["tool"]["driver"]["rules"]
        self.assertEqual(len(run["results"]), 2)
        for result in run["results"]:
            self.assertEqual(rules[result["ruleIndex"]]["id"], result["ruleId"])
        self.assertEqual({each["level"] for each in run["results"]}, {"error", "note"})

    def test_an_exception_lets_a_change_pass_and_an_idle_one_is_named(self):
        allow = self.folder / "allow"
        allow.write_text("allow:\n- {change: field-removed, path: model.fields.note, reason: x}\n"
                         "- {change: field-removed, path: model.fields.id, reason: x}\n",
                         encoding="utf-8")
        said = sluice("diff", self.old, self.new, "--allow", allow)
        self.assertEqual(said.returncode, 0)
        self.assertIn("allowed: x", said.stdout)
        self.assertIn("this exception lets nothing pass: field-removed model.fields.id",
                      said.stderr)
        allow.write_text("allow:\n- {change: field-removed}\n", encoding="utf-8")
        self.assertEqual(sluice("diff", self.old, self.new, "--allow", allow).returncode, 3)

    def test_git_compares_a_file_with_its_past(self):
        self.git("init", "-q")
        self.git("add", "old.yaml")
        self.git("commit", "-qm", "first")
        self.old.write_text(NEW, encoding="utf-8")
        said = sluice("diff", "--git", "HEAD", self.old, "--json")
        self.assertEqual(said.returncode, 1)
        self.assertEqual(json.loads(said.stdout)["old"], f"HEAD:{self.old}")
        self.assertEqual(sluice("diff", "--git", "HEAD", self.new).returncode, 2)
        self.assertEqual(sluice("diff", "--git=--help", self.old).returncode, 2)

    def test_wrong_words_and_invalid_contracts_are_told_apart(self):
        self.assertEqual(sluice("diff", self.old).returncode, 2)
        self.assertEqual(sluice("diff", "--git", "HEAD", self.old, self.new).returncode, 2)
        self.new.write_text("version: 1.0.0\n", encoding="utf-8")
        said = sluice("diff", self.old, self.new)
        self.assertEqual((said.returncode, said.stdout), (3, ""))
        self.assertIn("error[", said.stderr)


if __name__ == "__main__":
    unittest.main()
