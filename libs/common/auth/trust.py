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
from common.auth.jwks import source
from common.auth.pseudonym import Pseudonyms
from common.auth.roles import ActorKind
from common.auth.signed_apps import SignedApps
from common.auth.token import TokenInvalid, TokenVerifier
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
    tokens = None
    if settings.token_issuer or settings.token_jwks:
        issuers = {_issuer(settings): source(str(settings.token_jwks))}
        tokens = TokenVerifier(issuers, settings.token_audience, pseudonyms)
    signed = SignedApps(sessions, keys, str(settings.base_url), proxies=settings.trusted_proxies)
    return Trust(tokens, signed)


def _issuer(settings: TrustSettings) -> str:
    """The accepted issuer, whose keys come from where nobody can exchange them on the way."""
    if not settings.token_issuer or not settings.token_jwks:
        raise ValueError("TOKEN_ISSUER and TOKEN_JWKS belong together: one of them is missing")
    if settings.environment == "production" and settings.token_jwks.startswith("http://"):
        raise ValueError("TOKEN_JWKS over plain http would let anybody on the way issue tokens")
    return settings.token_issuer
