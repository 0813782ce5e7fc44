"""Challenges 质疑 and complaints 投诉: who may, until when, and what follows.

Pure. Clocks are the frozen rules of the purchase; first days do not count.
Source: 94号令 10–27, 42.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from common.calendar import Calendar
from common.calendar.deadlines import Deadline
from common.contracts.procurement_bids import BidStatus
from common.contracts.procurement_challenges import ChallengeAbout, ChallengeStep, Remedy
from common.contracts.procurement_tenders import TenderStep
from common.errors import Conflict, FieldError, Invalid, Text
from procurement.domain.clocks import TooLate, due
from procurement.domain.criteria import CONDITION
from procurement.domain.terms import Terms

S = TenderStep
WHEN = {
    ChallengeAbout.DOCUMENT: frozenset({S.TENDERING, S.OPENED, S.FINAL_OFFERS}),
    ChallengeAbout.PROCEDURE: frozenset(
        {S.OPENED, S.FINAL_OFFERS, S.EVALUATED, S.AWARDED, S.ANNOUNCED, S.UNSUCCESSFUL}
    ),
    ChallengeAbout.RESULT: frozenset({S.ANNOUNCED, S.UNSUCCESSFUL}),
}


# What takes the result itself away.
UNDOING = frozenset({Remedy.RE_EVALUATE, Remedy.VOID})


class ChallengeNotNow(Conflict):
    """This cannot be challenged where the purchase stands."""

    slug = "challenge-not-now"
    title = Text("当前不能就此质疑", "Not to be challenged now")
    detail = Text(
        "采购过程当前为 {current}，不能就 {about} 提出质疑。",
        "The tender is {current}: {about} cannot be challenged now.",
    )


class NotConcerned(Conflict):
    """Only who took part, or could have, is harmed."""

    slug = "not-concerned"
    title = Text("非利害关系供应商", "Not concerned")
    detail = Text(
        "对采购过程和结果的质疑由参加采购的供应商提出。",
        "Procedure and result are challenged by suppliers who took part.",
    )


class ChallengeSettled(Conflict):
    """It was answered, decided or withdrawn before."""

    slug = "challenge-settled"
    title = Text("质疑或投诉已办结", "Settled before")
    detail = Text("该质疑或投诉已为 {step}。", "It is {step} already.")


class ComplaintOpen(Conflict):
    """The authority has the matter; it is taken back there."""

    slug = "complaint-open"
    title = Text("投诉尚未撤回", "A complaint is open")
    detail = Text(
        "该质疑已进入投诉处理；请先撤回投诉。",
        "The challenge went on as a complaint; take the complaint back first.",
    )


class ComplaintNotYet(Conflict):
    """A complaint comes after the answer, or after the time for it."""

    slug = "complaint-not-yet"
    title = Text("尚不能投诉", "Too early for a complaint")
    detail = Text(
        "质疑答复期至 {due}；答复前、期满前不能投诉。",
        "The answer is due by {due}; a complaint comes after it, or after that day.",
    )


class WrongChallenge(Invalid):
    """What was sent cannot be a challenge; `errors` says where and why."""

    slug = "wrong-challenge"
    title = Text("质疑内容有误", "Wrong challenge")


class ComplaintClocks(NamedTuple):
    """The three deadlines of a complaint."""

    review: Deadline
    notice: Deadline
    decision: Deadline


def check_challenge(
    about: ChallengeAbout,
    current: TenderStep,
    known_on: date,
    today: date,
    terms: Terms,
    calendar: Calendar,
    *,
    told_on: date | None,
) -> Deadline:
    """Until when it is answered. Raises what stands in its way.

    What was published by `told_on` counts as known by then, whatever is said. Source: 94号令 11.
    """
    if current not in WHEN[about]:
        raise ChallengeNotNow(current=current, about=about)
    if known_on > today:
        told = Text("不得晚于今天", "not after today")
        raise WrongChallenge(errors=[FieldError("/known_on", str(known_on), told)])
    rule = terms["challenge_period"]
    last = due(rule, known_on if told_on is None else min(known_on, told_on), calendar)
    if today > last.on:
        raise TooLate(due=last.on, rule=rule.code)
    return due(terms["challenge_answer"], today, calendar)


def is_judged_anew(status: BidStatus, excluded_by: str | None, low_rules: Sequence[str]) -> bool:
    """Whether a checked bid is judged again: it stood, or the check or a low price put it out.

    What the openings found stays: nobody comes back who made no final offer.
    """
    if status is not BidStatus.DISQUALIFIED:
        return True
    return excluded_by is not None and (
        excluded_by.startswith(CONDITION) or excluded_by in low_rules
    )


def check_settling(step: ChallengeStep) -> None:
    """Raises `ChallengeSettled` unless it is open."""
    if step is not ChallengeStep.OPEN:
        raise ChallengeSettled(step=step)


def check_remedy(
    outcome: ChallengeStep, remedy: Remedy, current: TenderStep, *, is_late: bool
) -> None:
    """A remedy goes with what stands, and must fit where the purchase is.

    Once the deadline has passed there is nothing to amend: such a purchase is void.
    """
    faults = []
    if outcome is not ChallengeStep.UPHELD and remedy is not Remedy.NONE:
        faults.append(Text("不成立的不采取措施", "nothing follows from what does not stand"))
    if remedy is Remedy.RE_EVALUATE and current not in {S.EVALUATED, S.AWARDED, S.ANNOUNCED}:
        faults.append(Text("尚未评审，不能重新评审", "nothing has been evaluated yet"))
    if remedy is Remedy.AMEND and (current is not S.TENDERING or is_late):
        faults.append(Text("响应截止后不能修改文件", "documents are amended while bids are taken"))
    if faults:
        raise WrongChallenge(errors=[FieldError("/remedy", remedy, told) for told in faults])


def check_complaint(
    answer_due_on: date, answered_on: date | None, today: date, terms: Terms, calendar: Calendar
) -> ComplaintClocks:
    """The clocks of a complaint, which comes within so many days after the answer period.

    It runs from the end of the answer period, also where the answer came before that. Raises
    `ComplaintNotYet`, `TooLate`. Source: 94号令 17.
    """
    if answered_on is None and today <= answer_due_on:
        raise ComplaintNotYet(due=answer_due_on)
    rule = terms["complaint_period"]
    last = due(rule, answer_due_on, calendar)
    if today > last.on:
        raise TooLate(due=last.on, rule=rule.code)
    return ComplaintClocks(
        due(terms["complaint_review"], today, calendar),
        due(terms["complaint_notice"], today, calendar),
        due(terms["complaint_decision"], today, calendar),
    )


def holds_until(
    answer_due_on: date, decision_due_on: date | None, terms: Terms, calendar: Calendar
) -> date:
    """The last day on which an unanswered challenge of procedure or result holds a purchase up.

    The buyer's silence frees it not before the challenger may have complained; a complaint holds
    it until its decision is due. So the buyer gains nothing by silence, and neither the buyer's
    nor the challenger's holds anybody for ever. The buyer may answer all the same, at any time.
    Source: 条例 54 (no signing while it is open); 政府采购法 55–56; 94号令 17, 26.
    """
    if decision_due_on is not None:
        return decision_due_on
    return due(terms["complaint_period"], answer_due_on, calendar).on


def check_suspension(days: int, before: int, terms: Terms) -> None:
    """Suspensions for one complaint add up to thirty days at most. Source: 政府采购法 57."""
    rule = terms["suspension"]
    if not rule.admits(before + days):
        told = Text(
            f"已暂停 {before} 日，合计不得超过 {rule.value} 日（{rule.code}）",
            f"with the {before} days before, {rule.value} days at most ({rule.code})",
        )
        raise WrongChallenge(errors=[FieldError("/days", days, told)])
