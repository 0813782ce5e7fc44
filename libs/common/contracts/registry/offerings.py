"""Words of offerings 服务: what a provider really offers, to whom, where, when and for how much.

Money is integer fen. What a rule needs is structured; prose stays in `description`.
"""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from common.contracts.base import Fen, Input, Instant, Model
from common.contracts.registry.hours import OpeningHours
from common.contracts.registry.service_items import (
    CatalogCode,
    Groups,
    ItemName,
    LocalCode,
    TaskCode,
)
from common.contracts.registry.venues import ExternalCode
from common.contracts.shapes import AreaCode, DictionaryCode
from common.contracts.vocabulary import Channel, PriceKind


class OfferingStatus(StrEnum):
    """The life of an offering; only `published` ones are public."""

    DRAFT = "draft"
    PUBLISHED = "published"
    SUSPENDED = "suspended"
    RETIRED = "retired"


class Hardship(StrEnum):
    """Recognised kinds of hardship 困难认定."""

    MINIMUM_LIVING = "minimum_living"  # 低保
    LOW_INCOME = "low_income"  # 低收入（低保边缘）
    DESTITUTE = "destitute"  # 特困供养
    EXPENDITURE = "expenditure"  # 支出型贫困


class DisabilityRule(StrEnum):
    """What an offering asks of disability."""

    ANY = "any"  # 持证残疾人
    SEVERE = "severe"  # 重度: grade 1 or 2


class Residence(StrEnum):
    """Which tie to an area counts."""

    REGISTERED = "registered"  # 户籍
    LIVING = "living"  # 实际居住
    EITHER = "either"


class CapacityPeriod(StrEnum):
    """What a capacity is counted over."""

    AT_ONCE = "at_once"  # 同时
    SESSION = "session"  # 每场
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


Age = Annotated[int, Field(ge=0, le=150, description="周岁 / full years")]
Prefix = Annotated[
    str,
    Field(
        pattern=r"^(?:[0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12})$",
        description="区划代码有效位 / significant digits of a division code",
    ),
]


class Eligibility(Input):
    """Who may use an offering. Every rule that is set must hold; an empty one asks nothing."""

    age_min: Age | None = None
    age_max: Age | None = Field(None, description="含 / inclusive")
    groups_any: Groups = Field(default=[], description="属于其中任一人群 / in at least one group")
    hardship: list[Hardship] = Field(
        default=[], max_length=10, description="具备其中任一困难认定 / at least one of them"
    )
    disability: DisabilityRule | None = None
    household_areas: list[Prefix] = Field(
        default=[], max_length=50, description="限于这些区划 / only for people of these areas"
    )
    residence: Residence = Field(
        Residence.EITHER, description="按户籍还是实际居住认定 / which tie to those areas counts"
    )


class OfferingVenue(Model):
    """As much of the venue as a reader of the offering needs."""

    id: UUID
    name: str
    address: str | None
    lon: float | None
    lat: float | None


class Offering(Model):
    """An offering: the answer for one, and its state in the feed `offering`."""

    id: UUID
    code: str | None
    name: str
    description: str | None
    service_item_id: UUID | None
    category: str = Field(description="字典 service_category / dictionary code")
    category_path: str = Field(description="自根起的类目代码，以 / 分隔 / codes from the root")
    provider_id: UUID | None
    venue: OfferingVenue | None
    area_id: UUID
    area_code: str = Field(description="载体或服务所在区划 / of the venue, else its own")
    area_path: str
    channels: list[Channel]
    target_groups: list[str]
    eligibility: Eligibility
    price_kind: PriceKind | None
    price_fen: int | None = Field(description="单位：分 / fen")
    price_unit: str | None
    capacity: int | None
    capacity_unit: str | None = Field(description="字典 capacity_unit / dictionary code")
    capacity_period: CapacityPeriod | None
    schedule: OpeningHours | None = Field(
        description="服务时间；null 且有载体时随载体开放 / null with a venue: the venue's hours"
    )
    space_id: UUID | None = Field(
        description="每场须预约的空间 / room that is booked for each session"
    )
    responsible_department_id: UUID | None = Field(description="责任部门")
    handling_body_id: UUID | None = Field(description="办理主体")
    funding_source: str | None = Field(description="字典 funding_source / dictionary code")
    catalog_code: str | None
    local_catalog_code: str | None
    task_code: str | None
    local_task_code: str | None
    status: OfferingStatus
    status_since: Instant
    version: int
    updated_at: Instant


class FoundOffering(Offering):
    """An offering in a list; with the distance when a point was asked about."""

    distance_m: float | None


class StatusChange(Model):
    """One step of an offering's life: who, when, why."""

    from_status: OfferingStatus | None
    to_status: OfferingStatus
    at: Instant
    by: str
    reason: str | None


class OfferingIn(Input):
    """A new offering: a draft, which may still lack what publishing asks for."""

    code: ExternalCode | None = None
    name: ItemName
    description: str | None = Field(None, max_length=4000)
    service_item_id: UUID | None = None
    category: DictionaryCode
    provider_id: UUID | None = None
    venue_id: UUID | None = None
    area_code: AreaCode | None = Field(None, description="无载体时必填 / needed without a venue")
    channels: list[Channel] = Field(default=[], max_length=3)
    target_groups: Groups = Field(default=[])
    eligibility: Eligibility = Eligibility()
    price_kind: PriceKind | None = None
    price_fen: Fen | None = Field(None, le=10**12)
    price_unit: str | None = Field(None, min_length=1, max_length=20, examples=["次", "份", "月"])
    capacity: int | None = Field(None, ge=1, le=1_000_000)
    capacity_unit: DictionaryCode | None = None
    capacity_period: CapacityPeriod | None = None
    schedule: OpeningHours | None = None
    space_id: UUID | None = Field(
        None,
        description="每场须预约的空间，在同一载体内 / room of the venue, booked for each session",
    )
    responsible_department_id: UUID | None = None
    handling_body_id: UUID | None = None
    funding_source: DictionaryCode | None = None
    catalog_code: CatalogCode | None = None
    local_catalog_code: LocalCode | None = None
    task_code: TaskCode | None = None
    local_task_code: LocalCode | None = None


class OfferingPatch(Input):
    """What can change; an absent field stays, null clears it where that is allowed."""

    code: ExternalCode | None = None
    name: ItemName | None = None
    description: str | None = Field(None, max_length=4000)
    service_item_id: UUID | None = None
    category: DictionaryCode | None = None
    provider_id: UUID | None = None
    venue_id: UUID | None = None
    area_code: AreaCode | None = None
    channels: list[Channel] | None = Field(None, max_length=3)
    target_groups: Groups | None = None
    eligibility: Eligibility | None = None
    price_kind: PriceKind | None = None
    price_fen: Fen | None = Field(None, le=10**12)
    price_unit: str | None = Field(None, min_length=1, max_length=20)
    capacity: int | None = Field(None, ge=1, le=1_000_000)
    capacity_unit: DictionaryCode | None = None
    capacity_period: CapacityPeriod | None = None
    schedule: OpeningHours | None = None
    space_id: UUID | None = None
    responsible_department_id: UUID | None = None
    handling_body_id: UUID | None = None
    funding_source: DictionaryCode | None = None
    catalog_code: CatalogCode | None = None
    local_catalog_code: LocalCode | None = None
    task_code: TaskCode | None = None
    local_task_code: LocalCode | None = None


class OfferingMove(Input):
    """A step of an offering's life. Suspending and retiring need a reason."""

    status: OfferingStatus
    reason: str | None = Field(None, min_length=1, max_length=500)


class PersonFacts(Input):
    """What is known of a person, without who it is; null is not known."""

    age: Age | None = None
    groups: Groups | None = None
    hardship: list[Hardship] | None = Field(None, max_length=10)
    disability_grade: Annotated[int, Field(ge=0, le=4)] | None = Field(
        None, description="残疾等级 1–4，0 为无 / grade 1 to 4, 0: none"
    )
    registered_area: Prefix | None = None
    living_area: Prefix | None = None


class RuleVerdict(Model):
    """One rule, met or not, or not to be judged: what it asks and what the person has."""

    rule: str = Field(
        description="age_min | age_max | groups_any | hardship | disability | household_areas"
    )
    met: bool | None = Field(description="null 为情况不明 / null: the fact is not known")
    wanted: str
    given: str | None
    message: str


class EligibilityVerdict(Model):
    """Whether a person may use an offering, and how each of its rules is met."""

    eligible: bool | None = Field(description="null 为尚缺情况 / null: facts are missing")
    rules: list[RuleVerdict]
