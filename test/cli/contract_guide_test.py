"""`sluice schema` and `sluice explain` as a shell sees them."""

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

SLUICE = os.environ["SLUICE"]
ROOT = Path(__file__).resolve().parents[2]


def sluice(*words):
    return subprocess.run([SLUICE, *words], capture_output=True, text=True, check=False)


class Guide(unittest.TestCase):
    def test_the_schema_is_json_and_resolves_all_its_references(self):
        done = sluice("schema")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        schema = json.loads(done.stdout)
        self.assertEqual(schema["$schema"], "https://json-schema.org/draft/2020-12/schema")
        wanted = {part["$ref"].removeprefix("#/$defs/") for part in self.walk(schema)
                  if "$ref" in part}
        self.assertGreater(len(wanted), 40)
        self.assertEqual(wanted - set(schema["$defs"]), set())

    def walk(self, part):
        if isinstance(part, dict):
            yield part
        for child in part.values() if isinstance(part, dict) else part:
            if isinstance(child, (dict, list)):
                yield from self.walk(child)

    def test_the_pages_in_docs_are_what_explain_prints(self):
        for page in ("rules", "transforms", "maskings"):
            text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
            self.assertEqual(sluice("explain", "--page", page).stdout, text)

    def test_a_name_is_a_code_a_rule_a_step_a_masking_or_a_key(self):
        for name, said in (("SL0501", "SL0501"), ("range", "row rule"), ("deduplicate", "step"),
                           ("partial", "masking"), ("materialization.strategy", "scd2")):
            done = sluice("explain", name)
            self.assertEqual(done.returncode, 0, name)
            self.assertIn(said, done.stdout, name)
        said = json.loads(sluice("explain", "range", "--json").stdout)
        self.assertEqual(said["name"], "range")

    def test_a_key_of_a_contract_is_told_with_its_place(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "trips.yaml")
            path.write_text("dataset: trips\nmodel:\n  fields: [{name: id, type: int}]\n",
                            encoding="utf-8")
            done = sluice("explain", str(path), "--key", "model.fields[0].type")
            self.assertIn(f"{path}:3", done.stdout)
            self.assertEqual(sluice("explain", str(path), "--key", "modle").returncode, 2)


class Keys(unittest.TestCase):
    """`sluice explain CONTRACT --key PATH`."""

    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (self.folder / "_domain.yaml").write_text(
            "domain: rides\nowner: ann\nslo:\n  row_count: {silver: {min_rows: 10}}\n",
            encoding="utf-8")
        self.path = self.folder / "trips.yaml"
        self.path.write_text(
            "info: {title: Trips, target_layer: silver}\n"
            "model:\n  fields: [{name: id, type: int}]\n"
            "service_levels: {freshness_hours: 24}\n"
            "materialization: {strategy: merge, primary_key: [id]}\n", encoding="utf-8")

    def explain(self, key, path=None):
        done = sluice("explain", str(path or self.path), "--key", key, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_a_key_of_a_file_above_has_its_place_its_default_or_its_meaning(self):
        domain = self.folder / "_domain.yaml"
        said = self.explain("slo.row_count.silver.min_rows", domain)
        self.assertEqual((said["value"], said["file"], said["line"]), ("10", str(domain), 4))
        said = self.explain("slo.row_count.silver.check_field", domain)
        self.assertEqual((said["value"], said["origin"]), ("counts_good", "default"))
        said = self.explain("ownership.contacts", domain)
        self.assertEqual(said["origin"], "none")
        self.assertEqual(sluice("explain", str(domain), "--key", "slo.freshnes").returncode, 2)
        system = self.folder / "_system.yaml"
        system.write_text("system: taxi\nstorage: {root: data}\n", encoding="utf-8")
        self.assertEqual(self.explain("storage.root", system)["line"], 2)
        said = self.explain("owner", system)
        self.assertEqual((said["value"], said["file"]), ("ann", str(domain)))
        said = self.explain("contracts[0].layer", system)
        self.assertEqual(said["origin"], "none")

    def test_a_name_may_be_a_key_of_the_files_above(self):
        for name, said in (("slo.freshness", "key of _domain.yaml and _system.yaml"),
                           ("products", "key of _domain.yaml"), ("storage", "_system.yaml"),
                           ("slo.freshness.silver.max_delay_minutes", "minutes"),
                           ("cost.budget.daily_limit", "_domain.yaml")):
            done = sluice("explain", name)
            self.assertEqual(done.returncode, 0, name)
            self.assertIn(said, done.stdout, name)

    def test_an_inherited_value_names_the_file_above(self):
        said = self.explain("ownership.owner")
        self.assertEqual((said["value"], said["line"]), ("ann", 2))
        self.assertTrue(said["file"].endswith("_domain.yaml"))
        said = self.explain("service_levels.row_count.min_rows")
        self.assertEqual((said["value"], said["line"]), ("10", 4))

    def test_a_value_has_its_file_and_line(self):
        said = self.explain("model.fields.id.type")
        self.assertEqual((said["value"], said["file"], said["line"]), ("int", str(self.path), 3))
        said = self.explain("service_levels.row_count.min_rows")
        self.assertEqual((said["value"], said["line"]), ("10", 4))
        self.assertTrue(said["file"].endswith("_domain.yaml"))
        self.assertEqual(self.explain("info.owner")["value"], "ann")

    def test_a_shorthand_is_told_as_what_it_means(self):
        said = self.explain("service_levels.freshness")
        self.assertEqual((said["value"], said["written_as"], said["line"]),
                         ("{threshold: 24h}", "service_levels.freshness_hours", 4))
        self.assertEqual(self.explain("primary_key")["value"], "[id]")

    def test_what_nobody_wrote_has_its_default(self):
        said = self.explain("lineage.enabled")
        self.assertEqual((said["value"], said["origin"]), ("false", "default"))
        self.assertEqual(self.explain("source.path")["origin"], "none")

    def test_a_contract_without_a_key_is_told_to_name_one(self):
        done = sluice("explain", str(self.path))
        self.assertEqual(done.returncode, 2)
        self.assertIn("--key", done.stderr)


if __name__ == "__main__":
    unittest.main()
