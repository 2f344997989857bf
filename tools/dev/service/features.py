"""Optional parts: what this machine can build and test, as CMake options of a preset."""

from dev.console import say
from dev.deps import setup, store
from dev.deps.manifest import load_manifest
from dev.service import table

# Presets that the tests run on. `fast` leaves Spark out: the first run fetches and builds little.
WITH_SPARK = ("dev", "tsan", "coverage")
# Groups of extensions of the embedded engine.
EXTENSIONS = {"ducklake": "SLUICE_DUCKLAKE", "spill": "SLUICE_ENCRYPTED_SPILL"}


def options(preset: str) -> list[str]:
    """CMake options of a preset here; sets up the libraries that they need."""
    return [*spark_options(preset), *extension_options(preset)]


def spark_options(preset: str) -> list[str]:
    if preset not in WITH_SPARK:
        return []
    missing = table.spark_missing()
    if missing:
        say(f"{missing}: Spark is left out, its tests are skipped")
        return ["-DSLUICE_SPARK=OFF"]
    setup.ensure(["spark"])
    return ["-DSLUICE_SPARK=ON"]


def extension_options(preset: str) -> list[str]:
    """The presets of the tests fetch the extensions; others take them when they are there."""
    if preset in WITH_SPARK:
        setup.ensure(list(EXTENSIONS))
    return [f"-D{option}={'ON' if has_all(group) else 'OFF'}"
            for group, option in EXTENSIONS.items()]


def has_all(group: str) -> bool:
    return all(store.is_linked(artifact) for artifact in load_manifest().group(group).artifacts)
