"""The routes of HSDS 3.1. Lists answer to GET and, as in the standard, to POST with a query."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from common.auth.actor import Actor
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.clock import city_day
from common.edge import Now, Session
from common.errors import NotFound, Text, problems
from common.route import TransactionRoute
from registry import tables
from registry.hsds import asking, loading, parts, queries, shapes
from registry.hsds.answering import NDJSON, Listing, answer, told, whole_answer
from registry.hsds.profile import PROFILE, VERSION
from registry.queries import dictionaries
from registry.queries.finding import Near
from registry.searching.answers import Index, having

router = APIRouter(prefix="/hsds", tags=["hsds"], route_class=TransactionRoute)
Reader = Annotated[Actor, needs(Permission.HSDS_READ, query=True)]
_LINES: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {NDJSON: {"schema": {"type": "string"}}}}
}


def _list(path: str, item: type[shapes.Shape], *more: Any) -> Callable[[Any], Any]:
    """Register a list for both methods."""

    def register(endpoint: Any) -> Any:
        refusals = problems(asking.NoSuchPage, asking.PerPageTooLarge, *more)
        for method in ("GET", "POST"):
            router.add_api_route(
                path,
                endpoint,
                methods=[method],
                response_model=shapes.Page[item],  # type: ignore[valid-type]
                responses={**_LINES, **refusals},
                operation_id=f"hsds_{endpoint.__name__}_{method.lower()}",
            )
        return endpoint

    return register


def _one(path: str, item: type[shapes.Shape]) -> Callable[[Any], Any]:
    return router.get(path, response_model=item, responses=problems(NotFound))


@router.get("/")
async def meta(request: Request, _: Reader) -> shapes.Meta:
    """标准版本、配置文件与接口文档地址 / Version, profile and OpenAPI document of this face."""
    base = str(request.state.settings.base_url).rstrip("/")  # never the Host header
    return shapes.Meta(
        version=VERSION, profile=f"{base}/hsds/profile", openapi_url=f"{base}/openapi.json"
    )


@router.get("/profile")
async def profile(_: Reader) -> shapes.Profile:
    """本接口对标准的增减与约定 / What this face adds, leaves out and decides."""
    return PROFILE


@_list("/services", shapes.Service)
async def services(
    request: Request,
    session: Session,
    _: Reader,
    asked: Annotated[asking.ServicesAsked, Query()],
    index: Index,
) -> Response:
    """服务列表 / Published services."""
    wanted = queries.Wanted(
        term_id=asked.taxonomy_term_id,
        taxonomy_id=asked.taxonomy_id,
        organization_id=asked.organization_id,
        modified_after=asked.modified_after,
    )
    ids = await queries.offering_ids(session, wanted)
    load = partial(loading.services, full=asked.full, minimal=asked.minimal)
    hits = await having(index, session, asked.search)
    return await answer(request, session, asked, Listing(ids, tables.Offering.id, load, hits))


@_one("/services/{id}", shapes.Service)
async def service(session: Session, _: Reader, id: UUID) -> Response:
    """一项服务，含全部下级 / A service in full."""
    found = await loading.services(session, [id], full=True, minimal=False)
    return told(_only(found, Text("服务", "service"), id))


@_list("/service_at_locations", shapes.ServiceAtLocation, asking.PostcodeUnknown)
async def service_at_locations(
    request: Request,
    session: Session,
    _: Reader,
    asked: Annotated[asking.PlacedAsked, Query()],
    index: Index,
) -> Response:
    """在载体提供的服务 / Services at their venues."""
    wanted = queries.Wanted(
        term_id=asked.taxonomy_term_id,
        taxonomy_id=asked.taxonomy_id,
        organization_id=asked.organization_id,
        modified_after=asked.modified_after,
        covering=asked.postcode,
        near=await _near(session, asked),
        placed=True,
    )
    ids = await queries.offering_ids(session, wanted)
    load = partial(loading.placed, full=asked.full)
    hits = await having(index, session, asked.search)
    return await answer(request, session, asked, Listing(ids, tables.Offering.id, load, hits))


@_one("/service_at_locations/{id}", shapes.ServiceAtLocation)
async def service_at_location(session: Session, _: Reader, id: UUID) -> Response:
    """在载体提供的一项服务 / A service at its venue, in full."""
    found = await loading.placed(session, [id], full=True)
    return told(_only(found, Text("服务地点", "service at location"), id))


@_list("/organizations", shapes.Organization)
async def organizations(
    request: Request,
    session: Session,
    _: Reader,
    now: Now,
    asked: Annotated[asking.OrganizationsAsked, Query()],
) -> Response:
    """机构列表 / Active organisations."""
    wanted = queries.Wanted(
        words=await dictionaries.asked(session, asked.search, on=city_day(now)),
        term_id=asked.taxonomy_term_id,
        taxonomy_id=asked.taxonomy_id,
    )
    ids = await queries.organisation_ids(session, wanted)
    load = partial(loading.organizations, full=asked.full, full_service=asked.full_service)
    return await answer(request, session, asked, Listing(ids, tables.Organisation.id, load))


@_one("/organizations/{id}", shapes.Organization)
async def organization(
    session: Session,
    _: Reader,
    id: UUID,
    full_service: Annotated[bool, Query(description="含服务全部内容 / services in full")] = False,
) -> Response:
    """一个机构，含其服务 / An organisation with its services."""
    found = await loading.organizations(
        session, [id], full=True, full_service=full_service, active=False
    )
    return told(_only(found, Text("机构", "organisation"), id))


@_list("/taxonomies", shapes.Taxonomy)
async def taxonomies(_: Reader, asked: Annotated[asking.Asked, Query()]) -> Response:
    """分类体系列表 / Taxonomies."""
    found = [parts.taxonomy(each) for each in parts.TAXONOMIES]
    return whole_answer(asked, [each for each in found if _says(asked, each)])


@_one("/taxonomies/{id}", shapes.Taxonomy)
async def taxonomy(_: Reader, id: UUID) -> Response:
    """一个分类体系 / A taxonomy."""
    found = [made for each in parts.TAXONOMIES if (made := parts.taxonomy(each)).id == id]
    return told(_only(found, Text("分类体系", "taxonomy"), id))


@_list("/taxonomy_terms", shapes.TaxonomyTerm)
async def taxonomy_terms(
    session: Session, _: Reader, asked: Annotated[asking.TermsAsked, Query()]
) -> Response:
    """词条列表 / Taxonomy terms."""
    found = [each for each in await loading.terms(session) if _says(asked, each)]
    if asked.taxonomy_id is not None:
        found = [each for each in found if each.taxonomy_id == asked.taxonomy_id]
    if asked.parent_id is not None:
        found = [each for each in found if each.parent_id == asked.parent_id]
    if asked.top_only:
        found = [each for each in found if each.parent_id is None]
    return whole_answer(asked, found)


@_one("/taxonomy_terms/{id}", shapes.TaxonomyTerm)
async def taxonomy_term(session: Session, _: Reader, id: UUID) -> Response:
    """一个词条 / A taxonomy term."""
    found = [each for each in await loading.terms(session) if each.id == id]
    return told(_only(found, Text("词条", "taxonomy term"), id))


def _only(found: Sequence[shapes.Shape], what: Text, key: UUID) -> shapes.Shape:
    if not found:
        raise NotFound(what=what, key=key)
    return found[0]


def _says(asked: asking.Asked, each: shapes.Taxonomy | shapes.TaxonomyTerm) -> bool:
    words = (asked.search or "").casefold()
    return words in f"{each.name}\n{each.description}\n{getattr(each, 'code', '')}".casefold()


async def _near(session: AsyncSession, asked: asking.PlacedAsked) -> Near | None:
    """Around the centre of the area that stands for the postcode."""
    if asked.proximity is None:
        return None
    if asked.postcode is None:
        raise asking.postcode_fault(
            None, "给出 proximity 时须有 postcode", "proximity needs a postcode"
        )
    significant = await queries.centre(session, asked.postcode)
    if significant is None:
        raise asking.postcode_fault(
            asked.postcode,
            "没有这个区划，或其中心点未登记；请改用上级区划代码",
            "no such division, or its centre is not known; try one above it",
        )
    return Near(*significant, asked.proximity)
