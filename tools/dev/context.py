"""Imported first by the tests beside it: makes `dev` importable from any folder."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
