"""Which contract pays for a referral: looked for when it is made, again when it is served.

Feeds come in any order: of a contract the matching may hear when somebody was referred already to
what is offered under it, even served. So each contract that is told looks for those of its time
whom nobody pays for yet. A referral that names its contract keeps it.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import feed
from common.contracts.procurement import ContractStatus
from common.contracts.registry.dictionaries import Dictionary
from common.feed.client import Change
from matching import tables
from matching.domain.contracts import Service, paying
from matching.queries import contracts
from matching.queries import referrals as queries
from matching.queries.coverage import paths


class Referred(NamedTuple):
    """What of a referral tells which contracts may pay for it."""

    provider_id: UUID
    category: str
    service_item_id: UUID | None
    area_code: str
    session_on: date

    def service(self, above: Mapping[str, Sequence[str]]) -> Service:
        """What is given, in its category and all `above` it."""
        categories = above.get(self.category, [self.category])
        return Service(categories, self.service_item_id, self.area_code, self.session_on)


async def payers(session: AsyncSession, referred: Sequence[Referred]) -> list[UUID | None]:
    """The contract that pays for each, as far as contracts are known now."""
    running = await contracts.running(session, {each.provider_id for each in referred})
    above = await paths(session, Dictionary.SERVICE_CATEGORY) if running else {}
    return [paying(running.get(each.provider_id, ()), each.service(above)) for each in referred]


async def heed(session: AsyncSession, changes: Sequence[Change], *, now: datetime) -> None:  # noqa: ARG001 - every effect is told the time
    """Take over the feed `contract`, once its contracts are known: who is paid for by them."""
    states = [each.data for each in changes if each.data is not None]
    told = [state for state in states if state["status"] == ContractStatus.ACTIVE]
    if told:
        providers = {UUID(state["provider_id"]) for state in told}
        begin = min(date.fromisoformat(state["period_start_on"]) for state in told)
        end = max(date.fromisoformat(state["period_end_on"]) for state in told)
        await name(session, await queries.unpaid(session, providers, begin, end))


async def name(session: AsyncSession, rows: Sequence[tables.Referral]) -> None:
    """Say of each locked referral which contract pays for it, if one does."""
    referred = [Referred(*(getattr(row, each) for each in Referred._fields)) for row in rows]
    for row, contract_id in zip(rows, await payers(session, referred), strict=True):
        if contract_id is not None:
            row.contract_id = contract_id
            feed.mark(session, "referral", row.id)
