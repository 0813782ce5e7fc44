"""The ladder and the wage guide as they hold on a day, and the grades that people were given."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts.registry.people import Qualification
from common.errors import NotFound, Text
from registry import tables
from registry.domain.growth import Rung
from registry.queries.finding import chosen, holds

G, W, S = tables.CareerGrade, tables.Wage, tables.CareerStep
_GRADE: Final = Text("职级", "career grade")
_WAGE: Final = Text("薪酬指导", "line of the wage guide")


@dataclass(frozen=True, slots=True)
class Filters:
    """Which lines of the wage guide: in force on a day, in an area or around it, of a grade."""

    on: date
    area: str | None = None
    grade: str | None = None


async def grades(session: AsyncSession, on: date) -> Sequence[tables.CareerGrade]:
    """The ladder on a day, from its lowest rung."""
    return (await session.scalars(select(G).where(*_holds(G, on)).order_by(G.rank))).all()


async def rungs(session: AsyncSession, on: date) -> list[Rung]:
    """The same as the rules read it."""
    return [
        Rung(row.code, row.name, row.rank, row.years_below, _word(row.qualification))
        for row in await grades(session, on)
    ]


def _word(qualification: str | None) -> Qualification | None:
    return None if qualification is None else Qualification(qualification)


def _holds(table: Any, on: date) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return table.valid_from <= on, or_(table.valid_to.is_(None), table.valid_to > on)


async def grade_for_update(session: AsyncSession, grade_id: UUID) -> tables.CareerGrade:
    """A rung, locked until the transaction ends."""
    row = await session.get(G, grade_id, with_for_update=True)
    if row is None:
        raise NotFound(what=_GRADE, key=grade_id)
    return row


async def wages(
    session: AsyncSession, filters: Filters, *, after: UUID | None, limit: int
) -> Sequence[tables.Wage]:
    """A page of the wage guide, by id."""
    wanted = chosen((filters.area, partial(holds, W.area_code)), (filters.grade, W.grade.__eq__))
    statement = select(W).where(*_holds(W, filters.on), *wanted)
    if after is not None:
        statement = statement.where(W.id > after)
    return (await session.scalars(statement.order_by(W.id).limit(limit + 1))).all()


async def wage_for_update(session: AsyncSession, wage_id: UUID) -> tables.Wage:
    """A line, locked until the transaction ends."""
    row = await session.get(W, wage_id, with_for_update=True)
    if row is None:
        raise NotFound(what=_WAGE, key=wage_id)
    return row


async def steps(session: AsyncSession, person_id: UUID) -> Sequence[tables.CareerStep]:
    """The grades that somebody was given, the latest first."""
    statement = select(S).where(S.person_id == person_id).order_by(S.from_on.desc())
    return (await session.scalars(statement)).all()
