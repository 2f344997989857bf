"""Conformance verdicts against the list of expected failures, and the runner of our own cases."""

import json
import stat
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import context  # noqa: F401  (puts tools/ on the module path)

from dev.console import DevError
from dev.results import Outcome
from dev.verb import conformance, lint

REPORT = {"rows": {"source": 1, "good": 1, "quarantined": 0, "dropped": 0, "added": 0}}


class Verdicts(unittest.TestCase):
    def test_both_spellings_of_a_runner_are_read(self) -> None:
        output = "ok    a (0.10 s)\nok    b\nFAIL  c: exit 1: boom\n   more\n1 passed, 1 failed\n"
        self.assertEqual(conformance.parse_verdicts("own", output),
                         {"own/a": "", "own/b": "", "own/c": "exit 1: boom"})

    def test_a_listed_failure_is_skipped_with_its_reason(self) -> None:
        (case,) = conformance.judge({"own/a": "boom"}, {"own/a": "needs Delta"})
        self.assertIs(case.outcome, Outcome.SKIPPED)
        self.assertIn("needs Delta", case.detail)

    def test_a_listed_case_that_passes_is_a_failure(self) -> None:
        (case,) = conformance.judge({"own/a": ""}, {"own/a": "needs Delta"})
        self.assertIs(case.outcome, Outcome.FAILED)

    def test_an_unlisted_failure_is_a_failure(self) -> None:
        (case,) = conformance.judge({"own/a": "boom"}, {})
        self.assertIs(case.outcome, Outcome.FAILED)

    def test_a_listed_case_must_exist_in_a_suite_that_ran(self) -> None:
        listed = {"own/gone": "x", "shared/far": "x"}
        cases = conformance.judge_unknown({"own/a": ""}, listed, [conformance.OWN])
        self.assertEqual([case.name for case in cases], ["own/gone"])

    def test_a_line_without_a_reason_is_refused(self) -> None:
        for line in ("own/a", "own/a:", "a: why"):
            with self.subTest(line), self.assertRaises(DevError):
                conformance.parse_expected(line)

    def test_the_list_of_the_repository_is_well_formed(self) -> None:
        conformance.parse_expected(conformance.EXPECTED.read_text("utf-8"))


class OwnRunner(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        case = self.folder / "cases" / "one"
        (case / "expected").mkdir(parents=True)
        (case / "expected" / "good.jsonl").write_text('{"x": 1}\n')
        (case / "case.json").write_text(json.dumps(
            {"expected": {"accepted": "expected/good.jsonl"}, "assertions": {"rows_input": 1}}))

    def judge(self, good: str, report: object = REPORT,
              code: int = 0) -> subprocess.CompletedProcess[str]:
        """Runs the runner against a program that answers as told."""
        program = self.folder / "sluice"
        program.write_text(f"#!{sys.executable}\nimport sys\n"
                           "path = sys.argv[sys.argv.index('--output-good') + 1]\n"
                           f"open(path, 'w').write({good!r})\nprint({json.dumps(report)!r})\n"
                           f"sys.exit({code})\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        command = [sys.executable, str(conformance.OWN.runner), "--sluice", str(program),
                   "--cases", str(self.folder / "cases"), "--verbose"]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def test_a_right_answer_passes(self) -> None:
        done = self.judge('{"x": 1.0}\n')
        self.assertEqual((done.returncode, done.stdout), (0, "ok    one\n1 passed, 0 failed\n"))

    def test_wrong_missing_and_surplus_rows_fail(self) -> None:
        for good in ('{"x": 2}\n', "", '{"x": 1}\n{"x": 1}\n'):
            with self.subTest(good):
                self.assertIn("FAIL  one: accepted", self.judge(good).stdout)

    def test_a_ledger_that_does_not_add_up_fails(self) -> None:
        report = {"rows": REPORT["rows"] | {"source": 2}}
        self.assertIn("FAIL  one: source = good", self.judge('{"x": 1}\n', report).stdout)

    def test_a_wrong_exit_code_fails(self) -> None:
        self.assertIn("exit code: want 0, got 4", self.judge('{"x": 1}\n', code=4).stdout)


class ClangTidyUnits(unittest.TestCase):
    def test_a_changed_header_is_checked_through_its_sources(self) -> None:
        compiled = {Path("/r/a.cc"), Path("/r/a_test.cc"), Path("/r/b.cc")}
        self.assertEqual(lint.units_of([Path("/r/a.h"), Path("/r/gone.cc")], compiled),
                         [Path("/r/a.cc"), Path("/r/a_test.cc")])
