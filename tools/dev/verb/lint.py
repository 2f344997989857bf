"""./dev lint: the house rules (tools/tidy), the format, and clang-tidy of what was changed (--all:
of all).

clang-tidy reads the compile commands of the lint preset, which is configured and never built. A
changed header is checked through the sources that stand beside it under its name.
"""

import argparse
import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from dev import paths, process, results, sources
from dev.console import StatusLine, say
from dev.deps import setup
from dev.results import Case, Outcome
from dev.verb import build, fmt, ninja

TIDY = paths.ROOT / "tools" / "tidy" / "tidy.py"
CLANG_TIDY = "clang-tidy-19"
REFUSED_BY_DESIGN = paths.ROOT / "test" / "must_not_compile"


def outcome(code: int) -> Outcome:
    return Outcome.PASSED if code == 0 else Outcome.FAILED


def check_house_rules() -> Case:
    start = time.monotonic()
    code = process.run([sys.executable, str(TIDY)], cwd=paths.ROOT)
    return Case("house rules", time.monotonic() - start, outcome(code), "tools/tidy")


def check_format() -> Case:
    start = time.monotonic()
    code = fmt.run(check=True)
    return Case("format", time.monotonic() - start, outcome(code), "./dev fmt mends this")


def compiled_files() -> set[Path]:
    database = paths.preset_folder("lint") / "compile_commands.json"
    files = {Path(entry["file"]) for entry in json.loads(database.read_text("utf-8"))}
    return {file for file in files if not file.is_relative_to(REFUSED_BY_DESIGN)}


def units_of(files: list[Path], compiled: set[Path]) -> list[Path]:
    """Translation units that show what changed in some files."""
    units = {file for file in files if file in compiled}
    for header in (file for file in files if file.suffix == ".h"):
        beside = (header.with_suffix(".cc"), header.with_name(f"{header.stem}_test.cc"))
        units |= {file for file in beside if file in compiled}
    return sorted(units)


def tidy_unit(unit: Path) -> tuple[Path, float, int, str]:
    start = time.monotonic()
    command = [CLANG_TIDY, "--quiet", "-p", str(paths.preset_folder("lint")), str(unit)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, errors="replace", check=False)
    said = done.stdout if done.returncode == 0 else done.stdout + done.stderr
    return unit, time.monotonic() - start, done.returncode, said


def tidy_units(units: list[Path]) -> list[Case]:
    status, cases = StatusLine(), []
    with ThreadPoolExecutor(ninja.default_jobs()) as pool:
        for unit, seconds, code, said in pool.map(tidy_unit, units):
            name = str(unit.relative_to(paths.ROOT))
            status.show(f"  clang-tidy {len(cases) + 1}/{len(units)}  {name}")
            if code != 0:
                status.clear()
                print(said.strip(), flush=True)
            cases.append(Case(f"clang-tidy {name}", seconds, outcome(code),
                              "its messages stand above"))
    status.clear()
    return cases


def check_clang_tidy(everything: bool) -> list[Case]:
    base = None if everything else sources.base_commit()
    if not everything and base is None:
        reason = "the commit before this one is not in this clone; --all looks at all files"
        return [Case("clang-tidy of changed files", 0, Outcome.SKIPPED, reason)]
    build.configure("lint")
    compiled = compiled_files()
    units = sorted(compiled) if base is None else units_of(sources.changed_cpp(base), compiled)
    say(f"clang-tidy: {len(units)} files" + (f" changed since {base[:12]}" if base else ""))
    return tidy_units(units)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./dev lint")
    parser.add_argument("--all", action="store_true", help="clang-tidy of all files")
    options = parser.parse_args(arguments)
    setup.ensure(["main", "lint"])
    cases = [check_house_rules(), check_format(), *check_clang_tidy(options.all)]
    print(results.summary(cases), flush=True)
    return 1 if results.count(cases, Outcome.FAILED) else 0
