"""Ratings that staff enter: on a device where the service was given, or when calling back."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from common.clock import utc_now
from common.crypto.keys import Keys
from tests.feedback import served as cases
from tests.feedback.served import Sessions, at, key, rate, rated, served

Header = dict[str, str]


@pytest.fixture
async def device(client: httpx.AsyncClient, head: Header, sessions: Sessions) -> dict[str, Any]:
    """A device at the venue."""
    await cases.known_venue(sessions)
    answer = await client.post(
        "/v1/rating-devices",
        json={"venue_id": cases.VENUE, "name": "一号窗口"},
        headers={**head, **key()},
    )
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def entered(device: dict[str, Any]) -> dict[str, Any]:
    return {"channel": "staff_device", "device_id": device["id"]}


async def test_a_resident_without_an_account_rates_at_the_counter_once_in_a_while(
    client: httpx.AsyncClient, clerk: Header, device: dict[str, Any], sessions: Sessions
) -> None:
    first, second = await served(sessions, None), await served(sessions, None)

    made = await rated(client, clerk, first, **entered(device))
    row = await rate(client, clerk, second, **entered(device))
    async with sessions.begin() as session:
        moved = "UPDATE rating_device SET last_rated_at = last_rated_at - interval '31 seconds'"
        await session.execute(text(moved))
    later = await rate(client, clerk, second, **entered(device))

    assert made["channel"] == "staff_device"
    assert (row.status_code, row.json()["type"]) == (409, "device-busy")
    assert later.status_code == 201


async def test_a_device_rates_only_what_was_served_there_today(
    client: httpx.AsyncClient,
    clerk: Header,
    other_street: Header,
    head: Header,
    device: dict[str, Any],
    sessions: Sessions,
) -> None:
    yesterday = (utc_now() - timedelta(days=1)).isoformat()
    elsewhere = await served(sessions, None, venue_id=str(uuid4()))
    old = await served(sessions, None, served_at=yesterday)
    here = await served(sessions, None)

    refused = [await rate(client, clerk, each, **entered(device)) for each in (elsewhere, old)]
    stranger = await rate(client, other_street, here, **entered(device))
    off = await client.patch(
        f"/v1/rating-devices/{device['id']}",
        json={"is_active": False},
        headers={**head, **at(device["version"])},
    )
    dark = await rate(client, clerk, here, **entered(device))

    assert [each.json()["type"] for each in (*refused, dark)] == ["not-at-this-device"] * 3
    assert stranger.json()["type"] == "out-of-area"
    assert off.json()["is_active"] is False


async def test_a_desk_rates_when_calling_back_and_the_house_does_not(
    client: httpx.AsyncClient, clerk: Header, venue_head: Header, sessions: Sessions
) -> None:
    referral = await served(sessions, None)

    house = await rate(client, venue_head, referral, channel="call_back")
    desk = await rate(client, clerk, referral, 3, channel="call_back")

    assert house.json()["type"] == "not-your-service"
    assert desk.json()["channel"] == "call_back"


async def test_what_staff_entered_becomes_the_residents_own(
    client: httpx.AsyncClient,
    clerk: Header,
    resident: Header,
    device: dict[str, Any],
    sessions: Sessions,
    keys: Keys,
) -> None:
    referral = await served(sessions, cases.rater_of(keys, "resident-1"))
    made = await rated(client, clerk, referral, **entered(device))

    amended = await client.put(
        f"/v1/ratings/{made['id']}", json={"level": 2}, headers={**resident, **at(1)}
    )

    assert (amended.json()["level"], amended.json()["channel"]) == (2, "self")
