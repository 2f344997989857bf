"""docs/parity.md has a row for each name of names.txt, and each test that it names exists;
names.txt is what names_of.py finds in the texts, where they lie beside the clone.
"""

import re
import unittest
from pathlib import Path

from names_of import names_of

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "parity.md"
NAMES = Path(__file__).parent / "names.txt"
TEXTS = sorted((ROOT.parent / "shared" / "reference" / "origin").glob("00[012]_*.txt"))
ROW = re.compile(r"^\| `([^|]+)` \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
TEST = re.compile(r"\bTEST(?:_F|_P)?\((\w+),\s*(\w+)\)")


def rows() -> dict[str, tuple[str, str]]:
    return {name: (here, shown) for name, here, shown in ROW.findall(PAGE.read_text("utf-8"))}


def tests_of_the_tree() -> set[str]:
    files = [*(ROOT / "src").rglob("*.cc"), *(ROOT / "test").rglob("*.cc")]
    return {f"{suite}.{name}" for file in files
            for suite, name in TEST.findall(file.read_text("utf-8"))}


def listed() -> list[str]:
    lines = NAMES.read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


class Parity(unittest.TestCase):
    @unittest.skipUnless(TEXTS, "the texts about lake-orm do not lie beside this clone")
    def test_the_names_are_those_of_the_texts(self) -> None:
        self.assertEqual(listed(), names_of([text.read_text("utf-8") for text in TEXTS]))

    def test_every_name_has_a_row_and_no_row_is_without_one(self) -> None:
        self.assertEqual(set(listed()), set(rows()))

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
