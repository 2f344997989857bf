"""Test results as values, read from the reports that test programs leave, and their summary."""

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path


class Outcome(Enum):
    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Case:
    name: str
    seconds: float
    outcome: Outcome
    detail: str = ""  # why it failed or was skipped


@dataclass(frozen=True)
class Program:
    """One test as CTest ran it."""

    name: str
    seconds: float
    outcome: Outcome
    detail: str = ""


def first_line(text: str | None) -> str:
    lines = [line.strip() for line in (text or "").splitlines() if line.strip()]
    return lines[0] if lines else ""


def skip_reason(element: ElementTree.Element) -> str:
    """GoogleTest puts file and line on the first line of the message and the reason below."""
    lines = [line.strip() for line in (element.get("message") or element.text or "").splitlines()]
    lines = [line for line in lines if line]
    return lines[-1] if lines else "no reason given"


def parse_case(element: ElementTree.Element) -> Case:
    name = f"{element.get('classname', '')}.{element.get('name', '')}"
    seconds = float(element.get("time") or 0)
    failure = element.find("failure")
    if failure is None:
        failure = element.find("error")
    if failure is not None:
        return Case(name, seconds, Outcome.FAILED,
                    first_line(failure.get("message")) or first_line(failure.text))
    skipped = element.find("skipped")
    if skipped is not None:
        return Case(name, seconds, Outcome.SKIPPED, skip_reason(skipped))
    if element.get("status") in ("notrun", "disabled"):
        return Case(name, seconds, Outcome.SKIPPED, "disabled")
    return Case(name, seconds, Outcome.PASSED)


def parse_report(text: str) -> list[Case]:
    """Cases of a GoogleTest or JUnit report; those that a filter left out are not among them."""
    root = ElementTree.fromstring(text)
    elements = root.iter("testcase")
    return [parse_case(e) for e in elements if e.get("result") != "suppressed"]


def parse_ctest(text: str) -> list[Program]:
    """What CTest's own JUnit file says of each program."""
    programs = []
    for element in ElementTree.fromstring(text).iter("testcase"):
        status = element.get("status", "")
        output = element.findtext("system-out") or ""
        seconds = float(element.get("time") or 0)
        name = element.get("name", "")
        if status == "run":
            programs.append(Program(name, seconds, Outcome.PASSED))
        elif status == "notrun" and element.find("skipped") is not None:
            programs.append(Program(name, seconds, Outcome.SKIPPED, first_line(output)))
        else:
            failure = element.find("failure")
            why = failure.get("message", "") if failure is not None else status
            programs.append(Program(name, seconds, Outcome.FAILED, why or "failed"))
    return programs


def cases_of(program: Program, report: Path) -> list[Case]:
    """A program's cases; a program without a report counts as one case.

    A program that fails while all of its cases passed (a leak at exit, a crash after the last) is
    a failure of its own.
    """
    alone = Case(program.name, program.seconds, program.outcome, program.detail)
    if program.outcome is Outcome.SKIPPED or not report.exists():
        return [alone]
    try:
        cases = parse_report(report.read_text("utf-8"))
    except ElementTree.ParseError:
        return [Case(program.name, program.seconds, Outcome.FAILED, "its report is torn")]
    failed = any(case.outcome is Outcome.FAILED for case in cases)
    if program.outcome is Outcome.FAILED and not failed:
        cases.append(alone)
    return cases


def count(cases: Iterable[Case], outcome: Outcome) -> int:
    return sum(case.outcome is outcome for case in cases)


def totals_line(passed: int, failed: int, skipped: int) -> str:
    """The plain last line of every verb that tests something."""
    line = f"{passed} passed, {failed} failed"
    return f"{line}, {skipped} skipped" if skipped else line


def slowest_table(cases: Sequence[Case], rows: int = 10) -> str:
    ranked = sorted(cases, key=lambda case: case.seconds, reverse=True)[:rows]
    return "\n".join(f"  {case.seconds:8.2f} s  {case.name}" for case in ranked)


def summary(cases: Sequence[Case], *, slowest: bool = True) -> str:
    """Slowest, skipped and failed cases, then the plain line."""
    parts = ["", "slowest:", slowest_table(cases)] if cases and slowest else []
    for outcome in (Outcome.SKIPPED, Outcome.FAILED):
        chosen = [case for case in cases if case.outcome is outcome]
        if chosen:
            parts += ["", f"{outcome.value}:"]
            parts += [f"  {case.name}: {case.detail or 'no reason given'}" for case in chosen]
    totals = totals_line(*(count(cases, outcome) for outcome in Outcome))
    return "\n".join([*parts, "", totals])
