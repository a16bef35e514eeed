"""What a wasm filter costs before it does anything."""

from bench import noop
from bench.portcullis import module, removal, wasm
from bench.scenario import BARE, OTHER, OURS, Contestant, Load, Scenario, add


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


add("noise", "the same bare Envoy twice: what differs here is the benchmark's own error", noise)
add("noop", "a request that no filter has anything to do with", nothing_to_do, quick=True)
