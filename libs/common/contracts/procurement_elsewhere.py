"""Words of purchases conducted on the designated platform 法定平台 and taken over from there."""

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from common.contracts.base import Input, Instant, Model
from common.contracts.procurement_tenders import DocumentIn, Money

What = Literal[
    "intention_period", "tender_period", "opening", "suppliers", "award_notice", "splitting"
]


class PlatformResultIn(Input):
    """One supplier who won there."""

    supplier_id: UUID
    value_fen: Money


class PlatformRecordIn(Input):
    """A purchase as the platform tells it: number, dates, documents, results."""

    platform: str = Field(min_length=2, max_length=100)
    number: str = Field(min_length=1, max_length=100, description="平台项目编号")
    notice_at: AwareDatetime
    tender_period_end_at: AwareDatetime
    opened_at: AwareDatetime
    tenderers: int = Field(ge=0, le=10_000)
    conforming: int = Field(ge=0, le=10_000, description="符合要求的供应商数")
    awarded_at: AwareDatetime | None = None
    announced_at: AwareDatetime | None = None
    results: list[PlatformResultIn] = Field(
        default_factory=list, max_length=200, description="按名次；空为废标 / by rank; none: failed"
    )
    documents: list[DocumentIn] = Field(min_length=1, max_length=200)


class Finding(Model):
    """One clock or count, measured against its rule."""

    rule: str
    what: What
    is_kept: bool
    wanted: str
    found: str


class PlatformRecord(Model):
    """What was taken over, and how its clocks measure up."""

    tender_id: UUID
    platform: str
    number: str
    imported_at: Instant
    findings: list[Finding]
