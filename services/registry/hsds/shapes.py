"""The objects of HSDS 3.1 that Linli fills, as far as it fills them. Absent fields are left out.

Names are the standard's own. Source: Human Services Data Specification 3.1, `schema/*.json`.
"""

from datetime import datetime
from typing import Any, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

Item = TypeVar("Item")


class Shape(BaseModel):
    """Part of an answer; what is None is not sent."""

    model_config = ConfigDict(frozen=True)


class Meta(Shape):
    """`GET /hsds/`: which standard this is, and how it is filled."""

    version: str
    profile: str = Field(json_schema_extra={"format": "uri"})
    openapi_url: str = Field(json_schema_extra={"format": "uri"})


class Profile(Shape):
    """What this face adds to the standard, leaves out and decides."""

    name: str
    version: str
    standard: str
    description: str
    identifiers: dict[str, str]
    decides: dict[str, str]
    adds: dict[str, str]
    leaves_out: dict[str, str]
    refuses: dict[str, str]


class Taxonomy(Shape):
    """A dictionary of Linli."""

    id: UUID
    name: str
    description: str


class TaxonomyTerm(Shape):
    """An entry of a dictionary."""

    id: UUID
    code: str
    name: str
    description: str
    parent_id: UUID | None = None
    taxonomy: str
    taxonomy_detail: Taxonomy
    taxonomy_id: UUID
    language: str


class Attribute(Shape):
    """That a term describes a record."""

    id: UUID
    link_id: UUID
    link_type: str
    link_entity: str
    taxonomy_term_id: UUID
    taxonomy_term: TaxonomyTerm


class Phone(Shape):
    """A telephone number."""

    id: UUID
    number: str
    type: str = "voice"


class Language(Shape):
    """A language in which a service is given."""

    id: UUID
    service_id: UUID
    name: str
    code: str


class Schedule(Shape):
    """A weekly stretch, or a single day. Times carry the offset of the city."""

    id: UUID
    service_id: UUID | None = None
    location_id: UUID | None = None
    freq: Literal["WEEKLY"] | None = None
    wkst: Literal["MO"] | None = None
    byday: str | None = None
    dtstart: str | None = None
    until: str | None = None
    timezone: int = 8
    opens_at: str | None = None
    closes_at: str | None = None
    description: str | None = None
    notes: str | None = None


class Address(Shape):
    """Where a venue stands."""

    id: UUID
    location_id: UUID
    address_1: str
    city: str
    region: str | None = None
    state_province: str
    postal_code: str
    country: str
    address_type: Literal["physical"] = "physical"


class Accessibility(Shape):
    """One thing that makes a venue usable for more people."""

    id: UUID
    location_id: UUID
    description: str


class Location(Shape):
    """A venue. Coordinates are WGS-84."""

    id: UUID
    location_type: Literal["physical"] = "physical"
    organization_id: UUID | None = None
    name: str
    latitude: float | None = None
    longitude: float | None = None
    external_identifier: str | None = None
    external_identifier_type: str | None = None
    addresses: list[Address] | None = None
    phones: list[Phone] | None = None
    accessibility: list[Accessibility] | None = None
    schedules: list[Schedule] | None = None


class ServiceArea(Shape):
    """An area whose people a service is for."""

    id: UUID
    service_id: UUID
    name: str
    description: str


class CostOption(Shape):
    """What a service costs, in yuan."""

    id: UUID
    service_id: UUID
    option: str
    currency: str
    amount: float
    amount_description: str


class Unit(Shape):
    """What a capacity is counted in."""

    id: UUID
    name: str
    scheme: str
    identifier: str


class Capacity(Shape):
    """How much there is of a service in a period, as it was planned."""

    id: UUID
    service_id: UUID
    unit: Unit
    available: int
    maximum: int
    description: str
    updated: datetime


class Funding(Shape):
    """Where the money comes from."""

    id: UUID
    service_id: UUID
    source: str


class Identifier(Shape):
    """A number by which an organisation is known elsewhere."""

    id: UUID
    organization_id: UUID
    identifier_scheme: str
    identifier_type: str
    identifier: str


class ServiceId(Shape):
    """A service of an organisation, by its id alone."""

    id: UUID


class Program(Shape):
    """A programme that an organisation runs over several years."""

    id: UUID
    organization_id: UUID
    name: str
    description: str


class Organization(Shape):
    """An organisation."""

    id: UUID
    name: str
    alternate_name: str | None = None
    description: str
    legal_status: str | None = None
    parent_organization_id: UUID | None = None
    phones: list[Phone] | None = None
    locations: list[Location] | None = None
    organization_identifiers: list[Identifier] | None = None
    programs: list[Program] | None = None
    services: "list[Service | ServiceId] | None" = None


class Service(Shape):
    """A published offering. `modified_date` is sent with `minimal` only."""

    id: UUID
    organization_id: UUID | None = None
    name: str
    description: str | None = None
    status: Literal["active", "temporarily closed"] = "active"
    eligibility_description: str | None = None
    minimum_age: int | None = None
    maximum_age: int | None = None
    fees_description: str | None = None
    last_modified: datetime
    modified_date: datetime | None = None
    organization: Organization | None = None
    phones: list[Phone] | None = None
    schedules: list[Schedule] | None = None
    service_areas: list[ServiceArea] | None = None
    service_at_locations: "list[ServiceAtLocation] | None" = None
    languages: list[Language] | None = None
    funding: list[Funding] | None = None
    cost_options: list[CostOption] | None = None
    capacities: list[Capacity] | None = None
    attributes: list[Attribute] | None = None


class ServiceAtLocation(Shape):
    """A service at its venue. It has the id of its service: there is one for each."""

    id: UUID
    service_id: UUID
    location_id: UUID
    description: str | None = None
    location: Location | None = None
    service: Service | None = None
    service_areas: list[ServiceArea] | None = None
    phones: list[Phone] | None = None
    schedules: list[Schedule] | None = None


class Page(Shape, Generic[Item]):
    """A numbered page."""

    total_items: int
    total_pages: int
    page_number: int
    size: int
    first_page: bool
    last_page: bool
    empty: bool
    contents: list[Item]


def paged(contents: list[Any], *, total: int, page: int, per_page: int) -> dict[str, Any]:
    """A page with its header. No records make no pages; the first page of none is empty."""
    pages = -(-total // per_page)
    return {
        "total_items": total,
        "total_pages": pages,
        "page_number": page,
        "size": len(contents),
        "first_page": page == 1,
        "last_page": page >= pages,
        "empty": not contents,
        "contents": contents,
    }
