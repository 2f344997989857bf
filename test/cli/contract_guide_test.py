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


if __name__ == "__main__":
    unittest.main()
