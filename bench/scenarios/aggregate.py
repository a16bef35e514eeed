"""One request that becomes three, stitched."""

import json
from collections.abc import Mapping

from bench import bodies, place
from bench.native import lua
from bench.portcullis import module, wasm
from bench.scenario import NATIVE, OTHER, OURS, Check, Contestant, Load, NginxContestant, Request, Scenario, add

PATH = "/api/home"
PARTS = {"user": "/users/7", "recent_orders": "/orders", "recommendations": "/recommendations"}
# What scripts/bench builds of bench/paste.
PASTE = place.OUT / "paste.wasm"


def three_parts(size: int, delays_ms: Mapping[str, int] | None = None, connections: int = 16) -> Scenario:
    upstream = {path: _body(size + number) for number, path in enumerate(PARTS.values())}
    wanted = {name: json.loads(upstream[path]) for name, path in PARTS.items()}

    def stitched(got: bytes) -> str | None:
        return None if json.loads(got) == wanted else f"the parts are not there: {got[:100]!r}"

    parts = [{"name": name, "cluster": "upstream", "path": path} for name, path in PARTS.items()]
    checks = [Check(Request(PATH), body=stitched)]
    nginx = (place.LUA / "nginx.conf").read_text()
    return Scenario(
        Load([Request(PATH)], connections),
        [
            Contestant("lua, one after the other", NATIVE, [lua("stitch.lua")], checks),
            NginxContestant("nginx + lua, pasted", nginx.replace("@MERGE@", "pasted"), OTHER, checks),
            NginxContestant("nginx + lua, parsed", nginx.replace("@MERGE@", "parsed"), OTHER, checks),
            Contestant("paste.wasm", OTHER, [wasm("paste", PASTE)], checks),
            Contestant("paste.wasm, polite", OTHER, [wasm("paste", PASTE, "politely")], checks),
            Contestant("aggregate.wasm", OURS, [module("aggregate", aggregations=[{"path": PATH, "parts": parts}])], checks),
        ],
        upstream=upstream,
        upstream_delays_ms=delays_ms or {},
    )


def _body(size: int) -> bytes:
    """Users without empty arrays, which Lua's tables cannot tell from empty objects."""
    return bodies.users(size).replace(b'"tags":[]', b'"tags":["none"]')


SLOW = dict(zip(PARTS.values(), (50, 20, 10)))
add("aggregate", "three answers of 1 KB made one", three_parts, size=1 << 10)
add("aggregate-16k", "three answers of 16 KB made one", three_parts, size=16 << 10)
add("aggregate-slow", "three answers after 50, 20 and 10 ms made one", three_parts, size=1 << 10, delays_ms=SLOW, connections=4)
