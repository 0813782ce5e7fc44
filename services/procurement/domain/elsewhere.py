"""How a purchase conducted elsewhere measures up: each clock and count against its rule.

Pure. What happened cannot be refused; where a clock was broken, the finding says so. An award below
the legal minimum of suppliers is no award, and is refused.
"""

from datetime import date, datetime
from typing import Literal, NamedTuple

from common.calendar import Calendar
from common.clock import city_day
from common.contracts.procurement_elsewhere import Finding, PlatformRecordIn, What
from common.errors import FieldError, Text
from common.money import show_yuan
from common.rules import Rule
from procurement.domain.clocks import due, earliest_end
from procurement.domain.intentions import earliest_notice
from procurement.domain.tenders import SPLITTING, Bought, WrongTender, makes_pieces
from procurement.domain.terms import Terms


def check_prices(record: PlatformRecordIn, budget_fen: int) -> None:
    """Raises `WrongTender` for a result over the budget: it is no award. Source: 政府采购法 36."""
    faults = []
    for place, each in enumerate(record.results):
        if each.value_fen > budget_fen:
            told = Text(
                f"高于预算 {show_yuan(budget_fen)} 的报价无效，不能成交；请核对平台结果",
                f"over the budget of {show_yuan(budget_fen)} nothing is awarded; check the"
                " result of the platform",
            )
            faults.append(FieldError(f"/results/{place}/value_fen", each.value_fen, told))
    if faults:
        raise WrongTender(errors=faults)


def check_order(record: PlatformRecordIn, now: datetime) -> None:
    """Raises `WrongTender` when the dates do not follow each other."""
    told = [
        ("notice_at", record.notice_at),
        ("tender_period_end_at", record.tender_period_end_at),
        ("opened_at", record.opened_at),
        ("awarded_at", record.awarded_at),
        ("announced_at", record.announced_at),
    ]
    known = [(name, at) for name, at in told if at is not None]
    before = known[0][1]
    for name, at in known[1:]:
        if at < before or at > now:
            wrong = Text(f"应在 {before} 至 {now} 之间", f"between {before} and {now}")
            raise WrongTender(errors=[FieldError(f"/{name}", str(at), wrong)])
        before = at
    if bool(record.results) != (record.announced_at is not None and record.awarded_at is not None):
        wrong = Text(
            "有结果须填确定时间 awarded_at 与公告时间 announced_at，无结果不填",
            "goes with awarded_at and announced_at, and only with both",
        )
        raise WrongTender(errors=[FieldError("/results", len(record.results), wrong)])


class Intended(NamedTuple):
    """When the intention was published, by which rule, and whether it had to be."""

    published_at: datetime | None
    rule: Rule
    is_owed: bool


def findings(
    record: PlatformRecordIn,
    intended: Intended,
    terms: Terms,
    least: Rule,
    calendar: Calendar,
) -> list[Finding]:
    """Every clock that the record lets us check, in order."""
    found = []
    notice, end = city_day(record.notice_at), city_day(record.tender_period_end_at)
    earliest = earliest_notice(intended.published_at, intended.rule, calendar)
    if earliest is not None:
        found.append(_finding("intention_period", intended.rule, ">=", earliest, notice))
    elif intended.is_owed:
        found.append(_never_published(intended.rule))
    if "tender_period" in terms:
        rule = terms["tender_period"]
        found.append(
            _finding("tender_period", rule, ">=", earliest_end(rule, notice, calendar), end)
        )
    found.append(_finding("opening", least, ">=", end, city_day(record.opened_at)))
    told = f"{least.operator} {least.value}"
    found.append(
        Finding(
            rule=least.code,
            what="suppliers",
            is_kept=least.admits(record.conforming),
            wanted=told,
            found=str(record.conforming),
        )
    )
    if record.awarded_at is not None and record.announced_at is not None:
        rule = terms["award_notice"]
        last = due(rule, city_day(record.awarded_at), calendar).on
        found.append(_finding("award_notice", rule, "<=", last, city_day(record.announced_at)))
    return found


def splitting(
    value_fen: int, earlier: Bought, limit: Rule, *, approval_number: str | None
) -> list[Finding]:
    """Whether the buyer's pieces pass the threshold together; nothing where there is no other."""
    if not earlier.purchases:
        return []
    is_kept = approval_number is not None or not makes_pieces(value_fen, earlier, limit)
    wanted = f"< {show_yuan(limit.number)}"
    found = show_yuan(earlier.total_fen + value_fen)
    return [Finding(rule=SPLITTING, what="splitting", is_kept=is_kept, wanted=wanted, found=found)]


def _never_published(rule: Rule) -> Finding:
    wanted = f"{rule.operator} {rule.value}"
    return Finding(rule=rule.code, what="intention_period", is_kept=False, wanted=wanted, found="—")


def _finding(
    what: What, rule: Rule, operator: Literal["<=", ">="], bound: date, found: date
) -> Finding:
    return Finding(
        rule=rule.code,
        what=what,
        is_kept=found >= bound if operator == ">=" else found <= bound,
        wanted=f"{operator} {bound}",
        found=str(found),
    )
