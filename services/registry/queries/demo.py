"""What the generators of the other services are handed: the published offerings as a table."""

from pathlib import Path
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from common.demo import COLUMNS

_OFFERINGS: Final = (
    "SELECT id, category, provider_id, venue_id, service_item_id, area_code, price_fen, capacity,"
    " capacity_period, lon, lat, array_to_string(groups_any, '|') AS groups,"
    " responsible_department_id AS department_id FROM offering"
    " WHERE status = 'published' AND venue_id IS NOT NULL AND provider_id IS NOT NULL"
    " AND lon IS NOT NULL ORDER BY code"
)


async def hand_over(session: AsyncSession, path: Path) -> None:
    """Write the published offerings that have a place and a provider."""
    connection = await (await session.connection()).get_raw_connection()
    with path.open("wb") as file:
        file.write(",".join(COLUMNS).encode() + b"\n")
        await connection.driver_connection.copy_from_query(  # type: ignore[union-attr]
            _OFFERINGS, output=file, format="csv"
        )
