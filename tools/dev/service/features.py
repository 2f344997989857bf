"""Optional parts: what this machine can build and test, as CMake options of a preset."""

from dev.console import say
from dev.deps import setup
from dev.service import table

# Presets that the tests run on. `fast` leaves Spark out: the first run fetches and builds little.
WITH_SPARK = ("dev", "tsan", "coverage")


def options(preset: str) -> list[str]:
    """CMake options of a preset here; sets up the libraries that they need."""
    if preset not in WITH_SPARK:
        return []
    missing = table.spark_missing()
    if missing:
        say(f"{missing}: Spark is left out, its tests are skipped")
        return ["-DSLUICE_SPARK=OFF"]
    setup.ensure(["spark"])
    return ["-DSLUICE_SPARK=ON"]
