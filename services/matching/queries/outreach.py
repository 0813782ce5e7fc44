"""Who may be told, what was offered, and consent."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, String, cast, func, literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.errors import NotFound, Text
from common.scope import by_line, own
from matching import tables

N, S, C, O = (
    tables.Need,
    tables.Standing,
    tables.OutreachConsent,
    tables.OutreachOffer,
)
WHAT: Final = Text("告知", "offer")


async def known(
    session: AsyncSession, actor: Actor, category: str, today: date
) -> Sequence[Row[Any]]:
    """Residents of the caller's area and line with verified standing who do not use a category.

    One row each: pseudonym, the newest need that tells of them, its area and line, the kinds of
    standing, and whether they consented. Who was told before is left out.
    """
    kinds = func.array_agg(S.kind.distinct())
    other = N.__table__.alias("other")
    uses = select(other.c.id).where(
        other.c.resident == N.resident,
        other.c.category == category,
        other.c.status.not_in(("withdrawn",)),
    )
    told = select(O.id).where(O.resident == N.resident, O.category == category)
    newest = func.max(cast(N.id, String))  # ids grow with time
    statement = (
        select(
            N.resident,
            newest.label("need_id"),
            func.max(N.area_code).label("area_code"),
            func.max(N.line).label("line"),
            kinds.label("kinds"),
            func.bool_or(C.resident.is_not(None)).label("has_consent"),
        )
        .join(S, S.need_id == N.id)
        .outerjoin(C, (C.resident == N.resident) & C.withdrawn_at.is_(None))
        .where(
            N.resident.is_not(None),
            by_line(actor, N.area_code, N.line),
            S.verified_at.is_not(None),
            S.is_refused.is_(False),
            or_(S.expires_on.is_(None), S.expires_on >= today),
            ~uses.exists(),
            ~told.exists(),
        )
        .group_by(N.resident)
        .order_by(N.resident)
    )
    return (await session.execute(statement)).all()


def visible(actor: Actor) -> ColumnElement[bool]:
    """A resident's own; staff's within area and line."""
    return by_line(actor, O.area_code, O.line) | own(actor, O.resident)


async def page(
    session: AsyncSession, actor: Actor, *, after: tuple[str, UUID] | None, limit: int
) -> Sequence[tables.OutreachOffer]:
    """A page of offers by area and id; one more than `limit`."""
    statement = select(O).where(visible(actor))
    if after is not None:
        statement = statement.where(tuple_(O.area_code, O.id) > tuple_(*map(literal, after)))
    return (await session.scalars(statement.order_by(O.area_code, O.id).limit(limit + 1))).all()


async def own_offer(session: AsyncSession, actor: Actor, offer_id: UUID) -> tables.OutreachOffer:
    """A resident's own offer, locked."""
    statement = select(O).where(O.id == offer_id, own(actor, O.resident)).with_for_update()
    row = await session.scalar(statement)
    if row is None:
        raise NotFound(what=WHAT, key=offer_id)
    return row


async def consent(session: AsyncSession, resident: str) -> tables.OutreachConsent | None:
    """What a resident said last."""
    return await session.get(C, resident, with_for_update=True)
