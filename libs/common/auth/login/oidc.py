"""OpenID Connect, code flow with PKCE (RFC 7636) and nonce; the issuer is named (RFC 9207).

The id token is verified by the provider's keys; nothing that comes through the browser is believed
before that. Addresses come from discovery, or by setting where a provider has none.
"""

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import httpx
import jwt

from common.auth.jwks import KeySet, from_url
from common.auth.login.calls import WHAT, asked, client, safe
from common.auth.login.flow import Pending
from common.auth.login.identity import Identity, IdentityUnusable, Reading, SignInRefused
from common.auth.token import ALGORITHMS
from common.errors import Unavailable

LEEWAY_S: Final = 30


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the provider does what."""

    authorization: str
    token: str
    jwks: str


@dataclass(slots=True)
class OidcProvider:
    """A provider that speaks OpenID Connect."""

    name: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    reading: Reading = field(default_factory=Reading)
    scope: str = "openid"
    addresses: Addresses | None = None
    transport: httpx.AsyncBaseTransport | None = None
    _keys: KeySet | None = None

    async def leave(self, pending: Pending, callback: str) -> str:
        """The authorization request."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(pending.verifier.encode()).digest())
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": callback,
            "scope": self.scope,
            "state": pending.state,
            "nonce": pending.nonce,
            "code_challenge": challenge.rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        address = (await self._addresses()).authorization
        return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(query)}"

    async def arrive(
        self, said: dict[str, Any], pending: Pending, callback: str, *, now: datetime
    ) -> Identity:
        """Change the code for an id token, and read it."""
        if "code" not in said or said.get("iss", self.issuer) != self.issuer:
            raise SignInRefused
        form = {
            "grant_type": "authorization_code",
            "code": said["code"],
            "redirect_uri": callback,
            "code_verifier": pending.verifier,
        }
        token = await self._changed(form)
        return self.reading.identity(self.name, await self._claims(token, pending, now))

    async def _changed(self, form: dict[str, str]) -> str:
        address = (await self._addresses()).token
        auth = httpx.BasicAuth(_encoded(self.client_id), _encoded(self.client_secret))
        async with client(self.transport) as http:
            answer = await asked(http, "POST", address, data=form, auth=auth)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise SignInRefused
        return token

    async def _claims(self, token: str, pending: Pending, now: datetime) -> dict[str, Any]:
        """The claims of an id token that is genuine, for us, and of this sign-in."""
        if self._keys is None:
            self._keys = KeySet(from_url(safe((await self._addresses()).jwks)))
        try:
            head = jwt.get_unverified_header(token)
            key = await self._keys.key(head.get("kid"), now=now)
            if key is None or key.algorithm_name not in ALGORITHMS:
                raise IdentityUnusable
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                audience=self.client_id,
                issuer=self.issuer,
                leeway=LEEWAY_S,
                options={"require": ["iss", "sub", "aud", "exp", "iat"]},
            )
        except (jwt.PyJWTError, ValueError, TypeError) as fault:
            raise IdentityUnusable from fault
        is_ours = claims.get("azp", self.client_id) == self.client_id
        if claims.get("nonce") != pending.nonce or not is_ours:
            raise IdentityUnusable
        return claims

    async def _addresses(self) -> Addresses:
        """From discovery, once; the document must name the issuer that it was asked of."""
        if self.addresses is None:
            where = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
            async with client(self.transport) as http:
                told = await asked(http, "GET", where)
            if told.get("issuer") != self.issuer:
                raise Unavailable(what=WHAT)
            names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
            self.addresses = Addresses(*(safe(told.get(name)) for name in names))
        return self.addresses


def _encoded(text: str) -> str:
    """RFC 6749, 2.3.1: both halves are form-encoded before they are joined."""
    return urlencode({"": text})[1:]
