"""Money given twice: what counts as such, and why, in words that a clerk reads. Pure.

Source: the paper, part 2 (6): 不同政策之间没有建立统筹联络机制，导致部分资金重复给付.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final, NamedTuple
from uuid import UUID

from common.errors import Text
from common.rules import Rule

RECIPIENT: Final = "double_funding.recipient"
VENUE: Final = "double_funding.venue"
PROGRAMME: Final = "double_funding.programme"
RULES: Final = (RECIPIENT, VENUE, PROGRAMME)

_REASONS: Final[Mapping[str, Text]] = {
    RECIPIENT: Text(
        "同一机构就同一事项从两笔资金获得资助，重叠 {days} 天",
        "two funds pay one organisation for one item, over {days} days",
    ),
    VENUE: Text(
        "同一载体就同一事项从两笔资金获得资助，重叠 {days} 天",
        "two funds pay for one item in one venue, over {days} days",
    ),
    PROGRAMME: Text(
        "两个部门在同一地方就同一事项、同类对象征集项目，重叠 {days} 天",
        "two departments collect one item for the same groups in one place, over {days} days",
    ),
}


class Period(NamedTuple):
    """Days from `start` to `end`, the end exclusive."""

    start: date
    end: date

    def shared(self, other: "Period") -> "Period | None":
        """The days that both have; None without any."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Period(start, end) if start < end else None

    @property
    def days(self) -> int:
        """How many days."""
        return (self.end - self.start).days


def reason(rule: Rule, first: Period, second: Period) -> Text | None:
    """Why two records count as paid twice under a rule; None when they overlap too little."""
    shared = first.shared(second)
    if shared is None or not rule.admits(shared.days):
        return None
    return _REASONS[rule.code].format({"days": shared.days})


def in_order(first: UUID, second: UUID) -> tuple[UUID, UUID]:
    """A pair as it is kept: the smaller id first."""
    return (first, second) if first < second else (second, first)
