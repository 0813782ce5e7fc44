"""What endpoints declare: the session, the instant, the version they edit. No rule lives here.

Dependencies are coroutines even where they wait for nothing: FastAPI sends plain functions to a
thread, and the two hops cost more than what they do.
"""

from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import Depends, Header
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from common.clock import utc_now
from common.crypto.fields import FieldCipher
from common.crypto.keys import Keys
from common.errors import BadRequest, PreconditionFailed, PreconditionRequired

DEVELOPMENT_TIME: Final = "Development-Time"


async def _session(request: Request) -> AsyncSession:
    """The session of this request's transaction (see `common.route`)."""
    session: AsyncSession = request.state.session
    return session


async def _if_match(
    if_match: Annotated[
        str | None,
        Header(description='读取时得到的 ETag，如 "v3" / the ETag that was read'),
    ] = None,
) -> int:
    """The version that an edit starts from."""
    if if_match is None:
        raise PreconditionRequired
    given = if_match.strip().removeprefix("W/").strip('"')
    if not given.startswith("v") or not given[1:].isascii() or not given[1:].isdigit():
        raise PreconditionFailed(current="?", given=if_match[:40])
    return int(given[1:12])


async def _now(request: Request) -> datetime:
    """The instant at which the request is judged: this one.

    Beside the development issuer, which production refuses, a caller may name another one, so that
    the weeks of a law pass in a demonstration.
    """
    if DEVELOPMENT_TIME in request.headers and request.state.settings.development_issuer:
        return _instant(request.headers[DEVELOPMENT_TIME])
    return utc_now()


def _instant(given: str) -> datetime:
    try:
        return datetime.fromisoformat(given).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadRequest(reason=f"{DEVELOPMENT_TIME}: {given[:40]!r} ?") from None


async def _cipher(request: Request) -> FieldCipher:
    """What seals and opens the personal data of records."""
    cipher: FieldCipher = request.state.keys.fields
    return cipher


async def _keys(request: Request) -> Keys:
    """The keys of this process."""
    keys: Keys = request.state.keys
    return keys


Session = Annotated[AsyncSession, Depends(_session)]
Now = Annotated[datetime, Depends(_now)]
Cipher = Annotated[FieldCipher, Depends(_cipher)]
KeyRing = Annotated[Keys, Depends(_keys)]
IfMatch = Annotated[int, Depends(_if_match)]


def tag(response: Response, version: int) -> None:
    """Set the ETag of a versioned record."""
    response.headers["ETag"] = f'"v{version}"'


def must_match(current: int, given: int) -> None:
    """Refuse an edit that starts from another version than the present one."""
    if current != given:
        raise PreconditionFailed(current=current, given=given)
