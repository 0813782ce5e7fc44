"""Words of cross-department issues 跨部门议题: who leads, who helps, until when."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from common.contracts.base import Input, Instant, Model
from common.contracts.shapes import AreaCode


class IssueStatus(StrEnum):
    """Whether an issue is settled."""

    OPEN = "open"
    SETTLED = "settled"


class IssueIn(Input):
    """What no single body can solve."""

    area_code: AreaCode
    title: str = Field(min_length=4, max_length=80)
    words: str = Field(min_length=4, max_length=4000)
    lead_id: UUID = Field(description="牵头单位 / who leads")
    helping_ids: list[UUID] = Field(default=[], max_length=20, description="配合单位 / who helps")
    due_on: date = Field(description="办结日期，含 / settled by this day")
    case_ids: list[UUID] = Field(default=[], max_length=50, description="所涉工单 / its cases")


class IssuePatch(Input):
    """Who leads or helps, until when: with the reason; an absent field stays."""

    lead_id: UUID | None = None
    helping_ids: list[UUID] | None = Field(None, max_length=20)
    due_on: date | None = None
    words: str = Field(min_length=4, max_length=500, description="理由 / the reason")


class IssueProgress(Input):
    """What was done; `is_settled` ends the issue."""

    words: str = Field(min_length=4, max_length=2000)
    body_id: UUID | None = Field(None, description="由哪个单位 / which body did it")
    is_settled: bool = False


class IssueStep(Model):
    """One step of an issue."""

    seq: int
    at: Instant
    by: str
    body_id: UUID | None
    words: str


class Issue(Model):
    """An issue of several departments."""

    id: UUID
    number: str
    area_code: AreaCode
    title: str
    words: str
    status: IssueStatus
    lead_id: UUID
    helping_ids: list[UUID]
    case_ids: list[UUID]
    due_on: date
    raised_at: Instant
    settled_at: Instant | None
    version: int


class IssueFile(Issue):
    """An issue with everything that happened."""

    steps: list[IssueStep]
