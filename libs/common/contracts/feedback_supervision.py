"""Words of supervision 两代表一委员: roster, desk days, requests, the ledger."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from common.contracts.base import Input, Instant, Model
from common.contracts.shapes import AreaCode, Count


class DeputyKind(StrEnum):
    """Whom a deputy speaks for."""

    PARTY_DELEGATE = "party_delegate"  # 党代表
    CONGRESS_DEPUTY = "congress_deputy"  # 人大代表
    CPPCC_MEMBER = "cppcc_member"  # 政协委员


class Verdict(StrEnum):
    """What the deputy says of an answer."""

    SATISFIED = "satisfied"
    PARTLY = "partly"
    DISSATISFIED = "dissatisfied"


class DeputyIn(Input):
    """A deputy of an area, for a term."""

    name: str = Field(min_length=1, max_length=60)
    kind: DeputyKind
    area_code: AreaCode
    account: str = Field(
        min_length=1, max_length=200, description="登录账号，据此认人 / by which they sign in"
    )
    term_from: date
    term_to: date | None = Field(None, description="含当日 / inclusive")


class TermEnd(Input):
    """When a term ends, and why."""

    term_to: date = Field(description="任期末日，含当日 / inclusive")
    words: str = Field(min_length=4, max_length=500, description="理由 / the reason")


class Deputy(Model):
    """A deputy as the public knows them."""

    id: UUID
    name: str
    kind: DeputyKind
    area_code: AreaCode
    term_from: date
    term_to: date | None
    version: int


class DeskDayIn(Input):
    """A day on which deputies receive residents."""

    area_code: AreaCode
    held_on: date
    place: str = Field(min_length=2, max_length=200)
    deputy_ids: list[UUID] = Field(min_length=1, max_length=20)


class DeskDay(Model):
    """A desk day 接待日."""

    id: UUID
    area_code: AreaCode
    held_on: date
    place: str
    deputies: list[Deputy]


class SupervisionIn(Input):
    """What a deputy asks a body to account for. It is published: it names no resident."""

    area_code: AreaCode
    title: str = Field(min_length=4, max_length=80)
    words: str = Field(min_length=4, max_length=2000, description="公开 / published")
    body_id: UUID = Field(description="须答复的单位 / body that has to answer")
    case_id: UUID | None = Field(None, description="所督办的工单 / case that it is about")
    desk_day_id: UUID | None = Field(None, description="在哪次接待日提出 / raised on a desk day")


class SupervisionAnswer(Input):
    """The body's written answer."""

    words: str = Field(min_length=4, max_length=4000, description="公开 / published")


class SupervisionVerdict(Input):
    """What the deputy says of the answer."""

    verdict: Verdict
    words: str | None = Field(None, min_length=4, max_length=1000, description="不满意时必填")


class Supervision(Model):
    """A request of a deputy with its deadline, answer and verdict: a row of the public ledger."""

    id: UUID
    number: str
    area_code: AreaCode
    title: str
    words: str
    deputy: Deputy
    body_id: UUID
    desk_day_id: UUID | None
    requested_at: Instant
    due_at: Instant
    is_due_provisional: bool
    deadline_rule: str
    is_overdue: bool
    escalation_level: Count = Field(description="逾期上报层级，0 为未上报 / 0: not told upwards")
    answer: str | None
    answered_at: Instant | None
    verdict: Verdict | None
    verdict_words: str | None
    judged_at: Instant | None
    version: int


class Ledger(Model):
    """What came of supervision in an area."""

    area_code: str | None
    desk_days: Count
    requested: Count
    answered: Count
    answered_in_time: Count
    satisfied: Count
    partly: Count
    dissatisfied: Count
