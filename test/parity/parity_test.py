"""docs/parity.md has a row for each name of names.txt, and each test that it names exists."""

import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "parity.md"
NAMES = Path(__file__).parent / "names.txt"
ROW = re.compile(r"^\| `([^|]+)` \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
TEST = re.compile(r"\bTEST(?:_F|_P)?\((\w+),\s*(\w+)\)")


def rows() -> dict[str, tuple[str, str]]:
    return {name: (here, shown) for name, here, shown in ROW.findall(PAGE.read_text("utf-8"))}


def tests_of_the_tree() -> set[str]:
    files = [*(ROOT / "src").rglob("*.cc"), *(ROOT / "test").rglob("*.cc")]
    return {f"{suite}.{name}" for file in files
            for suite, name in TEST.findall(file.read_text("utf-8"))}


class Parity(unittest.TestCase):
    def test_every_name_has_a_row_and_no_row_is_without_one(self) -> None:
        lines = NAMES.read_text("utf-8").splitlines()
        names = {line for line in lines if line and not line.startswith("#")}
        self.assertEqual(names, set(rows()))

    def test_no_name_has_two_rows(self) -> None:
        found = [name for name, _, _ in ROW.findall(PAGE.read_text("utf-8"))]
        self.assertEqual(len(found), len(set(found)))

    def test_every_row_names_a_test_that_exists_or_says_why_not(self) -> None:
        known = tests_of_the_tree()
        for name, (here, shown) in rows().items():
            with self.subTest(name=name):
                if shown == "-":
                    self.assertRegex(here, "^not taken, because ")
                else:
                    self.assertIn(shown.strip("`"), known)


if __name__ == "__main__":
    unittest.main()
