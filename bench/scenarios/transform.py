"""Internal fields taken out of answers of all sizes."""

from bench import bodies
from bench.native import lua, transform_replace
from bench.portcullis import module, removal
from bench.scenario import BARE, NATIVE, OTHER, OURS, Check, Contestant, Load, Request, Scenario, add

PATH = "/api/users"
KEPT = ["total", "items"]
# Lua and `transform` hold the whole body.
ROOM = 64 << 20


def remove(size: int) -> Scenario:
    body = bodies.users(size)
    request = Request(PATH)
    removed = [Check(request, body=bodies.without_internal_fields(body))]
    rebuilt = [Check(request, body=bodies.with_members_of(body, KEPT))]
    held = [module("transform", transformations=removal(f"{PATH}/**"))]
    streamed = [module("transform", transformations=removal(f"{PATH}/**", hold_bytes=0))]
    contestants = [
        Contestant("bare", BARE),
        Contestant("lua", NATIVE, [lua("remove_fields.lua")], removed, ROOM),
        # Does less: what it takes in and writes again is the same, but it looks at no member inside.
        Contestant("transform", OTHER, [transform_replace(KEPT)], rebuilt, ROOM),
        Contestant("transform.wasm", OURS, held, removed),
    ]
    if size <= 64 << 10:
        # Larger ones are streamed anyway.
        contestants.append(Contestant("transform.wasm, hold_bytes 0", OURS, streamed, removed))
    large = size >= 1 << 20
    load = Load([request], connections=1 if large else 16, one_by_one=large)
    return Scenario(load, contestants, upstream={PATH: body})


add("body-1k", "an answer of 1 KB", remove, size=1 << 10)
add("body-64k", "an answer of 64 KB", remove, size=64 << 10)
add("body-1m", "an answer of 1 MB", remove, size=1 << 20)
add("body-16m", "an answer of 16 MB", remove, size=16 << 20)
