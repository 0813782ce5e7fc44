"""The burden ledger over HTTP: what may come down, what did, and a month's report in one call."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.clock import city_day
from common.contracts.base import Page
from common.contracts.registry import burdens as contracts
from common.edge import Now, Session
from common.errors import NotFound, problems
from common.paging import After, BadPageToken, Limit, key_of, page
from common.route import TransactionRoute
from common.rules import NoRule, RuleNotSet
from registry.api.space_use import District, InMonth
from registry.domain.areas import WrongPeriod
from registry.domain.burdens import NotOnTheList, TasksGoOn, WrongEnd, WrongWork
from registry.queries import burdens as queries
from registry.queries.dictionaries import UnknownWord
from registry.queries.references import UnknownArea, UnknownReference
from registry.usecases import burdens as usecases

router = APIRouter(prefix="/v1/burden", tags=["burden"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.BURDEN_READ)]
Writer = Annotated[Actor, needs(Permission.BURDEN_WRITE)]
Logger = Annotated[Actor, needs(Permission.BURDEN_LOG)]


@router.get("/admitted", responses=problems(OutOfArea, BadPageToken))
async def list_admitted(
    session: Session,
    actor: Reader,
    now: Now,
    area: District,
    on: Annotated[date | None, Query(description="该日有效，默认今天 / on a day, today")] = None,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.Admitted]:
    """The list: what may be asked of an area on a day, with its basis."""
    actor.must_cover(area)
    (at,) = key_of(after, UUID) or (None,)
    rows = await queries.entries(session, area, on or city_day(now), after=at, limit=limit)
    told = page(rows, limit, lambda row: (row.id,))
    items = [contracts.Admitted.model_validate(row) for row in told["items"]]
    return Page[contracts.Admitted](items=items, next=told["next"])


@router.post(
    "/admitted",
    status_code=201,
    responses=problems(OutOfArea, WrongPeriod, UnknownArea, UnknownWord),
)
async def admit(
    entry: contracts.AdmittedIn, session: Session, actor: Writer, now: Now
) -> contracts.Admitted:
    """Put an affair on the list, for a time, with its basis."""
    row = await usecases.admit(session, entry, by=actor, now=now)
    await session.flush()
    return contracts.Admitted.model_validate(row)


@router.post(
    "/admitted/{entry_id}/end", responses=problems(NotFound, OutOfArea, WrongEnd, TasksGoOn)
)
async def end_admitted(
    entry_id: UUID, end: contracts.Ended, session: Session, actor: Writer, now: Now
) -> contracts.Admitted:
    """Take an affair off the list from a day on, once none of its tasks goes on."""
    row = await usecases.end_admitted(session, entry_id, end, by=actor, now=now)
    return contracts.Admitted.model_validate(row)


@router.get("/tasks", responses=problems(BadPageToken))
async def list_tasks(
    session: Session, actor: Reader, area: District, after: After = None, limit: Limit = 20
) -> Page[contracts.Task]:
    """Tasks that departments registered in an area."""
    (at,) = key_of(after, UUID) or (None,)
    rows = await queries.tasks(session, actor, area, after=at, limit=limit)
    told = page(rows, limit, lambda row: (row.id,))
    items = [contracts.Task.model_validate(row) for row in told["items"]]
    return Page[contracts.Task](items=items, next=told["next"])


@router.post(
    "/tasks",
    status_code=201,
    responses=problems(
        *(NotFound, OutOfArea, WrongPeriod, UnknownArea, UnknownReference, NotOnTheList)
    ),
)
async def register_task(
    task: contracts.TaskIn, session: Session, actor: Writer, now: Now
) -> contracts.Task:
    """Register what a department asks of a street; what is not on the list is refused."""
    row = await usecases.register(session, task, by=actor, now=now)
    return contracts.Task.model_validate(row)


@router.post("/tasks/{task_id}/end", responses=problems(NotFound, OutOfArea, WrongEnd))
async def end_task(
    task_id: UUID, end: contracts.Ended, session: Session, actor: Writer, now: Now
) -> contracts.Task:
    """End a task that is wanted no longer; hours that were logged stay."""
    row = await usecases.end_task(session, task_id, end, by=actor, now=now)
    return contracts.Task.model_validate(row)


@router.post(
    "/work", status_code=201, responses=problems(NotFound, OutOfArea, UnknownArea, WrongWork)
)
async def log_work(
    work: contracts.WorkIn, session: Session, actor: Logger, now: Now
) -> contracts.Work:
    """Log hours as service or administration; administration without a task shows as such."""
    row = await usecases.log(session, work, by=actor, now=now)
    return contracts.Work.model_validate(row)


@router.delete("/work/{work_id}", status_code=204, responses=problems(NotFound, OutOfArea))
async def withdraw_work(work_id: UUID, session: Session, actor: Logger, now: Now) -> None:
    """Withdraw hours that were logged by mistake; withdrawn already, they stay so."""
    await usecases.withdraw(session, work_id, by=actor, now=now)


@router.get("/report", responses=problems(OutOfArea, NoRule, RuleNotSet))
async def read_report(
    session: Session, actor: Reader, area: District, month: InMonth
) -> contracts.BurdenReport:
    """一键报表 / A month of an area, street by street, against the cap."""
    actor.must_cover(area)
    return await usecases.report(session, area, month)
