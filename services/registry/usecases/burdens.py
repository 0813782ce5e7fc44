"""The burden ledger: the list kept, tasks registered against it, hours logged, a month reported."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor
from common.clock import city_day
from common.contracts.registry.areas import AreaKind
from common.contracts.registry.burdens import (
    AdmittedIn,
    BurdenReport,
    Ended,
    StreetBurden,
    TaskHours,
    TaskIn,
    WorkIn,
)
from common.contracts.registry.dictionaries import Dictionary
from common.ids import uuid7
from common.rules import RuleTable
from registry import tables
from registry.domain import burdens as domain
from registry.domain.areas import check_period
from registry.domain.space_use import Month
from registry.queries import burdens as queries
from registry.queries import dictionaries, rules
from registry.queries.references import area_id, must_exist
from registry.usecases.editing import PURPOSE, made, touch


async def admit(
    session: AsyncSession, entry: AdmittedIn, *, by: Actor, now: datetime
) -> tables.Admitted:
    """An entry of the list for the caller's area or a part of it."""
    by.must_cover(entry.area_code)
    check_period(entry.valid_from, entry.valid_to)
    await area_id(session, entry.area_code)
    words = {"/line": (Dictionary.DEPARTMENT_LINE, entry.line)}
    await dictionaries.must_know(session, words, on=city_day(now))

    row = tables.Admitted(id=uuid7(), **entry.model_dump(), **made(by, now))
    session.add(row)
    _tell(session, by, "admitted.add", ("admitted", row.id), row.area_code, entry)
    return row


async def register(
    session: AsyncSession, task: TaskIn, *, by: Actor, now: datetime
) -> tables.BurdenTask:
    """A task of a street, within its entry of the list. Raises `NotOnTheList`."""
    by.must_cover(task.area_code)
    check_period(task.valid_from, task.valid_to)
    await area_id(session, task.area_code, kinds=(AreaKind.TOWN,))
    await must_exist(session, tables.Organisation, {"/department_id": task.department_id})
    entry = await queries.entry(session, task.admitted_id)
    domain.must_be_admitted(entry, task)

    row = tables.BurdenTask(id=uuid7(), **task.model_dump(), line=entry.line, **made(by, now))
    session.add(row)
    await session.flush()
    _tell(session, by, "burden_task.register", ("burden_task", row.id), row.area_code, task)
    return row


async def end_task(
    session: AsyncSession, task_id: UUID, end: Ended, *, by: Actor, now: datetime
) -> tables.BurdenTask:
    """A task that a department wants no longer; hours that were logged for it stay."""
    row = await queries.task(session, task_id, ends=True)
    by.must_cover(row.area_code)
    _end(session, row, "burden_task", end, by=by, now=now)
    return row


async def end_admitted(
    session: AsyncSession, entry_id: UUID, end: Ended, *, by: Actor, now: datetime
) -> tables.Admitted:
    """Take an affair off the list; whoever registers a task under it waits, and is refused then.

    Raises `TasksGoOn`.
    """
    row = await queries.entry(session, entry_id, ends=True)
    by.must_cover(row.area_code)
    if count := await queries.going_on(session, row.id, end.valid_to):
        raise domain.TasksGoOn(title=row.title, after=end.valid_to, count=count)
    _end(session, row, "admitted", end, by=by, now=now)
    return row


def _end(
    session: AsyncSession,
    row: tables.Admitted | tables.BurdenTask,
    kind: str,
    end: Ended,
    *,
    by: Actor,
    now: datetime,
) -> None:
    if row.valid_to in {end.valid_to, row.valid_from}:  # as told before, or it never begins
        return
    last = domain.end_of(row, end.valid_to, city_day(now))
    before = {"valid_to": str(row.valid_to)}
    row.valid_to = last
    touch(row, by, now)
    audit.note(
        session,
        by,
        action=f"{kind}.end",
        target=(kind, row.id),
        area=row.area_code,
        before=before,
        after={"valid_to": str(last)},
        reason=end.reason,
    )


async def log(
    session: AsyncSession, work: WorkIn, *, by: Actor, now: datetime
) -> tables.BurdenWork:
    """Hours of a day, for a task or for none."""
    by.must_cover(work.area_code)
    await area_id(session, work.area_code, kinds=(AreaKind.TOWN,))
    task = None if work.task_id is None else await queries.task(session, work.task_id)
    domain.check(work, task, city_day(now))

    row = tables.BurdenWork(
        id=uuid7(), **work.model_dump(), recorded_at=now, recorded_by=by.alias(PURPOSE)
    )
    session.add(row)
    await session.flush()
    _tell(session, by, "burden_work.log", ("burden_work", row.id), row.area_code, work)
    return row


async def withdraw(session: AsyncSession, work_id: UUID, *, by: Actor, now: datetime) -> None:
    """Hours that were logged by mistake count no more; the row stays."""
    row = await queries.work(session, work_id)
    by.must_cover(row.area_code)
    if row.withdrawn_at is not None:
        return
    row.withdrawn_at, row.withdrawn_by = now, by.alias(PURPOSE)
    audit.note(
        session,
        by,
        action="burden_work.withdraw",
        target=("burden_work", row.id),
        area=row.area_code,
        before={"on": str(row.on), "kind": row.kind, "hours": row.hours},
    )


async def report(session: AsyncSession, area: str, text: str) -> BurdenReport:
    """A month of an area, street by street; who is over the cap, which task over its hours."""
    month = Month.parse(text)
    table = await rules.about(session, "burden", on=month.days[-1])
    hours = await queries.worked(session, area, month)
    tasks = await queries.tasks_of(session, hours)
    worked: dict[str, list[domain.Worked]] = defaultdict(list)
    for each in hours:
        worked[each.area_code].append(each)
    streets = [_street(code, worked[code], tasks, table, month) for code in sorted(worked)]
    by_line: dict[str, float] = defaultdict(float)
    for task in (task for street in streets for task in street.tasks):
        by_line[task.line] += task.hours
    return BurdenReport(
        area=area,
        month=text,
        streets=streets,
        hours_by_line=dict(sorted(by_line.items())),
        streets_over_cap=sum(street.is_over_cap for street in streets),
        tasks_over=sum(task.is_over for street in streets for task in street.tasks),
    )


def _street(
    code: str,
    worked: list[domain.Worked],
    tasks: Mapping[UUID, tables.BurdenTask],
    table: RuleTable,
    month: Month,
) -> StreetBurden:
    total = domain.totals(worked)
    cap = table.at(month.days[-1], code).setting("administration_share", "burden")
    share = total.share
    return StreetBurden(
        area_code=code,
        service_hours=total.service,
        administration_hours=total.administration,
        off_list_hours=total.off_list,
        administration_share=None if share is None else float(share),
        cap=float(cap.ratio),
        rule=cap.code,
        is_over_cap=share is not None and not cap.admits(share),
        tasks=[_task(tasks[key], hours) for key, hours in sorted(total.by_task.items())],
    )


def _task(row: tables.BurdenTask, hours: float) -> TaskHours:
    return TaskHours(
        task_id=row.id,
        title=row.title,
        department_id=row.department_id,
        line=row.line,
        hours_a_month=row.hours_a_month,
        hours=hours,
        is_over=hours > row.hours_a_month,
    )


def _tell(
    session: AsyncSession, by: Actor, action: str, target: tuple[str, UUID], area: str, said: Any
) -> None:
    after = said.model_dump(mode="json", exclude_none=True)
    audit.note(session, by, action=action, target=target, area=area, after=after)
