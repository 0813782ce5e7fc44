"""Words of organisations 机构: who governs, provides, nurtures, and lives in whose house."""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from common.contracts.base import Input, Instant, Model
from common.contracts.shapes import AreaCode


class OrganisationKind(StrEnum):
    """What an organisation is in law; the kind decides how it proves who it is."""

    DEPARTMENT = "department"
    STREET = "street"
    INSTITUTION = "institution"
    ASSOCIATION = "association"
    PRIVATE_NON_ENTERPRISE = "private_non_enterprise"
    FOUNDATION = "foundation"
    ENTERPRISE = "enterprise"
    RESIDENTS_COMMITTEE = "residents_committee"
    VILLAGERS_COMMITTEE = "villagers_committee"
    VOLUNTEER_GROUP = "volunteer_group"
    COMMUNITY_ORGANISATION = (
        "community_organisation"  # 街镇备案: filed with a street, no credit code
    )


class EvaluationGrade(StrEnum):
    """社会组织评估等级: the grade of a social organisation."""

    A1 = "1A"
    A2 = "2A"
    A3 = "3A"
    A4 = "4A"
    A5 = "5A"


class OrganisationStatus(StrEnum):
    """Whether an organisation still exists."""

    ACTIVE = "active"
    DISSOLVED = "dissolved"


OrganisationCode = Annotated[
    str,
    Field(
        pattern=r"^[0-9A-Za-z][0-9A-Za-z_.:/-]{0,63}$",
        description="外部编码，导入时据此更新 / external code, the key of imports",
    ),
]
OrganisationName = Annotated[str, Field(min_length=1, max_length=100)]
CreditCode = Annotated[
    str,
    Field(
        min_length=1,
        max_length=40,
        description="统一社会信用代码（18 位） / 18-character credit code",
    ),
]
FilingNumber = Annotated[str, Field(min_length=1, max_length=40, description="街镇备案号")]
Phone = Annotated[str, Field(pattern=r"^[0-9+() -]{3,30}$", description="对外电话 / public phone")]


class Incubation(Model):
    """Who nurtured whom 孵化培育, from when to when; `valid_to` is exclusive."""

    id: UUID
    incubator_id: UUID
    incubator_name: str
    incubated_id: UUID
    incubated_name: str
    valid_from: date
    valid_to: date | None


class Residency(Model):
    """An organisation living in a venue 入驻; `valid_to` is exclusive."""

    id: UUID
    organisation_id: UUID
    venue_id: UUID
    valid_from: date
    valid_to: date | None
    purpose: str | None


class Organisation(Model):
    """An organisation as lists show it."""

    id: UUID
    code: str | None
    name: str
    short_name: str | None
    kind: OrganisationKind
    platform_kind: str | None = Field(
        description="字典 platform_kind：组织类平台 / organisation-type platform"
    )
    credit_code: str | None
    filing_number: str | None
    filed_with_id: UUID | None = Field(description="备案街镇 / the street it is filed with")
    evaluation_grade: EvaluationGrade | None
    grade_valid_from: date | None
    grade_valid_to: date | None
    supervisor_id: UUID | None = Field(description="业务主管单位 / supervising organisation")
    area_id: UUID
    area_code: str = Field(description="所在区划 12 位代码 / code of the division it lies in")
    area_path: str = Field(description="所在区划全路径名称 / path name of that division")
    line: str | None = Field(description="字典 department_line：条线")
    address: str | None
    phone: str | None
    status: OrganisationStatus
    dissolved_on: date | None
    version: int
    updated_at: Instant


class OrganisationState(Organisation):
    """An organisation with its ties: the answer for one organisation, and its state in the feed."""

    incubated_by: list[Incubation]
    incubates: list[Incubation]
    residencies: list[Residency]


class OrganisationIn(Input):
    """A new organisation. Which of credit code and filing is needed depends on the kind."""

    code: OrganisationCode | None = None
    name: OrganisationName
    short_name: OrganisationName | None = None
    kind: OrganisationKind
    platform_kind: str | None = None
    credit_code: CreditCode | None = None
    filing_number: FilingNumber | None = None
    filed_with_id: UUID | None = None
    evaluation_grade: EvaluationGrade | None = None
    grade_valid_from: date | None = None
    grade_valid_to: date | None = None
    supervisor_id: UUID | None = None
    area_code: AreaCode
    line: str | None = None
    address: str | None = Field(None, max_length=200)
    phone: Phone | None = None


class OrganisationPatch(Input):
    """What can change; an absent field stays, null clears it where that is allowed."""

    code: OrganisationCode | None = None
    name: OrganisationName | None = None
    short_name: OrganisationName | None = None
    kind: OrganisationKind | None = None
    platform_kind: str | None = None
    credit_code: CreditCode | None = None
    filing_number: FilingNumber | None = None
    filed_with_id: UUID | None = None
    evaluation_grade: EvaluationGrade | None = None
    grade_valid_from: date | None = None
    grade_valid_to: date | None = None
    supervisor_id: UUID | None = None
    area_code: AreaCode | None = None
    line: str | None = None
    address: str | None = Field(None, max_length=200)
    phone: Phone | None = None


class Dissolution(Input):
    """The end of an organisation."""

    on: date
    reason: str = Field(min_length=1, max_length=500)


class Revival(Input):
    """Why an organisation that was told dissolved stands after all."""

    reason: str = Field(min_length=1, max_length=500)


class IncubationIn(Input):
    """A tie to be written on the incubated organisation."""

    incubator_id: UUID
    valid_from: date
    valid_to: date | None = None


class ResidencyIn(Input):
    """A residency to be written on the organisation that moves in."""

    venue_id: UUID
    valid_from: date
    valid_to: date | None = None
    purpose: str | None = Field(None, max_length=200)


class TieEnd(Input):
    """The end of an incubation or a residency."""

    valid_to: date = Field(description="首个不再成立的日期 / first day without it")
