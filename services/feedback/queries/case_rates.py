"""How a body's cases fare 响应率、解决率、满意率: answered in time, solved, to whose content."""

from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts.feedback import CaseStatus
from feedback import tables
from feedback.domain.clocks import end_of

C: Final[Any] = tables.Case
_NOT_COUNTED: Final = (CaseStatus.HANDED_OVER, CaseStatus.DUPLICATE, CaseStatus.WITHDRAWN)
_CONFIRMED: Final = C.status == CaseStatus.CONFIRMED


class CaseRates(NamedTuple):
    """How many cases there are, and of how many something can be said."""

    cases: int
    in_time: int
    solved: int
    heard: int  # of whom the resident has said what came of it
    content: int  # solved at the first answer, as the resident says


async def rates_of(
    session: AsyncSession, which: ColumnElement[bool], from_on: date, until_on: date
) -> CaseRates:
    """How cases fare that were received on some days; not those that others decide or nobody."""
    first_time = _CONFIRMED & C.reopened_at.is_(None)
    statement = select(
        func.count(),
        func.count().filter(func.least(C.answered_at, C.fixed_at) < C.due_at),
        func.count().filter(_CONFIRMED, C.confirmed_at.is_not(None)),
        func.count().filter(or_(_CONFIRMED, C.reopened_at.is_not(None))),
        func.count().filter(first_time),
    ).where(
        which,
        C.received_at >= end_of(from_on - timedelta(days=1)),
        C.received_at < end_of(until_on),
        C.status.not_in(_NOT_COUNTED),
    )
    return CaseRates(*(await session.execute(statement)).one())
