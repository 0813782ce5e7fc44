"""Rules of cases that need no database: likeness, boundaries, routing, steps."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.contracts.feedback import CaseStatus
from common.geo import Point, distance_m
from common.rules.reading import packaged_rules
from feedback.domain import boundaries, cases, duplicates, routing
from feedback.domain.duplicates import Like
from tests.feedback.cases import BODY, item

NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
RULES = packaged_rules("feedback").at(date(2026, 3, 2), "310101002001")
LATE = "送餐连续三天迟到，饭菜已凉，电话没人接"
DECIDED = {CaseStatus.HANDED_OVER, CaseStatus.DUPLICATE}
words = st.text("送餐连续三天迟到饭菜凉电话没人接，。老街", min_size=1, max_size=30)
points = st.builds(Point, st.floats(121.0, 121.9), st.floats(30.8, 31.8))


def like(text: str = LATE, there: Point | None = None, days: int = 0) -> Like:
    return Like(text, "meal_delivery", "310101002001", NOW - timedelta(days=days), there)


@settings(max_examples=100)
@given(points, st.floats(-250, 250), st.floats(-250, 250))
def test_whoever_is_within_the_radius_lies_in_a_cell_around(there, east_m, north_m):
    other = Point(there.lon + east_m / 95_300, there.lat + north_m / 111_200)
    if distance_m(there, other) <= 250:
        assert duplicates.cell(other) in duplicates.around(there, 250)


@given(words, words)
def test_likeness_is_mutual_and_full_of_oneself(one, other):
    assert duplicates.likeness(one, other) == duplicates.likeness(other, one)
    assert 0 <= duplicates.likeness(one, other) <= 1
    assert duplicates.likeness(one, one) == 1


def test_the_same_in_other_words_is_suggested_with_its_reasons():
    near, far = Point(121.4803, 31.2353), Point(121.49, 31.24)
    said_again, other_matter = uuid4(), uuid4()
    found = duplicates.suggest(
        like(there=Point(121.4801, 31.2352)),
        [
            (said_again, like("饭菜已凉，送餐三天连续迟到，没人接电话", near, days=2)),
            (other_matter, like("楼道灯坏了没人修，老人摔倒过", near)),
            (uuid4(), like(LATE, far)),
        ],
        RULES,
    )

    assert [each.case_id for each in found] == [said_again]
    assert found[0].distance_m is not None
    assert found[0].distance_m < 30
    assert {reason.zh for reason in found[0].reasons} >= {"同一类别", "相隔 2 天"}


def test_without_a_point_the_neighbourhood_is_told_as_the_place():
    found = duplicates.suggest(like(), [(uuid4(), like())], RULES)

    assert found[0].distance_m is None
    assert found[0].reasons[0].en == "the same neighbourhood"


@pytest.mark.parametrize(
    ("text", "channel", "word"),
    [
        ("我要上访", "petition", "上访"),
        ("居委干部吃拿卡要", "discipline", "吃拿卡要"),
        ("对处罚不服，要行政复议", "reconsideration", "行政复议"),
        ("此事法院判决已下，已起诉", "litigation", "法院判决"),
        ("信訪材料", "petition", "信访"),
    ],
)
def test_what_is_not_processed_here_is_recognised_by_its_word(text, channel, word):
    found = boundaries.recognised(text, RULES)

    assert found is not None
    assert (found.channel, found.word) == (channel, word)
    assert found.rule == f"boundary.{channel}"


def test_an_ordinary_case_is_no_boundary():
    assert boundaries.recognised(LATE, RULES) is None


def test_of_equal_items_the_same_one_is_always_taken():
    items = [item(), item(), item(handling_body_id=None, responsible_department_id=None)]
    first = routing.item_body(items, date(2026, 3, 2))
    again = routing.item_body(reversed(items), date(2026, 3, 2))

    assert first == again
    assert first is not None
    assert first.body_id == UUID(BODY)


def test_an_area_lies_in_its_town_its_district_and_the_city():
    assert routing.above("310101002001") == [
        *("310101002001", "310101002000", "310101000000"),
        "310000000000",
    ]
    assert routing.above("310101002000")[0] == "310101002000"


@pytest.mark.parametrize("ended", sorted(cases.ENDED))
def test_nothing_follows_an_end_but_what_staff_decided_may_be_reopened(ended):
    follows = {CaseStatus.REOPENED} if ended in DECIDED else set()

    for wanted in set(CaseStatus) - follows:
        with pytest.raises(cases.CaseCannotMove):
            cases.check_step(ended, wanted)


def test_every_state_can_be_reached_and_left_or_is_an_end():
    reached = {CaseStatus.RECEIVED}.union(*cases.STEPS.values())
    left = set(cases.STEPS) - DECIDED

    assert reached == set(CaseStatus)
    assert set(CaseStatus) - left == cases.ENDED


def test_a_step_out_of_a_running_clock_stops_the_ladder():
    for current, allowed in cases.STEPS.items():
        for wanted in allowed - cases.RUNNING:
            assert cases.stamps(current, wanted, NOW)["escalates_at"] is None
