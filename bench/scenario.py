"""What a scenario is made of, and the list of all scenarios.

A scenario is a function that is put on the list with `add`. It runs only when it is chosen, so that it may mint tokens
and write bodies without making `--list` slow.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from bench import place

# One entry of Envoy's `http_filters`.
Filter = dict[str, Any]

BARE, NATIVE, OURS, OTHER = "bare", "native", "portcullis", "other"


@dataclass(frozen=True)
class Request:
    """One request to send."""

    path: str = "/api/orders/ord_x7k9"
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "GET"
    body: bytes = b""


@dataclass(frozen=True)
class Load:
    """What is sent to every contestant of a scenario: these requests in turn, over so many connections."""

    requests: Sequence[Request] = (Request(),)
    connections: int = 16
    # Every answer of the load is refused (4xx), or none is.
    refused: bool = False
    # One request after the other on one connection, counted to the last byte. For bodies that are so large that a
    # load of a few seconds holds only a few of them, and one that was cut off at the end would change the figure.
    one_by_one: bool = False


@dataclass(frozen=True)
class Check:
    """What a contestant must answer before it is measured."""

    request: Request
    status: int = 200
    # Pattern of each header's value; None says that the header must not be there.
    headers: Mapping[str, str | None] = field(default_factory=dict)
    # Says what is wrong with a body, or None.
    body: Callable[[bytes], str | None] | None = None


@dataclass(frozen=True)
class Contestant:
    """One Envoy with a list of filters in front of the same answer."""

    name: str
    role: str
    filters: Sequence[Filter] = ()
    checks: Sequence[Check] = ()
    # Filters that take in a whole body need a buffer that holds it.
    buffer_bytes: int = 1 << 20


@dataclass(frozen=True)
class NginxContestant:
    """One NGINX; `@PORT@` and `@UPSTREAM@` in the configuration are filled in."""

    name: str
    config: str
    role: str = OTHER
    checks: Sequence[Check] = ()


@dataclass(frozen=True)
class Scenario:
    """Contestants under the same load."""

    load: Load
    contestants: Sequence[Contestant | NginxContestant]
    # Bodies that an upstream serves, by path. Without them the Envoy under test answers by itself, so that nothing
    # but it and the load generator works.
    upstream: Mapping[str, bytes] | None = None
    # How long the upstream thinks before it answers a path.
    upstream_delays_ms: Mapping[str, int] = field(default_factory=dict)


def with_modules_of(scenario: Scenario, folder: Path) -> Scenario:
    """The same scenario with each of our contestants twice, the second one with the modules of another folder."""
    contestants = []
    for contestant in scenario.contestants:
        contestants.append(contestant)
        if contestant.role == OURS:
            filters = json.dumps(contestant.filters).replace(f"{place.MODULES}/", f"{folder.resolve()}/")
            name = f"{contestant.name} of {folder.name}"
            contestants.append(replace(contestant, name=name, filters=json.loads(filters)))
    return replace(scenario, contestants=contestants)


@dataclass(frozen=True)
class Entry:
    """A scenario in the list."""

    name: str
    about: str
    quick: bool
    build: Callable[[], Scenario]


ALL: list[Entry] = []


def add(name: str, about: str, build: Callable[..., Scenario], quick: bool = False, **arguments: Any) -> None:
    """Puts a scenario on the list; `arguments` are what `build` is called with, so that one function stands for many."""
    ALL.append(Entry(name, about, quick, lambda: build(**arguments)))


def chosen(names: Sequence[str]) -> list[Entry]:
    """The scenarios of these names; a name that none has stands for those that begin with it or match it."""
    wanted = {entry.name for name in names for entry in _named(name)}
    return [entry for entry in ALL if entry.name in wanted]


def _named(name: str) -> list[Entry]:
    exact = [entry for entry in ALL if entry.name == name]
    found = exact or [e for e in ALL if e.name.startswith(f"{name}-") or fnmatchcase(e.name, name)]
    if not found:
        raise ValueError(f"no scenario is called {name}; --list shows them all")
    return found
