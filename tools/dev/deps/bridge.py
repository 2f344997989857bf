"""Builds the Rust side (bridge/) once for all clones: <cache>/bridge/<key>/libsluice_bridge_*.a,
found by CMake under build/deps/bridge. The key is a checksum of its sources and lock file; run as a
program, this file prints it. Without Rust of RUST_MIN, or with SLUICE_BRIDGE=off, the build goes on
without Delta tables and templates and says so.
"""

import hashlib
import os
import re
import shutil
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from dev import paths, process
from dev.console import DevError, StatusLine, bar, say
from dev.deps import store

RUST_MIN = (1, 94)
SOURCES = paths.ROOT / "bridge"
LIBRARIES = ("libsluice_bridge_delta.a", "libsluice_bridge_template.a")
WITHOUT = "without Delta tables and templates of notifications"
PROGRESS = re.compile(rb"Building \[[^\]]*\] (\d+)/(\d+): ([^\r\n]*)\r")


def key() -> str:
    digest = hashlib.sha256()
    for file in [SOURCES / "Cargo.toml", SOURCES / "Cargo.lock",
                 *sorted(SOURCES.glob("*/Cargo.toml")), *sorted(SOURCES.glob("**/*.rs"))]:
        digest.update(f"{file.relative_to(SOURCES)}\n".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def find_rust() -> tuple[int, int] | None:
    """The version of the cargo on PATH."""
    if not shutil.which("cargo"):
        return None
    code, output = process.capture(["cargo", "--version"])
    found = re.match(r"cargo (\d+)\.(\d+)", output)
    return (int(found[1]), int(found[2])) if code == 0 and found else None


def find_progress(log: Path) -> tuple[int, int, str] | None:
    """How far cargo is: steps done, steps in all, what it compiles."""
    with log.open("rb") as written:
        written.seek(max(0, log.stat().st_size - 4096))
        found = PROGRESS.findall(written.read())
    if not found:
        return None
    done, total, now = found[-1]
    return int(done), int(total), now.decode("utf-8", "replace").strip()


def without_progress(log: Path) -> None:
    log.write_bytes(re.sub(rb" *Building \[[^\r\n]*\r", b"", log.read_bytes()))


def build(into: Path) -> None:
    target = paths.cache() / "bridge" / "target"
    target.mkdir(parents=True, exist_ok=True)
    log = target / "build.log"
    log.write_bytes(b"")
    command = ["nice", "-n", "5", "cargo", "build", "--release", "--locked",
               "--manifest-path", str(SOURCES / "Cargo.toml")]
    environment = os.environ | {"CARGO_TARGET_DIR": str(target), "CARGO_TERM_COLOR": "never",
                                "CARGO_TERM_PROGRESS_WHEN": "always",
                                "CARGO_TERM_PROGRESS_WIDTH": "100"}
    line = StatusLine()

    def draw() -> None:
        step = find_progress(log)
        if step:
            line.show(f"  bridge {bar(step[0], step[1])} {step[0]}/{step[1]}  {step[2]}")

    say("building the bridge (Rust), once for this machine: 2 to 10 minutes")
    try:
        code = process.run_logged(command, log, env=environment, poll=draw)
    finally:
        line.clear()
    without_progress(log)
    if code != 0:
        raise DevError(f"the bridge could not be built:\n{process.tail(log)}",
                       f"all of it: {log}; SLUICE_BRIDGE=off builds without it")
    into.mkdir(parents=True, exist_ok=True)
    for library in LIBRARIES:
        fresh = into / f".{os.getpid()}"
        shutil.copyfile(target / "release" / library, fresh)
        os.replace(fresh, into / library)


def is_built(stored: Path) -> bool:
    return all((stored / library).exists() for library in LIBRARIES)


def ensure() -> None:
    """The libraries of today's sources are in the cache and linked; or one line says why not."""
    stored = paths.cache() / "bridge" / key()
    link = paths.DEPS / "bridge"
    if os.environ.get("SLUICE_BRIDGE") == "off":
        say(f"{WITHOUT}: SLUICE_BRIDGE is off")
        link.unlink(missing_ok=True)
        return
    if not is_built(stored):
        rust = find_rust()
        if rust is None or rust < RUST_MIN:
            have = "none was found" if rust is None else f"this is {rust[0]}.{rust[1]}"
            say(f"{WITHOUT}: they need Rust {RUST_MIN[0]}.{RUST_MIN[1]} or newer, "
                f"{have}; install it (rustup) and run this again")
            return
        with store.locked(paths.cache() / "locks" / "bridge", "the bridge"):
            if not is_built(stored):
                build(stored)
    if not link.is_symlink() or link.readlink() != stored.parent:
        store.point(link, stored.parent)


if __name__ == "__main__":
    print(key())
