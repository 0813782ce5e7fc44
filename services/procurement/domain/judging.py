"""Who may decide on what a body has decided: who stands above it, never the body itself.

Pure. Levels are told by the significant digits of an area: a street has nine, a district six, the
city two. The level of a body is its own, not that of the place which its decision is about.
Source: 94号令 5–6 (complaints of suppliers go to the authority of the buyer's budget, so a street's
are the district's); 行政复议法 24 (one level up; the highest reviews its own); cf. FAR 42.1503.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from common.contracts.procurement_challenges import DecidedFrom
from common.errors import Forbidden, Text

CITY: Final = 2  # significant digits: nobody stands above


class JudgeInOwnCause(Forbidden):
    """Who made a decision, or whose body did, does not decide the appeal against it."""

    slug = "judge-in-own-cause"
    title = Text("不能裁定本人或本单位作出的决定", "Not one's own decision")
    detail = Text(
        "该决定由本人或本单位作出，或事关本单位，须由其他单位裁定；市级以上无单位，由市级其他单位，"
        "或由本单位统管各条线（line 为 *）的另一人裁定。",
        "This person or body made the decision or is a party: another body decides the appeal. "
        "Above the city there is none: there another body of the city does, or another person of "
        "the same one who stands over all lines (line *).",
    )


class NotAboveTheJudge(Forbidden):
    """An appeal goes one level up, to who covers the body that judged."""

    slug = "not-above-the-judge"
    title = Text("申诉由上一级裁定", "Not above who judged")
    detail = Text(
        "该决定由区划 {judge} 的单位作出，由其上级裁定；当前账号的辖区是 {decider}。",
        "A body of {judge} made the decision; one above it decides the appeal. This caller's "
        "area is {decider}.",
    )


@dataclass(frozen=True, slots=True)
class Judge:
    """Who decided, as far as it is known: its area, the person, the body, and who is a party.

    `hands` are those who had a hand in what was decided, or in what nobody answered for.
    """

    area: str | None = None
    name: str | None = None
    body: UUID | None = None
    parties: frozenset[UUID] = frozenset()
    hands: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Decider:
    """Who is to decide on it; `over_all` who stands over all department lines."""

    area: str
    name: str
    body: UUID | None
    over_all: bool


def decided_from(judge: Judge, decider: Decider, *, by_peers: bool = False) -> DecidedFrom:
    """From where somebody decides on what another has decided.

    `by_peers`: another body of the same level may. Raises `JudgeInOwnCause`, `NotAboveTheJudge`.
    """
    at_top = len(decider.area) == CITY and (judge.area or decider.area).startswith(decider.area)
    is_own = decider.body is not None and decider.body in {judge.body, *judge.parties}
    if decider.name in {judge.name, *judge.hands} or (is_own and not (at_top and decider.over_all)):
        raise JudgeInOwnCause
    if is_own:
        return DecidedFrom.WITHIN
    if _is_above(decider.area, judge.area):
        return DecidedFrom.ABOVE
    if not at_top and not (by_peers and decider.area == judge.area):
        raise NotAboveTheJudge(judge=judge.area or "—", decider=decider.area or "—")
    if None not in {decider.body, judge.body}:
        return DecidedFrom.BESIDE
    if not (at_top and decider.over_all):  # it may be the same body
        raise JudgeInOwnCause
    return DecidedFrom.WITHIN


def body_area(*area_codes: str | None) -> str | None:
    """The highest of some division codes, by significant digits: whose body it is."""
    return min((_digits(each) for each in area_codes if each), key=len, default=None)


def _digits(area_code: str) -> str:
    lengths = (CITY, 4, 6, 9)
    return next((area_code[:n] for n in lengths if not area_code[n:].strip("0")), area_code)


def _is_above(mine: str, theirs: str | None) -> bool:
    return bool(mine and theirs) and str(theirs).startswith(mine) and len(mine) < len(str(theirs))
