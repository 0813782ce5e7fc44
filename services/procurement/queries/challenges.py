"""Challenges and complaints of a purchase."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.clock import city_day
from common.contracts import procurement_challenges as words
from common.contracts.procurement_challenges import ChallengeAbout, ChallengeStep
from common.errors import NotFound, Text
from common.scope import is_staff
from procurement import tables

M = TypeVar("M", words.Challenge, words.SupplierComplaint)
C, P = tables.Challenge, tables.SupplierComplaint
CHALLENGE: Final = Text("质疑", "challenge")
COMPLAINT: Final = Text("投诉", "complaint")
_SHOWN: Final = tuple(n for n in words.Challenge.model_fields if n != "is_answered_late")


async def of_tender(session: AsyncSession, tender_id: UUID) -> Sequence[tables.Challenge]:
    """Every challenge of a purchase, as they came."""
    statement = select(C).where(C.tender_id == tender_id).order_by(C.id)
    return (await session.scalars(statement)).all()


async def complaints_of(
    session: AsyncSession, tender_id: UUID
) -> Sequence[tables.SupplierComplaint]:
    """Every complaint about a purchase."""
    statement = select(P).where(P.tender_id == tender_id).order_by(P.id)
    return (await session.scalars(statement)).all()


async def challenge(session: AsyncSession, challenge_id: UUID) -> tables.Challenge:
    """One challenge, locked."""
    row = await session.scalar(select(C).where(C.id == challenge_id).with_for_update())
    if row is None:
        raise NotFound(what=CHALLENGE, key=challenge_id)
    return row


async def complaint(session: AsyncSession, complaint_id: UUID) -> tables.SupplierComplaint:
    """One complaint, locked."""
    row = await session.scalar(select(P).where(P.id == complaint_id).with_for_update())
    if row is None:
        raise NotFound(what=COMPLAINT, key=complaint_id)
    return row


async def behind(session: AsyncSession, complaint_id: UUID) -> tables.Challenge:
    """The challenge that a complaint is about, locked: before the complaint, as it came."""
    statement = select(C).join(P, P.challenge_id == C.id).where(P.id == complaint_id)
    row = await session.scalar(statement.with_for_update(of=C))
    if row is None:
        raise NotFound(what=COMPLAINT, key=complaint_id)
    return row


async def complaint_about(session: AsyncSession, challenge_id: UUID) -> bool:
    """Whether a challenge went on as a complaint."""
    statement = select(P.id).where(P.challenge_id == challenge_id)
    return await session.scalar(statement) is not None


async def has_open_complaint(session: AsyncSession, challenge_id: UUID) -> bool:
    """Whether the authority has still to decide about a challenge."""
    statement = select(P.id).where(P.challenge_id == challenge_id, P.step == ChallengeStep.OPEN)
    return await session.scalar(statement) is not None


async def unanswered(session: AsyncSession, tender_id: UUID) -> Sequence[Any]:
    """The open challenges of procedure or result: until when they are answered, and decided.

    What was decided on a complaint is open no more, also where it was never marked so.
    """
    statement = (
        select(C.answer_due_on, P.decision_due_on)
        .join(P, P.challenge_id == C.id, isouter=True)
        .where(
            C.tender_id == tender_id,
            C.step == ChallengeStep.OPEN,
            C.about != ChallengeAbout.DOCUMENT,
            or_(P.id.is_(None), P.step == ChallengeStep.OPEN),
        )
    )
    return (await session.execute(statement)).all()


async def suspended_until(session: AsyncSession, tender_id: UUID) -> date | None:
    """Until when open complaints suspend a purchase."""
    until: date | None = await session.scalar(
        select(func.max(P.suspended_until_on)).where(
            P.tender_id == tender_id, P.step == ChallengeStep.OPEN
        )
    )
    return until


def told(row: tables.Challenge, tender: tables.Tender, by: Actor) -> words.Challenge:
    """A challenge as a reader may see it."""
    return _veiled(shown(row), row, tender, by)


def told_complaint(
    row: tables.SupplierComplaint, tender: tables.Tender, by: Actor
) -> words.SupplierComplaint:
    """A complaint as a reader may see it."""
    return _veiled(words.SupplierComplaint.model_validate(row), row, tender, by)


def _veiled(
    told: M, row: tables.Challenge | tables.SupplierComplaint, tender: tables.Tender, by: Actor
) -> M:
    """Who raised it is for the two sides and the authority; why, for all once it is settled."""
    if by.acts_for(row.by_id) or (is_staff(by) and by.covers(tender.area_code)):
        return told
    hidden: dict[str, Any] = {"by_id": None}
    if row.step == ChallengeStep.OPEN:
        hidden["ground"] = None
    return told.model_copy(update=hidden)


def shown(row: tables.Challenge) -> words.Challenge:
    """A challenge with whether its answer came in time."""
    late = None if row.answered_at is None else city_day(row.answered_at) > row.answer_due_on
    values = {name: getattr(row, name) for name in _SHOWN}
    return words.Challenge(**values, is_answered_late=late)
