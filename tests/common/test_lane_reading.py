"""The lane that reads: the endpoint of a route with what it declares, and nothing else."""

from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Header, Query
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from common.auth.actor import Actor
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.auth.roles import Role
from common.auth.trust import Trust
from common.contracts.base import Model
from common.edge import Now, Session
from common.errors import NotFound, Text
from common.lane import FastLane
from common.lane_reading import reading
from common.metrics import Metrics
from common.middleware import RequestId
from common.problem_details import handlers
from common.route import TransactionRoute
from common.straight import rows
from tests.common.test_lane import Remembered
from tests.harness import Databases

ROAD = {"Content-Encoding": "identity"}
READER = needs(Permission.OFFERING_READ)
router = APIRouter(route_class=TransactionRoute)


class Thing(Model):
    """What is answered."""

    kind: str
    many: int
    about: str | None
    asked_in: str | None
    found: int


async def _about(about: str | None = None, many: int = 7) -> str | None:
    """What depends on a parameter of its own, and on one that the endpoint has, too."""
    return about and f"{about} of {many}"


@router.get("/things/{kind}")
async def thing(
    session: Session,
    _: Annotated[Actor, READER],
    now: Now,
    response: Response,
    kind: str,
    about: Annotated[str | None, Depends(_about)],
    many: Annotated[int, Query(ge=1, alias="number")] = 2,
    asked_in: Annotated[str | None, Header(alias="Accept-Language")] = None,
) -> Thing:
    """Reads with one statement."""
    [[found]] = await rows(session, "SELECT $1::int + 1", many)
    if found == 100:
        raise NotFound(what=Text("物", "thing"), key=many)
    response.headers["ETag"] = f'"v{found}"'
    return Thing(kind=kind, many=many, about=about, asked_in=asked_in, found=found)


@router.get("/written/{kind}", response_model=Thing)
async def written(request: Request, kind: str, _: Annotated[Actor, READER]) -> Response:
    """Writes its answer itself, or says that it is known."""
    headers = {"ETag": f'"{kind}"', "Vary": "Prefer"}
    if headers["ETag"] == request.headers.get("if-none-match"):
        return Response(status_code=304, headers=headers)
    return Response(b'{"kind":"%b"}' % kind.encode(), 200, headers, "application/json")


@router.get("/several")
async def several(_: Annotated[Actor, READER], of: Annotated[list[str], Query()]) -> Thing:
    """Asks for what may be told twice."""
    raise NotImplementedError(of)


@router.get("/threaded")
async def threaded(_: Annotated[Actor, READER], at: Annotated[int, Depends(lambda: 1)]) -> Thing:
    """Depends on a plain function, which goes to a thread."""
    raise NotImplementedError(at)


@pytest.fixture
def lines() -> list[dict[str, Any]]:
    """The lines of the access log."""
    return []


@pytest.fixture
async def client(
    databases: Databases, actor: Callable[..., Actor], lines: list[dict[str, Any]]
) -> AsyncIterator[httpx.AsyncClient]:
    lanes = [
        reading(router, "/things/{kind}", kind="a b"),
        reading(router, "/written/{kind}", unless=("Prefer",), kind="cup"),
    ]
    road = FastAPI(exception_handlers=handlers({}))
    road.include_router(router)
    laned = FastLane(
        RequestId(road),
        lanes,
        Metrics("registry", (), lambda **line: lines.append(line)),
        crosses=False,
    )
    async with databases.rolled_back("registry") as sessions:
        state = {"trust": Trust(Remembered(actor(Role.PUBLIC))), "sessions": sessions}
        transport = httpx.ASGITransport(_stated(laned, state))
        async with httpx.AsyncClient(transport=transport, base_url="http://lane.test") as calls:
            yield calls


def _stated(app: ASGIApp, state: dict[str, Any]) -> ASGIApp:
    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "state": dict(state)}, receive, send)

    return served


def told(answer: httpx.Response) -> tuple[Any, ...]:
    """An answer without its id."""
    named = sorted(
        (name, value) for name, value in answer.headers.items() if name != "x-request-id"
    )
    return answer.status_code, named, answer.content


@pytest.mark.parametrize("query", ["", "?number=3&about=cups&many=4", "?about="])
@pytest.mark.parametrize("headers", [{}, {"Accept-Language": "en"}])
async def test_the_lane_answers_what_the_road_would(
    client: httpx.AsyncClient, lines: list[dict[str, Any]], query: str, headers: dict[str, str]
) -> None:
    by_lane = await client.get(f"/things/a b{query}", headers=headers)
    by_road = await client.get(f"/things/a b{query}", headers={**headers, **ROAD})

    assert told(by_lane) == told(by_road)
    assert by_lane.status_code == 200
    assert [line["route"] for line in lines] == ["/things/{kind}"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("?number=0", 422),
        ("?number=x", 422),
        ("?numbr=3", 422),
        ("?number=3&number=4", 200),
        ("?number=99", 404),
    ],
)
async def test_what_is_refused_or_odd_is_answered_by_the_road(
    client: httpx.AsyncClient, lines: list[dict[str, Any]], query: str, status: int
) -> None:
    answer = await client.get(f"/things/a b{query}")

    assert answer.status_code == status
    assert lines == []


async def test_an_address_with_another_parameter_takes_the_road(
    client: httpx.AsyncClient, lines: list[dict[str, Any]]
) -> None:
    answer = await client.get("/things/other")

    assert answer.json()["kind"] == "other"
    assert lines == []


@pytest.mark.parametrize("headers", [{}, {"If-None-Match": '"cup"'}, {"If-None-Match": '"v2"'}])
async def test_what_an_endpoint_writes_itself_is_sent_as_it_is(
    client: httpx.AsyncClient, lines: list[dict[str, Any]], headers: dict[str, str]
) -> None:
    by_lane = await client.get("/written/cup", headers=headers)
    by_road = await client.get("/written/cup", headers={**headers, **ROAD})

    assert told(by_lane) == told(by_road)
    assert len(lines) == 1


async def test_with_a_named_header_it_takes_the_road(
    client: httpx.AsyncClient, lines: list[dict[str, Any]]
) -> None:
    answer = await client.get("/written/cup", headers={"Prefer": "wait=1"})

    assert answer.json() == {"kind": "cup"}
    assert lines == []


@pytest.mark.parametrize("path", ["/several", "/threaded"])
def test_what_no_lane_can_give_is_refused_at_the_start(path: str) -> None:
    with pytest.raises(TypeError):
        reading(router, path)
