"""Where a request meets its caller: `identify` finds out who calls, `needs` names what it takes.

An endpoint declares `actor: Annotated[Actor, needs(Permission.AREA_WRITE)]`, exactly once.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Final

from fastapi.params import Depends
from starlette.requests import Request

from common.auth.actor import Actor
from common.auth.permissions import Permission
from common.auth.signing import APP_KEY
from common.auth.token import TokenInvalid
from common.auth.trust import Trust
from common.clock import utc_now
from common.errors import Text, Unauthenticated

SECURITY_SCHEMES: Final[dict[str, Any]] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "OpenID 提供方签发的令牌 / a token of the OpenID provider",
    },
    "signed": {
        "type": "apiKey",
        "in": "header",
        "name": APP_KEY,
        "description": "签名调用：与时间戳、随机数、签名等请求头同时使用，见 docs/security.md / "
        "a signed call: sent with timestamp, nonce and signature, see docs/security.md",
    },
}


class CredentialsAmbiguous(Unauthenticated):
    """Token and signature in one request: who calls would depend on who reads."""

    slug = "credentials-ambiguous"
    title = Text("凭证重复", "Two credentials")
    detail = Text("不能同时使用令牌和签名。", "Send either a token or a signature, not both.")
    headers: ClassVar[dict[str, str]] = {"WWW-Authenticate": "Bearer"}


async def identify(request: Request) -> Actor:
    """The caller of this request; anonymous without a credential. A bad credential is a 401."""
    known: Actor | None = getattr(request.state, "actor", None)
    if known is None:
        known = await _identified(request, request.state.trust)
        request.state.actor = known
    return known


async def _identified(request: Request, trust: Trust) -> Actor:
    bearer = request.headers.get("authorization")
    signed = APP_KEY in request.headers
    if bearer is not None and signed:
        raise CredentialsAmbiguous
    if signed:
        return await trust.of_signed(request, now=utc_now())
    if bearer is None:
        return Actor.anonymous()
    scheme, _, token = bearer.partition(" ")
    if scheme.lower() != "bearer":
        raise TokenInvalid
    return await trust.of_token(token.strip(), request, now=utc_now())


@dataclass(frozen=True)
class Needs:
    """The dependency that lets a caller through; the application reads its attributes."""

    permission: Permission
    query: bool = False
    secret: bool = False
    late_key: bool = False

    async def __call__(self, request: Request) -> Actor:
        """The caller, who holds the permission."""
        actor = await identify(request)
        actor.must(self.permission)
        return actor


def needs(
    permission: Permission, *, query: bool = False, secret: bool = False, late_key: bool = False
) -> Depends:
    """What a route takes.

    `query=True` marks a POST that changes nothing; `secret=True` one whose body leaves no trace,
    not even a digest: a retry by its key gets the first answer, whatever it says this time.
    `late_key=True` takes the key at the end (`common.idempotency`): for a hot route that changes
    nothing but this database, and for one whose work commits apart from its request.
    """
    return Depends(Needs(permission, query, secret, late_key))
