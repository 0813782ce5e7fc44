"""RFC 9457 on the wire: every refusal becomes `application/problem+json`, in Chinese or English."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from reprlib import Repr
from typing import Any

import asyncpg
import orjson
import structlog
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match

from common.errors import Conflict, FieldError, Invalid, Problem, Text, Unavailable
from common.validation import field_error

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"

# SQLSTATE classes that mean "later, not never": connection, resources, shutdown, rollback.
_PASSING = ("08", "53", "57", "40")
_OUT_OF_RANGE = "22"  # of data: numbers, days, characters that PostgreSQL cannot keep
_TOLD = 50  # faults of one body; more help nobody, and are more than was sent
_BRIEF = Repr()  # of what was sent, however long and deep it is
_BRIEF.maxdict = _BRIEF.maxlist = 20
_BRIEF.maxstring = 100


class ProblemField(BaseModel):
    """One fault of the input."""

    pointer: str = Field(description="出错字段的 JSON 指针 / JSON pointer of the field")
    value: Any = Field(description="收到的值 / the value received")
    message: str = Field(description="原因与改正办法 / what is wrong and how to mend it")


class ProblemBody(BaseModel):
    """RFC 9457 problem details. `type` is a stable slug; programs decide by it."""

    type: str = Field(description="稳定的错误标识 / stable slug", examples=["not-found"])
    title: str
    status: int
    detail: str
    instance: str = Field(description="请求编号 / request id")
    errors: list[ProblemField] = Field(description="字段错误 / field errors; may be empty")


def language_of(request: Request) -> str:
    """The language to answer in: English when it is asked for before Chinese, else Chinese."""
    wanted = request.headers.get("accept-language", "").lower()
    english, chinese = wanted.find("en"), wanted.find("zh")
    return "en" if english >= 0 and (chinese < 0 or english < chinese) else "zh"


def answer(request: Request, problem: Problem) -> Response:
    """The response that tells a problem."""
    language = language_of(request)
    body = {
        "type": problem.slug,
        "title": problem.title.within(language),
        "status": problem.status,
        "detail": problem.sentence().within(language),
        "instance": getattr(request.state, "request_id", ""),
        "errors": [_field(error, language) for error in problem.errors],
    }
    headers = {**problem.answer_headers(), "Content-Language": language}
    content = orjson.dumps(body, default=str)
    return Response(content, problem.status, headers, media_type=MEDIA_TYPE)


def _field(error: FieldError, language: str) -> dict[str, Any]:
    value = error.value
    if isinstance(value, str):
        value = value[:200].encode("utf-8", "replace").decode()
    elif isinstance(value, dict | list):
        value = _BRIEF.repr(value)[:200]
    elif not isinstance(value, bool | int | float | None):
        value = str(value)[:200]
    if isinstance(value, int) and abs(value) >= 2**63:
        value = str(value)
    return {
        "pointer": error.pointer,
        "value": value,
        "message": error.message.within(language),
    }


class PlainHttp(Problem):
    """A refusal by the framework itself: no such path, wrong method, body too large."""

    detail = Text("{reason}", "{reason}")

    def __init__(self, fault: HTTPException) -> None:
        status = HTTPStatus(fault.status_code)
        self.status = fault.status_code  # type: ignore[misc]  # the framework decides it here
        phrase = status.phrase.lower().replace(" ", "-")
        self.slug = _SLUGS.get(fault.status_code, phrase)  # type: ignore[misc]
        self.title = Text(_PHRASES.get(fault.status_code, status.phrase), status.phrase)  # type: ignore[misc]
        self._headers = dict(fault.headers or {})
        remedy = _REMEDIES.get(fault.status_code, Text("", ""))
        super().__init__(
            reason=Text(f"{self.title.zh}。{remedy.zh}", f"{fault.detail}.{remedy.en}")
        )

    def answer_headers(self) -> dict[str, str]:
        """What the framework wanted to say, such as Allow."""
        return self._headers


# A caller must be able to tell an address that is not served from a record that does not exist.
_SLUGS = {404: "no-such-address"}
_PHRASES = {
    400: "请求格式有误",
    404: "没有此地址",
    405: "此地址不支持该方法",
    413: "上传内容过大",
    415: "不支持的内容类型",
}

_REMEDIES = {
    400: Text(
        "请求体须为 UTF-8 编码，并与所声明的内容类型相符，嵌套不可过深。",
        " A body is in UTF-8, of the content type it declares, and not nested too deeply.",
    ),
}


class Broken(Problem):
    """500: a fault of ours. The server ends the connection after it, so nobody may use it again."""

    status, slug = 500, "internal"
    title = Text("系统内部错误", "Something broke on our side")
    detail = Text(
        "系统内部错误，未作任何更改；请告知管理员请求编号（instance）。",
        "Something broke on our side and nothing was changed; tell the request id (instance).",
    )
    headers = {"Connection": "close"}  # noqa: RUF012 - as the family declares it


def constraint_of(fault: DBAPIError) -> str | None:
    """The name of the constraint that refused the statement, when PostgreSQL told it."""
    cause = getattr(fault.orig, "__cause__", None)
    return getattr(cause, "constraint_name", None)


def sqlstate_of(fault: DBAPIError) -> str:
    """The five characters by which PostgreSQL names a fault; empty when it never answered."""
    return str(getattr(fault.orig, "sqlstate", None) or "")


Handler = Callable[[Request, Exception], Any]


def handlers(constraints: Mapping[str, type[Problem]]) -> dict[Any, Handler]:
    """Exception handlers of an app; `constraints` names the problem behind each constraint."""

    async def refused(request: Request, problem: Exception) -> Response:
        assert isinstance(problem, Problem)  # noqa: S101 - registered for Problem only
        return answer(request, problem)

    async def invalid(request: Request, fault: Exception) -> Response:
        assert isinstance(fault, RequestValidationError)  # noqa: S101 - as above
        return answer(request, Invalid(errors=_faults(fault.errors()[:_TOLD])))

    async def plain(request: Request, fault: Exception) -> Response:
        assert isinstance(fault, HTTPException)  # noqa: S101 - as above
        return answer(request, PlainHttp(fault))

    async def broken(request: Request, _: Exception) -> Response:
        return answer(request, Broken())

    async def stored(request: Request, fault: Exception) -> Response:
        return answer(request, _database_problem(fault, constraints))

    return {
        Problem: refused,
        RequestValidationError: invalid,
        HTTPException: plain,
        DBAPIError: stored,
        PoolTimeout: stored,
        OSError: stored,
        # The driver's own: what befalls a connection that is being made, nobody has translated yet.
        asyncpg.PostgresError: stored,
        asyncpg.InterfaceError: stored,
        asyncpg.InternalClientError: stored,
        Exception: broken,
    }


def wrong_method(routes: Iterable[BaseRoute]) -> Handler:
    """The handler of 405: `Allow` names all methods of an address, not of its first route alone."""
    known = [route for route in routes if isinstance(route, APIRoute)]

    async def refused(request: Request, fault: Exception) -> Response:
        assert isinstance(fault, HTTPException)  # noqa: S101 - registered for 405 only
        near = (each for each in known if each.matches(request.scope)[0] is not Match.NONE)
        methods = {method for each in near for method in each.methods or ()}
        methods |= {*(fault.headers or {}).get("Allow", "").split(", ")} - {""}
        if "GET" in methods:
            methods.add("HEAD")  # as `common.heads` answers it
        fault.headers = {"Allow": ", ".join(sorted(methods))}
        return answer(request, PlainHttp(fault))

    return refused


def _faults(found: Sequence[Any]) -> list[FieldError]:
    return [field_error(fault) for fault in found]


_DATABASE = Text("数据库", "the database")


def _database_problem(fault: Exception, constraints: Mapping[str, type[Problem]]) -> Problem:
    """What a database fault means to the caller; a bug stays a bug and is raised again."""
    if isinstance(fault, asyncpg.PostgresError):
        if str(fault.sqlstate).startswith(_OUT_OF_RANGE):
            return Invalid()
        if not str(fault.sqlstate).startswith(_PASSING):
            raise fault
    if not isinstance(fault, DBAPIError):
        return _unavailable(fault)
    if isinstance(fault, IntegrityError):
        return constraints.get(constraint_of(fault) or "", Conflict)()
    state = sqlstate_of(fault)
    if state.startswith(_OUT_OF_RANGE):
        return Invalid()
    if fault.connection_invalidated or not state or state.startswith(_PASSING):
        return _unavailable(fault.orig or fault)
    raise fault


def _unavailable(fault: BaseException) -> Unavailable:
    """What will pass. Its kind is written down, never its words, which may repeat what was said."""
    log.warning("database unavailable", fault=type(fault.__cause__ or fault).__name__)
    return Unavailable(what=_DATABASE)
