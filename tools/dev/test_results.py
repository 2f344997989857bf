"""Counting: what a report says, and what is said when a report says too little."""

import tempfile
import unittest
from pathlib import Path

import context  # noqa: F401  (puts tools/ on the module path)

from dev import results
from dev.results import Case, Outcome, Program

GTEST = """<testsuites><testsuite name="Uuid">
<testcase name="Parses" status="run" result="completed" time="0.25" classname="Uuid"/>
<testcase name="Fails" status="run" result="completed" time="0" classname="Uuid">
  <failure message="x_test.cc:3&#x0A;Expected 1" type=""/></testcase>
<testcase name="Skips" status="run" result="skipped" time="0" classname="Uuid">
  <skipped message="x_test.cc:9&#x0A;no server: 'spark'"/></testcase>
<testcase name="Other" status="notrun" result="suppressed" time="0" classname="Uuid"/>
</testsuite></testsuites>"""

CTEST = """<testsuite>
<testcase name="good" time="1.5" status="run"><system-out>fine</system-out></testcase>
<testcase name="bad" time="2" status="fail"><failure message="Failed"/></testcase>
<testcase name="away" time="0" status="notrun"><skipped message="SKIP_RETURN_CODE=77"/>
  <system-out>no Java
</system-out></testcase>
</testsuite>"""


class Reports(unittest.TestCase):
    def test_cases_keep_outcome_and_reason(self) -> None:
        cases = {case.name: case for case in results.parse_report(GTEST)}
        self.assertEqual(cases["Uuid.Parses"], Case("Uuid.Parses", 0.25, Outcome.PASSED))
        self.assertIs(cases["Uuid.Fails"].outcome, Outcome.FAILED)
        self.assertEqual(cases["Uuid.Skips"].detail, "no server: 'spark'")

    def test_cases_left_out_by_a_filter_are_not_counted(self) -> None:
        self.assertNotIn("Uuid.Other", [case.name for case in results.parse_report(GTEST)])

    def test_programs_keep_their_skip_reason(self) -> None:
        programs = {program.name: program for program in results.parse_ctest(CTEST)}
        self.assertIs(programs["good"].outcome, Outcome.PASSED)
        self.assertIs(programs["bad"].outcome, Outcome.FAILED)
        self.assertEqual(programs["away"].detail, "no Java")


class CasesOfAProgram(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.report = Path(folder.name) / "x.xml"

    def test_without_a_report_it_is_one_case(self) -> None:
        program = Program("x", 1.0, Outcome.FAILED, "crashed")
        self.assertEqual(results.cases_of(program, self.report),
                         [Case("x", 1.0, Outcome.FAILED, "crashed")])

    def test_a_failure_after_the_last_case_is_a_failure(self) -> None:
        self.report.write_text('<testsuite><testcase name="A" classname="B" time="0"/></testsuite>')
        cases = results.cases_of(Program("x", 1.0, Outcome.FAILED, "leak"), self.report)
        self.assertEqual([case.outcome for case in cases], [Outcome.PASSED, Outcome.FAILED])

    def test_a_torn_report_is_a_failure(self) -> None:
        self.report.write_text("<testsuite><testcase")
        cases = results.cases_of(Program("x", 1.0, Outcome.PASSED), self.report)
        self.assertEqual([case.outcome for case in cases], [Outcome.FAILED])


class Summary(unittest.TestCase):
    def test_the_last_line_is_plain(self) -> None:
        cases = [Case("a", 1, Outcome.PASSED), Case("b", 2, Outcome.SKIPPED, "no Java")]
        lines = results.summary(cases).splitlines()
        self.assertEqual(lines[-1], "1 passed, 0 failed, 1 skipped")
        self.assertIn("  b: no Java", lines)

    def test_nothing_skipped_is_not_named(self) -> None:
        self.assertEqual(results.totals_line(3, 1, 0), "3 passed, 1 failed")
