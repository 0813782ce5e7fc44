"""The pipeline of idle property, by values alone."""

from datetime import date
from typing import Any

import pytest

from common.contracts.registry.idle_properties import PropertyStatus as Status
from registry.domain.idle_properties import (
    NEXT,
    PropertyCannotMove,
    PropertyIncomplete,
    WrongProperty,
    check,
    move,
    must_be_complete,
)

WHOLE: dict[str, Any] = {
    "owner_id": None,
    "owner_name": "演示国企",
    "floor_area_m2": 120.0,
    "tenure": "lent",
    "agreement_number": "演示-1",
    "agreed_from": date(2026, 3, 1),
    "agreed_to": date(2029, 2, 28),
    "planned_use": "neighbourhood_hub",
    "fit_out_until": date(2026, 6, 1),
    "venue_id": "x",
}


@pytest.mark.parametrize("current", Status)
@pytest.mark.parametrize("target", Status)
def test_only_the_steps_of_the_pipeline_are_possible(current: Status, target: Status) -> None:
    if target in NEXT[current]:
        assert move(current, target, WHOLE, reason="演示") is target
    else:
        with pytest.raises(PropertyCannotMove):
            move(current, target, WHOLE, reason="演示")


@pytest.mark.parametrize(
    ("current", "target", "lacking"),
    [
        (Status.FOUND, Status.SURVEYED, "floor_area_m2"),
        (Status.SURVEYED, Status.AGREED, "tenure"),
        (Status.SURVEYED, Status.AGREED, "agreement_number"),
        (Status.AGREED, Status.FITTING_OUT, "fit_out_until"),
        (Status.FITTING_OUT, Status.IN_USE, "venue_id"),
        (Status.AGREED, Status.IN_USE, "venue_id"),
    ],
)
def test_a_step_names_what_it_lacks(current: Status, target: Status, lacking: str) -> None:
    with pytest.raises(PropertyIncomplete) as refused:
        move(current, target, WHOLE | {lacking: None}, reason=None)

    assert [each.pointer for each in refused.value.errors] == [f"/{lacking}"]


def test_an_owner_by_name_is_enough_and_no_owner_is_not() -> None:
    must_be_complete(Status.SURVEYED, WHOLE)
    with pytest.raises(PropertyIncomplete) as refused:
        must_be_complete(Status.SURVEYED, WHOLE | {"owner_name": None})

    assert refused.value.errors[0].pointer == "/owner_id"


def test_dropping_is_explained() -> None:
    with pytest.raises(PropertyIncomplete) as refused:
        move(Status.FOUND, Status.DROPPED, WHOLE, reason=None)

    assert refused.value.errors[0].pointer == "/reason"


def test_an_agreement_runs_forward() -> None:
    check(WHOLE)
    with pytest.raises(WrongProperty):
        check(WHOLE | {"agreed_to": date(2026, 2, 1)})
