"""Words of the dynamic rating: evidence, evaluations and replies, grades through time.

Levels run from 5 (best) to 1; shares and scores from 0 to 1. Days are in Asia/Shanghai.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from common.contracts.base import Input, Instant, Model
from common.contracts.procurement_challenges import DECIDED_FROM, DecidedFrom
from common.contracts.shapes import (
    AreaCode,
    Count,
    DictionaryCode,
    Level,
    Score,
    Share,
    SuppressedCount,
)
from common.contracts.vocabulary import RatingDimension


class EvidenceSource(StrEnum):
    """What told how well a provider serves."""

    RATING = "rating"  # 居民评价
    COMPLAINT = "complaint"  # 属实投诉
    ACCEPTANCE = "acceptance"  # 验收
    MILESTONE = "milestone"  # 里程碑
    VIOLATION = "violation"  # 违约、违规


class ReplyKind(StrEnum):
    """What a provider says about an evaluation."""

    STATEMENT = "statement"  # 陈述：公开，不影响计入
    APPEAL = "appeal"  # 申诉：裁定前不计入，评级暂停使用


class Verdict(StrEnum):
    """How an appeal ends."""

    UPHELD = "upheld"  # 申诉成立，该评价不计
    DISMISSED = "dismissed"


Words = Annotated[str, Field(min_length=1, max_length=2000)]


class Evaluation(Model):
    """One judgement of an office on a provider, as the provider may answer it."""

    id: UUID
    provider_id: UUID
    source: EvidenceSource
    source_id: UUID
    category: DictionaryCode
    dimension: RatingDimension
    level: Level | None = Field(
        description="等次；验收时答复的使用者不足 10 人为 null / null when fewer than 10 spoke"
    )
    buyer_id: UUID | None
    contract_id: UUID | None
    document: str | None = Field(description="文号 / number of the document behind it")
    happened_on: date
    counts_from_on: date = Field(description="答复期满后计入 / counts once the reply period ended")
    is_related: bool = Field(
        description="关联购买方，权重为零 / by a related buyer: weighs nothing"
    )
    is_suspended: bool = Field(description="申诉期间不计入 / appealed: does not count")


class Reply(Model):
    """What the provider said about an evaluation, and what came of it."""

    id: UUID
    provider_id: UUID
    source: EvidenceSource
    source_id: UUID
    kind: ReplyKind
    words: str
    said_at: Instant
    verdict: Verdict | None
    verdict_reason: str | None
    decided_at: Instant | None
    decided_from: DecidedFrom | None = Field(description=DECIDED_FROM)
    version: int


class Grade(Model):
    """A level that a provider held from an instant on, and what it rested on."""

    level: Level | None
    expected: Score | None
    lower_bound: Score | None
    upper_bound: Score | None
    prior_version: str
    from_at: Instant


class RatingEdition(Model):
    """A period whose ratings were published, once for ever."""

    until_on: date = Field(
        description="截至日：期次的编号 / last day of the period, which names it"
    )
    settled_on: date = Field(
        description="计入该日及以前的居民评价 / residents' ratings of this day and before are heard"
    )
    published_at: Instant
    changed: Count = Field(description="有变化的评级数 / how many ratings it changed")


class EditionIn(Input):
    """The edition that shall be published."""

    until_on: date = Field(description="所属期次的截至日 / last day of the period")


class BuyerShare(Model):
    """How much one buyer weighs in a rating, after every limit."""

    buyer_id: UUID | None = Field(description="无购买方的评价为 null / null: no buyer behind it")
    is_related: bool
    evidence: SuppressedCount
    weight: Share = Field(description="占评级的权重 / share of the whole, prior included")


class RatingExplained(Model):
    """A rating on a day, recomputed from its evidence, with what it rests on."""

    provider_id: UUID
    category: DictionaryCode
    dimension: RatingDimension
    as_of_on: date
    is_rated: bool
    unrated_because: list[str] = Field(
        description="不予评级的规则编号 / rules by which there is no rating"
    )
    level: Level | None
    expected: Score | None
    lower_bound: Score | None
    upper_bound: Score | None
    ratings: Count
    effective_ratings: float = Field(ge=0)
    buyers: Count
    prior_version: str
    prior_levels: list[Share] = Field(
        description="类别先验，1 至 5 级 / base rates of levels 1 to 5"
    )
    prior_weight: float = Field(ge=0, description="先验相当于多少条评价 / worth so many ratings")
    buyer_correlation: Share = Field(
        description="同一购买方各条评价的相关 / likeness of ratings under one buyer"
    )
    steadiness: Share = Field(
        description="相隔一个月的服务水平相关，越低则旧评价越不能说明当前水平"
        " / likeness of a provider to itself a month before; where low, old ratings tell less"
    )
    shares: list[BuyerShare]
    rules: list[str] = Field(description="适用的规则编号 / rules that were applied")


class PerformanceLine(Model):
    """What the evidence of one source says in one category, without weights and bounds."""

    category: DictionaryCode
    source: EvidenceSource
    pieces: SuppressedCount
    mean_level: float | None = Field(
        ge=1, le=5, description="平均等次；不足 10 条为 null / mean level; null when fewer than 10"
    )
    newest_on: date


class ReplyIn(Input):
    """A provider's answer to an evaluation."""

    kind: ReplyKind
    words: Words


class VerdictIn(Input):
    """The decision on an appeal."""

    verdict: Verdict
    reason: Words


class ViolationIn(Input):
    """A violation that an authority has found."""

    category: DictionaryCode
    level: Level = Field(description="严重程度：1 最重 / 1 is the gravest")
    document: Annotated[str, Field(min_length=1, max_length=100)]
    happened_on: date
    buyer_id: UUID | None = None
    contract_id: UUID | None = None
    area_code: AreaCode = Field(description="发生地 / where it happened")
