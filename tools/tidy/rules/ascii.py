"""Sources and texts are ASCII: what is seen is what is compiled, in every editor and terminal."""

import re

from repository import Finding

NAME = "ascii"
HOLDS = "sources, build files and texts are ASCII, end with a newline, and hold no tabs"

_FILES = (".h", ".cc", ".py", ".cmake", "CMakeLists.txt", ".md", ".toml", ".sh", ".rs", ".proto")
_FOREIGN = re.compile(r"[^\x20-\x7e\n]")


def check(repo):
    for path in repo.select(*_FILES):
        text = repo.text(path)
        for found in _FOREIGN.finditer(text):
            code = ord(found.group(0))
            what = "a tab" if code == 9 else f"the character U+{code:04X}"
            yield Finding(path, text.count("\n", 0, found.start()) + 1, NAME,
                          f"{what}; write it in ASCII, in a string as an escape")
        if text and not text.endswith("\n"):
            yield Finding(path, text.count("\n") + 1, NAME, "no newline at the end; add it")
