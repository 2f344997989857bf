"""The table of verbs, test selection, build output, Java and services."""

import importlib
import json
import os
import socket
import subprocess
import sys
import unittest
from unittest import mock

import context  # noqa: F401  (puts tools/ on the module path)

from dev import paths, verbs
from dev.service import java, services, table
from dev.verb import ninja, testing
from dev.verb.testing import Test

CTEST_JSON = json.dumps({"tests": [
    {"name": "sluice_base_test", "command": ["/b/base", "--gtest_output=xml:r"], "properties": []},
    {"name": "kill_loop", "command": ["python3", "x.py"],
     "properties": [{"name": "LABELS", "value": ["long", "service:spark"]}]}]})


class Verbs(unittest.TestCase):
    def test_each_has_a_module_with_a_main(self) -> None:
        for verb in verbs.VERBS:
            with self.subTest(verb.name):
                self.assertTrue(callable(importlib.import_module(verb.module).main))

    def test_help_says_each_in_a_line_of_a_hundred_columns(self) -> None:
        lines = verbs.help_text().splitlines()
        for verb in verbs.VERBS:
            with self.subTest(verb.name):
                self.assertEqual(sum(line.startswith(f"  ./dev {verb.name}") for line in lines), 1)
        self.assertLessEqual(max(map(len, lines)), 100)

    def test_an_unknown_verb_is_a_wrong_command_line(self) -> None:
        done = subprocess.run([sys.executable, str(paths.ROOT / "dev"), "frobnicate"], cwd="/",
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("no such verb: 'frobnicate'", done.stderr)


class Selecting(unittest.TestCase):
    def setUp(self) -> None:
        self.tests = testing.parse_tests(CTEST_JSON)
        patch = mock.patch("dev.verb.testing.list_cases",
                           return_value=["Uuid.IsSorted", "Clock.Reads"])
        patch.start()
        self.addCleanup(patch.stop)

    def test_long_tests_wait_for_long(self) -> None:
        self.assertEqual(testing.select(self.tests, "", False).names(), ["sluice_base_test"])
        self.assertEqual(len(testing.select(self.tests, "", True).names()), 2)

    def test_a_filter_finds_single_cases(self) -> None:
        chosen = testing.select(self.tests, "uuid", False)
        self.assertEqual(chosen.whole, [])
        self.assertEqual(chosen.cases, {"sluice_base_test": ["Uuid.IsSorted"]})

    def test_a_filter_that_finds_nothing_chooses_nothing(self) -> None:
        self.assertEqual(testing.select(self.tests, "nope", True).names(), [])

    def test_only_chosen_tests_start_services(self) -> None:
        for with_long, needed in ((False, []), (True, ["spark"])):
            selection = testing.select(self.tests, "", with_long)
            self.assertEqual(testing.needed_services(self.tests, selection), needed)

    def test_case_lists_are_read_with_parameters(self) -> None:
        text = "Running main() from x\nA.\n  One\n  Two/0  # GetParam() = 1\nAll/B.\n  Three/file\n"
        self.assertEqual(testing.parse_case_list(text), ["A.One", "A.Two/0", "All/B.Three/file"])

    def test_a_googletest_program_is_told_by_its_report(self) -> None:
        self.assertTrue(self.tests[0].is_googletest())
        self.assertFalse(Test("x", ("python3",), ()).is_googletest())


class BuildOutput(unittest.TestCase):
    def test_steps_are_told_from_messages(self) -> None:
        self.assertEqual(ninja.parse_step("[3/20] Building x\n"), (3, 20, "Building x"))
        self.assertIsNone(ninja.parse_step("x.cc:1:2: error: [3/20] no\n"))

    def test_noise_is_dropped_and_errors_are_not(self) -> None:
        self.assertTrue(ninja.is_noise("ninja: no work to do.\n"))
        self.assertFalse(ninja.is_noise("ninja: build stopped: subcommand failed.\n"))
        self.assertFalse(ninja.is_noise("x.cc:1:2: error: no\n"))


class Java(unittest.TestCase):
    def test_the_version_is_read_from_the_release_file(self) -> None:
        self.assertEqual(java.parse_release('IMPLEMENTOR="x"\nJAVA_VERSION="17.0.15"\n'), 17)
        self.assertEqual(java.parse_release('JAVA_VERSION="25"\n'), 25)
        self.assertIsNone(java.parse_release("x"))


class Services(unittest.TestCase):
    def test_a_process_is_known_by_its_number_and_its_beginning(self) -> None:
        began = services.process_began(os.getpid())
        self.assertIsNotNone(began)
        other = services.State(os.getpid(), (began or 0) + 1, 1)
        with mock.patch("pathlib.Path.read_text", return_value=json.dumps(other.__dict__)):
            with mock.patch("dev.service.services.process_began", return_value=began):
                self.assertIsNone(services.load_state(table.SERVICES[0]))

    def test_a_taken_port_is_replaced(self) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            self.assertNotEqual(services.choose_port(port), port)

    def test_what_this_machine_cannot_run_is_left_out_with_its_reason(self) -> None:
        with mock.patch("dev.service.java.find_home", return_value=None):
            with services.running(["spark"]) as environment:
                self.assertEqual(environment, {"SLUICE_NO_SPARK": "no Java 17 to 23 found"})
