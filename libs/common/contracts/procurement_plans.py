"""Words of long-term purchase plans 长期购买服务计划 and of the items in them."""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from common.contracts.base import Fen, Input, Instant, Model
from common.contracts.procurement_budgets import DocumentNumber, Money, Year
from common.contracts.shapes import AreaCode, DictionaryCode
from common.contracts.vocabulary import PurchaseMethod

Title = Annotated[str, Field(min_length=2, max_length=200)]
Reason = Annotated[str, Field(min_length=6, max_length=1000)]


class PlanField(StrEnum):
    """The fields in which services are bought for the long term."""

    EDUCATION = "education"  # 教育
    SOCIAL_SERVICE = "social_service"  # 社会服务
    CULTURE = "culture"  # 文化娱乐
    HEALTH = "health"  # 卫生


class PlanStatus(StrEnum):
    """Where a plan stands. A published one binds expectations and is only added to."""

    DRAFT = "draft"
    PUBLISHED = "published"
    CLOSED = "closed"


class ItemOrigin(StrEnum):
    """Who wanted an item: the residents by their agenda, or a department alone."""

    AGENDA = "agenda"  # 居民共治议题
    DEPARTMENT = "department"  # 仅部门提出


class ItemStatus(StrEnum):
    """What became of an item."""

    PLANNED = "planned"
    TENDERING = "tendering"
    CONTRACTED = "contracted"
    DROPPED = "dropped"


class PlanYear(Input):
    """How much is meant to be spent in a year."""

    year: Year
    intended_fen: Money = Field(description="投入计划，分 / intended spending, in fen")


class PlanIn(Input):
    """A plan of several years for one area and field."""

    title: Title
    area_code: AreaCode
    field: PlanField
    aims: str = Field(min_length=10, max_length=4000, description="长期购买思路 / long-term aims")
    document: DocumentNumber
    years: list[PlanYear] = Field(min_length=1, max_length=10)


class PlanYearState(Model):
    """A year of a plan: meant, and taken up by items so far."""

    year: int
    intended_fen: Fen
    itemised_fen: Fen = Field(description="已列项目金额 / taken up by items")


class Plan(Model):
    """A long-term plan as published."""

    id: UUID
    title: str
    area_code: AreaCode
    field: PlanField
    aims: str
    document: str
    status: PlanStatus
    years: list[PlanYearState]
    published_at: Instant | None
    version: int
    updated_at: Instant


class AgendaItemIn(Input):
    """An item of the residents' agenda, taken over as they fixed it: what, for how much, how."""

    agenda_id: UUID
    agenda_item_id: UUID
    year: Year


class DepartmentItemIn(Input):
    """An item that a department wants alone, and why."""

    year: Year
    title: Title
    category: DictionaryCode
    service_item_id: UUID | None = None
    target_groups: list[DictionaryCode] = Field(min_length=1, max_length=20)
    money_fen: Money
    method: PurchaseMethod
    department: DictionaryCode = Field(description="字典 department_line / 提出的条线")
    reason: Reason = Field(description="为何未经居民议事 / why residents did not decide; public")


class DropIn(Input):
    """Why an item will not be bought; published."""

    reason: Reason


class PurchaseItem(Model):
    """An item of a plan, and where it came from."""

    id: UUID
    plan_id: UUID
    area_code: AreaCode
    field: PlanField
    year: int
    origin: ItemOrigin
    title: str
    category: DictionaryCode
    service_item_id: UUID | None
    target_groups: list[DictionaryCode]
    money_fen: Fen
    method: PurchaseMethod | None = Field(description="意愿方式 / method wished for")
    agenda_id: UUID | None
    agenda_item_id: UUID | None
    department: DictionaryCode | None
    reason: str | None = Field(description="部门单独提出的公开理由 / why a department alone")
    status: ItemStatus
    tender_id: UUID | None
    drop_reason: str | None
    planned_on: date
    version: int
    updated_at: Instant
