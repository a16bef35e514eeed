"""Where the benchmark reads and writes; BENCH_MODULES and BENCH_OUT name other folders than dist and target/bench."""

import os
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = Path(os.environ.get("BENCH_MODULES", ROOT / "dist"))
KEYS = ROOT / "tests" / "fixtures" / "keys"
LUA = ROOT / "bench" / "lua"
OUT = Path(os.environ.get("BENCH_OUT", ROOT / "target" / "bench"))


def folder(name: str) -> Path:
    """A folder under the output, made when it is missing."""
    path = OUT / name
    path.mkdir(parents=True, exist_ok=True)
    return path


@cache
def envoy() -> str:
    """The Envoy binary that all contestants run in."""
    return subprocess.run([ROOT / "scripts" / "envoy"], check=True, capture_output=True, text=True).stdout.strip()
