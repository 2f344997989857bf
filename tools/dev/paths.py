"""Where things lie. Everything else asks here, so that a clone can stand in any folder."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
DEPS = BUILD / "deps"
MANIFEST = ROOT / "deps" / "deps.toml"


def cache() -> Path:
    """The per-user cache, shared by all clones."""
    chosen = os.environ.get("SLUICE_CACHE")
    return Path(chosen).expanduser().absolute() if chosen else Path.home() / ".cache" / "sluice"


def preset_folder(preset: str) -> Path:
    return BUILD / preset


def program(preset: str) -> Path:
    """The command line as a preset builds it."""
    return preset_folder(preset) / "bin" / "sluice"
