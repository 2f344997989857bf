"""./dev package: the installed tree of the fast build as one archive that runs from any folder."""

import os
import platform
import re
import shutil
import tarfile
from pathlib import Path

from dev import paths, process
from dev.console import DevError, say
from dev.deps import fetch, setup
from dev.service import features
from dev.verb import build

FOLDER = paths.BUILD / "package"


def parse_version(text: str) -> str:
    match = re.search(r"project\(sluice VERSION ([0-9.]+)", text)
    if not match:
        raise DevError("CMakeLists.txt names no version")
    return match[1]


def install(preset: str, prefix: Path) -> None:
    shutil.rmtree(prefix, ignore_errors=True)
    log = paths.preset_folder(preset) / "install.log"
    log.unlink(missing_ok=True)
    command = ["cmake", "--install", str(paths.preset_folder(preset)), "--prefix", str(prefix),
               "--strip"]
    if process.run_logged(command, log) != 0:
        raise DevError(f"cmake --install failed:\n{process.tail(log)}", f"all of it: {log}")


def main(arguments: list[str]) -> int:
    if arguments:
        raise DevError(f"package takes no arguments, got '{arguments[0]}'", code=2)
    setup.ensure(list(features.EXTENSIONS))
    build.build("fast")
    version = parse_version((paths.ROOT / "CMakeLists.txt").read_text("utf-8"))
    name = f"sluice-{version}-{platform.system().lower()}-{platform.machine()}"
    install("fast", FOLDER / name)
    fresh = FOLDER / f".{name}.tar.gz"
    with tarfile.open(fresh, "w:gz") as archive:
        archive.add(FOLDER / name, arcname=name)
    os.replace(fresh, FOLDER / f"{name}.tar.gz")
    say(f"packed {fetch.megabytes((FOLDER / f'{name}.tar.gz').stat().st_size)}")
    print(FOLDER / f"{name}.tar.gz")
    return 0
