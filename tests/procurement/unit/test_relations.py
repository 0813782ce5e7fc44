"""Who is partial towards a provider: the buyer, its superior or its incubator raised it."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procurement.domain.relations import Bodies, conflicts, is_related, lasts
from tests.procurement.organisations import CENTRE, DISTRICT, STRANGER, STREET, SUPPLIER, bond

DAY = date(2026, 3, 2)
BODIES = Bodies({STREET: DISTRICT, CENTRE: STREET}, {})


def found(*bonds, bodies=BODIES, day=DAY):
    return conflicts(SUPPLIER, STREET, bonds, bodies, day=day, years=3)


@pytest.mark.parametrize(
    ("raised_by", "through"),
    [(STREET, "buyer"), (DISTRICT, "superior"), (CENTRE, "incubator")],
)
def test_a_buyer_is_partial_when_it_or_its_superior_or_its_incubator_raised_the_bidder(
    raised_by, through
):
    assert [each.through for each in found(bond(raised_by))] == [through]


def test_an_incubator_that_raised_the_buyer_too_makes_it_partial():
    bodies = Bodies({}, {STREET: frozenset({CENTRE})})

    assert [each.through for each in found(bond(CENTRE), bodies=bodies)] == ["incubator"]


def test_a_stranger_makes_nobody_partial():
    assert found(bond(STRANGER)) == []
    assert found(bond(STREET), bodies=Bodies())[0].bond.organisation_id == STREET


def test_the_street_next_door_is_not_partial_through_a_common_superior():
    next_door = Bodies({STREET: DISTRICT, STRANGER: DISTRICT}, {})

    assert found(bond(STRANGER), bodies=next_door) == []


@pytest.mark.parametrize(
    ("to_on", "day", "counts"),
    [
        (date(2023, 3, 2), DAY, True),  # three years ago to the day
        (date(2023, 3, 1), DAY, False),
        (None, date(2021, 12, 31), False),  # before it began
        (date(2021, 2, 28), date(2024, 2, 29), True),
        (date(2021, 2, 27), date(2024, 2, 29), False),
    ],
)
def test_a_tie_counts_while_it_lasts_and_three_years_after(to_on, day, counts):
    assert lasts(bond(STREET, from_on=date(2020, 1, 1) if to_on else date(2022, 1, 1), to_on=to_on),
                 day, 3) is counts  # fmt: skip


def test_a_circle_of_superiors_ends():
    circle = Bodies({STREET: DISTRICT, DISTRICT: CENTRE, CENTRE: STREET}, {})

    assert circle.superiors(STREET) == (DISTRICT, CENTRE)


def test_a_provider_is_related_to_itself_and_nobody_to_no_buyer():
    parts = {"day": DAY, "years": 3}

    assert is_related(SUPPLIER, SUPPLIER, [], Bodies(), **parts)
    assert not is_related(SUPPLIER, None, [bond(STREET)], BODIES, **parts)


@given(st.permutations([STREET, DISTRICT, CENTRE, STRANGER]))
def test_the_nearest_conflict_comes_first_in_whatever_order_ties_are_kept(order):
    assert [each.through for each in found(*map(bond, order))] == [
        "buyer",
        "superior",
        "incubator",
    ]
