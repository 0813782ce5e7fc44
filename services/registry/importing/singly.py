"""Kinds whose records have a history: each row goes through the use case that staff use.

Areas outside the code, incubation ties and dictionary entries are few; what a person may do at the
screen is exactly what a row may do.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Any, Final

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from common.clock import city_day
from common.contracts.registry.areas import AreaIn, AreaMemberEnd, AreaMemberIn, AreaPatch
from common.contracts.registry.dictionaries import Dictionary, EntryIn, EntryPatch
from common.contracts.registry.organisations import IncubationIn, TieEnd
from common.errors import Conflict, FieldError, Problem, Text
from common.geo import System
from common.problem_details import constraint_of
from common.tabular.cells import clean
from registry import tables
from registry.importing.chunk import Chunk, Row, Values
from registry.importing.references import Found, Missing
from registry.usecases import area_members, areas, dictionaries, ties

Step = Callable[[Chunk, Row, Values], Awaitable[str]]
_FIXED: Final = Text("建立后不可更改", "cannot be changed once it stands")


class Fixed(Conflict):
    """What was decided when the record was made."""

    slug = "cannot-be-changed"
    title = Text("不可更改", "Cannot be changed")


def fixed(name: str, value: object) -> Fixed:
    """The refusal to change a field that is fixed."""
    return Fixed(errors=[FieldError(f"/{name}", value, _FIXED)])


async def load(
    chunk: Chunk,
    references: Mapping[str, str],
    step: Step,
    constraints: Mapping[str, type[Problem]],
) -> None:
    """Take the rows one by one, each in a savepoint; what a refused row did is undone."""
    answers = {
        kind: await chunk.lookup(chunk.session, kind, _names(chunk, references, kind))
        for kind in set(references.values())
    }
    for row in chunk.rows:
        values = _resolved(chunk, row, references, answers)
        if row.number in chunk.failed:
            continue
        told = {name: len(chunk.session.info.get(name, ())) for name in ("marks", "audit")}
        try:
            async with chunk.session.begin_nested():
                done = await step(chunk, row, values)
            setattr(chunk, done, getattr(chunk, done) + 1)
        except (Problem, IntegrityError, ValidationError) as fault:
            for name, length in told.items():
                del chunk.session.info.get(name, [])[length:]
            chunk.refuse_for(row, _problem_of(fault, constraints))


def _problem_of(fault: Exception, constraints: Mapping[str, type[Problem]]) -> Problem:
    if isinstance(fault, Problem):
        return fault
    if isinstance(fault, IntegrityError):
        return constraints.get(constraint_of(fault) or "", Conflict)()
    return Conflict()


def _names(chunk: Chunk, references: Mapping[str, str], kind: str) -> set[str]:
    return {
        name
        for field, found in references.items()
        if found == kind
        for row in chunk.rows
        for name in _listed(row.values.get(field))
    }


def _listed(value: Any) -> list[str]:  # a cell's value
    return [] if value is None else value if isinstance(value, list) else [value]


def _resolved(
    chunk: Chunk, row: Row, references: Mapping[str, str], answers: Mapping[str, Any]
) -> Values:
    values = dict(row.values)
    for name, kind in references.items():
        if name not in values:
            continue
        found = []
        for called in _listed(values[name]):
            answer = answers[kind][called]
            if isinstance(answer, Missing):
                chunk.refuse(row, name, answer.message, slug=answer.slug, remedy=answer.remedy)
            else:
                found.append(answer)
        values[name] = found
    return values


async def dictionary_entry(chunk: Chunk, _: Row, values: Values) -> str:
    """Extend a dictionary, or mend one of its words."""
    dictionary = Dictionary(values["dictionary"])
    entry = tables.DictionaryEntry
    statement = select(entry).where(entry.dictionary == dictionary, entry.code == values["code"])
    row = (await chunk.session.scalars(statement)).one_or_none()
    given = _present({k: v for k, v in values.items() if k != "dictionary"})
    if row is None:
        ends = given.pop("valid_to", None)
        made = await dictionaries.add_entry(
            chunk.session, dictionary, EntryIn(**given), by=chunk.by, now=chunk.now
        )
        if ends is not None:
            made.valid_to = date.fromisoformat(ends)
        return "inserted"
    if given.get("parent_code", row.parent_code) != row.parent_code:
        raise fixed("parent_code", given["parent_code"])
    patch = _changed(row, values, ("name_zh", "name_en", "description", "sort", "valid_to"))
    if not patch:
        return "unchanged"
    await dictionaries.edit_entry(
        chunk.session,
        dictionary,
        row.code,
        EntryPatch(**patch),
        version=row.version,
        by=chunk.by,
        now=chunk.now,
    )
    return "updated"


async def incubation(chunk: Chunk, _: Row, values: Values) -> str:
    """Tie two organisations, or end their tie."""
    (incubated,), (incubator,) = values["incubated"], values["incubator"]
    start = date.fromisoformat(values["valid_from"])
    end = values.get("valid_to") and date.fromisoformat(values["valid_to"])
    tie = tables.Incubation
    statement = select(tie).where(
        tie.incubated_id == incubated.id,
        tie.incubator_id == incubator.id,
        tie.valid_from == start,
    )
    row = (await chunk.session.scalars(statement)).one_or_none()
    if row is None:
        given = IncubationIn(incubator_id=incubator.id, valid_from=start, valid_to=end)
        await ties.add_incubation(chunk.session, incubated.id, given, by=chunk.by, now=chunk.now)
        return "inserted"
    if "valid_to" not in values or row.valid_to == end:
        return "unchanged"
    if end is None:
        raise fixed("valid_to", None)
    organisation = await chunk.session.get_one(tables.Organisation, incubated.id)
    await ties.end_incubation(
        chunk.session,
        incubated.id,
        row.id,
        TieEnd(valid_to=end),
        version=organisation.version,
        by=chunk.by,
        now=chunk.now,
    )
    return "updated"


async def area(chunk: Chunk, _: Row, values: Values) -> str:
    """Draw an area, or change it; then its members."""
    (home,) = values["area"]
    table = tables.Area
    statement = select(table).where(
        table.code == values["code"], table.level.is_(None), table.valid_to.is_(None)
    )
    row = (await chunk.session.scalars(statement)).one_or_none()
    done = "unchanged"
    if row is None:
        row = await _drawn(chunk, values, home)
        done = "inserted"
    elif await _redrawn(chunk, row, values, home):
        done = "updated"
    if "members" in values and await _members(chunk, row, values["members"]):
        done = "inserted" if done == "inserted" else "updated"
    return done


async def _drawn(chunk: Chunk, values: Values, home: Found) -> tables.Area:
    names = ("kind", "code", "name", "area_type", "lon", "lat", "valid_from")
    given = _present({name: values.get(name) for name in names})
    made = await areas.add_area(
        chunk.session,
        AreaIn(**given, parent_id=home.id),
        system=System.WGS84,
        by=chunk.by,
        now=chunk.now,
    )
    if values.get("coord_source"):
        made.coord_source = values["coord_source"]
    if values.get("valid_to"):
        await _edit(chunk, made, {"valid_to": values["valid_to"]})
    return made


async def _redrawn(chunk: Chunk, row: tables.Area, values: Values, home: Found) -> bool:
    if row.kind != values["kind"]:
        raise fixed("kind", values["kind"])
    if row.parent_id != home.id:
        raise fixed("area", home.name)
    patch = _changed(row, values, ("name", "area_type", "valid_to"))
    if "lon" in values and not _near(row, values):
        patch |= {"lon": values["lon"], "lat": values["lat"]}
    if patch:
        await _edit(chunk, row, patch)
    return bool(patch)


async def _edit(chunk: Chunk, row: tables.Area, patch: Values) -> None:
    """Points were turned into WGS-84 when the row was checked."""
    await areas.edit_area(
        chunk.session,
        row.id,
        AreaPatch(**patch),
        version=row.version,
        system=System.WGS84,
        by=chunk.by,
        now=chunk.now,
    )


def _near(row: tables.Area, values: Values) -> bool:
    if row.lon is None or values["lon"] is None or row.lat is None:
        return bool(row.lon == values["lon"])
    return bool(max(abs(row.lon - values["lon"]), abs(row.lat - values["lat"])) < 1e-7)


async def _members(chunk: Chunk, row: tables.Area, wanted: list[Found]) -> bool:
    """Make the members those of the list, from today on."""
    member = tables.AreaMember
    statement = select(member).where(member.area_id == row.id, member.valid_to.is_(None))
    standing = {each.member_id: each for each in await chunk.session.scalars(statement)}
    ids = {found.id for found in wanted}
    for member_id in sorted(ids - standing.keys()):
        given = AreaMemberIn(
            member_id=member_id, valid_from=max(city_day(chunk.now), row.valid_from)
        )
        await area_members.add_member(chunk.session, row.id, given, by=chunk.by, now=chunk.now)
    for member_id in sorted(standing.keys() - ids):
        await area_members.end_member(
            chunk.session,
            row.id,
            standing[member_id].id,
            AreaMemberEnd(valid_to=city_day(chunk.now)),
            version=row.version,
            by=chunk.by,
            now=chunk.now,
        )
    return ids != standing.keys()


def _present(values: Values) -> Values:
    return {name: value for name, value in values.items() if value is not None}


def _changed(row: Any, values: Values, names: tuple[str, ...]) -> Values:
    """The named fields that the row gives and that differ; a blank keeps a name or an order."""
    changed: Values = {}
    for name in names:
        if name not in values:
            continue
        stands, comes = getattr(row, name), values[name]
        if comes is None and name in {"name", "name_zh", "name_en", "sort"}:
            continue
        if isinstance(stands, str):
            stands = clean(stands)
        if (stands.isoformat() if isinstance(stands, date) else stands) != comes:
            changed[name] = comes
    return changed


REFERENCES: Final[Mapping[str, Mapping[str, str]]] = {
    "dictionary_entry": {},
    "incubation": {"incubated": "organisation", "incubator": "organisation"},
    "area": {"area": "area", "members": "member"},
}
STEPS: Final[Mapping[str, Step]] = {
    "dictionary_entry": dictionary_entry,
    "incubation": incubation,
    "area": area,
}
