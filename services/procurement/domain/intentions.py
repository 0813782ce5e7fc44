"""The intention 采购意向: published so many days before a purchase, or its lateness explained.

Pure. It is owed from the purchase limit on; a selection, a call-off and a second try after a failed
tender have none of their own. Source: 财库〔2020〕10号.
"""

from datetime import date, datetime
from typing import Final

from common.calendar import Calendar
from common.clock import city_day
from common.contracts.vocabulary import PurchaseMethod
from common.errors import Conflict, Text
from common.rules import Rule
from procurement.domain.clocks import earliest_end

INTENTION: Final = "intention_period"


class IntentionTooLate(Conflict):
    """The intention was not published, or not so many days before, and nothing says why."""

    slug = "intention-too-late"
    title = Text("采购意向公开不足法定天数", "The intention was not published in time")
    detail = Text(
        "采购意向应提前 {days} 日公开（公开日：{published}），最早可于 {earliest} 公告；"
        "不可预见的急需在 intention_waiver 中写明理由（规则 {rule}，{document}）。",
        "The intention is published {days} days ahead (it was on: {published}), so the notice comes"
        " on {earliest} at the earliest; an urgent need that nobody foresaw is explained in"
        " intention_waiver (rule {rule}, {document}).",
    )


def is_owed(
    method: PurchaseMethod, value_fen: int, limit: Rule | None, *, is_second_try: bool
) -> bool:
    """Whether a purchase of such an amount has its intention published."""
    if method is PurchaseMethod.SELECTION or is_second_try:
        return False
    return limit is not None and limit.admits(value_fen)


def earliest_notice(intention_at: datetime | None, rule: Rule, calendar: Calendar) -> date | None:
    """The first day of the notice; None while nothing was published."""
    return None if intention_at is None else earliest_end(rule, city_day(intention_at), calendar)


def check_intention(
    intention_at: datetime | None,
    notice_on: date,
    rule: Rule,
    calendar: Calendar,
    *,
    waiver: str | None,
) -> None:
    """Raises `IntentionTooLate` unless it was in time, or its lateness is explained."""
    earliest = earliest_notice(intention_at, rule, calendar)
    if waiver is None and (earliest is None or notice_on < earliest):
        raise IntentionTooLate(
            days=rule.number,
            published="—" if intention_at is None else city_day(intention_at),
            earliest=earliest or earliest_end(rule, notice_on, calendar),
            rule=rule.code,
            document=rule.document,
        )
