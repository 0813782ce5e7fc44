"""Words of people 人员: social workers, staff, volunteers; their qualification, what they learn.

Names, telephones and certificate numbers are sealed, shown masked, and read in clear for a reason.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from common.contracts.base import Input, Instant, Model
from common.contracts.registry.organisations import Phone
from common.contracts.registry.venues import ExternalCode
from common.contracts.shapes import AreaCode, DictionaryCode


class PersonKind(StrEnum):
    """As what somebody works."""

    SOCIAL_WORKER = "social_worker"  # 社会工作者
    STAFF = "staff"  # 社区工作者、站点工作人员
    VOLUNTEER = "volunteer"  # 志愿者


class PersonStatus(StrEnum):
    """Whether somebody still works here."""

    ACTIVE = "active"
    LEFT = "left"  # 离任；电话随即清除


class Qualification(StrEnum):
    """社会工作者职业资格."""

    ASSISTANT = "assistant"  # 助理社会工作师
    SOCIAL_WORKER = "social_worker"  # 社会工作师
    SENIOR = "senior"  # 高级社会工作师


class HoursKind(StrEnum):
    """What hours are told."""

    EDUCATION = "education"  # 继续教育
    VOLUNTEERING = "volunteering"  # 志愿服务


PersonName = Annotated[str, Field(min_length=1, max_length=40)]
CertificateNumber = Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{4,40}$")]
Language = Annotated[
    str,
    Field(
        pattern=r"^[a-z]{2,3}(-[A-Za-z]{2,8})?$",
        description="BCP 47，如 wuu 上海话、yue、en、csl 手语 / language",
    ),
]
Languages = Annotated[list[Language], Field(max_length=20)]
Skills = Annotated[
    list[DictionaryCode],
    Field(max_length=30, description="擅长的服务类别，字典 service_category / categories"),
]
Hours = Annotated[
    float, Field(gt=0, le=1000, allow_inf_nan=False, description="小时（学时） / hours")
]


class Person(Model):
    """Somebody, masked."""

    id: UUID
    code: str | None = Field(description="工号，本单位自定 / own number")
    kind: PersonKind
    name: str = Field(description="姓名（脱敏） / masked")
    phone: str | None = Field(description="电话（脱敏） / masked")
    organisation_id: UUID | None
    venue_id: UUID | None
    area_code: str
    line: str = Field(description="条线，字典 department_line / line")
    qualification: Qualification | None
    certificate_number: str | None = Field(description="证书编号（脱敏） / masked")
    qualified_from: date | None = Field(description="登记有效期起 / registration valid from")
    qualified_to: date | None = Field(description="登记有效期止，含当日 / to, inclusive")
    is_qualified: bool = Field(description="登记今日有效 / registration is valid today")
    grade: str | None = Field(description="职级代码，见职业发展 / code of the career grade")
    languages: list[str]
    skills: list[str]
    status: PersonStatus
    version: int
    updated_at: Instant


class PersonIn(Input):
    """Somebody new."""

    code: ExternalCode | None = Field(None, description="工号，本单位自定 / own number")
    kind: PersonKind
    name: PersonName
    phone: Phone | None = None
    organisation_id: UUID | None = None
    venue_id: UUID | None = None
    area_code: AreaCode
    line: DictionaryCode | None = Field(None, description="默认登记人的条线 / else the recorder's")
    qualification: Qualification | None = None
    certificate_number: CertificateNumber | None = None
    qualified_from: date | None = None
    qualified_to: date | None = None
    languages: Languages = Field(default=[])
    skills: Skills = Field(default=[])


class PersonPatch(Input):
    """What can change; an absent field stays, null clears it where that is allowed."""

    code: ExternalCode | None = None
    name: PersonName | None = None
    phone: Phone | None = None
    organisation_id: UUID | None = None
    venue_id: UUID | None = None
    area_code: AreaCode | None = None
    qualification: Qualification | None = None
    certificate_number: CertificateNumber | None = None
    qualified_from: date | None = None
    qualified_to: date | None = None
    languages: Languages | None = None
    skills: Skills | None = None
    status: PersonStatus | None = None


class Identity(Model):
    """Who it is, in clear."""

    name: str
    phone: str | None
    certificate_number: str | None


class HoursIn(Input):
    """Hours of a day: learnt, or given."""

    kind: HoursKind
    on: date
    hours: Hours
    title: Annotated[str, Field(min_length=1, max_length=100, description="课程或活动 / what")]


class HoursRecord(Model):
    """Hours of a day, as recorded."""

    id: UUID
    kind: HoursKind
    on: date
    hours: float
    title: str
    recorded_at: Instant


class Education(Model):
    """Continuing education 继续教育 against what the registration period asks for."""

    person_id: UUID
    qualification: Qualification
    from_on: date = Field(description="登记有效期起 / first day of the period")
    to_on: date = Field(description="登记有效期止，含当日 / last day")
    hours: float = Field(description="期内已记学时 / hours recorded in the period")
    required_hours: float | None = Field(description="须达学时；规则未核定为 null / null: not set")
    due_by_now: float | None = Field(description="按进度今日应达学时 / in proportion until today")
    is_behind: bool = Field(description="落后于进度 / fewer than in proportion")
    rule: str = Field(description="依据的规则编号 / rule")
    is_rule_verified: bool = Field(description="规则是否已核对原文 / rule read in its text")


class PersonHours(Model):
    """What somebody learnt and gave."""

    education: Education | None = Field(description="无有效登记为 null / null: not registered")
    volunteer_hours: float = Field(description="志愿服务时长合计 / hours given in all")
    volunteer_hours_this_year: float
    records: list[HoursRecord] = Field(description="最近 100 条 / the latest 100")
