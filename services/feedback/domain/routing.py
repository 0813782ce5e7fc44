"""Who answers: the body that the service items name for a category in an area 权责清单.

Pure. Routing finds the first receiver; it stays responsible until another is named (首接负责).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from common.calendar import Calendar
from common.clock import city_day
from common.codes.division import Division
from common.errors import Conflict, Text
from common.rules import RulesInForce


class RoutedBy(StrEnum):
    """On what ground a body was named."""

    SERVICE_ITEM = "service_item"  # 事项清单的办理主体或责任部门
    STREET = "street"  # 没有事项可循：街镇兜底
    DESK = "desk"  # 待人工分派
    HAND = "hand"  # 人工分派
    HOTLINE = "hotline"  # 12345 指定


_SIGNIFICANT: Final = (2, 6, 9, 12)
_CITY: Final = "31"


class SendBackNotAllowed(Conflict):
    """A body asks to send a case back only for what the rule names, in time, and once."""

    slug = "send-back-not-allowed"
    title = Text("不符合退单条件", "This case cannot be sent back")
    detail = Text("{reason}（规则 {rule}）。", "{reason} (rule {rule}).")


class NothingAsked(Conflict):
    """There is no send-back to decide."""

    slug = "no-send-back-asked"
    title = Text("没有待批的退单", "No send-back was asked for")
    detail = Text("本工单没有待批的退单申请。", "No send-back of this case waits for a decision.")


@dataclass(frozen=True, slots=True)
class Route:
    """Where a case goes, and why."""

    body_id: UUID | None
    by: RoutedBy
    item_id: UUID | None = None
    line: str | None = None
    body: str | None = None


@dataclass(frozen=True, slots=True)
class Answerers:
    """Who may answer for a category in an area: items, the bodies they name, the town's office."""

    items: Sequence[Mapping[str, Any]]
    bodies: Mapping[str, Mapping[str, Any]]
    street: Mapping[str, Any] | None

    def within(self, area_code: str) -> "Answerers":
        """Of those of a town: who answers for one area, not for its neighbours."""
        own = above(area_code)
        return replace(self, items=[item for item in self.items if item["area_code"] in own])


def above(area_code: str) -> list[str]:
    """The area itself and all that it lies in, the deepest first; 12-digit codes."""
    codes = [area_code[:length].ljust(12, "0") for length in _SIGNIFICANT]
    return list(dict.fromkeys(reversed(codes)))


def placed(named: Iterable[str]) -> str:
    """Where an address lies that names some areas: in the deepest that one name alone leads to.

    Towns of one name in two districts lead nowhere: a desk of the city looks.
    """
    shorts = {Division.parse(code).short for code in named}
    area = _CITY
    for depth in _SIGNIFICANT:
        inside = [each for each in shorts if len(each) == depth and each.startswith(area)]
        if len(inside) == 1:
            area = inside[0]
    return area.ljust(_SIGNIFICANT[-1], "0")


def route(answerers: Answerers, default_line: str, today: date) -> Route:
    """By the service items, else the street, else a person at the desk; the line is the body's."""
    named = item_body(answerers.items, today)
    body = named and answerers.bodies.get(str(named.body_id))
    if named and body:
        line = body["line"] or default_line
        return replace(named, line=line, body=body["name"])
    street = answerers.street
    if street is not None:
        line = street["line"] or default_line
        return Route(UUID(street["id"]), RoutedBy.STREET, line=line, body=street["name"])
    return Route(None, RoutedBy.DESK, line=default_line)


def to_desk(way: Route) -> Route:
    """The same line, and nobody named: until a person has decided that it belongs to a body."""
    return Route(None, RoutedBy.DESK, line=way.line)


def item_body(items: Iterable[Mapping[str, Any]], today: date) -> Route | None:
    """The body of the deepest item in force: who handles it, else who is responsible for it.

    Of equals the smaller id goes first, so that the same case always goes the same way.
    """
    named = [
        (item["area_code"], item["id"], body)
        for item in items
        if _in_force(item, today) and (body := _body(item)) is not None
    ]
    if not named:
        return None
    deepest = max(area for area, _, _ in named)
    _, item_id, body = min(each for each in named if each[0] == deepest)
    return Route(UUID(body), RoutedBy.SERVICE_ITEM, UUID(item_id))


def check_send_back(
    reason: str,
    times: int,
    named_at: datetime,
    now: datetime,
    rules: RulesInForce,
    calendar: Calendar,
) -> None:
    """Its time runs from when the body was named. Raises `SendBackNotAllowed`."""
    listed = rules.rule("send_back.reasons")
    if not listed.admits(reason):
        allowed = ", ".join(listed.words)
        raise _refused(listed.code, f"退单理由须为：{allowed}", f"a reason is one of: {allowed}")
    limit = rules.rule("send_back.limit")
    if not limit.admits(times + 1):
        raise _refused(limit.code, f"已申请退单 {times} 次", f"it was asked for {times} times")
    within = rules.rule("send_back.within")
    gone = calendar.working_days_between(city_day(named_at), city_day(now))
    if not within.admits(gone):
        raise _refused(within.code, f"已过 {gone} 个工作日", f"{gone} working days have passed")


def _body(item: Mapping[str, Any]) -> str | None:
    found: str | None = item["handling_body_id"] or item["responsible_department_id"]
    return found


def _in_force(item: Mapping[str, Any], today: date) -> bool:
    begins, ends = item["valid_from"], item["valid_to"]
    return (begins is None or begins <= str(today)) and (ends is None or str(today) < ends)


def _refused(rule: str, zh: str, en: str) -> SendBackNotAllowed:
    return SendBackNotAllowed(rule=rule, reason=Text(zh, en))
