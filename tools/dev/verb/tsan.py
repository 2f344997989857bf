"""./dev tsan: builds the tests of what is safe from any thread with ThreadSanitizer and runs them.

Only those: the engine comes prebuilt and is not watched (test/tsan.supp says so), and what one
thread does alone is the sanitised build's matter. CI does not run it: its build shares nothing with
the one of the tests.
"""

import os

from dev import paths, results
from dev.console import DevError
from dev.deps import setup
from dev.verb import build, testing

PRESET = "tsan"
PROGRAM = "sluice_threads_test"


def main(arguments: list[str]) -> int:
    if len(arguments) > 1:
        raise DevError("expected one piece of a test's name at most", "./dev tsan [FILTER]", 2)
    setup.ensure(["main", "test"])
    build.build(PRESET, [PROGRAM])
    folder = paths.preset_folder(PRESET)
    tests = [test for test in testing.list_tests(folder) if test.name == PROGRAM]
    selection = testing.select(tests, arguments[0] if arguments else "", with_long=False)
    if not selection.names():
        raise DevError(f"no test of threads has '{arguments[0]}' in its name",
                       f"ctest --test-dir {folder} -R {PROGRAM} -V lists them", 2)
    cases = testing.run_selection(folder, selection, dict(os.environ), testing.TIMEOUT_SECONDS)
    print(results.summary(cases), flush=True)
    return 1 if results.count(cases, results.Outcome.FAILED) else 0
