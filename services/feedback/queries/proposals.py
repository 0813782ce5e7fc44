"""Proposals: one, many, who supports them, and whether a published ballot names them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, case, exists, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor, is_area
from common.auth.permissions import Permission
from common.auth.pseudonym import Purpose
from common.auth.roles import Role
from common.contracts import feedback_proposals as contracts
from common.contracts.feedback_proposals import ProposalStatus as Status
from common.contracts.feedback_votes import VoteStatus
from common.contracts.shapes import SMALLEST_FIGURE
from common.errors import NotFound, Text
from common.scope import under
from feedback import tables
from feedback.queries.agendas import IN_FORCE

P, S = tables.Proposal, tables.ProposalSupport
WHAT: Final = Text("提案", "proposal")
_COMPUTED: Final = frozenset({"status", "words", "supporters", "supported_at", "is_mine"})


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of proposals is asked for."""

    area: str | None = None
    status: contracts.ProposalStatus | None = None
    category: str | None = None


async def page(
    session: AsyncSession, filters: Filters, *, by: Actor, after: UUID | None, limit: int
) -> Sequence[tables.Proposal]:
    """A page of proposals, oldest first; one row more than `limit` tells of a next page."""
    ways: list[ColumnElement[bool]] = []
    if filters.area is not None:
        ways.append(under(P.area_code, filters.area))
    if filters.status is not None:
        ways.append(_is_shown_as(filters.status, by))
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


async def carrier_of(session: AsyncSession, proposal_id: UUID) -> tables.Proposal:
    """The proposal that carries a proposal on: the end of its mergers, or itself."""
    chain = select(P.id, P.merged_into_id).where(P.id == proposal_id).cte(recursive=True)
    into = select(P.id, P.merged_into_id).join(chain, P.id == chain.c.merged_into_id)
    chain = chain.union_all(into)
    last = select(chain.c.id).where(chain.c.merged_into_id.is_(None)).scalar_subquery()
    row = await session.scalar(select(P).where(P.id == last))
    if row is None:
        raise NotFound(what=WHAT, key=proposal_id)
    return row


async def is_supported(session: AsyncSession, proposal_id: UUID, actor: Actor) -> bool:
    """Whether the caller is one of the residents who support a proposal."""
    if Role.RESIDENT not in actor.roles:
        return False
    name = actor.alias(Purpose.PROPOSALS)
    found = exists().where(S.proposal_id == proposal_id, S.supporter == name)
    return bool(await session.scalar(select(found)))


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


async def bound(
    session: AsyncSession, ids: Sequence[UUID], *, besides: UUID | None = None
) -> dict[UUID, str]:
    """The number of the vote or agenda, `besides` one with its own, that binds some proposals.

    A published ballot does, a choice of which no agenda was made yet, an agenda in force.
    """
    vote, option, result = tables.Vote, tables.VoteOption, tables.VoteResult
    agenda, item = tables.Agenda, tables.AgendaItem
    is_chosen = exists().where(
        result.vote_id == option.vote_id,
        result.number == option.number,
        result.position.is_not(None),
    )
    is_listed = exists().where(agenda.vote_id == vote.id)
    voted = (
        select(option.proposal_id, vote.number)
        .join(vote, vote.id == option.vote_id)
        .where(
            option.proposal_id.in_(ids),
            vote.id.is_distinct_from(besides),
            (vote.status == VoteStatus.PUBLISHED) | (is_chosen & ~is_listed),
        )
    )
    listed = (
        select(item.proposal_id, agenda.number)
        .join(agenda, agenda.id == item.agenda_id)
        .where(
            item.proposal_id.in_(ids),
            agenda.id.is_distinct_from(besides),
            agenda.vote_id.is_distinct_from(besides),
            agenda.status.in_(IN_FORCE),
        )
    )
    rows = (await session.execute(voted.union_all(listed))).all()
    return {row.proposal_id: row.number for row in rows}


async def tell(session: AsyncSession, now: datetime) -> int:
    """Tell how many support each proposal, in tens, and whether they are enough; of how many.

    All at once and once a day: a figure that moved with each supporter would tell of that one.
    """
    tens = P.supporters - P.supporters % SMALLEST_FIGURE
    is_reached = (
        P.supported_at.is_not(None)
        & P.supported_told_at.is_(None)
        & (P.supporters >= SMALLEST_FIGURE)
    )
    statement = (
        update(P)
        .where((P.supporters_told < tens) | is_reached)
        .values(
            supporters_told=tens,
            supported_told_at=case((is_reached, now), else_=P.supported_told_at),
        )
        .returning(P.id)
    )
    options = {"synchronize_session": False}
    return len((await session.scalars(statement, execution_options=options)).all())


def shown(row: tables.Proposal, actor: Actor) -> contracts.Proposal:
    """A proposal as it is answered: under no name, its supporters as they were told.

    What was withdrawn says nothing any more, but to who wrote it.
    That they are enough is seen at once by those who must decide, by others once it is told.
    """
    names = set(contracts.Proposal.model_fields) - _COMPUTED
    values: dict[str, Any] = {name: getattr(row, name) for name in names}
    sees_now = actor.may(Permission.PROPOSAL_ASSESS) and actor.covers(row.area_code)
    reached_at = row.supported_at if sees_now else row.supported_told_at
    is_untold = row.status == Status.SUPPORTED and reached_at is None
    is_mine = Role.RESIDENT in actor.roles and row.proposer == actor.alias(Purpose.PROPOSALS)
    return contracts.Proposal(
        **values,
        words=row.words if is_mine or row.status != Status.WITHDRAWN else None,
        status=Status.PROPOSED if is_untold else Status(row.status),
        supporters=row.supporters_told or None,
        supported_at=reached_at,
        is_mine=is_mine,
    )


def _is_shown_as(status: Status, actor: Actor) -> ColumnElement[bool]:
    """The same in SQL: as what `shown` tells a proposal."""
    sees_now = actor.may(Permission.PROPOSAL_ASSESS) and is_area(actor.area)
    is_untold = (P.status == Status.SUPPORTED) & P.supported_told_at.is_(None)
    if sees_now:
        is_untold &= ~under(P.area_code, str(actor.area))
    if status is Status.PROPOSED:
        return (P.status == status) | is_untold
    if status is Status.SUPPORTED:
        return (P.status == status) & ~is_untold
    return P.status == status
