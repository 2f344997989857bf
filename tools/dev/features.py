"""Optional parts: what this machine can build and test, as CMake options of a preset."""

from dev import service_table, setup
from dev.console import say

# Presets that the tests run on. `fast` leaves Spark out, so that the first run fetches and builds little.
WITH_SPARK = ("dev", "tsan", "coverage")


def options(preset: str) -> list[str]:
    """CMake options of a preset here; sets up the libraries that they need."""
    if preset not in WITH_SPARK:
        return []
    missing = service_table.spark_missing()
    if missing:
        say(f"{missing}: Spark is left out, its tests are skipped")
        return ["-DSLUICE_SPARK=OFF"]
    setup.ensure(["spark"])
    return ["-DSLUICE_SPARK=ON"]
