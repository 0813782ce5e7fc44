"""Words of budget lines 预算科目 and of their ledger: planned, reserved, committed, paid."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from common.contracts.base import Fen, Input, Instant, Model
from common.contracts.shapes import AreaCode, DictionaryCode
from common.contracts.written import IN_DIGITS
from common.money import LARGEST_FEN

Year = Annotated[int, Field(ge=2000, le=2100, description="财政年度 / fiscal year"), IN_DIGITS]
LineCode = Annotated[
    str,
    Field(
        pattern=r"^[0-9]{3,12}$",
        description="预算科目代码 / code of the line",
        examples=["2080999"],
    ),
]
Money = Annotated[
    int, Field(gt=0, le=LARGEST_FEN // 1_000_000, description="金额，分 / amount in fen, above 0")
]
DocumentNumber = Annotated[
    str, Field(min_length=1, max_length=120, description="文号 / number of the document")
]


class EntryKind(StrEnum):
    """What an entry of the ledger tells."""

    PLANNED = "planned"  # 下达
    REPLANNED = "replanned"  # 调整
    RESERVED = "reserved"  # 预留
    RELEASED = "released"  # 释放预留
    COMMITTED = "committed"  # 转为合同承诺
    RETURNED = "returned"  # 合同未用退回
    PAID = "paid"  # 支付


class HolderKind(StrEnum):
    """What may hold money of a line."""

    TENDER = "tender"
    CONTRACT = "contract"
    GRANT = "grant"


class BudgetLineIn(Input):
    """A budget line as it is passed."""

    code: LineCode
    year: Year
    title: str = Field(min_length=1, max_length=200)
    area_code: AreaCode
    buyer_id: UUID = Field(description="购买方机构 / the buying organisation")
    source: DictionaryCode = Field(description="字典 funding_source / earmarked source")
    document: DocumentNumber
    planned_fen: Money


class ReplanIn(Input):
    """Another amount for a line, with the document that allows it."""

    planned_fen: Money
    document: DocumentNumber


class BudgetLine(Model):
    """A budget line as it stands. planned = free + reserved + committed + paid."""

    id: UUID
    code: str
    year: int
    title: str
    area_code: AreaCode
    buyer_id: UUID
    source: DictionaryCode
    document: str
    planned_fen: Fen
    reserved_fen: Fen = Field(description="采购中预留 / held by tenders")
    committed_fen: Fen = Field(description="合同承诺未付 / held by contracts, not yet paid")
    paid_fen: Fen
    free_fen: Fen = Field(description="可用 / may still be reserved")
    version: int
    updated_at: Instant


class LedgerEntry(Model):
    """One movement of a line."""

    number: int = Field(description="从 1 起连续 / from 1 without a gap")
    kind: EntryKind
    amount_fen: Fen = Field(description="调整时为调整后的预算 / for replanned: the new budget")
    holder_id: UUID | None = Field(description="采购、合同或资助 / tender, contract or grant")
    document: str | None
    made_at: Instant
    made_by: str


class Draw(Input):
    """How much is drawn from which line."""

    line_id: UUID
    value_fen: Money
