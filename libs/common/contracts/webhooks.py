"""Words of a webhook 回调: changes are sent to who cannot poll."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from common.contracts.base import Input, Instant, Model
from common.contracts.feeds import Kind


class HookStart(StrEnum):
    """Where the sending begins."""

    ZERO = "zero"  # 从头全量
    NOW = "now"  # 自登记时起的变更


class DeliveryState(StrEnum):
    """What became of a change so far; what was taken leaves no row."""

    WAITING = "waiting"  # 待投递、待重试
    DEAD = "dead"  # 死信：多次失败，不再自动重试


class Reset(StrEnum):
    """Why a webhook begins anew: its receiver empties the resource and is told all that stands."""

    RESTORED = "restored"  # 数据库恢复，序号重来
    PURGED = "purged"  # 久未送达，其间的删除记录已清理
    AREA = "area"  # 可读的辖区已变


class WebhookIn(Input):
    """Which changes are sent where."""

    kind: Kind = Field(description="资源名称 / name of the resource")
    url: Annotated[str, Field(min_length=8, max_length=500)] = Field(
        description="https 公网地址 / https, on the public internet"
    )
    start: HookStart = Field(HookStart.NOW, description="从头或从现在 / from zero or from now")


class SecretIn(Input):
    """Another secret for a webhook."""

    overlap_hours: float = Field(
        24.0,
        ge=0,
        le=168,
        description="原密钥继续签名的小时数，其间收方两者皆认；泄露时为 0 / how long the present "
        "secret goes on signing, while the receiver takes both; 0 where it has leaked",
    )


class Webhook(Model):
    """A webhook and how it is doing."""

    id: UUID
    app: str = Field(description="登记的应用 / app that it belongs to")
    kind: Kind
    url: str
    position: int = Field(description="已排入投递的变更序号 / change number reached")
    waiting: int = Field(description="待投递条数 / changes that wait")
    dead: int = Field(description="死信条数 / dead letters")
    course: int = Field(description="轮次：每次从头重送即增大 / rises when it begins anew")
    reset: Reset | None = Field(
        description="尚未收下的清空通知的缘由 / why it begins anew, until the receiver took it"
    )
    taken_at: Instant | None = Field(description="最近一次收下 / when the address last took one")
    failures: int = Field(description="连续失败次数，成功即清零 / failures in a row")
    resumes_at: Instant | None = Field(description="因失败暂缓至 / pauses until then")
    next_secret_from: Instant | None = Field(
        description="换用新密钥签名的时间；未在更换为 null / when another secret begins to sign; "
        "null: none is to"
    )
    created_at: Instant


class WebhookSecret(Webhook):
    """A webhook with a new secret of it, which is never shown again."""

    secret: str = Field(description="签名密钥，仅此一次显示 / key of the signature, shown once")


class Delivery(Model):
    """A change that has not been taken yet. It names the record and tells nothing of it."""

    record_id: UUID
    change_number: int
    state: DeliveryState
    attempts: int
    first_at: Instant
    retry_at: Instant | None = Field(description="下次重试时间；死信为 null / null: dead letter")
    fault: str | None = Field(description="最近一次失败 / last failure: a status, or its name")


class Replay(Model):
    """How many dead letters were put back."""

    replayed: int
