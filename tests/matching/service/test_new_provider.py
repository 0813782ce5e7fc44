"""Another provider takes an offering over: what is under way goes on with it, what was is not its.

Records of one organisation were merged, or one was dissolved and another goes on.
"""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from common.clock import utc_now
from tests.matching.cases import PROVIDER, Sessions, published, referred, seen, step, tomorrow

Header = dict[str, str]
OTHER = "01900000-0000-7000-8000-00000000ffff"


async def answered(
    client: httpx.AsyncClient, by: Header, referral: dict[str, Any], *steps: str
) -> dict[str, Any]:
    """A referral of which its provider has told, step by step."""
    for status in steps:
        answer = await step(client, by, referral, "answer", status=status)
        assert answer.status_code == 200, answer.text
        referral = answer.json()
    return referral


async def test_the_new_provider_goes_on_with_what_is_under_way(
    client: httpx.AsyncClient,
    clerk: Header,
    provider: Header,
    other_provider: Header,
    sessions: Sessions,
) -> None:
    offering = await published(sessions, capacity=2)
    accepted = await answered(client, provider, await referred(client, clerk, offering), "accepted")
    held = await referred(client, clerk, offering)
    waits = await referred(client, clerk, offering, wait=True)

    before = await marks(sessions)
    await published(sessions, offering, provider_id=OTHER)
    found = [await seen(client, other_provider, each) for each in (accepted, held, waits)]
    marked = await marks(sessions)
    await answered(client, other_provider, found[1], "accepted")
    gone = await client.get(f"/v1/referrals/{held['id']}", headers=provider)

    assert [each["provider_id"] for each in found] == [OTHER] * 3
    assert [each["status"] for each in found] == ["accepted", "held", "waitlisted"]
    assert [each["version"] for each in found] == [
        each["version"] + 1 for each in (accepted, held, waits)
    ]
    assert sorted(marked[len(before) :]) == sorted(each["id"] for each in found)
    assert gone.status_code == 404


@pytest.mark.parametrize("period", ["day", "year"])
async def test_what_was_given_before_stays_with_who_gave_it(
    client: httpx.AsyncClient,
    clerk: Header,
    provider: Header,
    other_provider: Header,
    sessions: Sessions,
    period: str,
) -> None:
    """To be rated for, and to be told of."""
    offering = await published(sessions, capacity=2, capacity_period=period)
    made = [await referred(client, clerk, offering, session_on=tomorrow(0)) for _ in range(2)]
    served = await answered(client, provider, made[0], "accepted", "served")
    untold = await answered(client, provider, made[1], "accepted")

    later = utc_now() + timedelta(days=1)
    await published(sessions, offering, now=later, capacity_period=period, provider_id=OTHER)

    told = await answered(client, provider, untold, "served")
    theirs = await client.get(f"/v1/referrals/{served['id']}", headers=other_provider)
    assert (await seen(client, clerk, served))["provider_id"] == told["provider_id"] == PROVIDER
    assert (await seen(client, clerk, served))["version"] == served["version"]
    assert theirs.status_code == 404


@pytest.mark.parametrize("status", ["published", "suspended"])
async def test_while_nobody_provides_it_the_last_provider_keeps_what_is_under_way(
    client: httpx.AsyncClient, clerk: Header, sessions: Sessions, status: str
) -> None:
    offering = await published(sessions)
    held = await referred(client, clerk, offering)

    await published(sessions, offering, provider_id=None, status=status)
    between = await seen(client, clerk, held)
    await published(sessions, offering, provider_id=OTHER)

    assert between["provider_id"] == PROVIDER
    assert (await seen(client, clerk, held))["provider_id"] == OTHER


async def marks(sessions: Sessions) -> list[str]:
    """Referrals of which the feed will tell."""
    told = "SELECT record_id::text FROM feed_outbox WHERE kind = 'referral' ORDER BY id"
    async with sessions() as session:
        return [*await session.scalars(text(told))]
