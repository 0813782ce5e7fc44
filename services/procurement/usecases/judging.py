"""Who judged a provider or answered a challenge, and who is to decide on it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import mirrors
from common.auth.actor import ALL_LINES, Actor
from common.contracts.feeds import Kind
from common.records import name_of
from procurement import tables
from procurement.domain.judging import Decider, body_area


def decider(by: Actor) -> Decider:
    """The caller, as the rules of judging see one."""
    return Decider(by.area or "", name_of(by), by.org, by.sees_line(ALL_LINES))


def keep(
    session: AsyncSession, judgement_id: UUID, provider_id: UUID, *, by: Actor, now: datetime
) -> None:
    """Write down who judged a provider, with the level and body of the judge's own."""
    session.add(
        tables.Judgement(
            id=judgement_id,
            provider_id=provider_id,
            judged_at=now,
            judged_by=name_of(by),
            judged_area=by.area,
            judged_for=by.org,
        )
    )


async def area_of(session: AsyncSession, body_id: UUID, *areas: str | None) -> str | None:
    """The level of a buyer: its own, where it is above the place it buys for, or who acts for it.

    The registry tells it; of whom it has not told, the place alone.
    """
    state = await mirrors.one(session, Kind.ORGANISATION, body_id)
    return body_area(*areas, None if state is None else state["area_code"])
