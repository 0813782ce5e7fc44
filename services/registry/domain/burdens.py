"""The burden ledger: what may be asked, and how a street's month adds up. Pure."""

from collections.abc import Iterable, Mapping
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple
from uuid import UUID

from common.codes import Division
from common.contracts.registry.burdens import WorkKind
from common.errors import Conflict, FieldError, Invalid, Text


class NotOnTheList(Conflict):
    """The list does not admit it there, or not for all these days."""

    slug = "not-on-the-list"
    title = Text("未列入准入清单", "Not on the list")
    detail = Text(
        "清单事项“{title}”只适用于 {area} 自 {first} 至 {after}（不含），所报任务超出其范围。",
        'The entry "{title}" holds in {area} from {first} up to {after}; the task goes beyond it.',
    )


class TasksGoOn(Conflict):
    """Tasks rest on the entry beyond its new end."""

    slug = "tasks-go-on"
    title = Text("仍有任务未终止", "Tasks go on")
    detail = Text(
        "清单事项“{title}”在 {after} 及以后仍有 {count} 项任务，请先终止这些任务。",
        '{count} tasks of "{title}" go on at {after} or later; end them first.',
    )


class WrongEnd(Invalid):
    """A day on which it cannot end."""

    slug = "wrong-end"
    title = Text("终止日期有误", "It cannot end then")


class WrongWork(Invalid):
    """Hours that do not fit their task."""

    slug = "wrong-work"
    title = Text("工时内容有误", "Wrong hours")


class Worked(NamedTuple):
    """Hours of a month: whose, of what kind, for which task."""

    area_code: str
    kind: WorkKind
    task_id: UUID | None
    hours: float


def must_be_admitted(entry: Any, task: Any) -> None:
    """A task lies within the place and the days of its entry. Raises `NotOnTheList`."""
    place = Division.parse(entry.area_code).short
    within = task.area_code.startswith(place)
    if not (within and entry.valid_from <= task.valid_from < task.valid_to <= entry.valid_to):
        raise NotOnTheList(
            title=entry.title, area=entry.area_code, first=entry.valid_from, after=entry.valid_to
        )


def end_of(row: Any, valid_to: date, today: date) -> date:
    """Where it ends: ahead, and no later than it would; by its first day, it never begins.

    Raises `WrongEnd`.
    """
    if not today <= valid_to <= row.valid_to:
        message = (
            Text(f"须在 {today} 至 {row.valid_to} 之间", f"between {today} and {row.valid_to}")
            if today <= row.valid_to
            else Text(f"已于 {row.valid_to} 终止，不再更改", f"it ended on {row.valid_to} already")
        )
        raise WrongEnd(errors=[FieldError("/valid_to", str(valid_to), message)])
    end: date = max(valid_to, row.valid_from)
    return end


def check(work: Any, task: Any | None, today: date) -> None:
    """Refuse hours ahead of today, or that a task of another place or time would hold."""
    if work.on > today:
        raise _wrong("/on", work.on, Text("日期不能在今天之后", "the day is not ahead"))
    if task is None:
        return
    if work.kind is not WorkKind.ADMINISTRATION:
        message = Text("只有行政事务工时归属任务", "only administration belongs to a task")
        raise _wrong("/task_id", task.id, message)
    if task.area_code != work.area_code or not task.valid_from <= work.on < task.valid_to:
        message = Text("任务不属于该街镇或该日期", "the task is of another place or time")
        raise _wrong("/task_id", task.id, message)


def _wrong(pointer: str, value: object, message: Text) -> WrongWork:
    return WrongWork(errors=[FieldError(pointer, str(value), message)])


class Totals(NamedTuple):
    """A street's month."""

    service: float
    administration: float
    off_list: float
    by_task: Mapping[UUID, float]

    @property
    def share(self) -> Fraction | None:
        """Administration's share of all hours; None where nothing was logged."""
        whole = Fraction(self.service) + Fraction(self.administration)
        return Fraction(self.administration) / whole if whole else None


def totals(rows: Iterable[Worked]) -> Totals:
    """Add up the hours of one street."""
    service = administration = off_list = 0.0
    by_task: dict[UUID, float] = {}
    for row in rows:
        if row.kind is WorkKind.SERVICE:
            service += row.hours
            continue
        administration += row.hours
        if row.task_id is None:
            off_list += row.hours
        else:
            by_task[row.task_id] = by_task.get(row.task_id, 0.0) + row.hours
    return Totals(service, administration, off_list, by_task)
