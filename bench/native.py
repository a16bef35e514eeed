"""Envoy's own filters that come closest to ours, set up for the same job.

Where they do less than ours, or something else, their docstrings say so.
"""

import json
from typing import Any

from bench import place
from bench.scenario import Filter
from bench.tokens import AUDIENCE, ISSUER, key_set

_TYPES = "type.googleapis.com/envoy.extensions.filters.http"
_ALWAYS = {"default_value": {"numerator": 100, "denominator": "HUNDRED"}}


def jwt_authn(cache_size: int) -> Filter:
    """Verifies the same tokens with the same keys, and makes headers of the same claims.

    It excludes no path here, refuses in plain text, and its cache is keyed by the whole token, like ours.
    """
    provider: dict[str, Any] = {
        "issuer": ISSUER,
        "audiences": [AUDIENCE],
        "local_jwks": {"inline_string": json.dumps(key_set())},
        "claim_to_headers": [
            {"header_name": "x-user-id", "claim_name": "sub"},
            {"header_name": "x-user-role", "claim_name": "role"},
        ],
    }
    if cache_size:
        provider["jwt_cache_config"] = {"jwt_cache_size": cache_size, "jwt_max_token_size": 8192}
    config = {
        "providers": {"bench": provider},
        "rules": [{"match": {"prefix": "/"}, "requires": {"provider_name": "bench"}}],
        "bypass_cors_preflight": True,
    }
    return _filter("jwt_authn", "jwt_authn.v3.JwtAuthentication", config)


def local_ratelimit(headers: bool = True, tokens: int = 1_000_000, interval: str = "1s") -> Filter:
    """One bucket for each value of X-User-Id, made when it is first seen.

    The buckets stand in the memory of the filter, shared by its workers. With `headers`, answers carry
    X-RateLimit-Limit, -Remaining and -Reset.
    """
    bucket = {"max_tokens": tokens, "tokens_per_fill": tokens, "fill_interval": interval}
    config: dict[str, Any] = {
        "stat_prefix": "bench",
        # For requests without a user alone: it lets one through.
        "token_bucket": {"max_tokens": 1, "tokens_per_fill": 1, "fill_interval": "3600s"},
        "always_consume_default_token_bucket": False,
        "filter_enabled": _ALWAYS,
        "filter_enforced": _ALWAYS,
        # The default is 20, and from then on users lose their buckets to one another.
        "max_dynamic_descriptors": 20_000,
        "rate_limits": [{"actions": [{"request_headers": {"header_name": "x-user-id", "descriptor_key": "user"}}]}],
        "descriptors": [{"entries": [{"key": "user"}], "token_bucket": bucket}],
    }
    if headers:
        config["enable_x_ratelimit_headers"] = "DRAFT_VERSION_03"
    return _filter("local_ratelimit", "local_ratelimit.v3.LocalRateLimit", config)


def lua(script: str) -> Filter:
    """A script of bench/lua."""
    source = (place.LUA / script).read_text()
    return _filter("lua", "lua.v3.Lua", {"default_source_code": {"inline_string": source}})


def transform_replace(fields: list[str]) -> Filter:
    """Builds the answer anew from these members of the old one.

    It has no removal: an allow-list of top-level members is what it can do, so whatever hides inside of them stays.
    It orders members by name and rounds large numbers.
    """
    format_ = {field: f"%RESPONSE_BODY({field})%" for field in fields}
    body = {"action": "REPLACE", "body_format": {"content_type": "application/json", "json_format": format_}}
    config = {"response_transformation": {"body_transformation": body}}
    return _filter("transform", "transform.v3.TransformConfig", config)


def _filter(name: str, message: str, config: dict[str, Any]) -> Filter:
    return {"name": f"envoy.filters.http.{name}", "typed_config": {"@type": f"{_TYPES}.{message}", **config}}
