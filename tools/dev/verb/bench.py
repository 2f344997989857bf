"""./dev bench: a benchmark is a folder bench/<name> with a run.py, called with the fast build's
program.
"""

import sys
from pathlib import Path

from dev import paths, process
from dev.console import DevError, say
from dev.deps import setup
from dev.verb import build

FOLDER = paths.ROOT / "bench"


def benchmarks() -> dict[str, Path]:
    return {script.parent.name: script for script in sorted(FOLDER.glob("*/run.py"))}


def main(arguments: list[str]) -> int:
    known = benchmarks()
    wanted = arguments or list(known)
    unknown = [name for name in wanted if name not in known]
    if unknown or not wanted:
        there = ", ".join(known) or "none yet"
        raise DevError(f"no such benchmark: '{', '.join(unknown)}'" if unknown
                       else "there is no benchmark to run", f"there are: {there}", 2)
    setup.ensure(["bench"])
    build.build("fast")
    code = 0
    for name in wanted:
        say(f"bench {name}")
        command = [sys.executable, str(known[name]), "--sluice", str(paths.program("fast"))]
        code = process.run(command, cwd=paths.ROOT) or code
    return code
