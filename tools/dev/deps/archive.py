"""Takes chosen files out of an archive. Names come from our own table, never from the archive
alone.
"""

import shutil
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from dev.console import DevError

Take = tuple[tuple[str, str], ...]


def target_of(name: str, take: Take) -> str | None:
    """Where a member goes, or None when no entry wants it."""
    for source, target in take:
        if name == source:
            return target
        if wants_below(source, name):
            return target + name.removeprefix(source.partition("*")[0])
    return None


def wants_below(source: str, name: str) -> bool:
    """True for "folder/" and all below it, and for "folder/*.x" and its files of that kind."""
    folder, star, ending = source.partition("*")
    if not folder.endswith("/") or not name.startswith(folder):
        return False
    return not star or (name.endswith(ending) and "/" not in name.removeprefix(folder))


def check_inside(target: str) -> str:
    parts = PurePosixPath(target).parts
    if not parts or PurePosixPath(target).is_absolute() or ".." in parts:
        raise DevError(f"an archive member would leave its folder: '{target}'")
    return target


def tar_members(file: Path) -> Iterator[tuple[str, bool, IO[bytes]]]:
    with tarfile.open(file, "r|*") as archive:
        for member in archive:
            stream = archive.extractfile(member) if member.isreg() else None
            if stream:
                yield member.name, bool(member.mode & 0o100), stream


def zip_members(file: Path) -> Iterator[tuple[str, bool, IO[bytes]]]:
    with zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            if not member.is_dir():
                with archive.open(member) as stream:
                    yield member.filename, bool(member.external_attr >> 16 & 0o100), stream


def unpack(file: Path, take: Take, into: Path) -> None:
    """Copies what `take` names. An archive that lacks one of them is an error."""
    if any(source == file.name for source, _ in take):
        copy_whole(file, dict(take)[file.name], into)
        return
    members = zip_members if zipfile.is_zipfile(file) else tar_members
    wanted = {source for source, _ in take}
    for name, executable, stream in members(file):
        target = target_of(name, take)
        if target is None:
            continue
        wanted -= {source for source in wanted if name == source or wants_below(source, name)}
        place = into / check_inside(target)
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("wb") as sink:
            shutil.copyfileobj(stream, sink, 1 << 20)
        place.chmod(0o755 if executable else 0o644)
    if wanted:
        raise DevError(f"{file.name} does not hold: {', '.join(sorted(wanted))}")


def copy_whole(file: Path, target: str, into: Path) -> None:
    """An artifact that is no archive to us, such as a jar."""
    place = into / check_inside(target)
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, place)
