"""./dev coverage: which lines of the product the module tests run, by folder, worst first.

A filter is a piece of a test program's name: `./dev coverage run_write` builds and counts that one
alone. Tests that need a server stay out, as does what tests run in other processes that are killed
(they write no counts). CI does not run it: no figure of it is a goal, its zeros are questions.
"""

import json
import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from dev import paths, results
from dev.console import DevError, say
from dev.deps import setup
from dev.verb import build, ninja, testing

PRESET = "coverage"
PRODUCT = "src/sluice/"
# file -> line -> times it ran
Counts = dict[str, dict[int, int]]


def add_report(counts: Counts, report: Mapping[str, object], root: Path) -> None:
    """Adds one unit's counts as gcov gives them; a header's lines come with each of its users."""
    base = Path(str(report["current_working_directory"]))
    for entry in report["files"]:  # type: ignore[attr-defined]
        file = os.path.relpath(os.path.normpath(base / entry["file"]), root)
        if not file.startswith(PRODUCT) or file.endswith("_test.cc"):
            continue
        lines = counts.setdefault(file, {})
        for line in entry["lines"]:
            lines[line["line_number"]] = lines.get(line["line_number"], 0) + line["count"]


def by_folder(counts: Counts) -> list[tuple[str, int, int]]:
    """Folder, lines that ran, lines; the smallest share first."""
    sums: dict[str, list[int]] = {}
    for file, lines in counts.items():
        of = sums.setdefault(os.path.dirname(file).removeprefix(PRODUCT), [0, 0])
        of[0] += sum(count > 0 for count in lines.values())
        of[1] += len(lines)
    rows = [(folder, ran, total) for folder, (ran, total) in sums.items() if total]
    return sorted(rows, key=lambda row: (row[1] / row[2], row[0]))


def reports(data: Path) -> list[Mapping[str, object]]:
    done = subprocess.run(["gcov", "--json-format", "--stdout", str(data)], cwd=data.parent,
                          capture_output=True, text=True, errors="replace", check=False)
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def all_reports(folder: Path) -> Iterator[Mapping[str, object]]:
    with ThreadPoolExecutor(ninja.default_jobs()) as pool:
        for some in pool.map(reports, sorted(folder.rglob("*.gcda"))):
            yield from some


def render(rows: Iterable[tuple[str, int, int]]) -> str:
    rows = list(rows)
    total = ("all", sum(row[1] for row in rows), sum(row[2] for row in rows))
    return "\n".join(f"  {100 * ran / lines:5.1f} %  {ran:6} of {lines:6}  {name}"
                     for name, ran, lines in [*rows, total])


def is_counted(test: testing.Test, wanted: str) -> bool:
    return (test.name.startswith("sluice_") and test.name.endswith("_test")
            and not test.services() and "long" not in test.labels and wanted in test.name)


def main(arguments: list[str]) -> int:
    if len(arguments) > 1:
        raise DevError("expected one piece of a test's name at most", "./dev coverage [FILTER]", 2)
    wanted = arguments[0].lower() if arguments else ""
    setup.ensure(["main", "test"])
    build.configure(PRESET)
    folder = paths.preset_folder(PRESET)
    programs = [test.name for test in testing.list_tests(folder) if is_counted(test, wanted)]
    if not programs:
        raise DevError(f"no test program's name holds '{wanted}'",
                       f"ctest --test-dir {folder} -N lists the programs", 2)
    build.build(PRESET, programs)
    whole = [test for test in testing.list_tests(folder) if test.name in programs]
    for old in folder.rglob("*.gcda"):
        old.unlink()
    cases = testing.run_selection(folder, testing.Selection(whole, {}), dict(os.environ),
                                  testing.TIMEOUT_SECONDS)
    counts: Counts = {}
    for report in all_reports(folder):
        add_report(counts, report, paths.ROOT)
    say(f"lines that {len(programs)} test programs run, by folder")
    print(render(by_folder(counts)), flush=True)
    print(results.summary(cases), flush=True)
    return 1 if results.count(cases, results.Outcome.FAILED) else 0
