"""Pots: the row of a document, made when it is first cited and locked before more is held."""

from collections.abc import Sequence
from typing import Final, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select, union
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.auth.roles import ActorKind
from common.contracts import feedback_pots as contracts
from common.contracts.feedback_votes import VoteStatus
from common.errors import NotFound, Text
from feedback import tables
from feedback.domain.pots import spelt

P, C, W = tables.Pot, tables.PotCorrection, tables.PotWish
V, A = tables.Vote, tables.Agenda
WHAT: Final = Text("批准资金的文件", "pot")
Said = TypeVar("Said", contracts.Correction, contracts.CorrectionAsked)


async def documents(session: AsyncSession, approved_by_id: UUID) -> Sequence[str]:
    """The documents of a body that anything has cited, oldest spelling first."""
    statement = select(P.document).where(P.approved_by_id == approved_by_id)
    return (await session.scalars(statement.order_by(P.approved_on, P.document))).all()


async def locked(session: AsyncSession, cited: tables.Vote | tables.Agenda) -> tables.Pot:
    """The pot that a vote or an agenda cites; who comes second waits for the first."""
    key = {"approved_by_id": cited.pot_approved_by_id, "document": cited.pot_document}
    total = cited.pot_total_fen or cited.pot_fen
    made = {**key, "approved_on": cited.pot_approved_on, "total_fen": total, "held_fen": 0}
    await session.execute(insert(P).values(made).on_conflict_do_nothing())
    statement = select(P).filter_by(**key).with_for_update()
    return (await session.scalars(statement.execution_options(populate_existing=True))).one()


async def found(session: AsyncSession, pot_id: UUID, *, lock: bool = False) -> tables.Pot:
    """One pot; locked until the transaction ends when its total is to be corrected."""
    statement = select(P).where(P.id == pot_id)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    row = await session.scalar(statement)
    if row is None:
        raise NotFound(what=WHAT, key=pot_id)
    return row


async def wished(session: AsyncSession, pot_id: UUID) -> tables.PotWish | None:
    """The correction of a locked pot that waits for a second person."""
    return await session.get(tables.PotWish, pot_id, populate_existing=True)


async def forget_wish(session: AsyncSession, pot_id: UUID) -> None:
    """A correction waits no more: it is done, or taken back."""
    await session.execute(delete(W).where(W.pot_id == pot_id))


async def page(
    session: AsyncSession,
    *,
    approved_by_id: UUID | None,
    document: str | None,
    after: UUID | None,
    limit: int,
) -> Sequence[tables.Pot]:
    """A page of pots; one row more than `limit` tells of a next page."""
    ways: list[ColumnElement[bool]] = []
    if approved_by_id is not None:
        ways.append(P.approved_by_id == approved_by_id)
    if document is not None:
        ways.append(P.document.in_({document, spelt(document)}))
    if after is not None:
        ways.append(P.id > after)
    return (await session.scalars(select(P).where(*ways).order_by(P.id).limit(limit + 1))).all()


async def areas_of(session: AsyncSession, pot: tables.Pot) -> Sequence[str]:
    """The areas whose votes and agendas cite a pot; drafts cite nothing yet."""
    citing = [
        select(each.area_code).where(
            each.pot_approved_by_id == pot.approved_by_id, each.pot_document == pot.document
        )
        for each in (V, A)
    ]
    drafts_apart = citing[0].where(V.status != VoteStatus.DRAFT)
    return (await session.scalars(union(drafts_apart, citing[1]))).all()


async def shown(
    session: AsyncSession, rows: Sequence[tables.Pot], actor: Actor
) -> list[contracts.Pot]:
    """Pots as they are answered, each with the history of its total."""
    ids = [row.id for row in rows]
    is_staff = actor.kind is ActorKind.STAFF
    told: dict[UUID, list[contracts.Correction]] = {each: [] for each in ids}
    for each in await session.scalars(select(C).where(C.pot_id.in_(ids)).order_by(C.version)):
        told[each.pot_id].append(
            _veiled(contracts.Correction.model_validate(each), is_staff=is_staff)
        )
    asked = {
        each.pot_id: _veiled(contracts.CorrectionAsked.model_validate(each), is_staff=is_staff)
        for each in await session.scalars(select(W).where(W.pot_id.in_(ids)))
    }
    names = set(contracts.Pot.model_fields) - {"corrections", "asked"}
    return [
        contracts.Pot(
            **{name: getattr(row, name) for name in names},
            asked=asked.get(row.id),
            corrections=told[row.id],
        )
        for row in rows
    ]


def _veiled(said: Said, *, is_staff: bool) -> Said:
    """Without the people in it, unless for staff."""
    people = dict.fromkeys({"asked_by", "corrected_by"} & set(type(said).model_fields))
    return said if is_staff else said.model_copy(update=people)
