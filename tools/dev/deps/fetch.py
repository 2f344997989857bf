"""Fetches one artifact with the ordinary client of its registry. Which host that is, is the
client's business.

Each client works inside a folder of its own (its temporary files too), so the bytes it has fetched
can be counted for the progress line, and nothing is left behind when it is interrupted.
"""

import hashlib
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from dev import console, paths, process
from dev.console import DevError, StatusLine, say
from dev.deps import debian
from dev.deps.manifest import Artifact, Manifest

ATTEMPTS = 2
MAVEN_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy"


def npm_command(artifact: Artifact, into: Path) -> list[str]:
    return ["npm", "pack", "--loglevel=error", "--pack-destination", str(into), artifact.package]


def pip_command(artifact: Artifact, into: Path) -> list[str]:
    return [find_python_with_pip(), "-m", "pip", "download", "--quiet", "--no-deps",
            "--no-cache-dir", "--progress-bar", "off", "--dest", str(into)]


def pip_source_command(artifact: Artifact, into: Path) -> list[str]:
    distribution = artifact.package.partition("==")[0]
    return [*pip_command(artifact, into), "--no-binary", distribution, artifact.package]


def wheel_tags(file: str) -> tuple[str, str, str]:
    """Python, ABI and platform tag of a wheel's file name."""
    python, abi, platform = file.removesuffix(".whl").split("-")[-3:]
    return python, abi, platform


def pip_wheel_command(artifact: Artifact, into: Path) -> list[str]:
    python, abi, platform = wheel_tags(artifact.file)
    tags = []
    if platform != "any":
        tags = ["--abi", abi]
        if python.startswith("cp"):  # one for every Python 3 fits the one that asks
            tags += ["--python-version", python.removeprefix("cp"), "--implementation", "cp"]
        for one in platform.split("."):  # a wheel may fit several
            tags += ["--platform", one]
    return [*pip_command(artifact, into), "--only-binary=:all:", *tags, artifact.package]


def maven_command(artifact: Artifact, into: Path) -> list[str]:
    return ["mvn", "--batch-mode", "--quiet", MAVEN_COPY, f"-Dartifact={artifact.package}",
            f"-DoutputDirectory={into}", f"-Dmaven.repo.local={paths.cache() / 'maven'}"]


CLIENTS: Mapping[str, tuple[str, Callable[[Artifact, Path], list[str]]]] = {
    "npm": ("npm", npm_command),
    "pip-source": ("pip", pip_source_command),
    "pip-wheel": ("pip", pip_wheel_command),
    "maven": ("maven", maven_command),
}


def find_python_with_pip() -> str:
    for python in (sys.executable, "/usr/bin/python3"):
        if python and Path(python).exists():
            code, _ = process.capture([python, "-m", "pip", "--version"])
            if code == 0:
                return python
    return ""


def is_client_present(name: str) -> bool:
    if name == "pip":
        return bool(find_python_with_pip())
    return shutil.which({"maven": "mvn"}.get(name, name)) is not None


def require_client(name: str, manifest: Manifest) -> None:
    if not is_client_present(name):
        debian.install(manifest.client_packages.get(name, ()))
    if not is_client_present(name):
        raise DevError(f"no client to fetch with: '{name}'", "install it, or put it on PATH")


def folder_bytes(folder: Path) -> int:
    total = 0
    for base, _, files in os.walk(folder):
        for file in files:
            try:
                total += os.lstat(os.path.join(base, file)).st_size
            except FileNotFoundError:
                continue
    return total


def megabytes(count: int) -> str:
    return f"{count / 1e6:.0f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB"


def sha256_of(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def client_environment(work: Path) -> dict[str, str]:
    scratch = work / "tmp"
    scratch.mkdir(parents=True, exist_ok=True)
    return os.environ | {"TMPDIR": str(scratch), "npm_config_cache": str(work / "npm"),
                         "npm_config_update_notifier": "false"}


def fetch_once(artifact: Artifact, work: Path) -> Path | None:
    """One attempt; the fetched file, or nothing when the client failed."""
    out = work / "out"
    out.mkdir(parents=True, exist_ok=True)
    line = StatusLine()

    def draw() -> None:
        have = min(folder_bytes(work), artifact.bytes)
        state = f"{megabytes(have)} of {megabytes(artifact.bytes)}"
        if have == artifact.bytes:
            state = f"{artifact.client} is finishing"
        bar = console.bar(have, artifact.bytes)
        line.show(f"  {artifact.name} {artifact.version} {bar} {state}")

    command = CLIENTS[artifact.client][1](artifact, out)
    try:
        code = process.run_logged(command, work / "log", cwd=out, env=client_environment(work),
                                  poll=draw)
    finally:
        line.clear()
    file = out / artifact.file
    return file if code == 0 and file.is_file() else None


def fetch(artifact: Artifact, work: Path, manifest: Manifest) -> Path:
    """Fetches and verifies an artifact's file into the folder `work`."""
    require_client(CLIENTS[artifact.client][0], manifest)
    size = megabytes(artifact.bytes)
    say(f"fetching {artifact.name} {artifact.version} ({size}, {artifact.client})")
    for attempt in range(ATTEMPTS):
        file = fetch_once(artifact, work / str(attempt))
        if file:
            break
    else:
        log = process.tail(work / str(ATTEMPTS - 1) / "log")
        raise DevError(f"could not fetch {artifact.name} {artifact.version}; "
                       f"{artifact.client} said:\n{log or '(nothing)'}",
                       "is the network there? ./dev setup takes up where it stopped")
    found = sha256_of(file)
    if found != artifact.sha256:
        raise DevError(
            f"wrong checksum of {artifact.file}: expected {artifact.sha256}, got {found}",
            "the package was changed after it was pinned; do not use it before you know why")
    return file
