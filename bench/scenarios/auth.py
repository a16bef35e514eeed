"""Tokens: verified on each request, or remembered; one user, or ten thousand."""

from bench import noop, tokens
from bench.envoy import SEEN
from bench.native import jwt_authn
from bench.portcullis import auth, module, wasm
from bench.scenario import BARE, NATIVE, OTHER, OURS, Check, Contestant, Load, Request, Scenario, add
from bench.verify import holds

MANY = 10_000
# Room for all of them: what is compared is the look-up.
CACHE = 16_384


def bearer(token: str, path: str = Request.path) -> Request:
    return Request(path, {"authorization": f"Bearer {token}"})


def identity_checks(algorithm: str) -> list[Check]:
    """The claims arrive as headers, the token does not, and nobody comes through without a good one."""
    good = bearer(tokens.minted(algorithm, 1)[0], SEEN)
    spoofed = Request(SEEN, {**good.headers, "x-user-id": "usr_evil"})
    identity = holds("user=usr_0 role=customer token=-")
    return [
        Check(good, body=identity),
        Check(spoofed, body=identity),
        Check(Request(), status=401),
        Check(bearer(tokens.forged(algorithm)), status=401),
        Check(bearer(tokens.expired(algorithm)), status=401),
    ]


def jwt(algorithm: str, users: int, cache: int) -> Scenario:
    checks = identity_checks(algorithm)
    return Scenario(
        Load([bearer(token) for token in tokens.minted(algorithm, users)]),
        [
            Contestant("bare", BARE),
            Contestant("jwt_authn", NATIVE, [jwt_authn(cache)], checks),
            Contestant("jwt_auth.wasm", OURS, [module("jwt_auth", auth=auth(cache))], checks),
        ],
    )


def anatomy_of_a_token() -> Scenario:
    """A module that makes the calls to Envoy that a verified token needs, and has no code of its own: what it takes is out of reach."""
    edits = [noop.Call("proxy_remove_header_map_value", [0, "authorization"]), noop.ADD, noop.ADD_ANOTHER]

    def calls(name: str, *verify: noop.Call) -> Contestant:
        made = {"proxy_on_request_headers": [noop.READ_ALL, noop.CLOCK, *verify, *edits]}
        return Contestant(name, OTHER, [wasm("noop", noop.module(name.replace(" ", "-"), noop.REQUEST_HEADERS, made))])

    question = tokens.signature_question("RS256")
    scenario = jwt("RS256", users=1, cache=0)
    bare, native, ours = scenario.contestants
    others = [
        calls("headers and clock alone"),
        calls("verdict read", noop.foreign("verify_signature", question, is_read=True)),
        calls("verdict by length", noop.foreign("verify_signature", question, is_read=False)),
    ]
    return Scenario(scenario.load, [bare, native, *others, ours])


add("anatomy-token", "what the calls to Envoy alone cost of an RS256 token that is verified", anatomy_of_a_token)
add("jwt-rs256", "RS256, one token, each request verified", jwt, algorithm="RS256", users=1, cache=0)
add("jwt-rs256-cached", "RS256, one token, remembered", jwt, quick=True, algorithm="RS256", users=1, cache=CACHE)
add("jwt-rs256-cached-many", "RS256, 10,000 tokens, remembered", jwt, algorithm="RS256", users=MANY, cache=CACHE)
add("jwt-rs256-many", "RS256, 10,000 tokens, each request verified", jwt, algorithm="RS256", users=MANY, cache=0)
add("jwt-es256", "ES256, one token, each request verified", jwt, algorithm="ES256", users=1, cache=0)
add("jwt-es256-cached", "ES256, one token, remembered", jwt, algorithm="ES256", users=1, cache=CACHE)
add("jwt-es256-cached-many", "ES256, 10,000 tokens, remembered", jwt, algorithm="ES256", users=MANY, cache=CACHE)
