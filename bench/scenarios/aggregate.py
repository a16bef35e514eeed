"""One request that becomes three, stitched."""

import json

from bench import bodies, place
from bench.native import lua
from bench.portcullis import module
from bench.scenario import NATIVE, OTHER, OURS, Check, Contestant, Load, NginxContestant, Request, Scenario, add

PATH = "/api/home"
PARTS = {"user": "/users/7", "recent_orders": "/orders", "recommendations": "/recommendations"}


def three_parts(delay_ms: int) -> Scenario:
    upstream = {path: bodies.users(1024 + number) for number, path in enumerate(PARTS.values())}
    wanted = {name: json.loads(upstream[path]) for name, path in PARTS.items()}

    def stitched(got: bytes) -> str | None:
        return None if json.loads(got) == wanted else f"the parts are not there: {got[:100]!r}"

    parts = [{"name": name, "cluster": "upstream", "path": path} for name, path in PARTS.items()]
    checks = [Check(Request(PATH), body=stitched)]
    nginx = (place.LUA / "nginx.conf").read_text()
    return Scenario(
        Load([Request(PATH)]),
        [
            Contestant("lua, one after the other", NATIVE, [lua("stitch.lua")], checks),
            NginxContestant("nginx + lua", nginx, OTHER, checks),
            Contestant("aggregate.wasm", OURS, [module("aggregate", aggregations=[{"path": PATH, "parts": parts}])], checks),
        ],
        upstream=upstream,
        upstream_delay_ms=delay_ms,
    )


add("aggregate", "three answers of 1 KB made one", three_parts, delay_ms=0)
add("aggregate-slow", "three answers of 1 KB made one, each after 20 ms", three_parts, delay_ms=20)
