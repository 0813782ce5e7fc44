"""GeoReport v2 over HTTP, in JSON and XML. Its own paging, its own refusals; our permissions."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final, cast

from fastapi import APIRouter, Depends, Form, Path, Query, Request, Response
from pydantic import AwareDatetime

from common.auth.actor import Actor
from common.auth.edge import identify, needs
from common.auth.permissions import Permission
from common.contracts.feedback import CaseKind
from common.contracts.feedback_cases import CaseChannel, CaseContact
from common.contracts.written import IN_DIGITS
from common.edge import KeyRing, Now, Session
from common.errors import NotFound, Text
from common.geo import distance_m
from common.problem_details import language_of
from feedback.domain.cases import wrong
from feedback.domain.routing import placed
from feedback.open311 import mapping, queries, rendering, shapes
from feedback.open311.faults import KeyMissing, NoPlace, Open311Route, OtherJurisdiction
from feedback.open311.rendering import Format
from feedback.settings import Settings
from feedback.usecases import cases

CHANGESET: Final = "2026-11-28T00:00:00Z"
SPECIFICATION: Final = "http://wiki.open311.org/GeoReport_v2"
WINDOW: Final = timedelta(days=90)
_SERVICE: Final = Text("诉求类别", "service")
_REQUEST: Final = Text("诉求", "service request")

Reader = Annotated[Actor, needs(Permission.COMPLAINT_READ_PUBLIC)]
Writer = Annotated[Actor, needs(Permission.COMPLAINT_WRITE)]
Listed = Annotated[str | None, Query(max_length=2000, description="逗号分隔 / comma delimited")]
Form_ = Annotated[shapes.RequestForm, Form()]
_FAULTS: Final[dict[int | str, dict[str, Any]]] = {
    status: {"model": list[shapes.Fault], "content": {"text/xml": {}}, "description": told}
    for status, told in {
        400: "请求有误 / not acceptable",
        403: "api_key 缺失或无效 / no key, or a wrong one",
        404: "没有此项 / not there",
    }.items()
}


async def _jurisdiction(
    request: Request, jurisdiction_id: Annotated[str | None, Query(max_length=80)] = None
) -> None:
    """Refuse another jurisdiction than ours."""
    _check_jurisdiction(request, jurisdiction_id)


async def _language(request: Request) -> str:
    return language_of(request)


Language = Annotated[str, Depends(_language)]
router = APIRouter(
    prefix="/open311",
    tags=["open311"],
    route_class=Open311Route,
    dependencies=[Depends(_jurisdiction)],
    responses=_FAULTS,
)


def _told(model: Any) -> dict[str, Any]:
    """How an answer is documented: one shape, two formats."""
    both = {200: {"model": model, "content": {"text/xml": {}}}}
    return {"response_model": None, "responses": both}


@router.get("/discovery.{form}", **_told(shapes.Discovery))
async def discover(request: Request, _: Reader, form: Format) -> Response:
    """Where the interface is, in which formats, and where a key comes from."""
    settings: Settings = request.state.settings
    base = str(settings.base_url).rstrip("/")
    endpoint = shapes.Endpoint(
        specification=SPECIFICATION,
        url=f"{base}/open311/v2",
        changeset=CHANGESET,
        type="production" if settings.environment == "production" else "dev",
        formats=["text/xml", "application/json"],
    )
    found = shapes.Discovery(
        changeset=CHANGESET,
        contact=settings.open311_contact,
        key_service=f"{base}/docs",
        endpoints=[endpoint],
    )
    return rendering.one(form, found, root="discovery")


@router.get("/v2/services.{form}", **_told(list[shapes.Service]))
async def list_services(session: Session, _: Reader, form: Format, language: Language) -> Response:
    """The categories for which requests are accepted."""
    found = mapping.services(await queries.categories(session), language)
    return rendering.many(form, found, root="services", each="service")


@router.get("/v2/services/{service_code}.{form}", **_told(shapes.ServiceDefinition))
async def read_service(
    session: Session, _: Reader, form: Format, service_code: str, language: Language
) -> Response:
    """What more a request of a category may say."""
    await _entry(session, service_code)
    found = mapping.definition(service_code, language)
    return rendering.one(form, found, root="service_definition")


@router.get("/v2/requests.{form}", **_told(list[shapes.ServiceRequest]))
async def list_requests(
    session: Session,
    _: Reader,
    form: Format,
    now: Now,
    language: Language,
    service_request_id: Listed = None,
    service_code: Listed = None,
    status: Listed = None,
    start_date: AwareDatetime | None = None,
    end_date: AwareDatetime | None = None,
    page: Annotated[int, Query(ge=1, le=100), IN_DIGITS] = 1,
    page_size: Annotated[int, Query(ge=1, le=500), IN_DIGITS] = 50,
) -> Response:
    """Requests, the newest first; of the last 90 days unless a range is given."""
    since, until = _range(start_date, end_date, now)
    wanted = queries.Wanted(
        numbers=_parts(service_request_id),
        codes=_parts(service_code),
        since=since,
        until=until,
        is_open=_is_open(_parts(status)),
    )
    rows = await queries.requests(session, wanted, offset=(page - 1) * page_size, limit=page_size)
    found = await _shown(session, rows, language)
    return rendering.many(form, found, root="service_requests", each="request")


@router.get("/v2/requests/{service_request_id}.{form}", **_told(list[shapes.ServiceRequest]))
async def read_request(
    session: Session,
    _: Reader,
    form: Format,
    language: Language,
    service_request_id: Annotated[str, Path(max_length=40)],
) -> Response:
    """One request; a list of one, as the specification has it."""
    wanted = queries.Wanted(numbers=[service_request_id])
    rows = await queries.requests(session, wanted, offset=0, limit=1)
    if not rows:
        raise NotFound(what=_REQUEST, key=service_request_id)
    found = await _shown(session, rows, language)
    return rendering.many(form, found, root="service_requests", each="request")


@router.get("/v2/tokens/{token}.{form}", **_told(list[shapes.Token]))
async def read_token(
    session: Session, _: Reader, form: Format, token: Annotated[str, Path(max_length=40)]
) -> Response:
    """The request of a token. Requests get their id at once, so that a token is that id."""
    rows = await queries.requests(session, queries.Wanted(numbers=[token]), offset=0, limit=1)
    if not rows:
        raise NotFound(what=_REQUEST, key=token)
    found = [shapes.Token(service_request_id=token, token=token)]
    return rendering.many(form, found, root="service_requests", each="request")


@router.get("/v2/servicerequestupdates.{form}", **_told(list[shapes.Update]))
async def list_updates(
    session: Session,
    _: Reader,
    form: Format,
    now: Now,
    service_request_id: Listed = None,
    start_date: AwareDatetime | None = None,
    end_date: AwareDatetime | None = None,
    page: Annotated[int, Query(ge=1, le=100), IN_DIGITS] = 1,
    page_size: Annotated[int, Query(ge=1, le=500), IN_DIGITS] = 50,
) -> Response:
    """What happened to requests, in order; of the last 90 days unless a range is given."""
    since, until = _range(start_date, end_date, now)
    rows = await queries.updates(
        session,
        _parts(service_request_id),
        since,
        until,
        offset=(page - 1) * page_size,
        limit=page_size,
    )
    found = [mapping.update(row.number, row.seq, row.status, row.at) for row in rows]
    return rendering.many(form, found, root="service_requests_updates", each="request_update")


@router.post("/v2/requests.{form}", **_told(list[shapes.Created]))
async def post_request(
    said: Form_,
    request: Request,
    session: Session,
    _: Writer,
    keys: KeyRing,
    form: Format,
    now: Now,
) -> Response:
    """Raise a case. The key is an access token: whose it is, the case is."""
    _check_jurisdiction(request, said.jurisdiction_id)
    by = await _poster(request, said.api_key, now)
    await _entry(session, said.service_code)
    raised = cases.Raised(
        kind=_kind(said.kind),
        category=said.service_code,
        words=said.description or said.address_string or said.service_code,
        area_code=await _area(session, said),
        may_wait=not said.address_id,
        channel=CaseChannel.OPEN311,
        lon=said.long,
        lat=said.lat,
        contact=_contact(said),
    )
    opened = await cases.open_case(session, raised, keys=keys, by=by, now=now)
    created = shapes.Created(
        service_request_id=opened.row.number, service_notice=None, account_id=None
    )
    return rendering.many(form, [created], root="service_requests", each="request")


def _check_jurisdiction(request: Request, given: str | None) -> None:
    ours = cast(Settings, request.state.settings).open311_jurisdiction
    if given not in {None, "", ours}:
        raise OtherJurisdiction(given=given, ours=ours, what=Text("辖区", "jurisdiction"))


async def _poster(request: Request, api_key: str | None, now: datetime) -> Actor:
    """Who posts: by the header, else by the key. Nobody in particular may not."""
    by = await identify(request)
    if not by.is_anonymous:
        return by
    if not api_key:
        raise KeyMissing
    found: Actor = await request.state.trust.of_token(api_key, request, now=now)
    return found


async def _entry(session: Session, code: str) -> None:
    """Raises `NotFound` when no such category is served."""
    if code not in {entry["code"] for entry in await queries.categories(session)}:
        raise NotFound(what=_SERVICE, key=code)


async def _area(session: Session, said: shapes.RequestForm) -> str:
    """The area of a request: as it says, else the town of what lies nearest to its point.

    An address alone is as good: where it names no area, the city's desk places it.
    """
    if said.address_id:
        return said.address_id
    if said.lat is None or said.long is None:
        if not said.address_string:
            raise NoPlace
        return placed(await queries.named_in(session, said.address_string))
    here = (said.long, said.lat)
    found = [row for row in await queries.near(session, *here) if row[0] is not None]
    if not found:
        raise NoPlace
    nearest = min(found, key=lambda row: distance_m(here, (row[1], row[2])))
    return str(nearest[0])[:9].ljust(12, "0")


async def _shown(session: Session, rows: Any, language: str) -> list[shapes.ServiceRequest]:
    names = {
        each.service_code: each.service_name
        for each in mapping.services(await queries.categories(session), language)
    }
    bodies = await queries.bodies(session, rows)
    return [mapping.request(row, names, bodies, language) for row in rows]


def _contact(said: shapes.RequestForm) -> CaseContact | None:
    name = f"{said.last_name or ''}{said.first_name or ''}" or None
    if not any((name, said.phone, said.address_string)):
        return None
    return CaseContact(name=name, phone=said.phone or None, address=said.address_string or None)


def _kind(given: str | None) -> CaseKind:
    if not given:
        return CaseKind.COMPLAINT
    if given not in set(CaseKind):
        listed = ", ".join(CaseKind)
        raise wrong("/attribute[kind]", given, f"须为 {listed}", f"one of {listed}")
    return CaseKind(given)


def _parts(listed: str | None) -> list[str]:
    return [part.strip() for part in (listed or "").split(",") if part.strip()]


def _is_open(states: list[str]) -> bool | None:
    if unknown := set(states) - {"open", "closed"}:
        told = ", ".join(sorted(unknown))
        raise wrong("/status", told, "须为 open 或 closed", "open or closed")
    return None if len(set(states)) != 1 else states[0] == "open"


def _range(
    start: datetime | None, end: datetime | None, now: datetime
) -> tuple[datetime, datetime]:
    """The range asked for, at most 90 days; one end alone reaches 90 days from there."""
    try:
        until = end or (now if start is None else start + WINDOW)
        since = start or until - WINDOW
    except OverflowError:
        raise wrong("/start_date", str(start or end), "超出可用日期", "beyond any date") from None
    if not timedelta(0) <= until - since <= WINDOW:
        raise wrong(
            "/end_date", str(until), "应在起始日后 90 天内", "at most 90 days after the start"
        )
    return since, until
