"""JSON bodies as services answer with them, of any size, the same on every run."""

import json
from random import Random
from typing import Any

from bench.portcullis import INTERNAL_FIELDS

_FIRST = ["Ada", "Bjarne", "Chloé", "Dmitri", "Élise", "Fatima", "Grace", "Hideo"]
_CITIES = ["Berlin", "Lagos", "Lima", "München", "Osaka", "Zürich"]


def users(size: int) -> bytes:
    """A page of users, a little smaller than `size`."""
    random = Random(size)
    page: dict[str, Any] = {"internal_id": "pg_1", "total": 1_000_000, "items": []}
    left = size - len(_json(page))
    number = 0
    while True:
        user = _user(random, number)
        left -= len(_json(user)) + 1
        if left < 0:
            return _json(page)
        page["items"].append(user)
        number += 1


def _user(random: Random, number: int) -> dict[str, Any]:
    name = random.choice(_FIRST)
    return {
        "id": f"usr_{number}",
        "internal_id": random.getrandbits(40),
        "name": name,
        "email_address": f"{name.lower()}{number}@example.com",
        "db_shard": f"eu-{random.randrange(16)}",
        "address": {"city": random.choice(_CITIES), "zip": f"{random.randrange(100_000):05}", "db_shard": "geo-2"},
        "balance": round(random.uniform(-500, 5000), 2),
        "feature_flags": {"beta": random.random() < 0.5, "cohorts": ["a", f"b{random.randrange(9)}"]},
        "bio": "Likes \"quotes\", back\\slashes\nand long walks. " * random.randrange(1, 4),
        "tags": [f"tag-{random.randrange(100)}" for _ in range(random.randrange(5))],
        "created_by_admin": random.random() < 0.1,
        "active": True,
        "manager": None,
    }


def without_internal_fields(body: bytes):
    """A check of an answer: that it is this body without the internal fields, at any depth."""
    wanted = _stripped(json.loads(body))
    return lambda got: None if _parsed(got) == wanted else f"fields were not removed as they should: {got[:100]!r}"


def with_members_of(body: bytes, names: list[str]):
    """A check of an answer: that it has these top-level members of the body, and no others."""
    whole = json.loads(body)
    wanted = {name: whole[name] for name in names}
    return lambda got: None if _parsed(got) == wanted else f"other members than {names}: {got[:100]!r}"


def _stripped(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _stripped(member) for name, member in value.items() if name not in INTERNAL_FIELDS}
    return [_stripped(item) for item in value] if isinstance(value, list) else value


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return None


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
