"""Words of a subscription 数据申请: a portal's app asks for what is shared on condition."""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from common.contracts.base import Input, Instant, Model
from common.contracts.feeds import Kind


class SubscriptionStatus(StrEnum):
    """申请状态, in the words of the catalogue."""

    REQUESTED = "requested"  # 待审核
    RETURNED = "returned"  # 已退回
    APPROVED = "approved"  # 待订阅
    ACTIVE = "active"  # 已订阅
    ENDED = "ended"  # 失效


Area = Annotated[str, Field(pattern=r"^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12})$")]
Words = Annotated[str, Field(min_length=1, max_length=500)]


class SubscriptionIn(Input):
    """What an app asks for, and on which ground."""

    kind: Kind = Field(description="资源名称，目录中共享类型为有条件共享 / name of the resource")
    area: Area = Field(description="所需辖区，不超出本应用辖区 / digits of the area needed")
    purpose: Words = Field(description="用途，限于此 / what it is used for, and nothing else")
    basis: Words = Field(description="依据：职责或文件及文号 / duty or document that it rests on")


class ApprovalIn(Input):
    """Yes: on which conditions, and until when."""

    valid_to: date = Field(description="有效期末日，不含 / ends on this day, exclusive")
    conditions: Words = Field(description="使用条件，订阅即为接受 / accepted by subscribing")


class ReasonIn(Input):
    """Why a request is returned, or a subscription ended."""

    reason: Words = Field(description="理由 / reason")


class Subscription(Model):
    """A request with everything that became of it. Data flow while `is_in_force`."""

    id: UUID
    kind: Kind
    area: str = Field(description="辖区前缀 / digits of the area")
    app: str = Field(description="申请的应用 / app that asks")
    purpose: str
    basis: str
    status: SubscriptionStatus
    is_in_force: bool = Field(description="当前可拉取 / whether data may be pulled now")
    conditions: str | None
    valid_to: date | None
    reason: str | None = Field(description="退回或终止的理由 / why returned or ended")
    requested_at: Instant
    decided_at: Instant | None
    decided_by: str | None
    subscribed_at: Instant | None
    ended_at: Instant | None
    version: int
