"""Tables of files beside what their engine does without us: builds bench_table in build/fast.

Called by ./dev bench table. Each row is a process of its own, with its peak memory; where the goal
is a ratio, both sides run in the same process and minute. SLUICE_LONG=1 adds what takes minutes:
20 M rows, and 10,000 appends.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "fast"


def main() -> int:
    built = subprocess.run(["ninja", "-C", str(BUILD), "bench_table"], stdout=subprocess.DEVNULL,
                           check=False)
    if built.returncode != 0:
        print("bench table: the program does not build", file=sys.stderr)
        return built.returncode
    return subprocess.run([str(BUILD / "bench" / "bench_table")], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
