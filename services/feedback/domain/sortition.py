"""Drawing by lot, again and again the same: SM3 of seed, public number and code decides the order.

The seed is bound by its SM3 before the list is known, the public number comes out after the list is
closed: neither the one who keeps the seed nor the one who keeps the list can choose who is drawn.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from common.contracts.feedback_draws import CandidateIn, DrawStatus, StratumIn
from common.crypto.digest import sm3
from common.errors import Conflict, FieldError, Invalid, Text

SEED_BYTES: Final = 32
SEPARATOR: Final = b"\x00"


class WrongDraw(Invalid):
    """What was sent cannot be; `errors` says where and why."""

    slug = "wrong-draw"
    title = Text("抽签内容有误", "Wrong draw")


class DrawCannotMove(Conflict):
    """The step does not follow from where the draw is."""

    slug = "draw-cannot-move"
    title = Text("抽签状态不允许", "The draw cannot move there")
    detail = Text("抽签当前为 {current}，不能{step}。", "The draw is {current}: no {step}.")


class ClosedTooLate(Conflict):
    """The list is closed before the day of the public number, or nothing is drawn from it."""

    slug = "closed-too-late"
    title = Text("名单冻结过晚", "Closed too late")
    detail = Text(
        "公开随机数于 {day} 产生，名单须在该日之前冻结；请另设抽签（POST /v1/draws）。",
        "The public number comes out on {day}; the list had to be closed before that day. Set up"
        " another draw (POST /v1/draws).",
    )


class PublicNumberNotOut(Conflict):
    """Nobody draws before the declared number is public."""

    slug = "public-number-not-out"
    title = Text("公开随机数尚未产生", "The public number is not out")
    detail = Text("公开随机数于 {day} 产生。", "The public number comes out on {day}.")


@dataclass(frozen=True, slots=True)
class Placed:
    """Where the lot put a candidate within the stratum, from 1; beyond the seats are reserves."""

    code: str
    stratum: str
    position: int
    is_drawn: bool


def commitment(seed: bytes) -> str:
    """What is published of the seed at the start."""
    return sm3(seed).hex()


def list_digest(candidates: Mapping[str, str]) -> str:
    """SM3 of the closed list: lines `code,stratum` in the order of codes, each with a newline."""
    lines = "".join(f"{code},{candidates[code]}\n" for code in sorted(candidates))
    return sm3(lines.encode()).hex()


def rank(seed: bytes, public_value: str, stratum: str, code: str) -> bytes:
    """What orders candidates: SM3 of the parts, with a zero byte between them."""
    return sm3(SEPARATOR.join((seed, public_value.encode(), stratum.encode(), code.encode())))


def draw(
    candidates: Mapping[str, str], seats: Mapping[str, int], seed: bytes, public_value: str
) -> list[Placed]:
    """All candidates in the order of the lot, by stratum; the first ones have the seats.

    `candidates` maps code to stratum, `seats` stratum to its number of seats.
    """
    placed: list[Placed] = []
    for stratum in sorted(seats):
        codes = [code for code, group in candidates.items() if group == stratum]
        codes.sort(key=lambda code: (rank(seed, public_value, stratum, code), code))
        placed += [
            Placed(code, stratum, at, at <= seats[stratum]) for at, code in enumerate(codes, 1)
        ]
    return placed


def check_strata(strata: Sequence[StratumIn]) -> None:
    """Raises `WrongDraw` when a stratum stands twice."""
    told = Text("分组代码重复", "each stratum once")
    codes = [stratum.code for stratum in strata]
    wrong = [
        FieldError(f"/strata/{at}/code", code, told)
        for at, code in enumerate(codes)
        if code in codes[:at]
    ]
    if wrong:
        raise WrongDraw(errors=wrong)


def check_set_up(public_on: date, today: date) -> None:
    """Raises `WrongDraw` unless there is a day left to close the list before the public number."""
    if public_on <= today:
        told = Text(
            f"须晚于今日 {today}：名单须在该日之前冻结",
            f"after today, {today}: the list is closed before that day",
        )
        raise WrongDraw(errors=[FieldError("/public_on", str(public_on), told)])


def check_closing(public_on: date, today: date) -> None:
    """Raises `ClosedTooLate` from the day of the public number on."""
    if today >= public_on:
        raise ClosedTooLate(day=public_on)


def check_candidates(
    candidates: Sequence[CandidateIn], known: Mapping[str, str], strata: Mapping[str, int]
) -> None:
    """Raises `WrongDraw`: each code once on the whole list, in a stratum that there is."""
    times = Counter(candidate.code for candidate in candidates)
    wrong = []
    for at, each in enumerate(candidates):
        if times[each.code] > 1 or each.code in known:
            told = Text("候选代码重复", "each code once")
            wrong.append(FieldError(f"/candidates/{at}/code", each.code, told))
        if each.stratum not in strata:
            told = Text("没有这个分组", "no such stratum")
            wrong.append(FieldError(f"/candidates/{at}/stratum", each.stratum, told))
    if wrong:
        raise WrongDraw(errors=wrong)


def check_enough(candidates: Mapping[str, str], seats: Mapping[str, int]) -> None:
    """Raises `WrongDraw` when a stratum has fewer candidates than seats."""
    there = Counter(candidates.values())
    wrong = [
        FieldError(
            f"/strata/{code}", there[code], Text(f"少于席位 {count}", f"below {count} seats")
        )
        for code, count in seats.items()
        if there[code] < count
    ]
    if wrong:
        raise WrongDraw(errors=wrong)


def check_step(current: DrawStatus, wanted: DrawStatus, step: Text) -> None:
    """Raises `DrawCannotMove` unless the draw is where the step begins."""
    if current is not wanted:
        raise DrawCannotMove(current=current, step=step)


def check_public_day(public_on: date, today: date) -> None:
    """Raises `PublicNumberNotOut` before the day of the public number."""
    if today < public_on:
        raise PublicNumberNotOut(day=public_on)
