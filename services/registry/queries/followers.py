"""Offerings copy area, place and searched words of their venue; here they follow when it moves."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, literal_column, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from registry import tables
from registry.domain.searching import offering_tokens
from registry.queries.categories import categories
from registry.tables.base import Lexemes

O, V = tables.Offering, tables.Venue  # noqa: E741 - one letter per table


async def follow(session: AsyncSession, venues: Sequence[UUID], *, now: datetime) -> list[UUID]:
    """Bring the offerings of moved or renamed venues up to date; returns their ids.

    The caller holds the venues' rows, so no offering is attached to them meanwhile.
    """
    touched = await _move(session, venues, now)
    if touched:
        await _rename(session, touched)
    return touched


async def _move(session: AsyncSession, venues: Sequence[UUID], now: datetime) -> list[UUID]:
    statement = (
        update(O)
        .where(O.venue_id == V.id, V.id.in_(venues))
        .values(
            area_id=V.area_id,
            area_code=V.area_code,
            lon=V.lon,
            lat=V.lat,
            place=V.place,
            version=O.version + 1,
            updated_at=now,
        )
        .returning(O.id)
        .execution_options(synchronize_session=False)
    )
    return list(await session.scalars(statement))


async def _rename(session: AsyncSession, offerings: Sequence[UUID]) -> None:
    """Write the searched words again; the tokens are made outside the event loop."""
    known = await categories(session)
    rows = (
        await session.execute(
            select(
                O.id,
                O.name,
                O.description,
                O.category,
                O.code,
                V.name.label("venue_name"),
                V.address.label("venue_address"),
            )
            .join(V, V.id == O.venue_id)
            .where(O.id.in_(offerings))
        )
    ).all()

    def tokens() -> list[dict[str, Any]]:
        return [
            {
                "key": row.id,
                "words": offering_tokens(
                    row.name,
                    row.description,
                    known[row.category],
                    venue_name=row.venue_name,
                    venue_address=row.venue_address,
                    code=row.code,
                ),
            }
            for row in rows
        ]

    statement = (
        update(O.__table__)  # type: ignore[arg-type]  # our classes map tables
        .where(O.id == bindparam("key"))
        .values(search=bindparam("words", type_=Lexemes()))
    )
    made = await asyncio.to_thread(tokens)
    await (await session.connection()).execute(statement, made)


async def relying(session: AsyncSession, venue_id: UUID, *, on_hours: bool = False) -> int:
    """How many published offerings happen at a venue; `on_hours`: those without own hours."""
    statement = select(func.count()).where(
        O.venue_id == venue_id, O.status == literal_column("'published'")
    )
    if on_hours:
        statement = statement.where(O.hours.is_(None), O.channels.contains(["on_site"]))
    return int(await session.scalar(statement) or 0)
