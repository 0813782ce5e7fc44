"""Collective needs: what everybody may see, what staff and claimants see, the feed's states."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.auth.roles import Role
from common.contracts.matching import CollectiveNeed, CollectiveNeedStatus
from common.contracts.matching_collective import CollectiveNeedCase
from common.errors import NotFound, Text
from common.scope import by_area, under
from matching import tables
from matching.domain.collective_needs import published_persons

C = tables.CollectiveNeed
WHAT: Final = Text("共性需求", "collective need")
_STATE: Final = tuple(CollectiveNeed.model_fields)
_INSIDE: Final = (
    *("description", "estate_id", "evidence", "claim_note", "outcome_note", "version"),
)


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of collective needs is asked for."""

    area: str | None = None
    status: CollectiveNeedStatus | None = None
    category: str | None = None
    claimed_by_id: UUID | None = None


def shown(row: tables.CollectiveNeed) -> CollectiveNeed:
    """What everybody may see: a figure on few people is withheld, a name written for inside too."""
    facts = _facts(row, _STATE)
    return CollectiveNeed.model_validate(facts if row.is_title_public else facts | {"title": None})


def case(row: tables.CollectiveNeed) -> CollectiveNeedCase:
    """What staff of the area and the claimant see."""
    facts = _facts(row, (*_STATE, *_INSIDE)) | {"persons_exactly": row.persons}
    return CollectiveNeedCase.model_validate(facts)


def _facts(row: tables.CollectiveNeed, names: Sequence[str]) -> dict[str, Any]:
    facts = {name: getattr(row, name) for name in names}
    return facts | {"persons": published_persons(row.persons)}


async def page(
    session: AsyncSession,
    filters: Filters,
    *,
    after: tuple[str, UUID] | None,
    limit: int,
) -> Sequence[tables.CollectiveNeed]:
    """A page by area and id; one row more than `limit` tells of a next page."""
    statement = select(C)
    for column, value in (
        (C.status, filters.status),
        (C.category, filters.category),
        (C.claimed_by_id, filters.claimed_by_id),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if filters.area is not None:
        statement = statement.where(under(C.area_code, filters.area))
    if after is not None:
        statement = statement.where(tuple_(C.area_code, C.id) > tuple_(*map(literal, after)))
    statement = statement.order_by(C.area_code, C.id).limit(limit + 1)
    return (await session.scalars(statement)).all()


async def found(session: AsyncSession, need_id: UUID) -> tables.CollectiveNeed:
    """One collective need."""
    return await _one(session, need_id, C.id == need_id)


async def inside(session: AsyncSession, actor: Actor, need_id: UUID) -> tables.CollectiveNeed:
    """One collective need of the caller's area, or that the caller's unit has claimed."""
    mine: list[ColumnElement[bool]] = [by_area(actor, C.area_code)]
    if Role.PROVIDER in actor.roles and actor.org is not None:
        mine.append(C.claimed_by_id == actor.org)
    return await _one(session, need_id, C.id == need_id, or_(*mine))


async def for_update(session: AsyncSession, need_id: UUID) -> tables.CollectiveNeed:
    """A collective need, locked until the transaction ends."""
    row = await session.scalar(select(C).where(C.id == need_id).with_for_update())
    if row is None:
        raise NotFound(what=WHAT, key=need_id)
    return row


async def answered_by(session: AsyncSession, pledge_id: UUID) -> str | None:
    """The number of the need that a pledge was claimed for, if it was; the pledge is held."""
    found: str | None = await session.scalar(select(C.number).where(C.pledge_id == pledge_id))
    return found


async def _one(
    session: AsyncSession, need_id: UUID, *conditions: ColumnElement[bool]
) -> tables.CollectiveNeed:
    row = await session.scalar(select(C).where(*conditions))
    if row is None:
        raise NotFound(what=WHAT, key=need_id)
    return row


async def states(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, CollectiveNeed]:
    """The feed's states."""
    rows = await session.scalars(select(C).where(C.id.in_(ids)))
    return {row.id: shown(row) for row in rows}
