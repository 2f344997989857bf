"""The per-user cache of unpacked artifacts and the links to it under build/deps.

An artifact's folder appears by one rename, so it is either whole or absent; a lock keeps two setups
from fetching the same thing twice. What is in the cache was verified when it was put there.
"""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from dev import paths
from dev.console import say
from dev.deps import archive, fetch
from dev.deps.manifest import Artifact, Manifest


@contextlib.contextmanager
def locked(file: Path, what: str) -> Iterator[None]:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another ./dev that works on {what}")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def folder_of(artifact: Artifact) -> Path:
    return paths.cache() / "deps" / artifact.key()


def is_stored(artifact: Artifact) -> bool:
    return folder_of(artifact).is_dir()


def store(artifact: Artifact, manifest: Manifest) -> None:
    """Makes sure that an artifact is in the cache."""
    if is_stored(artifact):
        return
    lock = paths.cache() / "locks" / f"{artifact.key()}.lock"
    with locked(lock, artifact.name):
        if not is_stored(artifact):
            fetch_and_unpack(artifact, manifest)


def fetch_and_unpack(artifact: Artifact, manifest: Manifest) -> None:
    home = folder_of(artifact).parent
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=home) as scratch:
        work = Path(scratch)
        file = fetch.fetch(artifact, work, manifest)
        whole = work / "whole"
        archive.unpack(file, artifact.take, whole)
        os.rename(whole, folder_of(artifact))


def link_path(artifact: Artifact) -> Path:
    return paths.DEPS / artifact.name


def is_linked(artifact: Artifact) -> bool:
    link = link_path(artifact)
    return link.is_symlink() and os.readlink(link) == str(folder_of(artifact)) and link.exists()


def link(artifact: Artifact) -> None:
    """Points build/deps/<name> at the cache."""
    if is_linked(artifact):
        return
    unlink(artifact)
    point(link_path(artifact), folder_of(artifact))


def point(link: Path, target: Path) -> None:
    """Replaces an older link in one step, whoever else does the same."""
    fresh = link.parent / f".{link.name}.{os.getpid()}"
    os.symlink(target, fresh)
    os.replace(fresh, link)


def unlink(artifact: Artifact) -> None:
    place = link_path(artifact)
    if place.is_symlink():
        place.unlink()
    elif place.exists():
        shutil.rmtree(place)
