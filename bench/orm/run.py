"""The typed door beside hand-written loops: builds bench_orm in build/fast and runs it.

Called by ./dev bench orm. Each row is a ratio to code written by hand that runs beside it in
the same minute; where the goal is a time, the figure itself counts.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "fast"


def main() -> int:
    built = subprocess.run(["ninja", "-C", str(BUILD), "bench_orm"], stdout=subprocess.DEVNULL,
                           check=False)
    if built.returncode != 0:
        print("bench orm: the program does not build; libsimdjson-dev is needed beside the usual "
              "packages (./dev setup bench)", file=sys.stderr)
        return built.returncode
    return subprocess.run([str(BUILD / "bench" / "bench_orm")], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
