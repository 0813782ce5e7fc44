"""Records with a code of their own: found by it, added or edited by the use case of the screen."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from sqlalchemy import select

from registry.importing.chunk import Chunk, Values

Edit = Callable[..., Awaitable[Any]]


async def standing(chunk: Chunk, table: type[Any], code: str, **within: Any) -> Any:
    """The record of a code, among those with some other values; None without one."""
    statement = select(table).filter_by(code=code, **within)
    return (await chunk.session.scalars(statement)).one_or_none()


async def edited(chunk: Chunk, row: Any, patch: Any, edit: Edit, **more: Any) -> str:
    """Let the record be as the row has it; what came of it."""
    before = row.version
    await edit(chunk.session, row.id, patch, version=before, by=chunk.by, now=chunk.now, **more)
    return "unchanged" if row.version == before else "updated"


def named(values: Values, ids: Mapping[str, str]) -> Values:
    """The row's values, with ids and a division code for what it names.

    `ids` maps a field to its column; a column of ids takes all that a field names.
    """
    given = {name: value for name, value in values.items() if name not in {*ids, "area"}}
    for name, column in ids.items():
        if name not in values:
            continue
        found = [each.id for each in values[name] or ()]
        given[column] = found if column.endswith("_ids") else next(iter(found), None)
    if values.get("area"):
        given["area_code"] = values["area"][0].code
    return given


def told(given: Values) -> Values:
    """What is not blank."""
    return {name: value for name, value in given.items() if value is not None}
