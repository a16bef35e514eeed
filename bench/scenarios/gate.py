"""The whole gate against a chain of Envoy's own filters."""

from bench import bodies, tokens
from bench.native import jwt_authn, local_ratelimit, lua
from bench.portcullis import auth, limit, module, removal
from bench.scenario import BARE, NATIVE, OURS, Check, Contestant, Load, Request, Scenario, add
from bench.scenarios.auth import CACHE, bearer, identity_checks
from bench.scenarios.limit import TOLD

PATH = "/api/users"


def _load() -> Load:
    return Load([bearer(tokens.minted("RS256", 1)[0], PATH)])


def auth_and_limit() -> Scenario:
    checks = [*identity_checks("RS256"), Check(_load().requests[0], headers=TOLD)]
    sections = {"auth": auth(CACHE), "rate_limiting": limit()}
    chain = [module("jwt_auth", auth=sections["auth"]), module("rate_limit", rate_limiting=sections["rate_limiting"])]
    return Scenario(
        _load(),
        [
            Contestant("bare", BARE),
            Contestant("jwt_authn + local_ratelimit", NATIVE, [jwt_authn(CACHE), local_ratelimit()], checks),
            Contestant("gateway.wasm", OURS, [module("gateway", **sections)], checks),
            Contestant("two modules", OURS, chain, checks),
        ],
    )


def whole() -> Scenario:
    body = bodies.users(1024)
    checks = [
        Check(_load().requests[0], headers=TOLD, body=bodies.without_internal_fields(body)),
        Check(Request(PATH), status=401),
    ]
    sections = {"auth": auth(CACHE), "rate_limiting": limit(), "transformations": removal(f"{PATH}/**")}
    chain = [
        module("jwt_auth", auth=sections["auth"]),
        module("rate_limit", rate_limiting=sections["rate_limiting"]),
        module("transform", transformations=sections["transformations"]),
    ]
    native = [jwt_authn(CACHE), local_ratelimit(), lua("remove_fields.lua")]
    return Scenario(
        _load(),
        [
            Contestant("bare", BARE),
            Contestant("jwt_authn + local_ratelimit + lua", NATIVE, native, checks),
            Contestant("gateway.wasm", OURS, [module("gateway", **sections)], checks),
            Contestant("three modules", OURS, chain, checks),
        ],
        upstream={PATH: body},
    )


add("gate", "auth and limit, tokens remembered, answers tell the limit", auth_and_limit, quick=True)
add("gate-body", "auth, limit, and internal fields taken out of an answer of 1 KB", whole, quick=True)
