"""Nobody decides on what their own body decided; at the top another person does, and it is told."""

from uuid import UUID

import pytest

from common.contracts.procurement_challenges import DecidedFrom
from common.errors import Forbidden
from procurement.domain.judging import (
    Decider,
    Judge,
    JudgeInOwnCause,
    NotAboveTheJudge,
    decided_from,
)

STREET, DISTRICT, CITY = "310101002", "310101", "31"
ONE, OTHER = (UUID(int=n) for n in (1, 2))
ABOVE, BESIDE, WITHIN = DecidedFrom


def decider(
    area: str, body: UUID | None = None, *, name: str = "wang", over_all: bool = False
) -> Decider:
    return Decider(area, name, body, over_all)


@pytest.mark.parametrize(
    ("judge", "by", "found"),
    [
        (Judge(STREET, "li", ONE), decider(DISTRICT), ABOVE),
        (Judge(STREET, "li", ONE), decider(CITY), ABOVE),
        (Judge(DISTRICT, "li", ONE), decider(CITY, OTHER), ABOVE),
        (Judge(CITY, "li", ONE), decider(CITY, OTHER), BESIDE),
        (Judge(CITY, "li", ONE), decider(CITY, ONE, over_all=True), WITHIN),
        (Judge(CITY, "li", None), decider(CITY, ONE, over_all=True), WITHIN),
        (Judge(None, None, None), decider(CITY, ONE, over_all=True), WITHIN),
        (Judge(DISTRICT, "li", OTHER, frozenset({ONE})), decider(CITY, ONE, over_all=True), WITHIN),
    ],
)
def test_who_decides_is_told(judge: Judge, by: Decider, found: DecidedFrom) -> None:
    assert decided_from(judge, by) is found


@pytest.mark.parametrize(
    ("judge", "by", "why"),
    [
        (Judge(STREET, "li", ONE), decider(STREET, OTHER), NotAboveTheJudge),
        (Judge(STREET, "li", ONE), decider("310104"), NotAboveTheJudge),
        (Judge(DISTRICT, "li", ONE), decider(DISTRICT, OTHER), NotAboveTheJudge),
        (Judge(None, "li", ONE), decider(DISTRICT, OTHER), NotAboveTheJudge),
        (Judge(STREET, "li", ONE), decider(""), NotAboveTheJudge),
        (Judge(STREET, "li", ONE), decider(DISTRICT, ONE), JudgeInOwnCause),
        (Judge(STREET, "li", ONE), decider(DISTRICT, ONE, over_all=True), JudgeInOwnCause),
        (Judge(STREET, "wang", ONE), decider(CITY, OTHER, over_all=True), JudgeInOwnCause),
        (Judge(CITY, "wang", ONE), decider(CITY, ONE, over_all=True), JudgeInOwnCause),
        (Judge(CITY, "li", ONE), decider(CITY, ONE), JudgeInOwnCause),
        (Judge(CITY, "li", None), decider(CITY, ONE), JudgeInOwnCause),
        (Judge(CITY, "li", ONE), decider(CITY, None), JudgeInOwnCause),
        (
            Judge(STREET, "li", ONE, frozenset({OTHER})),
            decider(DISTRICT, OTHER, over_all=True),
            JudgeInOwnCause,
        ),
    ],
)
def test_who_does_not_decide_is_told_why(judge: Judge, by: Decider, why: type[Forbidden]) -> None:
    with pytest.raises(why):
        decided_from(judge, by)


def test_among_peers_another_body_decides_where_the_law_sends_it_there() -> None:
    """A complaint goes to the authority of the buyer's budget, which is of the buyer's level."""
    judge = Judge(DISTRICT, "li", ONE)

    assert decided_from(judge, decider(DISTRICT, OTHER), by_peers=True) is BESIDE
    for own in (ONE, None):
        with pytest.raises(JudgeInOwnCause):
            decided_from(judge, decider(DISTRICT, own), by_peers=True)
    with pytest.raises(NotAboveTheJudge):
        decided_from(judge, decider("310104", OTHER), by_peers=True)
