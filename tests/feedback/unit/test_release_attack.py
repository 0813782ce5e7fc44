"""An attacker with every released table and integer programming learns no figure on the few."""

from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from common.contracts.shapes import SMALLEST_FIGURE
from common.suppression.flows import WIDTH
from feedback.domain.cells import Cell
from feedback.domain.figures import figures
from feedback.domain.scores import Levels
from tests.feedback.attacker import BAD, Attacker, truth, withheld

TOWNS = ("310101002000", "310101003000", "310104003000", "310104012000")
PROVIDERS = 4

some = st.sampled_from([1, 2, 3, 4, 6, 9, 10, 12, 30])
contracts, venues = st.sampled_from([None, None, 1]), st.sampled_from([None, 1, 2])
# Parts in which all are of one mind leave least to doubt.
levels = st.dictionaries(st.integers(1, 5), some, max_size=2).map(Levels.of)


@st.composite
def cities(draw: st.DrawFn) -> list[Cell]:
    """Some providers that serve some towns, under contracts and in venues or not."""
    places = draw(
        st.lists(
            st.tuples(st.integers(1, PROVIDERS), st.sampled_from(TOWNS), contracts, venues),
            min_size=2,
            max_size=9,
            unique=True,
        )
    )
    parts = []
    for provider, town, contract, venue in places:
        rated = draw(levels)
        silent = draw(st.just(0) | some)
        under = None if contract is None else UUID(int=100 * provider + contract)
        where = None if venue is None else UUID(int=1000 * TOWNS.index(town) + 1000 + venue)
        parts.append(Cell(UUID(int=provider), town, rated, rated.number + silent, under, where))
    return parts


@given(cities())
@settings(max_examples=30, deadline=None)
def test_no_withheld_figure_on_the_few_follows_from_all_that_is_told(parts: list[Cell]) -> None:
    told = figures(parts, rank_minimum=30)
    attacker = Attacker(parts)
    attacker.learn(told)

    for subject, kept in withheld(told, parts).items():
        for weights in kept:
            real = truth(parts, subject, weights)
            if not 0 < real < SMALLEST_FIGURE:
                continue
            row = attacker.of(subject, weights)
            least, most = attacker.bounds(row)
            assert least <= real <= most
            assert most - least >= (1 if weights is BAD else WIDTH), (subject, weights, told)
