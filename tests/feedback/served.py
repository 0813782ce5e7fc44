"""Delivered services as the feed of referrals tells them; ratings as tests make them."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common import mirrors
from common.auth.development import ISSUER
from common.auth.pseudonym import Pseudonyms, Purpose
from common.clock import utc_now
from common.contracts.feeds import Kind
from common.crypto.keys import Keys
from common.feed.client import Change
from feedback.usecases import deliveries

Header = dict[str, str]
Sessions = async_sessionmaker[AsyncSession]
HOME = "310101002001"
TOWN = "310101002000"
PROVIDER = "01900000-0000-7000-8000-000000000001"
VENUE = "01900000-0000-7000-8000-000000000002"
OFFERING = "01900000-0000-7000-8000-000000000003"
_STEPS = (
    *("hold_expires_at", "waitlisted_at", "accepted_at", "declined_at", "expired_at"),
    *("withdrawn_at", "handed_over_at", "no_show_at"),
)


def rater_of(keys: Keys, subject: str) -> str:
    """The pseudonym under which matching tells that somebody was served."""
    return Pseudonyms(keys.pseudonym_key).of(ISSUER, subject, Purpose.RATINGS)


def state(referral_id: UUID, rater: str | None, **more: Any) -> dict[str, Any]:
    """A served referral in matching's feed."""
    return {
        **dict.fromkeys(_STEPS),
        "id": str(referral_id),
        "number": f"ZJ{str(referral_id)[-8:]}",
        "need_id": str(uuid4()),
        "offering_id": OFFERING,
        "provider_id": PROVIDER,
        "venue_id": VENUE,
        "service_item_id": None,
        "contract_id": None,
        "category": "meal_delivery",
        "area_code": HOME,
        "rater": rater,
        "status": "served",
        "served_at": utc_now().isoformat(),
        **more,
    }


async def told(sessions: Sessions, *states: dict[str, Any], now: datetime | None = None) -> None:
    """The feed of referrals tells these."""
    changes = [Change("referral", UUID(each["id"]), n, each) for n, each in enumerate(states, 1)]
    async with sessions.begin() as session:
        await deliveries.apply(session, changes, now=now or utc_now())


async def served(
    sessions: Sessions, rater: str | None, *, now: datetime | None = None, **more: Any
) -> UUID:
    """One service that was delivered, as the feed told it now."""
    referral = uuid4()
    await told(sessions, state(referral, rater, **more), now=now)
    return referral


async def known_venue(sessions: Sessions, venue_id: str = VENUE, area_code: str = TOWN) -> None:
    """A venue that the registry has told."""
    async with sessions.begin() as session:
        change = Change("venue", UUID(venue_id), 1, {"id": venue_id, "area_code": area_code})
        await mirrors.apply(session, Kind.VENUE, [change])


async def days_pass(sessions: Sessions, days: int) -> None:
    """What was rated lies so many days further back."""
    moved = text("UPDATE rating SET rated_at = rated_at - make_interval(days => :days)")
    async with sessions.begin() as session:
        await session.execute(moved, {"days": days})


def key() -> Header:
    """A fresh idempotency key."""
    return {"Idempotency-Key": str(uuid4())}


def at(version: int) -> Header:
    """The version that an edit starts from."""
    return {"If-Match": f'"v{version}"'}


async def rate(
    client: httpx.AsyncClient, header: Header, referral: UUID, level: int = 5, **more: Any
) -> httpx.Response:
    """The answer to a rating."""
    wish = {"referral_id": str(referral), "level": level, **more}
    return await client.post("/v1/ratings", json=wish, headers={**header, **key()})


async def rated(
    client: httpx.AsyncClient, header: Header, referral: UUID, level: int = 5, **more: Any
) -> dict[str, Any]:
    """A rating that was given."""
    answer = await rate(client, header, referral, level, **more)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def step(
    client: httpx.AsyncClient, header: Header, bad: dict[str, Any], what: str, **body: Any
) -> httpx.Response:
    """The answer to a step of a bad rating."""
    return await client.post(
        f"/v1/bad-ratings/{bad['id']}/{what}",
        json=body,
        headers={**header, **key(), **at(bad["version"])},
    )
