"""Ratings as their use case makes them, put down all at once."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text

from common.contracts.feedback import RatingChannel
from common.ids import timeless_id
from feedback import tables
from feedback.queries import ratings as queries
from feedback.queries import tallies
from tests.feedback.served import OFFERING, TOWN, Sessions

SPRING = date(2026, 2, 10)


def rating(provider: str, level: int, channel: str = "self", **more: Any) -> tables.Rating:
    """A rating as its use case makes it."""
    values: dict[str, Any] = {
        "id": timeless_id(),
        "referral_id": uuid4(),
        "offering_id": UUID(OFFERING),
        "provider_id": UUID(provider),
        "venue_id": None,
        "service_item_id": None,
        "contract_id": None,
        "category": "meal_delivery",
        "area_code": TOWN,
        "served_on": SPRING,
        "channel": channel,
        "level": level,
        "dimensions": {},
        "options": [],
        "words": None,
        "likeness": None,
        "device_id": uuid4() if channel == RatingChannel.STAFF_DEVICE else None,
        "is_counted": channel != RatingChannel.DEFAULT,
        "rated_at": datetime(2026, 2, 11, 4, tzinfo=UTC),
        "amended_at": None,
        "version": 1,
        **more,
    }
    return tables.Rating(**values)


async def rated(sessions: Sessions, *rows: tables.Rating) -> None:
    async with sessions.begin() as session:
        await queries.put(session, rows)
        served = [tallies.of_rating(row, 1) for row in rows]
        blank = {"channel": tallies.SERVED, "level": 0, "is_counted": False}
        await tallies.note(session, [{**each, **blank} for each in served])


async def released_every(sessions: Sessions, months: int) -> None:
    """The rule of how long a period is, as a person changes it."""
    async with sessions.begin() as session:
        await session.execute(
            text(
                "UPDATE rule SET value = :value, updated_at = clock_timestamp()"
                " WHERE code = 'rating.release'"
            ),
            {"value": str(months)},
        )
