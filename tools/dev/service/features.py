"""Optional parts: what this machine can build and test, as CMake options of a preset."""

from dev.console import say
from dev.deps import setup, store
from dev.deps.manifest import load_manifest
from dev.service import table

# Presets that the tests run on. `fast` leaves Spark out: the first run fetches and builds little.
WITH_SPARK = ("dev", "tsan", "coverage")


def options(preset: str) -> list[str]:
    """CMake options of a preset here; sets up the libraries that they need."""
    return [*spark_options(preset), *lake_options(preset)]


def spark_options(preset: str) -> list[str]:
    if preset not in WITH_SPARK:
        return []
    missing = table.spark_missing()
    if missing:
        say(f"{missing}: Spark is left out, its tests are skipped")
        return ["-DSLUICE_SPARK=OFF"]
    setup.ensure(["spark"])
    return ["-DSLUICE_SPARK=ON"]


def lake_options(preset: str) -> list[str]:
    """The presets of the tests fetch the extensions; others take them when they are there."""
    if preset in WITH_SPARK:
        setup.ensure(["ducklake"])
    artifacts = load_manifest().group("ducklake").artifacts
    has_all = all(store.is_linked(artifact) for artifact in artifacts)
    return [f"-DSLUICE_DUCKLAKE={'ON' if has_all else 'OFF'}"]
