"""Sealed bids: a bidder's own, those of a purchase after its opening."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts import procurement_bids as words
from common.contracts.procurement_bids import BidStatus
from common.errors import NotFound, Text
from procurement import tables

B = tables.Bid
WHAT: Final = Text("响应", "bid")
_SHOWN: Final = tuple(
    name
    for name in words.Bid.model_fields
    if name not in {"ciphertext_digest", "key_commitment", "key", "proofs"}
)


async def live(
    session: AsyncSession, tender_id: UUID, stage: int, indexes: Sequence[bytes]
) -> tables.Bid | None:
    """A bidder's standing bid, locked."""
    statement = (
        select(B)
        .where(
            B.tender_id == tender_id,
            B.stage == stage,
            B.bidder_index.in_(indexes),
            B.superseded_at.is_(None),
            B.withdrawn_at.is_(None),
        )
        .with_for_update()
    )
    row: tables.Bid | None = await session.scalar(
        statement.execution_options(populate_existing=True)
    )
    return row


async def own(
    session: AsyncSession, tender_id: UUID, indexes: Sequence[bytes]
) -> Sequence[tables.Bid]:
    """All that a bidder has sent in, replaced and withdrawn ones among it."""
    statement = select(B).where(B.tender_id == tender_id, B.bidder_index.in_(indexes))
    return (await session.scalars(statement.order_by(B.id))).all()


async def of_stage(session: AsyncSession, tender_id: UUID, stage: int) -> Sequence[tables.Bid]:
    """Every bid of a stage, locked, for the opening."""
    statement = select(B).where(B.tender_id == tender_id, B.stage == stage).order_by(B.id)
    found = await session.scalars(
        statement.with_for_update().execution_options(populate_existing=True)
    )
    return found.all()


async def opened(session: AsyncSession, tender_id: UUID) -> Sequence[tables.Bid]:
    """Every bid after the opening."""
    statement = select(B).where(B.tender_id == tender_id, B.opened_at.is_not(None))
    return (await session.scalars(statement.order_by(B.stage, B.id))).all()


async def one(session: AsyncSession, tender_id: UUID, bid_id: UUID) -> tables.Bid:
    """One opened bid of a purchase, locked."""
    statement = select(B).where(B.tender_id == tender_id, B.id == bid_id, B.opened_at.is_not(None))
    row = await session.scalar(statement.with_for_update())
    if row is None:
        raise NotFound(what=WHAT, key=bid_id)
    return row


async def asked_why(session: AsyncSession, tender_id: UUID) -> Sequence[tables.Bid]:
    """Bids whose low price was asked about and is not decided on, locked."""
    statement = select(B).where(
        B.tender_id == tender_id,
        B.low_due_at.is_not(None),
        B.low_is_accepted.is_(None),
    )
    return (await session.scalars(statement.order_by(B.id).with_for_update())).all()


async def competing(session: AsyncSession, tender_id: UUID) -> Sequence[tables.Bid]:
    """The first-stage bids that stand or wait for their check."""
    statement = select(B).where(
        B.tender_id == tender_id,
        B.stage == 1,
        B.opened_at.is_not(None),
        B.status.in_((BidStatus.PENDING, BidStatus.VALID)),
    )
    return (await session.scalars(statement.order_by(B.id).with_for_update())).all()


async def took_part(session: AsyncSession, tender_id: UUID, organisation_id: UUID) -> bool:
    """Whether an organisation has bid in a purchase that was opened."""
    statement = select(B.id).where(B.tender_id == tender_id, B.bidder_id == organisation_id)
    return await session.scalar(statement.limit(1)) is not None


async def keys(session: AsyncSession, tender_id: UUID) -> list[bytes]:
    """The keys that bidders have revealed."""
    statement = select(B.key).where(B.tender_id == tender_id, B.key.is_not(None))
    return [each for each in await session.scalars(statement) if each is not None]


def shown(row: tables.Bid) -> words.Bid:
    """A bid as the opening told it."""
    values: dict[str, Any] = {name: getattr(row, name) for name in _SHOWN}
    return words.Bid(
        **values,
        proofs=[words.Proof.model_validate(each) for each in row.proofs],
        ciphertext_digest=row.ciphertext_digest.hex(),
        key_commitment=row.key_commitment.hex(),
        key=None if row.key is None else row.key.hex(),
    )


def receipt(row: tables.Bid, *, replaces: UUID | None = None) -> words.Receipt:
    """What a bidder keeps."""
    return words.Receipt(
        bid_id=row.id,
        tender_id=row.tender_id,
        stage=row.stage,
        ciphertext_digest=row.ciphertext_digest.hex(),
        key_commitment=row.key_commitment.hex(),
        algorithm=words.SealAlgorithm(row.algorithm),
        submitted_at=row.submitted_at,
        replaces=replaces,
        revealed_at=row.revealed_at,
        withdrawn_at=row.withdrawn_at,
    )
