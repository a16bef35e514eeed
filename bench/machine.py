"""What was measured on, and what: a figure without that is no figure."""

import platform
import subprocess
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from bench import place
from bench.process import CPUS


def description() -> dict[str, Any]:
    return {
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "commit": _first_line("git", "-C", str(place.ROOT), "describe", "--always", "--dirty"),
        "envoy": _first_line(place.envoy(), "--version").split("version:")[-1].strip(),
        "processor": _processor(),
        "cpus": CPUS,
        "kernel": platform.release(),
        "modules": {file.stem: file.stat().st_size for file in sorted(place.MODULES.glob("*.wasm"))},
    }


def _first_line(*command: str) -> str:
    run = subprocess.run(command, capture_output=True, text=True)
    return next((line.strip() for line in run.stdout.splitlines() if line.strip()), "unknown")


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
