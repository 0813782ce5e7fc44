"""Budget lines over HTTP: what was passed, what is spoken for, every movement."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts import procurement_budgets as contracts
from common.contracts.base import Page
from common.edge import IfMatch, Now, Session, tag
from common.errors import Conflict, NotFound, PreconditionFailed, PreconditionRequired, problems
from common.paging import After, BadPageToken, Limit, id_after, key_of, page
from common.route import TransactionRoute
from procurement import tables
from procurement.domain.ledger import BudgetExceeded
from procurement.queries import budgets as queries
from procurement.usecases import budgets as usecases

router = APIRouter(prefix="/v1", tags=["budgets"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.BUDGET_READ)]
Writer = Annotated[Actor, needs(Permission.BUDGET_WRITE)]
_EDITING = (NotFound, PreconditionFailed, PreconditionRequired)


@router.get("/budget-lines", responses=problems(BadPageToken))
async def list_budget_lines(
    session: Session,
    actor: Reader,
    year: contracts.Year | None = None,
    area: Annotated[
        str | None, Query(pattern=r"^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12})$")
    ] = None,
    buyer_id: UUID | None = None,
    source: Annotated[str | None, Query(max_length=40)] = None,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.BudgetLine]:
    """预算科目，按建立次序 / Budget lines of the caller's area, oldest first."""
    filters = queries.Filters(year=year, area=area, buyer_id=buyer_id, source=source)
    rows = await queries.page(session, actor, filters, after=id_after(after), limit=limit)
    found = page(rows, limit, lambda row: (row.id,))
    items = [queries.shown(row) for row in found["items"]]
    return Page[contracts.BudgetLine](items=items, next=found["next"])


@router.post("/budget-lines", status_code=201, responses=problems(OutOfArea, Conflict))
async def open_budget_line(
    passed: contracts.BudgetLineIn, session: Session, actor: Writer, now: Now, response: Response
) -> contracts.BudgetLine:
    """录入批复的预算科目 / Enter a budget line that was passed."""
    row = await usecases.open_line(session, passed, by=actor, now=now)
    response.headers["Location"] = f"budget-lines/{row.id}"
    return _answer(response, row)


@router.get("/budget-lines/{line_id}", responses=problems(NotFound))
async def read_budget_line(
    session: Session, actor: Reader, response: Response, line_id: UUID
) -> contracts.BudgetLine:
    """一个预算科目的额度与占用 / One line and how it stands."""
    return _answer(response, await queries.found(session, actor, line_id))


@router.post(
    "/budget-lines/{line_id}/amount", responses=problems(*_EDITING, BudgetExceeded, OutOfArea)
)
async def replan_budget_line(
    line_id: UUID,
    wanted: contracts.ReplanIn,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.BudgetLine:
    """调整预算，不得低于已占用 / Another amount, at least what is spoken for."""
    row = await usecases.replan(session, line_id, wanted, version=version, by=actor, now=now)
    return _answer(response, row)


@router.get("/budget-lines/{line_id}/entries", responses=problems(NotFound, BadPageToken))
async def list_ledger_entries(
    session: Session, actor: Reader, line_id: UUID, after: After = None, limit: Limit = 50
) -> Page[contracts.LedgerEntry]:
    """台账：每次预留、承诺、支付与调整 / Every movement of the line, in order."""
    line = await queries.found(session, actor, line_id)
    start = key_of(after, int)
    rows = await queries.entries(session, line.id, after=start[0] if start else 0, limit=limit)
    return Page[contracts.LedgerEntry].model_validate(page(rows, limit, lambda row: (row.number,)))


def _answer(response: Response, row: tables.BudgetLine) -> contracts.BudgetLine:
    tag(response, row.version)
    return queries.shown(row)
