"""One request, one transaction: committed after the answer is rendered and before it is sent.

FastAPI's own `yield` dependencies end after the answer by default, and an idempotent answer has to
be stored in the transaction it tells of; both need the transaction around the whole handler.
A GET writes nothing but what the audit log is to know, with its last statement; so it goes without
BEGIN and COMMIT, two round trips that would tell it nothing more: each statement of a transaction
sees what is committed when it begins, alone or not.
"""

import hashlib
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, ClassVar, Final, get_type_hints

from fastapi import Depends, Header
from fastapi.exceptions import RequestValidationError
from fastapi.params import Depends as DependsParam
from fastapi.routing import APIRoute
from pydantic import TypeAdapter, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from common import idempotency
from common.audit.refusals import Allowances, note_refusal
from common.auth.actor import Actor
from common.auth.edge import identify
from common.clock import utc_now
from common.ending import in_one_statement
from common.errors import FieldError, Forbidden, Invalid, Text, TooMany, Unauthenticated
from common.strictness import (
    check_body,
    check_form,
    check_query,
    known_parameters,
    timed_parameters,
)

KEY_HEADER = "Idempotency-Key"
WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
UPLOADED_FILES = 1
UPLOADED_FIELDS = 20
_KEY: Final = TypeAdapter[str](idempotency.Key)
_MISSING = Text("缺少必填项", "Field required")


Answer = Callable[[Request], Coroutine[Any, Any, Response]]


async def _idempotency_key(
    _: Annotated[
        idempotency.Key,
        Header(
            alias=KEY_HEADER,
            description="每次新操作生成一个新的键（如 UUID），重试时沿用 / "
            "a new key per operation, the same key on a retry",
        ),
    ],
) -> None:
    """Declare the header; the route itself reads it."""


async def _keeping(request: Request) -> idempotency.Keeping:
    """What keeps the answer where the work commits apart; the route takes its key late.

    Raises `Invalid` where none was given: it is asked before the header is told to be missing.
    """
    state = request.state
    if getattr(state, "call", None) is None:
        raise Invalid(errors=[FieldError(f"/{KEY_HEADER}", None, _MISSING)])
    days = state.settings.idempotency_days
    return idempotency.Keeping(state.call, state.keys, utc_now(), days)


KeptApart = Annotated[idempotency.Keeping, Depends(_keeping)]


def permission_marker(endpoint: Callable[..., Any]) -> Any | None:
    """The `needs(...)` object of an endpoint, found in its annotations; None when it has none."""
    hints = get_type_hints(endpoint, include_extras=True)
    found = [
        part.dependency
        for hint in hints.values()
        for part in getattr(hint, "__metadata__", ())
        if isinstance(part, DependsParam) and hasattr(part.dependency, "permission")
    ]
    if len(found) > 1:
        raise TypeError(f"{endpoint.__qualname__} names more than one permission")
    return found[0] if found else None


class TransactionRoute(APIRoute):
    """A route whose endpoint runs in one transaction, with a kept answer for a keyed POST."""

    asks_for_key: ClassVar[bool] = True  # a face whose standard knows no key takes one if given

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        self.needs = permission_marker(endpoint)
        changes = "POST" in (options.get("methods") or ()) and not getattr(
            self.needs, "query", False
        )
        self.keyed = changes
        self.secret = getattr(self.needs, "secret", False)
        self.late_key = getattr(self.needs, "late_key", False)
        self.allowances = Allowances()
        if changes and self.asks_for_key:
            declared = [*(options.get("dependencies") or ()), Depends(_idempotency_key)]
            options["dependencies"] = declared
        if self.needs is not None:
            extra = {
                "x-permission": str(self.needs.permission),
                "x-scope": str(self.needs.permission.scope),
                "x-roles": sorted(self.needs.permission.roles),
            }
            options["openapi_extra"] = {**(options.get("openapi_extra") or {}), **extra}
        super().__init__(path, endpoint, **options)

    def get_route_handler(self) -> Answer:
        """FastAPI's handler inside a transaction."""
        answer = super().get_route_handler()
        known, timed = known_parameters(self.dependant), timed_parameters(self.dependant)

        async def transact(request: Request) -> Response:
            actor = await identify(request)
            check_query(request, known, timed)
            state = request.state
            async with state.sessions.begin() as session:
                state.session = session
                session.info["request_id"] = getattr(state, "request_id", "")
                if request.method == "GET":
                    in_one_statement(session)
                if request.method not in WITH_BODY:
                    return await answer(request)
                return await self._write(session, actor, request, answer)

        async def handle(request: Request) -> Response:
            try:
                return await (_or_kept(transact, request) if self.late_key else transact(request))
            except (Unauthenticated, Forbidden, TooMany) as refusal:
                if self.needs is not None:
                    await note_refusal(request, self.needs.permission, refusal, self.allowances)
                raise

        return handle

    async def _write(
        self, session: AsyncSession, actor: Actor, request: Request, answer: Answer
    ) -> Response:
        """Answer a call that has a body, once per key if it has one."""
        if self.needs is not None:
            actor.must(self.needs.permission)  # before a stranger's body is read
        said = await _said(request)
        if not self.keyed or KEY_HEADER not in request.headers:
            return await answer(request)
        target = f"{request.method} {request.url.path}"
        key = _key(request.headers[KEY_HEADER])
        whole = request.url.query.encode() + b"\n" + said
        call = self.call(actor, target, key, whole)
        return await (_late if self.late_key else _once)(session, call, request, answer)

    def call(self, actor: Actor, target: str, key: str, said: bytes) -> idempotency.Call:
        """A keyed call; `said` is its query, a new line and its body.

        A resident is a keyed pseudonym in it, and so is the digest of what a resident said.
        """
        alias = actor.alias("idempotency")
        return idempotency.Call(
            caller=f"{actor.issuer}|{alias}",
            former=alias if self.secret else f"{actor.issuer}|{actor.subject}",
            target=target,
            key=key,
            said=None if self.secret else said,
        )


def _key(given: str) -> str:
    """A key that may be claimed. FastAPI would refuse another one in the same words, but later."""
    try:
        return _KEY.validate_python(given)
    except ValidationError as fault:
        faults = fault.errors(include_url=False)
        place = ("header", KEY_HEADER)
        raise RequestValidationError([{**each, "loc": place} for each in faults]) from None


async def _said(request: Request) -> bytes:
    """What a call said.

    An upload is digested part by part: it stays on disk, and its boundary, which differs with each
    retry, does not count.
    """
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        said = await request.body()
        if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            check_form(await request.form())
        check_body(said)
        return said
    digest = hashlib.sha256()
    form = await request.form(max_files=UPLOADED_FILES, max_fields=UPLOADED_FIELDS)
    check_form(form)
    for name, value in form.multi_items():
        digest.update(repr(name).encode())
        if isinstance(value, str):
            digest.update(repr(value).encode())
            continue
        digest.update(repr(value.filename).encode())
        while block := await value.read(1 << 20):
            digest.update(block)
        await value.seek(0)
    return digest.digest()


async def _once(session: Any, call: idempotency.Call, request: Request, answer: Answer) -> Response:
    """Answer once per key, which is claimed first."""
    state = request.state
    replay = await idempotency.claim(
        session, call, state.keys, now=utc_now(), days=state.settings.idempotency_days
    )
    if replay is not None:
        return replay
    response = await answer(request)
    if not isinstance(response, StreamingResponse) and response.status_code < 500:
        idempotency.keep(session, call, state.keys, response)
    return response


async def _late(
    session: AsyncSession, call: idempotency.Call, request: Request, answer: Answer
) -> Response:
    """Answer once per key, which is taken last; by the endpoint where its work commits apart."""
    state = request.state
    state.call = call
    response = await answer(request)
    if isinstance(response, idempotency.Kept):
        return response
    days = state.settings.idempotency_days
    idempotency.keep_late(session, call, state.keys, response, now=utc_now(), days=days)
    return response


async def _or_kept(answer: Answer, request: Request) -> Response:
    """The answer; that of the first time when a retry fails on its key, or on what was done."""
    try:
        return await answer(request)
    except Exception:
        state = request.state
        call: idempotency.Call | None = getattr(state, "call", None)
        if call is None:
            raise  # turned away before it said anything
        async with state.sessions.begin() as session:
            replay = await idempotency.kept(session, call, state.keys)
        if replay is None:
            raise
        return replay
