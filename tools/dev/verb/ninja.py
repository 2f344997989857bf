"""Runs Ninja through CMake and turns its output into one progress line; anything else it says is
shown.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from dev import process
from dev.console import StatusLine, bar, is_terminal

STEP = re.compile(r"\[(\d+)/(\d+)\] (.*)")
NOISE = ("ninja: no work to do.", "ninja: Entering directory", "-- ")


def parse_step(line: str) -> tuple[int, int, str] | None:
    match = STEP.fullmatch(line.rstrip())
    return (int(match[1]), int(match[2]), match[3]) if match else None


def is_noise(line: str) -> bool:
    return not line.strip() or line.startswith(NOISE)


def follow(lines: Iterable[str], label: str) -> int:
    """Shows a build as it goes; returns how many steps were done."""
    status = StatusLine()
    steps = 0
    try:
        for line in lines:
            step = parse_step(line)
            if step:
                steps = max(steps, step[0])
                status.show(f"  {label} {bar(step[0], step[1])} {step[0]}/{step[1]}  {step[2]}")
            elif not is_noise(line):
                status.clear()
                sys.stderr.write(line)
                sys.stderr.flush()
    finally:
        status.clear()
    return steps


def build(folder: Path, targets: list[str], jobs: int, label: str,
          environment: Mapping[str, str]) -> tuple[int, int]:
    """Exit code and number of steps done."""
    command = ["cmake", "--build", str(folder), "--parallel", str(jobs)]
    command += ["--target", *targets] if targets else []
    colours = {"CLICOLOR_FORCE": "1"} if is_terminal() else {}
    child = subprocess.Popen(command, env=dict(environment) | colours, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True,
                             errors="replace")
    assert child.stdout is not None
    try:
        steps = follow(child.stdout, label)
        return process.wait(child), steps
    except BaseException:
        process.end(child)
        raise


def default_jobs() -> int:
    """As many as there are cores for us, unless CMake's own variable says otherwise."""
    chosen = os.environ.get("CMAKE_BUILD_PARALLEL_LEVEL", "")
    return int(chosen) if chosen.isdigit() and int(chosen) > 0 else len(os.sched_getaffinity(0))
