"""Bundles over HTTP: what is run together, by whom, since when."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts.base import Page
from common.contracts.registry import bundles as contracts
from common.edge import IfMatch, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.paging import After, BadPageToken, Limit, page
from common.route import TransactionRoute
from registry.api.finding import key
from registry.api.parameters import AreaPrefix
from registry.domain.areas import WrongPeriod
from registry.domain.bundles import BundleCannotMove, BundleEnded, BundleIncomplete, RunElsewhere
from registry.queries import bundles as queries
from registry.queries.references import UnknownArea, UnknownReference
from registry.usecases import bundles as usecases

router = APIRouter(prefix="/v1/bundles", tags=["bundles"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.BUNDLE_READ)]
Writer = Annotated[Actor, needs(Permission.BUNDLE_WRITE)]
_INPUT = (
    *(OutOfArea, WrongPeriod, UnknownReference),
    *(usecases.BundleCodeTaken, usecases.BeyondTheArea),
)
_EDIT = (NotFound, PreconditionFailed, PreconditionRequired, BundleIncomplete, RunElsewhere)


@router.get("", responses=problems(BadPageToken))
async def list_bundles(
    session: Session,
    actor: Reader,
    area: AreaPrefix = None,
    status: contracts.BundleStatus | None = None,
    operator_id: Annotated[UUID | None, Query(description="运营单位 / operator")] = None,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.Bundle]:
    """Bundles by area code; drafts only of the caller's own area."""
    wanted = queries.Filters(area, status, operator_id)
    rows = await queries.page(session, actor, wanted, after=key(after, None), limit=limit)
    return Page[contracts.Bundle](**page(rows, limit, lambda each: (each.area_code, each.id)))


@router.get("/{bundle_id}", responses=problems(NotFound))
async def read_bundle(
    session: Session, actor: Reader, response: Response, bundle_id: UUID
) -> contracts.Bundle:
    """One bundle."""
    return await _answer(session, actor, response, bundle_id)


@router.post("", status_code=201, responses=problems(*_INPUT, UnknownArea))
async def add_bundle(
    bundle: contracts.BundleIn, session: Session, actor: Writer, now: Now, response: Response
) -> contracts.Bundle:
    """Put a bundle together; it runs only after `status`."""
    row = await usecases.add_bundle(session, bundle, by=actor, now=now)
    response.headers["Location"] = f"bundles/{row.id}"
    return await _answer(session, actor, response, row.id)


@router.patch("/{bundle_id}", responses=problems(*_EDIT, *_INPUT, BundleEnded))
async def edit_bundle(
    bundle_id: UUID,
    patch: contracts.BundlePatch,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Bundle:
    """Change a bundle that has not ended."""
    await usecases.edit_bundle(session, bundle_id, patch, version=version, by=actor, now=now)
    return await _answer(session, actor, response, bundle_id)


@router.post("/{bundle_id}/status", responses=problems(*_EDIT, OutOfArea, BundleCannotMove))
async def move_bundle(
    bundle_id: UUID,
    step: contracts.BundleMove,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Bundle:
    """Let it run with its one operator, or end it."""
    await usecases.move_bundle(session, bundle_id, step, version=version, by=actor, now=now)
    return await _answer(session, actor, response, bundle_id)


async def _answer(
    session: Session, actor: Actor, response: Response, bundle_id: UUID
) -> contracts.Bundle:
    await session.flush()
    shown = await queries.found(session, actor, bundle_id)
    tag(response, shown.version)
    return shown
