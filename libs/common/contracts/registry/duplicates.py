"""Words of one record from many 同物多录: likely duplicates, decisions, merges, origins.

Nothing is deleted: a merge retires one record into another, keeps what it took and what it moved,
and can be undone.
"""

from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from common.contracts.base import Input, Instant, Model
from common.contracts.shapes import Score


class DuplicateKind(StrEnum):
    """Records that are matched."""

    VENUE = "venue"
    ORGANISATION = "organisation"


class DuplicateStatus(StrEnum):
    """What people said about a pair."""

    OPEN = "open"  # 待核
    UNSURE = "unsure"  # 存疑
    SAME = "same"  # 同一
    DIFFERENT = "different"  # 不同


Reason = Annotated[str, Field(min_length=1, max_length=500)]
FieldName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class DuplicateReason(Model):
    """One comparison that weighs for or against."""

    code: str = Field(description="比较项与结果 / comparison and what came of it")
    weight: float = Field(
        description="正为支持，负为反对 / for when positive, against when negative"
    )
    zh: str
    en: str


class DuplicateSide(Model):
    """One record of a pair, as far as a clerk compares it."""

    id: UUID
    code: str | None
    name: str
    credit_code: str | None
    phone: str | None
    address: str | None
    area_code: str
    area_path: str
    lon: float | None
    lat: float | None
    version: int


class Duplicate(Model):
    """Two records that seem to tell of one thing: how alike, why, and what was decided."""

    id: UUID
    kind: DuplicateKind
    score: Score
    reasons: list[DuplicateReason] = Field(description="理由，重者在前 / weightiest first")
    status: DuplicateStatus
    first: DuplicateSide
    second: DuplicateSide
    merge_id: UUID | None = Field(description="合并 / the merge that followed")
    found_at: Instant
    decided_at: Instant | None
    decided_by: str | None
    decision_reason: str | None


class DecisionIn(Input):
    """What a person says about a pair; `same` says which record stays and what it takes over."""

    verdict: DuplicateStatus
    reason: Reason
    keep_id: UUID | None = Field(None, description="保留的记录 / the record that stays")
    take: list[FieldName] = Field(
        default=[],
        max_length=30,
        description="从另一记录采用的字段；空缺的字段总会补上 / fields taken from the other "
        "record; what the kept one lacks is always filled",
    )


class SweepIn(Input):
    """Which records to look through."""

    kind: DuplicateKind


class Sweep(Model):
    """What one look through new and changed records found."""

    looked_at: int = Field(description="本次查看的记录数 / records looked at")
    found: int = Field(description="疑似重复对数 / pairs found")
    left: int = Field(description="尚待查看的记录数 / records still to be looked at")


class TakenField(Model):
    """A field that the kept record took over."""

    name: str
    before: Any = Field(description="合并前的值 / what stood before")
    after: Any = Field(description="采用的值 / what was taken")


class Merge(Model):
    """Two records made one: what was taken over, which references follow, and whether it stands."""

    id: UUID
    kind: DuplicateKind
    kept_id: UUID
    retired_id: UUID
    area_code: str
    reason: str
    taken: list[TakenField]
    moved: dict[str, int] = Field(description="随之改指的引用条数 / references moved, by column")
    made_at: Instant
    made_by: str
    undone_at: Instant | None
    undone_by: str | None
    undo_reason: str | None


class Undoing(Input):
    """Why a merge is taken back."""

    reason: Reason


class FieldOrigin(Model):
    """Which record brought the present value of a field."""

    name: str
    value: Any
    origin_id: UUID


class Identifiers(Model):
    """What one source calls the thing."""

    record_id: UUID
    code: str | None
    credit_code: str | None
    filing_number: str | None
    name: str
    phone: str | None
    is_kept: bool = Field(description="是否为保留的记录 / whether it is the record that stays")


class Origins(Model):
    """All that was merged into a record: identifiers of every source, origin of every field."""

    kind: DuplicateKind
    id: UUID
    identifiers: list[Identifiers]
    fields: list[FieldOrigin]
