"""Challenges and complaints that are past their deadline, for who stands above."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, literal, select, tuple_, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from common.auth.actor import Actor
from common.contracts.procurement_challenges import ChallengeStep, Overdue, OverdueKind
from common.scope import by_area
from procurement import tables

C, P, T = tables.Challenge, tables.SupplierComplaint, tables.Tender
OPEN = ChallengeStep.OPEN.value


async def page(
    session: AsyncSession, actor: Actor, today: date, *, after: tuple[date, UUID] | None, limit: int
) -> Sequence[Overdue]:
    """A page of what is overdue in the caller's area, longest overdue first, and one more."""
    rows = await session.execute(statement(actor, today, after=after, limit=limit))
    return [Overdue(**row._mapping, days_late=(today - row.due_on).days) for row in rows]


def statement(
    actor: Actor, today: date, *, after: tuple[date, UUID] | None, limit: int
) -> Select[Any]:
    """The page as it is asked: of each kind as many as fit, each along its index."""
    kinds = (
        _overdue(OverdueKind.CHALLENGE, C, C.answer_due_on),
        _overdue(OverdueKind.COMPLAINT, P, P.decision_due_on),
    )
    parts = []
    for found, due_on, key in kinds:
        part = found.where(due_on < today, by_area(actor, T.area_code))
        if after is not None:
            part = part.where(tuple_(due_on, key) > tuple_(*map(literal, after)))
        parts.append(part.order_by(due_on, key).limit(limit + 1).subquery().select())
    both = union_all(*parts).subquery()
    return select(both).order_by(both.c.due_on, both.c.id).limit(limit + 1)


def _overdue(
    kind: OverdueKind,
    table: type[tables.Challenge] | type[tables.SupplierComplaint],
    due_on: InstrumentedAttribute[date],
) -> tuple[Select[Any], InstrumentedAttribute[date], InstrumentedAttribute[UUID]]:
    columns: tuple[Any, ...] = (
        *(literal(kind.value).label("kind"), table.id, table.tender_id, T.buyer_id, T.area_code),
        *(table.filed_at, due_on.label("due_on")),
    )
    found = select(*columns).join(T, T.id == table.tender_id)
    return found.where(table.step == literal(OPEN, literal_execute=True)), due_on, table.id
