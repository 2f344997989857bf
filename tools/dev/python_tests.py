"""Runs Python's unittest files and leaves a report that ./dev test counts.

    python3 tools/dev/python_tests.py --report FILE.xml TEST.py...

Called by CTest (sluice_python_test in cmake/SluiceTests.cmake). A file stands alone: its folder is
put on the module path, so that tests may share a module beside them.
"""

import argparse
import importlib.util
import sys
import time
import traceback
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path


class Recorder(unittest.TextTestResult):
    """Keeps time and outcome of every test; a subtest's failure is its test's."""

    def __init__(self, *arguments, **named) -> None:
        super().__init__(*arguments, **named)
        self.rows: dict[str, tuple[float, str, str]] = {}  # id -> seconds, failure, skip reason
        self._began = 0.0

    def startTest(self, test: unittest.TestCase) -> None:
        super().startTest(test)
        self._began = time.monotonic()
        self.rows[test.id()] = (0.0, "", "")

    def stopTest(self, test: unittest.TestCase) -> None:
        super().stopTest(test)
        _, failure, skip = self.rows[test.id()]
        self.rows[test.id()] = (time.monotonic() - self._began, failure, skip)

    def _note(self, test, failure: str = "", skip: str = "") -> None:
        seconds, old, _ = self.rows.get(test.id(), (0.0, "", ""))
        self.rows[test.id()] = (seconds, old or failure, skip)

    def addFailure(self, test, err) -> None:
        super().addFailure(test, err)
        self._note(test, failure="".join(traceback.format_exception_only(err[0], err[1])))

    def addError(self, test, err) -> None:
        super().addError(test, err)
        self._note(test, failure="".join(traceback.format_exception_only(err[0], err[1])))

    def addSubTest(self, test, subtest, err) -> None:
        super().addSubTest(test, subtest, err)
        if err is not None:
            text = "".join(traceback.format_exception_only(err[0], err[1]))
            self._note(test, failure=f"{subtest}: {text}")

    def addSkip(self, test, reason: str) -> None:
        super().addSkip(test, reason)
        self._note(test, skip=reason)

    def addUnexpectedSuccess(self, test) -> None:
        super().addUnexpectedSuccess(test)
        self._note(test, failure="passed although a failure is expected")


def render_report(rows: dict[str, tuple[float, str, str]]) -> bytes:
    suite = ElementTree.Element("testsuite", name="python", tests=str(len(rows)))
    for name, (seconds, failure, skip) in rows.items():
        group, _, case = name.rpartition(".")
        element = ElementTree.SubElement(suite, "testcase", classname=group, name=case,
                                         time=f"{seconds:.3f}", status="run")
        if failure:
            ElementTree.SubElement(element, "failure", message=failure)
        elif skip:
            ElementTree.SubElement(element, "skipped", message=skip)
    return ElementTree.tostring(suite, encoding="utf-8", xml_declaration=True)


def load(file: Path) -> unittest.TestSuite:
    sys.path.insert(0, str(file.resolve().parent))
    spec = importlib.util.spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        raise SystemExit(f"no Python file: '{file}'")
    module = importlib.util.module_from_spec(spec)
    sys.modules[file.stem] = module
    spec.loader.exec_module(module)
    return unittest.defaultTestLoader.loadTestsFromModule(module)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--report", type=Path, required=True)
    parser.add_argument("files", type=Path, nargs="+")
    options = parser.parse_args()
    suite = unittest.TestSuite(load(file) for file in options.files)
    result = unittest.TextTestRunner(resultclass=Recorder, verbosity=2).run(suite)
    options.report.parent.mkdir(parents=True, exist_ok=True)
    options.report.write_bytes(render_report(result.rows))
    if not result.rows:
        print("no test was found", file=sys.stderr)
        return 1
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
