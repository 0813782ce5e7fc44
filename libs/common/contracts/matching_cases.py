"""Words of case plans 个案: several needs of one person, a lead worker, steps, reviews."""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from common.contracts.base import Fen, Input, Instant, Model
from common.contracts.matching import NeedStatus
from common.contracts.shapes import AreaCode, DictionaryCode
from common.contracts.vocabulary import UrgencyTier


class CaseStatus(StrEnum):
    """Whether a plan is worked on."""

    OPEN = "open"
    CLOSED = "closed"  # 结案


class CaseOutcome(StrEnum):
    """How a case ended: a closed set, so that totals mean something."""

    GOALS_MET = "goals_met"  # 目标达成
    PARTLY_MET = "partly_met"  # 部分达成
    MOVED_AWAY = "moved_away"  # 迁出、转出
    WITHDRAWN = "withdrawn"  # 本人退出
    DECEASED = "deceased"  # 离世


class CaseStepKind(StrEnum):
    """What is done in a case."""

    REFERRAL = "referral"  # 转介
    VOLUNTEER = "volunteer"  # 志愿者结对
    CHARITY_GRANT = "charity_grant"  # 慈善资助
    VISIT = "visit"  # 走访
    OTHER = "other"


Goals = Annotated[
    str, Field(min_length=1, max_length=2000, description="目标，加密保存 / kept encrypted")
]
Note = Annotated[
    str, Field(min_length=1, max_length=1000, description="说明，加密保存 / kept encrypted")
]
Lead = Annotated[
    str, Field(min_length=1, max_length=200, description="主责社工（令牌 subject）/ lead worker")
]


class CasePlanIn(Input):
    """A new plan for needs of one person."""

    need_ids: list[UUID] = Field(min_length=1, max_length=20)
    lead: Lead | None = Field(None, description="默认为本人 / the caller when absent")
    goals: Goals
    review_on: date = Field(description="下次评估日期 / day of the next review")


class CasePlanPatch(Input):
    """What a review changes; an absent field stays."""

    lead: Lead | None = None
    goals: Goals | None = None
    review_on: date | None = None
    need_ids: list[UUID] | None = Field(
        None, min_length=1, max_length=20, description="新增的需求 / needs that join"
    )


class CaseStepIn(Input):
    """A step that is planned, or was done."""

    kind: CaseStepKind
    referral_id: UUID | None = Field(None, description="referral 时必填 / with referral only")
    amount_fen: Fen | None = Field(None, le=10**12, description="charity_grant 的金额，分 / fen")
    note: Note | None = None
    planned_on: date | None = None
    done_on: date | None = None


class CaseStepDone(Input):
    """When a step was done."""

    done_on: date


class CaseClose(Input):
    """How it ended 结案小结."""

    outcome: CaseOutcome
    summary: str = Field(min_length=10, max_length=4000, description="结案小结，加密保存")


class CaseNeed(Model):
    """A need of the plan."""

    id: UUID
    number: str
    category: DictionaryCode
    urgency: UrgencyTier
    status: NeedStatus


class CaseStep(Model):
    """A step of the plan."""

    id: UUID
    kind: CaseStepKind
    referral_id: UUID | None
    amount_fen: int | None
    note: str | None
    planned_on: date | None
    done_on: date | None
    added_by: str
    added_at: Instant


class ListedCase(Model):
    """A plan in a list: nothing that a person wrote."""

    id: UUID
    number: str
    area_code: AreaCode
    line: str
    lead: str
    status: CaseStatus
    review_on: date
    opened_at: Instant
    closed_at: Instant | None
    outcome: CaseOutcome | None
    version: int


class CasePlan(ListedCase):
    """One plan as those see it who work on it, and the person whose it is."""

    goals: str | None = Field(description="目标；结案后按期清除 / erased in due time after its end")
    summary: str | None
    is_review_due: bool
    needs: list[CaseNeed]
    steps: list[CaseStep]
