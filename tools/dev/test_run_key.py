"""The key that `./dev run` makes when none is set."""

import tempfile
import unittest
from pathlib import Path

import context  # noqa: F401  (puts tools/ on the module path)

from dev.verb import run


class ThrowAwayKey(unittest.TestCase):
    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)

    def test_a_key_is_made_once_kept_and_said_in_one_line(self) -> None:
        first: dict[str, str] = {}
        said = run.throw_away_key(self.folder / "a.key", first)
        self.assertIsNotNone(said)
        self.assertNotIn("\n", said)
        self.assertNotIn(first["SLUICE_PII_KEY"], said)
        self.assertGreaterEqual(len(first["SLUICE_PII_KEY"]), 43)
        self.assertEqual((self.folder / "a.key").stat().st_mode & 0o777, 0o600)
        second: dict[str, str] = {}
        run.throw_away_key(self.folder / "a.key", second)
        self.assertEqual(first, second)

    def test_a_key_of_the_user_is_left_alone(self) -> None:
        for name in run.KEY_VARIABLES:
            environment = {name: "mine"}
            self.assertIsNone(run.throw_away_key(self.folder / "a.key", environment))
            self.assertEqual(environment, {name: "mine"})
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_only_contracts_that_mask_ask_for_one(self) -> None:
        (self.folder / "a.yaml").write_text("{name: a, masking: hash}\n", encoding="utf-8")
        (self.folder / "b.yaml").write_text("{name: a}\n", encoding="utf-8")
        self.assertTrue(run.masks(["--json", str(self.folder / "a.yaml")]))
        self.assertFalse(run.masks([str(self.folder / "b.yaml"), "missing.yaml"]))


if __name__ == "__main__":
    unittest.main()
