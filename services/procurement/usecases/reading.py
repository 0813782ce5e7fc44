"""Who reads what of a purchase in course: its own desks, its panel, and those who took part.

Competitors read each other's prices and outcomes, never each other's proposals; where there are
talks, nothing of each other at all before the award notice.
"""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.auth.roles import Role
from common.contracts.procurement_bids import Bid
from common.contracts.procurement_panels import Panel, Report
from common.contracts.vocabulary import PurchaseMethod
from common.crypto.keys import Keys
from common.errors import Forbidden, Text
from common.scope import is_staff
from procurement import tables
from procurement.domain import tenders as tender_rules
from procurement.domain.opening import BidsSealed
from procurement.queries import bids as bid_queries
from procurement.queries import panels as panel_queries
from procurement.queries import tenders as queries
from procurement.usecases import evaluation
from procurement.usecases.panels import seated


class NotYourTender(Forbidden):
    """Bids are for the buyer's desks, the panel and those who bid."""

    slug = "not-your-tender"
    title = Text("与该采购无关", "Not your tender")
    detail = Text(
        "响应文件仅供本区域经办、评审小组和参加供应商查看。",
        "Bids are for the desks of the area, the panel and the suppliers who took part.",
    )


_OWN_ALONE: Final[dict[str, Any]] = {"content": None, "low_explanation": None, "proofs": []}


async def opened_bids(
    session: AsyncSession, tender_id: UUID, keys: Keys, *, by: Actor
) -> list[Bid]:
    """The bids after the opening, as far as they are the reader's business."""
    row = await opened_tender(session, tender_id, keys, by=by)
    return told(row, await bid_queries.opened(session, row.id), by)


async def opened_tender(
    session: AsyncSession, tender_id: UUID, keys: Keys, *, by: Actor
) -> tables.Tender:
    """A purchase after its opening. Raises `BidsSealed` before it, to everybody alike."""
    row = await queries.found(session, by, tender_id)
    if row.opened_at is None:
        raise BidsSealed(until=row.reveal_period_end_at or "—")
    await _must_concern(session, row, keys, by)
    return row


async def panel(session: AsyncSession, tender_id: UUID, keys: Keys, *, by: Actor) -> Panel:
    """The panel of a purchase."""
    row = await queries.found(session, by, tender_id)
    await _must_concern(session, row, keys, by)
    return await panel_queries.shown_panel(session, row)


async def report(session: AsyncSession, tender_id: UUID, keys: Keys, *, by: Actor) -> Report:
    """The report of a purchase."""
    await _must_concern(session, await queries.found(session, by, tender_id), keys, by)
    return await evaluation.reported(session, by, tender_id)


def told(row: tables.Tender, bids: Sequence[tables.Bid], by: Actor) -> list[Bid]:
    """Bids as a reader may see them: a provider reads its own proposal, not the others'."""
    shown = [bid_queries.shown(bid) for bid in bids]
    if not _competes(by):
        return shown
    if tender_rules.keeps_secrets(PurchaseMethod(row.method), row.announced_at):
        return [bid for bid in shown if by.acts_for(bid.bidder_id)]
    return [
        bid if by.acts_for(bid.bidder_id) else bid.model_copy(update=_OWN_ALONE) for bid in shown
    ]


def _competes(by: Actor) -> bool:
    return Role.PROVIDER in by.roles and not is_staff(by)


async def _must_concern(session: AsyncSession, row: tables.Tender, keys: Keys, by: Actor) -> None:
    if is_staff(by):
        by.must_cover(row.area_code)
    elif Role.PANEL_EXPERT in by.roles:
        await seated(session, row, keys, by)
    elif by.org is None or not await bid_queries.took_part(session, row.id, by.org):
        raise NotYourTender
