"""Each folder of src/sluice includes only what layers.toml lets it include."""

import functools
import pathlib
import posixpath
import re
import tomllib

from repository import Finding

NAME = "layers"
HOLDS = "a folder includes only the folders below it (layers.toml); heavy headers only in .cc"

ROOT = "src/sluice/"
TABLE = "tools/tidy/layers.toml"
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)


class Unreadable(Exception):
    """layers.toml is no table."""


class Layers:
    """layers.toml, closed under 'and whatever those may include'."""

    def __init__(self, table):
        self.direct = table["includes"]
        self.order = list(self.direct)
        self.heavy = table.get("heavy", [])
        self._groups = list(table.get("siblings", {}).values())

    @functools.cache
    def reach(self, folder):
        below = set()
        for lower in self.direct.get(folder, []):
            below |= {lower} | self.reach(lower)
        return below

    def are_siblings(self, one, other):
        for group in self._groups:
            members = [member for member in group if _is_within(one, member)]
            if any(_is_within(other, member) for member in group if member not in members):
                return bool(members)
        return False

    def is_above(self, folder, other):
        """True when `other` is listed before `folder`."""
        return other in self.order and self.order.index(other) < self.order.index(folder)

    def may_test_with(self, folder, other):
        """Tests also see what is listed above, and a port's tests its own implementations."""
        below = self.is_above(folder, other) and not self.are_siblings(folder, other)
        return below or _is_within(other, folder.removesuffix("/suite"))

    def mistakes(self):
        """Sentences about the table itself: an entry may name only earlier folders, no siblings."""
        for folder, lowers in self.direct.items():
            for lower in lowers:
                if not self.is_above(folder, lower):
                    yield f"'{folder}' names '{lower}', which is not listed above it; move one"
                if self.are_siblings(folder, lower):
                    yield f"'{folder}' names its sibling '{lower}'; move what both need below both"


def load(repo):
    """The table of the repository under test; rules and tests share it."""
    if not repo.exists(TABLE):
        ours = pathlib.Path(__file__).parents[1] / "layers.toml"
        return Layers(tomllib.loads(ours.read_text(encoding="utf-8")))
    try:
        return Layers(tomllib.loads(repo.text(TABLE)))
    except (tomllib.TOMLDecodeError, KeyError) as problem:
        raise Unreadable(f"cannot be read: {problem}; mend it (a merge may have doubled a line)") \
            from problem


def is_test(path):
    return path.endswith(("_test.cc", "_fuzz.cc", "suite.h", "suite.cc")) or "/suite/" in path


def _is_within(folder, other):
    return folder == other or folder.startswith(other + "/")


def includes(repo, path):
    """(line, quoted, name) of each include; found in code, so that comments do not count."""
    text, code = repo.text(path), repo.code(path)
    for found in _INCLUDE.finditer(text):
        if "#" in code[found.start():found.end()]:
            yield text.count("\n", 0, found.start()) + 1, found.group(1) == '"', found.group(2)


def check(repo):
    try:
        layers = load(repo)
    except Unreadable as problem:
        yield Finding(TABLE, 1, NAME, str(problem))
        return
    for mistake in layers.mistakes():
        yield Finding(TABLE, 1, NAME, mistake)
    for path in repo.select(".h", ".cc", under=ROOT):
        folder = posixpath.dirname(path).removeprefix(ROOT)
        if folder not in layers.direct:
            yield Finding(path, 1, NAME, f"folder '{folder}' is not in {TABLE}; add it with what "
                                         "it stands on")
            continue
        for line, quoted, name in includes(repo, path):
            message = (_ours(layers, path, folder, name) if quoted
                       else _heavy(layers, path, name))
            if message:
                yield Finding(path, line, NAME, message)
    for path in repo.select(".h", under=""):
        if not path.startswith(ROOT):
            for line, quoted, name in includes(repo, path):
                message = None if quoted else _heavy(layers, path, name)
                if message:
                    yield Finding(path, line, NAME, message)


def _ours(layers, path, folder, name):
    if not name.startswith("sluice/"):
        return f"'{name}' is not a full path; write \"sluice/<folder>/<file>.h\""
    other = posixpath.dirname(name).removeprefix("sluice/")
    if name.endswith("_internal.h") and not _same_family(folder, other):
        return f"'{name}' is internal to '{other}'; use its public header, or move what is needed"
    if other == folder or other in layers.reach(folder):
        return None
    if is_test(path) and layers.may_test_with(folder, other):
        return None
    if layers.are_siblings(folder, other):
        return f"'{folder}' includes its sibling '{other}'; move what both need below both"
    return (f"'{folder}' may not include '{other}'; it stands on "
            f"{', '.join(layers.direct[folder]) or 'nothing of ours'}: turn the dependency round, "
            f"or change {TABLE}, ARCHITECTURE.md and the DEPS together")


def _same_family(folder, other):
    return _is_within(folder, other) or _is_within(other, folder)


def _heavy(layers, path, name):
    if not path.endswith(".h"):
        return None
    for entry in layers.heavy:
        include = entry["include"]
        hit = name == include or (name.startswith(include) and not include.isalpha()
                                  and not include.endswith(".h"))
        hit = hit or (include == "grpc" and name.startswith(("grpc/", "grpcpp/")))
        hit = hit and name not in entry.get("except", [])
        if hit and not (entry.get("internal") and path.endswith("_internal.h")):
            return f"<{name}> in a header; {entry['instead']}"
    return None
