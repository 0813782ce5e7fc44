"""Words of venture philanthropy 公益创投: a call, applications, reviews, grants, their report."""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from common.contracts.base import Fen, Input, Instant, Model
from common.contracts.procurement_budgets import DocumentNumber, Draw, Money
from common.contracts.procurement_contracts import Title, Words
from common.contracts.procurement_performance import OpinionsIn
from common.contracts.shapes import AreaCode, Count, DictionaryCode

Points = Annotated[int, Field(ge=0, le=100, description="百分制 / out of 100")]


class CallStatus(StrEnum):
    """Where a call stands."""

    OPEN = "open"
    REVIEWED = "reviewed"
    CANCELLED = "cancelled"


class ApplicationStatus(StrEnum):
    """Where an application stands."""

    SUBMITTED = "submitted"
    WITHDRAWN = "withdrawn"
    GRANTED = "granted"
    DECLINED = "declined"


class GrantStatus(StrEnum):
    """Where a grant stands: it is no contract, nothing is bought."""

    AGREED = "agreed"
    REPORTED = "reported"
    CLOSED = "closed"


class CallIn(Input):
    """A call for projects. Its money is reserved at once on the lines that pay for it."""

    title: Title
    aims: Words
    area_code: AreaCode
    sponsor_id: UUID = Field(description="发起机构 / the organisation that calls")
    category: DictionaryCode
    target_groups: list[DictionaryCode] = Field(min_length=1, max_length=20)
    document: DocumentNumber
    largest_grant_fen: Money = Field(description="单个项目资助上限 / largest grant")
    draws: list[Draw] = Field(min_length=1, max_length=20)
    closes_at: AwareDatetime
    reviews_least: int = Field(
        3, ge=1, le=9, description="每个项目最少评审数 / reviews a project needs at least"
    )


class ApplicationIn(Input):
    """A project that asks for a grant."""

    title: Title
    text: Words
    asked_fen: Money
    people_reached: int = Field(ge=1, le=10_000_000)


class ReviewIn(Input):
    """What a reviewer thinks of a project."""

    points: Points
    text: Words
    has_no_interest: bool = Field(description="声明无利害关系 / declares to have no interest")


class DecisionIn(Input):
    """The sponsor's decision on a reviewed project, within its ranking."""

    granted_fen: Fen = Field(description="0 为不资助 / 0: declined")
    reason: Words
    draws: list[Draw] = Field(default_factory=list, max_length=20)


class VentureEndIn(Input):
    """Why a call is given up, a report sent back or a grant ended; it is public."""

    reason: Words


class GrantReportIn(Input):
    """What the grantee did with the money, and what those reached say."""

    text: Words
    spent_fen: Fen = Field(le=10**13)
    people_reached: int = Field(ge=0, le=10_000_000)
    opinions: OpinionsIn


class Call(Model):
    """A call, public from its opening."""

    id: UUID
    title: str
    aims: str
    area_code: AreaCode
    sponsor_id: UUID
    category: DictionaryCode
    target_groups: list[DictionaryCode]
    document: str
    pot_fen: Fen
    granted_fen: Fen
    largest_grant_fen: Fen
    reviews_least: Count
    closes_at: Instant
    status: CallStatus
    cancel_reason: str | None
    version: int
    updated_at: Instant


class Application(Model):
    """A project. Before the decision its own organisation, the desk and reviewers read it."""

    id: UUID
    call_id: UUID
    applicant_id: UUID
    title: str
    text: str
    asked_fen: Fen
    people_reached: Count
    status: ApplicationStatus
    reviews: Count
    points: float | None = Field(description="评审均分，满足最少评审数后 / mean, once reviewed")
    reason: str | None
    version: int


class Grant(Model):
    """A grant agreement, and how it was reported."""

    id: UUID
    call_id: UUID
    application_id: UUID
    grantee_id: UUID
    value_fen: Fen
    paid_fen: Fen
    status: GrantStatus
    agreed_at: Instant
    report: str | None
    spent_fen: Fen | None
    returned_fen: Fen | None = Field(description="未用退回 / unspent, given back")
    reported_at: Instant | None
    report_due_on: date | None = Field(
        description="退回后重新报告的末日；null 为按协议（规则 venture.report）"
        " / last day to report anew once one was sent back; null: as agreed (rule venture.report)"
    )
    closed_at: Instant | None
    reason: str | None = Field(
        description="报告退回或提前终止的理由 / why its report was sent back, or it ended early"
    )
    version: int
