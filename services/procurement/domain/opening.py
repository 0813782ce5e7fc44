"""The opening: when it may be, what becomes of each sealed bid, and whether enough are there.

Pure. Before it nobody learns anything of any bid, not even how many there are.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from common.contracts.procurement_bids import BidOutcome
from common.contracts.vocabulary import PurchaseMethod
from common.errors import Conflict, Text
from common.rules import Rule
from procurement.domain.terms import Terms


class BidsSealed(Conflict):
    """Bids are told after the opening, to nobody before."""

    slug = "bids-sealed"
    title = Text("响应文件尚未开启", "The bids are sealed")
    detail = Text(
        "响应文件在解密窗口结束（{until}）并开标后才能查看，此前不透露有无、多少、是谁。",
        "Bids are told after the reveal window ({until}) and the opening; until then not even "
        "whether there are any.",
    )


class BidTooLate(Conflict):
    """The deadline is over, be it by a second."""

    slug = "bid-too-late"
    title = Text("响应已过截止时间", "The bid is too late")
    detail = Text(
        "响应截止时间为 {due}，收到时间为 {now}；逾期不予接收。",
        "Bids were due by {due}; this one came at {now} and is not taken.",
    )


class BidTooEarly(Conflict):
    """Bids are taken from the notice on."""

    slug = "bid-not-open"
    title = Text("当前不接收响应", "No bids are taken now")
    detail = Text("采购过程当前为 {current}，不接收响应。", "The tender is {current}: no bids now.")


class RevealClosed(Conflict):
    """The key came before the window or after it."""

    slug = "reveal-window-closed"
    title = Text("不在解密窗口内", "Outside the reveal window")
    detail = Text(
        "解密窗口为 {start} 至 {end}，当前为 {now}。",
        "Keys are taken from {start} to {end}; it is {now}.",
    )


class TooFewSuppliers(Conflict):
    """Fewer suppliers than the law wants."""

    slug = "too-few-suppliers"
    title = Text("供应商不足法定家数", "Too few suppliers")
    detail = Text(
        "需要 {least} 家，只有 {count} 家（规则 {rule}，{document}）。",
        "{least} are needed, there are {count} (rule {rule}, {document}).",
    )


FEW: Final = "final_offers_when_few"
AFTER_FAILED: Final = "suppliers_after_failed_tender"


def check_submission(now: datetime, start: datetime, end: datetime) -> None:
    """A bid counts up to its deadline and not a moment longer."""
    if now < start:
        raise BidTooEarly(current=f"< {start}")
    if now >= end:
        raise BidTooLate(due=end, now=now)


def check_reveal(now: datetime, start: datetime, end: datetime) -> None:
    """Keys are taken between the deadline and the end of the window."""
    if not start <= now < end:
        raise RevealClosed(start=start, end=end, now=now)


def outcome(*, superseded: bool, withdrawn: bool, revealed: bool) -> BidOutcome:
    """What becomes of a bid at the opening."""
    if superseded:
        return BidOutcome.REPLACED
    if withdrawn:
        return BidOutcome.WITHDRAWN
    return BidOutcome.OPENED if revealed else BidOutcome.NOT_REVEALED


def least(method: PurchaseMethod, terms: Terms, count: int, *, stage: int) -> Rule:
    """The rule of the least number that applies.

    A consultation for services goes on with two qualified suppliers, and so does a negotiation
    after an open tender that left two. Source: 财库〔2015〕124号; 74号令 27.
    """
    if AFTER_FAILED in terms:
        return terms[AFTER_FAILED]
    if FEW in terms and count == terms[FEW].number:
        return terms[FEW]
    if method is PurchaseMethod.CONSULTATION and stage > 1:
        return terms["final_offers"]
    return terms["suppliers"]


def least_of_all(terms: Terms) -> Rule:
    """The rule below which nothing is ever awarded, whatever the circumstances."""
    for few in (AFTER_FAILED, FEW):
        if few in terms:
            return terms[few]
    return terms["suppliers"]


def must_suffice(rule: Rule, count: int) -> None:
    """Raises `TooFewSuppliers` below the least number."""
    if not rule.admits(count):
        raise TooFewSuppliers(least=rule.value, count=count, rule=rule.code, document=rule.document)


def over_budget(prices: Sequence[int], value_fen: int, ceiling_fen: int | None) -> list[bool]:
    """Which prices are over what can be paid. Source: 政府采购法 36; 87号令 12."""
    bound = value_fen if ceiling_fen is None else ceiling_fen
    return [price > bound for price in prices]
