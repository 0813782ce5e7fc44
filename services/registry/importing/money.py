"""Programmes and funds from tables: each row goes through the use case that staff use."""

from collections.abc import Mapping
from typing import Final

from common.contracts.registry.funds import FundIn, FundPatch
from common.contracts.registry.programmes import ProgrammeIn, ProgrammePatch
from registry import tables
from registry.importing.by_code import edited, named, standing, told
from registry.importing.chunk import Chunk, Row, Values
from registry.importing.singly import Step, fixed
from registry.usecases import funds, programmes


async def programme(chunk: Chunk, _: Row, values: Values) -> str:
    """A new draft, or the programme of that code as the row has it."""
    given = named(values, {"department": "department_id"})
    row = await standing(chunk, tables.Programme, given["code"])
    if row is None:
        said = ProgrammeIn(**told(given))
        await programmes.add_programme(chunk.session, said, by=chunk.by, now=chunk.now)
        return "inserted"
    return await edited(chunk, row, ProgrammePatch(**given), programmes.edit_programme)


async def fund(chunk: Chunk, _: Row, values: Values) -> str:
    """A new fund with an empty ledger, or the fund of that code as the row has it."""
    given = named(values, {"holder": "holder_id", "programme": "programme_id"})
    row = await standing(chunk, tables.Fund, given["code"])
    if row is None:
        said = FundIn(**told(given))
        await funds.add_fund(chunk.session, said, by=chunk.by, now=chunk.now)
        return "inserted"
    code = given.pop("area_code", row.area_code)
    if code != row.area_code:
        raise fixed("area", code)
    return await edited(chunk, row, FundPatch(**given), funds.edit_fund)


REFERENCES: Final[Mapping[str, Mapping[str, str]]] = {
    "programme": {"department": "organisation", "area": "area"},
    "fund": {"holder": "organisation", "programme": "programme", "area": "area"},
}
STEPS: Final[Mapping[str, Step]] = {"programme": programme, "fund": fund}
