"""What README.md shows of the typed door is a program that runs."""

import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class Readme(unittest.TestCase):
    def test_its_lines_are_those_of_the_program(self) -> None:
        block = re.search(r"```cpp\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.S)
        self.assertIsNotNone(block)
        program = (ROOT / "examples/quickstart/readme.cpp").read_text("utf-8").splitlines()
        lines = [line for line in block[1].splitlines() if line]
        self.assertGreater(len(lines), 5)
        self.assertEqual([line for line in lines if line not in program], [])


if __name__ == "__main__":
    unittest.main()
