"""Purchases: one, many, what belongs to their documents, and their state for the feed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.calendar.official import official_calendar
from common.clock import city_day
from common.contracts import procurement as contracts
from common.contracts import procurement_tender_cases as cases
from common.contracts.procurement_tenders import TenderStep
from common.contracts.vocabulary import PurchaseMethod
from common.errors import NotFound, Text
from common.scope import area_given, area_ways, by_area, reach_given, reach_ways
from common.spelt import Shapes
from procurement import tables
from procurement.domain import tenders as rules
from procurement.domain.clocks import due
from procurement.domain.terms import Terms, of_kept
from procurement.queries.tender_parts import parts

T, C, D = tables.Tender, tables.TenderCriterion, tables.TenderDocument
Q, A = tables.TenderQuestion, tables.TenderAmendment
WHAT: Final = Text("采购过程", "tender")
_STATE: Final = tuple(
    name
    for name in contracts.Tender.model_fields
    if name not in {"status", "procurement_method", "method_details"}
)
_LINE: Final = ("step", "announced_at", "version", "updated_at")
_CASE: Final = tuple(
    name
    for name in cases.TenderCase.model_fields
    if name not in cases.TenderLine.model_fields
    and name not in {"rules", "criteria", "documents", "questions", "amendments"}
)

_PUBLISHED: Final = T.step != TenderStep.PLANNING
_PAGE: Final = Shapes(
    select(T.id, T.version, T.updated_at)
    .order_by(T.id.desc())
    .limit(bindparam("size", type_=Integer))
    .where,
    **reach_ways(_PUBLISHED, T.area_code),
    step=T.step == bindparam("step"),
    method=T.method == bindparam("method"),
    category=T.category == bindparam("category"),
    **area_ways(T.area_code),
    buyer_id=T.buyer_id == bindparam("buyer_id"),
    framework_id=T.framework_id == bindparam("framework_id"),
    agenda_item_id=T.agenda_item_id == bindparam("agenda_item_id"),
    after=T.id < bindparam("after"),
)


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of purchases is asked for."""

    step: TenderStep | None = None
    method: PurchaseMethod | None = None
    category: str | None = None
    area: str | None = None
    buyer_id: UUID | None = None
    framework_id: UUID | None = None
    agenda_item_id: UUID | None = None


def visible(actor: Actor) -> ColumnElement[bool]:
    """What has been published, and drafts within the area of those who prepare them."""
    return or_(_PUBLISHED, by_area(actor, T.area_code))


async def page(
    session: AsyncSession, actor: Actor, filters: Filters, *, after: UUID | None, limit: int
) -> Sequence[Any]:
    """Which states are on a page, newest first; one more than `limit` tells of a next page."""
    return await _PAGE.found(
        session,
        **reach_given(actor),
        step=filters.step,
        method=filters.method,
        category=filters.category,
        **area_given(filters.area),
        buyer_id=filters.buyer_id,
        framework_id=filters.framework_id,
        agenda_item_id=filters.agenda_item_id,
        after=after,
        size=limit + 1,
    )


async def lines(session: AsyncSession, ids: Sequence[UUID]) -> list[cases.TenderLine]:
    """Purchases as lists show them."""
    rows = await session.execute(
        select(*_columns((*_STATE, *_LINE, "method"))).where(T.id.in_(ids))
    )
    return [
        cases.TenderLine(**_state(row), **{name: getattr(row, name) for name in _LINE})
        for row in rows
    ]


async def found(session: AsyncSession, actor: Actor, tender_id: UUID) -> tables.Tender:
    """One purchase that the caller may see."""
    row = await session.scalar(select(T).where(T.id == tender_id, visible(actor)))
    if row is None:
        raise NotFound(what=WHAT, key=tender_id)
    return row


async def state(session: AsyncSession, actor: Actor, tender_id: UUID) -> Any:
    """Which state of a purchase the caller may see, and how many questions were asked about it."""
    asked = select(func.count()).where(Q.tender_id == T.id).scalar_subquery()
    statement = select(T.id, T.version, T.updated_at, asked.label("questions"))
    row = (await session.execute(statement.where(T.id == tender_id, visible(actor)))).one_or_none()
    if row is None:
        raise NotFound(what=WHAT, key=tender_id)
    return row


async def locked(session: AsyncSession, tender_id: UUID) -> tables.Tender:
    """A purchase as it is now, locked until the transaction ends."""
    return await _held(session, tender_id, shared=False)


async def steady(session: AsyncSession, tender_id: UUID) -> tables.Tender:
    """A purchase that stays as it is until the transaction ends, for many at once."""
    return await _held(session, tender_id, shared=True)


async def held_before(session: AsyncSession, day: date) -> Sequence[UUID]:
    """Purchases whose suspension was over before a day, or has no last day yet."""
    is_over = or_(T.suspended_until_on < day, T.suspended_until_on.is_(None))
    statement = select(T.id).where(T.suspended_at.is_not(None), is_over).order_by(T.id)
    return (await session.scalars(statement)).all()


async def _held(session: AsyncSession, tender_id: UUID, *, shared: bool) -> tables.Tender:
    statement = select(T).where(T.id == tender_id).with_for_update(read=shared)
    row = await session.scalar(statement.execution_options(populate_existing=True))
    if row is None:
        raise NotFound(what=WHAT, key=tender_id)
    return row


async def bought(
    session: AsyncSession, row: tables.Tender, *, since: datetime, until: datetime, below_fen: int
) -> rules.Bought:
    """The buyer's other pieces of the category that were announced in some time."""
    statement = select(func.count(), func.coalesce(func.sum(T.value_fen), 0)).where(
        *(T.buyer_id == row.buyer_id, T.category == row.category, T.object == row.object),
        *(T.method.in_(rules.NOT_OPEN), T.framework_id.is_(None), T.id != row.id),
        T.original_contract_id.is_(None),
        *(T.notice_at >= since, T.notice_at < until, T.value_fen < below_fen),
        T.step.not_in((TenderStep.CANCELLED, TenderStep.UNSUCCESSFUL)),
    )
    purchases, total = (await session.execute(statement)).one()
    return rules.Bought(purchases, int(total))


def terms_of(row: tables.Tender) -> Terms:
    """The rules that a purchase was announced under."""
    day = city_day(row.notice_at or row.created_at)
    return of_kept(row.rules, day, row.area_code)


async def criteria(session: AsyncSession, tender_id: UUID) -> Sequence[tables.TenderCriterion]:
    """The published criteria in their order."""
    return (
        await session.scalars(select(C).where(C.tender_id == tender_id).order_by(C.position))
    ).all()


async def documents(session: AsyncSession, tender_id: UUID) -> Sequence[tables.TenderDocument]:
    """The file, as it grew."""
    return (await session.scalars(select(D).where(D.tender_id == tender_id).order_by(D.id))).all()


async def question(
    session: AsyncSession, tender_id: UUID, question_id: UUID
) -> tables.TenderQuestion:
    """One question of a purchase."""
    row = await session.get(tables.TenderQuestion, (tender_id, question_id))
    if row is None:
        raise NotFound(what=Text("提问", "question"), key=question_id)
    return row


async def amendments(session: AsyncSession, tender_id: UUID) -> Sequence[tables.TenderAmendment]:
    """Changes of the documents, in order."""
    return (
        await session.scalars(select(A).where(A.tender_id == tender_id).order_by(A.number))
    ).all()


async def invited(session: AsyncSession, tender_id: UUID) -> set[UUID]:
    """Who was asked; empty where everybody may take part."""
    invitation = tables.TenderInvitation
    statement = select(invitation.organisation_id).where(invitation.tender_id == tender_id)
    return set(await session.scalars(statement))


async def is_tried_again(session: AsyncSession, failed_id: UUID) -> bool:
    """Whether another purchase follows a failed one, and has not failed itself."""
    over = (TenderStep.CANCELLED, TenderStep.UNSUCCESSFUL)
    statement = select(T.id).where(T.failed_tender_id == failed_id, T.step.not_in(over))
    return await session.scalar(statement.limit(1)) is not None


async def drop_criteria(session: AsyncSession, tender_id: UUID) -> None:
    """Before others take their place."""
    for row in await criteria(session, tender_id):
        await session.delete(row)
    await session.flush()


async def platform_record(
    session: AsyncSession, actor: Actor, tender_id: UUID
) -> tables.PlatformRecord:
    """What was taken over from the designated platform."""
    await found(session, actor, tender_id)
    row = await session.get(tables.PlatformRecord, tender_id)
    if row is None:
        raise NotFound(what=Text("平台导入记录", "platform record"), key=tender_id)
    return row


async def shown(session: AsyncSession, row: tables.Tender) -> cases.TenderCase:
    """A purchase with its documents; what bids are there is not among it."""
    belonging = await parts(session, row.id)
    return cases.TenderCase(
        **_state(row),
        **{name: getattr(row, name) for name in (*_LINE, *_CASE)},
        rules=row.rules,
        criteria=belonging.criteria,
        documents=belonging.documents,
        questions=[
            each.model_copy(update={"answer_due_on": _answer_due_on(each.asked_at, row)})
            for each in belonging.questions
        ],
        amendments=belonging.amendments,
    )


def asked(each: tables.TenderQuestion, row: tables.Tender) -> cases.Question:
    """A question, and until when the law wants its answer."""
    names = set(cases.Question.model_fields) - {"answer_due_on"}
    until = _answer_due_on(each.asked_at, row)
    return cases.Question(**{name: getattr(each, name) for name in names}, answer_due_on=until)


def _answer_due_on(asked_at: datetime, row: tables.Tender) -> date | None:
    terms = terms_of(row)
    if "inquiry_answer" not in terms:
        return None
    return due(terms["inquiry_answer"], city_day(asked_at), official_calendar()).on


async def states(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, contracts.Tender]:
    """The feed's states; a draft is not published, so it is not there."""
    statement = select(*_columns((*_STATE, "method", "step"))).where(
        T.id.in_(ids), T.step != TenderStep.PLANNING
    )
    return {row.id: contracts.Tender(**_state(row)) for row in await session.execute(statement)}


def _columns(names: Sequence[str]) -> list[Any]:
    return [getattr(T, name) for name in names]


def _state(row: Any) -> dict[str, Any]:
    method = PurchaseMethod(row.method)
    return {
        **{name: getattr(row, name) for name in _STATE},
        "status": rules.status(TenderStep(row.step)),
        "procurement_method": rules.OCDS_METHOD[method],
        "method_details": method,
    }
