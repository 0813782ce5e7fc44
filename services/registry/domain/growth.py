"""Growing people: what a grade asks for, the life of a training plan, what is worth learning. Pure.

Source: the paper, part 2 (4): 对服务递送社工缺乏系统性的专业技能培训 …… 培训体系的不完善.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

from common.contracts.registry.growth import Lacking, PlanStatus
from common.contracts.registry.people import Qualification
from common.errors import Conflict, FieldError, Invalid, Text

NEXT: Final[Mapping[PlanStatus, frozenset[PlanStatus]]] = {
    PlanStatus.DRAFT: frozenset({PlanStatus.ADOPTED, PlanStatus.CLOSED}),
    PlanStatus.ADOPTED: frozenset({PlanStatus.CLOSED}),
    PlanStatus.CLOSED: frozenset(),
}
NAMES: Final[Mapping[PlanStatus, Text]] = {
    PlanStatus.DRAFT: Text("拟订", "a draft"),
    PlanStatus.ADOPTED: Text("已通过", "adopted"),
    PlanStatus.CLOSED: Text("已结束", "closed"),
}
_LACKING: Final[Mapping[Lacking, Text]] = {
    Lacking.YEARS: Text("下一级任职年限未满", "the years in the grade below are not served"),
    Lacking.QUALIFICATION: Text("缺少有效的职业资格", "a valid qualification is missing"),
    Lacking.EDUCATION: Text("继续教育学时落后于进度", "continuing education is behind"),
}
_QUALIFICATIONS: Final = tuple(Qualification)  # from the lowest to the highest


class GradeNotEarned(Conflict):
    """The grade asks for what the person does not have."""

    slug = "grade-not-earned"
    title = Text("尚不具备该职级的条件", "The grade is not earned yet")


class WrongGrowth(Invalid):
    """Parts of a grade, a wage or a course that contradict each other."""

    slug = "wrong-growth"
    title = Text("内容前后矛盾", "The parts contradict each other")


class PlanCannotMove(Conflict):
    """The life of a plan does not have this step."""

    slug = "plan-cannot-move"
    title = Text("状态不可变更", "This step is not possible")
    detail = Text(
        "该计划当前为“{current}”，不能变更为“{target}”。",
        "The plan is {current} and cannot become {target}.",
    )


class PlanNotAdopted(Conflict):
    """People learn by a plan that is adopted and not over."""

    slug = "plan-not-adopted"
    title = Text("计划未在执行", "The plan is not carried out")
    detail = Text(
        "该计划当前为“{current}”；通过后、结束前才能报名和登记学时。",
        "The plan is {current}; people enrol and attend while it is adopted.",
    )


class NothingToLearn(Conflict):
    """No gap and no low rating asks for a plan."""

    slug = "nothing-to-learn"
    title = Text("没有培训需求", "Nothing to learn")
    detail = Text(
        "辖区内目前没有达到规则的缺口或低评价（或所选需求已不存在），无可拟订的内容。",
        "No gap or low rating of the area reaches the rules now, or those named are gone.",
    )


class Rung(NamedTuple):
    """A grade of the ladder as it holds on a day."""

    code: str
    name: str
    rank: int
    years_below: int
    qualification: Qualification | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Somebody on a day: the last grade and since when; what is valid; whether behind."""

    grade: str | None
    since: date | None
    qualification: Qualification | None
    is_behind: bool


def next_rung(rungs: Sequence[Rung], grade: str | None) -> Rung | None:
    """The rung above a grade; the lowest for who has none, or one that holds no more."""
    rank = next((rung.rank for rung in rungs if rung.code == grade), 0)
    above = (rung for rung in rungs if rung.rank > rank)
    return min(above, key=lambda rung: rung.rank, default=None)


def served_on(since: date, years: int) -> date:
    """The day on which so many years are served; 29 February counts from 1 March."""
    try:
        return since.replace(year=since.year + years)
    except ValueError:
        return date(since.year + years, 3, 1)


def lacking(rung: Rung, standing: Standing, on: date) -> list[Lacking]:
    """What a rung asks for and somebody does not have on a day.

    Who has no grade yet is placed, not promoted: years are asked of those who have one.
    """
    found = []
    if standing.since is not None and on < served_on(standing.since, rung.years_below):
        found.append(Lacking.YEARS)
    if rung.qualification is not None and not _suffices(standing.qualification, rung.qualification):
        found.append(Lacking.QUALIFICATION)
    if standing.is_behind:
        found.append(Lacking.EDUCATION)
    return found


def must_be_earned(rungs: Sequence[Rung], grade: str, standing: Standing, on: date) -> None:
    """Refuse a grade that is unknown, skips a rung or is not earned. A lower one may be given."""
    ranks = {rung.code: rung for rung in rungs}
    rung = ranks.get(grade)
    if rung is None:
        message = Text(f"{on} 没有此职级", f"no such grade on {on}")
        raise WrongGrowth(errors=[FieldError("/grade", grade, message)])
    if standing.since is not None and on <= standing.since:
        message = Text(f"须晚于 {standing.since}", f"must be after {standing.since}")
        raise WrongGrowth(errors=[FieldError("/from_on", str(on), message)])
    current = ranks.get(standing.grade or "")
    if current is not None and rung.rank <= current.rank:
        return
    following = next_rung(rungs, standing.grade)
    if current is not None and following is not None and rung.rank > following.rank:
        message = Text(f"须先任 {following.name}", f"{following.name} comes first")
        raise GradeNotEarned(errors=[FieldError("/grade", grade, message)])
    if found := lacking(rung, standing, on):
        raise GradeNotEarned(errors=[FieldError("/grade", grade, _LACKING[each]) for each in found])


def must_have_begun(on: date, today: date) -> None:
    """Refuse a grade ahead of its day: it would show at once. Raises `WrongGrowth`."""
    if on > today:
        message = Text(
            f"不能晚于今天 {today}；届时再登记", f"not after today, {today}: record it on that day"
        )
        raise WrongGrowth(errors=[FieldError("/from_on", str(on), message)])


def _suffices(held: Qualification | None, asked: Qualification) -> bool:
    return held is not None and _QUALIFICATIONS.index(held) >= _QUALIFICATIONS.index(asked)


def check_wage(low: int, middle: int, high: int) -> None:
    """Refuse a line whose middle lies outside its ends."""
    if not low <= middle <= high:
        message = Text("须在下限与上限之间", "between low and high")
        raise WrongGrowth(errors=[FieldError("/middle_fen", middle, message)])


def move(current: str, target: PlanStatus) -> PlanStatus:
    """The new status. Raises `PlanCannotMove`."""
    if target not in NEXT[PlanStatus(current)]:
        raise PlanCannotMove(current=NAMES[PlanStatus(current)], target=NAMES[target])
    return target


def must_be_adopted(current: str) -> None:
    """Raises `PlanNotAdopted`."""
    if current != PlanStatus.ADOPTED:
        raise PlanNotAdopted(current=NAMES[PlanStatus(current)])
