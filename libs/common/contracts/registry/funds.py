"""Words of funds 资金: where money comes from, whom it was promised to, and what became of it.

Every entry takes an amount from one account of a fund and gives it to another, so that a ledger
out of balance cannot even be written down. Money is integer fen.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from common.contracts.base import Fen, Input, Instant, Model
from common.contracts.registry.venues import ExternalCode
from common.contracts.shapes import AreaCode, DictionaryCode


class FundStatus(StrEnum):
    """Whether a fund may still be used."""

    OPEN = "open"
    CLOSED = "closed"


class Account(StrEnum):
    """Where the money of a fund stands."""

    SOURCE = "source"  # 出资方：尚未到账
    AVAILABLE = "available"  # 可用
    COMMITTED = "committed"  # 已承诺
    SPENT = "spent"  # 已支付


class EntryKind(StrEnum):
    """What an entry does; each kind has its two accounts."""

    RECEIPT = "receipt"  # 到账
    RETURN = "return"  # 退回出资方
    COMMITMENT = "commitment"  # 承诺
    RELEASE = "release"  # 释放
    PAYMENT = "payment"  # 支付
    REFUND = "refund"  # 退款


class GrantKind(StrEnum):
    """What a promise of money is for."""

    SERVICE = "service"  # 服务
    RENT = "rent"  # 房租补贴
    UTILITY = "utility"  # 水电补贴


class GrantStatus(StrEnum):
    """Whether a promise still runs."""

    OPEN = "open"
    ENDED = "ended"


class Verdict(StrEnum):
    """What people say about money that seems to be given twice."""

    CO_FUNDED = "co_funded"  # 属配套资金
    TO_RECOVER = "to_recover"  # 应退回
    CORRECTED = "corrected"  # 已更正
    DIFFERENT = "different"  # 非同一事项


Title = Annotated[str, Field(min_length=1, max_length=100)]
Purpose = Annotated[str, Field(min_length=1, max_length=1000)]
Document = Annotated[
    str, Field(min_length=1, max_length=100, description="凭证、文号 / voucher or document")
]
Reason = Annotated[str, Field(min_length=1, max_length=500)]
Amount = Annotated[int, Field(gt=0, le=10**15, description="金额，单位：分 / fen (CNY)")]


class Grant(Model):
    """Money of a fund promised to an organisation, a venue or both, for one item and period."""

    id: UUID
    fund_id: UUID
    kind: GrantKind
    recipient_id: UUID | None = Field(description="受助机构 / organisation that receives")
    venue_id: UUID | None = Field(description="受助载体 / venue that it is for")
    category: str = Field(description="服务类别 / service_category")
    service_item_id: UUID | None = Field(description="事项 / service item")
    programme_id: UUID | None = Field(description="项目 / programme")
    contract_id: UUID | None = Field(description="合同 / contract in procurement")
    concession_id: UUID | None = Field(description="经营授权 / concession that it supports")
    amount_fen: Fen
    committed_fen: Fen = Field(description="尚未支付，分 / still to be paid")
    spent_fen: Fen = Field(description="已支付，分 / paid")
    valid_from: date
    valid_to: date = Field(description="终止日期，不含当日 / first day after it")
    status: GrantStatus
    end_reason: str | None = Field(description="提前结束的原因 / why it ended")


class Fund(Model):
    """A fund with its balances: the answer for a list."""

    id: UUID
    code: str | None
    title: str = Field(description="资金名称 / title")
    source: str = Field(description="来源，字典 funding_source / where it comes from")
    line: str = Field(description="条线，字典 department_line / department line")
    holder_id: UUID = Field(description="管理单位 / who holds it")
    programme_id: UUID | None = Field(description="所属项目 / programme that it pays for")
    category: str | None = Field(description="限用于的服务类别 / earmarked for, service_category")
    purpose: str = Field(description="用途 / purpose")
    document_number: str | None = Field(description="批准文号 / document that approved it")
    area_id: UUID
    area_code: str
    area_path: str
    amount_fen: Fen = Field(description="批准金额，分 / approved amount")
    received_fen: Fen = Field(description="已到账，分 / received")
    available_fen: Fen = Field(description="可用，分 / free to promise")
    committed_fen: Fen = Field(description="已承诺未支付，分 / promised, not yet paid")
    spent_fen: Fen = Field(description="已支付，分 / paid")
    valid_from: date
    valid_to: date = Field(description="终止日期，不含当日 / first day after it")
    status: FundStatus
    closed_at: Instant | None
    version: int
    updated_at: Instant


class FundState(Fund):
    """A fund with its grants: the answer for one, and its state in the feed `fund`."""

    grants: list[Grant] = Field(description="资助 / what was promised to whom")


class Entry(Model):
    """One line of the ledger: from one account to another."""

    id: UUID
    fund_id: UUID
    grant_id: UUID | None
    kind: EntryKind
    from_account: Account
    to_account: Account
    amount_fen: Fen
    booked_on: date
    document_number: str
    note: str | None
    made_at: Instant
    made_by: str


class FundIn(Input):
    """A new fund; its ledger begins empty."""

    code: ExternalCode | None = None
    title: Title
    source: DictionaryCode
    line: DictionaryCode
    holder_id: UUID
    programme_id: UUID | None = None
    category: DictionaryCode | None = None
    purpose: Purpose
    document_number: Document | None = None
    area_code: AreaCode
    amount_fen: Amount
    valid_from: date
    valid_to: date


class FundPatch(Input):
    """What can change while a fund is open; an absent field stays, null clears it if allowed."""

    code: ExternalCode | None = None
    title: Title | None = None
    source: DictionaryCode | None = None
    line: DictionaryCode | None = None
    holder_id: UUID | None = None
    programme_id: UUID | None = None
    category: DictionaryCode | None = None
    purpose: Purpose | None = None
    document_number: Document | None = None
    amount_fen: Amount | None = None
    valid_from: date | None = None
    valid_to: date | None = None


class GrantIn(Input):
    """A promise of money: to an organisation, to a venue, or to an organisation for a venue."""

    kind: GrantKind = GrantKind.SERVICE
    recipient_id: UUID | None = None
    venue_id: UUID | None = None
    category: DictionaryCode
    service_item_id: UUID | None = None
    programme_id: UUID | None = None
    contract_id: UUID | None = None
    concession_id: UUID | None = None
    amount_fen: Amount
    valid_from: date
    valid_to: date
    document_number: Document


class MoneyIn(Input):
    """An amount that moves, with the voucher that says so."""

    amount_fen: Amount
    booked_on: date = Field(description="记账日 / day it is booked on")
    document_number: Document
    note: Reason | None = None


class Ending(Input):
    """Why a grant or a fund ends."""

    reason: Reason
    document_number: Document


class FundedSide(Model):
    """One of the two sides of a finding."""

    record_id: UUID = Field(description="资助或项目标识 / grant or programme")
    fund_id: UUID | None
    title: str
    source: str | None = Field(description="资金来源 / funding source; null for programmes")
    line: str
    area_code: str
    amount_fen: Fen | None = Field(description="不在辖区内时为 null / null outside your area")
    valid_from: date
    valid_to: date


class FundingDecision(Model):
    """What was decided about a finding."""

    verdict: Verdict
    reason: str
    decided_at: Instant
    decided_by: str


class FundingFinding(Model):
    """Money that seems to be given twice: by which rule, on which records."""

    rule: str = Field(description="规则编号 / rule that found it")
    reason_zh: str
    reason_en: str
    organisation_id: UUID | None
    venue_id: UUID | None
    category: str
    overlap_from: date
    overlap_to: date = Field(description="不含当日 / exclusive")
    first: FundedSide
    second: FundedSide
    decision: FundingDecision | None


class FundingDecisionIn(Input):
    """A decision about a finding, named by its rule and its two records."""

    rule: Annotated[str, Field(min_length=1, max_length=60)]
    first_id: UUID
    second_id: UUID
    verdict: Verdict
    reason: Reason
