"""Finds Java by version. Machines carry several, and the one on PATH is often the wrong one."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

JVMS = Path("/usr/lib/jvm")


def parse_release(text: str) -> int | None:
    """Major version in the `release` file of a Java home."""
    for line in text.splitlines():
        if line.startswith("JAVA_VERSION="):
            major = line.partition("=")[2].strip('"').split(".")[0]
            return int(major) if major.isdigit() else None
    return None


def homes() -> Iterator[Path]:
    if os.environ.get("JAVA_HOME"):
        yield Path(os.environ["JAVA_HOME"])
    on_path = shutil.which("java")
    if on_path:
        yield Path(on_path).resolve().parents[1]
    if JVMS.is_dir():
        yield from sorted(JVMS.iterdir())


def find_home(oldest: int, newest: int) -> Path | None:
    """A Java home whose version lies between the two, both included."""
    for home in homes():
        release = home / "release"
        if (home / "bin" / "java").exists() and release.exists():
            version = parse_release(release.read_text("utf-8", "replace"))
            if version is not None and oldest <= version <= newest:
                return home
    return None
