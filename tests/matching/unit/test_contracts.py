"""Which contract pays: it runs on the day, serves the place, and buys the item or its kind."""

from dataclasses import replace
from datetime import date
from random import Random
from uuid import UUID

import pytest

from matching.domain.contracts import Contract, Service, paying

ITEM = UUID(int=7)
DAY = date(2026, 9, 1)
BASE = Contract(
    id=UUID(int=1),
    category="meal",
    service_items=frozenset(),
    areas=("310101",),
    from_on=date(2026, 7, 1),
    to_on=date(2027, 6, 30),
    signed_at="2026-06-18T01:30:00Z",
)
SERVICE = Service(("eldercare", "meal", "meal_delivery"), ITEM, "310101002001", DAY)


def test_a_contract_of_a_category_above_pays() -> None:
    assert paying([BASE], SERVICE) == BASE.id


@pytest.mark.parametrize(
    "other",
    [
        replace(BASE, category="bathing"),
        replace(BASE, areas=("310104",)),
        replace(BASE, from_on=date(2026, 9, 2)),
        replace(BASE, to_on=date(2026, 8, 31)),
        replace(BASE, service_items=frozenset({UUID(int=8)})),
    ],
)
def test_another_kind_place_day_or_item_does_not(other: Contract) -> None:
    assert paying([other], SERVICE) is None


@pytest.mark.parametrize("day", [BASE.from_on, BASE.to_on])
def test_the_first_and_the_last_day_count(day: date) -> None:
    assert paying([BASE], replace(SERVICE, day=day)) == BASE.id


def test_the_item_goes_before_the_area_and_the_area_before_the_day_of_signing() -> None:
    late = replace(BASE, id=UUID(int=2), signed_at="2026-08-01T00:00:00Z")
    near = replace(BASE, id=UUID(int=3), areas=("310104", "310101002"))
    named = replace(BASE, id=UUID(int=4), service_items=frozenset({ITEM}), category="other")
    contracts = [BASE, late, near, named]
    found = []
    while contracts:
        Random(len(contracts)).shuffle(contracts)
        best = paying(contracts, SERVICE)
        found.append(best)
        contracts = [each for each in contracts if each.id != best]

    assert found == [named.id, near.id, late.id, BASE.id]


def test_a_contract_is_read_from_the_state_in_the_feed() -> None:
    state = {
        "id": str(BASE.id),
        "category": "meal",
        "service_item_ids": [],
        "area_codes": ["310101000000"],
        "period_start_on": "2026-07-01",
        "period_end_on": "2027-06-30",
        "signed_at": BASE.signed_at,
    }
    assert Contract.told(state) == BASE
