"""What ./dev coverage makes of the reports of gcov."""

import unittest
from pathlib import Path

import context  # noqa: F401  (puts tools/ on the module path)

from dev.verb import coverage

ROOT = Path("/clone")


def report(*files: tuple[str, list[tuple[int, int]]]) -> dict[str, object]:
    return {"current_working_directory": "/clone/build/coverage", "files": [
        {"file": name, "lines": [{"line_number": line, "count": count} for line, count in lines]}
        for name, lines in files]}


class Coverage(unittest.TestCase):
    def test_a_header_counts_once_whoever_includes_it(self) -> None:
        counts: coverage.Counts = {}
        header = "../../src/sluice/base/uuid.h"
        coverage.add_report(counts, report((header, [(1, 0), (2, 3)])), ROOT)
        coverage.add_report(counts, report((header, [(1, 1), (3, 0)])), ROOT)
        self.assertEqual(counts, {"src/sluice/base/uuid.h": {1: 1, 2: 3, 3: 0}})
        self.assertEqual(coverage.by_folder(counts), [("base", 2, 3)])

    def test_tests_and_what_is_not_ours_are_left_out(self) -> None:
        counts: coverage.Counts = {}
        coverage.add_report(counts, report(("../../src/sluice/base/uuid_test.cc", [(1, 1)]),
                                           ("/usr/include/c++/12/optional", [(1, 1)]),
                                           ("../../test/threads/threads_test.cc", [(1, 1)])), ROOT)
        self.assertEqual(counts, {})

    def test_the_smallest_share_comes_first(self) -> None:
        counts = {"src/sluice/plan/a.cc": {1: 1, 2: 1}, "src/sluice/run/write/b.cc": {1: 0, 2: 1}}
        self.assertEqual(coverage.by_folder(counts), [("run/write", 1, 2), ("plan", 2, 2)])
        self.assertIn("75.0 %       3 of      4  all", coverage.render(coverage.by_folder(counts)))


if __name__ == "__main__":
    unittest.main()
