"""Words of programmes 项目: what a department line does in an area over several years.

A programme is public once it is published; a draft is the business of its line and area.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from common.contracts.base import Fen, Input, Instant, Model
from common.contracts.registry.venues import ExternalCode
from common.contracts.shapes import AreaCode, DictionaryCode


class ProgrammeStatus(StrEnum):
    """The life of a programme."""

    DRAFT = "draft"  # 拟订
    PUBLISHED = "published"  # 已公布
    ENDED = "ended"  # 已结束
    DROPPED = "dropped"  # 已取消


Title = Annotated[str, Field(min_length=1, max_length=100)]
Purpose = Annotated[str, Field(min_length=1, max_length=1000)]
Reason = Annotated[str, Field(min_length=1, max_length=500)]
Groups = Annotated[list[DictionaryCode], Field(max_length=30)]


class PlannedYear(Model):
    """What one year of a programme is planned to cost."""

    year: int = Field(description="年度 / calendar year")
    planned_fen: Fen


class Programme(Model):
    """A programme: the answer for one, a row of the list, and its state in the feed `programme`."""

    id: UUID
    code: str | None
    title: str = Field(description="项目名称 / title")
    purpose: str = Field(description="用途与目标 / what it is for")
    category: str = Field(description="服务类别 / service_category")
    service_item_id: UUID | None = Field(description="所属事项 / the item it serves")
    line: str = Field(description="条线，字典 department_line / department line")
    department_id: UUID = Field(description="主管部门 / the department that runs it")
    area_id: UUID
    area_code: str
    area_path: str
    target_groups: list[str]
    valid_from: date
    valid_to: date = Field(description="终止日期，不含当日 / first day after it")
    years: list[PlannedYear] = Field(description="分年度计划 / planned year by year")
    status: ProgrammeStatus
    published_at: Instant | None = Field(description="公布时间 / when published")
    ended_at: Instant | None = Field(description="结束时间 / when it ended")
    dropped_at: Instant | None = Field(description="取消时间 / when dropped")
    end_reason: str | None = Field(description="结束或取消的原因 / why it ended")
    version: int
    updated_at: Instant


class PlannedYearIn(Input):
    """What one year is planned to cost."""

    year: int = Field(ge=2000, le=2200)
    planned_fen: int = Field(ge=0, le=10**15)


Years = Annotated[list[PlannedYearIn], Field(max_length=20)]


class ProgrammeIn(Input):
    """A new programme."""

    code: ExternalCode | None = None
    title: Title
    purpose: Purpose
    category: DictionaryCode
    service_item_id: UUID | None = None
    line: DictionaryCode
    department_id: UUID
    area_code: AreaCode
    target_groups: Groups = Field(default=[])
    valid_from: date
    valid_to: date
    years: Years = Field(default=[])


class ProgrammePatch(Input):
    """What can change before the end; an absent field stays, null clears it where allowed."""

    code: ExternalCode | None = None
    title: Title | None = None
    purpose: Purpose | None = None
    category: DictionaryCode | None = None
    service_item_id: UUID | None = None
    line: DictionaryCode | None = None
    department_id: UUID | None = None
    area_code: AreaCode | None = None
    target_groups: Groups | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    years: Years | None = None


class ProgrammeMove(Input):
    """The next step of a programme; the end and the drop say why."""

    status: ProgrammeStatus
    reason: Reason | None = None
