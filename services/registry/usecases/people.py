"""People: recorded, changed, unmasked for a reason; hours learnt and given."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import ALL_LINES, Actor
from common.clock import city_day
from common.contracts.registry.dictionaries import Dictionary
from common.contracts.registry.people import (
    Education,
    HoursIn,
    HoursKind,
    HoursRecord,
    Identity,
    PersonHours,
    PersonIn,
    PersonPatch,
    PersonStatus,
)
from common.crypto import masking
from common.crypto.fields import FieldCipher, place
from common.edge import must_match
from common.errors import Conflict, FieldError, Text
from common.ids import uuid7
from common.rules import Confidence, RuleTable
from registry import tables
from registry.domain import people as domain
from registry.queries import dictionaries, rules
from registry.queries import people as queries
from registry.queries.references import UnknownReference, area_id, must_exist
from registry.usecases.editing import PURPOSE, given, made, plain, touch

KIND: Final = "person"


class PersonCodeTaken(Conflict):
    """Somebody else has the number."""

    slug = "person-code-taken"
    title = Text("工号已使用", "Number taken")
    detail = Text("已有人员使用该工号。", "Somebody else has this number.")


SEALED: Final = ("name", "phone", "certificate_number")
CIVIL_AFFAIRS: Final = "civil_affairs"  # the line of those who name none
_NEEDED: Final = frozenset({"name", "area_code", "languages", "skills", "status"})
_LATEST: Final = 100
_FACTS: Final = ("qualification", "certificate_number", "qualified_from", "qualified_to")


async def add_person(
    session: AsyncSession, person: PersonIn, *, cipher: FieldCipher, by: Actor, now: datetime
) -> tables.Person:
    """Somebody new in the caller's area."""
    by.must_cover(person.area_code)
    own = by.line if by.line != ALL_LINES else None
    values = person.model_dump() | {"line": person.line or own or CIVIL_AFFAIRS}
    domain.check(values)
    values = await _checked(session, values, now=now)

    record_id = uuid7()
    row = tables.Person(
        id=record_id,
        **(values | _sealed(values, record_id, cipher)),
        status=PersonStatus.ACTIVE,
        **made(by, now),
    )
    session.add(row)
    await session.flush()
    told = person.model_dump(mode="json", exclude_none=True, exclude=set(SEALED))
    _tell(session, row, by, "add", told)
    return row


async def edit_person(
    session: AsyncSession,
    person_id: UUID,
    patch: PersonPatch,
    *,
    version: int,
    cipher: FieldCipher,
    by: Actor,
    now: datetime,
) -> tables.Person:
    """Change somebody's record; who leaves is not called any more."""
    row = await queries.person_for_update(session, person_id)
    by.must_cover(row.area_code)
    must_match(row.version, version)
    asked = {k: v for k, v in given(patch).items() if not (k in _NEEDED and v is None)}
    by.must_cover(asked.get("area_code", row.area_code))
    domain.check({name: asked.get(name, getattr(row, name)) for name in _FACTS})
    values = await _checked(session, asked, now=now)
    if asked.get("status", row.status) == PersonStatus.LEFT:
        values["phone"] = None

    values = {k: v for k, v in values.items() if v != _stands(cipher, k, row)}
    if not values:
        return row
    for name, value in (values | _sealed(values, row.id, cipher)).items():
        setattr(row, name, value)
    touch(row, by, now)
    told = {k: plain(v) for k, v in values.items() if k not in SEALED}
    changed = sorted(set(SEALED) & values.keys())
    _tell(session, row, by, "edit", told | ({"sealed": changed} if changed else {}))
    return row


async def read_identity(
    session: AsyncSession, person_id: UUID, *, reason: str, cipher: FieldCipher, by: Actor
) -> Identity:
    """Who it is, in clear; the reading and its reason go to the audit log."""
    row = await queries.person_for_update(session, person_id)
    by.must_cover(row.area_code)
    by.must_see_line(row.line)
    target = (KIND, row.id)
    audit.note_read(
        session, by, action="person.read", target=target, area=row.area_code, reason=reason
    )
    return Identity.model_validate({name: opened(cipher, name, row) for name in SEALED})


async def record_hours(
    session: AsyncSession, person_id: UUID, hours: HoursIn, *, by: Actor, now: datetime
) -> tables.PersonHour:
    """Hours of a day that is not ahead."""
    row = await queries.person_for_update(session, person_id)
    by.must_cover(row.area_code)
    if hours.on > city_day(now):
        message = Text("日期不能在今天之后", "the day is not ahead")
        raise domain.WrongPerson(errors=[FieldError("/on", str(hours.on), message)])
    kept = tables.PersonHour(
        person_id=row.id,
        **hours.model_dump(),
        recorded_at=now,
        recorded_by=by.alias(PURPOSE),
    )
    session.add(kept)
    await session.flush()
    _tell(session, row, by, "record_hours", hours.model_dump(mode="json"))
    return kept


async def withdraw_hours(
    session: AsyncSession, person_id: UUID, record_id: UUID, *, by: Actor, now: datetime
) -> None:
    """Hours that were recorded by mistake count no more; the row stays."""
    row = await queries.person_for_update(session, person_id)
    by.must_cover(row.area_code)
    record = await queries.record(session, row.id, record_id)
    if record.withdrawn_at is None:
        record.withdrawn_at, record.withdrawn_by = now, by.alias(PURPOSE)
        told = {"on": str(record.on), "kind": record.kind, "hours": record.hours}
        _tell(session, row, by, "withdraw_hours", told)


async def hours_of(session: AsyncSession, row: tables.Person, *, on: date) -> PersonHours:
    """What somebody learnt, against what the registration asks for, and gave."""
    records = await queries.records(session, row.id, limit=_LATEST)
    given_ever = await queries.hours(session, row.id, HoursKind.VOLUNTEERING, date.min, on)
    this_year = await queries.hours(
        session, row.id, HoursKind.VOLUNTEERING, on.replace(month=1, day=1), on
    )
    return PersonHours(
        education=await education_of(session, row, on),
        volunteer_hours=given_ever,
        volunteer_hours_this_year=this_year,
        records=[HoursRecord.model_validate(each) for each in records],
    )


async def behind(session: AsyncSession, area: str, *, on: date) -> list[Education]:
    """Registered people of an area who learnt fewer hours than in proportion, the worst first."""
    table = await rules.about(session, "person", on=on)
    rows = await queries.registered(session, area, on)
    told = [education(row, row.hours, table, on) for row in rows]
    late = [each for each in told if each.is_behind]
    return sorted(late, key=lambda each: (each.hours - (each.due_by_now or 0), each.person_id))


async def education_of(session: AsyncSession, row: tables.Person, on: date) -> Education | None:
    """How far somebody has come in the registration period; None for who is not registered."""
    if row.qualified_from is None or row.qualified_to is None:
        return None
    hours = await queries.hours(
        session, row.id, HoursKind.EDUCATION, row.qualified_from, row.qualified_to
    )
    return education(row, hours, await rules.about(session, "person", on=on), on)


def education(row: Any, hours: float, table: RuleTable, on: date) -> Education:
    """How far somebody has come; where the rule has no value nobody is behind."""
    in_force = table.at(on, row.area_code)
    rule = in_force.setting("education_hours", "person", method=row.qualification)
    required = None if rule.value is None else float(rule.ratio)
    due = required and domain.due(required, row.qualified_from, row.qualified_to, on)
    return Education(
        person_id=row.id,
        qualification=row.qualification,
        from_on=row.qualified_from,
        to_on=row.qualified_to,
        hours=hours,
        required_hours=required,
        due_by_now=due,
        is_behind=due is not None and hours < due,
        rule=rule.code,
        is_rule_verified=rule.verified_by is not None or rule.confidence is Confidence.VERBATIM,
    )


def opened(cipher: FieldCipher, name: str, row: tables.Person) -> str | None:
    """A sealed column of a row in clear."""
    sealed = getattr(row, name)
    return None if sealed is None else cipher.open(sealed, context=place(KIND, name, row.id))


def _stands(cipher: FieldCipher, name: str, row: tables.Person) -> Any:
    return opened(cipher, name, row) if name in SEALED else getattr(row, name)


def masked(row: Mapping[str, Any], cipher: FieldCipher) -> dict[str, str | None]:
    """The sealed columns of a row, opened only to be masked."""
    name, phone, number = (
        row[each] and cipher.open(row[each], context=place(KIND, each, row["id"]))
        for each in SEALED
    )
    return {
        "name": masking.name(name or ""),
        "phone": phone and masking.phone(phone),
        "certificate_number": number and masking.phone(number),
    }


def _sealed(
    values: Mapping[str, Any], record_id: UUID, cipher: FieldCipher
) -> dict[str, str | None]:
    return {
        name: values[name] and cipher.seal(values[name], context=place(KIND, name, record_id))
        for name in SEALED
        if name in values
    }


async def _checked(
    session: AsyncSession, values: dict[str, Any], *, now: datetime
) -> dict[str, Any]:
    """The columns that some fields fill, each field checked."""
    words = {"/line": (Dictionary.DEPARTMENT_LINE, values.get("line"))}
    for number, code in enumerate(values.get("skills") or ()):
        words[f"/skills/{number}"] = (Dictionary.SERVICE_CATEGORY, code)
    await dictionaries.must_know(session, words, on=city_day(now))
    bodies = {"/organisation_id": values.get("organisation_id")}
    await must_exist(session, tables.Organisation, bodies)
    await must_exist(session, tables.Venue, {"/venue_id": values.get("venue_id")})
    if "area_code" in values:
        values["area_id"] = await area_id(session, values["area_code"])
    return values


async def must_be_somebody(
    session: AsyncSession, asked: Mapping[str, UUID | None], area_code: str
) -> None:
    """422 naming each field that names nobody who works in the area's district."""
    for pointer, person_id in asked.items():
        if person_id is None:
            continue
        row = await session.get(tables.Person, person_id)
        works = row is not None and row.status == PersonStatus.ACTIVE
        if row is None or not works or row.area_code[:6] != area_code[:6]:
            message = Text("没有这名在任人员", "nobody of this district")
            raise UnknownReference(errors=[FieldError(pointer, str(person_id), message)])


def _tell(
    session: AsyncSession, row: tables.Person, by: Actor, verb: str, after: dict[str, Any]
) -> None:
    audit.note(
        session,
        by,
        action=f"person.{verb}",
        target=(KIND, row.id),
        area=row.area_code,
        after=after,
    )
