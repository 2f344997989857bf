"""The DEPS that a target is linked with are the folders that its code may include."""

import posixpath
import re

from repository import Finding
from rules import layers as layer_rule

NAME = "cmake-deps"
HOLDS = "DEPS in src/sluice/CMakeLists.txt are the lists of layers.toml; every folder is a module"

FILE = "src/sluice/CMakeLists.txt"
_MODULE = re.compile(r"^\s*sluice_module\(\s*([^)]*)\)", re.MULTILINE)
_COMMENT = re.compile(r"#[^\n]*")
# Every keyword of sluice_module, so that no value of one is taken for a folder.
_WORDS = {"DEPS", "LIBS", "TEST_DEPS", "TEST_LIBS", "TEST_LABELS"}


def modules(text):
    """(line, folder, {keyword: [argument...]}) of each sluice_module call."""
    text = _COMMENT.sub(lambda found: " " * len(found.group(0)), text)
    for found in _MODULE.finditer(text):
        folder, *rest = found.group(1).split()
        lists, current = {word: [] for word in _WORDS}, None
        for word in rest:
            if word in _WORDS:
                current = word
            elif current:
                lists[current].append(word)
        yield text.count("\n", 0, found.start(1)) + 1, folder, lists


def check(repo):
    if not repo.exists(FILE):
        return
    try:
        layers = layer_rule.load(repo)
    except layer_rule.Unreadable:
        return  # said by `layers`
    seen = {}
    modules_named = {folder for _, folder, _ in modules(repo.text(FILE))}
    for line, folder, lists in modules(repo.text(FILE)):
        if folder in seen:
            yield Finding(FILE, line, NAME, f"'{folder}' is declared twice; keep one")
        for earlier in lists["DEPS"]:
            if earlier not in seen:
                yield Finding(FILE, line, NAME, f"'{folder}' needs '{earlier}', which is declared "
                                                "after it; put the lower one first")
        seen[folder] = line
        if folder not in layers.direct:
            yield Finding(FILE, line, NAME, f"'{folder}' is not in {layer_rule.TABLE}; add it")
            continue
        # A folder that is not built yet cannot be linked; what it would bring may be named instead.
        declared = [lower for lower in layers.direct[folder] if lower in modules_named]
        missing = set(declared) - set(lists["DEPS"])
        if missing or not set(lists["DEPS"]) <= layers.reach(folder):
            yield Finding(FILE, line, NAME,
                          f"DEPS of '{folder}' are [{' '.join(lists['DEPS'])}], {layer_rule.TABLE} "
                          f"says [{' '.join(layers.direct[folder])}]; make them agree")
        for other in lists["TEST_DEPS"]:
            if not layers.may_test_with(folder, other):
                yield Finding(FILE, line, NAME, f"tests of '{folder}' may not stand on '{other}'; "
                                                "only on folders listed above it, no siblings")
    for path in repo.select(".cc", ".h", under=layer_rule.ROOT):
        folder = posixpath.dirname(path).removeprefix(layer_rule.ROOT)
        if folder not in seen:
            seen[folder] = 1
            yield Finding(FILE, 1, NAME, f"no sluice_module({folder} ...); without it nothing is "
                                         "built from it")
