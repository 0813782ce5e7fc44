"""The life of a pledge, by values alone."""

from datetime import date
from itertools import pairwise
from typing import Any

import pytest

from common.contracts.registry.pledges import PledgeStatus as Status
from registry.domain.pledges import (
    NEXT,
    PledgeCannotMove,
    PledgeIncomplete,
    WrongPledge,
    check,
    move,
    must_stay_complete,
)

WHOLE: dict[str, Any] = {
    "organisation_id": "x",
    "organisation_name": None,
    "quantity": 2,
    "unit": "场",
    "available_from": date(2026, 3, 1),
    "available_to": None,
}


def test_the_way_is_lead_verified_pledged_delivered() -> None:
    way = [Status.LEAD, Status.VERIFIED, Status.PLEDGED, Status.DELIVERED]

    assert [move(a, b, WHOLE) for a, b in pairwise(way)] == way[1:]


@pytest.mark.parametrize("current", Status)
@pytest.mark.parametrize("target", Status)
def test_no_other_step_is_possible(current: Status, target: Status) -> None:
    if target in NEXT[current]:
        assert move(current, target, WHOLE) is target
    else:
        with pytest.raises(PledgeCannotMove):
            move(current, target, WHOLE)


@pytest.mark.parametrize(
    ("current", "target", "lacking"),
    [
        (Status.LEAD, Status.VERIFIED, "organisation_id"),
        (Status.VERIFIED, Status.PLEDGED, "available_from"),
    ],
)
def test_a_step_names_what_it_lacks(current: Status, target: Status, lacking: str) -> None:
    with pytest.raises(PledgeIncomplete) as refused:
        move(current, target, WHOLE | {lacking: None})

    assert [each.pointer for each in refused.value.errors] == [f"/{lacking}"]


def test_an_edit_keeps_what_earlier_steps_asked_for() -> None:
    must_stay_complete(Status.LEAD, WHOLE | {"organisation_id": None})
    with pytest.raises(PledgeIncomplete):
        must_stay_complete(Status.VERIFIED, WHOLE | {"organisation_id": None})


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"organisation_id": None}, "/organisation_id"),
        ({"unit": None}, "/unit"),
        ({"quantity": None}, "/quantity"),
        ({"available_to": date(2026, 2, 1)}, "/available_to"),
        ({"available_from": None, "available_to": date(2026, 2, 1)}, "/available_to"),
    ],
)
def test_contradictions_are_named_by_field(change: dict[str, Any], pointer: str) -> None:
    check(WHOLE)
    with pytest.raises(WrongPledge) as refused:
        check(WHOLE | change)

    assert [each.pointer for each in refused.value.errors] == [pointer]
