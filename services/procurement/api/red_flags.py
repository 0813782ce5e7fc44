"""Red flags over HTTP: for the offices, within their area; nobody is judged by a list."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from common.auth.actor import Actor
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts import procurement_flags as contracts
from common.contracts.base import Page
from common.edge import Session
from common.errors import problems
from common.paging import After, BadPageToken, Limit, id_after, page
from common.route import TransactionRoute
from procurement.queries import guards as queries

router = APIRouter(prefix="/v1", tags=["red flags"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.RED_FLAG_READ)]


async def _filters(
    guard: contracts.Guard | None = None,
    area: Annotated[
        str | None, Query(pattern=r"^[0-9]{2,12}$", description="区划有效位 / digits of a division")
    ] = None,
    subject: Annotated[str | None, Query(max_length=40, description="记录标识或区划")] = None,
    buyer_id: UUID | None = None,
    provider_id: UUID | None = None,
    is_cleared: Annotated[bool, Query(description="只看已不成立的 / only what has ceased")] = False,
) -> queries.Filters:
    return queries.Filters(guard, area, subject, buyer_id, provider_id, is_cleared)


@router.get("/red-flags", responses=problems(BadPageToken))
async def list_red_flags(
    session: Session,
    actor: Reader,
    wanted: Annotated[queries.Filters, Depends(_filters)],
    after: After = None,
    limit: Limit = 50,
) -> Page[contracts.RedFlag]:
    """What the guards found in the caller's area, with values, records and the rule behind it."""
    rows = await queries.page(session, actor, wanted, after=id_after(after), limit=limit)
    return Page[contracts.RedFlag].model_validate(page(rows, limit, lambda row: (row.id,)))


@router.get("/red-flag-runs")
async def list_guard_runs(session: Session, _: Reader) -> list[contracts.GuardRun]:
    """The last look over everything, and which rules without a value kept it from looking."""
    run = await queries.last_run(session)
    return [] if run is None else [contracts.GuardRun.model_validate(run)]
