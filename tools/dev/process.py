"""Child processes: exit codes kept, Ctrl-C waits for the child's own clean-up, logs shown on
failure.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from dev.console import DevError

Command = Sequence[str | os.PathLike[str]]
GRACE_SECONDS = 10.0


def text_of(command: Command) -> str:
    return " ".join(str(word) for word in command)


def wait(child: subprocess.Popen, poll: Callable[[], None] | None = None) -> int:
    """Waits for a child. The terminal sends Ctrl-C to it too, so it gets time to end by itself."""
    try:
        while True:
            try:
                return child.wait(timeout=0.2 if poll else None)
            except subprocess.TimeoutExpired:
                if poll:
                    poll()
    except BaseException:
        end(child)
        raise


def end(child: subprocess.Popen) -> None:
    """Ends a child that we started: waits, then terminates, then kills."""
    for act in (lambda: None, child.terminate, child.kill):
        act()
        try:
            child.wait(timeout=GRACE_SECONDS / 2)
            return
        except subprocess.TimeoutExpired:
            continue


def run(command: Command, *, cwd: Path | None = None, env: Mapping[str, str] | None = None,
        to_stderr: bool = False) -> int:
    """Runs a command on our own streams and returns its exit code."""
    out = sys.stderr if to_stderr else None
    sys.stdout.flush()
    try:
        child = subprocess.Popen(command, cwd=cwd, env=env, stdout=out)
    except FileNotFoundError as problem:
        raise missing(command) from problem
    return wait(child)


def capture(command: Command, *, cwd: Path | None = None,
            env: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Runs a command quietly; the exit code and what it wrote to stdout."""
    try:
        done = subprocess.run(command, cwd=cwd, env=env, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
                              check=False)
    except FileNotFoundError as problem:
        raise missing(command) from problem
    return done.returncode, done.stdout


def run_logged(command: Command, log: Path, *, cwd: Path | None = None,
               env: Mapping[str, str] | None = None,
               poll: Callable[[], None] | None = None) -> int:
    """Runs a command with both streams in a log file; `poll` is called a few times a second."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as sink:
        try:
            child = subprocess.Popen(command, cwd=cwd, env=env, stdout=sink,
                                     stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        except FileNotFoundError as problem:
            raise missing(command) from problem
        return wait(child, poll)


def tail(log: Path, lines: int = 25) -> str:
    return "\n".join(log.read_text("utf-8", "replace").splitlines()[-lines:])


def missing(command: Command) -> DevError:
    return DevError(f"no such program: '{command[0]}'", "./dev setup installs what is needed")
