"""A contract from its draft to its publication: what it must add up to, its term, its clocks.

Pure. Money is whole fen; days are the city's; a period's last day belongs to it.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple

from common.calendar import Calendar
from common.contracts.procurement import ContractStatus
from common.contracts.procurement_contracts import ContractIn, ContractKind, MilestonePlan
from common.contracts.procurement_endings import EndReason
from common.contracts.procurement_panels import AwardStatus
from common.errors import Conflict, FieldError, Invalid, Text
from common.money import show_yuan
from common.rules import Rule

S = ContractStatus
STEPS: Final = {
    S.PENDING: frozenset({S.ACTIVE, S.CANCELLED}),
    S.ACTIVE: frozenset({S.TERMINATED}),
}


class ContractCannotMove(Conflict):
    """The step does not follow from where the contract is."""

    slug = "contract-cannot-move"
    title = Text("合同状态不允许", "The contract cannot move there")
    detail = Text(
        "合同当前为 {current}，不能{step}。", "The contract is {current}; {step} is not possible."
    )


class NoAward(Conflict):
    """A contract follows from an announced award, or from a call-off under a framework."""

    slug = "no-award"
    title = Text("没有可签约的成交结果", "No award to contract")
    detail = Text(
        "成交结果须已公告且有效；框架入围须先经第二阶段确定供应商。",
        "The award must be announced and stand; a place in a framework needs a call-off first.",
    )


class AwardHasContract(Conflict):
    """One award is contracted once, one contract renewed once."""

    slug = "award-has-contract"
    title = Text("已有合同", "There is a contract already")
    detail = Text(
        "该成交结果或原合同已有未撤销的合同，不能重复签订。",
        "The award, or the contract to be renewed, has a contract already.",
    )


class AwardContracted(Conflict):
    """An award is not taken back under a contract that both sides have signed."""

    slug = "award-contracted"
    title = Text("成交结果已签订合同", "The award has been contracted")
    detail = Text(
        "该成交结果已签订合同，不能收回、重新评审或作废；尚未履行的合同只由投诉处理决定撤销"
        "（94号令第三十二条）。请先办结合同，或以不采取措施（remedy=none）答复。",
        "Both sides have signed a contract on this award: it is not taken back, evaluated anew or "
        "voided. Only the decision on a complaint revokes a contract that is not performed yet "
        "(Order 94, article 32); answer without a remedy.",
    )


class ContractPerformed(Conflict):
    """What is being performed is not revoked any more: who lost by it is compensated.

    Source: 94号令 32, general knowledge (G-hi): the official text has not been read.
    """

    slug = "contract-performed"
    title = Text("合同已履行", "The contract is being performed")
    detail = Text(
        "合同 {contract} 已开始履行，不再撤销，损失由责任人赔偿（94号令第三十二条）；"
        "请以不采取措施（remedy=none）作出处理决定。",
        "Contract {contract} is being performed and is not revoked; losses are compensated "
        "(Order 94, article 32). Decide without a remedy (remedy=none).",
    )


class WrongContract(Invalid):
    """What was sent cannot be a contract; `errors` says where and why."""

    slug = "wrong-contract"
    title = Text("合同内容有误", "Wrong contract")


class TermTooLong(Conflict):
    """The contract would run longer than the law lets it."""

    slug = "term-too-long"
    title = Text("合同期限过长", "The term is too long")
    detail = Text(
        "按规则 {rule}，自 {start} 起最晚至 {latest}；填写为 {given}。",
        "By rule {rule} a term from {start} ends on {latest} at the latest, not on {given}.",
    )


class SigningSuspended(Conflict):
    """Nothing is signed while a challenge or complaint suspends the purchase."""

    slug = "signing-suspended"
    title = Text("采购活动暂停", "The purchase is suspended")
    detail = Text(
        "质疑或投诉处理期间采购活动暂停，恢复后方可签约（条例第五十四条）。",
        "A challenge or complaint suspends the purchase; sign when it goes on again.",
    )


class Clock(NamedTuple):
    """A last day, by which rule, and whether it may still move."""

    on: date
    rule: str
    is_provisional: bool


def must_be(current: ContractStatus, wanted: ContractStatus, step: Text) -> None:
    """Raises `ContractCannotMove` unless the contract is where the step begins."""
    if current is not wanted:
        raise ContractCannotMove(current=current, step=step)


def move(current: ContractStatus, wanted: ContractStatus) -> ContractStatus:
    """Raises `ContractCannotMove` unless the step follows."""
    if wanted not in STEPS.get(current, frozenset()):
        raise ContractCannotMove(current=current, step=Text(f"转为 {wanted}", f"to be {wanted}"))
    return wanted


def check_award(status: str, *, is_shared: bool) -> None:
    """Raises `NoAward` unless the award is announced, stands, and is for one supplier."""
    if status != AwardStatus.ACTIVE or is_shared:
        raise NoAward


def must_be_unsigned(status: ContractStatus, ended_for: EndReason | None) -> None:
    """Raises `AwardContracted` for a contract that both signed and that no decision revoked."""
    if status is S.ACTIVE or (status is S.TERMINATED and ended_for is not EndReason.REVOKED):
        raise AwardContracted


def check_sums(
    value_fen: int, funding_fen: int, costs_fen: int, milestones: Sequence[MilestonePlan]
) -> None:
    """Lines, costs and milestones each add up to the value of the contract."""
    paid = sum(each.pay_fen for each in milestones)
    parts = {"/funding": funding_fen, "/costs": costs_fen, "/milestones": paid}
    told = Text(f"合计应为 {show_yuan(value_fen)}", f"must add up to {show_yuan(value_fen)}")
    wrong = [FieldError(at, fen, told) for at, fen in parts.items() if fen != value_fen]
    if wrong:
        raise WrongContract(errors=wrong)


def check_schedule(
    milestones: Sequence[MilestonePlan], service_days: int, start: date, end: date
) -> None:
    """Milestones come in order within the term, and their days are the contract's."""
    days = [each.due_on for each in milestones]
    wrong = []
    if days != sorted(days) or days[0] < start or days[-1] > end:
        told = Text(f"须依次在 {start} 至 {end} 之间", f"in order, from {start} to {end}")
        wrong.append(FieldError("/milestones", [str(day) for day in days], told))
    if (agreed := sum(each.service_days for each in milestones)) != service_days:
        told = Text(f"净服务天数合计应为 {service_days}", f"net days must add up to {service_days}")
        wrong.append(FieldError("/milestones", agreed, told))
    if wrong:
        raise WrongContract(errors=wrong)


def check_shape(wanted: ContractIn, awarded_fen: int) -> None:
    """At most what was awarded; several stations where they are bundled, none elsewhere."""
    wrong = []
    if wanted.value_fen > awarded_fen:
        told = Text(
            f"不得高于成交金额 {show_yuan(awarded_fen)}", f"{show_yuan(awarded_fen)} at most"
        )
        wrong.append(FieldError("/value_fen", wanted.value_fen, told))
    is_bundled = wanted.kind is ContractKind.BUNDLED_OPERATION
    if is_bundled != (len({each.venue_id for each in wanted.stations}) > 1):
        told = Text(
            "打包委托运营须有两处以上站点，其他合同至多一处",
            "two or more if bundled, else one at most",
        )
        wrong.append(FieldError("/stations", len(wanted.stations), told))
    if wanted.period_end_on < wanted.period_start_on:
        start = wanted.period_start_on
        told = Text(f"不得早于起始日 {start}", f"not before its start, {start}")
        wrong.append(FieldError("/period_end_on", str(wanted.period_end_on), told))
    if wrong:
        raise WrongContract(errors=wrong)


def check_term(start: date, end: date, max_extent: date | None, rule: Rule) -> None:
    """Raises `TermTooLong` when the term, or the latest renewal, passes the years of the rule.

    Source: 财政部令第102号 art. 24 (one year; three where content, funds and price are stable).
    """
    latest = last_day(start, rule.number)
    given = max(end, max_extent or end)
    if given > latest:
        raise TermTooLong(rule=rule.code, start=start, latest=latest, given=given)


def check_extension(start: date, end: date, max_extent: date | None, rule: Rule) -> None:
    """Raises `TermTooLong` when a longer term passes the years, or the latest end once agreed.

    Both are those of the first contract: renewals begin no new term.
    Source: 财政部令第102号 art. 24.
    """
    last = last_day(start, rule.number)
    latest = min(last, max_extent or last)
    if end > latest:
        raise TermTooLong(rule=rule.code, start=start, latest=latest, given=end)


def check_new_end(end: date, start: date, last_due_on: date | None, next_on: date | None) -> None:
    """A changed term holds all that is still due in it, and ends before the renewal after it."""
    first = max(start, last_due_on or start)
    if first <= end and (next_on is None or end < next_on):
        return
    zh, en = f"不得早于起始日及未验收里程碑的期限 {first}", f"not before what is due by {first}"
    if next_on is not None:
        zh, en = f"{zh}，须早于续签合同的起始日 {next_on}", f"{en}; before the renewal of {next_on}"
    raise WrongContract(errors=[FieldError("/period_end_on", str(end), Text(zh, en))])


def last_day(start: date, years: int) -> date:
    """The last day of so many years from a day on; 29 February counts as the 28th."""
    day = min(start.day, 28) if start.month == 2 else start.day
    return date(start.year + years, start.month, day) - timedelta(days=1)


def due(rule: Rule, start: date, calendar: Calendar) -> Clock:
    """The last day of so many days after a day, working days where the rule counts those."""
    count = calendar.add_working_days if rule.unit == "working_day" else calendar.add_days
    deadline = count(start, rule.number)
    return Clock(deadline.on, rule.code, deadline.provisional)


def share_of(fen: int, rule: Rule) -> int:
    """The whole fen in a share of an amount, rounded down: a ceiling is never passed."""
    return int(fen * rule.ratio)
