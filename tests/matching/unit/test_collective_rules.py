"""The life of a collective need, by values alone."""

import pytest

from common.contracts.matching import CollectiveNeedStatus as Status
from matching.domain.collective_needs import (
    NEXT,
    CollectiveNeedCannotMove,
    CollectiveNeedSettled,
    WrongCollectiveNeed,
    check_area,
    move,
    must_be_open,
    published_persons,
)


@pytest.mark.parametrize("current", Status)
@pytest.mark.parametrize("target", Status)
def test_only_the_listed_steps_are_possible(current: Status, target: Status) -> None:
    if target in NEXT[current]:
        assert move(current, target) is target
    else:
        with pytest.raises(CollectiveNeedCannotMove):
            move(current, target)


def test_whatever_came_of_it_can_be_opened_again_but_for_what_is_closed() -> None:
    assert {each for each in Status if Status.OPEN in NEXT[each]} == {
        Status.CLAIMED,
        Status.TO_PURCHASE,
        Status.ANSWERED,
    }


def test_a_figure_on_few_people_is_not_published() -> None:
    assert [published_persons(n) for n in (2, 9, 10, 36)] == [None, None, 10, 36]


def test_a_district_is_no_neighbourhood() -> None:
    check_area("310101002001")
    check_area("310101002000")
    with pytest.raises(WrongCollectiveNeed):
        check_area("310101000000")


@pytest.mark.parametrize("settled", [Status.ANSWERED, Status.CLOSED])
def test_what_is_settled_is_not_edited(settled: Status) -> None:
    must_be_open(Status.CLAIMED)
    with pytest.raises(CollectiveNeedSettled):
        must_be_open(settled)
