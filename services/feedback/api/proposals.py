"""Proposals over HTTP: residents propose and support, the street assesses and merges."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts import feedback_agendas as agenda_contracts
from common.contracts import feedback_proposals as contracts
from common.contracts.base import Page
from common.contracts.shapes import DictionaryCode
from common.edge import IfMatch, KeyRing, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.paging import After, BadPageToken, Limit, id_after, page
from common.route import TransactionRoute
from common.rules import NoRule, RuleNotSet
from feedback import tables
from feedback.api.parameters import AreaPrefix
from feedback.domain import proposals as rules
from feedback.domain.electorate import HomeNotVerified, NotInElectorate
from feedback.queries import proposals as queries
from feedback.usecases import proposals as usecases
from feedback.usecases import voted

router = APIRouter(prefix="/v1/proposals", tags=["proposals"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.PROPOSAL_READ)]
Proposer = Annotated[Actor, needs(Permission.PROPOSAL_WRITE)]
Supporter = Annotated[Actor, needs(Permission.PROPOSAL_SUPPORT)]
Assessor = Annotated[Actor, needs(Permission.PROPOSAL_ASSESS)]
_EDITING = (
    *(NotFound, PreconditionFailed, PreconditionRequired),
    *(rules.ProposalCannotMove, rules.ProposalOnBallot, rules.ProposalBound),
)


@router.get("", responses=problems(BadPageToken))
async def list_proposals(
    session: Session,
    actor: Reader,
    area: AreaPrefix = None,
    status: contracts.ProposalStatus | None = None,
    category: Annotated[DictionaryCode | None, Query()] = None,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.Proposal]:
    """Proposals, oldest first; nobody's name stands in them."""
    filters = queries.Filters(area=area, status=status, category=category)
    rows = await queries.page(session, filters, by=actor, after=id_after(after), limit=limit)
    found = page(rows, limit, lambda row: (row.id,))
    items = [queries.shown(row, actor) for row in found["items"]]
    return Page[contracts.Proposal](items=items, next=found["next"])


@router.get("/{proposal_id}", responses=problems(NotFound))
async def read_proposal(
    session: Session, actor: Reader, response: Response, proposal_id: UUID
) -> contracts.Proposal:
    """One proposal with what became of it."""
    return _answer(response, await queries.found(session, proposal_id), actor)


@router.get("/{proposal_id}/progress", responses=problems(NotFound))
async def read_progress(
    session: Session, actor: Reader, proposal_id: UUID
) -> agenda_contracts.ProposalProgress:
    """What became of a proposal, merged or not: who carries it on, votes, purchase, ratings."""
    return await voted.progress_of_proposal(session, proposal_id, by=actor)


@router.post(
    "",
    status_code=201,
    responses=problems(HomeNotVerified, NotInElectorate, rules.WrongProposal, NoRule, RuleNotSet),
)
async def propose(
    wish: contracts.ProposalIn, session: Session, actor: Proposer, now: Now, response: Response
) -> contracts.Proposal:
    """Propose that the street buy something where one lives."""
    row = await usecases.propose(session, wish, by=actor, now=now)
    response.headers["Location"] = f"proposals/{row.id}"
    return _answer(response, row, actor)


@router.post(
    "/{proposal_id}/supports",
    responses=problems(NotFound, HomeNotVerified, NotInElectorate, rules.NotOpenToSupport),
)
async def support(
    proposal_id: UUID, session: Session, actor: Supporter, now: Now
) -> contracts.Support:
    """Support a proposal, once; again changes nothing."""
    row = await usecases.support(session, proposal_id, by=actor, now=now)
    return contracts.Support(proposal_id=row.id, is_counted=True)


@router.post(
    "/{proposal_id}/assessment", responses=problems(*_EDITING, OutOfArea, rules.WrongProposal)
)
async def assess(
    proposal_id: UUID,
    said: contracts.AssessmentOfProposalIn,
    session: Session,
    actor: Assessor,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Proposal:
    """Feasibility and price by the street, with a public reason."""
    row = await usecases.assess(session, proposal_id, said, version=version, by=actor, now=now)
    return _answer(response, row, actor)


@router.post(
    "/{proposal_id}/merger",
    responses=problems(*_EDITING, OutOfArea, rules.WrongProposal, rules.NotOpenToSupport),
)
async def merge(
    proposal_id: UUID,
    said: contracts.MergerIn,
    session: Session,
    actor: Assessor,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Proposal:
    """Merge into another proposal of the same kind; its supporters go along."""
    row = await usecases.merge(session, proposal_id, said, version=version, by=actor, now=now)
    return _answer(response, row, actor)


@router.post("/{proposal_id}/withdrawal", responses=problems(*_EDITING))
async def withdraw(
    proposal_id: UUID,
    said: contracts.WithdrawalIn,
    session: Session,
    actor: Proposer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Proposal:
    """Take back one's own proposal."""
    row = await usecases.withdraw(session, proposal_id, said, version=version, by=actor, now=now)
    return _answer(response, row, actor)


@router.post("/{proposal_id}/redaction", responses=problems(*_EDITING, OutOfArea))
async def redact(
    proposal_id: UUID,
    said: contracts.RedactionIn,
    session: Session,
    actor: Assessor,
    keys: KeyRing,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Proposal:
    """遮蔽涉及他人的内容，原文密存 / Take out what names somebody; a public reason."""
    row = await usecases.redact(
        session, proposal_id, said, version=version, keys=keys, by=actor, now=now
    )
    return _answer(response, row, actor)


@router.get("/{proposal_id}/original", responses=problems(NotFound, OutOfArea))
async def read_original(
    session: Session, actor: Assessor, keys: KeyRing, proposal_id: UUID
) -> contracts.OriginalWords:
    """遮蔽前的原文；查看留痕 / What it said before a redaction; each look is on the record."""
    return await usecases.original(session, proposal_id, keys=keys, by=actor)


def _answer(response: Response, row: tables.Proposal, actor: Actor) -> contracts.Proposal:
    tag(response, row.version)
    return queries.shown(row, actor)
