"""Benefits over HTTP: asked about before they are granted; the identity number is never kept."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from common.auth.actor import Actor, OutOfArea, OutOfLine
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.codes.resident import WrongResidentId
from common.contracts import matching_benefits as contracts
from common.contracts.base import Page
from common.contracts.shapes import DictionaryCode
from common.edge import IfMatch, KeyRing, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.paging import After, BadPageToken, Limit, key_of, page
from common.route import TransactionRoute
from matching.domain.benefits import BenefitVoided, DoubleBenefit, WrongBenefit
from matching.queries import benefits as queries
from matching.usecases import benefits as usecases

router = APIRouter(prefix="/v1", tags=["benefits"], route_class=TransactionRoute)

Asker = Annotated[Actor, needs(Permission.BENEFIT_CHECK, query=True)]
Clerk = Annotated[Actor, needs(Permission.BENEFIT_CHECK)]
_CHANGING = (NotFound, PreconditionFailed, PreconditionRequired, BenefitVoided)


@router.post("/benefits/check", responses=problems(WrongResidentId, WrongBenefit))
async def check_benefit(
    asked: contracts.BenefitQuery, session: Session, actor: Asker, keys: KeyRing, now: Now
) -> list[contracts.Overlap]:
    """What excludes a benefit that is about to be granted, with the rule; empty: nothing does."""
    return await usecases.check(session, asked, keys=keys, by=actor, now=now)


@router.get("/benefits", responses=problems(BadPageToken))
async def list_benefits(
    session: Session,
    actor: Clerk,
    kind: Annotated[DictionaryCode | None, Query()] = None,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.Benefit]:
    """Benefits that the area and line has granted; whose they are is not told."""
    start = key_of(after, UUID)
    since: UUID | None = start[0] if start else None
    rows = await queries.page(session, actor, kind=kind, after=since, limit=limit)
    return Page[contracts.Benefit].model_validate(page(rows, limit, lambda row: (row.id,)))


@router.get("/benefits/{benefit_id}", responses=problems(NotFound))
async def read_benefit(
    session: Session, actor: Clerk, response: Response, benefit_id: UUID
) -> contracts.Benefit:
    """One benefit of the area and line; whose it is, is not told."""
    row = await queries.found(session, actor, benefit_id)
    tag(response, row.version)
    return contracts.Benefit.model_validate(row)


@router.post(
    "/benefits",
    status_code=201,
    responses=problems(OutOfArea, OutOfLine, WrongResidentId, WrongBenefit, DoubleBenefit),
)
async def grant_benefit(
    wish: contracts.BenefitIn,
    session: Session,
    actor: Clerk,
    keys: KeyRing,
    now: Now,
    response: Response,
) -> contracts.Benefit:
    """Write down a benefit; one too many is refused unless a reason is given in `despite`."""
    row = await usecases.grant(session, wish, keys=keys, by=actor, now=now)
    response.headers["Location"] = f"benefits/{row.id}"
    tag(response, row.version)
    return contracts.Benefit.model_validate(row)


@router.post(
    "/benefits/{benefit_id}/end",
    responses=problems(*_CHANGING, WrongBenefit),
)
async def end_benefit(
    benefit_id: UUID,
    said: contracts.BenefitEnd,
    session: Session,
    actor: Clerk,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Benefit:
    """提前终止给付 / Let a benefit end earlier; more days are a benefit of their own."""
    row = await usecases.end(session, benefit_id, said, version=version, by=actor, now=now)
    tag(response, row.version)
    return contracts.Benefit.model_validate(row)


@router.post("/benefits/{benefit_id}/void", responses=problems(*_CHANGING))
async def void_benefit(
    benefit_id: UUID,
    said: contracts.BenefitVoid,
    session: Session,
    actor: Clerk,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Benefit:
    """作废登记有误的给付，自始不计入核对 / Void what was recorded by mistake; it never counted."""
    row = await usecases.void(session, benefit_id, said.reason, version=version, by=actor, now=now)
    tag(response, row.version)
    return contracts.Benefit.model_validate(row)
