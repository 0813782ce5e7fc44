"""Calls to other services: the only clients there are. Times are seconds.

Idempotent calls are repeated when the other side does not answer or asks to come later; what it
refuses comes back as the `Problem` it was. A side that stays silent is `Unavailable`.
"""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final, cast

import httpx
import structlog
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    retry_if_result,
    stop_after_attempt,
    wait_random_exponential,
)

from common.clock import utc_now
from common.errors import (
    BadRequest,
    Conflict,
    FieldError,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    PreconditionFailed,
    PreconditionRequired,
    Problem,
    Text,
    TooLarge,
    Unavailable,
)
from common.tls import trusted

ATTEMPTS: Final = 3
LONGEST_WAIT_S: Final = 5.0
IDEMPOTENT: Final = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
LATER: Final = frozenset({429, 503})
NOT_SERVED: Final = "no-such-address"  # slug of a 404 that is about the address, not the record
PASSING: Final = (
    httpx.TimeoutException,
    httpx.NetworkError,
    httpx.RemoteProtocolError,
    httpx.ProxyError,
)
_FAMILIES: Final[dict[int, type[Problem]]] = {
    family.status: family
    for family in (
        *(BadRequest, Forbidden, NotFound, Conflict, Gone, PreconditionFailed, TooLarge),
        *(Invalid, PreconditionRequired),
    )
}

log = structlog.get_logger(__name__)


class ServiceHttp(httpx.AsyncClient):
    """Calls to one service, named in Chinese and English by `what`."""

    def __init__(
        self,
        base_url: str,
        *,
        what: Text,
        auth: httpx.Auth | None = None,
        connect_timeout_s: float = 2.0,
        read_timeout_s: float = 10.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        super().__init__(
            base_url=base_url,
            auth=auth,
            transport=transport,
            verify=trusted(),
            timeout=httpx.Timeout(read_timeout_s, connect=connect_timeout_s),
            headers={"Accept": "application/json", "User-Agent": "linli"},
            event_hooks={"request": [_pass_request_id]},
        )
        self._what = what

    async def send(self, request: httpx.Request, **options: object) -> httpx.Response:
        """Send, again when that is safe. Raises `Unavailable` when nobody answers."""
        attempts = ATTEMPTS if _repeatable(request) else 1
        retrying = AsyncRetrying(
            stop=stop_after_attempt(attempts),
            wait=_pause,
            retry=retry_if_exception_type(PASSING) | retry_if_result(_asks_to_wait),
            before_sleep=_drop,
            retry_error_callback=_last,
        )
        try:
            response: httpx.Response = await retrying(super().send, request, **options)
        except PASSING as fault:
            log.warning("no answer", host=request.url.host, fault=type(fault).__name__)
            raise Unavailable(what=self._what) from fault
        response.extensions["what"] = self._what
        return response


def checked(response: httpx.Response) -> httpx.Response:
    """The response when it is a success; else the problem that it tells, raised here again.

    The other side's 5xx and 429 are `Unavailable` here, and so are 401 (our caller cannot mend our
    credential) and an address that the other side does not serve, or not yet.
    """
    if response.is_success:
        return response
    status = response.status_code
    problem = _told(response, _FAMILIES[status]) if status in _FAMILIES else None
    if problem is not None and problem.slug != NOT_SERVED:
        raise problem
    if status < 500 and status != 429:
        log.error("call refused", host=response.request.url.host, status=status)
    if problem is None and 400 <= status < 500 and status not in {401, 429}:
        response.raise_for_status()
    raise Unavailable(what=response.extensions.get("what", _SOMEBODY))


def found(response: httpx.Response) -> httpx.Response | None:
    """The response; None when the other side says that there is no such record."""
    if response.status_code == httpx.codes.NOT_FOUND:
        problem = _told(response, NotFound)
        if problem.slug == NotFound.slug:
            return None
    return checked(response)


_SOMEBODY = Text("所依赖的服务", "A service that this one depends on")


async def _pass_request_id(request: httpx.Request) -> None:
    """One request id through all services."""
    known = structlog.contextvars.get_contextvars().get("request_id")
    if known:
        request.headers.setdefault("X-Request-Id", str(known))


def _repeatable(request: httpx.Request) -> bool:
    """Whether a second sending can do no harm; a keyed POST is kept by its key."""
    safe = request.method in IDEMPOTENT or "Idempotency-Key" in request.headers
    return safe and isinstance(request.stream, httpx.ByteStream)


def _asks_to_wait(response: httpx.Response) -> bool:
    """Whether the other side asks to come later, and soon enough to wait for it."""
    return response.status_code in LATER and retry_after_s(response, utc_now()) <= LONGEST_WAIT_S


def retry_after_s(response: httpx.Response, now: datetime) -> float:
    """Seconds that the answer asks to wait: a number or a date, 0 when it says nothing."""
    told = response.headers.get("Retry-After", "").strip()
    if told.isascii() and told.isdigit():
        return float(told[:9])
    try:
        until = parsedate_to_datetime(told)
    except ValueError:
        return 0.0
    return max(0.0, (until.replace(tzinfo=until.tzinfo or UTC) - now) / timedelta(seconds=1))


_backoff = wait_random_exponential(multiplier=0.1, max=2)


def _pause(state: RetryCallState) -> float:
    """How long to wait: a random, growing time, and never less than the other side asks for."""
    pause_s = float(_backoff(state))
    outcome = state.outcome
    if outcome is None or outcome.failed:
        return pause_s
    return pause_s + retry_after_s(outcome.result(), utc_now())


async def _drop(state: RetryCallState) -> None:
    """Give the connection of a refused attempt back."""
    if state.outcome is not None and not state.outcome.failed:
        await state.outcome.result().aclose()


def _last(state: RetryCallState) -> httpx.Response | None:
    """Out of attempts: the last answer, or the fault of the last attempt."""
    return cast(httpx.Response, state.outcome.result()) if state.outcome is not None else None


def _told(response: httpx.Response, family: type[Problem]) -> Problem:
    """The problem as the other side told it, within the family of its status."""
    try:
        body = response.json()
    except ValueError:
        body = {}
    if not isinstance(body, dict):
        body = {}
    title = str(body.get("title") or family.title.en)
    detail = str(body.get("detail") or title).replace("{", "{{").replace("}", "}}")
    told = type(
        f"Remote{family.__name__}",
        (family,),
        {
            "slug": str(body.get("type") or family.slug),
            "title": Text(title, title),
            "detail": Text(detail, detail),
        },
    )
    problem: Problem = told(errors=[_field(error) for error in body.get("errors") or ()])
    return problem


def _field(error: dict[str, Any]) -> FieldError:
    message = str(error.get("message", ""))
    return FieldError(str(error.get("pointer", "")), error.get("value"), Text(message, message))
