"""Late steps that nobody took: first contacts, bad ratings, supervisions; whom they are told to.

Pure. The ladder is that of cases, with rows of its own: at once the head of the street, then the
district, then the city, once each. How many working days lie between is the platform's own choice
(rules `late.*`); the clocks that were missed are set by law and policy.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from common.calendar import Calendar
from common.rules import RulesInForce
from feedback.domain.clocks import escalates


class Late(StrEnum):
    """What has a clock and a ladder of its own, by the name of its rules."""

    CONTACT = "contact"
    BAD_RATING = "bad_rating"
    SUPERVISION = "supervision"


LADDERS: Final[Mapping[Late, tuple[str, str, str]]] = {
    late: (f"late.{late}.first", f"late.{late}.second", f"late.{late}.third") for late in Late
}
TOP: Final = 3


class Rung(NamedTuple):
    """How far a late step was told, and when it is told further; None: to nobody else."""

    level: int
    again_at: datetime | None


def again(
    late: Late, due_at: datetime, level: int, rules: RulesInForce, calendar: Calendar
) -> datetime | None:
    """When a step that is due then is told further up from a level."""
    return escalates(due_at, level, rules, calendar, LADDERS[late])


def climb(
    late: Late, due_at: datetime, level: int, rules: RulesInForce, calendar: Calendar, now: datetime
) -> Rung:
    """One level up, if its time has come; where a rule gives time first, when it will have."""
    at = again(late, due_at, level, rules, calendar)
    if at is None or at > now:
        return Rung(level, at)
    return Rung(level + 1, again(late, due_at, level + 1, rules, calendar))
