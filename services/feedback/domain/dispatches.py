"""Work sent within a house: only to who lives there, with a clock inside the case's clock. Pure."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from common.calendar import Calendar
from common.clock import city_day
from common.contracts.feedback_dispatches import DispatchStatus
from common.errors import Conflict, Text
from common.rules import RulesInForce
from feedback.domain.clocks import Due, end_of

ENDED_WITH_CASE: Final = Text(
    "工单已结束，无须再办。", "The case has ended: nothing of it is to be done."
)


class NotInTheHouse(Conflict):
    """A venue's head dispatches to who lives in the venue, and to nobody else."""

    slug = "not-in-the-house"
    title = Text("该单位未入驻本载体", "It does not live in the house")
    detail = Text(
        "单位 {organisation} 现未入驻载体 {venue}，不能楼内派单。",
        "Organisation {organisation} does not live in venue {venue}.",
    )


class NoVenue(Conflict):
    """Nothing says in which house."""

    slug = "no-venue"
    title = Text("未说明载体", "No venue")
    detail = Text("工单未指明载体，请填写 venue_id。", "The case names no venue; give venue_id.")


class DispatchedAlready(Conflict):
    """The same work is not sent to the same body twice."""

    slug = "dispatched-already"
    title = Text("已派给该单位", "Dispatched already")
    detail = Text("该单位尚有本工单的派单未答复。", "A dispatch of this case waits for its answer.")


class DispatchAnswered(Conflict):
    """A dispatch is answered once."""

    slug = "dispatch-answered"
    title = Text("派单已答复", "The dispatch is answered")
    detail = Text("派单已为 {status}。", "The dispatch is {status}.")


class DispatchCancelled(Conflict):
    """What was cancelled is not to be done, and waits for no answer."""

    slug = "dispatch-cancelled"
    title = Text("派单已撤销", "The dispatch was cancelled")
    detail = Text(
        "派单已于 {at} 撤销，不再办理；仍须办理的，请重新派单。",
        "It was cancelled at {at} and is not to be done; what is still needed is sent anew.",
    )


def check_house(organisation: Mapping[str, Any], venue_id: UUID, today: date) -> None:
    """Raises `NotInTheHouse` unless a residency holds today; its last day is the first without."""
    day = str(today)
    for each in organisation["residencies"]:
        ends = each["valid_to"]
        is_here = each["venue_id"] == str(venue_id) and each["valid_from"] <= day
        if is_here and (ends is None or day < ends):
            return
    raise NotInTheHouse(organisation=organisation["name"], venue=venue_id)


def due(sent_at: datetime, rules: RulesInForce, calendar: Calendar) -> Due:
    """When the house answers by itself: in the days of the rule."""
    deadline = calendar.add_working_days(city_day(sent_at), rules.rule("house.dispatch").number)
    return Due(end_of(deadline.on), deadline.provisional)


def within(case: Due, own: Due) -> Due:
    """The same, never after the case is due; what a case took that is due later again comes back.

    The database does so as well (`move_dispatches`).
    """
    return min(own, case)


def check_open(status: str, cancelled_at: datetime | None) -> None:
    """Raises `DispatchCancelled` or `DispatchAnswered`: what has ended is not moved again."""
    if cancelled_at is not None:
        raise DispatchCancelled(at=cancelled_at.isoformat())
    if status != DispatchStatus.SENT:
        raise DispatchAnswered(status=status)
