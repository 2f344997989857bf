"""A contract that runs over lines of JSON in a folder of its own."""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

SLUICE = Path(os.environ["SLUICE"]).resolve()


class JsonRun(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="sluice-json-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def run_over(self, contract: str, lines: list[str]) -> subprocess.CompletedProcess:
        """Leaves what was accepted in good.jsonl and what was refused in bad.jsonl."""
        (self.folder / "contract.yaml").write_text(
            f"version: 1.0.0\ninfo: {{ title: T, table_name: t }}\n{contract}\n", "utf-8")
        (self.folder / "in.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
        (self.folder / "good.jsonl").unlink(missing_ok=True)
        return subprocess.run(
            [SLUICE, "run", "contract.yaml", "--source", "in.jsonl", "--no-materialize", "--quiet",
             "--on-row-error", "quarantine", "--output-good", "good.jsonl", "--output-bad",
             "bad.jsonl"],
            cwd=self.folder, check=False, capture_output=True, timeout=400)

    def text_of(self, name: str) -> str:
        path = self.folder / name
        return path.read_text("utf-8") if path.exists() else ""
