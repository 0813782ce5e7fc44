"""Parts of HSDS objects from values of the registry: terms, times, places, prices. Pure.

Ids of parts that Linli keeps no rows for are uuid5 of what they belong to, so they stay the same.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Protocol, TypeVar
from uuid import UUID, uuid5

from common.contracts.registry.dictionaries import Dictionary
from registry.domain.forms import words
from registry.hsds import shapes

_SPACE: Final = UUID("5b7f4f0e-5f0f-5a6e-9c1b-6c696e6c6901")
_DAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_OFFSET: Final = "+08:00"
CITY_POSTCODE: Final = "200000"  # of the whole city; venues have none of their own
TAXONOMIES: Final[Mapping[Dictionary, tuple[str, str]]] = {
    Dictionary.SERVICE_CATEGORY: ("服务类目", "Categories of community services, a tree"),
    Dictionary.TARGET_GROUP: ("服务对象", "Groups of people whom services are for"),
}
_HOLIDAYS: Final = {
    "closed": "法定节假日不开放",
    "as_sunday": "法定节假日按周日开放",
    "own_hours": "法定节假日开放时间：",
}
Name = TypeVar("Name")


class Entry(Protocol):
    """A row of a dictionary."""

    id: Any
    dictionary: Any
    code: Any
    name_zh: Any
    name_en: Any
    parent_code: Any
    description: Any


Words = Mapping[tuple[str, str], Any]  # (dictionary, code) -> Entry


def derived(*parts: object) -> UUID:
    """The id of a part, from the names and ids that make it unique."""
    return uuid5(_SPACE, "/".join(map(str, parts)))


def chinese(names: Mapping[str, str], code: str) -> str:
    """The first Chinese word of a code in a closed list; the code itself when there is none."""
    return next((zh for zh, known in names.items() if known == code), code)


def taxonomy(dictionary: Dictionary) -> shapes.Taxonomy:
    """A dictionary as a taxonomy."""
    name, description = TAXONOMIES[dictionary]
    return shapes.Taxonomy(
        id=derived("taxonomy", dictionary.value), name=name, description=description
    )


def term(entry: Entry, known: Words) -> shapes.TaxonomyTerm:
    """A dictionary's entry as a term."""
    kind = taxonomy(Dictionary(entry.dictionary))
    parent = known.get((entry.dictionary, entry.parent_code)) if entry.parent_code else None
    return shapes.TaxonomyTerm(
        id=entry.id,
        code=entry.code,
        name=entry.name_zh,
        description=entry.description or entry.name_en,
        parent_id=parent and parent.id,
        taxonomy=kind.name,
        taxonomy_detail=kind,
        taxonomy_id=kind.id,
        language="zh",
    )


def attribute(service_id: UUID, entry: Entry, known: Words) -> shapes.Attribute:
    """That a service is of a category, or for a group."""
    return shapes.Attribute(
        id=derived("attribute", service_id, entry.id),
        link_id=service_id,
        link_type=str(entry.dictionary),
        link_entity="service",
        taxonomy_term_id=entry.id,
        taxonomy_term=term(entry, known),
    )


def phones(owner_id: UUID, number: str | None) -> list[shapes.Phone] | None:
    """The one number that a record has."""
    return [shapes.Phone(id=derived("phone", owner_id), number=number)] if number else None


def schedules(
    owner: str, owner_id: UUID, hours: Mapping[str, Any] | None
) -> list[shapes.Schedule] | None:
    """Opening hours as schedules; `owner` is `service_id` or `location_id`. None: not known."""
    if hours is None:
        return None
    made = [*_weekly(hours), *_exceptions(hours)]
    return [
        shapes.Schedule(id=derived("schedule", owner_id, at), **{owner: owner_id}, **fields)
        for at, fields in enumerate(made)
    ]


def _weekly(hours: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    notes = _notes(hours)
    for each in hours["weekly"]:
        days = ",".join(_DAYS[day - 1] for day in sorted(set(each["weekdays"])))
        yield {"freq": "WEEKLY", "wkst": "MO", "byday": days, "notes": notes, **_times(each)}


def _exceptions(hours: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for day in hours["exceptions"]:
        once = {"dtstart": day["on"], "until": day["on"], "notes": day["note"]}
        if not day["hours"]:
            yield {**once, "description": f"{day['on']} 不开放"}
        for each in day["hours"]:
            yield {**once, **_times(each)}


def _times(each: Mapping[str, str]) -> dict[str, str]:
    return {"opens_at": each["opens"] + _OFFSET, "closes_at": each["closes"] + _OFFSET}


def _notes(hours: Mapping[str, Any]) -> str:
    own = "、".join(f"{each['opens']}–{each['closes']}" for each in hours["holiday_hours"])
    day = hours["makeup_as_weekday"]
    makeup = "不开放" if day is None else f"按周{'一二三四五六日'[day - 1]}开放"
    return f"{_HOLIDAYS[hours['on_holiday']]}{own}；调休上班日{makeup}"


def location(venue: Any, path_name: str | None, *, full: bool) -> shapes.Location:
    """A venue; its address, hours and the like in full."""
    parts: dict[str, Any] = {}
    if full:
        parts = {
            "addresses": [_address(venue, path_name)],
            "phones": phones(venue.id, venue.phone),
            "accessibility": _accessibility(venue) or None,
            "schedules": schedules("location_id", venue.id, venue.hours),
        }
    return shapes.Location(
        id=venue.id,
        organization_id=venue.operator_id,
        name=venue.name,
        latitude=venue.lat,
        longitude=venue.lon,
        external_identifier=venue.code,
        external_identifier_type="linli:venue" if venue.code else None,
        **parts,
    )


def _address(venue: Any, path_name: str | None) -> shapes.Address:
    path = (path_name or "上海市").split("/")
    return shapes.Address(
        id=derived("address", venue.id),
        location_id=venue.id,
        address_1=venue.address or venue.name,
        city=path[0],
        region=path[1] if len(path) > 1 else None,
        state_province=path[0],
        postal_code=CITY_POSTCODE,
        country="CN",
    )


def _accessibility(venue: Any) -> list[shapes.Accessibility]:
    return [
        shapes.Accessibility(
            id=derived("accessibility", venue.id, each),
            location_id=venue.id,
            description=chinese(words.ACCESSIBILITY, each),
        )
        for each in venue.accessibility
    ]


def yuan(price_fen: int) -> str:
    """An amount as people write it."""
    return f"{price_fen // 100}.{price_fen % 100:02d} 元"
