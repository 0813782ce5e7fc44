"""Words of bundles 资源组团: offerings, venues, people, programmes, funds with one operator.

The public learns how many people are in a bundle; who they are is told to the staff of their area.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from common.contracts.base import Input, Instant, Model
from common.contracts.registry.venues import ExternalCode
from common.contracts.shapes import AreaCode


class BundleStatus(StrEnum):
    """The life of a bundle."""

    DRAFT = "draft"  # 拟订
    RUNNING = "running"  # 运营中
    ENDED = "ended"  # 已结束


class MemberKind(StrEnum):
    """What a bundle holds."""

    OFFERING = "offering"
    VENUE = "venue"
    FUND = "fund"
    PROGRAMME = "programme"
    PERSON = "person"


Title = Annotated[str, Field(min_length=1, max_length=100)]
Purpose = Annotated[str, Field(min_length=1, max_length=1000)]
Ids = Annotated[list[UUID], Field(max_length=200)]


class Bundle(Model):
    """A bundle: the answer for one, a row of the list, and its state in the feed `bundle`."""

    id: UUID
    code: str | None
    title: str = Field(description="组团名称 / title")
    purpose: str = Field(description="组团目的 / what it is for")
    operator_id: UUID | None = Field(description="运营单位 / who runs it")
    area_id: UUID
    area_code: str
    area_path: str
    offering_ids: list[UUID] = Field(description="服务 / offerings")
    venue_ids: list[UUID] = Field(description="载体 / venues")
    fund_ids: list[UUID] = Field(description="资金 / funds")
    programme_ids: list[UUID] = Field(description="项目 / programmes")
    people: int = Field(description="人员数 / how many people")
    valid_from: date
    valid_to: date | None = Field(description="终止日期，不含当日 / first day after it")
    status: BundleStatus
    started_at: Instant | None
    ended_at: Instant | None
    end_reason: str | None = Field(description="结束原因 / why it ended")
    version: int
    updated_at: Instant


class BundleIn(Input):
    """A new bundle."""

    code: ExternalCode | None = None
    title: Title
    purpose: Purpose
    operator_id: UUID | None = None
    area_code: AreaCode
    offering_ids: Ids = Field(default=[])
    venue_ids: Ids = Field(default=[])
    fund_ids: Ids = Field(default=[])
    programme_ids: Ids = Field(default=[])
    person_ids: Ids = Field(default=[], description="人员，只对辖区工作人员可见 / people")
    valid_from: date
    valid_to: date | None = None


class BundlePatch(Input):
    """What can change before the end; a list that is given replaces the one that stands."""

    code: ExternalCode | None = None
    title: Title | None = None
    purpose: Purpose | None = None
    operator_id: UUID | None = None
    offering_ids: Ids | None = None
    venue_ids: Ids | None = None
    fund_ids: Ids | None = None
    programme_ids: Ids | None = None
    person_ids: Ids | None = None
    valid_from: date | None = None
    valid_to: date | None = None


class BundleMove(Input):
    """The next step of a bundle; the end says why."""

    status: BundleStatus
    reason: Annotated[str, Field(min_length=1, max_length=500)] | None = None
