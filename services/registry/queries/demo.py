"""What the generators of the other services are handed: published offerings, organisations."""

from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from common.demo import COLUMNS
from registry import tables
from registry.queries.organisation_states import states

_OFFERINGS: Final = (
    "SELECT id, category, provider_id, venue_id, service_item_id, area_code, price_fen, capacity,"
    " capacity_period, lon, lat, array_to_string(groups_any, '|') AS groups,"
    " responsible_department_id AS department_id FROM offering"
    " WHERE status = 'published' AND venue_id IS NOT NULL AND provider_id IS NOT NULL"
    " AND lon IS NOT NULL ORDER BY code"
)

_ORGANISATIONS_AT_ONCE: Final = 500


async def hand_over(session: AsyncSession, path: Path) -> None:
    """Write the published offerings that have a place and a provider."""
    connection = await (await session.connection()).get_raw_connection()
    with path.open("wb") as file:
        file.write(",".join(COLUMNS).encode() + b"\n")
        await connection.driver_connection.copy_from_query(  # type: ignore[union-attr]
            _OFFERINGS, output=file, format="csv"
        )


async def introduce(session: AsyncSession, path: Path) -> None:
    """Write every organisation as the feed will tell it, one a line."""
    ids = [*await session.scalars(select(tables.Organisation.id).order_by(tables.Organisation.id))]
    with path.open("w", encoding="utf-8") as file:
        for start in range(0, len(ids), _ORGANISATIONS_AT_ONCE):
            told = await states(session, ids[start : start + _ORGANISATIONS_AT_ONCE])
            file.writelines(state.model_dump_json() + "\n" for state in told.values())
