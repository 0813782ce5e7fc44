"""Under a contract: reports, acceptance with users' opinions, payments, changes, oversight.

Pure. Money is whole fen; levels run from 5 (best) to 1.
"""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final, NamedTuple

from common.contracts.procurement_contracts import ExcessRule
from common.contracts.procurement_performance import (
    AcceptanceIn,
    AssistanceOutcome,
    Depth,
    MilestoneStatus,
    PaymentStatus,
    Verdict,
)
from common.contracts.shapes import SMALLEST_FIGURE
from common.errors import Conflict, FieldError, Invalid, Text
from common.money import show_yuan
from common.rules import Rule


class MilestoneNotReady(Conflict):
    """A milestone is reported, then accepted, then paid; each once."""

    slug = "milestone-not-ready"
    title = Text("里程碑状态不允许", "The milestone is not there yet")
    detail = Text(
        "里程碑须先报告、再验收、后付款；当前为 {current}。",
        "A milestone is reported, then accepted, then paid; it is {current}.",
    )


class NoOpinions(Conflict):
    """Services for the public are accepted with the opinion of those who use them."""

    slug = "no-opinions"
    title = Text("缺少服务对象意见", "The users were not heard")
    detail = Text(
        "向社会公众提供的公共服务项目，验收须邀请服务对象参与并出具意见（{rule}）。",
        "A service for the public is accepted with its users' opinion ({rule}).",
    )


class WrongAcceptance(Invalid):
    """What was found cannot be an acceptance; `errors` says where and why."""

    slug = "wrong-acceptance"
    title = Text("验收内容有误", "Wrong acceptance")


class PaymentBeyondContract(Conflict):
    """Nothing is paid beyond what was accepted, drawn from a line, or agreed."""

    slug = "payment-beyond-contract"
    title = Text("付款超出合同", "Beyond the contract")
    detail = Text(
        "付款超出验收认定、资金来源或合同金额的余额，不能支付，详见 errors。",
        "The payment passes what was accepted, what the line gives, or the contract. See errors.",
    )


class OwnRequest(Conflict):
    """Two people: one requests, another decides."""

    slug = "own-request"
    title = Text("申请与批准须分开", "Somebody else decides")
    detail = Text(
        "付款由另一人批准；申请人不能批准自己的申请。",
        "A payment is approved by another person than the one who requests it.",
    )


class SupplementTooLarge(Conflict):
    """Supplements and additions in total stay within the legal share."""

    slug = "supplement-too-large"
    title = Text("补充合同超出上限", "The supplements are too large")
    detail = Text(
        "补充合同连同添购累计不得超过原合同的法定比例（政府采购法第四十九条），详见 errors。",
        "Supplements and additions in total stay within the legal share of the contract. See "
        "errors.",
    )


class WrongFailure(Invalid):
    """What was found cannot be a failure; `errors` says where and why."""

    slug = "wrong-failure"
    title = Text("履约失当记录有误", "Wrong failure")


class WrongEvaluation(Invalid):
    """What was logged cannot be an evaluation; `errors` says where and why."""

    slug = "wrong-evaluation"
    title = Text("评估记录有误", "Wrong evaluation")


class VisitsUsedUp(Conflict):
    """The contract was visited as often as it may be in a year."""

    slug = "visits-used-up"
    title = Text("年度评估次数已用完", "No more visits this year")
    detail = Text(
        "该合同当年现场评估已达上限；请与已有现场合并（visit_id）。",
        "The contract was visited as often as it may be this year; share a visit (visit_id).",
    )


STATUS_OF: Final = {
    Verdict.MET: MilestoneStatus.MET,
    Verdict.PARTIALLY_MET: MilestoneStatus.PARTIALLY_MET,
    Verdict.NOT_MET: MilestoneStatus.NOT_MET,
}


@dataclass(frozen=True, slots=True)
class Due:
    """A milestone as an acceptance sees it."""

    status: MilestoneStatus
    is_reported: bool
    pay_fen: int
    service_days: int


def check_acceptance(due: Due, said: AcceptanceIn, opinions: Rule) -> None:
    """A reported milestone, heard users, and money that fits the verdict.

    Source: 政府采购法实施条例 art. 45 (service users take part, their opinion is published).
    """
    if due.status is not MilestoneStatus.SCHEDULED or not due.is_reported:
        raise MilestoneNotReady(current=due.status)
    if said.opinions.answered == 0:
        raise NoOpinions(rule=opinions.code)
    least, most = {
        Verdict.MET: (due.pay_fen, due.pay_fen),
        Verdict.PARTIALLY_MET: (0, due.pay_fen),
        Verdict.NOT_MET: (0, 0),
    }[said.verdict]
    wrong = []
    if not least <= said.payable_fen <= most:
        told = Text(
            f"应在 {show_yuan(least)} 至 {show_yuan(most)} 之间",
            f"from {show_yuan(least)} to {show_yuan(most)}",
        )
        wrong.append(FieldError("/payable_fen", said.payable_fen, told))
    if said.verdict is Verdict.MET and said.service_days < due.service_days:
        told = Text(
            f"少于约定的 {due.service_days} 日，应据实认定为部分达标或未达标",
            f"less than the {due.service_days} agreed: it is partially met, or not met",
        )
        wrong.append(FieldError("/service_days", said.service_days, told))
    if wrong:
        raise WrongAcceptance(errors=wrong)


def depth(level: int | None, use: Rule, sample_from: Rule) -> tuple[Depth, str]:
    """How deep an acceptance looks, and by which rule. Unrated providers are not held back.

    The level counts only where the white list of the rating's uses says so.
    """
    if use.known is True and level is not None and sample_from.admits(level):
        return Depth.SAMPLE, sample_from.code
    return Depth.FULL, use.code


class Users(NamedTuple):
    """What may be told of the users at an acceptance, and the level that their share stands for."""

    asked: int | None
    answered: int | None
    satisfied: int | None
    level: int | None


def told_of_users(asked: int, answered: int, satisfied: int) -> Users:
    """Figures on one to nine people are left out, and those from which they would follow."""
    silent, unhappy = asked - answered, answered - satisfied
    hides_answered = few(answered) is None or few(silent) is None
    hides_satisfied = hides_answered or few(satisfied) is None or few(unhappy) is None
    return Users(
        few(asked),
        None if hides_answered else answered,
        None if hides_satisfied else satisfied,
        None if few(answered) is None else opinion_level(satisfied, answered),
    )


def few(persons: int | None) -> int | None:
    """A figure on people that may be published; None for one to nine of them."""
    return None if persons is None or 0 < persons < SMALLEST_FIGURE else persons


def opinion_level(satisfied: int, answered: int) -> int:
    """The level that the share of satisfied users stands for, in fifths."""
    return min(5, 1 + int(Fraction(satisfied, answered) * 5))


def check_payment(fen: int, payable_fen: int, paid_fen: int) -> None:
    """Raises `PaymentBeyondContract` when more is asked than was accepted and not yet paid."""
    if fen > payable_fen - paid_fen:
        told = Text(
            f"尚可支付 {show_yuan(payable_fen - paid_fen)}",
            f"{show_yuan(payable_fen - paid_fen)} may still be paid",
        )
        raise PaymentBeyondContract(errors=[FieldError("/draws", fen, told)])


def check_decision(status: PaymentStatus, requested_by: str, decides: str) -> None:
    """A payment is decided once, by somebody else than who requested it."""
    if status is not PaymentStatus.REQUESTED:
        raise MilestoneNotReady(current=status)
    if requested_by == decides:
        raise OwnRequest


def check_supplement(fen: int, before_fen: int, most_fen: int) -> None:
    """Raises `SupplementTooLarge` where, with what was added before, the ceiling is passed.

    Added before are supplements and purchases from the same supplier: one tenth is for both.
    Source: 政府采购法 art. 31（三）, 49, frozen when the contract was signed.
    """
    if before_fen + fen > most_fen:
        left = show_yuan(max(0, most_fen - before_fen))
        told = Text(f"尚可补充 {left}", f"{left} may still be added")
        raise SupplementTooLarge(errors=[FieldError("/draws", fen, told)])


@dataclass(frozen=True, slots=True)
class Assisted:
    """How a request for administrative assistance splits at the quota."""

    excess_hours: int
    outcome: AssistanceOutcome
    price_fen: int


def assisted(
    used: int, most: int, hours: int, excess: ExcessRule, hour_fen: int | None, *, refuses: bool
) -> Assisted:
    """What becomes of so many hours: beyond the quota they are refused or have their price."""
    over = min(hours, max(0, used + hours - most))
    if over == 0:
        return Assisted(0, AssistanceOutcome.WITHIN_QUOTA, 0)
    if refuses or excess is ExcessRule.REFUSED:
        return Assisted(over, AssistanceOutcome.REFUSED, 0)
    return Assisted(over, AssistanceOutcome.PRICED, over * (hour_fen or 0))


def may_renew(level: int | None, use: Rule, least: Rule) -> bool:
    """Whether the rating lets a contract be renewed; it has no say where its rule does not."""
    return use.known is not True or level is None or least.admits(level)


def check_day(on: date, signed_on: date, today: date) -> None:
    """Raises `WrongEvaluation` for a day before the contract, or to come.

    Visits are limited by the year: a day that was none would borrow from another year.
    """
    if not signed_on <= on <= today:
        told = Text(
            f"应为合同签订日 {signed_on} 至今日 {today} 之间实际评估的日期",
            f"the day of the evaluation, from the signing on {signed_on} to today, {today}",
        )
        raise WrongEvaluation(errors=[FieldError("/on", str(on), told)])


def check_sharing(on: date, visited_on: date) -> None:
    """Raises `WrongEvaluation`: who shares a visit comes on its day, or it is another visit."""
    if on != visited_on:
        told = Text(f"该现场在 {visited_on}", f"that visit was on {visited_on}")
        raise WrongEvaluation(errors=[FieldError("/on", str(on), told)])


def check_failure(from_on: date, to_on: date, today: date) -> None:
    """Raises `WrongFailure` for a period that runs backwards, or has days to come."""
    told = None
    if to_on < from_on:
        told = Text(f"不应早于起始日 {from_on}", f"not before its first day, {from_on}")
    elif to_on > today:
        told = Text(f"不应晚于今日 {today}", f"not after today, {today}")
    if told is not None:
        raise WrongFailure(errors=[FieldError("/to_on", str(to_on), told)])
