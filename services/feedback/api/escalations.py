"""Late steps over HTTP: what was told upwards, for those whom it was told to."""

from typing import Annotated

from fastapi import APIRouter, Query

from common.auth.actor import Actor
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts import feedback_escalations as contracts
from common.contracts.base import Page
from common.contracts.written import IN_DIGITS
from common.edge import Session
from common.errors import problems
from common.paging import After, BadPageToken, Limit, id_after, page
from common.route import TransactionRoute
from feedback import tables
from feedback.queries import late_steps as queries

router = APIRouter(prefix="/v1/escalations", tags=["cases"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.ESCALATION_READ)]


@router.get("", responses=problems(BadPageToken))
async def list_escalations(
    session: Session,
    actor: Reader,
    level: Annotated[
        int | None,
        Query(ge=1, le=3, description="1 街镇，2 区，3 市 / 1 street, 2 district, 3 city"),
        IN_DIGITS,
    ] = None,
    step: contracts.LateStep | None = None,
    open: Annotated[bool | None, Query(description="至今未办 / not done to this day")] = None,  # noqa: A002 - the word of the wire
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.Escalation]:
    """逾期上报 / Late first contacts, bad ratings and supervisions of the area that were told up.

    每步每层级上报一次；工单办结期限的升级见工单。Once a step and level; for the deadlines of cases
    see the cases.
    """
    rows = await queries.page(
        session,
        actor,
        level=level,
        step=step,
        is_open=open,
        after=id_after(after),
        limit=limit,
    )
    found = page(rows, limit, lambda row: (row[0].id,))
    items = [_shown(*row) for row in found["items"]]
    return Page[contracts.Escalation](items=items, next=found["next"])


def _shown(row: tables.Escalation, is_open: bool) -> contracts.Escalation:
    names = set(contracts.Escalation.model_fields) - {"is_open"}
    return contracts.Escalation(**{name: getattr(row, name) for name in names}, is_open=is_open)
