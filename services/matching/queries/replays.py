"""What two runs over the same needs differ by: the gains and losses of a replay 政策推演."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func as sql
from sqlalchemy import literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Text

from common.contracts.matching_allocation import Change
from matching import tables

X: Final = tables.AllocationChoice
ERASED: Final = "unknown"


async def by_tier(session: AsyncSession, first: UUID, second: UUID) -> Mapping[str, Change]:
    """Needs by urgency as recorded: served by the first run, by the second, by one of them."""
    return await _grouped(session, first, second, sql.cast(tables.Need.urgency, Text))


async def by_group(session: AsyncSession, first: UUID, second: UUID) -> Mapping[str, Change]:
    """The same by group; a person of two groups counts in both, an erased one as `unknown`."""
    groups = sql.coalesce(tables.Profile.groups, literal([ERASED], ARRAY(Text)))
    return await _grouped(session, first, second, sql.unnest(groups))


async def _grouped(
    session: AsyncSession, first: UUID, second: UUID, word: Any
) -> Mapping[str, Change]:
    a, b, need = X.__table__.alias("a"), X.__table__.alias("b"), tables.Need
    pairs = (
        select(
            word.label("word"),
            a.c.offering_id.is_not(None).label("in_a"),
            b.c.offering_id.is_not(None).label("in_b"),
        )
        .select_from(a)
        .join(b, (b.c.need_id == a.c.need_id) & (b.c.run_id == literal(second)))
        .join(need, need.id == a.c.need_id)
        .outerjoin(tables.Profile, tables.Profile.need_id == need.id)
        .where(a.c.run_id == literal(first))
        .subquery()
    )
    in_a, in_b = pairs.c.in_a, pairs.c.in_b
    statement = (
        select(
            pairs.c.word,
            sql.count().label("needs"),
            sql.count().filter(in_a).label("first"),
            sql.count().filter(in_b).label("second"),
            sql.count().filter(in_b & ~in_a).label("gained"),
            sql.count().filter(in_a & ~in_b).label("lost"),
        )
        .group_by(pairs.c.word)
        .order_by(pairs.c.word)
    )
    rows = (await session.execute(statement)).mappings()
    return {row["word"]: Change.model_validate(row) for row in rows}
