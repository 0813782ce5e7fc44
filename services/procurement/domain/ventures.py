"""Venture philanthropy: who may apply and review, when a project may be granted, how much.

Pure. Money is whole fen.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from common.contracts.procurement_ventures import ApplicationStatus, CallStatus, GrantStatus
from common.errors import Conflict, FieldError, Forbidden, Invalid, Text
from common.money import show_yuan
from common.rules import Rule
from procurement.domain.relations import Conflict as Tied


class CallNotOpen(Conflict):
    """The call has closed, was reviewed or cancelled; or it is still open."""

    slug = "call-not-open"
    title = Text("征集时间不符", "Not at this time")
    detail = Text(
        "征集截止时间为 {closes_at}，当前状态为 {status}，不能办理此步。",
        "The call closes at {closes_at} and is {status}; this is not the time for it.",
    )


class VentureCannotMove(Conflict):
    """The step does not follow from where the application or grant is."""

    slug = "venture-cannot-move"
    title = Text("公益创投状态不允许", "It cannot move there")
    detail = Text("当前为 {current}，不能办理此步。", "It is {current}; this step does not follow.")


class SponsorConflict(Conflict):
    """Who nurtured an applicant does not grant it money."""

    slug = "sponsor-conflict"
    title = Text("发起机构与申请机构有关联", "The sponsor is tied to the applicant")
    detail = Text(
        "发起机构、其上级或其培育平台与申请机构存在关联（{kind}，{rule}），应回避。",
        "The sponsor, its superior or its incubator is tied to the applicant ({kind}, {rule}).",
    )


class ReviewerConflict(Forbidden):
    """A reviewer with an interest recuses."""

    slug = "reviewer-conflict"
    title = Text("评审人应回避", "The reviewer must recuse")
    detail = Text(
        "评审人须在专家库中，与申请机构无关联并声明无利害关系。",
        "A reviewer is in the pool, not tied to the applicant, and declares no interest.",
    )


class AlreadyReviewed(Conflict):
    """One reviewer, one review."""

    slug = "already-reviewed"
    title = Text("已评审", "Reviewed already")
    detail = Text("每位评审人对每个项目只评一次。", "A reviewer reviews a project once.")


class AlreadyApplied(Conflict):
    """One project an organisation and call."""

    slug = "already-applied"
    title = Text("已申请", "Applied already")
    detail = Text("每个机构对每次征集只能申请一个项目。", "An organisation applies once a call.")


class TooFewReviews(Conflict):
    """A project is decided after enough people have looked at it."""

    slug = "too-few-reviews"
    title = Text("评审数不足", "Too few reviews")
    detail = Text(
        "该项目已有 {count} 份评审，至少需要 {least} 份。",
        "The project has {count} reviews and needs {least}.",
    )


class GrantNotOverdue(Conflict):
    """A grant is ended by its sponsor only when its report is overdue."""

    slug = "grant-not-overdue"
    title = Text("结项报告未逾期", "The report is not overdue")
    detail = Text(
        "结项报告期限为 {due}（规则 {rule}）；此前由受资助机构报告，或由其放弃（renunciation）。",
        "The report is due by {due} (rule {rule}); until then the grantee reports, or renounces "
        "the grant (renunciation).",
    )


class WrongGrant(Invalid):
    """Money that cannot be granted or accounted for so; `errors` says where and why."""

    slug = "wrong-grant"
    title = Text("资助金额有误", "Wrong grant")


class PotExceeded(Conflict):
    """Grants stay within the pot of their call."""

    slug = "pot-exceeded"
    title = Text("超出征集资金", "Beyond the pot")
    detail = Text(
        "资助将超出征集资金总额；请减少金额，详见 errors。",
        "The grants would pass the pot of the call; grant less. See errors.",
    )


def check_open(status: CallStatus, closes_at: datetime, now: datetime) -> None:
    """Applications are taken until the call closes."""
    if status is not CallStatus.OPEN or now >= closes_at:
        raise CallNotOpen(status=status, closes_at=closes_at)


def check_closed(status: CallStatus, closes_at: datetime, now: datetime) -> None:
    """Reviews and decisions come after the call has closed."""
    if status is not CallStatus.OPEN or now < closes_at:
        raise CallNotOpen(status=status, closes_at=closes_at)


def check_running(status: CallStatus) -> None:
    """Only a call that has not been concluded or given up goes on."""
    if status is not CallStatus.OPEN:
        raise VentureCannotMove(current=status)


def check_application(status: ApplicationStatus) -> None:
    """Only a submitted application goes on."""
    if status is not ApplicationStatus.SUBMITTED:
        raise VentureCannotMove(current=status)


def check_grant(status: GrantStatus, wanted: GrantStatus) -> None:
    """A grant is reported, then closed."""
    if status is not wanted:
        raise VentureCannotMove(current=status)


def report_due(agreed_on: date, period: Rule) -> date:
    """The last day for the report of a grant. Source: rule venture.report."""
    return agreed_on + timedelta(days=period.number)


def report_due_anew(before: date, sent_back_on: date, period: Rule) -> date:
    """The last day for a report that was sent back: never sooner than it was before.

    Source: rule venture.report_again.
    """
    return max(before, sent_back_on + timedelta(days=period.number))


def check_overdue(due_on: date, today: date, rule: str) -> None:
    """Raises `GrantNotOverdue` while the grantee may still report in time."""
    if today <= due_on:
        raise GrantNotOverdue(due=due_on, rule=rule)


def check_ties(conflicts: Sequence[Tied], rule: str) -> None:
    """The sponsor is partial where it, its superior or its incubator nurtured the applicant.

    Source: as in tenders, 政府采购法 art. 12 and 条例 art. 9; applied to grants by our own rule.
    """
    if conflicts:
        raise SponsorConflict(kind=conflicts[0].bond.kind, rule=rule)


def check_money(
    granted_fen: int, drawn_fen: int, *, asked_fen: int, largest_fen: int, left_fen: int
) -> None:
    """A grant is what was asked for at most, within the ceiling and the pot, on its lines."""
    most = min(asked_fen, largest_fen)
    wrong = []
    if granted_fen > most:
        told = Text(f"不高于 {show_yuan(most)}", f"{show_yuan(most)} at most")
        wrong.append(FieldError("/granted_fen", granted_fen, told))
    if drawn_fen != granted_fen:
        grant = show_yuan(granted_fen)
        told = Text(f"合计应为资助金额 {grant}", f"must add up to the grant, {grant}")
        wrong.append(FieldError("/draws", drawn_fen, told))
    if wrong:
        raise WrongGrant(errors=wrong)
    if granted_fen > left_fen:
        told = Text(f"余额 {show_yuan(left_fen)}", f"{show_yuan(left_fen)} is left")
        raise PotExceeded(errors=[FieldError("/granted_fen", granted_fen, told)])


def check_reviews(count: int, least: int) -> None:
    """Raises `TooFewReviews` before enough people have looked."""
    if count < least:
        raise TooFewReviews(count=count, least=least)
