"""Runs an example and compares what it prints with the file beside it.

    check.py EXPECTED.txt PROGRAM
"""

import difflib
import subprocess
import sys
import tempfile
from pathlib import Path


def main(arguments):
    expected_file, program = arguments
    with tempfile.TemporaryDirectory(prefix="sluice-example-") as folder:
        done = subprocess.run([program], cwd=folder, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, check=False)
    expected = Path(expected_file).read_text(encoding="utf-8")
    sys.stdout.writelines(difflib.unified_diff(expected.splitlines(keepends=True),
                                               done.stdout.splitlines(keepends=True),
                                               "expected", "printed"))
    if done.returncode != 0 or done.stderr:
        print(f"exit {done.returncode}\n{done.stderr}")
        return 1
    return 0 if done.stdout == expected else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
