"""The words of GeoReport v2, each with the shape that JSON and XML are both made from.

Source: https://wiki.open311.org/GeoReport_v2/ and its `/servicerequestupdates` extension. Ids are
strings; a value that is not known is null in JSON and an empty element in XML.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from common.contracts.written import IN_DIGITS


class Shape(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)


class Service(Shape):
    """A type of request that is accepted."""

    service_code: str
    service_name: str
    description: str | None
    metadata: bool
    type: Literal["realtime"]
    keywords: str | None
    group: str | None


class AttributeValue(Shape):
    """One option of a list."""

    key: str
    name: str


class Attribute(Shape):
    """One more thing that a request may say."""

    variable: bool
    code: str
    datatype: Literal["singlevaluelist", "string"]
    required: bool
    datatype_description: str | None
    order: int
    description: str
    values: list[AttributeValue]


class ServiceDefinition(Shape):
    """What more a request of a type may say."""

    service_code: str
    attributes: list[Attribute]


class ServiceRequest(Shape):
    """A request as anybody may read it: no person, no words that were not published."""

    service_request_id: str
    status: Literal["open", "closed"]
    status_notes: str | None
    service_name: str | None
    service_code: str
    description: str | None
    agency_responsible: str | None
    service_notice: str | None
    requested_datetime: datetime
    updated_datetime: datetime | None
    expected_datetime: datetime | None
    address: str | None
    address_id: str | None
    zipcode: str | None
    lat: float | None
    long: float | None
    media_url: str | None


class Created(Shape):
    """What a POST answers."""

    service_request_id: str
    service_notice: str | None
    account_id: str | None


class Token(Shape):
    """A token that is its request's id already: ids are given at once."""

    service_request_id: str
    token: str


class Update(Shape):
    """One step of a request."""

    update_id: str
    service_request_id: str
    status: str
    updated_datetime: datetime
    description: str | None
    media_url: str | None


class Fault(Shape):
    """Why a request was not answered."""

    code: int
    description: str


class Endpoint(Shape):
    """Where a version of the interface is."""

    specification: str
    url: str
    changeset: str
    type: Literal["production", "test", "dev"]
    formats: list[str]


class Discovery(Shape):
    """Where everything is."""

    changeset: str
    contact: str
    key_service: str
    endpoints: list[Endpoint]


class RequestForm(BaseModel):
    """What a client posts. What is not named here is ignored, as the specification wants it."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)

    service_code: str = Field(min_length=1, max_length=40)
    lat: Annotated[float | None, IN_DIGITS] = Field(None, allow_inf_nan=False)
    long: Annotated[float | None, IN_DIGITS] = Field(None, allow_inf_nan=False)
    address_string: str | None = Field(None, max_length=200)
    address_id: str | None = Field(
        None, max_length=12, description="居村或街镇 12 位代码 / code of neighbourhood or town"
    )
    first_name: str | None = Field(None, max_length=30)
    last_name: str | None = Field(None, max_length=30)
    phone: str | None = Field(None, max_length=30)
    description: str | None = Field(None, max_length=4000)
    kind: str | None = Field(None, alias="attribute[kind]", max_length=20)
    jurisdiction_id: str | None = Field(None, max_length=80)
    api_key: str | None = Field(
        None, max_length=8000, description="访问令牌 / an access token; or send Authorization"
    )
