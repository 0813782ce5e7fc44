"""Words of delegation 授权: what a venue's head may decide alone, up to how much, how long."""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from common.contracts.base import Fen, Input, Instant, Model


class Power(StrEnum):
    """What can be delegated to a venue's head."""

    CALL_RESOURCE = "call_resource"  # 调用单位、队伍、物资
    APPROVE_MARKET = "approve_market"  # 审批市场经营用途的空间预约


Basis = Annotated[
    str, Field(min_length=1, max_length=100, description="授权文件及文号 / document and number")
]


class DelegationIn(Input):
    """A power for the head of a venue."""

    venue_id: UUID
    power: Power
    limit_fen: Fen = Field(description="每次金额上限，分 / at most, each time, in fen")
    organisation_ids: list[UUID] = Field(
        default=[], max_length=100, description="可调用的单位，空为不限 / whom; empty: anybody"
    )
    basis: Basis
    valid_from: date
    valid_to: date = Field(description="不含当日 / exclusive")


class Delegation(Model):
    """A power of the head of a venue."""

    id: UUID
    venue_id: UUID
    power: Power
    limit_fen: int
    organisation_ids: list[UUID]
    basis: str
    valid_from: date
    valid_to: date
    revoked_at: Instant | None
    version: int


class DecisionIn(Input):
    """What a venue's head decides alone."""

    amount_fen: Fen
    organisation_id: UUID | None = Field(None, description="所调用的单位 / whom is called")
    note: Annotated[str, Field(min_length=1, max_length=200, description="事由 / what for")]


class Decision(Model):
    """What was decided by a delegation."""

    id: UUID
    delegation_id: UUID
    amount_fen: int
    organisation_id: UUID | None
    note: str
    decided_at: Instant
    decided_by: str
