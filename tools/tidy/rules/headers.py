"""A header says what it is, is guarded once, and opens no namespace for its includers."""

import re

from repository import Finding

NAME = "headers"
HOLDS = "a header opens with 3-15 lines of comment and #pragma once; no `using namespace`"

_LINES_MIN, _LINES_MAX = 3, 15
_USING = re.compile(r"\busing\s+namespace\b")


def check(repo):
    for path in repo.select(".h"):
        lines = repo.lines(path)
        count = 0
        while count < len(lines) and lines[count].startswith("//"):
            count += 1
        least = 1 if path.endswith("_internal.h") else _LINES_MIN
        if not least <= count <= _LINES_MAX:
            yield Finding(path, 1, NAME,
                          f"{count} lines of comment at the top, {least}-{_LINES_MAX} are asked "
                          "for; say what it is, who owns what, whether threads may share it")
        rest = [line for line in lines[count:] if line.strip()]
        if not rest or rest[0] != "#pragma once":
            yield Finding(path, count + 1, NAME, "no #pragma once after the opening comment; add "
                                                 "it")
        for found in _USING.finditer(repo.code(path)):
            line = repo.code(path).count("\n", 0, found.start()) + 1
            yield Finding(path, line, NAME,
                          "`using namespace` in a header reaches everyone who includes it; name "
                          "the things, or move it into a function body")
