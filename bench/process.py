"""Processes: started on their own processor, watched from outside, stopped by their id."""

import os
import subprocess
import time
from pathlib import Path

_ALLOWED = sorted(os.sched_getaffinity(0))
# The server under test has a processor for itself; load and upstream share the others.
SERVER_CPUS = set(_ALLOWED[:1])
OTHER_CPUS = set(_ALLOWED[1:] or _ALLOWED)
CPUS = os.cpu_count() or 1
# What /proc/stat counts in.
TICKS = os.sysconf("SC_CLK_TCK")


class Process:
    """A server that runs until it is stopped, and the port that it listens on."""

    port: int

    def __init__(self, command: list[str], log: Path, cpus: set[int]) -> None:
        self.log = log
        with log.open("wb") as output:
            self._child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=lambda: os.sched_setaffinity(0, cpus),
            )
        self.pid = self._child.pid

    def cpu_seconds(self) -> float:
        """User and system time of all its threads so far.

        It is the sum of `utime` and `stime` of /proc/<pid>/stat, read from the process's CPU clock
        (clock_getcpuclockid(3)) because /proc counts in ticks of 10 ms.
        """
        return time.clock_gettime_ns((~self.pid << 3) | 2) / 1e9

    def resident_bytes(self) -> int:
        """VmRSS."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        return 0

    def has_ended(self) -> bool:
        return self._child.poll() is not None

    def last_words(self) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-12:])

    def stop(self) -> None:
        self._child.terminate()
        try:
            self._child.wait(10)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()


def eventually(what: str, attempt, process: Process, seconds: float = 30.0):
    """Repeats `attempt` until it gives something; fails when the process ends or the time is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if (found := attempt()) is not None:
                return found
        except OSError:
            pass
        if process.has_ended():
            raise RuntimeError(f"{what}: it ended by itself\n{process.last_words()}")
        time.sleep(0.02)
    raise RuntimeError(f"{what}: it was not ready in {seconds:.0f} s\n{process.last_words()}")
