"""The life of a programme and its plan over the years. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from common.contracts.registry.programmes import ProgrammeStatus as Status
from common.errors import Conflict, FieldError, Invalid, Text

NEXT: Final[Mapping[Status, frozenset[Status]]] = {
    Status.DRAFT: frozenset({Status.PUBLISHED, Status.DROPPED}),
    Status.PUBLISHED: frozenset({Status.ENDED}),
    Status.ENDED: frozenset(),
    Status.DROPPED: frozenset(),
}
ENDED: Final = frozenset({Status.ENDED, Status.DROPPED})
NAMES: Final[Mapping[Status, Text]] = {
    Status.DRAFT: Text("拟订", "a draft"),
    Status.PUBLISHED: Text("已公布", "published"),
    Status.ENDED: Text("已结束", "ended"),
    Status.DROPPED: Text("已取消", "dropped"),
}


class ProgrammeCannotMove(Conflict):
    """The life of a programme does not have this step."""

    slug = "programme-cannot-move"
    title = Text("状态不可变更", "This step is not possible")
    detail = Text(
        "该项目当前为“{current}”，不能变更为“{target}”。",
        "The programme is {current} and cannot become {target}.",
    )


class ProgrammeEnded(Conflict):
    """What has ended stays as it was."""

    slug = "programme-ended"
    title = Text("项目已结束", "The programme has ended")
    detail = Text("已结束或已取消的项目不可修改。", "What has ended or was dropped is not edited.")


class WrongProgramme(Invalid):
    """Parts of a programme that contradict each other."""

    slug = "wrong-programme"
    title = Text("项目信息前后矛盾", "The programme contradicts itself")


def check(programme: Mapping[str, Any]) -> None:
    """Refuse years outside the programme's days, and a year planned twice."""
    if found := list(_faults(programme)):
        raise WrongProgramme(errors=found)


def _faults(programme: Mapping[str, Any]) -> Iterator[FieldError]:
    begins, ends = programme["valid_from"], programme["valid_to"]
    if ends <= begins:
        yield FieldError("/valid_to", str(ends), Text("须晚于起始日期", "later than the first day"))
        return
    years = [each["year"] for each in programme["years"]]
    repeated = Counter(years)
    for index, year in enumerate(years):
        if repeated[year] > 1:
            yield FieldError(f"/years/{index}/year", year, Text("年度重复", "planned twice"))
        elif year < begins.year or year > ends.year:
            message = Text("不在项目期限之内", "outside the programme's days")
            yield FieldError(f"/years/{index}/year", year, message)


def move(current: str, target: Status, *, reason: str | None) -> Status:
    """The new status. Raises `ProgrammeCannotMove`, or `WrongProgramme` for an end without why."""
    if target not in NEXT[Status(current)]:
        raise ProgrammeCannotMove(current=NAMES[Status(current)], target=NAMES[target])
    if target in ENDED and reason is None:
        message = Text("结束或取消须说明原因", "say why it ends")
        raise WrongProgramme(errors=[FieldError("/reason", None, message)])
    return target
