"""./dev fmt: clang-format over all C++ files of the repository; --check only looks."""

import argparse

from dev import process, sources
from dev.console import say
from dev.deps import setup

CLANG_FORMAT = "clang-format-19"


def run(check: bool) -> int:
    setup.ensure(["lint"])
    files = [str(file) for file in sources.tracked_cpp()]
    mode = ["--dry-run", "-Werror"] if check else ["-i"]
    return process.run([CLANG_FORMAT, *mode, *files], to_stderr=True) if files else 0


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./dev fmt")
    parser.add_argument("--check", action="store_true", help="change nothing, fail on a difference")
    code = run(parser.parse_args(arguments).check)
    if code != 0:
        say("./dev fmt mends this")
    return code
