"""An edition published because somebody asks: where the work of the day has not done it.

The same edition, with the same guarantees, as the worker makes: only who began it differs, and that
is in the audit log.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta
from http import HTTPStatus

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor
from common.contracts.procurement_ratings import RatingEdition
from common.db import Database
from common.idempotency import Keeping, Kept
from common.processes import in_database, one_apart
from procurement.domain.rating_editions import EditionPublished, check_period
from procurement.queries import rating_editions as queries
from procurement.usecases.rating_editions import publish_next, standing_at


async def publish(
    session: AsyncSession,
    until_on: date,
    database: Database,
    keeping: Keeping,
    *,
    by: Actor,
    now: datetime,
) -> Kept:
    """Publish the edition of a period, in a process apart: the figures of a city take seconds.

    Raises `EditionPublished`, `NotTheNewestPeriod`.
    """
    over, newest = await standing_at(session, now=now)
    check_period(until_on, over=over, newest=newest)
    asked = {
        "until_on": until_on,
        "keeping": keeping,
        "by": replace(by, veil=None),  # staff go by their own name
        "request_id": session.info.get("request_id", ""),
        "now": now,
    }
    async with one_apart() as apart:
        return await in_database(apart, publish_apart, database.url, **asked)


async def publish_apart(
    opened: Database, *, until_on: date, keeping: Keeping, by: Actor, request_id: str, now: datetime
) -> Kept:
    """Publish it with its audit note and the kept answer, in one transaction.

    Raises `EditionPublished`.
    """
    async with opened.sessions.begin() as session:
        session.info["request_id"] = request_id
        if await publish_next(session, now=now) is None:
            raise EditionPublished(until_on=until_on, newest=until_on)
        audit.note(session, by, action="grade.publish", target=("rating_edition", str(until_on)))
        after = until_on + timedelta(days=1)
        (edition, *_) = await queries.published(session, before=after, limit=1)
        return keeping.keep(session, RatingEdition.model_validate(edition), HTTPStatus.CREATED)
