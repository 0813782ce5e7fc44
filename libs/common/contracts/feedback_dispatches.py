"""Words of dispatches 楼内派单: a venue's head sends work to who lives in the house."""

from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import Field

from common.contracts.base import Input, Instant, Model
from common.contracts.feedback_cases import Ground, Reply


class DispatchStatus(StrEnum):
    """The life of a dispatch."""

    SENT = "sent"
    DONE = "done"
    DECLINED = "declined"
    CANCELLED = "cancelled"


class DispatchIn(Input):
    """What is to be done, by whom in the house; without more of the person than that needs."""

    organisation_id: UUID = Field(description="入驻本载体的单位 / it lives in the venue")
    venue_id: UUID | None = Field(None, description="默认工单所指的载体 / default: the case's")
    words: Ground


class DispatchAnswer(Input):
    """What became of it."""

    status: Literal[DispatchStatus.DONE, DispatchStatus.DECLINED]
    words: Reply


class DispatchCancellation(Input):
    """Why it is not to be done any more; the body reads it."""

    words: Ground


class Dispatch(Model):
    """Work sent within the house, with its clock."""

    id: UUID
    case_id: UUID
    case_number: str
    organisation_id: UUID
    venue_id: UUID
    status: DispatchStatus
    words: str
    answer: str | None
    sent_at: Instant
    due_at: Instant
    is_due_provisional: bool = Field(description="期限超出已公布日历 / beyond the calendar")
    is_overdue: bool
    answered_at: Instant | None
    cancelled_at: Instant | None
    cancel_reason: str | None = Field(description="撤销理由 / why it was cancelled")
    version: int
