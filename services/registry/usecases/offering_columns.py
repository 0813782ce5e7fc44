"""From the fields of an offering to the columns of its row, each field checked."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.clock import city_day
from common.contracts.registry.dictionaries import Dictionary
from common.contracts.registry.hours import OpeningHours
from common.contracts.registry.offerings import Eligibility, OfferingIn
from common.errors import Conflict, FieldError, Invalid, Text
from registry import tables
from registry.domain import eligibility, opening
from registry.domain import offerings as rules
from registry.queries import dictionaries, spaces
from registry.queries.categories import categories
from registry.queries.opening import stored
from registry.queries.references import area_id, must_be_divisions, must_exist

PLAIN: Final = tuple(
    name for name in OfferingIn.model_fields if name not in {"eligibility", "schedule"}
)
RULES: Final = tuple(Eligibility.model_fields)
FACTS: Final = (*PLAIN, *RULES, "hours")
_ORGANISATIONS: Final = ("provider_id", "responsible_department_id", "handling_body_id")


class VenueClosed(Conflict):
    """Nothing new happens in a closed venue."""

    slug = "venue-closed"
    title = Text("载体已撤销", "The venue is closed")
    detail = Text("所选载体已撤销，请改选载体。", "The venue is closed; choose another one.")


class WhereIsIt(Invalid):
    """An offering lies in its venue's area, or says its own."""

    slug = "area-needed"
    title = Text("须注明载体或服务区划", "Where is it?")


async def checked(
    session: AsyncSession, values: dict[str, Any], *, now: datetime
) -> dict[str, Any]:
    """Fields as columns: words known, references there, hours and rules followable."""
    await _know_words(session, values, now=now)
    organisations = {f"/{name}": values.get(name) for name in _ORGANISATIONS}
    await must_exist(session, tables.Organisation, organisations)
    items = {"/service_item_id": values.get("service_item_id")}
    await must_exist(session, tables.ServiceItem, items)
    if "schedule" in values:
        values |= _schedule(values.pop("schedule"))
    if "eligibility" in values:
        asked = Eligibility.model_validate(values.pop("eligibility") or {})
        if found := eligibility.faults(asked):
            raise rules.WrongOffering(errors=found)
        await _know_homes(session, asked.household_areas)
        values |= asked.model_dump()
    for name in ("target_groups", "groups_any", "hardship", "household_areas"):
        if name in values:
            values[name] = list(dict.fromkeys(values[name] or ()))
    return values


async def placed(
    session: AsyncSession, values: Mapping[str, Any], venue: tables.Venue | None
) -> dict[str, Any]:
    """Area and place: copied from the venue; without one the area of its own, and no place."""
    if venue is not None:
        return {
            "area_id": venue.area_id,
            "area_code": venue.area_code,
            "lon": venue.lon,
            "lat": venue.lat,
            "place": venue.place,
        }
    code = values.get("area_code")
    if code is None:
        message = Text("没有载体时须填写区划", "needed when there is no venue")
        raise WhereIsIt(errors=[FieldError("/area_code", None, message)])
    own = {"area_id": await area_id(session, code), "area_code": code}
    return own | dict.fromkeys(("lon", "lat", "place"))


async def must_be_inside(session: AsyncSession, values: Mapping[str, Any]) -> None:
    """A room that each session is booked into is one of the offering's venue."""
    space_id, venue_id = values.get("space_id"), values.get("venue_id")
    if space_id is not None and await spaces.venue_of(session, space_id) != venue_id:
        message = Text("该载体没有这个空间", "the venue has no such room")
        raise rules.WrongOffering(errors=[FieldError("/space_id", str(space_id), message)])


async def described(session: AsyncSession, values: Mapping[str, Any]) -> dict[str, Any]:
    """The path of the category, by which an offering is found under those above it."""
    return {"category_path": (await categories(session))[values["category"]].path}


def venue_named(venues: Mapping[UUID, tables.Venue], venue_id: UUID | None) -> tables.Venue | None:
    """The venue of an offering among the locked ones; refused when it is closed or unknown."""
    if venue_id is None:
        return None
    venue = venues.get(venue_id)
    if venue is None:
        message = Text("没有这个载体", "there is no such venue")
        raise rules.WrongOffering(errors=[FieldError("/venue_id", str(venue_id), message)])
    if venue.status == "closed":
        raise VenueClosed(errors=[FieldError("/venue_id", str(venue_id), VenueClosed.title)])
    return venue


async def _know_words(session: AsyncSession, values: Mapping[str, Any], *, now: datetime) -> None:
    groups_any = Eligibility.model_validate(values.get("eligibility") or {}).groups_any
    words = {
        "/category": (Dictionary.SERVICE_CATEGORY, values.get("category")),
        "/capacity_unit": (Dictionary.CAPACITY_UNIT, values.get("capacity_unit")),
        "/funding_source": (Dictionary.FUNDING_SOURCE, values.get("funding_source")),
    }
    listed = {"/target_groups": values.get("target_groups"), "/eligibility/groups_any": groups_any}
    for pointer, groups in listed.items():
        for index, group in enumerate(groups or ()):
            words[f"{pointer}/{index}"] = (Dictionary.TARGET_GROUP, group)
    await dictionaries.must_know(session, words, on=city_day(now))


async def _know_homes(session: AsyncSession, prefixes: Sequence[str]) -> None:
    """An area that does not exist would shut out everybody."""
    pointer = "/eligibility/household_areas"
    asked = {f"{pointer}/{at}": prefix for at, prefix in enumerate(prefixes)}
    await must_be_divisions(session, asked)


def _schedule(value: Any) -> dict[str, Any]:
    hours = None if value is None else OpeningHours.model_validate(value)
    if hours is not None:
        opening.check(hours, "/schedule")
    return stored(hours)
