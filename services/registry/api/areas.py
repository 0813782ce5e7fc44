"""Areas over HTTP: the tree, its history, and the areas that staff draw themselves."""

from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response

from common import geo
from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts.base import Page
from common.contracts.registry import areas as contracts
from common.contracts.registry.population import AreaPopulation
from common.contracts.written import IN_DIGITS
from common.edge import IfMatch, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.paging import After, BadPageToken, Limit, key_of, page
from common.route import TransactionRoute
from registry.api.parameters import WGS84, AreaPrefix, CoordType, OnDay, Words
from registry.domain.areas import DivisionsComeByEdition, WrongPeriod
from registry.queries import area_states as states
from registry.queries import areas as queries
from registry.queries import population as people
from registry.queries.dictionaries import UnknownWord
from registry.usecases import areas as usecases

router = APIRouter(prefix="/v1", tags=["areas"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.AREA_READ)]
Writer = Annotated[Actor, needs(Permission.AREA_WRITE)]
Shown = TypeVar("Shown", bound=contracts.Area)


async def _filters(
    on: OnDay = None,
    parent: Annotated[UUID | None, Query(description="上级区划 id")] = None,
    kind: contracts.AreaKind | None = None,
    level: Annotated[int | None, Query(ge=1, le=4), IN_DIGITS] = None,
    area_type: Annotated[str | None, Query(max_length=64)] = None,
    area: AreaPrefix = None,
    q: Words = None,
) -> queries.Filters:
    return queries.Filters(on, parent, kind, level, area_type, area, q)


Wanted = Annotated[queries.Filters, Depends(_filters)]


def placed(area: Shown, system: geo.System) -> Shown:
    """An area with its point in the system that was asked for."""
    if area.lon is None or area.lat is None or system is WGS84:
        return area
    point = geo.from_wgs84(area.lon, area.lat, system)
    return area.model_copy(update={"lon": point.lon, "lat": point.lat})


def shown(row: object, system: geo.System) -> contracts.Area:
    """A row as an area, its point in the system that was asked for."""
    return placed(contracts.Area.model_validate(row), system)


@router.get("/areas", responses=problems(BadPageToken))
async def list_areas(
    session: Session,
    _: Reader,
    wanted: Wanted,
    coordtype: CoordType = WGS84,
    after: After = None,
    limit: Limit = 50,
) -> Page[contracts.Area]:
    """Areas in order of their code, filtered; with `on` as they stood on a day."""
    rows = await queries.page(session, wanted, after=key_of(after, str, UUID), limit=limit)
    items = [shown(row, coordtype) for row in rows]
    return Page[contracts.Area](**page(items, limit, lambda area: (area.short_code, area.id)))


@router.get("/areas/by-code/{code}", responses=problems(NotFound))
async def read_area_by_code(
    session: Session,
    _: Reader,
    response: Response,
    code: Annotated[str, Path(max_length=40)],
    on: OnDay = None,
    coordtype: CoordType = WGS84,
) -> contracts.Area:
    """The area that has a code, or had it on a day."""
    row = await queries.area_by_code(session, code, on=on)
    tag(response, row.version)
    return shown(row, coordtype)


@router.get("/areas/{area_id}", responses=problems(NotFound))
async def read_area(
    session: Session,
    _: Reader,
    response: Response,
    area_id: UUID,
    coordtype: CoordType = WGS84,
) -> contracts.AreaState:
    """One area with its history, successions and members; ended ones too."""
    state = await states.state(session, area_id)
    tag(response, state.version)
    return placed(state, coordtype)


@router.get("/areas/{area_id}/ancestors", responses=problems(NotFound))
async def list_ancestors(
    session: Session, _: Reader, area_id: UUID, on: OnDay = None, coordtype: CoordType = WGS84
) -> list[contracts.Area]:
    """The areas above an area, from the city down."""
    rows = await queries.ancestors(session, area_id, on=on)
    return [shown(row, coordtype) for row in rows]


@router.get("/areas/{area_id}/children", responses=problems(NotFound, BadPageToken))
async def list_children(
    session: Session,
    _: Reader,
    area_id: UUID,
    on: OnDay = None,
    coordtype: CoordType = WGS84,
    after: After = None,
    limit: Limit = 50,
) -> Page[contracts.Area]:
    """The areas straight below an area, those outside the code among them."""
    await queries.area(session, area_id)
    wanted = queries.Filters(on=on, parent_id=area_id)
    rows = await queries.page(session, wanted, after=key_of(after, str, UUID), limit=limit)
    items = [shown(row, coordtype) for row in rows]
    return Page[contracts.Area](**page(items, limit, lambda area: (area.short_code, area.id)))


@router.get("/areas/{area_id}/population", responses=problems(NotFound))
async def read_population(session: Session, _: Reader, area_id: UUID) -> AreaPopulation:
    """How many people live there, by age band and group; counts below ten are withheld."""
    return await people.population(session, area_id)


@router.post(
    "/areas",
    status_code=201,
    responses=problems(NotFound, OutOfArea, UnknownWord, usecases.HalfPoint, usecases.WrongParent),
)
async def add_area(
    area: contracts.AreaIn,
    session: Session,
    actor: Writer,
    now: Now,
    response: Response,
    coordtype: CoordType = WGS84,
) -> contracts.Area:
    """Draw an area outside the division code: 网格, 小区, 服务圈, 片区."""
    row = await usecases.add_area(session, area, system=coordtype, by=actor, now=now)
    tag(response, row.version)
    response.headers["Location"] = f"areas/{row.id}"
    return shown(row, coordtype)


@router.patch(
    "/areas/{area_id}",
    responses=problems(
        NotFound,
        OutOfArea,
        PreconditionFailed,
        PreconditionRequired,
        UnknownWord,
        WrongPeriod,
        DivisionsComeByEdition,
        usecases.HalfPoint,
    ),
)
async def edit_area(
    area_id: UUID,
    patch: contracts.AreaPatch,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
    coordtype: CoordType = WGS84,
) -> contracts.Area:
    """Change an area. Name, code and end of a division come with an edition of the list."""
    row = await usecases.edit_area(
        session, area_id, patch, version=version, system=coordtype, by=actor, now=now
    )
    tag(response, row.version)
    return shown(row, coordtype)
