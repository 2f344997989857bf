"""./dev test: sets up, builds the dev preset, starts the servers that the chosen tests need, runs
CTest, stops what it started, and counts cases, not programs.

A filter is a piece of a name, in any case: a CTest test that holds it runs whole; of other
GoogleTest programs only the matching cases run. With --long, tests labelled `long` run too, tests
that have a larger size take it (SLUICE_LONG), and each fuzz target runs for a while.
"""

import argparse
import json
import os
import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from dev import paths, process, results
from dev.console import DevError
from dev.deps import setup
from dev.service import services
from dev.verb import build, fuzz

PRESET = "dev"
TIMEOUT_SECONDS = 300
LONG_TIMEOUT_SECONDS = 3600
SERVICE_LABEL = "service:"


@dataclass(frozen=True)
class Test:
    name: str
    command: tuple[str, ...]
    labels: tuple[str, ...]

    def is_googletest(self) -> bool:
        return any(word.startswith("--gtest_output") for word in self.command)

    def services(self) -> list[str]:
        return [label.removeprefix(SERVICE_LABEL) for label in self.labels
                if label.startswith(SERVICE_LABEL)]


@dataclass(frozen=True)
class Selection:
    whole: list[Test]
    cases: dict[str, list[str]]  # program -> chosen cases

    def names(self) -> list[str]:
        return [test.name for test in self.whole] + list(self.cases)


def parse_tests(text: str) -> list[Test]:
    """Tests in what `ctest --show-only=json-v1` prints."""
    tests = []
    for entry in json.loads(text)["tests"]:
        properties = {p["name"]: p["value"] for p in entry.get("properties", [])}
        labels = properties.get("LABELS", [])
        tests.append(Test(entry["name"], tuple(entry.get("command", [])), tuple(labels)))
    return tests


def list_tests(folder: Path) -> list[Test]:
    code, text = process.capture(["ctest", "--test-dir", str(folder), "--show-only=json-v1"])
    if code != 0:
        raise DevError("CTest could not list the tests", f"ctest --test-dir {folder} -N")
    return parse_tests(text)


def parse_case_list(text: str) -> list[str]:
    """Full names in what a GoogleTest program prints for --gtest_list_tests."""
    names, suite = [], ""
    for line in text.splitlines():
        word = line.split("#")[0].rstrip()
        if not word or word.startswith("Running main"):
            continue
        if line.startswith(" "):
            names.append(suite + word.strip())
        else:
            suite = word
    return names


def list_cases(test: Test) -> list[str]:
    return parse_case_list(process.capture([test.command[0], "--gtest_list_tests"])[1])


def select(tests: list[Test], wanted: str, with_long: bool) -> Selection:
    chosen = [t for t in tests if with_long or "long" not in t.labels]
    whole = [t for t in chosen if wanted.lower() in t.name.lower()]
    cases: dict[str, list[str]] = {}
    for test in chosen:
        if test in whole or not test.is_googletest():
            continue
        matching = [c for c in list_cases(test) if wanted.lower() in c.lower()]
        if matching:
            cases[test.name] = matching
    return Selection(whole, cases)


def needed_services(tests: list[Test], selection: Selection) -> list[str]:
    names = set(selection.names())
    return sorted({s for test in tests if test.name in names for s in test.services()})


def run_ctest(folder: Path, names: list[str], junit: Path, environment: dict[str, str],
              timeout: int) -> list[results.Program]:
    """Runs the named tests; CTest shows each one as it ends."""
    if not names:
        return []
    pattern = "^(" + "|".join(re.escape(name) for name in names) + ")$"
    command = ["ctest", "--test-dir", str(folder), "-R", pattern, "--output-on-failure",
               "--no-tests=error", "--timeout", str(timeout), "--output-junit", str(junit),
               "--parallel", environment.get("CTEST_PARALLEL_LEVEL", "2")]
    code = process.run(command, env=environment)
    if code not in (0, 8) or not junit.exists():
        raise DevError(f"ctest ended with {code}", "its message stands above")
    return results.parse_ctest(junit.read_text("utf-8"))


def run_selection(folder: Path, selection: Selection, environment: dict[str, str],
                  timeout: int) -> list[results.Case]:
    report = folder / "report"
    shutil.rmtree(report, ignore_errors=True)
    report.mkdir(parents=True)
    whole = [test.name for test in selection.whole]
    programs = run_ctest(folder, whole, report / "ctest.xml", environment, timeout)
    if selection.cases:
        chosen = ":".join(case for cases in selection.cases.values() for case in cases)
        programs += run_ctest(folder, list(selection.cases), report / "ctest-cases.xml",
                              environment | {"GTEST_FILTER": chosen}, timeout)
    return [case for program in programs
            for case in results.cases_of(program, report / f"{program.name}.xml")]


def fuzz_one(name: str, seconds: int) -> results.Case:
    begun = time.monotonic()
    code = fuzz.run(name, [f"-max_total_time={seconds}"])
    outcome = results.Outcome.FAILED if code else results.Outcome.PASSED
    return results.Case(f"fuzz.{name}", time.monotonic() - begun, outcome,
                        f"its input lies below build/fuzz/crash (exit code {code})" if code else "")


def fuzz_all(wanted: str, seconds: int) -> list[results.Case]:
    return [fuzz_one(name, seconds) for name in fuzz.targets()
            if wanted.lower() in f"fuzz.{name}".lower()]


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev test")
    parser.add_argument("filter", nargs="?", default="", help="a piece of a test's name")
    parser.add_argument("--long", action="store_true", help="sweeps, kill loops, fuzzing too")
    parser.add_argument("--fuzz-seconds", type=int, default=600, metavar="N",
                        help="how long --long runs each fuzz target (600)")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    options = parse_arguments(arguments)
    setup.ensure(["main", "test"])
    build.build(PRESET)
    folder = paths.preset_folder(PRESET)
    tests = list_tests(folder)
    selection = select(tests, options.filter, options.long)
    if not selection.names():
        raise DevError(f"no test's name holds '{options.filter}'",
                       f"ctest --test-dir {folder} -N lists the programs", 2)
    timeout = LONG_TIMEOUT_SECONDS if options.long else TIMEOUT_SECONDS
    environment = os.environ | {"SLUICE_LONG": "1"} if options.long else dict(os.environ)
    with services.running(needed_services(tests, selection)) as addresses:
        cases = run_selection(folder, selection, environment | addresses, timeout)
    if options.long:
        cases += fuzz_all(options.filter, options.fuzz_seconds)
    print(results.summary(cases), flush=True)
    return 1 if results.count(cases, results.Outcome.FAILED) else 0
