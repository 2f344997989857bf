"""Nothing is left for later in the code, and no test is switched off."""

import re

from repository import Finding

NAME = "markers"
HOLDS = "no notes for later in sources, no disabled test, no skip without a reason"

_SOURCES = (".h", ".cc", ".py", ".cmake", "CMakeLists.txt", ".toml", ".sh", ".rs", ".md", ".yaml",
            ".proto")
# Spelled so that this file does not find itself.
_LATER = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK)\b")
_DISABLED = re.compile(r"\bDISABLED" r"_\w+")
_BARE_SKIP = re.compile(r"\bGTEST_SKIP\s*\(\s*\)\s*(?!<<|\s)")
_PY_SKIP = re.compile(r"@unittest\.skip\s*$|\bskipTest\(\s*\)|\bSkipTest\(\s*\)", re.MULTILINE)


def check(repo):
    for path in repo.paths:
        if not path.endswith(_SOURCES) and path != "dev":
            continue
        text = repo.text(path)
        yield from _each(path, text, _LATER, "'{}' is a note for later; do it now, or say what "
                                             "holds today")
        if path.endswith((".h", ".cc")):
            code = repo.code(path)
            yield from _each(path, code, _DISABLED, "'{}' never runs; mend or delete it")
            yield from _each(path, code, _BARE_SKIP, "a skip without a reason; stream one into it")
        if path.endswith(".py"):
            yield from _each(path, text, _PY_SKIP, "a skip without a reason; give it one")


def _each(path, text, pattern, message):
    for found in pattern.finditer(text):
        yield Finding(path, text.count("\n", 0, found.start()) + 1, NAME,
                      message.format(found.group(0).strip()))
