"""A survey of many rosters finds for each venue what its own rosters say."""

from datetime import date, timedelta
from types import SimpleNamespace as Row
from typing import Any
from uuid import uuid4

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from common.contracts.registry.duties import Corner
from common.opening import DAY_MINUTES
from registry.domain import duties
from registry.domain.duties import Cover, Roster, Span
from registry.domain.duty_survey import ALWAYS, COVERS, Absences, Rosters, Survey
from registry.queries.duties import Many
from registry.usecases.duty_answers import check
from tests.registry.unit.test_duty_rules import DAYS, FIRST, absences, hours

LENGTH = 21
SPAN = Span.of(FIRST, FIRST + timedelta(days=LENGTH), DAYS)
MIDNIGHT = FIRST.toordinal() * DAY_MINUTES

Planned = tuple[Cover, list[Roster]]


@st.composite
def venues(draw: Any) -> Planned:
    """A venue with up to three rosters, some days between them or beyond the span."""
    rosters, first = [], FIRST + timedelta(days=draw(st.integers(-3, 3)))
    for _ in range(draw(st.integers(0, 3))):
        after = first + timedelta(days=draw(st.integers(1, 9)))
        a, b = draw(st.none() | hours()), draw(st.none() | hours())
        away = draw(st.lists(absences(), max_size=3))
        rosters.append(Roster(first, after, a and Cover.of(a), b and Cover.of(b), away))
        first = after + timedelta(days=draw(st.integers(0, 3)))
    return Cover.of(draw(hours())), rosters


def surveyed(planned: list[Planned]) -> Survey:
    """The same in columns."""
    covers = list(COVERS)

    def number(cover: Cover | None) -> int:
        covers.extend([] if cover is None else [cover])
        return ALWAYS if cover is None else len(covers) - 1

    def day(on: date) -> int:
        return SPAN.within(on) - SPAN.first

    opened = np.array([number(each) for each, _ in planned])
    told = [(at, each) for at, (_, rosters) in enumerate(planned) for each in rosters]
    rows = [(at, day(r.first), day(r.after), number(r.a), number(r.b)) for at, r in told]
    away = [
        (at, (Corner.A, Corner.B).index(each.post), each.start - MIDNIGHT, each.end - MIDNIGHT)
        for at, (_, roster) in enumerate(told)
        for each in roster.absences
    ]
    columns = np.array(rows, dtype=np.int64).reshape(-1, 5).T
    return Survey(
        covers, opened, Rosters(*columns), Absences(*np.array(away, int).reshape(-1, 4).T), SPAN
    )


@settings(max_examples=30, deadline=None)
@given(planned=st.lists(venues(), min_size=1, max_size=3), limit=st.integers(1, 30))
def test_a_survey_finds_what_each_venue_has(planned: list[Planned], limit: int) -> None:
    survey = surveyed(planned)
    found = survey.first_gaps(limit)

    for at, (opened, rosters) in enumerate(planned):
        alone = duties.gaps(opened, rosters, SPAN)
        assert found.get(at, []) == alone[:limit]
        assert survey.minutes[at].sum() == sum(minutes.bit_count() for _, minutes in alone)


def test_a_roster_whose_venue_was_not_read_with_it_is_left_out() -> None:
    hours = '{"weekly": [{"weekdays": [1, 2, 3, 4, 5, 6, 7], "opens": "08:00", "closes": "09:00"}]}'
    after = FIRST + timedelta(days=2)
    read, reopened = uuid4(), uuid4()  # the second one between the two statements
    always = {"valid_from": FIRST, "valid_to": after, "a_hours": None, "b_hours": None}
    rosters = [Row(id=uuid4(), venue_id=each, **always) for each in (reopened, read)]
    away = b"\0" * 8
    absences = [Row(duty_id=each.id, posts=b"a", starts=away, ends=away) for each in rosters]
    venues = [Row(id=read, name="助餐点", area_code="310101002001", hours=hours)]

    assert check(Many(venues, rosters, absences), FIRST, after) == []

    (gap,) = check(Many(venues, rosters[:1], absences), FIRST, after)
    assert (gap.venue_id, gap.has_roster, gap.uncovered_minutes) == (read, False, 120)
