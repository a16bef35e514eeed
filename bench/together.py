"""Measures contestants all at once, on a machine whose speed changes from second to second.

They share the one processor that each has for itself otherwise, a few milliseconds in turn, so that what disturbs one
disturbs all of them alike. Absolute figures are worse than they are one at a time, since each finds its caches full of the
others; the ratios are the steadiest there are, and hard on whoever has much code and memory.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from bench.load import Sender

# Of each contestant: several loads share what one has otherwise.
CONNECTIONS = 8


def sender(name: str, load) -> Sender:
    return Sender(name, replace(load, connections=min(load.connections, CONNECTIONS)))


def at_once(running: Sequence[tuple], act: Callable[..., None]) -> None:
    """Does `act` with each of them, all at the same time."""
    with ThreadPoolExecutor(max(1, len(running))) as pool:
        list(pool.map(lambda one: act(*one), running))
