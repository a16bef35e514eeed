"""What must not grow with the document or with the number of clients: each contestant beside a larger one of its kind."""

from bench import tokens
from bench.portcullis import limit, module
from bench.scenario import BARE, OURS, Check, Contestant, Load, Request, Scenario, add
from bench.scenarios.auth import CACHE, bearer, identity_checks
from bench.scenarios.limit import TOLD, user


def patterns() -> Scenario:
    request = Request("/api/p5/orders/7", {"x-user-id": "usr_0"})

    def with_patterns(count: int) -> Contestant:
        rate = {"requests_per_second": 1_000_000, "burst": 1_000_000, "key": "header:X-User-Id"}
        kinds = ["/api/p{}/**", "/api/p{}/*", "/api/p{}/health"]
        overrides = [{"path": kinds[n % 3].format(n), **rate} for n in range(count)]
        rules = [{"path": f"/api/p{n}/**", "response": {"remove_fields": ["internal_id"]}} for n in range(6, count)]
        section = {"default": {**rate, "requests_per_second": 1}, "overrides": overrides}
        gateway = module("gateway", rate_limiting=section, transformations=rules)
        return Contestant(f"{count} patterns", OURS, [gateway], [Check(request, headers=TOLD)])

    return Scenario(Load([request]), [Contestant("bare", BARE), with_patterns(10), with_patterns(1000)])


def providers(cache: int) -> Scenario:
    def with_providers(count: int) -> Contestant:
        others = [f"https://auth{number}.example.com" for number in range(1, count)]
        listed = [
            {"issuer": issuer, "audiences": [tokens.AUDIENCE], "jwks": tokens.key_set()}
            for issuer in [*others, tokens.ISSUER]
        ]
        section = {"type": "jwt", "providers": listed, "cache_size": cache}
        return Contestant(f"{count} providers", OURS, [module("jwt_auth", auth=section)], identity_checks("RS256"))

    load = Load([bearer(token) for token in tokens.minted("RS256", 1)])
    return Scenario(load, [Contestant("bare", BARE), with_providers(1), with_providers(50)])


def buckets(users: int) -> Scenario:
    told = Check(user(), headers=TOLD)
    rate_limit = module("rate_limit", rate_limiting=limit(requests_per_second=100_000, burst=100_000))
    contestant = Contestant(f"{users} buckets", OURS, [rate_limit], [told])
    return Scenario(Load([user(number) for number in range(users)]), [Contestant("bare", BARE), contestant])


add("growth-patterns", "10 and 1,000 patterns for limits and transformations", patterns)
add("growth-providers", "1 and 50 providers with two keys each, each request verified", providers, cache=0)
add("growth-providers-cached", "1 and 50 providers with two keys each, tokens remembered", providers, cache=CACHE)
add("growth-buckets-1", "one bucket in use", buckets, users=1)
add("growth-buckets-65536", "as many buckets in use as the table holds", buckets, users=65_536)
