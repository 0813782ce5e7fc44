"""Who may not supply: asked wherever somebody becomes a supplier without a bid, or signs."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.clock import city_day
from procurement.domain.providers import ProviderExcluded
from procurement.queries import bidders


async def must_supply(session: AsyncSession, supplier_id: UUID, *, now: datetime) -> None:
    """Raises `ProviderExcluded` for who is kept out today, or no more. Source: 政府采购法 22, 77.

    Of a bid the opening asks the same for the day of its deadline, the award for its own.
    """
    found = (await bidders.kept_out(session, [supplier_id], city_day(now))).get(supplier_id)
    if found is not None:
        raise ProviderExcluded(provider=supplier_id, why=found.why)
