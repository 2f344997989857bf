"""./dev conformance: contract cases against the fast build of the command line.

The project's own cases run always; those of the runner outside the repository
(../shared/conformance/run) when it is there. Cases that cannot pass yet stand with a reason in
expected_failures.txt: they are counted as skipped, and one of them that passes is a failure, so
that the list stays true.
"""

import argparse
import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dev import paths, results
from dev.console import DevError, say
from dev.deps import setup
from dev.results import Case, Outcome
from dev.verb import build

FOLDER = paths.ROOT / "test" / "conformance"
SHARED = paths.ROOT.parent / "shared" / "conformance"
EXPECTED = FOLDER / "expected_failures.txt"
LINE = re.compile(r"(ok|FAIL)\s+([^\s:]+)(?::\s*(.*))?")


@dataclass(frozen=True)
class Suite:
    name: str
    runner: Path
    cases: Path


OWN = Suite("own", FOLDER / "run", FOLDER / "cases")


def suites() -> list[Suite]:
    shared = Suite("shared", SHARED / "run", SHARED / "cases")
    return [OWN, shared] if shared.runner.exists() else [OWN]


def parse_expected(text: str) -> dict[str, str]:
    """Listed cases and their reasons."""
    expected: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, colon, reason = line.partition(":")
        if not colon or not reason.strip() or "/" not in name:
            raise DevError(f"{EXPECTED.name}:{number}: expected '<suite>/<case>: reason', "
                           f"got '{line}'")
        if name.strip() in expected:
            raise DevError(f"{EXPECTED.name}:{number}: listed twice: '{name.strip()}'")
        expected[name.strip()] = reason.strip()
    return expected


def parse_verdicts(suite: str, output: str) -> dict[str, str]:
    """Case -> why it failed, empty when it passed, from a runner's --verbose output."""
    verdicts: dict[str, str] = {}
    for line in output.splitlines():
        match = LINE.match(line)
        if match:
            verdicts[f"{suite}/{match[2]}"] = "" if match[1] == "ok" else match[3] or "failed"
    return verdicts


def needs_delta(folder: Path) -> bool:
    """The case writes a Delta table."""
    case = json.loads((folder / "case.json").read_text("utf-8"))
    return (case.get("materialization") or {}).get("format") == "delta"


def needs_templates(folder: Path) -> bool:
    """The case is about what stands in a template."""
    case = json.loads((folder / "case.json").read_text("utf-8"))
    said = " ".join(case.get("stderr_has", []))
    return "is no template" in said or "there is no filter" in said or "cannot read another" in said


def bridge_cases(chosen: Sequence[Suite]) -> dict[str, str]:
    """Those that a build without the bridge cannot pass, as expected failures."""
    return {f"{suite.name}/{file.parent.relative_to(suite.cases)}": "built without Rust 1.94"
            for suite in chosen for file in suite.cases.rglob("case.json")
            if needs_delta(file.parent) or needs_templates(file.parent)}


def judge(verdicts: dict[str, str], expected: dict[str, str]) -> list[Case]:
    cases = []
    for name, why in verdicts.items():
        reason = expected.get(name)
        if reason is None:
            cases.append(Case(name, 0, Outcome.FAILED if why else Outcome.PASSED, why))
        elif why:
            cases.append(Case(name, 0, Outcome.SKIPPED, f"expected to fail: {reason}"))
        else:
            cases.append(Case(name, 0, Outcome.FAILED, f"passes, but is listed in {EXPECTED.name}"))
    return cases


def judge_unknown(verdicts: dict[str, str], expected: dict[str, str],
                  ran: Sequence[Suite]) -> list[Case]:
    """Listed cases of a suite that ran which it does not have."""
    prefixes = tuple(f"{suite.name}/" for suite in ran)
    return [Case(name, 0, Outcome.FAILED, f"listed in {EXPECTED.name}, but there is no such case")
            for name in expected if name.startswith(prefixes) and name not in verdicts]


def run_suite(suite: Suite, program: Path, only: str) -> dict[str, str]:
    command = [sys.executable, str(suite.runner), "--sluice", str(program), "--cases",
               str(suite.cases), "--verbose", *(["--only", only] if only else [])]
    say(f"conformance: {suite.name} cases")
    modules = os.pathsep.join(str(link) for link in sorted(paths.DEPS.glob("*-module")))
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                          errors="replace", check=False, env=os.environ | {"PYTHONPATH": modules})
    print(done.stdout, end="", flush=True)
    verdicts = parse_verdicts(suite.name, done.stdout)
    if not only and (not verdicts or done.returncode not in (0, 1)):
        raise DevError(f"the runner of the {suite.name} cases judged none (exit {done.returncode})")
    return verdicts


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./dev conformance")
    parser.add_argument("--only", default="", help="a piece of a case's name")
    only = parser.parse_args(arguments).only
    setup.ensure(["main", "test"])
    build.build("fast")
    program = paths.program("fast")
    if not program.exists():
        raise DevError(f"there is no command line to judge: '{program}'", "./dev build fast")
    expected = parse_expected(EXPECTED.read_text("utf-8"))
    chosen = suites()
    if not (paths.preset_folder("fast") / "lib/sluice/libsluice_delta.so").exists():
        expected |= bridge_cases(chosen)
    verdicts: dict[str, str] = {}
    for suite in chosen:
        verdicts |= run_suite(suite, program, only)
    if not verdicts:
        raise DevError(f"no case's name holds '{only}'", "test/conformance/cases lists them", 2)
    cases = judge(verdicts, expected)
    if not only:
        cases += judge_unknown(verdicts, expected, chosen)
    if len(chosen) == 1:
        say("the shared cases are not beside this clone; the project's own ran")
    print(results.summary(cases, slowest=False), flush=True)
    return 1 if results.count(cases, Outcome.FAILED) else 0
