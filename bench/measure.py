"""Runs a scenario: starts its contestants, checks them, and measures them in turn, round after round."""

import resource
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from bench import envoy, nginx, together, verify
from bench.load import Outcome, Sender
from bench.process import CPUS, TICKS, Process
from bench.scenario import OURS, Contestant, NginxContestant, Scenario

# A window in which other programs took more of the machine than this is measured again, `repeats` times.
DISTURBED = 0.05


@dataclass(frozen=True)
class Sample:
    """One window of one contestant."""

    rps: float
    # User and system time of the server's process, for each request.
    cpu_us: float
    p50_us: float
    p99_us: float
    rss_mb: float
    # The part of all processors that programs outside of the benchmark used meanwhile.
    disturbed: float


@dataclass
class Result:
    """What a contestant has shown."""

    name: str
    role: str
    samples: list[Sample] = field(default_factory=list)
    # Why it was not measured: it is broken, or (`skipped`) something that it needs is not installed.
    broken: str | None = None
    skipped: str | None = None


@dataclass(frozen=True)
class Pace:
    """How long is measured."""

    rounds: int
    seconds: int
    warm_up: int
    repeats: int = 2
    # Only our own filters are put under load; the others are checked.
    only_ours: bool = False
    # All contestants at once, on one processor.
    together: bool = False


def run(name: str, scenario: Scenario, pace: Pace, say: Callable[[str], None]) -> list[Result]:
    """Measures the contestants of a scenario; those that fail their checks are not measured."""
    sender = together.sender(name, scenario.load) if pace.together else Sender(name, scenario.load)
    results = [Result(contestant.name, contestant.role) for contestant in scenario.contestants]
    with ExitStack() as stack:
        upstream = None
        if scenario.upstream is not None:
            upstream = envoy.serving(f"{name}-upstream", scenario.upstream, scenario.upstream_delays_ms)
            stack.callback(upstream.stop)
        running = []
        for contestant, result in zip(scenario.contestants, results):
            say(f"checking {contestant.name}")
            server = _started(name, contestant, result, scenario, upstream)
            if server:
                stack.callback(server.stop)
                _verify(server, contestant, result, scenario)
            if server and not result.broken and (result.role == OURS or not pace.only_ours):
                running.append((server, result))
        for server, result in running if pace.warm_up else []:
            say(f"warming up {result.name}")
            _guarded(result, lambda: sender.warm_up(server.port, pace.warm_up))
        measured = _measure_together if pace.together else _measure
        measured(running, upstream, sender, pace, say)
    return results


def _started(name: str, contestant, result: Result, scenario: Scenario, upstream: Process | None) -> Process | None:
    label = f"{name}-{contestant.name}".replace(" ", "-").replace("/", "-")
    port = upstream.port if upstream else None
    try:
        if isinstance(contestant, NginxContestant):
            return nginx.start(label, contestant.config, port)
        return envoy.under_test(label, contestant.filters, contestant.buffer_bytes, port)
    except nginx.Missing as missing:
        result.skipped = str(missing)
    except RuntimeError as failure:
        result.broken = str(failure)
    return None


def _verify(server: Process, contestant: Contestant, result: Result, scenario: Scenario) -> None:
    try:
        found = verify.faults(server.port, scenario.load, contestant.checks)
    except OSError as failure:
        found = [f"no answer: {failure}"]
    if found:
        result.broken = "\n".join([*found, server.last_words()]).rstrip()


def _measure(running: list, upstream: Process | None, sender: Sender, pace: Pace, say: Callable[[str], None]) -> None:
    for round_ in range(pace.rounds):
        for server, result in running:
            if not result.broken:
                say(f"round {round_ + 1} of {pace.rounds}, {result.name}")
                _guarded(result, lambda: result.samples.append(_undisturbed(server, upstream, sender, pace)))


def _measure_together(running: list, _upstream, sender: Sender, pace: Pace, say: Callable[[str], None]) -> None:
    for round_ in range(pace.rounds):
        say(f"round {round_ + 1} of {pace.rounds}, all together")
        whole = [(server, result) for server, result in running if not result.broken]
        together.at_once(whole, lambda server, result: _guarded(result, lambda: result.samples.append(_shared_sample(server, sender, pace))))


def _guarded(result: Result, act: Callable[[], None]) -> None:
    try:
        act()
    except (RuntimeError, OSError) as failure:
        result.broken = str(failure)


def _undisturbed(server: Process, upstream: Process | None, sender: Sender, pace: Pace) -> Sample:
    samples = []
    for _ in range(1 + pace.repeats):
        samples.append(_sample(server, upstream, sender, pace))
        if samples[-1].disturbed <= DISTURBED:
            break
    return min(samples, key=lambda sample: sample.disturbed)


def _sample(server: Process, upstream: Process | None, sender: Sender, pace: Pace) -> Sample:
    begin, all_before, ours_before = time.monotonic(), _busy_seconds(), _own_seconds(server, upstream)
    outcome, cpu_us = _under_load(server, sender, pace)
    elapsed = time.monotonic() - begin
    others = _busy_seconds() - all_before - (_own_seconds(server, upstream) - ours_before)
    return Sample(
        rps=outcome.requests / outcome.seconds,
        cpu_us=cpu_us,
        p50_us=outcome.p50_us,
        p99_us=outcome.p99_us,
        rss_mb=server.resident_bytes() / 1e6,
        disturbed=max(0.0, others / elapsed / CPUS),
    )


def _shared_sample(server: Process, sender: Sender, pace: Pace) -> Sample:
    """Its rate is what it would be if it had the processor for itself, since how many turns it got is not its merit."""
    outcome, cpu_us = _under_load(server, sender, pace)
    return Sample(1e6 / cpu_us, cpu_us, outcome.p50_us, outcome.p99_us, server.resident_bytes() / 1e6, disturbed=0.0)


def _under_load(server: Process, sender: Sender, pace: Pace) -> tuple[Outcome, float]:
    """What came of a load, and the server's CPU time for each of its requests, in microseconds."""
    before = server.cpu_seconds()
    outcome = sender.send(server.port, pace.seconds)
    return outcome, (server.cpu_seconds() - before) / outcome.requests * 1e6


def _own_seconds(*servers: Process | None) -> float:
    """CPU time of the servers, of the loads that have ended, and of this program."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(s.cpu_seconds() for s in servers if s) + sum(u.ru_utime + u.ru_stime for u in used)


def _busy_seconds() -> float:
    """What all processors did so far, but for waiting, whoever it was for (proc(5), /proc/stat)."""
    user, nice, system, _idle, _iowait, irq, softirq, steal = Path("/proc/stat").read_text().split()[1:9]
    return sum(map(int, (user, nice, system, irq, softirq, steal))) / TICKS
