"""Words of idle property 存量房屋: found, surveyed, agreed upon, fitted out, in use.

Source: the paper asks for more community rooms by 置换, 转让, 腾退, 收购, and for what public
bodies and state firms lend from their own stock.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from common.contracts.base import Fen, Input, Instant, Model
from common.contracts.registry.venues import Address, ExternalCode, FloorArea, VenueName
from common.contracts.shapes import AreaCode, DictionaryCode


class PropertyStatus(StrEnum):
    """How far a property has come."""

    FOUND = "found"  # 已发现
    SURVEYED = "surveyed"  # 已踏勘
    AGREED = "agreed"  # 已签约
    FITTING_OUT = "fitting_out"  # 改造中
    IN_USE = "in_use"  # 已启用
    DROPPED = "dropped"  # 已放弃


class Tenure(StrEnum):
    """How the community comes to use it."""

    EXCHANGE = "exchange"  # 置换
    TRANSFER = "transfer"  # 转让
    VACATED = "vacated"  # 腾退
    PURCHASE = "purchase"  # 收购
    LENT = "lent"  # 提供使用（行政事业单位、国有企业腾挪空间）


Text500 = Annotated[str, Field(min_length=1, max_length=500)]
Number = Annotated[str, Field(min_length=1, max_length=60)]


class IdleProperty(Model):
    """A property that may become a room of the community."""

    id: UUID
    code: str | None
    name: str
    area_id: UUID
    area_code: str
    area_path: str
    address: str | None
    lon: float | None
    lat: float | None
    owner_id: UUID | None
    owner_name: str | None = Field(description="产权单位 / name of the owner")
    floor_area_m2: float | None
    tenure: Tenure | None = Field(description="取得方式 / how the community comes to use it")
    agreement_number: str | None = Field(description="协议编号 / number of the agreement")
    agreed_from: date | None = Field(description="使用起始 / first day of use")
    agreed_to: date | None = Field(description="使用截止（含） / last day, inclusive")
    sharing_terms: str | None = Field(description="共享约定：一室多用、开放时段 / how it is shared")
    planned_use: str | None = Field(description="拟用途，字典 venue_kind / what it becomes")
    fit_out_budget_fen: Fen | None = Field(description="改造预算，分 / budget, fen")
    fit_out_until: date | None = Field(description="改造期限 / day by which it is fitted out")
    venue_id: UUID | None = Field(description="启用后的载体 / the venue that it became")
    status: PropertyStatus
    status_since: Instant
    drop_reason: str | None = Field(description="放弃原因 / why it was dropped")
    version: int
    updated_at: Instant


class IdlePropertyIn(Input):
    """A property that was found. The owner by id, or by name as long as it is not registered."""

    code: ExternalCode | None = None
    name: VenueName
    area_code: AreaCode
    address: Address | None = None
    lon: float | None = Field(None, allow_inf_nan=False)
    lat: float | None = Field(None, allow_inf_nan=False)
    owner_id: UUID | None = None
    owner_name: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    floor_area_m2: FloorArea | None = None
    tenure: Tenure | None = None
    agreement_number: Number | None = None
    agreed_from: date | None = None
    agreed_to: date | None = None
    sharing_terms: Text500 | None = None
    planned_use: DictionaryCode | None = None
    fit_out_budget_fen: Fen | None = None
    fit_out_until: date | None = None
    venue_id: UUID | None = None


class IdlePropertyPatch(IdlePropertyIn):
    """What can change; an absent field stays, null clears it where that is allowed."""

    name: VenueName | None = None  # type: ignore[assignment]  # a patch may leave it out
    area_code: AreaCode | None = None  # type: ignore[assignment]


class PropertyMove(Input):
    """The next step of a property."""

    status: PropertyStatus
    reason: Text500 | None = Field(None, description="放弃时必填 / needed when it is dropped")


class PropertyTotal(Model):
    """How many properties stand at one step, and how large they are together."""

    status: PropertyStatus
    tenure: Tenure | None
    properties: int
    floor_area_m2: float = Field(description="已知面积之和 / sum of the areas that are known")
