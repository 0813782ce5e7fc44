"""How a contract ends: completed or terminated, its users told in time and handed over.

Pure. Days are the city's.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from common.contracts.procurement_endings import DiscontinuationIn, EndReason
from common.errors import Conflict, FieldError, Invalid, Text
from common.rules import Rule

# Where waiting for the end of the notice would harm: service may stop at once.
AT_ONCE: Final = frozenset({EndReason.FORCE_MAJEURE, EndReason.PROVIDER_DISSOLVED})


class NoticeTooShort(Conflict):
    """Users hear in time that a service stops."""

    slug = "notice-too-short"
    title = Text("告知期不足", "The notice is too short")
    detail = Text(
        "停止服务须提前告知（{rule}），最早可于 {earliest} 停止，填写为 {given}。",
        "Users hear ahead ({rule}); service may stop on {earliest} at the earliest, not {given}.",
    )


class NotCompleted(Conflict):
    """A contract is completed when its milestones are accepted and its money is settled."""

    slug = "not-completed"
    title = Text("尚未履行完毕", "Not completed")
    detail = Text(
        "仍有 {open} 个里程碑未验收或 {unpaid} 笔应付未付，不能按履行完毕终止。",
        "{open} milestones are not accepted or {unpaid} amounts are not paid; not completed yet.",
    )


class WrongEnding(Invalid):
    """What was sent cannot be how a contract ends; `errors` says where and why."""

    slug = "wrong-ending"
    title = Text("终止原因有误", "Wrong ending")


class UsersLeftAlone(Invalid):
    """Somebody goes on with the users, or it is said what is done for them."""

    slug = "users-left-alone"
    title = Text("未安排服务对象", "Nobody takes over the users")


def check_discontinuation(
    said: DiscontinuationIn, today: date, notice: Rule, contract_id: UUID
) -> None:
    """A notice in time, and a contract that goes on with the users or another arrangement."""
    _must_be_of_the_parties(said.reason)
    earliest = today if said.reason in AT_ONCE else today + timedelta(days=notice.number)
    if said.ends_on < earliest:
        raise NoticeTooShort(rule=notice.code, earliest=earliest, given=said.ends_on)
    if said.handed_over_to_id == contract_id or not (said.handed_over_to_id or said.arrangement):
        told = Text(
            "请填写承接合同，或说明安置办法", "name the contract that goes on, or the arrangement"
        )
        raise UsersLeftAlone(errors=[FieldError("/handed_over_to_id", None, told)])


def check_end(
    reason: EndReason, today: date, ends_on: date | None, *, open_milestones: int, unpaid: int
) -> None:
    """Completed means accepted and paid; anything earlier waits for the last day of the notice."""
    _must_be_of_the_parties(reason)
    if reason is EndReason.COMPLETED:
        if open_milestones or unpaid:
            raise NotCompleted(open=open_milestones, unpaid=unpaid)
        return
    if reason not in AT_ONCE and (ends_on is None or today < ends_on):
        raise NoticeTooShort(rule="discontinuation.notice", earliest=ends_on or "—", given=today)


def kept(
    owed_fen: int, committed: Mapping[UUID, int], asked: Mapping[UUID, int]
) -> dict[UUID, int]:
    """How much of each line stays committed: what was accepted is owed, whyever a contract ends.

    What is asked for stays on the line that was named, the rest on the lines in their order.
    Source: 民法典 arts. 566-567 (an end leaves settlement and claims as they are).
    """
    stays = {line: min(fen, asked.get(line, 0)) for line, fen in committed.items()}
    left = owed_fen - sum(stays.values())
    for line, fen in committed.items():
        more = min(left, fen - stays[line])
        stays[line] += more
        left -= more
    return stays


def _must_be_of_the_parties(reason: EndReason) -> None:
    """Revoked is a contract by the decision on a complaint, never by who is bound by it."""
    if reason is EndReason.REVOKED:
        told = Text(
            "撤销只由投诉处理决定产生，请改选其他原因",
            "only the decision on a complaint revokes a contract; name another reason",
        )
        raise WrongEnding(errors=[FieldError("/reason", reason, told)])
