"""The whole state of organisations with their ties, for feed and answer: one query per table."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Uuid, bindparam, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from common.contracts.registry.organisations import (
    Incubation,
    Organisation,
    OrganisationState,
    Residency,
)
from common.errors import NotFound
from registry import tables
from registry.queries.organisations import WHAT, O, shown

I, R = tables.Incubation, tables.Residency


async def state(session: AsyncSession, organisation_id: UUID) -> OrganisationState:
    """One organisation with its ties."""
    found = await states(session, [organisation_id])
    if organisation_id not in found:
        raise NotFound(what=WHAT, key=organisation_id)
    return found[organisation_id]


async def states(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, OrganisationState]:
    """Many organisations with incubations of both sides and residencies."""
    rows = list(await session.execute(_shown(), {"ids": ids}))
    incubations = await _incubations(session, ids)
    residencies = await _residencies(session, ids)
    return {
        row.id: OrganisationState(
            **Organisation.model_validate(row).model_dump(),
            incubated_by=[each for each in incubations[row.id] if each.incubated_id == row.id],
            incubates=[each for each in incubations[row.id] if each.incubator_id == row.id],
            residencies=residencies[row.id],
        )
        for row in rows
    }


async def _incubations(
    session: AsyncSession, ids: Sequence[UUID]
) -> defaultdict[UUID, list[Incubation]]:
    found: defaultdict[UUID, list[Incubation]] = defaultdict(list)
    for row in await session.execute(_ties(), {"ids": ids}):
        tie = Incubation.model_validate(row)
        found[tie.incubator_id].append(tie)
        found[tie.incubated_id].append(tie)
    return found


# Built once: making these statements anew took 40 % of a write's time in the service.
@cache
def _shown() -> Select[*tuple[Any, ...]]:
    return shown().where(O.id.in_(bindparam("ids", type_=Uuid, expanding=True)))


@cache
def _ties() -> Select[*tuple[Any, ...]]:
    incubator, incubated = aliased(O), aliased(O)
    ids = bindparam("ids", type_=Uuid, expanding=True)
    return (
        select(
            I.id,
            I.incubator_id,
            incubator.name.label("incubator_name"),
            I.incubated_id,
            incubated.name.label("incubated_name"),
            I.valid_from,
            I.valid_to,
        )
        .join(incubator, incubator.id == I.incubator_id)
        .join(incubated, incubated.id == I.incubated_id)
        .where(or_(I.incubated_id.in_(ids), I.incubator_id.in_(ids)))
        .order_by(I.valid_from, I.id)
    )


async def _residencies(
    session: AsyncSession, ids: Sequence[UUID]
) -> defaultdict[UUID, list[Residency]]:
    found: defaultdict[UUID, list[Residency]] = defaultdict(list)
    statement = select(R).where(R.organisation_id.in_(ids)).order_by(R.valid_from, R.id)
    for row in await session.scalars(statement):
        found[row.organisation_id].append(Residency.model_validate(row))
    return found


async def other_sides(session: AsyncSession, organisation_id: UUID) -> list[UUID]:
    """Organisations whose state tells this one's name: the other side of each incubation."""
    statement = select(I.incubator_id, I.incubated_id).where(
        or_(I.incubator_id == organisation_id, I.incubated_id == organisation_id)
    )
    pairs = await session.execute(statement)
    return [each for pair in pairs for each in pair if each != organisation_id]
