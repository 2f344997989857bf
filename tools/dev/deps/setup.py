"""./dev setup: makes the machine and build/deps ready for one or more groups of deps/deps.toml.

A group that was set up leaves a stamp of what it was set up from; as long as that is unchanged, the
other verbs ask neither dpkg nor the network. Called by hand, setup looks at everything again (still
offline when nothing is missing).
"""

import hashlib
import json
import os
import platform
import shutil
from collections.abc import Sequence
from pathlib import Path

from dev import paths, process
from dev.console import DevError, say
from dev.deps import bridge, debian, store
from dev.deps.manifest import Artifact, Group, Manifest, load_manifest

DPKG_STATUS = Path("/var/lib/dpkg/status")
PROBE = paths.ROOT / "cmake" / "probe"


def stamp_file(group: str) -> Path:
    return paths.DEPS / ".stamps" / group


def stamp_key(group: str) -> str:
    """Changes when the pins, this program's idea of a group, or the installed packages change."""
    packages = DPKG_STATUS.stat().st_mtime_ns if DPKG_STATUS.exists() else 0
    text = f"{group} {packages} {paths.cache()}\n".encode() + paths.MANIFEST.read_bytes()
    return hashlib.sha256(text).hexdigest()


def is_current(group: Group) -> bool:
    """True when the group's stamp is of today and every artifact still lies where it was put."""
    try:
        stamp = json.loads(stamp_file(group.name).read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return False
    by_system = stamp.get("system", [])
    return stamp.get("key") == stamp_key(group.name) and all(
        artifact.name in by_system or store.is_linked(artifact) for artifact in group.artifacts)


def write_stamp(group: Group, by_system: Sequence[str]) -> None:
    file = stamp_file(group.name)
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(f".{os.getpid()}")
    fresh.write_text(json.dumps({"key": stamp_key(group.name), "system": list(by_system)}), "utf-8")
    os.replace(fresh, file)


def find_system_package(artifact: Artifact) -> str | None:
    """Where CMake finds a system-wide package that is preferred to the artifact, if it does."""
    if artifact.system is None or not shutil.which("cmake"):
        return None
    where = paths.DEPS / ".probe" / artifact.system.package
    shutil.rmtree(where, ignore_errors=True)
    code, output = process.capture([
        "cmake", "-G", "Ninja", "-S", str(PROBE), "-B", str(where),
        f"-DPACKAGE={artifact.system.package}", f"-DVERSION={artifact.version}",
        f"-DEXACT={'EXACT' if artifact.system.exact else ''}"])
    found = [line for line in output.splitlines() if line.startswith("-- found: ")]
    return found[0].removeprefix("-- found: ") if code == 0 and found else None


def check_machine(artifact: Artifact) -> None:
    if platform.machine() != "x86_64" and artifact.system:
        raise DevError(f"{artifact.name} is pinned for x86_64, this is {platform.machine()}",
                       f"install {artifact.system.package} {artifact.version} system-wide")


def provide(artifact: Artifact, manifest: Manifest, found: dict[str, str | None]) -> bool:
    """Fetches and links an artifact unless the system has it; True when the system's is used."""
    package = artifact.system.package if artifact.system else ""
    if package and package not in found:
        found[package] = find_system_package(artifact)
        where = found[package]
        origin = f"the system's, {where}" if where else "the pinned one, build/deps"
        say(f"{package} {artifact.version}: {origin}")
    if package and found[package]:
        store.unlink(artifact)
        return True
    check_machine(artifact)
    store.store(artifact, manifest)
    store.link(artifact)
    return False


def set_up(group: Group, manifest: Manifest) -> None:
    debian.install(group.debian)
    found: dict[str, str | None] = {}
    by_system = [a.name for a in group.artifacts if provide(a, manifest, found)]
    write_stamp(group, by_system)


def make_deps_folder() -> None:
    if paths.DEPS.is_symlink():
        paths.DEPS.unlink()
    paths.DEPS.mkdir(parents=True, exist_ok=True)


def ensure(names: Sequence[str], *, again: bool = False) -> None:
    """Sets up the groups that are not yet; with `again`, looks at all of them anew."""
    manifest = load_manifest()
    groups = [manifest.group(name) for name in names]
    if not again and not paths.DEPS.is_symlink() and all(is_current(group) for group in groups):
        return
    make_deps_folder()
    with store.locked(paths.BUILD / ".setup.lock", "this clone"):
        for group in groups:
            if again or not is_current(group):
                set_up(group, manifest)


def main(arguments: list[str]) -> int:
    names = arguments or ["main"]
    ensure(names, again=True)
    bridge.ensure()
    say(f"ready: {', '.join(names)}")
    return 0
