"""docs/decisions: one page for each door that was closed, short and in order."""

import posixpath
import re

from repository import Finding

NAME = "decisions"
HOLDS = "docs/decisions/NNN-title.md are numbered without gaps and at most 30 lines long"

FOLDER = "docs/decisions/"
_FILE = re.compile(r"(\d{3})-[a-z0-9]+(?:-[a-z0-9]+)*\.md")
_LINES_MAX = 30


def check(repo):
    expected = 1
    for path in repo.select("", under=FOLDER):
        found = _FILE.fullmatch(posixpath.relpath(path, FOLDER))
        if not found:
            yield Finding(path, 1, NAME, "not named NNN-title.md; rename it")
            continue
        number = int(found.group(1))
        if number != expected:
            yield Finding(path, 1, NAME, f"is number {number:03}, the next is {expected:03}; "
                                         "renumber it")
        expected = number + 1
        count = repo.text(path).count("\n")
        if count > _LINES_MAX:
            yield Finding(path, _LINES_MAX + 1, NAME, f"{count} lines, at most {_LINES_MAX}; keep "
                                                      "question, choice, price, and what "
                                                      "would change our mind")
