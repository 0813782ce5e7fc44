"""Collective needs over HTTP: published for everybody, raised by staff, claimed by units."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from common.auth.actor import Actor, NotYourOrganisation, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts import matching_collective as contracts
from common.contracts.base import Page
from common.contracts.matching import CollectiveNeed, CollectiveNeedStatus
from common.contracts.shapes import DictionaryCode
from common.edge import IfMatch, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.paging import After, BadPageToken, Limit, key_of, page
from common.route import TransactionRoute
from matching import tables
from matching.api.parameters import AreaPrefix
from matching.domain.collective_needs import (
    CollectiveNeedCannotMove,
    CollectiveNeedSettled,
    WrongCollectiveNeed,
)
from matching.queries import collective_needs as queries
from matching.usecases import collective_needs as usecases

router = APIRouter(
    prefix="/v1/collective-needs", tags=["collective-needs"], route_class=TransactionRoute
)

Reader = Annotated[Actor, needs(Permission.COLLECTIVE_NEED_READ)]
Writer = Annotated[Actor, needs(Permission.COLLECTIVE_NEED_WRITE)]
Claimant = Annotated[Actor, needs(Permission.COLLECTIVE_NEED_CLAIM)]
_EDIT = (NotFound, OutOfArea, PreconditionFailed, PreconditionRequired)
_STEP = problems(*_EDIT, CollectiveNeedCannotMove)


@router.get("", responses=problems(BadPageToken))
async def list_needs(
    session: Session,
    _: Reader,
    area: AreaPrefix = None,
    status: CollectiveNeedStatus | None = None,
    category: Annotated[DictionaryCode | None, Query()] = None,
    claimed_by_id: Annotated[UUID | None, Query(description="认领单位 / claimed by")] = None,
    after: After = None,
    limit: Limit = 20,
) -> Page[CollectiveNeed]:
    """What neighbourhoods need together, by area; `status=open` waits to be claimed."""
    filters = queries.Filters(area, status, category, claimed_by_id)
    rows = await queries.page(session, filters, after=key_of(after, str, UUID), limit=limit)
    items = [queries.shown(row) for row in rows]
    return Page[CollectiveNeed](**page(items, limit, lambda each: (each.area_code, each.id)))


@router.get("/{need_id}", responses=problems(NotFound))
async def read_need(
    session: Session, _: Reader, response: Response, need_id: UUID
) -> CollectiveNeed:
    """One collective need as everybody may see it."""
    row = await queries.found(session, need_id)
    tag(response, row.version)
    return queries.shown(row)


@router.get("/{need_id}/case", responses=problems(NotFound))
async def read_case(
    session: Session, actor: Claimant, response: Response, need_id: UUID
) -> contracts.CollectiveNeedCase:
    """One collective need with its ground, for the desks of the area and for its claimant."""
    return _case(response, await queries.inside(session, actor, need_id))


@router.post("", status_code=201, responses=problems(OutOfArea, WrongCollectiveNeed))
async def raise_need(
    wanted: contracts.CollectiveNeedIn,
    session: Session,
    actor: Writer,
    now: Now,
    response: Response,
) -> contracts.CollectiveNeedCase:
    """Write down what many need, for how many, and what says so."""
    row = await usecases.raise_need(session, wanted, by=actor, now=now)
    response.headers["Location"] = f"collective-needs/{row.id}"
    return _case(response, row)


@router.patch("/{need_id}", responses=problems(*_EDIT, CollectiveNeedSettled))
async def edit_need(
    need_id: UUID,
    patch: contracts.CollectiveNeedPatch,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.CollectiveNeedCase:
    """Change a collective need that is not settled."""
    row = await usecases.edit_need(session, need_id, patch, version=version, by=actor, now=now)
    return _case(response, row)


@router.post(
    "/{need_id}/claim",
    responses=problems(*_EDIT, NotYourOrganisation, CollectiveNeedCannotMove, WrongCollectiveNeed),
)
async def claim_need(
    need_id: UUID,
    claim: contracts.Claim,
    session: Session,
    actor: Claimant,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.CollectiveNeedCase:
    """A unit takes it on 认领: by itself, or named by the staff of the area."""
    row = await usecases.claim_need(session, need_id, claim, version=version, by=actor, now=now)
    return _case(response, row)


@router.post(
    "/{need_id}/release", responses=problems(*_EDIT, NotYourOrganisation, CollectiveNeedCannotMove)
)
async def release_need(
    need_id: UUID,
    said: contracts.Saying,
    session: Session,
    actor: Claimant,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.CollectiveNeedCase:
    """The unit gives its claim back 退回认领, and says why: it waits to be claimed again."""
    row = await usecases.release_need(
        session, need_id, said.note, version=version, by=actor, now=now
    )
    return _case(response, row)


@router.post("/{need_id}/answer", responses=_STEP)
async def answer_need(
    need_id: UUID,
    said: contracts.Saying,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.CollectiveNeedCase:
    """It is answered: what was done."""
    row = await usecases.move_need(
        session,
        need_id,
        CollectiveNeedStatus.ANSWERED,
        said.note,
        version=version,
        by=actor,
        now=now,
    )
    return _case(response, row)


@router.post("/{need_id}/purchase", responses=_STEP)
async def send_to_purchase(
    need_id: UUID,
    said: contracts.Saying,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.CollectiveNeedCase:
    """Nobody can lend it: it goes on to the residents' agenda and a purchase."""
    row = await usecases.move_need(
        session,
        need_id,
        CollectiveNeedStatus.TO_PURCHASE,
        said.note,
        version=version,
        by=actor,
        now=now,
    )
    return _case(response, row)


@router.post("/{need_id}/reopening", responses=_STEP)
async def reopen_need(
    need_id: UUID,
    said: contracts.Saying,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.CollectiveNeedCase:
    """Nothing came of a claim, an answer or a purchase: it waits to be claimed again."""
    row = await usecases.move_need(
        session, need_id, CollectiveNeedStatus.OPEN, said.note, version=version, by=actor, now=now
    )
    return _case(response, row)


@router.post("/{need_id}/closing", responses=_STEP)
async def close_need(
    need_id: UUID,
    said: contracts.Saying,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.CollectiveNeedCase:
    """It is settled, or it was none: why."""
    row = await usecases.move_need(
        session, need_id, CollectiveNeedStatus.CLOSED, said.note, version=version, by=actor, now=now
    )
    return _case(response, row)


def _case(response: Response, row: tables.CollectiveNeed) -> contracts.CollectiveNeedCase:
    tag(response, row.version)
    return queries.case(row)
