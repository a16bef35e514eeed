"""Our filters, as entries of Envoy's `http_filters`."""

import json
from pathlib import Path
from typing import Any

from bench import place
from bench.scenario import Filter
from bench.tokens import AUDIENCE, ISSUER, key_set

_WASM = "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm"
_STRING = "type.googleapis.com/google.protobuf.StringValue"

# What the sample document takes out of users.
INTERNAL_FIELDS = ["internal_id", "db_shard", "feature_flags", "created_by_admin"]


def module(name: str, **sections: Any) -> Filter:
    """One of the modules of dist/ with a document."""
    document = {"headers_wait": True, **sections}
    return wasm(name, place.MODULES / f"{name}.wasm", json.dumps(document))


def wasm(name: str, file: Path, configuration: str | None = None) -> Filter:
    """Any wasm module."""
    plugin: dict[str, Any] = {
        "name": name,
        "vm_config": {
            "vm_id": name,
            "runtime": "envoy.wasm.runtime.v8",
            "code": {"local": {"filename": str(file)}},
        },
        "failure_policy": "FAIL_RELOAD",
        "allow_on_headers_stop_iteration": True,
    }
    if configuration is not None:
        plugin["configuration"] = {"@type": _STRING, "value": configuration}
    return {"name": name, "typed_config": {"@type": _WASM, "config": plugin}}


def auth(cache_size: int) -> dict[str, Any]:
    """The section `auth` for the tokens of the benchmark; claims become X-User-Id and X-User-Role by default."""
    return {
        "type": "jwt",
        "jwks": key_set(),
        "issuer": ISSUER,
        "audiences": [AUDIENCE],
        "exclude_paths": ["/api/health", "/api/auth/login", "/api/auth/register"],
        "cache_size": cache_size,
    }


def limit(headers: str = "always", **rate: int) -> dict[str, Any]:
    """The section `rate_limiting`, keyed by the user; a rate that no load reaches unless one is given."""
    rate = rate or {"requests_per_second": 1_000_000, "burst": 1_000_000}
    rule = {**rate, "key": "header:X-User-Id", "on_missing_key": "reject"}
    return {"default": rule, "headers": headers}


def removal(path: str, **settings: Any) -> list[dict[str, Any]]:
    """The section `transformations` that takes internal fields out of the answers of a path."""
    return [{"path": path, "response": {"remove_fields": INTERNAL_FIELDS}, **settings}]
