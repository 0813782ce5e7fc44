"""How a provider does, in plain figures: what each source says in each category."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts.procurement_ratings import EvidenceSource, PerformanceLine
from common.contracts.shapes import SMALLEST_FIGURE
from common.contracts.vocabulary import RatingDimension
from procurement import tables

E = tables.Evidence


async def performance(session: AsyncSession, provider_id: UUID) -> list[PerformanceLine]:
    """The evidence on a provider as it stands, by category and source."""
    statement = (
        select(
            E.category,
            E.source,
            func.count().label("pieces"),
            func.avg(E.level).label("mean"),
            func.max(E.happened_on).label("newest_on"),
        )
        .where(
            E.provider_id == provider_id,
            E.known_to.is_(None),
            E.dimension == RatingDimension.OVERALL,
            ~E.is_suspended,
        )
        .group_by(E.category, E.source)
        .order_by(E.category, E.source)
    )
    return [
        PerformanceLine(
            category=row.category,
            source=EvidenceSource(row.source),
            pieces=figure(row.pieces),
            mean_level=None if figure(row.pieces) is None else float(row.mean),
            newest_on=row.newest_on,
        )
        for row in await session.execute(statement)
    ]


def figure(pieces: int) -> int | None:
    """A figure that may be told: none between one and nine."""
    return None if 0 < pieces < SMALLEST_FIGURE else pieces
