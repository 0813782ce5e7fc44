"""Words of how a contract ends: completed, terminated, discontinued with its users handed over."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from common.contracts.base import Input
from common.contracts.procurement_contracts import Words


class EndReason(StrEnum):
    """Why a contract ended."""

    COMPLETED = "completed"  # 履行完毕
    MUTUAL = "mutual"  # 协商一致
    BREACH = "breach"  # 承接者违约
    BUYER_BREACH = "buyer_breach"  # 购买方违约
    FUNDS_CUT = "funds_cut"  # 经费取消
    POLICY_CHANGE = "policy_change"  # 政策调整
    PROVIDER_DISSOLVED = "provider_dissolved"  # 承接者注销
    FORCE_MAJEURE = "force_majeure"  # 不可抗力
    SUPERSEDED = "superseded"  # 由新合同承接
    REVOKED = "revoked"  # 投诉成立而撤销；只由投诉处理决定产生


class DiscontinuationIn(Input):
    """Notice to the users that a service will stop, why, and who goes on with them."""

    reason: EndReason
    text: Words = Field(description="向服务对象公布的说明 / told to the users")
    ends_on: date = Field(description="停止服务日期 / last day of service")
    handed_over_to_id: UUID | None = Field(None, description="承接合同 / the contract that goes on")
    arrangement: str | None = Field(
        None,
        min_length=4,
        max_length=2000,
        description="无承接合同时的安置办法 / what is done for the users where nobody takes over",
    )


class TerminationIn(Input):
    """The end of a contract."""

    reason: EndReason
    text: Words
