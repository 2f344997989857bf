"""Builds the Rust side (bridge/) once for all clones: <cache>/bridge/<key>/libsluice_bridge.a,
found by CMake under build/deps/bridge. The key is a checksum of its sources and lock file; run as a
program, this file prints it. Without Rust of RUST_MIN, or with SLUICE_BRIDGE=off, the build goes on
without Delta tables and says so.
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
from dev.console import DevError, say
from dev.deps import store

RUST_MIN = (1, 94)
SOURCES = paths.ROOT / "bridge"
LIBRARY = "libsluice_bridge.a"


def key() -> str:
    digest = hashlib.sha256()
    files = [SOURCES / "Cargo.toml", SOURCES / "Cargo.lock", *sorted(SOURCES.glob("src/**/*.rs"))]
    for file in files:
        digest.update(f"{file.relative_to(SOURCES)}\n".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def find_rust() -> tuple[int, int] | None:
    """The version of the cargo on PATH."""
    if not shutil.which("cargo"):
        return None
    code, output = process.capture(["cargo", "--version"])
    found = re.match(r"cargo (\d+)\.(\d+)", output)
    return (int(found[1]), int(found[2])) if code == 0 and found else None


def build(into: Path) -> None:
    target = paths.cache() / "bridge" / "target"
    target.mkdir(parents=True, exist_ok=True)
    log = target / "build.log"
    command = ["nice", "-n", "5", "cargo", "build", "--release", "--locked",
               "--manifest-path", str(SOURCES / "Cargo.toml")]
    say("building the bridge (Rust), once for this machine: about 90 s")
    if process.run_logged(command, log, env=os.environ | {"CARGO_TARGET_DIR": str(target)}) != 0:
        raise DevError(f"the bridge could not be built:\n{process.tail(log)}",
                       f"all of it: {log}; SLUICE_BRIDGE=off builds without Delta tables")
    into.mkdir(parents=True, exist_ok=True)
    fresh = into / f".{os.getpid()}"
    shutil.copyfile(target / "release" / LIBRARY, fresh)
    os.replace(fresh, into / LIBRARY)


def ensure() -> None:
    """The library of today's sources lies in the cache and is linked; or one line says why not."""
    stored = paths.cache() / "bridge" / key()
    link = paths.DEPS / "bridge"
    if os.environ.get("SLUICE_BRIDGE") == "off":
        say("without Delta tables: SLUICE_BRIDGE is off")
        link.unlink(missing_ok=True)
        return
    if not (stored / LIBRARY).exists():
        rust = find_rust()
        if rust is None or rust < RUST_MIN:
            have = "none was found" if rust is None else f"this is {rust[0]}.{rust[1]}"
            say(f"without Delta tables: they need Rust {RUST_MIN[0]}.{RUST_MIN[1]} or newer, "
                f"{have}; install it (rustup) and run this again")
            return
        with store.locked(paths.cache() / "locks" / "bridge", "the bridge"):
            if not (stored / LIBRARY).exists():
                build(stored)
    if not link.is_symlink() or link.readlink() != stored.parent:
        link.unlink(missing_ok=True)
        link.symlink_to(stored.parent)


if __name__ == "__main__":
    print(key())
