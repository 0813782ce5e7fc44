"""Anomalies over HTTP: questions about ratings to a person, and what that person found."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts import feedback_statistics as contracts
from common.contracts.base import Page
from common.edge import IfMatch, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.paging import After, BadPageToken, Limit, id_after, page
from common.route import TransactionRoute
from feedback.queries import anomalies as queries
from feedback.usecases import anomalies as usecases

router = APIRouter(prefix="/v1/anomalies", tags=["statistics"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.ANOMALY_READ)]
Reviewer = Annotated[Actor, needs(Permission.RATING_DECIDE)]


@router.get("", responses=problems(BadPageToken))
async def list_anomalies(
    session: Session,
    actor: Reader,
    is_reviewed: bool | None = None,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.Anomaly]:
    """评价异常提示 / Bursts, alike texts, praising devices of the area: questions, no verdicts."""
    rows = await queries.page(
        session, actor, is_reviewed=is_reviewed, after=id_after(after), limit=limit
    )
    return Page[contracts.Anomaly](**page(rows, limit, lambda row: (row.id,)))


@router.post(
    "/{anomaly_id}/review",
    responses=problems(NotFound, OutOfArea, PreconditionFailed, PreconditionRequired),
)
async def review(
    anomaly_id: UUID,
    said: contracts.ReviewIn,
    session: Session,
    actor: Reviewer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Anomaly:
    """登记查看结论 / Write down what was found; the ratings stay as they are."""
    row = await usecases.review(session, anomaly_id, said, version=version, by=actor, now=now)
    tag(response, row.version)
    return contracts.Anomaly.model_validate(row)
