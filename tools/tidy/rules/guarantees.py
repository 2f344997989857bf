"""docs/guarantees.md: a promise names the tests that prove it, or says that none does yet."""

import re

from repository import Finding
from rules import layers

NAME = "guarantees"
HOLDS = "each promise of docs/guarantees.md names tests that always run, or `not yet proved`"

FILE = "docs/guarantees.md"
_COUNT = 9
_PROMISE = re.compile(r"^(\d+)\. ", re.MULTILINE)
_PROOF = re.compile(r"proved by ((?:`[^`]+`(?:,?\s+(?:and\s+)?)?)+)")
_UNPROVED = re.compile(r"\bnot yet proved\b")
_CPP_TEST = re.compile(
    r"\b(?:TEST|TEST_F|TEST_P|TYPED_TEST|TYPED_TEST_P)\s*\(\s*(\w+)\s*,\s*(\w+)\s*\)\s*\{")
_PY_SKIP = re.compile(r"@(?:unittest\.)?skip|\bskipTest\(|\bSkipTest\(")


def check(repo):
    if not repo.exists(FILE):
        yield Finding(FILE, 1, NAME, "there is no docs/guarantees.md; write it")
        return
    text = repo.text(FILE)
    starts = list(_PROMISE.finditer(text))
    numbers = [int(start.group(1)) for start in starts]
    if numbers != list(range(1, _COUNT + 1)):
        yield Finding(FILE, 1, NAME, f"promises are numbered {numbers}; there are {_COUNT}, in "
                                     "order")
    tests = None
    for index, start in enumerate(starts):
        end = starts[index + 1].start() if index + 1 < len(starts) else len(text)
        body = text[start.start():end]
        line = text.count("\n", 0, start.start()) + 1
        proofs = [name for proof in _PROOF.finditer(body)
                  for name in re.findall(r"`([^`]+)`", proof.group(1))]
        if not proofs and not _UNPROVED.search(body):
            yield Finding(FILE, line, NAME, f"promise {start.group(1)} neither names a proof nor "
                                            "says 'not yet proved'; write proved by `Suite.Test`")
        for name in proofs:
            tests = _cpp_tests(repo) if tests is None else tests
            problem = _problem(repo, tests, name)
            if problem:
                yield Finding(FILE, line, NAME, f"promise {start.group(1)}: {problem}")


def _cpp_tests(repo):
    """'Suite.Test' -> body, of every GoogleTest in the sources."""
    tests = {}
    for path in filter(layers.is_test, repo.select(".h", ".cc")):
        code = repo.code(path)
        found = list(_CPP_TEST.finditer(code))
        for index, test in enumerate(found):
            end = found[index + 1].start() if index + 1 < len(found) else len(code)
            tests[f"{test.group(1)}.{test.group(2)}"] = code[test.end():end]
    return tests


def _problem(repo, tests, name):
    if "::" in name:
        path, _, function = name.partition("::")
        function = function.rsplit("::", 1)[-1].rsplit(".", 1)[-1]
        if not repo.exists(path):
            return f"no such file: '{path}'; name the test as path::name"
        text = repo.text(path)
        found = re.search(
            rf"(?:^[ \t]*@[^\n]*\n)*^([ \t]*)def {re.escape(function)}\(.*?(?=^\1\S|\Z)",
            text, re.MULTILINE | re.DOTALL)
        if not found:
            return f"no test '{function}' in '{path}'; name one that exists"
        if _PY_SKIP.search(found.group(0)):
            return f"'{name}' can be skipped; a proof always runs"
        return None
    if name not in tests:
        return f"no test '{name}' in the sources; name one that exists, as Suite.Test"
    if "GTEST_SKIP" in tests[name]:
        return f"'{name}' can be skipped; a proof always runs"
    return None
