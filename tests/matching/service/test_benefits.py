"""Benefits through the API: found before they are granted, whoever granted the first one."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from common.auth.actor import Actor
from common.auth.roles import Role
from common.clock import utc_now
from common.contracts.matching_benefits import BenefitIn
from common.crypto.keys import Keys
from common.db import database
from common.errors import Problem
from deploy.local.environment import Urls
from matching.usecases import benefits
from tests.matching.cases import Sessions, at, key, raised

Header = dict[str, str]
PERSON, SOMEBODY = "11010519491231002X", "440524188001010014"  # the standard's own examples
GRANT: dict[str, Any] = {
    "resident_id": PERSON,
    "kind": "meal_subsidy",
    "source": "special_fund",
    "from_on": "2026-03-01",
    "to_on": "2026-12-31",
    "area_code": "310101002000",
    "line": "civil_affairs",
    "amount_fen": 30000,
}
ASK = ("resident_id", "kind", "source", "from_on", "to_on")


async def granted(client: httpx.AsyncClient, header: Header, **more: Any) -> httpx.Response:
    return await client.post("/v1/benefits", json={**GRANT, **more}, headers={**header, **key()})


async def checked(client: httpx.AsyncClient, header: Header, **more: Any) -> httpx.Response:
    asked = {name: value for name, value in {**GRANT, **more}.items() if name in ASK}
    return await client.post("/v1/benefits/check", json=asked, headers=header)


@pytest.fixture
def elsewhere(bearer: Callable[..., Header]) -> Header:
    """A clerk of another line in another district."""
    return bearer(Role.CLERK, area="310104003", line="disability", subject="clerk-elsewhere")


async def test_what_another_line_has_granted_is_found_before_it_is_granted_again(
    client: httpx.AsyncClient, clerk: Header, elsewhere: Header
) -> None:
    first = await granted(client, clerk)
    there = {"area_code": "310104003000", "line": "disability", "source": "welfare_lottery"}

    found = await checked(client, elsewhere, kind="meal_voucher", source="welfare_lottery")
    refused = await granted(client, elsewhere, kind="meal_voucher", **there)
    free = await checked(client, elsewhere, resident_id=SOMEBODY)

    assert first.status_code == 201, first.text
    assert [(row["benefit_id"], row["rule"]) for row in found.json()] == [
        (first.json()["id"], "benefit.exclusive.meals")
    ]
    assert (refused.status_code, refused.json()["type"]) == (409, "double-benefit")
    assert refused.json()["errors"][0]["pointer"] == "/benefit.exclusive.meals"
    assert free.json() == []


async def test_a_reason_lets_it_be_granted_all_the_same(
    client: httpx.AsyncClient, clerk: Header
) -> None:
    await granted(client, clerk)
    again = await granted(client, clerk, source="donation", despite="捐赠方指定用途，经街道同意")

    assert (again.status_code, again.json()["is_despite"]) == (201, True)


async def test_after_a_benefit_ends_another_may_follow(
    client: httpx.AsyncClient, clerk: Header
) -> None:
    first = (await granted(client, clerk)).json()
    path = f"/v1/benefits/{first['id']}/end"
    early = await client.post(
        path, json={"on": "2026-02-01", "reason": "迁出"}, headers={**clerk, **key(), **at(1)}
    )
    ended = await client.post(
        path, json={"on": "2026-06-30", "reason": "迁出"}, headers={**clerk, **key(), **at(1)}
    )
    longer = await client.post(
        path, json={"on": "2026-12-31", "reason": "续发半年"}, headers={**clerk, **key(), **at(2)}
    )
    next_one = await granted(client, clerk, from_on="2026-07-01")

    assert (early.status_code, early.json()["errors"][0]["pointer"]) == (422, "/on")
    assert ended.json()["to_on"] == "2026-06-30"
    assert (longer.status_code, longer.json()["errors"][0]["pointer"]) == (422, "/on")
    assert next_one.status_code == 201


async def test_what_was_recorded_by_mistake_is_voided_with_a_reason_and_stands_in_nobodys_way(
    client: httpx.AsyncClient, clerk: Header, elsewhere: Header
) -> None:
    one_day = await granted(client, clerk, to_on=GRANT["from_on"])
    path = f"/v1/{one_day.headers['location']}"

    async def voided(header: Header, version: int, **said: str) -> httpx.Response:
        head = {**header, **key(), **at(version)}
        return await client.post(f"{path}/void", json=said, headers=head)

    strange = await voided(elsewhere, 1, reason="登记错人")
    mute = await voided(clerk, 1)
    gone = await voided(clerk, 1, reason="登记错人")
    again = await voided(clerk, 2, reason="登记错人")
    late = await client.post(
        f"{path}/end",
        json={"on": GRANT["from_on"], "reason": "迁出"},
        headers={**clerk, **key(), **at(2)},
    )
    free = await checked(client, clerk, to_on=GRANT["from_on"])
    anew = await granted(client, clerk)

    assert (strange.status_code, mute.status_code) == (404, 422)
    assert gone.status_code == 200, gone.text
    assert (gone.json()["voided_at"] is None, gone.json()["version"]) == (False, 2)
    for refused in (again, late):
        assert (refused.status_code, refused.json()["type"]) == (409, "benefit-voided")
    assert free.json() == []
    assert (anew.status_code, anew.json()["is_despite"]) == (201, False)


async def test_a_benefit_is_read_where_its_address_says_by_its_area_and_line_alone(
    client: httpx.AsyncClient, clerk: Header, elsewhere: Header
) -> None:
    made = await granted(client, clerk)
    path = f"/v1/{made.headers['location']}"

    read = await client.get(path, headers=clerk)

    assert (read.status_code, read.json()) == (200, made.json())
    assert read.headers["etag"] == made.headers["etag"]
    assert (await client.get(path, headers=elsewhere)).status_code == 404


async def test_a_benefit_answers_a_need_that_its_clerk_sees(
    client: httpx.AsyncClient, clerk: Header, elsewhere: Header, resident: Header
) -> None:
    need = await raised(client, resident)
    there = {"area_code": "310104003000", "line": "disability"}

    seen = await granted(client, clerk, need_id=need["id"])
    unseen = await granted(client, elsewhere, need_id=need["id"], resident_id=SOMEBODY, **there)
    none = await granted(client, clerk, need_id=str(uuid4()), resident_id=SOMEBODY)

    assert (seen.status_code, seen.json()["need_id"]) == (201, need["id"])
    for answer in (unseen, none):
        assert (answer.status_code, answer.json()["type"]) == (422, "wrong-benefit")
        assert answer.json()["errors"][0]["pointer"] == "/need_id"


async def test_why_a_benefit_was_voided_is_written_down(
    sessions: Sessions, keys: Keys, clerk_actor: Actor
) -> None:
    async with sessions() as session:
        asked = {"keys": keys, "by": clerk_actor, "now": utc_now()}
        row = await benefits.grant(session, BenefitIn.model_validate(GRANT), **asked)
        told = {"version": 1, "by": clerk_actor, "now": utc_now()}
        await benefits.void(session, row.id, "登记错人", **told)
        entry = session.info["audit"][-1]

    assert (entry.action, entry.reason) == ("benefit.void", "登记错人")


async def test_the_identity_number_is_nowhere(
    client: httpx.AsyncClient, clerk: Header, sessions: Sessions
) -> None:
    made = await granted(client, clerk)
    listed = await client.get("/v1/benefits", headers=clerk)

    assert PERSON not in made.text + listed.text
    async with sessions() as session:
        row = await session.scalar(text("SELECT b::text FROM benefit b"))
    assert PERSON not in row


async def test_a_clerk_grants_within_area_and_line_and_lists_no_others(
    client: httpx.AsyncClient, clerk: Header, elsewhere: Header, resident: Header
) -> None:
    await granted(client, clerk)

    assert (await granted(client, elsewhere)).json()["type"] == "out-of-area"
    assert (await granted(client, clerk, line="disability")).json()["type"] == "out-of-line"
    assert (await granted(client, resident)).status_code == 403
    assert (await client.get("/v1/benefits", headers=elsewhere)).json()["items"] == []
    assert len((await client.get("/v1/benefits", headers=clerk)).json()["items"]) == 1


@pytest.mark.parametrize(
    ("more", "slug"),
    [
        ({"resident_id": "110105194912310021"}, "wrong-resident-id"),
        ({"to_on": "2026-02-01"}, "wrong-benefit"),
    ],
)
async def test_what_cannot_be_a_benefit_is_refused(
    client: httpx.AsyncClient, clerk: Header, more: dict[str, str], slug: str
) -> None:
    answer = await granted(client, clerk, **more)

    assert (answer.status_code, answer.json()["type"]) == (422, slug)


async def test_of_two_clerks_who_grant_at_once_one_is_told(
    fresh_database: Urls, keys: Keys, clerk_actor: Actor
) -> None:
    async with database(fresh_database.app, pool_size=8) as opened:

        async def one(kind: str) -> str:
            wish = BenefitIn.model_validate({**GRANT, "kind": kind})
            try:
                async with opened.sessions.begin() as session:
                    await benefits.grant(session, wish, keys=keys, by=clerk_actor, now=utc_now())
            except Problem as refusal:
                return refusal.slug
            return "granted"

        told = await asyncio.gather(*(one(kind) for kind in ["meal_subsidy", "meal_voucher"] * 4))

    assert Counter(told) == {"granted": 1, "double-benefit": 7}
