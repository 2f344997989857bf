"""Debian packages: dpkg says what is missing, apt is asked only for that."""

import os
import shutil
import sys
from collections.abc import Sequence

from dev import process
from dev.console import DevError, say


def is_debian() -> bool:
    return shutil.which("dpkg-query") is not None


def parse_installed(listing: str) -> set[str]:
    """Names of fully installed packages in the output of dpkg-query."""
    rows = (line.split("\t") for line in listing.splitlines())
    return {row[0] for row in rows if len(row) == 2 and row[1].strip() == "install ok installed"}


def find_missing(packages: Sequence[str]) -> list[str]:
    if not packages:
        return []
    query = ["dpkg-query", "-W", "-f", "${Package}\t${Status}\n", *packages]
    _, listing = process.capture(query)
    installed = parse_installed(listing)
    return [package for package in packages if package not in installed]


def root_prefix(packages: Sequence[str]) -> list[str]:
    """What makes a command run as root, or an error that says what to install."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo"):
        return ["sudo"] if sys.stdin.isatty() else ["sudo", "-n"]
    raise DevError(f"missing Debian packages: {' '.join(packages)}",
                   "there is neither root nor sudo here; as root: apt-get install "
                   + " ".join(packages))


def install(packages: Sequence[str]) -> None:
    """Installs what dpkg says is missing; no word to apt when nothing is."""
    if not is_debian():
        say("no dpkg here; these are expected to be installed: " + " ".join(packages))
        return
    missing = find_missing(packages)
    if not missing:
        return
    prefix = root_prefix(missing)
    say(f"installing {len(missing)} Debian packages: {' '.join(missing)}")
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q",
           "-o", "DPkg::Lock::Timeout=600"]
    if process.run([*apt, "update"], to_stderr=True) != 0:
        say("apt-get update failed; trying with the package lists that are here")
    install_command = [*apt, "install", "-y", "--no-install-recommends", *missing]
    if process.run(install_command, to_stderr=True) != 0:
        raise DevError("apt-get could not install: " + " ".join(missing),
                       "its own message stands above; is the network there?")
