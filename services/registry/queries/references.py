"""What a record points at must exist, and stand: said by field before a foreign key says it."""

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts.registry.areas import DIVISIONS as CODED
from common.contracts.registry.areas import AreaKind
from common.errors import FieldError, Invalid, Text
from registry import tables

A: Final = tables.Area
DIVISIONS: Final = frozenset(
    {AreaKind.CITY, AreaKind.DISTRICT, AreaKind.TOWN, AreaKind.NEIGHBOURHOOD}
)
GROUND: Final = frozenset({AreaKind.TOWN, AreaKind.NEIGHBOURHOOD})


class UnknownReference(Invalid):
    """A field points at a record that does not exist, or no longer stands."""

    slug = "unknown-reference"
    title = Text("引用的记录不存在", "No such record")


class UnknownArea(Invalid):
    """No present area of a fitting kind has the code."""

    slug = "unknown-area"
    title = Text("没有此区划", "Unknown area")


async def area_id(
    session: AsyncSession, code: str, *, kinds: Iterable[AreaKind] = DIVISIONS
) -> UUID:
    """The present division with a code. Raises `UnknownArea`."""
    statement = select(A.id, A.kind).where(A.code == code, A.valid_to.is_(None))
    # An edition that moves the area waits for us, or we for it (see `areas.home`).
    statement = statement.with_for_update(read=True, key_share=True)
    found = (await session.execute(statement)).one_or_none()
    if found is None:
        raise _unknown(code, Text("没有此代码的现行区划", "no present division has this code"))
    if found.kind not in set(kinds):
        raise _unknown(code, Text("须为街镇或居村的代码", "must be a town or a neighbourhood"))
    known: UUID = found.id
    return known


async def must_be_divisions(session: AsyncSession, asked: Mapping[str, str]) -> None:
    """422 `unknown-area` naming each field whose digits are those of no present division."""
    if not asked:
        return
    prefixes = set(asked.values())
    known = set(
        await session.scalars(
            select(A.short_code).where(
                A.short_code.in_(prefixes), A.valid_to.is_(None), A.kind.in_(CODED)
            )
        )
    )
    nowhere = Text("没有此现行区划", "no present division has these digits")
    errors = [
        FieldError(pointer, prefix, nowhere)
        for pointer, prefix in asked.items()
        if prefix not in known
    ]
    if errors:
        raise UnknownArea(errors=errors)


async def must_exist(
    session: AsyncSession, table: type[Any], asked: Mapping[str, UUID | None]
) -> None:
    """422 `unknown-reference` naming each field whose record does not exist; None is fine."""
    wanted = {key for key in asked.values() if key is not None}
    if not wanted:
        return
    statement = select(table.id).where(table.id.in_(wanted))
    for ended in ("merged_into_id", "dissolved_on"):
        if hasattr(table, ended):
            statement = statement.where(getattr(table, ended).is_(None))
    known = set(await session.scalars(statement))
    errors = [
        FieldError(pointer, str(key), Text("没有这条记录，或已终止", "no such record stands"))
        for pointer, key in asked.items()
        if key is not None and key not in known
    ]
    if errors:
        raise UnknownReference(errors=errors)


def _unknown(code: str, message: Text) -> UnknownArea:
    return UnknownArea(errors=[FieldError("/area_code", code, message)])
