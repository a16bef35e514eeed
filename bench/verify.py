"""Asks a contestant what it must be able to do, so that nothing broken is measured."""

import re
from collections.abc import Sequence
from http.client import HTTPConnection

from bench.scenario import Check, Load


def faults(port: int, load: Load, checks: Sequence[Check]) -> list[str]:
    """What is wrong with a contestant; nothing when it may be measured."""
    if not load.refused:
        checks = [Check(load.requests[0]), *checks]
    return [fault for check in checks for fault in _faults(port, check)]


def _faults(port: int, check: Check) -> list[str]:
    request = check.request
    connection = HTTPConnection("127.0.0.1", port, timeout=15)
    connection.request(request.method, request.path, request.body or None, dict(request.headers))
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    found = []
    if answer.status != check.status:
        found.append(f"status {answer.status} instead of {check.status}, {body[:100]!r}")
    for name, pattern in check.headers.items():
        found += _header_faults(name, answer.headers.get(name), pattern)
    if check.body and (fault := check.body(body)):
        found.append(fault)
    return [f"{request.method} {request.path}: {fault}" for fault in found]


def _header_faults(name: str, value: str | None, pattern: str | None) -> list[str]:
    if pattern is None:
        return [] if value is None else [f"{name}: {value} should not be there"]
    if value is None:
        return [f"{name} is missing"]
    return [] if re.fullmatch(pattern, value) else [f"{name}: {value} does not match {pattern}"]


def holds(text: str):
    """A check of a body: that it is this text."""
    return lambda body: None if body.decode() == text else f"the body is {body[:100]!r} instead of {text!r}"
