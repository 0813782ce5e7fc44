"""Programmes and funds from tables: each row goes through the use case that staff use."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from sqlalchemy import select

from common.contracts.registry.funds import FundIn, FundPatch
from common.contracts.registry.programmes import ProgrammeIn, ProgrammePatch
from registry import tables
from registry.importing.chunk import Chunk, Row, Values
from registry.importing.singly import Step, fixed
from registry.usecases import funds, programmes

Add = Callable[..., Awaitable[Any]]


async def programme(chunk: Chunk, _: Row, values: Values) -> str:
    """A new draft, or the programme of that code as the row has it."""
    given = _named(values, {"department": "department_id"})
    row = await _standing(chunk, tables.Programme, given["code"])
    if row is None:
        said = ProgrammeIn(**_told(given))
        await programmes.add_programme(chunk.session, said, by=chunk.by, now=chunk.now)
        return "inserted"
    return await _edited(chunk, row, ProgrammePatch(**given), programmes.edit_programme)


async def fund(chunk: Chunk, _: Row, values: Values) -> str:
    """A new fund with an empty ledger, or the fund of that code as the row has it."""
    given = _named(values, {"holder": "holder_id", "programme": "programme_id"})
    row = await _standing(chunk, tables.Fund, given["code"])
    if row is None:
        said = FundIn(**_told(given))
        await funds.add_fund(chunk.session, said, by=chunk.by, now=chunk.now)
        return "inserted"
    code = given.pop("area_code", row.area_code)
    if code != row.area_code:
        raise fixed("area", code)
    return await _edited(chunk, row, FundPatch(**given), funds.edit_fund)


async def _standing(chunk: Chunk, table: type[Any], code: str) -> Any:
    return (await chunk.session.scalars(select(table).where(table.code == code))).one_or_none()


async def _edited(chunk: Chunk, row: Any, patch: Any, edit: Add) -> str:
    before = row.version
    await edit(chunk.session, row.id, patch, version=before, by=chunk.by, now=chunk.now)
    return "unchanged" if row.version == before else "updated"


def _named(values: Values, ids: Mapping[str, str]) -> Values:
    """The row's values, with ids and a division code for what it names."""
    given = {name: value for name, value in values.items() if name not in {*ids, "area"}}
    for name, column in ids.items():
        if name in values:
            given[column] = values[name][0].id if values[name] else None
    if values.get("area"):
        given["area_code"] = values["area"][0].code
    return given


def _told(given: Values) -> Values:
    return {name: value for name, value in given.items() if value is not None}


REFERENCES: Final[Mapping[str, Mapping[str, str]]] = {
    "programme": {"department": "organisation", "area": "area"},
    "fund": {"holder": "organisation", "programme": "programme", "area": "area"},
}
STEPS: Final[Mapping[str, Step]] = {"programme": programme, "fund": fund}
