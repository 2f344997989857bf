"""./dev run: everything between a fresh clone and `sluice run`."""

import os
import secrets
import sys
from pathlib import Path

from dev import paths
from dev.console import DevError
from dev.verb import build

KEY_VARIABLES = ("SLUICE_PII_KEY", "LAKELOGIC_PII_KEY")


def masks(arguments: list[str]) -> bool:
    """True when a file among the arguments speaks of masking."""
    for argument in arguments:
        path = Path(argument)
        if path.suffix in (".yaml", ".yml") and path.is_file():
            if "masking" in path.read_text(encoding="utf-8", errors="replace"):
                return True
    return False


def throw_away_key(file: Path, environment: dict[str, str]) -> str | None:
    """Sets a key that is good for trying things out, and gives the line that says so."""
    if any(environment.get(name) for name in KEY_VARIABLES):
        return None
    if not file.exists():
        # Made whole or not at all: two runs at once may both want it.
        handle = os.open(file.with_suffix(".new"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as made:
            made.write(secrets.token_urlsafe(32) + "\n")
        os.replace(file.with_suffix(".new"), file)
    environment["SLUICE_PII_KEY"] = file.read_text(encoding="utf-8").strip()
    return f"dev: SLUICE_PII_KEY is not set; masking with the throw-away key in '{file}'"


def main(arguments: list[str]) -> int:
    build.build("fast")
    program = paths.program("fast")
    if not program.exists():
        raise DevError(f"the build made no program: '{program}'", "./dev build fast")
    environment = dict(os.environ)
    if masks(arguments):
        said = throw_away_key(paths.ROOT / "examples" / "throw-away.key", environment)
        if said:
            print(said, file=sys.stderr, flush=True)
    os.execve(program, ["sluice", "run", *arguments], environment)
