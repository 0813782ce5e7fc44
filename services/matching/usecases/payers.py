"""Which contract pays for a referral: looked for when it is made, again when it is served.

Feeds come in any order: of a contract the matching may hear when somebody was referred already to
what is offered under it, even served. So each new contract that is told looks for those who were
referred since it was signed and name none. A referral that names its contract keeps it.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple, Self
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

LATEST: Final = timedelta(days=92)  # so long after its signature a contract is news


class Referred(NamedTuple):
    """What of a referral tells which contracts may pay for it."""

    provider_id: UUID
    category: str
    service_item_id: UUID | None
    area_code: str
    session_on: date

    @classmethod
    def by(cls, row: Any) -> Self:
        """Out of a row that has it all."""
        return cls(*(getattr(row, each) for each in cls._fields))

    def service(self, above: Mapping[str, Sequence[str]]) -> Service:
        """What is given, in its category and all `above` it."""
        categories = above.get(self.category, [self.category])
        return Service(categories, self.service_item_id, self.area_code, self.session_on)


async def payers(session: AsyncSession, referred: Sequence[Referred]) -> list[UUID | None]:
    """The contract that pays for each, as far as contracts are known now."""
    running = await contracts.running(session, {each.provider_id for each in referred})
    above = await paths(session, Dictionary.SERVICE_CATEGORY) if running else {}
    return [paying(running.get(each.provider_id, ()), each.service(above)) for each in referred]


async def heed(session: AsyncSession, changes: Sequence[Change], *, now: datetime) -> None:
    """Take over the feed `contract`, once its contracts are known: whom they pay for."""
    signed = [
        (UUID(state["provider_id"]), at)
        for state in (each.data for each in changes if each.data is not None)
        if state["status"] == ContractStatus.ACTIVE
        and (at := datetime.fromisoformat(state["signed_at"])) > now - LATEST
    ]
    if not signed:
        return
    since = min(at for _, at in signed)
    rows = await queries.unpaid(session, {provider for provider, _ in signed}, since)
    found = await payers(session, [Referred.by(row) for row in rows])
    paid = {row.id: each for row, each in zip(rows, found, strict=True) if each is not None}
    await queries.pay(session, paid)
    feed.mark_many(session, "referral", list(paid))


async def name(session: AsyncSession, row: tables.Referral) -> None:
    """Say of a locked referral which contract pays for it, if one does."""
    [row.contract_id] = await payers(session, [Referred.by(row)])
