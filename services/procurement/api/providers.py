"""Provider files over HTTP: published to all, kept by the desks and by the organisation itself."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from common.auth.actor import Actor, NotYourOrganisation, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.clock import city_day
from common.codes.wrong import WrongCode
from common.contracts import procurement as published
from common.contracts import procurement_providers as contracts
from common.contracts.base import Page
from common.edge import IfMatch, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.lane_reading import reading
from common.paging import After, BadPageToken, Limit, id_after, page
from common.route import TransactionRoute
from common.rules import NoRule, RuleNotSet
from procurement import tables
from procurement.domain.providers import CannotProvide, VerifiedByItself, WrongProviderFile
from procurement.queries import providers as queries
from procurement.usecases import provider_records as records
from procurement.usecases import providers as usecases

router = APIRouter(prefix="/v1", tags=["providers"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.PROVIDER_FILE_READ)]
Writer = Annotated[Actor, needs(Permission.PROVIDER_FILE_WRITE)]
Verifier = Annotated[Actor, needs(Permission.QUALIFICATION_VERIFY)]
Excluder = Annotated[Actor, needs(Permission.EXCLUSION_WRITE)]
_REACHED = (NotFound, OutOfArea, NotYourOrganisation, WrongProviderFile)
_EDITED = (PreconditionFailed, PreconditionRequired)


async def _filters(
    category: Annotated[str | None, Query(max_length=40, description="服务类别")] = None,
    area: Annotated[
        str | None, Query(pattern=r"^[0-9]{2,12}$", description="区划有效位 / digits of a division")
    ] = None,
) -> queries.Filters:
    return queries.Filters(category, area)


@router.get("/providers", responses=problems(BadPageToken, NoRule))
async def list_providers(
    session: Session,
    _: Reader,
    now: Now,
    wanted: Annotated[queries.Filters, Depends(_filters)],
    after: After = None,
    limit: Limit = 50,
) -> Page[published.Provider]:
    """Providers by category and area, with their status today."""
    rows = await queries.page(session, wanted, after=id_after(after), limit=limit)
    found = page(rows, limit, lambda row: (row.id,))
    items = await queries.shown(session, found["items"], day=city_day(now))
    return Page[published.Provider](items=items, next=found["next"])


LANE: Final = reading(router, "/v1/providers")


@router.get("/providers/{provider_id}", responses=problems(NotFound, NoRule))
async def read_provider(
    session: Session, _: Reader, now: Now, response: Response, provider_id: UUID
) -> contracts.ProviderFile:
    """One file: status, what it lacks, every qualification, exclusion and tie."""
    row = await queries.found(session, provider_id)
    tag(response, row.version)
    return await queries.file(session, row, day=city_day(now))


@router.post(
    "/providers",
    status_code=201,
    responses=problems(*_REACHED, usecases.ProviderFileExists, CannotProvide, WrongCode, NoRule),
)
async def open_provider_file(
    wish: contracts.ProviderIn, session: Session, actor: Writer, now: Now, response: Response
) -> contracts.ProviderFile:
    """Open the file of an organisation of the registry."""
    row = await usecases.open_file(session, wish, by=actor, now=now)
    tag(response, row.version)
    response.headers["Location"] = f"providers/{row.id}"
    return await queries.file(session, row, day=city_day(now))


@router.patch("/providers/{provider_id}", responses=problems(*_REACHED, *_EDITED, NoRule))
async def edit_provider_file(
    provider_id: UUID,
    patch: contracts.ProviderPatch,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.ProviderFile:
    """Change categories, or whether it is a small enterprise; absent fields stay."""
    row = await usecases.edit(session, provider_id, patch, version=version, by=actor, now=now)
    tag(response, row.version)
    return await queries.file(session, row, day=city_day(now))


@router.post(
    "/providers/{provider_id}/qualifications",
    status_code=201,
    response_model=contracts.Qualification,
    responses=problems(*_REACHED, records.QualificationOverlaps),
)
async def add_qualification(
    provider_id: UUID,
    wish: contracts.QualificationIn,
    session: Session,
    actor: Writer,
    now: Now,
    response: Response,
) -> tables.Qualification:
    """Enter a qualification, to be verified by somebody else."""
    row = await records.add_qualification(session, provider_id, wish, by=actor, now=now)
    tag(response, row.version)
    return row


@router.post(
    "/qualifications/{qualification_id}/verification",
    response_model=contracts.Qualification,
    responses=problems(
        *(NotFound, OutOfArea, WrongProviderFile, *_EDITED),
        *(records.AlreadyVerified, VerifiedByItself),
    ),
)
async def verify_qualification(
    qualification_id: UUID,
    found: contracts.VerificationIn,
    session: Session,
    actor: Verifier,
    now: Now,
    version: IfMatch,
    response: Response,
) -> tables.Qualification:
    """Say what the original says: verified, or refused with a reason."""
    row = await records.verify(session, qualification_id, found, version=version, by=actor, now=now)
    tag(response, row.version)
    return row


@router.post(
    "/providers/{provider_id}/exclusions",
    status_code=201,
    response_model=contracts.ExclusionRecord,
    responses=problems(
        NotFound, OutOfArea, WrongProviderFile, records.ExclusionOverlaps, NoRule, RuleNotSet
    ),
)
async def exclude_provider(
    provider_id: UUID,
    wish: contracts.ExclusionIn,
    session: Session,
    actor: Excluder,
    now: Now,
    response: Response,
) -> tables.Exclusion:
    """Keep a provider out for a time, by a decision."""
    row = await records.exclude(session, provider_id, wish, by=actor, now=now)
    tag(response, row.version)
    return row


@router.post(
    "/exclusions/{exclusion_id}/lifting",
    response_model=contracts.ExclusionRecord,
    responses=problems(NotFound, OutOfArea, WrongProviderFile, *_EDITED),
)
async def lift_exclusion(
    exclusion_id: UUID,
    wish: contracts.LiftingIn,
    session: Session,
    actor: Excluder,
    now: Now,
    version: IfMatch,
    response: Response,
) -> tables.Exclusion:
    """End an exclusion early, by another decision."""
    row = await records.lift(session, exclusion_id, wish, version=version, by=actor, now=now)
    tag(response, row.version)
    return row


@router.post(
    "/providers/{provider_id}/ties",
    status_code=201,
    response_model=contracts.TieRecord,
    responses=problems(*_REACHED, records.TieOverlaps, NoRule, RuleNotSet),
)
async def add_tie(
    provider_id: UUID,
    wish: contracts.TieIn,
    session: Session,
    actor: Writer,
    now: Now,
    response: Response,
) -> tables.Tie:
    """Declare a tie as the provider, or record one as the desk."""
    row = await records.add_tie(session, provider_id, wish, by=actor, now=now)
    tag(response, row.version)
    return row


@router.post(
    "/ties/{tie_id}/end",
    response_model=contracts.TieRecord,
    responses=problems(
        *(NotFound, OutOfArea, WrongProviderFile, *_EDITED),
        *(records.RegistryTie, records.TieOverlaps, NoRule, RuleNotSet),
    ),
)
async def end_tie(
    tie_id: UUID,
    wish: contracts.TieEndIn,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> tables.Tie:
    """End a tie; it counts for the years of the law after its end."""
    row = await records.end_tie(session, tie_id, wish, version=version, by=actor, now=now)
    tag(response, row.version)
    return row
