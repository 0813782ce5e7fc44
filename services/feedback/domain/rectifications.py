"""The loop of a bad rating 差评: verify, rectify, call back; each with a clock from a rule row.

Pure. The 100 % that the state asks for is the call-back rate: no loop ends without a call-back, and
none can be sent back (沪府办发〔2019〕20号). Who is still not satisfied then is heard once more,
by somebody above, who ends the loop with a reason: the platform's own choice (`rating.review`).
Source: 国办发〔2019〕51号; rules `sh.rating.*`, `rating.verify`, `rating.call_back`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from common.calendar import Calendar
from common.clock import city_day
from common.contracts.feedback_ratings import CallBack, Finding, LoopStatus
from common.errors import Conflict, Forbidden, Text
from common.rules import RulesInForce

L = LoopStatus
AFTER: Final = {
    L.OPEN: {L.VERIFIED},
    L.VERIFIED: {L.RECTIFIED},
    L.RECTIFIED: {L.CALLED_BACK, L.RAISED},
    L.RAISED: {L.REVIEWED},
}
AWAITED: Final = {  # its clock
    L.OPEN: "verify",
    L.VERIFIED: "rectify",
    L.RECTIFIED: "call_back",
    L.RAISED: "review",
}
UNTRUE: Final = (Finding.UNSUBSTANTIATED, Finding.PARTLY)  # told to the rated, to be appealed
LEAST_ATTEMPTS: Final = 3  # before somebody counts as not reached
_DAYS: Final = {"working_day", "calendar_day"}


class LoopCannotMove(Conflict):
    """The step does not follow from where the loop is."""

    slug = "loop-cannot-move"
    title = Text("差评办理步骤不允许", "The handling cannot move there")
    detail = Text(
        "差评当前为 {current}，不能转为 {wanted}；顺序为核实、整改、回访，不满意的再复核。",
        "The handling is {current} and cannot become {wanted}: verify, rectify, call back, and"
        " review where the rater is not satisfied.",
    )


class TooFewAttempts(Conflict):
    """Somebody is not reached only after several attempts."""

    slug = "too-few-attempts"
    title = Text("联系次数不足", "Too few attempts")
    detail = Text(
        "登记为联系不上至少须联系 {least} 次，现为 {given} 次。",
        "At least {least} attempts come before `not_reached`; there were {given}.",
    )


class CallerRectified(Conflict):
    """Who rectified does not ask whether it is good now."""

    slug = "caller-rectified"
    title = Text("回访人不能是整改人", "Somebody else must call back")
    detail = Text(
        "整改与回访须由不同的人办理。", "Rectification and call-back are done by two people."
    )


class NotByTheHouse(Forbidden):
    """Who was rated does not ask whether it is good now."""

    slug = "not-by-the-house"
    title = Text("被评单位不能回访", "Not by who was rated")
    detail = Text(
        "回访由受理台办理，被评价的场所不能回访自己；请转街镇受理人员。",
        "A desk calls back, not the house that was rated; hand it to the desk of the street.",
    )


class CallTaken(Conflict):
    """Only who has taken the call knows whom to call, and what was said."""

    slug = "call-taken"
    title = Text("回访由他人承办", "Somebody else has the call")
    detail = Text(
        "此次回访由另一名工作人员承办；如需接手，请先承接（POST /v1/bad-ratings/…/caller）。",
        "A colleague has taken this call-back on; to take it over, do so first"
        " (POST /v1/bad-ratings/…/caller).",
    )


class ReviewerHandled(Conflict):
    """Who had a part in the handling does not judge it."""

    slug = "reviewer-handled"
    title = Text("复核人不能是经办人", "Not by who handled it")
    detail = Text(
        "复核须由未参与核实、整改、回访的上级人员办理。",
        "Who verified, rectified or called back does not review: hand it to somebody above.",
    )


class AlreadyExtended(Conflict):
    """The longer time is given once."""

    slug = "already-extended"
    title = Text("已延期", "Already extended")
    detail = Text("整改期限只能延长一次。", "The time to rectify is extended once.")


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline and the rule that set it; no day while the rule's number is not set."""

    on: date | None
    rule: str
    is_provisional: bool = False


def due(parameter: str, start: datetime, in_force: RulesInForce, calendar: Calendar) -> Due:
    """When a step is due that began at `start`; the day of the start is not counted.

    An unset rule gives no day rather than a guess: the step is open, and the rule is named.
    """
    rule = in_force.setting(parameter, "rating")
    if rule.value is None or rule.unit not in _DAYS:
        return Due(None, rule.code)
    counted = (calendar.add_working_days if rule.unit == "working_day" else calendar.add_days)(
        city_day(start), rule.number
    )
    return Due(counted.on, rule.code, counted.provisional)


def check_step(current: LoopStatus, wanted: LoopStatus) -> None:
    """Raises `LoopCannotMove` unless the step follows."""
    if wanted not in AFTER.get(current, ()):
        raise LoopCannotMove(current=current, wanted=wanted)


def after_call(outcome: CallBack) -> LoopStatus:
    """Where a call-back leads: who is not satisfied is heard once more, further up."""
    return L.RAISED if outcome is CallBack.NOT_SATISFIED else L.CALLED_BACK


def is_over(status: LoopStatus) -> bool:
    """Whether nothing is waited for any more."""
    return status not in AWAITED


def check_caller(caller: str, rectifier: str | None, *, is_desk: bool) -> None:
    """Another person calls, from a desk. Raises `NotByTheHouse` or `CallerRectified`."""
    if not is_desk:
        raise NotByTheHouse
    if caller == rectifier:
        raise CallerRectified


def check_call_back(outcome: CallBack, attempts: int, *, caller: str, taken_by: str | None) -> None:
    """Who has the call tells of it; who is not reached was tried several times."""
    if taken_by is not None and caller != taken_by:
        raise CallTaken
    if outcome is CallBack.NOT_REACHED and attempts < LEAST_ATTEMPTS:
        raise TooFewAttempts(least=LEAST_ATTEMPTS, given=attempts)


def check_reviewer(reviewer: str, handlers: Collection[str | None]) -> None:
    """Raises `ReviewerHandled`."""
    if reviewer in handlers:
        raise ReviewerHandled


def check_extension(current: LoopStatus, *, is_extended: bool) -> None:
    """The longer time is asked for before the rectification, once."""
    if current not in {L.OPEN, L.VERIFIED}:
        raise LoopCannotMove(current=current, wanted="extended")
    if is_extended:
        raise AlreadyExtended
