"""Words of proposals 提案: what residents wish the street to buy, and what became of the wish."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from common.contracts.base import Fen, Input, Instant, Model
from common.contracts.shapes import AreaCode, Count, DictionaryCode, SuppressedCount
from common.contracts.vocabulary import PurchaseMethod

Reason = Annotated[
    str, Field(min_length=4, max_length=2000, description="公开理由 / public reason")
]
LARGEST_PRICE_FEN = 10**12
PotTotal = Annotated[
    Fen | None,
    Field(
        gt=0,
        le=LARGEST_PRICE_FEN,
        description="文件批准的总额，分；缺省为 pot_fen。同一文件名下的票决与清单合计不超过总额"
        " / what the document approves in all, for every vote and agenda that cites it;"
        " default: pot_fen",
    ),
]


class ProposalStatus(StrEnum):
    """The life of a proposal."""

    PROPOSED = "proposed"  # 征集附议
    SUPPORTED = "supported"  # 附议达到门槛，待评估
    FEASIBLE = "feasible"  # 可行并已定价，可列入票决
    INFEASIBLE = "infeasible"  # 不可行，理由公开
    MERGED = "merged"  # 并入同类提案
    WITHDRAWN = "withdrawn"


class ProposalIn(Input):
    """A wish that the street buy something; published under no name."""

    title: str = Field(min_length=4, max_length=60)
    words: str = Field(
        min_length=10, max_length=4000, description="内容；公开，请勿写入个人信息 / public text"
    )
    area_code: AreaCode
    category: DictionaryCode
    target_groups: list[DictionaryCode] = Field([], max_length=10)
    service_item_id: UUID | None = None
    gap_id: UUID | None = Field(None, description="源自哪项缺口 / gap that it answers")
    collective_need_id: UUID | None = Field(None, description="源自哪项共性需求 / collective need")
    wished_method: PurchaseMethod | None = None


class AssessmentOfProposalIn(Input):
    """Whether it can be done, and for how much: by the street, with a public reason."""

    is_feasible: bool
    price_fen: Fen | None = Field(
        None, gt=0, le=LARGEST_PRICE_FEN, description="可行时必填 / with feasible only"
    )
    reason: Reason


class MergerIn(Input):
    """Into which proposal of the same kind it goes, with its supporters."""

    into_id: UUID
    reason: Reason


class WithdrawalIn(Input):
    """Why something is taken back, for everybody to read."""

    reason: Reason


class RedactionIn(Input):
    """What is published from now on in the place of what names somebody, and why."""

    title: str | None = Field(
        None, min_length=4, max_length=60, description="不填则不变 / left out: as it is"
    )
    words: str = Field(
        min_length=4, max_length=4000, description="遮蔽后的公开内容 / public text without it"
    )
    reason: Reason


class OriginalWords(Model):
    """What a proposal said before it was redacted: for the street, each look on the record."""

    title: str
    words: str


class Proposal(Model):
    """A proposal as everybody sees it: nobody's name stands in it."""

    id: UUID
    number: str
    status: ProposalStatus
    title: str
    words: str | None = Field(description="撤回后不再公开，为 null / null once it is withdrawn")
    area_code: AreaCode
    category: DictionaryCode
    target_groups: list[DictionaryCode]
    service_item_id: UUID | None
    gap_id: UUID | None
    collective_need_id: UUID | None
    wished_method: PurchaseMethod | None
    supporters: SuppressedCount = Field(
        description="附议人数，整十，每日公布一次；不足十人为 null / in tens, told once a day"
    )
    threshold: Count = Field(description="附议门槛 / supporters that it takes")
    price_fen: Fen | None
    assessment: str | None = Field(description="可行性与造价的公开理由 / why, and why so much")
    merged_into_id: UUID | None
    is_mine: bool = Field(description="由本人提出 / proposed by the caller")
    made_at: Instant
    supported_at: Instant | None = Field(description="公布达到门槛的时间 / when that was told")
    assessed_at: Instant | None
    merged_at: Instant | None
    withdrawn_at: Instant | None
    reason: str | None = Field(description="合并或撤回的公开理由 / why merged or withdrawn")
    redacted_at: Instant | None = Field(description="内容被遮蔽的时间 / when words were taken out")
    redaction_reason: str | None = Field(description="遮蔽的公开理由 / why they were")
    version: int


class Support(Model):
    """That the caller supports a proposal; how many do is told once a day, in tens."""

    proposal_id: UUID
    is_counted: bool
