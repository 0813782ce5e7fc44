"""Where a merged record comes from: what every source calls it, and who brought each field."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.contracts.registry.duplicates import (
    DuplicateKind,
    FieldOrigin,
    Identifiers,
    Merge,
    Origins,
    TakenField,
)
from common.errors import NotFound, Text
from registry import tables
from registry.domain.merging import FIELDS
from registry.queries import merging as queries
from registry.usecases.editing import plain

_WHAT = Text("记录", "record")


async def origins(
    session: AsyncSession, kind: DuplicateKind, record_id: UUID, *, by: Actor
) -> Origins:
    """A record of the caller's area with all that were merged into it."""
    sources = await queries.sources(session, kind, record_id)
    if not sources or sources[0].id != record_id:
        raise NotFound(what=_WHAT, key=record_id)
    kept = sources[0]
    by.must_cover(kept.area_code)
    brought = _brought(kept, await queries.standing_merges(session, kind, record_id))
    columns = [column for group in FIELDS[kind].values() for column in group]
    return Origins(
        kind=kind,
        id=record_id,
        identifiers=[_called(kind, each, is_kept=each.id == record_id) for each in sources],
        fields=[
            FieldOrigin(
                name=name,
                value=plain(getattr(kept, name)),
                origin_id=brought.get(name, record_id),
            )
            for name in columns
        ],
    )


def _brought(kept: Any, merges: list[tables.Merge]) -> dict[str, UUID]:
    """Fields that still hold what a merge took over, by the record that brought them."""
    return {
        taken["column"]: merge.retired_id
        for merge in merges
        for taken in merge.taken
        if plain(getattr(kept, taken["column"])) == taken["after"]
    }


def _called(kind: DuplicateKind, row: Any, *, is_kept: bool) -> Identifiers:
    is_body = kind is DuplicateKind.ORGANISATION
    return Identifiers(
        record_id=row.id,
        code=row.code,
        credit_code=row.credit_code if is_body else None,
        filing_number=row.filing_number if is_body else None,
        name=row.name,
        phone=row.phone,
        is_kept=is_kept,
    )


def shown(row: tables.Merge) -> Merge:
    """A merge as it is told."""
    told = Merge.model_fields.keys() - {"taken", "moved"}
    return Merge(
        **{name: getattr(row, name) for name in told},
        taken=[
            TakenField(name=each["column"], before=each["before"], after=each["after"])
            for each in row.taken
        ],
        moved={name: len(ids) for name, ids in row.moved.items()},
    )
