"""Requests that are turned away: the ones that an attacker sends most of."""

from bench import tokens
from bench.native import jwt_authn, local_ratelimit
from bench.portcullis import auth, limit, module
from bench.scenario import NATIVE, OURS, Check, Contestant, Load, Request, Scenario, add
from bench.scenarios.auth import CACHE, bearer, identity_checks
from bench.scenarios.limit import user


def bad_token(bad: str) -> Scenario:
    requests = {
        "missing": Request(),
        "expired": bearer(tokens.expired("RS256")),
        "forged": bearer(tokens.forged("RS256")),
    }
    checks = identity_checks("RS256")
    return Scenario(
        Load([requests[bad]], refused=True),
        [
            Contestant("jwt_authn", NATIVE, [jwt_authn(CACHE)], checks),
            Contestant("jwt_auth.wasm", OURS, [module("jwt_auth", auth=auth(CACHE))], checks),
        ],
    )


def over_the_limit() -> Scenario:
    checks = [Check(user()), Check(user(), status=429)]
    section = limit(requests_per_hour=1)
    return Scenario(
        Load([user()], refused=True),
        [
            Contestant("local_ratelimit", NATIVE, [local_ratelimit(tokens=1, interval="3600s")], checks),
            Contestant("rate_limit.wasm", OURS, [module("rate_limit", rate_limiting=section)], checks),
        ],
    )


add("refused-missing", "no token: 401", bad_token, bad="missing")
add("refused-expired", "an expired token: 401", bad_token, bad="expired")
add("refused-forged", "a token with another token's signature: 401", bad_token, bad="forged")
add("refused-limit", "a user far over the limit: 429", over_the_limit)
