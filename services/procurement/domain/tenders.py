"""The life of a purchase: its steps, what may be bought, and by which method.

Pure. A step that does not follow is refused; so is a method that the law does not allow.
"""

from collections.abc import Collection
from datetime import date, datetime
from typing import Final, NamedTuple
from uuid import UUID

from common.contracts.procurement import ProcurementMethod, TenderStatus
from common.contracts.procurement_tenders import (
    BoughtObject,
    FrameworkForm,
    SingleSourceGround,
    TenderStep,
)
from common.contracts.vocabulary import PurchaseMethod
from common.errors import Conflict, FieldError, Invalid, Text
from common.money import show_yuan
from common.rules import Rule, RulesInForce

SPLITTING: Final = "gpl.28.splitting"
LIMIT: Final = "dispersed_purchase_limit"
THRESHOLD: Final = "open_tender_threshold"
S = TenderStep
M = PurchaseMethod
STEPS: Final = {
    S.PLANNING: frozenset({S.INTENDED, S.TENDERING, S.CANCELLED}),
    S.INTENDED: frozenset({S.TENDERING, S.CANCELLED}),
    S.TENDERING: frozenset({S.OPENED, S.AWARDED, S.UNSUCCESSFUL, S.CANCELLED}),
    S.OPENED: frozenset({S.FINAL_OFFERS, S.EVALUATED, S.UNSUCCESSFUL, S.CANCELLED}),
    S.FINAL_OFFERS: frozenset({S.OPENED, S.UNSUCCESSFUL, S.CANCELLED}),
    S.EVALUATED: frozenset({S.AWARDED, S.OPENED, S.UNSUCCESSFUL, S.CANCELLED}),
    S.AWARDED: frozenset({S.ANNOUNCED, S.OPENED, S.UNSUCCESSFUL, S.CANCELLED}),
    S.ANNOUNCED: frozenset({S.OPENED, S.AWARDED, S.UNSUCCESSFUL}),
}
STATUS: Final = {
    S.PLANNING: TenderStatus.PLANNING,
    S.INTENDED: TenderStatus.PLANNED,
    S.ANNOUNCED: TenderStatus.COMPLETE,
    S.UNSUCCESSFUL: TenderStatus.UNSUCCESSFUL,
    S.CANCELLED: TenderStatus.CANCELLED,
}
OCDS_METHOD: Final = {
    M.OPEN_TENDER: ProcurementMethod.OPEN,
    M.INVITED_TENDER: ProcurementMethod.SELECTIVE,
    M.CONSULTATION: ProcurementMethod.SELECTIVE,
    M.NEGOTIATION: ProcurementMethod.SELECTIVE,
    M.INQUIRY: ProcurementMethod.SELECTIVE,
    M.SINGLE_SOURCE: ProcurementMethod.DIRECT,
    M.FRAMEWORK: ProcurementMethod.OPEN,
    M.SELECTION: ProcurementMethod.LIMITED,
    M.VENTURE: ProcurementMethod.OPEN,
}
NEGOTIATED: Final = frozenset({M.CONSULTATION, M.NEGOTIATION})
NOT_OPEN: Final = frozenset(PurchaseMethod) - {
    M.OPEN_TENDER,
    M.FRAMEWORK,
    M.VENTURE,
}
LOWEST_PRICE: Final = frozenset({M.NEGOTIATION, M.INQUIRY})


class TenderCannotMove(Conflict):
    """The step does not follow from where the purchase is."""

    slug = "tender-cannot-move"
    title = Text("采购过程状态不允许", "The tender cannot move there")
    detail = Text(
        "采购过程当前为 {current}，不能转为 {wanted}；可转为：{allowed}。",
        "The tender is {current} and cannot become {wanted}; it can become: {allowed}.",
    )


class TenderSuspended(Conflict):
    """A challenge or complaint holds everything up."""

    slug = "tender-suspended"
    title = Text("采购活动已暂停", "The tender is suspended")
    detail = Text(
        "采购活动自 {since} 起暂停（质疑或投诉处理中），处理完毕后才能继续，最迟暂停至 {until}。",
        "The tender is suspended since {since}; it goes on when the challenge is settled, or after"
        " {until}.",
    )


class WrongTender(Invalid):
    """What was sent cannot be a purchase; `errors` says where and why."""

    slug = "wrong-tender"
    title = Text("采购内容有误", "Wrong tender")


class NotPurchasable(Conflict):
    """The negative list, or the guidance catalogue, keeps it out."""

    slug = "not-purchasable"
    title = Text("不得纳入政府购买服务", "Not to be bought")
    detail = Text(
        "“{what}”不得购买：依据{document}第{article}条（规则 {rule}）。",
        '"{what}" may not be bought: {document}, article {article} (rule {rule}).',
    )


class MethodNotAllowed(Conflict):
    """The amount or the law does not allow this method."""

    slug = "method-not-allowed"
    title = Text("采购方式不符合规定", "Method not allowed")
    detail = Text("{reason}（规则 {rule}）", "{reason} (rule {rule})")


class PurchaseSplit(Conflict):
    """What belongs together was divided, so that each piece stays under a limit."""

    slug = "purchase-split"
    title = Text("涉嫌化整为零", "A purchase in pieces")
    detail = Text(
        "本年度该购买主体以公开招标以外各种方式采购同一品目已 {count} 次，连同本次合计 {total}，"
        "达到限额 {limit}（规则 {rule}）；请合并采购，或填写批准文号 approval_number。",
        "The buyer bought this category {count} times this year without an open tender, by whatever"
        " method, {total} with this one; the limit is {limit} (rule {rule}). Buy it as one, or"
        " name the approval in approval_number.",
    )


class ConductedElsewhere(Conflict):
    """What runs on the designated platform is not announced here as well."""

    slug = "conducted-elsewhere"
    title = Text("该采购在法定平台进行", "Conducted elsewhere")
    detail = Text(
        "该采购标明在法定平台进行（is_conducted_elsewhere），不能在此公告、接收响应；请在平台完成后"
        "导入结果（platform-record）；标注有误的，取消后重新建立。",
        "The tender is marked as conducted on the designated platform (is_conducted_elsewhere): it "
        "is not announced here and takes no bids; enter its result by platform-record. Where the "
        "mark is wrong, cancel it and prepare another.",
    )


def check_step(current: TenderStep, wanted: TenderStep) -> None:
    """Raises `TenderCannotMove` unless the step follows."""
    allowed = STEPS.get(current, frozenset())
    if wanted not in allowed:
        told = ", ".join(sorted(allowed)) or "-"
        raise TenderCannotMove(current=current, wanted=wanted, allowed=told)


def must_be(current: TenderStep, *steps: TenderStep) -> None:
    """Raises `TenderCannotMove` unless the purchase is at one of the steps."""
    if current not in steps:
        told = ", ".join(sorted(STEPS.get(current, frozenset()))) or "-"
        raise TenderCannotMove(current=current, wanted="/".join(steps), allowed=told)


def check_passing_over(declined: Collection[UUID], excused: Collection[UUID]) -> None:
    """Nobody is passed over but who was awarded first, or may not supply any more.

    Before an award nobody can decline.
    Source: 条例 43 (the first of the ranking), 49 (who refuses to sign after the award).
    """
    never = sorted(str(each) for each in declined if each not in excused)
    if never:
        told = Text(
            "尚未确定其成交，且无不能成交的记录，不能顺延：请先按排序确定成交并公告，对方放弃后"
            "再确定下一名",
            "it has not been awarded, so it cannot have declined, and nothing keeps it out: award "
            "in the order of the ranking and announce; the next comes after that",
        )
        raise WrongTender(
            errors=[FieldError("/declined_supplier_ids", each, told) for each in never]
        )


def is_suspended(suspended_at: datetime | None, until_on: date | None, today: date) -> bool:
    """Whether a challenge or complaint holds it up; what has a last day ends by itself."""
    return suspended_at is not None and (until_on is None or today <= until_on)


def must_be_here(*, is_conducted_elsewhere: bool) -> None:
    """Raises `ConductedElsewhere` where the designated platform runs the purchase."""
    if is_conducted_elsewhere:
        raise ConductedElsewhere


def keeps_secrets(method: PurchaseMethod, announced_at: datetime | None) -> bool:
    """Whether no supplier may learn anything of another: from the talks until the award notice.

    Source: 政府采购法 38 (四), which the consultation follows.
    """
    return method in NEGOTIATED and announced_at is None


def status(step: TenderStep) -> TenderStatus:
    """OCDS `tenderStatus` of a step."""
    return STATUS.get(step, TenderStatus.ACTIVE)


def check_purchasable(contents: Collection[str], category: str, held: RulesInForce) -> None:
    """Refuse what the negative list names, then what is not in the guidance catalogue.

    Source: 102号令 10 (negative list), 11–15 (catalogue).
    """
    negative = held.setting("negative_list", "purchase")
    for content in contents:
        if negative.admits(content):
            raise _kept_out(content, negative)
    catalogue = held.setting("guidance_catalogue", "purchase")
    if category not in catalogue.words:
        raise _kept_out(category, catalogue)


def _kept_out(what: str, rule: Rule) -> NotPurchasable:
    return NotPurchasable(what=what, document=rule.document, article=rule.article, rule=rule.code)


def check_method(
    method: PurchaseMethod,
    bought: BoughtObject,
    value_fen: int,
    held: RulesInForce,
    *,
    approval_number: str | None,
    is_conducted_elsewhere: bool,
) -> list[Rule]:
    """The rules by which a method suits an amount; refused where it does not.

    From the open-tender threshold on another method needs an approval; a selection stays below
    the limit; from the limit on the purchase runs on the designated platform.
    Source: 政府采购法 26–27; 条例 23.
    """
    limit = held.setting(LIMIT, bought)
    above_limit = limit.admits(value_fen)
    if method is M.SELECTION:
        if above_limit:
            raise _not_allowed(
                "达到限额的采购不得以比选、遴选进行", "the amount is not below the limit", limit
            )
        return [limit]
    platform = held.setting("designated_platform", "purchase")
    if above_limit and platform.known is True and not is_conducted_elsewhere:
        raise _not_allowed(
            "达到限额的采购应在指定平台进行", "it runs on the designated platform", platform
        )
    threshold = held.setting(THRESHOLD, bought)
    above = method is not M.OPEN_TENDER and threshold.admits(value_fen)
    if above and approval_number is None:
        raise _not_allowed(
            "达到公开招标数额标准，采用其他方式须填写批准文号",
            "another method than the open tender needs the number of an approval",
            threshold,
        )
    return [limit, platform, threshold]


class AdditionTooLarge(Conflict):
    """Additions from the same supplier over the law's share."""

    slug = "addition-too-large"
    title = Text("添购超过比例", "The addition is too large")
    detail = Text(
        "添购连同此前的添购和补充合同不得超过原合同的 {share}（规则 {rule}），尚可添购 {left}。",
        "Additions and supplements in all are at most {share} of the original contract"
        " (rule {rule}); {left} is left.",
    )


def check_addition(value_fen: int, before_fen: int, original_fen: int, share: Rule) -> None:
    """Raises `AdditionTooLarge` where, with what was added before, the share is passed.

    Source: 政府采购法 31（三）, 49 (the total of additions, a tenth of the original contract).
    """
    left = original_fen * share.share - before_fen
    if value_fen > left:
        raise AdditionTooLarge(
            share=share.value, rule=share.code, left=show_yuan(max(0, int(left)))
        )


class Bought(NamedTuple):
    """Purchases of a buyer, category and year that are each under a limit."""

    purchases: int
    total_fen: int


def may_be_piece(method: PurchaseMethod, ground: SingleSourceGround | None) -> bool:
    """Whether a purchase can be one of the pieces of another.

    An open tender is none, whatever its amount; an addition follows its contract, and a tenth of
    it at most. Source: 条例 28; 政府采购法 31（三）.
    """
    return method in NOT_OPEN and ground is not SingleSourceGround.ADDITION


def makes_pieces(value_fen: int, earlier: Bought, limit: Rule) -> bool:
    """Whether pieces under a limit pass it together. Source: 条例 28; rule gpl.28.splitting."""
    is_piece = earlier.purchases > 0 and not limit.admits(value_fen)
    return is_piece and limit.admits(earlier.total_fen + value_fen)


def check_whole(
    value_fen: int, earlier: Bought, limit: Rule, *, approval_number: str | None
) -> None:
    """Raises `PurchaseSplit` where pieces under a limit pass it together, without an approval."""
    if approval_number is None and makes_pieces(value_fen, earlier, limit):
        raise PurchaseSplit(
            count=earlier.purchases,
            total=show_yuan(earlier.total_fen + value_fen),
            limit=show_yuan(limit.number),
            rule=f"{SPLITTING}, {limit.code}",
        )


def _not_allowed(zh: str, en: str, rule: Rule) -> MethodNotAllowed:
    return MethodNotAllowed(reason=Text(zh, en), rule=rule.code)


def check_shape(
    method: PurchaseMethod,
    form: FrameworkForm | None,
    ground: SingleSourceGround | None,
    *,
    ends_on: date | None,
) -> None:
    """A framework has a form and an end, a single source a ground, and nothing else has them."""
    faults = []
    if (method is M.FRAMEWORK) != (form is not None):
        told = Text("框架协议须填形式，其他方式不填", "goes with framework, and only with it")
        faults.append(FieldError("/framework_form", form, told))
    if (method is M.FRAMEWORK) != (ends_on is not None):
        told = Text("框架协议须填末日，其他方式不填", "goes with framework, and only with it")
        faults.append(FieldError("/framework_ends_on", ends_on and str(ends_on), told))
    if (method is M.SINGLE_SOURCE) != (ground is not None):
        told = Text("单一来源须填理由，其他方式不填", "goes with single_source, and only with it")
        faults.append(FieldError("/single_source_ground", ground, told))
    if method is M.VENTURE:
        told = Text("公益创投另有流程", "grants have a procedure of their own")
        faults.append(FieldError("/method", method, told))
    if faults:
        raise WrongTender(errors=faults)
