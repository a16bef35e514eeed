"""Measures contestants all at once, on a machine whose speed changes from second to second.

They share the one processor that each has for itself otherwise, a few milliseconds in turn, so that what disturbs one
disturbs all of them alike. Absolute figures are worse than they are one at a time, since each finds its caches full of the
others; the ratios are the steadiest there are, and hard on whoever has much code and memory.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from bench.load import Sender
from bench.process import Process

# Of each contestant: several loads share what one has otherwise.
CONNECTIONS = 8


def sender(name: str, load) -> Sender:
    return Sender(name, replace(load, connections=min(load.connections, CONNECTIONS)))


def round_of(servers: Sequence[Process], sample: Callable[[Process], object]) -> list:
    """What `sample` says of each, all at the same time; an exception in the place of a sample that failed."""

    def attempt(server: Process) -> object:
        try:
            return sample(server)
        except (RuntimeError, OSError) as failure:
            return failure

    with ThreadPoolExecutor(len(servers)) as pool:
        return list(pool.map(attempt, servers))
