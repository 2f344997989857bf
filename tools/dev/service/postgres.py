"""A PostgreSQL for tests: a cluster of its own in a temporary folder that goes with the server."""

import os
import shlex
import shutil
from pathlib import Path

DEBIAN = Path("/usr/lib/postgresql")

# The server refuses to run as root: it then runs as the user that the package made, who may not
# enter this clone's folder. SIGINT ends it without waiting for clients.
SCRIPT = """
set -e
data=$(mktemp -d "${TMPDIR:-/tmp}/sluice-postgres-XXXXXX")
trap 'rm -rf "$data"' EXIT
as=
if [ "$(id -u)" = 0 ]; then
  chown postgres "$data"
  as="setpriv --reuid postgres --regid postgres --clear-groups"
fi
cd "$data"
$as "$bin/initdb" -D "$data/cluster" -A trust -U sluice -E UTF8 --locale C --no-sync >/dev/null
$as "$bin/postgres" -D "$data/cluster" -h 127.0.0.1 -p "$port" -k '' -F &
server=$!
trap 'kill -INT $server; wait $server' TERM INT
wait $server
"""


def find_programs() -> Path | None:
    """The folder of the server's programs, the newest where there are several."""
    for folder in sorted(DEBIAN.glob("*/bin"), reverse=True):
        if (folder / "initdb").exists():
            return folder
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def missing() -> str:
    if find_programs() is None:
        return "no PostgreSQL found"
    if os.geteuid() == 0 and not shutil.which("setpriv"):
        return "PostgreSQL does not run as root, and setpriv is not there"
    return ""


def command(port: int) -> list[str]:
    settings = f"bin={shlex.quote(str(find_programs()))}\nport={port}\n"
    return ["sh", "-c", settings + SCRIPT]
