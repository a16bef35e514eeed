"""The pure crates in a loop inside Envoy's V8: their own part of a request, and the speed of their bytes."""

import os
import subprocess
from statistics import median

from bench import envoy, place
from bench.portcullis import wasm

_TARGET = "wasm32-wasip1"


def run() -> str:
    """Builds the module of `bench/micro`, lets an Envoy run it, and answers the table of what it logged."""
    server = envoy.under_test("micro", [wasm("micro", _built())], 1 << 20, None)
    server.stop()
    found: dict[tuple[str, int], list[float]] = {}
    # Envoy configures more than one VM, one after the other: each has measured everything.
    for line in (place.folder("run") / "micro.log").read_text().splitlines():
        if "micro|" in line:
            _, name, size, nanoseconds = line[line.index("micro|") :].split("|")
            found.setdefault((name, int(size)), []).append(float(nanoseconds))
    rows = [_row(name, size, median(times)) for (name, size), times in found.items()]
    return "\n".join([f"{'inside V8, natively compiled figures differ':<36} {'us':>10} {'MB/s':>8}", *rows])


def _built():
    target = os.environ.get("CARGO_TARGET_DIR", str(place.ROOT / "target"))
    command = ["cargo", "build", "--quiet", "--release", "--target", _TARGET, "--package", "micro", "--lib"]
    subprocess.run(command, cwd=place.ROOT, check=True)
    return f"{target}/{_TARGET}/release/micro.wasm"


def _row(name: str, size: int, nanoseconds: float) -> str:
    speed = f"{size / nanoseconds * 1000:8.0f}" if size else ""
    return f"{name:<36} {nanoseconds / 1000:>10.2f} {speed}"
