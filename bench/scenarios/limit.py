"""Limits that are far off: what counting costs."""

from bench.native import local_ratelimit
from bench.portcullis import limit, module
from bench.scenario import BARE, NATIVE, OURS, Check, Contestant, Load, Request, Scenario, add

MANY = 10_000
NUMBER = r"\d+"
TOLD = {"x-ratelimit-limit": NUMBER + ".*", "x-ratelimit-remaining": NUMBER, "x-ratelimit-reset": NUMBER}
UNTOLD = dict.fromkeys(TOLD)


def user(number: int = 0) -> Request:
    return Request(headers={"x-user-id": f"usr_{number}"})


def far_off(users: int, headers: bool) -> Scenario:
    told = Check(user(), headers=TOLD if headers else UNTOLD)
    # Nobody reaches the limit; what happens without a user shows that requests are looked at.
    one_stranger = [Check(Request()), Check(Request(), status=429)]
    no_stranger = [Check(Request(), status=400)]
    section = limit("always" if headers else "never")
    return Scenario(
        Load([user(number) for number in range(users)]),
        [
            Contestant("bare", BARE),
            Contestant("local_ratelimit", NATIVE, [local_ratelimit(headers)], [told, *one_stranger]),
            Contestant("rate_limit.wasm", OURS, [module("rate_limit", rate_limiting=section)], [told, *no_stranger]),
        ],
    )


add("limit", "one user, answers tell the limit", far_off, quick=True, users=1, headers=True)
add("limit-many", "10,000 users, answers tell the limit", far_off, users=MANY, headers=True)
add("limit-silent", "one user, answers do not tell the limit", far_off, users=1, headers=False)
add("limit-silent-many", "10,000 users, answers do not tell the limit", far_off, users=MANY, headers=False)
