"""What is open and was counted in days: answers, decisions, announcements, signatures, publication.

In the order tender, award, contract, as every step locks them.
"""

from collections.abc import Sequence
from datetime import date
from typing import TypeVar

from sqlalchemy import ColumnElement, Row, Select, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts.procurement import ContractStatus
from common.contracts.procurement_challenges import ChallengeStep
from common.contracts.procurement_panels import AwardStatus
from procurement import tables

T, A, K = tables.Tender, tables.Award, tables.Contract
C, S = tables.Challenge, tables.SupplierComplaint
Objection = TypeVar("Objection", tables.Challenge, tables.SupplierComplaint)


async def challenges(
    session: AsyncSession, day: date
) -> Sequence[Row[tables.Challenge, tables.Tender]]:
    """Challenges to be answered on a day or later, locked."""
    return (await session.execute(_open(C, C.answer_due_on >= day))).all()


async def complaints(
    session: AsyncSession, day: date
) -> Sequence[Row[tables.SupplierComplaint, tables.Tender]]:
    """Complaints to be decided on a day or later, locked."""
    return (await session.execute(_open(S, S.decision_due_on >= day))).all()


async def held(session: AsyncSession, day: date) -> Sequence[tables.Tender]:
    """Purchases that are held up until a day or later, locked; frameworks last.

    Who awards what was bought under a framework locks it so, too.
    """
    statement = select(T).where(T.suspended_until_on >= day)
    ordered = statement.order_by(T.framework_id.is_(None), T.id).with_for_update()
    return (await session.scalars(ordered)).all()


async def awards(session: AsyncSession, day: date) -> Sequence[Row[tables.Award, tables.Tender]]:
    """Awards to be announced, or to be signed for, on a day or later, locked."""
    is_signed = exists().where(K.award_id == A.id, K.signed_at.is_not(None))
    unsigned = (A.sign_due_on >= day) & ~is_signed
    statement = (
        select(A, T)
        .join(T, T.id == A.tender_id)
        .where(A.status.in_((AwardStatus.PENDING, AwardStatus.ACTIVE)))
        .where(or_(A.announced_at.is_(None) & (A.announce_due_on >= day), unsigned))
        .order_by(A.id)
        .with_for_update(of=A)
    )
    return (await session.execute(statement)).all()


async def contracts(
    session: AsyncSession, day: date
) -> Sequence[Row[tables.Contract, date | None]]:
    """Contracts to be signed, published or filed on a day or later, locked; their award's day."""
    unsigned = (K.status == ContractStatus.PENDING) & (K.sign_due_on >= day)
    unpublished = (K.status == ContractStatus.ACTIVE) & K.published_at.is_(None)
    is_due = or_(K.publish_due_on >= day, K.filing_due_on >= day)
    statement = (
        select(K, A.sign_due_on)
        .join(A, A.id == K.award_id)
        .where(or_(unsigned, unpublished & is_due))
        .order_by(K.id)
        .with_for_update(of=K)
    )
    return (await session.execute(statement)).all()


def _open(kind: type[Objection], is_due: ColumnElement[bool]) -> Select[Objection, tables.Tender]:
    """What is open of a kind and due, each with its tender, locked."""
    return (
        select(kind, T)
        .join(T, T.id == kind.tender_id)
        .where(kind.step == ChallengeStep.OPEN, is_due)
        .order_by(kind.id)
        .with_for_update(of=kind)
    )
