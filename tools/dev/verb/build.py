"""./dev build: configures and builds a preset of CMakePresets.json, both only when needed."""

import hashlib
import json
import os
import time
from collections.abc import Mapping, Sequence

from dev import paths, process
from dev.console import DevError, say
from dev.deps import bridge, setup
from dev.service import features
from dev.verb import ninja

PRESETS_FILE = paths.ROOT / "CMakePresets.json"
# What a preset needs beyond the main group.
PRESET_GROUPS: Mapping[str, tuple[str, ...]] = {"lint": ("lint",), "fuzz": ("fuzz",)}


def preset_names() -> list[str]:
    presets = json.loads(PRESETS_FILE.read_text("utf-8"))["configurePresets"]
    return [preset["name"] for preset in presets if not preset.get("hidden")]


def environment() -> dict[str, str]:
    """The environment of every build: one compiler cache for all clones (CONTRIBUTING.md)."""
    ours = {"CCACHE_DIR": str(paths.cache() / "ccache"), "CCACHE_MAXSIZE": "5G"}
    return os.environ | {key: os.environ.get(key, value) for key, value in ours.items()}


def configure_key(preset: str, options: Sequence[str]) -> str:
    text = " ".join([preset, *options, str(paths.ROOT)]).encode() + PRESETS_FILE.read_bytes()
    return hashlib.sha256(text).hexdigest()


def configure(preset: str, options: Sequence[str] = ()) -> None:
    """Runs CMake when there is no build tree yet or its presets or options changed since."""
    if preset not in preset_names():
        raise DevError(f"no such preset: '{preset}'", f"there are: {', '.join(preset_names())}", 2)
    folder = paths.preset_folder(preset)
    stamp = folder / ".configured"
    key = configure_key(preset, options)
    if stamp.exists() and stamp.read_text("utf-8") == key and (folder / "build.ninja").exists():
        return
    start = time.monotonic()
    log = folder / "configure.log"
    log.unlink(missing_ok=True)
    command = ["cmake", "--preset", preset, *options]
    if process.run_logged(command, log, cwd=paths.ROOT, env=environment()) != 0:
        raise DevError(f"CMake could not configure '{preset}':\n{process.tail(log)}",
                       f"all of it: {log}")
    stamp.write_text(key, "utf-8")
    say(f"configured {preset} ({time.monotonic() - start:.1f} s)")


def build(preset: str, targets: Sequence[str] = ()) -> None:
    """Brings a preset up to date; says nothing when it is."""
    setup.ensure(["main", *PRESET_GROUPS.get(preset, ())])
    bridge.ensure()
    configure(preset, features.options(preset))
    start = time.monotonic()
    code, steps = ninja.build(paths.preset_folder(preset), list(targets), ninja.default_jobs(),
                              preset, environment())
    if code != 0:
        raise DevError(f"building '{preset}' failed", "the compiler's message stands above", code)
    if steps > 1:
        say(f"built {preset}: {steps} steps in {time.monotonic() - start:.0f} s")


def main(arguments: list[str]) -> int:
    preset = arguments[0] if arguments else "fast"
    build(preset, arguments[1:])
    say(f"{preset} is up to date: {paths.preset_folder(preset)}")
    return 0
