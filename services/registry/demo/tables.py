"""The demo city as rows of the tables that staff fill in: it enters by the same door as theirs."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Final

from common.contracts.registry.offerings import OfferingStatus
from common.contracts.registry.service_items import ItemStatus
from common.tabular.forms import Form
from registry.demo.city import City
from registry.demo.organisations import Incubation, Organisation, Street, citywide, incubations
from registry.demo.services import Item, Offering, Venue, items_of, offerings_of
from registry.domain.forms.bodies import INCUBATIONS, ORGANISATIONS
from registry.domain.forms.places import VENUES
from registry.domain.forms.services import OFFERINGS, SERVICE_ITEMS

Record = dict[str, Any]
PROMISED_FROM: Final = "2026-01-01"

# In the order in which they can be imported: what is named stands before what names it.
FORMS: Final[tuple[Form, ...]] = (ORGANISATIONS, INCUBATIONS, SERVICE_ITEMS, VENUES, OFFERINGS)


def rows_of(city: City, kind: str, streets: Sequence[Street]) -> Iterator[Record]:
    """The rows of one kind for some streets of the city."""
    for street in streets:
        match kind:
            case "organisation":
                yield from map(_organisation, city.organisations_in(street))
            case "incubation":
                yield from map(_incubation, incubations(street, city.seed))
            case "service_item":
                yield from map(_item, items_of(street))
            case "venue":
                yield from map(_venue, city.venues_in(street))
            case "offering":
                venues = city.venues_in(street)
                yield from map(_offering, offerings_of(street, venues, city.seed))
            case _:
                raise ValueError(f"The demo city has no {kind}.")


def citywide_rows(city: City) -> Iterator[Record]:
    """Organisations that belong to no street."""
    yield from map(_organisation, citywide(city.seed))


def _organisation(row: Organisation) -> Record:
    return {
        "code": row.code,
        "name": row.name,
        "short_name": row.short_name,
        "kind": row.kind,
        "platform_kind": row.platform_kind,
        "credit_code": row.credit_code,
        "filing_number": row.filing_number,
        "filed_with": row.filed_with_code,
        "evaluation_grade": row.evaluation_grade,
        "grade_valid_from": _day(row.grade_valid_from),
        "grade_valid_to": _day(row.grade_valid_to),
        "supervisor": row.supervisor_code,
        "area": row.area_code,
        "line": row.line,
        "address": row.address,
        "phone": row.phone,
    }


def _incubation(row: Incubation) -> Record:
    return {
        "incubated": row.incubated_code,
        "incubator": row.incubator_code,
        "valid_from": _day(row.valid_from),
        "valid_to": _day(row.valid_to),
    }


def _item(row: Item) -> Record:
    return {
        "code": row.code,
        "name": row.name,
        "description": row.description,
        "category": row.category,
        "target_groups": [str(group) for group in row.target_groups],
        "area": row.area_code,
        "responsible_department": row.responsible_department_code,
        "handling_body": row.handling_body_code,
        "valid_from": PROMISED_FROM,
        "status": ItemStatus.PUBLISHED,
    }


def _venue(row: Venue) -> Record:
    return {
        "code": row.code,
        "name": row.name,
        "kind": row.kind,
        "area": row.area_code,
        "address": row.address,
        "lon": row.lon,
        "lat": row.lat,
        "system": "wgs84",
        "operator_mode": row.operator_mode,
        "owner": row.owner_code,
        "operator": row.operator_code,
        "floor_area_m2": row.floor_area_m2,
        "phone": row.phone,
        "accessibility": list(row.accessibility),
        "opening_hours": dict(row.opening_hours),
        "status": "active",
    }


def _offering(row: Offering) -> Record:
    return {
        "code": row.code,
        "name": row.name,
        "description": row.description,
        "service_item": row.service_item_code,
        "category": row.category,
        "provider": row.provider_code,
        "venue": row.venue_code,
        "channels": [str(channel) for channel in row.channels],
        "target_groups": [str(group) for group in row.target_groups],
        "age_min": row.eligibility.get("age_min"),
        "age_max": row.eligibility.get("age_max"),
        "groups_any": [str(group) for group in row.eligibility["groups_any"]],
        "household_areas": row.eligibility.get("household_areas", []),
        "price_kind": str(row.price_kind),
        "price_fen": row.price_fen,
        "price_unit": row.price_unit,
        "capacity": row.capacity,
        "capacity_unit": row.capacity_unit,
        "capacity_period": row.capacity_period,
        "responsible_department": row.responsible_department_code,
        "handling_body": row.handling_body_code,
        "funding_source": row.funding_source,
        "status": OfferingStatus.PUBLISHED,
    }


def _day(day: date | None) -> str | None:
    """A day as a parsed cell holds it."""
    return None if day is None else day.isoformat()
