"""Organisations over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts.base import Page
from common.contracts.registry import organisations as contracts
from common.edge import IfMatch, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.paging import After, BadPageToken, Limit, key_of, page
from common.route import TransactionRoute
from registry.api.parameters import AreaPrefix, Words
from registry.domain.areas import WrongPeriod
from registry.queries import organisation_states as states
from registry.queries import organisations as queries
from registry.queries.dictionaries import UnknownWord
from registry.usecases import organisations as usecases

router = APIRouter(prefix="/v1", tags=["organisations"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.ORGANISATION_READ)]
Writer = Annotated[Actor, needs(Permission.ORGANISATION_WRITE)]
TAKEN = (
    usecases.CreditCodeTaken,
    usecases.FilingNumberTaken,
    usecases.OrganisationCodeTaken,
    usecases.OrganisationDissolved,
)


async def _filters(
    q: Words = None,
    kind: contracts.OrganisationKind | None = None,
    platform_kind: Annotated[str | None, Query(max_length=64)] = None,
    credit_code: Annotated[str | None, Query(max_length=18)] = None,
    code: Annotated[str | None, Query(max_length=64, description="外部编码")] = None,
    line: Annotated[str | None, Query(max_length=64, description="条线")] = None,
    area: AreaPrefix = None,
    supervisor: UUID | None = None,
    status: contracts.OrganisationStatus | None = None,
) -> queries.Filters:
    return queries.Filters(
        q, kind, platform_kind, credit_code, code, line, area, supervisor, status
    )


@router.get("/organisations", responses=problems(BadPageToken))
async def list_organisations(
    session: Session,
    _: Reader,
    wanted: Annotated[queries.Filters, Depends(_filters)],
    after: After = None,
    limit: Limit = 50,
) -> Page[contracts.Organisation]:
    """Organisations by words, kind, code, area and line."""
    key = key_of(after, UUID)
    rows = await queries.page(session, wanted, after=key[0] if key else None, limit=limit)
    shown = [contracts.Organisation.model_validate(row) for row in rows]
    return Page[contracts.Organisation](**page(shown, limit, lambda each: (each.id,)))


@router.get("/organisations/{organisation_id}", responses=problems(NotFound))
async def read_organisation(
    session: Session, _: Reader, response: Response, organisation_id: UUID
) -> contracts.OrganisationState:
    """One organisation with who nurtured it, whom it nurtures, and where it lives."""
    state = await states.state(session, organisation_id)
    tag(response, state.version)
    return state


@router.post(
    "/organisations",
    status_code=201,
    responses=problems(OutOfArea, usecases.BadOrganisation, UnknownWord, *TAKEN[:3]),
)
async def add_organisation(
    organisation: contracts.OrganisationIn,
    session: Session,
    actor: Writer,
    now: Now,
    response: Response,
) -> contracts.OrganisationState:
    """Admit an organisation: by credit code, or by filing number and street (街镇备案)."""
    row = await usecases.add_organisation(session, organisation, by=actor, now=now)
    tag(response, row.version)
    response.headers["Location"] = f"organisations/{row.id}"
    return await states.state(session, row.id)


@router.patch(
    "/organisations/{organisation_id}",
    responses=problems(
        NotFound,
        OutOfArea,
        PreconditionFailed,
        PreconditionRequired,
        usecases.BadOrganisation,
        UnknownWord,
        *TAKEN,
    ),
)
async def edit_organisation(
    organisation_id: UUID,
    patch: contracts.OrganisationPatch,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.OrganisationState:
    """Change an organisation; absent fields stay."""
    row = await usecases.edit_organisation(
        session, organisation_id, patch, version=version, by=actor, now=now
    )
    await session.flush()
    tag(response, row.version)
    return await states.state(session, row.id)


@router.put(
    "/organisations/{organisation_id}/dissolution",
    responses=problems(
        NotFound,
        OutOfArea,
        PreconditionFailed,
        PreconditionRequired,
        WrongPeriod,
        usecases.OrganisationDissolved,
    ),
)
async def dissolve_organisation(
    organisation_id: UUID,
    end: contracts.Dissolution,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.OrganisationState:
    """Dissolve an organisation; its ties end that day, what it offers is suspended."""
    row = await usecases.dissolve_organisation(
        session, organisation_id, end, version=version, by=actor, now=now
    )
    await session.flush()
    tag(response, row.version)
    return await states.state(session, row.id)


@router.post(
    "/organisations/{organisation_id}/revival",
    responses=problems(
        NotFound,
        OutOfArea,
        PreconditionFailed,
        PreconditionRequired,
        usecases.OrganisationStands,
    ),
)
async def revive_organisation(
    organisation_id: UUID,
    revival: contracts.Revival,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.OrganisationState:
    """Undo a dissolution told by mistake; ties and offerings are taken up one by one."""
    row = await usecases.revive_organisation(
        session, organisation_id, reason=revival.reason, version=version, by=actor, now=now
    )
    await session.flush()
    tag(response, row.version)
    return await states.state(session, row.id)
