"""Rooms, people, bundles, concessions from tables: each row goes through the use case of staff."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from common.contracts.registry.bundles import BundleIn, BundlePatch
from common.contracts.registry.concessions import ConcessionIn
from common.contracts.registry.people import PersonIn, PersonPatch
from common.contracts.registry.spaces import SpaceIn, SpacePatch
from common.errors import FieldError, Text
from registry import tables
from registry.domain.forms.people import PEOPLE, is_masked
from registry.domain.people import WrongPerson
from registry.importing.by_code import edited, named, standing, told
from registry.importing.chunk import Chunk, Row, Values
from registry.importing.singly import Step, fixed
from registry.queries.references import UnknownReference
from registry.usecases import bundles, concessions, people, spaces

_HELD: Final = {
    "operator": "operator_id",
    "offerings": "offering_ids",
    "venues": "venue_ids",
    "funds": "fund_ids",
    "programmes": "programme_ids",
    "people": "person_ids",
}
_WORKS: Final = {"organisation": "organisation_id", "venue": "venue_id"}
_MASKED: Final = Text("新增人员不能用打码的值", "a new record needs the value in clear")


async def space(chunk: Chunk, _: Row, values: Values) -> str:
    """A new room or hall of a venue, or the one of that code as the row has it."""
    (venue,) = values["venue"]
    given = {name: value for name, value in values.items() if name not in {"venue", "parts"}}
    parts = await _rooms(chunk, venue.id, "parts", values.get("parts") or [])
    row = await standing(chunk, tables.Space, given["code"], venue_id=venue.id)
    if row is None:
        said = SpaceIn(venue_id=venue.id, parts=parts, **told(given))
        await spaces.add_space(chunk.session, said, by=chunk.by, now=chunk.now)
        return "inserted"
    if "parts" in values and set(parts) != set(row.parts):
        raise fixed("parts", "；".join(values["parts"] or ()))
    return await edited(chunk, row, SpacePatch(**given), spaces.edit_space)


async def person(chunk: Chunk, _: Row, values: Values) -> str:
    """Somebody new, or the one of that number; what is masked stays as it is."""
    assert chunk.cipher is not None  # noqa: S101 - people are only loaded by imports, which have it
    given = named(values, _WORKS)
    hidden = [each.name for each in PEOPLE.columns if is_masked(given.get(each.name))]
    row = await standing(chunk, tables.Person, given["code"])
    if row is None:
        if hidden:
            raise WrongPerson(errors=[FieldError(f"/{name}", None, _MASKED) for name in hidden])
        said = PersonIn(**told(given | {"status": None}))
        await people.add_person(
            chunk.session, said, cipher=chunk.cipher, by=chunk.by, now=chunk.now
        )
        return "inserted"
    for name in ("kind", "line"):
        if given.pop(name, None) not in (None, getattr(row, name)):
            raise fixed(name, values[name])
    patch = PersonPatch(**{name: value for name, value in given.items() if name not in hidden})
    return await edited(chunk, row, patch, people.edit_person, cipher=chunk.cipher)


async def bundle(chunk: Chunk, _: Row, values: Values) -> str:
    """A new draft, or the bundle of that code as the row has it."""
    given = named(values, _HELD)
    row = await standing(chunk, tables.Bundle, given["code"])
    if row is None:
        said = BundleIn(**told(given))
        await bundles.add_bundle(chunk.session, said, by=chunk.by, now=chunk.now)
        return "inserted"
    code = given.pop("area_code", row.area_code)
    if code != row.area_code:
        raise fixed("area", code)
    return await edited(chunk, row, BundlePatch(**given), bundles.edit_bundle)


async def concession(chunk: Chunk, _: Row, values: Values) -> str:
    """A new draft; what a concession says is not changed afterwards."""
    given = named(values, {"venue": "venue_id", "operator": "operator_id"})
    room = given.pop("space", None)
    found = await _rooms(chunk, given["venue_id"], "space", [room] if room else [])
    said = ConcessionIn(**told(given), space_id=next(iter(found), None))
    row = await standing(chunk, tables.Concession, given["code"])
    if row is None:
        await concessions.add_concession(chunk.session, said, by=chunk.by, now=chunk.now)
        return "inserted"
    for name, value in said.model_dump().items():
        if getattr(row, name) != value:
            raise fixed(name.removesuffix("_id"), value)
    return "unchanged"


async def _rooms(chunk: Chunk, venue_id: UUID, field: str, codes: list[str]) -> list[UUID]:
    """Rooms of a venue by their codes. Raises `UnknownReference`."""
    if not codes:
        return []
    room = tables.Space
    statement = select(room.code, room.id).where(room.venue_id == venue_id, room.code.in_(codes))
    known: dict[Any, UUID] = {row.code: row.id for row in await chunk.session.execute(statement)}
    message = Text("该载体内没有此编码的空间", "no room of the venue has this code")
    if missing := [code for code in codes if code not in known]:
        raise UnknownReference(errors=[FieldError(f"/{field}", each, message) for each in missing])
    return [known[code] for code in codes]


REFERENCES: Final[Mapping[str, Mapping[str, str]]] = {
    "space": {"venue": "venue"},
    "person": {"organisation": "organisation", "venue": "venue", "area": "area"},
    "bundle": {
        "operator": "organisation",
        "area": "area",
        "offerings": "offering",
        "venues": "venue",
        "funds": "fund",
        "programmes": "programme",
        "people": "person",
    },
    "concession": {"venue": "venue", "operator": "organisation"},
}
STEPS: Final[Mapping[str, Step]] = {
    "space": space,
    "person": person,
    "bundle": bundle,
    "concession": concession,
}
