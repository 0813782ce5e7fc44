"""Proposals: one, many, who supports them, and whether a published ballot names them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.auth.pseudonym import Purpose
from common.auth.roles import Role
from common.contracts import feedback_proposals as contracts
from common.contracts.feedback_votes import VoteStatus
from common.contracts.shapes import SMALLEST_FIGURE
from common.errors import NotFound, Text
from common.scope import under
from feedback import tables

P, S = tables.Proposal, tables.ProposalSupport
WHAT: Final = Text("提案", "proposal")
_COMPUTED: Final = frozenset({"supporters", "is_mine"})


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of proposals is asked for."""

    area: str | None = None
    status: contracts.ProposalStatus | None = None
    category: str | None = None


async def page(
    session: AsyncSession, filters: Filters, *, after: UUID | None, limit: int
) -> Sequence[tables.Proposal]:
    """A page of proposals, oldest first; one row more than `limit` tells of a next page."""
    ways: list[ColumnElement[bool]] = []
    if filters.area is not None:
        ways.append(under(P.area_code, filters.area))
    if filters.status is not None:
        ways.append(P.status == filters.status)
    if filters.category is not None:
        ways.append(P.category == filters.category)
    if after is not None:
        ways.append(P.id > after)
    return (await session.scalars(select(P).where(*ways).order_by(P.id).limit(limit + 1))).all()


async def found(session: AsyncSession, proposal_id: UUID, *, lock: bool = False) -> tables.Proposal:
    """One proposal; locked until the transaction ends when it is to be changed."""
    statement = select(P).where(P.id == proposal_id)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    row = await session.scalar(statement)
    if row is None:
        raise NotFound(what=WHAT, key=proposal_id)
    return row


async def many(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, tables.Proposal]:
    """Proposals by id, locked in the order of ids."""
    statement = select(P).where(P.id.in_(ids)).order_by(P.id).with_for_update()
    rows = await session.scalars(statement.execution_options(populate_existing=True))
    return {row.id: row for row in rows}


async def add_support(session: AsyncSession, proposal_id: UUID, supporter: str) -> bool:
    """Write a supporter down; False when that was done before."""
    statement = (
        insert(S)
        .values(proposal_id=proposal_id, supporter=supporter)
        .on_conflict_do_nothing()
        .returning(S.proposal_id)
    )
    return (await session.execute(statement)).first() is not None


async def take_supporters(session: AsyncSession, from_id: UUID, into_id: UUID) -> int:
    """Let the supporters of one proposal support another; how many support that one now."""
    copied = select(literal(into_id, Uuid), S.supporter).where(S.proposal_id == from_id)
    await session.execute(
        insert(S).from_select(["proposal_id", "supporter"], copied).on_conflict_do_nothing()
    )
    counted = select(func.count()).select_from(S).where(S.proposal_id == into_id)
    return int(await session.scalar(counted) or 0)


async def ballot_of(session: AsyncSession, proposal_id: UUID) -> str | None:
    """The number of the published vote whose ballot names the proposal."""
    vote, option = tables.Vote, tables.VoteOption
    number: str | None = await session.scalar(
        select(vote.number)
        .join(option, option.vote_id == vote.id)
        .where(option.proposal_id == proposal_id, vote.status == VoteStatus.PUBLISHED)
        .limit(1)
    )
    return number


def shown(row: tables.Proposal, actor: Actor) -> contracts.Proposal:
    """A proposal as it is answered: under no name, few supporters untold."""
    names = set(contracts.Proposal.model_fields) - _COMPUTED
    values: dict[str, Any] = {name: getattr(row, name) for name in names}
    is_told = row.supporters == 0 or row.supporters >= SMALLEST_FIGURE
    return contracts.Proposal(
        **values,
        supporters=row.supporters if is_told else None,
        is_mine=Role.RESIDENT in actor.roles and row.proposer == actor.alias(Purpose.PROPOSALS),
    )
