"""Words of opening hours 开放时间: weekly times, public holidays, make-up days, dated exceptions.

All times are wall time in the city (Asia/Shanghai), `HH:MM`, from 00:00 to 24:00; weekdays are ISO,
1 Monday to 7 Sunday. What the words mean together is decided in `common.opening`.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from common.contracts.base import Input, Instant, Model

Weekday = Annotated[int, Field(ge=1, le=7, description="1 周一 … 7 周日 / 1 Monday … 7 Sunday")]
ClockTime = Annotated[
    str,
    Field(
        pattern=r"^(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00)$",
        description="当地时间，24:00 为当日结束 / wall time; 24:00 is the end of the day",
        examples=["09:00"],
    ),
]


class HolidayRule(StrEnum):
    """What holds on a public holiday 法定节假日."""

    CLOSED = "closed"
    AS_SUNDAY = "as_sunday"
    OWN_HOURS = "own_hours"


class Times(Input):
    """One stretch of a day. It ends on the day it begins: a night is written as two stretches."""

    opens: ClockTime
    closes: ClockTime


class WeeklyTimes(Times):
    """One stretch on each of some weekdays; a day may have several."""

    weekdays: list[Weekday] = Field(min_length=1, max_length=7)


class ExceptionDay(Input):
    """One day that follows no rule: other hours, or none when `hours` is empty."""

    on: date
    hours: list[Times] = Field(default=[], max_length=10)
    note: str | None = Field(None, max_length=100, description="原因，如 设备检修 / why")


class OpeningHours(Input):
    """When something is open. An exception outranks a holiday, which outranks the week."""

    weekly: list[WeeklyTimes] = Field(max_length=50)
    on_holiday: HolidayRule = HolidayRule.CLOSED
    holiday_hours: list[Times] = Field(
        default=[], max_length=10, description="on_holiday 为 own_hours 时填写"
    )
    makeup_as_weekday: Weekday | None = Field(
        1,
        description="调休上班日按周几开放，null 为不开放 / the weekday whose hours hold on a "
        "make-up working day; null: closed",
    )
    exceptions: list[ExceptionDay] = Field(default=[], max_length=400)


class DayHours(Model):
    """The stretches of one day and the rule they come from."""

    on: date
    rule: str = Field(description="exception | holiday | makeup_day | weekly")
    hours: list[Times]


class OpeningState(Model):
    """Whether something is open now, its hours on a day, and when it opens next."""

    known: bool = Field(description="false 为未登记开放时间 / false: the hours are not known")
    open_now: bool | None
    day: DayHours | None
    next_opening_at: Instant | None = Field(
        description="下次开放时间；现在开放则为现在 / now when it is open; null: not in sight"
    )
