"""Verified homes: who may take part where, when nobody but a desk can say it.

Pure. Two people verify: one sees the identity card and the proof of the home, another confirms.
What is kept is a pseudonym, the neighbourhood and a last day; neither address nor number. A person
has one home, whatever accounts the person has: a keyed digest of the number says so.

Source: the platform's own policy (rules `residence.*`, `vote.residence`).
"""

from dataclasses import dataclass
from datetime import date, timedelta

from common.codes.division import Division, Level
from common.errors import Conflict, FieldError, Forbidden, Invalid, Text


class UnknownResidenceCode(Forbidden):
    """No resident asked for that code, or it is over."""

    slug = "unknown-residence-code"
    title = Text("核验码无效", "Unknown code")
    detail = Text(
        "核验码无效、已用或已过期；请居民登录后重新申请（POST /v1/residence/code）。",
        "The code is unknown, used or over; the resident signs in and asks for a new one "
        "(POST /v1/residence/code).",
    )


class WrongResidence(Invalid):
    """What was sent is no home; `errors` says where and why."""

    slug = "wrong-residence"
    title = Text("居住地有误", "Wrong residence")


class SecondPersonNeeded(Conflict):
    """Who verified does not confirm."""

    slug = "second-person-needed"
    title = Text("须由另一人复核", "A second person is needed")
    detail = Text(
        "居住地由两人核验：登记人不能复核自己的登记。",
        "Two people verify a home: who entered it does not confirm it.",
    )


class ResidenceSettled(Conflict):
    """It is confirmed already, or has ended."""

    slug = "residence-settled"
    title = Text("已复核或已终止", "Settled")
    detail = Text("该居住地登记已复核或已终止。", "It is confirmed already, or has ended.")


@dataclass(frozen=True, slots=True)
class Home:
    """A verified neighbourhood. `person` is the keyed digest of whose it is, where a desk knows."""

    area_code: str
    person: str | None = None


def check_area(area_code: str) -> None:
    """Raises `WrongResidence` unless it is a neighbourhood: votes are held in one, too."""
    if Division.parse(area_code).level is not Level.NEIGHBOURHOOD:
        told = Text("应为居村的 12 位代码", "the 12-digit code of a neighbourhood")
        raise WrongResidence(errors=[FieldError("/area_code", area_code, told)])


def check_confirmation(
    verifier: str, confirmer: str, *, is_confirmed: bool, is_ended: bool
) -> None:
    """Raises `ResidenceSettled`, `SecondPersonNeeded`."""
    if is_confirmed or is_ended:
        raise ResidenceSettled
    if verifier == confirmer:
        raise SecondPersonNeeded


def last_day(today: date, days: int) -> date:
    """The last day of a home that is confirmed today."""
    return today + timedelta(days=days)
