"""A release is tried each hour, and once soon after nothing was counted any more."""

from datetime import UTC, datetime, timedelta

from feedback.domain.settling import Counts

START = datetime(2026, 6, 1, 4, tzinfo=UTC)


def tries(*seen: int) -> list[int]:
    """The minutes in which a release is tried; each minute something is seen of the counts."""
    counts, found = Counts(seen[0], START), []
    for minute, each in enumerate(seen):
        now = START + timedelta(minutes=minute)
        counts = counts.seen_anew(each, now)
        if counts.is_due(now):
            counts = Counts(counts.seen, counts.since, now)
            found.append(minute)
    return found


def test_it_is_tried_at_once_and_each_hour_while_ratings_come_all_day() -> None:
    assert tries(*range(130)) == [0, 60, 120]


def test_it_is_tried_five_minutes_after_a_load_and_not_while_it_pauses() -> None:
    load = [0, 1, 2, 2, 2, 2, 3]  # four minutes of rest, and on it goes

    assert tries(*load, *[3] * 20) == [0, 11]


def test_where_nothing_happens_the_hour_holds() -> None:
    assert tries(*[0] * 130) == [0, 5, 65, 125]
