"""./dev run: everything between a fresh clone and `sluice run`."""

import os

from dev import paths
from dev.console import DevError
from dev.verb import build


def main(arguments: list[str]) -> int:
    build.build("fast")
    program = paths.program("fast")
    if not program.exists():
        raise DevError(f"the build made no program: '{program}'", "./dev build fast")
    os.execv(program, ["sluice", "run", *arguments])
