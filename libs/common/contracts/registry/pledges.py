"""Words of pledges 驻区单位资源: what bodies around the corner can share, from rumour to delivery.

A pledge begins as a lead that staff or the body itself record. Until it is pledged only the staff
of the area see it; whom to call stays with them for good, and is forgotten at the end.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from common.contracts.base import Input, Instant, Model
from common.contracts.registry.organisations import Phone
from common.contracts.shapes import AreaCode, DictionaryCode


class PledgeStatus(StrEnum):
    """The life of a pledge."""

    LEAD = "lead"  # 线索
    VERIFIED = "verified"  # 已核实
    PLEDGED = "pledged"  # 已认领
    DELIVERED = "delivered"  # 已兑现
    DROPPED = "dropped"  # 已终止


class ResourceKind(StrEnum):
    """What can be shared."""

    PREMISES = "premises"  # 场地
    PEOPLE = "people"  # 人员与志愿服务
    MONEY = "money"  # 资金
    GOODS = "goods"  # 物资
    EXPERTISE = "expertise"  # 专业能力
    EVENTS = "events"  # 活动


class LeadSource(StrEnum):
    """How a lead became known."""

    OFFERED = "offered"  # 单位主动
    VISIT = "visit"  # 走访
    MEETING = "meeting"  # 区域化党建联席会等
    REFERRED = "referred"  # 上级或部门转来


Title = Annotated[str, Field(min_length=1, max_length=100)]
Description = Annotated[str, Field(min_length=1, max_length=1000)]
Quantity = Annotated[float, Field(gt=0, le=1e12, allow_inf_nan=False)]
Note = Annotated[str, Field(min_length=1, max_length=500)]


class Pledge(Model):
    """A resource that a body pledged or delivered: public, and the state in the feed `pledge`."""

    id: UUID
    title: str = Field(description="资源名称 / what it is")
    description: str | None
    resource_kind: ResourceKind = Field(description="资源种类 / kind of resource")
    category: str | None = Field(description="服务类别 / service_category")
    organisation_id: UUID | None = Field(description="认领单位标识 / who pledges")
    organisation_name: str = Field(description="认领单位 / name of who pledges")
    area_id: UUID
    area_code: str
    area_path: str
    quantity: float | None = Field(description="数量 / how much")
    unit: str | None = Field(description="计量单位 / unit of the quantity")
    available_from: date | None = Field(description="可用起始 / first day")
    available_to: date | None = Field(description="可用截止（含） / last day, inclusive")
    terms: str | None = Field(description="使用约定 / on what terms")
    collective_need_id: UUID | None = Field(description="所回应的共性需求 / need it answers")
    status: PledgeStatus
    recorded_at: Instant = Field(description="登记线索时间 / when it became known")
    verified_at: Instant | None = Field(description="核实时间 / when verified")
    pledged_at: Instant | None = Field(description="认领时间 / when pledged")
    delivered_at: Instant | None = Field(description="兑现时间 / when delivered")
    delivery_note: str | None = Field(description="兑现情况 / what was delivered")
    dropped_at: Instant | None = Field(description="终止时间 / when dropped")
    version: int
    updated_at: Instant


class Lead(Pledge):
    """A pledge as those who work on it see it; the contact is masked."""

    line: str = Field(description="联系的条线，字典 department_line / line that keeps in touch")
    source: LeadSource
    contact_name: str | None = Field(description="联系人（脱敏） / masked")
    contact_phone: str | None = Field(description="联系电话（脱敏） / masked")
    drop_reason: str | None = Field(description="终止原因 / why it was dropped")


class Contact(Model):
    """Whom to call, in clear."""

    contact_name: str | None
    contact_phone: str | None


class LeadIn(Input):
    """A new lead. The body by its id, or by name as long as it is not registered."""

    title: Title
    description: Description | None = None
    resource_kind: ResourceKind
    category: DictionaryCode | None = None
    organisation_id: UUID | None = None
    organisation_name: Title | None = None
    area_code: AreaCode
    quantity: Quantity | None = None
    unit: Annotated[str, Field(min_length=1, max_length=20)] | None = None
    available_from: date | None = None
    available_to: date | None = None
    terms: Note | None = None
    collective_need_id: UUID | None = None
    line: DictionaryCode | None = Field(
        None, description="默认登记人的条线 / the recorder's own when absent"
    )
    source: LeadSource = LeadSource.VISIT
    contact_name: Annotated[str, Field(min_length=1, max_length=50)] | None = None
    contact_phone: Phone | None = None


class LeadPatch(Input):
    """What can change before the end; an absent field stays, null clears it where allowed."""

    title: Title | None = None
    description: Description | None = None
    resource_kind: ResourceKind | None = None
    category: DictionaryCode | None = None
    organisation_id: UUID | None = None
    organisation_name: Title | None = None
    area_code: AreaCode | None = None
    quantity: Quantity | None = None
    unit: Annotated[str, Field(min_length=1, max_length=20)] | None = None
    available_from: date | None = None
    available_to: date | None = None
    terms: Note | None = None
    collective_need_id: UUID | None = None
    source: LeadSource | None = None
    contact_name: Annotated[str, Field(min_length=1, max_length=50)] | None = None
    contact_phone: Phone | None = None


class Delivery(Input):
    """What was delivered."""

    note: Note


class Dropping(Input):
    """Why nothing comes of it."""

    reason: Note


class Unmasking(Input):
    """Why a contact is read in clear; it goes to the audit log."""

    reason: Note
