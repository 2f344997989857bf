#!/usr/bin/env python3
"""Holds the rules of STYLE.md and ARCHITECTURE.md that a compiler cannot hold.

    python3 tools/tidy/tidy.py [PATH...]     findings, or only those under the given paths
    python3 tools/tidy/tidy.py --rules       what is held, a line each

Each finding is one line, `file:line: rule: what is wrong; what to do`. Exit code 1 when there is
one.
Looks at tracked files and at untracked files that are not ignored.
"""

import pathlib
import sys

import repository
from rules import RULES


def check(repo):
    """All findings, in order of file and line."""
    return sorted(finding for rule in RULES for finding in rule.check(repo))


def main(arguments):
    if arguments == ["--rules"]:
        for rule in RULES:
            print(f"{rule.NAME:12} {rule.HOLDS}")
        return 0
    root = pathlib.Path(__file__).resolve().parents[2]
    wanted = []
    for argument in arguments:
        path = pathlib.Path(argument).resolve()
        if not path.exists() or not path.is_relative_to(root):
            print(f"tidy: no such path in this repository: '{argument}'", file=sys.stderr)
            return 2
        wanted.append(path.relative_to(root).as_posix())
    repo = repository.Repository.of_checkout(root)
    findings = [finding for finding in check(repo)
                if not wanted or any(_is_under(finding.path, path) for path in wanted)]
    for finding in findings:
        print(finding)
    files = len(repo.paths)
    print(f"tidy: {files} files, {len(RULES)} rules, {len(findings)} findings", file=sys.stderr)
    return 1 if findings else 0


def _is_under(path, folder):
    return folder == "." or path == folder or path.startswith(folder + "/")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
