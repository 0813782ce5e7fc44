"""Offerings, venues and organisations as the objects of HSDS 3.1. Pure: rows in, shapes out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from common.contracts.registry.dictionaries import Dictionary
from common.contracts.registry.venues import VenueStatus
from common.contracts.vocabulary import Channel
from registry.domain.forms import words
from registry.hsds import shapes
from registry.hsds.parts import (
    Words,
    attribute,
    chinese,
    derived,
    location,
    phones,
    schedules,
    yuan,
)


@dataclass(frozen=True, slots=True)
class Offered:
    """A published offering with what it hangs on."""

    offering: Any
    venue: Any | None
    venue_path: str | None
    provider: Any | None


@dataclass(frozen=True, slots=True)
class Known:
    """What many records of a page share: words of dictionaries, names of areas by prefix."""

    words: Words
    areas: Mapping[str, str]


def minimal(offered: Offered) -> shapes.Service:
    """As little of a service as the standard's schema lets one send."""
    changed = _modified(offered)
    return shapes.Service(
        id=offered.offering.id,
        name=offered.offering.name,
        status=_status(offered),
        last_modified=changed,
        modified_date=changed,
    )


def basic(offered: Offered, known: Known) -> shapes.Service:
    """A service as lists have it: no arrays."""
    return shapes.Service(**_one_to_one(offered, known))


def service(offered: Offered, known: Known) -> shapes.Service:
    """A service with everything under it."""
    offering = offered.offering
    return shapes.Service(
        **_one_to_one(offered, known),
        phones=_service_phones(offered),
        schedules=schedules("service_id", offering.id, offering.hours),
        service_areas=_service_areas(offering, known),
        service_at_locations=[placed(offered, known, full=True)] if offered.venue else None,
        languages=[_chinese_spoken(offering.id)],
        funding=_funding(offering, known),
        cost_options=_cost_options(offering),
        capacities=_capacities(offered, known),
        attributes=_attributes(offering, known),
    )


def placed(
    offered: Offered, known: Known, *, full: bool, told: bool = False
) -> shapes.ServiceAtLocation:
    """A service at its venue. `told`: with the service, as the lists of these objects have it."""
    offering, venue = offered.offering, offered.venue
    assert venue is not None  # noqa: S101 - only offerings with a venue come here
    parts: dict[str, Any] = {}
    if full:
        parts = {
            "service_areas": _service_areas(offering, known),
            "phones": phones(offering.id, venue.phone),
            "schedules": schedules("service_id", offering.id, offering.hours),
        }
    return shapes.ServiceAtLocation(
        id=offering.id,
        service_id=offering.id,
        location_id=venue.id,
        location=location(venue, offered.venue_path, full=full),
        service=basic(offered, known) if told else None,
        **parts,
    )


def organization(
    row: Any,
    *,
    locations: Sequence[shapes.Location] | None = None,
    services: Sequence[shapes.Service | shapes.ServiceId] | None = None,
    programmes: Sequence[Any] = (),
) -> shapes.Organization:
    """An organisation; with lists when it is told in full."""
    kind = chinese(words.ORGANISATION_KINDS, row.kind)
    full = locations is not None
    return shapes.Organization(
        id=row.id,
        name=row.name,
        alternate_name=row.short_name,
        description=kind if row.line is None else f"{kind}（{row.line}）",
        legal_status=kind if row.status == "active" else f"{kind}（已注销）",
        parent_organization_id=row.supervisor_id,
        phones=phones(row.id, row.phone) if full else None,
        locations=list(locations) if locations else None,
        organization_identifiers=_identifiers(row) if full else None,
        programs=[_program(each) for each in programmes] or None,
        services=None if services is None else list(services),
    )


def _program(row: Any) -> shapes.Program:
    return shapes.Program(
        id=row.id, organization_id=row.department_id, name=row.title, description=row.purpose
    )


def _one_to_one(offered: Offered, known: Known) -> dict[str, Any]:
    offering = offered.offering
    return {
        "id": offering.id,
        "organization_id": offering.provider_id,
        "name": offering.name,
        "description": offering.description,
        "status": _status(offered),
        "eligibility_description": _eligibility(offering, known),
        "minimum_age": offering.age_min,
        "maximum_age": offering.age_max,
        "fees_description": _fees(offering),
        "last_modified": _modified(offered),
        "organization": offered.provider and organization(offered.provider),
    }


def _status(offered: Offered) -> Literal["active", "temporarily closed"]:
    """Closed for a time while its venue is, where it happens there and nowhere else."""
    venue, channels = offered.venue, offered.offering.channels
    is_shut = venue is not None and venue.status == VenueStatus.SUSPENDED
    return "temporarily closed" if is_shut and channels == [Channel.ON_SITE] else "active"


def _modified(offered: Offered) -> Any:
    parts = (offered.offering, offered.venue, offered.provider)
    return max(part.updated_at for part in parts if part is not None)


def _service_phones(offered: Offered) -> list[shapes.Phone] | None:
    number = (offered.venue and offered.venue.phone) or (
        offered.provider and offered.provider.phone
    )
    return phones(derived("service", offered.offering.id), number)


def _fees(offering: Any) -> str:
    if offering.price_fen == 0:
        return "免费"
    kind = chinese(words.PRICE_KINDS, offering.price_kind)
    return f"{yuan(offering.price_fen)}/{offering.price_unit}（{kind}）"


def _cost_options(offering: Any) -> list[shapes.CostOption]:
    return [
        shapes.CostOption(
            id=derived("cost_option", offering.id),
            service_id=offering.id,
            option=chinese(words.PRICE_KINDS, offering.price_kind),
            currency="CNY",
            amount=offering.price_fen / 100,
            amount_description=_fees(offering),
        )
    ]


def _eligibility(offering: Any, known: Known) -> str | None:
    """Who may use a service, in one Chinese sentence; None when anybody may."""
    groups = [_word(known, Dictionary.TARGET_GROUP, code) for code in offering.groups_any]
    hardship = [chinese(words.HARDSHIP, each) for each in offering.hardship]
    areas = [known.areas.get(code, code) for code in offering.household_areas]
    rules = [
        _ages(offering.age_min, offering.age_max),
        groups and f"属于其中任一：{'、'.join(groups)}",
        hardship and f"具备其中任一：{'、'.join(hardship)}",
        offering.disability and chinese(words.DISABILITY, offering.disability),
        areas and f"{chinese(words.RESIDENCE, offering.residence)}在：{'、'.join(areas)}",
    ]
    return "；".join(rule for rule in rules if rule) or None


def _ages(low: int | None, high: int | None) -> str | None:
    if low is None:
        return None if high is None else f"{high} 周岁及以下"
    return f"{low} 周岁及以上" if high is None else f"{low} 至 {high} 周岁"


def _service_areas(offering: Any, known: Known) -> list[shapes.ServiceArea] | None:
    return [
        shapes.ServiceArea(
            id=derived("service_area", offering.id, code),
            service_id=offering.id,
            name=known.areas.get(code, code),
            description=f"区划代码 {code.ljust(12, '0')}",
        )
        for code in offering.household_areas
    ] or None


def _chinese_spoken(service_id: UUID) -> shapes.Language:
    return shapes.Language(
        id=derived("language", service_id, "zh"), service_id=service_id, name="中文", code="zh"
    )


def _funding(offering: Any, known: Known) -> list[shapes.Funding] | None:
    if offering.funding_source is None:
        return None
    source = _word(known, Dictionary.FUNDING_SOURCE, offering.funding_source)
    return [
        shapes.Funding(id=derived("funding", offering.id), service_id=offering.id, source=source)
    ]


def _capacities(offered: Offered, known: Known) -> list[shapes.Capacity] | None:
    offering = offered.offering
    if offering.capacity is None:
        return None
    code = offering.capacity_unit
    entry = known.words.get((Dictionary.CAPACITY_UNIT.value, code))
    period = chinese(words.CAPACITY_PERIODS, offering.capacity_period)
    return [
        shapes.Capacity(
            id=derived("capacity", offering.id),
            service_id=offering.id,
            unit=shapes.Unit(
                id=entry.id if entry else derived("unit", code),
                name=entry.name_zh if entry else code,
                scheme="linli:capacity_unit",
                identifier=code,
            ),
            available=offering.capacity,
            maximum=offering.capacity,
            description=f"{period}容量，为核定数，不计已占用",
            updated=offering.updated_at,
        )
    ]


def _attributes(offering: Any, known: Known) -> list[shapes.Attribute]:
    pairs = [(Dictionary.SERVICE_CATEGORY.value, offering.category)]
    pairs += [(Dictionary.TARGET_GROUP.value, code) for code in offering.target_groups]
    found = (known.words.get(pair) for pair in dict.fromkeys(pairs))
    return [attribute(offering.id, entry, known.words) for entry in found if entry is not None]


def _identifiers(row: Any) -> list[shapes.Identifier] | None:
    pairs = (
        ("CN-USCC", "统一社会信用代码", row.credit_code),
        ("linli:filing", "街镇备案号", row.filing_number),
        ("linli:code", "外部编码", row.code),
    )
    return [
        shapes.Identifier(
            id=derived("identifier", row.id, scheme),
            organization_id=row.id,
            identifier_scheme=scheme,
            identifier_type=name,
            identifier=value,
        )
        for scheme, name, value in pairs
        if value is not None
    ] or None


def _word(known: Known, dictionary: Dictionary, code: str) -> str:
    entry = known.words.get((dictionary.value, code))
    return entry.name_zh if entry else code
