"""ARCHITECTURE.md describes the folders that exist, and no others."""

import posixpath
import re

from repository import Finding

NAME = "code-map"
HOLDS = "ARCHITECTURE.md names exactly the folders that exist, each with its Invariant and Boundary"

FILE = "ARCHITECTURE.md"
ROOT = "src/sluice/"
_LINES_MAX = 250
_FOLDER = re.compile(r"`([\w./-]+)/`")
_TOP_LEVEL = re.compile(r"^[*-] ((?:`[\w./-]+/`(?:, )?)+)")


def check(repo):
    if not repo.exists(FILE):
        yield Finding(FILE, 1, NAME, "there is no ARCHITECTURE.md; write it")
        return
    lines = repo.lines(FILE)
    if len(lines) - 1 > _LINES_MAX:
        yield Finding(FILE, _LINES_MAX + 1, NAME, f"{len(lines) - 1} lines, at most {_LINES_MAX}; "
                                                  "details belong to header comments")
    mapped, bare, top = _read(lines)
    for folder, line in bare:
        yield Finding(FILE, line, NAME, f"'{folder}' has no **Invariant:** and **Boundary:** line; "
                                        "say what always holds in it and what it never does")
    yield from _compare(mapped, _source_folders(repo), f"of {ROOT}", "### `{}/`")
    yield from _compare(top, _top_folders(repo), "at the top", "* `{}/`: ...")


def _read(lines):
    """Folders of '## Code map' by '### `x/`' headings, headings without both lines, top folders."""
    mapped, top, bare = {}, {}, []
    section, heading, words = "", None, ""
    for number, line in enumerate([*lines, "## end"], 1):
        if line.startswith("#") and heading:
            if "**Invariant:**" not in words or "**Boundary:**" not in words:
                bare.append(heading)
            heading = None
        if line.startswith("## "):
            section = line[3:].strip().lower()
        elif line.startswith("### ") and section == "code map":
            for folder in _FOLDER.findall(line):
                mapped[folder] = number
                heading, words = (folder, number), ""
        elif section == "top-level folders" and (found := _TOP_LEVEL.match(line)):
            top.update((folder, number) for folder in _FOLDER.findall(found.group(1)))
        words += line
    return mapped, bare, top


def _source_folders(repo):
    return {posixpath.dirname(path).removeprefix(ROOT) for path in repo.paths
            if path.startswith(ROOT) and posixpath.dirname(path) + "/" != ROOT}


def _top_folders(repo):
    return {path.split("/")[0] for path in repo.paths if "/" in path and not path.startswith(".")}


def _compare(named, existing, where, form):
    for folder in sorted(existing - named.keys()):
        yield Finding(FILE, 1, NAME, f"folder '{folder}' {where} is missing; add "
                                     f"'{form.format(folder)}'")
    for folder in sorted(named.keys() - existing):
        yield Finding(FILE, named[folder], NAME, f"folder '{folder}' {where} does not exist; take "
                                                 "it out")
