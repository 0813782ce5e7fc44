"""The life of a need: which step may follow which, and what each leaves behind. Pure."""

from datetime import datetime
from typing import Final

from common.codes import Division, WrongDivisionCode
from common.codes.division import Level
from common.contracts.matching import NeedStatus, RaisedBy, UnmetReason
from common.contracts.matching_needs import NeedMove, StandingClaim, StandingKind, Wishes
from common.errors import Conflict, FieldError, Invalid, Text
from common.geo import SENTENCES, System, doubt_about, to_wgs84

S = NeedStatus
STEPS: Final = {
    S.OPEN: frozenset({S.REFERRED, S.WITHDRAWN, S.UNMET}),
    S.REFERRED: frozenset({S.OPEN, S.SERVED, S.WITHDRAWN}),
    S.SERVED: frozenset({S.CLOSED, S.OPEN}),  # open: its referral was told as served by mistake
    S.UNMET: frozenset({S.OPEN, S.WITHDRAWN, S.CLOSED}),
    S.CLOSED: frozenset[NeedStatus](),
    S.WITHDRAWN: frozenset[NeedStatus](),
}
ENDED: Final = frozenset({S.CLOSED, S.WITHDRAWN})
BY_HAND: Final = frozenset({S.CLOSED, S.WITHDRAWN, S.UNMET, S.OPEN})
_STAMPS: Final = {
    S.REFERRED: "referred_at",
    S.SERVED: "served_at",
    S.CLOSED: "closed_at",
    S.WITHDRAWN: "withdrawn_at",
    S.UNMET: "unmet_at",
}
GRADES: Final = {StandingKind.DISABILITY: range(1, 5), StandingKind.CARE_GRADE: range(2, 7)}
RESIDENTS_WORDS: Final = frozenset({RaisedBy.SELF, RaisedBy.FAMILY})


class NeedCannotMove(Conflict):
    """The step does not follow from where the need is."""

    slug = "need-cannot-move"
    title = Text("需求状态不允许", "The need cannot move there")
    detail = Text(
        "需求当前为 {current}，不能转为 {wanted}；可转为：{allowed}。",
        "The need is {current} and cannot become {wanted}; it can become: {allowed}.",
    )


class ReferralUnderWay(Conflict):
    """A need that somebody is seeing to opens again when its referral ends, not by hand."""

    slug = "referral-under-way"
    title = Text("转介仍在进行", "A referral is under way")
    detail = Text(
        "需求当前为 {current}，转介仍在进行，status 不能直接改为 open；撤回转介即重新开放。",
        "The need is {current} with a referral under way, so status cannot become open by hand; "
        "withdraw the referral, and the need opens again.",
    )


class WrongNeed(Invalid):
    """What was sent cannot be a need; `errors` says where and why."""

    slug = "wrong-need"
    title = Text("需求内容有误", "Wrong need")


def step(current: NeedStatus, wanted: NeedStatus, now: datetime) -> dict[str, object]:
    """The columns that a step sets. Raises `NeedCannotMove`."""
    allowed = STEPS[current]
    if wanted not in allowed:
        told = ", ".join(sorted(allowed)) or "-"
        raise NeedCannotMove(current=current, wanted=wanted, allowed=told)
    values: dict[str, object] = {"status": wanted.value}
    if wanted in _STAMPS:
        values[_STAMPS[wanted]] = now
    if current is S.UNMET:
        values |= {"unmet_reason": None, "unmet_rule": None}
    if wanted is S.OPEN:
        values |= {"unmet_at": None, "served_at": None}
    return values


def check_move(current: NeedStatus, move: NeedMove) -> None:
    """Refuse a step that is not taken by hand from here, or that lacks its reason."""
    if move.status not in BY_HAND:
        words = ", ".join(sorted(BY_HAND))
        told = Text(f"只能为 {words}；其余由转介带来", f"one of {words}; others follow referrals")
        raise WrongNeed(errors=[FieldError("/status", move.status, told)])
    if (move.status is S.UNMET) != (move.reason is not None):
        told = Text("未满足须说明原因，其他状态不填", "a reason goes with unmet, and only with it")
        raise WrongNeed(errors=[FieldError("/reason", move.reason, told)])
    if (move.reason is UnmetReason.NOT_ELIGIBLE) != (move.rule is not None):
        told = Text("不符合条件须写明规则编号，其他原因不填", "a rule goes with not_eligible only")
        raise WrongNeed(errors=[FieldError("/rule", move.rule, told)])
    if current is S.REFERRED and move.status is S.OPEN:
        raise ReferralUnderWay(current=current)
    if current is S.SERVED and move.status is S.OPEN:  # only what was told of its referral opens it
        raise NeedCannotMove(current=current, wanted=move.status, allowed=S.CLOSED)


def check_place(area_code: str) -> None:
    """Refuse an area that is no neighbourhood."""
    try:
        if Division.parse(area_code).level is Level.NEIGHBOURHOOD:
            return
    except WrongDivisionCode:
        pass
    told = Text("应为居村委会的 12 位代码", "needs the 12-digit code of a neighbourhood")
    raise WrongNeed(errors=[FieldError("/area_code", area_code, told)])


def point(lon: float | None, lat: float | None, system: System) -> tuple[float, float] | None:
    """A chosen point in WGS-84; None when there is none. It must lie in the city."""
    if lon is None and lat is None:
        return None
    if lon is None or lat is None:
        lacking = "/lon" if lon is None else "/lat"
        raise WrongNeed(errors=[FieldError(lacking, None, Text("缺少", "missing"))])
    there = (lon, lat)
    if abs(lon) <= 180 and abs(lat) <= 90:
        there = to_wgs84(lon, lat, system)
    if (doubt := doubt_about(*there)) is not None:
        raise WrongNeed(errors=[FieldError("/lon", f"{lon},{lat}", SENTENCES[doubt])])
    return there[0], there[1]


def check_wishes(wishes: Wishes) -> None:
    """Refuse a last day before the first."""
    first, last = wishes.from_on, wishes.until_on
    if first is not None and last is not None and last < first:
        told = Text(f"不能早于最早日期 {first}", f"cannot be before the first day {first}")
        raise WrongNeed(errors=[FieldError("/wishes/until_on", str(last), told)])


def check_standing(claims: list[StandingClaim]) -> None:
    """Refuse a standing named twice, and a grade where there is none or outside its range."""
    errors = []
    seen: set[StandingKind] = set()
    for place, claim in enumerate(claims):
        grades = GRADES.get(claim.kind)
        if claim.kind in seen:
            told = Text("同一资格只填一次", "each kind of standing once")
            errors.append(FieldError(f"/standing/{place}/kind", claim.kind, told))
        if claim.grade is not None and (grades is None or claim.grade not in grades):
            text = f"{grades[0]}–{grades[-1]}" if grades else "—"
            told = Text(f"该资格的等级范围：{text}", f"grades of this standing: {text}")
            errors.append(FieldError(f"/standing/{place}/grade", claim.grade, told))
        seen.add(claim.kind)
    if errors:
        raise WrongNeed(errors=errors)


def check_raiser(raised_by: RaisedBy, *, is_resident: bool) -> None:
    """Residents speak for themselves or for their family; staff say who came to them."""
    if is_resident and raised_by not in RESIDENTS_WORDS:
        words = ", ".join(sorted(RESIDENTS_WORDS))
        told = Text(f"居民提出时应为：{words}", f"for a resident one of: {words}")
        raise WrongNeed(errors=[FieldError("/raised_by", raised_by, told)])
