"""Awards: of a purchase, of a supplier; who is in a framework and who has left it."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.contracts.procurement_panels import AwardStatus
from common.contracts.procurement_tenders import TenderStep
from common.errors import NotFound, Text
from common.scope import by_area
from procurement import tables

A = tables.Award
WHAT: Final = Text("成交结果", "award")
LIVE: Final = (AwardStatus.PENDING, AwardStatus.ACTIVE)


async def live(session: AsyncSession, tender_id: UUID) -> Sequence[tables.Award]:
    """The awards of a purchase that stand, by rank, locked."""
    statement = select(A).where(A.tender_id == tender_id, A.status.in_(LIVE)).order_by(A.rank)
    return (await session.scalars(statement.with_for_update())).all()


async def awarded(session: AsyncSession, row: tables.Tender) -> set[UUID]:
    """Who was awarded a purchase after its present evaluation, whatever came of it."""
    statement = select(A.supplier_id).where(A.tender_id == row.id, A.round == row.round)
    return set(await session.scalars(statement))


async def members(session: AsyncSession, framework_id: UUID) -> Sequence[tables.Award]:
    """Who is in a framework in the order of their ranks, then those of its top-ups."""
    statement = select(A).where(
        _of_framework(framework_id), A.is_shared, A.status == AwardStatus.ACTIVE
    )
    return (await session.scalars(statement.order_by(A.tender_id, A.rank, A.id))).all()


async def shortlisted(session: AsyncSession, framework_id: UUID) -> int:
    """How many entered a framework, whether they are still in it or not."""
    statement = select(func.count(A.supplier_id.distinct())).where(
        _of_framework(framework_id), A.is_shared, A.announced_at.is_not(None)
    )
    return int(await session.scalar(statement) or 0)


async def is_topped_up(session: AsyncSession, framework_id: UUID) -> bool:
    """Whether a top-up of a framework is under way."""
    t = tables.Tender
    over = (TenderStep.ANNOUNCED, TenderStep.UNSUCCESSFUL, TenderStep.CANCELLED)
    statement = select(t.id).where(t.top_up_of_id == framework_id, t.step.not_in(over)).limit(1)
    return await session.scalar(statement) is not None


def _of_framework(framework_id: UUID) -> ColumnElement[bool]:
    top_ups = select(tables.Tender.id).where(tables.Tender.top_up_of_id == framework_id)
    return or_(A.tender_id == framework_id, A.tender_id.in_(top_ups))


async def added_fen(session: AsyncSession, contract_id: UUID, *, but: UUID | None = None) -> int:
    """What purchases have added to a locked contract, `but` for one of them."""
    t = tables.Tender
    statement = (
        select(func.coalesce(func.sum(A.value_fen), 0))
        .join(t, t.id == A.tender_id)
        .where(
            *(t.original_contract_id == contract_id, t.id.is_distinct_from(but)),
            A.status.in_(LIVE),
        )
    )
    return int(await session.scalar(statement) or 0)


async def removed(session: AsyncSession, framework_id: UUID, supplier_id: UUID) -> bool:
    """Whether a supplier has been removed from a framework; awards are taken back for more."""
    statement = select(A.id).where(
        _of_framework(framework_id), A.supplier_id == supplier_id, A.removed_at.is_not(None)
    )
    return await session.scalar(statement.limit(1)) is not None


async def call_offs(session: AsyncSession, framework_id: UUID) -> Mapping[UUID, int]:
    """How many contracts each supplier of a framework was given."""
    statement = (
        select(A.supplier_id, func.count())
        .where(A.framework_id == framework_id, A.status.in_(LIVE))
        .group_by(A.supplier_id)
    )
    return {row[0]: row[1] for row in await session.execute(statement)}


async def page(
    session: AsyncSession,
    actor: Actor,
    *,
    tender_id: UUID | None,
    supplier_id: UUID | None,
    after: UUID | None,
    limit: int,
) -> Sequence[tables.Award]:
    """A page of published awards, newest first; pending ones for those who decide them."""
    statement = select(A).join(tables.Tender, tables.Tender.id == A.tender_id).where(_told(actor))
    if tender_id is not None:
        statement = statement.where(A.tender_id == tender_id)
    if supplier_id is not None:
        statement = statement.where(A.supplier_id == supplier_id)
    if after is not None:
        statement = statement.where(A.id < after)
    return (await session.scalars(statement.order_by(A.id.desc()).limit(limit + 1))).all()


async def found(session: AsyncSession, actor: Actor, award_id: UUID) -> tables.Award:
    """One award that the caller may see."""
    statement = select(A).join(tables.Tender, tables.Tender.id == A.tender_id)
    row = await session.scalar(statement.where(A.id == award_id, _told(actor)))
    if row is None:
        raise NotFound(what=WHAT, key=award_id)
    return row


def _told(actor: Actor) -> ColumnElement[bool]:
    return or_(A.announced_at.is_not(None), by_area(actor, tables.Tender.area_code))
