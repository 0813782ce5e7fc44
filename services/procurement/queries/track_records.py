"""How a provider does, in plain figures: what each source says in each category."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts.procurement_ratings import EvidenceSource, PerformanceLine
from common.contracts.shapes import SMALLEST_FIGURE
from common.contracts.vocabulary import RatingDimension
from procurement import tables
from procurement.rating.editions import tens

E, G, M = tables.Evidence, tables.RatingGroup, tables.Milestone


async def performance(session: AsyncSession, provider_id: UUID) -> list[PerformanceLine]:
    """The evidence on a provider by category and source; of residents, what editions heard."""
    lines = [*await _judged(session, provider_id), *await _heard(session, provider_id)]
    return sorted(lines, key=lambda line: (line.category, line.source))


async def _judged(session: AsyncSession, provider_id: UUID) -> list[PerformanceLine]:
    """What offices judged, as it stands; acceptances at which few users spoke are left out."""
    milestone = (M.contract_id == E.contract_id) & (M.id == E.source_id)
    statement = (
        select(
            E.category,
            E.source,
            func.count().label("pieces"),
            func.avg(E.level).label("mean"),
            func.max(E.happened_on).label("newest_on"),
        )
        .outerjoin(M, milestone & (E.source == EvidenceSource.ACCEPTANCE))
        .where(
            E.provider_id == provider_id,
            E.known_to.is_(None),
            E.dimension == RatingDimension.OVERALL,
            E.source != EvidenceSource.RATING,
            (E.source != EvidenceSource.ACCEPTANCE) | (M.users_answered >= SMALLEST_FIGURE),
            ~E.is_suspended,
        )
        .group_by(E.category, E.source)
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


async def _heard(session: AsyncSession, provider_id: UUID) -> list[PerformanceLine]:
    """What residents said in groups, counted in tens, the mean in tenths."""
    statement = select(G.category, G.ratings, G.levels, G.edition_on).where(
        G.provider_id == provider_id, G.dimension == RatingDimension.OVERALL
    )
    groups: defaultdict[str, list[Any]] = defaultdict(list)
    for row in await session.execute(statement):
        groups[row.category].append(row)
    return [
        PerformanceLine(
            category=category,
            source=EvidenceSource.RATING,
            pieces=tens(sum(row.ratings for row in rows)),
            mean_level=round(_mean([row.levels for row in rows]), 1),
            newest_on=max(row.edition_on for row in rows),
        )
        for category, rows in groups.items()
    ]


def _mean(groups: Sequence[Sequence[int]]) -> float:
    said = [(level, count) for levels in groups for level, count in enumerate(levels, start=1)]
    return sum(level * count for level, count in said) / sum(count for _, count in said)


def figure(pieces: int) -> int | None:
    """A figure that may be told: none between one and nine."""
    return None if 0 < pieces < SMALLEST_FIGURE else pieces
