"""What a service believes: issuers of tokens and apps that sign. Built once per process."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pydantic import HttpUrl
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from starlette.requests import Request

from common.auth.actor import Actor
from common.auth.development import IssuerSettings, refuse_in_production
from common.auth.jwks import KeySet, source
from common.auth.pseudonym import Pseudonyms
from common.auth.roles import SIGNED_IN, ActorKind
from common.auth.signed_apps import SignedApps
from common.auth.token import Issuer, TokenInvalid, TokenVerifier
from common.crypto.keys import Keys
from common.errors import Unauthenticated


class TrustSettings(IssuerSettings, Protocol):
    """What of the settings concerns trust."""

    @property
    def token_audience(self) -> str:
        """Accepted `aud`."""
        ...

    @property
    def token_jwks(self) -> str | None:
        """Address or path of the issuer's keys."""
        ...

    @property
    def login_jwks(self) -> str | None:
        """The same of the gateway of sign-ins."""
        ...

    @property
    def base_url(self) -> HttpUrl:
        """Public address of the service."""
        ...

    @property
    def trusted_proxies(self) -> Sequence[str]:
        """Whose word on the caller's address is believed."""
        ...


@dataclass(frozen=True, slots=True)
class Trust:
    """How credentials become callers. What is not configured is refused."""

    tokens: TokenVerifier | None = None
    signatures: SignedApps | None = None

    async def of_token(self, token: str, request: Request, *, now: datetime) -> Actor:
        """The caller behind a bearer token; an app's networks and quota hold as when it signs."""
        if self.tokens is None:
            raise TokenInvalid
        actor = await self.tokens.actor(token, now=now)
        if actor.kind is ActorKind.APP and self.signatures is not None:
            request.state.proven = actor
            await self.signatures.admit(actor.subject, request, now=now)
        return actor

    def remembered(self, token: bytes, *, now: datetime) -> Actor | None:
        """The caller behind a token that was verified before; None where more is to be asked.

        More is asked of apps: each of their calls counts.
        """
        actor = None if self.tokens is None else self.tokens.known(token, now=now)
        return None if actor is not None and actor.kind is ActorKind.APP else actor

    async def of_signed(self, request: Request, *, now: datetime) -> Actor:
        """The app behind a signed request."""
        if self.signatures is None:
            raise Unauthenticated
        return await self.signatures.actor(request, now=now)


def trust_of(
    settings: TrustSettings, keys: Keys, sessions: async_sessionmaker[AsyncSession]
) -> Trust:
    """What the settings make a service believe. Raises when they would let a stranger in."""
    refuse_in_production(settings)
    pseudonyms = Pseudonyms(keys.pseudonym_key)
    issuers = _issuers(settings)
    tokens = TokenVerifier(issuers, settings.token_audience, pseudonyms) if issuers else None
    signed = SignedApps(sessions, keys, str(settings.base_url), proxies=settings.trusted_proxies)
    return Trust(tokens, signed)


def _issuers(settings: TrustSettings) -> dict[str, Issuer]:
    """The OpenID provider; and the gateway of sign-ins, whose word goes for whom it signs in."""
    provider = _named(settings, "TOKEN", settings.token_issuer, settings.token_jwks)
    gateway = _named(settings, "LOGIN", settings.login_issuer, settings.login_jwks)
    if provider.keys() & gateway.keys():
        raise ValueError("TOKEN_ISSUER and LOGIN_ISSUER are one: which of them may name staff?")
    persons = frozenset({ActorKind.RESIDENT})
    return {name: Issuer(keys) for name, keys in provider.items()} | {
        name: Issuer(keys, persons, SIGNED_IN) for name, keys in gateway.items()
    }


def _named(
    settings: TrustSettings, prefix: str, issuer: str | None, jwks: str | None
) -> dict[str, KeySet]:
    """An issuer by name, whose keys come from where nobody can exchange them on the way."""
    if not issuer and not jwks:
        return {}
    if not issuer or not jwks:
        raise ValueError(f"{prefix}_ISSUER and {prefix}_JWKS belong together: one is missing")
    if settings.environment == "production" and jwks.startswith("http://"):
        raise ValueError(f"{prefix}_JWKS over plain http would let anybody on the way issue tokens")
    return {issuer: source(jwks)}
