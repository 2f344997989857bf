"""The program as its users meet it: a process with streams, a folder, signals, a terminal."""

import fcntl
import os
import pty
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

SLUICE = Path(os.environ["SLUICE"]).resolve()
BUILD = Path(os.environ["SLUICE_BUILD"]).resolve()
ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 400.0
# The quickstart encrypts e-mail addresses. What the tests start inherits this key.
os.environ.pop("LAKELOGIC_PII_KEY", None)
os.environ["SLUICE_PII_KEY"] = "a throw-away key of the tests"
# For str.format, which fills in what a test puts behind it.
TRIPS = """\
version: 1.0.0
info: {{title: Trips, table_name: trips}}
model:
  fields:
    - {{name: id, type: long, required: true}}
    - {{name: day, type: string}}
    - {{name: fare, type: double}}
primary_key: [id]
"""


@dataclass
class Done:
    code: int
    out: str
    err: str

    def last_line(self) -> str:
        lines = [line for line in self.err.splitlines() if line.strip()]
        return lines[-1] if lines else ""


def environment(**changes: str) -> dict[str, str]:
    """The tests' environment without what a terminal adds to it."""
    kept = {key: value for key, value in os.environ.items()
            if key not in ("NO_COLOR", "TERM", "COLUMNS", "LINES")}
    return kept | changes


def is_fast_build() -> bool:
    cache = (BUILD / "CMakeCache.txt").read_text("utf-8")
    return "CMAKE_BUILD_TYPE:STRING=RelWithDebInfo" in cache and "SLUICE_SANITIZE:" not in cache


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder; folders without files do not count."""
    return {str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(folder.rglob("*")) if path.is_file()}


def without_run_records(files: dict[str, bytes]) -> dict[str, bytes]:
    """A run that was refused says so in a record, and changes nothing else."""
    return {name: text for name, text in files.items() if "/_sluice/runs/" not in f"/{name}"}


def half_written(folder: Path) -> list[str]:
    """Names that a write gives to what is not whole yet."""
    return [name for name in contents(folder)
            if name.endswith((".tmp", ".staged")) or "/_tmp-" in f"/{name}"]


class InFolder(unittest.TestCase):
    """Each test in a folder of its own."""

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="sluice-cli-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8") if isinstance(text, str) else text)
        return path

    def quickstart(self) -> None:
        shutil.copytree(ROOT / "examples/quickstart", self.folder, dirs_exist_ok=True)

    def sluice(self, *words: str, before: tuple[str, ...] = (), **changes: str) -> Done:
        done = subprocess.run([*before, str(SLUICE), *words], cwd=self.folder, check=False,
                              stdin=subprocess.DEVNULL, capture_output=True,
                              env=environment(**changes), timeout=PATIENCE_S)
        return Done(done.returncode, done.stdout.decode("utf-8"),
                    done.stderr.decode("utf-8", "replace"))

    def check_waits(self, file: str, refusal: str, *words: str) -> None:
        """`words` wait for a database file as long as --lock-wait says, then name its holder."""
        program = ("import sys, duckdb; c = duckdb.connect(sys.argv[1]); "
                   "print('held', flush=True); sys.stdin.readline()")
        holder = subprocess.Popen([sys.executable, "-c", program, str(self.folder / file)],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            assert holder.stdout is not None
            self.assertEqual(holder.stdout.readline(), b"held\n")
            done = self.sluice(*words, "--lock-wait", "200ms")
            self.assertEqual(done.code, 4, done.err)
            self.assertIn(refusal, done.err)
            self.assertIn(f"process {holder.pid}", done.err)
            self.assertIn("--lock-wait says how long a run waits", done.err)
            waiting = subprocess.Popen([str(SLUICE), *words, "--lock-wait", "60s"],
                                       cwd=self.folder, env=environment(),
                                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.PIPE)
            with self.assertRaises(subprocess.TimeoutExpired, msg="it did not wait"):
                waiting.wait(timeout=1)
        finally:
            holder.communicate(b"\n", timeout=PATIENCE_S)
        _, said = waiting.communicate(timeout=PATIENCE_S)
        self.assertEqual(waiting.returncode, 0, said)


class Screen:
    """A terminal with one program on it. `text` is all that it printed, escapes included."""

    def __init__(self, folder: Path, words: list[str], columns: int = 80, **changes: str) -> None:
        self._master, slave = pty.openpty()
        rows = 24 if columns else 0
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.process = subprocess.Popen([str(SLUICE), *words], cwd=folder, stdin=slave,
                                        stdout=slave, stderr=slave,
                                        env=environment(**({"TERM": "xterm-256color"} | changes)))
        os.close(slave)
        self._bytes = b""

    @property
    def text(self) -> str:
        return self._bytes.decode("utf-8", "replace").replace("\r\n", "\n")

    def _read(self) -> bool:
        if not select.select([self._master], [], [], 0.05)[0]:
            return True
        try:
            chunk = os.read(self._master, 65536)
        except OSError:  # the other side is closed
            return False
        self._bytes += chunk
        return bool(chunk)

    def read_until(self, is_there: Callable[[str], bool]) -> bool:
        """False when the program ends before."""
        until = time.monotonic() + PATIENCE_S
        while not is_there(self.text):
            if time.monotonic() > until:
                raise AssertionError(f"it never came: {self.text!r}")
            if not self._read():
                return is_there(self.text)
        return True

    def close(self) -> int:
        """Reads to the end; the exit code."""
        self.read_until(lambda _: False)
        os.close(self._master)
        return self.process.wait(PATIENCE_S)

    def stop(self, number: signal.Signals) -> None:
        self.process.send_signal(number)
