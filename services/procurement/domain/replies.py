"""The right of reply: a statement at any time, an appeal before the evaluation counts.

Pure. An appeal is made once and decided once, by who stands above the body that judged.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from common.contracts.procurement_ratings import ReplyKind, Verdict
from common.errors import Conflict, Forbidden, Text


class ReplyPeriodOver(Conflict):
    """The evaluation counts already."""

    slug = "reply-period-over"
    title = Text("答复期已过", "The reply period is over")
    detail = Text(
        "该评价的申诉期至 {last} 止（规则 rating.reply），现只能提交陈述（kind=statement）。",
        "Appeals against it ended on {last} (rule rating.reply); a statement is still taken.",
    )


class NothingToDecide(Conflict):
    """A statement, or an appeal that was decided."""

    slug = "nothing-to-decide"
    title = Text("没有待裁定的申诉", "Nothing to decide")
    detail = Text(
        "该答复为 {kind}，裁定结果为 {verdict}；只有未裁定的申诉可以裁定。",
        "The reply is a {kind} with the verdict {verdict}; only an open appeal is decided.",
    )


class JudgeInOwnCause(Forbidden):
    """Who made the evaluation does not decide the appeal against it."""

    slug = "judge-in-own-cause"
    title = Text("不能裁定本人或本单位作出的评价", "Not one's own evaluation")
    detail = Text(
        "该评价由本人或本单位作出，申诉须由其他单位裁定。",
        "This person or organisation made the evaluation; another one decides the appeal.",
    )


class NotAboveTheJudge(Forbidden):
    """An appeal goes one level up, to who covers the body that judged."""

    slug = "not-above-the-judge"
    title = Text("申诉由上一级裁定", "Not above who judged")
    detail = Text(
        "该评价由区划 {judge} 的单位作出，申诉由其上级裁定；当前账号的辖区是 {decider}。",
        "A body of {judge} made the evaluation; one above it decides the appeal. This caller's "
        "area is {decider}.",
    )


CITY: Final = 2  # significant digits: nobody stands above, another body of the city decides


@dataclass(frozen=True, slots=True)
class Party:
    """Who judged, or who is to decide: the area by significant digits, the person, the bodies."""

    area: str | None = None
    name: str | None = None
    bodies: frozenset[UUID] = frozenset()


def check_reply(kind: ReplyKind, counts_from_on: date, today: date) -> None:
    """Raises `ReplyPeriodOver` for an appeal against what counts already."""
    if kind is ReplyKind.APPEAL and today >= counts_from_on:
        raise ReplyPeriodOver(last=counts_from_on - timedelta(days=1))


def check_decision(
    kind: ReplyKind, verdict: Verdict | None, *, judge: Party, decider: Party
) -> None:
    """Raises what forbids to decide. Source: rule rating.appeal; cf. FAR 42.1503 (one level up)."""
    if kind is not ReplyKind.APPEAL or verdict is not None:
        raise NothingToDecide(kind=kind, verdict=verdict or "-")
    is_same = judge.name is not None and judge.name == decider.name
    if is_same or judge.bodies & decider.bodies:
        raise JudgeInOwnCause
    if not _is_above(decider.area or "", judge.area):
        raise NotAboveTheJudge(judge=judge.area or "—", decider=decider.area or "—")


def body_area(area_code: str) -> str:
    """The significant digits of a division code: whose body it is, the city's or a street's."""
    lengths = (CITY, 4, 6, 9)
    return next((area_code[:n] for n in lengths if not area_code[n:].strip("0")), area_code)


def _is_above(mine: str, theirs: str | None) -> bool:
    """Of whom it is not known who judged, the city decides."""
    if theirs is None or len(mine) == CITY:
        return len(mine) == CITY and (theirs is None or theirs.startswith(mine))
    return bool(mine) and theirs.startswith(mine) and len(mine) < len(theirs)
