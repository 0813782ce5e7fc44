"""What a rating may be, by the rules alone."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from common.auth.actor import Actor
from common.auth.roles import Role
from common.calendar.official import official_calendar
from common.contracts.feedback import RatingChannel
from common.contracts.feedback_ratings import CallBack, LoopStatus
from common.rules import packaged_rules
from feedback.domain import ratings as rules
from feedback.domain import rectifications as loops
from feedback.domain.options import known_options, options_on, packaged_options

RULES = packaged_rules("feedback")
FRIDAY = datetime(2026, 9, 18, 4, tzinfo=UTC)
IN_FORCE = RULES.at(FRIDAY.date(), "310101002")


def delivered(rater: str | None = "me", *, is_rated: bool = False) -> rules.Delivered:
    until = rules.rate_until(FRIDAY, IN_FORCE)
    return rules.Delivered(rater, None, "310101002001", FRIDAY, until, is_rated)


@pytest.mark.parametrize(("level", "is_bad"), [(5, False), (3, False), (2, True), (1, True)])
def test_the_last_two_levels_are_bad(level: int, is_bad: bool) -> None:
    assert rules.is_bad(level, IN_FORCE) is is_bad


@pytest.mark.parametrize(("days", "refusal"), [(0, None), (30, None), (31, rules.RatingClosed)])
def test_a_service_may_be_rated_for_thirty_days(days: int, refusal: type[Exception] | None) -> None:
    later = FRIDAY + timedelta(days=days)
    if refusal is None:
        rules.check_time(delivered(), later)
    else:
        with pytest.raises(refusal):
            rules.check_time(delivered(), later)


def test_once_is_once_also_within_the_days() -> None:
    with pytest.raises(rules.AlreadyRated):
        rules.check_time(delivered(is_rated=True), FRIDAY)


@pytest.mark.parametrize(
    ("role", "channel"),
    [
        (Role.CLERK, RatingChannel.SELF),
        (Role.VENUE_HEAD, RatingChannel.CALL_BACK),
        (Role.GRID_WORKER, RatingChannel.STAFF_DEVICE),
        (Role.PROVIDER, RatingChannel.STAFF_DEVICE),
    ],
)
def test_staff_do_not_speak_for_residents_by_any_other_way(
    actor: Callable[..., Actor], role: Role, channel: RatingChannel
) -> None:
    with pytest.raises(rules.NotYourService):
        rules.check_rater(actor(role, area="310101"), delivered(), channel)


@pytest.mark.parametrize(
    ("start", "parameter", "on"),
    [
        (date(2026, 9, 18), "bad_rating_verification", date(2026, 9, 20)),  # a Sunday worked
        (date(2026, 9, 18), "bad_rating_rectification", date(2026, 9, 24)),
        (date(2026, 9, 18), "bad_rating_rectification_extended", date(2026, 10, 15)),
        (date(2026, 2, 13), "bad_rating_rectification", date(2026, 2, 27)),
    ],
)
def test_clocks_run_in_the_working_days_of_the_calendar(
    start: date, parameter: str, on: date
) -> None:
    began = datetime(start.year, start.month, start.day, 4, tzinfo=UTC)

    due = loops.due(parameter, began, IN_FORCE, official_calendar())

    assert (due.on, due.is_provisional) == (on, False)


def test_a_rule_without_a_number_gives_no_day_and_is_named() -> None:
    nation = RULES.at(FRIDAY.date(), "CN")

    due = loops.due("bad_rating_verification", FRIDAY, nation, official_calendar())

    assert (due.on, due.rule) == (None, "51.verify")


def test_a_deadline_beyond_the_published_calendar_is_provisional() -> None:
    december = datetime(2026, 12, 30, 4, tzinfo=UTC)

    assert loops.due(
        "bad_rating_rectification", december, IN_FORCE, official_calendar()
    ).is_provisional


@pytest.mark.parametrize("wanted", LoopStatus)
@pytest.mark.parametrize("current", LoopStatus)
def test_the_loop_goes_one_way_and_skips_nothing(current: LoopStatus, wanted: LoopStatus) -> None:
    way = [*zip(list(LoopStatus), list(LoopStatus)[1:], strict=False)]
    branch = {(LoopStatus.RECTIFIED, LoopStatus.RAISED)}  # whoever is not satisfied
    if (current, wanted) in {*way, *branch} - {(LoopStatus.CALLED_BACK, LoopStatus.RAISED)}:
        loops.check_step(current, wanted)
    else:
        with pytest.raises(loops.LoopCannotMove):
            loops.check_step(current, wanted)


def test_who_is_not_reached_was_tried_three_times() -> None:
    called: dict[str, Any] = {"caller": "b", "taken_by": None}
    loops.check_call_back(CallBack.NOT_REACHED, 3, **called)
    with pytest.raises(loops.TooFewAttempts):
        loops.check_call_back(CallBack.NOT_REACHED, 2, **called)


@pytest.mark.parametrize(
    ("used", "cap", "wanted", "granted"), [(0, 4, 2, 2), (3, 4, 2, 1), (4, 4, 1, 0), (6, 4, 1, 0)]
)
def test_invitations_end_at_the_cap(used: int, cap: int, wanted: int, granted: int) -> None:
    assert rules.invited(used, cap, wanted) == granted


def test_options_are_dated_and_name_their_source() -> None:
    before = {each.code for each in options_on(date(2025, 12, 31))}
    after = {each.code for each in options_on(date(2026, 1, 1))}

    assert before < after
    assert all(each.source and each.confidence for each in packaged_options())
    assert len(known_options()) == len({each.code for each in packaged_options()})
