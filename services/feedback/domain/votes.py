"""What a vote must be before it opens, who may cast what when, and when nothing may be counted.

Pure. Fail-closed: too early, too few, in dispute, or figures that do not agree: no result.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from common.contracts.feedback import CountingRule
from common.contracts.feedback_votes import (
    Credential,
    SheetStatus,
    VoteIn,
    VoteStatus,
    VotingUnit,
)
from common.errors import Conflict, FieldError, Invalid, Text
from feedback.domain.counting import Election, Project, Result, equal_shares, greedy
from feedback.domain.pots import unnamed

TIE_BREAK: Final = Text(
    "分摊率相同的，造价低者先；造价相同的，得票多者先；仍相同的，票号小者先。",
    "Of equal rates the lower price goes first, then more votes, then the smaller ballot number.",
)
LEAST_BALLOTS: Final = "vote.least_ballots"  # the rule: how many a result needs at the least


class WrongVote(Invalid):
    """What was sent cannot be a vote; `errors` says where and why."""

    slug = "wrong-vote"
    title = Text("票决设置有误", "Wrong vote")


class VoteCannotMove(Conflict):
    """The step does not follow from where the vote is."""

    slug = "vote-cannot-move"
    title = Text("票决状态不允许", "The vote cannot move there")
    detail = Text("票决当前为 {current}，不能{step}。", "The vote is {current}: no {step}.")


class NoticeTooShort(Conflict):
    """Rule and options have to be known for some days before anybody votes."""

    slug = "notice-too-short"
    title = Text("公布过晚", "Notice too short")
    detail = Text(
        "须在 {latest} 前公布（规则 {rule}）；请推迟投票开始时间。",
        "It had to be published before {latest} (rule {rule}); let the vote open later.",
    )


class TooFewAsked(Conflict):
    """The rule asks a result for more ballots than the public would be told."""

    slug = "too-few-ballots-asked"
    title = Text("有效票下限过低", "The vote asks for too few ballots")
    detail = Text(
        "票决的 ballots_min 为 {asked}，规则 {rule} 要求不少于 {least}；请以不低于 {least} 的"
        " ballots_min 重新设置票决（POST /v1/votes）。",
        "The vote has a ballots_min of {asked}, the rule {rule} asks for {least} or more; set it up"
        " again with no fewer than {least} (POST /v1/votes).",
    )


class VoteNotOpen(Conflict):
    """Nobody votes before the opening or after the end."""

    slug = "vote-not-open"
    title = Text("不在投票时间", "The vote is not open")
    detail = Text(
        "投票时间为 {opens_at} 至 {closes_at}；票决当前为 {current}。",
        "The vote is open from {opens_at} to {closes_at}; it is {current}.",
    )


class VoteNotOver(Conflict):
    """Nothing is opened or counted while anybody may still vote."""

    slug = "vote-not-over"
    title = Text("投票尚未截止", "The vote is not over")
    detail = Text("投票于 {closes_at} 截止。", "The vote closes at {closes_at}.")


class AlreadyVoted(Conflict):
    """One resident or household, one vote."""

    slug = "already-voted"
    title = Text("已投过票", "Already voted")
    detail = Text("一人或一户一票，本次票决已投过。", "One vote each; this one has been cast.")


class VoteDisputed(Conflict):
    """While a dispute is open nothing is counted."""

    slug = "vote-disputed"
    title = Text("票决有争议", "The vote is in dispute")
    detail = Text("争议未处理，不能计票：{reason}", "In dispute, nothing is counted: {reason}")


class DisputeOpen(Conflict):
    """A dispute stays in public until it is settled; another one does not write over it."""

    slug = "dispute-open"
    title = Text("已有争议待处理", "A dispute is open")
    detail = Text(
        "已有争议待处理：{reason}。请先处理该争议（POST /v1/votes/{vote}/settlement），再提出新的"
        "争议；待处理期间不计票。",
        "A dispute waits for its settlement: {reason}. Settle that one first"
        " (POST /v1/votes/{vote}/settlement), then put the next one down; nothing is counted"
        " meanwhile.",
    )


class SheetsUnsettled(Conflict):
    """Paper ballots have to be read alike by two people first."""

    slug = "sheets-unsettled"
    title = Text("纸质选票未核定", "Paper ballots unsettled")
    detail = Text(
        "纸质选票 {sheets} 尚未由两人录入一致或裁定。",
        "The sheets {sheets} are not yet read alike by two people, nor settled.",
    )


class FiguresDisagree(Conflict):
    """More ballots than voters, or fewer in the urns than on the roll."""

    slug = "figures-disagree"
    title = Text("票数不符", "The figures disagree")
    detail = Text(
        "名册网上 {online} 人，票箱 {sealed} 张；名册纸质 {paper} 人，纸质选票 {sheets} 张。"
        "票数不符，不能计票。误录的张号可由两人作废（voiding）。",
        "On the roll {online} online, {sealed} in the urns; {paper} on paper, {sheets} sheets: "
        "these do not agree, so nothing is counted. A sheet entered by mistake is voided by two "
        "people (`voiding`).",
    )


@dataclass(frozen=True, slots=True)
class Figures:
    """What has to agree before anything is counted."""

    online: int
    sealed: int
    paper: int
    sheets: int


def check(
    wish: VoteIn, step_fen: int, costs: Mapping[int, int], today: date, *, least: int
) -> None:
    """Raises `WrongVote`: dates, rule, credential, and money that was approved, in whole steps.

    `costs` by number; `least`: as many ballots as the rule asks for a result.
    """
    step = f"{step_fen} 分的整数倍", f"whole steps of {step_fen} fen"
    rules = CountingRule(wish.rule)
    faults = [
        (wish.closes_at > wish.opens_at, "closes_at", "须晚于开始时间", "after the opening"),
        (rules is not CountingRule.RESOLUTION, "rule", "票决须计票", "a rule that counts"),
        (
            wish.unit is VotingUnit.RESIDENT or wish.credential is Credential.CARD,
            *("credential", "一户一票须凭码", "households vote by card"),
        ),
        (wish.ballots_min <= wish.electors, "ballots_min", "不超过应投票数", "at most electors"),
        (
            wish.ballots_min >= least,
            "ballots_min",
            *(f"不少于 {least}（规则 {LEAST_BALLOTS}）", f"{least} or more ({LEAST_BALLOTS})"),
        ),
        (wish.choices_max <= len(costs), "choices_max", "不超过项目数", "at most the options"),
        (wish.pot_approved_on <= today, "pot_approved_on", "不晚于今日", "not after today"),
        (wish.pot_fen % step_fen == 0, "pot_fen", *step),
        (
            wish.pot_fen <= (wish.pot_total_fen or wish.pot_fen),
            *("pot_total_fen", "不少于 pot_fen", "at least pot_fen"),
        ),
    ]
    given = wish.model_dump(mode="json")
    wrong = [
        FieldError(f"/{name}", given[name], Text(zh, en))
        for holds, name, zh, en in faults
        if not holds
    ]
    for number, cost in costs.items():
        at = f"/proposal_ids/{number - 1}"
        if cost % step_fen:
            wrong.append(FieldError(at, cost, Text(f"造价须为{step[0]}", f"a price in {step[1]}")))
        if cost > wish.pot_fen:
            most = Text(f"造价不得超过资金总额 {wish.pot_fen} 分", f"no price above {wish.pot_fen}")
            wrong.append(FieldError(at, cost, most))
    if fault := unnamed(wish.pot_document):
        wrong.append(fault)
    if wrong:
        raise WrongVote(errors=wrong)


def check_step(current: VoteStatus, wanted: Text, *allowed: VoteStatus) -> None:
    """Raises `VoteCannotMove` unless the vote is where the step begins."""
    if current not in allowed:
        raise VoteCannotMove(current=current, step=wanted)


def check_notice(opens_at: datetime, now: datetime, days: int, rule: str) -> None:
    """Raises `NoticeTooShort` unless it is published so many days before the opening."""
    latest = opens_at - timedelta(days=days)
    if now > latest or now >= opens_at:
        raise NoticeTooShort(latest=latest.isoformat(), rule=rule)


def check_least(asked: int, least: int) -> None:
    """Raises `TooFewAsked`: a draft may be older than the rule, or than its value.

    `asked` is never more than there are electors: then they are enough as well.
    """
    if asked < least:
        raise TooFewAsked(asked=asked, least=least, rule=LEAST_BALLOTS)


def in_dispute(disputed_at: datetime | None, settled_at: datetime | None) -> bool:
    """Whether a dispute was put down and waits for its settlement."""
    return disputed_at is not None and settled_at is None


def is_open(status: str, opens_at: datetime, closes_at: datetime, now: datetime) -> bool:
    """Whether ballots are taken: from the opening on, and before the end."""
    return status == VoteStatus.PUBLISHED and opens_at <= now < closes_at


def check_choices(choices: Sequence[int], options: int, most: int) -> None:
    """Raises `WrongVote`: each option once, only what stands on the ballot, not too many.

    The refusal does not repeat what was chosen: that is nobody's but the voter's.
    """
    if len(set(choices)) != len(choices):
        told = Text("同一项目只选一次", "each option once")
    elif len(choices) > most:
        told = Text(f"最多选 {most} 项", f"at most {most} options")
    elif any(not 1 <= number <= options for number in choices):
        told = Text(f"票号为 1 至 {options}", f"ballot numbers run from 1 to {options}")
    else:
        return
    raise WrongVote(errors=[FieldError("/choices", None, told)])


def as_read(
    first: Sequence[int], second: Sequence[int] | None, settled: Sequence[int] | None
) -> SheetStatus:
    """How far a paper ballot is by its readings: two that agree, or a third that settles."""
    if settled is not None:
        return SheetStatus.SETTLED
    if second is None:
        return SheetStatus.ONCE
    return SheetStatus.AGREED if first == second else SheetStatus.DIFFERENT


def check_figures(figures: Figures) -> None:
    """Raises `FiguresDisagree`. Somebody may keep a paper ballot; nobody may bring a second one."""
    if figures.online != figures.sealed or figures.sheets > figures.paper:
        raise FiguresDisagree(
            online=figures.online,
            sealed=figures.sealed,
            paper=figures.paper,
            sheets=figures.sheets,
        )


@dataclass(frozen=True, slots=True)
class Count:
    """A result with the ballot numbers behind the places of its election."""

    numbers: tuple[int, ...]
    result: Result


def count(
    rule: CountingRule,
    costs: Mapping[int, int],
    ballots: Iterable[Sequence[int]],
    *,
    pot_fen: int,
    step_fen: int,
) -> Count:
    """The result of ballots by a rule, ties broken as published. Raises `CountTooLong`."""
    taken = [tuple(ballot) for ballot in ballots]
    votes = dict.fromkeys(costs, 0)
    for ballot in taken:
        for number in ballot:
            votes[number] += 1
    order = sorted(costs, key=lambda number: (costs[number], -votes[number], number))
    projects = [Project(str(number), costs[number]) for number in order]
    named = ([str(number) for number in ballot] for ballot in taken)
    election = Election.of(projects, named, pot_fen)
    counted = {
        CountingRule.GREEDY: lambda: greedy(election),
        CountingRule.EQUAL_SHARES_ADD_ONE: lambda: equal_shares(election, step_fen=step_fen),
    }
    return Count(tuple(order), counted[rule]())
