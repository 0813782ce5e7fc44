"""Bearer tokens: a signed JWT becomes an `Actor`; a verified one is remembered until it expires.

Only asymmetric algorithms are accepted, so that nobody who can check a token can make one.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final
from uuid import UUID

import jwt

from common.auth.actor import Actor, is_area
from common.auth.jwks import KeySet
from common.auth.pseudonym import Pseudonyms
from common.auth.roles import EVERYONE, ActorKind, Role, compatible
from common.errors import Text, Unauthenticated

ALGORITHMS: Final = ("RS256", "ES256", "EdDSA")
LONGEST_TOKEN: Final = 8192
_REQUIRED: Final = ["iss", "sub", "aud", "exp"]


class TokenInvalid(Unauthenticated):
    """The token is malformed, forged, for somebody else, or of an unknown issuer."""

    slug = "token-invalid"
    title = Text("访问令牌无效", "The token is not valid")
    detail = Text("访问令牌无效，请重新登录。", "The access token is not valid; sign in again.")
    headers: ClassVar[dict[str, str]] = {"WWW-Authenticate": 'Bearer error="invalid_token"'}


class TokenExpired(TokenInvalid):
    """The token was good and is over."""

    slug = "token-expired"
    title = Text("访问令牌已过期", "The token has expired")
    detail = Text("访问令牌已过期，请重新登录。", "The access token has expired; sign in again.")


class ClaimsUnusable(TokenInvalid):
    """The token is genuine, but what it says about its holder cannot stand."""

    slug = "claims-unusable"
    title = Text("身份声明无效", "The claims cannot be used")
    detail = Text(
        "令牌中的身份类型与角色不符；系统、安全、审计三类管理员不得兼任。",
        "Kind and roles in the token do not fit; the three administrators are never combined.",
    )


class IssuerOverstepped(TokenInvalid):
    """The token is genuine, and says of its holder what its issuer has no word in."""

    slug = "issuer-overstepped"
    title = Text("超出签发范围", "Beyond what the issuer vouches for")
    detail = Text(
        "签发方 {issuer} 不得为 kind {kind}、roles {roles} 作证；请使用该身份所属提供方的令牌。",
        "Issuer {issuer} has no word in kind {kind}, roles {roles}; use a token of the provider"
        " that has.",
    )


@dataclass(frozen=True, slots=True)
class Issuer:
    """Somebody whose tokens are believed: by which keys, and of whom."""

    keys: KeySet
    kinds: frozenset[ActorKind] = frozenset(ActorKind)
    roles: frozenset[Role] = EVERYONE

    def must_vouch_for(self, actor: Actor) -> None:
        """Refuse a caller who is not this issuer's to name. Raises `IssuerOverstepped`."""
        if actor.kind not in self.kinds or not actor.roles <= self.roles:
            roles = ", ".join(sorted(actor.roles))
            raise IssuerOverstepped(issuer=actor.issuer, kind=actor.kind, roles=roles)


class TokenVerifier:
    """Turns tokens into actors. One per process; its memory is bounded."""

    def __init__(
        self,
        issuers: Mapping[str, Issuer],
        audience: str,
        pseudonyms: Pseudonyms | None = None,
        *,
        leeway_s: int = 30,
        remembered: int = 10_000,
    ) -> None:
        self._issuers = issuers
        self._audience = audience
        self._pseudonyms = pseudonyms
        self._leeway_s = leeway_s
        self._remembered = remembered
        self._known: OrderedDict[bytes, tuple[float, Actor]] = OrderedDict()

    async def actor(self, token: str, *, now: datetime) -> Actor:
        """The caller behind a token. Raises `TokenInvalid` and its kin."""
        if len(token) > LONGEST_TOKEN:
            raise TokenInvalid
        digest = _digest(token.encode("utf-8", "replace"))
        known = self._recalled(digest, now)
        if known is not None:
            return known
        claims = await self._claims(token, now)
        actor = actor_of(claims, self._pseudonyms)
        self._issuers[actor.issuer].must_vouch_for(actor)
        self._remember(digest, float(claims["exp"]), actor)
        return actor

    def known(self, token: bytes, *, now: datetime) -> Actor | None:
        """The caller behind a token that was verified before and has not expired."""
        return self._recalled(_digest(token), now)

    def _recalled(self, digest: bytes, now: datetime) -> Actor | None:
        known = self._known.get(digest)
        if known is None or known[0] <= now.timestamp():
            return None
        self._known.move_to_end(digest)
        return known[1]

    def _remember(self, digest: bytes, until: float, actor: Actor) -> None:
        self._known[digest] = (until, actor)
        self._known.move_to_end(digest)
        while len(self._known) > self._remembered:
            self._known.popitem(last=False)

    async def _claims(self, token: str, now: datetime) -> dict[str, Any]:
        """The claims of a genuine token meant for us."""
        try:
            head = jwt.get_unverified_header(token)
            said = jwt.decode(token, options={"verify_signature": False}).get("iss")
        except (jwt.PyJWTError, ValueError, RecursionError) as fault:
            raise TokenInvalid from fault
        issuer = self._issuers.get(said) if isinstance(said, str) else None
        if issuer is None or head.get("alg") not in ALGORITHMS:
            raise TokenInvalid
        key = await issuer.keys.key(head.get("kid"), now=now)
        if key is None or key.algorithm_name != head["alg"]:
            raise TokenInvalid
        return self._verified(token, key, str(said))

    def _verified(self, token: str, key: jwt.PyJWK, issuer: str) -> dict[str, Any]:
        try:
            return jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                audience=self._audience,
                issuer=issuer,
                leeway=self._leeway_s,
                options={"require": _REQUIRED},
            )
        except jwt.ExpiredSignatureError as fault:
            raise TokenExpired from fault
        except (jwt.PyJWTError, ValueError, TypeError) as fault:
            raise TokenInvalid from fault


def _digest(token: bytes) -> bytes:
    return hashlib.sha256(token).digest()


def actor_of(claims: Mapping[str, Any], pseudonyms: Pseudonyms | None = None) -> Actor:
    """The caller that verified claims describe.

    Roles of other systems are ignored; a malformed area, line or organisation counts as missing
    and so covers nothing. Raises `ClaimsUnusable` when kind and roles do not fit together.
    """
    issuer, subject = claims["iss"], claims["sub"]
    roles = _roles(claims.get("roles"))
    kind = _kind(claims.get("kind"))
    named = isinstance(subject, str) and 0 < len(subject) <= 255
    if kind is None or not named or not compatible(kind, roles):
        raise ClaimsUnusable
    line = claims.get("line")
    area = claims.get("area")
    return Actor(
        issuer=issuer,
        subject=subject,
        kind=kind,
        roles=roles,
        area=area if isinstance(area, str) and is_area(area) else None,
        line=line if isinstance(line, str) and 0 < len(line) <= 64 else None,
        org=_uuid(claims.get("org")),
        level=_LEVELS.get(str(claims.get("acr")), 0),
        veil=pseudonyms.veil(issuer, subject) if pseudonyms else None,
    )


_LEVELS: Final = {"L1": 1, "L2": 2, "L3": 3}


def _kind(claim: object) -> ActorKind | None:
    known = isinstance(claim, str) and claim in set(ActorKind) - {ActorKind.ANONYMOUS}
    return ActorKind(str(claim)) if known else None


def _roles(claim: object) -> frozenset[Role]:
    """The roles that we know, out of the list that the issuer sent."""
    said = claim if isinstance(claim, list) else []
    return frozenset(Role(name) for name in said if isinstance(name, str) and name in set(Role))


def _uuid(claim: object) -> UUID | None:
    try:
        return UUID(claim) if isinstance(claim, str) else None
    except ValueError:
        return None
