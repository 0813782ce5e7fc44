"""Evidence: told, changed, taken back; the cells that it moves; and what may be read of it.

Set-based: a page of a feed is a few statements, however many ratings it has.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import ARRAY, Row, Uuid, bindparam, insert, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts import procurement_ratings as contracts
from common.contracts.procurement_ratings import EvidenceSource
from common.contracts.shapes import SMALLEST_FIGURE
from common.errors import NotFound, Text
from procurement import tables

E, M = tables.Evidence, tables.Milestone
WHAT: Final = Text("评价", "evaluation")
COLUMNS: Final = (
    *("provider_id", "id", "source", "source_id", "category", "dimension", "level", "buyer_id"),
    *("contract_id", "document", "happened_on", "counts_from_on", "is_related", "is_suspended"),
)


class Source(NamedTuple):
    """Who told a piece of evidence, of whom."""

    provider_id: UUID
    source: str
    source_id: UUID


class Cell(NamedTuple):
    """What one rating is about."""

    provider_id: UUID
    category: str
    dimension: str


_TOLD: Final = (
    " told AS (SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS t (provider_id uuid,"
    " id uuid, source text, source_id uuid, category text, dimension text, level smallint,"
    " buyer_id uuid, contract_id uuid, document text, happened_on date, counts_from_on date,"
    " is_related boolean, is_suspended boolean))"
)
# What a source no longer says ends now; what it says again in the same words stays as it is.
_ENDED: Final = text(
    "WITH spoken AS (SELECT * FROM jsonb_to_recordset(CAST(:spoken AS jsonb))"
    " AS s (provider_id uuid, source text, source_id uuid)),"
    + _TOLD
    + " UPDATE evidence e SET known_to = :now FROM spoken s"
    " WHERE e.provider_id = s.provider_id AND e.source = s.source AND e.source_id = s.source_id"
    " AND e.known_to IS NULL AND NOT EXISTS (SELECT 1 FROM told t WHERE"
    " t.provider_id = e.provider_id AND t.source = e.source AND t.source_id = e.source_id"
    " AND t.dimension = e.dimension AND (t.category, t.level, t.buyer_id, t.contract_id,"
    " t.document, t.happened_on, t.is_related, t.is_suspended) IS NOT DISTINCT FROM"
    " (e.category, e.level, e.buyer_id, e.contract_id, e.document, e.happened_on, e.is_related,"
    " e.is_suspended)) RETURNING e.provider_id, e.category, e.dimension"
)
_BEGUN: Final = text(
    "WITH"
    + _TOLD
    + f" INSERT INTO evidence ({', '.join(COLUMNS)}, known_from)"
    + " SELECT told.*, :now FROM told ORDER BY provider_id, source_id, dimension"
    " ON CONFLICT (provider_id, source, source_id, dimension) WHERE known_to IS NULL DO NOTHING"
    " RETURNING provider_id, category, dimension"
)


async def replace(
    session: AsyncSession,
    spoken: Iterable[Source],
    rows: Iterable[Mapping[str, Any]],
    *,
    now: datetime,
) -> set[Cell]:
    """Let `rows` be all that these sources say from now on; the cells in which that is news.

    Of two who tell the same at once the second waits for the first and changes nothing.
    """
    told = orjson.dumps(list(rows), default=str).decode()
    heads = orjson.dumps([each._asdict() for each in spoken], default=str).decode()
    ended = await session.execute(_ENDED, {"spoken": heads, "rows": told, "now": now})
    moved = {Cell(*row) for row in ended}
    begun = await session.execute(_BEGUN, {"rows": told, "now": now})
    return moved | {Cell(*row) for row in begun}


async def due(session: AsyncSession, cells: Collection[Cell]) -> None:
    """Have these ratings computed again soon."""
    if cells:
        rows = [cell._asdict() for cell in sorted(cells)]
        await session.execute(insert(tables.RatingDue), rows)


async def current(
    session: AsyncSession, sources: Collection[Source]
) -> Sequence[Mapping[str, Any]]:
    """All that these sources say now."""
    key = tuple_(E.provider_id, E.source, E.source_id)
    statement = select(*(getattr(E, name) for name in COLUMNS)).where(
        E.known_to.is_(None), key.in_([tuple(each) for each in sources])
    )
    return [row._asdict() for row in await session.execute(statement)]


async def sources(session: AsyncSession, source: str, ids: Collection[UUID]) -> Sequence[Source]:
    """Who these records of a kind speak of, as far as they are evidence now."""
    if not ids:
        return []
    statement = select(E.provider_id, E.source, E.source_id).where(
        E.source == source, E.source_id.in_(ids), E.known_to.is_(None)
    )
    return [Source(*row) for row in await session.execute(statement.distinct())]


async def of_provider(session: AsyncSession, provider_id: UUID) -> Sequence[Mapping[str, Any]]:
    """All evidence on a provider that has a buyer, as it stands now."""
    statement = select(*(getattr(E, name) for name in COLUMNS)).where(
        E.provider_id == provider_id, E.known_to.is_(None), E.buyer_id.is_not(None)
    )
    return [row._asdict() for row in await session.execute(statement)]


async def evaluation(session: AsyncSession, evaluation_id: UUID) -> tables.Evidence:
    """One judgement of an office, as it stands; residents' ratings are not told one by one."""
    statement = select(E).where(
        E.id == evaluation_id, E.source != EvidenceSource.RATING, E.known_to.is_(None)
    )
    row = await session.scalar(statement)
    if row is None:
        raise NotFound(what=WHAT, key=evaluation_id)
    return row


async def evaluations(
    session: AsyncSession, provider_id: UUID, *, after: UUID | None, limit: int
) -> list[contracts.Evaluation]:
    """The judgements of offices on a provider, oldest first; one more than `limit`.

    What few users said at an acceptance is not told.
    """
    milestone = (M.contract_id == E.contract_id) & (M.id == E.source_id)
    statement = (
        select(E, M.users_answered)
        .outerjoin(M, milestone & (E.source == EvidenceSource.ACCEPTANCE))
        .where(
            E.provider_id == provider_id, E.source != EvidenceSource.RATING, E.known_to.is_(None)
        )
    )
    if after is not None:
        statement = statement.where(E.id > after)
    rows = await session.execute(statement.order_by(E.id).limit(limit + 1))
    return [_evaluated(*row) for row in rows]


def _evaluated(row: tables.Evidence, answered: int | None) -> contracts.Evaluation:
    found = contracts.Evaluation.model_validate(row)
    by_users = row.source == EvidenceSource.ACCEPTANCE
    if by_users and (answered is None or answered < SMALLEST_FIGURE):
        return found.model_copy(update={"level": None})
    return found


# The supervisor has no dates: it stands above the provider now, and stood before.
_BONDS: Final = text(
    "SELECT provider_id, organisation_id, kind, from_on, to_on, source = 'declared' AS is_own_word"
    " FROM tie WHERE provider_id = ANY(:ids) UNION ALL"
    " SELECT id, supervisor_id, 'supervision', DATE '0001-01-01', NULL, false FROM provider"
    " WHERE id = ANY(:ids) AND supervisor_id IS NOT NULL"
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))


async def ties(session: AsyncSession, provider_ids: Collection[UUID]) -> Sequence[Row[Any]]:
    """The ties of providers, ended ones among them."""
    return (await session.execute(_BONDS, {"ids": list(provider_ids)})).all()
