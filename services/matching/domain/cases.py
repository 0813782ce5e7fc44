"""Case plans: whose needs may stand together, when a plan is reviewed, when it may end. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from uuid import UUID

from common.contracts.matching import NeedStatus
from common.contracts.matching_cases import CaseOutcome, CaseStepIn, CaseStepKind
from common.errors import Conflict, FieldError, Invalid, Text

SETTLED = frozenset({NeedStatus.SERVED, NeedStatus.CLOSED, NeedStatus.WITHDRAWN, NeedStatus.UNMET})


class WrongCase(Invalid):
    """What was sent cannot be a plan; `errors` says where and why."""

    slug = "wrong-case"
    title = Text("个案内容有误", "Wrong case plan")


class CaseClosed(Conflict):
    """A closed plan is not worked on any more."""

    slug = "case-closed"
    title = Text("个案已结案", "The case is closed")
    detail = Text("个案已结案，不能再修改。", "The case is closed and is not changed any more.")


class NeedInAnotherCase(Conflict):
    """A need stands in one open plan at most; `errors` names the needs and their plans."""

    slug = "need-in-another-case"
    title = Text("需求已在其他个案中", "The need is in another case")
    detail = Text(
        "有需求已列入其他未结案的个案；请在该个案中办理，或待其结案后再列入。",
        "A need stands in another open case plan; work on it there, or close that plan first.",
    )


class NeedsStillOpen(Conflict):
    """Goals are not met while needs are open."""

    slug = "needs-still-open"
    title = Text("尚有未结的需求", "Needs are still open")
    detail = Text(
        "以目标达成结案前，以下需求须先办结：{numbers}。",
        "Before the case ends with its goals met, these needs must be settled: {numbers}.",
    )


def check_free(ids: Sequence[UUID], held: Mapping[UUID, tuple[str, str]]) -> None:
    """Refuse needs that another open plan holds, given as the numbers (need, plan) by id."""
    errors = [
        FieldError(
            f"/need_ids/{place}",
            str(need_id),
            Text(
                f"需求 {held[need_id][0]} 已列入未结案的个案 {held[need_id][1]}",
                f"need {held[need_id][0]} stands in the open case plan {held[need_id][1]}",
            ),
        )
        for place, need_id in enumerate(ids)
        if need_id in held
    ]
    if errors:
        raise NeedInAnotherCase(errors=errors)


def person(residents: Iterable[str | None]) -> str | None:
    """Whose all needs of a plan are; None when nobody is known, as without an account.

    Refuses needs of different people.
    """
    known = {resident for resident in residents if resident is not None}
    if len(known) > 1:
        told = Text(
            "个案的需求须属于同一居民；请为每位居民各建个案",
            "the needs of a plan are of one person; open a plan for each person",
        )
        raise WrongCase(errors=[FieldError("/need_ids", None, told)])
    return next(iter(known), None)


def check_review(review_on: date, today: date, days: int) -> None:
    """A review lies ahead, and no further than the rule allows."""
    last = today + timedelta(days=days)
    if not today <= review_on <= last:
        told = Text(f"应在 {today} 至 {last} 之间", f"from {today} to {last}")
        raise WrongCase(errors=[FieldError("/review_on", str(review_on), told)])


def check_step(step: CaseStepIn, today: date) -> None:
    """A referral names itself, money goes with a grant, and nothing was done tomorrow."""
    errors = []
    if (step.kind is CaseStepKind.REFERRAL) != (step.referral_id is not None):
        told = Text("转介须填写，其他不填", "goes with a referral, and only with it")
        errors.append(FieldError("/referral_id", step.referral_id, told))
    if step.amount_fen is not None and step.kind is not CaseStepKind.CHARITY_GRANT:
        told = Text("仅慈善资助填写金额", "goes with a charity grant only")
        errors.append(FieldError("/amount_fen", step.amount_fen, told))
    if errors:
        raise WrongCase(errors=errors)
    if step.done_on is not None:
        check_done(step.done_on, today)


def check_done(done_on: date, today: date) -> None:
    """Nothing was done on a day to come."""
    if done_on > today:
        told = Text("完成日期不能晚于今天", "cannot be later than today")
        raise WrongCase(errors=[FieldError("/done_on", str(done_on), told)])


def check_end(outcome: CaseOutcome, needs: Iterable[tuple[str, NeedStatus]]) -> None:
    """Goals are met only when all needs are settled; each is given as (number, status)."""
    left = [number for number, status in needs if status not in SETTLED]
    if outcome is CaseOutcome.GOALS_MET and left:
        raise NeedsStillOpen(numbers="、".join(left))
