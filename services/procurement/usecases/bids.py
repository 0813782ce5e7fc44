"""Sealed bids: handed in, replaced, withdrawn, revealed. None of it leaves a trace that tells.

The purchase's row, its version and its feed do not move; the audit is told at the opening, by whom
it was when. What was revealed waits under the service's keys until everybody's window has closed.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.contracts.procurement_bids import (
    BidIn,
    BidStatus,
    Receipt,
    RevealIn,
    SealAlgorithm,
)
from common.contracts.procurement_tenders import FrameworkForm
from common.contracts.vocabulary import PurchaseMethod
from common.crypto.fields import place
from common.crypto.keys import Keys
from common.errors import Conflict, Forbidden, NotFound, Text
from common.ids import uuid7
from procurement import tables
from procurement.domain import opening as rules
from procurement.domain import sealing
from procurement.domain.holds import TAKING
from procurement.queries import bids as queries
from procurement.queries import tenders as tender_queries
from procurement.usecases.frameworks import may_compete, may_top_up
from procurement.usecases.holding import running

LABEL: Final = "bid.bidder"


class NotInvited(Forbidden):
    """Only those who were asked may bid."""

    slug = "not-invited"
    title = Text("未受邀请", "Not invited")
    detail = Text("本次采购仅受邀供应商可以响应。", "Only invited suppliers may bid here.")


class NoFinalOffer(Conflict):
    """Final offers come from those whose first response stands."""

    slug = "no-final-offer"
    title = Text("不能提交最后报价", "No final offer from you")
    detail = Text(
        "最后报价由首次响应合格的供应商提交。",
        "Final offers are for suppliers whose first response stands.",
    )


class BidsAtOnce(Conflict):
    """Two bids of one bidder arrived at the same instant; which one stands must be said anew."""

    slug = "bids-at-once"
    title = Text("同时收到两份响应", "Two bids at once")
    detail = Text(
        "本机构的两份响应同时到达，仅一份已接收；请核对回执，需要时重新提交。",
        "Two bids of this organisation came at once and one was taken; check the receipts, and "
        "send the other again if it is meant to stand.",
    )


@dataclass(frozen=True, slots=True)
class Bidder:
    """An organisation as bids are kept of it: by blind index, one a purchase."""

    organisation_id: UUID
    tender_id: UUID
    keys: Keys

    @property
    def index(self) -> bytes:
        """The index to store."""
        return self.keys.index.of(LABEL, self._value)

    @property
    def indexes(self) -> list[bytes]:
        """The indexes to look for, older keys among them."""
        return self.keys.index.candidates(LABEL, self._value)

    @property
    def _value(self) -> str:
        return f"{self.tender_id}|{self.organisation_id}"


def bidder(by: Actor, tender_id: UUID, keys: Keys) -> Bidder:
    """The organisation for which a provider calls."""
    by.must_act_for(by.org)
    assert by.org is not None  # noqa: S101 - the line above refuses its absence
    return Bidder(by.org, tender_id, keys)


async def submit(
    session: AsyncSession, tender_id: UUID, bid: BidIn, keys: Keys, *, by: Actor, now: datetime
) -> Receipt:
    """Take a commitment. One that comes again before the deadline replaces the first."""
    who = bidder(by, tender_id, keys)
    tender = await _taking(session, tender_id, now)
    await _may_bid(session, tender, who)
    before = await queries.live(session, tender.id, tender.stage, who.indexes)
    if before is not None:
        before.superseded_at = now
        await session.flush()
    bid_id = uuid7()
    row = tables.Bid(
        tender_id=tender.id,
        id=bid_id,
        stage=tender.stage,
        bidder_index=who.index,
        bidder_sealed=_sealed(keys, bid_id, "bidder_sealed", _who(who, by)),
        ciphertext_digest=bytes.fromhex(bid.ciphertext_digest),
        key_commitment=bytes.fromhex(bid.key_commitment),
        algorithm=bid.algorithm,
        submitted_at=now,
        status=BidStatus.PENDING,
        low_rules=[],
    )
    session.add(row)
    await session.flush()
    return queries.receipt(row, replaces=None if before is None else before.id)


async def withdraw(
    session: AsyncSession, tender_id: UUID, keys: Keys, *, by: Actor, now: datetime
) -> Receipt:
    """Take a bid back before the deadline."""
    who = bidder(by, tender_id, keys)
    tender = await _taking(session, tender_id, now)
    row = await _standing(session, tender, who)
    row.withdrawn_at, row.status = now, BidStatus.WITHDRAWN
    return queries.receipt(row)


async def reveal(
    session: AsyncSession, tender_id: UUID, said: RevealIn, keys: Keys, *, by: Actor, now: datetime
) -> Receipt:
    """Take ciphertext and key in the window. They must be the ones committed to.

    A wrong key is refused and may be put right until the window closes; a bid without its key is
    not opened and does not count.
    """
    who = bidder(by, tender_id, keys)
    tender = await tender_queries.steady(session, tender_id)
    if tender.step not in TAKING:
        raise rules.BidTooEarly(current=tender.step)
    _, start, end = running(tender, now)
    if start is None or end is None:
        raise rules.BidTooEarly(current=tender.step)
    rules.check_reveal(now, start, end)
    row = await _standing(session, tender, who)
    algorithm = SealAlgorithm(row.algorithm)
    bound_to = sealing.context(tender.id, who.organisation_id, row.stage, algorithm)
    key, ciphertext = bytes.fromhex(said.key), sealing.raw(said.ciphertext, field="ciphertext")
    wrong = sealing.matches(key, ciphertext, bound_to, row.ciphertext_digest, row.key_commitment)
    if wrong is not None:
        raise sealing.RevealDoesNotMatch(what=wrong, until=end)
    content = sealing.opened(key, ciphertext, bound_to, algorithm)
    told = {"key": said.key, "content": content.model_dump(mode="json")}
    row.revealed = _sealed(keys, row.id, "revealed", orjson.dumps(told).decode())
    row.revealed_at = now
    return queries.receipt(row)


async def own(session: AsyncSession, tender_id: UUID, keys: Keys, *, by: Actor) -> list[Receipt]:
    """What the caller's organisation has handed in."""
    who = bidder(by, tender_id, keys)
    return [queries.receipt(row) for row in await queries.own(session, tender_id, who.indexes)]


async def _taking(session: AsyncSession, tender_id: UUID, now: datetime) -> tables.Tender:
    """A purchase that takes bids now; it stays so until the transaction ends."""
    tender = await tender_queries.steady(session, tender_id)
    is_open_framework = tender.framework_form == FrameworkForm.OPEN
    if tender.step not in TAKING or is_open_framework:
        raise rules.BidTooEarly(current=tender.step)
    if tender.method == PurchaseMethod.SINGLE_SOURCE:
        raise rules.BidTooEarly(current=tender.method)
    start, end = tender.tender_period_start_at, running(tender, now).tender_period_end_at
    if start is None or end is None:
        raise rules.BidTooEarly(current=tender.step)
    rules.check_submission(now, start, end)
    return tender


async def _may_bid(session: AsyncSession, tender: tables.Tender, who: Bidder) -> None:
    if tender.top_up_of_id is not None:
        await may_top_up(session, tender, tender.top_up_of_id, who.organisation_id)
    asked = await tender_queries.invited(session, tender.id)
    if asked and who.organisation_id not in asked:
        raise NotInvited
    if tender.framework_id is not None:
        await may_compete(session, tender.framework_id, who.organisation_id)
    if tender.stage > 1:
        standing = {each.bidder_id for each in await queries.competing(session, tender.id)}
        if who.organisation_id not in standing:
            raise NoFinalOffer


async def _standing(session: AsyncSession, tender: tables.Tender, who: Bidder) -> tables.Bid:
    row = await queries.live(session, tender.id, tender.stage, who.indexes)
    if row is None:
        raise NotFound(what=queries.WHAT, key=tender.id)
    return row


def _who(who: Bidder, by: Actor) -> str:
    return orjson.dumps({"bidder": str(who.organisation_id), "by": by.subject}).decode()


def _sealed(keys: Keys, bid_id: UUID, column: str, plain: str) -> str:
    return keys.fields.seal(plain, context=place("bid", column, bid_id))
