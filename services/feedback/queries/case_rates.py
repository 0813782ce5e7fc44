"""How a body's cases fare 响应率、解决率、满意率: answered in time, solved, to whose content.

As they are now, for superiors; for assessments as they stood when their period was released.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, insert, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts.feedback import CaseStatus
from feedback import tables
from feedback.domain.case_figures import CaseCell, CaseSubject, CaseSums
from feedback.domain.clocks import end_of

C: Final[Any] = tables.Case
F, L = tables.CaseFigure, tables.Release
_NOT_COUNTED: Final = (CaseStatus.HANDED_OVER, CaseStatus.DUPLICATE, CaseStatus.WITHDRAWN)
_CONFIRMED: Final = C.status == CaseStatus.CONFIRMED
_IN_TIME: Final = C.is_answered_in_time
_SENT_ON: Final = C.first_answered_at < C.reopened_at  # the first answer did not content
_SOLVED: Final = _CONFIRMED & C.confirmed_at.is_not(None)


class CaseRates(NamedTuple):
    """How many cases there are, and of how many something can be said."""

    cases: int
    due: int  # answered, or the deadline has passed: what is not due yet was not answered late
    in_time: int
    solved: int
    heard: int  # of whom the resident has said what came of it
    content: int  # solved at the first answer, as the resident says


async def rates_of(
    session: AsyncSession,
    which: ColumnElement[bool],
    from_on: date,
    until_on: date,
    *,
    now: datetime,
) -> CaseRates:
    """How cases fare that were received on some days; not those that others decide or nobody."""
    is_content = _CONFIRMED & func.coalesce(~_SENT_ON, true())
    statement = select(
        func.count(),
        func.count().filter(_is_due(now)),
        func.count().filter(_IN_TIME),
        func.count().filter(_SOLVED),
        func.count().filter(or_(_CONFIRMED, _SENT_ON)),
        func.count().filter(is_content),
    ).where(which, *_received(from_on, until_on))
    return CaseRates(*(await session.execute(statement)).one())


async def cells(
    session: AsyncSession, from_on: date, until_on: date, now: datetime
) -> list[CaseCell]:
    """The cases of a period by body, contract and venue, answered in time or not, solved or not.

    Not those that nobody has answered and that are not due by now: they are not late.
    """
    sort = func.coalesce(_IN_TIME, False), func.coalesce(_SOLVED, False)
    keys = (C.responsible_body_id, C.contract_id, C.venue_id, *sort)
    statement = (
        select(*keys, func.count())
        .where(
            or_(*(key.is_not(None) for key in keys[:3])),
            _is_due(now),
            *_received(from_on, until_on),
        )
        .group_by(*keys)
        .order_by(*keys)
    )
    return [CaseCell(*row) for row in await session.execute(statement)]


async def keep(
    session: AsyncSession, release_id: UUID, told: Mapping[CaseSubject, CaseSums]
) -> None:
    """Write down what a release holds of cases; it stays as it is."""
    rows = [
        {"release_id": release_id, "subject": each.kind, "key": each.key, **sums._asdict()}
        for each, sums in told.items()
    ]
    if rows:
        await session.execute(insert(F), rows)


async def told_of(
    session: AsyncSession, subject: str, subject_id: UUID, from_on: date, until_on: date
) -> CaseSums:
    """What the releases of some months hold of a subject's cases, together."""
    statement = (
        select(
            func.coalesce(func.sum(F.cases), 0),
            func.coalesce(func.sum(F.in_time), 0),
            func.coalesce(func.sum(F.solved), 0),
        )
        .join(L, L.id == F.release_id)
        .where(
            F.subject == subject,
            F.key == subject_id,
            L.from_on >= from_on,
            L.until_on <= until_on,
        )
    )
    return CaseSums(*(await session.execute(statement)).one())


def _is_due(now: datetime) -> ColumnElement[bool]:
    """Answered, or the deadline has passed; a clock that stands still passes none."""
    stands_still = C.status == CaseStatus.PAUSED
    has_passed = or_(C.overdue_at.is_not(None), and_(C.due_at <= now, ~stands_still))
    return or_(C.first_answered_at.is_not(None), has_passed)


def _received(from_on: date, until_on: date) -> Sequence[ColumnElement[bool]]:
    return (
        C.received_at >= end_of(from_on - timedelta(days=1)),
        C.received_at < end_of(until_on),
        C.status.not_in(_NOT_COUNTED),
    )
