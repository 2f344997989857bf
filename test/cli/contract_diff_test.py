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
        self.assertEqual(sluice("diff", "--git=--help", self.old).returncode, 2)
        self.assertEqual(sluice("diff", "--git", "v9", self.old).returncode, 2)
        self.assertEqual(sluice("diff", "--git", "HEAD", self.folder / "none.yaml").returncode, 2)
        came = sluice("diff", "--git", "HEAD", self.new)
        self.assertEqual(came.returncode, 0, came.stderr)
        self.assertIn("[contract-added;", came.stdout)
        self.old.unlink()
        went = sluice("diff", "--git", "HEAD", self.old)
        self.assertEqual(went.returncode, 1, went.stderr)
        self.assertIn("[contract-removed;", went.stdout)

    def mesh(self):
        """A domain with two contracts, committed; then its owner and one contract change."""
        mesh = self.folder / "mesh"
        (mesh / "silver").mkdir(parents=True)
        (mesh / "_domain.yaml").write_text("owner: team-a\nslo:\n  freshness:\n"
                                           "    silver: {max_delay_minutes: 60}\n", "utf-8")
        silver = OLD.replace("title: Trips", "title: Trips, target_layer: silver")
        for name in "trips", "rides", "gone":
            text = silver.replace("title: Trips", f"title: {name}, table_name: {name}")
            (mesh / "silver" / f"{name}.yaml").write_text(text, "utf-8")
        self.git("init", "-q")
        self.git("add", ".")
        self.git("commit", "-qm", "first")
        return mesh

    def test_git_compares_a_folder_and_what_stands_above_it_at_both_revisions(self):
        mesh = self.mesh()
        self.assertEqual(sluice("diff", "--git", "HEAD", mesh).stdout, "")
        (mesh / "_domain.yaml").write_text("owner: team-b\nslo:\n  freshness:\n"
                                           "    silver: {max_delay_minutes: 30}\n", "utf-8")
        (mesh / "silver/gone.yaml").unlink()
        new = NEW.replace("title: Trips", "title: new, table_name: new")
        (mesh / "silver/new.yaml").write_text(new, "utf-8")
        (mesh / "gold").mkdir()
        (mesh / "silver/rides.yaml").rename(mesh / "gold/rides.yaml")
        said = sluice("diff", "--git", "HEAD", mesh / "silver", "--json")
        self.assertEqual(said.returncode, 1, said.stderr)
        found = {(each["contract"], each["change"]) for each in json.loads(said.stdout)["changes"]}
        self.assertEqual(found, {
            ("gone.yaml", "contract-removed"), ("rides.yaml", "contract-removed"),
            ("new.yaml", "contract-added"), ("trips.yaml", "owner-changed"),
            ("trips.yaml", "free-data-changed"), ("trips.yaml", "freshness-tightened")})
        changes = json.loads(said.stdout)["changes"]
        [freshness] = [each for each in changes if each["change"] == "freshness-tightened"]
        self.assertEqual(freshness["file"], str(mesh / "_domain.yaml"))
        self.assertEqual(freshness["line"], 4)
        whole = json.loads(sluice("diff", "--git", "HEAD", mesh, "--json").stdout)["changes"]
        self.assertIn(("gold/rides.yaml", "contract-moved"),
                      {(each["contract"], each["change"]) for each in whole})
        text = sluice("diff", "--git", "HEAD", mesh).stdout
        self.assertIn("silver/gone.yaml:\nbreaking  contract: A contract was removed", text)

    def test_git_reads_a_file_with_what_stood_above_it(self):
        mesh = self.mesh()
        (mesh / "_domain.yaml").unlink()
        said = json.loads(sluice("diff", "--git", "HEAD", mesh / "silver/trips.yaml",
                                 "--json").stdout)
        removed = [each for each in said["changes"] if each["path"].startswith("service_levels")]
        self.assertEqual([each["file"] for each in removed], [f"HEAD:{mesh / '_domain.yaml'}"])

    def test_an_old_version_that_was_not_valid_does_not_stop_a_folder(self):
        mesh = self.mesh()
        broken = mesh / "silver/trips.yaml"
        good = broken.read_text("utf-8")
        broken.write_text("version: 1.0.0\n", "utf-8")
        self.assertEqual(sluice("diff", "--git", "HEAD", mesh).returncode, 3)
        self.git("commit", "-qam", "broken")
        broken.write_text(good, "utf-8")
        said = sluice("diff", "--git", "HEAD", mesh)
        self.assertEqual(said.returncode, 0, said.stderr)
        self.assertIn("[contract-mended;", said.stdout)

    def test_two_folders_of_the_disk_are_compared(self):
        other = self.folder / "other"
        other.mkdir()
        (other / "a.yaml").write_text(NEW, "utf-8")
        first = self.folder / "first"
        first.mkdir()
        (first / "a.yaml").write_text(OLD, "utf-8")
        said = sluice("diff", first, other)
        self.assertEqual(said.returncode, 1, said.stderr)
        self.assertIn("a.yaml:\nbreaking  model.fields.note", said.stdout)
        self.assertEqual(sluice("diff", first, self.old).returncode, 2)

    def test_wrong_words_and_invalid_contracts_are_told_apart(self):
        self.assertEqual(sluice("diff", self.old).returncode, 2)
        self.assertEqual(sluice("diff", "--git", "HEAD", self.old, self.new).returncode, 2)
        self.new.write_text("version: 1.0.0\n", encoding="utf-8")
        said = sluice("diff", self.old, self.new)
        self.assertEqual((said.returncode, said.stdout), (3, ""))
        self.assertIn("error[", said.stderr)


if __name__ == "__main__":
    unittest.main()
