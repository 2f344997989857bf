"""`sluice fmt` as a shell and a CI system see it."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

SLUICE = os.environ["SLUICE"]
MESSY = "# mine\nmodel:\n  fields:\n  - type: int   # small\n    name: id\nversion: 1.0.0\n"
TIDY = "# mine\nversion: 1.0.0\nmodel:\n  fields:\n    - name: id\n      type: int   # small\n"


def sluice(*words):
    return subprocess.run([SLUICE, *words], capture_output=True, text=True, check=False)


class Format(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name, "trips.yaml")
        self.path.write_text(MESSY, encoding="utf-8")

    def test_check_writes_nothing_and_tells_by_its_exit_code(self):
        checked = sluice("fmt", "--check", str(self.path))
        self.assertEqual(checked.returncode, 1)
        self.assertIn(f"would change {self.path}", checked.stderr)
        self.assertEqual(self.path.read_text(encoding="utf-8"), MESSY)

    def test_it_writes_once_and_then_has_nothing_to_do(self):
        self.path.chmod(0o640)
        self.assertEqual(sluice("fmt", str(self.path)).returncode, 0)
        self.assertEqual(self.path.read_text(encoding="utf-8"), TIDY)
        self.assertEqual(self.path.stat().st_mode & 0o777, 0o640)
        self.assertEqual(sluice("fmt", "--check", str(self.path)).returncode, 0)
        self.assertEqual(list(self.path.parent.iterdir()), [self.path])

    def test_stdout_prints_and_writes_nothing(self):
        self.assertEqual(sluice("fmt", "--stdout", str(self.path)).stdout, TIDY)
        self.assertEqual(self.path.read_text(encoding="utf-8"), MESSY)

    def test_json_names_what_changed(self):
        said = json.loads(sluice("fmt", "--check", "--json", str(self.path)).stdout)
        self.assertEqual(said["changed"], [str(self.path)])
        self.assertFalse(said["written"])

    def test_a_broken_file_is_left_alone_and_the_others_are_formatted(self):
        broken = self.path.parent / "broken.yaml"
        broken.write_text("version: [\n", encoding="utf-8")
        refused = sluice("fmt", str(self.path.parent))
        self.assertEqual(refused.returncode, 3)
        self.assertEqual(broken.read_text(encoding="utf-8"), "version: [\n")
        self.assertEqual(self.path.read_text(encoding="utf-8"), TIDY)


if __name__ == "__main__":
    unittest.main()
