"""Sends a load to a port for some seconds, and says what came of it."""

import json
import math
import os
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from http.client import HTTPConnection

from bench import place
from bench.process import OTHER_CPUS
from bench.scenario import Load, Request

_NO_WRK = "wrk makes the load, and is missing: apt-get install wrk"


@dataclass(frozen=True)
class Outcome:
    """What a load came to."""

    requests: int
    seconds: float
    p50_us: float
    p99_us: float
    refused: int
    # Connections that failed or broke, and answers that never came.
    broken: int


def require_wrk() -> None:
    if shutil.which("wrk") is None:
        raise RuntimeError(_NO_WRK)


class Sender:
    """One load, ready to be sent to any port."""

    def __init__(self, name: str, load: Load) -> None:
        self._load = load
        self._file = place.folder("run") / f"{name}.requests"
        self._file.write_bytes(b"".join(_framed(request) for request in load.requests))

    def send(self, port: int, seconds: int) -> Outcome:
        # On a machine that is busy with other things wrk may get no turn at all.
        for _ in range(3):
            outcome = _one_by_one(port, self._load, seconds) if self._load.one_by_one else self._wrk(port, seconds)
            if outcome.broken:
                raise RuntimeError(f"{outcome.broken} requests broke")
            if outcome.requests:
                self._expect_refusals(outcome)
                return outcome
        raise RuntimeError("no request was answered")

    def warm_up(self, port: int, seconds: int) -> None:
        """Sends each request at least once, so that caches hold and buckets exist what a longer run finds there."""
        left = len(self._load.requests)
        while left > 0:
            left -= self.send(port, seconds).requests

    def _wrk(self, port: int, seconds: int) -> Outcome:
        command = ["wrk", "-t1", f"-c{self._load.connections}", f"-d{seconds}s", "--timeout", "10s"]
        command += ["-s", str(place.LUA / "load.lua"), f"http://127.0.0.1:{port}/", "--", str(self._file)]
        run = subprocess.run(
            command,
            capture_output=True,
            text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, OTHER_CPUS),
        )
        if run.returncode != 0:
            raise RuntimeError(f"wrk failed: {run.stderr.strip() or run.stdout.strip()[:300]}")
        return Outcome(**json.loads(run.stdout.rstrip().splitlines()[-1]))

    def _expect_refusals(self, outcome: Outcome) -> None:
        wanted = outcome.requests if self._load.refused else 0
        # A limit lets its first requests through before it refuses the others.
        if abs(outcome.refused - wanted) > (outcome.requests // 100 if self._load.refused else 0):
            raise RuntimeError(f"{outcome.refused} of {outcome.requests} requests were refused, expected {wanted}")


def _framed(request: Request) -> bytes:
    lines = [f"{request.method} {request.path} HTTP/1.1", "host: gateway.test"]
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    if request.body:
        lines.append(f"content-length: {len(request.body)}")
    raw = "\r\n".join([*lines, "", ""]).encode() + request.body
    return b"%d\n%b" % (len(raw), raw)


def _one_by_one(port: int, load: Load, seconds: int) -> Outcome:
    times, refused = [], 0
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.connect()
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    buffer = memoryview(bytearray(1 << 20))
    begin = before = time.perf_counter()
    while before - begin < seconds:
        request = load.requests[len(times) % len(load.requests)]
        connection.request(request.method, request.path, request.body or None, dict(request.headers))
        answer = connection.getresponse()
        while answer.readinto(buffer):
            pass
        refused += answer.status >= 400
        now = time.perf_counter()
        times.append((now - before) * 1e6)
        before = now
    connection.close()
    times.sort()
    middle, last = times[len(times) // 2], times[math.ceil(len(times) * 0.99) - 1]
    return Outcome(len(times), before - begin, middle, last, refused, 0)
