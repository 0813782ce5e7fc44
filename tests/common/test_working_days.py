"""Notices on the wire: checked alike on both sides; their order changes no calendar."""

from datetime import date
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from common.calendar import WrongNotice
from common.calendar.official import learn, official_calendar, released_calendar, unlearn
from common.contracts.feedback_calendar import CalendarNotice, NoticeIn
from common.working_days import as_notice, calendar_of, first_day

SPRING = date(2027, 2, 8)
NEW_YEAR = {"name": "元旦", "first": date(2027, 1, 1), "last": date(2027, 1, 3)}


def notice(number: int, **more: Any) -> CalendarNotice:
    return CalendarNotice(
        **{
            "id": UUID(int=number),
            "version": 1,
            "title": "国务院办公厅关于节假日安排的通知（测试用假设）",
            "year": 2027,
            "document": None,
            "issued_on": date(2026, 11, 4),
            "source": "https://www.gov.cn/test",
            "holidays": [NEW_YEAR],
            "working": [],
            **more,
        }
    )


YEARLY = notice(1)
CORRECTED = notice(2, holidays=[{**NEW_YEAR, "last": date(2027, 1, 4)}])
AMENDMENT = notice(
    3,
    year=None,
    holidays=[{"name": "抗战胜利", "first": date(2027, 9, 3), "last": date(2027, 9, 3)}],
)


def test_the_order_in_which_notices_came_changes_nothing() -> None:
    days = [date(2027, 1, 1), date(2027, 1, 4), date(2027, 9, 3)]

    found = {
        tuple(calendar_of(order).reason(day) for day in days)
        for order in permutations([YEARLY, CORRECTED, AMENDMENT])
    }

    assert found == {("holiday", "holiday", "holiday")}


def test_of_two_notices_of_a_year_the_later_one_counts_and_without_it_the_earlier() -> None:
    assert calendar_of([YEARLY, CORRECTED]).is_holiday(date(2027, 1, 4))
    assert not calendar_of([YEARLY]).is_holiday(date(2027, 1, 4))
    assert calendar_of([]).horizon == released_calendar().horizon


@pytest.mark.parametrize(
    "wrong",
    [
        {"holidays": [{**NEW_YEAR, "last": date(2027, 3, 1)}]},  # two months
        {"holidays": [{**NEW_YEAR, "last": date(2026, 12, 31)}]},  # ends before it begins
        {"holidays": [NEW_YEAR, NEW_YEAR]},
        {"holidays": [{**NEW_YEAR, "first": date(2026, 11, 30)}]},  # outside the year
        {"working": [date(2027, 1, 6)]},  # a Wednesday
        {"working": [date(2027, 1, 2)]},  # off and worked
    ],
)
def test_what_is_refused_when_loaded_is_refused_when_followed(wrong: dict[str, Any]) -> None:
    told = notice(1, **wrong)
    said = NoticeIn.model_validate(told.model_dump(mode="json", exclude={"id", "version"}))

    for each in (told, said):
        with pytest.raises(WrongNotice):
            as_notice(each)


def test_a_notice_reaches_back_to_the_earliest_day_that_it_can_change() -> None:
    assert first_day(AMENDMENT) == date(2027, 9, 3)
    assert first_day(YEARLY) == date(2026, 12, 1)


def test_a_corrected_year_reaches_back_to_days_that_only_the_former_notice_named() -> None:
    bridged = notice(1, working=[date(2026, 12, 27)])
    without = notice(2, holidays=[{"name": "春节", "first": SPRING, "last": SPRING}])
    before, after = calendar_of([bridged]), calendar_of([bridged, without])

    changed = [
        day for day in (date(2026, 12, 27), SPRING) if before.reason(day) != after.reason(day)
    ]
    assert first_day(without) <= min(changed) == date(2026, 12, 27)


def test_a_process_counts_on_what_it_has_learned_until_it_forgets() -> None:
    before = official_calendar().horizon
    learn(calendar_of([YEARLY]))
    try:
        learned = official_calendar().horizon
    finally:
        unlearn()

    assert learned == date(2027, 12, 31)
    assert official_calendar().horizon == before == released_calendar().horizon
