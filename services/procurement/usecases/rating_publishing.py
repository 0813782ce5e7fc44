"""An edition published because somebody asks: where the work of the day has not done it.

The same edition, with the same guarantees, as the worker makes: only who began it differs, and that
is in the audit log.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor
from common.db import Database
from common.processes import in_database, one_apart
from procurement.domain.rating_editions import EditionPublished, check_period
from procurement.queries import rating_editions as queries
from procurement.usecases.rating_editions import publish_next, standing_at


async def publish(
    session: AsyncSession, until_on: date, database: Database, *, by: Actor, now: datetime
) -> Any:
    """Publish the edition of a period, in a process apart: the figures of a city take seconds.

    Raises `EditionPublished`, `NotTheNewestPeriod`.
    """
    over, newest = await standing_at(session, now=now)
    check_period(until_on, over=over, newest=newest)
    asked = {
        "until_on": until_on,
        "by": replace(by, veil=None),  # staff go by their own name
        "request_id": session.info.get("request_id", ""),
        "now": now,
    }
    async with one_apart() as apart:
        await in_database(apart, publish_apart, database.url, **asked)
    (edition, *_) = await queries.published(session, before=until_on + timedelta(days=1), limit=1)
    return edition


async def publish_apart(
    opened: Database, *, until_on: date, by: Actor, request_id: str, now: datetime
) -> None:
    """Publish it with its audit note in one transaction. Raises `EditionPublished`."""
    async with opened.sessions.begin() as session:
        session.info["request_id"] = request_id
        if await publish_next(session, now=now) is None:
            raise EditionPublished(until_on=until_on, newest=until_on)
        target = "rating_edition", str(until_on)
        audit.note(session, by, action="grade.publish", target=target)
