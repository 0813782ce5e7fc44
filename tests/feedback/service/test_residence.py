"""Homes verified at a desk: one code, two people, one person, an area until a day; then a vote."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg
import httpx
import orjson
import pytest
from sqlalchemy import select, text

from common.auth.roles import Role
from common.clock import utc_now
from common.codes.resident import resident_check_character
from common.crypto.keys import Keys
from common.db import direct_url
from common.ids import uuid7
from deploy.local.environment import Urls
from feedback import tables
from feedback.worker import forget
from tests.feedback.cases import HOME, at, key
from tests.feedback.polls import PROPOSAL, Sessions, published, send
from tests.harness import Apps

Header = dict[str, str]
PATH = "/v1/residence"
LONG_AGO: Final = datetime(2024, 1, 2, tzinfo=UTC)
FAR: Final = date(2099, 12, 31)
NUMBER = "31010119800101123" + resident_check_character("31010119800101123")
OTHER = "31010119820202124" + resident_check_character("31010119820202124")


async def coded(client: httpx.AsyncClient, resident: Header) -> str:
    """A code that a resident asked for."""
    answer = await send(client, resident, f"{PATH}/code")
    assert answer.status_code == 201, answer.text
    return str(answer.json()["code"])


async def entered(
    client: httpx.AsyncClient, desk: Header, code: str, **more: Any
) -> httpx.Response:
    """The answer to what a desk enters."""
    said = {
        "code": code,
        "identity_number": NUMBER,
        "area_code": HOME,
        "basis": "household_register",
        **more,
    }
    return await send(client, desk, f"{PATH}/verifications", **said)


async def confirmed(
    client: httpx.AsyncClient, desk: Header, residence: dict[str, Any]
) -> httpx.Response:
    return await client.post(
        f"{PATH}/verifications/{residence['id']}/confirmation",
        headers={**desk, **key(), **at(residence["version"])},
    )


async def verified(
    client: httpx.AsyncClient, resident: Header, clerk: Header, colleague: Header, **more: Any
) -> dict[str, Any]:
    """A home that two people have verified."""
    entry = await entered(client, clerk, await coded(client, resident), **more)
    answer = await confirmed(client, colleague, entry.json())
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_who_signs_in_without_a_home_votes_once_a_desk_has_verified_it(
    client: httpx.AsyncClient,
    resident: Header,
    clerk: Header,
    colleague: Header,
    sessions: Sessions,
    keys: Keys,
) -> None:
    ballots = f"/v1/votes/{(await published(sessions, keys)).id}/ballots"
    before = await send(client, resident, ballots, choices=[1])
    entry = await entered(client, clerk, await coded(client, resident))
    waiting = await send(client, resident, ballots, choices=[1])
    own = (await client.get(PATH, headers=resident)).json()
    await confirmed(client, colleague, entry.json())
    cast = await send(client, resident, ballots, choices=[1])
    again = await send(client, resident, ballots, choices=[2])
    then = (await client.get(PATH, headers=resident)).json()

    assert (before.status_code, before.json()["type"]) == (403, "home-not-verified")
    assert "/v1/residence/code" in before.json()["detail"]
    assert waiting.json()["type"] == "home-not-verified"
    assert (own["area_code"], own["is_waiting"]) == (None, True)
    assert cast.json()["is_counted"] is True
    assert again.json()["type"] == "already-voted"
    assert (then["area_code"], then["proof"], then["is_waiting"]) == (HOME, "desk", False)


async def test_the_same_two_people_are_never_one(
    client: httpx.AsyncClient, resident: Header, clerk: Header, colleague: Header
) -> None:
    entry = (await entered(client, clerk, await coded(client, resident))).json()
    alone = await confirmed(client, clerk, entry)
    stale = await confirmed(client, colleague, entry | {"version": 7})
    done = await confirmed(client, colleague, entry)
    twice = await confirmed(client, colleague, done.json())

    told = [answer.json().get("type") for answer in (alone, stale, twice)]
    assert told == ["second-person-needed", "stale-version", "residence-settled"]
    assert done.json()["confirmed_by"] == "clerk-2"


async def test_a_code_is_used_once_and_only_the_last_one_is_good(
    client: httpx.AsyncClient, resident: Header, clerk: Header, sessions: Sessions
) -> None:
    first, second = await coded(client, resident), await coded(client, resident)
    void = await entered(client, clerk, first)
    used = await entered(client, clerk, second)
    again = await entered(client, clerk, second)
    third = await coded(client, resident)
    async with sessions.begin() as session:
        await session.execute(text("UPDATE residence_code SET expires_at = now() - interval '1 s'"))
    late = await entered(client, clerk, third)

    assert [each.status_code for each in (void, used, again, late)] == [403, 201, 403, 403]
    assert late.json()["type"] == "unknown-residence-code"


@pytest.mark.parametrize(
    ("wrong", "slug"),
    [
        ({"area_code": "310104003001"}, "out-of-area"),
        ({"area_code": "310101002000"}, "wrong-residence"),
        ({"identity_number": "310101198001011230"}, "wrong-resident-id"),
        ({"identity_number": NUMBER[:-1]}, "wrong-resident-id"),  # a digit forgotten
        ({"identity_number": f"{NUMBER}1"}, "wrong-resident-id"),
    ],
)
async def test_what_is_wrong_is_refused_and_the_code_stays_good(
    client: httpx.AsyncClient, resident: Header, clerk: Header, wrong: dict[str, str], slug: str
) -> None:
    code = await coded(client, resident)
    refused = await entered(client, clerk, code, **wrong)
    good = await entered(client, clerk, code)

    assert (refused.json()["type"], good.status_code) == (slug, 201)
    assert wrong.get("identity_number", NUMBER) not in refused.text


async def test_one_person_votes_once_whatever_accounts_the_person_has(
    client: httpx.AsyncClient,
    resident: Header,
    neighbour: Header,
    clerk: Header,
    colleague: Header,
    sessions: Sessions,
    keys: Keys,
) -> None:
    ballots = f"/v1/votes/{(await published(sessions, keys)).id}/ballots"
    await verified(client, resident, clerk, colleague)
    first = await send(client, resident, ballots, choices=[1])
    await verified(client, neighbour, clerk, colleague)  # the same card under another account
    second = await send(client, neighbour, ballots, choices=[2])
    former = (await client.get(PATH, headers=resident)).json()

    assert first.json()["is_counted"] is True
    assert (second.status_code, second.json()["type"]) == (409, "already-voted")
    assert former["area_code"] is None  # one person, one home, one account


async def test_two_people_of_one_house_vote_each(
    client: httpx.AsyncClient,
    resident: Header,
    neighbour: Header,
    clerk: Header,
    colleague: Header,
    sessions: Sessions,
    keys: Keys,
) -> None:
    ballots = f"/v1/votes/{(await published(sessions, keys)).id}/ballots"
    await verified(client, resident, clerk, colleague)
    await verified(client, neighbour, clerk, colleague, identity_number=OTHER)
    cast = [await send(client, each, ballots, choices=[1]) for each in (resident, neighbour)]

    assert [each.status_code for each in cast] == [200, 200]


async def test_the_end_of_a_home_that_a_new_one_replaces_is_noted_where_it_was(
    apps: Apps,
    fresh_database: Urls,
    resident: Header,
    clerk: Header,
    colleague: Header,
    bearer: Callable[..., Header],
) -> None:
    """One that stood, in another street, and one that waited."""
    away = {"area": "310101003", "line": "civil_affairs"}
    desk = [bearer(Role.CLERK, **away, subject=f"clerk-{at}") for at in (3, 4)]
    async with apps.live("feedback", fresh_database, worker="false") as client:
        stood = await verified(client, resident, *desk, area_code="310101003001")
        waited = (await entered(client, clerk, await coded(client, resident))).json()
        await verified(client, resident, clerk, colleague)
    owner = await asyncpg.connect(direct_url(fresh_database.owner))
    inbox = await owner.fetch("SELECT entry FROM audit_inbox")
    rows = await owner.fetch("SELECT id, updated_by FROM residence WHERE ended_at IS NOT NULL")
    await owner.close()
    entries = [orjson.loads(row[0]) for row in inbox]
    ended = {
        each["target_id"]: (each["area"], each["reason"])
        for each in entries
        if each["action"] == "residence.end"
    }

    why = "重新核验 / verified anew"
    assert ended == {stood["id"]: ("310101003001", why), waited["id"]: (HOME, why)}
    assert {str(row["id"]): row["updated_by"] for row in rows} == {
        stood["id"]: "clerk-2",
        waited["id"]: "clerk-1",
    }


async def test_a_home_counts_until_its_last_day_and_not_once_it_has_ended(
    client: httpx.AsyncClient,
    resident: Header,
    clerk: Header,
    colleague: Header,
    sessions: Sessions,
) -> None:
    home = await verified(client, resident, clerk, colleague)
    propose = {**PROPOSAL, "area_code": HOME}
    good = await send(client, resident, "/v1/proposals", **propose)
    async with sessions.begin() as session:
        row = (await session.scalars(select(tables.Residence))).one()
        row.expires_on = (utc_now() - timedelta(days=2)).date()
    over = await send(client, resident, "/v1/proposals", **propose)
    ended = await client.post(
        f"{PATH}/verifications/{home['id']}/end",
        json={"reason": "已迁出本居委"},
        headers={**clerk, **key(), **at(home["version"])},
    )
    listed = await client.get(f"{PATH}/verifications", headers=clerk)

    assert (good.status_code, over.json()["type"]) == (201, "home-not-verified")
    assert ended.json()["end_reason"] == "已迁出本居委"
    assert listed.json()["items"] == []


async def test_what_is_over_for_long_is_erased_and_what_stands_stays(
    client: httpx.AsyncClient,
    resident: Header,
    clerk: Header,
    colleague: Header,
    sessions: Sessions,
) -> None:
    home = await verified(client, resident, clerk, colleague)
    now, soon = utc_now(), timedelta(days=1)
    kept, waits = timedelta(days=365), timedelta(days=30)
    async with sessions.begin() as session:
        session.add_all(
            [
                kept_home("ended", ended_at=now - kept - soon),
                kept_home("expired", expires_on=(now - kept - 2 * soon).date()),
                kept_home("waiting", now - waits - soon, confirmed_at=None),
                kept_home("stays: ended", ended_at=now - kept + soon),
                kept_home("stays: expired", expires_on=(now - kept + 2 * soon).date()),
                kept_home("stays: waiting", now - waits + soon, confirmed_at=None),
            ]
        )
        code = {"resident": "code", "code": b"over", "expires_at": now - soon}
        session.add(tables.ResidenceCode(**code))

    assert await forget(sessions, now=now, batch=2) == 3
    assert await forget(sessions, now=now) == 0

    async with sessions() as session:
        left = set(await session.scalars(select(tables.Residence.resident)))
        codes = (await session.scalars(select(tables.ResidenceCode.resident))).all()
        stands = await session.get(tables.Residence, UUID(home["id"]))
    assert left == {"stays: ended", "stays: expired", "stays: waiting", stands and stands.resident}
    assert not codes


def kept_home(
    resident: str,
    created_at: datetime | None = None,
    *,
    confirmed_at: datetime | None = LONG_AGO,
    ended_at: datetime | None = None,
    expires_on: date = FAR,
) -> tables.Residence:
    """A home that was verified, or waits, under a name of its own."""
    return tables.Residence(
        id=uuid7(),
        resident=resident,
        person=resident,
        area_code=HOME,
        basis="lease",
        confirmed_at=confirmed_at,
        confirmed_by=confirmed_at and "colleague",
        expires_on=confirmed_at and expires_on,
        ended_at=ended_at,
        end_reason=ended_at and "已迁出",
        created_at=created_at or LONG_AGO,
        created_by="clerk",
        updated_at=created_at or LONG_AGO,
        updated_by="clerk",
        version=1,
    )


async def test_a_city_whose_tokens_tell_the_home_may_trust_nothing_else(
    client: httpx.AsyncClient,
    resident: Header,
    clerk: Header,
    colleague: Header,
    bearer: Callable[..., Header],
    sessions: Sessions,
) -> None:
    await verified(client, resident, clerk, colleague)
    async with sessions.begin() as session:
        await session.execute(
            text(
                "UPDATE rule SET value = 'token', updated_at = clock_timestamp()"
                " WHERE code = 'vote.residence'"
            )
        )
    propose = {**PROPOSAL, "area_code": HOME}
    by_desk = await send(client, resident, "/v1/proposals", **propose)
    told = bearer(Role.RESIDENT, subject="resident-3", area=HOME)
    by_token = await send(client, told, "/v1/proposals", **propose)

    assert (by_desk.json()["type"], by_token.status_code) == ("home-not-verified", 201)


async def test_the_desk_sees_its_own_area_without_a_person_and_nothing_holds_the_number(
    client: httpx.AsyncClient,
    resident: Header,
    clerk: Header,
    other_street: Header,
    sessions: Sessions,
) -> None:
    await entered(client, clerk, await coded(client, resident))
    seen = await client.get(f"{PATH}/verifications", params={"waiting": "true"}, headers=clerk)
    elsewhere = await client.get(f"{PATH}/verifications", headers=other_street)
    asked = await send(client, clerk, f"{PATH}/code")

    async with sessions() as session:
        row = (await session.scalars(select(tables.Residence))).one()
        kept = str({name: getattr(row, name) for name in row.__table__.columns.keys()})  # noqa: SIM118 - columns, no dict
    assert set(seen.json()["items"][0]).isdisjoint({"resident", "person"})
    assert elsewhere.json()["items"] == []
    assert asked.status_code == 403
    assert NUMBER not in kept
    assert "resident-1" not in kept
