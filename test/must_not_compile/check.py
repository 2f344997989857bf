"""Checks that a mistake does not compile, and that the compiler says why.

    check.py CASE.cc -- COMPILER FLAG...

A case is compiled twice, syntax only. With SLUICE_GOOD defined it must compile: so what is refused
without it is the mistake, not a missing include. Without it, it must fail, and the compiler must
print the sentence of the first line, `// expect: ...`, which may be broken differently.
"""

import os
import subprocess
import sys

_EXPECT = "// expect: "


def compile_case(command, case, *defines):
    """(exit code, everything that the compiler printed, white space made single)."""
    done = subprocess.run([*command, *defines, "-fsyntax-only", case], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env={**os.environ, "LC_ALL": "C"}, check=False)
    return done.returncode, done.stdout


def check(case, command):
    """Sentences about what is wrong; none when the case holds."""
    with open(case, encoding="utf-8") as file:
        first = file.readline().rstrip("\n")
    if not first.startswith(_EXPECT) or not first.removeprefix(_EXPECT).strip():
        return [f"the first line is not '{_EXPECT}SENTENCE'"]
    expected = first.removeprefix(_EXPECT).strip()
    code, output = compile_case(command, case, "-DSLUICE_GOOD")
    if code != 0:
        return ["the good variant (SLUICE_GOOD) does not compile:", output]
    code, output = compile_case(command, case)
    if code == 0:
        return ["the mistake compiles"]
    if " ".join(expected.split()) not in " ".join(output.split()):
        return [f"it is refused, but not with the sentence '{expected}':", output]
    return []


def main(arguments):
    case, separator, *command = arguments
    if separator != "--" or not command:
        print(__doc__, file=sys.stderr)
        return 2
    problems = check(case, command)
    for problem in problems:
        print(f"{case}: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
