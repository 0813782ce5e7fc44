"""Words of delivery lists 资源配送清单: what a street's people can call, by whom and how."""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from common.contracts.base import Input, Instant, Model
from common.contracts.shapes import AreaCode


class ListStatus(StrEnum):
    """The life of a delivery list."""

    DRAFT = "draft"  # 草稿
    PUBLISHED = "published"  # 已公布
    WITHDRAWN = "withdrawn"  # 已撤回


class LineKind(StrEnum):
    """What a line points at."""

    OFFERING = "offering"  # 已发布的服务
    PLEDGE = "pledge"  # 驻区单位认领的资源
    VENUE = "venue"  # 载体
    OTHER = "other"  # 未登记的资源


class Caller(StrEnum):
    """Who may call a resource."""

    RESIDENT = "resident"  # 居民
    NEIGHBOURHOOD = "neighbourhood"  # 居村
    GRID_WORKER = "grid_worker"  # 网格员
    SOCIAL_WORKER = "social_worker"  # 社工
    ORGANISATION = "organisation"  # 社会组织、单位


Title = Annotated[str, Field(min_length=1, max_length=100, description="名称 / name")]
How = Annotated[
    str, Field(min_length=1, max_length=300, description="如何调用：电话、窗口、流程 / how to call")
]
Quota = Annotated[
    str, Field(min_length=1, max_length=100, description="配额，如 每月 2 场 / how much, how often")
]


class DeliveryLine(Model):
    """One resource that can be called."""

    kind: LineKind
    resource_id: UUID | None = Field(description="服务、资源或载体的标识 / id of what it points at")
    title: str
    provider_name: str | None = Field(description="提供单位 / who provides")
    callable_by: list[Caller] = Field(description="谁可调用 / who may call")
    how: str
    quota: str | None


class DeliveryList(Model):
    """A delivery list of a street, and its state in the feed `delivery_list`."""

    id: UUID
    title: str
    area_id: UUID
    area_code: str
    area_path: str
    valid_from: date
    valid_to: date = Field(description="截止日（不含） / first day without it")
    lines: list[DeliveryLine] = Field(description="清单各行 / its lines")
    status: ListStatus
    published_at: Instant | None = Field(description="公布时间 / when published")
    withdrawn_at: Instant | None = Field(description="撤回时间 / when withdrawn")
    version: int
    updated_at: Instant


class CurrentDeliveryList(DeliveryList):
    """A delivery list as it can be used today."""

    not_available: list[int] = Field(
        description="目前不可调用的行（从 0 起） / lines whose resource is gone, from 0"
    )


class DeliveryLineIn(Input):
    """A line as staff write it; what it points at lends its name where none is given."""

    kind: LineKind
    resource_id: UUID | None = None
    title: Title | None = None
    provider_name: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    callable_by: list[Caller] = Field(min_length=1, max_length=5)
    how: How
    quota: Quota | None = None


Lines = Annotated[list[DeliveryLineIn], Field(max_length=500)]


class DeliveryListIn(Input):
    """A draft of a street's list."""

    title: Title
    area_code: AreaCode = Field(description="街镇 12 位代码 / code of a town")
    valid_from: date
    valid_to: date = Field(description="截止日（不含） / first day without it")
    lines: Lines = Field([], description="可稍后补充 / may come later")


class DeliveryListPatch(Input):
    """What can change in a draft; lines are given as a whole."""

    title: Title | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    lines: Lines | None = None
