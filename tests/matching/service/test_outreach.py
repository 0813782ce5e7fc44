"""Policy finds people: told with consent, once, and enrolled only when they say so."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
from sqlalchemy import select, text

from common.clock import utc_now
from common.db import Database
from matching import tables
from matching.queries import outreach as queries
from matching.usecases import outreach, places
from tests.matching.cases import (
    Sessions,
    at,
    key,
    moved,
    published,
    raised,
    refer,
    step,
    tomorrow,
)
from tests.matching.service.test_standing import CARE, now_of, verified

Header = dict[str, str]
SEARCH = "/v1/outreach/searches"
FARTHER = "310101002009"
OWN_CARE = {**CARE, "raised_by": "self"}
WANTED = {"category": "nursing"}
CARED_FOR = {"category": "long_term_care"}
FOR_MYSELF = {**CARED_FOR, "raised_by": "self"}


async def post(
    client: httpx.AsyncClient, header: Header, path: str, body: Any = None, **more: str
) -> httpx.Response:
    return await client.post(path, json=body, headers={**header, **key(), **more})


async def known(client: httpx.AsyncClient, resident: Header, clerk: Header) -> dict[str, Any]:
    """A resident whose care grade is verified, by a need of another category."""
    need = await raised(client, resident, **OWN_CARE)
    answer = await verified(client, clerk, need)
    assert answer.status_code == 200, answer.text
    return need


async def offers(client: httpx.AsyncClient, header: Header) -> list[dict[str, Any]]:
    answer = await client.get("/v1/outreach/offers", headers=header)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def test_nobody_is_told_or_counted_without_consent(
    client: httpx.AsyncClient, resident: Header, clerk: Header
) -> None:
    await known(client, resident, clerk)
    found = (await post(client, clerk, SEARCH, WANTED)).json()

    assert found == {**WANTED, "offered": 0}
    assert await offers(client, resident) == []


async def test_who_asked_and_was_not_served_is_told_and_who_was_is_not(
    client: httpx.AsyncClient,
    resident: Header,
    neighbour: Header,
    clerk: Header,
    provider: Header,
    sessions: Sessions,
) -> None:
    for each in (resident, neighbour):
        await known(client, each, clerk)
        await post(client, each, "/v1/outreach/consent")
    unmet = await raised(client, resident, **FOR_MYSELF)
    for status, more in (("unmet", {"reason": "too_far"}), ("closed", {})):
        unmet = (await moved(client, clerk, unmet, status, **more)).json()
    served = await raised(client, neighbour, **FOR_MYSELF)
    there = await published(sessions, category_path="eldercare/long_term_care", **CARED_FOR)
    referral = (await refer(client, clerk, served, there, session_on=tomorrow(0))).json()
    for status in ("accepted", "served"):
        referral = (await step(client, provider, referral, "answer", status=status)).json()
    await moved(client, clerk, await now_of(client, clerk, served), "closed")
    found = (await post(client, clerk, SEARCH, CARED_FOR)).json()

    assert (unmet["status"], referral["status"]) == ("closed", "served")
    assert found["offered"] == 1
    assert len(await offers(client, resident)) == 1
    assert await offers(client, neighbour) == []


async def test_who_consented_is_told_once_and_accepts_by_their_own_word(
    client: httpx.AsyncClient, resident: Header, clerk: Header, neighbour: Header
) -> None:
    await known(client, resident, clerk)
    given = (await post(client, resident, "/v1/outreach/consent")).json()
    first = (await post(client, clerk, SEARCH, WANTED)).json()
    second = (await post(client, clerk, SEARCH, WANTED)).json()
    (offer,) = await offers(client, resident)
    path = f"/v1/outreach/offers/{offer['id']}/answer"
    before = (await client.get("/v1/needs", headers=resident)).json()["items"]
    foreign = await post(client, neighbour, path, {"accept": True}, **at(1))
    accepted = await post(client, resident, path, {"accept": True}, **at(1))
    again = await post(client, resident, path, {"accept": False}, **at(2))
    after = (await client.get("/v1/needs", headers=resident)).json()["items"]

    assert given["given_at"] is not None
    assert (first["offered"], second["offered"]) == (1, 0)
    assert (offer["answer"], offer["rule"]) == ("pending", "entitlement.care_grade")
    assert len(before) == 1
    assert foreign.status_code == 404
    assert accepted.json()["answer"] == "accepted"
    assert {each["id"] for each in after} - {each["id"] for each in before} == {
        accepted.json()["need_id"]
    }
    assert {each["raised_by"] for each in after} == {"self", "outreach"}
    (enrolled,) = (each for each in after if each["raised_by"] == "outreach")
    assert (enrolled["is_statutory"], enrolled["urgency"]) == (True, 1)
    (standing,) = (
        await client.get(f"/v1/needs/{enrolled['id']}/standing", headers=resident)
    ).json()
    assert (standing["status"], standing["source"]) == ("verified", "长护险评估结论")
    assert (again.status_code, again.json()["type"]) == (409, "offer-answered")


async def test_an_offer_lies_where_the_newest_need_does(
    client: httpx.AsyncClient, resident: Header, clerk: Header
) -> None:
    await verified(client, clerk, await raised(client, resident, area_code=FARTHER, **OWN_CARE))
    newest = await known(client, resident, clerk)
    await post(client, resident, "/v1/outreach/consent")
    await post(client, clerk, SEARCH, WANTED)
    (offer,) = await offers(client, resident)

    assert offer["area_code"] == newest["area_code"] < FARTHER


async def test_who_declines_or_withdraws_consent_is_left_in_peace(
    client: httpx.AsyncClient, resident: Header, clerk: Header
) -> None:
    await known(client, resident, clerk)
    await post(client, resident, "/v1/outreach/consent")
    await post(client, clerk, SEARCH, WANTED)
    (offer,) = await offers(client, resident)
    path = f"/v1/outreach/offers/{offer['id']}/answer"
    declined = await post(client, resident, path, {"accept": False}, **at(1))
    withdrawn = (await post(client, resident, "/v1/outreach/consent/withdrawal")).json()
    later = (await post(client, clerk, SEARCH, CARED_FOR)).json()
    needs = (await client.get("/v1/needs", headers=resident)).json()["items"]

    assert (declined.json()["answer"], declined.json()["need_id"]) == ("declined", None)
    assert withdrawn["withdrawn_at"] is not None
    assert later["offered"] == 0
    assert len(needs) == 1


async def test_what_was_offered_goes_with_the_consent(
    client: httpx.AsyncClient, resident: Header, clerk: Header
) -> None:
    await known(client, resident, clerk)
    await post(client, resident, "/v1/outreach/consent")
    await post(client, clerk, SEARCH, WANTED)
    before = await offers(client, clerk)
    await post(client, resident, "/v1/outreach/consent/withdrawal")
    after = [await offers(client, each) for each in (clerk, resident)]
    await post(client, resident, "/v1/outreach/consent")
    again = (await post(client, clerk, SEARCH, WANTED)).json()

    assert (len(before), after, again["offered"]) == (1, [[], []], 1)


async def test_who_withdraws_while_a_search_runs_has_no_offer(
    calls: httpx.AsyncClient, opened: Database, resident: Header
) -> None:
    await post(calls, resident, "/v1/outreach/consent")
    async with opened.sessions.begin() as session:
        residents = list(await session.scalars(select(tables.OutreachConsent.resident)))
        assert await queries.consenting(session, residents) == set(residents)
        leaving = asyncio.create_task(post(calls, resident, "/v1/outreach/consent/withdrawal"))
        finished, _ = await asyncio.wait({leaving}, timeout=0.3)
    withdrawn = await leaving
    async with opened.sessions() as session:
        left = await queries.consenting(session, residents)

    assert (finished, withdrawn.status_code, left) == (set(), 200, set())


async def test_offers_are_forgotten_a_year_after_their_answer(
    client: httpx.AsyncClient, resident: Header, clerk: Header, sessions: Sessions
) -> None:
    await known(client, resident, clerk)
    await post(client, resident, "/v1/outreach/consent")
    await post(client, clerk, SEARCH, WANTED)
    (offer,) = await offers(client, resident)
    await post(
        *(client, resident, f"/v1/outreach/offers/{offer['id']}/answer", {"accept": False}), **at(1)
    )

    async def forgotten(days: int) -> int:
        async with sessions.begin() as session:
            later = utc_now() + timedelta(days=days)
            return await outreach.forget(session, by=places.CLOCKWORK, now=later, limit=10)

    assert [await forgotten(days) for days in (364, 366, 367)] == [0, 1, 0]
    assert await offers(client, clerk) == []


async def test_another_street_and_another_line_find_nobody(
    client: httpx.AsyncClient,
    resident: Header,
    clerk: Header,
    other_street: Header,
    other_line: Header,
) -> None:
    await known(client, resident, clerk)
    await post(client, resident, "/v1/outreach/consent")
    found = [
        (await post(client, header, SEARCH, WANTED)).json() for header in (other_street, other_line)
    ]

    assert [each["offered"] for each in found] == [0, 0]


async def test_what_was_found_not_to_be_so_since_tells_of_nobody(
    client: httpx.AsyncClient, resident: Header, clerk: Header
) -> None:
    """By another need: each is verified by itself, and the older one still says yes."""
    await known(client, resident, clerk)
    await post(client, resident, "/v1/outreach/consent")
    later = await raised(client, resident, **OWN_CARE)
    refused = await verified(client, clerk, later, confirmed=False, grade=None, expires_on=None)
    found = (await post(client, clerk, SEARCH, WANTED)).json()

    assert refused.status_code == 200, refused.text
    assert found["offered"] == 0


async def test_what_was_found_not_to_be_so_since_the_offer_is_not_carried_over(
    client: httpx.AsyncClient, resident: Header, clerk: Header
) -> None:
    await known(client, resident, clerk)
    await post(client, resident, "/v1/outreach/consent")
    await post(client, clerk, SEARCH, WANTED)
    later = await raised(client, resident, **OWN_CARE)
    await verified(client, clerk, later, confirmed=False, grade=None, expires_on=None)
    (offer,) = await offers(client, resident)
    path = f"/v1/outreach/offers/{offer['id']}/answer"
    accepted = (await post(client, resident, path, {"accept": True}, **at(1))).json()
    need = (await client.get(f"/v1/needs/{accepted['need_id']}", headers=resident)).json()
    standing = await client.get(f"/v1/needs/{need['id']}/standing", headers=resident)

    assert standing.json() == []
    assert (need["raised_by"], need["is_statutory"]) == ("outreach", False)


async def test_what_is_known_of_a_relative_tells_of_nobody(
    client: httpx.AsyncClient, resident: Header, clerk: Header
) -> None:
    """A daughter raised a need for her mother, and one for herself; she consents for herself."""
    await verified(client, clerk, await raised(client, resident, **CARE))
    await raised(client, resident, category="meal_delivery", raised_by="self")
    await post(client, resident, "/v1/outreach/consent")
    found = (await post(client, clerk, SEARCH, WANTED)).json()

    assert found["offered"] == 0


async def test_what_is_known_of_a_relative_neither_hides_what_is_ones_own_nor_goes_along(
    client: httpx.AsyncClient, resident: Header, clerk: Header
) -> None:
    """Her mother's claims were refused and found, and her mother uses the service already."""
    profile = {"profile": {"age_band": "80+", "accessibility": ["ramp"]}}
    await known(client, resident, clerk)
    refused = await raised(client, resident, **{**CARE, **profile})
    await verified(client, clerk, refused, confirmed=False, grade=None, expires_on=None)
    disabled = {"standing": [{"kind": "disability", "grade": 1}], **profile}
    found = await raised(client, resident, **{**WANTED, **disabled})
    await verified(client, clerk, found, kind="disability", grade=1)
    await post(client, resident, "/v1/outreach/consent")
    told = (await post(client, clerk, SEARCH, WANTED)).json()
    (offer,) = await offers(client, resident)
    path = f"/v1/outreach/offers/{offer['id']}/answer"
    accepted = (await post(client, resident, path, {"accept": True}, **at(1))).json()
    need = f"/v1/needs/{accepted['need_id']}"
    standing = (await client.get(f"{need}/standing", headers=resident)).json()
    person = (await client.get(f"{need}/profile", headers=resident)).json()

    assert (told["offered"], offer["rule"]) == (1, "entitlement.care_grade")
    assert [(each["kind"], each["status"]) for each in standing] == [("care_grade", "verified")]
    assert (await now_of(client, resident, {"id": accepted["need_id"]}))["is_statutory"] is True
    assert (person["age_band"], person["accessibility"]) == ("60-69", [])


async def waiting(opened: Database) -> int:
    """How many wait for a lock."""
    async with opened.sessions() as session:
        asked = text(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return int(await session.scalar(asked) or 0)


async def test_two_searches_at_once_tell_everybody_once(
    calls: httpx.AsyncClient, opened: Database, resident: Header, clerk: Header
) -> None:
    await known(calls, resident, clerk)
    await post(calls, resident, "/v1/outreach/consent")
    async with opened.sessions.begin() as session:  # both have looked before either has told
        person = await session.scalar(select(tables.OutreachConsent.resident))
        held = select(tables.OutreachConsent).where(tables.OutreachConsent.resident == person)
        await session.execute(held.with_for_update())
        both = [asyncio.create_task(post(calls, clerk, SEARCH, WANTED)) for _ in range(2)]
        async with asyncio.timeout(20):
            while await waiting(opened) < 2:
                await asyncio.sleep(0.05)
    told = [await each for each in both]

    assert [each.status_code for each in told] == [201, 201], [each.text for each in told]
    assert sorted(each.json()["offered"] for each in told) == [0, 1]


async def test_consent_given_twice_at_once_is_given_once(
    calls: httpx.AsyncClient, opened: Database, resident: Header
) -> None:
    told = await asyncio.gather(*(post(calls, resident, "/v1/outreach/consent") for _ in range(6)))

    assert [each.status_code for each in told] == [201] * 6, [each.text for each in told]
    assert len({each.json()["given_at"] for each in told}) == 1
