"""A name says what a thing is for. These say only that its author did not know."""

import re

from repository import Finding

NAME = "names"
HOLDS = "no file, folder, type or namespace named util, helper, common, manager or misc"

_EMPTY = {"util", "utils", "utility", "utilities", "helper", "helpers", "common", "commons",
          "manager", "managers", "misc", "miscellaneous"}
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_DECLARED = re.compile(
    r"\b(?:class|struct|union|enum|concept|namespace)\s+(?:class\s+|struct\s+)?"
    r"(?:\[\[[^\]]*\]\]\s*)?([A-Za-z_][\w:]*)(?=\s*(?:final\b|[:{=]))"
    r"|\busing\s+(\w+)\s*=")
_PY_CLASS = re.compile(r"^\s*class\s+(\w+)", re.MULTILINE)
_FOLDERS = ("src/", "test/", "tools/", "bench/", "examples/", "docs/", "cmake/", "bridge/")
_ADVICE = "name it after what it holds or does"


def _empty_words(name):
    return sorted({word.lower() for word in _WORD.findall(name)} & _EMPTY)


def check(repo):
    for path in repo.paths:
        if path.startswith(_FOLDERS):
            for word in _empty_words(path):
                yield Finding(path, 1, NAME, f"'{word}' in a path; {_ADVICE}")
    for path in repo.select(".h", ".cc"):
        yield from _declared(path, repo.code(path), _DECLARED)
    for path in repo.select(".py"):
        yield from _declared(path, repo.text(path), _PY_CLASS)


def _declared(path, text, pattern):
    for found in pattern.finditer(text):
        name = next(filter(None, found.groups()))
        for word in _empty_words(name):
            yield Finding(path, text.count("\n", 0, found.start()) + 1, NAME,
                          f"'{word}' in the name '{name}'; {_ADVICE}")
