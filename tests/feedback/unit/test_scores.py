"""The laws of scores, and of what a release tells."""

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.contracts.feedback_statistics import FigureSubject
from feedback.domain.cells import Cell, Subject
from feedback.domain.figures import Told, figures, period_of
from feedback.domain.scores import STRONGEST, WEAKEST, Levels, Prior, bands, prior_of, scored

FEW = settings(max_examples=60, deadline=None)
levels = st.lists(st.integers(0, 40), min_size=5, max_size=5).map(
    lambda each: Levels((each[0], each[1], each[2], each[3], each[4]))
)
priors = st.builds(Prior, st.floats(0.01, 0.99), st.floats(WEAKEST, STRONGEST))


@given(priors)
@FEW
def test_nothing_rated_gives_the_prior(prior: Prior) -> None:
    assert scored(Levels.of({}), prior).score == pytest.approx(prior.mean)


@given(levels.filter(lambda each: each.number > 0), priors)
@FEW
def test_much_rated_gives_the_raw_mean(some: Levels, prior: Prior) -> None:
    many = Levels(tuple(1_000_000 * count for count in some.counts))  # type: ignore[arg-type]

    assert scored(many, prior).score == pytest.approx(some.mean, abs=1e-3)


@given(levels, priors)
@FEW
def test_one_more_five_never_lowers_and_one_more_one_never_raises(
    some: Levels, prior: Prior
) -> None:
    before = scored(some, prior).score

    assert scored(some + Levels.of({5: 1}), prior).score >= before - 1e-12
    assert scored(some + Levels.of({1: 1}), prior).score <= before + 1e-12


@given(st.lists(st.integers(1, 5), max_size=50), st.randoms())
@FEW
def test_the_order_of_arrival_does_not_matter(given_levels: list[int], random: object) -> None:
    def told(order: list[int]) -> Levels:
        return sum((Levels.of({level: 1}) for level in order), Levels.of({}))

    shuffled = sorted(given_levels, key=lambda _: random.random())  # type: ignore[attr-defined]

    assert told(given_levels) == told(shuffled)


@given(levels, priors)
@FEW
def test_the_score_lies_within_its_interval_which_narrows(some: Levels, prior: Prior) -> None:
    told = scored(some, prior)
    more = scored(some + some + some + some, prior)

    assert 0 <= told.lower <= told.score <= told.upper <= 1
    if some.number > 20 and prior.strength <= some.number / 4:  # a strong prior may be far off
        assert more.upper - more.lower <= told.upper - told.lower + 1e-9


@given(st.lists(levels, max_size=12))
@FEW
def test_a_prior_is_a_mean_and_a_sensible_strength_whatever_the_order(bodies: list[Levels]) -> None:
    prior = prior_of(bodies)
    turned = prior_of(bodies[::-1])

    assert 0 <= prior.mean <= 1
    assert WEAKEST <= prior.strength <= STRONGEST
    assert (turned.mean, turned.strength) == (
        *(pytest.approx(prior.mean),),
        pytest.approx(prior.strength),
    )


def test_bodies_that_really_differ_make_a_weak_prior() -> None:
    alike = prior_of([Levels((2, 2, 4, 20, 40))] * 8)
    apart = prior_of([Levels((60, 5, 0, 0, 0)), Levels((0, 0, 0, 5, 60))] * 4)

    assert alike.strength == STRONGEST
    assert apart.strength == WEAKEST


def test_bands_are_ties_and_the_best_is_one() -> None:
    prior = Prior(0.8, 10)
    told = {
        "much better": scored(Levels((0, 0, 0, 0, 500)), prior),
        "also": scored(Levels((0, 0, 0, 2, 498)), prior),
        "worse": scored(Levels((200, 100, 100, 50, 50)), prior),
    }

    assert bands(told) == {"much better": 1, "also": 1, "worse": 2}


def cell(provider: int, town: str, levels_: dict[int, int], served: int | None = None) -> Cell:
    made = Levels.of(levels_)
    return Cell(UUID(int=provider), town, made, made.number if served is None else served)


def test_a_release_withholds_the_few_in_both_splittings_and_ranks_from_thirty() -> None:
    cells = [
        cell(1, "310101002000", {5: 60, 4: 10}, served=140),
        cell(2, "310101002000", {5: 20, 4: 5}),
        cell(3, "310101003000", {5: 40, 3: 4}),
        cell(4, "310104003000", {5: 4}),
    ]
    told = {each.subject: each for each in figures(cells, rank_minimum=30)}
    provider = {n: told[Subject(FigureSubject.PROVIDER, str(UUID(int=n)))] for n in (1, 2, 3, 4)}
    city = told[Subject(FigureSubject.CITY, "310000000000")]

    assert provider[4].levels is None
    assert told[Subject(FigureSubject.TOWN, "310104003000")].levels is None
    assert told[Subject(FigureSubject.DISTRICT, "310104000000")].levels is None
    assert told[Subject(FigureSubject.DISTRICT, "310101000000")].levels is None
    assert city.levels is not None
    assert city.levels.number == 143
    assert provider[1].response == pytest.approx(0.5)
    assert (provider[1].band, provider[2].band) == (1, None)
    assert city.satisfied == 1.0


def rated_alike(*extra: dict[int, int]) -> list[Told]:
    """What is told of three providers of one town: 60 fives each, and some others."""
    cells = [cell(at, "310101002000", {5: 60, **each}) for at, each in enumerate(extra, 1)]
    told = {each.subject.key: each for each in figures(cells, rank_minimum=30)}
    return [told[str(UUID(int=at))] for at in range(1, len(extra) + 1)]


def test_a_share_that_would_tell_of_the_few_who_are_bad_is_withheld() -> None:
    mixed = {4: 9, 3: 6}
    told = rated_alike({**mixed, 2: 3}, {**mixed, 1: 25}, {**mixed, 1: 15})

    assert all(each.levels for each in told)
    assert [each.satisfied for each in told] == [None, pytest.approx(0.75), None]


def test_where_the_score_would_tell_of_the_few_who_are_bad_nothing_is_told() -> None:
    told = rated_alike({1: 3}, {1: 20}, {1: 15})

    assert [each.levels is None for each in told] == [True, False, True]
    assert told[1].satisfied == pytest.approx(0.75)


def test_nobody_bad_is_told_and_known_of_all_whose_share_is() -> None:
    told = rated_alike({}, {4: 9, 3: 6, 1: 25}, {4: 5, 3: 2, 1: 13})

    assert told[0].satisfied == 1.0


def test_nothing_is_told_of_fewer_than_ten() -> None:
    told = figures([cell(1, "310101002000", {5: 9})], rank_minimum=30)

    assert all(each.levels is None for each in told)


@pytest.mark.parametrize(
    ("day", "months", "period"),
    [
        (date(2026, 2, 14), 3, (date(2026, 1, 1), date(2026, 3, 31))),
        (date(2026, 12, 31), 3, (date(2026, 10, 1), date(2026, 12, 31))),
        (date(2026, 12, 31), 12, (date(2026, 1, 1), date(2026, 12, 31))),
        (date(2028, 2, 1), 1, (date(2028, 2, 1), date(2028, 2, 29))),
    ],
)
def test_periods_are_whole_parts_of_a_year(
    day: date, months: int, period: tuple[date, date]
) -> None:
    assert period_of(day, months) == period
