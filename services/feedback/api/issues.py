"""Issues of several departments over HTTP: opened, led, moved on, settled."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts import feedback_issues as contracts
from common.contracts.base import Page
from common.edge import IfMatch, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.paging import After, BadPageToken, Limit, id_after, page
from common.route import TransactionRoute
from feedback import tables
from feedback.domain import issues as rules
from feedback.queries import voices as queries
from feedback.usecases import issues as usecases

router = APIRouter(prefix="/v1/issues", tags=["issues"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.ISSUE_READ)]
Writer = Annotated[Actor, needs(Permission.ISSUE_WRITE)]
_EDITING = (
    *(NotFound, OutOfArea, PreconditionFailed, PreconditionRequired),
    *(rules.IssueSettled, rules.WrongIssue),
)


@router.get("", responses=problems(BadPageToken))
async def list_issues(
    session: Session,
    actor: Reader,
    status: contracts.IssueStatus | None = None,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.Issue]:
    """The ledger of issues of the caller's area."""
    where = [queries.issues_of(actor)]
    if status is not None:
        where.append(tables.Issue.status == status)
    rows = await queries.page(session, tables.Issue, *where, after=id_after(after), limit=limit)
    return Page[contracts.Issue].model_validate(page(rows, limit, lambda row: (row.id,)))


@router.get("/{issue_id}", responses=problems(NotFound, OutOfArea))
async def read_issue(
    issue_id: UUID, session: Session, actor: Reader, response: Response
) -> contracts.IssueFile:
    """One issue with everything that happened."""
    row = await queries.found(session, tables.Issue, issue_id)
    actor.must_cover(row.area_code)
    tag(response, row.version)
    return await usecases.file(session, row)


@router.post("", status_code=201, responses=problems(NotFound, OutOfArea, rules.WrongIssue))
async def open_issue(
    wish: contracts.IssueIn, session: Session, actor: Writer, now: Now, response: Response
) -> contracts.Issue:
    """Open an issue that no single body can solve."""
    row = await usecases.open_issue(session, wish, by=actor, now=now)
    tag(response, row.version)
    return contracts.Issue.model_validate(row)


@router.patch("/{issue_id}", responses=problems(*_EDITING))
async def change_issue(
    issue_id: UUID,
    patch: contracts.IssuePatch,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Issue:
    """Another lead, other helpers, another day: with the reason."""
    row = await usecases.change(session, issue_id, patch, version=version, by=actor, now=now)
    tag(response, row.version)
    return contracts.Issue.model_validate(row)


@router.post("/{issue_id}/progress", responses=problems(*_EDITING))
async def tell_progress(
    issue_id: UUID,
    said: contracts.IssueProgress,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Issue:
    """What was done; perhaps the issue is settled with that."""
    row = await usecases.progress(session, issue_id, said, version=version, by=actor, now=now)
    tag(response, row.version)
    return contracts.Issue.model_validate(row)
