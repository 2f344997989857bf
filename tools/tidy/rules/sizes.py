"""Hard caps on what one person must read at once. STYLE.md names the sizes to aim at."""

import ast
import posixpath

import cpp_source
from repository import Finding

NAME = "sizes"
HOLDS = "header 400 lines, .cc and .py 700, test 500, function 70, line 100, folder 20 subjects"

_HEADER, _SOURCE, _TEST, _FUNCTION, _LINE, _FOLDER = 400, 700, 500, 70, 100, 20
_CODE = (".h", ".cc", ".py")
# One file per case: a list of cases, not code that is read together.
_DATA_FOLDERS = ("test/must_not_compile",)


def check(repo):
    for path in repo.select(*_CODE):
        lines = repo.lines(path)
        count = len(lines) - (lines[-1] == "")
        kind, cap = _cap_of(path)
        if count > cap:
            yield Finding(path, cap + 1, NAME, f"{kind} of {count} lines, at most {cap}; split it "
                                               "by subject")
        for number, line in enumerate(lines, 1):
            if len(line) > _LINE:
                yield Finding(path, number, NAME, f"line of {len(line)} columns, at most {_LINE}; "
                                                  "break it")
        for name, first, last in _functions(repo, path):
            if last - first + 1 > _FUNCTION:
                yield Finding(path, first, NAME, f"function '{name}' of {last - first + 1} lines, "
                                                 f"at most {_FUNCTION}; name its parts")
    for folder, paths in repo.folders.items():
        code = [path for path in paths if path.endswith(_CODE)]
        subjects = {_subject_of(path) for path in code}
        if len(subjects) > _FOLDER and folder not in _DATA_FOLDERS:
            yield Finding(code[0], 1, NAME, f"folder '{folder}' holds {len(subjects)} subjects, at "
                                            f"most {_FOLDER}; split it")


def _cap_of(path):
    name = posixpath.basename(path)
    if name.endswith("_test.cc") or name.startswith("test_"):
        return "test", _TEST
    return ("header", _HEADER) if path.endswith(".h") else ("source", _SOURCE)


def _subject_of(path):
    """x.h, x_internal.h, x.cc and x_test.cc are one subject."""
    stem = posixpath.splitext(posixpath.basename(path))[0]
    return stem.removesuffix("_test").removesuffix("_internal").removeprefix("test_")


def _functions(repo, path):
    if not path.endswith(".py"):
        yield from cpp_source.functions(repo.text(path))
        return
    try:
        tree = ast.parse(repo.text(path))
    except SyntaxError:
        return  # the interpreter says it better
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, node.lineno, node.end_lineno
