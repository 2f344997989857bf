"""What the user sees. News goes to stderr, results to stdout: `./dev run X --json | jq` stays
clean.
"""

import os
import sys
import time


class DevError(Exception):
    """Something the user can act on: a sentence, a hint, an exit code."""

    def __init__(self, message: str, hint: str = "", code: int = 1) -> None:
        super().__init__(message)
        self.hint = hint
        self.code = code


def is_terminal() -> bool:
    return sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def say(text: str) -> None:
    """One line of news."""
    print(f"dev: {text}", file=sys.stderr, flush=True)


def report(error: DevError) -> None:
    say(f"error: {error}")
    if error.hint:
        say(f"hint: {error.hint}")


def bar(done: int, total: int, width: int = 24) -> str:
    """A bar of fixed width; `done` may pass `total` when the pinned size is only a guide."""
    filled = width if total <= 0 else min(width, done * width // total)
    return "[" + "#" * filled + "." * (width - filled) + "]"


class StatusLine:
    """One line on a terminal that is drawn over; in a pipe, a line now and then."""

    def __init__(self, every_seconds: float = 15.0) -> None:
        self._terminal = is_terminal()
        self._every = every_seconds
        self._last = time.monotonic()
        self._drawn = False

    def show(self, text: str) -> None:
        now = time.monotonic()
        if self._terminal:
            if now - self._last < 0.05 and self._drawn:
                return
            columns = os.get_terminal_size(sys.stderr.fileno()).columns or 80
            sys.stderr.write("\r\x1b[K" + text[: columns - 1])
            sys.stderr.flush()
            self._drawn = True
        elif now - self._last >= self._every:
            say(text)
        else:
            return
        self._last = now

    def clear(self) -> None:
        if self._drawn:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._drawn = False
