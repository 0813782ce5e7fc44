"""Votes: one, many, their options and results as everybody sees them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Integer,
    Uuid,
    and_,
    bindparam,
    func,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.contracts import feedback_votes as contracts
from common.errors import NotFound, Text
from common.scope import area_given, area_ways, by_area, reach_given, reach_ways
from common.spelt import Shapes, belonging
from feedback import tables
from feedback.domain import votes as rules
from feedback.queries import outcomes
from feedback.queries.outcomes import CameOf

V, Option, R, D = tables.Vote, tables.VoteOption, tables.VoteResult, tables.VoteDispute
P = tables.Proposal
WHAT: Final = Text("票决", "vote")
# An option is called as its proposal is now: while a ballot binds it that is what was frozen, and
# afterwards what was redacted is told no more.
_OPTIONS: Final = belonging(
    select(Option.number, Option.proposal_id, P.title, Option.category, Option.cost_fen)
    .add_columns(R.votes, R.position, R.reason_zh, R.reason_en)
    .select_from(Option)
    .join(P, P.id == Option.proposal_id)
    .outerjoin(R, (R.vote_id == Option.vote_id) & (R.number == Option.number))
    .where(Option.vote_id == V.id)
    .order_by(Option.number)
)
_DISPUTES: Final = belonging(
    select(D.disputed_at, D.reason, D.settled_at, D.settlement)
    .where(D.vote_id == V.id)
    .order_by(D.disputed_at)
)
_COMPUTED: Final = frozenset({"tie_break", "is_open", "options", "agenda_id", "disputes"})
_KEPT: Final = [name for name in contracts.Vote.model_fields if name not in _COMPUTED]
_PUBLISHED: Final = V.status != contracts.VoteStatus.DRAFT
_OPEN_AT: Final = bindparam("open_at", type_=DateTime(timezone=True))
_PAGE: Final = Shapes(
    select(*(getattr(V, name) for name in _KEPT))
    .add_columns(_OPTIONS.label("listed"), outcomes.BOUGHT.label("bought"))
    .add_columns(_DISPUTES.label("disputes"))
    .order_by(V.id)
    .limit(bindparam("size", type_=Integer))
    .where,
    ids=V.id == func.any(bindparam("ids", type_=ARRAY(Uuid))),
    **reach_ways(_PUBLISHED, V.area_code),
    **area_ways(V.area_code),
    status=V.status == bindparam("status"),
    open_at=and_(
        V.status == contracts.VoteStatus.PUBLISHED, V.opens_at <= _OPEN_AT, V.closes_at > _OPEN_AT
    ),
    after=V.id > bindparam("after"),
)


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of votes is asked for."""

    area: str | None = None
    status: contracts.VoteStatus | None = None
    open_at: datetime | None = None


def visible(actor: Actor) -> ColumnElement[bool]:
    """What is published, to everybody; drafts to the staff of their area."""
    return or_(_PUBLISHED, by_area(actor, V.area_code))


async def page(
    session: AsyncSession, actor: Actor, filters: Filters, *, after: UUID | None, limit: int
) -> Sequence[Any]:
    """A page of votes, oldest first; one row more than `limit` tells of a next page."""
    return await _PAGE.found(
        session,
        **reach_given(actor),
        **area_given(filters.area),
        status=filters.status,
        open_at=filters.open_at,
        after=after,
        size=limit + 1,
    )


async def seen(session: AsyncSession, actor: Actor, vote_id: UUID) -> tables.Vote:
    """One vote that the caller may see."""
    row = await session.scalar(select(V).where(V.id == vote_id, visible(actor)))
    if row is None:
        raise NotFound(what=WHAT, key=vote_id)
    return row


async def found(session: AsyncSession, vote_id: UUID, *, lock: bool = False) -> tables.Vote:
    """One vote; locked until the transaction ends when it is to be changed."""
    statement = select(V).where(V.id == vote_id)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    row = await session.scalar(statement)
    if row is None:
        raise NotFound(what=WHAT, key=vote_id)
    return row


async def steady(session: AsyncSession, vote_id: UUID) -> tables.Vote:
    """One vote that nobody counts or ends before this transaction does; others may hold it, too.

    For what a count reads without an urn's lock: who has taken paper, and what sheets say.
    """
    statement = select(V).where(V.id == vote_id).with_for_update(read=True)
    row = await session.scalar(statement.execution_options(populate_existing=True))
    if row is None:
        raise NotFound(what=WHAT, key=vote_id)
    return row


async def options_on(session: AsyncSession, vote_id: UUID) -> int:
    """How many options stand on the ballot."""
    statement = select(func.count()).select_from(Option).where(Option.vote_id == vote_id)
    return int(await session.scalar(statement) or 0)


async def options_of(
    session: AsyncSession, vote_ids: Sequence[UUID]
) -> Mapping[UUID, Sequence[tables.VoteOption]]:
    """The options of votes in the order of the ballot."""
    rows = await session.scalars(
        select(Option).where(Option.vote_id.in_(vote_ids)).order_by(Option.number)
    )
    found: dict[UUID, list[tables.VoteOption]] = {vote_id: [] for vote_id in vote_ids}
    for row in rows:
        found[row.vote_id].append(row)
    return found


async def titles_of(session: AsyncSession, vote_id: UUID) -> dict[int, str]:
    """What the options are called now, by ballot number."""
    titles = select(Option.number, P.title).join(P, P.id == Option.proposal_id)
    rows = await session.execute(titles.where(Option.vote_id == vote_id))
    return {row.number: row.title for row in rows}


async def with_proposal(session: AsyncSession, proposal_id: UUID) -> list[UUID]:
    """The votes, published or over, on whose ballot a proposal stands; the oldest first."""
    statement = (
        select(V.id)
        .join(Option, Option.vote_id == V.id)
        .where(Option.proposal_id == proposal_id, V.status != contracts.VoteStatus.DRAFT)
        .order_by(V.id)
    )
    return [*await session.scalars(statement)]


async def results_of(
    session: AsyncSession, vote_ids: Sequence[UUID]
) -> Mapping[tuple[UUID, int], tables.VoteResult]:
    """What the counts say, by vote and ballot number."""
    rows = await session.scalars(select(R).where(R.vote_id.in_(vote_ids)))
    return {(row.vote_id, row.number): row for row in rows}


async def one(
    session: AsyncSession, vote_id: UUID, *, now: datetime, language: str = "zh"
) -> contracts.Vote:
    """A vote as it is answered."""
    rows = await _PAGE.found(session, ids=[vote_id], size=1)
    return (await shown(session, rows, now=now, language=language))[0]


async def shown(
    session: AsyncSession, rows: Sequence[Any], *, now: datetime, language: str = "zh"
) -> list[contracts.Vote]:
    """The votes of a page as they are answered: options, results and what came of them."""
    came = await outcomes.came_of(session, [row for row in rows if row.counted_at])
    found = []
    for row in rows:
        values: dict[str, Any] = {name: getattr(row, name) for name in _KEPT}
        listed = [_option(each, came.get(row.id), language) for each in row.listed]
        is_open = rules.is_open(row.status, row.opens_at, row.closes_at, now)
        tie_break = rules.TIE_BREAK.within(language)
        agenda_id = came[row.id].agenda_id if row.id in came else None
        values["disputes"] = [contracts.SettledDispute.model_validate(d) for d in row.disputes]
        computed = {"is_open": is_open, "tie_break": tie_break, "agenda_id": agenda_id}
        found.append(contracts.Vote(**values, **computed, options=listed))
    return found


def _option(row: Any, came: CameOf | None, language: str) -> contracts.VoteOption:
    told = row.reason_zh is not None
    return contracts.VoteOption(
        number=row.number,
        proposal_id=row.proposal_id,
        title=row.title,
        category=row.category,
        cost_fen=row.cost_fen,
        votes=row.votes,
        position=row.position,
        reason=Text(row.reason_zh, row.reason_en).within(language) if told else None,
        outcome=came.outcomes.get(row.proposal_id) if came else None,
        ratings=came.ratings.get(row.proposal_id, []) if came else [],
    )
