"""Every route of the matching whose permission has a scope, from inside the area and outside.

A new scoped route without a sample fails here.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple
from uuid import UUID

import httpx
from sqlalchemy import text

from common.auth.permissions import Scope
from common.auth.roles import Role
from tests.contract.test_roles_on_routes import operations
from tests.matching.cases import NEED, Sessions, key, published, raised, referred, tomorrow

Header = dict[str, str]
HERE, ELSEWHERE = "310101002", "310104003"
# Rooms of their own test their scope; lists answer anybody with what is theirs.
ELSEWHERE_TESTED: Final = (
    *("collective-needs", "allocation", "coverage", "gaps", "matches", "benefits", "case-plans"),
    *("outreach", "subscriptions", "webhooks"),
)
LISTS: Final = frozenset(
    {"get /v1/needs", "get /v1/referrals", "get /v1/capacities", "get /v1/duties"}
)


class Sample(NamedTuple):
    """A call that is fine but for who makes it."""

    body: dict[str, Any] | None = None
    ids: tuple[str, ...] = ()
    version: int | None = None
    role: Role = Role.STREET_HEAD


async def samples(
    client: httpx.AsyncClient, resident: Header, sessions: Sessions
) -> dict[str, Sample]:
    """One for each scoped route, on records of the town HERE."""
    offering = await published(sessions, capacity=None)
    need = (await raised(client, resident))["id"]
    other = (await raised(client, resident))["id"]
    made = [(await referred(client, resident, offering))["id"] for _ in range(4)]
    async with sessions.begin() as session:
        untold = text(  # of who has no account: a desk writes the word down
            "UPDATE referral SET status = 'untold', untold_at = now(), resident = NULL"
            " WHERE id = :id"
        )
        await session.execute(untold, {"id": UUID(made[3])})
    grade = {"grade": 3}
    found = {**grade, "confirmed": True, "source": "残疾人证", "determined_on": "2026-01-05"}
    place, profile = "/v1/needs/{need_id}", {"profile": {"age_band": "80+"}}
    refer = {"need_id": other, "offering_id": str(offering), "session_on": tomorrow()}
    return {
        "post /v1/needs": Sample({**NEED, "raised_by": "hotline"}),
        f"get {place}": Sample(None, (need,)),
        f"get {place}/profile": Sample(None, (need,)),
        f"post {place}/contact": Sample({"reason": "电话回访"}, (need,)),
        "post /v1/needs/by-phone": Sample({"phone": "13800008000"}),
        f"get {place}/standing": Sample(None, (need,)),
        f"patch {place}": Sample({"words": "改"}, (need,), 1),
        f"put {place}/profile": Sample(profile, (need,), 2),
        f"put {place}/standing/{{kind}}": Sample(grade, (need, "disability"), 3),
        f"post {place}/standing/{{kind}}/verification": Sample(found, (need, "disability"), 4),
        f"post {place}/status": Sample({"status": "withdrawn"}, (need,), 5),
        "post /v1/referrals": Sample(refer),
        "get /v1/referrals/{referral_id}": Sample(None, (made[0],)),
        "post /v1/referrals/{referral_id}/answer": Sample(
            {"status": "accepted"}, (made[0],), 1, Role.VENUE_HEAD
        ),
        "post /v1/referrals/{referral_id}/withdrawal": Sample(None, (made[1],), 1),
        "post /v1/referrals/{referral_id}/word": Sample({"is_served": False}, (made[3],), 1),
        "post /v1/referrals/{referral_id}/transfer": Sample(
            {"offering_id": str(offering), "session_on": tomorrow(2)}, (made[2],), 1
        ),
    }


async def status_of(
    client: httpx.AsyncClient, route: str, sample: Sample, header: Header
) -> tuple[int, Any]:
    """Status and body of a sample call."""
    method, path = route.split(" ")
    for value in sample.ids:
        start, end = path.index("{"), path.index("}")
        path = path[:start] + value + path[end + 1 :]
    headers = {**header, **key()}
    if sample.version is not None:
        headers["If-Match"] = f'"v{sample.version}"'
    answer = await client.request(method, path, json=sample.body, headers=headers)
    return answer.status_code, answer.json()


async def test_staff_reach_the_needs_and_referrals_of_their_area_and_no_others(
    client: httpx.AsyncClient,
    resident: Header,
    sessions: Sessions,
    bearer: Callable[..., Header],
) -> None:
    known = await samples(client, resident, sessions)
    document = (await client.get("/openapi.json")).json()
    scoped = {
        f"{operation.method} {operation.path}"
        for operation in operations(document)
        if operation.permission.scope is not Scope.NONE
        and not any(word in operation.path for word in ELSEWHERE_TESTED)
        and not operation.path.startswith(("/audit", "/exchange", "/v1/audit"))
    }
    assert scoped - LISTS == set(known)

    for route, sample in known.items():
        outside = bearer(sample.role, area=ELSEWHERE, line="*", subject="outside")
        status, body = await status_of(client, route, sample, outside)
        assert status in {403, 404} or body == [], (route, status, body)
    for route, sample in known.items():
        inside = bearer(sample.role, area=HERE, line="*", subject="inside")
        status, body = await status_of(client, route, sample, inside)
        assert status in {200, 201}, (route, status, body)
        assert body != [] or route.endswith("standing"), route
