"""Training drawn from what residents lack and rate low, through the feeds of other services."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson
import pytest
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.auth.roles import Role
from common.contracts.feeds import Kind
from common.feed.client import Change
from common.following import applying
from registry.consumers import FOLLOWED
from tests.registry.inventory import made, slug, street
from tests.registry.rooms import day_after
from tests.registry.service.test_people import worker
from tests.registry.small_city import key

Header = dict[str, str]
Sessions = async_sessionmaker[AsyncSession]
SAMPLES = Path(__file__).parents[2] / "contract" / "samples"
STREET = "310101002000"
PLAN: dict[str, Any] = {
    "title": "演示数据 秋季培训",
    "area_code": STREET,
    "valid_from": str(day_after(-30)),
    "valid_to": str(day_after(60)),
}


async def told(sessions: Sessions, kind: Kind, **more: Any) -> UUID:
    """What a feed of another service said, taken over as the registry does."""
    state = {**orjson.loads((SAMPLES / f"{kind}.json").read_bytes()), "id": str(uuid4()), **more}
    record_id = UUID(state["id"])
    async with sessions.begin() as session:
        change = Change(kind.value, record_id, 1, None if more.get("gone") else state)
        await applying(FOLLOWED[kind])(session, [change])
    return record_id


async def gap(sessions: Sessions, **more: Any) -> UUID:
    return await told(sessions, Kind.GAP, **{"target_group": None, "category": "bathing", **more})


async def rating(sessions: Sessions, body: dict[str, Any], **more: Any) -> UUID:
    stands = {"upper_bound": 0.4, "lawful_uses": ["rating.use.training"], "category": "meal"}
    return await told(sessions, Kind.PROVIDER_RATING, provider_id=body["id"], **stands | more)


async def needs(client: httpx.AsyncClient, header: Header) -> list[dict[str, Any]]:
    answer = await client.get("/v1/training-needs?area=310101002", headers=header)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


@pytest.fixture
async def body(small_city: httpx.AsyncClient, clerk: Header) -> dict[str, Any]:
    """An organisation whose people work in the street."""
    return await street(small_city, clerk)


async def test_gaps_and_low_ratings_ask_for_training_and_nothing_else_does(
    small_city: httpx.AsyncClient, clerk: Header, sessions: Sessions, body: dict[str, Any]
) -> None:
    await worker(small_city, clerk, organisation_id=body["id"], skills=["bathing"])
    wide = await gap(sessions, area_code=STREET, unmet_needs=41)
    await gap(sessions, area_code="310101002001", unmet_needs=30)  # lies within the street's
    bare = await gap(sessions, area_code=STREET, category="escort", unmet_needs=30)
    for silent in ({"unmet_needs": 9}, {"unmet_needs": None}, {"target_group": "elderly"}):
        await gap(sessions, area_code=STREET, **{"category": "cleaning", **silent})
    await gap(sessions, area_code="310101013000", category="cleaning")
    low = await rating(sessions, body, dimension="attitude")
    await rating(sessions, body, dimension="overall", upper_bound=0.55)
    other = {"category": "day_care"}
    await rating(sessions, body, upper_bound=0.9, **other)
    await rating(sessions, body, suspended_at="2026-04-01T01:30:00Z", **other)
    await rating(sessions, body, lawful_uses=["rating.use.match_order"], **other)
    await rating(sessions, body, is_rated=False, upper_bound=None, **other)
    await rating(sessions, {"id": str(uuid4())}, **other)
    found = await needs(small_city, clerk)

    assert [(each["reason"], each["source_id"], each["skilled"]) for each in found] == [
        ("gap", str(bare), 0),  # fewer needs, but nobody who can
        ("gap", str(wide), 1),
        ("low_rating", str(low), 0),
    ]
    assert [each["unmet_needs"] for each in found] == [30, 41, None]
    assert (found[2]["rating"], found[2]["organisation_id"]) == (0.4, body["id"])


async def test_a_plan_keeps_why_and_turns_hours_into_education_and_skill(
    small_city: httpx.AsyncClient, clerk: Header, sessions: Sessions, body: dict[str, Any]
) -> None:
    ours = await worker(small_city, clerk, organisation_id=body["id"], skills=[])
    theirs = await worker(small_city, clerk)
    await gap(sessions, area_code=STREET)
    low = await rating(sessions, body)
    plan = await made(small_city, clerk, "/v1/training-plans", {**PLAN, "source_ids": [str(low)]})
    (course,) = plan["courses"]
    address = f"/v1/training-plans/{plan['id']}/courses/{course['id']}/enrolments"
    post = _posting(small_city, clerk)
    early = await post(address, {"person_ids": [ours["id"]]})
    adopted = await small_city.post(
        f"/v1/training-plans/{plan['id']}/status",
        json={"status": "adopted"},
        headers={**clerk, **key(), "If-Match": '"v1"'},
    )
    stranger = await post(address, {"person_ids": [theirs["id"]]})
    again = [await post(address, {"person_ids": [ours["id"]]}) for _ in range(2)]
    half = {"on": str(day_after(-2)), "hours": 4}
    seat = f"{address}/{ours['id']}/attendance"
    outside = await post(seat, {**half, "on": str(day_after(-40))})
    absent = await post(f"{address}/{theirs['id']}/attendance", half)
    first = (await post(seat, half)).json()
    second = (await post(seat, half)).json()
    learnt = (await small_city.get(f"/v1/people/{ours['id']}/hours", headers=clerk)).json()
    shown = (await small_city.get(f"/v1/people/{ours['id']}", headers=clerk)).json()

    assert (course["reason"], course["rule"], course["hours"]) == (
        "low_rating",
        "training.rating",
        8,
    )
    assert (early.status_code, slug(early)) == (409, "plan-not-adopted")
    assert adopted.json()["status"] == "adopted"
    assert (stranger.status_code, slug(stranger)) == (422, "unknown-reference")
    assert [len(each.json()["courses"][0]["enrolments"]) for each in again] == [1, 1]
    assert (outside.status_code, slug(outside)) == (422, "wrong-growth")
    assert absent.status_code == 404
    assert first["courses"][0]["enrolments"][0]["completed_at"] is None
    assert second["courses"][0]["enrolments"][0]["hours"] == 8
    assert second["courses"][0]["enrolments"][0]["completed_at"] is not None
    assert learnt["education"]["hours"] == 8
    assert shown["skills"] == ["meal"]


async def test_a_plan_needs_something_to_learn_and_stays_in_its_area(
    small_city: httpx.AsyncClient,
    clerk: Header,
    sessions: Sessions,
    bearer: Callable[..., Header],
) -> None:
    elsewhere = bearer(Role.CLERK, area="310101013", line="civil_affairs")
    nothing = await small_city.post("/v1/training-plans", json=PLAN, headers={**clerk, **key()})
    source = await gap(sessions, area_code=STREET)
    plan = await made(small_city, clerk, "/v1/training-plans", PLAN)
    outside = await small_city.post("/v1/training-plans", json=PLAN, headers={**elsewhere, **key()})
    hidden = await small_city.get(f"/v1/training-plans/{plan['id']}", headers=elsewhere)
    await told(sessions, Kind.GAP, id=str(source), gone=True)
    closed = await small_city.post(
        f"/v1/training-plans/{plan['id']}/status",
        json={"status": "closed"},
        headers={**clerk, **key(), "If-Match": '"v1"'},
    )
    reopened = await small_city.post(
        f"/v1/training-plans/{plan['id']}/status",
        json={"status": "adopted"},
        headers={**clerk, **key(), "If-Match": '"v2"'},
    )

    assert (nothing.status_code, slug(nothing)) == (409, "nothing-to-learn")
    assert (outside.status_code, slug(outside)) == (403, "out-of-area")
    assert hidden.status_code == 404
    assert await needs(small_city, clerk) == []
    assert closed.json()["courses"] == plan["courses"]
    assert (reopened.status_code, slug(reopened)) == (409, "plan-cannot-move")


def _posting(client: httpx.AsyncClient, header: Header) -> Callable[..., Any]:
    async def post(address: str, body: dict[str, Any]) -> httpx.Response:
        return await client.post(address, json=body, headers={**header, **key()})

    return post
