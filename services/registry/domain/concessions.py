"""Earning its keep 自我造血: what a space may be used for, and what that gives back. Pure.

Source: the paper, part 4 (4) 4: 可在场地租金、水电等方面给予扶持，降低服务成本，最终让居民享受
廉价、优质、多样化、可持续的社区服务. How much market use a venue bears is a rule row, not law.
"""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Final, NamedTuple
from uuid import UUID

from common.contracts.registry.concessions import ConcessionIn, SpaceUse
from common.contracts.registry.concessions import ConcessionStatus as Status
from common.contracts.shapes import SMALLEST_FIGURE
from common.errors import Conflict, FieldError, Invalid, Text
from common.rules import Rule

MARKET_SHARE: Final = "concession.market_share"
NEXT: Final[Mapping[Status, frozenset[Status]]] = {
    Status.DRAFT: frozenset({Status.GRANTED, Status.WITHDRAWN}),
    Status.GRANTED: frozenset({Status.ENDED}),
    Status.ENDED: frozenset(),
    Status.WITHDRAWN: frozenset(),
}
NAMES: Final[Mapping[Status, Text]] = {
    Status.DRAFT: Text("拟订", "a draft"),
    Status.GRANTED: Text("已授权", "granted"),
    Status.ENDED: Text("已终止", "ended"),
    Status.WITHDRAWN: Text("已撤回", "withdrawn"),
}


class ConcessionCannotMove(Conflict):
    """The life of a concession does not have this step."""

    slug = "concession-cannot-move"
    title = Text("状态不可变更", "This step is not possible")
    detail = Text(
        "该授权当前为“{current}”，不能变更为“{target}”。",
        "The concession is {current} and cannot become {target}.",
    )


class WrongConcession(Invalid):
    """A concession that promises nothing, or says too little."""

    slug = "wrong-concession"
    title = Text("授权内容有误", "The concession does not fit together")


class TooMuchMarket(Conflict):
    """Market use would take more of the venue than the rule allows."""

    slug = "too-much-market"
    title = Text("市场用途超过上限", "Too much market use")
    detail = Text(
        "授权后市场用途占建筑面积 {share}，超过规则 {rule} 的上限 {cap}；请减少面积或改为低偿。",
        "Market use would take {share} of the floor area, over the {cap} of rule {rule}; grant "
        "less, or for a low fee.",
    )


class SpaceGranted(Conflict):
    """Another concession of the space holds on some of these days."""

    slug = "space-granted"
    title = Text("该空间已授权", "The space is granted")
    detail = Text(
        "该空间在部分日期已授权他人经营。", "The space is granted to another on some of these days."
    )


class Savings(NamedTuple):
    """What a concession did for residents over a period; None where it may not be told."""

    average_price_fen: int | None
    is_promise_kept: bool | None
    saved_fen: int | None
    per_yuan: float | None


def check(use: SpaceUse, ceiling_fen: int, reference_fen: int) -> None:
    """A public or low-fee use promises no more than the market asks. Raises `WrongConcession`."""
    if use is not SpaceUse.MARKET and ceiling_fen > reference_fen:
        message = Text("不得高于市场参考价", "not above the reference price of the market")
        raise WrongConcession(errors=[FieldError("/price_ceiling_fen", ceiling_fen, message)])


def check_space(wish: ConcessionIn, venue_id: UUID, area_m2: float) -> None:
    """Refuse a room of another venue, and less floor than the room has. Raises `WrongConcession`.

    `area_m2` is what is known of the rooms that it divides into.
    """
    errors = []
    if wish.venue_id != venue_id:
        message = Text("该空间不在此载体", "the room is in another venue")
        errors.append(FieldError("/space_id", str(wish.space_id), message))
    if wish.floor_area_m2 < area_m2:
        message = Text(f"不得小于该空间的面积 {area_m2:g}", f"the room has {area_m2:g}")
        errors.append(FieldError("/floor_area_m2", wish.floor_area_m2, message))
    if errors:
        raise WrongConcession(errors=errors)


def move(current: str, target: Status, *, reason: str | None) -> Status:
    """The new status; an end or a withdrawal says why."""
    if target not in NEXT[Status(current)]:
        raise ConcessionCannotMove(current=NAMES[Status(current)], target=NAMES[target])
    if target is not Status.GRANTED and reason is None:
        message = Text("须说明终止或撤回原因", "say why it ends or is withdrawn")
        raise WrongConcession(errors=[FieldError("/reason", None, message)])
    return target


def check_share(rule: Rule, granted_m2: Iterable[float], more_m2: float, whole_m2: float) -> None:
    """Refuse market use above the venue's share. Raises `TooMuchMarket`."""
    share = Fraction((sum(granted_m2) + more_m2) / whole_m2).limit_denominator(10_000)
    if not rule.admits(share):
        cap = f"{float(rule.share):.1%}"
        raise TooMuchMarket(share=f"{float(share):.1%}", cap=cap, rule=rule.code)


def savings(
    *,
    visits: int | None,
    services: int,
    income_fen: int,
    subsidy_fen: int,
    promise: tuple[int, int],
) -> Savings:
    """What residents saved: what the market asks, less what they paid, for every service.

    `promise` is the price ceiling and the reference price. Nothing is told on fewer than ten
    visits, nor where those of some month may not be told: two answers would tell them by their
    difference. Nothing is told per yuan without a subsidy.
    """
    if visits is None or visits < SMALLEST_FIGURE or services == 0:
        return Savings(None, None, None, None)
    ceiling, reference = promise
    average = round(income_fen / services)
    saved = reference * services - income_fen
    per_yuan = saved / subsidy_fen if subsidy_fen > 0 else None
    return Savings(average, average <= ceiling, saved, per_yuan)
