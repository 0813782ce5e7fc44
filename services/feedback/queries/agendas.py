"""Agendas: one, many, their items, their state for the feed."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts import feedback as words
from common.contracts import feedback_agendas as contracts
from common.errors import NotFound, Text
from common.scope import under
from feedback import tables
from feedback.domain.votes import TIE_BREAK

A, I, V, P = tables.Agenda, tables.AgendaItem, tables.Vote, tables.Proposal
WHAT: Final = Text("议题清单", "agenda")
_STATE: Final = frozenset(words.Agenda.model_fields) - {"items", "tie_break"}
_CASE: Final = frozenset(contracts.AgendaCase.model_fields) - {"items", "tie_break"}
IN_FORCE: Final = (words.AgendaStatus.PUBLISHED, words.AgendaStatus.DELIVERED)
RESOLVED: Final = Text("由会议决议产生", "decided by resolution")


async def page(
    session: AsyncSession,
    *,
    area: str | None,
    status: words.AgendaStatus | None,
    after: UUID | None,
    limit: int,
) -> Sequence[tables.Agenda]:
    """A page of agendas, oldest first; one row more than `limit` tells of a next page."""
    ways: list[ColumnElement[bool]] = []
    if area is not None:
        ways.append(under(A.area_code, area))
    if status is not None:
        ways.append(A.status == status)
    if after is not None:
        ways.append(A.id > after)
    return (await session.scalars(select(A).where(*ways).order_by(A.id).limit(limit + 1))).all()


async def found(session: AsyncSession, agenda_id: UUID, *, lock: bool = False) -> tables.Agenda:
    """One agenda; locked until the transaction ends when it is to be changed."""
    statement = select(A).where(A.id == agenda_id)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    row = await session.scalar(statement)
    if row is None:
        raise NotFound(what=WHAT, key=agenda_id)
    return row


async def hold_vote(session: AsyncSession, agenda_id: UUID) -> None:
    """Hold the vote of an agenda before the agenda itself, as who publishes one of a vote does.

    Another agenda of that vote, by its foreign key, takes the same lock too late.
    """
    of_it = select(V.id).join(A, A.vote_id == V.id).where(A.id == agenda_id)
    await session.execute(of_it.with_for_update(read=True, key_share=True, of=V))


async def gave_back(session: AsyncSession, vote_id: UUID) -> bool:
    """Whether a vote holds no money any more: it had agendas, and the last one was withdrawn.

    Whoever is withdrawing one right now is waited for.
    """
    of_vote = select(A.status).where(A.vote_id == vote_id).with_for_update(read=True)
    statuses = {*await session.scalars(of_vote)}
    return bool(statuses) and statuses.isdisjoint(IN_FORCE)


async def unsettled(session: AsyncSession, ids: Sequence[UUID]) -> Sequence[tables.Agenda]:
    """Those of some agendas in force that are not delivered, or whose cost is not known yet.

    Locked in the order of ids.
    """
    statement = (
        select(A)
        .where(A.id.in_(ids), A.status.in_(IN_FORCE))
        .where(or_(A.status == words.AgendaStatus.PUBLISHED, A.spent_fen.is_(None)))
        .order_by(A.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return (await session.scalars(statement)).all()


async def items_of(
    session: AsyncSession, agenda_ids: Sequence[UUID]
) -> Mapping[UUID, list[tables.AgendaItem]]:
    """The items of agendas in their order."""
    statement = select(I).where(I.agenda_id.in_(agenda_ids)).order_by(I.agenda_id, I.position)
    found: dict[UUID, list[tables.AgendaItem]] = {agenda_id: [] for agenda_id in agenda_ids}
    for row in await session.scalars(statement):
        found[row.agenda_id].append(row)
    return found


async def _told_items(
    session: AsyncSession, agenda_ids: Sequence[UUID]
) -> Mapping[UUID, list[words.AgendaItem]]:
    """The items of agendas in their order, as they are told: each called as its proposal is now.

    While an agenda binds it that is what was decided on; afterwards what was redacted is told no
    more.
    """
    statement = (
        select(I, P.title)
        .join(P, P.id == I.proposal_id)
        .where(I.agenda_id.in_(agenda_ids))
        .order_by(I.agenda_id, I.position)
    )
    found: dict[UUID, list[words.AgendaItem]] = {agenda_id: [] for agenda_id in agenda_ids}
    for item, title in await session.execute(statement):
        told = words.AgendaItem.model_validate(item)
        found[item.agenda_id].append(told.model_copy(update={"title": title}))
    return found


async def with_proposal(session: AsyncSession, proposal_id: UUID) -> Sequence[UUID]:
    """The agendas, in force or not, on which a proposal stands."""
    statement = select(I.agenda_id).where(I.proposal_id == proposal_id).order_by(I.agenda_id)
    return (await session.scalars(statement)).all()


async def items_in_force(session: AsyncSession, proposal_id: UUID) -> list[words.AgendaItem]:
    """A proposal's items on agendas in force, the oldest first."""
    statement = (
        select(I)
        .join(A, A.id == I.agenda_id)
        .where(I.proposal_id == proposal_id, A.status.in_(IN_FORCE))
        .order_by(I.id)
    )
    return [words.AgendaItem.model_validate(row) for row in await session.scalars(statement)]


async def shown(session: AsyncSession, rows: Sequence[tables.Agenda]) -> list[contracts.AgendaCase]:
    """Agendas as they are answered."""
    items = await _told_items(session, [row.id for row in rows])
    return [contracts.AgendaCase(**_values(row, _CASE, items[row.id])) for row in rows]


async def states(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, words.Agenda]:
    """The feed's states."""
    rows = (await session.scalars(select(A).where(A.id.in_(ids)))).all()
    items = await _told_items(session, [row.id for row in rows])
    return {row.id: words.Agenda(**_values(row, _STATE, items[row.id])) for row in rows}


def _values(
    row: tables.Agenda, names: frozenset[str], items: Sequence[words.AgendaItem]
) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(row, name) for name in names}
    tie_break = RESOLVED if row.vote_id is None else TIE_BREAK
    return values | {
        "tie_break": tie_break.zh,
        "items": items,
    }
