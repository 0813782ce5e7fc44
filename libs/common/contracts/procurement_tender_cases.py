"""A purchase as it is read: the line of a list, and the whole of it with its documents."""

from datetime import date
from typing import Any
from uuid import UUID

from pydantic import Field

from common.contracts.base import Fen, Instant, Model
from common.contracts.procurement import Tender
from common.contracts.procurement_tenders import (
    BoughtObject,
    Content,
    CriterionKind,
    FrameworkForm,
    LooksAt,
    SecondStage,
    SingleSourceGround,
    TenderStep,
)
from common.contracts.rules import Exact
from common.contracts.vocabulary import SmallFirmReserve


class AppliedRule(Model):
    """A rule that a step applied, frozen as it stood."""

    code: str
    parameter: str
    operator: str
    value: bool | int | str
    unit: str | None
    document: str
    article: str
    confidence: str


class Criterion(Model):
    """A criterion as published."""

    position: int
    kind: CriterionKind
    name: str
    looks_at: LooksAt
    indicator: str
    unit: str
    points: Exact
    bands: list[dict[str, str]]


class Document(Model):
    """A document of the file."""

    id: UUID
    kind: str
    title: str
    address: str | None
    digest: str
    added_at: Instant


class Question(Model):
    """A question with its answer, without who asked."""

    id: UUID
    text: str
    asked_at: Instant
    answer_due_on: date | None
    answer: str | None
    answered_at: Instant | None


class Amendment(Model):
    """A change of the documents and what it did to the deadline."""

    number: int
    text: str
    affects_bids: bool
    made_at: Instant
    period_end_before_at: Instant
    period_end_after_at: Instant


class TenderLine(Tender):
    """A purchase as lists show it."""

    step: TenderStep
    announced_at: Instant | None
    version: int
    updated_at: Instant


class TenderCase(TenderLine):
    """A purchase with its documents, clocks, and the rules that hold for it."""

    description: str
    object: BoughtObject
    contents: list[Content]
    ceiling_fen: Fen | None
    framework_id: UUID | None
    framework_form: FrameworkForm | None
    second_stage: SecondStage | None
    framework_ends_on: date | None
    top_up_of_id: UUID | None
    top_up_reason: str | None
    failed_tender_id: UUID | None
    single_source_ground: SingleSourceGround | None
    approval_number: str | None
    is_price_fixed: bool
    price_weight: Exact
    small_firm_deduction: Exact | None
    small_firm_reserve: SmallFirmReserve | None
    consortium_deduction: Exact | None
    survey: dict[str, Any] | None
    intention_at: Instant | None
    intention_waiver: str | None
    reveal_period_end_at: Instant | None
    report_at: Instant | None
    suspended_until_on: date | None
    round: int
    panel_commitment: str | None = Field(description="抽取种子的承诺 / commits the seed")
    conforming: int | None
    rules: list[AppliedRule]
    criteria: list[Criterion]
    documents: list[Document]
    questions: list[Question]
    amendments: list[Amendment]
