"""An attacker who keeps every release learns no more from all of them than each may tell.

However long the periods are that the rule asks for, and however often it changes.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.contracts.shapes import SMALLEST_FIGURE
from common.suppression.flows import WIDTH
from feedback.domain.cells import Cell, S, Subject
from feedback.domain.figures import Told, figures, next_period, period_of
from feedback.domain.scores import Levels
from tests.feedback.attacker import BAD, RATED, Attacker, Weights, truth, withheld

JANUARY = date(2026, 1, 1)
TOWNS = ("310101002000", "310104003000")
LENGTHS = (1, 2, 3, 4, 6)
Period = tuple[date, date]
Rule = Callable[[date, date | None, int], Period]

some = st.sampled_from([0, 1, 3, 6, 9, 10, 25])
levels = st.fixed_dictionaries({5: some}, optional={2: some}).map(Levels.of)


class Part(NamedTuple):
    """What a provider was rated in a town in a month."""

    month_on: date
    cell: Cell


@st.composite
def halves(draw: st.DrawFn) -> list[Part]:
    """Half a year of some providers in some towns."""
    places = st.tuples(st.integers(1, 3), st.sampled_from(TOWNS))
    found = []
    for provider, town in draw(st.lists(places, min_size=2, max_size=3, unique=True)):
        for month in range(1, 7):
            rated = draw(levels)
            served = rated.number + draw(st.sampled_from([0, 4, 20]))
            found.append(Part(date(2026, month, 1), Cell(UUID(int=provider), town, rated, served)))
    return found


class Released(NamedTuple):
    """A release: of which parts, and what it tells."""

    among: list[int]
    cells: list[Cell]
    told: list[Told]


def released(parts: Sequence[Part], lengths: Sequence[int], rule: Rule) -> list[Released]:
    """The releases of half a year, while the rule of their length changes."""
    found: list[Released] = []
    last: date | None = None
    for months in lengths:
        from_on, last = rule(JANUARY, last, months)
        among = [at for at, part in enumerate(parts) if from_on <= part.month_on <= last]
        cells = added([parts[at].cell for at in among])
        found.append(Released(among, cells, figures(cells, rank_minimum=30)))
    return found


def added(cells: Sequence[Cell]) -> list[Cell]:
    """What months add up to, place by place."""
    places: dict[tuple[UUID, str], list[Cell]] = defaultdict(list)
    for cell in cells:
        places[cell.provider_id, cell.town].append(cell)
    return [
        Cell(*place, sum((c.levels for c in few), Levels.of({})), sum(c.served for c in few))
        for place, few in places.items()
    ]


def follows(parts: Sequence[Part], releases: Sequence[Released]) -> list[tuple[object, Weights]]:
    """Which withheld figures on the few follow from all releases together."""
    attacker = Attacker([part.cell for part in parts])
    for each in releases:
        attacker.learn(each.told, each.among)
    found: list[tuple[object, Weights]] = []
    for each in releases:
        attacker.among = each.among
        for subject, kept in withheld(each.told, each.cells).items():
            for weights in kept:
                real = truth(each.cells, subject, weights)
                if not 0 < real < SMALLEST_FIGURE:
                    continue
                least, most = attacker.bounds(attacker.of(subject, weights))
                assert least <= real <= most
                if most - least < (1 if weights is BAD else WIDTH):
                    found.append((subject, weights))
    return found


@given(halves(), st.lists(st.sampled_from(LENGTHS), min_size=2, max_size=3))
@settings(max_examples=25, deadline=None)
def test_no_withheld_figure_on_the_few_follows_from_all_releases_together(
    parts: list[Part], lengths: list[int]
) -> None:
    assert follows(parts, released(parts, lengths, next_period)) == []


@given(
    st.dates(JANUARY, date(2027, 12, 31)),
    st.lists(st.sampled_from((*LENGTHS, 12)), min_size=1, max_size=12),
)
@settings(max_examples=100, deadline=None)
def test_every_month_from_the_first_on_is_in_one_release(first: date, lengths: list[int]) -> None:
    periods: list[Period] = []
    for months in lengths:
        last = periods[-1][1] if periods else None
        periods.append(next_period(first, last, months))

    assert periods[0][0] <= first <= periods[0][1]
    for (_, until_on), (from_on, ends_on) in pairwise(periods):
        assert from_on == until_on + timedelta(days=1)
        assert from_on < ends_on
        assert (from_on.day, (ends_on + timedelta(days=1)).day) == (1, 1)


def calendar_alone(first: date, last: date | None, months: int) -> Period:
    """Periods that begin where the calendar has them, whatever was released before."""
    return period_of(first if last is None else last + timedelta(days=1), months)


@pytest.mark.parametrize(("rule", "is_known"), [(calendar_alone, True), (next_period, False)])
def test_where_releases_shared_a_month_the_rest_would_follow(rule: Rule, is_known: bool) -> None:
    """Four months and then a quarter: April less April leaves the four people of May."""
    rated = (20, 20, 20, 20, 4, 0)
    parts = [
        Part(date(2026, at, 1), Cell(UUID(int=1), TOWNS[0], Levels.of({5: number}), number))
        for at, number in enumerate(rated, 1)
    ]
    attacker = Attacker([part.cell for part in parts])
    for each in released(parts, (1, 1, 1, 1, 3), rule):
        attacker.learn(each.told, each.among)
    attacker.among = (4, 5)
    bounds = attacker.bounds(attacker.of(Subject(S.PROVIDER, str(UUID(int=1))), RATED))

    assert (bounds == (4, 4)) is is_known
