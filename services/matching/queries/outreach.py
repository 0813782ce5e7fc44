"""Who may be told, what was offered, and consent.

An account raises needs for relatives too. Consent is given for oneself: only what somebody raised
for themself tells of them, and what is known of a relative neither entitles nor hides anybody.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, delete, func, literal, or_, select, tuple_
from sqlalchemy.dialects.postgresql import aggregate_order_by, distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import QueryableAttribute

from common.auth.actor import Actor
from common.contracts.matching import NeedStatus, RaisedBy
from common.contracts.matching_outreach import OfferAnswer
from common.errors import NotFound, Text
from common.scope import by_line, own
from matching import tables

N, P, S, C, O = (
    tables.Need,
    tables.Profile,
    tables.Standing,
    tables.OutreachConsent,
    tables.OutreachOffer,
)
WHAT: Final = Text("告知", "offer")
_UNDER_WAY: Final = (NeedStatus.OPEN, NeedStatus.REFERRED)
_FOR_ONESELF: Final = (RaisedBy.SELF, RaisedBy.OUTREACH)


async def known(
    session: AsyncSession, actor: Actor, category: str, today: date
) -> Sequence[Row[Any]]:
    """Residents who consented, of the caller's area and line, with verified standing.

    One row each: pseudonym, the newest need that tells of them, its area and line, the kinds of
    standing as they were found last, by whichever need of their own. Left out is who was told
    before, and who uses the category: waits for it, is referred or was served. What ended unmet or
    withdrawn served nobody.
    """
    kinds = func.array_agg(S.kind.distinct())
    later, theirs = S.__table__.alias("later"), N.__table__.alias("theirs")
    found_since = (
        select(later.c.kind)
        .join(theirs, theirs.c.id == later.c.need_id)
        .where(
            theirs.c.resident == N.resident,
            theirs.c.raised_by.in_(_FOR_ONESELF),
            later.c.kind == S.kind,
            later.c.verified_at > S.verified_at,
        )
    )
    told = select(O.id).where(O.resident == N.resident, O.category == category)
    statement = (
        select(
            N.resident,
            _of_the_newest(N.id).label("need_id"),
            _of_the_newest(N.area_code).label("area_code"),
            _of_the_newest(N.line).label("line"),
            kinds.label("kinds"),
        )
        .join(S, S.need_id == N.id)
        .join(C, (C.resident == N.resident) & C.withdrawn_at.is_(None))
        .where(
            by_line(actor, N.area_code, N.line),
            N.raised_by.in_(_FOR_ONESELF),
            _is_verified(today),
            ~found_since.exists(),
            ~_uses(category),
            ~told.exists(),
        )
        .group_by(N.resident)
        .order_by(N.resident)
    )
    return (await session.execute(statement)).all()


def _uses(category: str) -> ColumnElement[bool]:
    """Whether a resident waits for a category, is referred or was served, not a relative."""
    other = N.__table__.alias("other")
    uses = select(other.c.id).where(
        other.c.resident == N.resident,
        other.c.raised_by.in_(_FOR_ONESELF),
        other.c.category == category,
        or_(other.c.status.in_(_UNDER_WAY), other.c.served_at.is_not(None)),
    )
    return uses.exists()


async def consenting(session: AsyncSession, residents: Sequence[str]) -> set[str]:
    """Of some residents those who consent; none of them withdraws until the transaction ends."""
    statement = (
        select(C.resident)
        .where(C.resident.in_(residents), C.withdrawn_at.is_(None))
        .order_by(C.resident)
        .with_for_update(read=True)
    )
    return set(await session.scalars(statement))


def _of_the_newest(column: QueryableAttribute[Any]) -> ColumnElement[Any]:
    """What the newest need of a group says: ids grow with time."""
    all_of_them: ColumnElement[Any] = func.array_agg(aggregate_order_by(column, N.id.desc()))
    return all_of_them[1]


def _is_verified(today: date) -> ColumnElement[bool]:
    return and_(
        S.verified_at.is_not(None),
        S.is_refused.is_(False),
        or_(S.expires_on.is_(None), S.expires_on >= today),
    )


async def found_last(session: AsyncSession, resident: str) -> Sequence[tables.Standing]:
    """What somebody who looked found of a resident, each kind as their own needs had it last."""
    statement = (
        select(S)
        .join(N, N.id == S.need_id)
        .where(N.resident == resident, N.raised_by.in_(_FOR_ONESELF), S.verified_at.is_not(None))
        .ext(distinct_on(S.kind))
        .order_by(S.kind, S.verified_at.desc())
    )
    return (await session.scalars(statement)).all()


async def profile(session: AsyncSession, need_id: UUID) -> tables.Profile | None:
    """Who raised a need for themself; None where it is a relative's, or erased."""
    own_need = select(N.id).where(N.id == need_id, N.raised_by.in_(_FOR_ONESELF))
    found: tables.Profile | None = await session.scalar(select(P).where(P.need_id.in_(own_need)))
    return found


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


async def offer(session: AsyncSession, values: Mapping[str, Any]) -> UUID | None:
    """Keep an offer; None where another search has made it, or makes it now and finishes."""
    statement = insert(O).values(**values).on_conflict_do_nothing().returning(O.id)
    found: UUID | None = await session.scalar(statement)
    return found


async def own_offer(session: AsyncSession, actor: Actor, offer_id: UUID) -> tables.OutreachOffer:
    """A resident's own offer, locked."""
    statement = select(O).where(O.id == offer_id, own(actor, O.resident)).with_for_update()
    row = await session.scalar(statement)
    if row is None:
        raise NotFound(what=WHAT, key=offer_id)
    return row


async def consent(session: AsyncSession, resident: str) -> tables.OutreachConsent | None:
    """What a resident said last."""
    return await session.get(C, resident)


async def consent_locked(session: AsyncSession, resident: str) -> tables.OutreachConsent | None:
    """The same, until the transaction ends."""
    return await session.get(C, resident, with_for_update=True)


async def consent_first(session: AsyncSession, resident: str, now: datetime) -> bool:
    """Keep a resident's first consent; False where there is one, or one is being given."""
    values = {"resident": resident, "given_at": now}
    statement = insert(C).values(values).on_conflict_do_nothing().returning(C.resident)
    return await session.scalar(statement) is not None


async def drop_unanswered(session: AsyncSession, resident: str) -> int:
    """Take back what a resident was offered and has not answered; how many offers."""
    pending = (O.resident == resident) & (O.answer == OfferAnswer.PENDING)
    gone = await session.scalars(delete(O).where(pending).returning(O.id))
    return len(gone.all())


async def forget(
    session: AsyncSession, *, before: datetime, limit: int
) -> Sequence[tables.OutreachOffer]:
    """Erase offers that were answered, or made and never answered, so long ago; those erased."""
    old = (
        select(O.id)
        .where(O.updated_at < before)
        .order_by(O.updated_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    gone = await session.scalars(delete(O).where(O.id.in_(old.scalar_subquery())).returning(O))
    return gone.all()
