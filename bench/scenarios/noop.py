"""What a wasm filter costs before it does anything."""

import re

from bench import bodies, noop
from bench.portcullis import module, removal, wasm
from bench.scenario import BARE, OTHER, OURS, Contestant, Load, Request, Scenario, add


def noise() -> Scenario:
    return Scenario(Load(), [Contestant("bare", BARE), Contestant("bare again", OTHER)])


def nothing_to_do() -> Scenario:
    smallest = wasm("noop", noop.module("noop", noop.REQUEST_HEADERS))
    largest = wasm("noop-all", noop.module("noop-all", noop.ALL_CALLBACKS))
    nowhere = {"path": "/nowhere/**", "requests_per_second": 1}
    gateway = module(
        "gateway", rate_limiting={"overrides": [nowhere]}, transformations=removal("/nowhere/**")
    )
    return Scenario(
        Load(),
        [
            Contestant("bare", BARE),
            Contestant("empty wasm", OTHER, [smallest]),
            Contestant("empty wasm, all callbacks", OTHER, [largest]),
            Contestant("gateway.wasm", OURS, [gateway]),
        ],
    )


# What each contestant of `anatomy` does more than `request_headers` alone.
_CALLBACKS = {
    "response_headers": "proxy_on_response_headers",
    "response_body": "proxy_on_response_body",
    "log": "proxy_on_log",
    "delete": "proxy_on_delete",
}
_CALLS = {
    "read the clock": [noop.CLOCK],
    "read one header": [noop.READ_ONE],
    "read all headers": [noop.READ_ALL],
    "set a header": [noop.SET],
    "set two headers": [noop.SET, noop.SET_ANOTHER],
    "remove a header": [noop.REMOVE],
    "write and read shared data": [noop.WRITE_SHARED, noop.READ_SHARED],
}


def anatomy() -> Scenario:
    variants = [(name, [callback], {}) for name, callback in _CALLBACKS.items()]
    variants += [(name, [], {"proxy_on_request_headers": calls}) for name, calls in _CALLS.items()]
    answers = "proxy_on_response_headers"
    variants.append(("response_headers, set a header", [answers], {answers: [noop.SET_IN_ANSWER]}))
    contestants = [Contestant("bare", BARE), _variant("request_headers", [], {})]
    return Scenario(Load(), contestants + [_variant(f"+ {name}", *rest) for name, *rest in variants])


def anatomy_of_a_body() -> Scenario:
    """As `anatomy`, but each contestant does what those before it do as well: a body rewritten, crossing by crossing."""
    request, answer, body = (f"proxy_on_{name}" for name in ("request_headers", "response_headers", "response_body"))
    steps: list[tuple[str, str, list[noop.Call]]] = [
        ("request_headers", request, []),
        ("response_headers and response_body", body, []),
        ("read the body", body, [noop.READ_BODY]),
        ("remove its length", answer, [noop.REMOVE_LENGTH]),
        ("write the body", body, [noop.WRITE_BODY]),
        ("read all headers of the answer", answer, [noop.READ_ANSWER]),
        ("read all headers of the request", request, [noop.READ_ALL]),
    ]
    calls: dict[str, list[noop.Call]] = {request: [], answer: [], body: []}
    contestants = [Contestant("bare", BARE)]
    for name, callback, made in steps:
        calls[callback] = [*calls[callback], *made]
        callbacks = [] if name == request.removeprefix("proxy_on_") else [answer, body]
        contestants.append(_variant(f"+ {name}", callbacks, dict(calls)))
    page = {Request.path: bodies.users(1024)}
    rewriting = module("transform", transformations=removal("/**"))
    return Scenario(Load(), [*contestants, Contestant("transform.wasm", OURS, [rewriting])], upstream=page)


def _variant(name: str, callbacks: list[str], calls: dict[str, list[noop.Call]]) -> Contestant:
    file = noop.module("noop-" + re.sub(r"\W+", "-", name), [*noop.REQUEST_HEADERS, *callbacks], calls)
    return Contestant(name, OTHER, [wasm("noop", file)])


add("noise", "the same bare Envoy twice: what differs here is the benchmark's own error", noise)
add("anatomy", "what each callback and each call to Envoy adds to a filter that does nothing", anatomy)
add("anatomy-body", "what each crossing adds to a body that is rewritten", anatomy_of_a_body)
add("noop", "a request that no filter has anything to do with", nothing_to_do, quick=True)
