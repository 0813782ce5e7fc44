"""Words of the working-day calendar 工作日历: notices, the horizon, a deadline day by day."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol
from uuid import UUID

from pydantic import Field

from common.contracts.base import Input, Instant, Model
from common.contracts.feedback_cases import DayCounted


class DaysOff(Protocol):
    """A run of days off, both ends included, whoever tells of it."""

    @property
    def name(self) -> str:
        """The holiday in Chinese."""

    @property
    def first(self) -> date:
        """Its first day."""

    @property
    def last(self) -> date:
        """Its last day."""


class Arrangement(Protocol):
    """What a notice arranges, whether it comes in or was taken over."""

    @property
    def title(self) -> str:
        """Its title."""

    @property
    def year(self) -> int | None:
        """The year that it settles; None for an amendment."""

    @property
    def document(self) -> str | None:
        """Its number."""

    @property
    def issued_on(self) -> date | None:
        """When it was issued."""

    @property
    def holidays(self) -> Sequence[DaysOff]:
        """Days off."""

    @property
    def working(self) -> Sequence[date]:
        """Make-up days."""


class HolidayIn(Input):
    """A run of days off, both ends included."""

    name: str = Field(min_length=1, max_length=40)
    first: date
    last: date


class NoticeIn(Input):
    """A notice as published: what it arranges, and where it stands."""

    title: str = Field(min_length=4, max_length=200)
    year: int | None = Field(None, ge=2004, le=2100, description="修订单日安排的留空")
    document: str | None = Field(None, min_length=1, max_length=100, description="文号")
    issued_on: date | None = None
    source: str = Field(pattern=r"^https?://[!-~]{4,400}$", description="出处 / where it stands")
    holidays: list[HolidayIn] = Field(min_length=1, max_length=40)
    working: list[date] = Field(default=[], max_length=40, description="调休上班日 / make-up days")


class Holiday(Model):
    """A run of days off, both ends included."""

    name: str
    first: date
    last: date


class CalendarNotice(Model):
    """A notice in force that was loaded on top of those of a release; withdrawn, it is gone."""

    id: UUID
    version: int
    title: str
    year: int | None = Field(description="所定年份；修订单日安排为 null / null: an amendment")
    document: str | None
    issued_on: date | None
    source: str
    holidays: list[Holiday]
    working: list[date] = Field(description="调休上班日 / make-up days")


class NoticeLoaded(Model):
    """A notice that was loaded here, on top of those of the release."""

    id: UUID
    title: str
    year: int | None
    document: str | None
    issued_on: date | None
    source: str
    created_by: str
    created_at: Instant
    recounted_at: Instant | None = Field(description="时限重算完毕 / deadlines were set anew")
    withdrawn_at: Instant | None = Field(description="撤回；此后不计 / not counted from then on")
    withdrawal_reason: str | None
    version: int


class CalendarState(Model):
    """From which day the calendar knows, up to which day it is settled, and by what."""

    first: date
    horizon: date = Field(description="此日之后的期限为暂计 / deadlines beyond are provisional")
    notices: list[str]
    loaded: list[NoticeLoaded]


class WorkingDeadline(Model):
    """The last day of a number of working days, explained."""

    start: date = Field(description="起算日，不计当日 / not counted")
    days: int
    on: date
    is_provisional: bool
    steps: list[DayCounted]
