"""A negotiation with the two suppliers who were left when an open tender failed.

Pure. It is the same purchase with the same two, approved; whoever else might now be interested was
free to bid before. Source: 财政部令第74号 27.
"""

from typing import Final, NamedTuple

from common.contracts.procurement_tenders import TenderIn, TenderStep
from common.contracts.vocabulary import PurchaseMethod
from common.errors import Conflict, FieldError, Text
from common.rules import Rule, RulesInForce
from procurement.domain.opening import AFTER_FAILED
from procurement.domain.tenders import WrongTender
from procurement.domain.terms import Terms

M = PurchaseMethod
TOO_FEW: Final = frozenset({"too_few_suppliers", "too_few_conforming"})
_ALIKE: Final = ("buyer_id", "area_code", "category", "object")


class NotAfterFailedTender(Conflict):
    """The purchase does not follow from a failed open tender as the law wants."""

    slug = "not-after-failed-tender"
    title = Text("不能与两家供应商谈判", "No negotiation with two suppliers")
    detail = Text(
        "{reason}（规则 {rule}，{document} 第{article}条）。",
        "{reason} (rule {rule}, {document}, article {article}).",
    )


class Failed(NamedTuple):
    """The tender that failed, as far as the negotiation depends on it."""

    step: TenderStep
    method: PurchaseMethod
    reason: str | None
    conforming: int
    value_fen: int
    is_alike: bool
    is_followed: bool


def rule_of(held: RulesInForce) -> Rule:
    """The rule that lets two suffice."""
    return held.setting(AFTER_FAILED, "purchase", method=M.NEGOTIATION)


def with_two(terms: Terms, held: RulesInForce) -> Terms:
    """The terms of a negotiation that follows a failed tender."""
    rule = rule_of(held)
    return Terms({**terms.rules, rule.parameter: rule}, terms.day, terms.jurisdiction)


def is_alike(failed: object, wish: TenderIn) -> bool:
    """Whether it is the same purchase again."""
    return all(getattr(failed, name) == getattr(wish, name) for name in _ALIKE)


def check_second_try(wish: TenderIn, failed: Failed, rule: Rule) -> None:
    """Raises `NotAfterFailedTender`, or `WrongTender` where the approval is not named."""
    if wish.approval_number is None:
        told = Text("须填批准文号", "the approval has to be named")
        raise WrongTender(errors=[FieldError("/approval_number", None, told)])
    reasons = (
        (wish.method is M.NEGOTIATION, _ONLY_NEGOTIATED),
        (failed.method is M.OPEN_TENDER and failed.step is TenderStep.UNSUCCESSFUL, _NOT_FAILED),
        (failed.reason in TOO_FEW and rule.number == failed.conforming, _NOT_TWO),
        (failed.is_alike and wish.value_fen <= failed.value_fen, _UNLIKE),
        (not failed.is_followed, _FOLLOWED),
    )
    for holds, reason in reasons:
        if not holds:
            raise NotAfterFailedTender(
                reason=reason, rule=rule.code, document=rule.document, article=rule.article
            )


_ONLY_NEGOTIATED: Final = Text(
    "公开招标失败后只能改为竞争性谈判", "after a failed open tender this is a negotiation"
)
_NOT_FAILED: Final = Text("所指采购不是已废标的公开招标", "that is no open tender that failed")
_NOT_TWO: Final = Text(
    "原招标并非因合格供应商只有两家而废标", "it did not fail with two conforming suppliers"
)
_UNLIKE: Final = Text(
    "购买主体、区划、品目、标的须与原招标一致，预算不得高于原招标",
    "buyer, area, category and object are those of the tender, the budget is not higher",
)
_FOLLOWED: Final = Text("原招标已另行采购", "the tender has been followed by another purchase")
